//! The one error of this room.

use std::path::PathBuf;
use std::sync::Arc;

/// What can go wrong with a queue. Never quotes a message body: it may hold personal values.
#[derive(Clone, Debug, thiserror::Error)]
pub enum QueueError {
    /// The lease ended and somebody else has, or has finished, the message.
    #[error("the lease of message {key} has ended; whoever received it since owns it")]
    LeaseLost {
        /// Key of the message.
        key: String,
    },
    /// The body is not what the topic promises.
    #[error(
        "message {key} of topic {topic} is not understood (at byte {column}); was it sent by another version?"
    )]
    Malformed {
        /// Word of the topic.
        topic: &'static str,
        /// Key of the message.
        key: String,
        /// Where parsing stopped, bytes from 1; 0 when it could not be written.
        column: usize,
    },
    /// `YOMITORI_QUEUE` names no queue that this program can open.
    #[error(
        "YOMITORI_QUEUE={address} is no queue that this program knows; use sqlite: (the default), \
         sqlite:/path/to/queue.db, amqp://HOST/VHOST or amqps://HOST/VHOST"
    )]
    Address {
        /// What was given, without user and password.
        address: String,
    },
    /// The file cannot be opened with the keys at hand.
    #[error(transparent)]
    File(Arc<sealed::SealError>),
    /// The file is no database any more. Nothing is lost with it: rows know which pages wait.
    #[error(
        "the queue database {} is damaged: stop every role, move it aside (a new one is made by itself), and run \
         `yomitori requeue --older-than 0`, which asks anew for every page that was in it",
        path.display()
    )]
    Broken {
        /// The file.
        path: PathBuf,
    },
    /// SQLite refused.
    #[error("the queue database failed: {0}")]
    Storage(#[source] Arc<rusqlite::Error>),
    /// The schema could not be brought up to date.
    #[error("the queue database cannot be brought to this version: {0}")]
    Migration(#[source] Arc<rusqlite_migration::Error>),
    /// The engine's thread cannot be started.
    #[error("cannot start the thread of the queue: {source}")]
    Thread {
        /// What the system said.
        source: Arc<std::io::Error>,
    },
    /// A setting of the queue is not right.
    #[error("{name} {why}")]
    Setting {
        /// The environment variable.
        name: &'static str,
        /// What is wrong with it; never a password.
        why: String,
    },
    /// The broker does not answer.
    #[error(
        "the message broker {broker} cannot be reached ({trouble}). Nothing is lost, and it is tried again by \
         itself; if this stays so, check that RabbitMQ runs there and that YOMITORI_QUEUE is right"
    )]
    Unreachable {
        /// Host, port and vhost.
        broker: String,
        /// What happened.
        trouble: String,
    },
    /// The broker lets nobody in with this name.
    #[error(
        "the message broker {broker} does not let us in ({trouble}): check YOMITORI_QUEUE_USER, \
         YOMITORI_QUEUE_PASSWORD and the vhost, and the rights of that user there"
    )]
    NotAdmitted {
        /// Host, port and vhost.
        broker: String,
        /// What the broker said.
        trouble: String,
    },
    /// Queues of that name are there, but others than this program makes.
    #[error(
        "the message broker {broker} has a queue of our name that was made otherwise ({trouble}); use another \
         vhost, or delete that queue once it is empty"
    )]
    Topology {
        /// Host, port and vhost.
        broker: String,
        /// What the broker said.
        trouble: String,
    },
    /// A message was sealed with a key that this process does not have.
    #[error(
        "message {key} is sealed with the key {id}, which is not among those given here; it is left to others. Give \
         this machine the keys of the hub (YOMITORI_KEY or YOMITORI_KEY_FILE)"
    )]
    NoKey {
        /// Key of the message.
        key: String,
        /// Id of the key of the seal.
        id: String,
    },
    /// Only one hub may work at a broker's vhost, and it is another one.
    #[error(
        "another hub already works at the message broker {broker}: two cities may not share a vhost. Stop the other \
         matcher, or give this one a vhost of its own; it is tried again by itself"
    )]
    Occupied {
        /// Host, port and vhost.
        broker: String,
    },
    /// The broker did not take a message over.
    #[error(
        "the message broker {broker} did not accept message {key} ({trouble}); it is sent again. If this stays so, \
         look at the broker's disk and memory"
    )]
    NotAccepted {
        /// Host, port and vhost.
        broker: String,
        /// Key of the message.
        key: String,
        /// What the broker said.
        trouble: String,
    },
    /// The engine has ended.
    #[error("the queue has been closed")]
    Closed,
}

impl QueueError {
    /// Whether the same call may succeed later without anybody changing the program or its settings.
    pub fn is_temporary(&self) -> bool {
        match self {
            QueueError::Storage(error) => storage_is_temporary(error),
            QueueError::File(error) => error.is_temporary(),
            QueueError::Unreachable { .. } | QueueError::Occupied { .. } | QueueError::NotAccepted { .. } => {
                true
            }
            _ => false,
        }
    }
}

/// A busy, full or unreachable disk heals; a wrong statement or a damaged file does not.
fn storage_is_temporary(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{
        CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, OutOfMemory, PermissionDenied, ReadOnly,
        SystemIoFailure,
    };
    matches!(
        error.sqlite_error_code(),
        Some(
            DatabaseBusy
                | DatabaseLocked
                | DiskFull
                | OutOfMemory
                | SystemIoFailure
                | CannotOpen
                | PermissionDenied
                | ReadOnly
        )
    )
}

impl From<rusqlite::Error> for QueueError {
    fn from(error: rusqlite::Error) -> Self {
        QueueError::Storage(Arc::new(error))
    }
}

impl From<sealed::SealError> for QueueError {
    fn from(error: sealed::SealError) -> Self {
        match error {
            sealed::SealError::Broken { path } => QueueError::Broken { path },
            error => QueueError::File(Arc::new(error)),
        }
    }
}

impl From<rusqlite_migration::Error> for QueueError {
    fn from(error: rusqlite_migration::Error) -> Self {
        QueueError::Migration(Arc::new(error))
    }
}
