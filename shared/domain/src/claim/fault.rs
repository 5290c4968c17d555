//! 指摘. What speaks against paying as claimed.

use crate::ids::{FieldId, PageId};
use serde::{Deserialize, Serialize};

/// 審査の指摘. Something that speaks against paying as claimed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimFinding {
    /// What kind.
    pub fault: ClaimFault,
    /// The field that it speaks of: its snippet is shown.
    pub field: Option<FieldId>,
    /// The sentence for people.
    pub text: String,
    /// Where the rule stands, for people; empty when it is plain arithmetic.
    pub source: String,
    /// Another page that it is about (the other of two doubles).
    pub other: Option<PageId>,
}

/// 指摘の種類 (domain.md D2), in the order in which screens rank them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimFault {
    /// Fewer committed slips than claimed.
    MissingSlip,
    /// More committed slips than claimed.
    ExtraSlip,
    /// The counts agree in sum, but not by class; or the slip's class is not the person's.
    WrongClass,
    /// The unit price is not the contract's for that day.
    WrongPrice,
    /// Count x price is not the amount, or the sums are wrong.
    Arithmetic,
    /// The same service twice in this claim.
    DuplicateInClaim,
    /// The same service was claimed in an earlier month.
    DuplicateOverMonths,
    /// The same service stands in the history (kept before, or given elsewhere).
    DuplicateInHistory,
    /// Not a resident on the day.
    NotResident,
    /// 年齢・対象外.
    Age,
    /// Sex, risk group or another condition of the person.
    NotEligible,
    /// 間隔不足.
    Interval,
    /// 回数・順序.
    Round,
    /// 実施期間外.
    Season,
    /// ワクチン・検査方法が対象外.
    WrongVaccine,
    /// 接種量.
    Volume,
    /// ロットなし.
    LotMissing,
    /// 有効期限切れ.
    LotExpired,
    /// ロット番号がありえない.
    LotImpossible,
    /// 見合せなのにロットがある.
    PostponedWithLot,
    /// 医師の判断なし.
    JudgementMissing,
    /// 医師の署名なし.
    SignatureMissing,
    /// 同意・本人署名なし、または同意しない.
    ConsentMissing,
    /// 体温37.5度以上.
    Fever,
    /// 実施日が請求の後.
    DateAfterClaim,
    /// 実施日が請求の月でない（月遅れ）.
    DateOutsideMonth,
    /// 実施日が発行の前.
    DateBeforeIssue,
    /// The clinic code on the slip is another's.
    WrongClinic,
    /// No contract on that day.
    NoContract,
    /// No price in the list.
    NoPrice,
    /// A same-visit fee claimed more than once.
    VisitFee,
    /// Another required field is blank.
    Incomplete,
    /// お知らせ: what is advised, not law, or what could not be seen.
    Notice,
}

impl ClaimFault {
    /// Every kind, in the order of screens.
    pub const ALL: [ClaimFault; 33] = [
        ClaimFault::MissingSlip,
        ClaimFault::ExtraSlip,
        ClaimFault::WrongClass,
        ClaimFault::WrongPrice,
        ClaimFault::Arithmetic,
        ClaimFault::DuplicateInClaim,
        ClaimFault::DuplicateOverMonths,
        ClaimFault::DuplicateInHistory,
        ClaimFault::NotResident,
        ClaimFault::Age,
        ClaimFault::NotEligible,
        ClaimFault::Interval,
        ClaimFault::Round,
        ClaimFault::Season,
        ClaimFault::WrongVaccine,
        ClaimFault::Volume,
        ClaimFault::LotMissing,
        ClaimFault::LotExpired,
        ClaimFault::LotImpossible,
        ClaimFault::PostponedWithLot,
        ClaimFault::JudgementMissing,
        ClaimFault::SignatureMissing,
        ClaimFault::ConsentMissing,
        ClaimFault::Fever,
        ClaimFault::DateAfterClaim,
        ClaimFault::DateOutsideMonth,
        ClaimFault::DateBeforeIssue,
        ClaimFault::WrongClinic,
        ClaimFault::NoContract,
        ClaimFault::NoPrice,
        ClaimFault::VisitFee,
        ClaimFault::Incomplete,
        ClaimFault::Notice,
    ];

