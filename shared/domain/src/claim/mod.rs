//! 請求. What a clinic claims for a month, and what the slips prove of it.
//!
//! A claim's line says a count, a unit price and an amount as written; the office's own figures are reckoned from the
//! committed slips and the price list. Neither ever replaces the other.

mod fault;
pub mod file;
pub mod payable;
pub mod price;
pub mod reconcile;
mod refused;
pub mod settlement;
pub mod slip;
mod step;

pub use fault::{ClaimFault, ClaimFinding};
pub use refused::StepRefused;
pub use slip::ClaimSlip;
pub use step::{ClaimReason, ClaimStep, SlipDecision, TakenStep};

use crate::ids::{ClinicCode, ManagementNumber, PageId, ProgrammeId};
use crate::month::Month;
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

    /// The class with this word or label, as files of people say it.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == word || class.label() == word)
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
