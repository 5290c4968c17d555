//! What every engine promises.
//!
//! Delivery is **at least once**: a message that was published is delivered until somebody finishes it, so a
//! handler must be idempotent. A delivery is a lease, not a gift: it ends, and the message comes back.

use crate::QueueError;
use async_trait::async_trait;
use serde::Serialize;
use std::time::Duration;

/// Why a message died that nobody gave up, for people.
pub(crate) const WORN_OUT: &str = "決められた回数まで処理を試みましたが、終わりませんでした。";

/// Where a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Intake -> reader: a page to read.
    ReadPage,
    /// Reader -> matcher: a page that was read.
    PageRead,
    /// Reader -> matcher: who reads, and whether it can.
    ReaderReport,
}

impl Topic {
    /// Every topic.
    pub const ALL: [Topic; 3] = [Topic::ReadPage, Topic::PageRead, Topic::ReaderReport];

    /// The word in rows, logs and broker names.
    pub fn as_str(self) -> &'static str {
        match self {
            Topic::ReadPage => "read-page",
            Topic::PageRead => "page-read",
            Topic::ReaderReport => "reader-report",
        }
    }

    /// The topic named by [`Topic::as_str`].
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.as_str() == word)
    }
}

/// A message on loan.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Where it came from.
    pub topic: Topic,
    /// What the publisher called it: for logs and idempotent handlers.
    pub key: String,
    /// What the publisher wrote.
    pub body: Vec<u8>,
    /// How often it has been delivered, this time included, from 1.
    pub attempt: u32,
    /// The engine gives it up by itself after so many deliveries.
    pub attempts_allowed: u32,
    /// Why it is dead, for people; `None` for a living message.
    pub died_of: Option<String>,
    /// Names this very loan.
    pub receipt: Receipt,
}

impl Delivery {
    /// Whether a failure now is the final one, so that the handler should say why with [`Verdict::GiveUp`].
    pub fn is_last(&self) -> bool {
        self.attempt >= self.attempts_allowed
    }
}

/// Which loan of which message: an engine refuses every receipt but the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The engine's number of the message.
    pub id: i64,
    /// Grows with every loan of it.
    pub fence: i64,
}

/// How a delivery ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Handled: the message is gone. For a dead message: somebody has taken care of it.
    Done,
    /// The machine failed: again after this time. Counts as an attempt; after the last one the message dies.
    RetryAfter(Duration),
    /// Nobody failed, but it is for somebody else: put back, and delivered again after this time. Counts as no
    /// attempt, however often it happens.
    Return(Duration),
    /// It will never succeed: the message is dead, with the reason for people (Japanese, no personal values).
    GiveUp(String),
}

/// Messages of one topic by what they wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Depth {
    /// Waiting for a receiver, expired leases included.
    pub ready: u64,
    /// In somebody's hands.
    pub leased: u64,
    /// Waiting for their time.
    pub delayed: u64,
    /// Given up, waiting to become review items.
    pub dead: u64,
}

impl Depth {
    /// Messages that somebody still has to handle, the dead included.
    pub fn total(self) -> u64 {
        self.ready + self.leased + self.delayed + self.dead
    }
}

/// A queue of messages by topic. Every call may fail with a [`QueueError`] that knows whether to try again.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Accepts a message; on `Ok` it survives a power cut. Two publishes under one key are two messages.
    async fn publish(&self, topic: Topic, key: &str, body: &[u8]) -> Result<(), QueueError>;

    /// Borrows the oldest message that is ready, for `lease`; waits up to `patience` for one, without spinning.
    /// A future dropped in flight may leave a lease that has to expire; prefer a short patience.
    async fn receive(
        &self,
        topic: Topic,
        lease: Duration,
        patience: Duration,
    ) -> Result<Option<Delivery>, QueueError>;

    /// Borrows the oldest dead message, for `lease`. It never dies again; anything but [`Verdict::Done`] or an
    /// expired lease puts it back among the dead.
    async fn receive_dead(&self, topic: Topic, lease: Duration) -> Result<Option<Delivery>, QueueError>;

    /// Prolongs the loan: it now ends `lease` from now. [`QueueError::LeaseLost`] when somebody else has it.
    async fn extend(&self, delivery: &Delivery, lease: Duration) -> Result<(), QueueError>;

    /// Ends the loan. [`QueueError::LeaseLost`] when somebody else has the message or had it since; a lease
    /// that expired unnoticed still counts, for the work is done.
    async fn finish(&self, delivery: Delivery, verdict: Verdict) -> Result<(), QueueError>;

    /// How many messages wait, and for what.
    async fn depth(&self, topic: Topic) -> Result<Depth, QueueError>;
}
