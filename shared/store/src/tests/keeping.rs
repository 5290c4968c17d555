//! Copies, the deep check, and files that do not fit.

use super::*;
use domain::key::{Key, Keyring};
use rusqlite::OpenFlags;

fn ring(byte: u8) -> Keyring {
    Keyring::of(Key::new([byte; 32]))
}

/// A house with a page in review, one committed, one waiting, and a claim's worth of references.
fn busy() -> Office {
    let office = Office::open();
    let pages = office.take("scan", "", 3);
    for (page, commit) in [(&pages[0], true), (&pages[1], false)] {
        let number = office.issue();
        office.to_review(page, &number);
        if commit {
            let proven = office.proven(&number, "2026-11-02");
            let done = office.store.write(|rows| rows.commit(page, &proven, &clerk(), at(3))).unwrap();
            assert!(matches!(done, Committed::Done(_)));
        }
    }
    office
}

fn faults(office: &Office) -> Vec<String> {
    let faults = office.store.examine(&mut |_, _, _| {}).unwrap();
    faults.into_iter().map(|fault| fault.words).collect()
}

/// Does to the rows what only a fault of the machine, or somebody with an editor, could do.
fn damage(office: &Office, sql: &str) {
    let raw = office.store.file().connect(OpenFlags::default()).unwrap();
    raw.pragma_update(None, "foreign_keys", false).unwrap();
    let triggers: Vec<String> = {
        let mut names = raw.prepare("select name from sqlite_schema where type = 'trigger'").unwrap();
        names.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    for trigger in triggers {
        raw.execute_batch(&format!("drop trigger {trigger}")).unwrap();
    }
    raw.execute_batch(sql).unwrap();
}

#[test]
fn a_sound_house_has_no_fault_and_each_kind_of_damage_is_told() {
    assert_eq!(faults(&busy()), Vec::<String>::new());
    for (sql, words) in [
        ("delete from records", "committed pages without exactly one standing record"),
        ("update pages set image = null where state = 'committed'", "pages without a picture"),
        ("delete from outbox", "were never asked for"),
        (
            "update pages set state = 'read' where state = 'in_review'",
            "review items whose page is not in review",
        ),
        ("delete from scan_files", "rows of pages name rows of scan_files that are not there"),
        ("update scan_files set pages = 9", "files whose pages are not all here"),
        ("update pages set envelope = 'none'", "pages in its envelopes"),
        ("update pages set reading = '{' where reading is not null", "rows of pages are not understood"),
        ("update records set \"values\" = '{\"visit_date\":\"2026-11-03\"}'", "verified values"),
        ("update records set service_date = 'yesterday'", "rows of records are not understood"),
        (
            "insert into events (at, staff, terminal, what, page) values (0, 's', 't', 'w', 'no-1')",
            "events about pages",
        ),
        (
            "update sqlite_sequence set seq = 0 where name = 'records'",
            "numbers of records would be given twice",
        ),
        ("delete from resident_words", "residents whom the search cannot find"),
        ("update pages set page = 'other-' || number", "file is another one than their id says"),
    ] {
        let office = busy();
        damage(&office, sql);
        let told = faults(&office);
        assert!(told.iter().any(|fault| fault.contains(words)), "{sql}: {told:?}");
    }
}

#[test]
fn a_file_that_was_overwritten_in_the_middle_is_told_as_damaged() {
    use std::io::{Seek, SeekFrom, Write};
    let office = busy();
    let path = office.path();
    office.store.write(|rows| Ok(rows.connection.execute_batch("pragma wal_checkpoint(truncate)")?)).ok();
    let raw = office.store.file().connect(OpenFlags::default()).unwrap();
    raw.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(())).unwrap();
    drop((raw, office.store.clone()));
    let Office { _folder, store, .. } = office;
    drop(store);
    let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    let length = file.metadata().unwrap().len();
    for block in 2..length / 4096 {
        file.seek(SeekFrom::Start(block * 4096)).unwrap();
        file.write_all(&[0xa5; 64]).unwrap();
    }
    drop(file);
    match Store::open(&path) {
        Ok(store) => {
            let told = store.examine(&mut |_, _, _| {}).unwrap();
            assert!(told.iter().any(|fault| fault.words.contains("damaged")), "{told:?}");
        }
        Err(error) => assert!(error.to_string().contains("yomitori restore"), "{error}"),
    }
}

