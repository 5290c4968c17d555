//! `yomitori load` as typed.

use clap::Args;
use std::path::PathBuf;

/// `yomitori load`.
#[derive(Clone, Debug, Args)]
pub struct LoadArgs {
    /// Pages of each run.
    #[arg(long, default_value_t = 1000, value_name = "N", value_parser = clap::value_parser!(u32).range(25..=5_000_000))]
    pub pages: u32,
    /// Pages fed a minute, for as long as it takes; without it, all at once.
    #[arg(long, value_name = "M", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub per_minute: Option<u32>,
    /// Reader processes. Several numbers are several runs over the same pages.
    #[arg(long, value_name = "R", value_delimiter = ',', default_value = "1")]
    pub readers: Vec<u16>,
    /// Threads of each reader process.
    #[arg(long, default_value_t = 1, value_name = "T", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub threads: u16,
    /// Simulate the readers: each fetches the picture, waits `--reading-ms` without using a core, and answers with a
    /// canned reading. Everything else is real.
    #[arg(long)]
    pub simulated: bool,
    /// How long a simulated reader takes for a page, ms.
    #[arg(long, default_value_t = 100, value_name = "MS")]
    pub reading_ms: u32,
    /// Queues as in YOMITORI_QUEUE. Several are several runs over the same pages.
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',')]
    pub queue: Vec<String>,
    /// Cores that all roles share, by `taskset`; without it, all there are.
    #[arg(long, value_name = "N")]
    pub cores: Option<u16>,
    /// Pages that may wait for readers before intake holds back (`most_waiting` of yomitori.toml).
    #[arg(long, default_value_t = 5000, value_name = "N", value_parser = clap::value_parser!(u32).range(10..))]
    pub most_waiting: u32,
    /// Keep everything here; the same command goes on where it was interrupted.
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    /// Machine-readable output.
    #[arg(long)]
    pub json: bool,
}
