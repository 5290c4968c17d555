//! `yomitori audit …`: the access log proven, asked and archived.

use crate::cli::AuditCommand;
use crate::commands::import;
use crate::config::Config;
use crate::hub;
use anyhow::{Context, Result, bail, ensure};
use domain::access::{AccessLine, Act, Anchor, Link, screen_label};
use domain::csv;
use domain::ids::ResidentId;
use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};
use store::{Access, AccessQuestion, ArchivedPart, Proof, Store};

/// Runs it.
pub fn run(config: &Config, command: AuditCommand) -> Result<()> {
    let store = hub::open_store(config)?;
    match command {
        AuditCommand::Verify { json, noted } => verify(config, &store, json, noted.as_deref()),
        AuditCommand::Who { resident, from, to, reason, json } => {
            who(config, &store, resident, (from, to), &reason, json)
        }
        AuditCommand::Export { out, reason, from, to } => export(config, &store, &out, &reason, (from, to)),
        AuditCommand::Archive => {
            match archive(config, &store)? {
                Some(part) => {
                    let (first, last) = (part.before.seq + 1, part.last.seq);
                    crate::print_line(&format!(
                        "lines {first} to {last}: {}",
                        folder(config).join(part.file).display()
                    ))?;
                }
                None => crate::print_line("nothing is old enough")?,
            }
            for file in past_their_time(config, &store)? {
                crate::print_line(&format!("kept its time, may be destroyed: {}", file.display()))?;
            }
            Ok(())
        }
    }
}

/// Where archived parts lie.
pub fn folder(config: &Config) -> PathBuf {
    config.data_dir.join("access-archive")
}

/// Takes lines older than the setting off the table into a file; `None` when there are none.
///
/// # Errors
/// The file cannot be written, or the database fails.
pub fn archive(config: &Config, store: &Store) -> Result<Option<ArchivedPart>> {
    let now = Timestamp::now();
    let before = now - SignedDuration::from_hours(24 * i64::from(config.access_log_days));
    Ok(store.archive_access(&folder(config), before, now)?)
}

/// When archived lines must not be missing.
fn kept_since(config: &Config) -> Timestamp {
    let days = config.access_log_days.saturating_add(config.access_archive_years.saturating_mul(366));
    let kept = SignedDuration::from_hours(24 * i64::from(days));
    Timestamp::now().checked_sub(kept).unwrap_or(Timestamp::MIN)
}

/// Files whose last line has been kept its years. They are never removed by the program: destruction needs a person
/// who answers for it.
fn past_their_time(config: &Config, store: &Store) -> Result<Vec<PathBuf>> {
    let kept = kept_since(config);
    let parts = store.read(|rows| rows.archived_parts())?;
    let files =
        parts.into_iter().filter(|part| part.last_at < kept).map(|part| folder(config).join(part.file));
    Ok(files.filter(|file| file.exists()).collect())
}

/// Walks along the whole log, archive included.
///
/// # Errors
/// A file of the archive cannot be read, or the database fails.
pub fn prove(config: &Config, store: &Store, places: &[Anchor]) -> Result<Proof> {
    Ok(store.prove_access(&folder(config), places, kept_since(config))?)
}

fn verify(config: &Config, store: &Store, as_json: bool, noted: Option<&Path>) -> Result<()> {
    let places = noted.map_or(Ok(Vec::new()), noted_places)?;
    let proof = prove(config, store, &places)?;
    if as_json {
        crate::print_line(&told(&proof, places.len()).to_string())?;
    } else {
        let lines = proof.reached.seq - proof.start.seq;
        crate::print_line(&format!("proven  {lines} lines ({} archived)", proof.archived))?;
        crate::print_line(&format!("head    {} {}", proof.head.seq, proof.head.link))?;
    }
    if let Some(broken) = proof.broken {
        bail!("the access log is broken at line {}: {}", broken.seq(), broken.text());
    }
    match noted {
        Some(file) if !places.contains(&proof.head) => note_place(file, proof.head),
        _ => Ok(()),
    }
}

fn told(proof: &Proof, noted: usize) -> serde_json::Value {
    json!({
        "sound": proof.broken.is_none(),
        "lines": proof.reached.seq - proof.start.seq,
        "archived": proof.archived,
        "first": proof.start.seq + 1,
        "head": proof.head,
        "noted": noted,
        "broken": proof.broken.map(|broken| json!({
            "line": broken.seq(), "what": broken, "text": broken.text(),
        })),
    })
}

