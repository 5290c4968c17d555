//! What a person typed for a field, judged by the field's kind; messages are for clerks.

use crate::dates;
use domain::form::{DigitsRule, Field, FieldKind, NumberRule};
use domain::reading::Value;

/// Longest free text of one field, characters: three times the longest address in use.
const LONGEST_TEXT: usize = 200;

/// The normalised value of `typed` (dates ISO, digits without spaces, option values), blank for nothing.
///
/// # Errors
/// What is wrong and how to type it, in Japanese. The text never repeats what was typed.
pub fn check(field: &Field, typed: &[&str]) -> Result<Value, String> {
    let entries: Vec<String> = typed.iter().map(|text| fold(text)).filter(|text| !text.is_empty()).collect();
    let Some(first) = entries.first() else {
        return Ok(Value::Blank);
    };
    if let FieldKind::Choice { multiple: true } = field.kind {
        return several(field, &entries);
    }
    if entries.len() > 1 {
        return Err("値が二つ送られました。画面を読み込み直してください。".into());
    }
    let text = match &field.kind {
        FieldKind::Date(rule) => dates::checked(rule, first)?.to_string(),
        FieldKind::Digits(rule) => digits(rule, field.boxes.len(), first)?,
        FieldKind::Barcode(rule) => number(rule, first)?,
        FieldKind::Choice { .. } => option(field, first)?,
        FieldKind::Mark => one_of(&["on", "off", "cancelled"], first)?,
        FieldKind::Stamp => one_of(&["present", "absent"], first)?,
        FieldKind::Image => one_of(&["present"], first)?,
        FieldKind::Printed { .. } | FieldKind::Sticker => {
            free_text(typed.iter().find(|text| !fold(text).is_empty()).unwrap_or(&""))?
        }
    };
    Ok(Value::Text(text))
}

/// `typed` without outer blanks, full-width letters and digits as half-width ones.
pub fn fold(typed: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        '。' => '.',
        'ー' | '−' | '‐' => '-',
        _ => c,
    };
    typed.chars().map(narrow).collect::<String>().trim().to_owned()
}

fn digits(rule: &DigitsRule, boxes: usize, text: &str) -> Result<String, String> {
    let decimals = usize::from(rule.decimals);
    let whole = boxes.saturating_sub(decimals);
    let (left, right) = match text.split_once('.') {
        Some(halves) => halves,
        // A clerk types the boxes as they stand, without the printed point.
        None if decimals > 0 && text.len() == boxes && text.is_ascii() => text.split_at(whole),
        None => (text, ""),
    };
    if !left.bytes().chain(right.bytes()).all(|b| b.is_ascii_digit()) || left.is_empty() {
        return Err("数字だけを入力してください。".into());
    }
    let right_length = right.len() == decimals;
    if decimals > 0 && !right_length {
        return Err(format!("小数点以下{decimals}桁で入力してください。"));
    }
    let length_fits = left.len() == whole || (rule.may_be_short && left.len() < whole);
    if !length_fits || !right_length {
        let up_to = if rule.may_be_short { "以内" } else { "" };
        return Err(format!("{boxes}桁{up_to}で入力してください。"));
    }
    let text = if decimals > 0 { format!("{left}.{right}") } else { left.to_owned() };
    if let Some([low, high]) = rule.range {
        let value: f64 = text.parse().map_err(|_| "数字だけを入力してください。")?;
        if value < low || value > high {
            return Err(format!("{low}から{high}の間で入力してください。"));
        }
    }
    if rule.check.is_some_and(|check| !check.accepts(&format!("{left}{right}"))) {
        return Err("検査数字（チェックデジット）が合いません。数字を確かめてください。".into());
    }
    Ok(text)
}

fn number(rule: &NumberRule, text: &str) -> Result<String, String> {
    let Some(length) = rule.length else {
        return free_text(text);
    };
    let text = text.replace([' ', '-'], "");
    if text.len() != usize::from(length) || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(format!("{length}桁の数字で入力してください。"));
    }
    if rule.check.is_some_and(|check| !check.accepts(&text)) {
        return Err("検査数字（チェックデジット）が合いません。数字を確かめてください。".into());
    }
    Ok(text)
}

fn option(field: &Field, text: &str) -> Result<String, String> {
    let known = field.options.iter().find(|option| option.value == text || option.label == text);
    known.map(|option| option.value.clone()).ok_or_else(|| "選択肢から選んでください。".into())
}

fn several(field: &Field, entries: &[String]) -> Result<Value, String> {
    let mut chosen = entries.iter().map(|entry| option(field, entry)).collect::<Result<Vec<_>, _>>()?;
    chosen.dedup();
    Ok(Value::Several(chosen))
}

