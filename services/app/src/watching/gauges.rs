//! What is measured when somebody asks: how many and since when, taken from rows, queue, disk and process.

use super::Subject;
use domain::page::PageState;
use domain::quality::Verdict;
use domain::share::Estimate;
use jiff::{SignedDuration, Timestamp};
use metrics::gauge;
use queue::Topic;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use web::{Inbox, ReaderState};

/// Failed files are told of for a week, readers for an hour after they were last heard of.
const FAILED_SINCE: SignedDuration = SignedDuration::from_hours(24 * 7);
const SEEN_SINCE: SignedDuration = SignedDuration::from_hours(1);
/// The share of errors is taken over so long, as on the quality screen, and reckoned anew this often.
const ERRORS_SINCE: SignedDuration = SignedDuration::from_hours(24 * 7 * 4);
const ERRORS_EVERY: Duration = Duration::from_secs(300);

/// Remembers when what is dear was last reckoned.
#[derive(Default)]
pub struct Gauges {
    errors_at: Mutex<Option<Instant>>,
}

impl Gauges {
    /// Sets every gauge anew. A part that fails leaves its gauges as they were; readiness says that it fails.
    pub async fn take(&self, subject: &Subject) {
        process();
        let (Some(folder), Some(store)) = (&subject.hub, &subject.store) else { return };
        machine(folder);
        for topic in Topic::ALL {
            if let Ok(depth) = subject.queue.depth(topic).await {
                let messages = [
                    ("ready", depth.ready),
                    ("leased", depth.leased),
                    ("delayed", depth.delayed),
                    ("dead", depth.dead),
                ];
                for (state, count) in messages {
                    gauge!("yomitori_queue_messages", "topic" => topic.as_str(), "state" => state)
                        .set(count as f64);
                }
            }
        }
        let errors = self.errors_are_due();
        let store = store.clone();
        let taken = tokio::task::spawn_blocking(move || rows(&store, errors)).await;
        if !matches!(taken, Ok(Ok(()))) {
            tracing::warn!("the database gave no figures for the metrics");
        }
    }

    fn errors_are_due(&self) -> bool {
        let mut at = self.errors_at.lock().unwrap_or_else(PoisonError::into_inner);
        let due = at.is_none_or(|at| at.elapsed() > ERRORS_EVERY);
        if due {
            *at = Some(Instant::now());
        }
        due
    }
}

/// Memory of this process.
fn process() {
    let pages = std::fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|text| text.split_whitespace().nth(1)?.parse::<u64>().ok());
    // A page of memory is 4 KiB wherever this program runs.
    if let Some(pages) = pages {
        gauge!("process_resident_memory_bytes").set((pages * 4096) as f64);
    }
}

fn machine(folder: &Path) {
    if let Some(room) = web::free_room(folder) {
        gauge!("yomitori_disk_free_bytes").set(room.free as f64);
        gauge!("yomitori_disk_size_bytes").set(room.size as f64);
    }
    let inbox = Inbox::look(&folder.join("inbox"));
    gauge!("yomitori_inbox_files").set(inbox.files as f64);
    gauge!("yomitori_inbox_oldest_seconds").set(age(inbox.oldest, Timestamp::now()));
}

fn rows(store: &store::Store, errors: bool) -> Result<(), store::Error> {
    let now = Timestamp::now();
    let (counts, operations, backup) = store.read(|rows| {
        let operations = rows.operations(now - FAILED_SINCE, now - SEEN_SINCE)?;
        Ok((rows.counts()?, operations, rows.last_backup()?))
    })?;
    for state in PageState::ALL {
        gauge!("yomitori_pages", "state" => state.as_str()).set(counts.pages.of(state) as f64);
    }
    for state in [PageState::Received, PageState::Read, PageState::InReview, PageState::Rescan] {
        let since = operations.waiting.iter().find(|waiting| waiting.state == state);
        let since = since.map(|waiting| waiting.since);
        gauge!("yomitori_pages_oldest_seconds", "state" => state.as_str()).set(age(since, now));
    }
    let files = counts.files;
    for (state, count) in [("taken", files.taken), ("duplicate", files.duplicate), ("failed", files.failed)] {
        gauge!("yomitori_files", "state" => state).set(f64::from(count));
    }
    gauge!("yomitori_records").set(f64::from(counts.records));
    gauge!("yomitori_outbox_messages").set(f64::from(operations.outbox.0));
    gauge!("yomitori_outbox_oldest_seconds").set(age(operations.outbox.1, now));
    gauge!("yomitori_pages_given_up").set(f64::from(operations.given_up));
    gauge!("yomitori_last_backup_timestamp_seconds").set(backup.map_or(0.0, |at| at.as_second() as f64));
    let wanted = operations.edition.as_ref();
    for state in ReaderState::ALL {
        let in_state = |report: &&_| ReaderState::of(report, wanted, now) == state;
        let count = operations.readers.iter().filter(in_state).count();
        gauge!("yomitori_readers", "state" => state.as_str()).set(count as f64);
    }
    if errors { accepted_errors(store, now) } else { Ok(()) }
}

/// How often accepted values are wrong, by the blind sample; with the bounds of its 95 % interval.
fn accepted_errors(store: &store::Store, now: Timestamp) -> Result<(), store::Error> {
    let samples = store.read(|rows| rows.settled_samples(now - ERRORS_SINCE))?;
    let counted = samples.iter().filter(|sample| sample.verdict != Verdict::Unclear);
    let found = Estimate::drawn(counted.map(|sample| (sample.chance, sample.verdict == Verdict::Wrong)));
    gauge!("yomitori_sampled_values").set(found.n as f64);
    let [low, high] = found.interval;
    for (bound, share) in [("estimate", found.share), ("low", low), ("high", high)] {
        gauge!("yomitori_accepted_error_share", "bound" => bound).set(share);
    }
    Ok(())
}

/// Seconds since then; nothing that waits waits 0 seconds.
fn age(since: Option<Timestamp>, now: Timestamp) -> f64 {
    since.map_or(0.0, |since| now.duration_since(since).as_secs_f64().max(0.0))
}
