//! What was found, held against what was planted.

use domain::claim::reconcile::ClaimReport;
use domain::claim::{ClaimFault, SlipKey};
use std::collections::{BTreeMap, BTreeSet};

/// Where something stands in a clinic-month.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum At {
    /// On a slip.
    Slip(SlipKey),
    /// On a line of the claim; `None` for the totals.
    Line(Option<usize>),
}

/// Counts by kind.
pub type Counts = BTreeMap<ClaimFault, u64>;

/// Counts over the year.
#[derive(Debug, Default)]
pub struct Tally {
    /// Planted.
    pub planted: Counts,
    /// Planted and found, at its place and by its kind.
    pub found: Counts,
    /// Said of what is sound.
    pub false_alarms: Counts,
}

impl Tally {
    /// Adds a clinic-month.
    pub fn add(&mut self, report: &ClaimReport, planted: &BTreeSet<(At, ClaimFault)>) {
        let of_slips = report.slips.iter().flat_map(|slip| {
            slip.findings.iter().map(|finding| (At::Slip(slip.slip.key.clone()), finding.fault))
        });
        let of_lines = report.lines.iter().enumerate().flat_map(|(at, line)| {
            line.findings.iter().map(move |finding| (At::Line(Some(at)), finding.fault))
        });
        let of_totals = report.totals.findings.iter().map(|finding| (At::Line(None), finding.fault));
        let found: BTreeSet<(At, ClaimFault)> = of_slips.chain(of_lines).chain(of_totals).collect();
        for one in planted {
            *self.planted.entry(one.1).or_default() += 1;
            if found.contains(one) {
                *self.found.entry(one.1).or_default() += 1;
            }
        }
        for (_, fault) in found.difference(planted) {
            *self.false_alarms.entry(*fault).or_default() += 1;
        }
    }

    /// Whether everything planted was found, and nothing else.
    pub fn is_clean(&self) -> bool {
        self.planted == self.found && self.false_alarms.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::claim::reconcile::TotalsReport;
    use domain::claim::{ClaimFinding, ClinicMonth};

    #[test]
    fn what_is_missed_and_what_is_doubted_without_reason_is_counted() {
        let finding = |fault| ClaimFinding {
            fault,
            field: None,
            text: String::new(),
            source: String::new(),
            other: None,
        };
        let said = vec![finding(ClaimFault::Arithmetic), finding(ClaimFault::WrongPrice)];
        let report = ClaimReport {
            of: ClinicMonth { clinic: "0110113719".into(), month: "2026-10".parse().unwrap() },
            claim: None,
            lines: vec![],
            totals: TotalsReport { findings: said, ..TotalsReport::default() },
            slips: vec![],
        };
        let planted = BTreeSet::from([
            (At::Line(None), ClaimFault::Arithmetic),
            (At::Line(Some(0)), ClaimFault::WrongPrice),
            (At::Slip(SlipKey("1".into())), ClaimFault::Fever),
        ]);
        let mut tally = Tally::default();
        tally.add(&report, &planted);
        let one = |fault| Counts::from([(fault, 1)]);
        assert_eq!(tally.found, one(ClaimFault::Arithmetic));
        // The right kind at the wrong place is no find.
        assert_eq!(tally.false_alarms, one(ClaimFault::WrongPrice));
        assert_eq!(tally.planted.len(), 3);
        assert!(!tally.is_clean());
    }
}
