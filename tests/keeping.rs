//! Backups brought back, every kind of damage told, keys, and a data directory of a year ago.

use crate::harness::{self, Running};
use crate::whole_way::{LIMIT, drop_in, post, settings};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// `yomitori ARGS…` with a key (64 hex digits, several apart by commas).
fn with_key(data: &Path, key: &str, args: &[&str]) -> std::process::Output {
    harness::yomitori(data, args).env("YOMITORI_KEY", key).output().expect("the program starts")
}

/// Standard output, and whether it ended well.
fn said(output: &std::process::Output) -> (bool, String) {
    let text = [&output.stdout[..], &output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("one JSON line")
}

/// Every picture of a data directory.
fn pictures(data: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![data.join("pages")]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

fn all_handled(data: &Path, pages: u64) {
    harness::wait_until("all pages", LIMIT, || {
        let status = harness::status(data);
        harness::pages(&status) == (pages, 0) && status["queue"]["outbox"] == 0
    });
}

/// A house with `count` handled pages, its roles stopped; one more file lies in `mail/`.
fn house(data: &Path, count: usize) -> String {
    std::fs::create_dir_all(data).unwrap();
    settings(data);
    let names = post(data, count + 1, 21, None);
    let office = Running::start(data, &["run", "--listen", "127.0.0.1:0"]);
    names[..count].iter().for_each(|name| drop_in(data, name));
    all_handled(data, count as u64);
    office.kill();
    names[count].clone()
}

#[test]
fn a_lost_house_comes_back_from_its_backup_and_goes_on() {
    let place = tempfile::tempdir().unwrap();
    let (data, backup, again) =
        (place.path().join("data"), place.path().join("backup"), place.path().join("again"));
    let to = backup.to_str().unwrap();
    let last = house(&data, 3);
    let first = json(&harness::succeed(&data, &["backup", to, "--json"]));
    assert_eq!((&first["pages"], &first["pictures_copied"]), (&Value::from(3), &Value::from(3)), "{first}");

    // One more page arrives and is asked for; nobody reads it. The backup is made while intake runs.
    let intake = Running::start(&data, &["intake"]);
    drop_in(&data, &last);
    harness::wait_until("the request", LIMIT, || {
        let status = harness::status(&data);
        status["pages"]["received"] == 1 && status["queue"]["outbox"] == 0
    });
    // What a backup and a restore that were killed have left.
    for folder in [backup.join("unfinished"), place.path().join("again.restoring")] {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("yomitori.db"), "half").unwrap();
    }
    let second = json(&harness::succeed(&data, &["backup", to, "--keep", "1", "--json"]));
    assert_eq!(second["pictures_copied"], 1, "only what the backup lacks: {second}");
    assert_eq!(second["removed_generations"], 1);
    intake.kill();
    let before = harness::status(&data);

    // The disk is gone.
    std::fs::rename(&data, place.path().join("lost")).unwrap();
    let report = json(&harness::succeed(&again, &["restore", to, "--json"]));
    assert_eq!((&report["pages"], &report["asked_anew"]), (&Value::from(4), &Value::from(1)), "{report}");
    let after = harness::status(&again);
    for part in ["pages", "files", "records"] {
        assert_eq!(after[part], before[part], "{part}");
    }
    assert_eq!(after["queue"]["outbox"], 1, "the page in flight is asked for anew");
    assert_eq!(
        std::fs::read(again.join("yomitori.toml")).unwrap(),
        std::fs::read(place.path().join("lost/yomitori.toml")).unwrap()
    );
    assert!(!place.path().join("again.restoring").exists() && !backup.join("unfinished").exists());
    assert_eq!(pictures(&again).len(), pictures(&place.path().join("lost")).len());
    let deep = harness::succeed(&again, &["check", "--deep"]);
    assert!(deep.contains("ok   rows") && deep.contains("ok   pictures: 4 read"), "{deep}");

    let (ended, text) = said(&harness::run(&again, &["restore", to]));
    assert!(!ended && text.contains("nothing is ever restored over data"), "{text}");

    let _office = Running::start(&again, &["run", "--listen", "127.0.0.1:0"]);
    all_handled(&again, 4);
    let check = harness::succeed(&again, &["check"]);
    assert!(check.contains("all counts add up"), "{check}");
    assert_eq!(harness::status(&again)["pages"]["duplicate"], 0);
}

#[test]
fn a_backup_that_is_no_backup_or_was_changed_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let (data, backup, again) =
        (place.path().join("data"), place.path().join("backup"), place.path().join("again"));
    let to = backup.to_str().unwrap();
    std::fs::create_dir_all(&data).unwrap();
    harness::succeed(&data, &["users", "list"]);
    let (ended, text) = said(&harness::run(&data, &["backup", data.join("inside").to_str().unwrap()]));
    assert!(!ended && text.contains("would be lost with it"), "{text}");
    let (ended, text) = said(&harness::run(&again, &["restore", to]));
    assert!(!ended && text.contains("holds no whole backup"), "{text}");

    let made = json(&harness::succeed(&data, &["backup", to, "--json"]));
    let name = made["generation"].as_str().unwrap();
    let (ended, text) = said(&harness::run(&again, &["restore", to, "--generation", "yesterday"]));
    assert!(!ended && text.contains(name), "it names those that there are: {text}");
    let rows = backup.join("generations").join(name).join("yomitori.db");
    let mut bytes = std::fs::read(&rows).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&rows, bytes).unwrap();
    let (ended, text) = said(&harness::run(&again, &["restore", to]));
    assert!(!ended && text.contains("is damaged") && !again.exists(), "{text}");
}

