//! 医療機関. Who does the work under contract, where its money goes, and under which tax registration.

pub mod file;

use crate::ids::{ClinicCode, ProgrammeId};
use crate::zengin::{self, Unwritable};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

/// 医療機関.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clinic {
    /// 医療機関コード.
    pub code: ClinicCode,
    /// 名称.
    pub name: String,
    /// 所在地, may be empty.
    pub address: String,
    /// 電話番号, may be empty.
    pub phone: String,
    /// 振込先, when it is known.
    pub account: Option<BankAccount>,
    /// 適格請求書発行事業者の登録番号, when it has one.
    pub invoice_number: Option<InvoiceNumber>,
}

/// 預金種目, by the digit of the bank's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountKind {
    /// 普通.
    #[serde(rename = "1")]
    Ordinary,
    /// 当座.
    #[serde(rename = "2")]
    Current,
    /// 貯蓄: receives, never pays.
    #[serde(rename = "4")]
    Savings,
    /// その他.
    #[serde(rename = "9")]
    Other,
}

impl AccountKind {
    /// Every kind.
    pub const ALL: [AccountKind; 4] =
        [AccountKind::Ordinary, AccountKind::Current, AccountKind::Savings, AccountKind::Other];

    /// The digit of rows and of the bank's record.
    pub fn as_str(self) -> &'static str {
        match self {
            AccountKind::Ordinary => "1",
            AccountKind::Current => "2",
            AccountKind::Savings => "4",
            AccountKind::Other => "9",
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            AccountKind::Ordinary => "普通",
            AccountKind::Current => "当座",
            AccountKind::Savings => "貯蓄",
            AccountKind::Other => "その他",
        }
    }

    /// The kind with this digit or this word.
    pub fn parse(text: &str) -> Option<Self> {
        let word = text.strip_suffix("預金").unwrap_or(text);
        Self::ALL.into_iter().find(|kind| kind.as_str() == text || kind.label() == word)
    }
}

/// 口座. Names are folded already: half-width kana, exactly as the bank's record will have them. Made only by
/// [`BankAccount::parse`], so that whatever is kept can be written.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankAccount {
    /// 金融機関コード, 4 digits.
    pub bank: String,
    /// 金融機関名, at most 15 half-width characters.
    pub bank_name: String,
    /// 支店コード, 3 digits.
    pub branch: String,
    /// 支店名, at most 15 half-width characters.
    pub branch_name: String,
    /// 預金種目.
    pub kind: AccountKind,
    /// 口座番号, 7 digits.
    pub number: String,
    /// 口座名義, half-width.
    pub holder: String,
}

/// An account number is nobody's business in a log.
impl fmt::Debug for BankAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BankAccount(***)")
    }
}

/// 口座の記載. The columns of an account as a file or a setting has them.
#[derive(Clone, Copy, Debug, Default)]
pub struct AccountText<'a> {
    /// 金融機関コード.
    pub bank: &'a str,
    /// 金融機関名（カナ）.
    pub bank_name: &'a str,
    /// 支店コード.
    pub branch: &'a str,
    /// 支店名（カナ）.
    pub branch_name: &'a str,
    /// 預金種目: a digit or its word.
    pub kind: &'a str,
    /// 口座番号.
    pub number: &'a str,
    /// 口座名義（カナ）.
    pub holder: &'a str,
}

/// Why an account can not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountRefused {
    /// Not a number of at most so many digits.
    Digits {
        /// Which column.
        column: &'static str,
        /// Digits that it has when whole.
        digits: usize,
    },
    /// No kind of account.
    Kind,
    /// A name that can not be written in the bank's record.
    Name {
        /// Which column.
        column: &'static str,
        /// Why.
        why: Unwritable,
    },
}

impl fmt::Display for AccountRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Digits { column, digits } => write!(f, "{column} が{digits}桁以内の数字ではありません"),
            Self::Kind => f.write_str("account_kind は 普通・当座・貯蓄・その他（1・2・4・9）のどれかです"),
            Self::Name { column, why } => write!(f, "{column} {why}"),
        }
    }
}

