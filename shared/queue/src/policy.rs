//! What an engine decides by itself.

use crate::Topic;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Where an engine gets the time from; tests pass their own.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// What the engine decides by itself.
#[derive(Clone)]
pub struct Policy {
    /// Deliveries of one message before it is dead. 4: a first try and three more, as brokers count it.
    pub max_deliveries: u32,
    /// How often a waiting receiver looks for messages of other processes; those of its own process wake it.
    pub poll: Duration,
    /// The time of leases and delays.
    pub clock: Clock,
    /// Messages that a broker may hand to this process beyond those that are finished, by topic in the order of
    /// [`Topic::ALL`], from 1. The SQLite engine hands over one at a time.
    pub prefetch: [u16; Topic::ALL.len()],
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            max_deliveries: 4,
            // A tenth of what a person calls waiting, and five empty looks a second cost nothing.
            poll: Duration::from_millis(200),
            clock: Arc::new(SystemTime::now),
            prefetch: [16; Topic::ALL.len()],
        }
    }
}
