use super::*;
use domain::page::PageState;
use domain::record::CommitRefused;
use jiff::SignedDuration;

#[test]
fn a_slip_is_committed_once_and_only_from_one_page() {
    let office = Office::open();
    let pages = office.take("scan", "", 2);
    let number = office.issue();
    let slip = office.proven(&number, "2026-11-02");
    let commit =
        |page: &PageId| office.store.write(|rows| rows.commit(page, &slip, &clerk(), at(9))).unwrap();
    assert_eq!(commit(&pages[0]), Committed::Refused(CommitRefused::NotOpen), "not read yet");
    office.to_review(&pages[0], &number);
    office.to_review(&pages[1], &number);
    assert!(matches!(commit(&pages[0]), Committed::Done(_)));
    assert_eq!(commit(&pages[0]), Committed::Refused(CommitRefused::NotOpen));
    let twin = CommitRefused::DuplicateSlip { page: pages[0].clone() };
    assert_eq!(commit(&pages[1]), Committed::Refused(twin));
    let (ledger, values) = office
        .store
        .read(|rows| Ok((rows.ledger(&ResidentId("1".into()))?, rows.field_values(&pages[0])?)))
        .unwrap();
    assert_eq!(ledger.len(), 1);
    assert_eq!((ledger[0].staff.as_str(), ledger[0].terminal.as_str()), ("clerk", "desk-1"));
    assert_eq!(values[0].final_value, Some(Value::Text("2026-11-02".into())));
    assert_eq!(values[0].machine_value, Value::Text("2026-11-02".into()));
    office.adds_up();
}

#[test]
fn a_number_that_was_issued_to_somebody_else_is_refused() {
    let office = Office::open();
    let page = office.take("scan", "", 1).remove(0);
    let stranger = resident("2", "見本 太郎", "ミホン タロウ");
    let number = office
        .store
        .write(|rows| {
            rows.import_residents(std::slice::from_ref(&stranger), ImportMode::Diff, &clerk(), at(1))?;
            rows.issue_slips(&office.form, std::slice::from_ref(&stranger.id), &clerk(), at(1))
        })
        .unwrap()
        .remove(0)
        .0;
    office.to_review(&page, &number);
    for foreign in [number, ManagementNumber("07999999990".into())] {
        let slip = office.proven(&foreign, "2026-11-02");
        let refused = office.store.write(|rows| rows.commit(&page, &slip, &clerk(), at(9))).unwrap();
        assert_eq!(refused, Committed::Refused(CommitRefused::NumberOfOther));
    }
    assert_eq!(office.page(&page).state, PageState::InReview);
}

#[test]
fn a_correction_is_a_reversal_and_a_new_entry() {
    let office = Office::open();
    let page = office.take("scan", "", 1).remove(0);
    let number = office.issue();
    office.to_review(&page, &number);
    let first = office.proven(&number, "2026-11-02");
    let Committed::Done(entry) =
        office.store.write(|rows| rows.commit(&page, &first, &clerk(), at(9))).unwrap()
    else {
        panic!("a sound slip is committed")
    };
    let second = office.proven(&number, "2026-11-03");
    let correct = |id| {
        office
            .store
            .write(|rows| rows.correct_record(id, &second, "医療機関に確認", &clerk(), at(20)))
            .unwrap()
    };
    assert!(matches!(correct(entry), Committed::Done(_)));
    assert_eq!(correct(entry), Committed::Refused(CommitRefused::NotOpen), "it was corrected already");
    let (ledger, history, counts) = office
        .store
        .read(|rows| {
            let resident = ResidentId("1".into());
            Ok((rows.ledger(&resident)?, rows.history(&resident, &"other-1".into())?, rows.counts()?))
        })
        .unwrap();
    assert_eq!((ledger.len(), counts.records), (3, 1));
    assert_eq!(ledger.iter().filter(|record| record.stands).count(), 1);
    assert!(ledger.iter().any(|record| record.reverses == Some(entry) && record.reason.is_some()));
    assert_eq!(history.len(), 1);
    assert_eq!(history[0].service_date, date(2026, 11, 3));
    office.adds_up();

    let stands = office.store.read(|rows| rows.record_of_page(&page)).unwrap().unwrap();
    office.store.write(|rows| rows.reverse_record(stands.id, "別人の票", &clerk(), at(30))).unwrap();
    assert_eq!(office.page(&page).state, PageState::InReview);
    assert_eq!(office.store.read(|rows| rows.counts()).unwrap().records, 0);
    office.adds_up();
}

#[test]
fn rows_that_prove_something_refuse_to_change() {
    let office = Office::open();
    let page = office.take("scan", "", 1).remove(0);
    let number = office.issue();
    office.to_review(&page, &number);
    let slip = office.proven(&number, "2026-11-02");
    office.store.write(|rows| rows.commit(&page, &slip, &clerk(), at(9))).unwrap();
    for sql in [
        "update records set service_date = '2026-11-03'",
        "delete from records",
        "delete from pages",
        "update events set staff = 'nobody'",
        "delete from events",
    ] {
        let changed = office.store.write(|rows| Ok(rows.connection.execute(sql, [])?));
        assert!(changed.is_err(), "{sql}");
    }
    office.adds_up();
}

#[test]
fn a_page_on_one_screen_is_kept_from_the_others_until_the_lease_ends() {
    let office = Office::open();
    let page = office.take("scan", "", 1).remove(0);
    let number = office.issue();
    office.to_review(&page, &number);
    let other = Actor::new("other", "desk-2");
    let until = at(100) + SignedDuration::from_mins(5);
    let lease =
        |actor: &Actor, now| office.store.write(|rows| rows.lease_review(&page, actor, until, now)).unwrap();
    assert_eq!(lease(&clerk(), at(100)), Lease::Yours);
    assert_eq!(lease(&other, at(101)), Lease::Held { by: "clerk".into(), until });
    assert_eq!(lease(&clerk(), at(102)), Lease::Yours, "one's own lease is prolonged");
    let slip = office.proven(&number, "2026-11-02");
    let commit =
        |actor: &Actor, now| office.store.write(|rows| rows.commit(&page, &slip, actor, now)).unwrap();
    assert_eq!(commit(&other, at(103)), Committed::Refused(CommitRefused::HeldByOther));
    let dispose = |rows: &Writer| rows.dispose(&page, Disposal::Discarded, "x", &other, at(104));
    assert_eq!(office.store.write(dispose).unwrap(), Moved::Held);
    assert!(matches!(commit(&other, until), Committed::Done(_)), "the lease has ended");
    assert_eq!(lease(&clerk(), at(105)), Lease::Closed);
}
