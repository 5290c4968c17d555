//! The connection that everything shares: made when it is first needed, made again when it broke, never by two at
//! once and never in a hurry.

use super::session::Session;
use super::settings::Settings;
use crate::{Policy, QueueError};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// First pause after a failed try; doubles with each one in a row.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// Longest pause: people wait for the broker to be noticed again, and forty readers that knock every five seconds
/// are nothing to it.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The way to the broker.
pub(super) struct Link {
    settings: Settings,
    policy: Policy,
    state: Mutex<State>,
    /// Numbers messages as they arrive, over all connections, so that no receipt of an old one fits a new one.
    ids: Arc<AtomicI64>,
}

#[derive(Default)]
struct State {
    session: Option<Arc<Session>>,
    /// Tries in a row that failed.
    failures: u32,
    /// Why the last one failed, and when the next one may be made.
    last: Option<(QueueError, Instant)>,
}

impl Link {
    pub(super) fn new(settings: Settings, policy: Policy) -> Self {
        Self { settings, policy, state: Mutex::default(), ids: Arc::default() }
    }

    /// The connection as it is, or a new one.
    ///
    /// # Errors
    /// The broker is away, or was so a moment ago.
    pub(super) async fn session(&self) -> Result<Arc<Session>, QueueError> {
        let mut state = self.state.lock().await;
        if let Some(session) = state.session.take_if(|session| !session.is_alive()) {
            // Nobody is told twice: whoever waits on it hears of it there.
            drop(session);
        }
        if let Some(session) = &state.session {
            return Ok(session.clone());
        }
        if let Some((error, not_before)) = &state.last
            && Instant::now() < *not_before
        {
            return Err(error.clone());
        }
        match Session::connect(&self.settings, &self.policy, self.ids.clone()).await {
            Ok(session) => {
                let session = Arc::new(session);
                *state = State { session: Some(session.clone()), ..State::default() };
                Ok(session)
            }
            Err(error) => {
                state.last = Some((error.clone(), Instant::now() + pause(state.failures)));
                state.failures = state.failures.saturating_add(1);
                Err(error)
            }
        }
    }

    /// Gives up a connection on which something unforeseen happened: the broker then gives everything that it had
    /// handed over here to somebody else, so nothing hangs between the two.
    pub(super) async fn discard(&self, broken: &Arc<Session>) {
        let mut state = self.state.lock().await;
        state.session.take_if(|session| Arc::ptr_eq(session, broken));
    }
}

/// Doubles with every failure, and differs by a quarter either way, so that readers that lost the broker together do
/// not come back together.
fn pause(failures: u32) -> Duration {
    let pause = (FIRST_PAUSE * 2_u32.pow(failures.min(10))).min(LONGEST_PAUSE);
    let chance = RandomState::new().hash_one(failures) % 1000;
    pause.mul_f64(0.75 + chance as f64 / 2000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_differ_and_end_at_seconds() {
        assert!((188..=312).contains(&pause(0).as_millis()));
        for failures in [5, 10, 1000, u32::MAX] {
            assert!((3750..=6250).contains(&pause(failures).as_millis()), "{failures}");
        }
        assert!((0..50).any(|_| pause(5) != pause(5)));
    }
}
