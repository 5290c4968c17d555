//! One enquiry: what it is about, its steps, and what can be done next; and the screen on which a new one is written.

use super::list::short;
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::page::PageFacts;
use crate::sheet::Sheet;
use crate::trace::{self, Act};
use crate::{Screens, people, words};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use domain::enquiry::{Channel, EnquiryKind, EnquiryState};
use domain::form::Form;
use domain::ids::{FieldId, PageId};
use domain::page::PageState;
use domain::reading::PageReading;
use jiff::ToSpan;
use serde::Deserialize;
use store::screens::PageView;
use store::{Enquiry, EnquiryStep};

/// An enquiry in words.
pub struct Facts {
    /// Its number.
    pub id: i64,
    /// The page.
    pub page: String,
    /// Word of its kind.
    pub kind: &'static str,
    /// Who is asked.
    pub kind_label: &'static str,
    /// Word of its state.
    pub state: &'static str,
    /// State in words.
    pub state_label: &'static str,
    /// The field it is about, with a picture when there is one.
    pub field: Option<(String, String)>,
    /// What is wrong.
    pub reason: String,
    /// In addition.
    pub words: String,
    /// Who sees to it.
    pub owner: Option<String>,
    /// When an answer is due.
    pub due: String,
    /// Its steps, oldest first.
    pub steps: Vec<Step>,
}

/// One step in words.
pub struct Step {
    /// When.
    pub at: String,
    /// Who.
    pub staff: String,
    /// What was done.
    pub what: String,
    /// With whom.
    pub other: String,
    /// What was said.
    pub words: String,
    /// Whether this is an answer.
    pub answer: bool,
}

#[derive(Template)]
#[template(path = "enquiry.html")]
struct OneScreen {
    frame: Frame,
    facts: Facts,
    page: PageFacts,
    sheet: Option<Sheet>,
    ways: Vec<(&'static str, &'static str)>,
    due: String,
    may_ask: bool,
    may_close: bool,
    mine: bool,
    can_sort: bool,
    can_print: bool,
    me: String,
}

#[derive(Template)]
#[template(path = "enquiry_new.html")]
struct NewScreen {
    frame: Frame,
    facts: PageFacts,
    sheet: Option<Sheet>,
    kinds: Vec<Kind>,
    fields: Vec<(String, String)>,
    field: String,
    back: String,
}

/// A kind to choose.
struct Kind {
    word: &'static str,
    label: &'static str,
    hint: &'static str,
    reasons: &'static [&'static str],
}

/// The panel on a page's own screens.
#[derive(Template)]
#[template(path = "enquiry_panel.html")]
struct Panel {
    enquiries: Vec<Facts>,
    /// Words that the office wrote itself are left out: they may tell what one keyer thought to the next.
    answers_only: bool,
}

/// `GET /enquiries/{id}`
pub async fn one(
    State(screens): State<Screens>,
    person: Person,
    Path(id): Path<i64>,
) -> Result<Response, ScreenError> {
    let frame = Frame::new(&screens, &person, "enquiries").await?;
    let (enquiry, steps, view) = load(&screens, id).await?;
    trace::note(&screens, &person, Act::View, "enquiry", None, &[], Some(&enquiry.page)).await?;
    let live = matches!(enquiry.state, EnquiryState::Open | EnquiryState::Asked);
    let due = people::today().saturating_add(enquiry.kind.usual_days().days());
    show(&OneScreen {
        frame,
        may_ask: live && matches!(enquiry.kind, EnquiryKind::Clinic | EnquiryKind::Resident),
        may_close: enquiry.state != EnquiryState::Closed,
        mine: enquiry.owner.as_ref() == Some(&person.actor.staff),
        can_sort: person.may(domain::duty::Right::HandleMail),
        can_print: screens.printer.is_some(),
        me: person.actor.staff.to_string(),
        due: due.to_string(),
        ways: Channel::ALL.map(|way| (way.as_str(), way.label())).into(),
        sheet: Sheet::of(&screens, &view.page),
        page: PageFacts::of(&view, &screens),
        facts: Facts::of(&screens, &enquiry, steps, &view),
    })
}

/// Which page, which field, and from where.
#[derive(Debug, Default, Deserialize)]
pub struct About {
    page: String,
    #[serde(default)]
    field: String,
    #[serde(default)]
    back: String,
}

/// `GET /enquiries/new?page=…&field=…&back=review`
pub async fn new(
    State(screens): State<Screens>,
    person: Person,
    Query(about): Query<About>,
) -> Result<Response, ScreenError> {
    let frame = Frame::new(&screens, &person, "enquiries").await?;
    let page = PageId(about.page);
    let view = screens.store.read_async(move |rows| rows.page_view(&page)).await?;
    let view = view.ok_or(ScreenError::NotFound)?;
    trace::note(&screens, &person, Act::View, "enquiry", None, &[], Some(&view.page.id)).await?;
    let fields = form_of(&screens, &view).map(|(form, side)| {
        form.fields_on(side).map(|field| (field.id.to_string(), field.label.clone())).collect()
    });
    let waits = view.page.state == PageState::InReview;
    let kinds = EnquiryKind::ALL.into_iter().filter(|kind| waits || *kind == EnquiryKind::Rescan);
    show(&NewScreen {
        frame,
        sheet: Sheet::of(&screens, &view.page),
        facts: PageFacts::of(&view, &screens),
        kinds: kinds.map(Kind::of).collect(),
        fields: fields.unwrap_or_default(),
        field: about.field,
        back: about.back,
    })
}

