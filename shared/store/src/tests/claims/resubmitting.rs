//! 返戻 and 再提出: a slip goes back, comes again in a later month, and is paid once.

use super::*;
use domain::page::PageState;

/// A slip that was returned in October, which is locked with nothing paid.
fn returned_slip(claims: &Claims) -> (PageId, SlipKey) {
    let (page, slip) = claims.slip(A, "2026-10", "1", &[("visit_date", "2026-10-02")]);
    claims.claim(A, "2026-10", &[(1, 4500)]);
    assert_eq!(claims.decide(A, "2026-10", &slip, returned()), StepTaken::Done { locked: false });
    assert_eq!(claims.lock(A, "2026-10"), Yen::ZERO);
    (page, slip)
}

fn comes_again(claims: &Claims, slip: &SlipKey) -> (PageId, Committed) {
    let page = claims.page(A, "2026-11");
    let number = ManagementNumber(slip.0.clone());
    let done = claims.commit(&page, &number, "1", &[("visit_date", "2026-10-02")]);
    (page, done)
}

#[test]
fn a_returned_slip_that_comes_again_is_paid_in_the_later_month() {
    let claims = Claims::open();
    let (old, slip) = returned_slip(&claims);
    let (new, done) = comes_again(&claims, &slip);
    assert!(matches!(done, Committed::Done(_)), "{done:?}");
    assert_eq!(claims.office.page(&old).state, PageState::Returned);
    let ledger = claims.office.store.read(|rows| rows.ledger(&ResidentId("1".into()))).unwrap();
    let standing: Vec<&PageId> = ledger.iter().filter(|row| row.stands).map(|row| &row.page).collect();
    assert_eq!((standing, ledger.len()), (vec![&new], 3));
    claims.office.adds_up();

    let october = claims.file(A, "2026-10");
    let report = october.report.slip(&slip).unwrap();
    assert!(report.slip.superseded && report.slip.page == old);
    assert_eq!(october.settlement.standing(report), Standing::Returned);
    assert_eq!(october.report.lines[0].found, 1, "the paper of October still adds up");

    claims.claim(A, "2026-11", &[(1, 4500)]);
    let november = claims.file(A, "2026-11");
    assert_eq!(faults(&november, &slip), [ClaimFault::DateOutsideMonth], "late, and nothing else");
    assert_eq!(claims.lock(A, "2026-11"), Yen(4500));
    let (_, copy) = comes_again(&claims, &slip);
    assert!(matches!(copy, Committed::Refused(_)), "one return lets it come again once");
    let steps = claims.office.store.read(|rows| rows.slip_steps(&slip)).unwrap();
    assert_eq!(steps.iter().map(|(of, _)| of.month.to_string()).collect::<Vec<_>>(), ["2026-10"]);
}

#[test]
fn a_slip_that_was_not_returned_is_a_double() {
    let claims = Claims::open();
    let (_, slip) = claims.slip(A, "2026-10", "1", &[("visit_date", "2026-10-02")]);
    let (_, done) = comes_again(&claims, &slip);
    assert!(matches!(done, Committed::Refused(domain::record::CommitRefused::DuplicateSlip { .. })));
    // A return that was taken back is none.
    claims.decide(A, "2026-10", &slip, returned());
    claims.step(A, "2026-10", ClaimStep::Undecide { slip: slip.clone() }, "a");
    let (_, done) = comes_again(&claims, &slip);
    assert!(matches!(done, Committed::Refused(_)));
}

#[test]
fn a_return_stands_once_the_slip_came_again() {
    let claims = Claims::open();
    let (_, slip) = claims.slip(A, "2026-10", "1", &[("visit_date", "2026-10-02")]);
    claims.claim(A, "2026-10", &[(1, 4500)]);
    claims.decide(A, "2026-10", &slip, returned());
    comes_again(&claims, &slip);
    let refused = StepTaken::Refused(StepRefused::CameAgain);
    let accept = SlipDecision::Accept { words: "支払う".into() };
    assert_eq!(claims.decide(A, "2026-10", &slip, accept), refused);
    assert_eq!(claims.step(A, "2026-10", ClaimStep::Undecide { slip: slip.clone() }, "a"), refused);
    // It can be returned a second time, and come a third.
    assert_eq!(claims.decide(A, "2026-11", &slip, returned()), StepTaken::Done { locked: false });
    let page = claims.page(A, "2026-12");
    let number = ManagementNumber(slip.0.clone());
    let third = claims.commit(&page, &number, "1", &[("visit_date", "2026-10-02")]);
    assert!(matches!(third, Committed::Done(_)));
    assert_eq!(claims.lock(A, "2026-10"), Yen::ZERO);
    claims.claim(A, "2026-11", &[(1, 4500)]);
    assert_eq!(claims.lock(A, "2026-11"), Yen::ZERO);
    claims.claim(A, "2026-12", &[(1, 4500)]);
    assert_eq!(claims.lock(A, "2026-12"), Yen(4500));
    claims.office.adds_up();
}

#[test]
fn a_slip_that_comes_again_within_its_month_is_decided_anew() {
    let claims = Claims::open();
    let (_, slip) = claims.slip(A, "2026-11", "1", &[("visit_date", "2026-11-02"), ("clinic_code", B)]);
    claims.claim(A, "2026-11", &[(1, 4500)]);
    claims.decide(A, "2026-11", &slip, returned());
    let page = claims.page(A, "2026-11");
    let number = ManagementNumber(slip.0.clone());
    let done = claims.commit(&page, &number, "1", &[("visit_date", "2026-11-02"), ("clinic_code", A)]);
    assert!(matches!(done, Committed::Done(_)));
    let file = claims.file(A, "2026-11");
    assert_eq!(file.report.slips.len(), 1);
    let report = file.report.slip(&slip).unwrap();
    assert!(report.slip.resubmitted && !report.slip.superseded && report.slip.page == page);
    assert_eq!(file.settlement.standing(report), Standing::Clean);
    assert_eq!(claims.decide(A, "2026-11", &slip, returned()), StepTaken::Done { locked: false });
    let file = claims.file(A, "2026-11");
    assert_eq!(file.settlement.standing(&file.report.slips[0]), Standing::Returned);
}
