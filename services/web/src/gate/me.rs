//! 自分の設定. A person's own password, second factor, recovery codes and sessions.

use super::client::Client;
use super::enter::Seat;
use super::lock::{confirmed, renew};
use super::login::new_password;
use super::{hold, second, secrets};
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::{Screens, words};
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::account::Standing;
use domain::duty::Right;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use store::Session;

const WRONG_PASSWORD: &str = "今のパスワードが違います。";
const WRONG_CODE: &str = "認証コードが違います。認証アプリに表示されている今の6桁を入力してください。";
/// A secret that is shown and not confirmed is forgotten.
const OFFERED_FOR: SignedDuration = SignedDuration::from_mins(30);

/// A session as screens tell it.
pub struct SessionLine {
    /// Its row.
    pub id: i64,
    /// Whose it is.
    pub staff: String,
    /// The person's name.
    pub name: String,
    /// Since when.
    pub began: String,
    /// How long.
    pub lasts: String,
    /// Last work.
    pub active: String,
    /// From where.
    pub terminal: String,
    /// With what.
    pub browser: String,
    /// Whether it is covered.
    pub locked: bool,
    /// Whether it is the one that looks.
    pub own: bool,
    /// Whether it has become long.
    pub long: bool,
}

impl SessionLine {
    /// The words for a session; `None` when it is over.
    pub fn of(session: &Session, name: &str, own: i64, screens: &Screens, now: Timestamp) -> Option<Self> {
        let policy = &screens.settings.policy;
        let standing = policy.standing(session.began_at, session.active_at, session.locked, now);
        let lasts = now.duration_since(session.began_at);
        (standing != Standing::Over).then(|| Self {
            id: session.id,
            staff: session.account.to_string(),
            name: name.to_owned(),
            began: words::moment(session.began_at),
            lasts: words::age(session.began_at, now),
            active: match words::age(session.active_at, now) {
                just if just == words::JUST_NOW => just,
                age => format!("{age}前"),
            },
            terminal: session.terminal.clone(),
            browser: browser_words(&session.browser),
            locked: standing == Standing::Locked,
            own: session.id == own,
            long: lasts >= policy.long,
        })
    }
}

/// `Chrome（Windows）` of what a browser calls itself.
fn browser_words(browser: &str) -> String {
    let one_of = |words: &[(&'static str, &'static str)]| {
        words.iter().find(|(sign, _)| browser.contains(sign)).map(|(_, word)| *word)
    };
    let program =
        one_of(&[("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")]);
    let system =
        one_of(&[("Windows", "Windows"), ("Mac OS", "macOS"), ("Android", "Android"), ("Linux", "Linux")]);
    match (program, system) {
        (Some(program), Some(system)) => format!("{program}（{system}）"),
        (Some(program), None) => program.to_owned(),
        _ => "不明なブラウザー".to_owned(),
    }
}

#[derive(Template)]
#[template(path = "me.html")]
struct MeScreen {
    frame: Frame,
    id: String,
    name: String,
    section: String,
    duties: Vec<&'static str>,
    rights: Vec<&'static str>,
    password_since: String,
    password_left: i64,
    has_second: bool,
    second_required: bool,
    recovery_left: u32,
    sessions: Vec<SessionLine>,
    problem: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "me_password.html")]
struct PasswordScreen {
    frame: Frame,
    /// Whether nothing else is open before.
    owed: bool,
    days: u32,
    history: u32,
    problem: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "me_second.html")]
struct SecondScreen {
    frame: Frame,
    owed: bool,
    replaces: bool,
    /// In groups of four letters, to be typed.
    secret: String,
    problem: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "me_codes.html")]
struct CodesScreen {
    frame: Frame,
    codes: Vec<String>,
}

/// A changed password.
#[derive(Deserialize)]
pub struct PostedPassword {
    now: String,
    password: String,
    again: String,
}

/// A confirmed second factor.
#[derive(Deserialize)]
pub struct PostedSecond {
    #[serde(default)]
    password: String,
    code: String,
}

/// A password that allows something.
#[derive(Deserialize)]
pub struct Confirmed {
    password: String,
}

/// `GET /me`
pub async fn me(State(screens): State<Screens>, person: Person, seat: Seat) -> Result<Response, ScreenError> {
    my_screen(&screens, &person, &seat, None).await
}

