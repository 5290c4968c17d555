//! Clinics whose pages read differently from the rest: another pen, a new scanner, a doctor's own way of writing 7.

use super::value::Seen;
use domain::reading::Decision;
use domain::share::apart;
use serde::Serialize;
use std::collections::BTreeMap;

/// A clinic stands out when its review share lies this many standard errors from that of the rest: of a thousand
/// clinics that are all alike, two or three do.
const STANDS_OUT: f64 = 3.0;
/// Fewer values say nothing.
const FEWEST: u64 = 30;

/// One clinic against all others.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Clinic {
    /// Its code.
    pub clinic: String,
    /// Values on pages that were read.
    pub n: u64,
    /// Mean claimed probability, and that of the rest.
    pub mean_confidence: f64,
    pub mean_confidence_of_the_rest: f64,
    /// Share that goes to people, and that of the rest.
    pub review_share: f64,
    pub review_share_of_the_rest: f64,
    /// Accepted and wrong.
    pub wrong: u64,
    /// How many standard errors the two shares lie apart; positive: more than the rest.
    pub standard_errors: f64,
    /// Whether that is more than chance.
    pub stands_out: bool,
}

#[derive(Clone, Copy, Default)]
struct Sum {
    n: u64,
    review: u64,
    wrong: u64,
    confidence: f64,
}

/// Every clinic that the cases name, the one that differs most first.
pub fn clinics(values: &[Seen]) -> Vec<Clinic> {
    let mut sums: BTreeMap<&str, Sum> = BTreeMap::new();
    let mut all = Sum::default();
    for value in values {
        let (Some(clinic), Some(decision)) = (&value.clinic, value.decision) else { continue };
        for sum in [&mut all, sums.entry(clinic).or_default()] {
            sum.n += 1;
            sum.review += u64::from(decision == Decision::Review);
            sum.wrong += u64::from(decision == Decision::Accept && !value.right);
            sum.confidence += value.confidence;
        }
    }
    let mut clinics: Vec<Clinic> = sums.into_iter().map(|(name, sum)| against(name, sum, all)).collect();
    clinics.sort_by(|a, b| b.standard_errors.abs().total_cmp(&a.standard_errors.abs()));
    clinics
}

fn against(name: &str, own: Sum, all: Sum) -> Clinic {
    let rest = Sum {
        n: all.n - own.n,
        review: all.review - own.review,
        wrong: all.wrong - own.wrong,
        confidence: all.confidence - own.confidence,
    };
    let share = |part: f64, sum: Sum| part / sum.n.max(1) as f64;
    let standard_errors = apart([own.review, own.n], [rest.review, rest.n]);
    Clinic {
        clinic: name.to_owned(),
        n: own.n,
        mean_confidence: share(own.confidence, own),
        mean_confidence_of_the_rest: share(rest.confidence, rest),
        review_share: share(own.review as f64, own),
        review_share_of_the_rest: share(rest.review as f64, rest),
        wrong: own.wrong,
        standard_errors,
        stands_out: own.n >= FEWEST && standard_errors.abs() >= STANDS_OUT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clinic_that_writes_badly_stands_out() {
        let value = |clinic: &str, review: bool| Seen {
            clinic: Some(clinic.to_owned()),
            confidence: if review { 0.9 } else { 1.0 },
            decision: Some(if review { Decision::Review } else { Decision::Accept }),
            right: true,
            ..Seen::default()
        };
        let mut values: Vec<Seen> = (0..400).map(|i| value("a", i % 20 == 0)).collect();
        values.extend((0..400).map(|i| value("b", i % 20 == 3)));
        values.extend((0..60).map(|i| value("c", i % 3 == 0)));
        values.push(Seen::default());
        let found = clinics(&values);
        assert_eq!((found[0].clinic.as_str(), found[0].n, found[0].stands_out), ("c", 60, true));
        assert!(found[0].standard_errors > 5.0 && found[0].mean_confidence < 0.98);
        assert!((found[0].review_share_of_the_rest - 0.05).abs() < 1e-9);
        assert!(found.iter().filter(|clinic| clinic.stands_out && clinic.standard_errors > 0.0).count() == 1);
    }
}
