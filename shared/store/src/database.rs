//! The database file and its connections: one that writes, a few that read.

use crate::Error;
use domain::key::Keyring;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use rusqlite_migration::{M, Migrations};
use sealed::File;
use std::ops::Deref;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Forward only; a released file is never edited.
const MIGRATIONS: &[M<'static>] = &[
    M::up(include_str!("../migrations/0001_first.sql")),
    M::up(include_str!("../migrations/0002_households.sql")),
    M::up(include_str!("../migrations/0003_accounts.sql")),
    M::up(include_str!("../migrations/0004_access.sql")),
    M::up(include_str!("../migrations/0005_keying.sql")),
    M::up(include_str!("../migrations/0006_mailroom.sql")),
    M::up(include_str!("../migrations/0007_quality.sql")),
    M::up(include_str!("../migrations/0008_search.sql")),
    M::up(include_str!("../migrations/0010_corrections.sql")),
    M::up(include_str!("../migrations/0011_claims.sql")),
    M::up(include_str!("../migrations/0013_requests.sql")),
    M::up(include_str!("../migrations/0014_operations.sql")),
];
/// How long a call waits for another process that is writing. Writes take milliseconds, a yearly
/// import of a large city a few seconds.
const PATIENCE: Duration = Duration::from_secs(20);
/// Idle readers kept open; more are opened while more read at once.
const IDLE_READERS: usize = 8;
/// Prepared statements kept per connection: all of ours fit.
const STATEMENTS: usize = 128;

/// The rows of one municipality. Cheap to clone; every call blocks, so services call it from a
/// blocking task or through [`Store::read_async`] and [`Store::write_async`].
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
    /// Last: it is in use until the connections are closed.
    file: File,
}

/// Reading: a view of the rows as they were when the closure began.
pub struct Rows<'c> {
    pub(crate) connection: &'c Connection,
}

/// Writing: everything in one closure is one transaction. It reads like [`Rows`].
pub struct Writer<'c>(Rows<'c>);

impl<'c> Deref for Writer<'c> {
    type Target = Rows<'c>;

    fn deref(&self) -> &Rows<'c> {
        &self.0
    }
}

impl Store {
    /// [`Store::open_with`] of a database that nobody seals.
    ///
    /// # Errors
    /// As [`Store::open_with`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::open_with(path, None)
    }

    /// Opens the database at `path`, makes it if there is none, and brings its tables up to date. With `keys` a new one
    /// is sealed with the newest, and an older key opens what it has sealed.
    ///
    /// # Errors
    /// The folder can not be written, the file is damaged or does not fit the keys, or a newer version wrote it.
    pub fn open_with(path: &Path, keys: Option<&Keyring>) -> Result<Self, Error> {
        let (file, opening) = File::open(path, keys)?;
        let mut writer = connect(&file, OpenFlags::default())?;
        prepare(&mut writer).map_err(|error| match error {
            Error::Database(error) => file.explain(error).into(),
            other => other,
        })?;
        drop(opening);
        writer.set_transaction_behavior(TransactionBehavior::Immediate);
        let (writer, readers) = (Mutex::new(writer), Mutex::new(Vec::new()));
        Ok(Self(Arc::new(Inner { file, writer, readers })))
    }

    pub(crate) fn file(&self) -> &File {
        &self.0.file
    }

    /// The id of the key that seals the database; `None` when nothing does.
    pub fn key_id(&self) -> Option<String> {
        self.0.file.key_id()
    }

    /// Runs `work` on one consistent view of the rows. Never waits for a writer.
    ///
    /// # Errors
    /// Whatever `work` returns, or the database's own failure.
    pub fn read<T>(&self, work: impl FnOnce(&Rows) -> Result<T, Error>) -> Result<T, Error> {
        let idle = self.idle_readers().pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => self.reader()?,
        };
        let transaction = connection.transaction()?;
        let result = work(&Rows { connection: &transaction });
        drop(transaction);
        let mut idle = self.idle_readers();
        if idle.len() < IDLE_READERS {
            idle.push(connection);
        }
        result
    }

    /// Runs `work` in one transaction, alone; commits when it returns `Ok`, else leaves no trace.
    ///
    /// # Errors
    /// Whatever `work` returns, or the database's own failure.
    pub fn write<T>(&self, work: impl FnOnce(&Writer) -> Result<T, Error>) -> Result<T, Error> {
        // A panic in an earlier closure rolled its transaction back; the connection is sound.
        let mut connection = self.0.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = connection.transaction()?;
        let value = work(&Writer(Rows { connection: &transaction }))?;
        transaction.commit()?;
        Ok(value)
    }

    /// [`Store::read`] on a thread that may block.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn read_async<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Rows) -> Result<T, Error> + Send + 'static,
    {
        let store = self.clone();
        tokio::task::spawn_blocking(move || store.read(work)).await.map_err(|_| Error::TaskEnded)?
    }

    /// [`Store::write`] on a thread that may block.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn write_async<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Writer) -> Result<T, Error> + Send + 'static,
    {
        let store = self.clone();
        tokio::task::spawn_blocking(move || store.write(work)).await.map_err(|_| Error::TaskEnded)?
    }

    pub(crate) fn reader(&self) -> Result<Connection, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_URI;
        let connection = connect(&self.0.file, flags)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    }

    fn idle_readers(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.0.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn connect(file: &File, flags: OpenFlags) -> Result<Connection, Error> {
    let connection = file.connect(flags)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    crate::search::teach(&connection)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

fn prepare(writer: &mut Connection) -> Result<(), Error> {
    // WAL: readers go on while one writes. FULL: a commit survives a power cut, for after it the
    // source file leaves the inbox and a message is finished; with NORMAL the page would be lost.
    writer.pragma_update(None, "journal_mode", "wal")?;
    writer.pragma_update(None, "synchronous", "full")?;
    let (written, known): (i64, i64) =
        (writer.query_row("pragma user_version", [], |row| row.get(0))?, MIGRATIONS.len() as i64);
    if written > known {
        return Err(Error::Newer { written, known });
    }
    Ok(Migrations::from_slice(MIGRATIONS).to_latest(writer)?)
}
