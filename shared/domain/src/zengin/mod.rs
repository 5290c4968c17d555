//! 総合振込. The bank's file: fixed records of 120 bytes (全銀協制定フォーマット; domain.md D5).
//!
//! Header, a record a transfer, trailer with count and sum, end. N fields are digits, right, filled with `0`; C fields are
//! half-width characters, left, filled with spaces. Everything is checked before the first byte is made.

mod kana;
#[cfg(test)]
mod tests;

pub use kana::{Unwritable, fold, fold_within};

use crate::clinic::{AccountKind, BankAccount};
use crate::yen::Yen;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Bytes of a record.
pub const RECORD: usize = 120;
/// Width of 銀行名 and 支店名.
pub const BANK_ROOM: usize = 15;
/// Width of 受取人名.
pub const HOLDER_ROOM: usize = 30;
/// Width of 振込依頼人名.
pub const PAYER_ROOM: usize = 40;
/// Most of one transfer: ten digits.
const MOST_AMOUNT: i64 = 9_999_999_999;
/// Most of a file: twelve digits.
const MOST_TOTAL: i64 = 999_999_999_999;
/// Most transfers of a file: six digits.
const MOST_TRANSFERS: usize = 999_999;

/// 振込依頼人. Who pays: the city's account at its own bank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payer {
    /// 委託者コード, 10 digits, given by the bank.
    pub code: String,
    /// The account; its holder is 依頼人名, at most [`PAYER_ROOM`].
    pub account: BankAccount,
}

/// 振込. One payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Where to.
    pub to: BankAccount,
    /// How much; above nought.
    pub amount: Yen,
    /// 顧客コード1, ten digits: what the payer knows the receiver by (医療機関コード).
    pub customer: String,
}

/// Whether records end with CR and LF.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineEnds {
    /// 120 bytes a record, nothing between.
    #[default]
    None,
    /// 122 bytes a record.
    CrLf,
}

/// 支払の設定. From which account the city pays, and whose name stands on its letters to clinics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaymentOffice {
    /// The account; without it there is no bank file.
    pub payer: Option<Payer>,
    /// How records end.
    pub ends: LineEnds,
    /// Who sends notices, line by line; may be empty.
    pub letterhead: Vec<String>,
}

/// What a refusal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The payer.
    Payer,
    /// One transfer, by its place from 0.
    Transfer(usize),
    /// The file as a whole.
    File,
}

/// Why there is no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A name can not be written.
    Name {
        /// Which field, in Japanese.
        field: &'static str,
        /// Why.
        why: Unwritable,
    },
    /// A number has not its digits.
    Digits {
        /// Which field, in Japanese.
        field: &'static str,
        /// How many it must have.
        digits: usize,
    },
    /// Nobody pays from a savings account.
    Kind,
    /// An amount that is not 1 to 9,999,999,999 yen.
    Amount,
    /// No transfer, too many of them, or a sum over twelve digits.
    Size,
}

/// 拒否. What can not be written, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Where.
    pub place: Place,
    /// Why.
    pub reason: Reason,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name { field, why } => write!(f, "{field}{why}"),
            Self::Digits { field, digits } => write!(f, "{field}が{digits}桁の数字ではありません"),
            Self::Kind => f.write_str("振込依頼人の預金種目は普通・当座・その他のどれかです"),
            Self::Amount => f.write_str("振込金額が1円から9,999,999,999円の間ではありません"),
            Self::Size => f.write_str("振込は1件から999,999件、合計は12桁までです"),
        }
    }
}

/// The file for `day`, transfers in the given order.
///
/// # Errors
/// Everything that can not be written, in order; then no byte was made.
pub fn write(
    payer: &Payer,
    day: Date,
    transfers: &[Transfer],
    ends: LineEnds,
) -> Result<Vec<u8>, Vec<Refused>> {
    let refused = refusals(payer, transfers);
    if !refused.is_empty() {
        return Err(refused);
    }
    let mut file = File { bytes: Vec::with_capacity((transfers.len() + 3) * (RECORD + 2)), ends };
    file.record(|record| header(record, payer, day));
    for transfer in transfers {
        file.record(|record| data(record, transfer));
    }
    let total: Yen = transfers.iter().map(|transfer| transfer.amount).sum();
    file.record(|record| {
        record.text("8", 1);
        record.number(transfers.len() as i64, 6);
        record.number(total.0, 12);
    });
    file.record(|record| record.text("9", 1));
    Ok(file.bytes)
}

fn header(record: &mut Record, payer: &Payer, day: Date) {
    let account = &payer.account;
    // 1 header, 21 総合振込, 0 JIS.
    record.text("1210", 4);
    record.text(&payer.code, 10);
    record.text(&account.holder, PAYER_ROOM);
    record.number(i64::from(day.month()), 2);
    record.number(i64::from(day.day()), 2);
    bank(record, account);
    record.text(account.kind.as_str(), 1);
    record.text(&account.number, 7);
}

