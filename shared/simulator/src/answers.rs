//! What is to be written on a sheet, and the truth that a reader should find.

use crate::{Rng, label};
use domain::form::{Calculation, DateRule, DigitsRule, Field, FieldKind, Form, Operation, YearStyle};
use domain::ids::FieldId;
use domain::reading::Value;
use jiff::civil::Date;
use rand::RngExt;
use std::collections::BTreeMap;

/// What one field gets.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Digits, with a point where the form prints one.
    Digits(String),
    /// A day.
    Date(Date),
    /// These options are chosen; `corrected` names one that was chosen by mistake and struck out.
    Choice {
        /// Values of the chosen options.
        chosen: Vec<String>,
        /// Value of an option that is marked and then struck out.
        corrected: Option<String>,
    },
    /// A box is marked.
    On,
    /// Handwriting for people.
    Written,
    /// A signature or a seal.
    Signed,
    /// A label with this lot number is stuck on.
    Label(String),
}

/// 記入内容. The answers of one sheet; a field that is missing stays empty.
pub type Answers = BTreeMap<FieldId, Answer>;

/// What stands for the value of a field whose marks a careful clerk would ask about: whatever is accepted is wrong.
pub const UNCLEAR: &str = "（判読不能）";

/// What a reader should find in `field`. Printed fields and barcodes are not answered here: `None`.
pub fn truth(field: &Field, answers: &Answers) -> Option<Value> {
    let answer = answers.get(&field.id);
    Some(match (&field.kind, answer) {
        (FieldKind::Barcode(_) | FieldKind::Printed { .. }, _) => return None,
        (FieldKind::Sticker, Some(Answer::Label(lot))) => Value::Text(lot.clone()),
        (FieldKind::Stamp, _) => Value::Text(if answer.is_some() { "present" } else { "absent" }.to_owned()),
        (FieldKind::Mark, _) => Value::Text(if answer.is_some() { "on" } else { "off" }.to_owned()),
        (FieldKind::Image, _) => answer.map_or(Value::Blank, |_| Value::Text("present".to_owned())),
        (_, Some(Answer::Digits(text))) => Value::Text(text.clone()),
        (_, Some(Answer::Date(date))) => Value::Text(date.to_string()),
        (FieldKind::Choice { multiple: true }, Some(Answer::Choice { chosen, .. })) if !chosen.is_empty() => {
            Value::Several(chosen.clone())
        }
        (_, Some(Answer::Choice { chosen, .. })) => {
            chosen.first().map_or(Value::Blank, |value| Value::Text(value.clone()))
        }
        _ => Value::Blank,
    })
}

/// Fills what `known` leaves open as a clinic's usual slip would be filled.
pub fn plausible(form: &Form, known: Answers, rng: &mut Rng) -> Answers {
    let mut answers = known;
    for field in &form.fields {
        if !answers.contains_key(&field.id)
            && let Some(answer) = usual(field, rng)
        {
            answers.insert(field.id.clone(), answer);
        }
    }
    for calculation in &form.calculations {
        reckon(form, calculation, &mut answers, rng);
    }
    answers
}

/// Writes the result of a calculation; a row that is not whole stays empty.
fn reckon(form: &Form, calculation: &Calculation, answers: &mut Answers, rng: &mut Rng) {
    let boxes = |id: &FieldId| form.field(id.as_str()).map_or(0, |field| field.boxes.len() as u32);
    let written = |id: &FieldId, answers: &Answers| match answers.get(id) {
        Some(Answer::Digits(text)) => text.parse::<u64>().ok(),
        _ => None,
    };
    if calculation.operation == Operation::Product {
        let whole = calculation.of.iter().all(|id| written(id, answers).is_some());
        if !whole || rng.random_bool(0.2) {
            calculation.of.iter().chain([&calculation.gives]).for_each(|id| {
                answers.remove(id);
            });
            return;
        }
        // Most clinics claim a few dozen of a kind.
        if let Some(count) = calculation.of.first() {
            answers.insert(count.clone(), Answer::Digits(rng.random_range(1..80u64).to_string()));
        }
    }
    let numbers = calculation.of.iter().filter_map(|id| written(id, answers));
    let result = match calculation.operation {
        Operation::Product => numbers.product::<u64>(),
        Operation::Sum => numbers.sum::<u64>(),
    };
    let result = result.min(10u64.pow(boxes(&calculation.gives)) - 1);
    answers.insert(calculation.gives.clone(), Answer::Digits(result.to_string()));
}

