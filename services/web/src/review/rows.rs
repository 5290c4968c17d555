//! The rows of the review screen: one field each, its picture beside its value.

use super::posted::Posted;
use crate::{dates, words};
use domain::form::{Field, FieldKind, Form, YearStyle};
use domain::ids::FieldId;
use domain::reading::{Decision, FieldReading, FormReading, Value};
use domain::record;
use domain::review::ReviewReason;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// One field on the review screen.
#[derive(Debug)]
pub struct FieldRow {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// Whether a value is expected.
    pub required: bool,
    /// How it is entered.
    pub entry: Entry,
    /// How to type it.
    pub hint: String,
    /// What the machine read, in words.
    pub machine: String,
    /// Whether the machine is certain.
    pub sure: bool,
    /// Why a person looks at this field.
    pub reasons: Vec<String>,
    /// Whether a person must confirm it.
    pub doubt: bool,
    /// Whether the person did.
    pub confirmed: bool,
    /// Whether the person cannot read it.
    pub illegible: bool,
    /// What is wrong with the value sent.
    pub wrong: Option<String>,
    /// Whether it is the first of those that need no look.
    pub first_sure: bool,
}

/// How a field is entered.
#[derive(Debug)]
pub enum Entry {
    /// Typed.
    Text {
        /// What stands in the input.
        value: String,
        /// `numeric` for a digit keyboard, else `text`.
        mode: &'static str,
    },
    /// One or several of a few.
    Options {
        /// `radio` or `checkbox`.
        input: &'static str,
        /// Every option, a blank one last for single choices.
        options: Vec<Choice>,
    },
}

