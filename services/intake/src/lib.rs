//! Owns: 取込, the way from a file in the inbox to stored pictures, committed rows and requests to read them.
//! Never: lets a file go before its pages are safe, waits for a bad one, or looks at what is on a page.
//! Start reading at: [`run`], then `inbox` (which files are whole), `round` (taking them) and [`relay`](mod@relay).

mod claim;
mod files;
mod headway;
mod inbox;
mod names;
pub mod relay;
mod round;
mod split;
mod written;

#[cfg(test)]
mod tests;

pub use relay::relay;

use anyhow::{Context, Result, bail};
use domain::edition::Edition;
use domain::key::Keyring;
use jiff::{Timestamp, tz::TimeZone};
use notify::{EventKind, RecursiveMode, Watcher};
use pages::PageStore;
use queue::Queue;
use round::Round;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use tokio::sync::{Notify, watch};

/// The events of one copied file come in dozens: this long they count as one.
const GATHER: Duration = Duration::from_millis(50);
/// First pause after the machine failed; doubles with every failure in a row, up to 64 times (a minute).
const PAUSE: Duration = Duration::from_secs(1);
const MOST_DOUBLINGS: u32 = 6;

/// How intake works.
#[derive(Clone, Debug)]
pub struct Config {
    /// The watched folder; its subfolders are streams of their own, `failed` takes the bad files.
    pub inbox: PathBuf,
    /// Where files go that were taken: `<scans>/2026-10-03/…`.
    pub scans: PathBuf,
    /// What seals the files in `scans`; without keys they are put away as they came.
    pub keys: Option<Keyring>,
    /// A lock file, so that only one intake works on this data directory.
    pub lock: PathBuf,
    /// A file is whole when it has not changed for so long.
    pub settle: Duration,
    /// The inbox is looked through this often, besides events: network shares send none.
    pub poll: Duration,
    /// What lies unchanged for so long under the name of an unfinished file, or is none, goes to `failed`.
    pub abandoned: Duration,
    /// 待ちの上限. While so many pages wait for the machine, no more files are taken: they wait in the inbox, where a
    /// disk holds them, and not in queue and memory. 20,000: some three hours of one core.
    pub most_waiting: u32,
    /// What day it is for `scans`, and the time in the notes beside bad files.
    pub time_zone: TimeZone,
}

impl Config {
    /// The usual places in a data directory; 3 s to settle, a look every 5 s, an hour for what is unfinished, 20,000
    /// pages ahead of the readers, the time of Japan wherever the program runs.
    pub fn new(data_dir: &Path) -> Self {
        Self {
            inbox: data_dir.join("inbox"),
            scans: data_dir.join("scans"),
            keys: None,
            lock: data_dir.join("intake.lock"),
            settle: Duration::from_secs(3),
            poll: Duration::from_secs(5),
            abandoned: Duration::from_secs(3600),
            most_waiting: 20_000,
            time_zone: TimeZone::fixed(jiff::tz::offset(9)),
        }
    }
}

/// What intake needs from others.
#[derive(Clone)]
pub struct Deps {
    /// Rows and outbox.
    pub store: Store,
    /// Where the requests to read go.
    pub queue: Arc<dyn Queue>,
    /// Where the pictures go.
    pub pages: Arc<dyn PageStore>,
    /// What pages are to be read with; one that nobody said asks for nothing.
    pub edition: Edition,
    /// The time that rows and folders carry.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

/// Takes files in, and relays the outbox, until `shutdown` says true (or its sender is gone); files in hand are
/// finished. Fails when the folders cannot be made or another intake works here.
pub async fn run(config: Config, deps: Deps, shutdown: watch::Receiver<bool>) -> Result<()> {
    let _lock = prepare(&config)?;
    let (arrival, committed) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let _watcher = watch_events(&config.inbox, arrival.clone());
    tracing::info!(settle_ms = config.settle.as_millis(), "intake started");
    tokio::join!(
        relay(deps.clone(), committed.clone(), shutdown.clone()),
        watch_inbox(config, deps, &arrival, committed, shutdown),
    );
    tracing::info!("intake stopped");
    Ok(())
}

/// Makes the folders and takes the lock.
fn prepare(config: &Config) -> Result<File> {
    for folder in [&config.inbox, &config.inbox.join(names::FAILED), &config.scans] {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make {}; check who may write there", folder.display()))?;
    }
    let lock =
        File::create(&config.lock).with_context(|| format!("cannot write {}", config.lock.display()))?;
    if lock.try_lock().is_err() {
        bail!("another intake works on {}; stop it first", config.inbox.display());
    }
    Ok(lock)
}

/// Looks through the inbox at every event, at every tick, and whenever a file is due.
async fn watch_inbox(
    config: Config,
    deps: Deps,
    arrival: &Notify,
    committed: Arc<Notify>,
    mut shutdown: watch::Receiver<bool>,
) {
    let round = Round::new(config.clone(), deps, committed);
    let mut failures = 0;
    while !stopping(&shutdown) {
        let wait = match round.take_all(&shutdown).await {
            Ok(due) => {
                failures = 0;
                due.unwrap_or(config.poll).min(config.poll)
            }
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "intake has to wait; nothing is lost");
                failures += 1;
                PAUSE * (1 << (failures - 1_u32).min(MOST_DOUBLINGS))
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = arrival.notified(), if failures == 0 => tokio::time::sleep(GATHER).await,
            () = stopped(&mut shutdown) => {}
        }
    }
}

/// Tells `arrival` when something happens in `inbox`. Without events (a share, or too many watches) polling does.
fn watch_events(inbox: &Path, arrival: Arc<Notify>) -> Option<notify::RecommendedWatcher> {
    use notify::event::{AccessKind, AccessMode};
    let tell = move |event: notify::Result<notify::Event>| {
        // Our own looking is an access too; a writer that closes its file is the only one of interest.
        let idle = |kind: &EventKind| {
            kind.is_access() && *kind != EventKind::Access(AccessKind::Close(AccessMode::Write))
        };
        if event.is_ok_and(|event| !idle(&event.kind)) {
            arrival.notify_one();
        }
    };
    let watcher = notify::recommended_watcher(tell).and_then(|mut watcher| {
        watcher.watch(inbox, RecursiveMode::Recursive)?;
        Ok(watcher)
    });
    watcher.inspect_err(|error| tracing::warn!(%error, "no events from the inbox; it is polled instead")).ok()
}

fn stopping(shutdown: &watch::Receiver<bool>) -> bool {
    *shutdown.borrow() || shutdown.has_changed().is_err()
}

/// Until the signal to stop, or until whoever could give it is gone.
async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|stop| *stop).await;
}
