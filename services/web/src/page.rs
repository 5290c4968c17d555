//! ページ. One page: its picture, what was read, and what was done with it.

use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::mailroom::sorting::{self, Place};
use crate::sheet::Sheet;
use crate::trace::{self, Act};
use crate::{Screens, protected, words};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use domain::duty::Right;
use domain::ids::PageId;
use domain::keying::Stage;
use domain::page::PageState;
use domain::reading::{Decision, PageReading};
use serde::Deserialize;
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
    done: Option<Done>,
    /// Step through the envelope instead of the file.
    in_envelope: bool,
    previous: Option<String>,
    next: Option<String>,
    parts: Vec<String>,
    parent: Option<String>,
    sort: Option<Sort>,
    blind: bool,
    can_enquire: bool,
    can_discard: bool,
}

/// What happened just now.
struct Done {
    words: String,
    /// The move that can be taken back.
    batch: Option<i64>,
}

/// What the mailroom may do with the page.
struct Sort {
    /// Whether it can be turned, assigned, read again.
    open: bool,
    can_cut: bool,
    can_uncut: bool,
    can_move: bool,
    forms: Vec<(String, String, bool)>,
    places: Vec<Place>,
    /// The last move of the page, and how many pages moved with it.
    last_move: Option<(i64, u32)>,
}

/// What the address of a page's screen says.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    /// `envelope`: step through the envelope.
    #[serde(default, rename = "in")]
    within: String,
    #[serde(default)]
    done: String,
    batch: Option<i64>,
    #[serde(default)]
    moved: u32,
}

/// A page in words.
pub struct PageFacts {
    /// The page.
    pub page: String,
    /// Its place in its file, `3`, or `3-1` for the first part of page 3.
    pub number: String,
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
    /// Degrees by which the picture is turned.
    pub turn: u16,
    /// Whether a person assigned the form.
    pub form_by_hand: bool,
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
    Query(asked): Query<Asked>,
) -> Result<Response, ScreenError> {
    let frame = Frame::new(&screens, &person, "inbox").await?;
    let page = PageId(page);
    let may_sort = person.may(Right::HandleMail);
    let (view, decisions, events, hidden, blind, (places, last_move)) = screens
        .store
        .read_async(move |rows| {
            let Some(view) = rows.page_view(&page)? else { return Ok(None) };
            let hidden = protected::is_protected(rows, &view.page)?;
            let item = rows.review_item(&page)?.filter(|item| item.open);
            // Somebody is to key it blind: what was read is told to nobody until then.
            let blind = item.is_some_and(|item| item.stage != Stage::First);
            let places = match may_sort {
                true => sorting::places(rows, Some(&view.page.envelope))?,
                false => Vec::new(),
            };
            let sorted = (places, rows.last_move(&page)?);
            Ok(Some((view, rows.field_values(&page)?, rows.page_events(&page)?, hidden, blind, sorted)))
        })
        .await?
        .ok_or(ScreenError::NotFound)?;
    trace::note(&screens, &person, Act::View, "page", None, &[], Some(&view.page.id)).await?;
    let fields = if blind { Vec::new() } else { read_fields(&screens, &view, &decisions, hidden) };
    let events = events.iter().map(Line::of).collect();
    let sheet = Sheet::of(&screens, &view.page);
    let in_envelope = asked.within == "envelope";
    let (previous, next) = match in_envelope {
        true => (&view.envelope_previous, &view.envelope_next),
        false => (&view.previous, &view.next),
    };
    show(&PageScreen {
        frame,
        blind,
        in_envelope,
        previous: previous.as_ref().map(ToString::to_string),
        next: next.as_ref().map(ToString::to_string),
        parts: view.parts.iter().map(ToString::to_string).collect(),
        parent: view.page.parent.as_ref().map(ToString::to_string),
        done: Done::of(&asked),
        can_enquire: person.may(Right::Enquire)
            && matches!(view.page.state, PageState::InReview | PageState::Failed | PageState::Duplicate),
        can_discard: may_sort
            && matches!(view.page.state, PageState::InReview | PageState::Failed | PageState::Duplicate),
        sort: may_sort.then(|| Sort::of(&screens, &view, places, last_move)),
        facts: PageFacts::of(&view, &screens),
        sheet,
        fields,
        events,
    })
}

impl Done {
    fn of(asked: &Asked) -> Option<Self> {
        let words = match asked.done.as_str() {
            "assigned" => "読み直しを頼みました。数秒で結果が出ます。".to_owned(),
            "turned" => "画像の向きを直し、読み直しを頼みました。".to_owned(),
            "cut" => "分割しました。分けたページをそれぞれ読み取ります。".to_owned(),
            "uncut" => "分割を取り消しました。".to_owned(),
            "unmoved" => "束の移動を取り消しました。".to_owned(),
            "undone" => "処理を取り消しました。".to_owned(),
            "put_aside" => "処理しました。".to_owned(),
            "moved" => format!("{}ページを別の束へ移しました。", asked.moved),
            _ => return None,
        };
        Some(Self { words, batch: asked.batch })
    }
}

impl Sort {
    fn of(screens: &Screens, view: &PageView, places: Vec<Place>, last_move: Option<(i64, u32)>) -> Self {
        let page = &view.page;
        let open = matches!(page.state, PageState::Received | PageState::InReview | PageState::Duplicate);
        let of_slips = screens.forms.iter().map(|form| {
            let chosen = page.assigned_form.as_ref() == Some(&form.id);
            (form.id.to_string(), form.title.clone(), chosen)
        });
        Self {
            open: open && page.image.is_some(),
            can_cut: matches!(page.state, PageState::Received | PageState::InReview) && page.image.is_some(),
            can_uncut: page.cut > 0,
            can_move: page.opens.is_none() && page.counted,
            forms: of_slips.collect(),
            places,
            last_move,
        }
    }
}

impl PageFacts {
    /// The words for a page.
    pub fn of(view: &PageView, screens: &Screens) -> Self {
        let page = &view.page;
        let told = page.disposal_reason.as_ref().or(page.reason.as_ref());
        let form = page.form.as_ref().map(|id| words::form_title(&screens.forms, id.as_str()));
        Self {
            page: page.id.to_string(),
            number: words::place(page.place),
            file: (page.file, view.file_name.clone()),
            state: if page.counted { page.state.as_str() } else { "cut" },
            word: if page.counted { page.state.label() } else { "分割済" },
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
            can_undo: page.counted
                && matches!(page.state, PageState::Returned | PageState::Rescan | PageState::Discarded),
            turn: page.turn,
            form_by_hand: page.assigned_form.is_some(),
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
