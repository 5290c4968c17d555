//! The one error of this room.

use domain::ids::ImageHash;
use std::io;
use std::path::PathBuf;

/// What can go wrong with page pictures.
#[derive(Debug, thiserror::Error)]
pub enum PagesError {
    /// Nothing is stored under this name.
    #[error("page picture {0} is not in the page store")]
    Missing(ImageHash),
    /// The stored bytes are no longer what was put in.
    #[error(
        "page picture {0} is damaged: its bytes do not match its name; restore it from a backup or scan the page again"
    )]
    Damaged(ImageHash),
    /// Not 64 lower-case hex digits.
    #[error("not the name of a page picture")]
    Name,
    /// Not 1 to 5 of a-z and 0-9.
    #[error("not a file extension for a page picture")]
    Extension,
    /// `YOMITORI_PAGES` names no store that this program can open.
    #[error("YOMITORI_PAGES={address} is not {problem}; use file: (the default) or file:/path/to/pages")]
    Address {
        /// What was given, without user and password.
        address: String,
        /// `built into this version` or `a page store`.
        problem: &'static str,
    },
    /// The file system refused.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// What was tried, such as `write`.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl PagesError {
    /// Whether the same call may succeed later without a change of program or settings: a full disk, missing
    /// rights and a share that is away heal; a damaged picture does not.
    pub fn is_temporary(&self) -> bool {
        use io::ErrorKind::{InvalidFilename, InvalidInput, Unsupported};
        match self {
            PagesError::Io { source, .. } => {
                !matches!(source.kind(), InvalidFilename | InvalidInput | Unsupported)
            }
            _ => false,
        }
    }
}
