//! The inbox screen: files as they arrived, with the pages that they brought.

use crate::columns::{Columns, all};
use crate::{Error, FileState, Rows};
use domain::ids::{EnvelopeId, FormId, PageId};
use domain::page::PageState;
use jiff::Timestamp;
use rusqlite::{Params, Row, named_params};

/// One file as it arrived.
#[derive(Clone, Debug, PartialEq)]
pub struct FileRow {
    /// Order of arrival.
    pub seq: i64,
    /// As the scanner named it.
    pub name: String,
    /// Folder below the inbox; empty for the inbox itself.
    pub folder: String,
    /// Size, bytes.
    pub bytes: u64,
    /// When it was claimed.
    pub arrived_at: Timestamp,
    /// Taken, a duplicate, or failed.
    pub state: FileState,
    /// Why it failed, for people.
    pub reason: Option<String>,
    /// The same file as it came first: order of arrival and name.
    pub duplicate_of: Option<(i64, String)>,
    /// How many pages it brought.
    pub page_count: u32,
    /// Its first pages, in order.
    pub pages: Vec<PageRow>,
}

/// A page in a list: enough for a thumbnail.
#[derive(Clone, Debug, PartialEq)]
pub struct PageRow {
    /// The page.
    pub page: PageId,
    /// Its place in the pile of its file, as [`crate::Page::place`].
    pub place: u32,
    /// Whether it counts as a page; not when it was cut into parts.
    pub counted: bool,
    /// Where it stands.
    pub state: PageState,
    /// Why, for people.
    pub reason: Option<String>,
    /// Its form, once known.
    pub form: Option<FormId>,
    /// Degrees by which its picture is turned.
    pub turn: u16,
    /// Whether there is a picture of it.
    pub has_image: bool,
    /// The page that it repeats.
    pub duplicate_of: Option<PageId>,
}

/// Which files the inbox lists.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FileFilter {
    /// Only files with a page in this state, and only those pages.
    pub page_state: Option<PageState>,
    /// Only files in this state.
    pub file_state: Option<FileState>,
    /// Only files that arrived before this one.
    pub before: Option<i64>,
    /// Only this file.
    pub only: Option<i64>,
}

impl Rows<'_> {
    /// The files that `filter` lets through, latest first, each with at most `pages_each` pages.
    ///
    /// # Errors
    /// The database failed.
    pub fn inbox(&self, filter: &FileFilter, limit: u32, pages_each: u32) -> Result<Vec<FileRow>, Error> {
        let page_state = filter.page_state.map(PageState::as_str);
        let mut files = all(
            self.connection,
            "select f.seq, f.name, f.folder, f.bytes, f.arrived_at, f.state, f.reason, f.pages,
                    o.seq as original, o.name as original_name
             from scan_files f left join scan_files o on o.seq = f.duplicate_of
             where (:file_state is null or f.state = :file_state)
               and (:page_state is null
                    or exists (select 1 from pages p where p.file = f.seq and p.state = :page_state and p.counted = 1))
               and (:before is null or f.seq < :before)
               and (:only is null or f.seq = :only)
             order by f.seq desc limit :limit",
            named_params! {
                ":file_state": filter.file_state.map(FileState::as_str), ":page_state": page_state,
                ":before": filter.before, ":only": filter.only, ":limit": limit,
            },
            file,
        )?;
        for file in &mut files {
            file.pages = self.page_rows(
                "where file = ?1 and (?2 is null or state = ?2 and counted = 1) and (counted = 1 or cut > 0) order by place limit ?3",
                (file.seq, page_state, pages_each),
            )?;
        }
        Ok(files)
    }

    /// The pages of an envelope in the order of the pile, from place `skip` on.
    ///
    /// # Errors
    /// The database failed.
    pub fn envelope_pages(
        &self,
        envelope: &EnvelopeId,
        state: Option<PageState>,
        skip: u32,
        limit: u32,
    ) -> Result<Vec<PageRow>, Error> {
        self.page_rows(
            "where envelope = ?1 and (?2 is null or state = ?2 and counted = 1) and (counted = 1 or cut > 0) order by file, place limit ?3 offset ?4",
            (envelope.as_str(), state.map(PageState::as_str), limit, skip),
        )
    }

    fn page_rows(&self, which: &str, params: impl Params) -> Result<Vec<PageRow>, Error> {
        let columns =
            "page, place, counted, turn, state, reason, form, image is not null as has_image, duplicate_of";
        all(self.connection, &format!("select {columns} from pages {which}"), params, page)
    }
}

fn file(row: &Row) -> Result<FileRow, Error> {
    let original: Option<i64> = row.col("original")?;
    Ok(FileRow {
        seq: row.col("seq")?,
        name: row.col("name")?,
        folder: row.col("folder")?,
        bytes: row.col::<i64>("bytes")?.unsigned_abs(),
        arrived_at: row.moment("arrived_at")?,
        state: row.word("state", FileState::parse)?,
        reason: row.col("reason")?,
        duplicate_of: original.zip(row.col("original_name")?),
        page_count: row.col("pages")?,
        pages: Vec::new(),
    })
}

fn page(row: &Row) -> Result<PageRow, Error> {
    Ok(PageRow {
        page: row.id("page")?,
        place: row.col("place")?,
        counted: row.col("counted")?,
        state: row.page_state("state")?,
        reason: row.col("reason")?,
        form: row.id_or_none("form")?,
        turn: row.col("turn")?,
        has_image: row.col("has_image")?,
        duplicate_of: row.id_or_none("duplicate_of")?,
    })
}
