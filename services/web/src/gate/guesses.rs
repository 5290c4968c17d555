//! Wrong passwords, and how long the next try waits. Counted by account and place, so that nobody shuts a colleague
//! out; in memory only, so that a wrongly typed password in the field of the id is never kept.

use domain::account::wait_after;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

/// After so long without a try, a place starts anew.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_mins(15);
/// Wrong tries at one account from all strange places together before strange places wait; known browsers never do.
const FREE_EVERYWHERE: u32 = 50;
/// Wrong tries at any account from one place before it waits: one person tries many accounts.
const FREE_HERE: u32 = 30;
/// Places remembered.
const MOST: usize = 50_000;

/// From where and at what somebody guesses.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// One account from one address.
    Address(String, String),
    /// One account from a browser in which its person has logged in before.
    Known(String, String),
    /// One account from anywhere.
    Everywhere(String),
    /// Any account from one address.
    Here(String),
}

impl Place {
    /// Where a try at `account` counts.
    pub fn of(account: &str, address: &str, known_browser: Option<&str>) -> Vec<Self> {
        match known_browser {
            Some(browser) => vec![Self::Known(account.to_owned(), browser.to_owned())],
            None => vec![
                Self::Address(account.to_owned(), address.to_owned()),
                Self::Everywhere(account.to_owned()),
                Self::Here(address.to_owned()),
            ],
        }
    }

    /// Failures that count for nothing here, beside those that are free everywhere.
    fn free(&self) -> u32 {
        match self {
            Self::Address(..) | Self::Known(..) => 0,
            Self::Everywhere(_) => FREE_EVERYWHERE,
            Self::Here(_) => FREE_HERE,
        }
    }
}

/// The failures of the last quarter of an hour.
#[derive(Default)]
pub struct Guesses(HashMap<Place, (u32, Timestamp)>);

impl Guesses {
    /// How long the next try waits, counted from `now`; `None` when it may come.
    pub fn wait(&self, places: &[Place], now: Timestamp) -> Option<SignedDuration> {
        let wait_at = |place: &Place| {
            let &(failures, last) = self.0.get(place)?;
            let wait = wait_after(failures.saturating_sub(place.free()));
            Some(wait - now.duration_since(last)).filter(|left| left.is_positive())
        };
        places.iter().filter_map(wait_at).max()
    }

    /// Counts a wrong try; whether it makes the next one wait.
    pub fn count(&mut self, places: &[Place], now: Timestamp) -> bool {
        if self.0.len() + places.len() > MOST {
            self.0.retain(|_, (_, last)| now.duration_since(*last) < FORGOTTEN_AFTER);
        }
        for place in places {
            // A flood of places: the oldest are the least dangerous, but none is worth the memory.
            if self.0.len() >= MOST && !self.0.contains_key(place) {
                continue;
            }
            let entry = self.0.entry(place.clone()).or_insert((0, now));
            let failures = if now.duration_since(entry.1) < FORGOTTEN_AFTER { entry.0 } else { 0 };
            *entry = (failures.saturating_add(1), now);
        }
        self.wait(places, now).is_some()
    }

    /// Forgets what was typed wrongly before the right password. What strangers did elsewhere stays.
    pub fn forget(&mut self, places: &[Place]) {
        for place in places.iter().filter(|place| matches!(place, Place::Address(..) | Place::Known(..))) {
            self.0.remove(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    #[test]
    fn who_guesses_waits_and_the_owner_at_another_place_does_not() {
        let mut guesses = Guesses::default();
        let stranger = Place::of("sato", "192.0.2.66", None);
        for _ in 0..5 {
            guesses.count(&stranger, at(0));
        }
        assert!(guesses.wait(&stranger, at(0)).is_some());
        assert!(guesses.wait(&Place::of("sato", "192.0.2.7", None), at(0)).is_none());
        assert!(guesses.wait(&Place::of("suzuki", "192.0.2.66", None), at(0)).is_none());
        assert!(guesses.wait(&stranger, at(301)).is_none(), "nobody waits for long");
    }

    #[test]
    fn guesses_from_everywhere_do_not_keep_the_owner_out_of_a_known_browser() {
        let mut guesses = Guesses::default();
        for place in 0..200 {
            guesses.count(&Place::of("sato", &format!("192.0.2.{place}"), None), at(0));
        }
        assert!(guesses.wait(&Place::of("sato", "198.51.100.1", None), at(0)).is_some());
        assert!(guesses.wait(&Place::of("sato", "198.51.100.1", Some("browser")), at(0)).is_none());
    }

    #[test]
    fn one_address_that_tries_many_accounts_waits() {
        let mut guesses = Guesses::default();
        for account in 0..40 {
            guesses.count(&Place::of(&format!("clerk{account}"), "192.0.2.66", None), at(0));
        }
        assert!(guesses.wait(&Place::of("clerk99", "192.0.2.66", None), at(0)).is_some());
        assert!(guesses.wait(&Place::of("clerk99", "192.0.2.66", None), at(1000)).is_none());
    }
}
