//! `yomitori claims import` and `yomitori prices import`: files in, with a report of every refused line.

use super::Office;
use crate::cli::{MonthArgs, PricesCommand};
use crate::commands::import::{actor, fail_on, read, report};
use crate::config::Config;
use crate::{hub, print_line};
use anyhow::{Result, ensure};
use domain::claim::file::{self, Given};
use domain::claim::price;
use domain::ids::{ClinicCode, ProgrammeId};
use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{Timestamp, Zoned};
use std::collections::BTreeSet;
use std::path::Path;
use store::ClaimEntered;

/// Runs `claims import`.
pub fn run(office: &Office, path: &Path, args: &MonthArgs, received_on: Option<Date>) -> Result<()> {
    let bytes = read(path)?;
    let clinic = args.clinic.as_deref().map(ClinicCode::from);
    let of_forms = office.forms.iter().filter_map(|form| form.programme.clone());
    let of_rules = office.programmes.all().map(|programme| programme.id.clone());
    let programmes: BTreeSet<ProgrammeId> = of_forms.chain(of_rules).collect();
    let clinics: BTreeSet<ClinicCode> = office.store.read(|rows| rows.clinic_codes())?.into_iter().collect();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let given = Given {
        month: Some(args.month),
        clinic: clinic.as_ref(),
        received_on: received_on.unwrap_or_else(today),
        name: &name,
        programmes: &programmes,
        clinics: &clinics,
    };
    let taken = file::parse(&bytes, &given)?;
    let (mut entered, mut locked) = (0, 0);
    for claim in &taken.good {
        let done = office.store.write(|rows| rows.enter_claim(claim, &actor(), Timestamp::now()))?;
        match done {
            ClaimEntered::Done(_) => entered += 1,
            ClaimEntered::Locked | ClaimEntered::NoSuchClinic => {
                locked += 1;
                eprintln!("{} {}: 確定済みの月の請求書は受け付けません", claim.of.clinic, claim.of.month);
            }
        }
    }
    report(&taken.refused);
    print_line(&format!("claims entered {entered}, locked {locked}, lines refused {}", taken.refused.len()))?;
    ensure!(locked == 0, "{locked} claims were refused: their months are locked");
    fail_on(&taken.refused)
}

/// Runs `prices import`.
pub fn prices(config: &Config, command: PricesCommand) -> Result<()> {
    let PricesCommand::Import { file } = command;
    let taken = price::parse(&read(&file)?)?;
    let count =
        hub::open_store(config)?.write(|rows| rows.import_prices(&taken.good, &actor(), Timestamp::now()))?;
    report(&taken.refused);
    print_line(&format!("taken {count}, refused {}", taken.refused.len()))?;
    fail_on(&taken.refused)
}

/// The day in Japan.
fn today() -> Date {
    Zoned::new(Timestamp::now(), jiff::tz::TimeZone::fixed(Offset::constant(9))).date()
}
