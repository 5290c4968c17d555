//! One slip that is committed, and everything that sends it to a person.

use super::*;
use crate::agreement::{Known, agree};
use crate::form::{Calculation, Copies, DigitsRule, Operation};
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
            programmes: &sample::programmes(),
            lots: &[],
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
fn of_a_set_of_copies_only_one_makes_the_record() {
    let set = |o: &mut Office, side: u8| {
        o.form.copies = Some(Copies { names: vec!["受診者用".into(), "市用".into()], recorded: 2 });
        o.form.sides = 2;
        o.form.fields.iter_mut().for_each(|field| (field.side, field.on_every_copy) = (2, true));
        o.reading.side = side;
    };
    check(|o| set(o, 2), &[]);
    let (_, decision) = check(
        |o| {
            set(o, 1);
            // The city's sheet was here before: that is no reason to look twice.
            o.same_number = vec!["other-1".into()];
        },
        &["unrecorded_copy"],
    );
    let Decision::Review(reasons) = decision else { unreachable!("checked above") };
    assert_eq!(reasons[0].text(), "受診者用の控えです。記録には使いません。市用の票を読み取ってください");
}

#[test]
fn a_form_of_no_resident_is_looked_through_with_its_sums() {
    let office = Office::good();
    let mut form = office.form.clone();
    (form.programme, form.title) = (None, "請求書".into());
    let temperature = form.field("temperature").unwrap().clone();
    let digits = FieldKind::Digits(DigitsRule::default());
    for id in ["count", "price", "amount"] {
        form.fields.push(Field {
            id: id.into(),
            label: id.into(),
            kind: digits.clone(),
            ..temperature.clone()
        });
    }
    form.calculations.push(Calculation {
        operation: Operation::Product,
        of: vec!["count".into(), "price".into()],
        gives: "amount".into(),
    });
    let texts = |amount: FieldReading| {
        let mut reading = office.reading.clone();
        reading.fields.extend([accepted("count", "12"), accepted("price", "4504"), amount]);
        look_through(&form, &reading).iter().map(ReviewReason::text).collect::<Vec<_>>()
    };
    let first = "請求書は個人の記録になりません。値を確かめ、請求の担当へ回してください";
    assert_eq!(texts(accepted("amount", "54048")), [first]);
    assert_eq!(texts(accepted("amount", "54049")), [first, "「amount」が、count×priceと合いません。"]);
    let doubt = field("amount", Value::Text("54049".into()), Read::Review);
    assert_eq!(texts(doubt), [first, "「amount」の読取りが確実ではありません（かすれています）"]);
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
    check(|o| o.owner.as_mut().unwrap().resident_until = Some(jiff::civil::date(2026, 11, 1)), &["finding"]);
    let past = PastRecord {
        page: Some("earlier-1".into()),
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
