//! 控え. A copy of all rows as they are at one moment, and the lines that say when one was made or brought back.

use crate::columns::{Columns, first};
use crate::events::About;
use crate::{Access, Error, Rows, Store, Writer};
use domain::access::Act;
use domain::actor::Actor;
use jiff::Timestamp;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::Path;

/// The word of a backup in the log of events.
const MADE: &str = "backup_made";
/// The word of rows that were brought back.
const RESTORED: &str = "backup_restored";

/// What a copy holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Step of its tables.
    pub schema: u64,
    /// Rows of each table.
    pub rows: BTreeMap<String, u64>,
}

impl Store {
    /// Writes all rows as they are now into a new file at `copy`, sealed as the database is, while everybody goes on
    /// working; `told` hears how many of how many blocks are done.
    ///
    /// # Errors
    /// The copy cannot be written, is not sound, or the database failed.
    pub fn copy_to(&self, copy: &Path, told: &mut dyn FnMut(u64, u64)) -> Result<Copied, Error> {
        let connection = self.file().copy_to(copy, told)?;
        let sound: String = connection.query_row("pragma quick_check(1)", [], |row| row.get(0))?;
        if sound != "ok" {
            return Err(self.file().explain(corrupt()).into());
        }
        counted(&connection)
    }

    /// Rows of each table now.
    ///
    /// # Errors
    /// The database failed.
    pub fn counted(&self) -> Result<Copied, Error> {
        self.read(|rows| counted(rows.connection))
    }
}

impl Writer<'_> {
    /// Notes that a backup is complete. Everybody's data lies in it: the access log says so, too.
    ///
    /// # Errors
    /// The database failed.
    pub fn backup_made(&self, detail: &str, actor: &Actor, now: Timestamp) -> Result<(), Error> {
        self.note(MADE, About { detail: Some(detail), ..About::default() }, actor, now)?;
        self.trace_all(Act::Export, MADE, detail, actor, now)
    }

    /// Notes that these rows were brought back from a backup.
    ///
    /// # Errors
    /// The database failed.
    pub fn backup_restored(&self, detail: &str, actor: &Actor, now: Timestamp) -> Result<(), Error> {
        self.note(RESTORED, About { detail: Some(detail), ..About::default() }, actor, now)?;
        self.trace_all(Act::Change, RESTORED, detail, actor, now)
    }

    fn trace_all(
        &self,
        act: Act,
        screen: &str,
        reason: &str,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), Error> {
        let access = Access { act, screen, reason: Some(reason), residents: &[], page: None };
        self.trace(&access, actor, now)
    }
}

impl Rows<'_> {
    /// When the last backup was complete; `None` when there never was one.
    ///
    /// # Errors
    /// The database failed.
    pub fn last_backup(&self) -> Result<Option<Timestamp>, Error> {
        let sql = "select at from events where what = ?1 order by at desc limit 1";
        first(self.connection, sql, [MADE], |row| row.moment("at"))
    }
}

fn counted(connection: &Connection) -> Result<Copied, Error> {
    let schema: i64 = connection.query_row("pragma user_version", [], |row| row.get(0))?;
    let mut names = connection.prepare(
        "select name from sqlite_schema where type = 'table' and rootpage > 0 and name not like 'sqlite_%'",
    )?;
    let names: Vec<String> = names.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut rows = BTreeMap::new();
    for name in names {
        let count = format!("select count(*) from \"{name}\"");
        let count: i64 = connection.query_row(&count, [], |row| row.get(0))?;
        rows.insert(name, count.unsigned_abs());
    }
    Ok(Copied { schema: schema.unsigned_abs(), rows })
}

/// What SQLite says of a damaged file, for a copy whose own check said it.
fn corrupt() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT), None)
}
