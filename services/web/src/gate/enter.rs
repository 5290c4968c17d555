//! The door: no screen is reached without an account, a password, the second factor and a session that is awake.

use super::client::Client;
use super::cookies::Cookie;
use super::{lock, login, secrets};
use crate::Screens;
use crate::error::ScreenError;
use crate::frame::Person;
use axum::Json;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use domain::account::Standing;
use domain::actor::Actor;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::{Account, Session};

/// Header of requests that no person caused: live counts, heartbeats. They keep nobody logged in.
pub const BACKGROUND: &str = "x-background";
/// Ends of addresses that only scripts of ours ask for: counts that renew themselves, leases that are prolonged.
const BACKGROUND_ENDS: [&str; 3] = ["/live", "/beat", "/api/status"];
/// Work is written down this often; rows are not written for every picture.
const TOUCH_EVERY: SignedDuration = SignedDuration::from_secs(20);

/// The session behind a request, beside its [`Person`].
#[derive(Clone, Debug)]
pub struct Seat {
    /// The session.
    pub session: Session,
    /// Its account as it stands now.
    pub account: Account,
}

impl Seat {
    /// Whether the password has to be changed before anything else.
    pub fn owes_password(&self, screens: &Screens, now: Timestamp) -> bool {
        let policy = &screens.settings.policy;
        let old = |since| policy.password_is_old(since, now);
        self.account.must_change || self.account.password_at.is_none_or(old)
    }

    /// Whether a second factor has to be set up before anything else.
    pub fn owes_second_factor(&self, screens: &Screens) -> bool {
        screens.settings.policy.second_factor_required && self.account.totp.is_none()
    }

    /// Who writes.
    pub fn actor(&self, client: &Client) -> Actor {
        Actor::new(self.account.id.clone(), client.address.clone())
    }
}

impl<S: Sync> FromRequestParts<S> for Seat {
    type Rejection = ScreenError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ScreenError> {
        parts.extensions.get::<Seat>().cloned().ok_or(ScreenError::NotFound)
    }
}

/// What a refused request expects as its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A person opened an address: a screen.
    Screen,
    /// A part of a screen, a script, a picture: a status and JSON.
    Part,
}

impl Way {
    /// As the request says.
    pub fn of(headers: &HeaderMap) -> Self {
        let says = |name: &str, word: &str| {
            headers.get(name).is_some_and(|value| value.as_bytes() == word.as_bytes())
        };
        let html = headers
            .get(header::ACCEPT)
            .is_some_and(|value| value.to_str().is_ok_and(|text| text.contains("text/html")));
        let script = headers.contains_key("hx-request");
        let navigates = says("sec-fetch-mode", "navigate") || !headers.contains_key("sec-fetch-mode") && html;
        if navigates && !script { Self::Screen } else { Self::Part }
    }
}

/// The session of a browser and its account; `None` when there is none that may still be used.
pub async fn seat(
    screens: &Screens,
    headers: &HeaderMap,
    secure: bool,
) -> Result<Option<(Seat, Standing)>, ScreenError> {
    let Some(token) = Cookie::Session.read(headers, secure) else { return Ok(None) };
    let token = secrets::digest(&token);
    let found = screens
        .store
        .read_async(move |rows| {
            let Some(session) = rows.session(&token)? else { return Ok(None) };
            let account = rows.account(&session.account)?;
            Ok(account.map(|account| Seat { session, account }))
        })
        .await?;
    let Some(seat) = found.filter(|seat| seat.account.enabled) else { return Ok(None) };
    let (policy, now) = (&screens.settings.policy, Timestamp::now());
    let Session { id, began_at, active_at, locked, .. } = seat.session;
    let standing = policy.standing(began_at, active_at, locked, now);
    if standing == Standing::Over {
        let why = if now.duration_since(began_at) >= policy.longest { "longest" } else { "idle" };
        screens.store.write_async(move |rows| rows.end_session(id, why, now)).await?;
        return Ok(None);
    }
    Ok(Some((seat, standing)))
}

