//! Ink on paper: writes the answers of one side onto its sheet.

use crate::answers::{Answer, Answers};
use crate::canvas::Sheet;
use crate::hand::Hand;
use crate::marks::Clarity;
use crate::{Rng, label};
use domain::form::{Field, FieldKind, Form, MarkStyle, YearStyle};
use domain::geometry::RectMm;
use domain::ids::FieldId;
use domain::wareki::Era;
use jiff::civil::Date;
use rand::RngExt;

/// Writes `answers` onto `side` of the sheet with one hand; the fields that came out so that a careful clerk would
/// ask about them are returned.
pub fn fill(
    sheet: &mut Sheet,
    form: &Form,
    side: u8,
    answers: &Answers,
    hand: &Hand,
    rng: &mut Rng,
) -> Vec<FieldId> {
    let mut unclear = Vec::new();
    for field in form.fields_on(side) {
        if let Some(answer) = answers.get(&field.id)
            && write(sheet, field, answer, hand, rng) == Clarity::Unclear
        {
            unclear.push(field.id.clone());
        }
    }
    unclear
}

fn write(sheet: &mut Sheet, field: &Field, answer: &Answer, hand: &Hand, rng: &mut Rng) -> Clarity {
    let mut clarity = Clarity::Clear;
    match answer {
        Answer::Digits(text) => digits(sheet, field, text, hand, rng),
        Answer::Date(date) => return self::date(sheet, field, *date, hand, rng),
        Answer::Choice { chosen, corrected } => {
            if let Some(wrong) = corrected {
                choose(sheet, field, wrong, hand, rng);
                if let Some(option) = field.options.iter().find(|option| option.value == *wrong) {
                    hand.strike(sheet, option.rect, rng);
                }
            }
            for value in chosen {
                if choose(sheet, field, value, hand, rng) == Clarity::Unclear {
                    clarity = Clarity::Unclear;
                }
            }
        }
        Answer::On => {
            if let Some(square) = field.boxes.first() {
                return hand.mark(sheet, *square, rng);
            }
        }
        Answer::Written => {
            if let Some(area) = field.boxes.first() {
                hand.scribble(sheet, *area, rng);
            }
        }
        Answer::Label(lot) => {
            if let Some(area) = field.boxes.first() {
                label::stick(sheet, *area, lot, rng);
            }
        }
        Answer::Signed => {
            if let Some(area) = field.boxes.first() {
                if rng.random_bool(0.5) {
                    hand.seal(sheet, *area, rng)
                } else {
                    hand.scribble(sheet, *area, rng)
                }
            }
        }
    }
    clarity
}

fn choose(sheet: &mut Sheet, field: &Field, value: &str, hand: &Hand, rng: &mut Rng) -> Clarity {
    let Some(option) = field.options.iter().find(|option| option.value == value) else {
        return Clarity::Clear;
    };
    match field.style {
        MarkStyle::Box => hand.mark(sheet, option.rect, rng),
        MarkStyle::Circle => hand.circle(sheet, option.rect, rng),
    }
}

/// One digit a box, at the right end when the number is shorter than the comb.
fn digits(sheet: &mut Sheet, field: &Field, text: &str, hand: &Hand, rng: &mut Rng) {
    let written: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).map(|b| b - b'0').collect();
    let skip = field.boxes.len().saturating_sub(written.len());
    for (digit, cell) in written.iter().zip(&field.boxes[skip..]) {
        hand.digit(sheet, *digit, *cell, rng);
    }
}

fn date(sheet: &mut Sheet, field: &Field, date: Date, hand: &Hand, rng: &mut Rng) -> Clarity {
    let mut clarity = Clarity::Clear;
    let FieldKind::Date(rule) = &field.kind else {
        return clarity;
    };
    let (month, day) = (date.month() as u16, date.day() as u16);
    match &rule.year {
        YearStyle::Civil => {
            number(sheet, &field.boxes[..4], date.year() as u16, true, hand, rng);
            number(sheet, &field.boxes[4..6], month, rng.random_bool(0.6), hand, rng);
            number(sheet, &field.boxes[6..], day, rng.random_bool(0.6), hand, rng);
        }
        YearStyle::Era(eras) => {
            let Some(&era) = eras.iter().rev().find(|era| era.contains(date)) else {
                return clarity;
            };
            if eras.len() > 1 {
                clarity = choose(sheet, field, Era::value(era), hand, rng);
            } else if rng.random_bool(0.2) {
                // The only era there is: whatever the pen does to it, the date is clear.
                choose(sheet, field, Era::value(era), hand, rng);
            }
            let zeros = rng.random_bool(0.6);
            number(sheet, &field.boxes[..2], (date.year() - era.base()) as u16, zeros, hand, rng);
            number(sheet, &field.boxes[2..4], month, zeros, hand, rng);
            number(sheet, &field.boxes[4..], day, zeros, hand, rng);
        }
    }
    clarity
}

/// `value` at the right end of `cells`, with leading zeros or leading empty boxes.
fn number(sheet: &mut Sheet, cells: &[RectMm], value: u16, zeros: bool, hand: &Hand, rng: &mut Rng) {
    let width = if zeros { cells.len() } else { 1 };
    let text = format!("{value:0width$}");
    for (digit, cell) in text.bytes().zip(&cells[cells.len().saturating_sub(text.len())..]) {
        hand.digit(sheet, digit - b'0', *cell, rng);
    }
}
