//! The outbox: requests that were committed together with their pages, on their way to the queue.

use crate::{stopped, stopping};
use anyhow::{Context, Result};
use jiff::Timestamp;
use queue::{Queue, Topic};
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use tokio::sync::{Notify, watch};

/// Requests sent between two commits; a crash in between sends at most so many twice.
const BATCH: u32 = 100;
/// How often the outbox is looked at unasked: other roles write to it too.
const TICK: Duration = Duration::from_secs(1);
/// Pause after a failure.
const PAUSE: Duration = Duration::from_secs(5);

/// Sends what is in the outbox, each at least once, until `shutdown`; `wake` says that something was written.
pub async fn relay(
    store: Store,
    queue: Arc<dyn Queue>,
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    wake: Arc<Notify>,
    mut shutdown: watch::Receiver<bool>,
) {
    while !stopping(&shutdown) {
        let wait = match send_batch(&store, &*queue, now()).await {
            Ok(0) => TICK,
            Ok(_) => continue,
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "requests wait in the outbox");
                PAUSE
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = wake.notified() => {}
            () = stopped(&mut shutdown) => {}
        }
    }
}

/// Sends the oldest requests and marks them; gives how many.
async fn send_batch(store: &Store, queue: &dyn Queue, now: Timestamp) -> Result<usize> {
    let batch = store.read_async(|rows| rows.unsent_outbox(BATCH)).await?;
    let mut sent = Vec::with_capacity(batch.len());
    let mut failed = None;
    for message in batch {
        let topic = Topic::parse(&message.topic).with_context(|| format!("no topic {}", message.topic))?;
        match queue.publish(topic, &message.key, message.body.as_bytes()).await {
            Ok(()) => sent.push(message.id),
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
    }
    let count = sent.len();
    if count > 0 {
        store.write_async(move |rows| rows.mark_sent(&sent, now)).await?;
    }
    match failed {
        Some(error) => Err(error).context("the queue accepts no requests"),
        None => Ok(count),
    }
}
