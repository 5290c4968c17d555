//! 突合. What the office knows, held against what the ink says, field by field.
//!
//! A reading carries every value that its ink allows, with probabilities that know nothing of the person. Bayes' rule
//! brings the two together: a value in doubt that the register expects is raised, a value that the register
//! contradicts is lowered however sure the reader was. A value that the ink does not allow is never taken.

use crate::form::{DateRule, Field, FieldKind, Form};
use crate::ids::ClinicCode;
use crate::likeness::FAIR_PROBABILITY;
use crate::reading::{Decision, FieldReading, FormReading, NOT_SURE, RAISABLE, Value};
use crate::resident::{Resident, Sex};
use crate::roles::Role;
use crate::wareki::Era;
use jiff::civil::Date;

/// 既知の事実. What the office knows beside the ink.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Whose slip it is: only when the number is certain and was issued.
    pub owner: Option<&'a Resident>,
    /// Birth dates in the owner's household, the owner left out: slips are swapped at home.
    pub kin: &'a [Date],
    /// Birth dates of others with the owner's name.
    pub namesakes: &'a [Date],
    /// Codes of all contracted clinics; empty when none were imported.
    pub clinics: &'a [ClinicCode],
    /// The clinic of the envelope that the page lies in.
    pub sender: Option<&'a ClinicCode>,
    /// First day of the month for which the envelope is claimed.
    pub month: Option<Date>,
    /// Local day on which the page arrived.
    pub scanned_on: Date,
}

/// A value is raised when it is then wrong with at most this probability: the target of all accepted values.
const RAISED_WRONG: f64 = 1e-4;

// How often something else than the register's birth date is truly written on a slip whose number is right. Assumed,
// on the high side, for want of published figures: less than one slip in a hundred bears a wrong date.

/// A certain member of the household took this slip.
const KIN: f64 = 2e-3;
/// A certain namesake got it.
const NAMESAKE: f64 = 2e-4;
/// The person wrote one figure, the era or the order wrong; any of about 60 such dates.
const SLIP: f64 = SLIPS / 60.0;
const SLIPS: f64 = 2e-3;
/// Any other day at all (today's date, a stranger).
const ANY_DAY: f64 = 3e-3;

// Which code stands in the box for the clinic's code.

/// The clinic that sent the envelope.
const SENDER: f64 = 0.97;
/// Another contracted clinic; all of them together. Without an envelope all that is not [`STRANGE_CLINIC`].
const OTHER_CLINIC: f64 = 0.02;
/// A code that nobody was told of; all of them together.
const STRANGE_CLINIC: f64 = 0.01;
/// Sound codes of ten digits with a check digit.
const CODES: f64 = 1e9;
/// Digits in which two codes may differ and still be mistaken for each other.
const NEAR_CODE: usize = 3;

// When the service was given.

/// In the month of the claim, per day.
const IN_MONTH: f64 = 0.9 / 30.0;
/// In the 100 days before the page arrived, per day (late claims), and earlier.
const LATELY: f64 = 0.09 / 100.0;
const LONG_AGO: f64 = 0.01 / 1000.0;
/// After the page arrived: written wrong, per day.
const IN_FUTURE: f64 = 1e-4 / 300.0;

const RAISED_BIRTH: &str = "住民データの生年月日と一致するため採用しました（筆跡から読み得る値）";
const RAISED_CLINIC: &str = "登録された医療機関コードと一致するため採用しました（筆跡から読み得る値）";
const RAISED_DAY: &str = "請求月・取込日から見て、ほかの読み方があり得ないため採用しました";
const SEX_DIFFERS: &str = "住民データの性別と違います";
const CLINIC_UNKNOWN: &str = "登録のない医療機関コードです";
const CLINIC_DIFFERS: &str = "束票の医療機関コードと違います";
const LABEL_EXPIRED: &str = "ラベルの使用期限が接種日より前です";

