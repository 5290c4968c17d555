//! What holds on the rows whatever people do, in whatever order: the whole is the sum of its parts, no slip and no visit is
//! paid twice, and the log gives the same state again.

use super::*;
use domain::claim::payable::PaymentKind;
use domain::claim::settlement::Settlement;
use proptest::prelude::*;
use std::collections::BTreeMap;

const MONTHS: [&str; 3] = ["2026-08", "2026-09", "2026-10"];
const PEOPLE: [&str; 4] = ["1", "2", "3", "4"];
const STAFF: [&str; 3] = ["a", "b", "c"];

/// Something that somebody does; numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Act {
    Slip {
        month: usize,
        person: usize,
    },
    Decide {
        month: usize,
        slip: usize,
        how: usize,
    },
    Undecide {
        month: usize,
        slip: usize,
    },
    Settle {
        month: usize,
    },
    Claim {
        month: usize,
        count: u32,
    },
    Adjust {
        month: usize,
        payment: usize,
        amount: i64,
    },
    Unadjust {
        month: usize,
    },
    Resubmit {
        month: usize,
        slip: usize,
    },
    Confirm {
        month: usize,
        staff: usize,
    },
    /// All that is open is decided and settled, and two people confirm.
    Finish {
        month: usize,
    },
    Unlock {
        month: usize,
    },
}

fn act() -> impl Strategy<Value = Act> {
    let month = || 0..MONTHS.len();
    prop_oneof![
        3 => (month(), 0..PEOPLE.len()).prop_map(|(month, person)| Act::Slip { month, person }),
        4 => (month(), 0..9usize, 0..4usize).prop_map(|(month, slip, how)| Act::Decide { month, slip, how }),
        1 => (month(), 0..9usize).prop_map(|(month, slip)| Act::Undecide { month, slip }),
        1 => month().prop_map(|month| Act::Settle { month }),
        1 => (month(), 0..4u32).prop_map(|(month, count)| Act::Claim { month, count }),
        4 => (month(), 0..9usize, prop_oneof![Just(-4500), -6000..2000i64])
            .prop_map(|(month, payment, amount)| Act::Adjust { month, payment, amount }),
        1 => month().prop_map(|month| Act::Unadjust { month }),
        3 => (month(), 0..9usize).prop_map(|(month, slip)| Act::Resubmit { month, slip }),
        2 => (month(), 0..3usize).prop_map(|(month, staff)| Act::Confirm { month, staff }),
        5 => month().prop_map(|month| Act::Finish { month }),
        3 => month().prop_map(|month| Act::Unlock { month }),
    ]
}

fn payments(claims: &Claims) -> Vec<Payment> {
    let of = MONTHS.map(|month| claims.file(A, month).payments);
    let mut all: Vec<Payment> = of.into_iter().flatten().collect();
    all.sort_by_key(|payment| payment.id);
    all
}

fn nth(claims: &Claims, month: &str, slip: usize) -> Option<SlipKey> {
    let slips = claims.file(A, month).report.slips;
    (!slips.is_empty()).then(|| slips[slip % slips.len()].slip.key.clone())
}

fn act_out(claims: &Claims, act: &Act) {
    let step = |month: usize, step| {
        claims.step(A, MONTHS[month], step, "a");
    };
    match act {
        Act::Slip { month, person } => {
            claims.slip(A, MONTHS[*month], PEOPLE[*person], &[("visit_date", "2026-08-05")]);
        }
        Act::Decide { month, slip, how } => {
            let words = || "理由".to_owned();
            let reason = ClaimReason::Duplicate;
            let decision = match how {
                0 => SlipDecision::Accept { words: words() },
                1 => SlipDecision::Cut { reason, words: words() },
                2 => SlipDecision::Return { reason, words: words() },
                _ => SlipDecision::Hold { words: words() },
            };
            if let Some(slip) = nth(claims, MONTHS[*month], *slip) {
                step(*month, ClaimStep::Decide { slip, decision, seen: None });
            }
        }
        Act::Undecide { month, slip } => {
            if let Some(slip) = nth(claims, MONTHS[*month], *slip) {
                step(*month, ClaimStep::Undecide { slip });
            }
        }
        Act::Settle { month } => settle(claims, MONTHS[*month]),
        Act::Claim { month, count } => enter(claims, MONTHS[*month], *count),
        Act::Adjust { month, payment, amount } => {
            let payments = payments(claims);
            if !payments.is_empty() {
                let payment = payments[payment % payments.len()].id;
                let (amount, reason) = (Yen(*amount), ClaimReason::Amount);
                step(*month, ClaimStep::Adjust { payment, amount, reason, words: "調整".into() });
            }
        }
        Act::Unadjust { month } => {
            let adjusted = claims.file(A, MONTHS[*month]).settlement.adjustments;
            if let Some(payment) = adjusted.keys().next() {
                step(*month, ClaimStep::Unadjust { payment: *payment });
            }
        }
        Act::Resubmit { month, slip } => resubmit(claims, MONTHS[*month], *slip),
        Act::Confirm { month, staff } => {
            claims.confirm(A, MONTHS[*month], STAFF[*staff]);
        }
        Act::Finish { month } => finish(claims, MONTHS[*month]),
        Act::Unlock { month } => {
            step(*month, ClaimStep::Unlock { words: "解除".into() });
        }
    }
}

