//! `yomitori simulate claims`: a made-up city year with planted errors, from commit to the bank's file. Nothing here asks
//! the code that finds errors where it planted them.

mod claims;
mod made;
mod pay;
mod plan;
mod tally;
mod write;

use crate::cli::{SimulateClaimsArgs, SimulateCommand};
use crate::config::Config;
use crate::{hub, print_line, templates};
use anyhow::{Context, Result, bail, ensure};
use domain::actor::Actor;
use domain::claim::{ClaimFault, SlipKey};
use domain::form::Form;
use domain::month::Month;
use domain::programme::Programmes;
use domain::yen::Yen;
use indicatif::{ProgressBar, ProgressStyle};
use made::{City, MONTHS, What, on};
use plan::Size;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use store::{Rulebook, Store};
use tally::{At, Counts, Tally};
use write::{Office, by_clinic, clinic_code, noon, paper_days};

/// The one form that does not come with the program.
const ROTAVIRUS: &str = include_str!("rota.toml");

/// Runs it.
///
/// # Errors
/// The database fails; or something planted was not found, something sound was doubted, an act was paid twice, or sums
/// differ.
pub fn run(config: &Config, command: SimulateCommand) -> Result<()> {
    let SimulateCommand::Claims(args) = command;
    ensure!(args.slips <= args.residents, "--residents must not be fewer than --slips");
    match &args.keep {
        Some(folder) => {
            let taken = folder.read_dir().is_ok_and(|mut entries| entries.next().is_some());
            ensure!(!taken, "{} is not empty; name another directory with --keep", folder.display());
            hub::make_private(folder)?;
            year(config, &args, &Store::open(&folder.join("yomitori.db"))?)
        }
        None => {
            let folder = tempfile::tempdir().context("cannot make a directory for the simulation")?;
            year(config, &args, &Store::open(&folder.path().join("yomitori.db"))?)
        }
    }
}

/// What a year came to.
#[derive(Default)]
struct Sums {
    tally: Tally,
    bank: Yen,
    ledger: Yen,
    /// Reconciling one month, all clinics.
    months: Vec<Duration>,
    /// Which act every slip proves.
    acts: BTreeMap<SlipKey, u32>,
}