/// The reading with every field raised or lowered by what is known; fields without such knowledge stay as they are.
pub fn agree(form: &Form, reading: &FormReading, known: &Known) -> FormReading {
    let mut agreed = reading.clone();
    let mut settle = |role: Role, judge: &dyn Fn(&Field, &FieldReading) -> Option<Verdict>| {
        let Some(field) = form.role(role) else { return };
        let Some(read) = agreed.fields.iter_mut().find(|read| read.id == field.id) else { return };
        if let Some(verdict) = judge(field, read) {
            verdict.apply(read);
        }
    };
    settle(Role::BirthDate, &|field, read| birth_date(field, read, known));
    settle(Role::Sex, &|_, read| sex(read, known));
    settle(Role::ClinicCode, &|_, read| clinic(read, known));
    settle(Role::ServiceDate, &|_, read| service_date(read, known));
    let given = form.role(Role::ServiceDate).and_then(|field| agreed.field(field.id.as_str()));
    let given =
        given.filter(|read| read.decision == Decision::Accept).and_then(|read| date(read.value.text()?));
    for read in agreed.fields.iter_mut().filter(|read| read.decision == Decision::Accept) {
        let expired = |day: Date| read.labels.iter().any(|label| label.expiry.is_some_and(|last| last < day));
        if given.is_some_and(expired) {
            Verdict::Lowered(LABEL_EXPIRED).apply(read);
        }
    }
    agreed
}

