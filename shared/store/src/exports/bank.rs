//! 総合振込. Which clinic-months a bank file pays: each once, and the same file whenever it is asked for again.

use super::{ExportKind, NewExport};
use crate::columns::{Columns, all, first, json, run};
use crate::{Error, Rows, Writer};
use domain::actor::Actor;
use domain::clinic::BankAccount;
use domain::ids::ClinicCode;
use domain::month::Month;
use domain::yen::Yen;
use domain::zengin::{self, LineEnds, Payer, PaymentOffice, Place, Transfer};
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::params;
use serde::{Deserialize, Serialize};

/// What is to be paid.
#[derive(Clone, Copy, Debug)]
pub struct BankOrder<'a> {
    /// The clinics' month.
    pub month: Month,
    /// Of one clinic only.
    pub clinic: Option<&'a ClinicCode>,
    /// 振込指定日.
    pub pay_on: Date,
    /// From which account.
    pub office: &'a PaymentOffice,
    /// Why the file is taken out.
    pub reason: &'a str,
}

/// One transfer of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct BankTransfer {
    /// To whom.
    pub clinic: ClinicCode,
    /// Its name.
    pub name: String,
    /// How much.
    pub amount: Yen,
    /// Where to, as it was when the file was made first.
    pub account: BankAccount,
}

/// A file with what it pays.
#[derive(Clone, Debug, PartialEq)]
pub struct BankFile {
    /// Its row in `exports`.
    pub export: i64,
    /// The file.
    pub bytes: Vec<u8>,
    /// BLAKE3 of it.
    pub digest: String,
    /// What it pays, by clinic.
    pub transfers: Vec<BankTransfer>,
    /// What it comes to: of the file, of the payments and of the ledger alike.
    pub total: Yen,
    /// The export whose bytes these are again; nothing new is paid by it.
    pub again: Option<i64>,
}

/// A clinic that can not be paid.
#[derive(Clone, Debug, PartialEq)]
pub struct Unpayable {
    /// Which.
    pub clinic: ClinicCode,
    /// Its name.
    pub name: String,
    /// Why.
    pub why: String,
}

/// Why there is no file. Nothing was made, and nothing recorded.
#[derive(Clone, Debug, PartialEq)]
pub enum BankRefused {
    /// `[payer]` is missing in the settings.
    NoPayer,
    /// The payer's own names or numbers can not be written.
    Payer {
        /// Why.
        words: String,
    },
    /// No locked month has anything to be paid.
    NothingToPay,
    /// Clinics that can not be paid.
    Clinics(Vec<Unpayable>),
    /// More transfers or a larger sum than a file can hold.
    TooLarge,
    /// It was handed to the bank already, for another day or together with others.
    PaidBy {
        /// That export.
        export: i64,
        /// For which day.
        pay_on: Date,
    },
    /// The rows do not give the file again that was handed out.
    Differs {
        /// That export.
        export: i64,
    },
    /// Sums of file, payments and ledger are not the same.
    Sums,
}

impl BankRefused {
    /// The sentences for people, one a line.
    pub fn lines(&self) -> Vec<String> {
        let line = match self {
            Self::NoPayer => "振込依頼人が設定されていません。yomitori.toml の [payer] に口座を書いてください。".to_owned(),
            Self::Payer { words } => format!("yomitori.toml の [payer]: {words}。"),
            Self::NothingToPay => "確定した請求のうち、まだ振り込んでいないものがありません。".to_owned(),
            Self::Clinics(clinics) => {
                return clinics.iter().map(|one| format!("{} {}: {}。", one.clinic, one.name, one.why)).collect();
            }
            Self::TooLarge => "1つの振込ファイルに入る件数または金額を超えています。".to_owned(),
            Self::PaidBy { export, pay_on } => format!(
                "出力番号{export}（振込指定日 {pay_on}）で、すでに振込ファイルに入っています。二重に振り込むことはできません。"
            ),
            Self::Differs { export } => {
                format!("出力番号{export}の振込ファイルを、いまの記録から同じ内容で作り直せません。管理者へ連絡してください。")
            }
            Self::Sums => {
                "振込ファイル・支払明細・台帳の合計が一致しません。ファイルは作りませんでした。管理者へ連絡してください。".to_owned()
            }
        };
        vec![line]
    }
}

/// What a file is made again from, beside `bank_transfers`.
#[derive(Serialize, Deserialize)]
struct Order {
    payer: Payer,
    pay_on: Date,
    ends: LineEnds,
}

/// A clinic with something to be paid.
struct Due {
    clinic: ClinicCode,
    amount: Yen,
}

