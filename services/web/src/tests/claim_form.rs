//! A clinic's claim on paper: looked through by people, it is the claim of its month, as written.

use super::claiming::{CLINIC, with_clinic};
use super::office::*;
use axum::http::StatusCode;
use domain::claim::ClinicMonth;
use domain::decision;
use domain::duty::Duty;
use domain::ids::PageId;
use domain::page::PageState;
use domain::reading::{Decision, FormReading, PageReading, Value};
use domain::yen::Yen;

/// What stands on the paper: the product is wrong, the sums go with it.
const WRITTEN: [(&str, &str); 8] = [
    ("clinic_code", CLINIC),
    ("claim_year", "8"),
    ("claim_month", "10"),
    ("flu_count", "12"),
    ("flu_price", "3670"),
    ("flu_amount", "44041"),
    ("total_count", "12"),
    ("total_amount", "44041"),
];

async fn waiting(office: &Office) -> PageId {
    let page = office.scan("claim.tif", 1).await.remove(0);
    let field = |field: &domain::form::Field| {
        let id = field.id.as_str();
        let value = match WRITTEN.iter().find(|(known, _)| *known == id) {
            Some((_, text)) => Value::Text((*text).into()),
            None if ["claimant", "seal"].contains(&id) => Value::Text("present".into()),
            None => Value::Blank,
        };
        field_read(&office.form, id, value, Decision::Accept)
    };
    let fields = office.form.fields.iter().map(field).collect();
    let reading = FormReading { fields, ..registered(&office.form) };
    let reasons = decision::look_through(&office.form, &reading);
    office.read(&page, PageReading::Read(Box::new(reading)));
    office.send(&page, &reasons);
    page
}

/// What the first person's screen sends: every entry, and the one that had to be looked at.
const FIRST: [(&str, &str); 13] = [
    ("round", "1"),
    ("stage", "first"),
    ("v.clinic_code", CLINIC),
    ("v.claim_year", "8"),
    ("v.claim_month", "10"),
    ("v.claimant", "present"),
    ("v.seal", "present"),
    ("v.flu_count", "12"),
    ("v.flu_price", "3670"),
    ("v.flu_amount", "44041"),
    ("ok.flu_amount", "on"),
    ("v.total_count", "12"),
    ("v.total_amount", "44041"),
];
#[tokio::test]
async fn a_claim_form_that_people_looked_through_is_the_clinics_claim_as_written() {
    let office = Office::of_claim_form();
    let page = waiting(&office).await;
    let screen = office.get(&format!("/reviews/{page}")).await.text();
    assert!(screen.contains("医療機関の請求として登録されます"), "{screen}");
    assert!(!screen.contains("該当する住民がいない"), "a claim is of no person");
    let address = format!("/reviews/{page}/commit");
    // Nobody knows the clinic yet: said in words, and nothing that was typed is lost.
    let unknown = office.post(&address, &FIRST).await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unknown.text().contains("医療機関は登録されていません") && unknown.text().contains("44041"));
    with_clinic(&office);
    let saved = office.post(&address, &FIRST).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    assert!(saved.location().contains("done=committed"), "{}", saved.location());
    assert_eq!(office.state(&page), PageState::Committed);
    let of = ClinicMonth { clinic: CLINIC.into(), month: "2026-10".parse().unwrap() };
    let claim = office.store.read(|rows| rows.claim(&of)).unwrap().expect("the claim is there").claim;
    assert_eq!((claim.lines.len(), claim.lines[0].count, claim.lines[0].amount), (1, 12, Yen(44_041)));
    assert_eq!(claim.total_amount, Some(Yen(44_041)));
    let month =
        office.by("shiharai", &[Duty::Payment]).get(&format!("/claims/2026-10/{CLINIC}")).await.text();
    assert!(month.contains("44,040円ですが、44,041円と書かれています"), "{month}");
    assert!(month.contains(&format!("/pages/{page}")), "the claim leads to its paper");
    assert!(office.store.read(|rows| rows.imbalances()).unwrap().is_empty());
}
