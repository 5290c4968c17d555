//! What [`crate::Queue`] promises, as tests that know no engine. An engine passes them with [`passes_contract`].

use crate::{Delivery, Queue, QueueError, Topic, Verdict};
use async_trait::async_trait;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A queue with nothing in it, and a way to let time pass for it (by a clock of its own, or by waiting).
#[async_trait]
pub trait Subject: Send + Sync {
    fn queue(&self) -> &dyn Queue;
    async fn pass(&self, time: Duration);
}

/// Makes one test of every function of this file, each on a fresh `$open()`.
macro_rules! passes_contract {
    ($open:path) => {
        $crate::tests::contract::passes_contract!($open:
            a_message_arrives_as_it_was_sent,
            topics_do_not_mix,
            the_oldest_comes_first,
            a_waiting_receiver_gets_what_is_published_meanwhile,
            patience_ends,
            a_message_in_hand_is_given_to_nobody_else,
            an_expired_lease_comes_back_and_its_late_holder_is_refused,
            an_extended_lease_holds,
            an_expired_lease_that_nobody_took_over_can_still_be_finished,
            a_retry_comes_back_after_its_delay_and_not_before,
            a_returned_message_goes_to_somebody_else_and_counts_as_no_attempt,
            four_failures_kill,
            four_crashes_kill,
            a_message_given_up_keeps_its_reason_until_it_is_taken_care_of,
            a_delivery_is_finished_once,
            consumers_in_parallel_never_hold_the_same_message,
        );
    };
    ($open:path: $($name:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $name() {
                $crate::tests::contract::$name(&$open()).await
            }
        )*
    };
}
pub(crate) use passes_contract;

const TOPIC: Topic = Topic::ReadPage;
/// Short: the delays of a broker cannot be made to pass. One of those that brokers know exactly.
const LEASE: Duration = Duration::from_secs(4);
const NO_PATIENCE: Duration = Duration::ZERO;

async fn receive(queue: &dyn Queue) -> Option<Delivery> {
    queue.receive(TOPIC, LEASE, NO_PATIENCE).await.unwrap()
}

async fn depth(queue: &dyn Queue) -> [u64; 4] {
    let depth = queue.depth(TOPIC).await.unwrap();
    assert_eq!(depth.total(), depth.ready + depth.leased + depth.delayed + depth.dead);
    [depth.ready, depth.leased, depth.delayed, depth.dead]
}

fn lost(result: Result<(), QueueError>) -> bool {
    matches!(result, Err(QueueError::LeaseLost { ref key }) if key == "a")
}

pub async fn a_message_arrives_as_it_was_sent(subject: &dyn Subject) {
    let queue = subject.queue();
    assert_eq!(depth(queue).await, [0, 0, 0, 0]);
    queue.publish(TOPIC, "頁-1", &[0, 255, b'\n']).await.unwrap();
    assert_eq!(depth(queue).await, [1, 0, 0, 0]);
    let delivery = receive(queue).await.unwrap();
    assert_eq!(
        (delivery.topic, delivery.key.as_str(), &delivery.body[..]),
        (TOPIC, "頁-1", &[0, 255, b'\n'][..])
    );
    assert_eq!((delivery.attempt, delivery.attempts_allowed, delivery.is_last()), (1, 4, false));
    assert_eq!(delivery.died_of, None);
    assert_eq!(depth(queue).await, [0, 1, 0, 0]);
    queue.finish(delivery, Verdict::Done).await.unwrap();
    assert_eq!(depth(queue).await, [0, 0, 0, 0]);
    subject.pass(LEASE * 2).await;
    assert!(receive(queue).await.is_none());
}

pub async fn topics_do_not_mix(subject: &dyn Subject) {
    let queue = subject.queue();
    queue.publish(Topic::PageRead, "a", b"").await.unwrap();
    assert!(receive(queue).await.is_none());
    assert_eq!(depth(queue).await, [0, 0, 0, 0]);
    let delivery = queue.receive(Topic::PageRead, LEASE, NO_PATIENCE).await.unwrap().unwrap();
    assert_eq!(delivery.topic, Topic::PageRead);
}

