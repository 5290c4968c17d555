//! One queue of the broker's as this process sees it: what was handed over, and to whom it is lent.

use super::letter::Letter;
use super::loans::{Claim, Count, Loan, Loans};
use super::session::{Session, trouble};
use super::topology::{self, Place};
use crate::{QueueError, Receipt};
use futures_core::Stream;
use lapin::options::{BasicConsumeOptions, BasicGetOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Consumer};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::SystemTime;
use tokio::sync::Notify;

/// A queue that is received from.
pub(super) struct Source {
    place: Place,
    /// Deliveries and their ends must go over the same channel.
    channel: Channel,
    /// `None`: messages are fetched one by one.
    consumer: Option<tokio::sync::Mutex<Consumer>>,
    /// The broker hands over no more than this.
    prefetch: usize,
    loans: std::sync::Mutex<Loans>,
    ids: Arc<AtomicI64>,
    /// Something was put among the loans.
    pub(super) arrivals: Notify,
}

impl Source {
    /// Lets the broker hand messages over by itself, at most `prefetch` that are not finished.
    ///
    /// # Errors
    /// The broker's.
    pub(super) async fn consuming(
        session: &Session,
        place: Place,
        prefetch: u16,
        ids: Arc<AtomicI64>,
    ) -> Result<Self, QueueError> {
        let channel = session.new_channel().await?;
        session.answer(channel.basic_qos(prefetch, BasicQosOptions::default())).await?;
        let queue = place.name(&session.prefix).into();
        let options = BasicConsumeOptions::default();
        let begun = channel.basic_consume(queue, "".into(), options, FieldTable::default());
        let consumer = session.answer(begun).await?;
        let consumer = Some(tokio::sync::Mutex::new(consumer));
        Ok(Self::new(place, channel, consumer, prefetch.into(), ids))
    }

    /// Fetches messages when asked, so that nobody else has to wait for them.
    ///
    /// # Errors
    /// The broker's.
    pub(super) async fn fetching(
        session: &Session,
        place: Place,
        ids: Arc<AtomicI64>,
    ) -> Result<Self, QueueError> {
        Ok(Self::new(place, session.new_channel().await?, None, usize::MAX, ids))
    }

    fn new(
        place: Place,
        channel: Channel,
        consumer: Option<tokio::sync::Mutex<Consumer>>,
        prefetch: usize,
        ids: Arc<AtomicI64>,
    ) -> Self {
        Self { place, channel, consumer, prefetch, loans: Default::default(), ids, arrivals: Notify::new() }
    }

    /// The loans, for a moment: no answer of the broker's is awaited meanwhile.
    fn loans(&self) -> MutexGuard<'_, Loans> {
        // Every change of them is complete before anything could panic.
        self.loans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn claim(&self, now: SystemTime, until: SystemTime, counted: Option<u32>) -> Claim {
        self.loans().claim(now, until, counted)
    }

    pub(super) fn count(&self, now: SystemTime) -> Count {
        self.loans().count(now)
    }

    /// The loan that `receipt` names, if it is the newest of its message.
    pub(super) fn loan(&self, receipt: Receipt) -> Option<Loan> {
        self.loans().get(receipt)
    }

    /// The loan now (`now`) ends at `until`.
    pub(super) fn extend(&self, receipt: Receipt, now: SystemTime, until: SystemTime) {
        self.loans().extend(receipt, now, until);
    }

    /// All that the broker counts as handed over.
    pub(super) fn held(&self) -> u64 {
        self.loans().len() as u64
    }

    pub(super) fn end(&self, receipt: Receipt) {
        self.loans().end(receipt);
    }

    /// Whether the broker will hand over nothing more before something is finished.
    pub(super) fn is_full(&self) -> bool {
        self.loans().len() >= self.prefetch
    }

    /// Takes in what has come already.
    ///
    /// # Errors
    /// The broker has ended the deliveries.
    pub(super) fn take_in(&self, session: &Session) -> Result<(), QueueError> {
        // Whoever holds it waits for the next message and takes it in.
        let Some(Ok(mut consumer)) = self.consumer.as_ref().map(tokio::sync::Mutex::try_lock) else {
            return Ok(());
        };
        let mut nobody = Context::from_waker(Waker::noop());
        while let Poll::Ready(came) = Pin::new(&mut *consumer).poll_next(&mut nobody) {
            self.arrived(session, came)?;
        }
        Ok(())
    }

    /// Waits until the broker hands something over. May be dropped and called again.
    ///
    /// # Errors
    /// The broker has ended the deliveries.
    pub(super) async fn next(&self, session: &Session) -> Result<(), QueueError> {
        let Some(consumer) = &self.consumer else { return Ok(()) };
        let mut consumer = consumer.lock().await;
        let came = poll_fn(|context| Pin::new(&mut *consumer).poll_next(context)).await;
        self.arrived(session, came)
    }

    fn arrived(
        &self,
        session: &Session,
        came: Option<lapin::Result<lapin::message::Delivery>>,
    ) -> Result<(), QueueError> {
        match came {
            Some(Ok(delivery)) => {
                self.put(session, delivery);
                Ok(())
            }
            Some(Err(error)) => Err(trouble(&session.broker, &error)),
            None => Err(QueueError::Unreachable {
                broker: session.broker.clone(),
                trouble: "it has ended the deliveries".to_owned(),
            }),
        }
    }

    fn put(&self, session: &Session, delivery: lapin::message::Delivery) {
        let id = self.ids.fetch_add(1, Ordering::Relaxed);
        let acker = delivery.acker.clone();
        let letter = Letter::arrived(delivery, self.place, session.keys.as_ref());
        self.loans().arrive(id, letter, acker);
        self.arrivals.notify_waiters();
    }

    /// Fetches one message; false when there is none.
    ///
    /// # Errors
    /// The broker's.
    pub(super) async fn fetch(&self, session: &Session) -> Result<bool, QueueError> {
        let queue = self.place.name(&session.prefix).into();
        let fetched = session.answer(self.channel.basic_get(queue, BasicGetOptions::default())).await?;
        let found = fetched.is_some();
        fetched.into_iter().for_each(|message| self.put(session, message.delivery));
        Ok(found)
    }

    /// Messages here that are in nobody's hands. Everything that was handed over before the answer is in
    /// [`Source::take_in`]'s reach after it, for both come over one channel.
    ///
    /// # Errors
    /// The broker's.
    pub(super) async fn waiting(&self, session: &Session) -> Result<u64, QueueError> {
        session.answer(topology::waiting(&self.channel, &session.prefix, self.place)).await
    }
}
