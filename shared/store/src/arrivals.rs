//! Arrivals: files that come out of the inbox, and the pages they bring.

use crate::columns::{Columns, all, first, ms, run};
use crate::{Error, Rows, Writer};
use domain::ids::{ImageHash, PageId, ScanId};
use domain::message::ReadPage;
use domain::page::PageState;
use jiff::Timestamp;
use rusqlite::{Row, named_params, params};

/// 取込ファイル, as claimed and split by intake; its images are already in the page store.
#[derive(Clone, Debug, PartialEq)]
pub struct NewFile {
    /// Content hash of the whole file.
    pub scan: ScanId,
    /// As the scanner named it.
    pub name: String,
    /// Below the inbox, `""` for the inbox itself.
    pub folder: String,
    /// Size.
    pub bytes: u64,
    /// Its pages in order.
    pub pages: Vec<NewPage>,
}

/// One page of a [`NewFile`].
#[derive(Clone, Debug, PartialEq)]
pub struct NewPage {
    /// From 1.
    pub number: u32,
    /// Its picture.
    pub image: NewImage,
}

/// The picture of a [`NewPage`].
#[derive(Clone, Debug, PartialEq)]
pub enum NewImage {
    /// In the page store.
    Stored {
        /// Its name there.
        image: ImageHash,
        /// Media type, such as `image/tiff`.
        media: String,
    },
    /// Could not be split off or opened.
    Failed {
        /// Why, for people.
        reason: String,
    },
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum TakenFile {
    /// Its pages are rows now, and each good one has a message on its way.
    Taken {
        /// Its place in the order of arrival.
        file: i64,
        /// Its pages and their states (received, duplicate or failed).
        pages: Vec<(PageId, PageState)>,
    },
    /// The very file came before: only the arrival is noted.
    Duplicate {
        /// This arrival.
        file: i64,
        /// The earlier one.
        of: i64,
    },
}

/// 取込. One arrival as listed.
#[derive(Clone, Debug, PartialEq)]
pub struct ScanFile {
    /// Order of arrival.
    pub seq: i64,
    /// Content hash, when the file could be read at all.
    pub scan: Option<ScanId>,
    /// As the scanner named it.
    pub name: String,
    /// Below the inbox.
    pub folder: String,
    /// Size.
    pub bytes: u64,
    /// When it was taken.
    pub arrived_at: Timestamp,
    /// What became of it.
    pub state: FileState,
    /// Why it failed, for people.
    pub reason: Option<String>,
    /// The earlier arrival of the same file.
    pub duplicate_of: Option<i64>,
    /// How many pages it brought.
    pub pages: u32,
}

/// ファイルの状態.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    /// 取込済.
    Taken,
    /// 重複.
    Duplicate,
    /// 失敗.
    Failed,
}

impl FileState {
    /// The word in rows and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            FileState::Taken => "taken",
            FileState::Duplicate => "duplicate",
            FileState::Failed => "failed",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Taken, Self::Duplicate, Self::Failed].into_iter().find(|state| state.as_str() == word)
    }
}

impl Rows<'_> {
    /// Arrivals, newest first, at most `limit`; only those in `state` when one is given.
    ///
    /// # Errors
    /// The database failed.
    pub fn scan_files(&self, state: Option<FileState>, limit: u32) -> Result<Vec<ScanFile>, Error> {
        let sql = "select * from scan_files where ?1 is null or state = ?1 order by seq desc limit ?2";
        all(self.connection, sql, params![state.map(FileState::as_str), limit], scan_file)
    }

    /// One arrival.
    ///
    /// # Errors
    /// The database failed.
    pub fn scan_file(&self, seq: i64) -> Result<Option<ScanFile>, Error> {
        first(self.connection, "select * from scan_files where seq = ?1", [seq], scan_file)
    }
}

