//! Locking, unlocking, adjusting and carrying on.

use super::*;
use domain::claim::payable::PaymentKind;

/// A locked month of one slip; the slip.
fn paid(claims: &Claims, month: &str, person: &str) -> SlipKey {
    let (_, slip) = claims.slip(A, month, person, &[("visit_date", &format!("{month}-02"))]);
    claims.claim(A, month, &[(1, 4500)]);
    assert_eq!(claims.lock(A, month), Yen(4500));
    slip
}

fn adjust(claims: &Claims, month: &str, payment: i64, amount: i64) -> StepTaken {
    let step = ClaimStep::Adjust {
        payment,
        amount: Yen(amount),
        reason: ClaimReason::Duplicate,
        words: "他院で接種済み".into(),
    };
    claims.step(A, month, step, "a")
}

fn rows(claims: &Claims, month: &str) -> Vec<(PaymentKind, i64)> {
    claims.file(A, month).payments.iter().map(|one| (one.row.kind, one.row.amount.0)).collect()
}

fn unlock(claims: &Claims, month: &str) -> StepTaken {
    claims.step(A, month, ClaimStep::Unlock { words: "請求書の差替え".into() }, "boss")
}

#[test]
fn a_locked_month_does_not_change_and_an_unlocked_one_is_taken_back_row_by_row() {
    let claims = Claims::open();
    let slip = paid(&claims, "2026-10", "1");
    let locked = StepTaken::Refused(StepRefused::Locked);
    assert_eq!(claims.decide(A, "2026-10", &slip, returned()), locked);
    assert_eq!(claims.step(A, "2026-10", ClaimStep::Unconfirm, "a"), locked);
    let claim = claims.file(A, "2026-10").claim.unwrap().claim;
    let entered = claims.office.store.write(|rows| rows.enter_claim(&claim, &clerk(), at(70))).unwrap();
    assert_eq!(entered, ClaimEntered::Locked);
    assert_eq!(unlock(&claims, "2026-10"), StepTaken::Done { locked: false });
    assert_eq!(rows(&claims, "2026-10"), [(PaymentKind::Slip, 4500), (PaymentKind::Reversal, -4500)]);
    assert_eq!(claims.file(A, "2026-10").summary().state, ClaimState::Ready);
    assert_eq!(claims.lock(A, "2026-10"), Yen(4500));
    assert_eq!(rows(&claims, "2026-10").len(), 3);
}

#[test]
fn an_adjustment_is_a_row_of_a_later_month_and_never_takes_back_more_than_was_paid() {
    let claims = Claims::open();
    paid(&claims, "2026-10", "1");
    let payment = claims.file(A, "2026-10").payments[0].id;
    assert_eq!(adjust(&claims, "2026-10", payment, -4500), StepTaken::Refused(StepRefused::Locked));
    assert_eq!(adjust(&claims, "2026-09", payment, -4500), StepTaken::Refused(StepRefused::NotLater));
    assert_eq!(adjust(&claims, "2026-11", payment, -4501), StepTaken::Refused(StepRefused::BadAmount));
    assert_eq!(adjust(&claims, "2026-11", payment, 0), StepTaken::Refused(StepRefused::BadAmount));
    assert_eq!(adjust(&claims, "2026-11", 999, -1), StepTaken::Refused(StepRefused::NoSuchPayment));
    assert_eq!(adjust(&claims, "2026-11", payment, -1500), StepTaken::Done { locked: false });
    claims.slip(A, "2026-11", "2", &[("visit_date", "2026-11-02")]);
    claims.claim(A, "2026-11", &[(1, 4500)]);
    assert_eq!(claims.file(A, "2026-11").summary().payable, Yen(3000));
    assert_eq!(claims.lock(A, "2026-11"), Yen(3000));
    assert_eq!(adjust(&claims, "2026-12", payment, -3001), StepTaken::Refused(StepRefused::BadAmount));
    let built = StepRefused::BuiltUpon { month: "2026-11".parse().unwrap() };
    assert_eq!(unlock(&claims, "2026-10"), StepTaken::Refused(built));
}