async fn my_screen(
    screens: &Screens,
    person: &Person,
    seat: &Seat,
    problem: Option<&'static str>,
) -> Result<Response, ScreenError> {
    let (id, now, policy) = (seat.account.id.clone(), Timestamp::now(), &screens.settings.policy);
    let since = now - policy.longest;
    let (left, sessions) = screens
        .store
        .read_async(move |rows| Ok((rows.recovery_codes_left(&id)?, rows.sessions(Some(&id), since)?)))
        .await?;
    let password_at = seat.account.password_at.unwrap_or(seat.account.created_at);
    let used_days = now.duration_since(password_at).as_hours() / 24;
    let lines = sessions
        .iter()
        .filter_map(|session| SessionLine::of(session, &person.name, seat.session.id, screens, now));
    show(&MeScreen {
        frame: Frame::new(screens, person, "me").await?,
        id: person.actor.staff.to_string(),
        name: person.name.clone(),
        section: person.section.clone(),
        duties: person.duties.iter().map(|duty| duty.label()).collect(),
        rights: Right::ALL.into_iter().filter(|&right| person.may(right)).map(Right::label).collect(),
        password_since: words::moment(password_at),
        password_left: (i64::from(policy.password_days) - used_days).max(0),
        has_second: seat.account.totp.is_some(),
        second_required: policy.second_factor_required,
        recovery_left: left,
        sessions: lines.collect(),
        problem,
    })
}

/// `GET /me/password`
pub async fn password(
    State(screens): State<Screens>,
    person: Person,
    seat: Seat,
) -> Result<Response, ScreenError> {
    password_screen(&screens, &person, &seat, None).await
}

async fn password_screen(
    screens: &Screens,
    person: &Person,
    seat: &Seat,
    problem: Option<&'static str>,
) -> Result<Response, ScreenError> {
    let policy = &screens.settings.policy;
    let owed = seat.owes_password(screens, Timestamp::now());
    let frame = Frame::new(screens, person, "me").await?;
    let (days, history) = (policy.password_days, policy.password_history);
    show(&PasswordScreen { frame: frame.bare_if(owed), owed, days, history, problem })
}

/// `POST /me/password`: other sessions end, this one goes on under a new token.
pub async fn change_password(
    State(screens): State<Screens>,
    person: Person,
    seat: Seat,
    client: Client,
    Form(posted): Form<PostedPassword>,
) -> Result<Response, ScreenError> {
    if !confirmed(&screens, &client, &seat, posted.now).await? {
        let screen = password_screen(&screens, &person, &seat, Some(WRONG_PASSWORD)).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, screen).into_response());
    }
    let hash = match new_password(&screens, &seat.account, &posted.password, &posted.again).await? {
        Ok(hash) => hash,
        Err(refused) => {
            let screen = password_screen(&screens, &person, &seat, Some(refused.words())).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, screen).into_response());
        }
    };
    let (id, keep, actor) = (seat.account.id.clone(), seat.session.id, person.actor);
    screens
        .store
        .write_async(move |rows| rows.set_password(&id, &hash, Some(keep), &actor, Timestamp::now()))
        .await?;
    let mut answer = Redirect::to("/me").into_response();
    renew(&screens, &client, &seat, &mut answer).await?;
    Ok(answer)
}

/// The secret that this session is shown until it confirms one.
fn offered(screens: &Screens, session: i64) -> String {
    let now = Timestamp::now();
    let mut offered = hold(&screens.gate.offered);
    offered.retain(|_, (_, at)| now.duration_since(*at) < OFFERED_FOR);
    offered.entry(session).or_insert_with(|| (second::new_secret(), now)).0.clone()
}

/// `GET /me/second-factor`
pub async fn second_factor(
    State(screens): State<Screens>,
    person: Person,
    seat: Seat,
) -> Result<Response, ScreenError> {
    second_screen(&screens, &person, &seat, None).await
}

async fn second_screen(
    screens: &Screens,
    person: &Person,
    seat: &Seat,
    problem: Option<&'static str>,
) -> Result<Response, ScreenError> {
    let secret = offered(screens, seat.session.id);
    let letters: Vec<char> = secret.chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    let owed = seat.owes_second_factor(screens);
    let frame = Frame::new(screens, person, "me").await?.bare_if(owed);
    let replaces = seat.account.totp.is_some();
    show(&SecondScreen { frame, owed, replaces, secret: groups.join(" "), problem })
}

/// `GET /me/second-factor/picture`: the offered secret as a QR code.
pub async fn second_picture(State(screens): State<Screens>, seat: Seat) -> Result<Response, ScreenError> {
    let picture = second::picture(&offered(&screens, seat.session.id), seat.account.id.as_str())?;
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], picture).into_response())
}

