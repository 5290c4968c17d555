use super::*;
use domain::matching::{Item, MatchOutcome};

#[test]
fn a_sound_slip_becomes_a_record_once() {
    let office = Office::open();
    let number = office.issue("1");
    let read = page_read(&office.pages[0], &office.form, Some(&number.0), vec![]);
    assert_eq!(office.handle(&read), Handled::Committed, "{:?}", office.whys(&office.pages[0]));
    assert_eq!(office.handle(&read), Handled::Late);
    let ledger = office.store.read(|rows| rows.ledger(&ResidentId("1".into()))).unwrap();
    assert_eq!(ledger.len(), 1);
    assert_eq!((ledger[0].service_date, ledger[0].staff.as_str()), (date(2026, 11, 2), "system"));
    assert_eq!(ledger[0].terminal, "matcher");
    assert_eq!(office.store.read(|rows| rows.counts()).unwrap().records, 1);
}

#[test]
fn a_slip_without_a_number_shows_who_it_may_be_and_why() {
    let office = Office::open();
    let page = &office.pages[0];
    let read = page_read(page, &office.form, None, vec![]);
    assert_eq!(office.handle(&read), Handled::InReview);
    assert_eq!(office.whys(page), ["number_missing"]);
    let item = office.store.read(|rows| rows.review_item(page)).unwrap().unwrap();
    let MatchOutcome::One { candidate } = item.outcome else { panic!("one person stands out") };
    assert_eq!(candidate.resident, ResidentId("1".into()));
    assert!(
        [Item::BirthDate, Item::Kana, Item::Name, Item::Sex]
            .iter()
            .all(|i| candidate.agreement(*i).supports())
    );
    assert_eq!(office.store.read(|rows| rows.resident_count()).unwrap(), 2, "nobody is made from paper");
}

#[test]
fn another_persons_slip_goes_to_people() {
    let office = Office::open();
    // Resident 1 filled in the slip of resident 2.
    let number = office.issue("2");
    let read = page_read(&office.pages[0], &office.form, Some(&number.0), vec![]);
    assert_eq!(office.handle(&read), Handled::InReview);
    let whys = office.whys(&office.pages[0]);
    assert!(
        whys.contains(&"birth_date_differs".into()) && whys.contains(&"printed_differs".into()),
        "{whys:?}"
    );
    let item = office.store.read(|rows| rows.review_item(&office.pages[0])).unwrap().unwrap();
    assert!(item.outcome.candidates().iter().any(|candidate| candidate.resident.0 == "1"));
}

#[test]
fn both_pages_of_a_doubled_slip_are_flagged() {
    let office = Office::open();
    let number = office.issue("1");
    let feverish = vec![accepted("temperature", "38.0")];
    let first = page_read(&office.pages[0], &office.form, Some(&number.0), feverish);
    let second = page_read(&office.pages[1], &office.form, Some(&number.0), vec![]);
    office.handle(&first);
    assert_eq!(office.handle(&second), Handled::InReview);
    assert_eq!(office.whys(&office.pages[0]), ["finding", "duplicate_slip"]);
    assert_eq!(office.whys(&office.pages[1]), ["duplicate_slip"]);
}

#[test]
fn of_a_set_of_copies_the_citys_sheet_is_recorded_and_the_others_wait() {
    let mut office = Office::open();
    office.form = Form::parse(
        "screening-three-part",
        include_str!("../../../../templates/screening-three-part/form.toml"),
    )
    .unwrap();
    office.matcher = Matcher::new(office.store.clone(), vec![office.form.clone()], rules());
    let number = office.issue("1");
    for (page, side, expected) in
        [(0, 2, Handled::InReview), (1, 3, Handled::Committed), (2, 1, Handled::InReview)]
    {
        let several = [("symptoms", "none"), ("past_illness", "none")].map(|(id, value)| FieldReading {
            value: Value::Several(vec![value.into()]),
            ..accepted(id, "")
        });
        let reception = accepted("reception_number", "00012");
        let fields = several.into_iter().chain([reception]).collect();
        let mut read = page_read(&office.pages[page], &office.form, Some(&number.0), fields);
        if let PageReading::Read(reading) = &mut read.reading {
            reading.side = side;
        }
        assert_eq!(office.handle(&read), expected, "{:?}", office.whys(&office.pages[page]));
    }
    assert_eq!(office.whys(&office.pages[0]), ["unrecorded_copy"]);
    assert_eq!(office.whys(&office.pages[2]), ["unrecorded_copy"]);
    assert_eq!(office.store.read(|rows| rows.counts()).unwrap().records, 1);
}

#[test]
fn a_clinics_claim_waits_for_people_and_becomes_nobodys_record() {
    let office = Office::open();
    let claim =
        Form::parse("clinic-claim", include_str!("../../../../templates/clinic-claim/form.toml")).unwrap();
    let matcher = Matcher::new(office.store.clone(), vec![claim.clone()], rules());
    let zeros = |field: &domain::form::Field| match field.kind {
        FieldKind::Digits(_) => Some(accepted(field.id.as_str(), "0")),
        _ => None,
    };
    let mut fields: Vec<FieldReading> = claim.fields.iter().filter_map(zeros).collect();
    for field in &mut fields {
        if field.id.as_str() == "total_amount" {
            field.value = Value::Text("5".into());
        }
    }
    let read = page_read(&office.pages[0], &claim, None, fields);
    assert_eq!(matcher.handle(&read, at("2026-11-20")).unwrap(), Handled::InReview);
    assert_eq!(office.whys(&office.pages[0]), ["clinic_claim", "finding"]);
    assert_eq!(office.store.read(|rows| rows.counts()).unwrap().records, 0);
    office.adds_up();
}

#[test]
fn a_second_visit_in_the_season_is_a_finding() {
    let office = Office::open();
    for (page, expected) in [(0, Handled::Committed), (1, Handled::InReview)] {
        let number = office.issue("1");
        let read = page_read(&office.pages[page], &office.form, Some(&number.0), vec![]);
        assert_eq!(office.handle(&read), expected);
    }
    assert_eq!(office.whys(&office.pages[1]), ["finding"]);
}

#[test]
fn what_could_not_be_read_waits_with_its_reason() {
    let office = Office::open();
    let unrecognised = PageReading::Unrecognised { reason: "白紙です".into() };
    let unreadable = PageReading::Unreadable { reason: "四隅の印がありません".into() };
    let mut foreign = page_read(&office.pages[2], &office.form, None, vec![]);
    if let PageReading::Read(reading) = &mut foreign.reading {
        reading.form_version = 99;
    }
    office.handle(&message(&office.pages[0], unrecognised));
    office.handle(&message(&office.pages[1], unreadable));
    office.handle(&foreign);
    let whys: Vec<Vec<String>> = office.pages.iter().map(|page| office.whys(page)).collect();
    assert_eq!(whys, [["unrecognised"], ["unreadable"], ["unknown_form"]]);
    let item = office.store.read(|rows| rows.review_item(&office.pages[0])).unwrap().unwrap();
    assert_eq!(item.reasons[0].text(), "帳票を判別できません（白紙です）");
    let stranger = message(&"nobody-1".into(), PageReading::Unreadable { reason: "x".into() });
    assert_eq!(office.handle(&stranger), Handled::UnknownPage);
}
