//! A database file that is open: with which key, and that it is.

use crate::SealError;
use domain::key::{Key, Keyring};
use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
use rusqlite::backup::{Backup, Progress, StepResult};
use rusqlite::{Connection, OpenFlags};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How every plain SQLite file begins; a sealed one begins with its random salt.
const PLAIN: &[u8; 16] = b"SQLite format 3\0";

/// Blocks (of 4 KiB) copied at once: 16 MiB, a few hundredths of a second.
const BLOCKS: i32 = 4096;
/// How long a copy waits for whoever builds the tables.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two tries of a block that is locked.
const PAUSE: Duration = Duration::from_millis(50);

/// A database file in use. While it lives, its key does not change.
#[derive(Debug)]
pub struct File {
    path: PathBuf,
    key: Option<Key>,
    /// Held shared for as long as the file is open.
    _in_use: fs::File,
}

/// Nobody else opens the file while this lives: programs that start together must not all build the tables.
#[derive(Debug)]
pub struct Opening {
    _lock: fs::File,
}

/// What a file looks like from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Nothing is there yet.
    New,
    /// A plain database.
    Plain,
    /// Sealed, or damaged.
    Opaque,
}

impl File {
    /// Finds out how to open the database at `path`, and makes its folder when it is missing. A new file is sealed with
    /// the newest key, or stays plain without `keys`; an older key opens what it has sealed. The second value is to be
    /// dropped when the tables stand.
    ///
    /// # Errors
    /// The file and the keys do not fit, its key is being changed, or the folder cannot be written.
    pub fn open(path: &Path, keys: Option<&Keyring>) -> Result<(Self, Opening), SealError> {
        let trouble = |source| SealError::Folder { path: path.to_owned(), source };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(trouble)?;
        }
        let lock = fs::File::create(path.with_extension("lock")).map_err(trouble)?;
        lock.lock().map_err(trouble)?;
        let in_use = in_use(path)?;
        match in_use.try_lock_shared() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                return Err(SealError::BeingResealed { path: path.to_owned() });
            }
            Err(fs::TryLockError::Error(source)) => return Err(trouble(source)),
        }
        let key = key_of(path, keys)?;
        Ok((Self { path: path.to_owned(), key, _in_use: in_use }, Opening { _lock: lock }))
    }

    /// One more connection.
    ///
    /// # Errors
    /// SQLite refuses.
    pub fn connect(&self, flags: OpenFlags) -> rusqlite::Result<Connection> {
        connect(&self.path, flags, self.key.as_ref())
    }

    /// Copies the database as it is at this moment into a new file at `copy`, sealed alike, while others go on writing.
    /// `told` hears how many of how many blocks are done. Gives a connection to the copy, which is one file without a
    /// log beside it.
    ///
    /// # Errors
    /// SQLite refuses, or the disk is full; what was written until then stays.
    pub fn copy_to(&self, copy: &Path, told: &mut dyn FnMut(u64, u64)) -> Result<Connection, SealError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
        let from = self.connect(flags)?;
        from.busy_timeout(PATIENCE)?;
        // A reading transaction over the whole of it: else every write of another process would begin the copy anew.
        from.execute_batch("begin; select count(*) from sqlite_schema;")?;
        let mut to = connect(copy, flags | OpenFlags::SQLITE_OPEN_CREATE, self.key.as_ref())?;
        {
            let backup = Backup::new(&from, &mut to)?;
            loop {
                let step = backup.step(BLOCKS)?;
                let Progress { remaining, pagecount } = backup.progress();
                let count = |blocks: i32| u64::try_from(blocks).unwrap_or(0);
                told(count(pagecount - remaining), count(pagecount));
                match step {
                    StepResult::Done => break,
                    StepResult::More => {}
                    _ => std::thread::sleep(PAUSE),
                }
            }
        }
        to.query_row("pragma journal_mode = delete", [], |_| Ok(()))?;
        Ok(to)
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// [`Key::id`] of what it is sealed with; `None` for a plain file.
    pub fn key_id(&self) -> Option<String> {
        self.key.as_ref().map(Key::id)
    }

    /// Turns SQLite's word for a damaged file into one that says what to do.
    pub fn explain(&self, error: rusqlite::Error) -> SealError {
        match error.sqlite_error_code() {
            Some(NotADatabase | DatabaseCorrupt) => SealError::Broken { path: self.path.clone() },
            _ => SealError::Sqlite(error),
        }
    }
}

