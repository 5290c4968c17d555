//! 照合. A claim held against the slips: line by line and slip by slip. Pure: the same material gives the same report.

mod lines;
#[cfg(test)]
pub(super) mod tests;

use crate::claim::price::{Asked, Price, PriceList};
use crate::claim::slip::plain;
use crate::claim::{Claim, ClaimClass, ClaimFault, ClaimFinding, ClaimLine, ClaimSlip, ClinicMonth, SlipKey};
use crate::clinic::Contract;
use crate::ids::ResidentId;
use crate::yen::Yen;
use jiff::civil::Date;
use std::collections::{HashMap, HashSet};

/// 受診. One visit of a person to the clinic: a fee of the visit is paid once for it.
pub type Visit = (ResidentId, Date);

/// Everything that is held together.
#[derive(Clone, Debug)]
pub struct Material<'a> {
    /// Which clinic and month.
    pub of: &'a ClinicMonth,
    /// The claim, when there is one.
    pub claim: Option<&'a Claim>,
    /// Its slips, oldest record first.
    pub slips: Vec<ClaimSlip>,
    /// Every price.
    pub prices: &'a PriceList,
    /// The clinic's contracts; `None` when the office keeps none at all.
    pub contracts: Option<&'a [Contract]>,
    /// Visits whose fee was paid in other months.
    pub paid_visits: &'a HashSet<Visit>,
}

/// 照合結果. What a clinic-month comes to before anybody decides.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimReport {
    /// Which clinic and month.
    pub of: ClinicMonth,
    /// The claim, when there is one.
    pub claim: Option<Claim>,
    /// One report a line, in the order of the paper.
    pub lines: Vec<LineReport>,
    /// What is wrong with the paper's sums.
    pub totals: TotalsReport,
    /// One report a slip.
    pub slips: Vec<SlipReport>,
}

/// 行の照合.
#[derive(Clone, Debug, PartialEq)]
pub struct LineReport {
    /// As on the paper.
    pub line: ClaimLine,
    /// Slips that belong to it.
    pub found: u32,
    /// What these come to at the prices of the contract, before decisions.
    pub reckoned: Yen,
    /// What speaks against it.
    pub findings: Vec<ClaimFinding>,
    /// Stands for the line and its findings: a difference is settled as it was seen.
    pub seen: String,
}

/// 合計の照合.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TotalsReport {
    /// Counts of the lines, added up.
    pub count: u32,
    /// Amounts of the lines, added up.
    pub amount: Yen,
    /// What speaks against the totals on the paper.
    pub findings: Vec<ClaimFinding>,
    /// As with a line.
    pub seen: String,
}

/// 票の照合.
#[derive(Clone, Debug, PartialEq)]
pub struct SlipReport {
    /// The slip; its findings stand in `findings`.
    pub slip: ClaimSlip,
    /// The line that it belongs to: its place in the claim.
    pub line: Option<usize>,
    /// Its price; `None` when the list has none.
    pub price: Option<SlipPrice>,
    /// What speaks against it, in the order of kinds: those of the slip (which moved here) and those of the claim.
    pub findings: Vec<ClaimFinding>,
    /// Stands for the slip, its price and its findings: a decision is about what was seen.
    pub seen: String,
}

/// What one slip costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlipPrice {
    /// What the city pays for the slip, tax included, the person's share taken off.
    pub payable: Yen,
    /// The person's share.
    pub self_pay: Yen,
    /// The visit's fee, tax included, where this slip's line claims one that was not paid in another month. It is paid
    /// once for all slips of the visit together.
    pub visit_fee: Option<Yen>,
    /// Whether another slip claimed the fee before.
    pub fee_again: bool,
    /// Per cent of tax within these.
    pub tax_rate: u8,
    /// How it comes about, for people.
    pub words: String,
}

