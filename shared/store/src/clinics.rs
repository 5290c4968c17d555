//! Contracted clinics.

use crate::columns::{Columns, all, first, run};
use crate::events::About;
use crate::{Error, Rows, Writer};
use domain::actor::Actor;
use domain::ids::ClinicCode;
use jiff::Timestamp;
use rusqlite::{Row, params};

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
}

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
}

impl Writer<'_> {
    /// Adds clinics, or changes those whose code is known; how many lines were taken.
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
        }
        Ok(clinics.len())
    }
}

fn clinic(row: &Row) -> Result<Clinic, Error> {
    Ok(Clinic {
        code: row.id("code")?,
        name: row.col("name")?,
        address: row.col("address")?,
        phone: row.col("phone")?,
    })
}
