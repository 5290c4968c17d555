//! 保全. Backups that are made while everything runs, bringing one back, and looking through everything.
//!
//! A backup is a folder: `pages/` with every picture once, `generations/<when>/` with the rows of that moment, settings,
//! forms and a manifest. A generation stands under its name only when it is whole; what breaks off is begun anew, and
//! pictures that were copied stay copied.

pub mod backup;
pub mod deep;
mod files;
mod manifest;
mod pictures;
pub mod restore;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

/// The rows of a data directory.
const DATABASE: &str = "yomitori.db";
/// Pictures, in a backup as in a data directory.
const PAGES: &str = "pages";
/// Whole generations of a backup.
const GENERATIONS: &str = "generations";
/// Settings and forms of a generation.
const FILES: &str = "files";
/// Scans as they came.
const SCANS: &str = "scans";

/// A bar on standard error; nothing where that is no terminal.
///
/// # Errors
/// None that a user can cause.
fn bar(message: &str, length: u64) -> Result<ProgressBar> {
    let bar = ProgressBar::new(length);
    bar.set_style(ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len}, {eta} left")?);
    bar.set_message(message.to_owned());
    Ok(bar)
}