pub async fn the_oldest_comes_first(subject: &dyn Subject) {
    let queue = subject.queue();
    for key in ["a", "b", "c"] {
        queue.publish(TOPIC, key, b"").await.unwrap();
    }
    for key in ["a", "b", "c"] {
        assert_eq!(receive(queue).await.unwrap().key, key);
    }
}

pub async fn a_waiting_receiver_gets_what_is_published_meanwhile(subject: &dyn Subject) {
    let queue = subject.queue();
    let waiting = queue.receive(TOPIC, LEASE, Duration::from_secs(60));
    let publishing = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        queue.publish(TOPIC, "a", b"").await
    };
    let (received, published) = tokio::join!(waiting, publishing);
    published.unwrap();
    assert_eq!(received.unwrap().unwrap().key, "a");
}

pub async fn patience_ends(subject: &dyn Subject) {
    let received = subject.queue().receive(TOPIC, LEASE, Duration::from_millis(20)).await;
    assert!(received.unwrap().is_none());
}

pub async fn a_message_in_hand_is_given_to_nobody_else(subject: &dyn Subject) {
    let queue = subject.queue();
    queue.publish(TOPIC, "a", b"").await.unwrap();
    let _held = receive(queue).await.unwrap();
    subject.pass(LEASE / 2).await;
    assert!(receive(queue).await.is_none());
}

pub async fn an_expired_lease_comes_back_and_its_late_holder_is_refused(subject: &dyn Subject) {
    let queue = subject.queue();
    queue.publish(TOPIC, "a", b"body").await.unwrap();
    let late = receive(queue).await.unwrap();
    subject.pass(LEASE * 2).await;
    assert_eq!(depth(queue).await, [1, 0, 0, 0]);
    let current = receive(queue).await.unwrap();
    assert_eq!((current.attempt, &current.body[..]), (2, &b"body"[..]));
    assert!(lost(queue.extend(&late, LEASE).await));
    for verdict in [
        Verdict::Done,
        Verdict::RetryAfter(Duration::ZERO),
        Verdict::Return(Duration::ZERO),
        Verdict::GiveUp("理由".into()),
    ] {
        assert!(lost(queue.finish(late.clone(), verdict).await));
    }
    assert_eq!(depth(queue).await, [0, 1, 0, 0], "the new holder keeps the message");
    queue.finish(current, Verdict::Done).await.unwrap();
}

pub async fn an_extended_lease_holds(subject: &dyn Subject) {
    let queue = subject.queue();
    queue.publish(TOPIC, "a", b"").await.unwrap();
    let held = receive(queue).await.unwrap();
    for _ in 0..3 {
        subject.pass(LEASE * 2 / 3).await;
        queue.extend(&held, LEASE).await.unwrap();
    }
    assert!(receive(queue).await.is_none());
    queue.finish(held, Verdict::Done).await.unwrap();
}

pub async fn an_expired_lease_that_nobody_took_over_can_still_be_finished(subject: &dyn Subject) {
    let queue = subject.queue();
    queue.publish(TOPIC, "a", b"").await.unwrap();
    let late = receive(queue).await.unwrap();
    subject.pass(LEASE * 2).await;
    queue.finish(late, Verdict::Done).await.unwrap();
    assert!(receive(queue).await.is_none());
}

