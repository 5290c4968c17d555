//! 日計表. What came in on one day, envelope by envelope, and where it stands.

use crate::columns::{Columns, all, first, ms};
use crate::{Envelope, Error, FileCounts, Rows};
use domain::envelope::StateCounts;
use domain::ids::EnvelopeId;
use jiff::Timestamp;
use rusqlite::params;

/// One day of the mailroom.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Daily {
    /// Every envelope in which a page of the day lies, by clinic code and number.
    pub envelopes: Vec<DailyEnvelope>,
    /// Pages that the day's files brought in and cutting added: counted from the arrivals.
    pub arrived: u64,
    /// Pages that cutting added, within `arrived`.
    pub added: u64,
    /// The day's files by what became of them.
    pub files: FileCounts,
}

/// The day's pages of one envelope.
#[derive(Clone, Debug, PartialEq)]
pub struct DailyEnvelope {
    /// The envelope as it stands, with pages of other days.
    pub envelope: Envelope,
    /// The day's pages by state, tickets left out.
    pub pages: StateCounts,
    /// The day's ticket pages.
    pub tickets: u64,
}

impl DailyEnvelope {
    /// 紙: the day's pages, tickets among them.
    pub fn paper(&self) -> u64 {
        self.pages.paper() + self.tickets
    }
}

impl Daily {
    /// All pages of the day.
    pub fn paper(&self) -> u64 {
        self.envelopes.iter().map(DailyEnvelope::paper).sum()
    }

    /// Whether every page that came in on the day lies in exactly one envelope and state.
    pub fn adds_up(&self) -> bool {
        self.paper() == self.arrived
    }
}

impl Rows<'_> {
    /// The day from `from` up to, not including, `to`.
    ///
    /// # Errors
    /// The database failed.
    pub fn daily(&self, from: Timestamp, to: Timestamp) -> Result<Daily, Error> {
        let day = params![ms(from), ms(to)];
        let files = first(
            self.connection,
            "select count(*) filter (where state = 'taken') as taken,
                    count(*) filter (where state = 'duplicate') as duplicate,
                    count(*) filter (where state = 'failed') as failed,
                    coalesce(sum(pages), 0) as pages
             from scan_files where arrived_at >= ?1 and arrived_at < ?2",
            day,
            |row| {
                let (taken, duplicate) = (row.col("taken")?, row.col("duplicate")?);
                Ok((FileCounts { taken, duplicate, failed: row.col("failed")? }, row.col::<u32>("pages")?))
            },
        )?;
        let (files, pages) = files.unwrap_or_default();
        let sql = "select coalesce(sum(p.cut - 1), 0) as n from pages p join scan_files f on f.seq = p.file
                   where p.cut > 0 and f.arrived_at >= ?1 and f.arrived_at < ?2";
        let added: u32 =
            first(self.connection, sql, params![ms(from), ms(to)], |row| row.col("n"))?.unwrap_or(0);
        let mut daily = Daily {
            envelopes: Vec::new(),
            arrived: u64::from(pages) + u64::from(added),
            added: added.into(),
            files,
        };
        for (id, state, is_ticket, pages) in self.days_pages(from, to)? {
            if daily.envelopes.last().is_none_or(|last| last.envelope.id != id) {
                let Some(envelope) = self.envelope(&id)? else { continue };
                daily.envelopes.push(DailyEnvelope { envelope, pages: StateCounts::default(), tickets: 0 });
            }
            let Some(row) = daily.envelopes.last_mut() else { continue };
            match is_ticket {
                true => row.tickets += u64::from(pages),
                false => row.pages.add(state, pages.into()),
            }
        }
        Ok(daily)
    }

    fn days_pages(&self, from: Timestamp, to: Timestamp) -> Result<Vec<DaysPages>, Error> {
        all(
            self.connection,
            "select p.envelope, p.state, p.is_ticket, count(*) as pages
             from scan_files f
             join pages p on p.file = f.seq and p.counted = 1
             join envelopes e on e.id = p.envelope
             where f.arrived_at >= ?1 and f.arrived_at < ?2
             group by e.clinic is null, e.clinic, p.envelope, p.state, p.is_ticket",
            params![ms(from), ms(to)],
            |row| {
                Ok((row.id("envelope")?, row.page_state("state")?, row.col("is_ticket")?, row.col("pages")?))
            },
        )
    }
}

/// Envelope, state, whether they are tickets, how many.
type DaysPages = (EnvelopeId, domain::page::PageState, bool, u32);
