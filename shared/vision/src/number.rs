//! 管理番号. The number of a slip from two witnesses: the bars, and the digits printed beneath them.

use crate::barcode::evidence::{self, Weights};
use crate::barcode::{self, Effort};
use crate::registered::RegisteredPage;
use domain::form::{Field, FieldKind, Form, NumberRule, Symbology};
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
/// The bars hold and at least half of the digits confirm them, none denies them; or the bars hold only in part, but
/// no digit is without a witness.
const BARS_AND_SOME_DIGITS: f64 = 0.9999;
/// A two-dimensional code corrects its own errors, so that it needs no second witness.
const MATRIX_CODE: f64 = 0.999_99;
/// The bars alone: not enough to name a person.
const BARS_ALONE: f64 = 0.999;
/// The witnesses disagree: one of them is wrong.
const DISPUTED: f64 = 0.5;
/// A digit read with this probability can deny the bars or stand without them.
const CONFIDENT: f32 = 0.9;
/// Where the bars are spoilt, at least this share of the digits must still be told by the bars ...
const TOLD_BY_BARS: f64 = 0.45;
/// ... and this share by print; every single one by either.
const TOLD_BY_PRINT: f64 = 0.6;
/// Bars this near to where the number is printed are its own, mm: a torn or streaked line of them may say anything.
const OWN_PLACE_MM: f64 = 2.0;
/// A sticker that a hand put on lies at most this far off, mm ...
const STICKER_OFF_MM: f64 = 4.0;
/// ... and, being askew, has its digits this much lower or higher than its code has them, mm.
const ASKEW_MM: [f64; 5] = [0.0, 0.5, -0.5, 1.0, -1.0];
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
    bars_seen(page, form, field, rule).into_iter().next().map(|(number, _)| number)
}

/// Every number in the bars where the form prints them, with where it is: more than one when papers lie over each other.
fn bars_seen(page: &RegisteredPage, form: &Form, field: &Field, rule: &NumberRule) -> Vec<(String, RectMm)> {
    let Some(&place) = field.boxes.first() else { return Vec::new() };
    let is_sound = |text: &str| sound(form, rule, text).is_some();
    // What others stick on lies where a hand put it.
    let matrix = matches!(rule.symbology, Symbology::Qr | Symbology::DataMatrix);
    let place = if rule.is_foreign && matrix { place.grown(STICKER_OFF_MM) } else { place };
    let codes = barcode::look_all(page, place, rule.symbology, Effort::Retry, is_sound);
    let number = |code: &barcode::Code| Some((sound(form, rule, &code.text)?, code.rect));
    let mut numbers: Vec<(String, RectMm)> = codes.iter().filter_map(number).collect();
    numbers.sort_by(|(a, _), (b, _)| a.cmp(b));
    numbers.dedup_by(|(a, _), (b, _)| a == b);
    numbers
}

/// The digits printed beside the code. On a sticker they lie as far off as its code does, and a little more or less
/// when it is askew: they are where most of them can be read.
fn printed_digits(
    page: &RegisteredPage,
    field: &Field,
    rule: &NumberRule,
    code: Option<RectMm>,
    digits: &mut dyn DigitReader,
) -> Vec<[f32; 11]> {
    let place = field
        .boxes
        .first()
        .filter(|_| rule.is_foreign && matches!(rule.symbology, Symbology::Qr | Symbology::DataMatrix));
    let Some((place, code)) = place.zip(code) else { return digits.read_cells(page, &rule.digit_cells) };
    let off = [code.center().x - place.center().x, code.center().y - place.center().y];
    let mut best: Option<(usize, Vec<[f32; 11]>)> = None;
    for down in ASKEW_MM {
        let moved = |cell: &RectMm| RectMm::new(cell.x + off[0], cell.y + off[1] + down, cell.w, cell.h);
        let moved: Vec<RectMm> = rule.digit_cells.iter().map(moved).collect();
        let cells = digits.read_cells(page, &moved);
        let clear =
            cells.iter().map(best_of).filter(|&(digit, p)| digit != NO_DIGIT && p >= CONFIDENT).count();
        if best.as_ref().is_none_or(|(most, _)| clear > *most) {
            best = Some((clear, cells));
        }
        if clear == rule.digit_cells.len() {
            break;
        }
    }
    best.map(|(_, cells)| cells).unwrap_or_default()
}

