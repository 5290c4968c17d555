//! The parts behind the roles: database, queue and page store of one data directory.

use crate::config::Config;
use anyhow::{Context, Result};
use pages::PageStore;
use queue::Queue;
use std::path::PathBuf;
use std::sync::Arc;
use store::Store;

/// What the roles of one data directory share.
#[derive(Clone)]
pub struct Hub {
    /// Rows.
    pub store: Store,
    /// Messages.
    pub queue: Arc<dyn Queue>,
    /// Pictures.
    pub pages: Arc<dyn PageStore>,
}

impl Hub {
    /// Opens everything, and makes the data directory when it is missing.
    ///
    /// # Errors
    /// What cannot be opened, and where.
    pub fn open(config: &Config) -> Result<Self> {
        std::fs::create_dir_all(inbox(config))
            .with_context(|| format!("cannot make {}", inbox(config).display()))?;
        Ok(Self { store: open_store(config)?, queue: open_queue(config)?, pages: open_pages(config)? })
    }
}

/// The watched folder.
pub fn inbox(config: &Config) -> PathBuf {
    config.data_dir.join("inbox")
}

/// Opens the rows alone.
///
/// # Errors
/// When the database cannot be opened or is of a newer version.
pub fn open_store(config: &Config) -> Result<Store> {
    std::fs::create_dir_all(&config.data_dir)
        .with_context(|| format!("cannot make {}", config.data_dir.display()))?;
    let path = config.data_dir.join("yomitori.db");
    Store::open(&path).with_context(|| format!("cannot open the database {}", path.display()))
}

/// Opens the queue alone.
///
/// # Errors
/// When `YOMITORI_QUEUE` names none that can be reached.
pub fn open_queue(config: &Config) -> Result<Arc<dyn Queue>> {
    queue::open(&config.queue, &config.data_dir).context("cannot open the queue")
}

/// Opens the page store alone.
///
/// # Errors
/// When `YOMITORI_PAGES` names none that can be reached.
pub fn open_pages(config: &Config) -> Result<Arc<dyn PageStore>> {
    pages::open(&config.pages, &config.data_dir).context("cannot open the page store")
}
