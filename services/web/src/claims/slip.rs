//! 票. One slip of a clinic-month in words: on the list, and in full beside its snippets.

use super::search::decision_words;
use crate::Screens;
use crate::people::{self, PersonFacts};
use crate::words;
use domain::claim::reconcile::{ClaimReport, SlipReport};
use domain::claim::settlement::{Settlement, Standing};
use domain::claim::{ClaimClass, ClaimFault, ClaimReason, ClaimStep, ClinicMonth, SlipDecision};
use domain::resident::Resident;
use domain::wareki;
use store::{Error, Rows, StepRow};

/// Standings in the order of work.
pub const WORK: [Standing; 6] = [
    Standing::ToDecide,
    Standing::Held,
    Standing::Returned,
    Standing::Cut,
    Standing::Accepted,
    Standing::Clean,
];

/// One line of the list.
pub struct Line {
    /// Number of its record: names nobody.
    pub record: i64,
    /// 実施日, short.
    pub day: String,
    /// What for.
    pub title: String,
    /// Which dose; empty when it is not told.
    pub round: String,
    /// Which class, when it is not the usual one.
    pub class: String,
    /// The worst finding.
    pub fault: &'static str,
    /// How many more there are.
    pub more: usize,
    /// Where it stands.
    pub standing: Standing,
    /// What the city pays for it, yen.
    pub amount: String,
    /// Whether it is the one beside the list.
    pub current: bool,
}

/// The order of the list: what has to be decided first, worst findings first.
pub fn ranked<'r>(report: &'r ClaimReport, settlement: &Settlement) -> Vec<(Standing, &'r SlipReport)> {
    let mut slips: Vec<_> = report.slips.iter().map(|slip| (settlement.standing(slip), slip)).collect();
    slips.sort_by_key(|(standing, slip)| {
        let place = WORK.iter().position(|one| one == standing);
        let worst = slip.findings.iter().map(|finding| finding.fault).min();
        (place, worst.is_none(), worst, slip.slip.service_date, slip.slip.record)
    });
    slips
}

impl Line {
    /// The words for one slip.
    pub fn of(standing: Standing, report: &SlipReport, screens: &Screens, current: bool) -> Self {
        let slip = &report.slip;
        Self {
            record: slip.record,
            day: format!("{}/{}", slip.service_date.month(), slip.service_date.day()),
            title: words::programme_title(&screens.forms, slip.programme.as_str()),
            round: slip.round.map(|round| round.to_string()).unwrap_or_default(),
            class: match slip.class {
                ClaimClass::General => String::new(),
                class => class.label().to_owned(),
            },
            fault: report.findings.first().map_or("", |finding| finding.fault.label()),
            more: report.findings.len().saturating_sub(1),
            standing,
            amount: report.price.as_ref().map_or_else(|| "―".to_owned(), |price| price.payable.to_string()),
            current,
        }
    }
}

/// One slip in full.
pub struct Detail {
    /// Number of its record.
    pub record: i64,
    /// Its page.
    pub page: String,
    /// What for.
    pub title: String,
    /// Which dose.
    pub round: String,
    /// Which class.
    pub class: &'static str,
    /// 実施日.
    pub day: String,
    /// Lot as written.
    pub lot: String,
    /// 管理番号.
    pub number: String,
    /// Whose.
    pub person: Option<PersonFacts>,
    /// How its price comes about.
    pub price: String,
    /// What the city pays, yen.
    pub amount: Option<String>,
    /// The fee of the visit, in words.
    pub fee: String,
    /// The line of the claim that it belongs to, from 1.
    pub line: Option<usize>,
    /// What speaks against it.
    pub findings: Vec<Finding>,
    /// Where it stands.
    pub standing: Standing,
    /// What was decided, by whom.
    pub decided: Option<String>,
    /// What was seen: goes back with a decision.
    pub seen: String,
    /// The reason that fits the worst finding.
    pub suggested: &'static str,
    /// What other claims did with it: sentence, month, clinic.
    pub elsewhere: Vec<(String, String, String)>,
    /// Whether it came again in a later claim.
    pub superseded: bool,
}

/// One finding beside its snippet.
pub struct Finding {
    /// What kind.
    pub label: &'static str,
    /// The sentence.
    pub text: String,
    /// Where the rule stands.
    pub source: String,
    /// The field whose snippet is shown.
    pub field: Option<String>,
    /// What people call that field.
    pub field_label: String,
    /// Whether somebody has to decide.
    pub must: bool,
    /// Another page that it is about.
    pub other: Option<String>,
}

