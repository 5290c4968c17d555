//! The rows of the review screen: one field each, its picture beside its value.

use super::posted::Posted;
use crate::{dates, words};
use domain::form::{Field, FieldKind, Form, YearStyle};
use domain::ids::FieldId;
use domain::keying::{
    FieldState, Keyed, Keying, Pass, Progress, is_about_number, is_doubtful, is_number, keyed_fields,
    machine_is_sure, machine_value,
};
use domain::reading::{FormReading, Value};
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
    /// What the machine says; nothing on a blind screen.
    pub told: Option<Told>,
    /// What others keyed; only for an arbiter.
    pub sides: Vec<Side>,
    /// Whether a person must confirm it.
    pub doubt: bool,
    /// Whether the person did.
    pub confirmed: bool,
    /// Whether the person cannot read it.
    pub illegible: bool,
    /// Whether the field can be answered by none of its options.
    pub can_be_none: bool,
    /// Whether it is.
    pub none: bool,
    /// What is wrong with the value sent.
    pub wrong: Option<String>,
    /// Whether it is the first of those that need no look.
    pub first_sure: bool,
}

/// What the machine says of a field.
#[derive(Debug)]
pub struct Told {
    /// What it read, in words.
    pub machine: String,
    /// Whether it is certain.
    pub sure: bool,
    /// Why a person looks at this field.
    pub reasons: Vec<String>,
}

/// A value that an arbiter may take.
#[derive(Debug)]
pub struct Side {
    /// Sent when taken: `a`, `b`, `machine`, `own`.
    pub value: &'static str,
    /// Shown before it.
    pub label: &'static str,
    /// The key that takes it.
    pub key: &'static str,
    /// The value in words.
    pub words: String,
    /// Whether it is taken.
    pub chosen: bool,
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

/// What the rows of a page are made of.
#[derive(Clone, Copy)]
pub struct Page<'a> {
    /// Its form.
    pub form: &'a Form,
    /// What the machine read.
    pub reading: &'a FormReading,
    /// Why people look at it.
    pub reasons: &'a [ReviewReason],
    /// Where it stands.
    pub progress: &'a Progress,
    /// What stands keyed.
    pub keyings: &'a [Keying],
}

/// The rows for a first keying, doubtful ones first. What somebody keyed in another way of working is left out: this
/// person may be its blind second.
pub fn first(page: &Page, posted: Option<&Posted>, wrong: &BTreeMap<FieldId, String>) -> Vec<FieldRow> {
    let open = |field: &&Field| !page.keyings.iter().any(|one| one.field == field.id && one.request == 0);
    let mut rows: Vec<FieldRow> = keyed_fields(page.form, page.reading.side)
        .filter(open)
        .map(|field| {
            let machine = machine_value(page.form, field, page.reading);
            let mut row = row(field, Some(&machine), posted, wrong);
            row.told = Some(told(page, field, &machine));
            row.doubt = is_doubtful(page.form, field, page.reasons);
            row
        })
        .collect();
    doubtful_first(&mut rows);
    rows
}

/// The rows for a blind second keying: nothing but the fields, their pictures, and empty entries.
pub fn second(
    form: &Form,
    fields: &[FieldId],
    posted: Option<&Posted>,
    wrong: &BTreeMap<FieldId, String>,
) -> Vec<FieldRow> {
    let fields = form.fields.iter().filter(|field| fields.contains(&field.id));
    fields.map(|field| FieldRow { doubt: true, ..row(field, None, posted, wrong) }).collect()
}

/// The rows for an arbiter: fields on which two people differ with both values, then the others as they stand.
pub fn third(page: &Page, posted: Option<&Posted>, wrong: &BTreeMap<FieldId, String>) -> Vec<FieldRow> {
    let make = |field: &Field| {
        let progress = page.progress.field(field.id.as_str());
        let differ = progress.is_some_and(|field| matches!(field.state, FieldState::Third { .. }));
        let stands = progress.and_then(|field| field.keyed.as_ref()?.value());
        let mut row = row(field, stands.filter(|_| !differ), posted, wrong);
        row.doubt = differ;
        if differ {
            row.sides = sides(page, field, posted);
        }
        row
    };
    let mut rows: Vec<FieldRow> = keyed_fields(page.form, page.reading.side).map(make).collect();
    doubtful_first(&mut rows);
    rows
}

fn doubtful_first(rows: &mut [FieldRow]) {
    rows.sort_by_key(|row| !row.doubt);
    if let Some(row) = rows.iter_mut().find(|row| !row.doubt) {
        row.first_sure = true;
    }
}

