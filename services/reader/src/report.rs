//! 報告. Now and then the reader says that it is there, what it reads with, and whether it can.

use crate::Config;
use crate::standing::Standing;
use domain::message::ReaderReport;
use jiff::Timestamp;
use queue::{Queue, QueueError, Topic};
use std::sync::Arc;
use tokio::sync::watch;

/// When so many reports lie there, nobody listens: more would only fill the queue.
const UNREAD: u64 = 1000;

/// Reports at once, then every so often, and a last time at the stop.
pub(crate) async fn run(
    config: Config,
    queue: Arc<dyn Queue>,
    standing: Arc<Standing>,
    mut shutdown: watch::Receiver<bool>,
) {
    loop {
        let stopping = *shutdown.borrow() || shutdown.has_changed().is_err();
        if let Err(error) = report(&config, &queue, &standing, stopping).await {
            tracing::debug!(%error, "the hub was not told of this reader");
        }
        if stopping {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(config.report_every) => {}
            _ = shutdown.wait_for(|stop| *stop) => {}
        }
    }
}

async fn report(
    config: &Config,
    queue: &Arc<dyn Queue>,
    standing: &Standing,
    stopping: bool,
) -> Result<(), QueueError> {
    if queue.depth(Topic::ReaderReport).await?.ready > UNREAD {
        return Ok(());
    }
    let state = standing.state();
    let report = ReaderReport {
        name: config.name.clone(),
        program: config.signature.clone(),
        edition: standing.edition(),
        threads: u32::try_from(config.threads).unwrap_or(u32::MAX),
        pages: state.pages,
        refusing_since: state.refusing_since,
        stopping,
        at: Timestamp::now(),
    };
    queue.send(&report).await
}
