//! What a generation says of itself: written last, so that its being there means that all of it is.

use super::files::Entry;
use super::{DATABASE, GENERATIONS};
use anyhow::{Context, Result, bail, ensure};
use domain::ids::PageId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Its name in the folder of a generation.
const NAME: &str = "manifest.json";
/// The shape of backups; a new one gets a new number.
const SHAPE: u32 = 1;

/// 控えの目録. Fields may be added, never renamed.
#[derive(Debug, Serialize, Deserialize)]
pub struct Manifest {
    yomitori_backup: u32,
    /// The moment of the rows.
    pub made_at: Timestamp,
    /// Version of the program.
    pub program: String,
    /// Step of the tables.
    pub schema: u64,
    /// Id of the key that seals the rows; the key itself is in no backup.
    pub key: Option<String>,
    /// The rows.
    pub database: Entry,
    /// How many rows each table has.
    pub rows: BTreeMap<String, u64>,
    /// How many pictures the rows speak of.
    pub pictures: u64,
    /// Pages whose pictures could not be copied.
    pub missing: Vec<PageId>,
    /// Settings, forms and the archive of the access log.
    pub files: Vec<Entry>,
}

impl Manifest {
    /// A manifest without files and pictures.
    pub fn new(made_at: Timestamp, key: Option<String>, database: Entry, copied: store::Copied) -> Self {
        Self {
            yomitori_backup: SHAPE,
            made_at,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            schema: copied.schema,
            key,
            database,
            rows: copied.rows,
            pictures: 0,
            missing: Vec::new(),
            files: Vec::new(),
        }
    }

    /// Writes it into `folder`, safe from a power cut.
    ///
    /// # Errors
    /// The disk is full, or the folder cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let path = folder.join(NAME);
        let text = serde_json::to_string_pretty(self)?;
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        super::files::sync(&path)
    }

    /// The manifest of the generation in `folder`.
    ///
    /// # Errors
    /// It is missing, damaged, or of a newer version.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(NAME);
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let manifest: Self = serde_json::from_str(&text)
            .with_context(|| format!("{} is damaged; take another generation", path.display()))?;
        ensure!(
            manifest.yomitori_backup <= SHAPE && manifest.database.path == Path::new(DATABASE),
            "{} was made by a newer version ({}): use that version to restore it",
            folder.display(),
            manifest.program
        );
        Ok(manifest)
    }
}

/// The folders of whole generations, oldest first.
///
/// # Errors
/// The backup cannot be read.
pub fn generations(backup: &Path) -> Result<Vec<PathBuf>> {
    let folder = backup.join(GENERATIONS);
    let entries = match std::fs::read_dir(&folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.with_context(|| format!("cannot read {}", folder.display()))?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.join(NAME).is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The newest generation, or the one of that name.
///
/// # Errors
/// There is none.
pub fn choose(backup: &Path, name: Option<&str>) -> Result<PathBuf> {
    let all = generations(backup)?;
    let names: Vec<&str> = all.iter().filter_map(|path| path.file_name()?.to_str()).collect();
    let Some(newest) = all.last() else {
        bail!("{} holds no whole backup; name the folder that `yomitori backup` wrote", backup.display());
    };
    let Some(name) = name else { return Ok(newest.clone()) };
    match names.iter().position(|known| *known == name) {
        Some(at) => Ok(all[at].clone()),
        None => {
            bail!("there is no generation {name} in {}; there are {}", backup.display(), names.join(", "))
        }
    }
}
