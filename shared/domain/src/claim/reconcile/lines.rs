//! 行の照合. Which slip belongs to which line, and what counts, prices and sums say.

use super::{LineReport, SlipPrice, SlipReport, TotalsReport, mark};
use crate::claim::price::Price;
use crate::claim::slip::plain;
use crate::claim::{Claim, ClaimClass, ClaimFault, ClaimFinding, ClaimLine, ClaimSlip};
use crate::yen::Yen;
use std::collections::BTreeMap;

/// The line of every slip: of those that it fits, the one that says most, then the one with its price, then one that
/// still lacks slips. What fits none but for its class takes a line that lacks slips.
pub(super) fn place(lines: &[ClaimLine], slips: &[(ClaimSlip, Option<&Price>)]) -> Vec<Option<usize>> {
    let mut room: Vec<u32> = lines.iter().map(|line| line.count).collect();
    let mut places: Vec<Option<usize>> = vec![None; slips.len()];
    for pass in [class_fits, any_class] {
        for ((slip, price), place) in slips.iter().zip(&mut places).filter(|(_, place)| place.is_none()) {
            let fitting = lines.iter().enumerate().filter(|(at, line)| {
                let class = pass(line, slip.class) && (class_fits(line, slip.class) || room[*at] > 0);
                class && same_service(line, slip)
            });
            *place = fitting
                .max_by_key(|(at, line)| {
                    let said = (line.programme.is_some(), line.round.is_some(), line.class.is_some());
                    let priced = price.is_some_and(|price| is_price(line, price));
                    (said, priced, room[*at] > 0, std::cmp::Reverse(*at))
                })
                .map(|(at, _)| at);
            if let Some(at) = *place {
                room[at] = room[at].saturating_sub(1);
            }
        }
    }
    places
}

/// Whether a line is for slips of `class`. One that states none is for all but 予診のみ, unless it states no programme
/// either: then it is for everything.
pub(super) fn class_fits(line: &ClaimLine, class: ClaimClass) -> bool {
    match line.class {
        Some(stated) => stated == class,
        None => class != ClaimClass::Postponed || line.programme.is_none(),
    }
}

fn any_class(_: &ClaimLine, _: ClaimClass) -> bool {
    true
}

fn same_service(line: &ClaimLine, slip: &ClaimSlip) -> bool {
    line.programme.as_ref().is_none_or(|programme| *programme == slip.programme)
        && line.round.is_none_or(|round| slip.round == Some(round))
}

/// Whether the line's unit price is that of the contract, with the fee of a visit or without.
fn is_price(line: &ClaimLine, price: &Price) -> bool {
    line.unit_price == price.payable() || line.unit_price == price.payable() + price.visit_fee_with_tax()
}

/// The report on every line.
pub(super) fn report(lines: &[ClaimLine], slips: &[SlipReport]) -> Vec<LineReport> {
    let mut of: Vec<Vec<&SlipReport>> = vec![Vec::new(); lines.len()];
    for slip in slips {
        if let Some(at) = slip.line {
            of[at].push(slip);
        }
    }
    let found: Vec<u32> = of.iter().map(|slips| u32::try_from(slips.len()).unwrap_or(u32::MAX)).collect();
    let off: Vec<i64> =
        lines.iter().zip(&found).map(|(line, found)| i64::from(*found) - i64::from(line.count)).collect();
    (0..lines.len())
        .map(|at| {
            let (line, slips) = (&lines[at], &of[at]);
            let mut findings = Vec::new();
            findings.extend(count(lines, &off, at, found[at]));
            findings.extend(price(line, slips));
            findings.extend(arithmetic(line));
            let reckoned = slips.iter().filter_map(|slip| slip.price.as_ref()).map(SlipPrice::reckoned).sum();
            let seen = mark(&(at, line, found[at], reckoned, &findings));
            LineReport { line: line.clone(), found: found[at], reckoned, findings, seen }
        })
        .collect()
}

