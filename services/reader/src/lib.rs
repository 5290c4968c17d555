//! Owns: 読取, the way from a request to read a page to what the reader saw on it. Any number, on any machine.
//! Never: knows a resident or a row, keeps anything between two pages, or decides what a reading means.
//! Start reading at: [`run`], then `worker` (one page after another) and [`recogniser`] (the thread with the pixels).

pub mod recogniser;
mod report;
mod standing;
mod worker;

#[cfg(test)]
mod tests;

use anyhow::{Context, Result};
use domain::edition::Edition;
use pages::PageStore;
use queue::Queue;
use recogniser::{RecogniserFactory, RecogniserThread};
use standing::Standing;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use worker::Worker;

/// How the reader works; the defaults suit every machine.
#[derive(Clone, Debug)]
pub struct Config {
    /// Pages read at the same time, at least 1. A page keeps one core busy, so: the cores.
    pub threads: usize,
    /// How long a page is on loan before another reader may take it; prolonged while pixels are read. 60 s: a
    /// reader that died is noticed within a minute, and a pause of the machine does not read a page twice.
    pub lease: Duration,
    /// A reading that takes longer has gone astray. 2 min: a thousand times the usual.
    pub longest_reading: Duration,
    /// How long the page in hand may still take after the signal to stop. 10 s: service managers kill after 30.
    pub grace: Duration,
    /// First pause after the machine failed; doubles with every failure in a row, up to 8 times.
    pub pause: Duration,
    /// Which program and which model read: goes with every reading.
    pub signature: String,
    /// What it reads with; a request for another one goes back. One that nobody said agrees with every request.
    pub edition: Edition,
    /// What this reader is called in its reports; unique among the readers of a hub.
    pub name: String,
    /// How often it reports to the hub. A minute: whoever looks at a screen sees a reader go within two.
    pub report_every: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            lease: Duration::from_secs(60),
            longest_reading: Duration::from_secs(120),
            grace: Duration::from_secs(10),
            pause: Duration::from_secs(1),
            signature: format!("yomitori {}", env!("CARGO_PKG_VERSION")),
            edition: Edition::default(),
            name: "reader".to_owned(),
            report_every: Duration::from_secs(60),
        }
    }
}

/// What the reader needs from others.
#[derive(Clone)]
pub struct Deps {
    /// Where requests come from and readings go.
    pub queue: Arc<dyn Queue>,
    /// Where the pictures are.
    pub pages: Arc<dyn PageStore>,
    /// Makes one recogniser per thread.
    pub recognisers: RecogniserFactory,
}

/// Reads pages until `shutdown` says true (or its sender is gone); the page in hand is finished or given back.
/// Fails at once when a recogniser cannot be made: then no page could be read.
pub async fn run(config: Config, deps: Deps, shutdown: watch::Receiver<bool>) -> Result<()> {
    let standing = Arc::new(Standing::new(config.edition.clone()));
    let mut workers = JoinSet::new();
    for _ in 0..config.threads.max(1) {
        let recogniser =
            RecogniserThread::start(&deps.recognisers).await.context("the page reader cannot start")?;
        let worker =
            Worker::new(config.clone(), deps.clone(), standing.clone(), shutdown.clone(), recogniser);
        workers.spawn(worker.run());
    }
    tracing::info!(threads = workers.len(), edition = %config.edition, "reader started");
    let reporting = tokio::spawn(report::run(config, deps.queue, standing, shutdown));
    while let Some(ended) = workers.join_next().await {
        ended.context("a reader's worker broke off")?;
    }
    reporting.await.context("the reader's reports broke off")?;
    tracing::info!("reader stopped");
    Ok(())
}
