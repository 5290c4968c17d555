//! 判定. Commit a page without a person, or say why a person must look.

use crate::form::{Field, FieldKind, Form};
use crate::ids::{FieldId, PageId};
use crate::lot::Lot;
use crate::matching::{Agreement, Candidate, Item, MatchOutcome, explain, match_residents};
use crate::programme::Programmes;
use crate::reading::{self, FieldReading, FormReading};
use crate::record::{self, CommitRefused, ProvenSlip, SlipDraft};
use crate::resident::Resident;
use crate::review::ReviewReason;
use crate::roles::Role;
use crate::rules::{self, Circumstances, Finding, PastRecord, Values};
use crate::slip::IssuedSlip;
use crate::written::Written;
use jiff::civil::Date;

/// 判定.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Everything agrees: the record is proven.
    Commit(Box<ProvenSlip>),
    /// A person looks, for these reasons (never none).
    Review(Vec<ReviewReason>),
}

/// 案件. Everything known about one slip page at the moment of the decision.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The form of the page.
    pub form: &'a Form,
    /// What the reader saw, after [`crate::agreement::agree`].
    pub reading: &'a FormReading,
    /// The slip issued under the number read, if there is one.
    pub slip: Option<&'a IssuedSlip>,
    /// Its owner as in the register today.
    pub owner: Option<&'a Resident>,
    /// Others who may be meant (looked up by birth date, name, kana).
    pub others: &'a [Resident],
    /// The owner's standing records.
    pub history: &'a [PastRecord],
    /// The rules of every programme.
    pub programmes: &'a Programmes,
    /// What is known of the lot on the slip.
    pub lots: &'a [Lot],
    /// Other pages on which the same number was read, and that were not sent away.
    pub same_number: &'a [PageId],
    /// Local day on which the page arrived.
    pub scanned_on: Date,
}

/// Who it is, and what is to be done.
pub fn decide(case: &Case) -> (MatchOutcome, Decision) {
    let written = Written::of(case.form, case.reading);
    let outcome = outcome(case, &written);
    if let Some(copy) = case.form.unrecorded_copy(case.reading.side) {
        // Whatever else there is to say of it, it is the other sheet that counts.
        return (outcome, Decision::Review(vec![unrecorded(case.form, copy)]));
    }
    let mut reasons = number_reasons(case);
    reasons.extend(case.same_number.iter().map(|page| ReviewReason::DuplicateSlip { page: page.clone() }));
    if let Some(owner) = case.owner.filter(|_| case.slip.is_some()) {
        reasons.extend(person_reasons(case, &written, owner));
    }
    let values = values(case.form, case.reading);
    reasons.extend(field_reasons(case.form, case.reading, &values));
    let circumstances = Circumstances {
        form: case.form,
        values: &values,
        resident: case.owner,
        history: case.history,
        programmes: case.programmes,
        lots: case.lots,
        issued_on: case.slip.map(|slip| slip.issued_on),
        scanned_on: case.scanned_on,
    };
    // Notices ask for nobody; they are kept with the record.
    let mut findings = rules::findings(&circumstances);
    findings.retain(|finding| !finding.notice);
    add_findings(case.reading, findings, &mut reasons);
    (outcome, conclude(case, values, reasons))
}

/// What a person looks at on a form that belongs to no resident, such as a clinic's claim (never nothing).
pub fn look_through(form: &Form, reading: &FormReading) -> Vec<ReviewReason> {
    let values = values(form, reading);
    let title = form.title.clone();
    let mut reasons = vec![match form.claim {
        Some(_) => ReviewReason::ClinicClaim { title },
        None => ReviewReason::NotOfResident { title },
    }];
    reasons.extend(field_reasons(form, reading, &values));
    add_findings(reading, rules::of_paper(form, &values), &mut reasons);
    reasons
}

fn add_findings(reading: &FormReading, findings: Vec<Finding>, reasons: &mut Vec<ReviewReason>) {
    let news = findings.into_iter().filter(|finding| {
        // A doubtful field already asks for a person; that it has no value yet is no finding.
        let asked = |field: &FieldId| {
            let doubted = |read: &FieldReading| read.decision == reading::Decision::Review;
            reasons.iter().any(|reason| reason.field() == Some(field))
                || reading.field(field.as_str()).is_some_and(doubted)
        };
        !(finding.rule == rules::RuleCode::RequiredBlank && finding.field.as_ref().is_some_and(asked))
    });
    let news: Vec<ReviewReason> = news.map(|finding| ReviewReason::Finding { finding }).collect();
    reasons.extend(news);
}

fn conclude(case: &Case, values: Values, mut reasons: Vec<ReviewReason>) -> Decision {
    let (Some(slip), Some(owner)) = (case.slip, case.owner) else {
        return Decision::Review(reasons);
    };
    if !reasons.is_empty() {
        return Decision::Review(reasons);
    }
    let draft = SlipDraft {
        form: case.form,
        number: Some(slip.number.clone()),
        resident: owner,
        values,
        history: case.history,
        programmes: case.programmes,
        lots: case.lots,
        issued_on: Some(slip.issued_on),
        scanned_on: case.scanned_on,
        accepted: &[],
    };
    match record::commit(draft) {
        Ok(proven) => Decision::Commit(Box::new(proven)),
        Err(refused) => {
            reasons.push(refusal(refused));
            Decision::Review(reasons)
        }
    }
}

fn refusal(refused: CommitRefused) -> ReviewReason {
    ReviewReason::CannotCommit { refused }
}

