//! Owns: messages between services: one contract ([`Queue`]) and its engines.
//! Never: looks into a message, knows a page or a person, or loses what it accepted.
//! Start reading at: [`contract`] (the verbs and what they promise), then [`sqlite`] (the default engine) and [`rabbit`].

pub mod address;
pub mod contract;
pub mod error;
pub mod message;
pub mod policy;
pub mod rabbit;
pub mod sqlite;

#[cfg(test)]
mod tests;

pub use address::{open, without_password};
pub use contract::{Delivery, Depth, Queue, Receipt, Topic, Verdict};
pub use error::QueueError;
pub use message::Message;
pub use policy::{Clock, Policy};
pub use rabbit::RabbitQueue;
pub use sealed::{Resealed, reseal};
pub use sqlite::SqliteQueue;
