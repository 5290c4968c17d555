//! 版 and 読取機: what pages are to be read with, and which readers said that they are there.

use crate::columns::{Columns, all, first, ms, run};
use crate::{Error, Moved, Rows, Writer};
use domain::actor::Actor;
use domain::edition::Edition;
use domain::ids::PageId;
use domain::message::ReaderReport;
use domain::page::PageState;
use jiff::Timestamp;
use rusqlite::{Row, named_params, params};

impl Rows<'_> {
    /// What intake asks readers to read with; `None` before it ever ran.
    ///
    /// # Errors
    /// The database failed.
    pub fn current_edition(&self) -> Result<Option<Edition>, Error> {
        let sql = "select number, forms, model from editions order by number desc limit 1";
        first(self.connection, sql, [], |row| {
            Ok(Edition { number: row.col("number")?, forms: row.col("forms")?, model: row.col("model")? })
        })
    }

    /// Readers that reported since `since`, by name.
    ///
    /// # Errors
    /// The database failed.
    pub fn readers(&self, since: Timestamp) -> Result<Vec<ReaderReport>, Error> {
        all(self.connection, "select * from readers where at >= ?1 order by name", [ms(since)], reader)
    }
}

impl Writer<'_> {
    /// Makes `edition` the one that readers are asked for, and gives it with its number. When it is another one than
    /// before, every page that waits for a reading is asked for anew, so that at least one request says so to readers
    /// that have not met it yet; answers to the older requests count for nothing.
    ///
    /// # Errors
    /// The database failed.
    pub fn begin_edition(&self, edition: &Edition, actor: &Actor, now: Timestamp) -> Result<Edition, Error> {
        let current = self.current_edition()?;
        if let Some(current) = current.as_ref().filter(|current| *current == edition) {
            return Ok(current.clone());
        }
        run(
            self.connection,
            "insert into editions (forms, model, since) values (?1, ?2, ?3)",
            params![edition.forms, edition.model, ms(now)],
        )?;
        let number = u32::try_from(self.connection.last_insert_rowid())
            .map_err(|_| Error::Damaged { column: "number" })?;
        // Requests of before the first edition name none, and anybody may read them.
        if current.is_some() {
            for page in self.pages_asked_for()? {
                self.ask_for_edition(&page, None, actor, now)?;
            }
        }
        Ok(Edition { number, ..edition.clone() })
    }

    /// Asks for another reading of a page that still waits for its first: its message is lost, or was answered with
    /// another edition. With `round`, only while that is the newest request. [`Moved::NotOpen`] when the page is
    /// further on by now.
    ///
    /// # Errors
    /// There is no such page, or the database failed.
    pub fn ask_for_edition(
        &self,
        page: &PageId,
        round: Option<u32>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Moved, Error> {
        let row = self.known_page(page)?;
        if row.state != PageState::Received || round.is_some_and(|round| round != row.round) {
            return Ok(Moved::NotOpen);
        }
        let form = row.assigned_form.clone();
        self.read_again(page, form, actor, now)
    }

    /// Remembers what a reader said last; a clock that is ahead of ours is not believed.
    ///
    /// # Errors
    /// The database failed.
    pub fn note_reader(&self, report: &ReaderReport, now: Timestamp) -> Result<(), Error> {
        run(
            self.connection,
            "insert into readers (name, program, forms, model, threads, pages, refusing_since, stopping, at)
             values (:name, :program, :forms, :model, :threads, :pages, :refusing_since, :stopping, :at)
             on conflict (name) do update set
               program = excluded.program, forms = excluded.forms, model = excluded.model,
               threads = excluded.threads, pages = excluded.pages, refusing_since = excluded.refusing_since,
               stopping = excluded.stopping, at = excluded.at",
            named_params! {
                ":name": report.name, ":program": report.program, ":forms": report.edition.forms,
                ":model": report.edition.model, ":threads": report.threads,
                ":pages": i64::try_from(report.pages).unwrap_or(i64::MAX),
                ":refusing_since": report.refusing_since.map(ms), ":stopping": report.stopping,
                ":at": ms(report.at.min(now)),
            },
        )?;
        Ok(())
    }

    /// Pages whose request was sent and that are not read yet.
    fn pages_asked_for(&self) -> Result<Vec<PageId>, Error> {
        let sql = "select page from pages where state = 'received' and image is not null
                   and page || '#' || round not in (select key from outbox where sent_at is null)
                   order by file, number";
        all(self.connection, sql, [], |row| row.id("page"))
    }
}

fn reader(row: &Row) -> Result<ReaderReport, Error> {
    let pages: i64 = row.col("pages")?;
    Ok(ReaderReport {
        name: row.col("name")?,
        program: row.col("program")?,
        edition: Edition { number: 0, forms: row.col("forms")?, model: row.col("model")? },
        threads: row.col("threads")?,
        pages: pages.unsigned_abs(),
        refusing_since: row.moment_or_none("refusing_since")?,
        stopping: row.col("stopping")?,
        at: row.moment("at")?,
    })
}
