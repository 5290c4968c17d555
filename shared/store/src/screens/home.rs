//! The home screen: totals by state, today's progress, and the newest envelopes.

use crate::columns::{Columns, first, ms};
use crate::{Envelope, Error, Rows};
use domain::envelope::StateCounts;
use jiff::Timestamp;

/// What the home screen shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Home {
    /// All pages by state.
    pub pages: StateCounts,
    /// Pages that the files brought in and cutting added: counted from the arrivals, not from the pages.
    pub arrived: u32,
    /// Pages of files that arrived since the moment asked for.
    pub recent: u32,
    /// Those of them with nothing left for the machine.
    pub recent_handled: u32,
    /// The newest envelopes with a ticket or a page, newest first.
    pub envelopes: Vec<Envelope>,
}

impl Home {
    /// Whether every page that came in stands in exactly one state.
    pub fn adds_up(&self) -> bool {
        self.pages.paper() == u64::from(self.arrived)
    }
}

impl Rows<'_> {
    /// Totals, progress since `since`, and the newest `limit` envelopes, all of one moment.
    ///
    /// # Errors
    /// The database failed.
    pub fn home(&self, since: Timestamp, limit: u32) -> Result<Home, Error> {
        // A page that was cut in two came as one and counts as two.
        let sql = "select (select coalesce(sum(pages), 0) from scan_files)
                          + (select coalesce(sum(cut - 1), 0) from pages where cut > 0) as n";
        let arrived = first(self.connection, sql, [], |row| row.col("n"))?.unwrap_or(0);
        let sql = "select count(*) as n, coalesce(sum(p.state not in ('received', 'read')), 0) as handled
                   from scan_files f join pages p on p.file = f.seq and p.counted = 1 where f.arrived_at >= ?1";
        let recent =
            first(self.connection, sql, [ms(since)], |row| Ok((row.col("n")?, row.col("handled")?)))?;
        let (recent, recent_handled) = recent.unwrap_or((0, 0));
        let envelopes = self.newest_envelopes(limit)?;
        Ok(Home { pages: self.counts()?.pages, arrived, recent, recent_handled, envelopes })
    }
}