/// `POST /me/second-factor`: a code proves that the app has taken the secret; recovery codes are shown once.
pub async fn set_second_factor(
    State(screens): State<Screens>,
    person: Person,
    seat: Seat,
    client: Client,
    Form(posted): Form<PostedSecond>,
) -> Result<Response, ScreenError> {
    // Who finds an open screen must not be able to take the account over.
    if seat.account.totp.is_some() && !confirmed(&screens, &client, &seat, posted.password).await? {
        return second_screen(&screens, &person, &seat, Some(WRONG_PASSWORD)).await;
    }
    let secret = offered(&screens, seat.session.id);
    let Some(step) = second::step_of(&secret, &posted.code, Timestamp::now())? else {
        return second_screen(&screens, &person, &seat, Some(WRONG_CODE)).await;
    };
    let (codes, hashes) = new_recovery_codes();
    let (id, actor) = (seat.account.id.clone(), person.actor.clone());
    screens
        .store
        .write_async(move |rows| {
            rows.set_second_factor(&id, &secret, step, &hashes, &actor, Timestamp::now())
        })
        .await?;
    hold(&screens.gate.offered).remove(&seat.session.id);
    let frame = Frame::new(&screens, &person, "me").await?;
    let mut answer = show(&CodesScreen { frame, codes })?;
    renew(&screens, &client, &seat, &mut answer).await?;
    Ok(answer)
}

fn new_recovery_codes() -> (Vec<String>, Vec<String>) {
    let codes: Vec<String> = (0..second::RECOVERY_CODES).map(|_| secrets::code()).collect();
    let hashes = codes.iter().map(|code| secrets::digest(code)).collect();
    (codes, hashes)
}

/// `POST /me/second-factor/remove`, where the office leaves it to each person.
pub async fn remove_second_factor(
    State(screens): State<Screens>,
    person: Person,
    seat: Seat,
    client: Client,
    Form(posted): Form<Confirmed>,
) -> Result<Response, ScreenError> {
    if screens.settings.policy.second_factor_required {
        return Err(ScreenError::Refused("二要素認証は外せません。".to_owned()));
    }
    if !confirmed(&screens, &client, &seat, posted.password).await? {
        return my_screen(&screens, &person, &seat, Some(WRONG_PASSWORD)).await;
    }
    let (id, actor) = (seat.account.id.clone(), person.actor);
    screens
        .store
        .write_async(move |rows| rows.reset_second_factor(&id, false, &actor, Timestamp::now()))
        .await?;
    Ok(Redirect::to("/me").into_response())
}

/// `POST /me/recovery`: new recovery codes; the old ones are void.
pub async fn renew_recovery(
    State(screens): State<Screens>,
    person: Person,
    seat: Seat,
    client: Client,
    Form(posted): Form<Confirmed>,
) -> Result<Response, ScreenError> {
    if seat.account.totp.is_none() {
        return Err(ScreenError::Refused("先に二要素認証を設定してください。".to_owned()));
    }
    if !confirmed(&screens, &client, &seat, posted.password).await? {
        return my_screen(&screens, &person, &seat, Some(WRONG_PASSWORD)).await;
    }
    let (codes, hashes) = new_recovery_codes();
    let (id, actor) = (seat.account.id.clone(), person.actor.clone());
    screens
        .store
        .write_async(move |rows| {
            rows.set_recovery_codes(&id, &hashes)?;
            rows.note_account("recovery_codes_renewed", &id, None, &actor, Timestamp::now())
        })
        .await?;
    let frame = Frame::new(&screens, &person, "me").await?;
    show(&CodesScreen { frame, codes })
}

/// `POST /me/sessions/{id}/end`: one of one's own.
pub async fn end_session(
    State(screens): State<Screens>,
    person: Person,
    Path(id): Path<i64>,
) -> Result<Response, ScreenError> {
    let (account, actor, now) = (person.actor.staff.clone(), person.actor, Timestamp::now());
    let since = now - screens.settings.policy.longest;
    let ended = screens.store.write_async(move |rows| {
        let own = rows.sessions(Some(&account), since)?.iter().any(|session| session.id == id);
        if own && rows.end_session(id, "revoked", now)? {
            rows.note_account("session_revoked", &account, None, &actor, now)?;
        }
        Ok(own)
    });
    if ended.await? { Ok(Redirect::to("/me").into_response()) } else { Err(ScreenError::NotFound) }
}
