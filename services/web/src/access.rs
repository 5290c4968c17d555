//! 閲覧記録. Who looked at whom: the lines of the access log by resident, staff and day, on a screen and as a file.

use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::trace::{self, Act};
use crate::{Screens, dates, keyed, words};
use askama::Template;
use axum::Router;
use axum::extract::{Form, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use domain::access::{AccessLine, screen_label};
use domain::csv;
use domain::duty::Right;
use domain::ids::ResidentId;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;
use store::{AccessQuestion, Rows};

/// Lines on one screen.
const LINES_SHOWN: u32 = 100;
/// Lines of one file: what a spreadsheet still opens; the command line has no such end.
const LINES_IN_FILE: u32 = 200_000;
/// A reason longer than this is a letter.
const LONGEST_REASON: usize = 200;

/// The addresses of this part.
pub fn routes() -> Router<Screens> {
    Router::new().route("/access-log", get(latest).post(asked)).route("/access-log/file", post(file))
}

/// What is asked for, as typed. Sent by POST: the number of a resident never stands in an address.
#[derive(Clone, Debug, Default, Deserialize)]
struct Asked {
    #[serde(default)]
    resident: String,
    #[serde(default)]
    staff: String,
    #[serde(default)]
    act: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    /// The line before which this screen begins; empty for the newest.
    #[serde(default)]
    before: String,
    /// Why a file is taken out.
    #[serde(default)]
    reason: String,
}

#[derive(Template)]
#[template(path = "access.html")]
struct AccessScreen {
    frame: Frame,
    asked: Asked,
    acts: Vec<(&'static str, &'static str, bool)>,
    problem: Option<String>,
    lines: Vec<Line>,
    older: Option<i64>,
    head: String,
}

/// One line in words.
struct Line {
    at: String,
    staff: String,
    section: String,
    terminal: String,
    act: &'static str,
    screen: String,
    reason: String,
    resident: String,
    ledger: Option<i64>,
    page: Option<String>,
}

/// `GET /access-log`: the newest lines.
async fn latest(State(screens): State<Screens>, person: Person) -> Result<Response, ScreenError> {
    answered(&screens, &person, Asked::default()).await
}

/// `POST /access-log`: the lines that answer a question.
async fn asked(
    State(screens): State<Screens>,
    person: Person,
    Form(asked): Form<Asked>,
) -> Result<Response, ScreenError> {
    answered(&screens, &person, asked).await
}

async fn answered(screens: &Screens, person: &Person, asked: Asked) -> Result<Response, ScreenError> {
    let (question, problem) = match asked.question() {
        Ok(question) => (question, None),
        Err(words) => (AccessQuestion::default(), Some(words)),
    };
    note(screens, person, Act::View, "access_log", None, &question).await?;
    let before = asked.before.parse().unwrap_or(i64::MAX);
    let shown = if problem.is_some() { 0 } else { LINES_SHOWN + 1 };
    let (mut lines, head, rows) = screens
        .store
        .read_async(move |rows| {
            let lines = rows.access_page(&question, before, shown)?;
            let ledgers = ledgers(rows, &lines)?;
            Ok((lines, rows.access_head()?, ledgers))
        })
        .await?;
    let more = lines.len() > LINES_SHOWN as usize;
    lines.truncate(LINES_SHOWN as usize);
    let older = lines.last().filter(|_| more).map(|line| line.seq);
    let screen = AccessScreen {
        frame: Frame::new(screens, person, "access").await?,
        acts: Act::ALL.map(|act| (act.as_str(), act.label(), act.as_str() == asked.act)).to_vec(),
        lines: lines.iter().map(|line| Line::of(line, &rows, person)).collect(),
        older,
        head: format!("{} {}", head.seq, head.link),
        asked,
        problem,
    };
    show(&screen)
}

/// `POST /access-log/file`: the same lines as CSV, for a reason.
async fn file(
    State(screens): State<Screens>,
    person: Person,
    Form(asked): Form<Asked>,
) -> Result<Response, ScreenError> {
    let reason = asked.reason.trim().to_owned();
    if reason.is_empty() || !words::is_line(&reason, LONGEST_REASON) {
        let words = format!("書き出す理由を{LONGEST_REASON}文字以内の1行で入力してください。");
        return Err(ScreenError::Refused(words));
    }
    let question = asked.question().map_err(ScreenError::Refused)?;
    note(&screens, &person, Act::Export, "access_file", Some(&reason), &question).await?;
    let lines =
        screens.store.read_async(move |rows| rows.access_page(&question, i64::MAX, LINES_IN_FILE)).await?;
    let headings = ["行", "日時", "職員", "所属", "端末", "操作", "画面", "理由", "宛名番号", "ページ"];
    let mut text = csv::BYTE_ORDER_MARK.to_owned() + &csv::line(&headings);
    for line in lines.iter().rev() {
        let at = line.at.to_zoned(words::japan()).strftime("%Y-%m-%d %H:%M:%S").to_string();
        let seq = line.seq.to_string();
        text.push_str(&csv::line(&[
            &seq,
            &at,
            line.staff().as_str(),
            &line.section,
            &line.actor.terminal,
            line.act.label(),
            screen_label(&line.screen),
            line.reason.as_deref().unwrap_or_default(),
            line.resident.as_ref().map_or("", |id| id.0.as_str()),
            line.page.as_ref().map_or("", |page| page.as_str()),
        ]));
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"access-log.csv\""),
    ];
    Ok((headers, text).into_response())
}

