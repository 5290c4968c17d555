//! 月の一覧. Every clinic of a month: how far it is, what it claims, what it gets, and when it is due.

use super::Tabs;
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::{Screens, people};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use domain::claim::settlement::{ClaimState, Standing};
use domain::duty::Right;
use domain::month::Month;
use domain::wareki;
use domain::yen::Yen;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use std::cmp::Reverse;
use std::time::{Duration, Instant};
use store::MonthRow;

/// A month that takes longer to read has not been reckoned; then that is done behind the screen and kept.
const SLOW: Duration = Duration::from_millis(300);
/// So many days before it is due, a payment that is not locked is marked.
const SOON_DAYS: i32 = 7;

/// Which month, which clinics, in which order.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    month: String,
    /// A state, `due` or `differs`; empty for all.
    #[serde(default)]
    show: String,
    /// `code` (default), `state`, `difference`, `due`, `open` or `amount`.
    #[serde(default)]
    sort: String,
}

#[derive(Template)]
#[template(path = "claims.html")]
struct MonthScreen {
    frame: Frame,
    tabs: Tabs,
    month: String,
    label: String,
    previous: String,
    next: String,
    show: String,
    sort: String,
    orders: Vec<(&'static str, &'static str, bool)>,
    choices: Vec<Choice>,
    rows: Vec<Row>,
    total: Total,
    all: usize,
    locked: usize,
    overdue: usize,
    may_handle: bool,
}

/// One choice of the filter.
struct Choice {
    word: &'static str,
    show: &'static str,
    count: usize,
    current: bool,
}

/// One clinic.
struct Row {
    name: String,
    code: String,
    state: ClaimState,
    exported: bool,
    claimed_count: String,
    claimed: String,
    payable: Yen,
    difference: Option<String>,
    slips: u32,
    undecided: u32,
    returned: u32,
    unsettled: u32,
    open_pages: u32,
    due: String,
    due_class: &'static str,
    confirmed: String,
}

/// The sums of the rows on the screen.
struct Total {
    clinics: usize,
    claimed_count: u64,
    claimed: Yen,
    payable: Yen,
    difference: String,
    slips: u64,
    undecided: u64,
    returned: u64,
    unsettled: u64,
    open_pages: u64,
}

/// `GET /claims?month=2026-10`
pub async fn month(
    State(screens): State<Screens>,
    person: Person,
    Query(asked): Query<Asked>,
) -> Result<Response, ScreenError> {
    let today = people::today();
    let month = match asked.month.trim() {
        // Claims of a month come in during the next one.
        "" => Month::of(today).plus(-1),
        text => {
            text.parse().map_err(|wrong: domain::month::NotAMonth| ScreenError::Refused(wrong.to_string()))?
        }
    };
    let rows = read(&screens, month).await?;
    let fits = |show: &str, row: &MonthRow| match show {
        "" => true,
        "due" => !due_class(row, today).is_empty(),
        "differs" => differs(row),
        state => row.summary.state.as_str() == state,
    };
    let choice = |(word, show): (&'static str, &'static str)| Choice {
        word,
        show,
        count: rows.iter().filter(|row| fits(show, row)).count(),
        current: asked.show == show,
    };
    let states = ClaimState::ALL.map(|state| (state.label(), state.as_str()));
    let words =
        [("すべて", "")].into_iter().chain(states).chain([("期限が近い", "due"), ("差がある", "differs")]);
    let choices =
        words.map(choice).filter(|one| one.count > 0 || one.current || one.show.is_empty()).collect();
    let mut chosen: Vec<&MonthRow> = rows.iter().filter(|row| fits(&asked.show, row)).collect();
    sort(&mut chosen, &asked.sort);
    let orders = [
        ("code", "コード"),
        ("state", "進み"),
        ("difference", "差の大きさ"),
        ("amount", "請求額"),
        ("due", "支払期限"),
        ("open", "残作業"),
    ];
    show(&MonthScreen {
        frame: Frame::new(&screens, &person, "claims").await?,
        tabs: Tabs::of(&person, "month"),
        month: month.to_string(),
        label: month.label(),
        previous: month.plus(-1).to_string(),
        next: month.plus(1).to_string(),
        orders: orders
            .map(|(word, label)| (word, label, asked.sort == word || asked.sort.is_empty() && word == "code"))
            .to_vec(),
        choices,
        total: Total::of(&chosen),
        rows: chosen.iter().map(|row| Row::of(row, today)).collect(),
        all: rows.len(),
        locked: rows.iter().filter(|row| row.summary.state == ClaimState::Locked).count(),
        overdue: rows.iter().filter(|row| due_class(row, today) == "bad").count(),
        may_handle: person.may(Right::HandleClaims),
        show: asked.show,
        sort: asked.sort,
    })
}

/// The month as it stands. When that took long, it is reckoned again behind the screen, so that the next look is quick.
pub async fn read(screens: &Screens, month: Month) -> Result<Vec<MonthRow>, ScreenError> {
    let (inner, begun) = (screens.clone(), Instant::now());
    let rows = screens.store.read_async(move |rows| rows.claim_month(month, &inner.rulebook())).await?;
    if begun.elapsed() > SLOW {
        let inner = screens.clone();
        tokio::spawn(async move {
            let rules = inner.clone();
            let now = Timestamp::now();
            let kept = inner.store.write_async(move |rows| rows.reckon_month(month, &rules.rulebook(), now));
            if let Err(error) = kept.await {
                tracing::warn!(error = %error, "a month was not kept reckoned");
            }
        });
    }
    Ok(rows)
}

