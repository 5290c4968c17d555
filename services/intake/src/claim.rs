//! A file in hand: renamed out of the scanner's reach, so that nobody writes, replaces or takes it twice.
//!
//! It stays within the inbox (`.claimed/<when>-<number>-<crashes>/<its path>`): the same file system, so that a
//! rename is enough, and a file that is not yet safe elsewhere has not left the inbox.

use crate::files::move_file;
use crate::inbox::{Found, shape};
use jiff::Timestamp;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// The folder of the files in hand; hidden, so that no look through the inbox sees it.
const CLAIMED: &str = ".claimed";

/// 取込中. One file in hand.
#[derive(Debug)]
pub(crate) struct Claim {
    claimed: PathBuf,
    at: Timestamp,
    number: u32,
    crashes: u32,
    relative: PathBuf,
}

impl Claim {
    /// Takes `found` out of the inbox. `None` when it is gone or has changed since it was looked at.
    pub(crate) fn take(inbox: &Path, found: &Found, now: Timestamp) -> io::Result<Option<Self>> {
        let from = inbox.join(&found.relative);
        let unchanged = |meta: &fs::Metadata| meta.is_file() && shape(meta) == found.shape;
        match from.symlink_metadata() {
            Ok(metadata) if unchanged(&metadata) => {}
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => return Ok(None),
        }
        let claim = Self::new_folder(inbox, &found.relative, now)?;
        let to = claim.path();
        fs::create_dir_all(to.parent().unwrap_or(inbox))?;
        match move_file(&from, &to) {
            Ok(()) => Ok(Some(claim)),
            Err(error) => {
                claim.clear();
                if error.kind() == ErrorKind::NotFound { Ok(None) } else { Err(error) }
            }
        }
    }

    /// A claim with an empty folder of its own.
    fn new_folder(inbox: &Path, relative: &Path, now: Timestamp) -> io::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let claimed = inbox.join(CLAIMED);
        fs::create_dir_all(&claimed)?;
        loop {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let relative = relative.to_owned();
            let claim =
                Self { claimed: claimed.clone(), at: in_milliseconds(now), number, crashes: 0, relative };
            match fs::create_dir(claim.folder()) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                made => return made.map(|()| claim),
            }
        }
    }

    /// What an earlier run (or a failure of the machine) left in hand, oldest first.
    pub(crate) fn leftovers(inbox: &Path) -> io::Result<Vec<Self>> {
        let claimed = inbox.join(CLAIMED);
        let entries = match fs::read_dir(&claimed) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut leftovers = Vec::new();
        for entry in entries {
            let folder = entry?.path();
            let Some((at, number, crashes)) = folder.file_name().and_then(parse) else {
                continue;
            };
            let claim = |relative| Self { claimed: claimed.clone(), at, number, crashes, relative };
            match only_file(&folder)? {
                Some(file) => leftovers.push(claim(file.strip_prefix(&folder).unwrap_or(&file).to_owned())),
                // Interrupted before the file came in, or after it went on.
                None => claim(PathBuf::from("none")).clear(),
            }
        }
        leftovers.sort_by_key(|claim| (claim.at, claim.number));
        Ok(leftovers)
    }

    /// When it was taken.
    pub(crate) fn at(&self) -> Timestamp {
        self.at
    }

    /// How often the program ended while it worked on this file.
    pub(crate) fn crashes(&self) -> u32 {
        self.crashes
    }

    /// Notes that work on it begins (or, with a smaller number, ended well): counted if the program dies.
    pub(crate) fn set_crashes(&mut self, crashes: u32) -> io::Result<()> {
        let from = self.folder();
        let before = std::mem::replace(&mut self.crashes, crashes);
        fs::rename(from, self.folder()).inspect_err(|_| self.crashes = before)
    }

    /// Where the file lies now.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder().join(&self.relative)
    }

    /// As the scanner named it.
    pub(crate) fn name(&self) -> &OsStr {
        self.relative.file_name().unwrap_or_default()
    }

    /// The folder below the inbox that it came from, with `/` between names; empty for the inbox itself.
    pub(crate) fn stream(&self) -> String {
        let folder = self.relative.parent().unwrap_or(Path::new(""));
        let names: Vec<_> = folder.iter().map(OsStr::to_string_lossy).collect();
        names.join("/")
    }

    /// Removes the empty folders, when the file has gone on.
    pub(crate) fn clear(&self) {
        let path = self.path();
        // Only empty folders can be removed; the first one that is not ends it.
        for folder in path.ancestors().skip(1).take_while(|folder| folder.starts_with(&self.claimed)) {
            if fs::remove_dir(folder).is_err() && folder.exists() {
                return;
            }
        }
    }

    fn folder(&self) -> PathBuf {
        let at = self.at.as_millisecond();
        self.claimed.join(format!("{at}-{}-{}", self.number, self.crashes))
    }
}

