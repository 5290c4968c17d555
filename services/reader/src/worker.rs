//! One page after another: borrow, fetch, read, publish, finish.

use crate::recogniser::{Outcome, RecogniserThread};
use crate::standing::Standing;
use crate::{Config, Deps};
use domain::message::{Milliseconds, PageRead, ReadPage};
use domain::reading::PageReading;
use jiff::Timestamp;
use metrics::{counter, histogram};
use pages::PagesError;
use queue::{Delivery, QueueError, Topic, Verdict};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::{Instrument, Span, field};

/// How long one look into the queue waits. Short, so that a stop is noticed soon.
const PATIENCE: Duration = Duration::from_millis(500);
/// A page that this reader may not read goes back for so long: others are at hand at once, and it does not come round
/// to the same reader in the meantime.
const FOR_ANOTHER: Duration = Duration::from_secs(5);
/// The pause after failures in a row is doubled at most so often: a broker that is back is noticed within seconds.
const MOST_DOUBLINGS: u32 = 3;

const DAMAGED: &str = "保管中のページ画像が壊れています。原本を再スキャンしてください。";
const MISSING: &str = "ページ画像が保管場所に見つかりません。原本を再スキャンしてください。";
const NOT_UNDERSTOOD: &str = "読取依頼の形式が正しくありません。システム管理者に連絡してください。";
const PICTURES_AWAY: &str = "ページ画像の保管場所に繰り返し接続できませんでした。復旧後にもう一度読み取るか、画像を見て入力してください。";
const BROKEN: &str =
    "読み取り中に繰り返しプログラムの異常が起きました。画像を見て入力し、システム管理者に連絡してください。";
const ASTRAY: &str = "読み取りが繰り返し時間内に終わりませんでした。画像を見て入力してください。";

/// One of the reader's loops, with its own recogniser.
pub(crate) struct Worker {
    config: Config,
    deps: Deps,
    standing: Arc<Standing>,
    shutdown: watch::Receiver<bool>,
    /// `None` after it broke, until a new one is made.
    recogniser: Option<RecogniserThread>,
    /// Failures of the machine in a row.
    failures: u32,
}

