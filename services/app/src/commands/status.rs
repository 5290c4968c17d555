//! `yomitori status`.

use crate::config::Config;
use crate::hub;
use anyhow::{Result, ensure};
use queue::{Queue, Topic};
use serde_json::{Map, Value, json};
use store::Store;

/// Runs it.
pub fn run(config: &Config, as_json: bool) -> Result<()> {
    ensure!(
        config.data_dir.join("yomitori.db").is_file(),
        "there is no data in {} yet: start `yomitori run` first, or name another directory with --data-dir",
        config.data_dir.display()
    );
    let store = hub::open_store(config)?;
    let queue = hub::open_queue(config)?;
    let status = tokio::runtime::Runtime::new()?.block_on(status(&store, queue.as_ref()))?;
    if as_json {
        return crate::print_line(&status.to_string());
    }
    for section in ["pages", "files", "queue"] {
        crate::print_line(section)?;
        for (name, value) in status[section].as_object().into_iter().flatten() {
            crate::print_line(&format!("  {name:<12} {value}"))?;
        }
    }
    crate::print_line(&format!("records        {}", status["records"]))
}

/// `status --json`; also what the screens give at `/api/status`.
///
/// # Errors
/// When the database or the queue fails.
pub async fn status(store: &Store, queue: &dyn Queue) -> Result<Value> {
    let counts = store.read(|rows| rows.counts())?;
    let mut status = serde_json::to_value(&counts)?;
    let mut depths = Map::new();
    for topic in Topic::ALL {
        depths.insert(topic.as_str().to_owned(), serde_json::to_value(queue.depth(topic).await?)?);
    }
    depths.insert("outbox".to_owned(), json!(store.read(|rows| rows.unsent_outbox(10_000))?.len()));
    status["queue"] = Value::Object(depths);
    Ok(status)
}
