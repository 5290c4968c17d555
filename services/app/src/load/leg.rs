//! One run: the city's rows copied, roles started, mail fed, everything watched until the last page is handled.

use super::city::City;
use super::mail::{self, PER_FILE};
use super::outcome::{Cpu, Outcome};
use super::simulated::Simulated;
use super::staff::{self, Staff, Usage};
use crate::cli::LoadArgs;
use crate::config::Config;
use crate::hub;
use anyhow::{Context, Result, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use store::{Counts, Store};

/// How often the run is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// A run in which nothing moves for so long has failed.
const PATIENCE: Duration = Duration::from_secs(300);

/// A run and what it needs.
pub struct Leg<'a> {
    /// The settings of the program.
    pub config: &'a Config,
    /// What was asked for.
    pub args: &'a LoadArgs,
    /// Rows and scans.
    pub city: &'a City,
    /// Address of the queue.
    pub queue: &'a str,
    /// Readers.
    pub readers: u16,
    /// Where everything is kept.
    pub folder: &'a Path,
}

impl Leg<'_> {
    /// Runs it, or gives what an earlier process found of it; goes on with one that was interrupted.
    ///
    /// # Errors
    /// A role fails, or nothing moves any more.
    pub fn run(&self) -> Result<Outcome> {
        let folder = self.folder.join(self.name());
        let done = folder.join("outcome.json");
        if let Ok(text) = std::fs::read_to_string(&done) {
            return serde_json::from_str(&text).with_context(|| format!("{} is not right", done.display()));
        }
        let data = folder.join("data");
        self.prepare(&data)?;
        let outcome = self.watch(&folder, &data)?;
        std::fs::write(&done, serde_json::to_string(&outcome)?)?;
        // The pictures of many runs fill a disk; the rows stay to be looked at.
        for name in ["pages", "scans", "inbox"] {
            std::fs::remove_dir_all(data.join(name)).with_context(|| format!("cannot empty {name}"))?;
        }
        Ok(outcome)
    }

    fn engine(&self) -> &str {
        self.queue.split(':').next().filter(|word| !word.is_empty()).unwrap_or("sqlite")
    }

    fn name(&self) -> String {
        let kind = if self.args.simulated { "simulated" } else { "readers" };
        format!("{}-{kind}-{}-{}", self.engine(), self.readers, self.args.cores.unwrap_or(0))
    }

    /// A data directory with the city's rows, unless an interrupted run left one.
    fn prepare(&self, data: &Path) -> Result<()> {
        hub::make_private(data)?;
        let ready = data.join("yomitori.toml");
        if ready.is_file() {
            return Ok(());
        }
        for name in ["yomitori.db", "programmes.toml"] {
            let copied = std::fs::copy(self.city.folder.join(name), data.join(name));
            copied.with_context(|| format!("cannot copy {name}"))?;
        }
        std::fs::create_dir_all(data.join("inbox"))?;
        let settings = format!(
            "stable_seconds = 0.2\npoll_seconds = 1.0\nlease_seconds = {}\nreader_threads = {}\nmost_waiting = {}\n",
            self.config.lease.as_secs_f64(),
            self.args.threads,
            self.args.most_waiting
        );
        std::fs::write(ready, settings).context("cannot write the settings of the run")
    }

    fn watch(&self, folder: &Path, data: &Path) -> Result<Outcome> {
        let store = Store::open(&data.join("yomitori.db"))?;
        let feeder = Feeder::new(self.city, folder, data, self.args.per_minute)?;
        let names = feeder.make_ahead(self.args.simulated)?;
        let mut roles: Vec<String> = ["intake", "matcher", "web"].map(str::to_owned).into();
        if !self.args.simulated {
            roles.extend((1..=self.readers).map(|number| format!("reader-{number}")));
        }
        let mut staff = Staff::start(data, folder, self.queue, self.args.cores, &roles)?;
        let simulated = if self.args.simulated {
            let config =
                Config { data_dir: data.to_owned(), queue: self.queue.to_owned(), ..self.config.clone() };
            let takes = Duration::from_millis(self.args.reading_ms.into());
            Some(Simulated::start(&config, self.city, &names, self.readers, takes)?)
        } else {
            None
        };
        let stop = AtomicBool::new(false);
        let outcome = std::thread::scope(|scope| {
            let feeding = scope.spawn(|| feeder.feed(&stop));
            let outcome = self.wait(&store, &mut staff);
            stop.store(true, Ordering::Relaxed);
            let fed = feeding.join().unwrap_or_else(|_| bail!("feeding the mail broke off"));
            fed.and(outcome)
        })?;
        if let Some(simulated) = simulated {
            simulated.stop()?;
        }
        staff.stop()?;
        Ok(outcome)
    }

    /// Watches until every page is handled.
    fn wait(&self, store: &Store, staff: &mut Staff) -> Result<Outcome> {
        let pages = self.city.numbers.len() as u64;
        let mut outcome = Outcome {
            queue: self.engine().to_owned(),
            readers: self.readers,
            simulated: self.args.simulated,
            threads: self.args.threads,
            cores: self.args.cores.unwrap_or(0),
            pages,
            per_minute: self.args.per_minute.unwrap_or(0),
            ..Outcome::default()
        };
        let bar = ProgressBar::new(pages);
        bar.set_style(ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} pages, {eta} left")?);
        bar.set_message(self.name());
        let (began, usage, machine) = (Instant::now(), staff.usage(), staff::machine_cpu());
        let own = own_cpu();
        let before = handled(&store.read(|rows| rows.counts())?);
        let (mut last, mut moved) = (before, Instant::now());
        loop {
            std::thread::sleep(LOOK);
            staff.check()?;
            let counts = store.read(|rows| rows.counts())?;
            let now = handled(&counts);
            outcome.sample(now, &staff.usage());
            let waiting = counts.pages.unhandled();
            outcome.most_waiting = outcome.most_waiting.max(waiting);
            if waiting >= u64::from(self.args.most_waiting) {
                outcome.held_back_seconds += LOOK.as_secs_f64();
            }
            bar.set_position(now);
            if now >= pages {
                break;
            }
            if now > last {
                (last, moved) = (now, Instant::now());
            }
            ensure!(
                moved.elapsed() < PATIENCE,
                "nothing has moved for five minutes at {now} of {pages} pages"
            );
        }
        bar.finish_and_clear();
        outcome.seconds = began.elapsed().as_secs_f64();
        let done = (pages - before).max(1) as f64;
        outcome.pages_per_second = done / outcome.seconds;
        let (own, busy) = (own_cpu() - own, staff::machine_cpu() - machine);
        outcome.cpu = shares(&usage, &staff.usage(), (own, busy), done, outcome.seconds);
        let (counts, imbalances) = store.read(|rows| Ok((rows.counts()?, rows.imbalances()?)))?;
        outcome.records = counts.records.into();
        outcome.in_review = counts.pages.of(domain::page::PageState::InReview);
        outcome.imbalances = imbalances;
        Ok(outcome)
    }
}

