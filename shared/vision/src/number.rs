//! 管理番号. The number of a slip from two witnesses: the bars, and the digits printed beneath them.

use crate::barcode;
use crate::registered::RegisteredPage;
use domain::form::{Field, Form, NumberRule, Symbology};
use domain::geometry::RectMm;
use domain::personal::Personal;
use domain::reading::{Decision, NumberReading, NumberSource};
use domain::ticket::BatchTicket;

/// Reads cells that hold one digit each.
pub trait DigitReader {
    /// For each cell the probabilities of 0 to 9 and, last, of anything that is no digit.
    fn read_cells(&mut self, page: &RegisteredPage, cells: &[RectMm]) -> Vec<[f32; 11]>;
}

/// Both witnesses agree in every character and the check digit holds: the bars were wrong in 1 of 1,035 readings,
/// a check digit lets 1 in 11 of those pass, and eleven digits then had to be misread alike.
const BOTH: f64 = 0.999_999;
/// The bars hold and at least half of the digits confirm them, none denies them.
const BARS_AND_SOME_DIGITS: f64 = 0.9999;
/// A two-dimensional code corrects its own errors, so that it needs no second witness.
const MATRIX_CODE: f64 = 0.999_99;
/// The bars alone: not enough to name a person.
const BARS_ALONE: f64 = 0.999;
/// The witnesses disagree: one of them is wrong.
const DISPUTED: f64 = 0.5;
/// A digit read with this probability can deny the bars or stand without them.
const CONFIDENT: f32 = 0.9;
/// The class that is no digit.
const NO_DIGIT: usize = 10;

/// The number that `text` (from a code) stands for, if it can be one of `form`: length, check digit, and the form
/// number in front.
pub(crate) fn sound(form: &Form, rule: &NumberRule, text: &str) -> Option<String> {
    let number = bare(text);
    let ours = || number.starts_with(&format!("{:02}", form.number));
    (possible(rule, &number) && (rule.is_foreign || ours())).then_some(number)
}

/// A batch ticket's code carries more than the number.
fn bare(text: &str) -> String {
    BatchTicket::from_code(text).map_or_else(|| text.to_owned(), |ticket| ticket.number)
}

/// Whether `number` has the length and the check digit of `rule`.
pub(crate) fn possible(rule: &NumberRule, number: &str) -> bool {
    !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit())
        && rule.length.is_none_or(|length| number.len() == usize::from(length))
        && rule.check.is_none_or(|check| check.accepts(number))
}

/// The number in the bars where the form prints them.
pub(crate) fn bars(page: &RegisteredPage, form: &Form, field: &Field, rule: &NumberRule) -> Option<String> {
    let place = *field.boxes.first()?;
    let code = barcode::read_region(page, place, rule.symbology, |text| sound(form, rule, text).is_some())?;
    sound(form, rule, &code.text)
}

/// Reads the management number of a registered page; `None` when this side of the form has none.
pub fn read(
    page: &RegisteredPage,
    form: &Form,
    side: u8,
    digits: &mut dyn DigitReader,
) -> Option<NumberReading> {
    let (field, rule) = form.number_field().filter(|(field, _)| field.side == side)?;
    let bars = bars(page, form, field, rule);
    let cells = digits.read_cells(page, &rule.digit_cells);
    let strays = match bars {
        Some(_) => barcode::skim(page, form.paper_mm, rule.symbology),
        None => barcode::read_page(page, rule.symbology),
    };
    let elsewhere = strays
        .iter()
        .map(|code| bare(&code.text))
        .any(|text| possible(rule, &text) && bars.as_ref() != Some(&text));
    let mut reading = judge(form, rule, bars, &cells);
    if elsewhere {
        reading.decision = Decision::Review;
        reading.confidence = reading.confidence.min(DISPUTED);
        reading.reason =
            Some("用紙に別の管理番号のバーコードがあります。どちらの票か確かめてください。".into());
    }
    Some(reading)
}

/// Weighs the two witnesses.
fn judge(form: &Form, rule: &NumberRule, bars: Option<String>, cells: &[[f32; 11]]) -> NumberReading {
    match bars {
        Some(number) => with_bars(rule, number, cells),
        None => without_bars(form, rule, cells),
    }
}

fn with_bars(rule: &NumberRule, number: String, cells: &[[f32; 11]]) -> NumberReading {
    use NumberSource::{Barcode, Digits};
    let wanted = number.bytes().map(|b| usize::from(b - b'0'));
    let (mut agree, mut denied) = (0, false);
    for (cell, wanted) in cells.iter().zip(wanted) {
        let (best, p) = best(cell);
        agree += usize::from(best == wanted);
        denied |= best != wanted && best != NO_DIGIT && p >= CONFIDENT;
    }
    if denied {
        let reason = "管理番号のバーコードと印字の数字が違います。用紙の番号を確かめてください。";
        return reading(Some(number), vec![Barcode], DISPUTED, Some(reason));
    }
    let two_dimensional = matches!(rule.symbology, Symbology::Qr | Symbology::DataMatrix);
    if !cells.is_empty() && agree == number.len() {
        reading(Some(number), vec![Barcode, Digits], BOTH, None)
    } else if two_dimensional {
        reading(Some(number), vec![Barcode], MATRIX_CODE, None)
    } else if !cells.is_empty() && 2 * agree >= number.len() {
        reading(Some(number), vec![Barcode, Digits], BARS_AND_SOME_DIGITS, None)
    } else {
        let reason = "管理番号のバーコードは読めましたが、印字の数字で確かめられません。";
        reading(Some(number), vec![Barcode], BARS_ALONE, Some(reason))
    }
}

