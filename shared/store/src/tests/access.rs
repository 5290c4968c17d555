//! The access log: what leaves a line, and that the table itself refuses anything but another line.

use super::*;
use domain::access::{Act, Anchor};
use rusqlite::Connection;

fn view<'a>(residents: &'a [ResidentId], page: Option<&'a PageId>) -> Access<'a> {
    Access { act: Act::View, screen: "ledger", reason: None, residents, page }
}

/// Every line as `act screen resident`.
fn lines(office: &Office) -> Vec<String> {
    let rows = Connection::open(office.path()).unwrap();
    let mut told = rows
        .prepare("select act || ' ' || screen || ' ' || coalesce(resident, '-') from access_log order by seq")
        .unwrap();
    told.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn changes_leave_their_line_with_the_row_and_a_page_stands_for_its_person() {
    let office = Office::open();
    let number = office.issue();
    let page = office.take("a", "", 1).remove(0);
    office.to_review(&page, &number);
    let slip = office.proven(&number, "2026-11-02");
    office.store.write(|rows| rows.commit(&page, &slip, &clerk(), at(8))).unwrap();
    office.store.write(|rows| rows.trace(&view(&[], Some(&page)), &clerk(), at(9))).unwrap();
    let nobody = Access { act: Act::Search, ..view(&[], None) };
    office.store.write(|rows| rows.trace(&nobody, &clerk(), at(9))).unwrap();
    let both = [ResidentId("1".into()), ResidentId("2".into()), ResidentId("1".into())];
    office.store.write(|rows| rows.trace(&view(&both, None), &clerk(), at(9))).unwrap();
    let told = [
        "print slips_issued 1",
        "change record_committed 1",
        "view ledger 1",
        "search ledger -",
        "view ledger 1",
        "view ledger 2",
    ];
    assert_eq!(lines(&office), told);
    assert_eq!(office.store.read(|rows| rows.access_head()).unwrap().seq, 6);
}

#[test]
fn a_look_that_fails_leaves_neither_line_nor_head() {
    let office = Office::open();
    let residents = [ResidentId("1".into())];
    let failed = office.store.write(|rows| {
        rows.trace(&view(&residents, None), &clerk(), at(1))?;
        Err::<(), _>(Error::TaskEnded)
    });
    assert!(failed.is_err() && lines(&office).is_empty());
    assert_eq!(office.store.read(|rows| rows.access_head()).unwrap(), Anchor::START);
}

#[test]
fn the_table_itself_takes_nothing_but_another_line() {
    let office = Office::open();
    for minute in 1..=3 {
        let residents = [ResidentId("1".into())];
        office.store.write(|rows| rows.trace(&view(&residents, None), &clerk(), at(minute))).unwrap();
    }
    let rows = Connection::open(office.path()).unwrap();
    let refused = [
        "update access_log set staff = 'x' where seq = 2",
        "delete from access_log where seq = 2",
        "delete from access_log where seq = 3",
        "insert into access_log select seq + 10, at, staff, section, terminal, act, screen, reason, resident, page, link
         from access_log where seq = 3",
        "update access_head set seq = 2",
        "update access_head set seq = 4",
        "delete from access_head",
    ];
    for sql in refused {
        assert!(rows.execute(sql, []).is_err(), "{sql}");
    }
    assert_eq!(lines(&office).len(), 3);
}
