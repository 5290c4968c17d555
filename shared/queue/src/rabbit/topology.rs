//! What the program keeps in the broker. Of every topic: the queue itself, one for the dead, and one for each delay,
//! all of them quorum queues, so that a message survives the loss of a node.

use crate::Topic;
use lapin::Channel;
use lapin::options::{QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use std::time::Duration;

/// Pauses that there are, seconds; another one is rounded up, a longer one is the last. One queue each, because a
/// queue lets a message go only when all before it have gone.
pub(super) const DELAYS: [u64; 5] = [1, 4, 16, 64, 256];

/// How often a broker may take a dead message back: practically for ever. Left open, newer brokers drop it after 20.
const FOR_EVER: i64 = 1_000_000_000;

/// One of the queues of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Ready to be received.
    Ready(Topic),
    /// Given up.
    Dead(Topic),
    /// Waiting for so many seconds, one of [`DELAYS`].
    Delayed(Topic, u64),
}

impl Place {
    /// Where a message of `topic` waits for `delay`.
    pub(super) fn after(topic: Topic, delay: Duration) -> Self {
        let longest = DELAYS[DELAYS.len() - 1];
        let class = DELAYS.into_iter().find(|&seconds| Duration::from_secs(seconds) >= delay);
        if delay.is_zero() { Place::Ready(topic) } else { Place::Delayed(topic, class.unwrap_or(longest)) }
    }

    /// All queues of `topic`, those before that others point to.
    pub(super) fn all(topic: Topic) -> impl Iterator<Item = Self> {
        let delayed = DELAYS.into_iter().map(move |seconds| Place::Delayed(topic, seconds));
        [Place::Dead(topic), Place::Ready(topic)].into_iter().chain(delayed)
    }

    /// Its name in the broker: `yomitori.read-page`, `yomitori.read-page.dead`, `yomitori.read-page.after-16s`.
    pub(super) fn name(self, prefix: &str) -> String {
        match self {
            Place::Ready(topic) => format!("{prefix}.{}", topic.as_str()),
            Place::Dead(topic) => format!("{prefix}.{}.dead", topic.as_str()),
            Place::Delayed(topic, seconds) => format!("{prefix}.{}.after-{seconds}s", topic.as_str()),
        }
    }

    pub(super) fn is_for_the_dead(self) -> bool {
        matches!(self, Place::Dead(_))
    }

    /// What a message is called here that came without a name.
    pub(super) fn without_key(self) -> String {
        match self {
            Place::Ready(topic) | Place::Dead(topic) | Place::Delayed(topic, _) => {
                format!("(without a key, in {})", topic.as_str())
            }
        }
    }

    /// Where the broker takes a message from here by itself; `None`: it stays.
    fn leads_to(self) -> Option<Self> {
        match self {
            Place::Ready(topic) => Some(Place::Dead(topic)),
            Place::Delayed(topic, _) => Some(Place::Ready(topic)),
            Place::Dead(_) => None,
        }
    }

    /// `x-…` arguments of the queue. They can never be changed on a queue that exists.
    fn arguments(self, prefix: &str, max_deliveries: u32) -> FieldTable {
        let text = |text: &str| AMQPValue::LongString(text.into());
        let number = AMQPValue::LongLongInt;
        let mut arguments = FieldTable::default();
        let mut set = |name: &str, value| {
            arguments.insert(ShortString::from(name), value);
        };
        set("x-queue-type", text("quorum"));
        match self {
            // The broker counts what it takes back: a limit of 3 lets the first delivery and three more happen.
            Place::Ready(_) => set("x-delivery-limit", number(i64::from(max_deliveries) - 1)),
            Place::Dead(_) => set("x-delivery-limit", number(FOR_EVER)),
            Place::Delayed(_, seconds) => set("x-message-ttl", number((seconds * 1000).cast_signed())),
        }
        if let Some(next) = self.leads_to() {
            set("x-dead-letter-exchange", text(""));
            set("x-dead-letter-routing-key", text(&next.name(prefix)));
            // A message leaves only when the next queue has it on disk; this asks for `reject-publish`.
            set("x-dead-letter-strategy", text("at-least-once"));
            set("x-overflow", text("reject-publish"));
        }
        arguments
    }
}

/// Makes the queues of `topic` that are missing.
///
/// # Errors
/// The broker's own; `PRECONDITION_FAILED` when one exists with other arguments.
pub(super) async fn declare(
    channel: &Channel,
    prefix: &str,
    topic: Topic,
    max_deliveries: u32,
) -> lapin::Result<()> {
    for place in Place::all(topic) {
        let arguments = place.arguments(prefix, max_deliveries);
        channel.queue_declare(place.name(prefix).into(), QueueDeclareOptions::durable(), arguments).await?;
    }
    Ok(())
}

/// Removes the queues of `topic` with all that is in them.
///
/// # Errors
/// The broker's own.
pub(super) async fn delete(channel: &Channel, prefix: &str, topic: Topic) -> lapin::Result<()> {
    for place in Place::all(topic) {
        channel.queue_delete(place.name(prefix).into(), QueueDeleteOptions::default()).await?;
    }
    Ok(())
}

/// Takes the seat of the one hub for as long as the connection lasts: a queue that exists for nothing else and belongs
/// to the connection alone. (Quorum queues know no exclusive consumers.)
///
/// # Errors
/// The broker's own; `RESOURCE_LOCKED` when the seat is taken.
pub(super) async fn sit_alone(channel: &Channel, prefix: &str) -> lapin::Result<()> {
    let name = format!("{prefix}.hub");
    channel
        .queue_declare(name.into(), QueueDeclareOptions::exclusive(), FieldTable::default())
        .await
        .map(drop)
}

/// Messages in the queue that are in nobody's hands.
///
/// # Errors
/// The broker's own; the channel is closed when there is no such queue.
pub(super) async fn waiting(channel: &Channel, prefix: &str, place: Place) -> lapin::Result<u64> {
    let options = QueueDeclareOptions::default().passive();
    let queue = channel.queue_declare(place.name(prefix).into(), options, FieldTable::default()).await?;
    Ok(u64::from(queue.message_count()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_rounded_up_and_bounded() {
        let after = |millis| Place::after(Topic::ReadPage, Duration::from_millis(millis));
        assert_eq!(after(0), Place::Ready(Topic::ReadPage));
        assert_eq!(after(1), Place::Delayed(Topic::ReadPage, 1));
        assert_eq!(after(1_000), Place::Delayed(Topic::ReadPage, 1));
        assert_eq!(after(1_001), Place::Delayed(Topic::ReadPage, 4));
        assert_eq!(after(100_000_000), Place::Delayed(Topic::ReadPage, 256));
    }

    #[test]
    fn queues_have_names_that_say_what_they_are() {
        let names: Vec<String> =
            Place::all(Topic::PageRead).map(|place| place.name("yomitori")).take(3).collect();
        assert_eq!(names, ["yomitori.page-read.dead", "yomitori.page-read", "yomitori.page-read.after-1s"]);
    }
}
