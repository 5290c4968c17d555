//! Contracted clinics: who they are, where their money goes, and for what they are under contract.

use crate::columns::{Columns, all, first, run};
use crate::events::About;
use crate::{Error, Rows, Writer};
use domain::actor::Actor;
use domain::clinic::{AccountKind, BankAccount, Clinic, Contract, InvoiceNumber};
use domain::ids::{ClinicCode, ProgrammeId};
use jiff::Timestamp;
use rusqlite::{Row, named_params, params};

/// In the column `programme`: every programme.
const EVERY: &str = "*";

impl Rows<'_> {
    /// Every clinic, by code.
    ///
    /// # Errors
    /// The database failed.
    pub fn clinics(&self) -> Result<Vec<Clinic>, Error> {
        all(self.connection, "select * from clinics order by code", [], clinic)
    }

    /// The codes of every clinic.
    ///
    /// # Errors
    /// The database failed.
    pub fn clinic_codes(&self) -> Result<Vec<ClinicCode>, Error> {
        all(self.connection, "select code from clinics order by code", [], |row| row.id("code"))
    }

    /// One clinic.
    ///
    /// # Errors
    /// The database failed.
    pub fn clinic(&self, code: &ClinicCode) -> Result<Option<Clinic>, Error> {
        first(self.connection, "select * from clinics where code = ?1", [code.as_str()], clinic)
    }

    /// The contracts of one clinic, or of all, by clinic, programme and first day.
    ///
    /// # Errors
    /// The database failed.
    pub fn contracts(&self, of: Option<&ClinicCode>) -> Result<Vec<Contract>, Error> {
        let sql =
            "select * from contracts where ?1 is null or clinic = ?1 order by clinic, programme, from_day";
        all(self.connection, sql, [of.map(ClinicCode::as_str)], |row| {
            let programme: String = row.col("programme")?;
            Ok(Contract {
                clinic: row.id("clinic")?,
                programme: (programme != EVERY).then(|| ProgrammeId::from(programme)),
                from: row.date("from_day")?,
                until: row.word_or_none("until_day", |day| day.parse().ok())?,
            })
        })
    }
}

impl Writer<'_> {
    /// Adds clinics, or changes those whose code is known; how many lines were taken. A clinic without account or
    /// invoice number keeps what is known of it: most files only have names.
    ///
    /// # Errors
    /// The database failed; then nothing changed.
    pub fn import_clinics(&self, clinics: &[Clinic], actor: &Actor, now: Timestamp) -> Result<usize, Error> {
        let detail = format!("{} lines", clinics.len());
        let about = About { detail: Some(&detail), ..About::default() };
        let import = self.note("clinics_imported", about, actor, now)?;
        for clinic in clinics {
            run(
                self.connection,
                "insert into clinics (code, name, address, phone, imported) values (?1, ?2, ?3, ?4, ?5)
                 on conflict (code) do update set name = excluded.name, address = excluded.address,
                                                  phone = excluded.phone, imported = excluded.imported",
                params![clinic.code.as_str(), clinic.name, clinic.address, clinic.phone, import],
            )?;
            if let Some(account) = &clinic.account {
                self.set_account(&clinic.code, account)?;
            }
            if let Some(number) = &clinic.invoice_number {
                let sql = "update clinics set invoice_number = ?2 where code = ?1";
                run(self.connection, sql, params![clinic.code.as_str(), number.as_str()])?;
            }
        }
        Ok(clinics.len())
    }

    fn set_account(&self, code: &ClinicCode, account: &BankAccount) -> Result<(), Error> {
        run(
            self.connection,
            "update clinics set bank_code = :bank, bank_kana = :bank_name, branch_code = :branch,
                    branch_kana = :branch_name, account_kind = :kind, account_number = :number, holder_kana = :holder
             where code = :code",
            named_params! {
                ":bank": account.bank, ":bank_name": account.bank_name, ":branch": account.branch,
                ":branch_name": account.branch_name, ":kind": account.kind.as_str(), ":number": account.number,
                ":holder": account.holder, ":code": code.as_str(),
            },
        )?;
        Ok(())
    }

    /// Adds contracts, or changes the last day of those whose clinic, programme and first day are known; how many
    /// were taken.
    ///
    /// # Errors
    /// A clinic is not known, or the database failed; then nothing changed.
    pub fn import_contracts(
        &self,
        contracts: &[Contract],
        actor: &Actor,
        now: Timestamp,
    ) -> Result<usize, Error> {
        let detail = format!("{} lines", contracts.len());
        let about = About { detail: Some(&detail), ..About::default() };
        let import = self.note("contracts_imported", about, actor, now)?;
        for contract in contracts {
            let programme = contract.programme.as_ref().map_or(EVERY, ProgrammeId::as_str);
            run(
                self.connection,
                "insert into contracts (clinic, programme, from_day, until_day, imported) values (?1, ?2, ?3, ?4, ?5)
                 on conflict (clinic, programme, from_day)
                 do update set until_day = excluded.until_day, imported = excluded.imported",
                params![
                    contract.clinic.as_str(),
                    programme,
                    contract.from.to_string(),
                    contract.until.map(|day| day.to_string()),
                    import
                ],
            )?;
        }
        Ok(contracts.len())
    }
}

fn clinic(row: &Row) -> Result<Clinic, Error> {
    let number: Option<String> = row.col("invoice_number")?;
    Ok(Clinic {
        code: row.id("code")?,
        name: row.col("name")?,
        address: row.col("address")?,
        phone: row.col("phone")?,
        account: account(row)?,
        invoice_number: number
            .map(|number| InvoiceNumber::parse(&number))
            .transpose()
            .map_err(|_| Error::Damaged { column: "invoice_number" })?,
    })
}

fn account(row: &Row) -> Result<Option<BankAccount>, Error> {
    let Some(number) = row.col::<Option<String>>("account_number")? else { return Ok(None) };
    Ok(Some(BankAccount {
        bank: row.col("bank_code")?,
        bank_name: row.col("bank_kana")?,
        branch: row.col("branch_code")?,
        branch_name: row.col("branch_kana")?,
        kind: row.word("account_kind", AccountKind::parse)?,
        number,
        holder: row.col("holder_kana")?,
    }))
}
