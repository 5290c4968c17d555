//! The access log: what leaves a line, and that the table itself refuses anything but another line.

use super::*;
use domain::access::{Act, Anchor, Broken};
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

/// An office whose log has `lines` lines, one a second.
fn logged(lines: i64) -> Office {
    let office = Office::open();
    for second in 1..=lines {
        let residents = [ResidentId(second.to_string())];
        office.store.write(|rows| rows.trace(&view(&residents, None), &clerk(), at(second))).unwrap();
    }
    office
}

fn proof(office: &Office, noted: &[Anchor]) -> Proof {
    office.store.prove_access(&office.archive(), noted, at(0)).unwrap()
}

/// Somebody with the database file in their hands, who knows how to drop triggers.
fn tamper(office: &Office, sql: &str) {
    let rows = Connection::open(office.path()).unwrap();
    let names = "select name from sqlite_master where type = 'trigger' and name like 'access%'";
    let triggers: Vec<String> =
        rows.prepare(names).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    for trigger in triggers {
        rows.execute_batch(&format!("drop trigger {trigger}")).unwrap();
    }
    rows.execute_batch(sql).unwrap();
}

#[test]
fn whoever_changes_rows_behind_the_programs_back_is_found() {
    let table = [
        ("update access_log set staff = 'other' where seq = 3", Broken::Changed { seq: 3 }),
        ("update access_log set resident = null where seq = 5", Broken::Changed { seq: 5 }),
        ("update access_log set at = at + 1 where seq = 1", Broken::Changed { seq: 1 }),
        ("update access_log set act = 'print' where seq = 6", Broken::Changed { seq: 6 }),
        ("update access_log set link = zeroblob(32) where seq = 2", Broken::Changed { seq: 2 }),
        ("delete from access_log where seq = 4", Broken::Missing { seq: 4 }),
        ("delete from access_log where seq = 1", Broken::Missing { seq: 1 }),
        (
            "delete from access_log where seq = 2;
             update access_log set seq = -seq where seq > 2; update access_log set seq = -seq - 1 where seq < 0",
            Broken::Changed { seq: 2 },
        ),
        (
            "update access_log set seq = -seq where seq >= 3; update access_log set seq = 1 - seq where seq < 0;
             insert into access_log select 3, at, staff, section, terminal, act, screen, reason, resident, page, link
             from access_log where seq = 2",
            Broken::Changed { seq: 3 },
        ),
        (
            "update access_log set seq = 99 where seq = 2; update access_log set seq = 2 where seq = 3;
             update access_log set seq = 3 where seq = 99",
            Broken::Changed { seq: 2 },
        ),
        ("delete from access_log where seq > 4", Broken::CutOff { seq: 5, head: 6 }),
        ("delete from access_log", Broken::CutOff { seq: 1, head: 6 }),
        ("update access_head set seq = 5", Broken::Head { seq: 6 }),
    ];
    for (sql, expected) in table {
        let office = logged(6);
        assert_eq!(proof(&office, &[]).broken, None);
        tamper(&office, sql);
        assert_eq!(proof(&office, &[]).broken, Some(expected), "{sql}");
    }
}

#[test]
fn a_tail_that_is_cut_off_with_its_head_is_found_by_what_was_noted_outside() {
    let office = logged(6);
    let noted = proof(&office, &[]).head;
    let cut = "delete from access_log where seq > 3;
               update access_head set seq = 3, link = (select link from access_log where seq = 3)";
    tamper(&office, cut);
    assert_eq!(proof(&office, &[]).broken, None, "the chain alone cannot know");
    assert_eq!(proof(&office, &[noted]).broken, Some(Broken::CutOff { seq: 4, head: 6 }));
}

#[test]
fn archive_and_table_are_one_chain() {
    let office = logged(6);
    let head = proof(&office, &[]).head;
    let part = office.store.archive_access(&office.archive(), at(3), at(100)).unwrap().unwrap();
    assert_eq!((part.last.seq, part.last_at), (2, at(2)));
    assert!(office.store.archive_access(&office.archive(), at(3), at(100)).unwrap().is_none());
    office.store.archive_access(&office.archive(), at(5), at(101)).unwrap().unwrap();
    assert_eq!(lines(&office).len(), 2);
    let sound = proof(&office, &[Anchor { seq: 6, ..head }]);
    assert_eq!((sound.broken, sound.archived, sound.reached), (None, 4, head));
    // Asked after a person, the archive answers, too.
    let who = AccessQuestion { resident: Some(ResidentId("2".into())), ..Default::default() };
    let answer = office.store.access_lines(&office.archive(), &who).unwrap();
    assert_eq!(answer.lines.iter().map(|line| line.seq).collect::<Vec<_>>(), [2]);

    let path = office.archive().join(&part.file);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let text = std::fs::read_to_string(&path).unwrap();
    let last_line = text.trim_end().rfind('\n').unwrap() + 1;
    let harmed = [
        (text.replace("clerk", "other"), Broken::Changed { seq: 1 }),
        (text[..last_line].to_owned(), Broken::CutOff { seq: 2, head: 2 }),
        (text.replacen("{\"access_log\":1", "{\"access_log\":9", 1), Broken::Changed { seq: 1 }),
    ];
    for (harmed, expected) in harmed {
        std::fs::write(&path, harmed).unwrap();
        assert_eq!(proof(&office, &[]).broken, Some(expected));
    }
    std::fs::remove_file(&path).unwrap();
    assert_eq!(proof(&office, &[]).broken, Some(Broken::Archive { seq: 1 }));
    assert_eq!(office.store.access_lines(&office.archive(), &who).unwrap().missing, [part.file]);
    // After its time the oldest part may be gone; the rest is proven from there.
    let later = office.store.prove_access(&office.archive(), &[], at(3)).unwrap();
    assert_eq!((later.broken, later.start.seq, later.archived), (None, 2, 2));
}

#[test]
fn who_looked_is_answered_for_pages_that_became_the_persons_later() {
    let office = Office::open();
    let number = office.issue();
    let page = office.take("a", "", 1).remove(0);
    office.store.write(|rows| rows.trace(&view(&[], Some(&page)), &clerk(), at(1))).unwrap();
    office.to_review(&page, &number);
    let slip = office.proven(&number, "2026-11-02");
    office.store.write(|rows| rows.commit(&page, &slip, &clerk(), at(8))).unwrap();
    let who =
        AccessQuestion { resident: Some(ResidentId("1".into())), from: Some(at(1)), ..Default::default() };
    let told = office.store.read(|rows| rows.access_page(&who, i64::MAX, 10)).unwrap();
    assert_eq!(told.iter().map(|line| line.act).collect::<Vec<_>>(), [Act::Change, Act::View]);
    let by_other = AccessQuestion { staff: Some("other".into()), ..who };
    assert!(office.store.read(|rows| rows.access_page(&by_other, i64::MAX, 10)).unwrap().is_empty());
}
