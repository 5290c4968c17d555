//! `YOMITORI_QUEUE` -> an engine.

use crate::{Clock, Policy, Queue, QueueError, RabbitQueue, SqliteQueue, rabbit};
use domain::key::Keyring;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

/// File name of the default queue in the data directory.
const DEFAULT_FILE: &str = "queue.db";

/// Opens the queue at `address`: `sqlite:` or nothing (`queue.db` in `data_dir`), `sqlite:PATH`, or `amqp://…` and
/// `amqps://…` with what [`rabbit::Settings::read`] says, which connects when it is first used. `keys` seal what lies on
/// a disk, of this machine or of the broker.
///
/// # Errors
/// The address names no queue, or the one that it names cannot be opened.
pub fn open(
    address: &str,
    data_dir: &Path,
    policy: Policy,
    keys: Option<&Keyring>,
) -> Result<Arc<dyn Queue>, QueueError> {
    if address.starts_with("amqp://") || address.starts_with("amqps://") {
        let settings = rabbit::Settings::read(address, &|name| std::env::var(name).ok())?.sealing(keys);
        return Ok(Arc::new(RabbitQueue::new(settings, Policy { clock: steady(), ..policy })));
    }
    match file(address, data_dir) {
        Some(path) => Ok(Arc::new(SqliteQueue::open_with(&path, policy, keys)?)),
        None => Err(QueueError::Address { address: without_password(address) }),
    }
}

/// The database file of the queue at `address`; `None` when it is no SQLite queue.
pub fn file(address: &str, data_dir: &Path) -> Option<PathBuf> {
    match address.strip_prefix("sqlite:") {
        Some("") => Some(data_dir.join(DEFAULT_FILE)),
        Some(path) => Some(data_dir.join(path)),
        None => address.is_empty().then(|| data_dir.join(DEFAULT_FILE)),
    }
}

/// A clock that nobody sets: only this process reads the leases of a broker's messages.
fn steady() -> Clock {
    let (began, start) = (SystemTime::now(), Instant::now());
    Arc::new(move || began + start.elapsed())
}

/// `amqp://user:secret@host` without its user part: what people are shown ends up in logs.
pub fn without_password(address: &str) -> String {
    match (address.split_once("://"), address.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://***@{host}"),
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_queue_lies_in_the_data_directory() {
        let dir = tempfile::tempdir().unwrap();
        for address in ["", "sqlite:", "sqlite:other.db"] {
            open(address, &dir.path().join("new"), Policy::default(), None).unwrap();
        }
        assert!(dir.path().join("new/queue.db").is_file());
        assert!(dir.path().join("new/other.db").is_file());
    }

    #[test]
    fn an_unknown_queue_is_refused_without_its_password() {
        let dir = tempfile::tempdir().unwrap();
        let error =
            open("mqtt://clerk:secret@broker:5672", dir.path(), Policy::default(), None).err().unwrap();
        assert!(!error.is_temporary());
        let text = error.to_string();
        assert!(text.contains("mqtt://***@broker:5672") && text.contains("sqlite:"), "{text}");
        assert!(!text.contains("secret") && !text.contains("clerk"), "{text}");
    }
}