fn one_of(words: &[&str], text: &str) -> Result<String, String> {
    words.contains(&text).then(|| text.to_owned()).ok_or_else(|| "選択肢から選んでください。".into())
}

fn free_text(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.chars().count() > LONGEST_TEXT {
        return Err(format!("{LONGEST_TEXT}文字以内で入力してください。"));
    }
    if text.chars().any(char::is_control) {
        return Err("改行などの文字は入力できません。".into());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use domain::form::Form;

    const FORM: &str = r#"version = 1
number = 7
title = "試験票"
paper_mm = [210, 297]
[[field]]
id = "birth"
kind = "date"
label = "生年月日"
comb = { at = [60, 20], box = [5, 7], pitch = 5.5, groups = [2, 2, 2], gap = 2 }
options = [
  { value = "taisho", label = "大正", box = [20, 20, 8, 5] },
  { value = "showa", label = "昭和", box = [30, 20, 8, 5] },
]
first = "1912-07-30"
last = "1989-01-07"
[[field]]
id = "visit"
kind = "date"
label = "接種年月日"
comb = { at = [60, 30], box = [5, 7], pitch = 5.5, groups = [2, 2, 2], gap = 2 }
options = [{ value = "reiwa", label = "令和", box = [30, 30, 8, 5] }]
first = "2026-04-01"
last = "2027-03-31"
[[field]]
id = "temperature"
kind = "digits"
label = "体温"
comb = { at = [60, 40], box = [5, 7], pitch = 5.5, groups = [2, 1], gap = 2 }
decimals = 1
range = [34.0, 42.0]
[[field]]
id = "clinic"
kind = "digits"
label = "医療機関コード"
comb = { at = [60, 50], box = [5, 7], pitch = 5.5, groups = [10] }
check = "luhn"
[[field]]
id = "ill"
kind = "choice"
label = "具合"
options = [
  { value = "yes", label = "はい", box = [20, 60, 8, 5] },
  { value = "no", label = "いいえ", box = [30, 60, 8, 5] },
]
[[field]]
id = "cigarettes"
kind = "digits"
label = "本数"
comb = { at = [60, 70], box = [5, 7], pitch = 5.5, groups = [3] }
may_be_short = true
"#;

    fn outcome(id: &str, typed: &str) -> Result<String, String> {
        let form = Form::parse("trial", FORM).unwrap();
        let value = super::check(form.field(id).unwrap(), &[typed])?;
        Ok(value.text().unwrap_or_default().to_owned())
    }

    #[test]
    fn what_clerks_type_becomes_the_normal_form() {
        let table = [
            ("visit", "R8.10.3", "2026-10-03"),
            ("visit", "ｒ８．１０．３", "2026-10-03"),
            ("visit", "令和8年10月3日", "2026-10-03"),
            ("visit", "2026/10/3", "2026-10-03"),
            ("visit", "20261003", "2026-10-03"),
            ("visit", "8.10.3", "2026-10-03"),
            ("visit", "081003", "2026-10-03"),
            ("birth", "S25.3.4", "1950-03-04"),
            ("birth", "昭25-3-4", "1950-03-04"),
            ("birth", "S元.12.26", "1926-12-26"),
            ("birth", "25.3.4", "1950-03-04"),
            ("temperature", "36.5", "36.5"),
            ("temperature", "３６５", "36.5"),
            ("clinic", "0110113719", "0110113719"),
            ("ill", "yes", "yes"),
            ("ill", "いいえ", "no"),
            ("cigarettes", "20", "20"),
            ("cigarettes", "  ", ""),
        ];
        for (field, typed, expected) in table {
            assert_eq!(outcome(field, typed).as_deref(), Ok(expected), "{field} {typed}");
        }
    }

    #[test]
    fn what_cannot_be_is_refused_with_words_that_help() {
        let table = [
            ("visit", "R8.2.30", "暦にない"),
            ("visit", "R8.13.1", "暦にない"),
            ("visit", "H40.1.1", "暦にない"),
            ("visit", "R2.1.1", "範囲"),
            ("visit", "あした", "例"),
            ("visit", "8", "例"),
            ("visit", "R99999999999.1.1", "例"),
            ("birth", "5.3.4", "元号が決まりません"),
            ("birth", "S64.1.8", "暦にない"),
            ("temperature", "43.0", "34から42"),
            ("temperature", "36", "小数点以下1桁"),
            ("temperature", "三十六", "数字だけ"),
            ("clinic", "0110113718", "検査数字"),
            ("clinic", "01101137", "10桁"),
            ("ill", "maybe", "選択肢"),
            ("cigarettes", "1234", "3桁以内"),
            ("cigarettes", "-5", "数字だけ"),
        ];
        for (field, typed, words) in table {
            let message = outcome(field, typed).unwrap_err();
            assert!(message.contains(words), "{field} {typed}: {message}");
        }
    }
}
