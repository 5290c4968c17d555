//! Arguments of what keeps the data: backup, restore, asking anew, keys.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `yomitori backup`.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// A folder on another disk; pictures that it has are not copied again.
    pub dir: PathBuf,
    /// Keeps so many generations of the rows; without it, all.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub keep: Option<u32>,
    /// Copies the scans as they came, too (`scans/`).
    #[arg(long)]
    pub scans: bool,
    /// Reads the pictures that the backup has already, and copies damaged ones anew.
    #[arg(long)]
    pub verify: bool,
    /// Machine-readable output.
    #[arg(long)]
    pub json: bool,
}

/// `yomitori restore`; `--data-dir` names the new directory.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The folder that `yomitori backup` wrote.
    pub dir: PathBuf,
    /// Name of a generation; without it, the newest.
    #[arg(long, value_name = "NAME")]
    pub generation: Option<String>,
    /// Brings the scans back, too, when the backup has them.
    #[arg(long)]
    pub scans: bool,
    /// Machine-readable output.
    #[arg(long)]
    pub json: bool,
}

/// `yomitori requeue`.
#[derive(Debug, Args)]
pub struct RequeueArgs {
    /// Only pages that wait longer than so many minutes; 0: every page that waits.
    #[arg(long, value_name = "MINUTES", default_value_t = 60)]
    pub older_than: u32,
    /// Only counts them.
    #[arg(long)]
    pub dry_run: bool,
    /// Machine-readable output.
    #[arg(long)]
    pub json: bool,
}

/// `yomitori keys …`.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Draws a new key and prints its line for the key file, whose first line seals whatever is written.
    New {
        /// Puts the line at the top of this key file instead, which is made when it is missing.
        #[arg(long, value_name = "FILE")]
        into: Option<PathBuf>,
    },
    /// Tells what is sealed with which key, and what is not sealed.
    Show {
        /// Machine-readable output, one JSON line a key.
        #[arg(long)]
        json: bool,
    },
    /// Seals databases, pictures and scans with the first key. Every role must be stopped; what an interruption left
    /// is done by running it again.
    Rotate {
        /// Machine-readable output.
        #[arg(long)]
        json: bool,
    },
}

/// `yomitori unseal`.
#[derive(Debug, Args)]
pub struct UnsealArgs {
    /// The sealed file.
    pub file: PathBuf,
    /// The file to write; one that is there is not replaced.
    #[arg(long, value_name = "F")]
    pub out: PathBuf,
    /// Why it is taken out: goes to the access log.
    #[arg(long, default_value = "", value_name = "WHY")]
    pub reason: String,
}
