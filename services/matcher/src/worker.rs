//! The loop: borrow a reading, match it, finish it; now and then look after the dead.

use crate::{Config, Deps, Handled};
use domain::ids::PageId;
use domain::message::{PageRead, ReadPage};
use jiff::Timestamp;
use queue::{Delivery, QueueError, Topic, Verdict};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tracing::Instrument;

/// How long one look into the queue waits. Short, so that a stop is noticed soon.
const PATIENCE: Duration = Duration::from_millis(500);
/// The pause after failures in a row is doubled at most so often: a broker that is back is noticed within seconds.
const MOST_DOUBLINGS: u32 = 4;

/// A reading of an edition that this matcher does not have comes back after so long: somebody restarts it meanwhile.
const UNTIL_RESTARTED: Duration = Duration::from_secs(30);

const NOT_UNDERSTOOD: &str = "読取結果の形式が正しくありません。システム管理者に連絡してください。";
const ROWS_AWAY: &str =
    "照合の処理が繰り返し失敗しました。画像を見て入力し、システム管理者に連絡してください。";
const UNKNOWN_DEATH: &str = "自動処理が繰り返し失敗しました";

pub(crate) async fn run(config: Config, deps: Deps, mut shutdown: watch::Receiver<bool>) {
    let mut failures = 0;
    let mut dead_at = Instant::now();
    while !stopping(&shutdown) {
        let round = async {
            if Instant::now() >= dead_at {
                bury(&config, &deps).await?;
                dead_at = Instant::now() + config.dead_every;
            }
            match deps.queue.receive(Topic::PageRead, config.lease, PATIENCE).await? {
                Some(delivery) => handle(&config, &deps, delivery).await,
                None => Ok(()),
            }
        };
        match round.await {
            Ok(()) => failures = 0,
            Err(error) => {
                tracing::error!(%error, "the queue failed");
                failures += 1;
                let pause = config.pause * (1 << (failures - 1).min(MOST_DOUBLINGS));
                tokio::select! {
                    () = sleep(pause) => {}
                    _ = shutdown.wait_for(|stop| *stop) => {}
                }
            }
        }
    }
}

/// A stop was asked for, or nobody is left who could ask.
fn stopping(shutdown: &watch::Receiver<bool>) -> bool {
    *shutdown.borrow() || shutdown.has_changed().is_err()
}

async fn handle(config: &Config, deps: &Deps, delivery: Delivery) -> Result<(), QueueError> {
    let message = match delivery.message::<PageRead>() {
        Ok(message) => message,
        Err(error) => {
            tracing::error!(%error, "the reading is not understood");
            return deps.queue.finish(delivery, Verdict::GiveUp(NOT_UNDERSTOOD.into())).await;
        }
    };
    let span = tracing::info_span!("page", page.id = %message.page, round = message.round);
    async {
        let started = Instant::now();
        let matcher = deps.matcher.clone();
        let work = move || matcher.handle(&message, Timestamp::now());
        let verdict = match tokio::task::spawn_blocking(work).await {
            Ok(Ok(handled)) => {
                let duration_ms = started.elapsed().as_millis() as u64;
                metrics::histogram!("yomitori_stage_seconds", "stage" => "match").record(started.elapsed());
                metrics::counter!("yomitori_pages_matched_total", "outcome" => handled.as_str()).increment(1);
                if handled == Handled::OtherEdition {
                    tracing::error!(
                        "this matcher has other forms or another model of digits than intake asks readers for: readings wait. \
                         Restart both, with the same version and templates"
                    );
                    Verdict::Return(UNTIL_RESTARTED)
                } else {
                    tracing::info!(outcome = handled.as_str(), duration_ms, "page matched");
                    Verdict::Done
                }
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "the page could not be matched");
                failed(config, &delivery, error.is_temporary())
            }
            Err(_) => {
                tracing::error!("matching the page broke off");
                failed(config, &delivery, false)
            }
        };
        match &verdict {
            Verdict::RetryAfter(_) => {
                metrics::counter!("yomitori_retries_total", "topic" => "page-read").increment(1);
            }
            Verdict::GiveUp(_) => {
                metrics::counter!("yomitori_given_up_total", "topic" => "page-read").increment(1);
            }
            Verdict::Done | Verdict::Return(_) => {}
        }
        deps.queue.finish(delivery, verdict).await
    }
    .instrument(span)
    .await
}

/// A database that is busy or full gets every attempt there is; anything else also does, for a page that
/// fails here can still be keyed from its image once it is given up.
fn failed(config: &Config, delivery: &Delivery, temporary: bool) -> Verdict {
    if delivery.is_last() {
        Verdict::GiveUp(ROWS_AWAY.into())
    } else {
        let pause = if temporary { config.pause } else { config.pause * 4 };
        Verdict::RetryAfter(pause)
    }
}

/// Turns every dead message into a review item. A failure leaves it dead for the next time.
async fn bury(config: &Config, deps: &Deps) -> Result<(), QueueError> {
    for topic in Topic::ALL {
        while let Some(delivery) = deps.queue.receive_dead(topic, config.lease).await? {
            let Some((page, round)) = page_of(&delivery) else {
                tracing::error!(topic = topic.as_str(), key = delivery.key, "a dead message names no page");
                deps.queue.finish(delivery, Verdict::Done).await?;
                continue;
            };
            let matcher = deps.matcher.clone();
            let reason = delivery.died_of.clone().unwrap_or_else(|| UNKNOWN_DEATH.to_owned());
            let id = page.clone();
            let work = move || matcher.give_up(&id, round, &reason, Timestamp::now());
            match tokio::task::spawn_blocking(work).await {
                Ok(Ok(Handled::InReview)) => tracing::warn!(page.id = %page, "given up, now in review"),
                Ok(Ok(_)) => tracing::info!(page.id = %page, "a dead message came too late to matter"),
                Ok(Err(_)) | Err(_) => {
                    tracing::error!(page.id = %page, "a dead message could not become a review item");
                    return deps.queue.finish(delivery, Verdict::RetryAfter(config.pause)).await;
                }
            }
            deps.queue.finish(delivery, Verdict::Done).await?;
        }
    }
    Ok(())
}

/// The page and round of a message: from its body, or from its key when the body is not understood.
fn page_of(delivery: &Delivery) -> Option<(PageId, u32)> {
    let from_body = match delivery.topic {
        Topic::ReadPage => delivery.message::<ReadPage>().ok().map(|message| (message.page, message.round)),
        Topic::PageRead => delivery.message::<PageRead>().ok().map(|message| (message.page, message.round)),
        Topic::ReaderReport => return None,
    };
    from_body.or_else(|| {
        let (page, round) = delivery.key.rsplit_once('#')?;
        Some((page.into(), round.parse().ok()?))
    })
}
