//! できるか. Whether a step may be taken, as things stand.

use super::{Settlement, Standing};
use crate::claim::reconcile::ClaimReport;
use crate::claim::{ClaimStep, ClinicMonth, SlipDecision, SlipKey, StepRefused};
use crate::ids::StaffId;
use crate::month::Month;
use crate::yen::Yen;

/// 支払の行. A row of `payments` that an adjustment is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaidRow {
    /// Of which clinic and month.
    pub of: ClinicMonth,
    /// What stands of it: its amount with the adjustments of locked months.
    pub stands: Yen,
}

/// 審査台. Everything that says whether a step may be taken.
#[derive(Clone, Copy, Debug)]
pub struct Bench<'a> {
    /// What was found.
    pub report: &'a ClaimReport,
    /// What was decided.
    pub settlement: &'a Settlement,
    /// Pages of its envelopes that are still open.
    pub open_pages: u32,
    /// Remainders of locked months that this one takes over, below nought.
    pub carried: Yen,
    /// The row that an adjustment is about, when it stands.
    pub paid: Option<&'a PaidRow>,
    /// Whether every adjustment of this month is about a payment that stands and is not taken back beyond nought.
    pub adjustments_stand: bool,
    /// Whether its money was handed to the bank.
    pub exported: bool,
    /// A month that builds upon what this one paid, when there is one.
    pub built_upon: Option<Month>,
}

impl Bench<'_> {
    /// Why `staff` may not take `step`; `None` when it may be taken.
    pub fn refused(&self, step: &ClaimStep, staff: &StaffId) -> Option<StepRefused> {
        if self.settlement.locked && !matches!(step, ClaimStep::Unlock { .. }) {
            return Some(StepRefused::Locked);
        }
        match step {
            ClaimStep::Decide { slip, decision, seen } => self.decide(slip, decision, seen.as_deref()),
            ClaimStep::Undecide { slip } => self.undecide(slip),
            ClaimStep::SettleLine { line, words, seen } => self.settle(*line, words, seen.as_deref()),
            ClaimStep::Adjust { amount, words, .. } => self.adjust(*amount, words),
            ClaimStep::Unadjust { payment } => {
                (!self.settlement.adjustments.contains_key(payment)).then_some(StepRefused::Nothing)
            }
            ClaimStep::Confirm { digest } => self.confirm(digest, staff),
            ClaimStep::Unconfirm => self.settlement.confirmed.is_empty().then_some(StepRefused::NotConfirmed),
            ClaimStep::Lock => Some(StepRefused::OnlyByConfirming),
            ClaimStep::Unlock { words } => self.unlock(words),
        }
    }

    fn decide(&self, slip: &SlipKey, decision: &SlipDecision, seen: Option<&str>) -> Option<StepRefused> {
        let Some(report) = self.report.slip(slip) else { return Some(StepRefused::NoSuchSlip) };
        if report.slip.superseded {
            return Some(StepRefused::CameAgain);
        }
        if seen.is_some_and(|seen| seen != report.seen) {
            return Some(StepRefused::Changed);
        }
        let (SlipDecision::Accept { words } | SlipDecision::Hold { words }) = decision else {
            return needs_words(decision);
        };
        if let SlipDecision::Accept { .. } = decision {
            if let Some(paid) = &report.slip.paid {
                return Some(StepRefused::PaidBefore { month: paid.of.month });
            }
            if report.price.is_none() {
                return Some(StepRefused::NoPrice);
            }
        }
        blank(words)
    }

    fn undecide(&self, slip: &SlipKey) -> Option<StepRefused> {
        if self.report.slip(slip).is_some_and(|report| report.slip.superseded) {
            return Some(StepRefused::CameAgain);
        }
        (!self.settlement.decisions.contains_key(slip)).then_some(StepRefused::Nothing)
    }

    fn settle(&self, line: Option<usize>, words: &str, seen: Option<&str>) -> Option<StepRefused> {
        let (findings, now) = match line {
            None => (&self.report.totals.findings, &self.report.totals.seen),
            Some(at) => match self.report.lines.get(at) {
                None => return Some(StepRefused::NoSuchLine),
                Some(line) => (&line.findings, &line.seen),
            },
        };
        if seen.is_some_and(|seen| seen != now) {
            return Some(StepRefused::Changed);
        }
        if findings.is_empty() { Some(StepRefused::Nothing) } else { blank(words) }
    }

    fn adjust(&self, amount: Yen, words: &str) -> Option<StepRefused> {
        let Some(paid) = self.paid.filter(|paid| paid.of.clinic == self.report.of.clinic) else {
            return Some(StepRefused::NoSuchPayment);
        };
        if paid.of.month >= self.report.of.month {
            return Some(StepRefused::NotLater);
        }
        if amount == Yen::ZERO || paid.stands + amount < Yen::ZERO {
            return Some(StepRefused::BadAmount);
        }
        blank(words)
    }

    fn confirm(&self, digest: &str, staff: &StaffId) -> Option<StepRefused> {
        if self.report.claim.is_none() {
            return Some(StepRefused::NoClaim);
        }
        if self.open_pages > 0 {
            return Some(StepRefused::PagesOpen { pages: self.open_pages });
        }
        let standing = |asked: Standing| {
            let slips = self.report.slips.iter();
            let slips = slips.filter(|slip| self.settlement.standing(slip) == asked).count();
            u32::try_from(slips).unwrap_or(u32::MAX)
        };
        match (standing(Standing::Held), standing(Standing::ToDecide)) {
            (0, 0) => {}
            (0, slips) => return Some(StepRefused::Undecided { slips }),
            (slips, _) => return Some(StepRefused::Held { slips }),
        }
        let unsettled = self.settlement.unsettled(self.report).len();
        if unsettled > 0 {
            return Some(StepRefused::Unsettled { lines: u32::try_from(unsettled).unwrap_or(u32::MAX) });
        }
        if !self.adjustments_stand {
            return Some(StepRefused::StaleAdjustment);
        }
        if digest != self.settlement.digest(self.report, self.carried) {
            return Some(StepRefused::Changed);
        }
        self.settlement.confirmed_now(digest).any(|one| one == staff).then_some(StepRefused::SamePerson)
    }

    fn unlock(&self, words: &str) -> Option<StepRefused> {
        if !self.settlement.locked {
            return Some(StepRefused::NotLocked);
        }
        if self.exported {
            return Some(StepRefused::Exported);
        }
        if let Some(month) = self.built_upon {
            return Some(StepRefused::BuiltUpon { month });
        }
        blank(words)
    }
}

/// その他 says nothing by itself.
fn needs_words(decision: &SlipDecision) -> Option<StepRefused> {
    use crate::claim::ClaimReason::Other;
    match decision {
        SlipDecision::Cut { reason: Other, words } | SlipDecision::Return { reason: Other, words } => {
            blank(words)
        }
        _ => None,
    }
}

fn blank(words: &str) -> Option<StepRefused> {
    words.trim().is_empty().then_some(StepRefused::NoWords)
}
