//! 職員・権限. Accounts, duties, sessions and the monthly review, for whoever manages staff.

use super::accounts::{self, AccountError};
use super::enter::Seat;
use super::me::SessionLine;
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::{Screens, words};
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::account::{REVIEW_EVERY, UNUSED_AFTER};
use domain::duty::{Duty, Right};
use domain::ids::StaffId;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use store::{Account, AccountData, Session};

/// Refused log-ins are shown for a day.
const REFUSED_SINCE: SignedDuration = SignedDuration::from_hours(24);

/// One account as the list tells it.
struct Line {
    id: String,
    name: String,
    section: String,
    duties: Vec<&'static str>,
    /// A word and the class of its colour.
    state: (&'static str, &'static str),
    second: bool,
    last_login: String,
    unused: bool,
    reviewed: String,
    due: bool,
    refused: u32,
}

#[derive(Template)]
#[template(path = "staff.html")]
struct StaffScreen {
    frame: Frame,
    lines: Vec<Line>,
    due: usize,
    long: Vec<SessionLine>,
    second_required: bool,
    problem: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "staff_account.html")]
struct AccountScreen {
    frame: Frame,
    /// Whether it is made now.
    new: bool,
    /// Whether it is the account of the person who looks.
    own: bool,
    id: String,
    name: String,
    section: String,
    /// Word, label, whether the account has it, and what it allows.
    duties: Vec<(&'static str, &'static str, bool, String)>,
    enabled: bool,
    second: bool,
    sessions: Vec<SessionLine>,
    /// A one-time code that is shown now and never again.
    code: Option<String>,
    problem: Option<&'static str>,
    done: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "staff_sessions.html")]
struct SessionsScreen {
    frame: Frame,
    sessions: Vec<SessionLine>,
    long_hours: i64,
}

