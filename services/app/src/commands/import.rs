//! `yomitori residents import`, `clinics import`, `lots import`, `history import`: files in, with a report of every refused line.

use crate::cli::{ClinicsCommand, ContractsCommand, HistoryCommand, LotsCommand, ResidentsCommand};
use crate::config::Config;
use crate::{hub, rules};
use anyhow::{Context, Result, bail};
use domain::actor::Actor;
use domain::clinic::file::{self, Clinics};
use domain::lot;
use domain::resident::Resident;
use domain::table::Refused;
use jiff::Timestamp;
use matcher::residents_file;
use std::path::Path;
use store::{ImportMode, Imported, Store};

/// So many residents leave a small town within a week.
const MANY_DEPARTURES: u64 = 20;
/// One in so many is more than a city loses within a year (2 %).
const MANY_SHARE: u64 = 50;

/// Runs `residents import`. Good lines go in; refused lines are listed, and make it fail.
pub fn residents(config: &Config, command: ResidentsCommand) -> Result<()> {
    let ResidentsCommand::Import { file, diff, allow_departures } = command;
    let mode = if diff { ImportMode::Diff } else { ImportMode::Full };
    let (store, bytes) = (hub::open_store(config)?, read(&file)?);
    if mode == ImportMode::Full {
        few_depart(&store, &bytes, allow_departures)?;
    }
    let (done, refused) = residents_from(&store, &bytes, mode)?;
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

/// Runs `contracts import`.
pub fn contracts(config: &Config, command: ContractsCommand) -> Result<()> {
    let ContractsCommand::Import { file } = command;
    let store = hub::open_store(config)?;
    let clinics = store.read(|rows| rows.clinic_codes())?.into_iter().collect();
    let programmes = rules::programmes(config)?.all().map(|programme| programme.id.clone()).collect();
    let taken = file::contracts(&read(&file)?, &clinics, &programmes)?;
    let count = store.write(|rows| rows.import_contracts(&taken.good, &actor(), Timestamp::now()))?;
    report(&taken.refused);
    crate::print_line(&format!("taken {count}, refused {}", taken.refused.len()))?;
    fail_on(&taken.refused)
}

/// Runs `lots import`.
pub fn lots(config: &Config, command: LotsCommand) -> Result<()> {
    let LotsCommand::Import { file } = command;
    let programmes = rules::programmes(config)?;
    let taken = lot::lot_file(&read(&file)?, &programmes)?;
    let store = hub::open_store(config)?;
    let count = store.write(|rows| rows.import_lots(&taken.good, &actor(), Timestamp::now()))?;
    report(&taken.refused);
    crate::print_line(&format!("taken {count}, refused {}", taken.refused.len()))?;
    fail_on(&taken.refused)
}

/// Runs `history import`.
pub fn history(config: &Config, command: HistoryCommand) -> Result<()> {
    let HistoryCommand::Import { file } = command;
    let programmes = rules::programmes(config)?;
    let mut taken = lot::history_file(&read(&file)?, &programmes)?;
    let store = hub::open_store(config)?;
    let known = store.read(|rows| rows.known_residents(&taken.good))?;
    let before = taken.good.len();
    taken.good.retain(|one| known.contains(&one.resident));
    let strangers = before - taken.good.len();
    let new = store.write(|rows| rows.import_history(&taken.good, &actor(), Timestamp::now()))?;
    report(&taken.refused);
    crate::print_line(&format!(
        "added {new}, known {}, not in the register {strangers}, refused {}",
        taken.good.len() - new,
        taken.refused.len()
    ))?;
    fail_on(&taken.refused)
}

/// A whole register that lacks many of the present residents is rather a difference file, or half of one.
fn few_depart(store: &Store, bytes: &[u8], allowed: u64) -> Result<()> {
    let (good, refused) = parse_residents(bytes)?;
    if !refused.is_empty() {
        return Ok(());
    }
    let (departing, present) = store.read(|rows| rows.departures(&good))?;
    let many = departing > MANY_DEPARTURES && departing * MANY_SHARE > present;
    if many && departing > allowed {
        bail!(
            "{departing} of {present} residents are not in this file and would be marked as departed; nothing was \
             changed. If the file holds changes only, import it with --diff; if they have really left, with \
             --allow-departures {departing}"
        );
    }
    Ok(())
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
    let Clinics { taken, doubted } = file::clinics(bytes)?;
    for Refused { line, reason } in &doubted {
        eprintln!("line {line} (taken): {reason}");
    }
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

/// The bytes of a file.
///
/// # Errors
/// When it cannot be read.
pub fn read(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

/// Fails when lines were refused.
///
/// # Errors
/// Then.
pub fn fail_on(refused: &[Refused]) -> Result<()> {
    if refused.is_empty() {
        return Ok(());
    }
    bail!("{} lines were refused; correct the lines named above and import them again", refused.len())
}
