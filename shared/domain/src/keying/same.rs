//! Whether two people keyed the same.

use super::Keyed;
use crate::fold::fold_name;
use crate::form::{Field, FieldKind};
use crate::reading::Value;
use crate::wareki;
use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;

/// Whether two keyings of a field say the same, however they were typed: full and half width, spaces, variants of a
/// kanji, hiragana and katakana, a date in era or civil years, leading zeros of a number that may be short, the order
/// of several options. `field` is `None` for who it is. Figures and letters are never taken for one another.
pub fn same(field: Option<&Field>, a: &Keyed, b: &Keyed) -> bool {
    match (a, b) {
        (Keyed::Value(a), Keyed::Value(b)) => parts(field, a) == parts(field, b),
        _ => a == b,
    }
}

/// The value as comparable parts; nothing for a blank.
fn parts(field: Option<&Field>, value: &Value) -> Vec<String> {
    let texts: &[String] = match value {
        Value::Blank => &[],
        Value::Text(text) => std::slice::from_ref(text),
        Value::Several(texts) => texts,
    };
    let folded = texts.iter().map(|text| folded(field, text)).filter(|text| !text.is_empty());
    let mut parts: Vec<String> = folded.collect();
    parts.sort_unstable();
    parts.dedup();
    parts
}

fn folded(field: Option<&Field>, text: &str) -> String {
    let plain: String = text.nfkc().filter(|c| !c.is_whitespace()).collect();
    match field.map(|field| &field.kind) {
        Some(FieldKind::Date(_)) => {
            let date = plain.parse::<Date>().ok().or_else(|| wareki::parse(&plain));
            date.map_or(plain, |date| date.to_string())
        }
        Some(FieldKind::Digits(rule)) => number(&plain, rule.may_be_short),
        // A lot number is no name: only width, case and kinds of dashes are a matter of typing.
        Some(FieldKind::Sticker | FieldKind::Barcode(_)) => {
            plain.to_uppercase().replace(['‐', '‑', '–', '—', '−', 'ー'], "-")
        }
        Some(FieldKind::Printed { .. } | FieldKind::Image) => fold_name(&plain),
        _ => plain,
    }
}

/// A number without what does not change it: zeros before it, where fewer figures may be written.
fn number(text: &str, may_be_short: bool) -> String {
    if !may_be_short {
        return text.to_owned();
    }
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() && !text.is_empty() { "0" } else { whole };
    match fraction {
        Some(fraction) => format!("{whole}.{fraction}"),
        None => whole.to_owned(),
    }
}
