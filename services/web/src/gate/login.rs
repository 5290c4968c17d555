//! ログイン. Password, then second factor; and the one-time code with which a person sets an account up.

use super::client::Client;
use super::cookies::Cookie;
use super::enter::{Seat, seat};
use super::guesses::Place;
use super::{Gate, hold, second, secrets};
use crate::Screens;
use crate::error::{ScreenError, show};
use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::account::{PasswordRefused, Standing, check_password};
use domain::actor::Actor;
use domain::ids::StaffId;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use store::{Account, NewSession};

/// The same for a wrong password and an unknown account.
const WRONG: &str = "職員IDまたはパスワードが違います。";
const WRONG_CODE: &str = "認証コードが違います。時刻の合った認証アプリの、今の6桁を入力してください。";
const WRONG_SETUP: &str = "職員IDまたは設定コードが違うか、期限が切れています。管理者に確認してください。";
/// Wrong codes after which the password is asked for again.
const TRIES: u32 = 5;
/// A browser is known for half a year after a log-in.
const KNOWN_FOR: SignedDuration = SignedDuration::from_hours(24 * 180);
/// Characters kept of what a browser calls itself.
const BROWSER_LENGTH: usize = 200;

#[derive(Template)]
#[template(path = "login.html")]
struct LoginScreen {
    /// Whether there is no account yet.
    empty: bool,
    id: String,
    next: String,
    problem: Option<String>,
    /// Said without alarm.
    notice: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "login_code.html")]
struct CodeScreen {
    name: String,
    next: String,
    problem: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "setup.html")]
struct SetupScreen {
    id: String,
    problem: Option<String>,
}

/// `?next=…`
#[derive(Deserialize, Default)]
pub struct Asked {
    #[serde(default)]
    next: String,
    #[serde(default)]
    off: String,
}

