//! The database file and its connections: one that writes, a few that read.

use crate::Error;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use rusqlite_migration::{M, Migrations};
use std::fs::File;
use std::ops::Deref;
use std::path::{Path, PathBuf};
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
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
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
    /// Opens the database at `path`, makes it if there is none, and brings its tables up to date.
    ///
    /// # Errors
    /// The folder can not be written, the file is no database, or a newer version wrote it.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let mut writer = {
            let _alone = lock_out_others(path)?;
            let mut writer = connect(path, OpenFlags::default())?;
            // WAL: readers go on while one writes. FULL: a commit survives a power cut, for after it the
            // source file leaves the inbox and a message is finished; with NORMAL the page would be lost.
            writer.pragma_update(None, "journal_mode", "wal")?;
            writer.pragma_update(None, "synchronous", "full")?;
            Migrations::from_slice(MIGRATIONS).to_latest(&mut writer)?;
            writer
        };
        writer.set_transaction_behavior(TransactionBehavior::Immediate);
        let (writer, readers) = (Mutex::new(writer), Mutex::new(Vec::new()));
        Ok(Self(Arc::new(Inner { path: path.to_owned(), writer, readers })))
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

    fn reader(&self) -> Result<Connection, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_URI;
        let connection = connect(&self.0.path, flags)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    }

    fn idle_readers(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.0.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, Error> {
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    crate::search::teach(&connection)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// Roles that start together must not all build the tables: a lock beside the database, held for the opening.
fn lock_out_others(path: &Path) -> Result<File, Error> {
    let trouble = |source| Error::Folder { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(trouble)?;
    }
    let lock = File::create(path.with_extension("lock")).map_err(trouble)?;
    lock.lock().map_err(trouble)?;
    Ok(lock)
}