impl Detail {
    /// Everything about one slip, and whose it is (for the access log).
    ///
    /// # Errors
    /// The database failed.
    pub fn of(
        rows: &Rows,
        report: &SlipReport,
        claim: &ClaimReport,
        settlement: &Settlement,
        screens: &Screens,
    ) -> Result<Self, Error> {
        let slip = &report.slip;
        let resident = rows.resident(&slip.resident)?;
        let row = rows.resident_row(&slip.resident)?;
        let facts = |resident: &Resident| {
            row.map(|row| PersonFacts::of(row, resident, slip.service_date.max(people::today())))
        };
        let steps = rows.slip_steps(&slip.key)?;
        let record = rows.record(slip.record)?;
        let form = record.as_ref().and_then(|record| screens.form(record.form.as_str()));
        let label = |field: &domain::ids::FieldId| {
            form.and_then(|form| form.field(field.as_str()))
                .map_or(String::new(), |field| field.label.clone())
        };
        let finding = |finding: &domain::claim::ClaimFinding| Finding {
            label: finding.fault.label(),
            text: finding.text.clone(),
            source: finding.source.clone(),
            field: finding.field.as_ref().map(ToString::to_string),
            field_label: finding.field.as_ref().map(label).unwrap_or_default(),
            must: finding.fault.must_be_decided(),
            other: finding.other.as_ref().map(ToString::to_string),
        };
        let worst = report.findings.iter().map(|finding| finding.fault).find(|fault| fault.must_be_decided());
        Ok(Self {
            record: slip.record,
            page: slip.page.to_string(),
            title: words::programme_title(&screens.forms, slip.programme.as_str()),
            round: slip.round.map(|round| round.to_string()).unwrap_or_default(),
            class: slip.class.label(),
            day: wareki::format(slip.service_date),
            lot: slip.lot.clone().unwrap_or_default(),
            number: record
                .and_then(|record| record.management_number)
                .map(|number| number.0)
                .unwrap_or_default(),
            person: resident.as_ref().and_then(facts),
            price: report
                .price
                .as_ref()
                .map_or_else(|| "単価表に単価がありません".to_owned(), |price| price.words.clone()),
            amount: report.price.as_ref().map(|price| price.payable.to_string()),
            fee: report.price.as_ref().and_then(fee_words).unwrap_or_default(),
            line: report.line.map(|at| at + 1),
            findings: report.findings.iter().map(finding).collect(),
            standing: settlement.standing(report),
            decided: settlement
                .decisions
                .get(&slip.key)
                .map(|decided| format!("{}（{}）", decision_words(&decided.decision), decided.staff)),
            seen: report.seen.clone(),
            suggested: worst.map_or(ClaimReason::Other, suggested).as_str(),
            elsewhere: elsewhere(&steps, claim),
            superseded: slip.superseded,
        })
    }
}

fn fee_words(price: &domain::claim::reconcile::SlipPrice) -> Option<String> {
    let fee = price.visit_fee?;
    let again = if price.fee_again { "（同じ受診のほかの票とまとめて1回）" } else { "" };
    Some(format!("ほかに診察料 {fee}円{again}"))
}

/// The last word of every other claim on this slip.
fn elsewhere(steps: &[(ClinicMonth, StepRow)], claim: &ClaimReport) -> Vec<(String, String, String)> {
    let mut told: Vec<(String, String, String)> = Vec::new();
    for (of, row) in steps.iter().filter(|(of, _)| *of != claim.of) {
        let place = (of.month.to_string(), of.clinic.to_string());
        told.retain(|(_, month, clinic)| (month, clinic) != (&place.0, &place.1));
        if let ClaimStep::Decide { decision, .. } = &row.taken.step {
            let month = of.month.label();
            let words = match decision {
                SlipDecision::Return { reason, .. } => {
                    format!("{month}の請求で返戻（{}）した票の再提出です。", reason.label())
                }
                other => format!("{month}の請求での判断：{}", decision_words(other)),
            };
            told.push((words, place.0, place.1));
        }
    }
    told
}

/// The reason that a clerk most likely gives for a fault.
pub fn suggested(fault: ClaimFault) -> ClaimReason {
    use ClaimFault as F;
    match fault {
        F::DuplicateInClaim | F::DuplicateOverMonths | F::DuplicateInHistory => ClaimReason::Duplicate,
        F::NotResident => ClaimReason::OtherCity,
        F::Age => ClaimReason::Age,
        F::NotEligible | F::NoContract | F::Season => ClaimReason::NotEligible,
        F::Interval => ClaimReason::Interval,
        F::Round => ClaimReason::TooMany,
        F::WrongVaccine => ClaimReason::WrongVaccine,
        F::LotMissing | F::LotExpired | F::LotImpossible => ClaimReason::Lot,
        F::SignatureMissing => ClaimReason::NoSignature,
        F::ConsentMissing => ClaimReason::NoConsent,
        F::WrongClass | F::WrongPrice | F::NoPrice | F::VisitFee | F::Arithmetic => ClaimReason::Amount,
        F::JudgementMissing | F::Incomplete => ClaimReason::Incomplete,
        _ => ClaimReason::Other,
    }
}
