//! An office that begins to seal what it keeps, and changes its key a year later.

use crate::harness::{self, Running};
use crate::whole_way::{LIMIT, drop_in, post, settings};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Takes `name` in, and waits until `all` pages have been handled.
fn one_more(data: &Path, name: &str, all: u64) {
    let _office = Running::start(data, &["run", "--listen", "127.0.0.1:0"]);
    drop_in(data, name);
    harness::wait_until("the page", LIMIT, || {
        let status = harness::status(data);
        harness::pages(&status) == (all, 0) && status["queue"]["outbox"] == 0
    });
    harness::wait_until("the scan", LIMIT, || files(&data.join("scans")).len() as u64 == all);
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// Every file that may hold a person's data.
fn kept(data: &Path) -> Vec<PathBuf> {
    let databases = files(data).into_iter().filter(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with("yomitori.db") || name.starts_with("queue.db")
    });
    databases.chain(files(&data.join("pages"))).chain(files(&data.join("scans"))).collect()
}

/// Files in which `words` can be read.
fn showing(data: &Path, words: &[u8]) -> Vec<PathBuf> {
    let shows = |path: &PathBuf| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(words.len()).any(|part| part == words)
    };
    kept(data).into_iter().filter(shows).collect()
}

fn told(data: &Path, args: &[&str]) -> Vec<Value> {
    harness::succeed(data, args).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn refused(data: &Path, args: &[&str]) -> String {
    let output = harness::run(data, args);
    assert_eq!(output.status.code(), Some(1), "{args:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn an_office_seals_what_it_has_changes_its_key_and_opens_everything_again() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    settings(data);
    let names = post(data, 2, 21, None);
    let sent: Vec<Vec<u8>> =
        names.iter().map(|name| std::fs::read(data.join("mail").join(name)).unwrap()).collect();
    let ink: Vec<&[u8]> = sent.iter().map(|bytes| &bytes[2000..2064]).collect();
    one_more(data, &names[0], 1);
    assert_eq!(showing(data, ink[0]).len(), 2, "page and scan lie there as they came");

    let settings = std::fs::read_to_string(data.join("yomitori.toml")).unwrap();
    std::fs::write(data.join("yomitori.toml"), format!("key_file = \"keys\"\n{settings}")).unwrap();
    assert!(refused(data, &["status"]).contains("yomitori keys new"));
    let keys = data.join("keys").display().to_string();
    harness::succeed(data, &["keys", "new", "--into", &keys]);
    assert!(refused(data, &["status"]).contains("yomitori keys rotate"));
    let done = &told(data, &["keys", "rotate", "--json"])[0];
    assert_eq!(done["databases"]["yomitori.db"], "from_plain", "{done}");
    assert_eq!((&done["pictures"]["resealed"], &done["scans"]["resealed"]), (&1.into(), &1.into()), "{done}");
    one_more(data, &names[1], 2);
    for words in [ink[0], ink[1], b"SQLite format 3"] {
        assert_eq!(showing(data, words), [] as [PathBuf; 0]);
    }
    let used = &told(data, &["keys", "show", "--json"])[0];
    assert_eq!((&used["pictures"], &used["scans"]), (&2.into(), &2.into()), "{used}");

    harness::succeed(data, &["keys", "new", "--into", &keys]);
    // A picture that was damaged meanwhile keeps the old key, and is named.
    let picture = files(&data.join("pages")).remove(0);
    let sound = std::fs::read(&picture).unwrap();
    std::fs::write(&picture, &sound[..sound.len() - 1]).unwrap();
    let hash = picture.file_stem().unwrap().to_string_lossy().into_owned();
    let words = refused(data, &["keys", "rotate"]);
    assert!(
        words.contains(&hash) && words.contains("damaged") && words.contains("keep every key"),
        "{words}"
    );
    std::fs::write(&picture, sound).unwrap();
    let done = &told(data, &["keys", "rotate", "--json"])[0];
    assert_eq!(done["databases"]["yomitori.db"], "as_it_was", "{done}");
    assert_eq!(done["pictures"], serde_json::json!({"resealed": 1, "as_they_were": 1, "failed": 0}));
    let used = told(data, &["keys", "show", "--json"]);
    assert_eq!((&used[0]["pictures"], &used[1]["pictures"]), (&2.into(), &0.into()), "{used:?}");
    assert_eq!(used[0]["databases"], serde_json::json!(["yomitori.db", "queue.db"]));

    // The old key is no longer needed.
    let ring = std::fs::read_to_string(&keys).unwrap();
    std::fs::write(&keys, ring.lines().next().unwrap()).unwrap();
    assert_eq!(harness::pages(&harness::status(data)), (2, 0));
    let check = harness::succeed(data, &["check"]);
    assert!(check.contains("new pictures are sealed with key"), "{check}");
    opens_again(data, &names, &sent);
}

fn opens_again(data: &Path, names: &[String], sent: &[Vec<u8>]) {
    let scans = files(&data.join("scans"));
    for ((name, bytes), scan) in names.iter().zip(sent).zip(&scans) {
        assert!(scan.ends_with(format!("{name}.sealed")), "{}", scan.display());
        let (scan, out) = (scan.display().to_string(), data.join(name).display().to_string());
        let unseal = ["unseal", &scan, "--out", &out, "--reason", "試験"];
        harness::succeed(data, &unseal);
        assert_eq!(&std::fs::read(&out).unwrap(), bytes, "byte for byte");
        assert!(refused(data, &unseal).contains(name), "a file that is there is not replaced");
    }
    let out = data.join("log.csv").display().to_string();
    harness::succeed(data, &["audit", "export", "--out", &out, "--reason", "試験"]);
    let log = std::fs::read_to_string(out).unwrap();
    assert!(log.matches("封印したスキャンの取り出し").count() >= names.len(), "{log}");
    let plain = data.join(&names[0]).display().to_string();
    assert!(refused(data, &["unseal", &plain, "--out", "unused"]).contains("is not sealed"));
}
