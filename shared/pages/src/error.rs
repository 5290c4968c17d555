//! The one error of this room.

use domain::ids::ImageHash;
use std::io;
use std::path::{Path, PathBuf};

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
    /// Sealed with a key that was not given.
    #[error(
        "{what} is sealed with the picture key {key}, which this program was not given; add that key to the key file \
         (`yomitori keys show` tells which are in use)"
    )]
    NoKey {
        /// What is sealed.
        what: String,
        /// `domain::key::Key::id` of the key.
        key: String,
    },
    /// Something shall be sealed, or opened, and there are no keys at all.
    #[error(
        "there are no keys: set YOMITORI_KEY_FILE or key_file in yomitori.toml (`yomitori keys new` makes one)"
    )]
    NoKeys,
    /// Sealed in a way that came later.
    #[error("{what} was sealed by a newer version of this program; use that version")]
    Newer {
        /// What is sealed.
        what: String,
    },
    /// Not something that this program sealed.
    #[error("{what} is not sealed: it can be used as it is")]
    NotSealed {
        /// The file.
        what: String,
    },
    /// A sealed file is no longer what was sealed.
    #[error("{} is damaged: what was sealed in it does not come out whole; restore it from a backup", path.display())]
    DamagedFile {
        /// The file.
        path: PathBuf,
    },
    /// A page store over the network refused or did not answer.
    #[error("cannot {doing} the page store {place}: {problem}")]
    Remote {
        /// What was tried, such as `read from`.
        doing: &'static str,
        /// `s3://bucket/prefix`.
        place: String,
        /// What happened, and what to do.
        problem: String,
    },
    /// The settings of a page store over the network are not right.
    #[error("{0}")]
    Settings(String),
    /// `YOMITORI_PAGES` names no store that this program can open.
    #[error(
        "YOMITORI_PAGES={address} is not a page store; use file: (the default), file:/path/to/pages or s3://bucket/prefix"
    )]
    Address {
        /// What was given, without user and password.
        address: String,
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
    /// rights, a share and a server that are away heal; a damaged picture does not.
    pub fn is_temporary(&self) -> bool {
        use io::ErrorKind::{InvalidFilename, InvalidInput, Unsupported};
        match self {
            PagesError::Io { source, .. } => {
                !matches!(source.kind(), InvalidFilename | InvalidInput | Unsupported)
            }
            PagesError::Remote { .. } => true,
            _ => false,
        }
    }
}

/// What the file system said, with what was tried on what.
pub(crate) fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> PagesError {
    let path = path.to_owned();
    move |source| PagesError::Io { doing, path, source }
}