impl std::error::Error for AccountRefused {}

impl BankAccount {
    /// The account that these columns say. Spreadsheets drop leading zeros of numbers: they are put back.
    /// `holder_room` is the width of the holder's field in the bank's record.
    ///
    /// # Errors
    /// The first column that can not be used; names the column, never the value.
    pub fn parse(text: AccountText, holder_room: usize) -> Result<Self, AccountRefused> {
        let name = |column: &'static str, text: &str, room: usize| {
            zengin::fold_within(text, room).map_err(|why| AccountRefused::Name { column, why })
        };
        Ok(Self {
            bank: number("bank_code", text.bank, 4)?,
            bank_name: name("bank_name", text.bank_name, zengin::BANK_ROOM)?,
            branch: number("branch_code", text.branch, 3)?,
            branch_name: name("branch_name", text.branch_name, zengin::BANK_ROOM)?,
            kind: AccountKind::parse(text.kind.trim()).ok_or(AccountRefused::Kind)?,
            number: number("account_number", text.number, 7)?,
            holder: name("account_holder", text.holder, holder_room)?,
        })
    }
}

/// A number of at most `digits` digits, filled with zeros from the left.
fn number(column: &'static str, text: &str, digits: usize) -> Result<String, AccountRefused> {
    let text = text.trim();
    let right = (1..=digits).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    right.then(|| format!("{text:0>digits$}")).ok_or(AccountRefused::Digits { column, digits })
}

/// 登録番号. `T` and thirteen digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InvoiceNumber(String);

/// A text that is not `T` and thirteen digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnInvoiceNumber;

impl fmt::Display for NotAnInvoiceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invoice_number が T と13桁の数字ではありません")
    }
}

impl std::error::Error for NotAnInvoiceNumber {}

impl InvoiceNumber {
    /// As written, hyphens and spaces between the digits left out.
    ///
    /// # Errors
    /// Not `T` and thirteen digits, or the first digit is 0, which no number has.
    pub fn parse(text: &str) -> Result<Self, NotAnInvoiceNumber> {
        let text: String = text.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
        let digits = text.strip_prefix(['T', 't']).ok_or(NotAnInvoiceNumber)?;
        let right = digits.len() == 13 && digits.bytes().all(|byte| byte.is_ascii_digit());
        match right && !digits.starts_with('0') {
            true => Ok(Self(format!("T{digits}"))),
            false => Err(NotAnInvoiceNumber),
        }
    }

    /// With its `T`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the first digit is the check digit of 法人番号: 9 − (Σ Pn·Qn mod 9), n from the right over the twelve
    /// digits behind it, Qn = 1 for odd n and 2 for even n (法人番号の指定等に関する省令 2条). A corporation's number
    /// always has it; of a sole proprietor's the tax agency only says that it is never a corporation's, so that a
    /// number without it is doubted and not refused.
    pub fn has_check_digit(&self) -> bool {
        let digits: Vec<u32> =
            self.0.bytes().skip(1).map(|byte| u32::from(byte.wrapping_sub(b'0'))).collect();
        let Some((check, body)) = digits.split_first() else { return false };
        let sum: u32 =
            body.iter().rev().zip([1, 2].into_iter().cycle()).map(|(digit, weight)| digit * weight).sum();
        *check == 9 - sum % 9
    }
}

impl TryFrom<String> for InvoiceNumber {
    type Error = NotAnInvoiceNumber;

    fn try_from(text: String) -> Result<Self, NotAnInvoiceNumber> {
        Self::parse(&text)
    }
}

impl From<InvoiceNumber> for String {
    fn from(number: InvoiceNumber) -> String {
        number.0
    }
}

/// 契約. In which time a clinic works for the city.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contract {
    /// Who.
    pub clinic: ClinicCode,
    /// What for; `None` is every programme.
    pub programme: Option<ProgrammeId>,
    /// First day.
    pub from: Date,
    /// Last day; `None` while it is open.
    pub until: Option<Date>,
}

