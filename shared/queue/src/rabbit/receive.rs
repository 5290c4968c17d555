//! How a message is borrowed: from what is here already, or by waiting for the broker.

use super::RabbitQueue;
use super::finish::buried;
use super::letter::Letter;
use super::loans::Claim;
use super::session::Session;
use super::source::Source;
use super::topology::Place;
use crate::contract::WORN_OUT;
use crate::{Delivery, QueueError, Receipt, Topic};
use std::time::Duration;
use tokio::time::Instant;

/// How long a message rests that this process cannot open.
const FOR_ANOTHER: Duration = Duration::from_secs(1);

/// How long a receiver that may not wait still waits for a message that is on its way from the broker.
const ON_ITS_WAY: Duration = Duration::from_secs(1);
/// Between two questions for it.
const GLANCE: Duration = Duration::from_millis(20);

impl RabbitQueue {
    /// Borrows the oldest message that is ready; waits up to `patience` for one.
    ///
    /// # Errors
    /// The broker's; [`QueueError::NoKey`] when this process cannot open the message.
    pub(super) async fn receive_from(
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
}

/// What to say of a message that stays sealed here.
pub(super) fn no_key(letter: Letter) -> QueueError {
    QueueError::NoKey { key: letter.key, id: letter.sealed.unwrap_or_default() }
}