fn without_bars(form: &Form, rule: &NumberRule, cells: &[[f32; 11]]) -> NumberReading {
    let read: Vec<(usize, f32)> = cells.iter().map(best).collect();
    let confident = !read.is_empty() && read.iter().all(|&(digit, p)| digit != NO_DIGIT && p >= CONFIDENT);
    let text: String = read.iter().filter_map(|&(digit, _)| char::from_digit(digit as u32, 10)).collect();
    if confident && let Some(number) = sound(form, rule, &text) {
        let confidence = read.iter().map(|&(_, p)| f64::from(p)).product();
        let reason = "管理番号のバーコードが読めません。印字の数字から読んだ値を確かめてください。";
        return reading(Some(number), vec![NumberSource::Digits], confidence, Some(reason));
    }
    reading(None, Vec::new(), 0.0, Some("管理番号が読めません。画像を見て入力してください。"))
}

fn reading(
    value: Option<String>,
    sources: Vec<NumberSource>,
    confidence: f64,
    reason: Option<&str>,
) -> NumberReading {
    let decision = if reason.is_none() { Decision::Accept } else { Decision::Review };
    let value = value.map(Personal::new);
    NumberReading { value, sources, confidence, decision, reason: reason.map(str::to_owned) }
}

/// The likeliest class of a cell and its probability.
fn best(cell: &[f32; 11]) -> (usize, f32) {
    let classes = cell.iter().copied().enumerate();
    classes.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((NO_DIGIT, 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = r#"
version = 1
number = 7
title = "試験票"
paper_mm = [210, 297]
[[field]]
id = "number"
kind = "barcode"
label = "管理番号"
symbology = "nw7"
length = 11
check = "mod11"
management_number = true
boxes = [[130, 20, 50, 9]]
digits = { at = [130, 30], box = [3, 4], pitch = 4, groups = [11] }
"#;

    /// 07 00000001 and its check digit by modulus 11: 11 - (2 * 1 + 4 * 7) % 11.
    const NUMBER: &str = "07000000013";

    fn cells(text: &str, p: f32) -> Vec<[f32; 11]> {
        let cell = |b: u8| {
            let mut cell = [(1.0 - p) / 10.0; 11];
            cell[if b == b'?' { NO_DIGIT } else { usize::from(b - b'0') }] = p;
            cell
        };
        text.bytes().map(cell).collect()
    }

    #[test]
    fn a_number_is_accepted_only_when_no_witness_doubts_it() {
        use Decision::{Accept, Review};
        let form = Form::parse("trial", FORM).unwrap();
        let rule = form.number_field().unwrap().1;
        assert!(sound(&form, rule, NUMBER).is_some());
        let table = [
            (Some(NUMBER), cells(NUMBER, 0.99), Accept, Some(NUMBER), 0.999_99..1.0),
            (Some(NUMBER), cells("07?000?0013", 0.6), Accept, Some(NUMBER), 0.999..0.999_99),
            (Some(NUMBER), cells("07?????????", 0.6), Review, Some(NUMBER), 0.9..0.9999),
            (Some(NUMBER), cells("07000000014", 0.95), Review, Some(NUMBER), 0.0..0.6),
            (Some(NUMBER), cells("07000000014", 0.5), Accept, Some(NUMBER), 0.999..0.999_99),
            (None, cells(NUMBER, 0.99), Review, Some(NUMBER), 0.8..0.99),
            (None, cells(NUMBER, 0.8), Review, None, 0.0..0.1),
            (None, cells("07000000014", 0.99), Review, None, 0.0..0.1),
            (None, cells("???????????", 0.99), Review, None, 0.0..0.1),
            (None, Vec::new(), Review, None, 0.0..0.1),
        ];
        for (i, (bars, cells, decision, value, confidence)) in table.into_iter().enumerate() {
            let reading = judge(&form, rule, bars.map(str::to_owned), &cells);
            let read = reading.value.as_ref().map(|value| value.reveal().as_str());
            assert_eq!((reading.decision, read), (decision, value), "row {i}");
            assert!(confidence.contains(&reading.confidence), "row {i}: {}", reading.confidence);
            assert_eq!(reading.reason.is_some(), decision == Review, "row {i}");
        }
    }

    #[test]
    fn a_number_of_another_form_or_length_is_none_of_ours() {
        let form = Form::parse("trial", FORM).unwrap();
        let rule = form.number_field().unwrap().1;
        for text in ["", "07", "0700000001", "01000000018", "0700000001４", "A7000000013", "YT1|1|2|3"] {
            assert_eq!(sound(&form, rule, text), None, "{text}");
        }
    }
}
