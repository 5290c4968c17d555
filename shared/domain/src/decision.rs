//! 判定. Commit a page without a person, or say why a person must look.

use crate::form::{Field, FieldKind, Form};
use crate::ids::{FieldId, PageId};
use crate::matching::{Agreement, Candidate, Item, MatchOutcome, explain, match_residents};
use crate::reading::{self, FieldReading, FormReading};
use crate::record::{self, CommitRefused, ProvenSlip, SlipDraft};
use crate::resident::Resident;
use crate::review::ReviewReason;
use crate::roles::Role;
use crate::rules::{self, Circumstances, PastRecord, Values};
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
    /// Other pages on which the same number was read, and that were not sent away.
    pub same_number: &'a [PageId],
    /// Local day on which the page arrived.
    pub scanned_on: Date,
}

/// Who it is, and what is to be done.
pub fn decide(case: &Case) -> (MatchOutcome, Decision) {
    let written = Written::of(case.form, case.reading);
    let outcome = outcome(case, &written);
    let mut reasons = number_reasons(case);
    reasons.extend(case.same_number.iter().map(|page| ReviewReason::DuplicateSlip { page: page.clone() }));
    if let Some(owner) = case.owner.filter(|_| case.slip.is_some()) {
        reasons.extend(person_reasons(case, &written, owner));
    }
    let values = values(case);
    reasons.extend(field_reasons(case, &values));
    let circumstances = Circumstances {
        form: case.form,
        values: &values,
        resident: case.owner,
        history: case.history,
        issued_on: case.slip.map(|slip| slip.issued_on),
        scanned_on: case.scanned_on,
    };
    let findings = rules::findings(&circumstances).into_iter().filter(|finding| {
        // A doubtful field already asks for a person; that it has no value yet is no finding.
        let asked = |field: &FieldId| {
            let doubted = |read: &FieldReading| read.decision == reading::Decision::Review;
            reasons.iter().any(|reason| reason.field() == Some(field))
                || case.reading.field(field.as_str()).is_some_and(doubted)
        };
        !(finding.rule == rules::RuleCode::RequiredBlank && finding.field.as_ref().is_some_and(asked))
    });
    let findings: Vec<ReviewReason> = findings.map(|finding| ReviewReason::Finding { finding }).collect();
    reasons.extend(findings);
    (outcome, conclude(case, values, reasons))
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
    if case.form.sides > 1 {
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
fn values(case: &Case) -> Values {
    let mut values = Values::new();
    for field in record::recorded_fields(case.form).filter(|field| field.side == case.reading.side) {
        let Some(read) = case.reading.field(field.id.as_str()) else { continue };
        if read.decision == reading::Decision::Accept {
            values.insert(field.id.clone(), read.value.clone());
        }
    }
    values
}

/// Doubtful fields. Pictures for people (free handwriting, labels, seals) only count when they are
/// required or critical; a value that would be recorded always counts.
fn field_reasons(case: &Case, values: &Values) -> Vec<ReviewReason> {
    let birth_field = case.form.role(Role::BirthDate).map(|field| &field.id);
    let fields = record::recorded_fields(case.form).filter(|field| field.side == case.reading.side);
    let doubtful = fields.filter(|field| {
        let picture = matches!(field.kind, FieldKind::Image | FieldKind::Sticker | FieldKind::Stamp);
        let counts = field.required || field.critical || !picture;
        counts && !values.contains_key(&field.id) && Some(&field.id) != birth_field
    });
    doubtful
        .map(|field| ReviewReason::FieldDoubtful {
            field: field.id.clone(),
            label: field.label.clone(),
            reason: case.reading.field(field.id.as_str()).and_then(|read| read.reason.clone()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::{Known, agree};
    use crate::ids::ResidentId;
    use crate::personal::Personal;
    use crate::reading::{Alternative, Decision as Read, NOT_SURE, Value};
    use crate::sample::{self, accepted, field};

    /// The office on the day of the scan; each test changes one thing.
    struct Office {
        form: Form,
        reading: FormReading,
        slip: Option<IssuedSlip>,
        owner: Option<Resident>,
        others: Vec<Resident>,
        history: Vec<PastRecord>,
        same_number: Vec<PageId>,
    }

    impl Office {
        fn good() -> Self {
            Self {
                form: sample::form(),
                reading: sample::reading(),
                slip: Some(sample::slip()),
                owner: Some(sample::resident()),
                others: Vec::new(),
                history: Vec::new(),
                same_number: Vec::new(),
            }
        }

        fn decide(&self) -> (MatchOutcome, Decision) {
            let known = Known {
                owner: self.owner.as_ref(),
                kin: &[],
                namesakes: &[],
                clinics: &[],
                sender: None,
                month: None,
                scanned_on: sample::SCANNED_ON,
            };
            decide(&Case {
                form: &self.form,
                reading: &agree(&self.form, &self.reading, &known),
                slip: self.slip.as_ref(),
                owner: self.owner.as_ref(),
                others: &self.others,
                history: &self.history,
                same_number: &self.same_number,
                scanned_on: sample::SCANNED_ON,
            })
        }
    }

    /// The words in `why` of every reason, none for a commit.
    fn check(change: impl FnOnce(&mut Office), expected: &[&str]) -> (MatchOutcome, Decision) {
        let mut office = Office::good();
        change(&mut office);
        let (outcome, decision) = office.decide();
        let whys: Vec<String> = match &decision {
            Decision::Commit(_) => Vec::new(),
            Decision::Review(reasons) => reasons
                .iter()
                .map(|reason| serde_json::to_value(reason).unwrap()["why"].as_str().unwrap().to_owned())
                .collect(),
        };
        assert_eq!(whys, expected);
        assert_eq!(matches!(decision, Decision::Commit(_)), expected.is_empty());
        (outcome, decision)
    }

    fn replace(office: &mut Office, field: crate::reading::FieldReading) {
        office.reading = office.reading.clone().with(field);
    }

    /// A birth date that the reader doubts: its alternatives and their probabilities.
    fn doubtful_birth(alternatives: &[(&str, f64)]) -> crate::reading::FieldReading {
        let mut birth = field("birth_date", Value::Text(alternatives[0].0.into()), Read::Review);
        birth.confidence = alternatives[0].1;
        birth.reason = Some(NOT_SURE.to_owned());
        let alternative = |(value, probability): &(&str, f64)| Alternative {
            value: Personal::new((*value).into()),
            probability: *probability,
        };
        birth.alternatives = alternatives.iter().map(alternative).collect();
        birth
    }

    #[test]
    fn a_slip_on_which_everything_agrees_is_committed() {
        let (outcome, decision) = check(|_| {}, &[]);
        assert!(matches!(outcome, MatchOutcome::One { .. }));
        let Decision::Commit(slip) = decision else { unreachable!("checked above") };
        assert_eq!(slip.number(), Some(&sample::number()));
        assert!(slip.values().contains_key(&"temperature".into()));
        assert!(!slip.values().contains_key(&"name".into()), "our own print is no value of the record");
    }

    #[test]
    fn the_number_must_be_certain_issued_and_of_this_form() {
        check(|o| o.reading.management_number = None, &["number_missing"]);
        check(
            |o| {
                let number = o.reading.management_number.as_mut().unwrap();
                (number.decision, number.reason) = (Read::Review, Some("バーコードと数字が違います".into()));
            },
            &["number_doubtful"],
        );
        check(|o| o.slip = None, &["number_unknown"]);
        check(|o| o.slip.as_mut().unwrap().form = "other".into(), &["number_of_other_form"]);
        check(|o| o.slip.as_mut().unwrap().form_version = 2, &["number_of_other_form"]);
        check(|o| o.owner = None, &["owner_missing"]);
        check(|o| o.same_number = vec!["other-1".into()], &["duplicate_slip"]);
        check(|o| o.form.sides = 2, &["two_sided"]);
    }

    #[test]
    fn the_birth_date_is_the_second_witness() {
        check(|o| replace(o, accepted("birth_date", "1958-09-30")), &["birth_date_differs"]);
        // An accepted value always counts against, however near it is.
        check(|o| replace(o, accepted("birth_date", "1941-03-04")), &["birth_date_differs"]);
        check(|o| replace(o, field("birth_date", Value::Blank, Read::Accept)), &["birth_date_unconfirmed"]);
        check(|o| o.reading = o.reading.clone().without("birth_date"), &["birth_date_unconfirmed"]);
        check(
            |o| replace(o, doubtful_birth(&[("1941-03-04", 0.9), ("1942-03-04", 0.1)])),
            &["birth_date_unconfirmed"],
        );
        check(
            |o| {
                // Whose slip it is, is not certain: then nothing is raised.
                o.owner = None;
                replace(o, doubtful_birth(&[("1941-03-04", 0.7), ("1947-03-04", 0.29)]));
            },
            &["owner_missing"],
        );
        check(
            |o| replace(o, doubtful_birth(&[("1941-03-04", 0.95), ("1947-03-04", 0.04)])),
            &["birth_date_unconfirmed"],
        );
    }

    #[test]
    fn the_register_raises_a_doubtful_birth_date_that_the_ink_allows() {
        let (_, decision) =
            check(|o| replace(o, doubtful_birth(&[("1941-03-04", 0.7), ("1947-03-04", 0.29)])), &[]);
        let Decision::Commit(slip) = decision else { unreachable!("checked above") };
        assert_eq!(slip.values()[&"birth_date".into()], Value::Text("1947-03-04".into()));
    }

    #[test]
    fn a_form_without_a_written_birth_date_needs_another_witness() {
        let without = |o: &mut Office| o.form.fields.retain(|field| field.id.as_str() != "birth_date");
        check(without, &[]);
        check(
            |o| {
                without(o);
                o.reading = o.reading.clone().without("name").without("kana");
            },
            &["person_unconfirmed"],
        );
    }

    #[test]
    fn print_never_asks_for_a_person_unless_it_contradicts() {
        check(|o| o.reading = o.reading.clone().without("name"), &[]);
        check(|o| replace(o, field("name", Value::Text("架空次郎".into()), Read::Review)), &[]);
        check(|o| replace(o, accepted("name", "渡邊花チ")), &[]);
        check(|o| replace(o, accepted("name", "架空次郎")), &["printed_differs"]);
    }

    #[test]
    fn what_is_not_certain_is_reviewed() {
        let doubtful = |id| field(id, Value::Text("clinic".into()), Read::Review);
        check(|o| replace(o, doubtful("consent")), &["field_doubtful"]);
        check(|o| replace(o, doubtful("place")), &["field_doubtful"]);
        check(|o| replace(o, doubtful("lot")), &["field_doubtful"]);
        check(|o| replace(o, doubtful("remarks")), &[]);
        check(|o| o.reading = o.reading.clone().without("temperature"), &["field_doubtful"]);
        check(|o| replace(o, field("place", Value::Blank, Read::Accept)), &[]);
        check(|o| replace(o, field("temperature", Value::Blank, Read::Accept)), &["finding"]);
        check(|o| replace(o, accepted("temperature", "37.8")), &["finding"]);
        check(|o| replace(o, accepted("visit_date", "2026-11-21")), &["finding"]);
        check(|o| replace(o, accepted("visit_date", "2031-11-02")), &["finding"]);
    }

    #[test]
    fn history_and_residence_count() {
        check(
            |o| o.owner.as_mut().unwrap().resident_until = Some(jiff::civil::date(2026, 11, 1)),
            &["finding"],
        );
        let past = PastRecord {
            page: "earlier-1".into(),
            programme: "trial".into(),
            service_date: jiff::civil::date(2026, 10, 10),
            values: Values::new(),
        };
        check(|o| o.history = vec![past], &["finding"]);
    }

    #[test]
    fn a_wrong_persons_slip_shows_the_candidate_whose_birth_date_it_bears() {
        let stranger = Resident {
            id: ResidentId("10000002".into()),
            birth_date: Personal::new(jiff::civil::date(1958, 9, 30)),
            ..sample::resident()
        };
        let (outcome, _) = check(
            |o| {
                o.others = vec![stranger.clone()];
                replace(o, accepted("birth_date", "1958-09-30"));
            },
            &["birth_date_differs"],
        );
        assert!(outcome.candidates().iter().any(|candidate| candidate.resident == stranger.id));
    }
}
