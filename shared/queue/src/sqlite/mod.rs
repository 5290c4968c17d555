//! The default engine: one table in a database file of its own, shared by any number of processes on one machine.

mod statements;
mod writer;

use crate::contract::WORN_OUT;
use crate::policy::Clock;
use crate::{Delivery, Depth, Policy, Queue, QueueError, Topic, Verdict};
use async_trait::async_trait;
use domain::key::Keyring;
use rusqlite::Transaction;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};
use tokio::sync::Notify;
use tokio::time::Instant;
use writer::Writer;

/// The queue in a SQLite file.
pub struct SqliteQueue {
    writer: Writer,
    policy: Policy,
    arrivals: [Notify; Topic::ALL.len()],
}

impl SqliteQueue {
    /// [`SqliteQueue::open_with`] of a queue that nobody seals.
    pub fn open(path: &Path, policy: Policy) -> Result<Self, QueueError> {
        Self::open_with(path, policy, None)
    }

    /// Opens the database at `path`, makes it and its folder when missing, and brings its schema up to date. With
    /// `keys` a new one is sealed with the newest, and an older key opens what it has sealed.
    pub fn open_with(path: &Path, policy: Policy, keys: Option<&Keyring>) -> Result<Self, QueueError> {
        let (file, connection) = statements::connect(path, keys)?;
        Ok(Self { writer: Writer::start(file, connection)?, policy, arrivals: Default::default() })
    }

    /// Milliseconds since 1970.
    fn now(&self) -> i64 {
        milliseconds(&self.policy.clock)
    }

    fn after(&self, delay: Duration) -> i64 {
        self.now().saturating_add(i64::try_from(delay.as_millis()).unwrap_or(i64::MAX))
    }

    /// As the table has it: 0 at once, so that a clock set back delays nothing.
    fn due_after(&self, delay: Duration) -> i64 {
        if delay.is_zero() { 0 } else { self.after(delay) }
    }

    fn arrivals(&self, topic: Topic) -> &Notify {
        &self.arrivals[topic as usize]
    }

    /// Now and the end of a loan that begins now, for use within the transaction: who read the clock before waiting for
    /// its turn would take a loan that began meanwhile for one from the future, that is for a clock set back, and lend
    /// the message a second time.
    fn loan(&self, lease: Duration) -> impl Fn() -> (i64, i64) + Send + use<> {
        let clock = self.policy.clock.clone();
        let lease = i64::try_from(lease.as_millis()).unwrap_or(i64::MAX);
        move || {
            let now = milliseconds(&clock);
            (now, now.saturating_add(lease))
        }
    }

    async fn claim(&self, topic: Topic, lease: Duration) -> Result<Option<Delivery>, QueueError> {
        let (loan, allowed) = (self.loan(lease), self.policy.max_deliveries);
        let claim = move |tx: &Transaction| {
            let (now, until) = loan();
            statements::claim(tx, topic, now, until, allowed)
        };
        self.writer.run(claim).await
    }

    /// `Ok` when the receipt was the newest one.
    fn held(held: bool, delivery: &Delivery) -> Result<(), QueueError> {
        if held { Ok(()) } else { Err(QueueError::LeaseLost { key: delivery.key.clone() }) }
    }
}

/// Milliseconds since 1970.
fn milliseconds(clock: &Clock) -> i64 {
    let since = clock().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[async_trait]
impl Queue for SqliteQueue {
    async fn publish(&self, topic: Topic, key: &str, body: &[u8]) -> Result<(), QueueError> {
        let (key, body) = (key.to_owned(), body.to_owned());
        self.writer.run_to_disk(move |tx| statements::insert(tx, topic, &key, &body)).await?;
        self.arrivals(topic).notify_waiters();
        Ok(())
    }

    async fn receive(
        &self,
        topic: Topic,
        lease: Duration,
        patience: Duration,
    ) -> Result<Option<Delivery>, QueueError> {
        let deadline = Instant::now() + patience;
        loop {
            // Listening starts before looking: a message published in between still wakes us.
            let arrival = self.arrivals(topic).notified();
            tokio::pin!(arrival);
            arrival.as_mut().enable();
            if let Some(delivery) = self.claim(topic, lease).await? {
                return Ok(Some(delivery));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            tokio::select! {
                () = &mut arrival => {}
                () = tokio::time::sleep(left.min(self.policy.poll)) => {}
            }
        }
    }

    async fn receive_dead(&self, topic: Topic, lease: Duration) -> Result<Option<Delivery>, QueueError> {
        let (loan, allowed) = (self.loan(lease), self.policy.max_deliveries);
        let claim = move |tx: &Transaction| {
            let (now, until) = loan();
            statements::claim_dead(tx, topic, now, until, allowed)
        };
        self.writer.run(claim).await
    }

    async fn extend(&self, delivery: &Delivery, lease: Duration) -> Result<(), QueueError> {
        let (receipt, now, until) = (delivery.receipt, self.now(), self.after(lease));
        let held = self.writer.run(move |tx| statements::extend(tx, receipt, now, until)).await?;
        Self::held(held, delivery)
    }

    async fn finish(&self, delivery: Delivery, verdict: Verdict) -> Result<(), QueueError> {
        let (receipt, last) = (delivery.receipt, delivery.is_last());
        let held = match verdict {
            Verdict::Done => self.writer.run(move |tx| statements::remove(tx, receipt)).await?,
            Verdict::RetryAfter(_) if last && delivery.died_of.is_none() => {
                self.writer.run(move |tx| statements::bury(tx, receipt, WORN_OUT)).await?
            }
            Verdict::RetryAfter(delay) => {
                let due = (self.now(), self.due_after(delay));
                self.writer.run(move |tx| statements::put_back(tx, receipt, due, 0)).await?
            }
            Verdict::Return(delay) => {
                // A loan of a dead message was not counted.
                let due = (self.now(), self.due_after(delay));
                let uncounted = u32::from(delivery.died_of.is_none());
                self.writer.run(move |tx| statements::put_back(tx, receipt, due, uncounted)).await?
            }
            Verdict::GiveUp(reason) => {
                self.writer.run(move |tx| statements::bury(tx, receipt, &reason)).await?
            }
        };
        self.arrivals(delivery.topic).notify_waiters();
        Self::held(held, &delivery)
    }

    async fn depth(&self, topic: Topic) -> Result<Depth, QueueError> {
        let now = self.now();
        self.writer.run(move |tx| statements::depth(tx, topic, now)).await
    }
}
