//! 続けて確認. One field over many slips, and groups of fields that were read alike. Both write the same keyings as the
//! slip screen does.
//!
//! A screen knows a field by a token alone, and every answer has the same shape whether the value is keyed a second
//! time or was drawn for the blind sample: nothing of it says of which page it is, or what anybody said before.

mod choose;
mod groups;
mod items;
mod place;
mod save;
mod screen;

use crate::Screens;
use axum::Router;
use axum::routing::{get, post};

/// Every address of runs and groups.
pub fn routes() -> Router<Screens> {
    Router::new()
        .route("/runs", get(choose::choose))
        .route("/runs/{form}/{field}/{mode}", get(screen::screen))
        .route("/runs/{form}/{field}/{mode}/next", post(items::next))
        .route("/runs/{form}/{field}/check", post(items::check))
        .route("/runs/beat", post(items::beat))
        .route("/runs/items/{token}", post(save::save))
        .route("/runs/items/{token}/undo", post(save::undo))
        .route("/runs/items/{token}/skip", post(items::skip))
        .route("/runs/items/{token}/snippet", get(items::snippet))
        .route("/runs/items/{token}/paper", get(items::paper))
        .route("/groups/{form}/{field}", get(groups::list))
        .route("/groups/{form}/{field}/{group}", get(groups::grid).post(groups::save))
}
