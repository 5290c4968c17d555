//! The home screen: totals by state, and every envelope with what it declares and what was seen.

use domain::page::PageState;
use rusqlite::{Connection, Row};

/// How many pages stand where, and how many ever came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Pages by state, in the order of [`PageState::ALL`].
    pub by_state: [u64; 9],
    /// Pages that the files brought in, counted from the arrivals and not from the pages.
    pub arrived: u64,
}

impl Totals {
    /// Pages in `state`.
    pub fn of(&self, state: PageState) -> u64 {
        PageState::ALL.iter().zip(self.by_state).find(|(each, _)| **each == state).map_or(0, |(_, n)| n)
    }

    /// Pages in any state.
    pub fn sum(&self) -> u64 {
        self.by_state.iter().sum()
    }

    /// Whether every page that came in stands in exactly one state.
    pub fn adds_up(&self) -> bool {
        self.sum() == self.arrived
    }
}

/// One envelope with the states of its pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvelopeRow {
    /// Its id (the ticket's number, or `none:<folder>:<day>`).
    pub id: String,
    /// Folder below the inbox.
    pub folder: String,
    /// Local day on which it was opened, ISO.
    pub day: String,
    /// Clinic code, when a ticket says so.
    pub clinic: Option<String>,
    /// The clinic's name, when the clinic is known.
    pub clinic_name: Option<String>,
    /// Month of the claim, `2026-10`.
    pub month: Option<String>,
    /// Programme id.
    pub programme: Option<String>,
    /// Slips that the ticket declares; `None` without a ticket.
    pub declared: Option<u64>,
    /// Whether a later ticket closed it.
    pub closed: bool,
    /// Pages by state (tickets included), in the order of [`PageState::ALL`].
    pub by_state: [u64; 9],
    /// Slips seen: pages without tickets, duplicates, failures, discarded pages and those to be scanned again.
    pub seen: u64,
}

const STATE_COUNTS: &str = "
    sum(p.state = 'received'), sum(p.state = 'read'), sum(p.state = 'in_review'),
    sum(p.state = 'committed'), sum(p.state = 'returned'), sum(p.state = 'rescan'),
    sum(p.state = 'discarded'), sum(p.state = 'duplicate'), sum(p.state = 'failed')";

/// The totals of all pages.
pub(crate) fn totals(rows: &Connection) -> rusqlite::Result<Totals> {
    let mut by_state = [0; 9];
    let mut query = rows.prepare_cached("select state, count(*) from pages group by state")?;
    let mut found = query.query([])?;
    while let Some(row) = found.next()? {
        let word: String = row.get(0)?;
        if let Some(at) = PageState::ALL.iter().position(|state| state.as_str() == word) {
            by_state[at] = row.get(1)?;
        }
    }
    let arrived = rows.query_row("select coalesce(sum(pages), 0) from scan_files", [], |row| row.get(0))?;
    Ok(Totals { by_state, arrived })
}

/// Pages that arrived at or after `since` (ms): all of them, and those with nothing left for the machine.
pub(crate) fn progress(rows: &Connection, since: i64) -> rusqlite::Result<(u64, u64)> {
    rows.query_row(
        "select count(*), coalesce(sum(state not in ('received', 'read')), 0) from pages where arrived_at >= ?1",
        [since],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// The envelopes, newest first; `only` narrows to one.
pub(crate) fn envelopes(
    rows: &Connection,
    only: Option<&str>,
    limit: u32,
) -> rusqlite::Result<Vec<EnvelopeRow>> {
    let mut query = rows.prepare_cached(&format!(
        "select e.id, e.folder, e.day, e.clinic, c.name, e.month, e.programme, e.declared,
                e.closed_at is not null,
                coalesce(sum(p.is_ticket = 0
                    and p.state in ('received', 'read', 'in_review', 'committed', 'returned')), 0),
                {STATE_COUNTS}
         from (select * from envelopes where ?1 is null or id = ?1
               order by opened_at desc, id desc limit ?2) e
         left join pages p on p.envelope = e.id
         left join clinics c on c.code = e.clinic
         group by e.id
         order by e.opened_at desc, e.id desc"
    ))?;
    let found = query.query_map((only, limit), |row| {
        Ok(EnvelopeRow {
            id: row.get(0)?,
            folder: row.get(1)?,
            day: row.get(2)?,
            clinic: row.get(3)?,
            clinic_name: row.get(4)?,
            month: row.get(5)?,
            programme: row.get(6)?,
            declared: row.get(7)?,
            closed: row.get(8)?,
            seen: row.get(9)?,
            by_state: counts(row, 10)?,
        })
    })?;
    found.collect()
}

/// Nine counts from column `first` on; a sum over no rows is null and means 0.
fn counts(row: &Row, first: usize) -> rusqlite::Result<[u64; 9]> {
    let mut counts = [0; 9];
    for (i, count) in counts.iter_mut().enumerate() {
        *count = row.get::<_, Option<u64>>(first + i)?.unwrap_or(0);
    }
    Ok(counts)
}