impl Rows<'_> {
    /// The bank file that paid a clinic-month: its export and its day.
    ///
    /// # Errors
    /// The database failed.
    pub fn paid_by_bank(&self, month: Month, clinic: &ClinicCode) -> Result<Option<(i64, Date)>, Error> {
        let sql = "select t.export, e.\"order\" from bank_transfers t join exports e on e.id = t.export
                   where t.month = ?1 and t.clinic = ?2";
        first(self.connection, sql, params![month.to_string(), clinic.as_str()], |row| {
            Ok((row.col("export")?, row.json::<Order>("order")?.pay_on))
        })
    }

    /// What locked months have to be paid and no bank file pays yet.
    fn due(&self, order: &BankOrder) -> Result<Vec<Due>, Error> {
        let sql = "select clinic, sum(amount) as amount from payments p
                   where month = ?1 and (?2 is null or clinic = ?2)
                     and not exists (select 1 from bank_transfers t where t.month = ?1 and t.clinic = p.clinic)
                   group by clinic having sum(amount) > 0 order by clinic";
        let key = params![order.month.to_string(), order.clinic.map(ClinicCode::as_str)];
        all(self.connection, sql, key, |row| {
            Ok(Due { clinic: row.id("clinic")?, amount: Yen(row.col("amount")?) })
        })
    }

    /// The transfers of a file, as they follow from the payments now.
    fn transfers_of(&self, export: i64) -> Result<Vec<BankTransfer>, Error> {
        let sql = "select t.clinic, t.account, c.name,
                          (select coalesce(sum(p.amount), 0) from payments p
                           where p.month = t.month and p.clinic = t.clinic) as amount
                   from bank_transfers t join clinics c on c.code = t.clinic
                   where t.export = ?1 order by t.clinic";
        all(self.connection, sql, [export], |row| {
            Ok(BankTransfer {
                clinic: row.id("clinic")?,
                name: row.col("name")?,
                amount: Yen(row.col("amount")?),
                account: row.json("account")?,
            })
        })
    }

    /// Earlier files of the same question, newest first.
    fn bank_files(&self, order: &BankOrder) -> Result<Vec<(i64, String, Order)>, Error> {
        let sql = "select id, digest, \"order\" from exports
                   where kind = 'bank' and month = ?1 and clinic is ?2 and again is null order by id desc";
        let key = params![order.month.to_string(), order.clinic.map(ClinicCode::as_str)];
        all(self.connection, sql, key, |row| Ok((row.col("id")?, row.col("digest")?, row.json("order")?)))
    }
}

