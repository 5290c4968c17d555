//! `YOMITORI_QUEUE` -> an engine.

use crate::{Policy, Queue, QueueError, SqliteQueue};
use std::path::Path;
use std::sync::Arc;

/// File name of the default queue in the data directory.
const DEFAULT_FILE: &str = "queue.db";

/// Opens the queue at `address`: `sqlite:` or nothing (`queue.db` in `data_dir`), or `sqlite:PATH`.
///
/// # Errors
/// The address names no queue, or the one that it names cannot be opened.
pub fn open(address: &str, data_dir: &Path, policy: Policy) -> Result<Arc<dyn Queue>, QueueError> {
    let path = match address.strip_prefix("sqlite:") {
        Some("") => data_dir.join(DEFAULT_FILE),
        Some(path) => data_dir.join(path),
        None if address.is_empty() => data_dir.join(DEFAULT_FILE),
        None => return Err(QueueError::Address { address: without_password(address) }),
    };
    Ok(Arc::new(SqliteQueue::open(&path, policy)?))
}

/// `amqp://user:secret@host` without its user part: error texts end up in logs.
fn without_password(address: &str) -> String {
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
            open(address, &dir.path().join("new"), Policy::default()).unwrap();
        }
        assert!(dir.path().join("new/queue.db").is_file());
        assert!(dir.path().join("new/other.db").is_file());
    }

    #[test]
    fn an_unknown_queue_is_refused_without_its_password() {
        let dir = tempfile::tempdir().unwrap();
        let error = open("mqtt://clerk:secret@broker:5672", dir.path(), Policy::default()).err().unwrap();
        assert!(!error.is_temporary());
        let text = error.to_string();
        assert!(text.contains("mqtt://***@broker:5672") && text.contains("sqlite:"), "{text}");
        assert!(!text.contains("secret") && !text.contains("clerk"), "{text}");
    }
}
