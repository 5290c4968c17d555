//! What the review screen shows.

use super::list::{Chosen, DoneMessage};
use super::person::{self, CandidateRow, PersonPicture};
use super::posted::Posted;
use super::rows::{self, Entry, FieldRow};
use super::{Case, OtherPage, Part, UNDO_WINDOW, keyed_persons, reading_of};
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::page::PageFacts;
use crate::sheet::Sheet;
use crate::trace::Act;
use crate::{Screens, people, words};
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::duty::Right;
use domain::enquiry::EnquiryKind;
use domain::form::{Form, PrintSource};
use domain::ids::{FieldId, StaffId};
use domain::keying::{FieldState, PERSON, Stage};
use domain::matching::MatchOutcome;
use domain::reading::FormReading;
use domain::review::ReviewReason;
use domain::rules::{Finding, RuleCode};
use domain::wareki;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Reasons offered for sending a page away, by action.
const RETURN_REASONS: [&str; 9] = [
    "住民ではない（該当者なし）",
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
    /// Doubts and values of others are not shown.
    blind: bool,
    /// Nothing is left to key; it only has to be saved.
    ready: bool,
    /// The pass, for people and for the save.
    stage: Stage,
    /// The last keying that this screen knows of.
    seen: i64,
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
    held: Option<String>,
    /// Whether this person may take it from him at once.
    can_take: bool,
    can_commit: bool,
    /// Whether this person has saved something that he may take back.
    can_undo: bool,
    enquiry_kinds: [EnquiryKind; 4],
    return_reasons: &'static [&'static str],
    rescan_reasons: &'static [&'static str],
    discard_reasons: &'static [&'static str],
}

/// The part that says whose slip it is.
pub(super) struct PersonPart {
    pub(super) candidates: Vec<CandidateRow>,
    pictures: Vec<PersonPicture>,
    doubt: bool,
    nobody: bool,
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
    /// Where the rule stands; may be empty.
    source: String,
    /// Told, and nothing to accept.
    notice: bool,
}

/// What a refused commit tells the screen.
#[derive(Default)]
pub(super) struct Problem {
    pub words: Option<String>,
    pub wrong: BTreeMap<FieldId, String>,
    pub person: Option<String>,
    pub findings: Vec<Finding>,
    /// Who has it on the screen.
    pub held: Option<String>,
}

impl Problem {
    /// Whether nothing stands against the save.
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_none() && self.wrong.is_empty() && self.person.is_none() && self.held.is_none()
    }
}

impl ReviewScreen {
    /// The screen of an item for this person's part; `posted` and `problem` after a refused save.
    pub(super) async fn of(
        screens: &Screens,
        staff: &Person,
        case: Case,
        part: Part,
        posted: Option<&Posted>,
        problem: Problem,
        chosen: &Chosen,
    ) -> Result<Self, ScreenError> {
        case.note(screens, staff, Act::View, "review").await?;
        let known = reading_of(screens, &case.view);
        let slip = known.filter(|(form, _)| !form.is_ticket());
        let ticket = known.filter(|(form, _)| form.is_ticket());
        let blind = matches!(part, Part::Second(_));
        let rows = match (&case.progress, slip) {
            (Some(progress), Some((form, reading))) => {
                let (reasons, keyings) = (case.item.reasons.as_slice(), case.keyings.as_slice());
                let page = rows::Page { form, reading, reasons, progress, keyings };
                match &part {
                    Part::Second(fields) => rows::second(form, fields, posted, &problem.wrong),
                    Part::Third => rows::third(&page, posted, &problem.wrong),
                    Part::First | Part::Nothing(_) => rows::first(&page, posted, &problem.wrong),
                }
            }
            _ => Vec::new(),
        };
        let asks_person = match &part {
            Part::Second(fields) => fields.iter().any(|field| field.as_str() == PERSON),
            Part::First => keyed_persons(&case.keyings).next().is_none(),
            Part::Third | Part::Nothing(_) => true,
        };
        let person = slip
            .filter(|(form, _)| asks_person && form.claim.is_none())
            .map(|(form, reading)| PersonPart::of(&case, form, reading, posted, problem.person, blind));
        let accepted = posted.map(|posted| posted.accepted.as_slice()).unwrap_or_default();
        let findings = problem.findings.iter().map(|finding| OpenFinding::of(finding, accepted));
        let forms = screens.forms.iter().map(|form| (form.id.to_string(), form.title.clone()));
        let frame = Frame::new(screens, staff, "reviews").await?;
        let (who, since) = (staff.actor.staff.clone(), Timestamp::now() - UNDO_WINDOW);
        let last = screens.store.read_async(move |rows| rows.last_save(&who, since)).await?;
        let reasons =
            if blind { Vec::new() } else { general_reasons(&case.item.reasons, known.map(|k| k.0)) };
        let mut sheet = Sheet::of(screens, &case.view.page);
        if let Some(sheet) = sheet.as_mut().filter(|_| blind) {
            sheet.frames.iter_mut().for_each(|frame| frame.doubt = false);
        }
        Ok(Self {
            waiting: frame.waiting,
            frame,
            facts: PageFacts::of(&case.view, screens),
            sheet,
            reasons,
            blind,
            ready: case.stage() == Stage::Ready,
            stage: case.stage(),
            seen: case.last_keying(),
            can_commit: slip.is_some() && problem.held.is_none(),
            ticket: ticket.map(|(form, reading)| TicketPart::of(form, reading)),
            rows,
            person,
            round: case.view.page.round,
            others: if blind { Vec::new() } else { case.others },
            forms: forms.collect(),
            query: chosen.query(),
            done: chosen.message(),
            problem: problem.words,
            findings: findings.collect(),
            can_take: problem.held.is_some() && staff.may(Right::Arbitrate),
            held: problem.held,
            can_undo: last.is_some(),
            enquiry_kinds: EnquiryKind::ALL,
            return_reasons: &RETURN_REASONS,
            rescan_reasons: &RESCAN_REASONS,
            discard_reasons: &DISCARD_REASONS,
        })
    }

