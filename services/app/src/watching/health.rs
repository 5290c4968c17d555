//! Readiness: each part that the role needs is asked, and has to answer soon.

use super::Subject;
use domain::ids::ImageHash;
use queue::Topic;
use serde_json::{Value, json};
use std::future::Future;
use std::time::Duration;

/// A part that takes longer is as good as away: orchestrators ask every ten seconds or so.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether the role can work, and why not: `{"ready":…,"checks":[{"what":…,"ok":…,"error":…}]}`.
pub async fn ready(subject: &Subject, stopping: bool) -> (bool, Value) {
    let mut checks = Vec::new();
    if stopping {
        checks.push(check("running", async { Err("it is stopping".to_owned()) }).await);
    }
    if let Some(store) = &subject.store {
        let asked = async { text(store.read_async(|rows| rows.reviews_waiting()).await.map(drop)) };
        checks.push(check("database", asked).await);
    }
    let asked = async { text(subject.queue.depth(Topic::ReadPage).await.map(drop)) };
    checks.push(check("queue", asked).await);
    if let Some(pages) = &subject.pages {
        // No picture has this name; a store that says so can be reached.
        let nobody = ImageHash("0".repeat(64));
        let asked = async { text(pages.exists(&nobody).await.map(drop)) };
        checks.push(check("page store", asked).await);
    }
    let ready = checks.iter().all(|check| check["ok"] == true);
    (ready, json!({ "ready": ready, "checks": checks }))
}

fn text<E: std::fmt::Display>(result: Result<(), E>) -> Result<(), String> {
    result.map_err(|error| error.to_string())
}

async fn check(what: &str, asked: impl Future<Output = Result<(), String>>) -> Value {
    let answer = tokio::time::timeout(PATIENCE, asked).await;
    let answer = answer.unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs())));
    json!({ "what": what, "ok": answer.is_ok(), "error": answer.err() })
}
