//! 医療機関ファイル and 契約ファイル: bytes -> clinics or contracts, and a report of the refused lines.

use super::{AccountText, BankAccount, Clinic, Contract, InvoiceNumber};
use crate::check_digit::CheckDigit;
use crate::ids::{ClinicCode, ProgrammeId};
use crate::table::{self, Line, NotATable, Refused, Taken};
use crate::zengin::HOLDER_ROOM;
use jiff::civil::Date;
use std::collections::{BTreeSet, HashMap};

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
pub fn clinics(bytes: &[u8]) -> Result<Clinics, NotATable> {
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

/// Reads a contract file with the columns `clinic_code,programme,from` and optionally `until`: programme ids, or `*`
/// for all of them; days as `2026-04-01`, the last one included, empty while the contract is open.
///
/// # Errors
/// No header line, or one that lacks a required column.
pub fn contracts(
    bytes: &[u8],
    clinics: &BTreeSet<ClinicCode>,
    programmes: &BTreeSet<ProgrammeId>,
) -> Result<Taken<Contract>, NotATable> {
    let mut seen = HashMap::new();
    table::read(bytes, &["clinic_code", "programme", "from"], |line| {
        let clinic = ClinicCode::from(line.column("clinic_code").trim());
        if !clinics.contains(&clinic) {
            return Err(
                "clinic_code の医療機関がありません（先に clinics import で取り込んでください）".into()
            );
        }
        let programme = match line.column("programme").trim() {
            "*" => None,
            id => Some(ProgrammeId::from(id)),
        };
        if programme.as_ref().is_some_and(|id| !programmes.contains(id)) {
            return Err("programme の事業がありません（すべての事業は * と書きます）".into());
        }
        let from = day(line, "from")?.ok_or("from が空です")?;
        let until = day(line, "until")?;
        if until.is_some_and(|until| until < from) {
            return Err("until が from より前です".into());
        }
        match seen.insert((clinic.clone(), programme.clone(), from), line.number) {
            Some(first) => Err(format!("同じ契約が {first} 行目にあります")),
            None => Ok(Contract { clinic, programme, from, until }),
        }
    })
}

fn day(line: &Line, column: &str) -> Result<Option<Date>, String> {
    match line.column(column).trim() {
        "" => Ok(None),
        text => {
            text.parse().map(Some).map_err(|_| format!("{column} が日付（2026-04-01 の形）ではありません"))
        }
    }
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
        let taken = clinics(text.as_bytes()).unwrap().taken;
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
        let Clinics { taken, doubted } = clinics(text.as_bytes()).unwrap();
        assert_eq!(lines(&taken.refused), [3, 4, 7], "{:?}", taken.refused);
        assert_eq!(lines(&doubted), [6]);
        assert!(taken.refused[0].reason.starts_with("account_holder の1文字目"), "{:?}", taken.refused);
        let account = taken.good[0].account.as_ref().unwrap();
        assert_eq!((account.holder.as_str(), account.number.as_str()), ("ｲ)ﾐﾎﾝｶｲ", "0034567"));
        assert_eq!(taken.good[1].account, None);
    }

    #[test]
    fn contracts_name_known_clinics_programmes_and_days() {
        let text = "clinic_code,programme,from,until\n\
                    0110113719,*,2026-04-01,2027-03-31\n\
                    0110113719,mr,2026-04-01,\n\
                    0110113727,mr,2026-04-01,\n\
                    0110113719,rabies,2026-04-01,\n\
                    0110113719,mr,2026-04-31,\n\
                    0110113719,mr,2026-05-01,2026-04-30\n\
                    0110113719,mr,2026-04-01,2026-12-31\n\
                    0110113719,mr,,\n";
        let known = (BTreeSet::from(["0110113719".into()]), BTreeSet::from(["mr".into()]));
        let taken = contracts(text.as_bytes(), &known.0, &known.1).unwrap();
        assert_eq!(taken.good.len(), 2);
        assert_eq!((taken.good[0].programme.as_ref(), taken.good[1].until), (None, None));
        assert_eq!(lines(&taken.refused), [4, 5, 6, 7, 8, 9], "{:?}", taken.refused);
    }
}