pub async fn a_retry_comes_back_after_its_delay_and_not_before(subject: &dyn Subject) {
    let queue = subject.queue();
    queue.publish(TOPIC, "a", b"").await.unwrap();
    let first = receive(queue).await.unwrap();
    queue.finish(first.clone(), Verdict::RetryAfter(LEASE)).await.unwrap();
    assert!(lost(queue.finish(first, Verdict::Done).await), "the loan is over");
    assert_eq!(depth(queue).await, [0, 0, 1, 0]);
    subject.pass(LEASE / 2).await;
    assert!(receive(queue).await.is_none());
    subject.pass(LEASE).await;
    let second = receive(queue).await.unwrap();
    assert_eq!(second.attempt, 2);
    queue.finish(second, Verdict::RetryAfter(Duration::ZERO)).await.unwrap();
    assert_eq!(receive(queue).await.unwrap().attempt, 3, "no delay is at once");
}

pub async fn a_returned_message_goes_to_somebody_else_and_counts_as_no_attempt(subject: &dyn Subject) {
    let queue = subject.queue();
    queue.publish(TOPIC, "a", b"body").await.unwrap();
    for _ in 0..6 {
        let delivery = receive(queue).await.unwrap();
        assert_eq!((delivery.attempt, &delivery.body[..]), (1, &b"body"[..]));
        queue.finish(delivery.clone(), Verdict::Return(Duration::ZERO)).await.unwrap();
        assert!(lost(queue.finish(delivery, Verdict::Done).await), "the loan is over");
    }
    let failed = receive(queue).await.unwrap();
    queue.finish(failed, Verdict::RetryAfter(Duration::ZERO)).await.unwrap();
    let delivery = receive(queue).await.unwrap();
    queue.finish(delivery, Verdict::Return(LEASE)).await.unwrap();
    assert_eq!(depth(queue).await, [0, 0, 1, 0]);
    subject.pass(LEASE / 2).await;
    assert!(receive(queue).await.is_none());
    subject.pass(LEASE).await;
    assert_eq!(receive(queue).await.unwrap().attempt, 2, "what failed before still counts");
}

pub async fn four_failures_kill(subject: &dyn Subject) {
    let queue = subject.queue();
    queue.publish(TOPIC, "a", b"").await.unwrap();
    for attempt in 1..=4 {
        let delivery = receive(queue).await.unwrap();
        assert_eq!((delivery.attempt, delivery.is_last()), (attempt, attempt == 4));
        queue.finish(delivery, Verdict::RetryAfter(Duration::ZERO)).await.unwrap();
    }
    assert!(receive(queue).await.is_none());
    assert_eq!(depth(queue).await, [0, 0, 0, 1]);
    let dead = queue.receive_dead(TOPIC, LEASE).await.unwrap().unwrap();
    assert!(dead.died_of.is_some_and(|reason| !reason.is_empty()));
}

pub async fn four_crashes_kill(subject: &dyn Subject) {
    let queue = subject.queue();
    queue.publish(TOPIC, "a", b"").await.unwrap();
    queue.publish(TOPIC, "b", b"").await.unwrap();
    for attempt in 1..=4 {
        let delivery = receive(queue).await.unwrap();
        assert_eq!((delivery.key.as_str(), delivery.attempt), ("a", attempt));
        subject.pass(LEASE * 2).await;
    }
    assert_eq!(receive(queue).await.unwrap().key, "b", "its neighbour is not stopped");
    assert_eq!(depth(queue).await, [0, 1, 0, 1]);
}

pub async fn a_message_given_up_keeps_its_reason_until_it_is_taken_care_of(subject: &dyn Subject) {
    let queue = subject.queue();
    queue.publish(TOPIC, "a", b"body").await.unwrap();
    let delivery = receive(queue).await.unwrap();
    queue.finish(delivery, Verdict::GiveUp("読み取り中に異常が起きました".into())).await.unwrap();
    assert!(receive(queue).await.is_none());
    for _ in 0..6 {
        let dead = queue.receive_dead(TOPIC, LEASE).await.unwrap().unwrap();
        assert_eq!((dead.key.as_str(), &dead.body[..], dead.attempt), ("a", &b"body"[..], 1));
        assert_eq!(dead.died_of.as_deref(), Some("読み取り中に異常が起きました"));
        assert!(queue.receive_dead(TOPIC, LEASE).await.unwrap().is_none(), "on loan as any other");
        assert_eq!(depth(queue).await, [0, 0, 0, 1]);
        subject.pass(LEASE * 2).await;
    }
    let dead = queue.receive_dead(TOPIC, LEASE).await.unwrap().unwrap();
    queue.finish(dead, Verdict::RetryAfter(Duration::ZERO)).await.unwrap();
    let dead = queue.receive_dead(TOPIC, LEASE).await.unwrap().unwrap();
    queue.finish(dead, Verdict::Done).await.unwrap();
    assert_eq!(depth(queue).await, [0, 0, 0, 0]);
}

