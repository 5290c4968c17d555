//! What holds whatever people do: every slip and every yen stands in exactly one place, and the log alone gives the state.

use super::*;
use crate::claim::payable;
use crate::claim::reconcile::tests::{claim, line, report, slip};
use crate::claim::slip::plain;
use crate::claim::{ClaimClass, ClaimFault, ClaimSlip};
use proptest::prelude::*;

const SLIPS: i64 = 6;

fn key() -> impl Strategy<Value = SlipKey> {
    (1..=SLIPS + 1).prop_map(|number| SlipKey(format!("n{number}")))
}

fn decision() -> impl Strategy<Value = SlipDecision> {
    let words = || String::from("理由");
    prop_oneof![
        Just(SlipDecision::Accept { words: words() }),
        Just(SlipDecision::Cut { reason: ClaimReason::Duplicate, words: words() }),
        Just(SlipDecision::Return { reason: ClaimReason::Incomplete, words: words() }),
        Just(SlipDecision::Hold { words: words() }),
    ]
}

fn step() -> impl Strategy<Value = ClaimStep> {
    prop_oneof![
        6 => (key(), decision()).prop_map(|(slip, decision)| ClaimStep::Decide { slip, decision, seen: None }),
        2 => key().prop_map(|slip| ClaimStep::Undecide { slip }),
        2 => (0..3usize).prop_map(|at| ClaimStep::SettleLine {
            line: at.checked_sub(1), words: "確認".into(), seen: None
        }),
        1 => (1..4i64, -3000..3000i64).prop_map(|(payment, amount)| ClaimStep::Adjust {
            payment, amount: Yen(amount), reason: ClaimReason::Amount, words: "調整".into()
        }),
        1 => (1..4i64).prop_map(|payment| ClaimStep::Unadjust { payment }),
        4 => Just(ClaimStep::Confirm { digest: String::new() }),
        1 => Just(ClaimStep::Unconfirm),
        1 => Just(ClaimStep::Unlock { words: "解除".into() }),
    ]
}

/// Slips of which some have findings, one was paid elsewhere, one came again, one has no price.
fn slips(faulty: &[bool]) -> Vec<ClaimSlip> {
    let slips = faulty.iter().enumerate().map(|(at, faulty)| {
        let mut slip = slip(i64::try_from(at).unwrap() + 1);
        if *faulty {
            slip.findings.push(plain(ClaimFault::LotMissing, None, "ロットなし。"));
        }
        if at == 4 {
            slip.class = ClaimClass::FreeByAge;
        }
        slip.superseded = at == 5;
        slip
    });
    slips.collect()
}

/// As the store does it: the step with what stands there now, and the lock behind the second confirmation.
fn take(
    settlement: &mut Settlement,
    report: &ClaimReport,
    step: ClaimStep,
    staff: &StaffId,
) -> Vec<TakenStep> {
    let digest = settlement.digest(report, Yen::ZERO);
    let step = match step {
        ClaimStep::Decide { slip, decision, .. } => {
            let seen = report.slip(&slip).map(|report| report.seen.clone());
            ClaimStep::Decide { slip, decision, seen }
        }
        ClaimStep::SettleLine { line, words, .. } => {
            let seen =
                line.map_or(Some(&report.totals.seen), |at| report.lines.get(at).map(|line| &line.seen));
            ClaimStep::SettleLine { line, words, seen: seen.cloned() }
        }
        ClaimStep::Confirm { .. } => ClaimStep::Confirm { digest: digest.clone() },
        other => other,
    };
    let paid = PaidRow {
        of: crate::claim::ClinicMonth { clinic: "A".into(), month: "2026-09".parse().unwrap() },
        stands: Yen(2000),
    };
    let bench = Bench {
        report,
        settlement,
        open_pages: 0,
        carried: Yen::ZERO,
        paid: Some(&paid),
        adjustments_stand: true,
        exported: false,
        built_upon: None,
    };
    if bench.refused(&step, staff).is_some() {
        return Vec::new();
    }
    let mut taken = vec![TakenStep { step, staff: staff.clone() }];
    settlement.take(&taken[0]);
    if !settlement.locked && settlement.confirmed_now(&digest).count() == 2 {
        taken.push(TakenStep { step: ClaimStep::Lock, staff: staff.clone() });
        settlement.take(&taken[1]);
    }
    taken
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_whole_is_the_sum_of_its_parts_and_the_log_gives_the_state(
        faulty in prop::collection::vec(any::<bool>(), SLIPS as usize),
        steps in prop::collection::vec((step(), 0..3usize), 0..60),
        claimed in 4..8u32,
    ) {
        let claim = claim(vec![line(Some(ClaimClass::General), claimed, 4500)]);
        let report = report(Some(&claim), slips(&faulty));
        let staff: Vec<StaffId> = ["a", "b", "c"].map(StaffId::from).into();
        let (mut settlement, mut log) = (Settlement::default(), Vec::new());
        for (step, who) in steps {
            let before = settlement.clone();
            let taken = take(&mut settlement, &report, step, &staff[who]);
            if taken.is_empty() {
                prop_assert_eq!(&before, &settlement, "a refused step changes nothing");
            }
            log.extend(taken);
            prop_assert_eq!(&Settlement::replay(&log), &settlement);
            // As it comes back from its rows.
            let rows: Vec<String> = log.iter().map(|taken| serde_json::to_string(taken).unwrap()).collect();
            let read: Vec<TakenStep> = rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect();
            prop_assert_eq!(&Settlement::replay(&read), &settlement);

            let summary = ClaimSummary::of(&report, &settlement, 0, Yen::ZERO);
            let places: u32 = Standing::ALL.into_iter().map(|standing| summary.slips_at(standing)).sum();
            prop_assert_eq!(places, summary.slips);
            let rows = payable::rows(&report, &settlement);
            let adjusted: Yen = settlement.adjustments.values().map(|one| one.amount).sum();
            prop_assert_eq!(rows.iter().map(|row| row.amount).sum::<Yen>() + adjusted, summary.payable);
            let mut keys: Vec<&SlipKey> = rows.iter().filter_map(|row| row.slip.as_ref()).collect();
            prop_assert_eq!(keys.len(), (summary.slips_at(Standing::Clean) + summary.slips_at(Standing::Accepted)) as usize);
            keys.sort();
            keys.dedup();
            prop_assert_eq!(keys.len(), rows.len(), "no slip twice");
            for slip in report.slips.iter().filter(|slip| slip.slip.superseded || slip.price.is_none()) {
                prop_assert!(!settlement.standing(slip).is_paid());
            }
            if settlement.locked {
                prop_assert_eq!(summary.slips_at(Standing::ToDecide) + summary.slips_at(Standing::Held), 0);
                prop_assert_eq!(summary.unsettled, 0);
                let confirmed: Vec<_> = settlement.confirmed.iter().map(|one| &one.staff).collect();
                prop_assert!(confirmed.len() == 2 && confirmed[0] != confirmed[1]);
            }
        }
    }
}