#[test]
fn a_copy_made_while_others_write_holds_every_row_of_its_moment() {
    let office = busy();
    let before = office.store.counted().unwrap();
    let copy = office.path().with_file_name("copy.db");
    let copied = office
        .store
        .copy_to(&copy, &mut |_, _| {
            drop(office.store.write(|rows| rows.take_file(&file("later", "", 2), at(9))))
        })
        .unwrap();
    assert_eq!(copied, before);
    assert!(before.rows["pages"] == 3 && before.rows["records"] == 1, "{before:?}");
    let again = Store::open(&copy).unwrap();
    assert_eq!(again.counted().unwrap(), before);
    assert_eq!(again.examine(&mut |_, _, _| {}).unwrap(), []);
    assert_eq!(office.store.counted().unwrap().rows["pages"], 5, "the house went on meanwhile");
}

#[test]
fn a_backup_leaves_its_line_in_the_log() {
    let office = Office::open();
    assert_eq!(office.store.read(|rows| rows.last_backup()).unwrap(), None);
    office.store.write(|rows| rows.backup_made("3 pages", &clerk(), at(7))).unwrap();
    assert_eq!(office.store.read(|rows| rows.last_backup()).unwrap(), Some(at(7)));
    let head = office.store.read(|rows| rows.access_head()).unwrap();
    assert!(head.seq > 0, "everybody's data left the house: the access log has a line");
}

#[test]
fn pictures_are_named_page_by_page_without_a_gap() {
    let office = busy();
    let mut found = Vec::new();
    loop {
        let after = found.last().map(|picture: &Picture| picture.image.clone());
        let next = office.store.read(|rows| rows.pictures(after.as_ref(), 2)).unwrap();
        if next.is_empty() {
            break;
        }
        found.extend(next);
    }
    assert_eq!(found.len() as u64, office.store.read(|rows| rows.picture_count()).unwrap());
    assert!(office.store.read(|rows| rows.shows(&found[0].image)).unwrap());
    assert!(!office.store.read(|rows| rows.shows(&"none".into())).unwrap());
}

#[test]
fn sealed_rows_work_as_plain_ones_and_open_for_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("yomitori.db");
    let store = Store::open_with(&path, Some(&ring(1))).unwrap();
    store.write(|rows| rows.take_file(&file("scan", "", 2), at(1))).unwrap();
    assert_eq!(store.key_id(), Some(Key::new([1; 32]).id()));
    assert_eq!(store.read(|rows| rows.counts()).unwrap().pages.paper(), 2);
    let refused = reseal(&path, &ring(1)).unwrap_err();
    assert!(refused.to_string().contains("in use"), "{refused}");
    drop(store);
    for (keys, words) in [(None, "no key is set"), (Some(ring(2)), "none of the 1 keys opens")] {
        let refused = Store::open_with(&path, keys.as_ref()).err().unwrap();
        assert!(refused.to_string().contains(words) && !refused.is_temporary(), "{refused}");
    }
    let both = Keyring::parse(&format!("{}\n{}", "02".repeat(32), "01".repeat(32))).unwrap();
    assert_eq!(reseal(&path, &both).unwrap(), Resealed::FromOlder);
    let store = Store::open_with(&path, Some(&ring(2))).unwrap();
    assert_eq!(store.read(|rows| rows.counts()).unwrap().pages.paper(), 2);
    assert_eq!(store.examine(&mut |_, _, _| {}).unwrap(), []);
}

#[test]
fn a_plain_database_of_this_version_is_sealed_whole() {
    let office = busy();
    let (path, before) = (office.path(), office.store.counted().unwrap());
    let Office { _folder, store, .. } = office;
    drop(store);
    let refused = Store::open_with(&path, Some(&ring(1))).err().unwrap();
    assert!(refused.to_string().contains("yomitori keys rotate"), "{refused}");
    assert_eq!(reseal(&path, &ring(1)).unwrap(), Resealed::FromPlain);
    let store = Store::open_with(&path, Some(&ring(1))).unwrap();
    assert_eq!(store.counted().unwrap(), before);
    assert_eq!(store.examine(&mut |_, _, _| {}).unwrap(), []);
}
