//! What is looked at: rows, queue, inbox, disk, all of nearly one moment.

use super::machine::{Inbox, Room, free_room};
use crate::error::ScreenError;
use crate::{Screens, words};
use domain::edition::Edition;
use domain::message::ReaderReport;
use domain::page::PageState;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use store::screens::{Operations, StuckPage};

/// A page that waits longer to be read is told of: a busy reader takes seconds, a busy day minutes.
pub const LATE: SignedDuration = SignedDuration::from_mins(15);
/// Requests that wait longer to be sent mean that the queue, or intake itself, is away.
const OUTBOX_LATE: SignedDuration = SignedDuration::from_mins(2);
/// Files that wait longer in the inbox: settling and taking in are a matter of seconds.
const INBOX_LATE: SignedDuration = SignedDuration::from_mins(10);
/// Readers report once a minute: three silent minutes are no accident.
const SILENT: SignedDuration = SignedDuration::from_mins(3);
/// Readers that reported within this time are listed.
const LISTED: SignedDuration = SignedDuration::from_hours(24);
/// Failed files of this time are told of; older ones have been seen.
const FAILED_SINCE: SignedDuration = SignedDuration::from_hours(24 * 7);
/// A day and two hours: a nightly backup may be late once.
const BACKUP_LATE: SignedDuration = SignedDuration::from_hours(26);

/// All that the screen is made of.
pub struct Situation {
    /// What the rows say.
    pub rows: Operations,
    /// Pages that wait too long to be read, the oldest of them, and how many there are.
    pub stuck: Vec<StuckPage>,
    pub stuck_count: u32,
    /// What the queue says; `None` when it cannot be reached.
    pub queue: Option<Depths>,
    /// What lies in the inbox.
    pub inbox: Inbox,
    /// Room where the data lies.
    pub disk: Option<Room>,
    /// When the last backup was complete.
    pub last_backup: Option<Timestamp>,
    /// Pages that arrived today, and those that the machine is done with.
    pub today: u32,
    pub today_handled: u32,
}

/// Messages by what they wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depths {
    /// Requests that no reader has taken.
    pub to_read: u64,
    /// Pages in a reader's hands.
    pub reading: u64,
    /// Readings that the matcher has not taken.
    pub to_match: u64,
    /// Given up, and not yet in review.
    pub dead: u64,
}

/// How a reader stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReaderState {
    /// Reads, or waits for pages.
    Works,
    /// Has other forms or another model than the hub asks for.
    OtherEdition,
    /// Said goodbye.
    Stopped,
    /// Has not been heard of for too long.
    Silent,
}

impl ReaderState {
    /// Every one.
    pub const ALL: [ReaderState; 4] = [Self::Works, Self::OtherEdition, Self::Stopped, Self::Silent];

    /// The word in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::OtherEdition => "other_edition",
            Self::Stopped => "stopped",
            Self::Silent => "silent",
        }
    }

    /// How the reader of this report stands, when the hub asks for `wanted`.
    pub fn of(report: &ReaderReport, wanted: Option<&Edition>, now: Timestamp) -> Self {
        let other = wanted.is_some_and(|wanted| !report.edition.agrees_with(wanted));
        match report {
            report if report.stopping => Self::Stopped,
            report if now.duration_since(report.at) > SILENT => Self::Silent,
            report if other || report.refusing_since.is_some() => Self::OtherEdition,
            _ => Self::Works,
        }
    }

    /// For people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Works => "動いています",
            Self::OtherEdition => "帳票の版が違います",
            Self::Stopped => "停止しました",
            Self::Silent => "連絡がありません",
        }
    }

    /// How it is coloured.
    pub fn class(self) -> &'static str {
        match self {
            Self::Works => "good",
            Self::OtherEdition => "bad",
            Self::Stopped => "soft",
            Self::Silent => "warn",
        }
    }
}

impl Situation {
    /// Looks at everything.
    ///
    /// # Errors
    /// The database failed; a queue that is away is part of the picture.
    pub async fn now(screens: &Screens, now: Timestamp, stuck_shown: u32) -> Result<Self, ScreenError> {
        let today = words::start_of_day(now);
        let read = move |rows: &store::Rows| {
            let (stuck, stuck_count) = rows.stuck_pages(now - LATE, stuck_shown)?;
            let home = rows.home(today, 0)?;
            let operations = rows.operations(now - FAILED_SINCE, now - LISTED)?;
            Ok((operations, stuck, stuck_count, home, rows.last_backup()?))
        };
        let (rows, stuck, stuck_count, home, last_backup) = screens.store.read_async(read).await?;
        let queue = match (screens.queue_depth)().await {
            Ok(said) => Some(Depths::of(&said)),
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "the queue cannot be asked");
                None
            }
        };
        let folder = screens.mailroom.inbox.clone();
        let looked = tokio::task::spawn_blocking(move || (Inbox::look(&folder), free_room(&folder)));
        let (inbox, disk) = looked.await?;
        let (today, today_handled) = (home.recent, home.recent_handled);
        Ok(Self { rows, stuck, stuck_count, queue, inbox, disk, last_backup, today, today_handled })
    }

    /// How many pages are in this state, and since when the oldest.
    pub fn waiting(&self, state: PageState) -> (u64, Option<Timestamp>) {
        let found = self.rows.waiting.iter().find(|waiting| waiting.state == state);
        found.map_or((0, None), |waiting| (waiting.pages.into(), Some(waiting.since)))
    }

    /// Readers by how they stand.
    pub fn readers(&self, state: ReaderState, now: Timestamp) -> Vec<&ReaderReport> {
        let wanted = self.rows.edition.as_ref();
        self.rows.readers.iter().filter(|reader| ReaderState::of(reader, wanted, now) == state).collect()
    }

    pub fn outbox_is_late(&self, now: Timestamp) -> bool {
        self.rows.outbox.1.is_some_and(|since| now.duration_since(since) > OUTBOX_LATE)
    }

    pub fn inbox_is_late(&self, now: Timestamp) -> bool {
        self.inbox.oldest.is_some_and(|since| now.duration_since(since) > INBOX_LATE)
    }

    pub fn backup_is_late(&self, now: Timestamp) -> bool {
        self.last_backup.is_none_or(|at| now.duration_since(at) > BACKUP_LATE)
    }
}

impl Depths {
    fn of(said: &Value) -> Self {
        let count = |topic: &str, what: &str| said[topic][what].as_u64().unwrap_or(0);
        Self {
            to_read: count("read-page", "ready") + count("read-page", "delayed"),
            reading: count("read-page", "leased"),
            to_match: ["ready", "leased", "delayed"].map(|what| count("page-read", what)).iter().sum(),
            dead: count("read-page", "dead") + count("page-read", "dead"),
        }
    }
}
