//! Settings: as written ([`RawConfig`]) -> checked ([`Config`]). One machine needs none.

use crate::cli::Cli;
use crate::templates::Source;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// `yomitori.toml` in the data directory, as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawConfig {
    templates: Option<PathBuf>,
    stable_seconds: Option<f64>,
    poll_seconds: Option<f64>,
    reader_threads: Option<usize>,
    listen: Option<SocketAddr>,
    access_log_days: Option<u32>,
    access_archive_years: Option<u32>,
}

/// Checked settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// Where the forms are: `--templates` alone; else those of `yomitori.toml` or the built-in ones, and beside them
    /// `templates/` in the data directory.
    pub templates: Source,
    /// `sqlite:` or `amqp://…`.
    pub queue: String,
    /// `file:` or `s3://…`.
    pub pages: String,
    /// A file is taken when it has not changed for so long.
    pub stable: Duration,
    /// The inbox is looked through this often, besides events.
    pub poll: Duration,
    /// Pages read at the same time.
    pub reader_threads: usize,
    /// Address of the screens.
    pub listen: SocketAddr,
    /// Lines of the access log stay on the table for so many days; then they go to the archive.
    pub access_log_days: u32,
    /// Files of the archive must be there for so many years more.
    pub access_archive_years: u32,
}

impl Config {
    /// The settings of this run: command line, environment, `yomitori.toml`, defaults.
    ///
    /// # Errors
    /// When `yomitori.toml` cannot be read or says something impossible.
    pub fn load(cli: &Cli) -> Result<Self> {
        let file = cli.data_dir.join("yomitori.toml");
        let raw: RawConfig = match std::fs::read_to_string(&file) {
            Ok(text) => toml::from_str(&text).with_context(|| format!("{} is not right", file.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => RawConfig::default(),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
        };
        let seconds = |name: &str, value: Option<f64>, default: f64| {
            let value = value.unwrap_or(default);
            ensure!((0.1..=3600.0).contains(&value), "{}: {name} must be 0.1 to 3600", file.display());
            Ok(Duration::from_secs_f64(value))
        };
        let access_log_days = raw.access_log_days.unwrap_or(365);
        ensure!(access_log_days >= 1, "{}: access_log_days must be 1 or more", file.display());
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            data_dir: cli.data_dir.clone(),
            templates: match &cli.templates {
                Some(folder) => Source { instead: Some(folder.clone()), added: None },
                None => Source { instead: raw.templates, added: Some(cli.data_dir.join("templates")) },
            },
            queue: std::env::var("YOMITORI_QUEUE").unwrap_or_else(|_| "sqlite:".to_owned()),
            pages: std::env::var("YOMITORI_PAGES").unwrap_or_else(|_| "file:".to_owned()),
            stable: seconds("stable_seconds", raw.stable_seconds, 3.0)?,
            poll: seconds("poll_seconds", raw.poll_seconds, 5.0)?,
            reader_threads: raw.reader_threads.unwrap_or(cores).clamp(1, 256),
            listen: raw.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
            access_log_days,
            access_archive_years: raw.access_archive_years.unwrap_or(7),
        })
    }
}
