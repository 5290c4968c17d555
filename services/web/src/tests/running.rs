//! Runs and groups: one field over many slips, by one verifier and by two.

use super::office::*;
use super::quality::draw;
use axum::http::StatusCode;
use domain::duty::Duty;
use domain::ids::{PageId, ResidentId};
use domain::keying::{Keyed, Pass};
use domain::matching::{Candidate, MatchOutcome};
use domain::page::PageState;
use domain::reading::{Decision, PageReading, Value};
use domain::review::ReviewReason;
use jiff::Timestamp;
use std::time::Instant;
use store::NewKeying;

fn doubt(field: &str) -> ReviewReason {
    ReviewReason::FieldDoubtful { field: field.into(), label: String::new(), reason: None }
}

/// `count` pages of resident 1 on which nothing but `fields` is in doubt.
async fn many(office: &Office, name: &str, count: u32, fields: &[&str]) -> Vec<PageId> {
    let mut read = reading(&office.form, &office.numbers[0]);
    for field in &mut read.fields {
        let doubted = fields.contains(&field.id.as_str());
        field.decision = if doubted { Decision::Review } else { Decision::Accept };
    }
    let reasons: Vec<ReviewReason> = fields.iter().map(|field| doubt(field)).collect();
    let candidate = Candidate { resident: ResidentId("10000001".into()), items: Vec::new(), weight: 9.0 };
    let outcome = MatchOutcome::One { candidate };
    let pages = office.scan(name, count).await;
    for page in &pages {
        office.read(page, PageReading::Read(Box::new(read.clone())));
        let wait = |rows: &store::Writer| {
            rows.send_to_review(page, &outcome, &reasons, ago(10))?;
            rows.plan_work(&office.form, page)
        };
        office.store.write(wait).unwrap();
    }
    pages
}

async fn waiting(office: &Office, name: &str, fields: &[&str]) -> PageId {
    many(office, name, 1, fields).await.remove(0)
}

impl Answer {
    fn tokens(&self) -> Vec<String> {
        let json = self.json();
        let items = json["items"].as_array().unwrap();
        items.iter().map(|item| item["token"].as_str().unwrap().to_owned()).collect()
    }
}

async fn next(desk: &Desk<'_>, field: &str, mode: &str) -> Answer {
    desk.post(&format!("/runs/trial/{field}/{mode}/next"), &[]).await
}

async fn key(desk: &Desk<'_>, token: &str, value: &str) -> Answer {
    desk.post(&format!("/runs/items/{token}"), &[("act", "key"), ("v", value)]).await
}

/// The first keying of one field by `staff`.
fn keyed_first(office: &Office, page: &PageId, field: &str, value: &str, staff: &str) {
    let actor = domain::actor::Actor::new(staff, "t");
    let keyed = Keyed::Value(Value::Text(value.into()));
    let new = NewKeying { field: field.into(), pass: Pass::First, keyed };
    office.store.write(|rows| rows.key(&office.form, page, 0, &[new], &actor, Timestamp::now())).unwrap();
}

