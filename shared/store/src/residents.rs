//! The resident register: imported from files, searched by people and by the matcher, never written from paper.

use crate::columns::{Columns, all, day, first, run};
use crate::events::About;
use crate::{Access, Error, Rows, Writer};
use domain::access::Act;
use domain::actor::Actor;
use domain::fold::{fold_kana, fold_name};
use domain::ids::ResidentId;
use domain::personal::Personal;
use domain::resident::{Resident, Sex, UntilReason};
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Row, named_params, params};
use std::collections::HashSet;

/// Nobody compares more than this; common names alone would bring thousands.
const MOST_CANDIDATES: u32 = 1000;

/// What an import file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportMode {
    /// Everybody: who is missing has moved out, as of the day of the import.
    Full,
    /// Only changes: who is missing stays as is.
    Diff,
}

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// New persons.
    pub added: u64,
    /// Persons with a change.
    pub changed: u64,
    /// Persons as they were.
    pub unchanged: u64,
    /// Persons marked as moved out because a full file misses them.
    pub departed: u64,
}

impl Rows<'_> {
    /// One resident.
    ///
    /// # Errors
    /// The database failed.
    pub fn resident(&self, id: &ResidentId) -> Result<Option<Resident>, Error> {
        first(self.connection, "select * from residents where resident_id = ?1", [&id.0], resident)
    }

    /// How many residents the register holds.
    ///
    /// # Errors
    /// The database failed.
    pub fn resident_count(&self) -> Result<u32, Error> {
        let count = first(self.connection, "select count(*) as n from residents", [], |row| row.col("n"))?;
        Ok(count.unwrap_or(0))
    }

    /// Residents who may be meant: born on one of `birth_dates`, or with this very name or reading after
    /// folding; at most 1,000.
    ///
    /// # Errors
    /// The database failed.
    pub fn candidates(
        &self,
        birth_dates: &[Date],
        name: Option<&str>,
        kana: Option<&str>,
    ) -> Result<Vec<Resident>, Error> {
        let days = crate::columns::json("birth_date", &birth_dates)?;
        all(
            self.connection,
            "select * from residents where birth_date in (select value from json_each(:days))
             union select * from residents where name_folded = :name
             union select * from residents where kana_folded = :kana
             limit :most",
            named_params! {
                ":days": days, ":name": name.map(fold_name), ":kana": kana.map(fold_kana),
                ":most": MOST_CANDIDATES,
            },
            resident,
        )
    }

    /// Birth dates of the others in the person's household.
    ///
    /// # Errors
    /// The database failed.
    pub fn kin_births(&self, id: &ResidentId) -> Result<Vec<Date>, Error> {
        let sql = "select kin.birth_date from residents own join residents kin
                       on kin.household_id = own.household_id and kin.resident_id <> own.resident_id
                   where own.resident_id = ?1";
        all(self.connection, sql, [&id.0], |row| row.date("birth_date"))
    }

    /// Birth dates of the others with the person's name after folding; at most 1,000.
    ///
    /// # Errors
    /// The database failed.
    pub fn namesake_births(&self, id: &ResidentId) -> Result<Vec<Date>, Error> {
        let sql = "select other.birth_date from residents own join residents other
                       on other.name_folded = own.name_folded and other.resident_id <> own.resident_id
                   where own.resident_id = ?1 limit ?2";
        all(self.connection, sql, params![id.0, MOST_CANDIDATES], |row| row.date("birth_date"))
    }

    /// How many present residents are not among `residents`, and how many are present at all.
    ///
    /// # Errors
    /// The database failed.
    pub fn departures(&self, residents: &[Resident]) -> Result<(u64, u64), Error> {
        let named: HashSet<&str> = residents.iter().map(|resident| resident.id.0.as_str()).collect();
        let sql = "select resident_id from residents where resident_until is null";
        let present = all(self.connection, sql, [], |row| row.col::<String>("resident_id"))?;
        let departing = present.iter().filter(|id| !named.contains(id.as_str())).count();
        Ok((departing as u64, present.len() as u64))
    }

    pub(crate) fn is_resident(&self, id: &ResidentId) -> Result<bool, Error> {
        let sql = "select 1 from residents where resident_id = ?1";
        Ok(first(self.connection, sql, [&id.0], |_| Ok(()))?.is_some())
    }
}