/// What a database file is sealed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SealedWith {
    /// There is no file.
    Missing,
    /// It is plain.
    Nothing,
    /// The key of this [`Key::id`].
    Key(String),
    /// None of the keys given.
    Unknown,
}

/// Finds out with what the database at `path` is sealed, also while it is in use.
///
/// # Errors
/// It cannot be read.
pub fn sealed_with(path: &Path, keys: Option<&Keyring>) -> Result<SealedWith, SealError> {
    Ok(match (shape(path)?, keys) {
        (Shape::New, _) => SealedWith::Missing,
        (Shape::Plain, _) => SealedWith::Nothing,
        (Shape::Opaque, None) => SealedWith::Unknown,
        (Shape::Opaque, Some(keys)) => {
            fitting(path, keys)?.map_or(SealedWith::Unknown, |key| SealedWith::Key(key.id()))
        }
    })
}

/// The file whose lock says that the database is open.
pub(crate) fn in_use(path: &Path) -> Result<fs::File, SealError> {
    let name = path.with_extension("in-use");
    fs::File::create(&name).map_err(|source| SealError::Folder { path: name.clone(), source })
}

pub(crate) fn shape(path: &Path) -> Result<Shape, SealError> {
    let mut head = [0; PLAIN.len()];
    let read = fs::File::open(path).and_then(|mut file| file.read(&mut head));
    match read {
        Ok(0) => Ok(Shape::New),
        Ok(length) if head[..length] == PLAIN[..length] => Ok(Shape::Plain),
        Ok(_) => Ok(Shape::Opaque),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Shape::New),
        Err(source) => Err(SealError::Folder { path: path.to_owned(), source }),
    }
}

/// The key that opens the file at `path`, or is to seal a new one.
fn key_of(path: &Path, keys: Option<&Keyring>) -> Result<Option<Key>, SealError> {
    let named = || path.to_owned();
    match (shape(path)?, keys) {
        (Shape::New, keys) => Ok(keys.map(|keys| keys.current().clone())),
        (Shape::Plain, None) => Ok(None),
        (Shape::Plain, Some(_)) => Err(SealError::Plain { path: named() }),
        (Shape::Opaque, None) => Err(SealError::Sealed { path: named() }),
        (Shape::Opaque, Some(keys)) => fitting(path, keys)?
            .map(Some)
            .ok_or_else(|| SealError::NoKey { path: named(), keys: keys.all().count() }),
    }
}

/// The first key that opens the sealed file at `path`.
pub(crate) fn fitting(path: &Path, keys: &Keyring) -> Result<Option<Key>, SealError> {
    for key in keys.all() {
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE, Some(key))?;
        let opened = connection.query_row("select count(*) from sqlite_schema", [], |_| Ok(()));
        match opened {
            Ok(()) => return Ok(Some(key.clone())),
            Err(error) if error.sqlite_error_code() == Some(NotADatabase) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

pub(crate) fn connect(path: &Path, flags: OpenFlags, key: Option<&Key>) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags)?;
    if let Some(key) = key {
        // A key that does not fit is our own question (an older one may): SQLCipher need not complain on the console.
        connection.pragma_update(None, "cipher_log_level", "NONE")?;
        connection.pragma_update(None, "key", raw(key))?;
    }
    Ok(connection)
}

/// The key itself: it is random, so that nothing is to be derived from it.
pub(crate) fn raw(key: &Key) -> String {
    format!("x'{}'", key.to_hex())
}
