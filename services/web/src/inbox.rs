//! 受信箱. Files as they arrived, with their pages; failures and duplicates say what to do.

use crate::Screens;
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::home::Envelope;
use crate::mailroom::Waiting;
use crate::mailroom::sorting::{self, Place};
use crate::words;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use domain::duty::Right;
use domain::ids::EnvelopeId;
use domain::page::PageState;
use serde::Deserialize;
use store::screens::{FileFilter, FileRow, PageRow};
use store::{EnvelopeEvent, FileState};
use vision::decode::Limits;

/// Files a screen.
const FILES_SHOWN: u32 = 20;
/// Thumbnails of one file in the list, two rows; the file's own screen shows the rest.
const PAGES_EACH: u32 = 18;
/// Thumbnails on the screen of one file or envelope.
const PAGES_SHOWN: u32 = 120;

/// What the address of the inbox asks for.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    /// A page state, or `file_failed`, `file_duplicate`.
    state: Option<String>,
    /// Files before this arrival.
    before: Option<i64>,
    /// Pages of an envelope from this place on.
    #[serde(default)]
    from: u32,
    /// Pages that were moved here just now: the batch and how many.
    batch: Option<i64>,
    moved: Option<u32>,
}

#[derive(Template)]
#[template(path = "inbox.html")]
struct InboxScreen {
    frame: Frame,
    tab: &'static str,
    filters: Vec<Filter>,
    live: Live,
    older: Option<String>,
    can_upload: bool,
    largest: u64,
}

/// The part of the inbox that renews itself.
#[derive(Template)]
#[template(path = "inbox_live.html")]
struct Live {
    state: String,
    /// Whether it is the first screen of the list: older ones do not change.
    renews: bool,
    waiting: Waiting,
    files: Vec<File>,
}

#[derive(Template)]
#[template(path = "file.html")]
struct FileScreen {
    frame: Frame,
    file: File,
    sorting: Option<Vec<Place>>,
}

#[derive(Template)]
#[template(path = "envelope.html")]
struct EnvelopeScreen {
    frame: Frame,
    envelope: Envelope,
    filters: Vec<Filter>,
    pages: Vec<Thumb>,
    next: Option<String>,
    events: Vec<Done>,
    sorting: Option<Vec<Place>>,
    moved: Option<(i64, u32)>,
}

/// What somebody did with the envelope.
struct Done {
    at: String,
    staff: String,
    what: String,
    reason: String,
    counts: String,
}

/// One choice of a filter.
struct Filter {
    word: &'static str,
    address: String,
    current: bool,
}

/// One file as screens tell it.
struct File {
    seq: i64,
    name: String,
    folder: String,
    arrived: String,
    size: String,
    page_count: u32,
    failure: Option<String>,
    duplicate_of: Option<(i64, String)>,
    is_duplicate: bool,
    pages: Vec<Thumb>,
    more: u32,
}

/// One page as a thumbnail.
pub struct Thumb {
    /// The page.
    pub page: String,
    /// Its place in its file, `3`, or `3-1` for the first part of page 3.
    pub number: String,
    /// State for the style.
    pub state: &'static str,
    /// State in words.
    pub word: &'static str,
    /// What to do or why it is so, for a hint.
    pub hint: String,
    /// The reason of a failure, said beside the picture.
    pub why: Option<String>,
    /// Whether there is a picture.
    pub has_image: bool,
    /// Degrees by which it is turned: part of the picture's address, for browsers keep pictures.
    pub turn: u16,
    /// Title of the form.
    pub form: String,
    /// The page that it repeats.
    pub duplicate_of: Option<String>,
}

/// `GET /inbox`
pub async fn inbox(
    State(screens): State<Screens>,
    person: Person,
    Query(asked): Query<Asked>,
) -> Result<Response, ScreenError> {
    let frame = Frame::new(&screens, &person, "inbox").await?;
    let live = Live::now(&screens, &asked).await?;
    let full = live.files.len() as u32 == FILES_SHOWN;
    let last = live.files.last().filter(|_| full);
    let older = last.map(|last| format!("/inbox?state={}&before={}", live.state, last.seq));
    show(&InboxScreen {
        frame,
        tab: "inbox",
        filters: filters("/inbox", &live.state, true),
        live,
        older,
        can_upload: person.may(Right::HandleMail),
        largest: Limits::default().max_file_bytes,
    })
}

/// `GET /inbox/live`: only the part that renews itself.
pub async fn live(
    State(screens): State<Screens>,
    Query(asked): Query<Asked>,
) -> Result<Response, ScreenError> {
    show(&Live::now(&screens, &asked).await?)
}

impl Live {
    async fn now(screens: &Screens, asked: &Asked) -> Result<Self, ScreenError> {
        let state = asked.state.clone().unwrap_or_default();
        let file_state = match state.as_str() {
            "file_failed" => Some(FileState::Failed),
            "file_duplicate" => Some(FileState::Duplicate),
            _ => None,
        };
        let page_state = PageState::parse(&state);
        let filter = FileFilter { page_state, file_state, before: asked.before, only: None };
        let rows = screens.store.read_async(move |rows| rows.inbox(&filter, FILES_SHOWN, PAGES_EACH)).await?;
        let room = screens.mailroom.clone();
        let waiting = tokio::task::spawn_blocking(move || Waiting::look(&room)).await?;
        let files = rows.into_iter().map(|row| File::of(row, screens)).collect();
        Ok(Self { state, renews: asked.before.is_none(), waiting, files })
    }
}