/// How the work on one page ended.
enum Ending {
    /// There is something to say about the page.
    Seen(PageRead),
    /// The machine failed; says why, in case this was the last attempt.
    Failed(&'static str),
    /// It can never be handled.
    Hopeless(&'static str),
    /// The picture cannot be had by this machine now: to be read by somebody else, or later.
    Away,
    /// The worker stops before the end: to be read by somebody else.
    GivenBack,
    /// Somebody else has the page now.
    Overtaken,
    /// It is to be read with forms or a model that this reader does not have.
    OtherEdition,
}

impl Worker {
    pub(crate) fn new(
        config: Config,
        deps: Deps,
        standing: Arc<Standing>,
        shutdown: watch::Receiver<bool>,
        recogniser: RecogniserThread,
    ) -> Self {
        Self { config, deps, standing, shutdown, recogniser: Some(recogniser), failures: 0 }
    }

    pub(crate) async fn run(mut self) {
        while !stopping(&self.shutdown) {
            match self.deps.queue.receive(Topic::ReadPage, self.config.lease, PATIENCE).await {
                Ok(None) => self.failures = 0,
                Ok(Some(delivery)) => {
                    let span = tracing::info_span!(
                        "page",
                        page.id = field::Empty,
                        form.id = field::Empty,
                        outcome = field::Empty,
                        duration_ms = field::Empty,
                        attempt = delivery.attempt,
                    );
                    self.handle(delivery).instrument(span).await;
                }
                Err(error) => {
                    tracing::error!(%error, "the queue gives no pages");
                    self.failures += 1;
                }
            }
            self.pause().await;
        }
    }

    /// After failures of the machine more pages would only use up their attempts; after a request for another edition
    /// the next one is hardly better.
    async fn pause(&mut self) {
        let doubled = |times: u32| match times {
            0 => Duration::ZERO,
            _ => self.config.pause * (1 << (times - 1).min(MOST_DOUBLINGS)),
        };
        let pause = doubled(self.failures.max(self.standing.refusals()));
        if !pause.is_zero() {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stopped(&mut self.shutdown) => {}
            }
        }
    }

    async fn handle(&mut self, delivery: Delivery) {
        let started = Instant::now();
        let ending = match delivery.message::<ReadPage>() {
            Ok(request) => {
                Span::current().record("page.id", request.page.as_str());
                tracing::info!("page taken");
                self.see(&delivery, request).await
            }
            Err(error) => {
                tracing::error!(%error, "the request is not understood");
                Ending::Hopeless(NOT_UNDERSTOOD)
            }
        };
        match self.conclude(delivery, ending).await {
            Ok(()) => {
                Span::current().record("duration_ms", started.elapsed().as_millis() as u64);
                tracing::info!("page handled");
            }
            // Nothing is lost: the lease ends and the page comes back.
            Err(error) => {
                tracing::warn!(%error, "the page could not be finished");
                self.failures += u32::from(error.is_temporary());
            }
        }
    }

    /// Tells the queue. What was seen is published first: after a crash in between it is only said twice.
    async fn conclude(&mut self, delivery: Delivery, ending: Ending) -> Result<(), QueueError> {
        let verdict = match ending {
            Ending::Seen(message) => {
                record(&message.reading);
                self.deps.queue.send(&message).await?;
                Verdict::Done
            }
            Ending::Failed(reason) if delivery.is_last() => Verdict::GiveUp(reason.into()),
            Ending::Failed(_) => Verdict::RetryAfter(self.config.pause),
            Ending::Hopeless(reason) => Verdict::GiveUp(reason.into()),
            Ending::GivenBack => Verdict::Return(Duration::ZERO),
            Ending::Away => {
                counter!("yomitori_retries_total", "topic" => "read-page").increment(1);
                Verdict::Return(self.config.pause)
            }
            Ending::OtherEdition => Verdict::Return(FOR_ANOTHER),
            Ending::Overtaken => {
                counter!("yomitori_leases_lost_total").increment(1);
                return Ok(());
            }
        };
        match &verdict {
            Verdict::RetryAfter(_) => counter!("yomitori_retries_total", "topic" => "read-page").increment(1),
            Verdict::GiveUp(_) => counter!("yomitori_given_up_total", "topic" => "read-page").increment(1),
            Verdict::Done | Verdict::Return(_) => {}
        }
        self.deps.queue.finish(delivery, verdict).await
    }

    /// Fetches the picture and reads it, if this reader has what it is to be read with.
    async fn see(&mut self, delivery: &Delivery, request: ReadPage) -> Ending {
        if !self.standing.may_read(&request.edition, Timestamp::now()) {
            counter!("yomitori_edition_refusals_total").increment(1);
            return Ending::OtherEdition;
        }
        let started = Instant::now();
        let picture = self.deps.pages.get(&request.image).await;
        histogram!("yomitori_stage_seconds", "stage" => "fetch").record(started.elapsed());
        match picture {
            Ok(picture) => self.read(delivery, picture, request).await,
            Err(error) => {
                tracing::warn!(%error, "no picture of the page");
                match error {
                    PagesError::Damaged(_) => self.unreadable(request, DAMAGED),
                    // On a shared disk a new file may show late: a missing picture gets its other attempts first.
                    PagesError::Missing(_) if delivery.is_last() => self.unreadable(request, MISSING),
                    PagesError::Missing(_) => Ending::Failed(MISSING),
                    // No page is at fault: this machine may lack a key that others have, or nobody reaches the store.
                    PagesError::NoKey { .. } | PagesError::Newer { .. } => self.away(),
                    error if error.is_temporary() => self.away(),
                    _ => self.failed(PICTURES_AWAY),
                }
            }
        }
    }

    /// Reads the pixels, and keeps the page on loan meanwhile.
    async fn read(&mut self, delivery: &Delivery, picture: Vec<u8>, request: ReadPage) -> Ending {
        let Some(recogniser) = self.recogniser().await else {
            return self.failed(BROKEN);
        };
        let mut reading = recogniser.read(picture, request.clone());
        let started = Instant::now();
        let astray = started + self.config.longest_reading;
        let mut stop_at = None;
        let beat = self.config.lease / 3;
        let mut heartbeat = tokio::time::interval_at(started + beat, beat);
        loop {
            tokio::select! {
                outcome = reading.outcome() => return match outcome {
                    Outcome::Seen(reading, milliseconds) => self.seen(request, reading, milliseconds),
                    Outcome::Broken => self.broke(Ending::Failed(BROKEN)),
                },
                () = tokio::time::sleep_until(stop_at.unwrap_or(astray)) => {
                    let ending = if stop_at.is_some() { Ending::GivenBack } else { Ending::Failed(ASTRAY) };
                    return self.broke(ending);
                }
                () = stopped(&mut self.shutdown), if stop_at.is_none() => {
                    stop_at = Some(astray.min(Instant::now() + self.config.grace));
                }
                _ = heartbeat.tick() => match self.deps.queue.extend(delivery, self.config.lease).await {
                    Ok(()) => {}
                    Err(error @ QueueError::LeaseLost { .. }) => {
                        tracing::warn!(%error, "this reading counts for nothing");
                        return self.broke(Ending::Overtaken);
                    }
                    Err(error) => tracing::warn!(%error, "the lease could not be prolonged"),
                },
            }
        }
    }

    /// The recogniser, made anew when the last one broke.
    async fn recogniser(&mut self) -> Option<&RecogniserThread> {
        if self.recogniser.is_none() {
            match RecogniserThread::start(&self.deps.recognisers).await {
                Ok(recogniser) => self.recogniser = Some(recogniser),
                Err(error) => tracing::error!(error = format!("{error:#}"), "no new recogniser"),
            }
        }
        self.recogniser.as_ref()
    }

    fn seen(&mut self, request: ReadPage, reading: PageReading, milliseconds: Milliseconds) -> Ending {
        self.failures = 0;
        self.standing.has_read();
        let stages = [
            ("decode", milliseconds.decode),
            ("register", milliseconds.register),
            ("read", milliseconds.read),
        ];
        for (stage, ms) in stages {
            histogram!("yomitori_stage_seconds", "stage" => stage).record(ms / 1000.0);
        }
        Ending::Seen(PageRead {
            page: request.page,
            round: request.round,
            reading,
            reader: self.config.signature.clone(),
            edition: self.standing.edition(),
            milliseconds,
        })
    }

    fn unreadable(&mut self, request: ReadPage, reason: &str) -> Ending {
        self.seen(request, PageReading::Unreadable { reason: reason.into() }, Milliseconds::default())
    }

    /// The pictures are out of reach, and probably will be for the next page too; an hour without them is no reason to
    /// give pages to people.
    fn away(&mut self) -> Ending {
        self.failures += 1;
        Ending::Away
    }

    /// The machine failed, and probably will for the next page too.
    fn failed(&mut self, reason: &'static str) -> Ending {
        self.failures += 1;
        Ending::Failed(reason)
    }

    /// Lets the recogniser's thread go (one that is still busy ends when it ends); the next page gets a new one.
    fn broke(&mut self, ending: Ending) -> Ending {
        if let Ending::Failed(_) = ending {
            tracing::error!("the recogniser panicked or went astray");
        }
        self.recogniser = None;
        ending
    }
}

/// What may be said of a reading in a log: its kind and form, never its values.
fn record(reading: &PageReading) {
    let span = Span::current();
    let outcome = match reading {
        PageReading::Read(form) => {
            span.record("form.id", form.form.as_str());
            "read"
        }
        PageReading::Unrecognised { .. } => "unrecognised",
        PageReading::Unreadable { .. } => "unreadable",
    };
    span.record("outcome", outcome);
    counter!("yomitori_pages_read_total", "outcome" => outcome).increment(1);
}

fn stopping(shutdown: &watch::Receiver<bool>) -> bool {
    *shutdown.borrow() || shutdown.has_changed().is_err()
}

/// Until the signal to stop, or until whoever could give it is gone.
async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|stop| *stop).await;
}