#[test]
fn the_deep_check_tells_every_kind_of_damage() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    house(&data, 3);
    harness::succeed(&data, &["check", "--deep"]);
    let files = pictures(&data);
    let whole: Vec<Vec<u8>> = files.iter().map(|path| std::fs::read(path).unwrap()).collect();

    let mut changed = whole[0].clone();
    changed[100] ^= 1;
    std::fs::write(&files[0], changed).unwrap();
    std::fs::remove_file(&files[1]).unwrap();
    let stray = "ab".repeat(32);
    let shelf = data.join("pages/ab/ab");
    std::fs::create_dir_all(&shelf).unwrap();
    std::fs::write(shelf.join(format!("{stray}.tif")), b"a picture that nobody knows").unwrap();
    let output = harness::run(&data, &["check", "--deep"]);
    let (ended, text) = said(&output);
    assert_eq!((ended, output.status.code()), (false, Some(1)));
    let damaged = files[0].file_stem().unwrap().to_str().unwrap();
    let missing = files[1].file_stem().unwrap().to_str().unwrap();
    for words in [
        format!("{damaged} of page"),
        "is damaged".into(),
        format!("{missing} of page"),
        "is missing".into(),
        format!("the picture {stray} belongs to no page"),
        "ok   rows".into(),
        "3 faults; nothing was changed".into(),
    ] {
        assert!(text.contains(&words), "{words}: {text}");
    }
    let output = harness::run(&data, &["check", "--deep", "--json"]);
    let lines = String::from_utf8(output.stdout).unwrap();
    let faults: Vec<Value> = lines.lines().map(json).collect();
    assert_eq!(faults[1]["faults"].as_array().unwrap().len(), 2, "{lines}");
    assert_eq!((&faults[0]["ok"], &faults[2]["ok"]), (&Value::Bool(true), &Value::Bool(false)));

    for (path, bytes) in files.iter().zip(whole) {
        std::fs::write(path, bytes).unwrap();
    }
    std::fs::remove_dir_all(data.join("pages/ab/ab")).unwrap();
    harness::succeed(&data, &["check", "--deep"]);

    // A disk that loses blocks in the middle of the rows.
    let rows = data.join("yomitori.db");
    let mut bytes = std::fs::read(&rows).unwrap();
    for block in bytes.chunks_mut(4096).skip(3) {
        block[..64].fill(0xa5);
    }
    std::fs::write(&rows, bytes).unwrap();
    let (ended, text) = said(&harness::run(&data, &["check", "--deep"]));
    assert!(!ended && text.contains("damaged") && text.contains("yomitori restore"), "{text}");
}