enum Verdict {
    /// This value, wrong with this probability, for this reason.
    Raised(String, f64, &'static str),
    /// The value goes to a person, for this reason.
    Lowered(&'static str),
}

impl Verdict {
    fn apply(self, read: &mut FieldReading) {
        match self {
            Verdict::Raised(value, wrong, reason) => {
                read.value = Value::Text(value);
                read.confidence = 1.0 - wrong;
                read.decision = Decision::Accept;
                read.reason = Some(reason.to_owned());
            }
            Verdict::Lowered(reason) => {
                read.decision = Decision::Review;
                read.confidence = read.confidence.min(0.5);
                read.reason = Some(reason.to_owned());
            }
        }
    }
}

/// What the ink allows: texts with their probabilities.
fn allowed(read: &FieldReading) -> impl Iterator<Item = (&str, f64)> {
    read.alternatives.iter().map(|one| (one.value.reveal().as_str(), one.probability))
}

/// The ink that is on none of the values listed.
fn rest(read: &FieldReading) -> f64 {
    (1.0 - allowed(read).map(|(_, p)| p).sum::<f64>()).max(0.0)
}

fn is_raisable(read: &FieldReading) -> bool {
    read.decision == Decision::Review
        && read.reason.as_deref().is_some_and(|reason| RAISABLE.contains(&reason))
}

fn date(text: &str) -> Option<Date> {
    text.parse().ok()
}

fn birth_date(field: &Field, read: &FieldReading, known: &Known) -> Option<Verdict> {
    let register = *known.owner?.birth_date.reveal();
    let FieldKind::Date(rule) = &field.kind else { return None };
    if !is_raisable(read) {
        return None;
    }
    let own = 1.0 - KIN * known.kin.len() as f64 - NAMESAKE * known.namesakes.len() as f64 - SLIPS - ANY_DAY;
    let any_day = ANY_DAY / days(rule);
    let (mut ink, mut against) = (0.0, rest(read) * any_day);
    for (text, p) in allowed(read) {
        match date(text)? {
            day if day == register => ink = p,
            day => against += p * otherwise(day, register, known, any_day),
        }
    }
    let wrong = against / (own.max(0.5) * ink + against);
    (ink >= FAIR_PROBABILITY && wrong <= RAISED_WRONG)
        .then(|| Verdict::Raised(register.to_string(), wrong, RAISED_BIRTH))
}

/// How often `day` truly stands on the slip of a person born on `register`.
fn otherwise(day: Date, register: Date, known: &Known, any_day: f64) -> f64 {
    let times = |days: &[Date]| days.iter().filter(|other| **other == day).count() as f64;
    let slip = if is_slip(day, register) { SLIP } else { 0.0 };
    any_day + slip + KIN * times(known.kin) + NAMESAKE * times(known.namesakes)
}

/// Whether `day` is `register` with one figure, the era, or the order of month and day wrong.
fn is_slip(day: Date, register: Date) -> bool {
    let figures = |date: Date| {
        let era = Era::of(date);
        let year = date.year() - era.map_or(0, Era::base);
        (era, format!("{year:04}{:02}{:02}", date.month(), date.day()))
    };
    let ((era, read), (other, wanted)) = (figures(day), figures(register));
    let wrong = read.bytes().zip(wanted.bytes()).filter(|(a, b)| a != b).count() + usize::from(era != other);
    let swapped =
        day.year() == register.year() && (day.month(), day.day()) == (register.day(), register.month());
    wrong == 1 || swapped
}

fn days(rule: &DateRule) -> f64 {
    f64::from((rule.range[1] - rule.range[0]).get_days().max(1))
}

/// A sex that is not the register's is the sign of another person's slip (twins, couples).
fn sex(read: &FieldReading, known: &Known) -> Option<Verdict> {
    let register = known.owner?.sex;
    let written = Sex::parse(read.value.text()?)?;
    let differs = register != Sex::X && written != register && read.decision == Decision::Accept;
    differs.then_some(Verdict::Lowered(SEX_DIFFERS))
}

fn clinic(read: &FieldReading, known: &Known) -> Option<Verdict> {
    if known.clinics.is_empty() && known.sender.is_none() {
        return None;
    }
    if read.decision == Decision::Accept {
        let code = read.value.text()?;
        return match known.sender {
            Some(sender) if sender.as_str() == code => None,
            _ if !is_known(code, known) => Some(Verdict::Lowered(CLINIC_UNKNOWN)),
            Some(_) => Some(Verdict::Lowered(CLINIC_DIFFERS)),
            None => None,
        };
    }
    if !is_raisable(read) {
        return None;
    }
    let weighed = allowed(read).map(|(code, p)| (code, p, p * usual(code, known)));
    let (best, ink, weight) = weighed.max_by(|a, b| a.2.total_cmp(&b.2))?;
    if !is_known(best, known) || ink < FAIR_PROBABILITY {
        return None;
    }
    let others = allowed(read).filter(|(code, _)| *code != best).map(|(code, p)| p * usual(code, known));
    let against = others.sum::<f64>() + unlisted(best, read, known);
    let wrong = against / (weight + against);
    (wrong <= RAISED_WRONG).then(|| Verdict::Raised(best.to_owned(), wrong, RAISED_CLINIC))
}

fn is_known(code: &str, known: &Known) -> bool {
    known.sender.is_some_and(|sender| sender.as_str() == code)
        || known.clinics.iter().any(|clinic| clinic.as_str() == code)
}

/// How often `code` stands on a slip of this envelope.
fn usual(code: &str, known: &Known) -> f64 {
    let clinics = known.clinics.len().max(1) as f64;
    match known.sender {
        Some(sender) if sender.as_str() == code => SENDER,
        _ if !is_known(code, known) => STRANGE_CLINIC / CODES,
        Some(_) => OTHER_CLINIC / clinics,
        None => (1.0 - STRANGE_CLINIC) / clinics,
    }
}

/// The weight of contracted clinics that may be mistaken for `best`, though they are not among the values listed:
/// each is at most as likely as the least of those.
fn unlisted(best: &str, read: &FieldReading, known: &Known) -> f64 {
    let least = allowed(read).map(|(_, p)| p).fold(1.0, f64::min).min(rest(read));
    let differing = |code: &str| code.bytes().zip(best.bytes()).filter(|(a, b)| a != b).count();
    let listed = |code: &str| allowed(read).any(|(listed, _)| listed == code);
    let near = known.clinics.iter().map(ClinicCode::as_str).chain(known.sender.map(ClinicCode::as_str));
    let near = near.filter(|code| *code != best && differing(code) <= NEAR_CODE && !listed(code));
    near.map(|code| least * usual(code, known)).sum()
}

/// A day that the ink leaves open is settled by when such slips come; what it would settle must be the reader's own
/// first choice.
fn service_date(read: &FieldReading, known: &Known) -> Option<Verdict> {
    if read.decision != Decision::Review || read.reason.as_deref() != Some(NOT_SURE) {
        return None;
    }
    let first = date(read.value.text()?)?;
    let (mut weight, mut against, mut ink) = (0.0, rest(read) * LATELY, 0.0);
    for (text, p) in allowed(read) {
        match date(text)? {
            day if day == first => (weight, ink) = (p * when(day, known), p),
            day => against += p * when(day, known),
        }
    }
    let wrong = against / (weight + against);
    (ink >= 0.5 && wrong <= RAISED_WRONG).then(|| Verdict::Raised(first.to_string(), wrong, RAISED_DAY))
}

fn when(day: Date, known: &Known) -> f64 {
    let before = (known.scanned_on - day).get_days();
    let claimed = known.month.is_some_and(|month| month.first_of_month() == day.first_of_month());
    if before < 0 {
        IN_FUTURE
    } else if claimed {
        IN_MONTH
    } else if before <= 100 {
        LATELY
    } else {
        LONG_AGO
    }
}

#[cfg(test)]
mod tests;