/// `GET /inbox/{seq}`: one file with all its pages.
pub async fn file(
    State(screens): State<Screens>,
    person: Person,
    Path(seq): Path<i64>,
) -> Result<Response, ScreenError> {
    let frame = Frame::new(&screens, &person, "inbox").await?;
    let filter = FileFilter { only: Some(seq), ..FileFilter::default() };
    let found = screens.store.read_async(move |rows| rows.inbox(&filter, 1, PAGES_SHOWN)).await?;
    let row = found.into_iter().next().ok_or(ScreenError::NotFound)?;
    let sorting = places(&screens, &person, None).await?;
    show(&FileScreen { frame, file: File::of(row, &screens), sorting })
}

/// `GET /envelopes/{id}`: the pages of one envelope in the order of the pile.
pub async fn envelope(
    State(screens): State<Screens>,
    person: Person,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, ScreenError> {
    let frame = Frame::new(&screens, &person, "inbox").await?;
    let id = EnvelopeId(id);
    let state = asked.state.unwrap_or_default();
    let page_state = PageState::parse(&state);
    let but = id.clone();
    let (row, rows, events) = screens
        .store
        .read_async(move |rows| {
            let pages = rows.envelope_pages(&id, page_state, asked.from, PAGES_SHOWN)?;
            Ok((rows.envelope(&id)?, pages, rows.envelope_events(&id)?))
        })
        .await?;
    let envelope = Envelope::of(&row.ok_or(ScreenError::NotFound)?, &screens);
    let full = rows.len() as u32 == PAGES_SHOWN;
    let next = full.then(|| format!("{}?state={state}&from={}", envelope.address, asked.from + PAGES_SHOWN));
    let filters = filters(&envelope.address, &state, false);
    let pages = rows.into_iter().map(|row| Thumb::of(row, &screens)).collect();
    let sorting = places(&screens, &person, Some(but)).await?;
    let events = events.into_iter().map(Done::of).collect();
    let moved = asked.batch.zip(asked.moved);
    show(&EnvelopeScreen { frame, envelope, filters, pages, next, events, sorting, moved })
}

/// Where pages can be moved to, for whoever may move them.
async fn places(
    screens: &Screens,
    person: &Person,
    but: Option<EnvelopeId>,
) -> Result<Option<Vec<Place>>, ScreenError> {
    if !person.may(Right::HandleMail) {
        return Ok(None);
    }
    Ok(Some(screens.store.read_async(move |rows| sorting::places(rows, but.as_ref())).await?))
}

impl Done {
    fn of(event: EnvelopeEvent) -> Self {
        let declared = event.declared.map_or_else(|| "―".to_owned(), |declared| declared.to_string());
        Self {
            at: words::moment(event.at),
            staff: event.staff.to_string(),
            what: words::event(&event.what).to_owned(),
            reason: event.reason.unwrap_or_default(),
            counts: format!("申告{declared} 受付{}", event.seen),
        }
    }
}

/// `text` as one segment of an address.
pub fn encoded(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    text.bytes().map(|b| if keep(b) { (b as char).to_string() } else { format!("%{b:02X}") }).collect()
}

fn filters(address: &str, current: &str, files_too: bool) -> Vec<Filter> {
    let choice = |word: &'static str, state: &str| Filter {
        word,
        address: if state.is_empty() { address.to_owned() } else { format!("{address}?state={state}") },
        current: current == state,
    };
    let mut filters = vec![choice("すべて", "")];
    filters.extend(PageState::ALL.into_iter().map(|state| choice(state.label(), state.as_str())));
    if files_too {
        filters.push(choice("開けないファイル", "file_failed"));
        filters.push(choice("同じファイル", "file_duplicate"));
    }
    filters
}

impl File {
    fn of(row: FileRow, screens: &Screens) -> Self {
        let failed = row.state == FileState::Failed;
        let reason = row.reason.clone().unwrap_or_else(|| "理由は記録されていません".to_owned());
        let shown = row.pages.len() as u32;
        Self {
            seq: row.seq,
            name: row.name,
            folder: row.folder,
            arrived: words::moment(row.arrived_at),
            size: words::size(row.bytes),
            page_count: row.page_count,
            failure: failed.then_some(reason),
            duplicate_of: row.duplicate_of,
            is_duplicate: row.state == FileState::Duplicate,
            pages: row.pages.into_iter().map(|page| Thumb::of(page, screens)).collect(),
            more: row.page_count.saturating_sub(shown),
        }
    }
}

impl Thumb {
    /// The words for a page.
    pub fn of(row: PageRow, screens: &Screens) -> Self {
        Self {
            page: row.page.to_string(),
            number: words::place(row.place),
            state: if row.counted { row.state.as_str() } else { "cut" },
            word: if row.counted { row.state.label() } else { "分割済" },
            why: row.reason.clone().filter(|_| row.state == PageState::Failed),
            hint: row.reason.unwrap_or_else(|| words::state_hint(row.state).to_owned()),
            has_image: row.has_image,
            turn: row.turn,
            form: row.form.map(|id| words::form_title(&screens.forms, id.as_str())).unwrap_or_default(),
            duplicate_of: row.duplicate_of.map(|page| page.to_string()),
        }
    }
}