/// Who asks the log after a person looks at that person, too.
async fn note(
    screens: &Screens,
    person: &Person,
    act: Act,
    screen: &'static str,
    reason: Option<&str>,
    question: &AccessQuestion,
) -> Result<(), ScreenError> {
    let about: Vec<ResidentId> = question.resident.iter().cloned().collect();
    trace::note(screens, person, act, screen, reason, &about, None).await
}

/// Where the ledgers of the persons of `lines` are.
fn ledgers(rows: &Rows, lines: &[AccessLine]) -> Result<BTreeMap<ResidentId, i64>, store::Error> {
    let mut known = BTreeMap::new();
    for id in lines.iter().filter_map(|line| line.resident.as_ref()) {
        if !known.contains_key(id)
            && let Some(row) = rows.resident_row(id)?
        {
            known.insert(id.clone(), row);
        }
    }
    Ok(known)
}

impl Asked {
    /// The question behind the words; else what is wrong with them.
    fn question(&self) -> Result<AccessQuestion, String> {
        let some = |text: &str| Some(keyed::fold(text).trim().to_owned()).filter(|text| !text.is_empty());
        let (from, to) = (day(&self.from)?, day(&self.to)?);
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            return Err("期間の始まりが終わりより後です。日付を確かめてください。".into());
        }
        let midnight = |day: Date| day.to_zoned(words::japan()).ok().map(|at| at.timestamp());
        Ok(AccessQuestion {
            resident: some(&self.resident).map(ResidentId),
            staff: some(&self.staff).map(Into::into),
            act: Act::parse(&self.act),
            from: from.and_then(midnight),
            until: to.and_then(|day| day.tomorrow().ok()).and_then(midnight),
        })
    }
}

fn day(typed: &str) -> Result<Option<Date>, String> {
    let folded = keyed::fold(typed);
    match folded.trim() {
        "" => Ok(None),
        text => match dates::any_date(text) {
            Some(day) => Ok(Some(day)),
            None => Err("日付として読めません。例: R8.10.3、2026-10-03".into()),
        },
    }
}

impl Line {
    fn of(line: &AccessLine, ledgers: &BTreeMap<ResidentId, i64>, person: &Person) -> Self {
        let at = line.at.to_zoned(words::japan());
        let ledger = line.resident.as_ref().and_then(|id| ledgers.get(id)).copied();
        let page = line.page.as_ref().filter(|_| person.may(Right::SeePages));
        Self {
            at: at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            staff: match line.staff().as_str() {
                "system" => "自動処理".to_owned(),
                staff => staff.to_owned(),
            },
            section: line.section.clone(),
            terminal: line.actor.terminal.clone(),
            act: line.act.label(),
            screen: screen_label(&line.screen).to_owned(),
            reason: line.reason.clone().unwrap_or_default(),
            resident: line.resident.as_ref().map(|id| id.0.clone()).unwrap_or_default(),
            ledger: ledger.filter(|_| person.may(Right::SeePeople)),
            page: page.map(ToString::to_string),
        }
    }
}