impl Contract {
    /// Whether a service of `programme` on `day` is under this contract, its first and last day included.
    pub fn covers(&self, programme: &ProgrammeId, day: Date) -> bool {
        self.programme.as_ref().is_none_or(|own| own == programme)
            && self.from <= day
            && self.until.is_none_or(|until| day <= until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn text() -> AccountText<'static> {
        AccountText {
            bank: "1",
            bank_name: "ヨミトリ",
            branch: "12",
            branch_name: "ホンテン",
            kind: "普通",
            number: "34567",
            holder: "イ）ミホンクリニック",
        }
    }

    #[test]
    fn an_account_is_kept_as_the_bank_writes_it_or_refused_by_its_column() {
        let good = text();
        let account = BankAccount::parse(good, 30).unwrap();
        assert_eq!(
            (account.bank.as_str(), account.branch.as_str(), account.number.as_str()),
            ("0001", "012", "0034567")
        );
        assert_eq!((account.bank_name.as_str(), account.holder.as_str()), ("ﾖﾐﾄﾘ", "ｲ)ﾐﾎﾝｸﾘﾆﾂｸ"));
        let check = |text: AccountText, column: &str| {
            let refused = BankAccount::parse(text, 30).unwrap_err().to_string();
            assert!(refused.starts_with(column), "{refused}");
        };
        check(AccountText { bank: "12345", ..good }, "bank_code");
        check(AccountText { bank: "", ..good }, "bank_code");
        check(AccountText { branch: "1a", ..good }, "branch_code");
        check(AccountText { kind: "定期", ..good }, "account_kind");
        check(AccountText { number: "12345678", ..good }, "account_number");
        check(AccountText { number: "-123", ..good }, "account_number");
        check(AccountText { holder: "見本医院", ..good }, "account_holder");
        check(AccountText { holder: " ", ..good }, "account_holder");
        check(AccountText { bank_name: "アイウエオカキクケコサシスセソタ", ..good }, "bank_name");
        assert_eq!(AccountKind::parse("当座預金"), Some(AccountKind::Current));
        assert!(!format!("{account:?}").contains("34567"));
    }

    #[test]
    fn invoice_numbers_have_a_shape_and_most_of_them_a_check_digit() {
        // Body 010705000725: 5+4+7+0+0+0+5+0+7+0+1+0 = 29, 29 mod 9 = 2, 9 - 2 = 7.
        let number = InvoiceNumber::parse("T7-0107-0500-0725").unwrap();
        assert_eq!((number.as_str(), number.has_check_digit()), ("T7010705000725", true));
        assert!(!InvoiceNumber::parse("T7010705000726").unwrap().has_check_digit());
        assert!(!InvoiceNumber::parse("T7010705000752").unwrap().has_check_digit());
        for wrong in [
            "",
            "T",
            "7010705000725",
            "T701070500072",
            "T70107050007255",
            "T701070500072A",
            "T0107050007251",
            "Ｔ7010705000725",
        ] {
            assert_eq!(InvoiceNumber::parse(wrong), Err(NotAnInvoiceNumber), "{wrong}");
        }
    }

    #[test]
    fn a_contract_covers_its_first_and_last_day() {
        let contract = Contract {
            clinic: "0110113719".into(),
            programme: Some("mr".into()),
            from: date(2026, 4, 1),
            until: Some(date(2027, 3, 31)),
        };
        let table = [
            ("mr", date(2026, 3, 31), false),
            ("mr", date(2026, 4, 1), true),
            ("mr", date(2027, 3, 31), true),
            ("mr", date(2027, 4, 1), false),
            ("bcg", date(2026, 4, 1), false),
        ];
        for (programme, day, covered) in table {
            assert_eq!(contract.covers(&programme.into(), day), covered, "{programme} {day}");
        }
        let open = Contract { programme: None, until: None, ..contract };
        assert!(open.covers(&"bcg".into(), date(2099, 1, 1)));
    }
}
