//! 入力. Who keyed what for a page, and what is still to be keyed before it can be a record.
//!
//! The unit of work is one field of one page; who it is counts as the field [`PERSON`]. A doubtful field needs a first
//! keying. Where a *person* decided a critical value, another person keys it again without seeing anything of the first
//! (二次入力); where the two differ, a third person who is neither of them decides (裁定). Keyings are only added; one
//! that was taken back is left out before it comes here.

mod progress;
mod same;
#[cfg(test)]
mod tests;

pub use progress::{Facts, FieldProgress, FieldState, Progress, progress};
pub use same::same;

use crate::form::{Field, Form};
use crate::ids::{FieldId, FormId, ResidentId, StaffId};
use crate::reading::{FormReading, Value};
use crate::record;
use crate::review::ReviewReason;
use crate::rules::RuleCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// 本人. Stands for "who is it" among the fields; its value is the 宛名番号 as text.
pub const PERSON: &str = "@person";
/// ページ全体. Stands for what is to be looked at beside single fields (a duplicate, a rule about nothing in particular);
/// its value is `seen`.
pub const PAGE: &str = "@page";
/// Stands before the word of a rule whose finding a person accepts; its value is `accepted`.
pub const ACCEPTED: &str = "@accept.";

/// 入力の段階. One of the passes over a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pass {
    /// 一次入力. With the machine's value before the eyes.
    First,
    /// 二次入力. Blind, by another person.
    Second,
    /// 裁定. By a third person who sees both.
    Third,
    /// 抜取り. Blind, of a value that the machine was certain of.
    Sample,
    /// 訂正. Of a committed value, with a reason; then a [`Pass::Second`] of the same request.
    Correction,
}

impl Pass {
    /// All, in the order of work.
    pub const ALL: [Pass; 5] = [Pass::First, Pass::Second, Pass::Third, Pass::Sample, Pass::Correction];

    /// As written in rows.
    pub fn as_str(self) -> &'static str {
        match self {
            Pass::First => "first",
            Pass::Second => "second",
            Pass::Third => "third",
            Pass::Sample => "sample",
            Pass::Correction => "correction",
        }
    }

    /// The pass with this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pass| pass.as_str() == word)
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Pass::First => "一次入力",
            Pass::Second => "二次入力",
            Pass::Third => "裁定",
            Pass::Sample => "抜取り検査",
            Pass::Correction => "訂正",
        }
    }
}

/// ページの段階. The least advanced of its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Something needs a first keying.
    First,
    /// Everything was keyed once; something needs a blind second keying.
    Second,
    /// Two people differ, or nobody could say who it is.
    Third,
    /// Every value is decided; the page can be committed.
    Ready,
}

impl Stage {
    /// The stages that a page waits in, in the order of work.
    pub const WAITING: [Stage; 3] = [Stage::First, Stage::Second, Stage::Third];

    /// As written in rows. A page that is ready and still waits (a new finding) waits for an arbiter.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::First => "first",
            Stage::Second => "second",
            Stage::Third | Stage::Ready => "third",
        }
    }

    /// The stage with this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::WAITING.into_iter().find(|stage| stage.as_str() == word)
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Stage::First => "一次",
            Stage::Second => "二次",
            Stage::Third | Stage::Ready => "裁定",
        }
    }
}

/// 入力値. What a person says that stands there. Personal: prints as `***`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "keyed", content = "value", rename_all = "snake_case")]
pub enum Keyed {
    /// This value, normalised as a reading's (blank: nothing is written there).
    Value(Value),
    /// 判読不能. Something is written, nobody can read it.
    Illegible,
    /// 該当なし. None of what the field can hold: another answer than the options, nobody of the register.
    NoneOfThese,
}

impl Keyed {
    /// The person as the value of [`PERSON`].
    pub fn person(resident: &ResidentId) -> Self {
        Keyed::Value(Value::Text(resident.0.clone()))
    }

    /// The value that a record would keep; `None` for the illegible.
    pub fn value(&self) -> Option<&Value> {
        match self {
            Keyed::Value(value) => Some(value),
            Keyed::Illegible | Keyed::NoneOfThese => None,
        }
    }
}

/// 入力. One keying that stands (was not taken back).
#[derive(Clone, Debug, PartialEq)]
pub struct Keying {
    /// Grows with every keying.
    pub id: i64,
    /// The reading that the person saw, from 1.
    pub round: u32,
    /// The form that the page was taken for; a keying counts for that form only.
    pub form: FormId,
    /// That form's version.
    pub form_version: u32,
    /// 0 for the page's own keying; else the number of the correction that it belongs to.
    pub request: i64,
    /// Which field, or [`PERSON`], or [`ACCEPTED`] and a rule.
    pub field: FieldId,
    /// In which pass.
    pub pass: Pass,
    /// What.
    pub keyed: Keyed,
    /// Who.
    pub staff: StaffId,
    /// From where.
    pub terminal: String,
    /// When.
    pub at: Timestamp,
}

