//! What the rows know, held against the ink.

use super::*;
use domain::agreement;

/// A date or code in doubt with what its ink allows.
fn in_doubt(id: &str, allowed: &[(&str, f64)]) -> FieldReading {
    let alternative = |(value, probability): &(&str, f64)| Alternative {
        value: Personal::new((*value).into()),
        probability: *probability,
    };
    FieldReading {
        confidence: allowed[0].1,
        decision: Decision::Review,
        reason: Some(NOT_SURE.to_owned()),
        alternatives: allowed.iter().map(alternative).collect(),
        ..accepted(id, allowed[0].0)
    }
}

/// An office whose resident 1 shares the household with a spouse and a twin, and has a namesake.
fn family() -> Office {
    let office = Office::open();
    let home = |id, name, born| Resident {
        household: Some(Personal::new("H1".into())),
        ..resident(id, name, "ワタナベ ハナコ", born)
    };
    let people = [
        home("1", "渡邉 花子", date(1947, 3, 4)),
        home("3", "渡邉 一郎", date(1941, 3, 4)),
        home("4", "渡邉 双子", date(1947, 3, 4)),
        resident("5", "渡辺 花子", "ワタナベ ハナコ", date(1957, 3, 4)),
    ];
    let import = |rows: &Writer| rows.import_residents(&people, ImportMode::Diff, &clerk(), at("2026-09-02"));
    office.store.write(import).unwrap();
    office
}

/// What the rows say of a field of a page: its value in JSON, its decision and the reason.
fn stands(office: &Office, page: &PageId, field: &str) -> (String, Decision, Option<String>) {
    let reading = office.store.read(|rows| rows.page(page)).unwrap().unwrap().reading;
    let Some(PageReading::Read(reading)) = reading else { panic!("read") };
    let field = reading.field(field).unwrap();
    (field.value.text().unwrap_or_default().to_owned(), field.decision, field.reason.clone())
}

#[test]
fn a_birth_date_in_doubt_is_raised_by_the_register_and_says_why() {
    let office = family();
    let number = office.issue("1");
    let birth = in_doubt("birth_date", &[("1942-03-04", 0.6), ("1947-03-04", 0.4)]);
    let read = page_read(&office.pages[0], &office.form, Some(&number.0), vec![birth]);
    assert_eq!(office.handle(&read), Handled::Committed, "{:?}", office.whys(&office.pages[0]));
    let (value, decision, reason) = stands(&office, &office.pages[0], "birth_date");
    assert_eq!((value.as_str(), decision), ("1947-03-04", Decision::Accept));
    assert!(reason.unwrap().contains("住民データ"));
    let ledger = office.store.read(|rows| rows.ledger(&ResidentId("1".into()))).unwrap();
    assert_eq!(ledger[0].values[&"birth_date".into()], Value::Text("1947-03-04".into()));
}

#[test]
fn a_slip_swapped_at_home_is_noticed_even_where_the_ink_is_in_doubt() {
    let swapped = [("1941-03-04", 0.7), ("1947-03-04", 0.3)];
    let namesake = [("1957-03-04", 0.9), ("1947-03-04", 0.1)];
    for allowed in [&swapped[..], &namesake[..]] {
        let office = family();
        let number = office.issue("1");
        let birth = in_doubt("birth_date", allowed);
        office.handle(&page_read(&office.pages[0], &office.form, Some(&number.0), vec![birth]));
        assert_eq!(office.whys(&office.pages[0]), ["birth_date_unconfirmed"]);
        assert_eq!(stands(&office, &office.pages[0], "birth_date").1, Decision::Review);
    }
    // A twin of the other sex is told by the sex alone.
    let office = family();
    let number = office.issue("1");
    let read = page_read(&office.pages[0], &office.form, Some(&number.0), vec![accepted("sex", "M")]);
    office.handle(&read);
    assert_eq!(office.whys(&office.pages[0]), ["field_doubtful"]);
}

#[test]
fn nothing_is_raised_for_an_owner_who_is_not_certain() {
    let office = family();
    let number = office.issue("1");
    let birth = in_doubt("birth_date", &[("1947-03-04", 0.9), ("1942-03-04", 0.1)]);
    let mut read = page_read(&office.pages[0], &office.form, Some(&number.0), vec![birth]);
    if let PageReading::Read(reading) = &mut read.reading {
        reading.management_number.as_mut().unwrap().decision = Decision::Review;
    }
    office.handle(&read);
    assert_eq!(stands(&office, &office.pages[0], "birth_date").1, Decision::Review);
}

#[test]
fn the_envelopes_clinic_settles_a_code_in_doubt_and_doubts_another() {
    let (sender, other) = ("0110113719", "0110113727");
    let check = |clinic: FieldReading, expected: Handled| {
        let office = family();
        let clinics = [sender, other].map(|code| Clinic {
            code: code.into(),
            name: "見本医院".into(),
            address: String::new(),
            phone: String::new(),
            account: None,
            invoice_number: None,
        });
        office.store.write(|rows| rows.import_clinics(&clinics, &clerk(), at("2026-09-01"))).unwrap();
        let ticket = tickets::issue(&office, 2);
        let opening = page_read(
            &office.pages[0],
            &office.ticket_form,
            None,
            vec![accepted("ticket", &ticket.to_code())],
        );
        assert_eq!(office.handle(&opening), Handled::Committed);
        let number = office.issue("1");
        let read = page_read(&office.pages[1], &office.form, Some(&number.0), vec![clinic]);
        assert_eq!(office.handle(&read), expected, "{:?}", office.whys(&office.pages[1]));
        stands(&office, &office.pages[1], "clinic_code")
    };
    check(accepted("clinic_code", sender), Handled::Committed);
    let (value, ..) =
        check(in_doubt("clinic_code", &[("0110199998", 0.5), (sender, 0.5)]), Handled::Committed);
    assert_eq!(value, sender);
    let (.., reason) = check(accepted("clinic_code", other), Handled::InReview);
    assert!(reason.unwrap().contains("束票"));
    let (.., reason) = check(accepted("clinic_code", "0110199998"), Handled::InReview);
    assert!(reason.unwrap().contains("登録のない"));
    check(in_doubt("clinic_code", &[(other, 0.5), (sender, 0.5)]), Handled::InReview);
}

#[test]
fn agreement_leaves_alone_what_nobody_knows_better() {
    let office = Office::open();
    let read = page_read(&office.pages[0], &office.form, None, vec![]);
    let PageReading::Read(reading) = &read.reading else { panic!("read") };
    let known = agreement::Known {
        owner: None,
        kin: &[],
        namesakes: &[],
        clinics: &[],
        sender: None,
        month: None,
        scanned_on: date(2026, 11, 20),
    };
    assert_eq!(agreement::agree(&office.form, reading, &known), **reading);
}