impl Writer<'_> {
    /// Takes a file in: arrival, pages, their place in an envelope and their messages, all or nothing.
    /// A file that came before, and an image that is already here as another page, are noted as such.
    ///
    /// # Errors
    /// The database failed; then nothing was written.
    pub fn take_file(&self, file: &NewFile, now: Timestamp) -> Result<TakenFile, Error> {
        let taken = "select seq from scan_files where scan = ?1 and state = 'taken'";
        let earlier = first(self.connection, taken, [file.scan.as_str()], |row| row.col::<i64>("seq"))?;
        if let Some(of) = earlier {
            let seq = self.arrival(file, FileState::Duplicate, Some(of), now)?;
            return Ok(TakenFile::Duplicate { file: seq, of });
        }
        let seq = self.arrival(file, FileState::Taken, None, now)?;
        let mut pages = Vec::new();
        for page in &file.pages {
            pages.push(self.arriving_page(file, seq, page, now)?);
        }
        Ok(TakenFile::Taken { file: seq, pages })
    }

    /// Notes a file that could not be taken in at all. The same file may come again.
    ///
    /// # Errors
    /// The database failed.
    pub fn fail_file(
        &self,
        folder: &str,
        name: &str,
        bytes: u64,
        reason: &str,
        now: Timestamp,
    ) -> Result<i64, Error> {
        run(
            self.connection,
            "insert into scan_files (name, folder, bytes, arrived_at, state, reason)
             values (?1, ?2, ?3, ?4, 'failed', ?5)",
            params![name, folder, size(bytes), ms(now), reason],
        )?;
        Ok(self.connection.last_insert_rowid())
    }

    fn arrival(
        &self,
        file: &NewFile,
        state: FileState,
        duplicate_of: Option<i64>,
        now: Timestamp,
    ) -> Result<i64, Error> {
        let pages = if state == FileState::Taken { file.pages.len() as i64 } else { 0 };
        run(
            self.connection,
            "insert into scan_files (scan, name, folder, bytes, arrived_at, state, duplicate_of, pages)
             values (:scan, :name, :folder, :bytes, :at, :state, :duplicate_of, :pages)",
            named_params! {
                ":scan": file.scan.as_str(), ":name": file.name, ":folder": file.folder, ":bytes": size(file.bytes),
                ":at": ms(now), ":state": state.as_str(), ":duplicate_of": duplicate_of, ":pages": pages,
            },
        )?;
        Ok(self.connection.last_insert_rowid())
    }

    fn arriving_page(
        &self,
        file: &NewFile,
        seq: i64,
        page: &NewPage,
        now: Timestamp,
    ) -> Result<(PageId, PageState), Error> {
        let id = PageId::new(&file.scan, page.number);
        let (image, media, reason) = match &page.image {
            NewImage::Stored { image, media } => (Some(image), Some(media), None),
            NewImage::Failed { reason } => (None, None, Some(reason)),
        };
        let duplicate_of = image.map(|image| self.page_with_image(image)).transpose()?.flatten();
        let state = match (image, &duplicate_of) {
            (None, _) => PageState::Failed,
            (Some(_), Some(_)) => PageState::Duplicate,
            (Some(_), None) => PageState::Received,
        };
        let place = place_of(page.number);
        let envelope = self.envelope_at(&file.folder, seq, place, now)?;
        run(
            self.connection,
            "insert into pages (page, scan, number, place, file, folder, image, media, state, reason, duplicate_of,
                                envelope, arrived_at, updated_at)
             values (:page, :scan, :number, :place, :file, :folder, :image, :media, :state, :reason, :duplicate_of,
                     :envelope, :now, :now)",
            named_params! {
                ":page": id.as_str(), ":scan": file.scan.as_str(), ":number": page.number, ":place": place,
                ":file": seq,
                ":folder": file.folder, ":image": image.map(ImageHash::as_str), ":media": media,
                ":state": state.as_str(), ":reason": reason,
                ":duplicate_of": duplicate_of.as_ref().map(PageId::as_str),
                ":envelope": envelope.as_str(), ":now": ms(now),
            },
        )?;
        if let (PageState::Received, Some(image)) = (state, image) {
            let message = ReadPage::new(id.clone(), image.clone(), 1);
            self.ask_to_read(&message, now)?;
        }
        Ok((id, state))
    }

    fn page_with_image(&self, image: &ImageHash) -> Result<Option<PageId>, Error> {
        let sql = "select page from pages where image = ?1 and state <> 'duplicate' and counted = 1
             order by file, place limit 1";
        first(self.connection, sql, [image.as_str()], |row| row.id("page"))
    }
}

/// The place of a page in the pile of its file, thousandths: its parts lie between it and the next.
pub(crate) fn place_of(number: u32) -> u32 {
    number.saturating_mul(1000)
}

/// SQLite counts to 2^63; no file is longer.
fn size(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn scan_file(row: &Row) -> Result<ScanFile, Error> {
    Ok(ScanFile {
        seq: row.col("seq")?,
        scan: row.id_or_none("scan")?,
        name: row.col("name")?,
        folder: row.col("folder")?,
        bytes: row.col::<i64>("bytes")?.unsigned_abs(),
        arrived_at: row.moment("arrived_at")?,
        state: row.word("state", FileState::parse)?,
        reason: row.col("reason")?,
        duplicate_of: row.col("duplicate_of")?,
        pages: row.col("pages")?,
    })
}
