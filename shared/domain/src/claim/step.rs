//! 審査の判断と出来事. What people decide of a clinic-month.

use crate::claim::SlipKey;
use crate::ids::StaffId;
use crate::yen::Yen;
use serde::{Deserialize, Serialize};

/// 返戻・減額の理由. Why a slip is not paid (domain.md D3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimReason {
    /// 資格なし.
    NotEligible,
    /// 年齢外.
    Age,
    /// 間隔不足.
    Interval,
    /// 回数超過.
    TooMany,
    /// 重複.
    Duplicate,
    /// 記入漏れ.
    Incomplete,
    /// 署名なし.
    NoSignature,
    /// 同意なし.
    NoConsent,
    /// ロット不明.
    Lot,
    /// 金額誤り.
    Amount,
    /// 他市町村.
    OtherCity,
    /// 対象外ワクチン.
    WrongVaccine,
    /// 判読不能.
    Illegible,
    /// その他: words are needed.
    Other,
}

impl ClaimReason {
    /// Every reason, in the order of screens and letters.
    pub const ALL: [ClaimReason; 14] = [
        ClaimReason::NotEligible,
        ClaimReason::Age,
        ClaimReason::Interval,
        ClaimReason::TooMany,
        ClaimReason::Duplicate,
        ClaimReason::Incomplete,
        ClaimReason::NoSignature,
        ClaimReason::NoConsent,
        ClaimReason::Lot,
        ClaimReason::Amount,
        ClaimReason::OtherCity,
        ClaimReason::WrongVaccine,
        ClaimReason::Illegible,
        ClaimReason::Other,
    ];

    /// As written in rows.
    pub fn as_str(self) -> &'static str {
        match self {
            ClaimReason::NotEligible => "not_eligible",
            ClaimReason::Age => "age",
            ClaimReason::Interval => "interval",
            ClaimReason::TooMany => "too_many",
            ClaimReason::Duplicate => "duplicate",
            ClaimReason::Incomplete => "incomplete",
            ClaimReason::NoSignature => "no_signature",
            ClaimReason::NoConsent => "no_consent",
            ClaimReason::Lot => "lot",
            ClaimReason::Amount => "amount",
            ClaimReason::OtherCity => "other_city",
            ClaimReason::WrongVaccine => "wrong_vaccine",
            ClaimReason::Illegible => "illegible",
            ClaimReason::Other => "other",
        }
    }

    /// The reason with this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }

    /// For people, on screens and letters.
    pub fn label(self) -> &'static str {
        match self {
            ClaimReason::NotEligible => "資格なし",
            ClaimReason::Age => "年齢外",
            ClaimReason::Interval => "間隔不足",
            ClaimReason::TooMany => "回数超過",
            ClaimReason::Duplicate => "重複",
            ClaimReason::Incomplete => "記入漏れ",
            ClaimReason::NoSignature => "署名なし",
            ClaimReason::NoConsent => "同意なし",
            ClaimReason::Lot => "ロット不明",
            ClaimReason::Amount => "金額誤り",
            ClaimReason::OtherCity => "他市町村",
            ClaimReason::WrongVaccine => "対象外ワクチン",
            ClaimReason::Illegible => "判読不能",
            ClaimReason::Other => "その他",
        }
    }
}

/// 審査の判断. What people decided of one slip of a clinic-month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum SlipDecision {
    /// 支払う, although something was found; the words say why.
    Accept {
        /// Why.
        words: String,
    },
    /// 減額: not paid, and the paper stays here.
    Cut {
        /// Why.
        reason: ClaimReason,
        /// In addition.
        words: String,
    },
    /// 返戻: not paid now, the paper goes back and may come again in a later month.
    Return {
        /// Why.
        reason: ClaimReason,
        /// In addition.
        words: String,
    },
    /// 保留: somebody is asked; nothing can be confirmed meanwhile.
    Hold {
        /// What is asked.
        words: String,
    },
}

/// 審査の出来事. One step of a clinic-month; steps are only added, the state follows from them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum ClaimStep {
    /// A slip was decided; a later step on the same slip replaces it.
    Decide {
        /// Which.
        slip: SlipKey,
        /// How.
        #[serde(flatten)]
        decision: SlipDecision,
        /// [`SlipReport::seen`](super::reconcile::SlipReport) of what was on the screen; when left out, the store
        /// fills in what stands there now. A decision to pay lapses when something else is found later.
        #[serde(default)]
        seen: Option<String>,
    },
    /// The decision on a slip was taken back (元に戻す).
    Undecide {
        /// Which.
        slip: SlipKey,
    },
    /// 差異の確認: the difference of a line, or of the paper's sums, was seen and is settled by the slips.
    SettleLine {
        /// Place of the line in the claim; `None` for the totals.
        line: Option<usize>,
        /// Why it stands.
        words: String,
        /// `seen` of the line's (or the totals') report, as with a slip: another difference is not settled by it.
        #[serde(default)]
        seen: Option<String>,
    },
    /// 過誤調整: something paid in an earlier month is taken back or added, as a row of this month.
    Adjust {
        /// The paid row (`payments.id`) that it is about.
        payment: i64,
        /// By how much, below nought for taking back.
        amount: Yen,
        /// Why.
        reason: ClaimReason,
        /// In addition.
        words: String,
    },
    /// An adjustment of this month was taken back before it was confirmed.
    Unadjust {
        /// The paid row.
        payment: i64,
    },
    /// 確認: one of the two people found all in order; `digest` pins what they saw.
    Confirm {
        /// Digest of the report that was on the screen.
        digest: String,
    },
    /// The confirmation was withdrawn.
    Unconfirm,
    /// 確定: the second confirmation locked it. Only written together with that.
    Lock,
    /// 確定の解除, by a third right.
    Unlock {
        /// Why.
        words: String,
    },
}

/// A step with who took it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenStep {
    /// What.
    #[serde(flatten)]
    pub step: ClaimStep,
    /// Who.
    pub staff: StaffId,
}