/// Rows and folder names count milliseconds: so that they compare.
fn in_milliseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

fn parse(name: &OsStr) -> Option<(Timestamp, u32, u32)> {
    let mut parts = name.to_str()?.splitn(3, '-');
    let at = Timestamp::from_millisecond(parts.next()?.parse().ok()?).ok()?;
    Some((at, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// The file somewhere below `folder`.
fn only_file(folder: &Path) -> io::Result<Option<PathBuf>> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() {
            return Ok(Some(entry.path()));
        }
        if let Some(file) = only_file(&entry.path())? {
            return Ok(Some(file));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drop_in(inbox: &Path, relative: &str) -> Found {
        let path = inbox.join(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, relative).unwrap();
        Found { relative: relative.into(), shape: shape(&path.metadata().unwrap()) }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).unwrap()
    }

    #[test]
    fn what_was_in_hand_at_a_crash_is_found_again_in_order() {
        let inbox = tempfile::tempdir().unwrap();
        let names = ["b/c/予診票 1\n.tif", "scan.tif", "scan.tif"];
        for (second, name) in names.into_iter().enumerate() {
            let found = drop_in(inbox.path(), name);
            Claim::take(inbox.path(), &found, at(second as i64)).unwrap().unwrap();
            assert!(!inbox.path().join(name).exists());
        }
        fs::create_dir_all(inbox.path().join(CLAIMED).join("1790000009000-0-0/half")).unwrap();
        let mut leftovers = Claim::leftovers(inbox.path()).unwrap();
        let found: Vec<_> = leftovers.iter().map(|claim| (claim.stream(), claim.name().to_owned())).collect();
        assert_eq!(found[0], ("b/c".into(), "予診票 1\n.tif".into()));
        assert_eq!(found[1..], [(String::new(), "scan.tif".into()), (String::new(), "scan.tif".into())]);
        assert_eq!(fs::read_to_string(leftovers[0].path()).unwrap(), names[0]);

        leftovers[0].set_crashes(1).unwrap();
        assert_eq!(Claim::leftovers(inbox.path()).unwrap()[0].crashes(), 1);
        for claim in leftovers {
            fs::remove_file(claim.path()).unwrap();
            claim.clear();
        }
        assert!(Claim::leftovers(inbox.path()).unwrap().is_empty());
    }

    #[test]
    fn a_file_that_changed_or_went_since_the_look_is_left_alone() {
        let inbox = tempfile::tempdir().unwrap();
        let found = drop_in(inbox.path(), "scan.tif");
        fs::write(inbox.path().join("scan.tif"), "a longer one").unwrap();
        assert!(Claim::take(inbox.path(), &found, at(0)).unwrap().is_none());
        assert!(inbox.path().join("scan.tif").exists());
        fs::remove_file(inbox.path().join("scan.tif")).unwrap();
        assert!(Claim::take(inbox.path(), &found, at(0)).unwrap().is_none());
    }
}
