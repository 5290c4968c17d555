//! The desk behind the screen: who has an item, for how long, and what comes next.

use super::list::Chosen;
use super::posted::Posted;
use super::save::held_words;
use super::{Case, LEASE, Part, reading_of};
use crate::Screens;
use crate::error::ScreenError;
use crate::frame::Person;
use axum::Json;
use axum::extract::{Form as Body, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::duty::Right;
use domain::ids::PageId;
use domain::keying::FieldState;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::Lease;

/// Pictures fetched ahead, at most: the page, and the fields that are looked at first.
const FETCHED_AHEAD: usize = 12;
/// A reason longer than this is a letter.
const LONGEST_REASON: usize = 200;

/// `POST /reviews/{page}/beat`: somebody works at the screen; prolongs the lease. 409 when another has it by now.
pub async fn beat(
    State(screens): State<Screens>,
    person: Person,
    Path(page): Path<String>,
) -> Result<Response, ScreenError> {
    let (page, now) = (PageId(page), Timestamp::now());
    let lease = screens
        .store
        .write_async(move |rows| rows.lease_review(&page, &person.actor, now + LEASE, now))
        .await?;
    Ok(match lease {
        Lease::Yours => StatusCode::NO_CONTENT.into_response(),
        Lease::Held { by, .. } => (StatusCode::CONFLICT, held_words(&by)).into_response(),
        Lease::Closed => (
            StatusCode::CONFLICT,
            "このページは処理済みです。入力した値は保存されません。一覧から次のページを開いてください。",
        )
            .into_response(),
    })
}

/// `POST /reviews/{page}/release`: the screen was left.
pub async fn release(
    State(screens): State<Screens>,
    person: Person,
    Path(page): Path<String>,
) -> Result<StatusCode, ScreenError> {
    screens.store.write_async(move |rows| rows.release_review(&PageId(page), &person.actor)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Why an item is taken from somebody's screen.
#[derive(Deserialize)]
pub struct TakeOver {
    #[serde(default)]
    reason: String,
}

/// `POST /reviews/{page}/take`: an arbiter takes it at once, for a reason; others wait until the lease ends.
pub async fn take_over(
    State(screens): State<Screens>,
    person: Person,
    Path(page): Path<String>,
    Query(chosen): Query<Chosen>,
    Body(why): Body<TakeOver>,
) -> Result<Response, ScreenError> {
    person.require(Right::Arbitrate)?;
    let reason = why.reason.trim().to_owned();
    if reason.is_empty() || !crate::words::is_line(&reason, LONGEST_REASON) {
        return Err(ScreenError::Refused(format!(
            "引き取る理由を{LONGEST_REASON}文字以内の1行で入力してください。"
        )));
    }
    let (id, now) = (PageId(page.clone()), Timestamp::now());
    screens
        .store
        .write_async(move |rows| rows.take_over_review(&id, &reason, &person.actor, now + LEASE, now))
        .await?;
    Ok(Redirect::to(&format!("/reviews/{page}{}", chosen.query())).into_response())
}

/// What the browser fetches ahead.
#[derive(Default, Serialize)]
struct Coming {
    /// Addresses of pictures of the next item.
    pictures: Vec<String>,
}

/// `GET /reviews/{page}/next`: pictures of the item that follows, so that nobody waits for them. No values.
pub async fn coming(
    State(screens): State<Screens>,
    person: Person,
    Path(page): Path<String>,
    Query(chosen): Query<Chosen>,
) -> Result<Response, ScreenError> {
    let Some(next) = chosen.next(&screens, &person, &PageId(page)).await? else {
        return Ok(Json(Coming::default()).into_response());
    };
    let Some(case) = Case::load(&screens, &next, Vec::new(), &Posted::default()).await? else {
        return Ok(Json(Coming::default()).into_response());
    };
    let registered = reading_of(&screens, &case.view).is_some();
    let mut pictures = vec![format!("/pages/{next}/image?width=1600&paper={registered}")];
    let part = case.part(&person);
    let looked_at = case.progress.iter().flat_map(|progress| &progress.fields).filter(|field| match &part {
        Part::First => field.state == FieldState::First,
        Part::Second(mine) => mine.contains(&field.field),
        Part::Third => matches!(field.state, FieldState::Third { .. }),
        Part::Nothing(_) => false,
    });
    let snippets = looked_at.filter(|field| !field.field.as_str().starts_with('@'));
    pictures.extend(snippets.map(|field| format!("/pages/{next}/snippet/{}", field.field)));
    pictures.truncate(FETCHED_AHEAD);
    Ok(Json(Coming { pictures }).into_response())
}
