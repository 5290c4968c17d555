//! できない理由. Why a step of a clinic-month is refused.

use crate::month::Month;
use serde::{Deserialize, Serialize};

/// Why a step was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "refused", rename_all = "snake_case")]
pub enum StepRefused {
    /// The month is locked.
    Locked,
    /// It is not locked, so there is nothing to unlock.
    NotLocked,
    /// No such slip in this clinic-month.
    NoSuchSlip,
    /// No such line in the claim.
    NoSuchLine,
    /// There is nothing to take back or to settle.
    Nothing,
    /// Words are needed.
    NoWords,
    /// It changed since it was on the screen.
    Changed,
    /// The slip has no price, so it can not be paid.
    NoPrice,
    /// The slip was paid in another month.
    PaidBefore {
        /// Which.
        month: Month,
    },
    /// The slip came again in a later claim: its return stands.
    CameAgain,
    /// There is no claim to confirm.
    NoClaim,
    /// Pages of its envelopes are still open.
    PagesOpen {
        /// How many.
        pages: u32,
    },
    /// Slips with findings that nobody has decided.
    Undecided {
        /// How many.
        slips: u32,
    },
    /// Slips that somebody was asked about.
    Held {
        /// How many.
        slips: u32,
    },
    /// Differences of lines or totals that nobody has settled.
    Unsettled {
        /// How many.
        lines: u32,
    },
    /// The same person confirmed already.
    SamePerson,
    /// Nobody with this name has confirmed.
    NotConfirmed,
    /// Locks are only written by the second confirmation.
    OnlyByConfirming,
    /// The payment that an adjustment is about does not stand, or is not this clinic's.
    NoSuchPayment,
    /// An adjustment belongs into a later month than the payment.
    NotLater,
    /// An adjustment of nothing, or one that takes back more than was paid.
    BadAmount,
    /// What an adjustment of this month is about does not stand any more as it did.
    StaleAdjustment,
    /// Its money was handed to the bank.
    Exported,
    /// A later month took its remainder over, or adjusted what it paid.
    BuiltUpon {
        /// Which.
        month: Month,
    },
}

impl StepRefused {
    /// The sentence for people: what is so, and what to do.
    pub fn text(&self) -> String {
        match self {
            Self::Locked => {
                "この月は確定済みです。直すときは、管理者が確定を解除するか、後の月で過誤調整をしてください。"
                    .into()
            }
            Self::NotLocked => "この月は確定していません。".into(),
            Self::NoSuchSlip => {
                "この票は、この医療機関・月の請求にありません。画面を開き直してください。".into()
            }
            Self::NoSuchLine => "請求書にその行はありません。画面を開き直してください。".into(),
            Self::Nothing => "取り消す判断、または確認する差異がありません。".into(),
            Self::NoWords => "理由を書いてください。".into(),
            Self::Changed => "画面を開いた後に内容が変わりました。もう一度確かめてください。".into(),
            Self::NoPrice => "単価表にこの票の単価がないため、支払えません。単価を登録してください。".into(),
            Self::PaidBefore { month } => {
                format!("この票は{}の請求で支払済みのため、支払えません。", month.label())
            }
            Self::CameAgain => "この票は返戻の後に再提出されました。返戻の判断は変えられません。".into(),
            Self::NoClaim => "請求書がまだ登録されていません。".into(),
            Self::PagesOpen { pages } => format!("束の中に、まだ確定していないページが{pages}枚あります。"),
            Self::Undecided { slips } => format!("指摘のある票のうち、{slips}枚がまだ判断されていません。"),
            Self::Held { slips } => format!("保留の票が{slips}枚あります。"),
            Self::Unsettled { lines } => format!("確認していない差異が{lines}件あります。"),
            Self::SamePerson => "二人目の確認は、一人目とは別の職員が行ってください。".into(),
            Self::NotConfirmed => "取り消せる確認がありません。".into(),
            Self::OnlyByConfirming => "確定は、二人目の確認によって行われます。".into(),
            Self::NoSuchPayment => "調整のもとになる支払が見つかりません。".into(),
            Self::NotLater => "過誤調整は、支払った月より後の月で行ってください。".into(),
            Self::BadAmount => "調整の金額が正しくありません（0円、または支払った額を超える戻入）。".into(),
            Self::StaleAdjustment => {
                "過誤調整のもとになる支払が変わりました。調整を取り消して、入れ直してください。".into()
            }
            Self::Exported => {
                "振込データを作成済みのため、解除できません。後の月で過誤調整をしてください。".into()
            }
            Self::BuiltUpon { month } => {
                format!(
                    "{}の確定がこの月の支払をもとにしています。先にその月を解除してください。",
                    month.label()
                )
            }
        }
    }
}
