//! The one error of this room.

use std::path::PathBuf;

/// What can go wrong with the rows. Never quotes a value: it may be personal.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be opened with the keys at hand, or is damaged.
    #[error(transparent)]
    File(#[from] sealed::SealError),
    /// SQLite refused.
    #[error("the database failed: {0}")]
    Database(#[from] rusqlite::Error),
    /// A newer version wrote the tables.
    #[error(
        "the database was written by a newer version (step {written} of its tables; this program knows {known}): \
         install that version again, or restore a backup that was made before it (`yomitori restore`)"
    )]
    Newer {
        /// Step of the tables.
        written: i64,
        /// The last step that this program knows.
        known: i64,
    },
    /// The tables could not be brought up to date.
    #[error("the database could not be brought up to date: {0}; it stays as it was")]
    Migration(#[from] rusqlite_migration::Error),
    /// A row does not hold what this version writes.
    #[error("the database holds a value in `{column}` that this version does not understand")]
    Damaged {
        /// Its column.
        column: &'static str,
    },
    /// Something that was asked for by its id does not exist.
    #[error("there is no such {what}")]
    Missing {
        /// What, such as `page`.
        what: &'static str,
    },
    /// Every serial of a form number has been used.
    #[error("form number {form} has used all of its 99999999 serials; give the form a new number")]
    OutOfNumbers {
        /// The form number.
        form: u8,
    },
    /// A file of the access log's archive cannot be written or read.
    #[error("the archive of the access log failed at {}: {source}; check that the folder exists and may be written", path.display())]
    Archive {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A task of the runtime was cancelled or panicked.
    #[error("the database task ended early")]
    TaskEnded,
}

impl Error {
    /// Whether the same call may succeed later.
    pub fn is_temporary(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked, DiskFull, SystemIoFailure};
        match self {
            Error::Database(rusqlite::Error::SqliteFailure(failure, _)) => {
                matches!(failure.code, DatabaseBusy | DatabaseLocked | DiskFull | SystemIoFailure)
            }
            Error::File(error) => error.is_temporary(),
            Error::TaskEnded => true,
            _ => false,
        }
    }
}
