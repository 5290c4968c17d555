//! One page with everything that is known about it.

use super::inbox::state_of;
use domain::ids::{ImageHash, PageId};
use domain::page::PageState;
use domain::reading::PageReading;
use rusqlite::{Connection, OptionalExtension, Row};

/// One page.
#[derive(Clone, Debug)]
pub struct PageView {
    /// The page.
    pub page: PageId,
    /// Its number within its file, from 1.
    pub number: u32,
    /// Its file: order of arrival and name.
    pub file: (i64, String),
    /// Its picture in the page store.
    pub image: Option<ImageHash>,
    /// Where it stands.
    pub state: PageState,
    /// Why, for people.
    pub reason: Option<String>,
    /// The page that it repeats.
    pub duplicate_of: Option<PageId>,
    /// Its envelope.
    pub envelope: String,
    /// Clinic code of the envelope.
    pub clinic: Option<String>,
    /// Name of that clinic.
    pub clinic_name: Option<String>,
    /// Whether it is a batch ticket.
    pub is_ticket: bool,
    /// Reading asked for, from 1.
    pub round: u32,
    /// Its form, once known.
    pub form: Option<String>,
    /// What the reader saw; `None` before, and for a stored reading of an older program.
    pub reading: Option<PageReading>,
    /// Row of its resident, once matched.
    pub resident: Option<i64>,
    /// When it arrived, ms since 1970 UTC.
    pub arrived_at: i64,
    /// When it last changed, ms since 1970 UTC.
    pub updated_at: i64,
    /// The page before it in its file.
    pub previous: Option<PageId>,
    /// The page after it in its file.
    pub next: Option<PageId>,
}

/// One line of what was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// ms since 1970 UTC.
    pub at: i64,
    /// Who.
    pub staff: String,
    /// From where.
    pub terminal: String,
    /// What, as a word such as `page_discarded`.
    pub what: String,
    /// Reason or counts.
    pub detail: Option<String>,
}

/// What was decided about one field of a page.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldDecision {
    /// The field.
    pub field: String,
    /// JSON of the value that counts; `None` until committed.
    pub final_value: Option<String>,
    /// Who decided it.
    pub staff: Option<String>,
}

/// The page with this id.
pub(crate) fn page(rows: &Connection, page: &PageId) -> rusqlite::Result<Option<PageView>> {
    let mut query = rows.prepare_cached(
        "select p.page, p.number, p.file, f.name, p.image, p.state, p.reason, p.duplicate_of, p.envelope,
                e.clinic, c.name, p.is_ticket, p.round, p.form, p.reading, r.rowid, p.arrived_at, p.updated_at,
                (select q.page from pages q where q.file = p.file and q.number < p.number
                 order by q.number desc limit 1),
                (select q.page from pages q where q.file = p.file and q.number > p.number
                 order by q.number limit 1)
         from pages p
         join scan_files f on f.seq = p.file
         join envelopes e on e.id = p.envelope
         left join clinics c on c.code = e.clinic
         left join residents r on r.resident_id = p.resident
         where p.page = ?1",
    )?;
    query.query_row([page.as_str()], view).optional()
}

fn view(row: &Row) -> rusqlite::Result<PageView> {
    let id = |at: usize| row.get::<_, Option<String>>(at).map(|id| id.map(PageId));
    let reading: Option<String> = row.get(14)?;
    Ok(PageView {
        page: PageId(row.get(0)?),
        number: row.get(1)?,
        file: (row.get(2)?, row.get(3)?),
        image: row.get::<_, Option<String>>(4)?.map(ImageHash),
        state: state_of(&row.get::<_, String>(5)?),
        reason: row.get(6)?,
        duplicate_of: id(7)?,
        envelope: row.get(8)?,
        clinic: row.get(9)?,
        clinic_name: row.get(10)?,
        is_ticket: row.get(11)?,
        round: row.get(12)?,
        form: row.get(13)?,
        reading: reading.and_then(|json| serde_json::from_str(&json).ok()),
        resident: row.get(15)?,
        arrived_at: row.get(16)?,
        updated_at: row.get(17)?,
        previous: id(18)?,
        next: id(19)?,
    })
}

/// What was done to a page, oldest first.
pub(crate) fn events_of_page(rows: &Connection, page: &PageId) -> rusqlite::Result<Vec<EventRow>> {
    let mut query = rows.prepare_cached(
        "select at, staff, terminal, what, detail from events where page = ?1 order by id limit 200",
    )?;
    let found = query.query_map([page.as_str()], |row| {
        Ok(EventRow {
            at: row.get(0)?,
            staff: row.get(1)?,
            terminal: row.get(2)?,
            what: row.get(3)?,
            detail: row.get(4)?,
        })
    })?;
    found.collect()
}

/// What was decided about the fields of a page.
pub(crate) fn decisions(rows: &Connection, page: &PageId) -> rusqlite::Result<Vec<FieldDecision>> {
    let mut query =
        rows.prepare_cached("select field, final_value, staff from field_values where page = ?1")?;
    let found = query.query_map([page.as_str()], |row| {
        Ok(FieldDecision { field: row.get(0)?, final_value: row.get(1)?, staff: row.get(2)? })
    })?;
    found.collect()
}
