//! Owns: 照合, the way from what the reader saw to a committed record or a review item; and the files that fill the register.
//! Never: looks at pixels, changes a record, or lets anything uncertain pass.
//! Start reading at: [`handle`] (one page, without a queue), then [`run`] (the loop around it).

pub mod handle;
mod reports;
pub mod residents_file;
mod ticket;
mod worker;

#[cfg(test)]
mod tests;

pub use handle::{Handled, Matcher};

use anyhow::Result;
use queue::Queue;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How the matcher works; the defaults suit every machine.
#[derive(Clone, Debug)]
pub struct Config {
    /// How long a reading is on loan. 60 s: one takes milliseconds, so a matcher that died is noticed within
    /// a minute and a pause of the machine does no harm.
    pub lease: Duration,
    /// How often dead messages are looked for. 5 s: people wait for them on a screen.
    pub dead_every: Duration,
    /// First pause after the machine failed; doubles with every failure in a row, up to 16 times.
    pub pause: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(60),
            dead_every: Duration::from_secs(5),
            pause: Duration::from_millis(500),
        }
    }
}

/// What the matcher needs from others.
#[derive(Clone)]
pub struct Deps {
    /// Where readings come from.
    pub queue: Arc<dyn Queue>,
    /// The core: rows and forms.
    pub matcher: Matcher,
}

/// Matches readings, and turns dead messages of every topic into review items, until `shutdown` says true
/// (or its sender is gone). The page in hand is finished.
///
/// # Errors
/// None while it runs: failures of the machine are logged and tried again.
pub async fn run(config: Config, deps: Deps, shutdown: watch::Receiver<bool>) -> Result<()> {
    tracing::info!("matcher started");
    tokio::join!(
        worker::run(config.clone(), deps.clone(), shutdown.clone()),
        reports::run(config, deps, shutdown)
    );
    tracing::info!("matcher stopped");
    Ok(())
}
