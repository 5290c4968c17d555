//! The house keeps its shape: arrows point down only, files can be held in mind.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Which rooms a room may name. `tests` may name all of them.
const ARROWS: [(&str, &[&str]); 13] = [
    (
        "yomitori",
        &[
            "intake",
            "reader",
            "matcher",
            "web",
            "queue",
            "pages",
            "store",
            "vision",
            "press",
            "simulator",
            "domain",
        ],
    ),
    ("intake", &["queue", "pages", "store", "vision", "domain"]),
    ("reader", &["queue", "pages", "vision", "domain"]),
    ("matcher", &["queue", "store", "domain"]),
    ("web", &["pages", "store", "press", "vision", "domain"]),
    ("domain", &[]),
    ("vision", &["domain"]),
    ("press", &["domain"]),
    ("queue", &["sealed", "domain"]),
    ("pages", &["domain"]),
    ("store", &["sealed", "domain"]),
    ("sealed", &["domain"]),
    ("simulator", &["domain"]),
];
/// Lines above which nobody holds a file in mind.
const MAX_LINES: usize = 500;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the workspace").to_owned()
}

fn rooms() -> BTreeMap<String, toml::Table> {
    let mut rooms = BTreeMap::new();
    for group in ["services", "shared"] {
        for entry in std::fs::read_dir(root().join(group)).unwrap() {
            let manifest = entry.unwrap().path().join("Cargo.toml");
            let table: toml::Table = std::fs::read_to_string(manifest).unwrap().parse().unwrap();
            rooms.insert(table["package"]["name"].as_str().unwrap().to_owned(), table);
        }
    }
    rooms
}

#[test]
fn rooms_name_only_what_is_below_them() {
    let rooms = rooms();
    for (room, manifest) in &rooms {
        let (_, allowed) = ARROWS
            .iter()
            .find(|(name, _)| name == room)
            .unwrap_or_else(|| panic!("{room} is a room without arrows"));
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(named) = manifest.get(section).and_then(toml::Value::as_table) else { continue };
            for other in named.keys().filter(|name| rooms.contains_key(*name)) {
                assert!(allowed.contains(&other.as_str()), "{room} must not name {other} ({section})");
            }
        }
    }
    assert_eq!(rooms.len(), ARROWS.len(), "a room has gone, or has no arrows");
}

#[test]
fn domain_does_no_io_and_reads_no_clock() {
    let forbidden = [
        "std::fs",
        "std::net",
        "std::process",
        "std::env",
        "SystemTime",
        "Instant::now",
        "Timestamp::now",
        "Zoned::now",
        "tokio",
        "rand::",
    ];
    for file in sources("shared/domain/src") {
        let text = std::fs::read_to_string(&file).unwrap();
        for word in forbidden {
            assert!(!text.contains(word), "{} names {word}", file.display());
        }
    }
}

#[test]
fn sql_is_spoken_in_the_store_and_in_the_queue_engine_only() {
    for group in ["services", "shared", "tests"] {
        for file in sources(group) {
            let inside = ["shared/store", "shared/queue", "shared/sealed"]
                .iter()
                .any(|room| file.starts_with(root().join(room)));
            let text = std::fs::read_to_string(&file).unwrap();
            assert!(
                inside || file.ends_with("architecture.rs") || !text.contains("rusqlite"),
                "{} speaks SQL",
                file.display()
            );
        }
    }
}

#[test]
fn a_file_can_be_held_in_mind() {
    for group in ["services", "shared", "tests"] {
        for file in sources(group) {
            let lines = std::fs::read_to_string(&file).unwrap().lines().count();
            assert!(lines <= MAX_LINES, "{} has {lines} lines: split it", file.display());
        }
    }
}

#[test]
fn every_room_says_what_it_owns() {
    for group in ["services", "shared"] {
        for entry in std::fs::read_dir(root().join(group)).unwrap() {
            let lib = entry.unwrap().path().join("src/lib.rs");
            let Ok(text) = std::fs::read_to_string(&lib) else { continue };
            let head: Vec<&str> = text.lines().take(3).collect();
            for (line, word) in head.iter().zip(["//! Owns:", "//! Never:", "//! Start reading at:"]) {
                assert!(line.starts_with(word), "{}: the head lacks `{word}`", lib.display());
            }
        }
    }
}

fn sources(below: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(below)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    assert!(!found.is_empty(), "{below} holds no source");
    found
}
