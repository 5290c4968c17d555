//! 読取機の報告. Who reads, kept for the operations screen.

use crate::{Config, Deps};
use domain::message::ReaderReport;
use jiff::Timestamp;
use queue::{QueueError, Topic, Verdict};
use std::time::Duration;
use tokio::sync::watch;

/// How often reports are fetched: they come once a minute from each reader, and nobody waits for them.
const EVERY: Duration = Duration::from_secs(5);

/// Fetches what readers say of themselves until `shutdown`.
pub(crate) async fn run(config: Config, deps: Deps, mut shutdown: watch::Receiver<bool>) {
    while !(*shutdown.borrow() || shutdown.has_changed().is_err()) {
        if let Err(error) = fetch(&config, &deps).await {
            tracing::debug!(%error, "the queue gives no reports of readers");
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = shutdown.wait_for(|stop| *stop) => {}
        }
    }
}

async fn fetch(config: &Config, deps: &Deps) -> Result<(), QueueError> {
    while let Some(delivery) = deps.queue.receive(Topic::ReaderReport, config.lease, Duration::ZERO).await? {
        match delivery.message::<ReaderReport>() {
            Ok(report) => {
                let matcher = deps.matcher.clone();
                let note =
                    tokio::task::spawn_blocking(move || matcher.note_reader(&report, Timestamp::now()));
                if !matches!(note.await, Ok(Ok(()))) {
                    tracing::warn!("a reader's report was not noted; the next one will be");
                }
            }
            Err(error) => tracing::warn!(%error, "a reader's report is not understood"),
        }
        // The next report says it all again: none is worth a second attempt.
        deps.queue.finish(delivery, Verdict::Done).await?;
    }
    Ok(())
}
