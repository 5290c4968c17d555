//! Where a page stands. Every page is in exactly one state at every moment.

use serde::{Deserialize, Serialize};

/// ページの状態.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageState {
    /// 受付: stored, waiting to be read.
    Received,
    /// 読取: read, waiting to be matched.
    Read,
    /// 確認待: waits for a person.
    InReview,
    /// 確定: its record is committed (for a batch ticket: its envelope is open).
    Committed,
    /// 返戻: sent back to the clinic or the resident.
    Returned,
    /// 再スキャン: to be scanned again.
    Rescan,
    /// 破棄: discarded by a person, with a reason.
    Discarded,
    /// 重複: the very image is already here as another page.
    Duplicate,
    /// 失敗: its image could not be stored or opened.
    Failed,
}

impl PageState {
    /// Every state, in the order of a page's way.
    pub const ALL: [PageState; 9] = [
        PageState::Received,
        PageState::Read,
        PageState::InReview,
        PageState::Committed,
        PageState::Returned,
        PageState::Rescan,
        PageState::Discarded,
        PageState::Duplicate,
        PageState::Failed,
    ];

    /// The word in rows, JSON and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            PageState::Received => "received",
            PageState::Read => "read",
            PageState::InReview => "in_review",
            PageState::Committed => "committed",
            PageState::Returned => "returned",
            PageState::Rescan => "rescan",
            PageState::Discarded => "discarded",
            PageState::Duplicate => "duplicate",
            PageState::Failed => "failed",
        }
    }

    /// The word on screens.
    pub fn label(self) -> &'static str {
        match self {
            PageState::Received => "受付",
            PageState::Read => "読取済",
            PageState::InReview => "確認待",
            PageState::Committed => "確定",
            PageState::Returned => "返戻",
            PageState::Rescan => "再スキャン",
            PageState::Discarded => "破棄",
            PageState::Duplicate => "重複",
            PageState::Failed => "失敗",
        }
    }

    /// The state named by [`PageState::as_str`].
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether the machine has nothing left to do for the page.
    pub fn handled(self) -> bool {
        !matches!(self, PageState::Received | PageState::Read)
    }
}
