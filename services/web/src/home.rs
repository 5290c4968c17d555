//! ホーム. Totals that add up, today's progress, and every envelope.

use crate::Screens;
use crate::claims::{self, AtHome};
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::mailroom::Advice;
use crate::words;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::page::PageState;
use domain::wareki;
use jiff::Timestamp;
use store::Envelope as EnvelopeRow;

/// Envelopes on the home screen; older ones are found through the inbox.
const ENVELOPES_SHOWN: u32 = 60;

#[derive(Template)]
#[template(path = "home.html")]
struct HomeScreen {
    frame: Frame,
    live: Live,
    claims: Option<AtHome>,
}

/// The part of the home screen that renews itself.
#[derive(Template)]
#[template(path = "home_live.html")]
struct Live {
    terms: Vec<Term>,
    sum: u64,
    arrived: u32,
    adds_up: bool,
    today: u32,
    handled: u32,
    envelopes: Vec<Envelope>,
    told_at: String,
}

/// One addend of the equation.
struct Term {
    word: &'static str,
    state: &'static str,
    count: u64,
    class: &'static str,
}

/// One envelope as the screens tell it.
pub struct Envelope {
    /// The address of its screen.
    pub address: String,
    /// Who sent it, or that there is no ticket.
    pub sender: String,
    /// Clinic code.
    pub code: String,
    /// Month of the claim.
    pub month: String,
    /// Programme.
    pub programme: String,
    /// Slips declared.
    pub declared: Option<u64>,
    /// Slips seen.
    pub seen: u64,
    /// `seen - declared` with its sign, when they differ.
    pub difference: Option<String>,
    /// Whether the envelope is closed.
    pub closed: bool,
    /// Whether the difference is final: closed, or already more slips than declared.
    pub wrong: bool,
    /// Its batch tickets.
    pub tickets: u64,
    /// What its counts mean.
    pub advice: Advice,
    /// Its other pages by state with a count above 0: word, state, count.
    pub counts: Vec<(&'static str, &'static str, u64)>,
}

/// `GET /`
pub async fn home(State(screens): State<Screens>, person: Person) -> Result<Response, ScreenError> {
    let frame = Frame::new(&screens, &person, "home").await?;
    let claims = claims::at_home(&screens, &person).await?;
    show(&HomeScreen { frame, live: Live::now(&screens).await?, claims })
}

/// `GET /home/live`: only the part that renews itself.
pub async fn live(State(screens): State<Screens>) -> Result<Response, ScreenError> {
    show(&Live::now(&screens).await?)
}

impl Live {
    async fn now(screens: &Screens) -> Result<Self, ScreenError> {
        let now = Timestamp::now();
        let since = words::start_of_day(now);
        let home = screens.store.read_async(move |rows| rows.home(since, ENVELOPES_SHOWN)).await?;
        let terms = PageState::ALL.into_iter().map(|state| Term::of(state, home.pages.of(state)));
        Ok(Self {
            terms: terms.collect(),
            sum: home.pages.paper(),
            arrived: home.arrived,
            adds_up: home.adds_up(),
            today: home.recent,
            handled: home.recent_handled,
            envelopes: home.envelopes.iter().map(|row| Envelope::of(row, screens)).collect(),
            told_at: words::moment(now),
        })
    }
}

impl Term {
    fn of(state: PageState, count: u64) -> Self {
        let class = match state {
            _ if count == 0 => "zero",
            PageState::InReview | PageState::Rescan => "look",
            PageState::Failed => "stop",
            _ => "",
        };
        Self { word: state.label(), state: state.as_str(), count, class }
    }
}

impl Envelope {
    /// The words for a row.
    pub fn of(row: &EnvelopeRow, screens: &Screens) -> Self {
        let day = wareki::format(row.day);
        let sender = match (&row.clinic_name, &row.clinic) {
            (Some(name), _) => name.clone(),
            (None, Some(_)) => "（登録のない医療機関）".to_owned(),
            (None, None) => format!("束票なし {} {day}", row.folder),
        };
        let declared = row.declared.map(u64::from);
        let difference = declared
            .filter(|&declared| declared != row.seen())
            .map(|declared| format!("{:+}", i128::from(row.seen()) - i128::from(declared)).replace('-', "−"));
        let counted =
            PageState::ALL.into_iter().map(|state| (state.label(), state.as_str(), row.counts.of(state)));
        let programme = row.programme.as_ref();
        Self {
            address: format!("/envelopes/{}", crate::inbox::encoded(row.id.as_str())),
            sender,
            code: row.clinic.as_ref().map(ToString::to_string).unwrap_or_default(),
            month: row.month.as_deref().map(words::month).unwrap_or_default(),
            programme: programme
                .map(|id| words::programme_title(&screens.forms, id.as_str()))
                .unwrap_or_default(),
            declared,
            seen: row.seen(),
            difference,
            wrong: row.closed_at.is_some() || declared.is_some_and(|declared| row.seen() > declared),
            closed: row.closed_at.is_some(),
            counts: counted.filter(|(.., count)| *count > 0).collect(),
            tickets: row.tickets,
            advice: Advice::of(row),
        }
    }
}
