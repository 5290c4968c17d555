//! What the broker handed to this process and has not heard of again: waiting for a receiver, or on loan to one.
//! The broker knows no leases, only who holds a connection; the lease is watched here.

use super::letter::Letter;
use crate::Receipt;
use lapin::Acker;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

/// A clock that stands further than this before the moment of a loan has been set back: a lease that was to end by it
/// says nothing any more, and must not last as much longer.
const SET_BACK: Duration = Duration::from_secs(1);

/// Messages of one queue on one connection. When the connection ends, the broker gives them to others and this is
/// thrown away, so that no old receipt fits any more.
#[derive(Default)]
pub(super) struct Loans {
    /// By the order in which they came.
    held: BTreeMap<i64, Loan>,
}

/// One message of the broker's.
#[derive(Clone)]
pub(super) struct Loan {
    pub letter: Letter,
    pub acker: Acker,
    /// Grows with every loan within this process.
    fence: i64,
    /// `None`: nobody has had it yet.
    lease: Option<Lease>,
}

#[derive(Clone, Copy)]
struct Lease {
    /// When it was given or last prolonged.
    from: SystemTime,
    until: SystemTime,
}

impl Lease {
    fn holds(&self, now: SystemTime) -> bool {
        now < self.until && self.from <= now + SET_BACK
    }
}

/// The outcome of asking for a message.
pub(super) enum Claim {
    /// It is yours; `attempt` counts this time too.
    Lent { receipt: Receipt, letter: Letter, attempt: u32 },
    /// Every delivery it may have has been used up: to be buried.
    WornOut(Receipt),
    /// Nothing is here.
    Nothing,
}

/// What is here, by what it waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    /// For a receiver: never lent, or its lease has expired.
    pub waiting: u64,
    /// For its holder.
    pub lent: u64,
}

impl Loan {
    fn is_lent(&self, now: SystemTime) -> bool {
        self.lease.is_some_and(|lease| lease.holds(now))
    }
}

impl Loans {
    /// A message came from the broker; `id` is greater than every one before.
    pub(super) fn arrive(&mut self, id: i64, letter: Letter, acker: Acker) {
        self.held.insert(id, Loan { letter, acker, fence: 0, lease: None });
    }

    /// Lends the oldest that nobody has, or whose lease has expired. `counted`: a loan is an attempt.
    pub(super) fn claim(&mut self, now: SystemTime, until: SystemTime, counted: Option<u32>) -> Claim {
        let free = |loan: &Loan| !loan.is_lent(now);
        let Some((&id, loan)) = self.held.iter_mut().find(|(_, loan)| free(loan)) else {
            return Claim::Nothing;
        };
        loan.fence += 1;
        loan.lease = Some(Lease { from: now, until });
        let receipt = Receipt { id, fence: loan.fence };
        match counted {
            Some(allowed) if loan.letter.attempts >= allowed => Claim::WornOut(receipt),
            Some(_) => {
                loan.letter.attempts += 1;
                Claim::Lent { receipt, letter: loan.letter.clone(), attempt: loan.letter.attempts }
            }
            None => Claim::Lent { receipt, letter: loan.letter.clone(), attempt: loan.letter.attempts },
        }
    }

    /// The loan that `receipt` names, if it is the newest of its message.
    pub(super) fn get(&self, receipt: Receipt) -> Option<Loan> {
        self.held.get(&receipt.id).filter(|loan| loan.fence == receipt.fence).cloned()
    }

    /// The loan now (`now`) ends at `until`; false when `receipt` is not the newest.
    pub(super) fn extend(&mut self, receipt: Receipt, now: SystemTime, until: SystemTime) -> bool {
        match self.held.get_mut(&receipt.id).filter(|loan| loan.fence == receipt.fence) {
            Some(loan) => {
                loan.lease = Some(Lease { from: now, until });
                true
            }
            None => false,
        }
    }

    /// The broker has heard of it: it is nobody's business here any more.
    pub(super) fn end(&mut self, receipt: Receipt) {
        self.held.remove(&receipt.id);
    }

    pub(super) fn count(&self, now: SystemTime) -> Count {
        let lent = self.held.values().filter(|loan| loan.is_lent(now)).count();
        Count { waiting: (self.held.len() - lent) as u64, lent: lent as u64 }
    }

    /// All that the broker counts as handed over.
    pub(super) fn len(&self) -> usize {
        self.held.len()
    }
}
