//! What clinics claim: counts and amounts added up by hand from the plan, with the mistakes that were planted in them.

use super::made::{City, Misclaim, VISIT_FEE, What, on};
use super::write::{Office, claims_fee, paper_days};
use domain::claim::{Claim, ClaimClass, ClaimFault, ClaimLine, ClaimSource, ClinicMonth};
use domain::month::Month;
use domain::yen::Yen;
use std::collections::BTreeMap;

/// Where in the claim a mistake stands: the place of a line, or `None` for the totals.
pub type Place = Option<usize>;

/// A line with fewer slips than these is no place for a mistake.
const ENOUGH: u32 = 3;

/// The claim of a clinic and month, and what is wrong with it.
pub fn claim(
    office: &Office,
    made: &City,
    month: u8,
    clinic: usize,
    slips: &[usize],
) -> (Claim, Vec<(Place, ClaimFault)>) {
    let mut counts: BTreeMap<(What, u8, ClaimClass), u32> = BTreeMap::new();
    for slip in slips.iter().map(|at| &made.slips[*at]) {
        *counts.entry((slip.what, slip.round, slip.class)).or_default() += 1;
    }
    let mut lines: Vec<ClaimLine> = counts
        .into_iter()
        .map(|((what, round, class), count)| {
            let fee = if claims_fee(clinic, month, what, class) { VISIT_FEE } else { 0 };
            let unit = what.claimed(round, class) + fee;
            ClaimLine {
                programme: Some(what.id().into()),
                round: (round > 0).then_some(round),
                class: Some(class),
                count,
                unit_price: Yen(unit),
                amount: Yen(unit * i64::from(count)),
            }
        })
        .collect();
    let here = |one: &&Misclaim| (usize::from(one.clinic), one.month) == (clinic, month);
    let planted: Vec<(Place, ClaimFault)> =
        made.misclaims.iter().filter(here).filter_map(|one| spoil(&mut lines, one)).collect();
    let amount: Yen = lines.iter().map(|line| line.amount).sum();
    let wrong_sum = planted.iter().any(|(place, _)| place.is_none());
    let claim = Claim {
        of: ClinicMonth { clinic: office.clinics[clinic].clone(), month: Month::of(on(month, 1)) },
        received_on: paper_days(month).1,
        source: ClaimSource::Keyed,
        total_count: Some(lines.iter().map(|line| line.count).sum()),
        total_amount: Some(if wrong_sum { amount + Yen(500) } else { amount }),
        lines,
    };
    (claim, planted)
}

/// Spoils one line, the longest; nothing when there is none long enough.
fn spoil(lines: &mut [ClaimLine], planted: &Misclaim) -> Option<(Place, ClaimFault)> {
    let (at, line) = lines.iter_mut().enumerate().max_by_key(|(_, line)| line.count)?;
    if line.count < ENOUGH {
        return None;
    }
    let times = |line: &ClaimLine| Yen(line.unit_price.0 * i64::from(line.count));
    match planted.fault {
        ClaimFault::MissingSlip => {
            line.count += 1;
            line.amount = times(line);
        }
        ClaimFault::ExtraSlip => {
            line.count -= 1;
            line.amount = times(line);
        }
        ClaimFault::WrongPrice => {
            line.unit_price += Yen(100);
            line.amount = times(line);
        }
        // A product or a sum is wrong, in turn.
        _ if planted.clinic.is_multiple_of(2) => line.amount += Yen(1_000),
        _ => return Some((None, planted.fault)),
    }
    Some((Some(at), planted.fault))
}
