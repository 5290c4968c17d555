//! The rows behind the mail: residents, clinics and issued slips, made once and copied for every run.

use super::mail::{self, Base};
use crate::commands::import;
use crate::config::Config;
use crate::demo::city::{self, Citizen, Clinic};
use crate::{hub, templates};
use anyhow::{Context, Result, ensure};
use domain::actor::Actor;
use domain::form::Form;
use domain::ids::ResidentId;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use rand::SeedableRng;
use simulator::Rng;
use std::path::{Path, PathBuf};
use store::{ImportMode, Store};

/// The form of the season.
const FORM: &str = "influenza-elderly";
/// Slips that are really filled in; every page is one of them.
pub const BASES: usize = 4;
/// Residents or slips written in one transaction.
const AT_ONCE: usize = 5000;
/// The season of this form is all the year here, whatever the day is.
const RULES: &str = r#"[[programme]]
id = "influenza-elderly"
name = "高齢者インフルエンザ"
kind = "vaccination"
vaccine = "inactivated"
[[programme.version]]
source = "負荷試験"
season = "04-01..03-31"
limit = { within = "season" }
who = [{ age = "60y.." }]
doses = [{}]
"#;

/// A city with slips in everybody's hands.
pub struct City {
    /// Its rows and settings, to be copied.
    pub folder: PathBuf,
    /// The number of every slip.
    pub numbers: Vec<String>,
    /// The slips that are really filled in.
    pub bases: Vec<Base>,
}

/// What a kept city was made with.
#[derive(serde::Serialize, serde::Deserialize, PartialEq)]
struct Plan {
    pages: u32,
    visit: Date,
}

impl City {
    /// The city kept in `folder`, or a new one.
    ///
    /// # Errors
    /// The folder holds another city, the form is missing, or the database fails.
    pub fn found_or_made(config: &Config, folder: &Path, pages: u32) -> Result<Self> {
        hub::make_private(folder)?;
        let form = templates::form(&config.templates, FORM)?;
        let (file, numbers) = (folder.join("city.json"), folder.join("numbers.txt"));
        let visit = Timestamp::now() - SignedDuration::from_hours(24 * 3);
        let mut plan = Plan { pages, visit: visit.to_zoned(jiff::tz::TimeZone::UTC).date() };
        if let Ok(text) = std::fs::read_to_string(&file) {
            let kept: Plan = serde_json::from_str(&text).context("city.json is not right")?;
            ensure!(
                kept.pages == pages,
                "{} was made for {} pages: ask for as many, or name another directory with --keep",
                folder.display(),
                kept.pages
            );
            plan = kept;
        }
        let mut rng = Rng::seed_from_u64(1);
        let (citizens, clinics) = (city::citizens(BASES, &mut rng), city::clinics(BASES, &mut rng));
        if !file.is_file() {
            let made = populate(folder, &form, (&citizens, &clinics), pages as usize)?;
            std::fs::write(&numbers, made.join("\n"))?;
            std::fs::write(folder.join("programmes.toml"), RULES)?;
            std::fs::write(&file, serde_json::to_string(&plan)?)?;
        }
        let numbers: Vec<String> = std::fs::read_to_string(&numbers)
            .with_context(|| format!("cannot read {}", numbers.display()))?
            .lines()
            .map(str::to_owned)
            .collect();
        let bases = mail::bases(config, &form, &citizens, &clinics, &numbers, plan.visit)?;
        Ok(Self { folder: folder.to_owned(), numbers, bases })
    }
}

/// Fills the rows: the slip numbers in their order.
fn populate(
    folder: &Path,
    form: &Form,
    (citizens, clinics): (&[Citizen], &[Clinic]),
    pages: usize,
) -> Result<Vec<String>> {
    // A city that was interrupted half-way is made anew.
    let database = folder.join("yomitori.db");
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(folder.join(format!("yomitori.db{ending}")));
    }
    let store = Store::open(&database)?;
    let bar = ProgressBar::new(pages as u64);
    bar.set_style(ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len}, {eta} left")?);
    bar.set_message("residents and slips");
    import::clinics_from(&store, city::clinic_file(clinics).as_bytes())?;
    let actor = Actor::system("load");
    let mailed = Timestamp::now() - SignedDuration::from_hours(24 * 60);
    let mut numbers = Vec::with_capacity(pages);
    for start in (0..pages).step_by(AT_ONCE) {
        let some: Vec<Citizen> = (start..pages.min(start + AT_ONCE))
            .map(|index| citizens[index % citizens.len()].double(index))
            .collect();
        import::residents_from(&store, city::resident_file(&some).as_bytes(), ImportMode::Diff)?;
        let ids: Vec<ResidentId> =
            some.iter().map(|citizen| ResidentId(citizen.resident_id.clone())).collect();
        let issued = store.write(|rows| rows.issue_slips(form, &ids, &actor, mailed))?;
        numbers.extend(issued.into_iter().map(|(number, _)| number.0));
        bar.inc(some.len() as u64);
    }
    bar.finish_and_clear();
    Ok(numbers)
}
