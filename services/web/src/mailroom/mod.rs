//! 受付. What the mailroom does: files brought in, envelopes counted and closed, pages sorted, the day reconciled.
//!
//! Start reading at: [`upload`] (a file from a browser into the inbox), [`sorting`] (what is done with a page),
//! [`envelopes`] (counts against what was declared), then [`daily`] and [`tickets`].

mod daily;
mod envelopes;
pub mod sorting;
mod tickets;
mod upload;
mod waiting;

pub use envelopes::Advice;
pub use tickets::{TicketForm, TicketPart};
pub use waiting::Waiting;

use crate::Screens;
use axum::Router;
use axum::routing::{get, post};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Files that browsers send at the same time: more would only share the same disk.
const UPLOADS_AT_ONCE: usize = 3;

/// What the mailroom stands on.
#[derive(Clone)]
pub struct Mailroom {
    /// The watched folder.
    pub inbox: PathBuf,
    /// After this time intake puts aside what never becomes a scan; said on the screen.
    pub abandoned: Duration,
    turns: Arc<Semaphore>,
}

impl Mailroom {
    /// The mailroom of this inbox.
    pub fn new(inbox: PathBuf, abandoned: Duration) -> Self {
        Self { inbox, abandoned, turns: Arc::new(Semaphore::new(UPLOADS_AT_ONCE)) }
    }
}

/// What is seen with the right to see pages.
pub fn seen() -> Router<Screens> {
    Router::new()
        .route("/envelopes", get(envelopes::list))
        .route("/envelopes/live", get(envelopes::live))
        .route("/daily", get(daily::screen))
        .route("/daily/sheet.pdf", get(daily::pdf))
        .route("/daily/sheet.csv", get(daily::csv))
}

/// What is done with the right to handle mail.
pub fn done() -> Router<Screens> {
    Router::new()
        // The body is a stream that counts for itself.
        .route("/inbox/upload", post(upload::upload))
        .route("/envelopes/{id}/close", post(envelopes::close))
        .route("/envelopes/{id}/reopen", post(envelopes::reopen))
        .route("/pages/{page}/assign", post(sorting::assign))
        .route("/pages/{page}/turn", post(sorting::turn))
        .route("/pages/{page}/cut", post(sorting::cut))
        .route("/pages/{page}/uncut", post(sorting::undo_cut))
        .route("/pages/{page}/move", post(sorting::move_page))
        .route("/pages/move", post(sorting::move_marked))
        .route("/moves/{batch}/undo", post(sorting::undo_move))
}

/// What is done with the right to print paper.
pub fn printed() -> Router<Screens> {
    Router::new()
        .route("/paper/ticket", post(tickets::one))
        .route("/paper/tickets", post(tickets::several))
        .route("/paper/ticket/{number}/again", post(tickets::again))
}
