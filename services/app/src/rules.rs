//! The rules of programmes in use: those that come with the program, and a city's own in the data directory.

use crate::config::Config;
use anyhow::{Context, Result, bail};
use domain::programme::{Fault, Programmes};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A city's own file, in the data directory.
pub fn file(config: &Config) -> PathBuf {
    config.data_dir.join("programmes.toml")
}

/// The programmes of this installation.
///
/// # Errors
/// The city's file cannot be read, or has mistakes.
pub fn programmes(config: &Config) -> Result<Arc<Programmes>> {
    let built_in = Programmes::built_in();
    let path = file(config);
    if !path.is_file() {
        return Ok(Arc::new(built_in));
    }
    match parsed(&path)? {
        Ok(city) => Ok(Arc::new(built_in.with(city))),
        Err(faults) => {
            let lines: Vec<String> = faults.iter().map(Fault::to_string).collect();
            bail!("{} has {} mistakes:\n{}", path.display(), faults.len(), lines.join("\n"));
        }
    }
}

/// A file of rules, or every mistake in it.
///
/// # Errors
/// It cannot be read.
pub fn parsed(path: &Path) -> Result<Result<Programmes, Vec<Fault>>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Programmes::parse(&text))
}
