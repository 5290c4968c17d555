//! ページ. One page: its picture, what was read, and what was done with it.

use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::sheet::Sheet;
use crate::trace::{self, Act};
use crate::{Screens, protected, words};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::ids::PageId;
use domain::keying::Stage;
use domain::page::PageState;
use domain::reading::{Decision, PageReading};
use store::screens::PageView;
use store::{Event, FieldValue};

#[derive(Template)]
#[template(path = "page.html")]
struct PageScreen {
    frame: Frame,
    facts: PageFacts,
    sheet: Option<Sheet>,
    fields: Vec<ReadField>,
    events: Vec<Line>,
}

/// A page in words.
pub struct PageFacts {
    /// The page.
    pub page: String,
    /// Its number in its file.
    pub number: u32,
    /// Its file: order of arrival and name.
    pub file: (i64, String),
    /// State for the style.
    pub state: &'static str,
    /// State in words.
    pub word: &'static str,
    /// Why, or what to do.
    pub hint: String,
    /// Title of the form; empty when not known.
    pub form: String,
    /// Who sent it.
    pub sender: String,
    /// The address of its envelope.
    pub envelope: String,
    /// When it arrived.
    pub arrived: String,
    /// The page that it repeats.
    pub duplicate_of: Option<String>,
    /// The row of its resident.
    pub resident: Option<i64>,
    /// Whether a person has to look.
    pub waits: bool,
    /// Whether it can be put aside from its own screen (failed, or a duplicate).
    pub can_put_aside: bool,
    /// Whether it can be read after all (a duplicate that is none).
    pub can_read: bool,
    /// Whether it was put aside and can be taken back.
    pub can_undo: bool,
    /// The page before it in its file.
    pub previous: Option<String>,
    /// The page after it in its file.
    pub next: Option<String>,
}

/// One field as it stands.
struct ReadField {
    label: String,
    value: String,
    sure: bool,
    by_person: bool,
}

/// One line of what was done.
struct Line {
    at: String,
    who: String,
    what: String,
}

/// `GET /pages/{page}`
pub async fn page(
    State(screens): State<Screens>,
    person: Person,
    Path(page): Path<String>,
) -> Result<Response, ScreenError> {
    let frame = Frame::new(&screens, &person, "inbox").await?;
    let page = PageId(page);
    let (view, decisions, events, hidden, blind) = screens
        .store
        .read_async(move |rows| {
            let Some(view) = rows.page_view(&page)? else { return Ok(None) };
            let hidden = protected::is_protected(rows, &view.page)?;
            let item = rows.review_item(&page)?.filter(|item| item.open);
            // Somebody is to key it blind: what was read is told to nobody until then.
            let blind = item.is_some_and(|item| item.stage != Stage::First);
            Ok(Some((view, rows.field_values(&page)?, rows.page_events(&page)?, hidden, blind)))
        })
        .await?
        .ok_or(ScreenError::NotFound)?;
    trace::note(&screens, &person, Act::View, "page", None, &[], Some(&view.page.id)).await?;
    let fields = if blind { Vec::new() } else { read_fields(&screens, &view, &decisions, hidden) };
    let events = events.iter().map(Line::of).collect();
    let sheet = Sheet::of(&screens, &view.page);
    show(&PageScreen { frame, facts: PageFacts::of(&view, &screens), sheet, fields, events })
}

impl PageFacts {
    /// The words for a page.
    pub fn of(view: &PageView, screens: &Screens) -> Self {
        let page = &view.page;
        let told = page.disposal_reason.as_ref().or(page.reason.as_ref());
        let form = page.form.as_ref().map(|id| words::form_title(&screens.forms, id.as_str()));
        Self {
            page: page.id.to_string(),
            number: page.number,
            file: (page.file, view.file_name.clone()),
            state: page.state.as_str(),
            word: page.state.label(),
            hint: told.cloned().unwrap_or_else(|| words::state_hint(page.state).to_owned()),
            form: form.unwrap_or_default(),
            sender: view.clinic.clone().unwrap_or_else(|| "束票なし".to_owned()),
            envelope: format!("/envelopes/{}", crate::inbox::encoded(page.envelope.as_str())),
            arrived: words::moment(page.arrived_at),
            duplicate_of: page.duplicate_of.as_ref().map(ToString::to_string),
            resident: view.resident_row,
            waits: page.state == PageState::InReview,
            can_put_aside: matches!(page.state, PageState::Failed | PageState::Duplicate),
            can_read: page.state == PageState::Duplicate,
            can_undo: matches!(page.state, PageState::Returned | PageState::Rescan | PageState::Discarded),
            previous: view.previous.as_ref().map(ToString::to_string),
            next: view.next.as_ref().map(ToString::to_string),
        }
    }
}

/// What was read and decided; `hidden` leaves out where the person lives.
fn read_fields(screens: &Screens, view: &PageView, decisions: &[FieldValue], hidden: bool) -> Vec<ReadField> {
    let Some(PageReading::Read(reading)) = &view.page.reading else { return Vec::new() };
    let Some(form) = screens.form(reading.form.as_str()) else { return Vec::new() };
    let fields = reading.fields.iter().filter_map(|read| {
        let field = form.field(read.id.as_str())?;
        if hidden && protected::tells_address(form, field) {
            return None;
        }
        let decided = decisions.iter().find(|decision| decision.field == read.id);
        let final_value = decided.and_then(|decision| decision.final_value.as_ref());
        Some(ReadField {
            label: field.label.clone(),
            value: words::value(field, final_value.unwrap_or(&read.value)),
            sure: read.decision == Decision::Accept,
            by_person: decided.and_then(|d| d.staff.as_ref()).is_some_and(|staff| staff.as_str() != "system"),
        })
    });
    fields.collect()
}

impl Line {
    fn of(event: &Event) -> Self {
        let what = match &event.detail {
            Some(detail) => format!("{}（{detail}）", words::event(&event.what)),
            None => words::event(&event.what).to_owned(),
        };
        let who = match event.staff.as_str() {
            "system" => "自動処理".to_owned(),
            staff => format!("{staff}（{}）", event.terminal),
        };
        Self { at: words::moment(event.at), who, what }
    }
}
