use crate::*;
use domain::key::{Key, Keyring};
use rusqlite::OpenFlags;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const SECRET: &str = "a name that must not lie on a disk";

fn key(byte: u8) -> Key {
    Key::new([byte; 32])
}

fn ring(bytes: &[u8]) -> Keyring {
    let lines: Vec<String> = bytes.iter().map(|byte| key(*byte).to_hex()).collect();
    Keyring::parse(&lines.join("\n")).unwrap()
}

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.db");
    (folder, path)
}

/// A database with a row, a full-text index, a trigger and a version, as ours have.
fn fill(path: &Path, keys: Option<&Keyring>) {
    let (file, _opening) = File::open(path, keys).unwrap();
    let connection = file.connect(OpenFlags::default()).unwrap();
    connection.pragma_update(None, "journal_mode", "wal").unwrap();
    connection.pragma_update(None, "user_version", 12).unwrap();
    connection
        .execute_batch(
            "create table person (id integer primary key autoincrement, name text not null) strict;
             create table mark (name text primary key) strict, without rowid;
             create virtual table words using fts5 (name, content = '', contentless_delete = 1);
             create trigger person_stays before delete on person begin select raise(abort, 'stays'); end;
             insert into mark values ('m');",
        )
        .unwrap();
    connection.execute("insert into person (id, name) values (41, ?1)", [SECRET]).unwrap();
    connection.execute("insert into words (rowid, name) values (41, ?1)", [SECRET]).unwrap();
}

fn name(path: &Path, keys: Option<&Keyring>) -> Result<String, SealError> {
    let (file, _opening) = File::open(path, keys)?;
    let connection = file.connect(OpenFlags::default())?;
    let found = "select p.name from words w join person p on p.id = w.rowid where w.name match 'disk'";
    let name = connection.query_row(found, [], |row| row.get(0))?;
    let version: i64 = connection.query_row("pragma user_version", [], |row| row.get(0))?;
    assert_eq!(version, 12);
    assert!(connection.execute("delete from person", []).is_err(), "triggers stand");
    connection.execute("insert into person (name) values ('next')", [])?;
    assert!(connection.last_insert_rowid() > 41, "numbers are never given twice");
    Ok(name)
}

/// Everything in the folder that a thief of the disk would read.
fn on_disk(folder: &TempDir) -> Vec<u8> {
    let files = std::fs::read_dir(folder.path()).unwrap();
    files.flat_map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn what_is_sealed_is_read_with_its_key_alone_and_lies_nowhere_in_the_clear() {
    let (folder, path) = place();
    fill(&path, Some(&ring(&[1])));
    assert!(!holds(&on_disk(&folder), "that must not"));
    assert_eq!(name(&path, Some(&ring(&[1]))).unwrap(), SECRET);
    assert_eq!(name(&path, Some(&ring(&[2, 1]))).unwrap(), SECRET, "an older key opens what it has sealed");
    let (file, _) = File::open(&path, Some(&ring(&[2, 1]))).unwrap();
    assert_eq!(file.key_id(), Some(key(1).id()));

    let refused = name(&path, Some(&ring(&[2, 3]))).unwrap_err();
    assert!(matches!(refused, SealError::NoKey { keys: 2, .. }), "{refused}");
    let refused = name(&path, None).unwrap_err();
    assert!(refused.to_string().contains("YOMITORI_KEY_FILE"), "{refused}");
    assert!(!refused.is_temporary());
}

#[test]
fn a_plain_file_is_refused_while_a_key_is_set_and_says_how_to_seal_it() {
    let (folder, path) = place();
    fill(&path, None);
    assert!(holds(&on_disk(&folder), "that must not"), "the test can fail");
    let refused = name(&path, Some(&ring(&[1]))).unwrap_err();
    assert!(matches!(refused, SealError::Plain { .. }));
    assert!(refused.to_string().contains("yomitori keys rotate"), "{refused}");
    assert_eq!(name(&path, None).unwrap(), SECRET);
}

#[test]
fn a_file_goes_from_plain_to_sealed_to_another_key_with_all_that_is_in_it() {
    let (folder, path) = place();
    assert_eq!(reseal(&path, &ring(&[1])).unwrap(), Resealed::Missing);
    fill(&path, None);
    // What a crash left of an earlier try.
    std::fs::write(beside(&path), "half").unwrap();
    assert_eq!(reseal(&path, &ring(&[1])).unwrap(), Resealed::FromPlain);
    assert!(!holds(&on_disk(&folder), "that must not"));
    assert_eq!(name(&path, Some(&ring(&[1]))).unwrap(), SECRET);
    assert_eq!(reseal(&path, &ring(&[1])).unwrap(), Resealed::AsItWas);

    assert_eq!(reseal(&path, &ring(&[2, 1])).unwrap(), Resealed::FromOlder);
    assert_eq!(name(&path, Some(&ring(&[2]))).unwrap(), SECRET);
    assert!(matches!(name(&path, Some(&ring(&[1]))), Err(SealError::NoKey { .. })));
    assert!(matches!(reseal(&path, &ring(&[3])), Err(SealError::NoKey { .. })));
    assert!(!beside(&path).exists());
}

fn beside(path: &Path) -> PathBuf {
    path.with_extension("resealing")
}

#[test]
fn a_key_never_changes_under_somebody_who_works() {
    let (_folder, path) = place();
    fill(&path, None);
    let (file, opening) = File::open(&path, None).unwrap();
    drop(opening);
    let refused = reseal(&path, &ring(&[1])).unwrap_err();
    assert!(matches!(refused, SealError::InUse { .. }), "{refused}");
    drop(file);
    let changing = crate::file::in_use(&path).unwrap();
    changing.try_lock().unwrap();
    let refused = File::open(&path, None).unwrap_err();
    assert!(matches!(refused, SealError::BeingResealed { .. }) && refused.is_temporary(), "{refused}");
    drop(changing);
    assert_eq!(name(&path, None).unwrap(), SECRET);
}

#[test]
fn a_copy_holds_one_moment_while_others_write_and_is_sealed_alike() {
    for keys in [None, Some(ring(&[2, 1]))] {
        let (folder, path) = place();
        fill(&path, keys.as_ref().map(|_| ring(&[1])).as_ref());
        let (file, opening) = File::open(&path, keys.as_ref()).unwrap();
        drop(opening);
        let connection = file.connect(OpenFlags::default()).unwrap();
        let copy = folder.path().join("copy.db");
        let mut told = 0;
        let copied = file
            .copy_to(&copy, &mut |done, all| {
                told = done;
                assert!(done <= all);
                connection.execute("insert into person (name) values ('later')", []).unwrap();
            })
            .unwrap();
        let count = "select count(*) from person";
        assert_eq!(copied.query_row(count, [], |row| row.get::<_, i64>(0)).unwrap(), 1);
        drop(copied);
        assert!(told > 0 && !folder.path().join("copy.db-wal").exists());
        assert_eq!(name(&copy, keys.as_ref()).unwrap(), SECRET);
        assert_eq!(keys.is_none(), holds(&std::fs::read(&copy).unwrap(), "that must not"));
    }
}

#[test]
fn a_damaged_file_says_so() {
    let (_folder, path) = place();
    std::fs::write(&path, [b"SQLite format 3\0".as_slice(), &[7; 5000]].concat()).unwrap();
    let (file, _opening) = File::open(&path, None).unwrap();
    let connection = file.connect(OpenFlags::default()).unwrap();
    let error = connection.query_row("select count(*) from sqlite_schema", [], |_| Ok(())).unwrap_err();
    assert!(file.explain(error).to_string().contains("yomitori restore"));
}
