//! How a loan ends. A message never moves: another copy is made where it shall be, and then this one is done with.

use super::RabbitQueue;
use super::letter::Letter;
use super::loans::Loan;
use super::session::Session;
use super::source::Source;
use super::topology::Place;
use crate::contract::WORN_OUT;
use crate::{Delivery, QueueError, Receipt, Verdict};

impl RabbitQueue {
    /// Ends a loan as `verdict` says.
    pub(super) async fn end(
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

    /// Puts another copy into `place`, and only then ends the loan: in between there are two, never none.
    pub(super) async fn replace(
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
}

/// The message as it lies among the dead.
pub(super) fn buried(loan: &Loan, reason: &str) -> Letter {
    Letter { reason: Some(reason.to_owned()), ..loan.letter.clone() }
}
