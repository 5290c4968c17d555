//! 概要. A clinic-month on one line.

use super::{Settlement, Standing};
use crate::claim::ClaimFault;
use crate::claim::payable;
use crate::claim::reconcile::ClaimReport;
use crate::ids::StaffId;
use crate::yen::Yen;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// 審査の段階.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimState {
    /// Slips are there, the claim is not.
    NoClaim,
    /// Pages of its envelopes are still open.
    PagesOpen,
    /// Slips or lines have to be decided.
    InWork,
    /// Nothing stands against the first confirmation.
    Ready,
    /// One person confirmed.
    ConfirmedOnce,
    /// Two people confirmed: nothing changes any more.
    Locked,
}

impl ClaimState {
    /// Every state, in the order of work.
    pub const ALL: [ClaimState; 6] = [
        ClaimState::NoClaim,
        ClaimState::PagesOpen,
        ClaimState::InWork,
        ClaimState::Ready,
        ClaimState::ConfirmedOnce,
        ClaimState::Locked,
    ];

    /// As written in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            ClaimState::NoClaim => "no_claim",
            ClaimState::PagesOpen => "pages_open",
            ClaimState::InWork => "in_work",
            ClaimState::Ready => "ready",
            ClaimState::ConfirmedOnce => "confirmed_once",
            ClaimState::Locked => "locked",
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            ClaimState::NoClaim => "請求書待ち",
            ClaimState::PagesOpen => "用紙の確認待ち",
            ClaimState::InWork => "審査中",
            ClaimState::Ready => "確認待ち（一人目）",
            ClaimState::ConfirmedOnce => "確認待ち（二人目）",
            ClaimState::Locked => "確定",
        }
    }
}

/// 概要. What a list shows of a clinic-month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimSummary {
    /// How far it is.
    pub state: ClaimState,
    /// Who confirmed what stands now.
    pub confirmed: Vec<StaffId>,
    /// Day on which the claim came in.
    pub received_on: Option<Date>,
    /// Slips claimed, as the paper says.
    pub claimed_count: Option<u32>,
    /// Amount claimed, as the paper says.
    pub claimed_amount: Option<Yen>,
    /// Committed slips.
    pub slips: u32,
    /// Pages that are still open.
    pub open_pages: u32,
    /// Slips by standing.
    pub standing: BTreeMap<String, u32>,
    /// Lines (and totals) with a difference that nobody has settled.
    pub unsettled: u32,
    /// Findings by kind.
    pub faults: BTreeMap<ClaimFault, u32>,
    /// What is paid as things stand: slips, fees of visits, adjustments and remainders; below nought when more is
    /// taken back than paid.
    pub payable: Yen,
}

impl ClaimSummary {
    /// The summary of a clinic-month; `carried` as in [`Settlement::digest`].
    pub fn of(report: &ClaimReport, settlement: &Settlement, open_pages: u32, carried: Yen) -> Self {
        let mut standing: BTreeMap<String, u32> = BTreeMap::new();
        for slip in &report.slips {
            *standing.entry(settlement.standing(slip).as_str().to_owned()).or_default() += 1;
        }
        let mut faults = BTreeMap::new();
        for finding in report.findings() {
            *faults.entry(finding.fault).or_default() += 1;
        }
        let claimed = report.claimed();
        let digest = settlement.digest(report, carried);
        let mut summary = Self {
            state: ClaimState::InWork,
            confirmed: settlement.confirmed_now(&digest).cloned().collect(),
            received_on: report.claim.as_ref().map(|claim| claim.received_on),
            claimed_count: claimed.map(|(count, _)| count),
            claimed_amount: claimed.map(|(_, amount)| amount),
            slips: u32::try_from(report.slips.len()).unwrap_or(u32::MAX),
            open_pages,
            standing,
            unsettled: u32::try_from(settlement.unsettled(report).len()).unwrap_or(u32::MAX),
            faults,
            payable: payable::payable(report, settlement) + carried,
        };
        summary.state = summary.stage(settlement.locked, report.claim.is_some());
        summary
    }

    fn stage(&self, locked: bool, claim: bool) -> ClaimState {
        let waits = self.slips_at(Standing::ToDecide) + self.slips_at(Standing::Held) + self.unsettled > 0;
        match () {
            () if locked => ClaimState::Locked,
            () if !claim => ClaimState::NoClaim,
            () if self.open_pages > 0 => ClaimState::PagesOpen,
            () if waits => ClaimState::InWork,
            () if self.confirmed.is_empty() => ClaimState::Ready,
            () => ClaimState::ConfirmedOnce,
        }
    }

    /// Slips that stand there.
    pub fn slips_at(&self, standing: Standing) -> u32 {
        self.standing.get(standing.as_str()).copied().unwrap_or_default()
    }

    /// 支払期限: 30 days after the claim came in (支払遅延防止法).
    pub fn due(&self) -> Option<Date> {
        self.received_on.map(|day| day.saturating_add(30.days()))
    }
}
