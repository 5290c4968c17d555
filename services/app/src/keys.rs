//! The keys of the installation: from the environment or from a file that only this account may read.

use anyhow::{Context, Result, bail, ensure};
use domain::key::{Key, Keyring};
use std::path::Path;

/// One derived key each, so that no two ciphers share one. Never edited: what is sealed needs them.
const ROWS: &str = "yomitori 2026 rows";
const MESSAGES: &str = "yomitori 2026 messages";
const PICTURES: &str = "yomitori 2026 pictures";

/// What is sealed at rest, each with keys of its own.
#[derive(Clone, Debug)]
pub struct Keys {
    /// `Key::id` of each line of the key file, newest first.
    pub ids: Vec<String>,
    /// Of the database.
    pub rows: Keyring,
    /// Of the queue's database.
    pub messages: Keyring,
    /// Of page pictures and of the scans that were taken.
    pub pictures: Keyring,
}

impl Keys {
    /// The keys derived from those of the installation.
    fn of(ring: &Keyring) -> Self {
        let ids = ring.all().map(Key::id).collect();
        Self {
            ids,
            rows: ring.derive(ROWS),
            messages: ring.derive(MESSAGES),
            pictures: ring.derive(PICTURES),
        }
    }

    /// The keys in `YOMITORI_KEY` (keys apart by lines or commas), else those in the file that `YOMITORI_KEY_FILE` or
    /// the settings name; `None` when nobody asked for encryption.
    ///
    /// # Errors
    /// The file cannot be read, others may read it too, or it holds no keys.
    pub fn load(file: Option<&Path>) -> Result<Option<Self>> {
        if let Ok(text) = std::env::var("YOMITORI_KEY") {
            let ring = Keyring::parse(&text.replace(',', "\n")).context("YOMITORI_KEY is not right")?;
            return Ok(Some(Self::of(&ring)));
        }
        let named = std::env::var_os("YOMITORI_KEY_FILE").map(std::path::PathBuf::from);
        let Some(path) = named.as_deref().or(file) else {
            return Ok(None);
        };
        check_rights(path)?;
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the key file {}", path.display()))?;
        let ring =
            Keyring::parse(&text).with_context(|| format!("the key file {} is not right", path.display()))?;
        Ok(Some(Self::of(&ring)))
    }
}

/// A key that others can read protects nothing.
#[cfg(unix)]
fn check_rights(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let meta = match std::fs::metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => bail!(
            "the key file {} is missing: without it nothing that is sealed can be opened; put it back, or make the \
             first one with `yomitori keys new`",
            path.display()
        ),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    ensure!(
        meta.permissions().mode() & 0o077 == 0,
        "others may read the key file {}: run `chmod 600` on it",
        path.display()
    );
    Ok(())
}

#[cfg(not(unix))]
fn check_rights(_: &Path) -> Result<()> {
    Ok(())
}
