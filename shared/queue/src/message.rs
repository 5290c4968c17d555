//! Which message of the house travels under which topic.

use crate::{Delivery, Queue, QueueError, Topic};
use domain::message::{PageRead, ReadPage, ReaderReport};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A message of [`domain::message`] on its way through a queue, as JSON.
pub trait Message: Serialize + DeserializeOwned + Send + Sync {
    /// Where it travels.
    const TOPIC: Topic;

    /// What it is called: the page and the round of its reading, or the reader.
    fn key(&self) -> String;
}

impl Message for ReadPage {
    const TOPIC: Topic = Topic::ReadPage;

    fn key(&self) -> String {
        format!("{}#{}", self.page, self.round)
    }
}

impl Message for PageRead {
    const TOPIC: Topic = Topic::PageRead;

    fn key(&self) -> String {
        format!("{}#{}", self.page, self.round)
    }
}

impl Message for ReaderReport {
    const TOPIC: Topic = Topic::ReaderReport;

    fn key(&self) -> String {
        self.name.clone()
    }
}

impl dyn Queue {
    /// Publishes `message` under its own topic and key.
    pub async fn send<M: Message>(&self, message: &M) -> Result<(), QueueError> {
        let key = message.key();
        let body = serde_json::to_vec(message).map_err(|_| QueueError::Malformed {
            topic: M::TOPIC.as_str(),
            key: key.clone(),
            column: 0,
        })?;
        self.publish(M::TOPIC, &key, &body).await
    }
}

impl Delivery {
    /// The message inside; [`QueueError::Malformed`] when the body is none of this topic.
    pub fn message<M: Message>(&self) -> Result<M, QueueError> {
        // The parser's own text may quote the body, so only the place is kept.
        serde_json::from_slice(&self.body).map_err(|error| QueueError::Malformed {
            topic: self.topic.as_str(),
            key: self.key.clone(),
            column: error.column(),
        })
    }
}