impl Writer<'_> {
    /// Brings the register up to date with a file's good lines.
    ///
    /// # Errors
    /// The database failed; then nothing changed.
    pub fn import_residents(
        &self,
        residents: &[Resident],
        mode: ImportMode,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Imported, Error> {
        let detail = format!("{} lines, {mode:?}", residents.len());
        let about = About { detail: Some(&detail), ..About::default() };
        let import = self.note("residents_imported", about, actor, now)?;
        let mut done = Imported::default();
        let mut changed = Vec::new();
        for resident in residents {
            let known = self.resident(&resident.id)?;
            let count = match &known {
                None => &mut done.added,
                Some(known) if known == resident => &mut done.unchanged,
                Some(_) => {
                    changed.push(resident.id.clone());
                    &mut done.changed
                }
            };
            *count += 1;
            self.put_resident(resident, import)?;
            let names =
                |resident: &Resident| (fold_name(resident.name.reveal()), fold_kana(resident.kana.reveal()));
            let (name, kana) = names(resident);
            if known.as_ref().map(names) != Some((name.clone(), kana.clone())) {
                self.put_words(&name, &kana, &resident.id.0)?;
            }
        }
        // An empty file says nothing about anybody.
        if mode == ImportMode::Full && !residents.is_empty() {
            let sql =
                "update residents set resident_until = ?2 where imported <> ?1 and resident_until is null
                       returning resident_id";
            let until = params![import, day(now).to_string()];
            let departed = all(self.connection, sql, until, |row| Ok(ResidentId(row.col("resident_id")?)))?;
            done.departed = departed.len() as u64;
            changed.extend(departed);
        }
        // Who is new had no data here that could have changed.
        if !changed.is_empty() {
            let screen = "residents_imported";
            let change = Access { act: Act::Change, screen, reason: None, residents: &changed, page: None };
            self.trace(&change, actor, now)?;
        }
        Ok(done)
    }

    fn put_resident(&self, resident: &Resident, import: i64) -> Result<(), Error> {
        let (name, kana) = (resident.name.reveal(), resident.kana.reveal());
        run(
            self.connection,
            "insert or replace into residents
                 (id, resident_id, name, kana, sex, birth_date, postal_code, address, resident_since, resident_until, until_reason,
                  household_id, tax_exempt, protected, name_folded, kana_folded, imported)
             values ((select id from residents where resident_id = :id), :id, :name, :kana, :sex, :birth_date, :postal_code, :address, :since, :until, :until_reason,
                     :household, :tax_exempt, :protected, :name_folded, :kana_folded, :import)",
            named_params! {
                ":id": resident.id.0, ":name": name, ":kana": kana, ":sex": resident.sex.as_str(),
                ":birth_date": resident.birth_date.reveal().to_string(),
                ":postal_code": resident.postal_code.reveal(), ":address": resident.address.reveal(),
                ":since": resident.resident_since.to_string(),
                ":until": resident.resident_until.map(|until| until.to_string()),
                ":until_reason": resident.until_reason.map(UntilReason::as_str),
                ":household": resident.household.as_ref().map(|household| household.reveal()),
                ":tax_exempt": resident.tax_exempt, ":protected": resident.protected,
                ":name_folded": fold_name(name), ":kana_folded": fold_kana(kana), ":import": import,
            },
        )?;
        Ok(())
    }
}

pub(crate) fn resident(row: &Row) -> Result<Resident, Error> {
    Ok(Resident {
        id: ResidentId(row.col("resident_id")?),
        name: Personal::new(row.col("name")?),
        kana: Personal::new(row.col("kana")?),
        sex: row.word("sex", Sex::parse)?,
        birth_date: Personal::new(row.date("birth_date")?),
        postal_code: Personal::new(row.col("postal_code")?),
        address: Personal::new(row.col("address")?),
        resident_since: row.date("resident_since")?,
        resident_until: row.word_or_none("resident_until", |text| text.parse().ok())?,
        until_reason: row.word_or_none("until_reason", UntilReason::parse)?,
        household: row.col::<Option<String>>("household_id")?.map(Personal::new),
        tax_exempt: row.col("tax_exempt")?,
        protected: row.col("protected")?,
    })
}
