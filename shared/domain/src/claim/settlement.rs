//! 審査の状態. What the steps of a clinic-month make of it. Pure: the same steps give the same state.

mod bench;
#[cfg(test)]
mod properties;
mod summary;
#[cfg(test)]
mod tests;

pub use bench::{Bench, PaidRow};
pub use summary::{ClaimState, ClaimSummary};

use crate::claim::reconcile::{ClaimReport, SlipReport, mark};
use crate::claim::{ClaimReason, ClaimStep, SlipDecision, SlipKey, TakenStep};
use crate::ids::StaffId;
use crate::yen::Yen;
use std::collections::BTreeMap;

/// 審査の状態. Decisions that stand, and who confirmed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settlement {
    /// The last decision on each slip.
    pub decisions: BTreeMap<SlipKey, Decided>,
    /// Settled differences, by place of the line; `None` for the totals.
    pub lines: BTreeMap<Option<usize>, SettledLine>,
    /// Adjustments by the paid row that they are about.
    pub adjustments: BTreeMap<i64, Adjusted>,
    /// The confirmations that nothing came after: none, one, or two when it is locked.
    pub confirmed: Vec<Confirmed>,
    /// Whether it is locked.
    pub locked: bool,
}

/// A decision with who took it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// How.
    pub decision: SlipDecision,
    /// What was seen then.
    pub seen: Option<String>,
    /// Who.
    pub staff: StaffId,
}

/// A settled difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettledLine {
    /// Why it stands.
    pub words: String,
    /// What was seen then.
    pub seen: Option<String>,
    /// Who.
    pub staff: StaffId,
}

/// An adjustment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjusted {
    /// Below nought for taking back.
    pub amount: Yen,
    /// Why.
    pub reason: ClaimReason,
    /// In addition.
    pub words: String,
    /// Who.
    pub staff: StaffId,
}

/// A confirmation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmed {
    /// Who.
    pub staff: StaffId,
    /// Of what was seen.
    pub digest: String,
}

/// 票の扱い. Where a slip stands; every slip stands in exactly one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// 支払: nothing speaks against it.
    Clean,
    /// 承認: something does, and a person accepts it.
    Accepted,
    /// 未判断.
    ToDecide,
    /// 減額.
    Cut,
    /// 返戻.
    Returned,
    /// 保留.
    Held,
}

impl Standing {
    /// Every place.
    pub const ALL: [Standing; 6] = [
        Standing::Clean,
        Standing::Accepted,
        Standing::ToDecide,
        Standing::Cut,
        Standing::Returned,
        Standing::Held,
    ];

    /// As written in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Standing::Clean => "clean",
            Standing::Accepted => "accepted",
            Standing::ToDecide => "to_decide",
            Standing::Cut => "cut",
            Standing::Returned => "returned",
            Standing::Held => "held",
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Standing::Clean => "支払",
            Standing::Accepted => "承認",
            Standing::ToDecide => "未判断",
            Standing::Cut => "減額",
            Standing::Returned => "返戻",
            Standing::Held => "保留",
        }
    }

    /// Whether the slip is paid.
    pub fn is_paid(self) -> bool {
        matches!(self, Standing::Clean | Standing::Accepted)
    }
}

