//! 稼働状況. What waits for the machine and since when, what it gave up, and which readers are there.

use crate::columns::{Columns, all, first, ms};
use crate::{Error, Rows};
use domain::edition::Edition;
use domain::ids::PageId;
use domain::message::ReaderReport;
use domain::page::PageState;
use jiff::Timestamp;

/// Everything that the rows know of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Operations {
    /// States in which pages wait for something; those without a page are left out.
    pub waiting: Vec<Waiting>,
    /// Requests that the queue has not taken yet, and since when the oldest waits.
    pub outbox: (u32, Option<Timestamp>),
    /// Pages in review because the machine gave them up.
    pub given_up: u32,
    /// Arrivals that could not be taken in, since the moment asked for.
    pub failed_files: u32,
    /// What readers are asked to read with.
    pub edition: Option<Edition>,
    /// Readers that reported since the moment asked for, by name.
    pub readers: Vec<ReaderReport>,
}

/// Pages in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The state.
    pub state: PageState,
    /// How many.
    pub pages: u32,
    /// Since when the oldest of them is in it.
    pub since: Timestamp,
}

/// 滞留ページ. A page that waits too long to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StuckPage {
    /// The page.
    pub page: PageId,
    /// The file that brought it, as the scanner named it.
    pub file: String,
    /// Its place in the file, from 1.
    pub number: u32,
    /// Since when it waits.
    pub since: Timestamp,
    /// How often it has been asked for.
    pub round: u32,
}

impl Rows<'_> {
    /// What waits, what failed since `failed_since`, and the readers that reported since `seen_since`.
    ///
    /// # Errors
    /// The database failed.
    pub fn operations(&self, failed_since: Timestamp, seen_since: Timestamp) -> Result<Operations, Error> {
        let sql = "select state, count(*) as n, min(updated_at) as since from pages
                   where counted = 1 and state in ('received', 'read', 'in_review', 'rescan')
                   group by state order by min(updated_at)";
        let waiting = all(self.connection, sql, [], |row| {
            Ok(Waiting { state: row.page_state("state")?, pages: row.col("n")?, since: row.moment("since")? })
        })?;
        let sql = "select count(*) as n, min(created_at) as since from outbox where sent_at is null";
        let outbox =
            first(self.connection, sql, [], |row| Ok((row.col("n")?, row.moment_or_none("since")?)))?;
        let sql =
            "select count(*) as n from review_items where state = 'open' and reasons like '%\"given_up\"%'";
        let given_up = first(self.connection, sql, [], |row| row.col("n"))?.unwrap_or(0);
        let sql = "select count(*) as n from scan_files where state = 'failed' and arrived_at >= ?1";
        let failed_files = first(self.connection, sql, [ms(failed_since)], |row| row.col("n"))?.unwrap_or(0);
        Ok(Operations {
            waiting,
            outbox: outbox.unwrap_or_default(),
            given_up,
            failed_files,
            edition: self.current_edition()?,
            readers: self.readers(seen_since)?,
        })
    }

    /// Pages that wait to be read since before `late`, the oldest first, at most `limit`; and how many there are.
    ///
    /// # Errors
    /// The database failed.
    pub fn stuck_pages(&self, late: Timestamp, limit: u32) -> Result<(Vec<StuckPage>, u32), Error> {
        let sql = "select p.page, f.name, p.number, p.round, p.updated_at from pages p
                   join scan_files f on f.seq = p.file
                   where p.state = 'received' and p.image is not null and p.updated_at < ?1
                   order by p.updated_at limit ?2";
        let pages = all(self.connection, sql, (ms(late), limit), |row| {
            Ok(StuckPage {
                page: row.id("page")?,
                file: row.col("name")?,
                number: row.col("number")?,
                since: row.moment("updated_at")?,
                round: row.col("round")?,
            })
        })?;
        let sql = "select count(*) as n from pages
                   where state = 'received' and image is not null and updated_at < ?1";
        let count = first(self.connection, sql, [ms(late)], |row| row.col("n"))?.unwrap_or(0);
        Ok((pages, count))
    }
}