fn usual(field: &Field, rng: &mut Rng) -> Option<Answer> {
    if !field.required && rng.random_bool(0.3) {
        return None;
    }
    match &field.kind {
        FieldKind::Digits(rule) => Some(Answer::Digits(number(rule, field.boxes.len(), rng))),
        FieldKind::Date(rule) => Some(Answer::Date(day(rule, rng))),
        FieldKind::Mark => rng.random_bool(0.4).then_some(Answer::On),
        FieldKind::Choice { multiple } => choice(field, *multiple, rng),
        FieldKind::Image => Some(Answer::Written),
        FieldKind::Stamp => Some(Answer::Signed),
        FieldKind::Sticker => Some(Answer::Label(label::lot(rng))),
        FieldKind::Barcode(_) | FieldKind::Printed { .. } => None,
    }
}

fn number(rule: &DigitsRule, boxes: usize, rng: &mut Rng) -> String {
    let decimals = usize::from(rule.decimals);
    if let Some([low, high]) = rule.range {
        // Body temperatures crowd at the well end; other ranges are as good as flat.
        let skew = if decimals == 1 && low > 30.0 {
            rng.random_range(0.24..0.42)
        } else {
            rng.random_range(0.0..=1.0)
        };
        let value = low + (high - low) * skew;
        let whole = boxes - decimals;
        let width = if rule.may_be_short { 0 } else { whole + decimals + usize::from(decimals > 0) };
        return format!("{value:0width$.decimals$}");
    }
    if rule.may_be_short && rule.check.is_none() {
        return phone(boxes, rng);
    }
    let body_len = boxes - usize::from(rule.check.is_some());
    loop {
        let body: String = (0..body_len).map(|_| char::from(b'0' + rng.random_range(0..10u8))).collect();
        match rule.check.map(|check| check.of(&body)) {
            None => return body,
            Some(Some(check)) => return format!("{body}{check}"),
            Some(None) => {}
        }
    }
}

/// Digits without a range that may be short: a phone number of as many digits as there are boxes, or one fewer.
fn phone(boxes: usize, rng: &mut Rng) -> String {
    let digits = boxes - usize::from(rng.random_bool(0.5));
    // No area code begins with 00.
    let digit = |place: usize| match place {
        0 => '0',
        1 => char::from(b'0' + rng.random_range(1..10u8)),
        _ => char::from(b'0' + rng.random_range(0..10u8)),
    };
    (0..digits).map(digit).collect()
}

fn day(rule: &DateRule, rng: &mut Rng) -> Date {
    let [first, last] = rule.range;
    let span = (last - first).get_days().max(0);
    loop {
        let date = first.saturating_add(jiff::Span::new().days(rng.random_range(0..=span)));
        let written = match &rule.year {
            YearStyle::Civil => true,
            YearStyle::Era(eras) => eras.iter().any(|era| era.contains(date)),
        };
        if written {
            return date;
        }
    }
}

/// Any number of options; who has nothing to tick ticks `none` where it is offered, and never beside another.
fn several(field: &Field, values: &[&String], rng: &mut Rng) -> Option<Answer> {
    let (none, others): (Vec<&String>, Vec<&String>) = values.iter().partition(|value| **value == "none");
    let mut chosen: Vec<String> = others.into_iter().filter(|_| rng.random_bool(0.25)).cloned().collect();
    if chosen.is_empty() && (field.required || rng.random_bool(0.5)) {
        chosen.extend(none.into_iter().cloned());
    }
    if chosen.is_empty() && field.required {
        chosen.push(values[rng.random_range(0..values.len())].clone());
    }
    (!chosen.is_empty()).then_some(Answer::Choice { chosen, corrected: None })
}

fn choice(field: &Field, multiple: bool, rng: &mut Rng) -> Option<Answer> {
    let values: Vec<&String> = field.options.iter().map(|option| &option.value).collect();
    if multiple {
        return several(field, &values, rng);
    }
    let usual = values.iter().position(|value| *value == "no").unwrap_or(0);
    let chosen = if rng.random_bool(0.88) { usual } else { rng.random_range(0..values.len()) };
    let corrected =
        (values.len() > 1 && rng.random_bool(0.02)).then(|| values[(chosen + 1) % values.len()].clone());
    Some(Answer::Choice { chosen: vec![values[chosen].clone()], corrected })
}
