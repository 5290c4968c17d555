//! 値の形. Which values a field can hold at all.

use crate::form::{DateRule, DigitsRule, Field, FieldKind};
use crate::reading::Value;
use jiff::civil::Date;

/// Whether `field` can hold `value`. Blank always fits: a missing answer is a finding, no broken shape.
pub fn fits(field: &Field, value: &Value) -> bool {
    let option = |text: &str| field.options.iter().any(|option| option.value == text);
    match (value, &field.kind) {
        (Value::Blank, _) => true,
        (Value::Text(text), FieldKind::Digits(rule)) => digits_fit(rule, field.boxes.len(), text),
        (Value::Text(text), FieldKind::Date(rule)) => date_fits(rule, text),
        (Value::Text(text), FieldKind::Mark) => matches!(text.as_str(), "on" | "off" | "cancelled"),
        (Value::Text(text), FieldKind::Stamp) => matches!(text.as_str(), "present" | "absent"),
        (Value::Text(text), FieldKind::Choice { .. }) => option(text),
        (Value::Several(values), FieldKind::Choice { multiple: true }) => values.iter().all(|v| option(v)),
        (Value::Text(_), _) => true,
        (Value::Several(_), _) => false,
    }
}

fn digits_fit(rule: &DigitsRule, boxes: usize, text: &str) -> bool {
    let decimals = usize::from(rule.decimals);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let figures = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let written = whole.len() + fraction.len();
    let long_enough = written == boxes || (rule.may_be_short && (1..boxes).contains(&written));
    let in_range =
        rule.range.is_none_or(|[low, high]| text.parse::<f64>().is_ok_and(|n| (low..=high).contains(&n)));
    figures(whole)
        && figures(fraction)
        && fraction.len() == decimals
        && text.contains('.') == (decimals > 0)
        && long_enough
        && in_range
        && rule.check.is_none_or(|check| check.accepts(&format!("{whole}{fraction}")))
}

fn date_fits(rule: &DateRule, text: &str) -> bool {
    text.parse::<Date>().is_ok_and(|date| (rule.range[0]..=rule.range[1]).contains(&date))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_field_holds_only_values_of_its_shape() {
        let form = sample::form();
        let check = |id: &str, text: &str, expected: bool| {
            let field = form.field(id).expect("a field of the sample form");
            assert_eq!(fits(field, &Value::Text(text.into())), expected, "{id} {text}");
            assert!(fits(field, &Value::Blank) && !fits(field, &Value::Several(vec!["agree".into()])));
        };
        for good in ["36.5", "34.0", "42.0"] {
            check("temperature", good, true);
        }
        for bad in ["36", "36.55", "6.5", "33.9", "42.1", "３６.5", "-6.5", "36.", "a6.5", ""] {
            check("temperature", bad, false);
        }
        check("birth_date", "1947-03-04", true);
        check("birth_date", "1947-02-30", false);
        check("birth_date", "1900-01-01", false);
        check("consent", "agree", true);
        check("consent", "する", false);
        check("lot", "AB123", true);
    }
}