/// Places noted in a file: a line each, `seq link`. A file that is not there yet holds none.
fn noted_places(file: &Path) -> Result<Vec<Anchor>> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
    };
    let place = |(at, line): (usize, &str)| {
        let (seq, link) = line.split_once(' ').unwrap_or_default();
        let place = seq.parse().ok().zip(Link::parse(link)).map(|(seq, link)| Anchor { seq, link });
        place.with_context(|| format!("{}: line {} is not `number link`", file.display(), at + 1))
    };
    text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(place).collect()
}

fn note_place(file: &Path, head: Anchor) -> Result<()> {
    let mut noted = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(file)
        .with_context(|| format!("cannot write {}", file.display()))?;
    writeln!(noted, "{} {}", head.seq, head.link).with_context(|| format!("cannot write {}", file.display()))
}

type Days = (Option<Date>, Option<Date>);

fn who(
    config: &Config,
    store: &Store,
    resident: String,
    days: Days,
    reason: &str,
    as_json: bool,
) -> Result<()> {
    let resident = ResidentId(resident);
    let residents = std::slice::from_ref(&resident);
    let reason = Some(reason).filter(|reason| !reason.is_empty());
    // Who asks the log after a person looks at the person, too.
    let asked = Access { act: Act::View, screen: "audit_who", reason, residents, page: None };
    store.write(|rows| rows.trace(&asked, &import::actor(), Timestamp::now()))?;
    let question = AccessQuestion { resident: Some(resident.clone()), ..within(days)? };
    let answer = store.access_lines(&folder(config), &question)?;
    warn_of(&answer.missing);
    if as_json {
        let lines: Vec<serde_json::Value> = answer.lines.iter().map(line_json).collect();
        let told = json!({ "resident": resident, "lines": lines, "missing_files": answer.missing });
        return crate::print_line(&told.to_string());
    }
    for line in &answer.lines {
        let cells = cells(line);
        crate::print_line(&cells.join("  "))?;
    }
    Ok(())
}

fn line_json(line: &AccessLine) -> serde_json::Value {
    json!({
        "line": line.seq, "at": line.at, "staff": line.staff(), "section": line.section,
        "terminal": line.actor.terminal, "act": line.act, "screen": line.screen, "reason": line.reason,
        "resident": line.resident, "page": line.page,
    })
}

fn export(config: &Config, store: &Store, out: &Path, reason: &str, days: Days) -> Result<()> {
    ensure!(!reason.trim().is_empty(), "say why with --reason: the export is logged with it");
    let mut file = std::fs::File::create(out).with_context(|| format!("cannot write {}", out.display()))?;
    let asked =
        Access { act: Act::Export, screen: "audit_export", reason: Some(reason), residents: &[], page: None };
    store.write(|rows| rows.trace(&asked, &import::actor(), Timestamp::now()))?;
    let answer = store.access_lines(&folder(config), &within(days)?)?;
    warn_of(&answer.missing);
    let mut text = csv::BYTE_ORDER_MARK.to_owned() + &csv::line(&HEADINGS);
    for line in &answer.lines {
        let cells = cells(line);
        text.push_str(&csv::line(&cells.iter().map(String::as_str).collect::<Vec<_>>()));
    }
    file.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", out.display()))?;
    eprintln!("{} lines: {}", answer.lines.len(), out.display());
    Ok(())
}

const HEADINGS: [&str; 10] =
    ["行", "日時", "職員", "所属", "端末", "操作", "画面", "理由", "宛名番号", "ページ"];

fn cells(line: &AccessLine) -> [String; 10] {
    [
        line.seq.to_string(),
        Offset::constant(9).to_datetime(line.at).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        line.staff().to_string(),
        line.section.clone(),
        line.actor.terminal.clone(),
        line.act.label().to_owned(),
        screen_label(&line.screen).to_owned(),
        line.reason.clone().unwrap_or_default(),
        line.resident.as_ref().map(|id| id.0.clone()).unwrap_or_default(),
        line.page.as_ref().map(ToString::to_string).unwrap_or_default(),
    ]
}

/// From the beginning of the first day to the end of the last, in Japan.
fn within((from, to): Days) -> Result<AccessQuestion> {
    let midnight =
        |day: Date| Offset::constant(9).to_timestamp(day.to_datetime(jiff::civil::Time::midnight()));
    Ok(AccessQuestion {
        from: from.map(midnight).transpose()?,
        until: to.map(|day| day.tomorrow().and_then(midnight)).transpose()?,
        ..AccessQuestion::default()
    })
}

fn warn_of(missing: &[String]) {
    for file in missing {
        eprintln!("yomitori: {file} is not in the archive; what it held is not in the answer");
    }
}
