//! しきい値. How sure a value of one field must be before it is believed without a person.

use crate::form::Field;
use crate::reading::{Decision, FieldReading, NOT_SURE};

/// Why a value that was sure enough for the reader goes to a person.
const BELOW_BAR: &str = "しきい値の設定により確かめます";
/// Why a value stands that the reader alone would have sent to a person.
const ABOVE_BAR: &str = "しきい値の設定により採用しました";
/// The smallest probability that is told apart: calibration was measured on some hundred thousand values.
const STRICTEST: f64 = 1e-6;
/// Beyond this no calibrated probability of ours has been held against truth (the bound of a form's `max_wrong`).
const LOOSEST: f64 = 1e-2;
/// The same for fields in which a wrong value hurts.
const LOOSEST_CRITICAL: f64 = 1e-3;

/// しきい値. A single value may be wrong with at most this probability; above 0, never beyond what calibration knows.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Bar(f64);

/// Why there is no such bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BarRefused {
    /// It asks for more than a probability of ours can say.
    TooStrict,
    /// It would let through what calibration has never proven.
    TooLoose,
}

/// What a bar does to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It stays as it is.
    None,
    /// It goes to a person now.
    ToPerson,
    /// It stands now.
    Stands,
}

/// The largest probability of being wrong that may be set for `field`.
pub fn loosest(field: &Field) -> f64 {
    if field.critical { LOOSEST_CRITICAL } else { LOOSEST }
}

impl Bar {
    /// A bar for `field`: a value may be wrong with at most this probability.
    ///
    /// # Errors
    /// Outside of what can be promised.
    pub fn new(field: &Field, wrong: f64) -> Result<Self, BarRefused> {
        // Tolerance: the ends arrive as percentages.
        match wrong {
            wrong if wrong.is_nan() || wrong < STRICTEST * 0.999 => Err(BarRefused::TooStrict),
            wrong if wrong > loosest(field) * 1.001 => Err(BarRefused::TooLoose),
            wrong => Ok(Self(wrong)),
        }
    }

    /// The probability.
    pub fn wrong(self) -> f64 {
        self.0
    }

    /// `read` under this bar. It goes to a person when it is less sure; it stands when the reader's only doubt was its
    /// probability and the bar is wider. Every other doubt stays.
    pub fn apply(self, read: &mut FieldReading) {
        let reason = match effect(Some(self), read.decision, read.reason.as_deref(), read.confidence) {
            Effect::None => return,
            Effect::ToPerson => {
                read.decision = Decision::Review;
                BELOW_BAR
            }
            Effect::Stands => {
                read.decision = Decision::Accept;
                ABOVE_BAR
            }
        };
        read.reason = Some(reason.to_owned());
    }

    fn allows(self, confidence: f64) -> bool {
        // What is stored is 1 - wrong: give the last digits of that subtraction back.
        1.0 - confidence <= self.0 + 1e-12
    }
}

/// What `bar` (none: the reader decides alone) does to a value as it is stored, perhaps already under another bar.
/// `decision` and `reason` are those of the stored reading.
pub fn effect(bar: Option<Bar>, decision: Decision, reason: Option<&str>, confidence: f64) -> Effect {
    let unbarred = match (decision, reason) {
        (Decision::Review, Some(BELOW_BAR)) => Decision::Accept,
        (Decision::Accept, Some(ABOVE_BAR)) => Decision::Review,
        (decision, _) => decision,
    };
    let alone = matches!(reason, Some(NOT_SURE | ABOVE_BAR | BELOW_BAR));
    let wanted = match bar {
        Some(bar) if unbarred == Decision::Accept && !bar.allows(confidence) => Decision::Review,
        Some(bar) if unbarred == Decision::Review && alone && bar.allows(confidence) => Decision::Accept,
        _ => unbarred,
    };
    match (decision, wanted) {
        (Decision::Accept, Decision::Review) => Effect::ToPerson,
        (Decision::Review, Decision::Accept) => Effect::Stands,
        _ => Effect::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::{ERA_MISSING, Value};
    use crate::sample;

    fn read(decision: Decision, reason: Option<&str>, wrong: f64) -> FieldReading {
        FieldReading {
            id: "temperature".into(),
            kind: "digits".into(),
            value: Value::Text("36.5".into()),
            confidence: 1.0 - wrong,
            decision,
            reason: reason.map(str::to_owned),
            box_px: [0.0; 4],
            alternatives: Vec::new(),
            labels: Vec::new(),
        }
    }

    fn bar(wrong: f64) -> Bar {
        Bar::new(sample::form().field("temperature").expect("a field of the sample form"), wrong)
            .expect("a bar")
    }

    #[test]
    fn a_bar_sends_to_people_and_lets_stand_only_what_was_just_not_sure() {
        use Decision::{Accept, Review};
        let table = [
            (Accept, None, 2e-4, 1e-4, Effect::ToPerson),
            (Accept, None, 1e-4, 1e-4, Effect::None),
            (Accept, Some("住民データの生年月日と一致"), 2e-4, 1e-4, Effect::ToPerson),
            (Review, Some(NOT_SURE), 2e-3, 1e-2, Effect::Stands),
            (Review, Some(NOT_SURE), 2e-2, 1e-2, Effect::None),
            (Review, Some(ERA_MISSING), 1e-6, 1e-2, Effect::None),
            (Review, Some("枠の外にも書かれています"), 1e-6, 1e-2, Effect::None),
            (Review, None, 1e-6, 1e-2, Effect::None),
        ];
        for (decision, reason, wrong, limit, expected) in table {
            let mut value = read(decision, reason, wrong);
            assert_eq!(effect(Some(bar(limit)), decision, reason, value.confidence), expected, "{reason:?}");
            bar(limit).apply(&mut value);
            assert_eq!(value.decision != decision, expected != Effect::None, "{reason:?}");
            assert_eq!(value.value, Value::Text("36.5".into()), "a bar never touches the value");
        }
    }

    #[test]
    fn a_bar_taken_away_leaves_what_the_reader_said() {
        for (decision, reason, wrong) in
            [(Decision::Accept, None, 2e-4), (Decision::Review, Some(NOT_SURE), 2e-3)]
        {
            let mut value = read(decision, reason, wrong);
            bar(if decision == Decision::Accept { 1e-4 } else { 1e-2 }).apply(&mut value);
            assert_ne!(value.decision, decision);
            let back = effect(None, value.decision, value.reason.as_deref(), value.confidence);
            let undone = if decision == Decision::Accept { Effect::Stands } else { Effect::ToPerson };
            assert_eq!(back, undone);
        }
    }

    #[test]
    fn no_bar_goes_beyond_calibration() {
        let form = sample::form();
        let field = |id: &str| form.field(id).expect("a field of the sample form");
        assert_eq!(Bar::new(field("temperature"), 0.02), Err(BarRefused::TooLoose));
        assert_eq!(Bar::new(field("temperature"), f64::NAN), Err(BarRefused::TooStrict));
        assert_eq!(Bar::new(field("temperature"), 0.0), Err(BarRefused::TooStrict));
        assert!(Bar::new(field("temperature"), 0.01).is_ok() && Bar::new(field("birth_date"), 0.001).is_ok());
        assert_eq!(Bar::new(field("birth_date"), 0.002), Err(BarRefused::TooLoose));
    }
}
