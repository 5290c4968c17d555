//! What may be done when, as a clerk meets it.

use super::*;
use crate::claim::reconcile::tests::{claim, line, report, slip};
use crate::claim::slip::{PaidElsewhere, plain};
use crate::claim::{ClaimClass, ClaimFault, ClaimSlip, ClinicMonth, StepRefused};

fn bench<'a>(report: &'a ClaimReport, settlement: &'a Settlement) -> Bench<'a> {
    Bench {
        report,
        settlement,
        open_pages: 0,
        carried: Yen::ZERO,
        paid: None,
        adjustments_stand: true,
        exported: false,
        built_upon: None,
    }
}

fn decide(number: i64, decision: SlipDecision) -> ClaimStep {
    ClaimStep::Decide { slip: SlipKey(format!("n{number}")), decision, seen: None }
}

#[test]
fn a_slip_without_price_or_paid_before_or_come_again_is_not_accepted() {
    let of = ClinicMonth { clinic: "A".into(), month: "2026-09".parse().unwrap() };
    let month = of.month;
    let slips = vec![
        ClaimSlip { class: ClaimClass::FreeByAge, ..slip(1) },
        ClaimSlip { paid: Some(PaidElsewhere { payment: 1, of }), ..slip(2) },
        ClaimSlip { superseded: true, ..slip(3) },
    ];
    let (report, settlement) = (report(None, slips), Settlement::default());
    let bench = bench(&report, &settlement);
    let accept = || SlipDecision::Accept { words: "支払う".into() };
    let refused = |step: &ClaimStep| bench.refused(step, &"a".into());
    assert_eq!(refused(&decide(1, accept())), Some(StepRefused::NoPrice));
    assert_eq!(refused(&decide(2, accept())), Some(StepRefused::PaidBefore { month }));
    assert_eq!(refused(&decide(3, accept())), Some(StepRefused::CameAgain));
    assert_eq!(refused(&decide(9, accept())), Some(StepRefused::NoSuchSlip));
    assert_eq!(refused(&ClaimStep::Undecide { slip: SlipKey("n3".into()) }), Some(StepRefused::CameAgain));
    assert_eq!(refused(&ClaimStep::Undecide { slip: SlipKey("n1".into()) }), Some(StepRefused::Nothing));
    let other = SlipDecision::Cut { reason: ClaimReason::Other, words: String::new() };
    assert_eq!(refused(&decide(1, other)), Some(StepRefused::NoWords));
    let cut = SlipDecision::Cut { reason: ClaimReason::Duplicate, words: String::new() };
    assert_eq!(refused(&decide(1, cut)), None, "the reason says enough");
}

#[test]
fn what_changed_behind_the_screen_is_not_decided() {
    let claim = claim(vec![line(Some(ClaimClass::General), 2, 4500)]);
    let (report, settlement) = (report(Some(&claim), vec![slip(1)]), Settlement::default());
    let bench = bench(&report, &settlement);
    let seen = |seen: &str| Some(seen.to_owned());
    let hold = SlipDecision::Hold { words: "照会".into() };
    let step = |seen| ClaimStep::Decide { slip: SlipKey("n1".into()), decision: hold.clone(), seen };
    assert_eq!(bench.refused(&step(seen("older")), &"a".into()), Some(StepRefused::Changed));
    assert_eq!(bench.refused(&step(seen(&report.slips[0].seen)), &"a".into()), None);
    let settle = |line, seen| ClaimStep::SettleLine { line, words: "確認".into(), seen };
    assert_eq!(bench.refused(&settle(Some(0), seen("older")), &"a".into()), Some(StepRefused::Changed));
    assert_eq!(bench.refused(&settle(Some(1), None), &"a".into()), Some(StepRefused::NoSuchLine));
    assert_eq!(bench.refused(&settle(None, None), &"a".into()), Some(StepRefused::Nothing));
    assert_eq!(bench.refused(&settle(Some(0), None), &"a".into()), None);
    let confirm = ClaimStep::Confirm { digest: "older".into() };
    assert_eq!(bench.refused(&confirm, &"a".into()), Some(StepRefused::Unsettled { lines: 1 }));
}

#[test]
fn late_claims_are_told_and_need_no_decision() {
    let late = ClaimSlip { service_date: jiff::civil::date(2026, 9, 30), ..slip(1) };
    let claim = claim(vec![line(Some(ClaimClass::General), 2, 4500)]);
    let mut faulty = slip(2);
    faulty.findings.push(plain(ClaimFault::LotMissing, None, "ロットなし。"));
    let report = report(Some(&claim), vec![late, faulty]);
    let settlement = Settlement::default();
    let standing = |at: usize| settlement.standing(&report.slips[at]);
    assert_eq!((standing(0), standing(1)), (Standing::Clean, Standing::ToDecide));
    let summary = ClaimSummary::of(&report, &settlement, 0, Yen::ZERO);
    assert_eq!((summary.state, summary.payable), (ClaimState::InWork, Yen(4500)));
    assert_eq!(summary.due(), Some(jiff::civil::date(2026, 12, 10)));
    assert_eq!(summary.faults[&ClaimFault::DateOutsideMonth], 1);
}

#[test]
fn every_refusal_says_what_to_do() {
    let month = "2026-10".parse().unwrap();
    for refused in [
        StepRefused::Locked,
        StepRefused::PagesOpen { pages: 3 },
        StepRefused::BuiltUpon { month },
        StepRefused::PaidBefore { month },
        StepRefused::Exported,
        StepRefused::SamePerson,
    ] {
        assert!(refused.text().ends_with('。'), "{refused:?}");
    }
    assert!(StepRefused::PagesOpen { pages: 3 }.text().contains("3枚"));
}