/// One option.
#[derive(Debug)]
pub struct Choice {
    /// Sent when chosen.
    pub value: String,
    /// Shown.
    pub label: String,
    /// The key that chooses it.
    pub key: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// The fields that a person decides: everything that a record keeps, and the management number.
pub fn keyed_fields(form: &Form, side: u8) -> impl Iterator<Item = &Field> {
    let number = form.number_field().map(|(field, _)| field);
    number.into_iter().chain(record::recorded_fields(form)).filter(move |field| field.is_on(side))
}

/// The rows of a page, doubtful ones first.
pub fn rows(
    form: &Form,
    reading: &FormReading,
    reasons: &[ReviewReason],
    posted: Option<&Posted>,
    wrong: &BTreeMap<FieldId, String>,
) -> Vec<FieldRow> {
    let mut rows: Vec<FieldRow> = keyed_fields(form, reading.side)
        .map(|field| {
            let mut row = row(form, field, reading, reasons, posted);
            row.wrong = wrong.get(&field.id).cloned();
            row
        })
        .collect();
    rows.sort_by_key(|row| !row.doubt);
    if let Some(row) = rows.iter_mut().find(|row| !row.doubt) {
        row.first_sure = true;
    }
    rows
}

/// Whether a person must confirm this field.
pub fn is_doubtful(form: &Form, field: &Field, reasons: &[ReviewReason]) -> bool {
    if is_number(form, field) {
        return reasons.iter().any(is_about_number);
    }
    reasons.iter().any(|reason| reason.field() == Some(&field.id))
}

/// What the machine read in a field.
pub fn machine_value(form: &Form, field: &Field, reading: &FormReading) -> Value {
    if is_number(form, field) {
        let number = reading.management_number.as_ref().and_then(|number| number.value.as_ref());
        return number.map_or(Value::Blank, |number| Value::Text(number.reveal().clone()));
    }
    reading.field(field.id.as_str()).map(|read| read.value.clone()).unwrap_or_default()
}

/// Whether `field` carries the management number.
pub fn is_number(form: &Form, field: &Field) -> bool {
    form.number_field().is_some_and(|(number, _)| number.id == field.id)
}

fn is_about_number(reason: &ReviewReason) -> bool {
    use ReviewReason::*;
    matches!(reason, NumberMissing | NumberDoubtful { .. } | NumberUnknown | NumberOfOtherForm)
}

fn row(
    form: &Form,
    field: &Field,
    reading: &FormReading,
    reasons: &[ReviewReason],
    posted: Option<&Posted>,
) -> FieldRow {
    let read = reading.field(field.id.as_str());
    let machine = machine_value(form, field, reading);
    let about_it = |reason: &&ReviewReason| {
        reason.field() == Some(&field.id) || (is_number(form, field) && is_about_number(reason))
    };
    let entered = match posted {
        Some(posted) => posted.typed(&field.id).into_iter().map(str::to_owned).collect(),
        None => typed_form(field, &machine),
    };
    FieldRow {
        id: field.id.to_string(),
        label: field.label.clone(),
        required: field.required,
        entry: entry(field, &entered),
        hint: hint(field),
        machine: words::value(field, &machine),
        sure: is_sure(form, field, reading, read),
        reasons: reasons.iter().filter(about_it).map(|reason| reason_in_row(reason, field)).collect(),
        doubt: is_doubtful(form, field, reasons),
        first_sure: false,
        confirmed: posted.is_some_and(|posted| posted.confirmed.contains(&field.id)),
        illegible: posted.is_some_and(|posted| posted.illegible.contains(&field.id)),
        wrong: None,
    }
}

fn is_sure(form: &Form, field: &Field, reading: &FormReading, read: Option<&FieldReading>) -> bool {
    let number = reading.management_number.as_ref().filter(|_| is_number(form, field));
    number.map(|number| number.decision).or(read.map(|read| read.decision)) == Some(Decision::Accept)
}

/// Beside the field its name need not be said again.
fn reason_in_row(reason: &ReviewReason, field: &Field) -> String {
    match reason {
        ReviewReason::FieldDoubtful { reason: Some(reason), .. } => reason.clone(),
        ReviewReason::FieldDoubtful { reason: None, .. } => "読取りが確実ではありません".to_owned(),
        other => other.text().replace(&format!("「{}」", field.label), "この項目"),
    }
}

/// A value as a person would type it.
fn typed_form(field: &Field, value: &Value) -> Vec<String> {
    match value {
        Value::Blank => Vec::new(),
        Value::Several(several) => several.clone(),
        Value::Text(text) => match &field.kind {
            // A label was seen, but its number has to be keyed.
            FieldKind::Sticker if text == "present" => Vec::new(),
            FieldKind::Date(rule) if rule.year != YearStyle::Civil => {
                vec![text.parse::<Date>().map_or_else(|_| text.clone(), dates::short)]
            }
            _ => vec![text.clone()],
        },
    }
}

fn entry(field: &Field, entered: &[String]) -> Entry {
    let fixed = |pairs: &[(&str, &str)]| single(pairs.iter().copied(), entered);
    match &field.kind {
        FieldKind::Choice { multiple: true } => Entry::Options {
            input: "checkbox",
            options: choices(field.options.iter().map(|o| (o.value.as_str(), o.label.as_str())), entered),
        },
        FieldKind::Choice { multiple: false } => {
            single(field.options.iter().map(|o| (o.value.as_str(), o.label.as_str())), entered)
        }
        FieldKind::Mark => fixed(&[("on", "印あり"), ("off", "印なし"), ("cancelled", "取消")]),
        FieldKind::Stamp => fixed(&[("present", "あり"), ("absent", "なし")]),
        FieldKind::Image => fixed(&[("present", "記入あり")]),
        kind => {
            let numeric = matches!(kind, FieldKind::Digits(_) | FieldKind::Barcode(_));
            let value = entered.first().cloned().unwrap_or_default();
            Entry::Text { value, mode: if numeric { "numeric" } else { "text" } }
        }
    }
}

fn choices<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>, entered: &[String]) -> Vec<Choice> {
    let choice = |(at, (value, label)): (usize, (&str, &str))| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        key: if at < 9 { (at + 1).to_string() } else { String::new() },
        chosen: entered.iter().any(|one| one == value),
    };
    pairs.enumerate().map(choice).collect()
}

fn single<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>, entered: &[String]) -> Entry {
    let mut options = choices(pairs, entered);
    let chosen = entered.iter().all(String::is_empty);
    options.push(Choice { value: String::new(), label: "空欄".into(), key: "0".into(), chosen });
    Entry::Options { input: "radio", options }
}

fn hint(field: &Field) -> String {
    match &field.kind {
        FieldKind::Date(_) => "例 R8.10.3、S25.3.4".to_owned(),
        FieldKind::Digits(rule) if rule.decimals > 0 => field.pattern().unwrap_or_default().replace('N', "9"),
        FieldKind::Digits(rule) if rule.may_be_short => format!("{}桁まで", field.boxes.len()),
        FieldKind::Digits(_) => format!("{}桁", field.boxes.len()),
        FieldKind::Barcode(rule) => rule.length.map(|length| format!("{length}桁")).unwrap_or_default(),
        _ => String::new(),
    }
}
