//! 確認画面. One page that a person decides: values beside their pictures, who it is, and the way out.

mod act;
mod commit;
pub mod list;
mod person;
mod posted;
mod rows;

pub use act::{check_field, dispose, find_person, open_envelope, read_again, undo};
pub use commit::commit;

use crate::Screens;
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::page::PageFacts;
use crate::people;
use crate::sheet::Sheet;
use crate::words;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::form::{Form, PrintSource};
use domain::ids::{FieldId, PageId};
use domain::reading::{FormReading, PageReading};
use domain::review::ReviewReason;
use domain::rules::{Finding, RuleCode};
use jiff::{SignedDuration, Timestamp};
use list::{Chosen, DoneMessage};
use person::{CandidateRow, PersonPicture};
use posted::Posted;
use rows::{Entry, FieldRow};
use std::collections::BTreeMap;
use store::screens::PageView;
use store::{Lease, ReviewItem};

/// How long an item stays on a person's screen before others may take it: a telephone call to a clinic.
const LEASE: SignedDuration = SignedDuration::from_mins(15);

/// Reasons offered for sending a page away, by action.
const RETURN_REASONS: [&str; 8] =
    ["記入漏れ", "署名なし", "同意なし", "接種年月日の誤り", "対象外（年齢・資格）", "他市町村の住民", "判読不能", "ロット番号なし"];
const RESCAN_REASONS: [&str; 5] = ["画像が欠けている", "傾き・ゆがみ", "薄い・濃い", "紙が重なっている", "折れ・破れ"];
const DISCARD_REASONS: [&str; 4] = ["用紙ではない（説明書など）", "白紙", "同じ用紙の重複", "試し刷り・試験"];

#[derive(Template)]
#[template(path = "review.html")]
struct ReviewScreen {
    frame: Frame,
    facts: PageFacts,
    sheet: Option<Sheet>,
    /// General reasons, not about a field of a row.
    reasons: Vec<String>,
    rows: Vec<FieldRow>,
    person: Option<PersonPart>,
    ticket: Option<TicketPart>,
    others: Vec<OtherPage>,
    forms: Vec<(String, String)>,
    round: u32,
    query: String,
    waiting: u32,
    done: Option<DoneMessage>,
    problem: Option<String>,
    findings: Vec<OpenFinding>,
    held: Option<String>,
    can_commit: bool,
    return_reasons: &'static [&'static str],
    rescan_reasons: &'static [&'static str],
    discard_reasons: &'static [&'static str],
}

/// The part that says whose slip it is.
struct PersonPart {
    candidates: Vec<CandidateRow>,
    pictures: Vec<PersonPicture>,
    doubt: bool,
    confirmed: bool,
    reasons: Vec<String>,
    wrong: Option<String>,
}

/// A batch ticket: its number opens the envelope.
struct TicketPart {
    number: String,
    pictures: Vec<PersonPicture>,
}

/// Another page of the same slip, shown beside this one.
struct OtherPage {
    page: String,
    word: &'static str,
    state: &'static str,
}

/// A broken rule that a person may accept.
struct OpenFinding {
    rule: String,
    text: String,
    accepted: bool,
}

/// One item with everything that the screen and the commit need.
pub(crate) struct Case {
    pub view: PageView,
    pub item: ReviewItem,
    pub persons: Vec<person::Person>,
    others: Vec<OtherPage>,
}

/// What a refused commit tells the screen.
#[derive(Default)]
pub(crate) struct Problem {
    pub words: Option<String>,
    pub wrong: BTreeMap<FieldId, String>,
    pub person: Option<String>,
    pub findings: Vec<Finding>,
}

/// `GET /reviews/{page}`
pub async fn review(
    State(screens): State<Screens>,
    person: Person,
    Path(page): Path<String>,
    Query(chosen): Query<Chosen>,
) -> Result<Response, ScreenError> {
    let page = PageId(page);
    let (lease, now) = (page.clone(), Timestamp::now());
    let actor = person.0.clone();
    let lease =
        screens.store.write_async(move |rows| rows.lease_review(&lease, &actor, now + LEASE, now)).await?;
    let case = Case::load(&screens, &page, Vec::new()).await?.ok_or(ScreenError::NotFound)?;
    if !case.item.open {
        let query = chosen.query();
        return Ok(axum::response::Redirect::to(&format!("/pages/{page}{query}")).into_response());
    }
    let mut screen = ReviewScreen::of(&screens, &person, case, None, Problem::default(), &chosen).await?;
    if let Lease::Held { by, until } = lease {
        screen.held = Some(format!("{by} さんが確認中です（{}まで）。確定などの操作はできません。", words::moment(until)));
        screen.can_commit = false;
    }
    show(&screen)
}

impl Case {
    /// Reads an item; `found` are residents that a person searched for. `None` when the page never waited.
    pub async fn load(
        screens: &Screens,
        page: &PageId,
        found: Vec<domain::resident::Resident>,
    ) -> Result<Option<Self>, ScreenError> {
        let (id, inner) = (page.clone(), screens.clone());
        let case = screens.store.read_async(move |rows| {
            let (Some(view), Some(item)) = (rows.page_view(&id)?, rows.review_item(&id)?) else {
                return Ok(None);
            };
            let persons = match reading_of(&inner, &view) {
                Some((form, reading)) => person::persons(rows, form, reading, &item.outcome, found)?,
                None => Vec::new(),
            };
            let mut others = Vec::new();
            for reason in &item.reasons {
                let ReviewReason::DuplicateSlip { page } = reason else { continue };
                let state = rows.page(page)?.map(|other| other.state);
                others.extend(state.map(|state| OtherPage {
                    page: page.to_string(),
                    word: state.label(),
                    state: state.as_str(),
                }));
            }
            Ok(Some(Case { view, item, persons, others }))
        });
        Ok(case.await?)
    }
}