impl SlipPrice {
    /// What the slip adds to its line: its price, and the fee of the visit unless another slip claimed it.
    pub fn reckoned(&self) -> Yen {
        self.payable + self.visit_fee.filter(|_| !self.fee_again).unwrap_or_default()
    }
}

impl SlipReport {
    /// Whether somebody has to decide before it is paid.
    pub fn must_be_decided(&self) -> bool {
        self.findings.iter().any(|finding| finding.fault.must_be_decided())
    }

    /// The visit that it was made at.
    pub fn visit(&self) -> Visit {
        (self.slip.resident.clone(), self.slip.service_date)
    }
}

impl ClaimReport {
    /// The report on one slip.
    pub fn slip(&self, key: &SlipKey) -> Option<&SlipReport> {
        self.slips.iter().find(|report| report.slip.key == *key)
    }

    /// What is claimed: the total on the paper, else the sum of its lines.
    pub fn claimed(&self) -> Option<(u32, Yen)> {
        let claim = self.claim.as_ref()?;
        Some((
            claim.total_count.unwrap_or(self.totals.count),
            claim.total_amount.unwrap_or(self.totals.amount),
        ))
    }

    /// Every finding, of totals, lines and slips.
    pub fn findings(&self) -> impl Iterator<Item = &ClaimFinding> {
        let lines = self.lines.iter().flat_map(|line| &line.findings);
        let slips = self.slips.iter().flat_map(|slip| &slip.findings);
        self.totals.findings.iter().chain(lines).chain(slips)
    }
}

/// Holds everything together.
pub fn reconcile(material: Material) -> ClaimReport {
    let Material { of, claim, slips, prices, contracts, paid_visits } = material;
    let lines = claim.map_or(&[][..], |claim| &claim.lines);
    let priced: Vec<(ClaimSlip, Option<&Price>)> = slips
        .into_iter()
        .map(|slip| {
            let price = price_of(prices, of, &slip);
            (slip, price)
        })
        .collect();
    let places = lines::place(lines, &priced);
    let mut fees: HashMap<Visit, Fee> =
        paid_visits.iter().map(|visit| (visit.clone(), Fee::PaidBefore)).collect();
    let slips: Vec<SlipReport> = priced
        .into_iter()
        .zip(places)
        .map(|((mut slip, price), place)| {
            let line = place.map(|at| &lines[at]);
            let mut findings = std::mem::take(&mut slip.findings);
            against_claim(&slip, of, claim, line, &mut findings);
            uncovered(&slip, contracts, &mut findings);
            let price = priced_slip(&slip, price, line, &mut fees, &mut findings);
            findings.sort_by_key(|finding| finding.fault);
            let seen = slip_seen(&slip, price.as_ref(), &findings);
            SlipReport { slip, line: place, price, findings, seen }
        })
        .collect();
    let lines = lines::report(lines, &slips);
    let totals = claim.map(lines::totals).unwrap_or_default();
    ClaimReport { of: of.clone(), claim: claim.cloned(), lines, totals, slips }
}

fn price_of<'p>(prices: &'p PriceList, of: &ClinicMonth, slip: &ClaimSlip) -> Option<&'p Price> {
    prices.price_of(&Asked {
        clinic: &of.clinic,
        programme: &slip.programme,
        round: slip.round,
        class: slip.class,
        age: slip.age,
        day: slip.service_date,
    })
}