impl Writer<'_> {
    /// The bank file of a month: whatever is locked and was not transferred yet, recorded with who and why. When nothing
    /// is left, the file that was made for the same day is made again from the rows and held against its digest.
    ///
    /// # Errors
    /// The database failed; then nothing was recorded, and no file may leave.
    pub fn bank_file(
        &self,
        order: &BankOrder,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Result<BankFile, BankRefused>, Error> {
        let Some(payer) = &order.office.payer else { return Ok(Err(BankRefused::NoPayer)) };
        let due = self.due(order)?;
        if due.is_empty() {
            return self.bank_file_again(order, actor, now);
        }
        let (transfers, refused) = self.receivers(due)?;
        if !refused.is_empty() {
            return Ok(Err(BankRefused::Clinics(refused)));
        }
        let details = Order { payer: payer.clone(), pay_on: order.pay_on, ends: order.office.ends };
        let bytes = match written(&details, &transfers) {
            Ok(bytes) => bytes,
            Err(refused) => return Ok(Err(refused)),
        };
        let total: Yen = transfers.iter().map(|transfer| transfer.amount).sum();
        let ledger = self.ledger_total(order.month, &transfers)?;
        if zengin::totals(&bytes, details.ends) != Some((transfers.len(), total)) || ledger != total {
            return Ok(Err(BankRefused::Sums));
        }
        let digest = domain::digest::of(&bytes);
        let new = new_export(order, &bytes, transfers.len(), total);
        let export = self.add_export(&new, &digest, (Some(&json("order", &details)?), None), actor, now)?;
        for transfer in &transfers {
            run(
                self.connection,
                "insert into bank_transfers (clinic, month, export, amount, account) values (?1, ?2, ?3, ?4, ?5)",
                params![
                    transfer.clinic.as_str(),
                    order.month.to_string(),
                    export,
                    transfer.amount.0,
                    json("account", &transfer.account)?
                ],
            )?;
        }
        Ok(Ok(BankFile { export, bytes, digest, transfers, total, again: None }))
    }

    fn bank_file_again(
        &self,
        order: &BankOrder,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Result<BankFile, BankRefused>, Error> {
        let files = self.bank_files(order)?;
        let Some((id, digest, details)) = files.into_iter().find(|(_, _, made)| made.pay_on == order.pay_on)
        else {
            return Ok(Err(self.not_again(order)?));
        };
        let transfers = self.transfers_of(id)?;
        let differs = Err(BankRefused::Differs { export: id });
        let Ok(bytes) = written(&details, &transfers) else { return Ok(differs) };
        if domain::digest::of(&bytes) != digest {
            return Ok(differs);
        }
        let total: Yen = transfers.iter().map(|transfer| transfer.amount).sum();
        let new = new_export(order, &bytes, transfers.len(), total);
        let export = self.add_export(&new, &digest, (None, Some(id)), actor, now)?;
        Ok(Ok(BankFile { export, bytes, digest, transfers, total, again: Some(id) }))
    }

    /// Why there is nothing to be made again: nothing was paid, or by a file for another day or another question.
    fn not_again(&self, order: &BankOrder) -> Result<BankRefused, Error> {
        let sql = "select t.export, e.\"order\" from bank_transfers t join exports e on e.id = t.export
                   where t.month = ?1 and (?2 is null or t.clinic = ?2) order by t.export desc limit 1";
        let key = params![order.month.to_string(), order.clinic.map(ClinicCode::as_str)];
        let paid = first(self.connection, sql, key, |row| {
            Ok((row.col("export")?, row.json::<Order>("order")?.pay_on))
        })?;
        Ok(match paid {
            Some((export, pay_on)) => BankRefused::PaidBy { export, pay_on },
            None => BankRefused::NothingToPay,
        })
    }

    /// Where the money goes, and clinics that have no account.
    fn receivers(&self, due: Vec<Due>) -> Result<(Vec<BankTransfer>, Vec<Unpayable>), Error> {
        let (mut transfers, mut refused) = (Vec::new(), Vec::new());
        for Due { clinic, amount } in due {
            let known = self.clinic(&clinic)?.ok_or(Error::Missing { what: "clinic" })?;
            match known.account {
                Some(account) => transfers.push(BankTransfer { clinic, name: known.name, amount, account }),
                None => refused.push(Unpayable {
                    clinic,
                    name: known.name,
                    why: "振込先の口座がありません".to_owned(),
                }),
            }
        }
        // Names that can not be written are told together with missing accounts, so that one round of asking is enough.
        for transfer in &transfers {
            for reason in zengin::transfer_reasons(&as_transfer(transfer)) {
                refused.push(unpayable(transfer, reason));
            }
        }
        Ok((transfers, refused))
    }

    /// The same sum by the way of the ledger: row by row, of the clinics in the file.
    fn ledger_total(&self, month: Month, transfers: &[BankTransfer]) -> Result<Yen, Error> {
        let rows = self.month_payments(month, None)?;
        let paid =
            |clinic: &ClinicCode| transfers.binary_search_by(|transfer| transfer.clinic.cmp(clinic)).is_ok();
        Ok(rows.iter().filter(|payment| paid(&payment.of.clinic)).map(|payment| payment.row.amount).sum())
    }
}

fn new_export<'a>(order: &BankOrder<'a>, bytes: &'a [u8], rows: usize, total: Yen) -> NewExport<'a> {
    let (month, clinic, reason) = (order.month, order.clinic, order.reason);
    NewExport { kind: ExportKind::Bank, month, clinic, bytes, rows, total, reason }
}

fn unpayable(transfer: &BankTransfer, why: zengin::Reason) -> Unpayable {
    Unpayable { clinic: transfer.clinic.clone(), name: transfer.name.clone(), why: why.to_string() }
}

fn as_transfer(transfer: &BankTransfer) -> Transfer {
    let (to, customer) = (transfer.account.clone(), transfer.clinic.0.clone());
    Transfer { to, amount: transfer.amount, customer }
}

fn written(order: &Order, transfers: &[BankTransfer]) -> Result<Vec<u8>, BankRefused> {
    let list: Vec<Transfer> = transfers.iter().map(as_transfer).collect();
    zengin::write(&order.payer, order.pay_on, &list, order.ends).map_err(|refused| {
        let payer = refused.iter().find(|refused| refused.place == Place::Payer);
        if let Some(refused) = payer {
            return BankRefused::Payer { words: refused.reason.to_string() };
        }
        let clinics = refused.iter().filter_map(|refused| match refused.place {
            Place::Transfer(at) => {
                let transfer = &transfers[at];
                Some(unpayable(transfer, refused.reason))
            }
            Place::Payer | Place::File => None,
        });
        let clinics: Vec<_> = clinics.collect();
        if clinics.is_empty() { BankRefused::TooLarge } else { BankRefused::Clinics(clinics) }
    })
}