/// 二次入力の設定. Which fields need a second keying, where an office does not leave it to the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings(pub BTreeMap<(FormId, FieldId), bool>);

impl Settings {
    /// Whether a value of `field` that a person decided is keyed a second time: what the office says, else what the
    /// form says (`critical`). Who it is and the management number are identity, and always critical.
    pub fn needs_second(&self, form: &Form, field: &FieldId) -> bool {
        let said = self.0.get(&(form.id.clone(), field.clone()));
        said.copied().unwrap_or_else(|| is_critical(form, field))
    }
}

/// What the form says of a field, without the office's settings.
pub fn is_critical(form: &Form, field: &FieldId) -> bool {
    field.as_str() == PERSON
        || form.field(field.as_str()).is_some_and(|field| field.critical || is_number(form, field))
}

/// The fields that a person decides: everything that a record keeps, and the management number.
pub fn keyed_fields(form: &Form, side: u8) -> impl Iterator<Item = &Field> {
    let number = form.number_field().map(|(field, _)| field);
    number.into_iter().chain(record::recorded_fields(form)).filter(move |field| field.is_on(side))
}

/// Whether `field` carries the management number.
pub fn is_number(form: &Form, field: &Field) -> bool {
    form.number_field().is_some_and(|(number, _)| number.id == field.id)
}

/// What the machine read in a field.
pub fn machine_value(form: &Form, field: &Field, reading: &FormReading) -> Value {
    if is_number(form, field) {
        let number = reading.management_number.as_ref().and_then(|number| number.value.as_ref());
        return number.map_or(Value::Blank, |number| Value::Text(number.reveal().clone()));
    }
    reading.field(field.id.as_str()).map(|read| read.value.clone()).unwrap_or_default()
}

/// Whether the machine is certain of a field.
pub fn machine_is_sure(form: &Form, field: &Field, reading: &FormReading) -> bool {
    use crate::reading::Decision::Accept;
    let number = reading.management_number.as_ref().filter(|_| is_number(form, field));
    let read = reading.field(field.id.as_str());
    number.map(|number| number.decision).or(read.map(|read| read.decision)) == Some(Accept)
}

/// Whether the reasons ask a person to look at this field.
pub fn is_doubtful(form: &Form, field: &Field, reasons: &[ReviewReason]) -> bool {
    if is_number(form, field) {
        return reasons.iter().any(is_about_number);
    }
    reasons.iter().any(|reason| reason.field() == Some(&field.id))
}

/// Whether a reason is about the management number.
pub fn is_about_number(reason: &ReviewReason) -> bool {
    use ReviewReason::*;
    matches!(reason, NumberMissing | NumberDoubtful { .. } | NumberUnknown | NumberOfOtherForm)
}

/// Whether a reason is about who it is.
pub fn is_about_person(reason: &ReviewReason) -> bool {
    use ReviewReason::*;
    let person = matches!(
        reason,
        OwnerMissing
            | BirthDateDiffers { .. }
            | BirthDateUnconfirmed { .. }
            | PersonUnconfirmed
            | PrintedDiffers { .. }
    );
    person || is_about_number(reason)
}

/// Whether somebody has to look at the page as a whole: a reason that no field of it answers.
pub fn is_about_page(form: &Form, side: u8, reason: &ReviewReason) -> bool {
    let answered = reason.field().is_some_and(|id| keyed_fields(form, side).any(|field| field.id == *id));
    !answered && !is_about_person(reason)
}

/// The field under which the acceptance of a rule's finding is kept.
pub fn acceptance(rule: RuleCode) -> FieldId {
    let word = toml::Value::try_from(rule).ok();
    FieldId(format!("{ACCEPTED}{}", word.as_ref().and_then(toml::Value::as_str).unwrap_or_default()))
}

/// The rule of an acceptance; `None` for any other field.
pub fn accepted_rule(field: &FieldId) -> Option<RuleCode> {
    let word = field.as_str().strip_prefix(ACCEPTED)?;
    toml::Value::String(word.to_owned()).try_into().ok()
}

/// Whether `staff` may key `field` in `pass`, given what stands of the same page and request: never the same person
/// twice. A correction may be asked for by anybody; acceptances are no values, and nobody's second.
pub fn may_key(pass: Pass, field: &FieldId, staff: &StaffId, standing: &[Keying]) -> bool {
    let before: &[Pass] = match pass {
        Pass::First | Pass::Correction => &[],
        Pass::Second => &[Pass::First, Pass::Correction],
        Pass::Third => &[Pass::First, Pass::Correction, Pass::Second],
        // The sample judges everybody who ever had a hand in the value.
        Pass::Sample => &Pass::ALL,
    };
    let same_field = standing.iter().filter(|keying| keying.field == *field);
    !same_field.into_iter().any(|keying| before.contains(&keying.pass) && keying.staff == *staff)
}