/// Reads the management number of a registered page; `None` when this side of the form has none.
pub fn read(
    page: &RegisteredPage,
    form: &Form,
    side: u8,
    digits: &mut dyn DigitReader,
) -> Option<NumberReading> {
    let (field, rule) = form.number_field().filter(|(field, _)| field.is_on(side))?;
    let seen = bars_seen(page, form, field, rule);
    let witnesses = Witnesses {
        bars: seen.first().map(|(number, _)| number.clone()),
        again: repeated(page, form, side),
        cells: printed_digits(page, field, rule, seen.first().map(|(_, rect)| *rect), digits),
    };
    let evidence = || {
        let linear = rule.symbology == Symbology::Nw7;
        let length = rule.length.filter(|_| linear).map(usize::from)?;
        evidence::digits(page, *field.boxes.first()?, length, !rule.is_foreign)
    };
    let mut reading = judge(form, rule, &witnesses, evidence);
    let reach = if rule.is_foreign { STICKER_OFF_MM + OWN_PLACE_MM } else { OWN_PLACE_MM };
    let own = field.boxes.first().map(|place| place.grown(reach));
    let strays = match &reading.value {
        Some(_) => barcode::skim(page, form.paper_mm, rule.symbology),
        None => barcode::read_page(page, rule.symbology),
    };
    let value = reading.value.as_ref().map(|value| value.reveal().clone());
    let elsewhere = strays
        .iter()
        .filter(|code| own.is_none_or(|own| !own.overlaps(&code.rect)))
        .map(|code| bare(&code.text))
        .any(|text| possible(rule, &text) && value.as_ref() != Some(&text));
    if elsewhere || seen.len() > 1 {
        reading.decision = Decision::Review;
        reading.confidence = reading.confidence.min(DISPUTED);
        reading.reason =
            Some("用紙に別の管理番号のバーコードがあります。どちらの票か確かめてください。".into());
    }
    Some(reading)
}

/// The number in the codes of this side that repeat it; the first that can be read.
fn repeated(page: &RegisteredPage, form: &Form, side: u8) -> Option<String> {
    form.fields_on(side).find_map(|field| match &field.kind {
        FieldKind::Barcode(rule) if rule.repeats_number => {
            let place = *field.boxes.first()?;
            let is_sound = |text: &str| possible(rule, text);
            Some(barcode::read_region(page, place, rule.symbology, is_sound)?.text)
        }
        _ => None,
    })
}

/// Who says what the number is.
struct Witnesses {
    /// The bars.
    bars: Option<String>,
    /// A code that repeats the number.
    again: Option<String>,
    /// The digits printed beneath the bars; the probabilities of each.
    cells: Vec<[f32; 11]>,
}

/// Weighs the witnesses. `evidence` looks at single digits of spoilt bars: it takes time, so only where it matters.
fn judge(
    form: &Form,
    rule: &NumberRule,
    witnesses: &Witnesses,
    evidence: impl FnOnce() -> Option<Vec<Weights>>,
) -> NumberReading {
    let Witnesses { bars, again, cells } = witnesses;
    match (bars, again) {
        (Some(number), Some(again)) if number != again => {
            let reason = "バーコードと二次元コードの番号が違います。用紙の番号を確かめてください。";
            reading(Some(number.clone()), vec![NumberSource::Barcode], DISPUTED, Some(reason))
        }
        (Some(number), _) => with_code(rule, number, again.is_some(), cells),
        (None, Some(again)) if sound(form, rule, again).is_some() => with_code(rule, again, true, cells),
        (None, _) => without_bars(form, rule, cells, evidence()),
    }
}

