//! `yomitori residents import`, `yomitori clinics import`: files in, with a report of every refused line.

use crate::cli::{ClinicsCommand, ResidentsCommand};
use crate::config::Config;
use crate::hub;
use anyhow::{Context, Result, bail};
use domain::actor::Actor;
use domain::resident::Resident;
use jiff::Timestamp;
use matcher::{Refused, clinics_file, residents_file};
use std::path::Path;
use store::{ImportMode, Imported, Store};

/// Runs `residents import`. Good lines go in; refused lines are listed, and make it fail.
pub fn residents(config: &Config, command: ResidentsCommand) -> Result<()> {
    let ResidentsCommand::Import { file, diff } = command;
    let mode = if diff { ImportMode::Diff } else { ImportMode::Full };
    let (done, refused) = residents_from(&hub::open_store(config)?, &read(&file)?, mode)?;
    report(&refused);
    crate::print_line(&format!(
        "added {}, changed {}, unchanged {}, departed {}, refused {}",
        done.added,
        done.changed,
        done.unchanged,
        done.departed,
        refused.len()
    ))?;
    fail_on(&refused)
}

/// Runs `clinics import`.
pub fn clinics(config: &Config, command: ClinicsCommand) -> Result<()> {
    let ClinicsCommand::Import { file } = command;
    let (taken, refused) = clinics_from(&hub::open_store(config)?, &read(&file)?)?;
    report(&refused);
    crate::print_line(&format!("taken {taken}, refused {}", refused.len()))?;
    fail_on(&refused)
}

/// Takes a resident file in. A full file with refused lines is taken as a difference: nobody may be thought to have
/// left the city because of a typing mistake.
///
/// # Errors
/// When it is no resident file, or the database fails.
pub fn residents_from(store: &Store, bytes: &[u8], mode: ImportMode) -> Result<(Imported, Vec<Refused>)> {
    let (good, refused) = parse_residents(bytes)?;
    let mode = if refused.is_empty() { mode } else { ImportMode::Diff };
    let done = store.write(|rows| rows.import_residents(&good, mode, &actor(), Timestamp::now()))?;
    Ok((done, refused))
}

/// Takes a clinic file in.
///
/// # Errors
/// When it is no clinic file, or the database fails.
pub fn clinics_from(store: &Store, bytes: &[u8]) -> Result<(usize, Vec<Refused>)> {
    let taken = clinics_file::parse(bytes)?;
    let count = store.write(|rows| rows.import_clinics(&taken.good, &actor(), Timestamp::now()))?;
    Ok((count, taken.refused))
}

/// The residents of a file, and its refused lines.
///
/// # Errors
/// When it is no resident file.
pub fn parse_residents(bytes: &[u8]) -> Result<(Vec<Resident>, Vec<Refused>)> {
    let taken = residents_file::parse(bytes)?;
    Ok((taken.good, taken.refused))
}

/// Lists refused lines on standard error: line and reason, never a value.
pub fn report(refused: &[Refused]) {
    for Refused { line, reason } in refused {
        eprintln!("line {line}: {reason}");
    }
}

/// Who runs commands: the account of the operating system.
pub fn actor() -> Actor {
    let account =
        std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_else(|_| "operator".to_owned());
    Actor::new(account, "command line")
}

fn read(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

fn fail_on(refused: &[Refused]) -> Result<()> {
    if refused.is_empty() {
        return Ok(());
    }
    bail!("{} lines were refused; correct the lines named above and import them again", refused.len())
}
