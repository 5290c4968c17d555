//! The home screen: totals by state, and every envelope with what it declares and what was seen.

use crate::columns::{Columns, all};
use crate::{Error, Rows};
use domain::envelope::StateCounts;
use domain::ids::{ClinicCode, EnvelopeId, ProgrammeId};
use domain::page::PageState;
use jiff::Timestamp;
use rusqlite::{Row, named_params};

/// What the home screen shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Home {
    /// All pages.
    pub totals: Totals,
    /// Pages that arrived since the moment asked for.
    pub recent: u64,
    /// Those of them with nothing left for the machine.
    pub recent_handled: u64,
    /// The newest envelopes, newest first.
    pub envelopes: Vec<EnvelopeRow>,
}

/// How many pages stand where, and how many ever came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Pages by state.
    pub by_state: StateCounts,
    /// Pages that the files brought in: counted from the arrivals, not from the pages.
    pub arrived: u64,
}

/// One envelope with the states of its pages.
#[derive(Clone, Debug, PartialEq)]
pub struct EnvelopeRow {
    /// Its id (the ticket's number, or `none:<folder>:<day>`).
    pub id: EnvelopeId,
    /// Folder below the inbox.
    pub folder: String,
    /// Local day on which it was opened, ISO.
    pub day: String,
    /// Clinic code, when a ticket says so.
    pub clinic: Option<ClinicCode>,
    /// The clinic's name, when the clinic is known.
    pub clinic_name: Option<String>,
    /// Month of the claim, `2026-10`.
    pub month: Option<String>,
    /// Programme, when a ticket says so.
    pub programme: Option<ProgrammeId>,
    /// Slips that the ticket declares; `None` without a ticket.
    pub declared: Option<u64>,
    /// Whether a later ticket closed it.
    pub closed: bool,
    /// All its pages by state, the ticket's page among them.
    pub paper: StateCounts,
    /// Its pages without tickets, by state.
    pub slips: StateCounts,
}

impl Totals {
    /// Whether every page that came in stands in exactly one state.
    pub fn adds_up(&self) -> bool {
        self.by_state.paper() == self.arrived
    }
}

impl Rows<'_> {
    /// Totals, progress since `since`, and the newest `limit` envelopes, all of one moment.
    ///
    /// # Errors
    /// The database failed.
    pub fn home(&self, since: Timestamp, limit: u32) -> Result<Home, Error> {
        let (recent, recent_handled) = self.connection.query_row(
            "select count(*), coalesce(sum(state not in ('received', 'read')), 0)
             from pages where file in (select seq from scan_files where arrived_at >= ?1)",
            [since.as_millisecond()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let envelopes = self.envelope_rows(None, limit)?;
        Ok(Home { totals: self.totals()?, recent, recent_handled, envelopes })
    }

    /// One envelope.
    ///
    /// # Errors
    /// The database failed.
    pub fn envelope_row(&self, envelope: &EnvelopeId) -> Result<Option<EnvelopeRow>, Error> {
        Ok(self.envelope_rows(Some(envelope), 1)?.pop())
    }

    fn totals(&self) -> Result<Totals, Error> {
        let counted = |row: &Row| Ok((row.page_state("state")?, row.col("pages")?));
        let sql = "select state, count(*) as pages from pages group by state";
        let mut totals = Totals::default();
        for (state, pages) in all(self.connection, sql, [], counted)? {
            totals.by_state.add(state, pages);
        }
        let sql = "select coalesce(sum(pages), 0) from scan_files";
        totals.arrived = self.connection.query_row(sql, [], |row| row.get(0))?;
        Ok(totals)
    }

    fn envelope_rows(&self, only: Option<&EnvelopeId>, limit: u32) -> Result<Vec<EnvelopeRow>, Error> {
        let envelopes = all(
            self.connection,
            "select e.id, e.folder, e.day, e.clinic, c.name as clinic_name, e.month, e.programme, e.declared,
                    e.closed_at is not null as closed
             from envelopes e left join clinics c on c.code = e.clinic
             where :only is null or e.id = :only
             order by e.opened_at desc, e.id desc limit :limit",
            named_params! { ":only": only.map(EnvelopeId::as_str), ":limit": limit },
            envelope,
        )?;
        envelopes.into_iter().map(|row| self.counted(row)).collect()
    }

    fn counted(&self, mut envelope: EnvelopeRow) -> Result<EnvelopeRow, Error> {
        let sql = "select state, is_ticket, count(*) as pages from pages where envelope = ?1 group by 1, 2";
        let counted = |row: &Row| Ok((row.page_state("state")?, row.col("is_ticket")?, row.col("pages")?));
        let counts: Vec<(PageState, bool, u64)> =
            all(self.connection, sql, [envelope.id.as_str()], counted)?;
        for (state, is_ticket, pages) in counts {
            envelope.paper.add(state, pages);
            if !is_ticket {
                envelope.slips.add(state, pages);
            }
        }
        Ok(envelope)
    }
}

fn envelope(row: &Row) -> Result<EnvelopeRow, Error> {
    Ok(EnvelopeRow {
        id: row.id("id")?,
        folder: row.col("folder")?,
        day: row.col("day")?,
        clinic: row.id_or_none("clinic")?,
        clinic_name: row.col("clinic_name")?,
        month: row.col("month")?,
        programme: row.id_or_none("programme")?,
        declared: row.col("declared")?,
        closed: row.col("closed")?,
        paper: StateCounts::default(),
        slips: StateCounts::default(),
    })
}
