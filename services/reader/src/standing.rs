//! 版の照合. Whether this reader has what the hub wants pages to be read with; shared by its workers.

use domain::edition::Edition;
use jiff::Timestamp;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What this reader is, and what the hub wanted so far.
pub(crate) struct Standing {
    own: Edition,
    state: Mutex<State>,
}

/// What is known of it now.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct State {
    /// The newest edition of the hub that was this reader's own.
    agreed: u32,
    /// Requests for another edition in a row.
    refusals: u32,
    /// Since when there are only those.
    pub(crate) refusing_since: Option<Timestamp>,
    /// Pages read since the start.
    pub(crate) pages: u64,
}

impl Standing {
    pub(crate) fn new(own: Edition) -> Self {
        Self { own, state: Mutex::default() }
    }

    /// What pages are read with here.
    pub(crate) fn edition(&self) -> Edition {
        self.own.clone()
    }

    pub(crate) fn state(&self) -> State {
        *self.lock()
    }

    /// Requests for another edition in a row; 0 while pages can be read.
    pub(crate) fn refusals(&self) -> u32 {
        self.lock().refusals
    }

    pub(crate) fn has_read(&self) {
        self.lock().pages += 1;
    }

    /// Whether a page that is wanted so may be read here. An older request than one that agreed with this reader may:
    /// the hub wants by now what this reader has.
    pub(crate) fn may_read(&self, wanted: &Edition, now: Timestamp) -> bool {
        let mut state = self.lock();
        if wanted.agrees_with(&self.own) {
            state.agreed = state.agreed.max(wanted.number);
        } else if wanted.number >= state.agreed {
            self.refuse(&mut state, wanted, now);
            return false;
        }
        if state.refusals > 0 {
            tracing::info!("the hub asks for what this reader has: it reads again");
        }
        state.refusals = 0;
        state.refusing_since = None;
        true
    }

    fn refuse(&self, state: &mut State, wanted: &Edition, now: Timestamp) {
        state.refusals = state.refusals.saturating_add(1);
        state.refusing_since.get_or_insert(now);
        let what = match (wanted.forms == self.own.forms, wanted.model == self.own.model) {
            (false, true) => "forms",
            (true, false) => "a model of digits",
            _ => "forms and a model of digits",
        };
        let which = match state.agreed {
            0 => "others than this reader has",
            _ => "newer ones than this reader has",
        };
        tracing::error!(
            wanted = %wanted,
            own = %self.own,
            "the hub asks for {what}, {which}: the page goes to another reader. Install the hub's version of yomitori and \
             its templates on this machine, then restart this reader"
        );
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edition(number: u32, forms: &str) -> Edition {
        Edition { number, forms: forms.into(), model: "m".into() }
    }

    #[test]
    fn a_reader_refuses_what_is_not_its_own_unless_the_hub_has_moved_on_to_it() {
        let now = Timestamp::UNIX_EPOCH;
        let standing = Standing::new(edition(0, "new"));
        assert!(standing.may_read(&Edition::default(), now), "a request of an older hub names none");
        assert!(!standing.may_read(&edition(1, "old"), now), "nothing says yet which is the newer one");
        assert_eq!((standing.refusals(), standing.state().refusing_since), (1, Some(now)));
        assert!(standing.may_read(&edition(2, "new"), now));
        assert_eq!((standing.refusals(), standing.state().refusing_since), (0, None));
        assert!(standing.may_read(&edition(1, "old"), now), "a request of before the hub's upgrade");
        assert!(!standing.may_read(&edition(3, "newer"), now), "now this reader is the older one");
    }
}