impl Settlement {
    /// The state that `steps` lead to, oldest first.
    pub fn replay<'s>(steps: impl IntoIterator<Item = &'s TakenStep>) -> Self {
        let mut settlement = Self::default();
        for taken in steps {
            settlement.take(taken);
        }
        settlement
    }

    /// Adds one step. Whether it may be taken is asked before: [`Bench::refused`].
    pub fn take(&mut self, taken: &TakenStep) {
        let staff = || taken.staff.clone();
        // Whoever confirmed did not see what comes now.
        let keeps = matches!(taken.step, ClaimStep::Confirm { .. } | ClaimStep::Lock);
        if !keeps {
            self.confirmed.clear();
        }
        match &taken.step {
            ClaimStep::Decide { slip, decision, seen } => {
                let decided = Decided { decision: decision.clone(), seen: seen.clone(), staff: staff() };
                self.decisions.insert(slip.clone(), decided);
            }
            ClaimStep::Undecide { slip } => {
                self.decisions.remove(slip);
            }
            ClaimStep::SettleLine { line, words, seen } => {
                let settled = SettledLine { words: words.clone(), seen: seen.clone(), staff: staff() };
                self.lines.insert(*line, settled);
            }
            ClaimStep::Adjust { payment, amount, reason, words } => {
                let adjusted =
                    Adjusted { amount: *amount, reason: *reason, words: words.clone(), staff: staff() };
                self.adjustments.insert(*payment, adjusted);
            }
            ClaimStep::Unadjust { payment } => {
                self.adjustments.remove(payment);
            }
            ClaimStep::Confirm { digest } => self.confirm(staff(), digest),
            ClaimStep::Unconfirm => {}
            ClaimStep::Lock => self.locked = true,
            ClaimStep::Unlock { .. } => self.locked = false,
        }
    }

    /// Only confirmations of the same thing count together.
    fn confirm(&mut self, staff: StaffId, digest: &str) {
        self.confirmed.retain(|earlier| earlier.digest == digest && earlier.staff != staff);
        self.confirmed.push(Confirmed { staff, digest: digest.to_owned() });
    }

    /// Where a slip stands.
    pub fn standing(&self, report: &SlipReport) -> Standing {
        // What was returned is the paper of then: another one that came in its place is decided anew.
        let of_another_paper = |decided: &&Decided| {
            report.slip.resubmitted
                && !report.slip.superseded
                && matches!(decided.decision, SlipDecision::Return { .. })
                && decided.seen.as_ref() != Some(&report.seen)
        };
        let decided = self.decisions.get(&report.slip.key).filter(|decided| !of_another_paper(decided));
        match decided.map(|decided| (&decided.decision, &decided.seen)) {
            Some((SlipDecision::Cut { .. }, _)) => Standing::Cut,
            Some((SlipDecision::Return { .. }, _)) => Standing::Returned,
            Some((SlipDecision::Hold { .. }, _)) => Standing::Held,
            // Paid elsewhere, taken over by a later claim or without a price: no word makes it payable.
            _ if report.slip.paid.is_some() || report.slip.superseded || report.price.is_none() => {
                Standing::ToDecide
            }
            Some((SlipDecision::Accept { .. }, seen)) if seen.as_ref() == Some(&report.seen) => {
                Standing::Accepted
            }
            _ if report.must_be_decided() => Standing::ToDecide,
            _ => Standing::Clean,
        }
    }

    /// Places of lines whose difference nobody has settled as it stands now; `None` is the totals.
    pub fn unsettled(&self, report: &ClaimReport) -> Vec<Option<usize>> {
        let lines = report.lines.iter().enumerate().map(|(at, line)| (Some(at), &line.findings, &line.seen));
        let totals = std::iter::once((None, &report.totals.findings, &report.totals.seen));
        let open = totals.chain(lines).filter(|(at, findings, seen)| {
            let settled = self.lines.get(at).and_then(|settled| settled.seen.as_ref());
            !findings.is_empty() && settled != Some(*seen)
        });
        open.map(|(at, ..)| at).collect()
    }

    /// Whether the difference of a line (`None`: of the totals) stands settled.
    pub fn is_settled(&self, report: &ClaimReport, line: Option<usize>) -> bool {
        self.lines.contains_key(&line) && !self.unsettled(report).contains(&line)
    }

    /// Who has confirmed what stands now, oldest first.
    pub fn confirmed_now(&self, digest: &str) -> impl Iterator<Item = &StaffId> {
        self.confirmed.iter().filter(move |one| one.digest == digest).map(|one| &one.staff)
    }

    /// The digest of everything that a confirmation speaks of: the claim, its slips as found, their standing,
    /// adjustments, and the remainders taken over (`carried`, below nought).
    pub fn digest(&self, report: &ClaimReport, carried: Yen) -> String {
        let slips: Vec<_> = report
            .slips
            .iter()
            .map(|slip| (&slip.slip.key, &slip.seen, self.standing(slip).as_str()))
            .collect();
        let lines: Vec<_> = report.lines.iter().map(|line| &line.seen).collect();
        let adjusted: Vec<_> = self
            .adjustments
            .iter()
            .map(|(payment, one)| (payment, one.amount, one.reason.as_str(), &one.words))
            .collect();
        mark(&(&report.of, &report.claim, slips, lines, &report.totals.seen, adjusted, carried))
    }
}
