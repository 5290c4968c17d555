//! Files and folders copied with their hashes.

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::path::{Component, Path, PathBuf};

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Below its folder.
    pub path: PathBuf,
    /// Size.
    pub bytes: u64,
    /// Of its bytes, hex.
    pub blake3: String,
}

impl Entry {
    /// The file at `path` below `folder`, as it is now.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of(folder: &Path, path: &Path) -> Result<Self> {
        let full = folder.join(path);
        let trouble = || format!("cannot read {}", full.display());
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(File::open(&full).with_context(trouble)?).with_context(trouble)?;
        let bytes = full.metadata().with_context(trouble)?.len();
        Ok(Self { path: path.to_owned(), bytes, blake3: hasher.finalize().to_hex().to_string() })
    }

    /// Copies the file from below `from` to below `to`, and proves that it is the one that was written down.
    ///
    /// # Errors
    /// It is another one, or a disk failed.
    pub fn bring(&self, from: &Path, to: &Path) -> Result<()> {
        // A manifest is a file that somebody may have edited: it must not write outside.
        let inside = self.path.components().all(|part| matches!(part, Component::Normal(_)));
        ensure!(inside, "{} is no file of a backup", self.path.display());
        copy(&from.join(&self.path), &to.join(&self.path))?;
        let copied = Self::of(to, &self.path)?;
        ensure!(
            copied == *self,
            "{} in the backup is damaged: it is not what the manifest says; take another generation",
            self.path.display()
        );
        Ok(())
    }
}

/// Files below `folder`, sorted; those whose names begin with `.` are left out.
///
/// # Errors
/// A folder cannot be read.
pub fn below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(relative) = folders.pop() {
        let full = folder.join(&relative);
        let entries = match fs::read_dir(&full) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            entries => entries.with_context(|| format!("cannot read {}", full.display()))?,
        };
        for entry in entries {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            let path = relative.join(entry.file_name());
            match entry.file_type()? {
                kind if kind.is_dir() => folders.push(path),
                kind if kind.is_file() => found.push(path),
                _ => {}
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Copies one file, safe from a power cut; its folder is made.
///
/// # Errors
/// A disk failed.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    let Some(folder) = to.parent() else { bail!("{} is no file", to.display()) };
    crate::hub::make_private(folder)?;
    fs::copy(from, to).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    sync(to)
}

/// Waits until a file or folder is on disk.
///
/// # Errors
/// A disk failed.
pub fn sync(path: &Path) -> Result<()> {
    let synced = File::open(path).and_then(|file| file.sync_all());
    synced.with_context(|| format!("cannot write {}", path.display()))
}
