//! `yomitori check`: is everything there, and if not, what to do.

use crate::config::Config;
use crate::{engine, hub, rules, templates};
use anyhow::{Context, Result, bail, ensure};
use pages::PageStore;
use queue::Topic;
use serde_json::json;
use std::path::Path;
use std::process::Command;

/// One thing that was tested.
struct Finding {
    what: &'static str,
    /// What was found, or what is wrong and what to do.
    result: Result<String>,
}

/// Runs it; fails when anything is wrong.
pub fn run(config: &Config, as_json: bool) -> Result<()> {
    let findings = [
        Finding { what: "data directory", result: writable(&config.data_dir) },
        Finding { what: "inbox", result: writable(&hub::inbox(config)) },
        Finding { what: "database", result: database(config) },
        Finding { what: "queue", result: queue(config) },
        Finding { what: "page store", result: page_store(config) },
        Finding { what: "forms", result: forms(config) },
        Finding { what: "rules", result: programmes(config) },
        Finding {
            what: "fonts",
            result: press::Fonts::find().map(|_| "found".to_owned()).map_err(Into::into),
        },
        Finding { what: "OCR data", result: tesseract() },
        Finding {
            what: "reader",
            result: engine::Engine::start(&config.templates).map(|_| "starts".to_owned()),
        },
    ];
    let mut wrong = 0;
    for Finding { what, result } in &findings {
        let (ok, text) = match result {
            Ok(text) => (true, text.clone()),
            Err(error) => (false, format!("{error:#}")),
        };
        wrong += usize::from(!ok);
        if as_json {
            crate::print_line(&json!({ "what": what, "ok": ok, "found": text }).to_string())?;
        } else {
            crate::print_line(&format!("{} {what}: {text}", if ok { "ok  " } else { "BAD " }))?;
        }
    }
    if wrong > 0 {
        bail!("{wrong} of {} checks failed; do what the lines above say and check again", findings.len());
    }
    Ok(())
}

fn writable(folder: &Path) -> Result<String> {
    std::fs::create_dir_all(folder).with_context(|| {
        format!(
            "cannot make {}: give this account the right to, or name another --data-dir",
            folder.display()
        )
    })?;
    let probe = folder.join(".yomitori-check.part");
    std::fs::write(&probe, b"check")
        .with_context(|| format!("cannot write into {}: check rights and free space", folder.display()))?;
    std::fs::remove_file(&probe).with_context(|| format!("cannot delete in {}", folder.display()))?;
    Ok(folder.display().to_string())
}

fn database(config: &Config) -> Result<String> {
    let store = hub::open_store(config)?;
    let (counts, imbalances) = store.read(|rows| Ok((rows.counts()?, rows.imbalances()?)))?;
    ensure!(imbalances.is_empty(), "the counts do not add up: {}", imbalances.join("; "));
    let sealed = match store.key_id() {
        Some(key) => format!("sealed with key {key}"),
        None => "not sealed".to_owned(),
    };
    let (pages, records) = (counts.pages.paper(), counts.records);
    Ok(format!("{pages} pages, {records} records, all counts add up; {sealed}"))
}

fn queue(config: &Config) -> Result<String> {
    let queue = hub::open_queue(config)?;
    let runtime = tokio::runtime::Runtime::new()?;
    // With a broker, both questions also make and check the queues there.
    let pages = runtime.block_on(queue.depth(Topic::ReadPage))?;
    let readings = runtime.block_on(queue.depth(Topic::PageRead))?;
    Ok(format!(
        "{}, {} pages waiting to be read, {} readings to be matched, {} given up",
        queue::without_password(&config.queue),
        pages.total() - pages.dead,
        readings.total() - readings.dead,
        pages.dead + readings.dead
    ))
}

fn page_store(config: &Config) -> Result<String> {
    let pictures = hub::open_pictures(config)?;
    tokio::runtime::Runtime::new()?.block_on(probe(&pictures))?;
    let sealed = match &config.keys {
        Some(keys) => format!("sealed with key {}", keys.pictures.current().id()),
        None => "not sealed".to_owned(),
    };
    Ok(format!("{}, new pictures are {sealed}", config.pages))
}

/// Writes something that was never there, reads it back and deletes it.
async fn probe(pages: &dyn PageStore) -> Result<()> {
    let bytes = format!("yomitori check {:032x}", rand::random::<u128>()).into_bytes();
    let hash = pages.put(bytes.clone(), "txt").await?;
    let back = pages.get(&hash).await;
    pages.delete(&hash, "written by yomitori check").await?;
    ensure!(back? == bytes, "what was written into the page store came back changed");
    ensure!(!pages.exists(&hash).await?, "what was deleted from the page store is still there");
    Ok(())
}

fn forms(config: &Config) -> Result<String> {
    let forms = templates::forms(&config.templates)?;
    Ok(forms.iter().map(|form| form.id.to_string()).collect::<Vec<_>>().join(", "))
}

/// Every form that makes records should have rules; what has none is held to once a fiscal year.
fn programmes(config: &Config) -> Result<String> {
    let programmes = rules::programmes(config)?;
    let forms = templates::forms(&config.templates)?;
    let mut without: Vec<&str> = forms
        .iter()
        .filter_map(|form| form.programme.as_ref())
        .filter(|programme| programmes.get(programme).is_none())
        .map(|programme| programme.as_str())
        .collect();
    without.sort_unstable();
    without.dedup();
    let count = programmes.all().count();
    Ok(match without.as_slice() {
        [] => format!("{count} programmes"),
        names => {
            format!("{count} programmes; once a fiscal year only, for want of rules: {}", names.join(", "))
        }
    })
}

fn tesseract() -> Result<String> {
    let output = Command::new("tesseract").arg("--list-langs").output();
    let output = output.context("tesseract is missing: install tesseract-ocr and tesseract-ocr-jpn")?;
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    for language in ["jpn", "eng"] {
        ensure!(
            text.lines().any(|line| line.trim() == language),
            "tesseract lacks `{language}`: install tesseract-ocr-{language}"
        );
    }
    Ok("jpn, eng".to_owned())
}
