//! The parts behind the roles: database, queue and page store of one data directory.

use crate::config::Config;
use anyhow::{Context, Result};
use pages::{PageStore, Pictures};
use queue::{Policy, Queue, Topic};
use std::path::{Path, PathBuf};
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
        make_private(&config.data_dir)?;
        std::fs::create_dir_all(inbox(config))
            .with_context(|| format!("cannot make {}", inbox(config).display()))?;
        Ok(Self { store: open_store(config)?, queue: open_queue(config)?, pages: open_pages(config)? })
    }
}

/// Makes the data directory when it is missing: it holds personal data, so that only the account that runs the
/// program may look into it. A directory that is there keeps its rights: an office may share its inbox.
///
/// # Errors
/// When it cannot be made.
pub fn make_private(folder: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder).with_context(|| {
        format!("cannot make the data directory {}; name another with --data-dir", folder.display())
    })
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
    make_private(&config.data_dir)?;
    let path = config.data_dir.join("yomitori.db");
    let keys = config.keys.as_ref().map(|keys| &keys.rows);
    Store::open_with(&path, keys).with_context(|| format!("cannot open the database {}", path.display()))
}

/// Opens the queue alone.
///
/// # Errors
/// When `YOMITORI_QUEUE` names none that can be reached.
pub fn open_queue(config: &Config) -> Result<Arc<dyn Queue>> {
    let keys = config.keys.as_ref().map(|keys| &keys.messages);
    queue::open(&config.queue, &config.data_dir, policy(config.reader_threads), keys)
        .context("cannot open the queue")
}

/// What a broker may hand to this process ahead. Little: a process that dies sends all of it round again, and each
/// time counts as an attempt. A page keeps a thread busy for tens of milliseconds, so that one more than there are
/// threads hides the way to the broker; a reading takes few.
pub fn policy(reader_threads: usize) -> Policy {
    let pages = u16::try_from(reader_threads + 1).unwrap_or(u16::MAX);
    let mut policy = Policy::default();
    policy.prefetch[Topic::ReadPage as usize] = pages;
    policy.prefetch[Topic::PageRead as usize] = 4;
    policy
}

/// Opens what a reader needs: queue and page store, and no data directory where both lie elsewhere.
///
/// # Errors
/// What cannot be opened, and where.
pub fn open_for_reading(config: &Config) -> Result<(Arc<dyn Queue>, Arc<dyn PageStore>)> {
    let in_data_dir = |address: &str, scheme: &str| {
        address.is_empty() || address.strip_prefix(scheme).is_some_and(|path| Path::new(path).is_relative())
    };
    if in_data_dir(&config.queue, "sqlite:") || in_data_dir(&config.pages, "file:") {
        make_private(&config.data_dir)?;
    }
    Ok((open_queue(config)?, open_pages(config)?))
}

/// Opens the page store alone.
///
/// # Errors
/// When `YOMITORI_PAGES` or the settings of its server are not right; whether it answers shows when it is used.
pub fn open_pages(config: &Config) -> Result<Arc<dyn PageStore>> {
    Ok(Arc::new(open_pictures(config)?))
}

/// As [`open_pages`], for those who look at how pictures are sealed.
///
/// # Errors
/// As [`open_pages`].
pub fn open_pictures(config: &Config) -> Result<Pictures> {
    let keys = config.keys.as_ref().map(|keys| &keys.pictures);
    pages::open_pictures(&config.pages, &config.data_dir, keys).context("cannot open the page store")
}