fn outcome(case: &Case, written: &Written) -> MatchOutcome {
    let owner = case.slip.zip(case.owner);
    match owner {
        // The number names the person; the comparison explains it. Everybody else is noise then,
        // unless the comparison speaks against the owner.
        Some((slip, owner)) => {
            let candidate = explain(written, owner, Some(&slip.resident));
            if candidate.agreement(Item::BirthDate) != Agreement::Different {
                return MatchOutcome::One { candidate };
            }
            let mut residents = vec![owner.clone()];
            residents.extend_from_slice(case.others);
            match_residents(written, &residents, Some((&slip.number, &slip.resident)))
        }
        None => match_residents(written, case.others, None),
    }
}

/// Whether the number can be believed and names a slip of this very form.
fn number_reasons(case: &Case) -> Vec<ReviewReason> {
    let mut reasons = Vec::new();
    if case.form.sides > 1 && case.form.copies.is_none() {
        reasons.push(ReviewReason::TwoSided);
    }
    let number = case.reading.management_number.as_ref().filter(|number| number.value.is_some());
    match number {
        None => reasons.push(ReviewReason::NumberMissing),
        Some(number) => {
            if number.decision == reading::Decision::Review {
                reasons.push(ReviewReason::NumberDoubtful { reason: number.reason.clone() });
            }
            match case.slip {
                None => reasons.push(ReviewReason::NumberUnknown),
                Some(slip) if slip.form != case.form.id || slip.form_version != case.form.version => {
                    reasons.push(ReviewReason::NumberOfOtherForm);
                }
                Some(_) if case.owner.is_none() => reasons.push(ReviewReason::OwnerMissing),
                Some(_) => {}
            }
        }
    }
    reasons
}

/// A copy of a set that makes no record, and which one does.
fn unrecorded(form: &Form, copy: &str) -> ReviewReason {
    let recorded = form.copies.as_ref().and_then(|copies| copies.names.get(usize::from(copies.recorded) - 1));
    ReviewReason::UnrecordedCopy { copy: copy.to_owned(), recorded: recorded.cloned().unwrap_or_default() }
}

/// Whether the paper says the same person as the number. Agreement may raise a doubt;
/// an accepted value that differs always lowers.
fn person_reasons(case: &Case, written: &Written, owner: &Resident) -> Vec<ReviewReason> {
    let candidate = explain(written, owner, None);
    let mut reasons = printed_differences(case.form, written, &candidate);
    match case.form.role(Role::BirthDate) {
        Some(field) => reasons.extend(birth_reason(field, written, owner)),
        None => {
            let printed = [Item::BirthDate, Item::Kana, Item::Name];
            if !printed.iter().any(|item| candidate.agreement(*item).supports()) {
                reasons.push(ReviewReason::PersonUnconfirmed);
            }
        }
    }
    reasons
}

fn birth_reason(field: &Field, written: &Written, owner: &Resident) -> Option<ReviewReason> {
    let register = *owner.birth_date.reveal();
    let read = written.birth.first().map(|first| *first.date.reveal());
    let field = field.id.clone();
    match read {
        Some(read) if read == register && written.birth_accepted => None,
        Some(_) if written.birth_accepted => Some(ReviewReason::BirthDateDiffers { field }),
        _ => Some(ReviewReason::BirthDateUnconfirmed { field }),
    }
}

/// Print that the reader accepted and that says somebody else (or somebody since renamed).
fn printed_differences(form: &Form, written: &Written, candidate: &Candidate) -> Vec<ReviewReason> {
    use crate::form::PrintSource;
    let printed_birth = written.printed_birth.as_ref();
    // The agreement of the birth date speaks of the written one where there is one.
    let birth_differs = printed_birth.is_some_and(|printed| printed.accepted) && written.birth.is_empty();
    let accepted = |words: &Option<crate::written::Words>| words.as_ref().is_some_and(|w| w.accepted);
    let checks = [
        (PrintSource::BirthDate, Item::BirthDate, birth_differs),
        (PrintSource::Name, Item::Name, accepted(&written.name)),
        (PrintSource::Kana, Item::Kana, accepted(&written.kana)),
    ];
    let differing = checks
        .into_iter()
        .filter(|(_, item, accepted)| *accepted && candidate.agreement(*item) == Agreement::Different);
    let fields = differing.filter_map(|(source, ..)| form.printed(source));
    fields
        .map(|field| ReviewReason::PrintedDiffers { field: field.id.clone(), label: field.label.clone() })
        .collect()
}

/// The values that may stand: those accepted, by the reader or in agreement with the register.
pub fn values(form: &Form, reading: &FormReading) -> Values {
    let mut values = Values::new();
    for field in record::recorded_fields(form).filter(|field| field.is_on(reading.side)) {
        let Some(read) = reading.field(field.id.as_str()) else { continue };
        if read.decision == reading::Decision::Accept {
            values.insert(field.id.clone(), read.value.clone());
        }
    }
    values
}

/// Doubtful fields. Pictures for people (free handwriting, labels, seals) only count when they are
/// required or critical; a value that would be recorded always counts.
fn field_reasons(form: &Form, reading: &FormReading, values: &Values) -> Vec<ReviewReason> {
    let birth_field = form.role(Role::BirthDate).map(|field| &field.id);
    let fields = record::recorded_fields(form).filter(|field| field.is_on(reading.side));
    let doubtful = fields.filter(|field| {
        let picture = matches!(field.kind, FieldKind::Image | FieldKind::Sticker | FieldKind::Stamp);
        let counts = field.required || field.critical || !picture;
        counts && !values.contains_key(&field.id) && Some(&field.id) != birth_field
    });
    doubtful
        .map(|field| ReviewReason::FieldDoubtful {
            field: field.id.clone(),
            label: field.label.clone(),
            reason: reading.field(field.id.as_str()).and_then(|read| read.reason.clone()),
        })
        .collect()
}

#[cfg(test)]
mod tests;
