//! 稼働状況. What flows, what is stuck and since when, and what to do: for clerks and for whoever looks after the machines.
//!
//! Start reading at: `advice` (what counts as a problem, in words), then `situation` (what is looked at).

mod advice;
mod machine;
mod situation;

pub use machine::{Inbox, free_room};
pub use situation::ReaderState;

use crate::Screens;
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::words;
use advice::{Problem, problems};
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use domain::duty::Right;
use jiff::Timestamp;
use serde::Deserialize;
use situation::{LATE, Situation};

/// Stuck pages that are named; the button speaks of all of them.
const STUCK_SHOWN: u32 = 12;
/// Pages that one press of the button asks for: more would block other writers for seconds.
const ASKED_AT_ONCE: u32 = 2000;

/// Every address of it.
pub fn routes() -> Router<Screens> {
    Router::new()
        .route("/operations", get(screen))
        .route("/operations/live", get(live))
        .route("/operations/requeue", post(requeue))
}

#[derive(Debug, Default, Deserialize)]
struct Asked {
    /// So many pages were just asked for anew.
    asked: Option<u32>,
}

#[derive(Template)]
#[template(path = "operations.html")]
struct OperationsScreen {
    frame: Frame,
    asked: Option<u32>,
    live: Live,
}

/// The part that renews itself.
#[derive(Template)]
#[template(path = "operations_live.html")]
struct Live {
    told_at: String,
    problems: Vec<Problem>,
    flow: Vec<Station>,
    stuck: Vec<Stuck>,
    stuck_count: u32,
    more_stuck: bool,
    readers: Vec<Reader>,
    edition: String,
    facts: Vec<Fact>,
    may_see_pages: bool,
}

/// One stop on a page's way.
struct Station {
    word: &'static str,
    count: String,
    note: String,
    class: &'static str,
}

struct Stuck {
    file: String,
    number: u32,
    address: String,
    since: String,
    age: String,
    round: u32,
}

struct Reader {
    name: String,
    state: &'static str,
    class: &'static str,
    pages: u64,
    threads: u32,
    program: String,
    edition: String,
    seen: String,
}

/// One thing of the machine.
struct Fact {
    word: &'static str,
    value: String,
    class: &'static str,
}

/// `GET /operations`
async fn screen(
    State(screens): State<Screens>,
    person: Person,
    Query(asked): Query<Asked>,
) -> Result<Response, ScreenError> {
    let frame = Frame::new(&screens, &person, "operations").await?;
    let live = Live::now(&screens, &person).await?;
    show(&OperationsScreen { frame, asked: asked.asked, live })
}

/// `GET /operations/live`: only the part that renews itself.
async fn live(State(screens): State<Screens>, person: Person) -> Result<Response, ScreenError> {
    show(&Live::now(&screens, &person).await?)
}

/// `POST /operations/requeue`: asks anew for every page that waits too long.
async fn requeue(State(screens): State<Screens>, person: Person) -> Result<Response, ScreenError> {
    let now = Timestamp::now();
    let actor = person.actor;
    let ask = move |rows: &store::Writer| {
        let late = rows.waiting_pages(now - LATE, ASKED_AT_ONCE)?;
        let pages: Vec<_> = late.into_iter().map(|waiting| waiting.page).collect();
        rows.requeue(&pages, &actor, now)
    };
    let asked = screens.store.write_async(ask).await?;
    tracing::info!(pages = asked, "pages that waited too long were asked for anew");
    Ok(Redirect::to(&format!("/operations?asked={asked}")).into_response())
}

impl Live {
    async fn now(screens: &Screens, person: &Person) -> Result<Self, ScreenError> {
        let now = Timestamp::now();
        let situation = Situation::now(screens, now, STUCK_SHOWN).await?;
        let own = situation.rows.edition.as_ref();
        let readers = situation.rows.readers.iter().map(|reader| {
            let state = ReaderState::of(reader, own, now);
            Reader {
                name: reader.name.clone(),
                state: state.word(),
                class: state.class(),
                pages: reader.pages,
                threads: reader.threads,
                program: reader.program.clone(),
                edition: reader.edition.forms.clone(),
                seen: words::age(reader.at, now),
            }
        });
        let stuck = situation.stuck.iter().map(|page| Stuck {
            file: page.file.clone(),
            number: page.number,
            address: format!("/pages/{}", crate::inbox::encoded(page.page.as_str())),
            since: words::moment(page.since),
            age: words::age(page.since, now),
            round: page.round,
        });
        Ok(Self {
            told_at: words::moment(now),
            problems: problems(&situation, now),
            flow: flow(&situation, now),
            stuck: stuck.collect(),
            stuck_count: situation.stuck_count,
            more_stuck: situation.stuck_count > STUCK_SHOWN,
            readers: readers.collect(),
            edition: own.map(|edition| edition.forms.clone()).unwrap_or_default(),
            facts: facts(&situation, now),
            may_see_pages: person.may(Right::SeePages),
        })
    }
}

/// The way of a page from left to right, with what stands at each stop.
fn flow(situation: &Situation, now: Timestamp) -> Vec<Station> {
    let since =
        |at: Option<Timestamp>| at.map(|at| format!("最長 {}", words::age(at, now))).unwrap_or_default();
    let station = |word, count: u64, note: String, look: bool| Station {
        word,
        count: count.to_string(),
        note,
        class: match (count, look) {
            (0, _) => "zero",
            (_, true) => "look",
            _ => "",
        },
    };
    let (inbox, queue) = (&situation.inbox, situation.queue.unwrap_or_default());
    let received = situation.waiting(domain::page::PageState::Received);
    let review = situation.waiting(domain::page::PageState::InReview);
    let late = situation.stuck_count > 0;
    vec![
        station("受信箱のファイル", inbox.files, since(inbox.oldest), situation.inbox_is_late(now)),
        station(
            "依頼の送信待ち",
            situation.rows.outbox.0.into(),
            since(situation.rows.outbox.1),
            situation.outbox_is_late(now),
        ),
        station("読取待ち", received.0, since(received.1), late),
        station("読取中", queue.reading, String::new(), false),
        station("照合待ち", queue.to_match, String::new(), false),
        station("確認待ち", review.0, since(review.1), false),
        station("自動処理の中止", situation.rows.given_up.into(), String::new(), true),
    ]
}

fn facts(situation: &Situation, now: Timestamp) -> Vec<Fact> {
    let disk = situation.disk.map(|disk| {
        let value = format!("{} / {}", words::size(disk.free), words::size(disk.size));
        Fact { word: "保管場所の空き", value, class: if disk.is_low() { "bad" } else { "" } }
    });
    let backup = situation.last_backup.map_or("まだありません".to_owned(), |at| {
        format!("{}（{}前）", words::moment(at), words::age(at, now))
    });
    let backup_class = if situation.backup_is_late(now) { "warn" } else { "" };
    let mut facts = vec![
        Fact { word: "今日の受付", value: format!("{}ページ", situation.today), class: "" },
        Fact {
            word: "うち機械の処理済み", value: format!("{}ページ", situation.today_handled), class: ""
        },
        Fact { word: "最後の控え（バックアップ）", value: backup, class: backup_class },
    ];
    facts.extend(disk);
    facts
}
