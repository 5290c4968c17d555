//! 医療機関ファイル: bytes -> clinics and a report of the refused lines.

use crate::table::{self, Taken};
use anyhow::Result;
use domain::check_digit::CheckDigit;
use std::collections::HashMap;
use store::Clinic;

/// Digits of a 医療機関コード, its check digit included.
const CODE_DIGITS: usize = 10;

/// Reads a clinic file with the columns `clinic_code,name` and optionally `address,phone`.
///
/// # Errors
/// No header line, or one that lacks a required column.
pub fn parse(bytes: &[u8]) -> Result<Taken<Clinic>> {
    let mut seen = HashMap::new();
    table::read(bytes, &["clinic_code", "name"], |line| {
        let text = |name| line.column(name).trim().to_owned();
        let clinic = Clinic {
            code: text("clinic_code").into(),
            name: text("name"),
            address: text("address"),
            phone: text("phone"),
        };
        if clinic.code.as_str().len() != CODE_DIGITS || !CheckDigit::Luhn.accepts(clinic.code.as_str()) {
            return Err("clinic_code が10桁の医療機関コード（検査数字つき）ではありません".into());
        }
        if clinic.name.is_empty() {
            return Err("name が空です".into());
        }
        if clinic.name.contains(char::REPLACEMENT_CHARACTER) {
            return Err("文字コードの正しくない文字があります（UTF-8 か CP932 で保存してください）".into());
        }
        match seen.insert(clinic.code.clone(), line.number) {
            Some(first) => Err(format!("同じ clinic_code が {first} 行目にあります")),
            None => Ok(clinic),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_checked_and_bad_lines_listed() {
        let text = "clinic_code,name\n0110113719,見本医院\n0110113718,写し間違い医院\n0110113719,二度目\n0110113727,\n";
        let taken = parse(text.as_bytes()).unwrap();
        assert_eq!(taken.good.len(), 1);
        let lines: Vec<u64> = taken.refused.iter().map(|refused| refused.line).collect();
        assert_eq!(lines, [3, 4, 5]);
        assert!(!taken.refused[0].reason.contains("0110113718"));
    }
}
