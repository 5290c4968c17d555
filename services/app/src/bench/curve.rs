//! Wrong accepted values against automation: what another threshold would have accepted, and how much of it wrongly.

use super::value::Seen;
use domain::share::wilson;
use serde::Serialize;
use std::collections::BTreeMap;

/// Claimed probabilities from which on a value would be accepted.
const THRESHOLDS: [f64; 8] = [0.5, 0.9, 0.99, 0.999, 0.9995, 0.9997, 0.9999, 0.999_99];

/// One threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// Accepted from this claimed probability on; what is doubted goes to people at every threshold.
    pub threshold: f64,
    /// Values there are, those on unread pages among them.
    pub n: u64,
    /// Accepted at this threshold.
    pub accepted: u64,
    /// Accepted and wrong.
    pub wrong: u64,
    /// The share accepted.
    pub automation: f64,
    /// 95 % interval of the share of wrong ones among the accepted.
    pub wrong_share_95: [f64; 2],
}

/// Curves by what tells values apart.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Curves {
    /// All field values.
    pub all: Vec<Point>,
    pub form: BTreeMap<String, Vec<Point>>,
    pub kind: BTreeMap<String, Vec<Point>>,
    pub format: BTreeMap<String, Vec<Point>>,
    pub condition: BTreeMap<String, Vec<Point>>,
}

impl Curves {
    /// The curves of these values.
    pub fn of(values: &[Seen]) -> Self {
        let by = |name: fn(&Seen) -> &str| {
            let mut groups: BTreeMap<String, Vec<&Seen>> = BTreeMap::new();
            for value in values {
                groups.entry(name(value).to_owned()).or_default().push(value);
            }
            groups.into_iter().map(|(name, values)| (name, curve(&values))).collect()
        };
        Self {
            all: curve(&values.iter().collect::<Vec<_>>()),
            form: by(|value| &value.form),
            kind: by(|value| &value.kind),
            format: by(|value| &value.format),
            condition: by(|value| &value.condition),
        }
    }
}

fn curve(values: &[&Seen]) -> Vec<Point> {
    let n = values.len() as u64;
    let point = |threshold| {
        let accepted = values
            .iter()
            .filter(|value| value.decision.is_some() && !value.doubted && value.confidence >= threshold);
        let (mut count, mut wrong) = (0, 0);
        for value in accepted {
            count += 1;
            wrong += u64::from(!value.right);
        }
        let automation = count as f64 / n.max(1) as f64;
        Point { threshold, n, accepted: count, wrong, automation, wrong_share_95: wilson(wrong, count) }
    };
    THRESHOLDS.into_iter().map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::reading::Decision;

    #[test]
    fn a_higher_threshold_accepts_less_and_never_what_is_doubted() {
        let value = |confidence, right, doubted| Seen {
            kind: "mark".into(),
            confidence,
            right,
            doubted,
            decision: Some(Decision::Review),
            ..Seen::default()
        };
        let unread = Seen { kind: "mark".into(), confidence: 1.0, ..Seen::default() };
        let values = [value(0.95, false, false), value(0.9999, true, false), value(1.0, false, true), unread];
        let curve = &Curves::of(&values).kind["mark"];
        let counts: Vec<_> = curve.iter().map(|p| (p.threshold, p.accepted, p.wrong)).collect();
        assert_eq!(counts[1..3], [(0.9, 2, 1), (0.99, 1, 0)]);
        assert!((curve[1].automation - 0.5).abs() < 1e-9);
        assert_eq!(curve.last().unwrap().accepted, 0);
    }
}
