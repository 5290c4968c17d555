//! `yomitori claims`: what clinics claim, held against the slips; confirmed by two.

mod confirm;
mod import;
mod show;

pub use import::prices;

use crate::cli::{ClaimsCommand, MonthArgs};
use crate::commands::bank_file;
use crate::config::Config;
use crate::{hub, print_line, rules, templates};
use anyhow::{Context, Result, bail};
use domain::claim::ClinicMonth;
use domain::claim::settlement::Standing;
use domain::form::Form;
use domain::ids::ClinicCode;
use domain::programme::Programmes;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;
use store::{MonthRow, Rulebook, Store};

/// Runs it.
pub fn run(config: &Config, command: ClaimsCommand) -> Result<()> {
    let office = || -> Result<Office> {
        Ok(Office {
            store: hub::open_store(config)?,
            forms: templates::forms(&config.templates)?,
            programmes: rules::programmes(config)?,
        })
    };
    match command {
        ClaimsCommand::List(args) => list(&office()?, &args),
        ClaimsCommand::Show(args) => show::run(&office()?, &args),
        ClaimsCommand::Reconcile(args) => reconcile(&office()?, &args),
        ClaimsCommand::Confirm { month, staff } => confirm::confirm(&office()?, &month, &staff),
        ClaimsCommand::Lock(args) => confirm::lock(&office()?, &args),
        ClaimsCommand::BankFile(args) => bank_file::run(config, &args),
        ClaimsCommand::Import { file, month, received_on } => {
            import::run(&office()?, &file, &month, received_on)
        }
    }
}

/// What every one of these commands needs.
struct Office {
    store: Store,
    forms: Vec<Form>,
    programmes: Arc<Programmes>,
}

impl Office {
    fn rulebook(&self) -> Rulebook<'_> {
        Rulebook::new(&self.forms, &self.programmes)
    }

    /// The clinics that are meant, as they stand; `--clinic` must be one of the month.
    fn month(&self, args: &MonthArgs) -> Result<Vec<MonthRow>> {
        let rulebook = self.rulebook();
        let mut rows = self.store.read(|rows| rows.claim_month(args.month, &rulebook))?;
        if let Some(clinic) = &args.clinic {
            rows.retain(|row| row.of.clinic.as_str() == clinic);
            if rows.is_empty() {
                bail!("clinic {clinic} has neither a claim nor slips in {}", args.month);
            }
        }
        Ok(rows)
    }
}

impl MonthArgs {
    fn one(&self) -> Result<ClinicMonth> {
        let clinic = self.clinic.as_deref().context("name a clinic with --clinic")?;
        Ok(ClinicMonth { clinic: ClinicCode::from(clinic), month: self.month })
    }
}

fn list(office: &Office, args: &MonthArgs) -> Result<()> {
    let rows = office.month(args)?;
    if args.json {
        let rows: Vec<Value> = rows.iter().map(row_json).collect();
        return print_line(&json!({ "month": args.month, "clinics": rows }).to_string());
    }
    for row in &rows {
        let summary = &row.summary;
        let count = |count: Option<u32>| count.map_or("-".to_owned(), |count| count.to_string());
        let amount = summary.claimed_amount.map_or("-".to_owned(), |amount| amount.to_string());
        let due = summary.due().map_or("-".to_owned(), |due| due.to_string());
        print_line(&format!(
            "{}  {}  請求 {}件 {amount}円  票 {}枚  支払 {}円  期限 {due}  {}",
            row.of.clinic,
            summary.state.label(),
            count(summary.claimed_count),
            summary.slips,
            summary.payable,
            row.clinic_name,
        ))?;
    }
    Ok(())
}

/// Reckons what changed, and keeps it; then tells what was found.
fn reconcile(office: &Office, args: &MonthArgs) -> Result<()> {
    let (began, rulebook) = (Instant::now(), office.rulebook());
    let reckoned = office.store.write(|rows| rows.reckon_month(args.month, &rulebook, Timestamp::now()))?;
    let rows = office.month(args)?;
    let seconds = began.elapsed().as_secs_f64();
    if args.json {
        let clinics: Vec<Value> = rows.iter().map(row_json).collect();
        let told =
            json!({ "month": args.month, "reckoned": reckoned, "seconds": seconds, "clinics": clinics });
        return print_line(&told.to_string());
    }
    for row in &rows {
        let faults = row.summary.faults.iter().map(|(fault, count)| format!("{} {count}", fault.label()));
        let faults: Vec<String> = faults.collect();
        let faults = if faults.is_empty() { "指摘なし".to_owned() } else { faults.join("、") };
        print_line(&format!("{}  {}  {faults}", row.of.clinic, row.summary.state.label()))?;
    }
    eprintln!("{} clinics, {reckoned} reckoned anew in {seconds:.1} s", rows.len());
    Ok(())
}

fn row_json(row: &MonthRow) -> Value {
    let summary = &row.summary;
    let standing: serde_json::Map<String, Value> = Standing::ALL
        .into_iter()
        .map(|standing| (standing.as_str().to_owned(), json!(summary.slips_at(standing))))
        .collect();
    json!({
        "clinic": row.of.clinic, "name": row.clinic_name, "state": summary.state,
        "received_on": summary.received_on, "due": summary.due(),
        "claimed_count": summary.claimed_count, "claimed_amount": summary.claimed_amount,
        "slips": summary.slips, "open_pages": summary.open_pages, "standing": standing,
        "unsettled": summary.unsettled, "faults": summary.faults, "payable": summary.payable,
        "confirmed": summary.confirmed, "exported": row.exported,
    })
}
