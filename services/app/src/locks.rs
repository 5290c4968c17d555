//! Locks of a data directory: which hub role works there, and whether anybody does. They end with their process.

use anyhow::{Context, Result, bail};
use std::fs::File;
use std::path::Path;

/// Takes the place of a role of which a data directory has one; it is free again when the file is dropped.
///
/// # Errors
/// Another one works there, or the directory cannot be written.
pub fn alone(data_dir: &Path, role: &str) -> Result<File> {
    let path = data_dir.join(format!("{role}.lock"));
    let lock = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    if lock.try_lock().is_err() {
        bail!(
            "another {role} works on {}: a city has one hub, on one machine; stop the other one first, or name another \
             directory with --data-dir",
            data_dir.display()
        );
    }
    Ok(lock)
}

/// Whether any role or command has the rows of `data_dir` open, or intake works there.
pub fn in_use(data_dir: &Path) -> bool {
    ["yomitori.in-use", "intake.lock"].iter().any(|name| {
        let lock = File::options().write(true).open(data_dir.join(name));
        lock.is_ok_and(|lock| lock.try_lock().is_err())
    })
}
