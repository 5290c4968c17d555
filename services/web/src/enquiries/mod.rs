//! 問合せ. Queues of what the office asks of others: who sees to it, what was asked and answered, and the sheet to send.
//!
//! Start reading at: [`list`] (the queues), then [`one`] (an enquiry with its steps) and [`act`] (what is done with it).

mod act;
mod letter;
mod list;
mod one;

use crate::Screens;
use axum::Router;
use axum::routing::{get, post};

/// Every address, for those who may ask.
pub fn routes() -> Router<Screens> {
    Router::new()
        .route("/enquiries", get(list::list).post(act::open))
        .route("/enquiries/new", get(one::new))
        .route("/enquiries/of/{page}", get(one::of_page))
        .route("/enquiries/{id}", get(one::one))
        .route("/enquiries/{id}/give", post(act::give))
        .route("/enquiries/{id}/ask", post(act::ask))
        .route("/enquiries/{id}/answer", post(act::answer))
        .route("/enquiries/{id}/close", post(act::close))
        .route("/enquiries/{id}/letter.pdf", get(letter::pdf))
}
