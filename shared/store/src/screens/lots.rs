//! 回収の名簿. Everybody who received a lot, whichever way it was recorded.

use crate::columns::{Columns, all};
use crate::{Error, Rows};
use domain::ids::{ClinicCode, PageId, ProgrammeId, ResidentId};
use domain::resident::Resident;
use jiff::civil::Date;
use rusqlite::Row;

/// One time that a lot was given.
#[derive(Clone, Debug, PartialEq)]
pub struct LotUse {
    /// As it was written.
    pub lot: String,
    /// To whom.
    pub resident: Resident,
    /// That person's row.
    pub resident_row: i64,
    /// What for.
    pub programme: ProgrammeId,
    /// Which dose, when it is told.
    pub round: Option<String>,
    /// On which day.
    pub service_date: Date,
    /// By whom: the code on the slip, else that of its envelope.
    pub clinic: Option<ClinicCode>,
    /// The clinic's name, when it is known.
    pub clinic_name: Option<String>,
    /// The clinic's telephone number, when it is known.
    pub clinic_phone: Option<String>,
    /// The page that proves it; `None` for what the former system held.
    pub page: Option<PageId>,
}

/// A lot as it is compared: capitals, without spaces and hyphens.
pub fn folded_lot(lot: &str) -> String {
    lot.chars().filter(|c| !matches!(c, ' ' | '-' | '\u{3000}')).collect::<String>().to_ascii_uppercase()
}

impl Rows<'_> {
    /// Everybody who received this lot by a standing record or by what the former system held, newest first.
    /// Capitals, spaces and hyphens make no difference.
    ///
    /// # Errors
    /// The database failed.
    pub fn lot_uses(&self, lot: &str) -> Result<Vec<LotUse>, Error> {
        // The first half asks the index for the lot alone, the second for slips with two labels.
        let sql = "with found as (
                       select * from standing_records
                       where upper(replace(replace(\"values\" ->> '$.lot', '-', ''), ' ', '')) = ?1
                         and \"values\" ->> '$.lot' is not null
                       union
                       select * from standing_records
                       where upper(replace(replace(\"values\" ->> '$.lot', '-', ''), ' ', '')) like '%/%'
                         and \"values\" ->> '$.lot' is not null
                         and instr('/' || upper(replace(replace(\"values\" ->> '$.lot', '-', ''), ' ', '')) || '/',
                                   '/' || ?1 || '/') > 0),
                   given as (
                       select f.\"values\" ->> '$.lot' as lot, f.resident, f.programme,
                              f.\"values\" ->> '$.dose_number' as round, f.service_date,
                              coalesce(f.\"values\" ->> '$.clinic_code', e.clinic) as clinic, f.page
                       from found f join pages p on p.page = f.page join envelopes e on e.id = p.envelope
                       union all
                       select lot, resident, programme, cast(round as text), service_date, null, null
                       from past_services
                       where lot is not null and upper(replace(replace(lot, '-', ''), ' ', '')) = ?1)
                   select g.*, c.name as clinic_name, c.phone as clinic_phone
                   from given g left join clinics c on c.code = g.clinic
                   order by g.service_date desc, g.clinic, g.resident";
        let uses = all(self.connection, sql, [folded_lot(lot)], |row| {
            let id = ResidentId(row.col("resident")?);
            let known = self.resident(&id)?.zip(self.resident_row(&id)?);
            known.map(|known| given(row, known)).transpose()
        })?;
        Ok(uses.into_iter().flatten().collect())
    }

    /// Open pages on which the machine read this lot: their persons are not on the list yet.
    ///
    /// # Errors
    /// The database failed.
    pub fn lot_waiting(&self, lot: &str) -> Result<Vec<PageId>, Error> {
        let sql = "select p.page from pages p
                   join field_values v on v.page = p.page and v.field = 'lot'
                   where p.state in ('received', 'read', 'in_review')
                     and instr('/' || upper(replace(replace(v.machine_value ->> '$', '-', ''), ' ', '')) || '/',
                               '/' || ?1 || '/') > 0
                   order by p.page";
        all(self.connection, sql, [folded_lot(lot)], |row| row.id("page"))
    }

    /// Every lot that stands recorded, folded, with how often.
    ///
    /// # Errors
    /// The database failed.
    pub fn lots_known(&self) -> Result<Vec<(String, u32)>, Error> {
        let sql = "select lot, sum(n) as n from (
                       select upper(replace(replace(\"values\" ->> '$.lot', '-', ''), ' ', '')) as lot, count(*) as n
                       from records where \"values\" ->> '$.lot' is not null and kind = 'entry' group by 1
                       union all
                       select upper(replace(replace(lot, '-', ''), ' ', '')), count(*)
                       from past_services where lot is not null group by 1)
                   group by lot order by lot";
        all(self.connection, sql, [], |row| Ok((row.col("lot")?, row.col("n")?)))
    }
}

fn given(row: &Row, (resident, resident_row): (Resident, i64)) -> Result<LotUse, Error> {
    Ok(LotUse {
        lot: row.col("lot")?,
        resident,
        resident_row,
        programme: row.id("programme")?,
        round: row.col("round")?,
        service_date: row.date("service_date")?,
        clinic: row.id_or_none("clinic")?,
        clinic_name: row.col("clinic_name")?,
        clinic_phone: row.col("clinic_phone")?,
        page: row.id_or_none("page")?,
    })
}
