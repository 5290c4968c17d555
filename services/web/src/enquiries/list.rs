//! 問合せの一覧. What waits for an answer, the answered first, then by the day an answer is due.

use crate::Screens;
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::{people, words};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use domain::enquiry::{EnquiryKind, EnquiryState};
use domain::page::PageState;
use domain::wareki;
use jiff::civil::Date;
use serde::Deserialize;
use store::screens::{EnquiryFilter, EnquiryRow};

/// Enquiries listed at once.
const SHOWN: u32 = 200;

/// Which enquiries.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    state: String,
    /// `mine`, `nobody` or empty.
    #[serde(default)]
    owner: String,
    /// `yes`: only those whose answer is overdue.
    #[serde(default)]
    late: String,
}

/// One queue: a kind with its counts.
struct Queue {
    kind: &'static str,
    label: &'static str,
    counts: Vec<(&'static str, &'static str, u32)>,
    all: u32,
    current: bool,
}

#[derive(Template)]
#[template(path = "enquiries.html")]
struct ListScreen {
    frame: Frame,
    asked: Asked,
    queues: Vec<Queue>,
    states: Vec<(&'static str, &'static str)>,
    rows: Vec<Row>,
    filtered: bool,
}

/// One enquiry in words.
pub struct Row {
    /// Its number.
    pub id: i64,
    /// Who is asked.
    pub kind: &'static str,
    /// Word of its state.
    pub state: &'static str,
    /// State in words.
    pub state_label: &'static str,
    /// Who sent the page.
    pub sender: String,
    /// The page's form.
    pub form: String,
    /// The field it is about.
    pub field: String,
    /// What is wrong.
    pub reason: String,
    /// Who sees to it.
    pub owner: String,
    /// When an answer is due.
    pub due: String,
    /// Days overdue.
    pub late: Option<String>,
    /// Where the page stands, when it waits no more.
    pub page: Option<&'static str>,
}

/// `GET /enquiries`
pub async fn list(
    State(screens): State<Screens>,
    person: Person,
    Query(asked): Query<Asked>,
) -> Result<Response, ScreenError> {
    let frame = Frame::new(&screens, &person, "enquiries").await?;
    let today = people::today();
    let filter = EnquiryFilter {
        kind: EnquiryKind::parse(&asked.kind),
        state: EnquiryState::parse(&asked.state),
        owner: (asked.owner == "mine").then(|| person.actor.staff.clone()),
        unowned: asked.owner == "nobody",
        due_before: (asked.late == "yes").then_some(today),
    };
    let (rows, counts) = screens
        .store
        .read_async(move |rows| Ok((rows.enquiry_rows(&filter, SHOWN)?, rows.enquiry_counts()?)))
        .await?;
    let queue = |kind: EnquiryKind| {
        let of = |state| counts.iter().filter(|(k, s, _)| *k == kind && *s == state).map(|(.., n)| n).sum();
        let states = [EnquiryState::Open, EnquiryState::Asked, EnquiryState::Answered];
        let counts: Vec<_> = states.map(|state| (state.as_str(), state.label(), of(state))).into();
        Queue {
            kind: kind.as_str(),
            label: kind.label(),
            all: counts.iter().map(|(.., count)| count).sum(),
            counts,
            current: asked.kind == kind.as_str(),
        }
    };
    let filtered = [&asked.kind, &asked.state, &asked.owner, &asked.late].iter().any(|text| !text.is_empty());
    show(&ListScreen {
        frame,
        queues: EnquiryKind::ALL.map(queue).into(),
        states: EnquiryState::ALL.map(|state| (state.as_str(), state.label())).into(),
        rows: rows.iter().map(|row| Row::of(row, &screens, today)).collect(),
        filtered,
        asked,
    })
}

impl Row {
    /// The words for an enquiry.
    pub fn of(row: &EnquiryRow, screens: &Screens, today: Date) -> Self {
        let asked = &row.enquiry;
        let waits = matches!(asked.state, EnquiryState::Open | EnquiryState::Asked);
        let late = asked.due.until(today).map(|span| span.get_days()).unwrap_or_default();
        let form = row.form.as_ref();
        let field = asked.field.as_ref().map(|id| {
            let known = form.and_then(|form| screens.form(form.as_str())?.field(id.as_str()));
            known.map_or_else(|| id.to_string(), |field| field.label.clone())
        });
        let here = matches!(row.page_state, PageState::InReview | PageState::Rescan);
        Self {
            id: asked.id,
            kind: asked.kind.label(),
            state: asked.state.as_str(),
            state_label: asked.state.label(),
            sender: row.clinic.clone().unwrap_or_else(|| "束票なし".to_owned()),
            form: form.map(|id| words::form_title(&screens.forms, id.as_str())).unwrap_or_default(),
            field: field.unwrap_or_default(),
            reason: asked.reason.clone(),
            owner: asked.owner.as_ref().map(ToString::to_string).unwrap_or_default(),
            due: short(asked.due),
            late: (waits && late > 0).then(|| format!("{late}日超過")),
            page: (!here).then(|| row.page_state.label()),
        }
    }
}

/// A day as clerks say it within the year: `11月28日`; else with its year.
pub fn short(day: Date) -> String {
    match day.year() == people::today().year() {
        true => format!("{}月{}日", day.month(), day.day()),
        false => wareki::format(day),
    }
}
