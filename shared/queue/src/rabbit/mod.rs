//! RabbitMQ: for readers on many machines. One connection a process, everything at least once.
//!
//! What is unfinished when a connection ends, the broker gives to somebody else; a lease within the process is
//! watched here ([`loans`]). A retry is a new copy that the broker has on disk before the old one is acknowledged.
//! Messages that come round four times are dead, whether their handlers failed (counted in a header) or fell over
//! with all that they held (counted by the broker).

mod letter;
mod link;
mod loans;
mod seal;
mod session;
mod settings;
mod source;
mod topology;

pub use settings::Settings;

use crate::{Delivery, Depth, Policy, Queue, QueueError, Receipt, Topic, Verdict};
use async_trait::async_trait;
use letter::Letter;
use link::Link;
use loans::{Claim, Loan};
use session::Session;
use source::Source;
use std::time::{Duration, SystemTime};
use tokio::time::Instant;
use topology::Place;

/// Why a message died that nobody gave up, for people.
const WORN_OUT: &str = "決められた回数まで処理を試みましたが、終わりませんでした。";

/// How long a message rests that this process cannot open.
const FOR_ANOTHER: Duration = Duration::from_secs(1);

/// How long a receiver that may not wait still waits for a message that is on its way from the broker.
const ON_ITS_WAY: Duration = Duration::from_secs(1);
/// Between two questions for it.
const GLANCE: Duration = Duration::from_millis(20);

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

    /// Borrows from what is here already; buries on the way what has come round too often.
    async fn claim(
        &self,
        session: &Session,
        source: &Source,
        topic: Topic,
        lease: Duration,
    ) -> Result<Option<Delivery>, QueueError> {
        let allowed = self.policy.max_deliveries;
        loop {
            let now = self.now();
            match source.claim(now, now + lease, Some(allowed)) {
                Claim::Nothing => return Ok(None),
                Claim::Lent { receipt, letter, .. } if letter.sealed.is_some() => {
                    self.pass_on(session, source, topic, receipt).await?;
                    return Err(no_key(letter));
                }
                Claim::Lent { receipt, letter, attempt } => {
                    return Ok(Some(self.delivery(topic, receipt, letter, attempt)));
                }
                Claim::WornOut(receipt) => {
                    if let Some(loan) = source.loan(receipt) {
                        self.replace(
                            session,
                            source,
                            receipt,
                            &loan,
                            Place::Dead(topic),
                            buried(&loan, WORN_OUT),
                        )
                        .await?;
                    }
                }
            }
        }
    }

    /// Leaves a message, as it is, to somebody who has the key of its seal.
    async fn pass_on(
        &self,
        session: &Session,
        source: &Source,
        topic: Topic,
        receipt: Receipt,
    ) -> Result<(), QueueError> {
        match source.loan(receipt) {
            Some(loan) => {
                let attempts = loan.letter.attempts.saturating_sub(1);
                let copy = Letter { attempts, ..loan.letter.clone() };
                self.replace(session, source, receipt, &loan, Place::after(topic, FOR_ANOTHER), copy).await
            }
            None => Ok(()),
        }
    }

    fn delivery(&self, topic: Topic, receipt: Receipt, letter: Letter, attempt: u32) -> Delivery {
        let attempts_allowed = self.policy.max_deliveries;
        let Letter { key, body, reason, .. } = letter;
        Delivery { topic, key, body, attempt, attempts_allowed, died_of: reason, receipt }
    }

    /// Puts another copy into `place`, and only then ends the loan: in between there are two, never none.
    async fn replace(
        &self,
        session: &Session,
        source: &Source,
        receipt: Receipt,
        loan: &Loan,
        place: Place,
        copy: Letter,
    ) -> Result<(), QueueError> {
        session.publish(place, &copy).await?;
        session.acknowledge(loan).await?;
        source.end(receipt);
        Ok(())
    }

    async fn receive_from(
        &self,
        session: &Session,
        topic: Topic,
        lease: Duration,
        patience: Duration,
    ) -> Result<Option<Delivery>, QueueError> {
        let deadline = Instant::now() + patience;
        let source = session.ready(topic).await?;
        let mut last_look = false;
        loop {
            // Listening starts before looking: what arrives in between still wakes us.
            let arrival = source.arrivals.notified();
            tokio::pin!(arrival);
            arrival.as_mut().enable();
            source.take_in(session)?;
            if let Some(delivery) = self.claim(session, source, topic, lease).await? {
                return Ok(Some(delivery));
            }
            if last_look {
                return Ok(None);
            }
            let now = Instant::now();
            if now < deadline {
                tokio::select! {
                    came = source.next(session) => came?,
                    () = &mut arrival => {}
                    // Leases that expired within this process.
                    () = tokio::time::sleep((deadline - now).min(self.policy.poll)) => {}
                }
            } else if !patience.is_zero()
                // Asked only by those who may not wait: the others would have seen it come.
                || source.waiting(session).await? == 0
                || source.is_full()
                || now > deadline + ON_ITS_WAY
            {
                last_look = true;
            } else {
                // It is on its way, or on the way to somebody else.
                tokio::select! {
                    came = source.next(session) => came?,
                    () = tokio::time::sleep(GLANCE) => {}
                }
            }
        }
    }

    /// Ends a loan as `verdict` says.
    async fn end(
        &self,
        session: &Session,
        source: &Source,
        delivery: &Delivery,
        loan: &Loan,
        verdict: Verdict,
    ) -> Result<(), QueueError> {
        let (topic, receipt, dead) = (delivery.topic, delivery.receipt, delivery.died_of.is_some());
        let (place, copy) = match verdict {
            Verdict::Done => {
                session.acknowledge(loan).await?;
                source.end(receipt);
                return Ok(());
            }
            // For whoever looks after the dead next: their order and their pauses matter to nobody.
            Verdict::RetryAfter(_) | Verdict::Return(_) if dead => {
                session.hand_back(loan).await?;
                source.end(receipt);
                return Ok(());
            }
            Verdict::RetryAfter(_) if delivery.is_last() => (Place::Dead(topic), buried(loan, WORN_OUT)),
            Verdict::RetryAfter(delay) => (Place::after(topic, delay), loan.letter.clone()),
            Verdict::Return(delay) => {
                let attempts = loan.letter.attempts.saturating_sub(1);
                (Place::after(topic, delay), Letter { attempts, ..loan.letter.clone() })
            }
            Verdict::GiveUp(reason) => (Place::Dead(topic), buried(loan, &reason)),
        };
        self.replace(session, source, receipt, loan, place, copy).await
    }
}

/// What to say of a message that stays sealed here.
fn no_key(letter: Letter) -> QueueError {
    QueueError::NoKey { key: letter.key, id: letter.sealed.unwrap_or_default() }
}

/// The message as it lies among the dead.
fn buried(loan: &Loan, reason: &str) -> Letter {
    Letter { reason: Some(reason.to_owned()), ..loan.letter.clone() }
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
            source.extend(delivery.receipt, self.now() + lease);
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
