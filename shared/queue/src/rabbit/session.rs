//! One connection to the broker, from its handshake to its end, and what goes over it.

use super::letter::Letter;
use super::loans::Loan;
use super::settings::Settings;
use super::source::Source;
use super::topology::{self, Place};
use crate::{Policy, QueueError, Topic};
use domain::key::Keyring;
use lapin::options::{BasicAckOptions, BasicNackOptions, BasicPublishOptions, ConfirmSelectOptions};
use lapin::protocol::AMQPError;
use lapin::{Channel, Connection, ConnectionProperties, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;
use tokio::sync::OnceCell;

/// How long the broker may take to answer, longer than the longest pause of its disk. After that the connection is
/// given up.
const ANSWER: Duration = Duration::from_secs(20);
/// How long a connection may take to be made.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// AMQP's numbers of what a broker may refuse.
pub(super) mod refusal {
    /// No right to do so; or the queue is in exclusive use.
    pub const ACCESS: u16 = 403;
    /// It belongs to another connection.
    pub const LOCKED: u16 = 405;
    /// Something of that name is there, but otherwise.
    pub const PRECONDITION: u16 = 406;
    /// No such vhost, or not for this user.
    pub const NOT_ALLOWED: u16 = 530;
}

/// One connection.
pub(super) struct Session {
    pub(super) broker: String,
    pub(super) prefix: String,
    pub(super) keys: Option<Keyring>,
    connection: Connection,
    /// Everything that is published goes here, each waiting for its own confirmation.
    publishing: Channel,
    /// Questions about queues.
    asking: Channel,
    policy: Policy,
    ids: Arc<AtomicI64>,
    topics: [Desk; Topic::ALL.len()],
    /// Held by the one hub.
    seat: OnceCell<Channel>,
}

/// What is open of one topic; opened when first needed.
#[derive(Default)]
struct Desk {
    declared: OnceCell<()>,
    ready: OnceCell<Source>,
    dead: OnceCell<Source>,
}

impl Session {
    /// Connects and shakes hands.
    ///
    /// # Errors
    /// The broker is away, or lets nobody in.
    pub(super) async fn connect(
        settings: &Settings,
        policy: &Policy,
        ids: Arc<AtomicI64>,
    ) -> Result<Self, QueueError> {
        let broker = settings.to_string();
        let properties = ConnectionProperties::default().with_connection_name("yomitori".into());
        let connecting = Connection::connect_uri_with_config(
            settings.uri.clone(),
            properties,
            settings.tls.clone(),
            lapin::runtime::default_runtime().map_err(|error| trouble(&broker, &error))?,
        );
        let connection = within(&broker, HANDSHAKE, connecting).await?;
        let publishing = within(&broker, ANSWER, connection.create_channel()).await?;
        within(&broker, ANSWER, publishing.confirm_select(ConfirmSelectOptions::default())).await?;
        let asking = within(&broker, ANSWER, connection.create_channel()).await?;
        let (prefix, keys, policy) = (settings.prefix.clone(), settings.keys.clone(), policy.clone());
        let (topics, seat) = Default::default();
        Ok(Self { broker, prefix, keys, connection, publishing, asking, policy, ids, topics, seat })
    }

    /// Whether it is worth trying.
    pub(super) fn is_alive(&self) -> bool {
        self.connection.status().connected()
            && self.publishing.status().connected()
            && self.asking.status().connected()
    }

    /// Waits for an answer of the broker's, but not for ever.
    pub(super) async fn answer<T>(
        &self,
        asked: impl Future<Output = lapin::Result<T>>,
    ) -> Result<T, QueueError> {
        within(&self.broker, ANSWER, asked).await
    }

    pub(super) async fn new_channel(&self) -> Result<Channel, QueueError> {
        self.answer(self.connection.create_channel()).await
    }

    /// Makes the queues of `topic` where they are missing; asked once a connection.
    ///
    /// # Errors
    /// [`QueueError::Topology`] when there is one of that name that was made otherwise.
    pub(super) async fn declare(&self, topic: Topic) -> Result<(), QueueError> {
        let declare = async || {
            let (prefix, allowed) = (&self.prefix, self.policy.max_deliveries);
            let made = topology::declare(&self.asking, prefix, topic, allowed);
            match self.answer(async { Ok(made.await) }).await? {
                Err(error) if refused_with(&error) == Some(refusal::PRECONDITION) => {
                    Err(QueueError::Topology { broker: self.broker.clone(), trouble: words(&error) })
                }
                made => made.map_err(|error| trouble(&self.broker, &error)),
            }
        };
        self.topics[topic as usize].declared.get_or_try_init(declare).await.copied()
    }

    /// Removes the queues of `topic` with all that is in them.
    ///
    /// # Errors
    /// The broker's.
    pub(super) async fn delete(&self, topic: Topic) -> Result<(), QueueError> {
        self.answer(topology::delete(&self.asking, &self.prefix, topic)).await
    }

    /// All but requests to read belongs to one hub, the dead too: of two that took turns, each would get half of the other's pages.
    async fn sit(&self) -> Result<(), QueueError> {
        let sit = async || {
            let channel = self.new_channel().await?;
            match self.answer(async { Ok(topology::sit_alone(&channel, &self.prefix).await) }).await? {
                Ok(()) => Ok(channel),
                Err(error) if refused_with(&error) == Some(refusal::LOCKED) => {
                    Err(QueueError::Occupied { broker: self.broker.clone() })
                }
                Err(error) => Err(trouble(&self.broker, &error)),
            }
        };
        self.seat.get_or_try_init(sit).await.map(drop)
    }

    /// Where messages of `topic` come from; the broker begins to hand them over at the first call.
    ///
    /// # Errors
    /// [`QueueError::Occupied`] when somebody else receives what only one may receive.
    pub(super) async fn ready(&self, topic: Topic) -> Result<&Source, QueueError> {
        self.declare(topic).await?;
        if topic != Topic::ReadPage {
            self.sit().await?;
        }
        let prefetch = self.policy.prefetch[topic as usize].max(1);
        let open = || Source::consuming(self, Place::Ready(topic), prefetch, self.ids.clone());
        self.topics[topic as usize].ready.get_or_try_init(open).await
    }

    /// The same, without asking the broker for anything.
    pub(super) fn ready_if_open(&self, topic: Topic) -> Option<&Source> {
        self.topics[topic as usize].ready.get()
    }

    /// Where dead messages of `topic` are fetched one by one.
    ///
    /// # Errors
    /// [`QueueError::Occupied`] when they are somebody else's to look after.
    pub(super) async fn dead(&self, topic: Topic) -> Result<&Source, QueueError> {
        self.declare(topic).await?;
        self.sit().await?;
        let open = || Source::fetching(self, Place::Dead(topic), self.ids.clone());
        self.topics[topic as usize].dead.get_or_try_init(open).await
    }

    pub(super) fn dead_if_open(&self, topic: Topic) -> Option<&Source> {
        self.topics[topic as usize].dead.get()
    }

    /// Messages in `place` that are in nobody's hands.
    ///
    /// # Errors
    /// The broker's.
    pub(super) async fn waiting(&self, place: Place) -> Result<u64, QueueError> {
        self.answer(topology::waiting(&self.asking, &self.prefix, place)).await
    }

    /// Puts a message into `place`; on `Ok` the broker has it on disk.
    ///
    /// # Errors
    /// [`QueueError::NotAccepted`] when the broker will not have it, or has no such queue (any more).
    pub(super) async fn publish(&self, place: Place, letter: &Letter) -> Result<(), QueueError> {
        // Without `mandatory` a message for a queue that somebody deleted would be confirmed and be gone.
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let queue = place.name(&self.prefix).into();
        let (properties, body) = letter.posted(self.keys.as_ref())?;
        let sent = self.publishing.basic_publish("".into(), queue, options, &body, properties);
        let confirmation = self.answer(async { sent.await?.await }).await.map_err(|error| {
            if self.connection.status().blocked() {
                self.not_accepted(letter, "it is short of disk or memory")
            } else {
                error
            }
        })?;
        let accepted = confirmation.is_ack();
        match confirmation.take_message() {
            Some(returned) => Err(self.not_accepted(letter, returned.reply_text.as_str())),
            None if accepted => Ok(()),
            None => Err(self.not_accepted(letter, "refused")),
        }
    }

    /// Tells the broker that a message is done with.
    ///
    /// # Errors
    /// The connection is gone; then somebody else gets the message.
    pub(super) async fn acknowledge(&self, loan: &Loan) -> Result<(), QueueError> {
        let told = self.answer(loan.acker.ack(BasicAckOptions::default())).await?;
        self.told(told, loan)
    }

    /// Lets the broker give a message to whoever asks next.
    ///
    /// # Errors
    /// The connection is gone; then that happens anyway.
    pub(super) async fn hand_back(&self, loan: &Loan) -> Result<(), QueueError> {
        let options = BasicNackOptions { requeue: true, ..BasicNackOptions::default() };
        let told = self.answer(loan.acker.nack(options)).await?;
        self.told(told, loan)
    }

    /// The channel refuses when it ended, or when the broker has been told already.
    fn told(&self, told: bool, loan: &Loan) -> Result<(), QueueError> {
        if told { Ok(()) } else { Err(QueueError::LeaseLost { key: loan.letter.key.clone() }) }
    }

    fn not_accepted(&self, letter: &Letter, trouble: &str) -> QueueError {
        let (broker, key) = (self.broker.clone(), letter.key.clone());
        QueueError::NotAccepted { broker, key, trouble: trouble.to_owned() }
    }
}

async fn within<T>(
    broker: &str,
    limit: Duration,
    asked: impl Future<Output = lapin::Result<T>>,
) -> Result<T, QueueError> {
    match tokio::time::timeout(limit, asked).await {
        Ok(answer) => answer.map_err(|error| trouble(broker, &error)),
        Err(_) => Err(silent(broker)),
    }
}

fn silent(broker: &str) -> QueueError {
    QueueError::Unreachable { broker: broker.to_owned(), trouble: "it does not answer in time".to_owned() }
}

/// What the broker's or the network's refusal means for whoever reads it.
pub(super) fn trouble(broker: &str, error: &lapin::Error) -> QueueError {
    let (broker, words) = (broker.to_owned(), words(error));
    match refused_with(error) {
        Some(refusal::ACCESS | refusal::NOT_ALLOWED) => QueueError::NotAdmitted { broker, trouble: words },
        _ => QueueError::Unreachable { broker, trouble: words },
    }
}

/// The number of the broker's refusal, if it was one.
pub(super) fn refused_with(error: &lapin::Error) -> Option<u16> {
    said(error).map(AMQPError::get_id)
}

/// The broker's own words, or the network's.
pub(super) fn words(error: &lapin::Error) -> String {
    said(error).map_or_else(|| error.to_string(), |said| said.get_message().as_str().to_owned())
}

fn said(error: &lapin::Error) -> Option<&AMQPError> {
    match error.kind() {
        ErrorKind::ProtocolError(said) => Some(said),
        _ => None,
    }
}
