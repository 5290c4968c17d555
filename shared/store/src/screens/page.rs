//! One page with what surrounds it.

use crate::columns::{Columns, first};
use crate::pages::page_row;
use crate::{Error, Page, Rows};
use domain::ids::PageId;
use rusqlite::Row;

/// One page and what a screen tells beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct PageView {
    /// The page.
    pub page: Page,
    /// Name of its file.
    pub file_name: String,
    /// Name (or code) of the clinic of its envelope.
    pub clinic: Option<String>,
    /// Row of its resident in the register, once committed.
    pub resident_row: Option<i64>,
    /// The page before it in its file.
    pub previous: Option<PageId>,
    /// The page after it in its file.
    pub next: Option<PageId>,
    /// The page before it in its envelope.
    pub envelope_previous: Option<PageId>,
    /// The page after it in its envelope.
    pub envelope_next: Option<PageId>,
    /// The parts that it was cut into.
    pub parts: Vec<PageId>,
}

impl Rows<'_> {
    /// One page with what surrounds it.
    ///
    /// # Errors
    /// The database failed.
    pub fn page_view(&self, page: &PageId) -> Result<Option<PageView>, Error> {
        first(
            self.connection,
            "select p.*, f.name as file_name, coalesce(c.name, e.clinic) as clinic, r.id as resident_row,
                    (select q.page from pages q where q.file = p.file and q.place < p.place and (q.counted = 1 or q.cut > 0)
                     order by q.place desc limit 1) as previous,
                    (select q.page from pages q where q.file = p.file and q.place > p.place and (q.counted = 1 or q.cut > 0)
                     order by q.place limit 1) as next,
                    (select q.page from pages q
                     where q.envelope = p.envelope and (q.file, q.place) < (p.file, p.place)
                       and (q.counted = 1 or q.cut > 0)
                     order by q.file desc, q.place desc limit 1) as envelope_previous,
                    (select q.page from pages q
                     where q.envelope = p.envelope and (q.file, q.place) > (p.file, p.place)
                       and (q.counted = 1 or q.cut > 0)
                     order by q.file, q.place limit 1) as envelope_next,
                    (select json_group_array(q.page) from
                     (select page from pages where parent = p.page and (counted = 1 or cut > 0) order by place) q) as parts
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
}

fn view(row: &Row) -> Result<PageView, Error> {
    Ok(PageView {
        page: page_row(row)?,
        file_name: row.col("file_name")?,
        clinic: row.col("clinic")?,
        resident_row: row.col("resident_row")?,
        previous: row.id_or_none("previous")?,
        next: row.id_or_none("next")?,
        envelope_previous: row.id_or_none("envelope_previous")?,
        envelope_next: row.id_or_none("envelope_next")?,
        parts: row.json("parts")?,
    })
}
