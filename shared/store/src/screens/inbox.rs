//! The inbox screen: files as they arrived, with the pages that they brought.

use domain::ids::PageId;
use domain::page::PageState;
use rusqlite::Connection;

/// One file as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRow {
    /// Order of arrival.
    pub seq: i64,
    /// As the scanner named it.
    pub name: String,
    /// Folder below the inbox; empty for the inbox itself.
    pub folder: String,
    /// Size, bytes.
    pub bytes: u64,
    /// When it was claimed, ms since 1970 UTC.
    pub arrived_at: i64,
    /// Taken, a duplicate, or failed.
    pub state: FileState,
    /// Why it failed, for people.
    pub reason: Option<String>,
    /// The same file as it came first: order of arrival and name.
    pub duplicate_of: Option<(i64, String)>,
    /// How many pages it brought.
    pub page_count: u64,
    /// Its first pages, in order.
    pub pages: Vec<PageRow>,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    /// Its pages are stored.
    Taken,
    /// The very file was here before.
    Duplicate,
    /// It could not be opened; it lies in `inbox/failed`.
    Failed,
}

impl FileState {
    /// The word in rows.
    pub fn as_str(self) -> &'static str {
        match self {
            FileState::Taken => "taken",
            FileState::Duplicate => "duplicate",
            FileState::Failed => "failed",
        }
    }

    fn parse(word: &str) -> Self {
        let all = [FileState::Taken, FileState::Duplicate, FileState::Failed];
        all.into_iter().find(|state| state.as_str() == word).unwrap_or(FileState::Failed)
    }
}

/// A page in a list: enough for a thumbnail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRow {
    /// The page.
    pub page: PageId,
    /// Its number within its file, from 1.
    pub number: u32,
    /// Where it stands.
    pub state: PageState,
    /// Why, for people.
    pub reason: Option<String>,
    /// Its form, once known.
    pub form: Option<String>,
    /// Whether there is a picture of it.
    pub has_image: bool,
    /// The page that it repeats.
    pub duplicate_of: Option<PageId>,
}

/// Which files the inbox lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileFilter {
    /// Only files with a page in this state.
    pub page_state: Option<PageState>,
    /// Only files in this state.
    pub file_state: Option<FileState>,
    /// Only files that arrived before this one.
    pub before: Option<i64>,
    /// Only this file.
    pub only: Option<i64>,
}

/// The files that `filter` lets through, latest first, each with at most `pages_each` pages.
pub(crate) fn files(
    rows: &Connection,
    filter: &FileFilter,
    limit: u32,
    pages_each: u32,
) -> rusqlite::Result<Vec<FileRow>> {
    let mut query = rows.prepare_cached(
        "select f.seq, f.name, f.folder, f.bytes, f.arrived_at, f.state, f.reason, f.pages, o.seq, o.name
         from scan_files f left join scan_files o on o.seq = f.duplicate_of
         where (?1 is null or f.state = ?1)
           and (?2 is null or exists (select 1 from pages p where p.file = f.seq and p.state = ?2))
           and (?3 is null or f.seq < ?3)
           and (?4 is null or f.seq = ?4)
         order by f.seq desc
         limit ?5",
    )?;
    let file_state = filter.file_state.map(FileState::as_str);
    let page_state = filter.page_state.map(PageState::as_str);
    let found = query.query_map((file_state, page_state, filter.before, filter.only, limit), |row| {
        let original: Option<i64> = row.get(8)?;
        let original_name: Option<String> = row.get(9)?;
        Ok(FileRow {
            seq: row.get(0)?,
            name: row.get(1)?,
            folder: row.get(2)?,
            bytes: row.get(3)?,
            arrived_at: row.get(4)?,
            state: FileState::parse(&row.get::<_, String>(5)?),
            reason: row.get(6)?,
            page_count: row.get(7)?,
            duplicate_of: original.zip(original_name),
            pages: Vec::new(),
        })
    })?;
    let mut files = found.collect::<rusqlite::Result<Vec<_>>>()?;
    for file in &mut files {
        file.pages = pages_of_file(rows, file.seq, page_state, pages_each)?;
    }
    Ok(files)
}

/// The pages of a file in order; with a state, those of that state only.
fn pages_of_file(
    rows: &Connection,
    file: i64,
    state: Option<&str>,
    limit: u32,
) -> rusqlite::Result<Vec<PageRow>> {
    list(
        rows,
        "where file = ?1 and (?2 is null or state = ?2) order by number limit ?3",
        (file, state, limit),
    )
}

/// The pages of an envelope in the order of the pile, from place `skip` on.
pub(crate) fn pages_of_envelope(
    rows: &Connection,
    envelope: &str,
    state: Option<PageState>,
    skip: u32,
    limit: u32,
) -> rusqlite::Result<Vec<PageRow>> {
    list(
        rows,
        "where envelope = ?1 and (?2 is null or state = ?2) order by file, number limit ?3 offset ?4",
        (envelope, state.map(PageState::as_str), limit, skip),
    )
}

fn list(rows: &Connection, which: &str, values: impl rusqlite::Params) -> rusqlite::Result<Vec<PageRow>> {
    let mut query = rows.prepare_cached(&format!(
        "select page, number, state, reason, form, image is not null, duplicate_of from pages {which}"
    ))?;
    let found = query.query_map(values, |row| {
        Ok(PageRow {
            page: PageId(row.get(0)?),
            number: row.get(1)?,
            state: state_of(&row.get::<_, String>(2)?),
            reason: row.get(3)?,
            form: row.get(4)?,
            has_image: row.get(5)?,
            duplicate_of: row.get::<_, Option<String>>(6)?.map(PageId),
        })
    })?;
    found.collect()
}

/// The state named by a row; the table's check lets no other word in.
pub(crate) fn state_of(word: &str) -> PageState {
    PageState::parse(word).unwrap_or(PageState::Failed)
}