fn handled(counts: &Counts) -> u64 {
    counts.pages.paper() - counts.pages.unhandled()
}

/// CPU seconds of this process: the generator, the watching, and simulated readers.
fn own_cpu() -> f64 {
    staff::of_this_process().map_or(0.0, |usage| usage.cpu)
}

/// What every role spent, this process (`own` seconds) and the rest of what kept the machine `busy`.
fn shares(
    before: &BTreeMap<String, Usage>,
    after: &BTreeMap<String, Usage>,
    (own, busy): (f64, f64),
    pages: f64,
    seconds: f64,
) -> BTreeMap<String, Cpu> {
    let share = |spent: f64| Cpu { ms_a_page: spent * 1000.0 / pages, of_a_core: spent / seconds };
    let spent = |role: &str, usage: &Usage| usage.cpu - before.get(role).map_or(0.0, |before| before.cpu);
    let ours: f64 = after.iter().map(|(role, usage)| spent(role, usage)).sum();
    let mut shares: BTreeMap<String, Cpu> =
        after.iter().map(|(role, usage)| (role.clone(), share(spent(role, usage)))).collect();
    shares.insert("load".to_owned(), share(own));
    shares.insert("others".to_owned(), share((busy - ours - own).max(0.0)));
    shares
}

/// The scanner: puts files into the inbox in their order, at its pace.
struct Feeder<'a> {
    city: &'a City,
    /// Files made before the clock runs.
    ahead: PathBuf,
    inbox: PathBuf,
    /// Holds how many files were fed, for a run that is interrupted.
    fed: PathBuf,
    per_minute: Option<u32>,
}

impl<'a> Feeder<'a> {
    fn new(city: &'a City, folder: &Path, data: &Path, per_minute: Option<u32>) -> Result<Self> {
        let ahead = data.join("mail");
        std::fs::create_dir_all(&ahead)?;
        Ok(Self { city, ahead, inbox: data.join("inbox"), fed: folder.join("fed"), per_minute })
    }

    fn name(index: usize) -> String {
        format!("load{index:07}.tif")
    }

    fn already_fed(&self) -> usize {
        std::fs::read_to_string(&self.fed).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0)
    }

    /// Makes what is to be fed all at once, so that making it is not measured; the hashes of the files when `named`.
    fn make_ahead(&self, named: bool) -> Result<Vec<String>> {
        let mut names = Vec::new();
        let files = mail::files(self.city);
        let bar = ProgressBar::new(files as u64);
        bar.set_style(ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} files, {eta} left")?);
        bar.set_message("making the mail");
        for index in 0..files {
            let wanted = self.per_minute.is_none() && index >= self.already_fed();
            if named || wanted {
                let bytes = mail::file(self.city, index)?;
                if named {
                    names.push(pages::hash_of(&bytes).to_string());
                }
                if wanted {
                    std::fs::write(self.ahead.join(Self::name(index)), bytes)?;
                }
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(names)
    }

    /// Feeds until everything is in the inbox, or until `stop`.
    fn feed(&self, stop: &AtomicBool) -> Result<()> {
        let (began, first) = (Instant::now(), self.already_fed());
        for index in first..mail::files(self.city) {
            if let Some(per_minute) = self.per_minute {
                let due = (index - first) as f64 * PER_FILE as f64 * 60.0 / f64::from(per_minute);
                while began.elapsed().as_secs_f64() < due {
                    std::thread::sleep(Duration::from_millis(50));
                    if stop.load(Ordering::Relaxed) {
                        return Ok(());
                    }
                }
                std::fs::write(self.ahead.join(Self::name(index)), mail::file(self.city, index)?)?;
            }
            if stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            let name = Self::name(index);
            std::fs::rename(self.ahead.join(&name), self.inbox.join(&name))
                .with_context(|| format!("cannot put {name} into the inbox"))?;
            std::fs::write(&self.fed, (index + 1).to_string())?;
        }
        Ok(())
    }
}