pub async fn a_delivery_is_finished_once(subject: &dyn Subject) {
    let queue = subject.queue();
    queue.publish(TOPIC, "a", b"").await.unwrap();
    let delivery = receive(queue).await.unwrap();
    queue.finish(delivery.clone(), Verdict::Done).await.unwrap();
    assert!(lost(queue.finish(delivery.clone(), Verdict::Done).await));
    assert!(lost(queue.extend(&delivery, LEASE).await));
}

pub async fn consumers_in_parallel_never_hold_the_same_message(subject: &dyn Subject) {
    let queue = subject.queue();
    for number in 0..100 {
        queue.publish(TOPIC, &number.to_string(), b"").await.unwrap();
    }
    let (held, seen) = (Mutex::new(HashSet::new()), Mutex::new(Vec::new()));
    let consume = || async {
        while let Some(delivery) = receive(queue).await {
            let key = delivery.key.clone();
            assert!(held.lock().unwrap().insert(key.clone()), "{key} is in two hands");
            tokio::task::yield_now().await;
            assert!(held.lock().unwrap().remove(&key));
            // Every third message fails once: it must come back to somebody.
            let fails = delivery.attempt == 1 && key.parse::<u32>().unwrap().is_multiple_of(3);
            let verdict = if fails { Verdict::RetryAfter(Duration::ZERO) } else { Verdict::Done };
            queue.finish(delivery, verdict).await.unwrap();
            seen.lock().unwrap().extend((!fails).then_some(key));
        }
    };
    tokio::join!(consume(), consume(), consume(), consume());
    let seen = seen.into_inner().unwrap();
    assert_eq!(seen.len(), 100);
    assert_eq!(seen.into_iter().collect::<HashSet<_>>().len(), 100);
}

/// A crowd of `workers` takes `messages` through two ways into one queue: as nobody dies, nothing comes twice.
pub async fn all_arrive_once<Q: Queue + 'static>(queues: [Arc<Q>; 2], messages: usize, workers: usize) {
    let mut publishing = tokio::task::JoinSet::new();
    for number in 0..messages {
        let queue = queues[number % 2].clone();
        publishing.spawn(async move { queue.publish(TOPIC, &number.to_string(), b"body").await.unwrap() });
    }
    publishing.join_all().await;
    assert_eq!(queues[0].depth(TOPIC).await.unwrap().ready, messages as u64);

    let seen = Arc::new(Mutex::new(Vec::new()));
    let mut consuming = tokio::task::JoinSet::new();
    for worker in 0..workers {
        let (queue, seen) = (queues[worker % 2].clone(), seen.clone());
        consuming.spawn(async move {
            while let Some(delivery) = queue.receive(TOPIC, LEASE, Duration::ZERO).await.unwrap() {
                seen.lock().unwrap().push(delivery.key.clone());
                queue.finish(delivery, Verdict::Done).await.unwrap();
            }
        });
    }
    consuming.join_all().await;
    assert_eq!(queues[1].depth(TOPIC).await.unwrap().total(), 0);
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    assert_eq!(seen.len(), messages, "nobody died and no lease expired, so nothing is delivered twice");
    assert_eq!(seen.iter().collect::<HashSet<_>>().len(), messages);
}