    /// Shows who has it on the screen; nothing can be saved.
    pub(super) fn held_by(&mut self, by: &StaffId, until: Timestamp, may_take: bool) {
        let until = words::moment(until);
        self.held = Some(format!(
            "{by} さんが確認中です（操作がなければ {until} まで）。保存などの操作はできません。"
        ));
        self.can_commit = false;
        self.can_take = may_take;
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
        blind: bool,
    ) -> Self {
        let state = case.progress.as_ref().and_then(|progress| progress.field(PERSON));
        let differ = state.is_some_and(|one| matches!(one.state, FieldState::Third { .. }));
        let stands = state.filter(|_| !blind && !differ).and_then(|one| one.keyed.as_ref()?.value()?.text());
        let stands = case.persons.iter().find(|person| Some(person.resident.id.0.as_str()) == stands);
        let chosen = posted.and_then(|posted| posted.resident).or(stands.map(|person| person.row));
        let mut candidates = if blind || differ {
            // Neither the machine's nor anybody's choice stands out.
            let nobody = MatchOutcome::None;
            person::candidates(&case.persons, &nobody, chosen, people::today())
        } else {
            person::candidates(&case.persons, &case.item.outcome, chosen, people::today())
        };
        if blind {
            person::level(&mut candidates);
        }
        let nobody = candidates.is_empty();
        let hidden = candidates.iter().any(|candidate| candidate.facts.protected);
        Self {
            doubt: blind || differ || state.is_some_and(|one| one.state == FieldState::First) || nobody,
            nobody: posted.is_some_and(|posted| posted.nobody),
            confirmed: posted
                .is_some_and(|posted| posted.confirmed.contains(&FieldId::from(person::CONFIRMED))),
            reasons: if nobody {
                vec!["候補者が見つかりません。検索してください。".into()]
            } else if differ {
                two_persons(case)
            } else {
                Vec::new()
            },
            candidates,
            pictures: person::pictures(form, reading.side, hidden),
            wrong,
        }
    }
}

/// Whom two people took it for, without saying who said what.
fn two_persons(case: &Case) -> Vec<String> {
    let said = keyed_persons(&case.keyings).map(|(_, resident)| {
        let known = case.persons.iter().find(|person| Some(&person.resident.id) == resident.as_ref());
        known.map_or("台帳に該当者なし".to_owned(), |person| {
            let birth = *person.resident.birth_date.reveal();
            format!("{}（{}）", person.resident.name.reveal(), wareki::format(birth))
        })
    });
    let mut said: Vec<String> = said.collect();
    said.sort();
    vec![format!("二人の入力が違います：{}", said.join("　／　"))]
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
            source: finding.source.clone(),
            notice: finding.notice,
            accepted: accepted.contains(&finding.rule),
        }
    }
}