    /// As written in rows and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            ClaimFault::MissingSlip => "missing_slip",
            ClaimFault::ExtraSlip => "extra_slip",
            ClaimFault::WrongClass => "wrong_class",
            ClaimFault::WrongPrice => "wrong_price",
            ClaimFault::Arithmetic => "arithmetic",
            ClaimFault::DuplicateInClaim => "duplicate_in_claim",
            ClaimFault::DuplicateOverMonths => "duplicate_over_months",
            ClaimFault::DuplicateInHistory => "duplicate_in_history",
            ClaimFault::NotResident => "not_resident",
            ClaimFault::Age => "age",
            ClaimFault::NotEligible => "not_eligible",
            ClaimFault::Interval => "interval",
            ClaimFault::Round => "round",
            ClaimFault::Season => "season",
            ClaimFault::WrongVaccine => "wrong_vaccine",
            ClaimFault::Volume => "volume",
            ClaimFault::LotMissing => "lot_missing",
            ClaimFault::LotExpired => "lot_expired",
            ClaimFault::LotImpossible => "lot_impossible",
            ClaimFault::PostponedWithLot => "postponed_with_lot",
            ClaimFault::JudgementMissing => "judgement_missing",
            ClaimFault::SignatureMissing => "signature_missing",
            ClaimFault::ConsentMissing => "consent_missing",
            ClaimFault::Fever => "fever",
            ClaimFault::DateAfterClaim => "date_after_claim",
            ClaimFault::DateOutsideMonth => "date_outside_month",
            ClaimFault::DateBeforeIssue => "date_before_issue",
            ClaimFault::WrongClinic => "wrong_clinic",
            ClaimFault::NoContract => "no_contract",
            ClaimFault::NoPrice => "no_price",
            ClaimFault::VisitFee => "visit_fee",
            ClaimFault::Incomplete => "incomplete",
            ClaimFault::Notice => "notice",
        }
    }

    /// The kind with this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.as_str() == word)
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            ClaimFault::MissingSlip => "票の不足",
            ClaimFault::ExtraSlip => "請求にない票",
            ClaimFault::WrongClass => "区分違い",
            ClaimFault::WrongPrice => "単価違い",
            ClaimFault::Arithmetic => "計算誤り",
            ClaimFault::DuplicateInClaim => "請求内の重複",
            ClaimFault::DuplicateOverMonths => "他の月と重複",
            ClaimFault::DuplicateInHistory => "履歴と重複",
            ClaimFault::NotResident => "住民でない",
            ClaimFault::Age => "年齢・対象外",
            ClaimFault::NotEligible => "対象要件外",
            ClaimFault::Interval => "間隔不足",
            ClaimFault::Round => "回数・順序",
            ClaimFault::Season => "実施期間外",
            ClaimFault::WrongVaccine => "対象外ワクチン",
            ClaimFault::Volume => "接種量",
            ClaimFault::LotMissing => "ロットなし",
            ClaimFault::LotExpired => "有効期限切れ",
            ClaimFault::LotImpossible => "ロット番号不正",
            ClaimFault::PostponedWithLot => "見合せにロット",
            ClaimFault::JudgementMissing => "医師の判断なし",
            ClaimFault::SignatureMissing => "医師の署名なし",
            ClaimFault::ConsentMissing => "同意・署名なし",
            ClaimFault::Fever => "発熱",
            ClaimFault::DateAfterClaim => "請求後の日付",
            ClaimFault::DateOutsideMonth => "月遅れ",
            ClaimFault::DateBeforeIssue => "発行前の日付",
            ClaimFault::WrongClinic => "他の医療機関",
            ClaimFault::NoContract => "契約なし",
            ClaimFault::NoPrice => "単価なし",
            ClaimFault::VisitFee => "診察料の重複",
            ClaimFault::Incomplete => "記入漏れ",
            ClaimFault::Notice => "お知らせ",
        }
    }

    /// Whether people rather decide than let pass: everything but what is only told (late claims, notices).
    pub fn must_be_decided(self) -> bool {
        !matches!(self, ClaimFault::DateOutsideMonth | ClaimFault::Notice)
    }
}
