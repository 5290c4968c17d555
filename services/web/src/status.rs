//! The counts of the house, the same for `/api/status` and the command line.

use crate::Screens;
use crate::error::ScreenError;
use axum::extract::State;
use serde::Serialize;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use store::{Counts, Store};

/// How full the queue is, as JSON of the queue's own words; asked anew for every answer.
pub type QueueDepth =
    Arc<dyn Fn() -> Pin<Box<dyn Future<Output = anyhow::Result<serde_json::Value>> + Send>> + Send + Sync>;

/// `{"pages":{…},"files":{…},"records":n,"queue":{…}}`. Fields may be added, never renamed.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// Pages, files, records.
    #[serde(flatten)]
    pub counts: Counts,
    /// What the queue says of itself.
    pub queue: serde_json::Value,
}

impl Status {
    /// The counts of this moment.
    ///
    /// # Errors
    /// The database or the queue failed.
    pub async fn now(store: &Store, queue_depth: &QueueDepth) -> anyhow::Result<Self> {
        let counts = store.read_async(|rows| rows.counts()).await?;
        Ok(Self { counts, queue: queue_depth().await? })
    }
}

/// `GET /healthz`: the program runs and reaches its rows.
pub async fn healthz(State(screens): State<Screens>) -> Result<&'static str, ScreenError> {
    screens.store.read_async(|rows| rows.reviews_waiting()).await?;
    Ok("ok")
}
