//! 画面ロック. An idle screen is covered; the password brings the same place back.

use super::client::Client;
use super::cookies::Cookie;
use super::enter::{Seat, Way, refused, seat};
use super::{login, secrets};
use crate::Screens;
use crate::error::{ScreenError, show};
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use serde::Deserialize;

/// Wrong passwords after which the session ends.
const TRIES: u32 = 5;
const WRONG: &str = "パスワードが違います。";

#[derive(Template)]
#[template(path = "lock.html")]
struct LockScreen {
    name: String,
    id: String,
    back: String,
    problem: Option<&'static str>,
}

/// What uncovers.
#[derive(Deserialize)]
pub struct Posted {
    #[serde(default)]
    password: String,
    #[serde(default)]
    back: String,
}

/// The cover over `back`. Nothing of the screen beneath is sent.
pub fn cover(seat: &Seat, back: &str) -> Response {
    covered(seat, back, None)
}

fn covered(seat: &Seat, back: &str, problem: Option<&'static str>) -> Response {
    let screen = LockScreen {
        name: seat.account.name.clone(),
        id: seat.account.id.to_string(),
        back: login::safe_place(back).to_owned(),
        problem,
    };
    match show(&screen) {
        Ok(screen) => (StatusCode::LOCKED, screen).into_response(),
        Err(error) => error.into_response(),
    }
}

/// `POST /session/lock`
pub async fn lock(
    State(screens): State<Screens>,
    client: Client,
    headers: HeaderMap,
    Form(posted): Form<Posted>,
) -> Result<Response, ScreenError> {
    let Some((seat, _)) = seat(&screens, &headers, client.secure).await? else {
        return Ok(off(&headers, &posted.back));
    };
    let id = seat.session.id;
    screens.store.write_async(move |rows| rows.lock_session(id, Timestamp::now())).await?;
    Ok(match Way::of(&headers) {
        Way::Screen => covered(&seat, &posted.back, None),
        Way::Part => StatusCode::NO_CONTENT.into_response(),
    })
}

fn off(headers: &HeaderMap, back: &str) -> Response {
    match Way::of(headers) {
        Way::Screen => login::redirect(login::safe_place(back)),
        Way::Part => refused(StatusCode::UNAUTHORIZED, "logged_off"),
    }
}

/// `POST /session/unlock`: with the right password the session goes on, under a new token.
pub async fn unlock(
    State(screens): State<Screens>,
    client: Client,
    headers: HeaderMap,
    Form(posted): Form<Posted>,
) -> Result<Response, ScreenError> {
    let found = seat(&screens, &headers, client.secure).await?.map(|(seat, _)| seat);
    let Some(seat) = found.filter(|seat| seat.session.proven) else {
        return Ok(off(&headers, &posted.back));
    };
    if !confirmed(&screens, &client, &seat, posted.password).await? {
        return Ok(match Way::of(&headers) {
            Way::Screen => covered(&seat, &posted.back, Some(WRONG)),
            Way::Part => refused(StatusCode::LOCKED, "wrong_password"),
        });
    }
    let mut answer = match Way::of(&headers) {
        Way::Screen => Redirect::to(login::safe_place(&posted.back)).into_response(),
        Way::Part => StatusCode::NO_CONTENT.into_response(),
    };
    if !renew(&screens, &client, &seat, &mut answer).await? {
        return Ok(off(&headers, &posted.back));
    }
    Ok(answer)
}

/// Gives the session a new token in `answer`; `false` when it has ended.
pub async fn renew(
    screens: &Screens,
    client: &Client,
    seat: &Seat,
    answer: &mut Response,
) -> Result<bool, ScreenError> {
    let (id, token) = (seat.session.id, secrets::token());
    let hash = secrets::digest(&token);
    let alive =
        screens.store.write_async(move |rows| rows.renew_session(id, &hash, Timestamp::now())).await?;
    if alive {
        login::set(answer, Cookie::Session, &token, client);
    }
    Ok(alive)
}

/// Whether `password` is that of the person who sits there. Five wrong ones end the session: then the log-in counts.
pub async fn confirmed(
    screens: &Screens,
    client: &Client,
    seat: &Seat,
    password: String,
) -> Result<bool, ScreenError> {
    let hash = seat.account.password.as_ref().map(|hash| hash.reveal().clone());
    if screens.gate.verify(password, hash).await? {
        return Ok(true);
    }
    let (id, account, actor, now) =
        (seat.session.id, seat.account.id.clone(), seat.actor(client), Timestamp::now());
    screens
        .store
        .write_async(move |rows| {
            rows.note_account("login_refused", &account, Some("locked screen"), &actor, now)?;
            if rows.count_try(id)? >= TRIES {
                rows.end_session(id, "tries", now)?;
            }
            Ok(())
        })
        .await?;
    Ok(false)
}

/// `POST /session/alive`: somebody types or reads; the door has written it down.
pub async fn alive() -> StatusCode {
    StatusCode::NO_CONTENT
}