fn settle(claims: &Claims, month: &str) {
    let file = claims.file(A, month);
    for line in file.settlement.unsettled(&file.report) {
        claims.step(A, month, ClaimStep::SettleLine { line, words: "確認".into(), seen: None }, "a");
    }
}

/// Enters a claim of `count` slips, unless the month is locked.
fn enter(claims: &Claims, month: &str, count: u32) {
    if !claims.file(A, month).settlement.locked {
        claims.claim(A, month, &[(count, 4500)]);
    }
}

fn resubmit(claims: &Claims, month: &str, slip: usize) {
    let from = MONTHS.iter().find_map(|from| nth(claims, from, slip));
    let Some(key) = from else { return };
    let number = ManagementNumber(key.0);
    let owner = claims.office.store.read(|rows| rows.slip(&number)).unwrap().unwrap().resident;
    let page = claims.page(A, month);
    let done = claims.commit(&page, &number, &owner.0, &[("visit_date", "2026-08-05")]);
    if !matches!(done, Committed::Done(_)) {
        let (discarded, why) = (Disposal::Discarded, "返戻していない");
        claims.office.store.write(|rows| rows.dispose(&page, discarded, why, &clerk(), at(20))).unwrap();
    }
}

fn finish(claims: &Claims, month: &str) {
    let file = claims.file(A, month);
    if file.claim.is_none() {
        enter(claims, month, u32::try_from(file.report.slips.len()).unwrap());
    }
    for slip in &file.report.slips {
        if !file.settlement.standing(slip).is_paid() {
            let accept = SlipDecision::Accept { words: "確認した".into() };
            let cut = SlipDecision::Cut { reason: ClaimReason::Duplicate, words: String::new() };
            if claims.decide(A, month, &slip.slip.key, accept) != (StepTaken::Done { locked: false }) {
                claims.decide(A, month, &slip.slip.key, cut);
            }
        }
    }
    settle(claims, month);
    claims.confirm(A, month, "a");
    claims.confirm(A, month, "b");
}

/// Everything that must hold at every moment.
fn holds(claims: &Claims) -> Result<(), TestCaseError> {
    let mut transferred = Yen::ZERO;
    for month in MONTHS {
        let file = claims.file(A, month);
        let summary = file.summary();
        let places: u32 = Standing::ALL.into_iter().map(|standing| summary.slips_at(standing)).sum();
        prop_assert_eq!(places, summary.slips);
        prop_assert_eq!(&Settlement::replay(file.steps.iter().map(|row| &row.taken)), &file.settlement);
        let paid = file.paid();
        prop_assert!(paid >= Yen::ZERO, "nobody is asked to pay the city by a transfer");
        if !file.settlement.locked {
            prop_assert_eq!(paid, Yen::ZERO, "nothing is paid that is not locked");
        } else if !file.drifted() {
            prop_assert_eq!(summary.slips_at(Standing::ToDecide) + summary.slips_at(Standing::Held), 0);
            prop_assert_eq!(paid, summary.payable.max(Yen::ZERO), "as confirmed, so paid");
        }
        transferred += paid;
    }
    let payments = payments(claims);
    let reversed = |payment: &Payment| {
        payments.iter().any(|row| row.row.kind == PaymentKind::Reversal && row.row.about == Some(payment.id))
    };
    let live: Vec<&Payment> =
        payments.iter().filter(|row| row.row.kind != PaymentKind::Reversal && !reversed(row)).collect();
    let sum = |kind: PaymentKind| -> Yen {
        live.iter().filter(|row| row.row.kind == kind).map(|row| row.row.amount).sum()
    };
    // What is transferred is what slips and adjustments come to, but for remainders that still wait.
    let parts = sum(PaymentKind::Slip) + sum(PaymentKind::Visit) + sum(PaymentKind::Adjust);
    prop_assert_eq!(parts + sum(PaymentKind::Carry), transferred);
    prop_assert!(sum(PaymentKind::Carry) >= Yen::ZERO);
    // Once a slip: what stands of all its rows together is at most what one costs, unless a clerk added to it.
    let mut of_slip: BTreeMap<&SlipKey, (u32, Yen, Yen)> = BTreeMap::new();
    for payment in &live {
        let Some(slip) = &payment.row.slip else { continue };
        let (rows, amount, added) = of_slip.entry(slip).or_default();
        *amount += payment.row.amount;
        match payment.row.kind {
            PaymentKind::Slip => *rows += 1,
            _ if payment.row.amount > Yen::ZERO => *added += payment.row.amount,
            _ => {}
        }
    }
    for (rows, amount, added) in of_slip.into_values() {
        prop_assert!(rows == 1 || amount <= Yen(4500) + added, "{rows} rows, {amount}");
        prop_assert!(Yen::ZERO <= amount && amount <= Yen(4500) + added, "{amount} with {added} added");
    }
    prop_assert_eq!(claims.office.store.read(|rows| rows.imbalances()).unwrap(), Vec::<String>::new());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn whatever_people_do_every_yen_has_its_slip_and_no_slip_is_paid_twice(
        acts in prop::collection::vec(act(), 1..40)
    ) {
        let claims = Claims::open();
        for act in &acts {
            act_out(&claims, act);
            holds(&claims)?;
        }
    }
}