/// Lets a request in with its [`Person`] and [`Seat`], or answers what is missing.
pub async fn enter(State(screens): State<Screens>, client: Client, request: Request, next: Next) -> Response {
    // The head alone: a body cannot be lent to the other threads that may finish this.
    let (head, body) = request.into_parts();
    match admit(&screens, &client, &head).await {
        Ok(seat) => {
            let account = &seat.account;
            let person = Person {
                actor: seat.actor(&client),
                name: account.name.clone(),
                section: account.section.clone(),
                duties: account.duties.clone(),
            };
            let mut request = Request::from_parts(head, body);
            request.extensions_mut().insert(person);
            request.extensions_mut().insert(seat);
            next.run(request).await
        }
        Err(answer) => *answer,
    }
}

async fn admit(screens: &Screens, client: &Client, head: &Parts) -> Result<Seat, Box<Response>> {
    let way = Way::of(&head.headers);
    let found = seat(screens, &head.headers, client.secure).await;
    let (seat, standing) = match found.map_err(|error| Box::new(error.into_response()))? {
        Some(found) => found,
        None => return Err(Box::new(asked_to_log_in(head, way))),
    };
    if !seat.session.proven {
        return Err(Box::new(asked_to_log_in(head, way)));
    }
    if standing == Standing::Locked {
        let id = seat.session.id;
        if !seat.session.locked {
            let write = screens.store.write_async(move |rows| rows.lock_session(id, Timestamp::now())).await;
            write.map_err(|error| Box::new(ScreenError::from(error).into_response()))?;
        }
        return Err(Box::new(match way {
            Way::Screen => lock::cover(&seat, &place_of(head)),
            Way::Part => refused(StatusCode::LOCKED, "locked"),
        }));
    }
    if let Some(address) = owed(screens, &seat, head.uri.path()) {
        return Err(Box::new(match way {
            Way::Screen => Redirect::to(address).into_response(),
            Way::Part => refused(StatusCode::FORBIDDEN, "unfinished"),
        }));
    }
    stay_awake(screens, client, &seat, head).await.map_err(|error| Box::new(error.into_response()))?;
    Ok(seat)
}

/// Where a person has to go first.
fn owed(screens: &Screens, seat: &Seat, path: &str) -> Option<&'static str> {
    const PASSWORD: &str = "/me/password";
    const SECOND_FACTOR: &str = "/me/second-factor";
    if seat.owes_password(screens, Timestamp::now()) {
        (path != PASSWORD).then_some(PASSWORD)
    } else if seat.owes_second_factor(screens) {
        (!path.starts_with(SECOND_FACTOR)).then_some(SECOND_FACTOR)
    } else {
        None
    }
}

/// Writes work down, and reports a session that has become long.
async fn stay_awake(
    screens: &Screens,
    client: &Client,
    seat: &Seat,
    head: &Parts,
) -> Result<(), ScreenError> {
    let (now, session) = (Timestamp::now(), &seat.session);
    let works = !head.headers.contains_key(BACKGROUND)
        && !BACKGROUND_ENDS.iter().any(|end| head.uri.path().ends_with(end));
    let touch = works && now.duration_since(session.active_at) >= TOUCH_EVERY;
    let long = !session.told_long && now.duration_since(session.began_at) >= screens.settings.policy.long;
    if !touch && !long {
        return Ok(());
    }
    let (id, account, actor) = (session.id, seat.account.id.clone(), seat.actor(client));
    let write = screens.store.write_async(move |rows| {
        if touch {
            rows.touch_session(id, now)?;
        }
        if long && rows.tell_long_session(id)? {
            rows.note_account("long_session", &account, None, &actor, now)?;
        }
        Ok(())
    });
    Ok(write.await?)
}

fn asked_to_log_in(head: &Parts, way: Way) -> Response {
    match way {
        Way::Screen => login::redirect(&place_of(head)),
        Way::Part => refused(StatusCode::UNAUTHORIZED, "logged_off"),
    }
}

/// Where a person comes back to: the address, when it can be opened again.
fn place_of(head: &Parts) -> String {
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    if head.method == Method::GET { path.to_owned() } else { "/".to_owned() }
}

/// For scripts: what is the matter.
pub fn refused(status: StatusCode, error: &'static str) -> Response {
    (status, Json(json!({ "error": error }))).into_response()
}