fn data(record: &mut Record, transfer: &Transfer) {
    let account = &transfer.to;
    record.text("2", 1);
    bank(record, account);
    // 手形交換所番号: not in use.
    record.text("0000", 4);
    record.text(account.kind.as_str(), 1);
    record.text(&account.number, 7);
    record.text(&account.holder, HOLDER_ROOM);
    record.number(transfer.amount.0, 10);
    // 新規コード: 0 その他.
    record.text("0", 1);
    record.text(&transfer.customer, 10);
    record.text("0000000000", 10);
    // 振込指定区分: 7 電信.
    record.text("7", 1);
}

fn bank(record: &mut Record, account: &BankAccount) {
    record.text(&account.bank, 4);
    record.text(&account.bank_name, BANK_ROOM);
    record.text(&account.branch, 3);
    record.text(&account.branch_name, BANK_ROOM);
}

fn refusals(payer: &Payer, transfers: &[Transfer]) -> Vec<Refused> {
    let mut found = Vec::new();
    let mut refuse = |place, reason: Option<Reason>| {
        if let Some(reason) = reason {
            found.push(Refused { place, reason });
        }
    };
    for reason in account_reasons(&payer.account, "依頼人名", PAYER_ROOM) {
        refuse(Place::Payer, Some(reason));
    }
    refuse(Place::Payer, digits("委託者コード", &payer.code, 10));
    refuse(Place::Payer, (payer.account.kind == AccountKind::Savings).then_some(Reason::Kind));
    for (at, transfer) in transfers.iter().enumerate() {
        for reason in transfer_reasons(transfer) {
            refuse(Place::Transfer(at), Some(reason));
        }
    }
    let total = transfers.iter().try_fold(0i64, |sum, transfer| sum.checked_add(transfer.amount.0));
    let fits =
        (1..=MOST_TRANSFERS).contains(&transfers.len()) && total.is_some_and(|total| total <= MOST_TOTAL);
    refuse(Place::File, (!fits).then_some(Reason::Size));
    found
}

/// Why a transfer can not be written; nothing when it can.
pub fn transfer_reasons(transfer: &Transfer) -> Vec<Reason> {
    let mut reasons = account_reasons(&transfer.to, "口座名義", HOLDER_ROOM);
    reasons.extend(digits("顧客コード", &transfer.customer, 10));
    reasons.extend((!(1..=MOST_AMOUNT).contains(&transfer.amount.0)).then_some(Reason::Amount));
    reasons
}

/// Count and sum of the data records of a file, when its trailer says the same: what stands in the bytes themselves.
pub fn totals(bytes: &[u8], ends: LineEnds) -> Option<(usize, Yen)> {
    let width = if ends == LineEnds::CrLf { RECORD + 2 } else { RECORD };
    let number = |record: &[u8], from: usize, room: usize| -> Option<i64> {
        std::str::from_utf8(record.get(from..from + room)?).ok()?.parse().ok()
    };
    let (mut count, mut sum) = (0usize, 0i64);
    for record in bytes.chunks(width) {
        match record.first()? {
            b'2' => {
                count += 1;
                sum = sum.checked_add(number(record, 80, 10)?)?;
            }
            b'8' => {
                let same =
                    number(record, 1, 6)? == i64::try_from(count).ok()? && number(record, 7, 12)? == sum;
                return same.then_some((count, Yen(sum)));
            }
            _ => {}
        }
    }
    None
}

fn account_reasons(account: &BankAccount, holder: &'static str, room: usize) -> Vec<Reason> {
    let name = |field, text: &str, room| match fold_within(text, room) {
        Ok(folded) if folded == text => None,
        // Folded once more it would be another name: it was not made by `BankAccount::parse`.
        Ok(_) => Some(Reason::Name { field, why: Unwritable::Character { at: 1 } }),
        Err(why) => Some(Reason::Name { field, why }),
    };
    let found = [
        digits("金融機関コード", &account.bank, 4),
        name("金融機関名", &account.bank_name, BANK_ROOM),
        digits("支店コード", &account.branch, 3),
        name("支店名", &account.branch_name, BANK_ROOM),
        digits("口座番号", &account.number, 7),
        name(holder, &account.holder, room),
    ];
    found.into_iter().flatten().collect()
}

fn digits(field: &'static str, text: &str, digits: usize) -> Option<Reason> {
    let right = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    (!right).then_some(Reason::Digits { field, digits })
}

/// The file being made.
struct File {
    bytes: Vec<u8>,
    ends: LineEnds,
}

impl File {
    fn record(&mut self, fill: impl FnOnce(&mut Record)) {
        let mut record = Record { bytes: [b' '; RECORD], at: 0 };
        fill(&mut record);
        self.bytes.extend(record.bytes);
        if self.ends == LineEnds::CrLf {
            self.bytes.extend(b"\r\n");
        }
    }
}

/// One record: spaces, filled from the left.
struct Record {
    bytes: [u8; RECORD],
    at: usize,
}

impl Record {
    /// A C field, or an N field whose digits are all there.
    fn text(&mut self, text: &str, room: usize) {
        for (place, c) in self.bytes[self.at..self.at + room].iter_mut().zip(text.chars()) {
            *place = kana::byte(c).unwrap_or(b' ');
        }
        self.at += room;
    }

    /// An N field.
    fn number(&mut self, number: i64, room: usize) {
        self.text(&format!("{number:0room$}"), room);
    }
}
