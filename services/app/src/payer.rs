//! `[payer]` of `yomitori.toml`: from which account the city pays, and whose name stands on its letters.

use anyhow::{Context, Result, ensure};
use domain::clinic::{AccountKind, AccountText, BankAccount};
use domain::zengin::{LineEnds, PAYER_ROOM, Payer, PaymentOffice};
use serde::Deserialize;

/// As written. All of the account, or nothing of it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawPayer {
    code: String,
    name: String,
    bank_code: String,
    bank_name: String,
    branch_code: String,
    branch_name: String,
    account_kind: String,
    account_number: String,
    crlf: bool,
    letterhead: Vec<String>,
}

impl RawPayer {
    /// As checked.
    ///
    /// # Errors
    /// The first setting that a bank's file cannot hold.
    pub fn office(&self) -> Result<PaymentOffice> {
        let texts = [
            &self.code,
            &self.name,
            &self.bank_code,
            &self.bank_name,
            &self.branch_code,
            &self.branch_name,
            &self.account_kind,
            &self.account_number,
        ];
        let payer = match texts.iter().all(|text| text.is_empty()) {
            true => None,
            false => Some(self.payer().context("[payer]")?),
        };
        let ends = if self.crlf { LineEnds::CrLf } else { LineEnds::None };
        Ok(PaymentOffice { payer, ends, letterhead: self.letterhead.clone() })
    }

    fn payer(&self) -> Result<Payer> {
        let right = self.code.len() == 10 && self.code.bytes().all(|byte| byte.is_ascii_digit());
        ensure!(right, "code must be the ten digits that the bank gave (委託者コード)");
        let text = AccountText {
            bank: &self.bank_code,
            bank_name: &self.bank_name,
            branch: &self.branch_code,
            branch_name: &self.branch_name,
            kind: &self.account_kind,
            number: &self.account_number,
            holder: &self.name,
        };
        let account = BankAccount::parse(text, PAYER_ROOM).map_err(|refused| {
            anyhow::anyhow!("{}", refused.to_string().replace("account_holder", "name"))
        })?;
        ensure!(
            account.kind != AccountKind::Savings,
            "account_kind: nobody pays from a savings account (貯蓄)"
        );
        Ok(Payer { code: self.code.clone(), account })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "code = '0123456789'\nname = 'ヨミトリシ カイケイカンリシャ'\nbank_code = '0001'\nbank_name = 'ヨミトリ'\n\
                        branch_code = '001'\nbranch_name = 'ホンテン'\naccount_kind = '普通'\naccount_number = '1234567'\n";

    #[test]
    fn the_payer_is_whole_or_its_mistake_is_named() {
        let office = |text: &str| toml::from_str::<RawPayer>(text).unwrap().office();
        let good = office(GOOD).unwrap();
        assert_eq!(good.payer.unwrap().account.holder, "ﾖﾐﾄﾘｼ ｶｲｹｲｶﾝﾘｼﾔ");
        assert_eq!(office("letterhead = ['読取市長']").unwrap().payer, None);
        let table = [
            ("code = '0123456789'", "code = '123'", "code"),
            ("ヨミトリシ", "読取市", "name の1文字目"),
            ("'0001'", "'00001'", "bank_code"),
            ("普通", "貯蓄", "account_kind"),
            ("普通", "定期", "account_kind"),
            ("account_number = '1234567'", "", "account_number"),
        ];
        for (from, to, word) in table {
            let refused = format!("{:#}", office(&GOOD.replace(from, to)).unwrap_err());
            assert!(refused.starts_with("[payer]: ") && refused.contains(word), "{refused}");
        }
    }
}
