//! ロットと過去の接種・受診: what makers published, and what a former system held.

use crate::columns::{Columns, all, run};
use crate::events::About;
use crate::{Error, Rows, Writer};
use domain::actor::Actor;
use domain::ids::ResidentId;
use domain::lot::{self, FormerService, Lot};
use domain::reading::{FormReading, Value};
use domain::roles::Role;
use domain::rules::{self, PastRecord, Values};
use jiff::Timestamp;
use rusqlite::{Row, params};
use std::collections::HashSet;

impl Rows<'_> {
    /// What makers published of the lots in a value (several labels make one value).
    ///
    /// # Errors
    /// The database failed.
    pub fn listed_lots(&self, written: &str) -> Result<Vec<Lot>, Error> {
        let mut lots = Vec::new();
        for number in lot::each(written) {
            let sql = "select vaccine, lot, expiry from lots where lot = ?1 order by vaccine";
            lots.extend(all(self.connection, sql, [number], lot)?);
        }
        Ok(lots)
    }

    /// All that is known of the lots on a slip: its labels as they were read, then the lists.
    ///
    /// # Errors
    /// The database failed.
    pub fn known_lots(&self, values: &Values, reading: Option<&FormReading>) -> Result<Vec<Lot>, Error> {
        let listed = match rules::by_role(values, Role::Lot) {
            Some(written) => self.listed_lots(written)?,
            None => Vec::new(),
        };
        Ok(lot::known(reading, listed))
    }

    /// What a former system held of a person, by day.
    ///
    /// # Errors
    /// The database failed.
    pub fn former_services(&self, resident: &ResidentId) -> Result<Vec<PastRecord>, Error> {
        let sql = "select * from past_services where resident = ?1 order by service_date, id";
        all(self.connection, sql, [&resident.0], former)
    }

    /// Which of these are in the register.
    ///
    /// # Errors
    /// The database failed.
    pub fn known_residents(&self, of: &[FormerService]) -> Result<HashSet<ResidentId>, Error> {
        let mut known = HashSet::new();
        for service in of {
            if !known.contains(&service.resident) && self.resident(&service.resident)?.is_some() {
                known.insert(service.resident.clone());
            }
        }
        Ok(known)
    }
}

/// A row of the lots.
pub(crate) fn lot(row: &Row) -> Result<Lot, Error> {
    Ok(Lot { vaccine: row.col("vaccine")?, lot: row.col("lot")?, expiry: row.date("expiry")? })
}

/// A row of the former system's services, as rules see it: what it says stands in the fields that say the same on slips.
pub(crate) fn former(row: &Row) -> Result<PastRecord, Error> {
    let round: Option<u8> = row.col("round")?;
    let said = [
        ("dose_number", round.map(|round| round.to_string())),
        ("vaccine", row.col("vaccine")?),
        ("lot", row.col("lot")?),
    ];
    let said = said.into_iter().filter_map(|(field, text)| Some((field.into(), Value::Text(text?))));
    Ok(PastRecord {
        page: None,
        programme: row.id("programme")?,
        service_date: row.date("service_date")?,
        values: said.collect(),
    })
}

impl Writer<'_> {
    /// Adds lots, or changes the expiry of those known; how many lines were taken.
    ///
    /// # Errors
    /// The database failed; then nothing changed.
    pub fn import_lots(&self, lots: &[Lot], actor: &Actor, now: Timestamp) -> Result<usize, Error> {
        let detail = format!("{} lines", lots.len());
        let about = About { detail: Some(&detail), ..About::default() };
        let import = self.note("lots_imported", about, actor, now)?;
        for lot in lots {
            run(
                self.connection,
                "insert into lots (vaccine, lot, expiry, imported) values (?1, ?2, ?3, ?4)
                 on conflict (vaccine, lot) do update set expiry = excluded.expiry, imported = excluded.imported",
                params![lot.vaccine.as_deref().unwrap_or_default(), lot.lot, lot.expiry.to_string(), import],
            )?;
        }
        Ok(lots.len())
    }

    /// Adds what a former system held; what is known already stays. How many are new.
    ///
    /// # Errors
    /// Somebody is not in the register, or the database failed; then nothing changed.
    pub fn import_history(
        &self,
        services: &[FormerService],
        actor: &Actor,
        now: Timestamp,
    ) -> Result<usize, Error> {
        let detail = format!("{} lines", services.len());
        let about = About { detail: Some(&detail), ..About::default() };
        let import = self.note("history_imported", about, actor, now)?;
        let mut new = 0;
        for one in services {
            new += run(
                self.connection,
                "insert into past_services (resident, programme, round, vaccine, lot, service_date, imported)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7) on conflict do nothing",
                params![
                    one.resident.0,
                    one.programme.as_str(),
                    one.round,
                    one.vaccine,
                    one.lot,
                    one.day.to_string(),
                    import
                ],
            )?;
        }
        Ok(new)
    }
}