#[test]
fn sealed_rows_are_nothing_to_a_thief_and_a_backup_of_them_needs_the_key() {
    let place = tempfile::tempdir().unwrap();
    let (data, backup, again) =
        (place.path().join("data"), place.path().join("backup"), place.path().join("again"));
    let (key, other) = ("5a".repeat(32), "a5".repeat(32));
    std::fs::create_dir_all(&data).unwrap();
    let file = place.path().join("residents.csv");
    std::fs::write(&file, crate::mail::resident_file(2)).unwrap();
    let import = with_key(&data, &key, &["residents", "import", file.to_str().unwrap()]);
    assert!(import.status.success(), "{}", said(&import).1);
    let bytes: Vec<u8> = ["yomitori.db", "yomitori.db-wal"]
        .iter()
        .flat_map(|name| std::fs::read(data.join(name)).unwrap_or_default())
        .collect();
    assert!(bytes.len() > 4096 && !bytes.starts_with(b"SQLite"), "a sealed file");
    assert!(
        !bytes.windows(9).any(|window| window == b"residents"),
        "not even the tables' names are in the clear"
    );

    for (key, words) in [(None, "no key is set"), (Some(&other), "none of the 1 keys opens")] {
        let mut command = harness::yomitori(&data, &["status"]);
        if let Some(key) = key {
            command.env("YOMITORI_KEY", key);
        }
        let (ended, text) = said(&command.output().unwrap());
        assert!(!ended && text.contains(words), "{text}");
    }
    let to = backup.to_str().unwrap();
    let both = format!("{other},{key}");
    let made = with_key(&data, &both, &["backup", to]);
    assert!(made.status.success(), "an older key opens what it sealed: {}", said(&made).1);
    let (ended, text) = said(&harness::run(&again, &["restore", to]));
    assert!(!ended && text.contains("YOMITORI_KEY_FILE") && !again.exists(), "{text}");
    let (ended, text) = said(&with_key(&again, &other, &["restore", to]));
    assert!(!ended && text.contains("add its line below the newest"), "{text}");
    let restored = with_key(&again, &key, &["restore", to]);
    assert!(restored.status.success(), "{}", said(&restored).1);
    let deep = with_key(&again, &key, &["check", "--deep"]);
    assert!(deep.status.success(), "{}", said(&deep).1);
}

#[test]
fn a_data_directory_has_one_matcher_and_one_intake() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path();
    settings(data);
    for role in ["matcher", "intake"] {
        let first = Running::start(data, &[role]);
        let lock = data.join(format!("{role}.lock"));
        harness::wait_until("the first one", LIMIT, || {
            let held = std::fs::File::options().write(true).open(&lock);
            held.is_ok_and(|lock| lock.try_lock().is_err())
        });
        let (ended, text) = said(&harness::run(data, &[role]));
        assert!(!ended && text.contains(&format!("another {role} works on")), "{text}");
        first.kill();
        // What a killed one held is free at once.
        drop(Running::start(data, &[role]));
    }
}

/// `tests/fixtures/year-old` was made by the program as it was before accounts, keying and claims (its tables at step 2): three
/// residents, a ticket, seven pages of one file in as many states, a record that was corrected, a doubled file, a file
/// that failed, one request in the queue and one in the outbox. How it was made stands in its README.md.
#[test]
fn a_data_directory_of_a_year_ago_is_brought_up_to_date_and_goes_on() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    copy(&harness::root().join("tests/fixtures/year-old"), &data);
    let status = harness::status(&data);
    let count = |name: &str| status["pages"][name].as_u64().unwrap();
    assert_eq!((count("committed"), count("in_review"), count("received")), (3, 1, 2), "{status}");
    assert_eq!((count("returned"), count("discarded"), count("failed"), count("duplicate")), (1, 1, 1, 1));
    assert_eq!((&status["records"], &status["queue"]["outbox"]), (&Value::from(2), &Value::from(1)));
    assert_eq!(status["queue"]["read-page"]["ready"], 1, "the old queue's message is still there");
    let deep = harness::succeed(&data, &["check", "--deep"]);
    assert!(deep.contains("ok   rows") && deep.contains("ok   pictures: 8 read"), "{deep}");

    let _office = Running::start(&data, &["run", "--listen", "127.0.0.1:0"]);
    all_handled(&data, 10);
    let after = harness::status(&data);
    assert_eq!(after["records"], status["records"], "what was verified stays");
    assert_eq!(after["pages"]["in_review"], 3, "both pages were read and wait for a person: {after}");
    assert!(harness::succeed(&data, &["check"]).contains("all counts add up"));
    harness::succeed(&data, &["check", "--deep"]);
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
