//! Whether probabilities mean what they say: of the values that claim .999, are 999 in 1,000 right?

use super::value::Seen;
use domain::share::wilson;
use serde::Serialize;
use std::collections::BTreeMap;

/// Lower ends of the bins of claimed probability.
const BINS: [f64; 7] = [0.0, 0.5, 0.9, 0.99, 0.999, 0.9997, 0.9999];

/// Values whose claims lie in one bin.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Row {
    /// From this claimed probability, to below that one (the last bin takes 1 too).
    pub from: f64,
    pub to: f64,
    /// Values.
    pub n: u64,
    /// Right ones.
    pub right: u64,
    /// Mean of what was claimed.
    pub claimed: f64,
    /// Share that is right.
    pub measured: f64,
    /// Its 95 % interval.
    pub measured_95: [f64; 2],
}

impl Row {
    /// Whether fewer are right than claimed, beyond chance: the only direction that does harm.
    pub fn claims_too_much(&self) -> bool {
        self.claimed > self.measured_95[1]
    }
}

/// The table of each field kind; values on unread pages claim nothing.
pub fn tables(values: &[Seen]) -> BTreeMap<String, Vec<Row>> {
    let mut kinds: BTreeMap<String, Vec<&Seen>> = BTreeMap::new();
    for value in values.iter().filter(|value| value.decision.is_some()) {
        kinds.entry(value.kind.clone()).or_default().push(value);
    }
    kinds.into_iter().map(|(kind, values)| (kind, table(&values))).collect()
}

fn table(values: &[&Seen]) -> Vec<Row> {
    let row = |(bin, &from): (usize, &f64)| {
        let to = BINS.get(bin + 1).copied().unwrap_or(1.0);
        let is_last = bin + 1 == BINS.len();
        let inside = |claim: f64| claim >= from && (claim < to || is_last);
        let (mut n, mut right, mut sum) = (0, 0, 0.0);
        for value in values.iter().filter(|value| inside(value.confidence)) {
            (n, right, sum) = (n + 1, right + u64::from(value.right), sum + value.confidence);
        }
        let count = n.max(1) as f64;
        (n > 0).then(|| Row {
            from,
            to,
            n,
            right,
            claimed: sum / count,
            measured: right as f64 / count,
            measured_95: wilson(right, n),
        })
    };
    BINS.iter().enumerate().filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::reading::Decision;

    #[test]
    fn boasting_is_told_from_chance() {
        let value = |confidence, right| Seen {
            kind: "digits".into(),
            confidence,
            right,
            decision: Some(Decision::Accept),
            ..Seen::default()
        };
        let mut values = vec![value(1.0, true); 50];
        values.extend((0..100).map(|i| value(0.95, i % 15 != 0)));
        values.push(Seen { kind: "digits".into(), ..Seen::default() });
        let rows = &tables(&values)["digits"];
        assert_eq!(rows.iter().map(|row| (row.n, row.right)).collect::<Vec<_>>(), [(100, 93), (50, 50)]);
        assert!(!rows[1].claims_too_much());
        // 93 right of 100 for a claim of .95 is chance, 933 of 1,000 is not.
        assert!(!rows[0].claims_too_much());
        let many: Vec<Seen> = (0..1000).map(|i| value(0.95, i % 15 != 0)).collect();
        assert!(tables(&many)["digits"][0].claims_too_much());
    }
}