/// The form and the reading of a page whose form is known.
pub(crate) fn reading_of<'a>(screens: &'a Screens, view: &'a PageView) -> Option<(&'a Form, &'a FormReading)> {
    let Some(PageReading::Read(reading)) = &view.page.reading else { return None };
    Some((screens.form(reading.form.as_str())?, reading))
}

impl ReviewScreen {
    async fn of(
        screens: &Screens,
        staff: &Person,
        case: Case,
        posted: Option<&Posted>,
        problem: Problem,
        chosen: &Chosen,
    ) -> Result<Self, ScreenError> {
        let known = reading_of(screens, &case.view);
        let slip = known.filter(|(form, _)| !form.is_ticket());
        let ticket = known.filter(|(form, _)| form.is_ticket());
        let rows = slip.map_or_else(Vec::new, |(form, reading)| {
            rows::rows(form, reading, &case.item.reasons, posted, &problem.wrong)
        });
        let person = slip.map(|(form, reading)| PersonPart::of(&case, form, reading, posted, problem.person));
        let accepted = posted.map(|posted| posted.accepted.as_slice()).unwrap_or_default();
        let findings = problem.findings.iter().map(|finding| OpenFinding::of(finding, accepted));
        let forms = screens.forms.iter().map(|form| (form.id.to_string(), form.title.clone()));
        let frame = Frame::new(screens, staff, "reviews").await?;
        Ok(Self {
            waiting: frame.waiting,
            frame,
            facts: PageFacts::of(&case.view, screens),
            sheet: Sheet::of(screens, &case.view.page),
            reasons: general_reasons(&case.item.reasons, known.map(|(form, _)| form)),
            can_commit: slip.is_some(),
            ticket: ticket.map(|(form, reading)| TicketPart::of(form, reading)),
            rows,
            person,
            round: case.view.page.round,
            others: case.others,
            forms: forms.collect(),
            query: chosen.query(),
            done: chosen.message(),
            problem: problem.words,
            findings: findings.collect(),
            held: None,
            return_reasons: &RETURN_REASONS,
            rescan_reasons: &RESCAN_REASONS,
            discard_reasons: &DISCARD_REASONS,
        })
    }

    /// The screen again, with what stands against the commit.
    fn refused(&self) -> Result<Response, ScreenError> {
        Ok((StatusCode::UNPROCESSABLE_ENTITY, show(self)?).into_response())
    }
}

/// The reasons that no row and no candidate tells.
fn general_reasons(reasons: &[ReviewReason], form: Option<&Form>) -> Vec<String> {
    let in_row = |field: &FieldId| {
        form.and_then(|form| form.field(field.as_str())).is_some_and(|field| !field.prefilled)
    };
    let told_there = |reason: &&ReviewReason| match reason {
        ReviewReason::FieldDoubtful { field, .. } => in_row(field),
        ReviewReason::Finding { finding } => {
            finding.rule == RuleCode::RequiredBlank && finding.field.as_ref().is_some_and(in_row)
        }
        _ => false,
    };
    let general = reasons.iter().filter(|reason| !told_there(reason));
    general.map(ReviewReason::text).collect()
}

impl PersonPart {
    fn of(
        case: &Case,
        form: &Form,
        reading: &FormReading,
        posted: Option<&Posted>,
        wrong: Option<String>,
    ) -> Self {
        let chosen = posted.and_then(|posted| posted.resident);
        let candidates = person::candidates(&case.persons, &case.item.outcome, chosen, people::today());
        let nobody = candidates.is_empty();
        Self {
            doubt: person::is_doubtful(&case.item.reasons) || nobody,
            confirmed: posted.is_some_and(|posted| posted.confirmed.contains(&FieldId::from(person::CONFIRMED))),
            reasons: if nobody { vec!["候補者が見つかりません。検索してください。".into()] } else { Vec::new() },
            candidates,
            pictures: person::pictures(form, reading.side),
            wrong,
        }
    }
}

impl TicketPart {
    fn of(form: &Form, reading: &FormReading) -> Self {
        let number = reading.management_number.as_ref().and_then(|number| number.value.as_ref());
        let sources = [PrintSource::Clinic, PrintSource::Month, PrintSource::Programme, PrintSource::Declared];
        let fields = sources.into_iter().filter_map(|source| form.printed(source));
        let number_field = form.number_field().map(|(field, _)| field);
        let fields = fields.chain(number_field);
        Self {
            number: number.map(|number| number.reveal().clone()).unwrap_or_default(),
            pictures: fields
                .map(|field| PersonPicture { field: field.id.to_string(), label: field.label.clone() })
                .collect(),
        }
    }
}

impl OpenFinding {
    fn of(finding: &Finding, accepted: &[RuleCode]) -> Self {
        let rule = serde_json::to_value(finding.rule).ok().and_then(|word| word.as_str().map(str::to_owned));
        Self {
            rule: rule.unwrap_or_default(),
            text: finding.text.clone(),
            accepted: accepted.contains(&finding.rule),
        }
    }
}