/// `GET /enquiries/of/{page}`: what was asked and answered about a page, for its other screens.
pub async fn of_page(
    State(screens): State<Screens>,
    person: Person,
    Path(page): Path<String>,
) -> Result<Response, ScreenError> {
    let id = PageId(page);
    let about = id.clone();
    let found = screens
        .store
        .read_async(move |rows| {
            let Some(view) = rows.page_view(&id)? else { return Ok(None) };
            let enquiries = rows.enquiries_of(&id)?;
            let steps: Result<Vec<_>, _> = enquiries.iter().map(|one| rows.enquiry_steps(one.id)).collect();
            Ok(Some((view, enquiries, steps?)))
        })
        .await?;
    let (view, enquiries, steps) = found.ok_or(ScreenError::NotFound)?;
    trace::note_picture(&screens, &person, &about).await?;
    let own = enquiries.iter().all(|one| one.opened_by == person.actor.staff);
    let facts = enquiries.iter().zip(steps).map(|(one, steps)| Facts::of(&screens, one, steps, &view));
    show(&Panel { enquiries: facts.collect(), answers_only: !own })
}

/// An enquiry with its steps and its page.
pub async fn load(screens: &Screens, id: i64) -> Result<(Enquiry, Vec<EnquiryStep>, PageView), ScreenError> {
    let found = screens.store.read_async(move |rows| {
        let Some(enquiry) = rows.enquiry(id)? else { return Ok(None) };
        let Some(view) = rows.page_view(&enquiry.page)? else { return Ok(None) };
        Ok(Some((enquiry, rows.enquiry_steps(id)?, view)))
    });
    found.await?.ok_or(ScreenError::NotFound)
}

/// The form of a page, and its side.
pub fn form_of<'a>(screens: &'a Screens, view: &PageView) -> Option<(&'a Form, u8)> {
    let Some(PageReading::Read(reading)) = &view.page.reading else { return None };
    Some((screens.form(reading.form.as_str())?, reading.side))
}

/// What a field is called.
pub fn label_of(screens: &Screens, view: &PageView, field: &FieldId) -> String {
    let known = form_of(screens, view).and_then(|(form, _)| form.field(field.as_str()));
    known.map_or_else(|| field.to_string(), |field| field.label.clone())
}

impl Facts {
    fn of(screens: &Screens, enquiry: &Enquiry, steps: Vec<EnquiryStep>, view: &PageView) -> Self {
        let field = enquiry.field.as_ref().map(|id| (id.to_string(), label_of(screens, view, id)));
        Self {
            id: enquiry.id,
            page: enquiry.page.to_string(),
            kind: enquiry.kind.as_str(),
            kind_label: enquiry.kind.label(),
            state: enquiry.state.as_str(),
            state_label: enquiry.state.label(),
            field,
            reason: enquiry.reason.clone(),
            words: enquiry.words.clone(),
            owner: enquiry.owner.as_ref().map(ToString::to_string),
            due: short(enquiry.due),
            steps: steps.into_iter().map(Step::of).collect(),
        }
    }
}

impl Step {
    fn of(step: EnquiryStep) -> Self {
        let how = step.how.map(|how| format!("（{}）", how.label())).unwrap_or_default();
        let what = match step.what.as_str() {
            "opened" => "登録しました".to_owned(),
            "given" => format!("担当：{}", step.words.as_deref().unwrap_or_default()),
            "asked" => format!("照会しました{how}"),
            "answered" => format!("回答を受けました{how}"),
            "reopened" => "再開しました".to_owned(),
            _ => "完了しました".to_owned(),
        };
        let staff = match step.staff.as_str() {
            "system" => "自動処理".to_owned(),
            staff => staff.to_owned(),
        };
        let words = if step.what == "given" { None } else { step.words };
        Self {
            at: words::moment(step.at),
            staff,
            answer: step.what == "answered",
            what,
            other: step.other.unwrap_or_default(),
            words: words.unwrap_or_default(),
        }
    }
}

impl Kind {
    fn of(kind: EnquiryKind) -> Self {
        let hint = match kind {
            EnquiryKind::Clinic => "医療機関に確かめる。回答があるまで、このページは確認の順番から外れます。",
            EnquiryKind::Resident => "本人に確かめる。回答があるまで、このページは確認の順番から外れます。",
            EnquiryKind::Rescan => "受付係が紙を探して、もう一度スキャンします。届いたら自動で完了します。",
            EnquiryKind::WrongForm => "受付係が正しい帳票を指定して、読み直します。",
        };
        Self { word: kind.as_str(), label: kind.label(), hint, reasons: kind.usual_reasons() }
    }
}
