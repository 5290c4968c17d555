//! 用紙上の本人情報. What a page says about its person, taken from the reading.

use crate::form::{Form, PrintSource};
use crate::ids::ManagementNumber;
use crate::personal::Personal;
use crate::reading::{Decision, FieldReading, FormReading};
use crate::resident::Sex;
use crate::roles::Role;
use crate::wareki;
use jiff::civil::Date;

/// 用紙上の本人情報.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Written {
    /// 管理番号, whether accepted or not.
    pub number: Option<ManagementNumber>,
    /// 生年月日 by hand: what the ink allows, most probable first.
    pub birth: Vec<PossibleDate>,
    /// Whether the first of `birth` was accepted by the reader.
    pub birth_accepted: bool,
    /// 生年月日 as printed on the slip.
    pub printed_birth: Option<PrintedDate>,
    /// 振り仮名.
    pub kana: Option<Words>,
    /// 氏名.
    pub name: Option<Words>,
    /// 住所.
    pub address: Option<Words>,
    /// 性別, when accepted.
    pub sex: Option<Sex>,
}

/// A date that the ink allows, with its probability 0..=1.
#[derive(Clone, Debug, PartialEq)]
pub struct PossibleDate {
    /// The day.
    pub date: Personal<Date>,
    /// Its probability.
    pub probability: f64,
}

/// A printed date.
#[derive(Clone, Debug, PartialEq)]
pub struct PrintedDate {
    /// The day.
    pub date: Personal<Date>,
    /// Whether the reader accepted it.
    pub accepted: bool,
}

/// Printed words.
#[derive(Clone, Debug, PartialEq)]
pub struct Words {
    /// The words.
    pub text: Personal<String>,
    /// Whether the reader accepted them.
    pub accepted: bool,
}

impl Written {
    /// Takes from a reading of `form` what it says about the person.
    pub fn of(form: &Form, reading: &FormReading) -> Self {
        let printed = |source| form.printed(source).and_then(|field| reading.field(field.id.as_str()));
        let by_hand = |role| form.role(role).and_then(|field| reading.field(field.id.as_str()));
        let birth = by_hand(Role::BirthDate);
        let number = reading.management_number.as_ref().and_then(|number| number.value.as_ref());
        Self {
            number: number.map(|number| ManagementNumber(number.reveal().clone())),
            birth: birth.map(possible_dates).unwrap_or_default(),
            birth_accepted: birth.is_some_and(|field| field.decision == Decision::Accept),
            printed_birth: printed(PrintSource::BirthDate).and_then(printed_date),
            kana: printed(PrintSource::Kana).and_then(words),
            name: printed(PrintSource::Name).and_then(words),
            address: printed(PrintSource::Address).and_then(words),
            sex: by_hand(Role::Sex).or_else(|| printed(PrintSource::Sex)).and_then(sex),
        }
    }

    /// Probability that the ink says `date`, 0..=1.
    pub fn birth_probability(&self, date: Date) -> f64 {
        self.birth.iter().filter(|b| *b.date.reveal() == date).map(|b| b.probability).fold(0.0, f64::max)
    }
}

fn possible_dates(field: &FieldReading) -> Vec<PossibleDate> {
    let possible = |text: &str, probability| {
        let date = text.parse().ok()?;
        Some(PossibleDate { date: Personal::new(date), probability })
    };
    let mut dates: Vec<PossibleDate> =
        field.value.text().and_then(|text| possible(text, field.confidence)).into_iter().collect();
    for alternative in &field.alternatives {
        let Some(found) = possible(alternative.value.reveal(), alternative.probability) else { continue };
        if dates.iter().all(|known| known.date != found.date) {
            dates.push(found);
        }
    }
    dates
}

fn printed_date(field: &FieldReading) -> Option<PrintedDate> {
    let text = field.value.text()?;
    let date = text.parse().ok().or_else(|| wareki::parse(text))?;
    Some(PrintedDate { date: Personal::new(date), accepted: field.decision == Decision::Accept })
}

fn words(field: &FieldReading) -> Option<Words> {
    let text = field.value.text().filter(|text| !text.trim().is_empty())?;
    Some(Words { text: Personal::new(text.to_owned()), accepted: field.decision == Decision::Accept })
}

fn sex(field: &FieldReading) -> Option<Sex> {
    if field.decision != Decision::Accept {
        return None;
    }
    match field.value.text()?.trim() {
        "F" | "f" | "female" | "女" => Some(Sex::F),
        "M" | "m" | "male" | "男" => Some(Sex::M),
        _ => None,
    }
}
