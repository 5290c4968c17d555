//! 封筒. A clinic's bundle: its name, and how its counts add up.

use crate::ids::EnvelopeId;
use crate::page::PageState;
use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeMap;

/// The envelope that a batch ticket opens: named by the ticket's number.
pub fn ticket_envelope(ticket_number: &str) -> EnvelopeId {
    EnvelopeId(ticket_number.to_owned())
}

/// 束票なし: where pages of `folder` lie that no ticket came before on `day`.
pub fn loose_envelope(folder: &str, day: Date) -> EnvelopeId {
    EnvelopeId(format!("none:{folder}:{day}"))
}

/// Pages by state. Every state stands there, also with 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct StateCounts(BTreeMap<PageState, u64>);

impl Default for StateCounts {
    fn default() -> Self {
        Self(PageState::ALL.into_iter().map(|state| (state, 0)).collect())
    }
}

impl StateCounts {
    /// Adds `pages` pages in `state`.
    pub fn add(&mut self, state: PageState, pages: u64) {
        *self.0.entry(state).or_default() += pages;
    }

    /// Pages in `state`.
    pub fn of(&self, state: PageState) -> u64 {
        self.0.get(&state).copied().unwrap_or_default()
    }

    /// 紙: all pages.
    pub fn paper(&self) -> u64 {
        self.0.values().sum()
    }

    /// Pages that the machine still has to handle.
    pub fn unhandled(&self) -> u64 {
        self.0.iter().filter(|(state, _)| !state.handled()).map(|(_, pages)| pages).sum()
    }

    /// 用紙: pages that stand for one slip of paper each. Duplicates, failures, discarded pages
    /// and those to be scanned again do not.
    pub fn slips(&self) -> u64 {
        use PageState::*;
        [Received, Read, InReview, Committed, Returned].into_iter().map(|state| self.of(state)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_say_paper_and_slips() {
        let mut counts = StateCounts::default();
        counts.add(PageState::Committed, 3);
        counts.add(PageState::InReview, 1);
        counts.add(PageState::Rescan, 1);
        counts.add(PageState::Duplicate, 2);
        counts.add(PageState::Received, 1);
        assert_eq!((counts.paper(), counts.slips(), counts.unhandled()), (8, 5, 1));
        assert!(serde_json::to_string(&counts).unwrap().contains("\"discarded\":0"));
    }
}