/// A code was read; `proven` when it corrects its own errors or a second code says the same.
fn with_code(rule: &NumberRule, number: &str, proven: bool, cells: &[[f32; 11]]) -> NumberReading {
    use NumberSource::{Barcode, Digits};
    let wanted = number.bytes().map(|b| usize::from(b - b'0'));
    let (mut agree, mut denied) = (0, false);
    for (cell, wanted) in cells.iter().zip(wanted) {
        let (best, p) = best_of(cell);
        agree += usize::from(best == wanted);
        denied |= best != wanted && best != NO_DIGIT && p >= CONFIDENT;
    }
    let number = Some(number.to_owned());
    if denied {
        let reason = "管理番号のバーコードと印字の数字が違います。用紙の番号を確かめてください。";
        return reading(number, vec![Barcode], DISPUTED, Some(reason));
    }
    let proven = proven || matches!(rule.symbology, Symbology::Qr | Symbology::DataMatrix);
    // Without a check digit, some digits that agree say nothing of the others.
    let some = rule.check.is_some() && 2 * agree >= cells.len();
    if !cells.is_empty() && agree == cells.len() {
        reading(number, vec![Barcode, Digits], BOTH, None)
    } else if proven {
        reading(number, vec![Barcode], MATRIX_CODE, None)
    } else if !cells.is_empty() && some {
        reading(number, vec![Barcode, Digits], BARS_AND_SOME_DIGITS, None)
    } else {
        let reason = "管理番号のバーコードは読めましたが、印字の数字で確かめられません。";
        reading(number, vec![Barcode], BARS_ALONE, Some(reason))
    }
}

/// The bars as a whole cannot be read: print, and what is left of the bars.
fn without_bars(
    form: &Form,
    rule: &NumberRule,
    cells: &[[f32; 11]],
    evidence: Option<Vec<Weights>>,
) -> NumberReading {
    if let Some(evidence) = evidence.filter(|evidence| evidence.len() == cells.len())
        && let Some(reading) = with_remains(form, rule, cells, &evidence)
    {
        return reading;
    }
    let read: Vec<(usize, f32)> = cells.iter().map(best_of).collect();
    let confident = !read.is_empty() && read.iter().all(|&(digit, p)| digit != NO_DIGIT && p >= CONFIDENT);
    let text: String = read.iter().filter_map(|&(digit, _)| char::from_digit(digit as u32, 10)).collect();
    if confident && let Some(number) = sound(form, rule, &text) {
        let confidence = read.iter().map(|&(_, p)| f64::from(p)).product::<f64>().min(BARS_ALONE);
        let reason = "管理番号のバーコードが読めません。印字の数字から読んだ値を確かめてください。";
        return reading(Some(number), vec![NumberSource::Digits], confidence, Some(reason));
    }
    reading(None, Vec::new(), 0.0, Some("管理番号が読めません。画像を見て入力してください。"))
}

