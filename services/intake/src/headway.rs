//! Back-pressure: how far intake may run ahead of readers and matcher.
//!
//! The rows say it, whatever engine the queue has: a page waits for the machine until its reading is matched, so one
//! count covers the outbox, the queue in both directions and what readers hold.

use crate::Config;
use anyhow::{Context, Result};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;
use store::Store;

/// Files taken between two looks at the rows, at most.
const LOOK_EVERY: u32 = 20;
/// How long intake waits before it looks whether there is room again.
const PAUSE: Duration = Duration::from_secs(1);

/// Whether intake holds back, and when that was last looked at.
pub(crate) struct Headway {
    store: Store,
    most: u32,
    held: AtomicBool,
    taken: AtomicU32,
}

impl Headway {
    pub(crate) fn new(config: &Config, store: Store) -> Self {
        Self { store, most: config.most_waiting, held: AtomicBool::new(false), taken: AtomicU32::new(0) }
    }

    /// `None` when a file may be taken; else how long to wait before the next look. Files in hand have no rows yet: each
    /// counts as a page.
    pub(crate) async fn wait(&self, in_hand: usize) -> Result<Option<Duration>> {
        let held = self.held.load(Ordering::Relaxed);
        if !held
            && !self
                .taken
                .fetch_add(1, Ordering::Relaxed)
                .is_multiple_of(LOOK_EVERY.min(self.most / 10).max(1))
        {
            return Ok(None);
        }
        let most = self.most;
        let waiting = self.store.read_async(move |rows| rows.machine_backlog(most)).await;
        let waiting = waiting.context("the pages that wait cannot be counted")?;
        let waiting = waiting.saturating_add(u32::try_from(in_hand).unwrap_or(u32::MAX));
        // It goes on when a tenth has been worked off: not file by file.
        let full = waiting >= if held { most - most / 10 } else { most };
        if full != held {
            self.held.store(full, Ordering::Relaxed);
            metrics::gauge!("yomitori_intake_holds_back").set(f64::from(u8::from(full)));
            if full {
                tracing::warn!(waiting, "intake holds back until readers catch up; files wait in the inbox");
            } else {
                tracing::info!(waiting, "intake goes on");
            }
        }
        Ok(full.then_some(PAUSE))
    }
}
