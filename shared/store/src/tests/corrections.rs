//! Corrections on a real file: two people, a third, withdrawing, and nothing half done.

use super::*;
use domain::correction::{self, CorrectionGround, CorrectionStage, RECORD, TAKE_BACK};
use domain::keying::{Keyed, Pass};
use domain::page::PageState;

fn by(staff: &str) -> Actor {
    Actor::new(staff, "desk-2")
}

fn text(value: &str) -> Keyed {
    Keyed::Value(Value::Text(value.into()))
}

fn keyed(field: &str, pass: Pass, value: &str) -> NewKeying {
    NewKeying { field: field.into(), pass, keyed: text(value) }
}

/// An office with one committed record; the record and its slip's number.
fn committed() -> (Office, RecordId, ManagementNumber, PageId) {
    let office = Office::open();
    let page = office.take("scan", "", 1).remove(0);
    let number = office.issue();
    office.to_review(&page, &number);
    let slip = office.proven(&number, "2026-11-02");
    let done = office.store.write(|rows| rows.commit(&page, &slip, &clerk(), at(9))).unwrap();
    let Committed::Done(record) = done else { panic!("a sound slip is committed") };
    (office, record, number, page)
}

fn ask(office: &Office, record: RecordId, field: &str, value: &str) -> CorrectionAsked {
    let new = NewCorrection {
        record,
        ground: CorrectionGround::Clinic,
        words: "電話で確認".into(),
        keyings: vec![keyed(field, Pass::Correction, value)],
    };
    office.store.write(|rows| rows.ask_correction(&office.form, &new, &by("a"), at(20))).unwrap()
}

fn stage(office: &Office, id: CorrectionId) -> CorrectionStage {
    let (one, keyings) = office
        .store
        .read(|rows| {
            let one = rows.correction(id)?.unwrap();
            Ok((one.clone(), rows.correction_keyings(&one)?))
        })
        .unwrap();
    correction::stage(&office.form, &one.fields, id, &keyings).unwrap()
}

fn key(office: &Office, page: &PageId, id: CorrectionId, keying: NewKeying, staff: &str) -> KeyingTaken {
    office.store.write(|rows| rows.key(&office.form, page, id, &[keying], &by(staff), at(30))).unwrap()
}

#[test]
fn a_record_changes_when_two_people_agree_and_both_stand_behind_it() {
    let (office, record, number, page) = committed();
    let CorrectionAsked::Done(id) = ask(&office, record, "visit_date", "2026-11-03") else { panic!("asked") };
    assert_eq!(ask(&office, record, "visit_date", "2026-11-04"), CorrectionAsked::Open(id));
    let same = key(&office, &page, id, keyed("visit_date", Pass::Second, "2026-11-03"), "a");
    assert!(matches!(same, KeyingTaken::SamePerson(_)));
    let other = key(&office, &page, id, keyed("visit_date", Pass::Second, "2026-11-03"), "b");
    assert!(matches!(other, KeyingTaken::Saved { .. }));
    assert!(matches!(stage(&office, id), CorrectionStage::Agreed(_)));
    let slip = office.proven(&number, "2026-11-03");
    let end = |staff: &str| {
        office
            .store
            .write(|rows| rows.end_correction(id, &CorrectionEnding::Corrected(&slip), &by(staff), at(31)))
    };
    let Committed::Done(entry) = end("b").unwrap() else { panic!("ended") };
    assert!(end("b").is_err(), "it ended before");
    let (ledger, behind, open) = office
        .store
        .read(|rows| {
            let ledger = rows.ledger(&ResidentId("1".into()))?;
            Ok((ledger, rows.correction_behind(entry)?.unwrap(), rows.open_corrections()?))
        })
        .unwrap();
    assert_eq!(ledger.iter().filter(|row| row.stands).map(|row| row.id).collect::<Vec<_>>(), [entry]);
    assert_eq!(ledger.len(), 3, "entry, reversal, new entry");
    assert_eq!(behind.reason(), "医療機関の回答：電話で確認");
    assert_eq!((behind.staff.as_str(), behind.end.unwrap().staff.as_str()), ("a", "b"));
    assert!(open.is_empty());
    office.adds_up();
}

#[test]
fn where_two_people_differ_a_third_decides_and_the_record_waits() {
    let (office, record, _, page) = committed();
    let CorrectionAsked::Done(id) = ask(&office, record, "visit_date", "2026-11-03") else { panic!("asked") };
    key(&office, &page, id, keyed("visit_date", Pass::Second, "2026-11-08"), "b");
    assert!(matches!(stage(&office, id), CorrectionStage::Third { .. }));
    assert!(office.store.read(|rows| rows.record(record)).unwrap().unwrap().stands);
    for (staff, may) in [("a", false), ("b", false), ("c", true)] {
        let taken = key(&office, &page, id, keyed("visit_date", Pass::Third, "2026-11-02"), staff);
        assert_eq!(matches!(taken, KeyingTaken::Saved { .. }), may, "{staff}");
    }
    let CorrectionStage::Agreed(agreed) = stage(&office, id) else { panic!("decided") };
    assert_eq!(agreed[&"visit_date".into()], text("2026-11-02"));
    let kept = |rows: &Writer| rows.end_correction(id, &CorrectionEnding::Kept, &by("c"), at(40));
    office.store.write(kept).unwrap();
    assert!(office.store.read(|rows| rows.record(record)).unwrap().unwrap().stands);
}

#[test]
fn only_the_asker_withdraws_and_a_record_taken_back_sends_its_page_to_a_person() {
    let (office, record, _, page) = committed();
    let CorrectionAsked::Done(id) = ask(&office, record, "visit_date", "2026-11-03") else { panic!("asked") };
    let withdraw =
        |staff| office.store.write(|rows| rows.withdraw_correction(id, &by(staff), at(25))).unwrap();
    assert_eq!([withdraw("b"), withdraw("a"), withdraw("a")], [false, true, false]);
    let CorrectionAsked::Done(id) = ask(&office, record, RECORD, TAKE_BACK) else { panic!("asked again") };
    key(&office, &page, id, keyed(RECORD, Pass::Second, TAKE_BACK), "b");
    office
        .store
        .write(|rows| rows.end_correction(id, &CorrectionEnding::TakenBack, &by("b"), at(40)))
        .unwrap();
    assert!(!office.store.read(|rows| rows.record(record)).unwrap().unwrap().stands);
    assert_eq!(office.page(&page).state, PageState::InReview);
    assert_eq!(ask(&office, record, "visit_date", "2026-11-03"), CorrectionAsked::NotStanding);
    office.adds_up();
}

#[test]
fn what_somebody_has_on_the_screen_is_not_corrected_half() {
    let (office, record, _, page) = committed();
    let other = Form::parse("other", FORM).unwrap();
    let new = NewCorrection {
        record,
        ground: CorrectionGround::Office,
        words: String::new(),
        keyings: vec![keyed("visit_date", Pass::Correction, "2026-11-03")],
    };
    let asked = office.store.write(|rows| rows.ask_correction(&other, &new, &by("a"), at(20))).unwrap();
    assert_eq!(asked, CorrectionAsked::NotKeyed(KeyingTaken::NotOpen));
    let left = office.store.read(|rows| Ok((rows.open_corrections()?, rows.keyings(&page)?))).unwrap();
    assert_eq!(left, (Vec::new(), Vec::new()));
}
