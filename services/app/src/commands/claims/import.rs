//! `yomitori claims import` and `yomitori prices import`: files in, with a report of every refused line.

use super::Office;
use crate::cli::{MonthArgs, PricesCommand};
use crate::commands::import::{actor, fail_on, read, report};
use crate::config::Config;
use crate::{hub, print_line};
use anyhow::Result;
use domain::claim::file::{self, Given};
use domain::claim::price;
use domain::ids::{ClinicCode, ProgrammeId};
use domain::table::Refused;
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
    let programmes: BTreeSet<ProgrammeId> =
        office.forms.iter().filter_map(|form| form.programme.clone()).collect();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let given = Given {
        month: Some(args.month),
        clinic: clinic.as_ref(),
        received_on: received_on.unwrap_or_else(today),
        name: &name,
        programmes: &programmes,
    };
    let mut taken = file::parse(&bytes, &given)?;
    let mut entered = 0;
    for claim in &taken.good {
        let done = office.store.write(|rows| rows.enter_claim(claim, &actor(), Timestamp::now()))?;
        let reason = match done {
            ClaimEntered::Done(_) => {
                entered += 1;
                continue;
            }
            ClaimEntered::Locked => "この月は確定済みです",
            ClaimEntered::NoSuchClinic => "この医療機関は登録されていません",
        };
        taken.refused.push(Refused { line: 0, reason: format!("{}: {reason}", claim.of.clinic) });
    }
    report(&taken.refused);
    print_line(&format!("claims entered {entered}, refused {}", taken.refused.len()))?;
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
