//! One page after another: borrow, fetch, read, publish, finish.

use crate::recogniser::{Outcome, RecogniserThread};
use crate::{Config, Deps};
use domain::ids::ImageHash;
use domain::message::{Milliseconds, PageRead, ReadPage};
use domain::reading::PageReading;
use pages::PagesError;
use queue::{Delivery, QueueError, Topic, Verdict};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::{Instrument, Span, field};

/// How long one look into the queue waits. Short, so that a stop is noticed soon.
const PATIENCE: Duration = Duration::from_millis(500);
/// The pause after failures in a row is doubled at most so often.
const MOST_DOUBLINGS: u32 = 6;

const DAMAGED: &str = "保管中のページ画像が壊れています。原本を再スキャンしてください。";
const MISSING: &str = "ページ画像が保管場所に見つかりません。原本を再スキャンしてください。";
const NOT_UNDERSTOOD: &str =
    "読取依頼の形式が正しくありません。システム管理者に連絡してください。";
const PICTURES_AWAY: &str =
    "ページ画像の保管場所に繰り返し接続できませんでした。復旧後にもう一度読み取るか、画像を見て入力してください。";
const BROKEN: &str =
    "読み取り中に繰り返しプログラムの異常が起きました。画像を見て入力し、システム管理者に連絡してください。";
const ASTRAY: &str = "読み取りが繰り返し時間内に終わりませんでした。画像を見て入力してください。";

/// One of the reader's loops, with its own recogniser.
pub(crate) struct Worker {
    config: Config,
    deps: Deps,
    shutdown: watch::Receiver<bool>,
    /// `None` after it broke, until a new one is made.
    recogniser: Option<RecogniserThread>,
    /// Failures of the machine in a row.
    failures: u32,
}

/// How the work on one page ended.
enum Ending {
    /// There is something to say about the page.
    Seen(PageReading, Milliseconds),
    /// Says why, in case this was the last attempt.
    Failed(&'static str),
    /// It can never be handled.
    Hopeless(&'static str),
    /// The worker has to stop, or somebody else has the page now.
    LetGo,
}

impl Worker {
    pub(crate) fn new(
        config: Config,
        deps: Deps,
        shutdown: watch::Receiver<bool>,
        recogniser: RecogniserThread,
    ) -> Self {
        Self { config, deps, shutdown, recogniser: Some(recogniser), failures: 0 }
    }

    pub(crate) async fn run(mut self) {
        while !stopping(&self.shutdown) {
            match self.deps.queue.receive(Topic::ReadPage, self.config.lease, PATIENCE).await {
                Ok(None) => {}
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

    /// After failures of the machine: more pages would only use up their attempts.
    async fn pause(&mut self) {
        if self.failures > 0 {
            let pause = self.config.pause * (1 << (self.failures - 1).min(MOST_DOUBLINGS));
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stopped(&mut self.shutdown) => {}
            }
        }
    }

    async fn handle(&mut self, delivery: Delivery) {
        let ending = match delivery.message::<ReadPage>() {
            Err(error) => {
                tracing::error!(%error, "request not understood");
                Ending::Hopeless(NOT_UNDERSTOOD)
            }
            Ok(request) => {
                Span::current().record("page.id", request.page.as_str());
                self.see(&delivery, request).await
            }
        };
        if let Err(error) = self.conclude(delivery, ending).await {
            // Nothing is lost: the lease ends and the page comes back.
            tracing::warn!(%error, "the page could not be finished");
            self.failures += u32::from(error.is_temporary());
        }
    }

    /// Fetches the picture and reads it.
    async fn see(&mut self, delivery: &Delivery, request: ReadPage) -> Ending {
        let picture = match self.deps.pages.get(&request.image).await {
            Ok(picture) => picture,
            Err(error) => return self.without_picture(delivery, &request.image, &error),
        };
        match self.read(delivery, picture, request.clone()).await {
            Ending::Seen(reading, milliseconds) => {
                self.failures = 0;
                self.publish(request, reading, milliseconds).await
            }
            ending => ending,
        }
    }

    fn without_picture(&mut self, delivery: &Delivery, image: &ImageHash, error: &PagesError) -> Ending {
        tracing::warn!(image.hash = %image, %error, "no picture of the page");
        let unreadable = |reason: &str| {
            Ending::Seen(PageReading::Unreadable { reason: reason.into() }, Milliseconds::default())
        };
        match error {
            PagesError::Damaged(_) => unreadable(DAMAGED),
            // On a shared disk a new file may show late, so a missing picture gets its other attempts first.
            PagesError::Missing(_) if delivery.is_last() => unreadable(MISSING),
            PagesError::Missing(_) => Ending::Failed(MISSING),
            _ => {
                self.failures += 1;
                Ending::Failed(PICTURES_AWAY)
            }
        }
    }

    /// Reads the pixels, and keeps the page on loan meanwhile.
    async fn read(&mut self, delivery: &Delivery, picture: Vec<u8>, request: ReadPage) -> Ending {
        let Some(recogniser) = self.recogniser().await else {
            return Ending::Failed(BROKEN);
        };
        let mut reading = recogniser.read(picture, request);
        let started = Instant::now();
        let astray = started + self.config.longest_reading;
        let beat = self.config.lease / 3;
        let mut heartbeat = tokio::time::interval_at(started + beat, beat);
        let mut give_back = far_from(started);
        loop {
            tokio::select! {
                outcome = reading.outcome() => return match outcome {
                    Outcome::Seen(reading, milliseconds) => Ending::Seen(reading, milliseconds),
                    Outcome::Broken => self.broken(BROKEN),
                },
                () = tokio::time::sleep_until(astray) => return self.broken(ASTRAY),
                () = tokio::time::sleep_until(give_back) => return Ending::LetGo,
                () = stopped(&mut self.shutdown), if give_back > astray => {
                    give_back = Instant::now() + self.config.grace;
                }
                _ = heartbeat.tick() => match self.deps.queue.extend(delivery, self.config.lease).await {
                    Err(QueueError::LeaseLost { .. }) => return self.overtaken(),
                    Err(error) => tracing::warn!(%error, "the lease could not be prolonged"),
                    Ok(()) => {}
                },
            }
        }
    }

    /// The recogniser, made anew when the last one broke.
    async fn recogniser(&mut self) -> Option<&RecogniserThread> {
        if self.recogniser.is_none() {
            match RecogniserThread::start(&self.deps.recognisers).await {
                Ok(recogniser) => self.recogniser = Some(recogniser),
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "no new page reader");
                    self.failures += 1;
                }
            }
        }
        self.recogniser.as_ref()
    }

    /// Lets the thread go (a stuck one ends when it ends); the next page gets a new one.
    fn broken(&mut self, reason: &'static str) -> Ending {
        tracing::error!(astray = reason == ASTRAY, "the page reader broke off");
        self.recogniser = None;
        Ending::Failed(reason)
    }

    fn overtaken(&mut self) -> Ending {
        tracing::warn!("somebody else reads this page now");
        self.recogniser = None;
        Ending::LetGo
    }

    async fn publish(&mut self, request: ReadPage, reading: PageReading, milliseconds: Milliseconds) -> Ending {
        todo_publish(request, reading, milliseconds)
    }
}