#[test]
fn a_remainder_below_nought_is_carried_into_the_next_month_that_is_locked() {
    let claims = Claims::open();
    paid(&claims, "2026-10", "1");
    let payment = claims.file(A, "2026-10").payments[0].id;
    claims.claim(A, "2026-11", &[]);
    adjust(&claims, "2026-11", payment, -2000);
    assert_eq!(claims.file(A, "2026-11").summary().payable, Yen(-2000));
    assert_eq!(claims.lock(A, "2026-11"), Yen::ZERO, "nothing is transferred");
    assert_eq!(rows(&claims, "2026-11"), [(PaymentKind::Adjust, -2000), (PaymentKind::Carry, 2000)]);
    claims.slip(A, "2026-12", "2", &[("visit_date", "2026-11-19")]);
    claims.claim(A, "2026-12", &[(1, 4500)]);
    assert_eq!(claims.file(A, "2026-12").summary().payable, Yen(2500));
    assert_eq!(claims.lock(A, "2026-12"), Yen(2500));
    assert!(!claims.file(A, "2026-12").drifted());
    let built = StepRefused::BuiltUpon { month: "2026-12".parse().unwrap() };
    assert_eq!(unlock(&claims, "2026-11"), StepTaken::Refused(built));
    assert_eq!(unlock(&claims, "2026-12"), StepTaken::Done { locked: false });
    assert_eq!(claims.file(A, "2026-12").carried, Yen(-2000), "the remainder waits again");
    assert_eq!(unlock(&claims, "2026-11"), StepTaken::Done { locked: false });
}

#[test]
fn a_slip_that_was_paid_is_not_paid_in_another_month() {
    let claims = Claims::open();
    let slip = paid(&claims, "2026-10", "1");
    // Somebody moves the envelope of the paid slip into the next month.
    claims
        .office
        .store
        .write(|rows| {
            let sql = "update envelopes set month = '2026-11' where month = '2026-10'";
            crate::columns::run(rows.connection, sql, [])
        })
        .unwrap();
    claims.claim(A, "2026-11", &[(1, 4500)]);
    let file = claims.file(A, "2026-11");
    assert_eq!(faults(&file, &slip)[0], ClaimFault::DuplicateOverMonths);
    let accept = SlipDecision::Accept { words: "支払う".into() };
    let before = StepRefused::PaidBefore { month: "2026-10".parse().unwrap() };
    assert_eq!(claims.decide(A, "2026-11", &slip, accept), StepTaken::Refused(before));
    assert!(claims.file(A, "2026-10").drifted(), "what was locked is not there any more");
}

#[test]
fn the_database_itself_pays_a_slip_once() {
    let claims = Claims::open();
    let slip = paid(&claims, "2026-10", "1");
    let insert = |kind: &str, about: Option<i64>, amount: i64| {
        claims.office.store.write(|rows| {
            let sql = "insert into payments (cause, clinic, month, kind, slip, about, amount, tax)
                       values (1, ?1, '2026-11', ?2, ?3, ?4, ?5, 0)";
            crate::columns::run(rows.connection, sql, rusqlite::params![A, kind, slip.0, about, amount])?;
            Ok(rows.connection.last_insert_rowid())
        })
    };
    assert!(insert("slip", None, 4500).is_err());
    assert!(insert("adjust", Some(1), -4501).is_err(), "more than was paid");
    insert("adjust", Some(1), -1500).unwrap();
    assert!(insert("slip", None, 4500).is_err(), "something of it still stands");
    let whole = insert("adjust", Some(1), -3000).unwrap();
    let again = insert("slip", None, 4500).unwrap();
    assert!(insert("reversal", Some(whole), 3000).is_err(), "then both would stand");
    assert!(insert("reversal", Some(again), -4499).is_err(), "half a row");
    insert("reversal", Some(again), -4500).unwrap();
    assert!(insert("reversal", Some(again), -4500).is_err(), "twice");
    insert("reversal", Some(whole), 3000).unwrap();
    assert!(insert("slip", None, 4500).is_err());
}

#[test]
fn an_adjustment_whose_payment_is_gone_is_refused_and_not_lost() {
    let claims = Claims::open();
    paid(&claims, "2026-09", "1");
    let payment = claims.file(A, "2026-09").payments[0].id;
    for month in ["2026-10", "2026-11"] {
        claims.claim(A, month, &[]);
        assert_eq!(adjust(&claims, month, payment, -3000), StepTaken::Done { locked: false });
    }
    let stale = StepTaken::Refused(StepRefused::StaleAdjustment);
    claims.lock(A, "2026-10");
    assert_eq!(claims.confirm(A, "2026-11", "a"), stale, "together more than was paid");
    assert_eq!(unlock(&claims, "2026-10"), StepTaken::Done { locked: false });
    assert_eq!(unlock(&claims, "2026-09"), StepTaken::Done { locked: false });
    assert_eq!(claims.confirm(A, "2026-10", "a"), stale, "its month was unlocked");
    assert_eq!(
        claims.step(A, "2026-10", ClaimStep::Unadjust { payment }, "a"),
        StepTaken::Done { locked: false }
    );
    assert_eq!(claims.lock(A, "2026-10"), Yen::ZERO);
}