/// The two keyings and the machine's value. Which of the keyings is A changes from page to page, and nobody is named.
fn sides(page: &Page, field: &Field, posted: Option<&Posted>) -> Vec<Side> {
    let pick = posted.and_then(|posted| posted.picks.get(&field.id)).map(String::as_str);
    let (a, b) = two(page.keyings, &field.id);
    let words = |keyed: Option<&Keyed>| keyed.map(|keyed| keyed_words(field, keyed)).unwrap_or_default();
    let machine = words::value(field, &machine_value(page.form, field, page.reading));
    let side = |value, label, key, words| Side { value, label, key, words, chosen: pick == Some(value) };
    vec![
        side("a", "A", "1", words(a)),
        side("b", "B", "2", words(b)),
        side("machine", "読取", "3", machine),
        side("own", "ほかの値", "4", String::new()),
    ]
}

/// The first and the second keying of a field, in an order that says nothing of which is which.
pub fn two<'a>(keyings: &'a [Keying], field: &FieldId) -> (Option<&'a Keyed>, Option<&'a Keyed>) {
    let by = |pass| keyings.iter().find(|one| one.field == *field && one.pass == pass && one.request == 0);
    let (first, second) = (by(Pass::First), by(Pass::Second));
    let turned = first.is_some_and(|first| first.id % 3 == 1);
    let (a, b) = if turned { (second, first) } else { (first, second) };
    (a.map(|one| &one.keyed), b.map(|one| &one.keyed))
}

/// What somebody keyed, in words.
fn keyed_words(field: &Field, keyed: &Keyed) -> String {
    match keyed {
        Keyed::Value(value) => words::value(field, value),
        Keyed::Illegible => "判読不能".to_owned(),
        Keyed::NoneOfThese => "該当なし".to_owned(),
    }
}

fn told(page: &Page, field: &Field, machine: &Value) -> Told {
    let about_it = |reason: &&ReviewReason| {
        reason.field() == Some(&field.id) || (is_number(page.form, field) && is_about_number(reason))
    };
    Told {
        machine: words::value(field, machine),
        sure: machine_is_sure(page.form, field, page.reading),
        reasons: page.reasons.iter().filter(about_it).map(|reason| reason_in_row(reason, field)).collect(),
    }
}

/// A row with `value` in its entry (what was sent, when something was), and nothing said about it.
fn row(
    field: &Field,
    value: Option<&Value>,
    posted: Option<&Posted>,
    wrong: &BTreeMap<FieldId, String>,
) -> FieldRow {
    let entered = match posted {
        Some(posted) => posted.typed(&field.id).into_iter().map(str::to_owned).collect(),
        None => value.map(|value| typed_form(field, value)).unwrap_or_default(),
    };
    let blind = posted.is_none() && value.is_none();
    FieldRow {
        id: field.id.to_string(),
        label: field.label.clone(),
        required: field.required,
        entry: entry(field, &entered, blind),
        hint: hint(field),
        told: None,
        sides: Vec::new(),
        doubt: false,
        confirmed: posted.is_some_and(|posted| posted.confirmed.contains(&field.id)),
        illegible: posted.is_some_and(|posted| posted.illegible.contains(&field.id)),
        can_be_none: matches!(field.kind, FieldKind::Choice { .. }),
        none: posted.is_some_and(|posted| posted.none.contains(&field.id)),
        wrong: wrong.get(&field.id).cloned(),
        first_sure: false,
    }
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
pub fn typed_form(field: &Field, value: &Value) -> Vec<String> {
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

/// How a field is entered, with what stands there. `untouched` leaves every option unchosen, the blank one too: whoever keys blind says it himself.
pub fn entry(field: &Field, entered: &[String], untouched: bool) -> Entry {
    let single = |pairs: Vec<(&str, &str)>| single(pairs.into_iter(), entered, untouched);
    let fixed = |pairs: &[(&'static str, &'static str)]| single(pairs.to_vec());
    match &field.kind {
        FieldKind::Choice { multiple: true } => Entry::Options {
            input: "checkbox",
            options: choices(field.options.iter().map(|o| (o.value.as_str(), o.label.as_str())), entered),
        },
        FieldKind::Choice { multiple: false } => {
            single(field.options.iter().map(|o| (o.value.as_str(), o.label.as_str())).collect())
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

fn single<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>, entered: &[String], untouched: bool) -> Entry {
    let mut options = choices(pairs, entered);
    let chosen = !untouched && entered.iter().all(String::is_empty);
    options.push(Choice { value: String::new(), label: "空欄".into(), key: "0".into(), chosen });
    Entry::Options { input: "radio", options }
}

/// How to type a value, by example.
pub fn hint(field: &Field) -> String {
    match &field.kind {
        FieldKind::Date(_) => "例 R8.10.3、S25.3.4".to_owned(),
        FieldKind::Digits(rule) if rule.decimals > 0 => field.pattern().unwrap_or_default().replace('N', "9"),
        FieldKind::Digits(rule) if rule.may_be_short => format!("{}桁まで", field.boxes.len()),
        FieldKind::Digits(_) => format!("{}桁", field.boxes.len()),
        FieldKind::Barcode(rule) => rule.length.map(|length| format!("{length}桁")).unwrap_or_default(),
        _ => String::new(),
    }
}