/// Print and the remains of the bars, digit by digit. `None` when a digit has no witness or two that contradict each
/// other, or when the whole is no number of this form: then the remains are worth nothing.
fn with_remains(
    form: &Form,
    rule: &NumberRule,
    cells: &[[f32; 11]],
    evidence: &[Weights],
) -> Option<NumberReading> {
    let (mut by_bars, mut by_print, mut text) = (0, 0, String::new());
    for (cell, weights) in cells.iter().zip(evidence) {
        let (printed, p) = best_of(cell);
        let printed = (printed != NO_DIGIT && p >= CONFIDENT).then_some(printed);
        let barred = weights.iter().position(|&weight| weight >= f64::from(CONFIDENT));
        if printed.zip(barred).is_some_and(|(printed, barred)| printed != barred) {
            return None;
        }
        by_bars += usize::from(barred.is_some());
        by_print += usize::from(printed.is_some());
        text.push(char::from_digit(printed.or(barred)? as u32, 10)?);
    }
    let number = sound(form, rule, &text)?;
    let enough = |told: usize, share: f64| told as f64 >= share * cells.len() as f64;
    let accepted = rule.check.is_some() && enough(by_bars, TOLD_BY_BARS) && enough(by_print, TOLD_BY_PRINT);
    accepted.then(|| {
        let sources = vec![NumberSource::Barcode, NumberSource::Digits];
        reading(Some(number), sources, BARS_AND_SOME_DIGITS, None)
    })
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
fn best_of(cell: &[f32; 11]) -> (usize, f32) {
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
            let witnesses = Witnesses { bars: bars.map(str::to_owned), again: None, cells };
            let reading = judge(&form, rule, &witnesses, || None);
            let read = reading.value.as_ref().map(|value| value.reveal().as_str());
            assert_eq!((reading.decision, read), (decision, value), "row {i}");
            assert!(confidence.contains(&reading.confidence), "row {i}: {}", reading.confidence);
            assert_eq!(reading.reason.is_some(), decision == Review, "row {i}");
        }
    }

    /// What the bars say of each digit; `?` where they are spoilt.
    fn remains(text: &str) -> Vec<Weights> {
        let flat = |b: u8| {
            std::array::from_fn(|d| if b == b'?' { 0.1 } else { f64::from(usize::from(b - b'0') == d) })
        };
        text.bytes().map(flat).collect()
    }

    #[test]
    fn spoilt_bars_still_confirm_print_but_never_stand_against_it() {
        use Decision::{Accept, Review};
        let form = Form::parse("trial", FORM).unwrap();
        let rule = form.number_field().unwrap().1;
        let table = [
            // Print whole, bars in part.
            (NUMBER, "0700000????", Accept, Some(NUMBER)),
            // Two digits blotted, the bars have them.
            ("07000??0013", "??????00013", Review, None),
            ("07000??0013", "????000001?", Accept, Some(NUMBER)),
            // A digit that nobody saw would follow from the check digit: a guess.
            ("0700000?013", "0700000????", Review, None),
            // They contradict each other in one digit.
            (NUMBER, "0700000002?", Review, Some(NUMBER)),
            // Too little of either.
            (NUMBER, "0700???????", Review, Some(NUMBER)),
            ("0700?????13", "07000000013", Review, None),
            // A number of another form.
            ("01000000018", "01000000018", Review, None),
        ];
        for (print, bars, decision, value) in table {
            let witnesses = Witnesses { bars: None, again: None, cells: cells(print, 0.99) };
            let reading = judge(&form, rule, &witnesses, || Some(remains(bars)));
            let read = reading.value.as_ref().map(|value| value.reveal().as_str());
            assert_eq!((reading.decision, read), (decision, value), "{print} {bars}");
        }
    }

    #[test]
    fn a_code_that_repeats_the_number_is_a_witness_of_its_own() {
        use Decision::{Accept, Review};
        let form = Form::parse("trial", FORM).unwrap();
        let rule = form.number_field().unwrap().1;
        let table = [
            (Some(NUMBER), Some(NUMBER), "???????????", Accept),
            (None, Some(NUMBER), "???????????", Accept),
            (None, Some(NUMBER), "07000000021", Review),
            (Some(NUMBER), Some("07000000021"), NUMBER, Review),
            (None, Some("01000000018"), "01000000018", Review),
        ];
        for (bars, again, print, decision) in table {
            let [bars, again] = [bars, again].map(|text| text.map(str::to_owned));
            let witnesses = Witnesses { bars, again, cells: cells(print, 0.99) };
            let reading = judge(&form, rule, &witnesses, || None);
            assert_eq!(reading.decision, decision, "{print}");
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