/// What a payment clerk sees first in the morning.
pub struct AtHome {
    /// The month in words.
    pub label: String,
    /// As addresses write it.
    pub month: String,
    /// Clinics of each state that has any: word, state, count.
    pub states: Vec<(&'static str, &'static str, usize)>,
    /// Clinics of the month.
    pub all: usize,
    /// Claims that should have been paid by now.
    pub overdue: usize,
}

/// How the month stands whose claims come in now; `None` for whoever has nothing to do with claims, and while there are none.
pub async fn at_home(screens: &Screens, person: &Person) -> Result<Option<AtHome>, ScreenError> {
    if !person.may(Right::HandleClaims) {
        return Ok(None);
    }
    let today = people::today();
    let month = Month::of(today).plus(-1);
    let rows = read(screens, month).await?;
    let count = |state: ClaimState| rows.iter().filter(|row| row.summary.state == state).count();
    let states = ClaimState::ALL.map(|state| (state.label(), state.as_str(), count(state)));
    Ok((!rows.is_empty()).then(|| AtHome {
        label: month.label(),
        month: month.to_string(),
        states: states.into_iter().filter(|(.., count)| *count > 0).collect(),
        all: rows.len(),
        overdue: rows.iter().filter(|row| due_class(row, today) == "bad").count(),
    }))
}

fn differs(row: &MonthRow) -> bool {
    row.summary.claimed_amount.is_some_and(|claimed| claimed != row.summary.payable)
}

fn due_class(row: &MonthRow, today: Date) -> &'static str {
    let left = row.summary.due().and_then(|due| due.since(today).ok()).map(|span| span.get_days());
    match left {
        _ if row.summary.state == ClaimState::Locked => "",
        Some(..0) => "bad",
        Some(..=SOON_DAYS) => "warn",
        _ => "",
    }
}

fn sort(rows: &mut [&MonthRow], order: &str) {
    let difference = |row: &MonthRow| {
        row.summary.claimed_amount.map_or(0, |claimed| (row.summary.payable - claimed).0.abs())
    };
    match order {
        "state" => rows.sort_by_key(|row| (row.summary.state, row.of.clinic.clone())),
        "difference" => rows.sort_by_key(|row| Reverse(difference(row))),
        "amount" => rows.sort_by_key(|row| Reverse(row.summary.claimed_amount)),
        "due" => rows.sort_by_key(|row| {
            (row.summary.state == ClaimState::Locked, row.summary.due().is_none(), row.summary.due())
        }),
        "open" => rows.sort_by_key(|row| Reverse(left(row))),
        _ => rows.sort_by(|a, b| a.of.clinic.cmp(&b.of.clinic)),
    }
}

/// What somebody still has to do.
fn left(row: &MonthRow) -> u32 {
    let summary = &row.summary;
    summary.slips_at(Standing::ToDecide)
        + summary.slips_at(Standing::Held)
        + summary.unsettled
        + summary.open_pages
}

impl Row {
    fn of(row: &MonthRow, today: Date) -> Self {
        let summary = &row.summary;
        Self {
            name: row.clinic_name.clone(),
            code: row.of.clinic.to_string(),
            state: summary.state,
            exported: row.exported,
            claimed_count: summary.claimed_count.map_or_else(|| "―".to_owned(), |count| count.to_string()),
            claimed: summary.claimed_amount.map_or_else(|| "―".to_owned(), |amount| amount.to_string()),
            payable: summary.payable,
            difference: summary
                .claimed_amount
                .filter(|&claimed| claimed != summary.payable)
                .map(|claimed| super::signed(summary.payable - claimed)),
            slips: summary.slips,
            undecided: summary.slips_at(Standing::ToDecide) + summary.slips_at(Standing::Held),
            returned: summary.slips_at(Standing::Returned) + summary.slips_at(Standing::Cut),
            unsettled: summary.unsettled,
            open_pages: summary.open_pages,
            due: summary.due().map(wareki::format).unwrap_or_default(),
            due_class: due_class(row, today),
            confirmed: summary.confirmed.iter().map(ToString::to_string).collect::<Vec<_>>().join("・"),
        }
    }
}

impl Total {
    fn of(rows: &[&MonthRow]) -> Self {
        let sum = |count: &dyn Fn(&MonthRow) -> u32| rows.iter().map(|row| u64::from(count(row))).sum();
        let claimed: Yen = rows.iter().filter_map(|row| row.summary.claimed_amount).sum();
        let payable: Yen = rows.iter().map(|row| row.summary.payable).sum();
        // Who has not claimed yet differs by nothing.
        let compared: Yen = rows
            .iter()
            .filter(|row| row.summary.claimed_amount.is_some())
            .map(|row| row.summary.payable)
            .sum();
        let at = |row: &MonthRow, standing| row.summary.slips_at(standing);
        Self {
            clinics: rows.len(),
            claimed_count: sum(&|row| row.summary.claimed_count.unwrap_or_default()),
            claimed,
            payable,
            difference: super::signed(compared - claimed),
            slips: sum(&|row| row.summary.slips),
            undecided: sum(&|row| at(row, Standing::ToDecide) + at(row, Standing::Held)),
            returned: sum(&|row| at(row, Standing::Returned) + at(row, Standing::Cut)),
            unsettled: sum(&|row| row.summary.unsettled),
            open_pages: sum(&|row| row.summary.open_pages),
        }
    }
}
