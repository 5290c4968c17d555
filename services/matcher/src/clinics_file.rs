//! 医療機関ファイル: bytes -> clinics and a report of the refused lines.

use crate::table::{self, Line, Refused, Taken};
use anyhow::Result;
use domain::check_digit::CheckDigit;
use domain::clinic::{AccountText, BankAccount, Clinic, InvoiceNumber};
use domain::zengin::HOLDER_ROOM;
use std::collections::HashMap;

/// Digits of a 医療機関コード, its check digit included.
const CODE_DIGITS: usize = 10;
/// Columns of the bank account: all of a line are filled, or none.
const ACCOUNT: [&str; 7] = [
    "bank_code",
    "bank_name",
    "branch_code",
    "branch_name",
    "account_kind",
    "account_number",
    "account_holder",
];

/// Clinics of a file, and lines that were taken although something about them is odd.
#[derive(Debug)]
pub struct Clinics {
    /// Good lines and refused ones.
    pub taken: Taken<Clinic>,
    /// Taken, but to be looked at.
    pub doubted: Vec<Refused>,
}

/// Reads a clinic file with the columns `clinic_code,name` and optionally `address,phone`, the account
/// (`bank_code,bank_name,branch_code,branch_name,account_kind,account_number,account_holder`) and `invoice_number`.
///
/// # Errors
/// No header line, or one that lacks a required column.
pub fn parse(bytes: &[u8]) -> Result<Clinics> {
    let mut seen = HashMap::new();
    let mut doubted = Vec::new();
    let taken = table::read(bytes, &["clinic_code", "name"], |line| {
        let clinic = clinic(line)?;
        if let Some(first) = seen.insert(clinic.code.clone(), line.number) {
            return Err(format!("同じ clinic_code が {first} 行目にあります"));
        }
        if clinic.invoice_number.as_ref().is_some_and(|number| !number.has_check_digit()) {
            let reason =
                "invoice_number の検査数字が法人番号のものではありません。写し間違いがないか確かめてください";
            doubted.push(Refused { line: line.number, reason: reason.into() });
        }
        Ok(clinic)
    })?;
    Ok(Clinics { taken, doubted })
}

fn clinic(line: &Line) -> Result<Clinic, String> {
    let text = |name| line.column(name).trim().to_owned();
    let code = text("clinic_code");
    if code.len() != CODE_DIGITS || !CheckDigit::Luhn.accepts(&code) {
        return Err("clinic_code が10桁の医療機関コード（検査数字つき）ではありません".into());
    }
    let name = text("name");
    if name.is_empty() {
        return Err("name が空です".into());
    }
    if name.contains(char::REPLACEMENT_CHARACTER) {
        return Err("文字コードの正しくない文字があります（UTF-8 か CP932 で保存してください）".into());
    }
    let number = text("invoice_number");
    let invoice_number = match number.is_empty() {
        true => None,
        false => Some(InvoiceNumber::parse(&number).map_err(|refused| refused.to_string())?),
    };
    let account = account(line)?;
    Ok(Clinic {
        code: code.into(),
        name,
        address: text("address"),
        phone: text("phone"),
        account,
        invoice_number,
    })
}

fn account(line: &Line) -> Result<Option<BankAccount>, String> {
    if ACCOUNT.iter().all(|column| line.column(column).trim().is_empty()) {
        return Ok(None);
    }
    let [bank, bank_name, branch, branch_name, kind, number, holder] =
        ACCOUNT.map(|column| line.column(column));
    let text = AccountText { bank, bank_name, branch, branch_name, kind, number, holder };
    BankAccount::parse(text, HOLDER_ROOM).map(Some).map_err(|refused| refused.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(refused: &[Refused]) -> Vec<u64> {
        refused.iter().map(|refused| refused.line).collect()
    }

    #[test]
    fn codes_are_checked_and_bad_lines_listed() {
        let text = "clinic_code,name\n0110113719,見本医院\n0110113718,写し間違い医院\n0110113719,二度目\n0110113727,\n";
        let taken = parse(text.as_bytes()).unwrap().taken;
        assert_eq!(taken.good.len(), 1);
        assert_eq!(lines(&taken.refused), [3, 4, 5]);
        assert!(!taken.refused[0].reason.contains("0110113718"));
    }

    #[test]
    fn an_account_comes_whole_or_the_line_is_refused() {
        let text = "clinic_code,name,bank_code,bank_name,branch_code,branch_name,account_kind,account_number,account_holder,invoice_number\n\
                    0110113719,見本医院,1,ヨミトリ,12,ホンテン,普通,34567,イ）ミホンカイ,T7010705000725\n\
                    0110113727,見本医院,1,ヨミトリ,12,ホンテン,普通,34567,医療法人,\n\
                    0110113735,見本医院,1,ヨミトリ,12,,普通,34567,ミホン,\n\
                    0110113743,見本医院,,,,,,,,\n\
                    0110113750,見本医院,,,,,,,,T7010705000726\n\
                    0110113768,見本医院,,,,,,,,7010705000725\n";
        let Clinics { taken, doubted } = parse(text.as_bytes()).unwrap();
        assert_eq!(lines(&taken.refused), [3, 4, 7], "{:?}", taken.refused);
        assert_eq!(lines(&doubted), [6]);
        assert!(taken.refused[0].reason.starts_with("account_holder の1文字目"), "{:?}", taken.refused);
        let account = taken.good[0].account.as_ref().unwrap();
        assert_eq!((account.holder.as_str(), account.number.as_str()), ("ｲ)ﾐﾎﾝｶｲ", "0034567"));
        assert_eq!(taken.good[1].account, None);
    }
}
