//! `yomitori status`.

use crate::config::Config;
use crate::hub;
use anyhow::{Result, ensure};
use queue::{Queue, Topic};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use store::Store;
use web::{QueueDepth, Status};

/// Runs it.
pub fn run(config: &Config, as_json: bool) -> Result<()> {
    ensure!(
        config.data_dir.join("yomitori.db").is_file(),
        "there is no data in {} yet: start `yomitori run` first, or name another directory with --data-dir",
        config.data_dir.display()
    );
    let store = hub::open_store(config)?;
    let queue = hub::open_queue(config)?;
    let depth = queue_depth(config, store.clone(), queue);
    let status = tokio::runtime::Runtime::new()?.block_on(Status::now(&store, &depth))?;
    let status = serde_json::to_value(status)?;
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

/// What the queue says of itself, with the messages that still lie in the outbox, and whether intake holds back because
/// `most_waiting` pages wait for the machine.
///
/// # Errors
/// When the database or the queue fails.
pub async fn depths(store: Store, queue: Arc<dyn Queue>, most_waiting: u32) -> Result<Value> {
    let mut depths = Map::new();
    for topic in Topic::ALL {
        depths.insert(topic.as_str().to_owned(), serde_json::to_value(queue.depth(topic).await?)?);
    }
    let (outbox, waiting) = store
        .read_async(move |rows| Ok((rows.outbox_waiting()?, rows.machine_backlog(most_waiting)?)))
        .await?;
    depths.insert("outbox".to_owned(), json!(outbox));
    depths.insert("most_waiting".to_owned(), json!(most_waiting));
    depths.insert("intake_holds_back".to_owned(), json!(waiting >= most_waiting));
    Ok(Value::Object(depths))
}

/// [`depths`] for the screens.
pub fn queue_depth(config: &Config, store: Store, queue: Arc<dyn Queue>) -> QueueDepth {
    let most_waiting = config.most_waiting;
    Arc::new(move || Box::pin(depths(store.clone(), queue.clone(), most_waiting)))
}
