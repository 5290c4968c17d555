//! RabbitMQ: for readers on many machines. One connection a process, everything at least once.
//!
//! What is unfinished when a connection ends, the broker gives to somebody else; a lease within the process is
//! watched here ([`loans`]). A retry is a new copy that the broker has on disk before the old one is acknowledged.
//! Messages that come round four times are dead, whether their handlers failed (counted in a header) or fell over
//! with all that they held (counted by the broker).

mod finish;
mod letter;
mod link;
mod loans;
mod receive;
mod seal;
mod session;
mod settings;
mod source;
mod topology;

pub use settings::Settings;

use crate::contract::WORN_OUT;
use crate::{Delivery, Depth, Policy, Queue, QueueError, Receipt, Topic, Verdict};
use async_trait::async_trait;
use letter::Letter;
use link::Link;
use loans::{Claim, Loan};
use receive::no_key;
use session::Session;
use source::Source;
use std::time::{Duration, SystemTime};
use topology::Place;

/// The queue in a RabbitMQ broker.
///
/// [`Depth::leased`] and the part of [`Depth::ready`] that was handed over ahead are those of this process alone:
/// AMQP does not tell what other connections hold.
pub struct RabbitQueue {
    link: Link,
    policy: Policy,
}

impl RabbitQueue {
    /// A queue in the broker at `settings`. Nothing is connected before it is used, so that a program starts while
    /// its broker is away.
    #[must_use]
    pub fn new(settings: Settings, policy: Policy) -> Self {
        Self { link: Link::new(settings, policy.clone()), policy }
    }

    /// Removes every queue of this prefix from the broker **with all messages in it**: for those that were made for a
    /// measurement or a test.
    ///
    /// # Errors
    /// The broker is away, or does not let this user do so.
    pub async fn delete_queues(&self) -> Result<(), QueueError> {
        let delete = async |session: &Session| {
            for topic in Topic::ALL {
                session.delete(topic).await?;
            }
            Ok(())
        };
        self.on(delete).await
    }

    fn now(&self) -> SystemTime {
        (self.policy.clock)()
    }

    /// Runs `work` on the connection; gives the connection up when something went wrong that is not its nature.
    async fn on<T>(
        &self,
        work: impl AsyncFnOnce(&Session) -> Result<T, QueueError>,
    ) -> Result<T, QueueError> {
        let session = self.link.session().await?;
        let result = work(&session).await;
        if let Err(error) = &result
            && !matches!(
                error,
                QueueError::LeaseLost { .. } | QueueError::Occupied { .. } | QueueError::NoKey { .. }
            )
        {
            self.link.discard(&session).await;
        }
        result
    }

    fn delivery(&self, topic: Topic, receipt: Receipt, letter: Letter, attempt: u32) -> Delivery {
        let attempts_allowed = self.policy.max_deliveries;
        let Letter { key, body, reason, .. } = letter;
        Delivery { topic, key, body, attempt, attempts_allowed, died_of: reason, receipt }
    }
}

/// Where `delivery` was borrowed from, if that connection is still the one.
fn source_of<'a>(session: &'a Session, delivery: &Delivery) -> Result<(&'a Source, Loan), QueueError> {
    let source = match delivery.died_of {
        None => session.ready_if_open(delivery.topic),
        Some(_) => session.dead_if_open(delivery.topic),
    };
    source
        .and_then(|source| Some((source, source.loan(delivery.receipt)?)))
        .ok_or_else(|| QueueError::LeaseLost { key: delivery.key.clone() })
}

#[async_trait]
impl Queue for RabbitQueue {
    async fn publish(&self, topic: Topic, key: &str, body: &[u8]) -> Result<(), QueueError> {
        self.on(async |session| {
            session.declare(topic).await?;
            session.publish(Place::Ready(topic), &Letter::new(key, body)).await
        })
        .await
    }

    async fn receive(
        &self,
        topic: Topic,
        lease: Duration,
        patience: Duration,
    ) -> Result<Option<Delivery>, QueueError> {
        self.on(async |session| self.receive_from(session, topic, lease, patience).await).await
    }

    async fn receive_dead(&self, topic: Topic, lease: Duration) -> Result<Option<Delivery>, QueueError> {
        self.on(async |session| {
            let source = session.dead(topic).await?;
            loop {
                let now = self.now();
                if let Claim::Lent { receipt, mut letter, attempt } = source.claim(now, now + lease, None) {
                    if letter.sealed.is_some() {
                        // On loan until its lease ends, so that the next one gets its turn.
                        return Err(no_key(letter));
                    }
                    // The broker gives no reason: it counts, and no more.
                    let by_broker = letter.reason.is_none();
                    letter.reason.get_or_insert_with(|| WORN_OUT.to_owned());
                    let attempt = if by_broker { self.policy.max_deliveries } else { attempt };
                    return Ok(Some(self.delivery(topic, receipt, letter, attempt)));
                }
                if !source.fetch(session).await? {
                    return Ok(None);
                }
            }
        })
        .await
    }

    async fn extend(&self, delivery: &Delivery, lease: Duration) -> Result<(), QueueError> {
        self.on(async |session| {
            let (source, _) = source_of(session, delivery)?;
            let now = self.now();
            source.extend(delivery.receipt, now, now + lease);
            Ok(())
        })
        .await
    }

    async fn finish(&self, delivery: Delivery, verdict: Verdict) -> Result<(), QueueError> {
        self.on(async |session| {
            let (source, loan) = source_of(session, &delivery)?;
            self.end(session, source, &delivery, &loan, verdict).await
        })
        .await
    }

    async fn depth(&self, topic: Topic) -> Result<Depth, QueueError> {
        self.on(async |session| {
            session.declare(topic).await?;
            let mut depth = Depth::default();
            match session.ready_if_open(topic) {
                Some(source) => {
                    let waiting = source.waiting(session).await?;
                    source.take_in(session)?;
                    let here = source.count(self.now());
                    (depth.ready, depth.leased) = (waiting + here.waiting, here.lent);
                }
                None => depth.ready = session.waiting(Place::Ready(topic)).await?,
            }
            for seconds in topology::DELAYS {
                depth.delayed += session.waiting(Place::Delayed(topic, seconds)).await?;
            }
            depth.dead = session.waiting(Place::Dead(topic)).await?;
            depth.dead += session.dead_if_open(topic).map_or(0, Source::held);
            Ok(depth)
        })
        .await
    }
}