#[tokio::test]
async fn the_last_value_of_a_run_commits_its_page() {
    let office = Office::open();
    let page = waiting(&office, "a.tif", &["temperature"]).await;
    let sato = office.by("sato", &[Duty::Verifier]);
    let chosen = sato.get("/runs").await.text();
    assert!(chosen.contains("/runs/trial/temperature/first") && !chosen.contains("裁定"));
    assert_eq!(sato.get("/runs/trial/temperature/first").await.status, StatusCode::OK);
    let items = next(&sato, "temperature", "first").await;
    assert_eq!(
        items.json()["items"][0]["value"][0],
        "36.5",
        "a wrong one does not hurt: the machine's is offered"
    );
    let token = items.tokens().remove(0);
    let wrong = key(&sato, &token, "99.9").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.json()["words"].as_str().unwrap().contains("34から42"));
    assert_eq!(sato.get(&format!("/runs/items/{token}/snippet")).await.status, StatusCode::OK);
    assert_eq!(key(&sato, &token, "367").await.status, StatusCode::OK);
    assert_eq!(office.state(&page), PageState::Committed);
    let record = office.store.read(|rows| rows.record_of_page(&page)).unwrap().unwrap();
    assert_eq!(record.values[&"temperature".into()], Value::Text("36.7".into()));
    assert_eq!(key(&sato, &token, "368").await.status, StatusCode::CONFLICT, "sent twice, kept once");
    // Taken back: the page waits again, and so does the field on this very screen.
    let undone = sato.post(&format!("/runs/items/{token}/undo"), &[]).await;
    assert_eq!(undone.status, StatusCode::OK, "{}", undone.text());
    assert_eq!(office.state(&page), PageState::InReview);
    assert_eq!(key(&sato, &token, "365").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_sample_cannot_be_told_from_a_second_keying() {
    let office = Office::open();
    let second = waiting(&office, "a.tif", &["visit_date"]).await;
    keyed_first(&office, &second, "visit_date", "2026-10-04", "sato");
    let drawn = waiting(&office, "b.tif", &["temperature"]).await;
    draw(&office, &drawn, "visit_date", "2026-10-09");
    let suzuki = office.by("suzuki", &[Duty::Verifier]);
    let items = next(&suzuki, "visit_date", "blind").await;
    let listed = items.json();
    assert_eq!(listed["left"], 2);
    for item in listed["items"].as_array().unwrap() {
        let names: Vec<&String> = item.as_object().unwrap().keys().collect();
        assert_eq!(names, ["token"], "nothing but the token");
    }
    let tokens = items.tokens();
    let mut seen = [items.text(), suzuki.get("/runs").await.text()].concat();
    seen += &suzuki.get("/runs/trial/visit_date/blind").await.text();
    let mut answers = Vec::new();
    for token in &tokens {
        for (value, status) in [("R8.13.40", 422), ("R8.10.5", 200), ("R8.10.5", 409)] {
            let answer = key(&suzuki, token, value).await;
            assert_eq!(answer.status.as_u16(), status);
            answers.push((answer.text(), format!("{:?}", answer.headers)));
        }
        let undone = suzuki.post(&format!("/runs/items/{token}/undo"), &[]).await;
        answers.push((undone.text(), undone.status.to_string()));
        assert_eq!(key(&suzuki, token, "R8.10.5").await.status, StatusCode::OK);
    }
    assert_eq!(answers[..4], answers[4..], "every answer is the same, whichever of the two it was");
    seen.extend(answers.iter().map(|(text, _)| text.as_str()));
    for secret in [
        "2026-10-09",
        "R8.10.9",
        "10月9日",
        "2026-10-04",
        "R8.10.4",
        "10月4日",
        second.as_str(),
        drawn.as_str(),
    ] {
        assert!(!seen.contains(secret), "{secret}");
    }
    // Both differ, so both wait for a third person, who sees two values and not whose they are.
    let arbiter = office.by("ito", &[Duty::Arbiter]);
    let sides = next(&arbiter, "visit_date", "decide").await.json();
    let words =
        |at: usize, side: usize| sides["items"][at]["sides"][side]["typed"][0].as_str().unwrap().to_owned();
    let mut pairs = [[words(0, 0), words(0, 1)], [words(1, 0), words(1, 1)]];
    pairs.sort();
    assert_eq!(pairs, [["R8.10.4", "R8.10.5"], ["R8.10.5", "R8.10.9"]].map(|pair| pair.map(str::to_owned)));
    assert_eq!(next(&suzuki, "visit_date", "decide").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn who_knows_a_page_keys_no_sample_of_it() {
    let office = Office::open();
    let page = waiting(&office, "a.tif", &["temperature"]).await;
    draw(&office, &page, "visit_date", "2026-10-08");
    let (sato, suzuki) = (office.by("sato", &[Duty::Verifier]), office.by("suzuki", &[Duty::Verifier]));
    sato.get(&format!("/pages/{page}")).await;
    assert_eq!(next(&sato, "visit_date", "blind").await.json()["left"], 0);
    assert_eq!(next(&suzuki, "visit_date", "blind").await.json()["left"], 1);
}

#[tokio::test]
async fn an_error_that_the_sample_finds_is_corrected_with_its_reason() {
    let office = Office::open();
    let page = waiting(&office, "a.tif", &["visit_date"]).await;
    draw(&office, &page, "temperature", "36.5");
    keyed_first(&office, &page, "visit_date", "2026-10-03", "sato");
    let suzuki = office.by("suzuki", &[Duty::Verifier]);
    let token = next(&suzuki, "visit_date", "blind").await.tokens().remove(0);
    assert_eq!(key(&suzuki, &token, "R8.10.3").await.status, StatusCode::OK);
    assert_eq!(office.state(&page), PageState::Committed);
    let tanaka = office.by("tanaka", &[Duty::Verifier]);
    let token = next(&tanaka, "temperature", "blind").await.tokens().remove(0);
    key(&tanaka, &token, "38.6").await;
    let before = office.store.read(|rows| rows.record_of_page(&page)).unwrap().unwrap();
    assert_eq!(
        before.values[&"temperature".into()],
        Value::Text("36.5".into()),
        "one person alone changes nothing"
    );
    let ito = office.by("ito", &[Duty::Arbiter]);
    let token = next(&ito, "temperature", "decide").await.tokens().remove(0);
    assert_eq!(key(&ito, &token, "36.8").await.status, StatusCode::OK);
    let rows = office.store.read(|rows| rows.ledger(&before.resident)).unwrap();
    let standing = rows.iter().find(|record| record.stands).unwrap();
    assert_eq!(standing.values[&"temperature".into()], Value::Text("36.8".into()));
    assert_eq!(
        (rows.len(), standing.reason.as_deref()),
        (3, Some("品質抜取で判明")),
        "reversal and new entry"
    );
}

#[tokio::test]
async fn two_people_in_one_run_never_get_the_same_field() {
    let office = Office::open();
    many(&office, "a.tif", 25, &["temperature"]).await;
    let (sato, suzuki) = (office.by("sato", &[Duty::Verifier]), office.by("suzuki", &[Duty::Verifier]));
    let (a, b) = (next(&sato, "temperature", "first").await, next(&suzuki, "temperature", "first").await);
    let pages = |answer: &Answer, staff: &str| -> Vec<PageId> {
        let item = |token: &String| office.store.read(|rows| rows.run_item(token, &staff.into())).unwrap();
        answer.tokens().iter().map(|token| item(token).unwrap().work.page).collect()
    };
    let (mine, yours) = (pages(&a, "sato"), pages(&b, "suzuki"));
    assert_eq!((mine.len(), yours.len()), (10, 10));
    assert!(mine.iter().all(|page| !yours.contains(page)));
    let token = a.tokens().remove(0);
    assert_eq!(key(&suzuki, &token, "36.5").await.status, StatusCode::NOT_FOUND, "a token is of one person");
    // What is put off goes back for others, and comes no second time by itself.
    sato.post(&format!("/runs/items/{token}/skip"), &[]).await;
    let put_off = &mine[0];
    let again = suzuki.post("/runs/trial/temperature/first/next", &[("not", &b.tokens()[0])]).await;
    assert!(pages(&again, "suzuki").contains(put_off) || again.tokens().len() == 10);
    let mine_again =
        sato.post("/runs/trial/temperature/first/next", &[("not", &token), ("have", &a.tokens()[1])]).await;
    assert!(!pages(&mine_again, "sato").contains(put_off));
}

#[tokio::test]
async fn a_group_keeps_what_is_alike_and_leaves_the_odd_one() {
    let office = Office::open();
    let pages = many(&office, "a.tif", 10, &["ill"]).await;
    let sato = office.by("sato", &[Duty::Verifier]);
    let list = sato.get("/groups/trial/ill").await.text();
    let at = list.find("href=\"/groups/trial/ill/").expect("one group") + 6;
    let address = &list[at..at + list[at..].find('"').unwrap()];
    assert!(!address.contains("no"), "no value in an address");
    let grid = sato.get(address).await.text();
    let tokens: Vec<&str> = grid.split("name=\"all\" value=\"").skip(1).map(|rest| &rest[..32]).collect();
    assert_eq!(tokens.len(), 10);
    let pairs: Vec<(&str, &str)> =
        tokens.iter().map(|token| ("all", *token)).chain([("odd", tokens[3])]).collect();
    let kept = sato.post(address, &pairs).await;
    assert!(kept.location().contains("kept=9&odd=1"), "{}", kept.location());
    let committed = pages.iter().filter(|page| office.state(page) == PageState::Committed).count();
    // All slips bear one number here: only one of them can stand committed, the others wait for an arbiter.
    assert_eq!(committed, 1);
    assert_eq!(next(&sato, "ill", "first").await.json()["left"], 1, "the odd one is single work");
    let twice = sato.post(address, &pairs).await;
    assert!(twice.location().contains("kept=0"), "{}", twice.location());
    assert_eq!(
        sato.get("/groups/trial/visit_date").await.status,
        StatusCode::NOT_FOUND,
        "dates are read one by one"
    );
}

/// Not a limit: the figures of one scripted verifier, for whoever wants to see them (`--nocapture`).
#[tokio::test]
async fn a_scripted_session_keys_field_after_field() {
    const FIELDS: u32 = 60;
    let office = Office::open();
    many(&office, "a.tif", FIELDS, &["temperature"]).await;
    let sato = office.by("sato", &[Duty::Verifier]);
    let (mut waits, mut done, begun) = (Vec::new(), 0, Instant::now());
    loop {
        let asked = Instant::now();
        let tokens = next(&sato, "temperature", "first").await.tokens();
        waits.push(asked.elapsed());
        if tokens.is_empty() {
            break;
        }
        for token in tokens {
            let asked = Instant::now();
            let picture = sato.get(&format!("/runs/items/{token}/snippet")).await;
            assert_eq!(
                (picture.status, key(&sato, &token, "36.5").await.status),
                (StatusCode::OK, StatusCode::OK)
            );
            waits.push(asked.elapsed());
            done += 1;
        }
    }
    waits.sort();
    let minutes = begun.elapsed().as_secs_f64() / 60.0;
    eprintln!(
        "{:.0} items a minute, median server wait {:.1} ms, longest {:.1} ms",
        f64::from(done) / minutes,
        waits[waits.len() / 2].as_secs_f64() * 1e3,
        waits[waits.len() - 1].as_secs_f64() * 1e3
    );
    assert_eq!(done, FIELDS);
}
