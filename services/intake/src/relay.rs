//! The outbox: requests that were committed together with their pages, on their way to the queue.

use crate::{Deps, stopped, stopping};
use anyhow::{Context, Result};
use domain::actor::Actor;
use domain::edition::Edition;
use domain::message::ReadPage;
use queue::Topic;
use std::sync::Arc;
use std::time::Duration;
use store::OutboxMessage;
use tokio::sync::{Notify, watch};

/// Requests sent between two commits; a crash in between sends at most so many twice.
const BATCH: u32 = 100;
/// How often the outbox is looked at unasked: other roles write to it too.
const TICK: Duration = Duration::from_secs(1);
/// Pause after a failure.
const PAUSE: Duration = Duration::from_secs(5);

/// Sends what is in the outbox, each at least once, until `shutdown`; `wake` says that something was written.
pub async fn relay(deps: Deps, wake: Arc<Notify>, mut shutdown: watch::Receiver<bool>) {
    let mut edition = None;
    while !stopping(&shutdown) {
        let wait = match send_batch(&deps, &mut edition).await {
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
async fn send_batch(deps: &Deps, edition: &mut Option<Edition>) -> Result<usize> {
    let edition = match edition {
        Some(edition) => &*edition,
        None => edition.insert(begin(deps).await?),
    };
    let batch = deps.store.read_async(|rows| rows.unsent_outbox(BATCH)).await?;
    let mut sent = Vec::with_capacity(batch.len());
    let mut failed = None;
    for message in batch {
        let topic = Topic::parse(&message.topic).with_context(|| format!("no topic {}", message.topic))?;
        let (page, body) = stamped(&message, edition);
        match deps.queue.publish(topic, &message.key, &body).await {
            Ok(()) => {
                metrics::counter!("yomitori_requests_sent_total").increment(1);
                tracing::info!(page.id = page, "request sent");
                sent.push(message.id);
            }
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
    }
    let count = sent.len();
    if count > 0 {
        let now = (deps.now)();
        deps.store.write_async(move |rows| rows.mark_sent(&sent, now)).await?;
    }
    match failed {
        Some(error) => Err(error).context("the queue accepts no requests"),
        None => Ok(count),
    }
}

/// Says in the rows what pages are to be read with from now on, and learns its number.
async fn begin(deps: &Deps) -> Result<Edition> {
    if !deps.edition.is_said() {
        return Ok(deps.edition.clone());
    }
    let (edition, now) = (deps.edition.clone(), (deps.now)());
    let begin = move |rows: &store::Writer| rows.begin_edition(&edition, &Actor::system("intake"), now);
    let begun = deps.store.write_async(begin).await?;
    tracing::info!(edition = %begun, number = begun.number, "pages are to be read with this edition");
    Ok(begun)
}

/// The request as it is sent: its page, for the log, and its body with what the page is to be read with. Only now, for
/// it may have lain in the outbox since before the forms changed.
fn stamped(message: &OutboxMessage, edition: &Edition) -> (Option<String>, Vec<u8>) {
    let Ok(asked) = serde_json::from_str::<ReadPage>(&message.body) else {
        return (None, message.body.clone().into_bytes());
    };
    let page = asked.page.as_str().to_owned();
    let asked = ReadPage { edition: edition.clone(), ..asked };
    let body = serde_json::to_vec(&asked).unwrap_or_else(|_| message.body.clone().into_bytes());
    (Some(page), body)
}
