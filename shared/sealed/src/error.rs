//! The one error of this room. Its words say what to do next.

use std::path::PathBuf;

/// Why a database file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// Its folder, its lock or the file itself.
    #[error("cannot write at {}: {source}; check that the folder exists and may be written", path.display())]
    Folder {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A key is set, and the file was written without one.
    #[error(
        "{} is not sealed although a key is set: stop every role and run `yomitori keys rotate`, which seals it; \
         without a key in the settings it opens as it is",
        path.display()
    )]
    Plain {
        /// The file.
        path: PathBuf,
    },
    /// No key is set, and the file is no plain database.
    #[error(
        "{} is sealed, and no key is set: name the key file by YOMITORI_KEY_FILE or key_file in yomitori.toml; if it \
         never was sealed, it is damaged, and the last backup has to be restored (`yomitori restore`)",
        path.display()
    )]
    Sealed {
        /// The file.
        path: PathBuf,
    },
    /// Keys are set, and none fits.
    #[error(
        "none of the {keys} keys opens {}: put the line of the key that it was sealed with back into the key file, \
         below the newest; if it is there, the file is damaged, and the last backup has to be restored (`yomitori \
         restore`)",
        path.display()
    )]
    NoKey {
        /// The file.
        path: PathBuf,
        /// How many were tried.
        keys: usize,
    },
    /// The file is no database any more.
    #[error(
        "{} is damaged: restore the last backup (`yomitori restore`), and keep the damaged file for whoever looks into it",
        path.display()
    )]
    Broken {
        /// The file.
        path: PathBuf,
    },
    /// Somebody has it open who must not while its key changes.
    #[error("{} is in use: stop every role and every other command first (`systemctl stop yomitori.target`)", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// Its key is being changed.
    #[error("{} is just being sealed with another key: wait until `yomitori keys rotate` has ended", path.display())]
    BeingResealed {
        /// The file.
        path: PathBuf,
    },
    /// What was written with the new key is not what stood there before; nothing was replaced.
    #[error("{} could not be sealed anew: its copy differs in {what}; it stays as it was", path.display())]
    Differs {
        /// The file.
        path: PathBuf,
        /// In what.
        what: String,
    },
    /// SQLite refused.
    #[error("the database failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

impl SealError {
    /// Whether the same call may succeed later without anybody changing settings.
    pub fn is_temporary(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked, DiskFull, SystemIoFailure};
        match self {
            SealError::BeingResealed { .. } => true,
            SealError::Folder { source, .. } => source.kind() != std::io::ErrorKind::NotADirectory,
            SealError::Sqlite(error) => matches!(
                error.sqlite_error_code(),
                Some(DatabaseBusy | DatabaseLocked | DiskFull | SystemIoFailure)
            ),
            _ => false,
        }
    }
}
