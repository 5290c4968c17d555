//! 請求. What a clinic claims for a month, and what the slips prove of it.
//!
//! A claim's line says a count, a unit price and an amount as written; the office's own figures are reckoned from the
//! committed slips and the price list. Neither ever replaces the other.

use crate::ids::{ClinicCode, FieldId, ManagementNumber, PageId, ProgrammeId, ResidentId, StaffId};
use crate::month::Month;
use crate::rules::Finding;
use crate::yen::Yen;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// 医療機関の月. What is claimed, decided, confirmed and paid together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClinicMonth {
    /// Who claims.
    pub clinic: ClinicCode,
    /// The month that the slips came in for.
    pub month: Month,
}

/// 請求区分. What kind of price a slip has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimClass {
    /// 一般・課税: the person pays the usual share at the clinic, where there is one.
    General,
    /// 市民税非課税.
    TaxExempt,
    /// 生活保護.
    Welfare,
    /// 年齢による無料.
    FreeByAge,
    /// 予診のみ・見合せ: looked at, and not vaccinated.
    Postponed,
}

impl ClaimClass {
    /// Every class, in the order of claims.
    pub const ALL: [ClaimClass; 5] = [
        ClaimClass::General,
        ClaimClass::TaxExempt,
        ClaimClass::Welfare,
        ClaimClass::FreeByAge,
        ClaimClass::Postponed,
    ];

    /// As written in rows and files.
    pub fn as_str(self) -> &'static str {
        match self {
            ClaimClass::General => "general",
            ClaimClass::TaxExempt => "tax_exempt",
            ClaimClass::Welfare => "welfare",
            ClaimClass::FreeByAge => "free_by_age",
            ClaimClass::Postponed => "postponed",
        }
    }

    /// The class with this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == word)
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            ClaimClass::General => "一般（課税）",
            ClaimClass::TaxExempt => "非課税",
            ClaimClass::Welfare => "生活保護",
            ClaimClass::FreeByAge => "無料（年齢）",
            ClaimClass::Postponed => "予診のみ（見合せ）",
        }
    }
}

/// 請求の受け方. How a claim came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "snake_case")]
pub enum ClaimSource {
    /// A clerk keyed it.
    Keyed,
    /// A file, by its name.
    File {
        /// Name as given, without folders.
        name: String,
    },
    /// Read from a claim form; its page.
    Page {
        /// The page.
        page: PageId,
    },
}

/// 請求書. What one clinic claims for one month, as it stands on its paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Who and when.
    #[serde(flatten)]
    pub of: ClinicMonth,
    /// Local day on which it came in: payment is due 30 days later (支払遅延防止法).
    pub received_on: Date,
    /// How it came in.
    #[serde(flatten)]
    pub source: ClaimSource,
    /// Its lines, in the order of the paper.
    pub lines: Vec<ClaimLine>,
    /// Total count as written, when the paper states one.
    pub total_count: Option<u32>,
    /// Total amount as written, when the paper states one.
    pub total_amount: Option<Yen>,
}

/// 請求書の行. Count x unit price = amount, as written: nothing is corrected here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimLine {
    /// What for; `None` when the line speaks of all programmes together (予診のみ).
    pub programme: Option<ProgrammeId>,
    /// Which dose; `None` when the paper does not tell doses apart.
    pub round: Option<u8>,
    /// Which class; `None` when the paper tells only given (`General` and the like together) from postponed.
    pub class: Option<ClaimClass>,
    /// 件数.
    pub count: u32,
    /// 単価, tax included.
    pub unit_price: Yen,
    /// 請求額 as written.
    pub amount: Yen,
}

/// 票の同一性. What makes two papers the same slip: its management number; without one, its page.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SlipKey(pub String);

impl SlipKey {
    /// The key of a slip with this number, found on this page.
    pub fn of(number: Option<&ManagementNumber>, page: &PageId) -> Self {
        Self(number.map_or_else(|| format!("page:{page}"), |number| number.0.clone()))
    }
}

/// Names a person through the register, so it prints as `***`.
impl std::fmt::Debug for SlipKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SlipKey(***)")
    }
}

/// 請求の対象となる票. A standing record as claims see it: facts of the ink, nothing decided.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimSlip {
    /// Which slip.
    pub key: SlipKey,
    /// Its standing record.
    pub record: i64,
    /// The page that proves it.
    pub page: PageId,
    /// Whose.
    pub resident: ResidentId,
    /// What for.
    pub programme: ProgrammeId,
    /// Which dose, when the slip says so.
    pub round: Option<u8>,
    /// Which class, by what stands on the slip.
    pub class: ClaimClass,
    /// Age in whole years on the service date, by the law (a year is full on the day before the birthday).
    pub age: u8,
    /// 実施日.
    pub service_date: Date,
    /// The clinic whose code stands on the slip, when there is one.
    pub clinic: Option<ClinicCode>,
    /// Lot as written, when there is one.
    pub lot: Option<String>,
    /// Everything that the rules of the programme say against it.
    pub findings: Vec<Finding>,
}

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
}

impl ClaimFault {
    /// Whether people rather decide than let pass: everything but what is only told (late claims).
    pub fn must_be_decided(self) -> bool {
        self != ClaimFault::DateOutsideMonth
    }
}