/// The first step.
#[derive(Deserialize)]
pub struct Posted {
    id: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// The second step.
#[derive(Deserialize)]
pub struct PostedCode {
    code: String,
    #[serde(default)]
    next: String,
}

/// A new account's person.
#[derive(Deserialize)]
pub struct PostedSetup {
    id: String,
    code: String,
    password: String,
    again: String,
}

/// The log-in, and back to `place` after it.
pub fn redirect(place: &str) -> Response {
    if place == "/" {
        return Redirect::to("/login").into_response();
    }
    Redirect::to(&format!("/login?next={}", crate::inbox::encoded(place))).into_response()
}

/// An address on this machine, else home: nobody is led away from here after the log-in.
pub fn safe_place(place: &str) -> &str {
    let ours = place.starts_with('/') && !place.starts_with("//") && !place.contains('\\');
    if ours && place.bytes().all(|byte| (0x21..0x7f).contains(&byte)) { place } else { "/" }
}

/// `GET /login`
pub async fn login(
    State(screens): State<Screens>,
    client: Client,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Result<Response, ScreenError> {
    match seat(&screens, &headers, client.secure).await? {
        Some((seat, Standing::Open)) if seat.session.proven => {
            return Ok(Redirect::to(safe_place(&asked.next)).into_response());
        }
        _ => {}
    }
    let empty = screens.store.read_async(|rows| Ok(rows.accounts()?.is_empty())).await?;
    let notice = (asked.off == "1").then_some("ログオフしました。");
    show(&LoginScreen { empty, id: String::new(), next: asked.next, problem: None, notice })
}

/// `POST /login`
pub async fn log_in(
    State(screens): State<Screens>,
    client: Client,
    headers: HeaderMap,
    Form(posted): Form<Posted>,
) -> Result<Response, ScreenError> {
    let now = Timestamp::now();
    let id = StaffId(posted.id.trim().to_lowercase());
    let (account, known) = known_browser(&screens, &headers, &client, &id, now).await?;
    let places = Place::of(id.as_str(), &client.address, known.as_deref());
    let again = |status: StatusCode, words: String| {
        let (id, next) = (posted.id.clone(), posted.next.clone());
        let screen = LoginScreen { empty: false, id, next, problem: Some(words), notice: None };
        Ok((status, show(&screen)?).into_response())
    };
    if let Some(wait) = hold(&screens.gate.guesses).wait(&places, now) {
        return again(StatusCode::TOO_MANY_REQUESTS, wait_words(wait));
    }
    let hash =
        account.as_ref().filter(|account| account.enabled).and_then(|account| account.password.clone());
    let right = screens.gate.verify(posted.password, hash.map(|hash| hash.reveal().clone())).await?;
    let Some(account) = account.filter(|_| right) else {
        tell_refusal(&screens, &places, &id, &client, now).await?;
        return again(StatusCode::UNAUTHORIZED, WRONG.to_owned());
    };
    hold(&screens.gate.guesses).forget(&places);
    begin(&screens, &client, &headers, &account, safe_place(&posted.next)).await
}

fn wait_words(wait: SignedDuration) -> String {
    format!("続けて間違えたため、あと{}秒待ってからもう一度入力してください。", wait.as_secs().max(1))
}

/// The account of `id`, and the hash of this browser when its person has logged in here before.
async fn known_browser(
    screens: &Screens,
    headers: &HeaderMap,
    client: &Client,
    id: &StaffId,
    now: Timestamp,
) -> Result<(Option<Account>, Option<String>), ScreenError> {
    let browser = Cookie::Terminal.read(headers, client.secure).map(|token| secrets::digest(&token));
    let id = id.clone();
    let read = screens.store.read_async(move |rows| {
        let known = match &browser {
            Some(browser) => rows.is_known_terminal(browser, &id, now - KNOWN_FOR)?,
            None => false,
        };
        Ok((rows.account(&id)?, browser.filter(|_| known)))
    });
    Ok(read.await?)
}

/// Counts a wrong try; those at an account that exists are events, which the administrator sees.
async fn tell_refusal(
    screens: &Screens,
    places: &[Place],
    id: &StaffId,
    client: &Client,
    now: Timestamp,
) -> Result<(), ScreenError> {
    let held = hold(&screens.gate.guesses).count(places, now);
    let (id, actor) = (id.clone(), Actor::new(id.clone(), client.address.clone()));
    let write = screens.store.write_async(move |rows| {
        if rows.account(&id)?.is_some() {
            rows.note_account("login_refused", &id, held.then_some("held"), &actor, now)?;
        }
        Ok(())
    });
    Ok(write.await?)
}

/// Begins a session after the right password: whole, or until the second factor is shown.
async fn begin(
    screens: &Screens,
    client: &Client,
    headers: &HeaderMap,
    account: &Account,
    next: &str,
) -> Result<Response, ScreenError> {
    // A session that this browser had before is over: nobody goes on with somebody else's.
    let before = seat(screens, headers, client.secure).await?.map(|(seat, _)| seat.session.id);
    let (token, now) = (secrets::token(), Timestamp::now());
    let proven = account.totp.is_none();
    let browser = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let session = NewSession {
        token: secrets::digest(&token),
        account: account.id.clone(),
        proven,
        terminal: client.address.clone(),
        browser: browser.chars().take(BROWSER_LENGTH).collect(),
    };
    screens
        .store
        .write_async(move |rows| {
            if let Some(before) = before {
                rows.end_session(before, "logoff", now)?;
            }
            rows.begin_session(&session, now)
        })
        .await?;
    if proven {
        return welcome(screens, client, account, &token, next).await;
    }
    let mut answer = Redirect::to(&second_step(next)).into_response();
    set(&mut answer, Cookie::Session, &token, client);
    Ok(answer)
}

fn second_step(next: &str) -> String {
    format!("/login/code?next={}", crate::inbox::encoded(next))
}

/// The person is in: writes it down, and marks the browser as known.
async fn welcome(
    screens: &Screens,
    client: &Client,
    account: &Account,
    token: &str,
    next: &str,
) -> Result<Response, ScreenError> {
    let (browser, now) = (secrets::token(), Timestamp::now());
    let (id, hash) = (account.id.clone(), secrets::digest(&browser));
    let actor = Actor::new(id.clone(), client.address.clone());
    screens
        .store
        .write_async(move |rows| {
            rows.know_terminal(&hash, &id, now)?;
            rows.note_login(&id, &actor, now)
        })
        .await?;
    let mut answer = Redirect::to(safe_place(next)).into_response();
    set(&mut answer, Cookie::Session, token, client);
    set(&mut answer, Cookie::Terminal, &browser, client);
    Ok(answer)
}

/// Adds a cookie to an answer.
pub fn set(answer: &mut Response, cookie: Cookie, token: &str, client: &Client) {
    if let Some(line) = cookie.set(token, client.secure) {
        answer.headers_mut().append(header::SET_COOKIE, line);
    }
}

/// The session that waits for its second factor.
async fn half_way(
    screens: &Screens,
    headers: &HeaderMap,
    client: &Client,
) -> Result<Option<Seat>, ScreenError> {
    let found = seat(screens, headers, client.secure).await?;
    Ok(found.map(|(seat, _)| seat).filter(|seat| !seat.session.proven))
}

/// `GET /login/code`
pub async fn code(
    State(screens): State<Screens>,
    client: Client,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Result<Response, ScreenError> {
    match half_way(&screens, &headers, &client).await? {
        Some(seat) => show(&CodeScreen { name: seat.account.name, next: asked.next, problem: None }),
        None => Ok(redirect("/")),
    }
}

/// `POST /login/code`: a code of the authenticator, or a recovery code.
pub async fn prove(
    State(screens): State<Screens>,
    client: Client,
    headers: HeaderMap,
    Form(posted): Form<PostedCode>,
) -> Result<Response, ScreenError> {
    let Some(seat) = half_way(&screens, &headers, &client).await? else {
        return Ok(redirect("/"));
    };
    let now = Timestamp::now();
    let (session, id, actor) = (seat.session.id, seat.account.id.clone(), seat.actor(&client));
    let step = match &seat.account.totp {
        Some(secret) => second::step_of(secret.reveal(), &posted.code, now)?,
        None => None,
    };
    let recovery = secrets::digest(&posted.code);
    let token = secrets::token();
    let renewed = secrets::digest(&token);
    let proof = screens
        .store
        .write_async(move |rows| {
            let right = match step {
                Some(step) => rows.take_second_factor(&id, step)?,
                None => rows.take_recovery_code(&id, &recovery, &actor, now)?,
            };
            if right {
                return Ok(rows.renew_session(session, &renewed, now)?.then_some(()).ok_or(TRIES));
            }
            let tries = rows.count_try(session)?;
            rows.note_account("login_refused", &id, Some("second factor"), &actor, now)?;
            if tries >= TRIES {
                rows.end_session(session, "tries", now)?;
            }
            Ok(Err(tries))
        })
        .await?;
    match proof {
        Ok(()) => welcome(&screens, &client, &seat.account, &token, &posted.next).await,
        Err(tries) if tries >= TRIES => {
            let places = Place::of(seat.account.id.as_str(), &client.address, None);
            // A right password and five wrong codes: somebody has the password.
            (0..TRIES).for_each(|_| {
                hold(&screens.gate.guesses).count(&places, now);
            });
            Ok(redirect("/"))
        }
        Err(_) => {
            let screen = CodeScreen { name: seat.account.name, next: posted.next, problem: Some(WRONG_CODE) };
            Ok((StatusCode::UNAUTHORIZED, show(&screen)?).into_response())
        }
    }
}

/// `GET /setup`
pub async fn setup() -> Result<Response, ScreenError> {
    show(&SetupScreen { id: String::new(), problem: None })
}

/// `POST /setup`: the one-time code is good for one new password.
pub async fn set_up(
    State(screens): State<Screens>,
    client: Client,
    headers: HeaderMap,
    Form(posted): Form<PostedSetup>,
) -> Result<Response, ScreenError> {
    let now = Timestamp::now();
    let id = StaffId(posted.id.trim().to_lowercase());
    let again = |status: StatusCode, words: String| {
        let screen = SetupScreen { id: posted.id.clone(), problem: Some(words) };
        Ok((status, show(&screen)?).into_response())
    };
    let places = Place::of(id.as_str(), &client.address, None);
    if let Some(wait) = hold(&screens.gate.guesses).wait(&places, now) {
        return again(StatusCode::TOO_MANY_REQUESTS, wait_words(wait));
    }
    let (wanted, given) = (id.clone(), secrets::digest(&posted.code));
    let account = screens
        .store
        .read_async(move |rows| {
            let right = rows.setup_hash(&wanted)?.is_some_and(|hash| hash == given);
            Ok(if right { rows.account(&wanted)? } else { None })
        })
        .await?
        .filter(|account| account.setup_until.is_some_and(|until| now < until));
    let Some(account) = account else {
        tell_refusal(&screens, &places, &id, &client, now).await?;
        return again(StatusCode::UNAUTHORIZED, WRONG_SETUP.to_owned());
    };
    let hash = match new_password(&screens, &account, &posted.password, &posted.again).await? {
        Ok(hash) => hash,
        Err(refused) => return again(StatusCode::UNPROCESSABLE_ENTITY, refused.words().to_owned()),
    };
    let actor = Actor::new(account.id.clone(), client.address.clone());
    let id = account.id.clone();
    screens.store.write_async(move |rows| rows.set_password(&id, &hash, None, &actor, now)).await?;
    begin(&screens, &client, &headers, &account, "/").await
}

/// The hash of a new password, or why it is refused.
pub async fn new_password(
    screens: &Screens,
    account: &Account,
    password: &str,
    again: &str,
) -> Result<Result<String, PasswordRefused>, ScreenError> {
    if password != again {
        return Ok(Err(PasswordRefused::Differs));
    }
    if let Err(refused) = check_password(password, account.id.as_str(), &account.name) {
        return Ok(Err(refused));
    }
    let (id, count) = (account.id.clone(), screens.settings.policy.password_history);
    let past = screens.store.read_async(move |rows| rows.past_passwords(&id, count)).await?;
    let gate: &Gate = &screens.gate;
    if gate.is_one_of(password.to_owned(), past).await? {
        return Ok(Err(PasswordRefused::Again));
    }
    Ok(Ok(gate.hash(password.to_owned()).await?))
}

/// `POST /logout`
pub async fn log_out(
    State(screens): State<Screens>,
    client: Client,
    headers: HeaderMap,
) -> Result<Response, ScreenError> {
    if let Some((seat, _)) = seat(&screens, &headers, client.secure).await? {
        let (id, account, actor, now) =
            (seat.session.id, seat.account.id.clone(), seat.actor(&client), Timestamp::now());
        screens
            .store
            .write_async(move |rows| {
                rows.end_session(id, "logoff", now)?;
                rows.note_account("logged_off", &account, None, &actor, now)
            })
            .await?;
    }
    let mut answer = Redirect::to("/login?off=1").into_response();
    if let Some(line) = Cookie::Session.clear(client.secure) {
        answer.headers_mut().append(header::SET_COOKIE, line);
    }
    Ok(answer)
}
