//! 読取り値. What a field reader found, before it becomes a [`FieldReading`].

use crate::affine::Affine;
use domain::form::Field;
use domain::geometry::{PointMm, RectMm};
use domain::personal::Personal;
use domain::reading::{Alternative, Decision, FieldReading, LotLabel, NOT_SURE, Value};

/// A value, the probability that it is wrong, and a reason to doubt it whatever the probability.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Finding {
    pub value: Value,
    pub wrong: f64,
    pub doubt: Option<String>,
    /// Values the ink allows with their probabilities, most probable first.
    pub alternatives: Vec<(String, f64)>,
    /// What the labels of a sticker field say.
    pub labels: Vec<LotLabel>,
}

/// Alternatives that a reading carries at most.
const ALTERNATIVES: usize = 8;

impl Finding {
    /// A value that is wrong with this probability.
    pub fn new(value: Value, wrong: f64) -> Self {
        Self { value, wrong, doubt: None, alternatives: Vec::new(), labels: Vec::new() }
    }

    /// No value at all, for a person to look at.
    pub fn doubtful(reason: &str) -> Self {
        Self { doubt: Some(reason.to_owned()), ..Self::new(Value::Blank, 1.0) }
    }

    /// The same with a reason to doubt it, if there is one.
    pub fn doubted(mut self, reason: Option<&str>) -> Self {
        if let Some(reason) = reason {
            self.doubt = Some(reason.to_owned());
        }
        self
    }

    /// Whether it says that nothing is written.
    pub fn says_nothing(&self) -> bool {
        self.value.is_blank() || matches!(self.value.text(), Some("off" | "absent"))
    }

    /// The same with the values that the ink allows, most probable first.
    pub fn with_alternatives(mut self, mut alternatives: Vec<(String, f64)>) -> Self {
        alternatives.truncate(ALTERNATIVES);
        self.alternatives = alternatives;
        self
    }

    /// The reading of `field`: accepted when nothing is in doubt and it is wrong at most `max_wrong`.
    pub fn into_reading(self, field: &Field, px_from_mm: &Affine, max_wrong: f64) -> FieldReading {
        let wrong = if self.wrong.is_finite() { self.wrong.clamp(0.0, 1.0) } else { 1.0 };
        let sure = wrong <= max_wrong;
        let accepted = sure && self.doubt.is_none();
        let reason = self.doubt.or_else(|| (!sure).then(|| NOT_SURE.to_owned()));
        FieldReading {
            id: field.id.clone(),
            kind: field.kind.as_str().to_owned(),
            value: self.value,
            confidence: 1.0 - wrong,
            decision: if accepted { Decision::Accept } else { Decision::Review },
            reason,
            box_px: box_px(px_from_mm, field.area()),
            alternatives: self
                .alternatives
                .into_iter()
                .map(|(value, probability)| Alternative { value: Personal::new(value), probability })
                .collect(),
            labels: self.labels,
        }
    }
}

/// The smallest upright rectangle of the picture around `rect` of the paper: `[x, y, width, height]`, pixels.
pub(crate) fn box_px(px_from_mm: &Affine, rect: RectMm) -> [f64; 4] {
    let corners =
        [(rect.x, rect.y), (rect.right(), rect.y), (rect.right(), rect.bottom()), (rect.x, rect.bottom())]
            .map(|(x, y)| px_from_mm.apply(PointMm::new(x, y)));
    let low = |axis: usize| corners.iter().map(|c| c[axis]).fold(f64::MAX, f64::min);
    let high = |axis: usize| corners.iter().map(|c| c[axis]).fold(f64::MIN, f64::max);
    [low(0), low(1), high(0) - low(0), high(1) - low(1)]
}
