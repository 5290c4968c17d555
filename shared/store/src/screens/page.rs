//! One page with everything that a screen tells about it.

use crate::columns::{Columns, all, first};
use crate::{Error, Rows};
use domain::ids::{EnvelopeId, FieldId, FormId, ImageHash, PageId, StaffId};
use domain::page::PageState;
use domain::reading::{PageReading, Value};
use jiff::Timestamp;
use rusqlite::Row;

/// One page.
#[derive(Clone, Debug, PartialEq)]
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
    pub envelope: EnvelopeId,
    /// Name (or code) of the clinic that sent it.
    pub clinic: Option<String>,
    /// Whether it is a batch ticket.
    pub is_ticket: bool,
    /// Reading asked for, from 1.
    pub round: u32,
    /// Its form, once known.
    pub form: Option<FormId>,
    /// What the reader saw.
    pub reading: Option<PageReading>,
    /// Row of its resident in the register, once matched.
    pub resident: Option<i64>,
    /// When it arrived.
    pub arrived_at: Timestamp,
    /// The page before it in its file.
    pub previous: Option<PageId>,
    /// The page after it in its file.
    pub next: Option<PageId>,
}

/// What was decided about one field of a page.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldDecision {
    /// The field.
    pub field: FieldId,
    /// The value that counts; `None` until committed.
    pub final_value: Option<Value>,
    /// Who decided it.
    pub staff: Option<StaffId>,
}

impl Rows<'_> {
    /// One page.
    ///
    /// # Errors
    /// The database failed.
    pub fn page_view(&self, page: &PageId) -> Result<Option<PageView>, Error> {
        first(
            self.connection,
            "select p.*, f.name as file_name, coalesce(c.name, e.clinic) as clinic, r.rowid as resident_row,
                    (select q.page from pages q where q.file = p.file and q.number < p.number
                     order by q.number desc limit 1) as previous,
                    (select q.page from pages q where q.file = p.file and q.number > p.number
                     order by q.number limit 1) as next
             from pages p
             join scan_files f on f.seq = p.file
             join envelopes e on e.id = p.envelope
             left join clinics c on c.code = e.clinic
             left join residents r on r.resident_id = p.resident
             where p.page = ?1",
            [page.as_str()],
            view,
        )
    }

    /// What was decided about the fields of a page.
    ///
    /// # Errors
    /// The database failed.
    pub fn field_decisions(&self, page: &PageId) -> Result<Vec<FieldDecision>, Error> {
        let sql = "select field, final_value, staff from field_values where page = ?1";
        all(self.connection, sql, [page.as_str()], |row| {
            Ok(FieldDecision {
                field: row.id("field")?,
                final_value: row.json_or_none("final_value")?,
                staff: row.id_or_none("staff")?,
            })
        })
    }
}

fn view(row: &Row) -> Result<PageView, Error> {
    Ok(PageView {
        page: row.id("page")?,
        number: row.col("number")?,
        file: (row.col("file")?, row.col("file_name")?),
        image: row.id_or_none("image")?,
        state: row.page_state("state")?,
        reason: row.col("reason")?,
        duplicate_of: row.id_or_none("duplicate_of")?,
        envelope: row.id("envelope")?,
        clinic: row.col("clinic")?,
        is_ticket: row.col("is_ticket")?,
        round: row.col("round")?,
        form: row.id_or_none("form")?,
        reading: row.json_or_none("reading")?,
        resident: row.col("resident_row")?,
        arrived_at: row.moment("arrived_at")?,
        previous: row.id_or_none("previous")?,
        next: row.id_or_none("next")?,
    })
}
