//! What the review screen shows.

use super::list::{Chosen, DoneMessage};
use super::person::{self, CandidateRow, PersonPicture};
use super::posted::Posted;
use super::rows::{self, Entry, FieldRow};
use super::{Case, OtherPage, reading_of};
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::page::PageFacts;
use crate::sheet::Sheet;
use crate::trace::Act;
use crate::{Screens, people};
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::form::{Form, PrintSource};
use domain::ids::FieldId;
use domain::reading::FormReading;
use domain::review::ReviewReason;
use domain::rules::{Finding, RuleCode};
use std::collections::BTreeMap;

/// Reasons offered for sending a page away, by action.
const RETURN_REASONS: [&str; 8] = [
    "記入漏れ",
    "署名なし",
    "同意なし",
    "接種年月日の誤り",
    "対象外（年齢・資格）",
    "他市町村の住民",
    "判読不能",
    "ロット番号なし",
];
const RESCAN_REASONS: [&str; 5] =
    ["画像が欠けている", "傾き・ゆがみ", "薄い・濃い", "紙が重なっている", "折れ・破れ"];
const DISCARD_REASONS: [&str; 4] = ["用紙ではない（説明書など）", "白紙", "同じ用紙の重複", "試し刷り・試験"];

#[derive(Template)]
#[template(path = "review.html")]
pub(super) struct ReviewScreen {
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
    /// Who else has it on the screen.
    pub(super) held: Option<String>,
    pub(super) can_commit: bool,
    return_reasons: &'static [&'static str],
    rescan_reasons: &'static [&'static str],
    discard_reasons: &'static [&'static str],
}

/// The part that says whose slip it is.
pub(super) struct PersonPart {
    pub(super) candidates: Vec<CandidateRow>,
    pictures: Vec<PersonPicture>,
    doubt: bool,
    confirmed: bool,
    pub(super) reasons: Vec<String>,
    wrong: Option<String>,
}

/// A batch ticket: its number opens the envelope.
struct TicketPart {
    number: String,
    pictures: Vec<PersonPicture>,
}

/// A broken rule that a person may accept.
struct OpenFinding {
    rule: String,
    text: String,
    accepted: bool,
}

/// What a refused commit tells the screen.
#[derive(Default)]
pub(super) struct Problem {
    pub words: Option<String>,
    pub wrong: BTreeMap<FieldId, String>,
    pub person: Option<String>,
    pub findings: Vec<Finding>,
}

impl ReviewScreen {
    /// The screen of an item; `posted` and `problem` after a refused commit.
    pub(super) async fn of(
        screens: &Screens,
        staff: &Person,
        case: Case,
        posted: Option<&Posted>,
        problem: Problem,
        chosen: &Chosen,
    ) -> Result<Self, ScreenError> {
        case.note(screens, staff, Act::View, "review").await?;
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
    pub(super) fn refused(&self) -> Result<Response, ScreenError> {
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
    /// The candidates of an item, as chosen so far.
    pub(super) fn of(
        case: &Case,
        form: &Form,
        reading: &FormReading,
        posted: Option<&Posted>,
        wrong: Option<String>,
    ) -> Self {
        let chosen = posted.and_then(|posted| posted.resident);
        let candidates = person::candidates(&case.persons, &case.item.outcome, chosen, people::today());
        let nobody = candidates.is_empty();
        let hidden = candidates.iter().any(|candidate| candidate.facts.protected);
        Self {
            doubt: person::is_doubtful(&case.item.reasons) || nobody,
            confirmed: posted
                .is_some_and(|posted| posted.confirmed.contains(&FieldId::from(person::CONFIRMED))),
            reasons: if nobody {
                vec!["候補者が見つかりません。検索してください。".into()]
            } else {
                Vec::new()
            },
            candidates,
            pictures: person::pictures(form, reading.side, hidden),
            wrong,
        }
    }
}

impl TicketPart {
    fn of(form: &Form, reading: &FormReading) -> Self {
        let number = reading.management_number.as_ref().and_then(|number| number.value.as_ref());
        let sources =
            [PrintSource::Clinic, PrintSource::Month, PrintSource::Programme, PrintSource::Declared];
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