fn year(config: &Config, args: &SimulateClaimsArgs, store: &Store) -> Result<()> {
    let began = Instant::now();
    let bar = ProgressBar::new(MONTHS as u64 + 1);
    bar.set_style(ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len}, {elapsed}")?);
    bar.set_message("residents");
    let size = Size { residents: args.residents, clinics: args.clinics, slips: args.slips, seed: args.seed };
    let made = plan::city(size);
    let programmes = Programmes::built_in();
    let all = templates::forms(&config.templates)?;
    let ticket = all.iter().find(|form| form.is_ticket()).context("there is no batch ticket")?.clone();
    let mut forms: Vec<Form> =
        all.into_iter().filter(|form| What::ALL.iter().any(|what| form.id.as_str() == what.id())).collect();
    forms.push(Form::parse("rotavirus-1", ROTAVIRUS).map_err(|faults| anyhow::anyhow!("{faults:?}"))?);
    let clinics = (0..args.clinics).map(clinic_code).collect::<Result<_>>()?;
    let office = Office {
        store,
        forms,
        tickets: ticket,
        programmes: &programmes,
        clinics,
        actor: Actor::system("simulation"),
    };
    office.prepare(&made)?;
    bar.inc(1);
    let mut sums = Sums::default();
    for (month, slips) in (0..).zip(by_clinic(&made)) {
        bar.set_message(format!("month {}", month + 1));
        one_month(&office, &made, month, &slips, &mut sums)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    let months: Vec<Month> = (0..MONTHS as u8).map(|month| Month::of(on(month, 1))).collect();
    let paid_twice = pay::paid_twice(&office, &months, &sums.acts)?;
    let told = told(args, &made, &sums, paid_twice, began.elapsed());
    print(args.json, &told)?;
    let sound = sums.tally.is_clean() && paid_twice == 0 && sums.bank == sums.ledger;
    if sound {
        Ok(())
    } else {
        bail!("the simulation is not sound: see missed, false_alarms, paid_twice and totals")
    }
}

/// Writes a month, claims it, reconciles it, settles it and pays it.
fn one_month(office: &Office, made: &City, month: u8, slips: &[Vec<usize>], sums: &mut Sums) -> Result<()> {
    let rulebook = Rulebook::new(&office.forms, office.programmes);
    let keys = office.month(made, month, slips)?;
    let mut planted: BTreeMap<u16, BTreeSet<(At, ClaimFault)>> = BTreeMap::new();
    for (at, key) in keys {
        let slip = &made.slips[at];
        if let Some(fault) = slip.planted {
            planted.entry(slip.clinic).or_default().insert((At::Slip(key.clone()), fault));
        }
        sums.acts.insert(key, slip.act);
    }
    let (_, received) = paper_days(month);
    let now = noon(received);
    let mut of = Vec::new();
    for (clinic, slips) in slips.iter().enumerate().filter(|(_, slips)| !slips.is_empty()) {
        let (claim, wrong) = claims::claim(office, made, month, clinic, slips);
        let places = planted.entry(clinic as u16).or_default();
        places.extend(wrong.into_iter().map(|(place, fault)| (At::Line(place), fault)));
        office.store.write(|rows| rows.enter_claim(&claim, &office.actor, now))?;
        of.push((clinic as u16, claim.of));
    }
    let began = Instant::now();
    let mut files = Vec::with_capacity(of.len());
    for (_, of) in &of {
        files.push(office.store.read(|rows| rows.claim_file(of, &rulebook))?);
    }
    sums.months.push(began.elapsed());
    let nothing = BTreeSet::new();
    for ((clinic, _), file) in of.iter().zip(&files) {
        sums.tally.add(&file.report, planted.get(clinic).unwrap_or(&nothing));
        pay::settle(office, &rulebook, file, now)?;
    }
    let (bank, ledger) = pay::bank(office, Month::of(on(month, 1)), on(month + 1, 28), now)?;
    sums.bank += bank;
    sums.ledger += ledger;
    Ok(())
}

fn told(args: &SimulateClaimsArgs, made: &City, sums: &Sums, paid_twice: u64, all: Duration) -> Value {
    let counts = |counts: &Counts| -> Value {
        counts.iter().map(|(fault, count)| (fault.as_str().to_owned(), json!(count))).collect()
    };
    let missed: Counts = sums
        .tally
        .planted
        .iter()
        .map(|(fault, count)| (*fault, count - sums.tally.found.get(fault).unwrap_or(&0)))
        .filter(|(_, missed)| *missed > 0)
        .collect();
    let seconds: Vec<f64> = sums.months.iter().map(|month| round(month.as_secs_f64())).collect();
    json!({
        "slips": made.slips.len(),
        "planted": counts(&sums.tally.planted),
        "found": counts(&sums.tally.found),
        "false_alarms": counts(&sums.tally.false_alarms),
        "missed": counts(&missed),
        "paid_twice": paid_twice,
        "bank_total": sums.bank,
        "ledger_total": sums.ledger,
        "seconds": round(all.as_secs_f64()),
        "months": MONTHS,
        "seconds_a_month": seconds,
        "memory_mb": peak_memory_mb(),
        "residents": made.people.len(),
        "clinics": args.clinics,
        "seed": args.seed,
    })
}

fn round(seconds: f64) -> f64 {
    (seconds * 100.0).round() / 100.0
}

/// The most memory that this process has held, where the system tells it.
fn peak_memory_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024)
}

fn print(as_json: bool, told: &Value) -> Result<()> {
    if as_json {
        return print_line(&told.to_string());
    }
    let Value::Object(told) = told else { return Ok(()) };
    for (name, value) in told {
        print_line(&format!("{name:<16} {value}"))?;
    }
    Ok(())
}