fn count(lines: &[ClaimLine], off: &[i64], at: usize, found: u32) -> Option<ClaimFinding> {
    let line = &lines[at];
    if off[at] == 0 {
        return None;
    }
    if by_class_only(lines, off, at) {
        let text = format!(
            "請求{}件に対し、この区分の票は{found}枚です。ほかの区分の行と合わせると件数は合います。",
            line.count
        );
        return Some(plain(ClaimFault::WrongClass, None, text));
    }
    let (fault, words) = if off[at] < 0 {
        (ClaimFault::MissingSlip, "不足しています")
    } else {
        (ClaimFault::ExtraSlip, "多くあります")
    };
    let text =
        format!("請求{}件に対し、票は{found}枚です。{}枚{words}。", line.count, off[at].unsigned_abs());
    Some(plain(fault, None, text))
}

/// Whether the line's difference is made up by lines of the same service for other classes: by all of them together, or
/// by one that is off by as much the other way.
fn by_class_only(lines: &[ClaimLine], off: &[i64], at: usize) -> bool {
    let line = &lines[at];
    let key = |line: &ClaimLine| (line.programme.clone(), line.round);
    let together: i64 =
        lines.iter().zip(off).filter(|(other, _)| key(other) == key(line)).map(|(_, off)| off).sum();
    let meets = |other: &ClaimLine| {
        let agree = |same: bool, open: bool| same || open;
        agree(line.programme == other.programme, line.programme.is_none() || other.programme.is_none())
            && agree(line.round == other.round, line.round.is_none() || other.round.is_none())
            && line.class != other.class
    };
    together == 0 || lines.iter().zip(off).any(|(other, other_off)| *other_off == -off[at] && meets(other))
}

/// The unit price against those of its slips.
fn price(line: &ClaimLine, slips: &[&SlipReport]) -> Option<ClaimFinding> {
    let mut wrong: BTreeMap<Yen, u32> = BTreeMap::new();
    for price in slips.iter().filter_map(|slip| slip.price.as_ref()) {
        let with_fee = price.visit_fee.map(|fee| price.payable + fee);
        // Whose fee was paid in another month says so itself.
        let fee_before = price.fee_again && price.visit_fee.is_none();
        if line.unit_price != price.payable && Some(line.unit_price) != with_fee && !fee_before {
            *wrong.entry(price.payable).or_default() += 1;
        }
    }
    if wrong.is_empty() {
        return None;
    }
    let prices: Vec<String> = wrong.iter().map(|(price, slips)| format!("{price}円が{slips}枚")).collect();
    let text = format!("請求の単価は{}円ですが、契約の単価は{}です。", line.unit_price, prices.join("、"));
    Some(plain(ClaimFault::WrongPrice, None, text))
}

fn arithmetic(line: &ClaimLine) -> Option<ClaimFinding> {
    let product = line.unit_price.times(line.count);
    if product == Some(line.amount) {
        return None;
    }
    let right = product.map_or("桁あふれ".to_owned(), |product| format!("{product}円"));
    let text =
        format!("{}件×{}円は{right}ですが、{}円と書かれています。", line.count, line.unit_price, line.amount);
    Some(plain(ClaimFault::Arithmetic, None, text))
}

/// The sums of the paper.
pub(super) fn totals(claim: &Claim) -> TotalsReport {
    let count: u32 = claim.lines.iter().map(|line| line.count).fold(0, u32::saturating_add);
    let amount: Yen = claim.lines.iter().map(|line| line.amount).sum();
    let mut findings = Vec::new();
    if let Some(stated) = claim.total_count.filter(|stated| *stated != count) {
        let text = format!("合計は{stated}件と書かれていますが、内訳の合計は{count}件です。");
        findings.push(plain(ClaimFault::Arithmetic, None, text));
    }
    if let Some(stated) = claim.total_amount.filter(|stated| *stated != amount) {
        let text = format!("合計は{stated}円と書かれていますが、内訳の合計は{amount}円です。");
        findings.push(plain(ClaimFault::Arithmetic, None, text));
    }
    let seen = mark(&(count, amount, claim.total_count, claim.total_amount, &findings));
    TotalsReport { count, amount, findings, seen }
}
