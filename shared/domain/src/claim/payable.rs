//! 支払の明細. The rows that a locked clinic-month is paid by. Every yen belongs to a slip, a visit, an adjustment or a
//! remainder.

use crate::claim::reconcile::{ClaimReport, SlipReport, Visit};
use crate::claim::settlement::Settlement;
use crate::claim::{ClaimClass, SlipKey};
use crate::ids::ProgrammeId;
use crate::yen::Yen;
use std::collections::BTreeMap;

/// 明細の種類.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PaymentKind {
    /// 委託料 of a slip.
    Slip,
    /// 診察料 of a visit.
    Visit,
    /// 過誤調整 of an earlier payment.
    Adjust,
    /// 繰越: a remainder below nought, out of this month (above nought) or into it (below).
    Carry,
    /// 確定の解除: takes a row back.
    Reversal,
}

impl PaymentKind {
    /// Every kind.
    pub const ALL: [PaymentKind; 5] = [
        PaymentKind::Slip,
        PaymentKind::Visit,
        PaymentKind::Adjust,
        PaymentKind::Carry,
        PaymentKind::Reversal,
    ];

    /// As written in rows.
    pub fn as_str(self) -> &'static str {
        match self {
            PaymentKind::Slip => "slip",
            PaymentKind::Visit => "visit",
            PaymentKind::Adjust => "adjust",
            PaymentKind::Carry => "carry",
            PaymentKind::Reversal => "reversal",
        }
    }

    /// The kind with this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            PaymentKind::Slip => "委託料",
            PaymentKind::Visit => "診察料",
            PaymentKind::Adjust => "過誤調整",
            PaymentKind::Carry => "繰越",
            PaymentKind::Reversal => "確定の解除",
        }
    }
}

/// 明細の行. One row to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRow {
    /// What kind.
    pub kind: PaymentKind,
    /// The slip that it is paid for (of an adjustment: was).
    pub slip: Option<SlipKey>,
    /// The slip's record.
    pub record: Option<i64>,
    /// What for.
    pub programme: Option<ProgrammeId>,
    /// Which dose.
    pub round: Option<u8>,
    /// Which class.
    pub class: Option<ClaimClass>,
    /// Whose visit, `resident/day`, of a fee.
    pub visit: Option<String>,
    /// The row that it is about.
    pub about: Option<i64>,
    /// Tax included, the person's share taken off.
    pub amount: Yen,
    /// Of which tax.
    pub tax: Yen,
    /// Per cent of tax within.
    pub tax_rate: u8,
    /// In words, of adjustments and remainders.
    pub words: Option<String>,
}

/// How a visit is written in a row.
pub fn visit_key((resident, day): &Visit) -> String {
    format!("{}/{day}", resident.0)
}

/// The slips that are paid as things stand.
pub fn paid_slips<'r>(
    report: &'r ClaimReport,
    settlement: &'r Settlement,
) -> impl Iterator<Item = &'r SlipReport> {
    report.slips.iter().filter(|slip| settlement.standing(slip).is_paid() && slip.price.is_some())
}

/// What is paid as things stand, without remainders of other months.
pub fn payable(report: &ClaimReport, settlement: &Settlement) -> Yen {
    let slips: Yen = paid_slips(report, settlement)
        .filter_map(|slip| slip.price.as_ref())
        .map(|price| price.payable)
        .sum();
    let fees: Yen = fees(report, settlement).values().map(|(fee, _)| *fee).sum();
    let adjusted: Yen = settlement.adjustments.values().map(|one| one.amount).sum();
    slips + fees + adjusted
}

/// Fees of visits with a paid slip that claims one, and their rate: once a visit, the highest.
fn fees(report: &ClaimReport, settlement: &Settlement) -> BTreeMap<String, (Yen, u8)> {
    let mut fees: BTreeMap<String, (Yen, u8)> = BTreeMap::new();
    for slip in paid_slips(report, settlement) {
        let Some(price) = &slip.price else { continue };
        if let Some(fee) = price.visit_fee {
            let of_visit = fees.entry(visit_key(&slip.visit())).or_default();
            *of_visit = (*of_visit).max((fee, price.tax_rate));
        }
    }
    fees
}

/// The rows of slips and visits, in the order of the report.
pub fn rows(report: &ClaimReport, settlement: &Settlement) -> Vec<PaymentRow> {
    use crate::claim::price::tax_within;
    let slips = paid_slips(report, settlement).filter_map(|slip| {
        let price = slip.price.as_ref()?;
        Some(PaymentRow {
            kind: PaymentKind::Slip,
            slip: Some(slip.slip.key.clone()),
            record: Some(slip.slip.record),
            programme: Some(slip.slip.programme.clone()),
            round: slip.slip.round,
            class: Some(slip.slip.class),
            visit: None,
            about: None,
            amount: price.payable,
            tax: tax_within(price.payable, price.tax_rate),
            tax_rate: price.tax_rate,
            words: None,
        })
    });
    let fees = fees(report, settlement).into_iter().map(|(visit, (fee, rate))| PaymentRow {
        kind: PaymentKind::Visit,
        slip: None,
        record: None,
        programme: None,
        round: None,
        class: None,
        visit: Some(visit),
        about: None,
        amount: fee,
        tax: tax_within(fee, rate),
        tax_rate: rate,
        words: None,
    });
    slips.chain(fees).collect()
}

/// A remainder: taken over from the row `about` (below nought), or handed on (above nought) when `about` is `None`.
pub fn carry(amount: Yen, about: Option<i64>, words: String) -> PaymentRow {
    PaymentRow {
        kind: PaymentKind::Carry,
        slip: None,
        record: None,
        programme: None,
        round: None,
        class: None,
        visit: None,
        about,
        amount,
        tax: Yen::ZERO,
        tax_rate: 0,
        words: Some(words),
    }
}