#[derive(Template)]
#[template(path = "staff_duties.html")]
struct DutiesScreen {
    frame: Frame,
    duties: Vec<&'static str>,
    rights: Vec<(&'static str, Vec<bool>)>,
}

/// What was posted: names may come several times.
struct Posted(Vec<(String, String)>);

impl Posted {
    fn one(&self, name: &str) -> String {
        self.all(name).next().unwrap_or_default().trim().to_owned()
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn data(&self) -> AccountData {
        let mut duties: Vec<Duty> = self.all("duty").filter_map(Duty::parse).collect();
        duties.sort_unstable();
        duties.dedup();
        AccountData { name: self.one("name"), section: self.one("section"), duties }
    }
}

/// `GET /staff`
pub async fn list(
    State(screens): State<Screens>,
    person: Person,
    seat: Seat,
) -> Result<Response, ScreenError> {
    list_screen(&screens, &person, &seat, None).await
}

async fn list_screen(
    screens: &Screens,
    person: &Person,
    seat: &Seat,
    problem: Option<&'static str>,
) -> Result<Response, ScreenError> {
    let now = Timestamp::now();
    let since = now - screens.settings.policy.longest;
    let (accounts, refused, sessions) = screens
        .store
        .read_async(move |rows| {
            Ok((rows.accounts()?, rows.refused_logins(now - REFUSED_SINCE)?, rows.sessions(None, since)?))
        })
        .await?;
    let refused: HashMap<StaffId, u32> = refused.into_iter().collect();
    let lines: Vec<Line> = accounts.iter().map(|account| line(account, &refused, now)).collect();
    let long = session_lines(screens, &accounts, &sessions, seat.session.id, now);
    show(&StaffScreen {
        frame: Frame::new(screens, person, "staff").await?,
        due: lines.iter().filter(|line| line.due).count(),
        lines,
        long: long.into_iter().filter(|session| session.long).collect(),
        second_required: screens.settings.policy.second_factor_required,
        problem,
    })
}

fn line(account: &Account, refused: &HashMap<StaffId, u32>, now: Timestamp) -> Line {
    let state = match (account.enabled, &account.password) {
        (false, _) => ("停止", "discarded"),
        (true, Some(_)) => ("利用中", "committed"),
        (true, None) if account.setup_until.is_some_and(|until| now < until) => {
            ("本人の設定待ち", "in_review")
        }
        (true, None) => ("設定コード期限切れ", "failed"),
    };
    let reviewed = account.reviewed_at.unwrap_or(account.created_at);
    Line {
        id: account.id.to_string(),
        name: account.name.clone(),
        section: account.section.clone(),
        duties: account.duties.iter().map(|duty| duty.label()).collect(),
        state,
        second: account.totp.is_some(),
        last_login: account.last_login.map_or("―".to_owned(), words::moment),
        unused: account.enabled && now.duration_since(account.last_known()) >= UNUSED_AFTER,
        reviewed: words::moment(reviewed),
        due: account.enabled && now.duration_since(reviewed) >= REVIEW_EVERY,
        refused: refused.get(&account.id).copied().unwrap_or(0),
    }
}

fn session_lines(
    screens: &Screens,
    accounts: &[Account],
    sessions: &[Session],
    own: i64,
    now: Timestamp,
) -> Vec<SessionLine> {
    let name_of = |id: &StaffId| {
        accounts.iter().find(|account| account.id == *id).map_or("", |account| account.name.as_str())
    };
    let line = |session: &Session| SessionLine::of(session, name_of(&session.account), own, screens, now);
    sessions.iter().filter_map(line).collect()
}

/// `POST /staff/review`: the marked accounts are needed.
pub async fn review(
    State(screens): State<Screens>,
    person: Person,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, ScreenError> {
    let posted = Posted(pairs);
    let ids: Vec<StaffId> = posted.all("id").map(StaffId::from).collect();
    let actor = person.actor;
    screens.store.write_async(move |rows| rows.confirm_accounts(&ids, &actor, Timestamp::now())).await?;
    Ok(Redirect::to("/staff").into_response())
}

/// What an account screen shows beside the account.
#[derive(Default)]
struct Around {
    code: Option<String>,
    problem: Option<&'static str>,
    done: Option<&'static str>,
}

fn duty_choices(has: &[Duty]) -> Vec<(&'static str, &'static str, bool, String)> {
    let rights = |duty: Duty| {
        let labels: Vec<&str> =
            Right::ALL.into_iter().filter(|&right| duty.may(right)).map(Right::label).collect();
        labels.join("、")
    };
    Duty::ALL
        .into_iter()
        .map(|duty| (duty.as_str(), duty.label(), has.contains(&duty), rights(duty)))
        .collect()
}

/// `GET /staff/new`
pub async fn new(State(screens): State<Screens>, person: Person) -> Result<Response, ScreenError> {
    let data = AccountData { name: String::new(), section: person.section.clone(), duties: Vec::new() };
    new_screen(&screens, &person, String::new(), data, None).await
}

async fn new_screen(
    screens: &Screens,
    person: &Person,
    id: String,
    data: AccountData,
    problem: Option<&'static str>,
) -> Result<Response, ScreenError> {
    show(&AccountScreen {
        frame: Frame::new(screens, person, "staff").await?,
        new: true,
        own: false,
        id,
        name: data.name,
        section: data.section,
        duties: duty_choices(&data.duties),
        enabled: true,
        second: false,
        sessions: Vec::new(),
        code: None,
        problem,
        done: None,
    })
}

/// `POST /staff/new`
pub async fn add(
    State(screens): State<Screens>,
    person: Person,
    seat: Seat,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, ScreenError> {
    let posted = Posted(pairs);
    let (id, data) = (posted.one("id"), posted.data());
    let (wanted, account, actor) = (id.clone(), data.clone(), person.actor.clone());
    let added =
        off_thread(&screens, move |store| accounts::add(store, &wanted, &account, &actor, Timestamp::now()));
    match added.await? {
        Ok(code) => {
            let around = Around {
                code: Some(code), done: Some("職員を追加しました。"), ..Around::default()
            };
            account_screen(&screens, &person, &seat, &id.into(), around).await
        }
        Err(problem) => {
            let screen = new_screen(&screens, &person, id, data, Some(problem)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, screen).into_response())
        }
    }
}

/// Runs what waits for rows off the threads that answer; a refusal comes back as its words.
async fn off_thread<T: Send + 'static>(
    screens: &Screens,
    work: impl FnOnce(&store::Store) -> Result<T, AccountError> + Send + 'static,
) -> Result<Result<T, &'static str>, ScreenError> {
    let store = screens.store.clone();
    match tokio::task::spawn_blocking(move || work(&store)).await? {
        Ok(done) => Ok(Ok(done)),
        Err(AccountError::Refused(words)) => Ok(Err(words)),
        Err(AccountError::Rows(error)) => Err(error.into()),
    }
}

/// `GET /staff/{id}`
pub async fn account(
    State(screens): State<Screens>,
    person: Person,
    seat: Seat,
    Path(id): Path<String>,
) -> Result<Response, ScreenError> {
    account_screen(&screens, &person, &seat, &id.into(), Around::default()).await
}

async fn account_screen(
    screens: &Screens,
    person: &Person,
    seat: &Seat,
    id: &StaffId,
    around: Around,
) -> Result<Response, ScreenError> {
    let (wanted, now) = (id.clone(), Timestamp::now());
    let since = now - screens.settings.policy.longest;
    let (account, sessions) = screens
        .store
        .read_async(move |rows| Ok((rows.account(&wanted)?, rows.sessions(Some(&wanted), since)?)))
        .await?;
    let account = account.ok_or(ScreenError::NotFound)?;
    let status = if around.problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let lines = session_lines(screens, std::slice::from_ref(&account), &sessions, seat.session.id, now);
    let screen = show(&AccountScreen {
        frame: Frame::new(screens, person, "staff").await?,
        new: false,
        own: account.id == person.actor.staff,
        id: account.id.to_string(),
        name: account.name,
        section: account.section,
        duties: duty_choices(&account.duties),
        enabled: account.enabled,
        second: account.totp.is_some(),
        sessions: lines,
        code: around.code,
        problem: around.problem,
        done: around.done,
    })?;
    Ok((status, screen).into_response())
}

/// `POST /staff/{id}`: name, section, duties.
pub async fn change(
    State(screens): State<Screens>,
    person: Person,
    seat: Seat,
    Path(id): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, ScreenError> {
    let mut data = Posted(pairs).data();
    let (id, actor) = (StaffId(id), person.actor.clone());
    if id == person.actor.staff && data.duties.is_empty() {
        // One's own duties are not on offer, so that they do not come back.
        data.duties.clone_from(&seat.account.duties);
    }
    let wanted = id.clone();
    let changed =
        off_thread(&screens, move |store| accounts::change(store, &wanted, &data, &actor, Timestamp::now()));
    answer(&screens, &person, &seat, &id, changed.await?, "変更しました。").await
}

async fn answer(
    screens: &Screens,
    person: &Person,
    seat: &Seat,
    id: &StaffId,
    done: Result<(), &'static str>,
    words: &'static str,
) -> Result<Response, ScreenError> {
    let around = match done {
        Ok(()) => Around { done: Some(words), ..Around::default() },
        Err(problem) => Around { problem: Some(problem), ..Around::default() },
    };
    account_screen(screens, person, seat, id, around).await
}

/// `POST /staff/{id}/{action}`: `disable`, `enable`, `reset-password`, `reset-totp`.
pub async fn act(
    State(screens): State<Screens>,
    person: Person,
    seat: Seat,
    Path((id, action)): Path<(String, String)>,
) -> Result<Response, ScreenError> {
    let (id, actor, now) = (StaffId(id), person.actor.clone(), Timestamp::now());
    let wanted = id.clone();
    let (done, words) = match action.as_str() {
        "disable" | "enable" => {
            let enabled = action == "enable";
            let words = if enabled {
                "利用を再開しました。"
            } else {
                "利用を停止し、ログインを終わらせました。"
            };
            let work = move |store: &store::Store| accounts::enable(store, &wanted, enabled, &actor, now);
            (off_thread(&screens, work).await?, words)
        }
        "reset-totp" => {
            let work = move |store: &store::Store| accounts::reset_second_factor(store, &wanted, &actor, now);
            (off_thread(&screens, work).await?, "二要素認証を解除しました。次のログインで設定し直します。")
        }
        "reset-password" => {
            let work = move |store: &store::Store| accounts::reset_password(store, &wanted, &actor, now);
            let around = match off_thread(&screens, work).await? {
                Ok(code) => Around {
                    code: Some(code),
                    done: Some("パスワードを取り消しました。"),
                    ..Around::default()
                },
                Err(problem) => Around { problem: Some(problem), ..Around::default() },
            };
            return account_screen(&screens, &person, &seat, &id, around).await;
        }
        _ => return Err(ScreenError::NotFound),
    };
    answer(&screens, &person, &seat, &id, done, words).await
}

/// `GET /staff/sessions`
pub async fn sessions(
    State(screens): State<Screens>,
    person: Person,
    seat: Seat,
) -> Result<Response, ScreenError> {
    let now = Timestamp::now();
    let policy = &screens.settings.policy;
    let since = now - policy.longest;
    let (accounts, sessions) =
        screens.store.read_async(move |rows| Ok((rows.accounts()?, rows.sessions(None, since)?))).await?;
    show(&SessionsScreen {
        frame: Frame::new(&screens, &person, "staff").await?,
        sessions: session_lines(&screens, &accounts, &sessions, seat.session.id, now),
        long_hours: policy.long.as_hours(),
    })
}

/// `POST /staff/sessions/{session}/end`
pub async fn end_session(
    State(screens): State<Screens>,
    person: Person,
    Path(session): Path<i64>,
) -> Result<Response, ScreenError> {
    let (actor, now) = (person.actor, Timestamp::now());
    let since = now - screens.settings.policy.longest;
    let ended = screens.store.write_async(move |rows| {
        let found = rows.sessions(None, since)?.into_iter().find(|other| other.id == session);
        let Some(found) = found else { return Ok(false) };
        if rows.end_session(session, "revoked", now)? {
            rows.note_account("session_revoked", &found.account, None, &actor, now)?;
        }
        Ok(true)
    });
    if ended.await? {
        Ok(Redirect::to("/staff/sessions").into_response())
    } else {
        Err(ScreenError::NotFound)
    }
}

/// `GET /staff/duties`: which duty carries which right. The table is fixed in the program.
pub async fn duties(State(screens): State<Screens>, person: Person) -> Result<Response, ScreenError> {
    let row = |right: Right| (right.label(), Duty::ALL.iter().map(|duty| duty.may(right)).collect());
    show(&DutiesScreen {
        frame: Frame::new(&screens, &person, "staff").await?,
        duties: Duty::ALL.iter().map(|duty| duty.label()).collect(),
        rights: Right::ALL.into_iter().map(row).collect(),
    })
}