/// What speaks against a slip as a part of this claim.
fn against_claim(
    slip: &ClaimSlip,
    of: &ClinicMonth,
    claim: Option<&Claim>,
    line: Option<&ClaimLine>,
    findings: &mut Vec<ClaimFinding>,
) {
    let day = || slip.fields.service_date.clone();
    let late = findings.iter().any(|finding| finding.fault == ClaimFault::DateAfterClaim);
    let after = claim.is_some_and(|claim| slip.service_date > claim.received_on);
    if !late && (after || slip.service_date > of.month.last()) {
        findings.push(plain(
            ClaimFault::DateAfterClaim,
            day(),
            "実施日が、請求書の受付日または請求の月より後です。",
        ));
    } else if slip.service_date < of.month.first() {
        let text = format!("実施日が{}より前です（月遅れの請求）。", of.month.label());
        findings.push(plain(ClaimFault::DateOutsideMonth, day(), text));
    }
    if slip.clinic.as_ref().is_some_and(|clinic| *clinic != of.clinic) {
        let field = slip.fields.clinic.clone();
        findings.push(plain(
            ClaimFault::WrongClinic,
            field,
            "票の医療機関コードが、請求した医療機関のものではありません。",
        ));
    }
    match (claim, line) {
        (Some(_), None) => {
            findings.push(plain(ClaimFault::ExtraSlip, None, "請求書に、この票に当たる行がありません。"));
        }
        (_, Some(line)) if !lines::class_fits(line, slip.class) => {
            let claimed = line.class.map_or("接種・受診", ClaimClass::label);
            let text = format!("請求書では「{claimed}」の行ですが、票は「{}」です。", slip.class.label());
            findings.push(plain(ClaimFault::WrongClass, slip.fields.class.clone(), text));
        }
        _ => {}
    }
}

fn uncovered(slip: &ClaimSlip, contracts: Option<&[Contract]>, findings: &mut Vec<ClaimFinding>) {
    let covers = |contract: &Contract| contract.covers(&slip.programme, slip.service_date);
    if contracts.is_some_and(|contracts| !contracts.iter().any(covers)) {
        let field = slip.fields.service_date.clone();
        findings.push(plain(ClaimFault::NoContract, field, "実施日に、この事業の契約がありません。"));
    }
}

/// The price of a slip; the fee of its visit is right with the first slip whose line claims it.
fn priced_slip(
    slip: &ClaimSlip,
    price: Option<&Price>,
    line: Option<&ClaimLine>,
    fees: &mut HashMap<Visit, Fee>,
    findings: &mut Vec<ClaimFinding>,
) -> Option<SlipPrice> {
    let Some(price) = price else {
        let text = format!(
            "単価表に、区分「{}」・{}歳・この実施日の単価がありません。",
            slip.class.label(),
            slip.age
        );
        findings.push(plain(ClaimFault::NoPrice, None, text));
        return None;
    };
    let fee = price.visit_fee_with_tax();
    let claims = fee > Yen::ZERO
        && !slip.superseded
        && line.is_some_and(|line| line.unit_price >= price.payable() + fee);
    let paid =
        claims.then(|| fees.insert((slip.resident.clone(), slip.service_date), Fee::Claimed)).flatten();
    if paid.is_some() {
        let field = slip.fields.service_date.clone();
        let text = "同じ日の受診の診察料が、ほかの票ですでに請求されています。診察料は1回の受診に1回です。";
        findings.push(plain(ClaimFault::VisitFee, field, text));
    }
    if paid == Some(Fee::PaidBefore) {
        fees.insert((slip.resident.clone(), slip.service_date), Fee::PaidBefore);
    }
    Some(SlipPrice {
        payable: price.payable(),
        self_pay: price.self_pay,
        visit_fee: (claims && paid != Some(Fee::PaidBefore)).then_some(fee),
        fee_again: paid.is_some(),
        tax_rate: price.rate(),
        words: price.words(),
    })
}

/// What became of a visit's fee before this slip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fee {
    PaidBefore,
    Claimed,
}

/// A short word for `parts`: another one, and something has changed.
pub fn mark(parts: &impl serde::Serialize) -> String {
    let text = serde_json::to_vec(parts).unwrap_or_default();
    blake3::hash(&text).to_hex().as_str()[..16].to_owned()
}

fn slip_seen(slip: &ClaimSlip, price: Option<&SlipPrice>, findings: &[ClaimFinding]) -> String {
    let price = price.map(|price| (price.payable, price.visit_fee, price.fee_again));
    mark(&(slip.record, slip.class, slip.service_date, price, slip.superseded, findings))
}
