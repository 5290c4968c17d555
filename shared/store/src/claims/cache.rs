//! A month at a glance: the summary of every clinic, kept until something that went into it changes.

use super::Rulebook;
use crate::columns::{Columns, all, first, json, ms, run};
use crate::{Error, Rows, Writer};
use domain::claim::ClinicMonth;
use domain::claim::settlement::ClaimSummary;
use domain::ids::ClinicCode;
use domain::month::Month;
use jiff::Timestamp;
use rusqlite::{Row, params};
use std::collections::HashMap;

/// 月の一覧の行.
#[derive(Clone, Debug, PartialEq)]
pub struct MonthRow {
    /// Which clinic and month.
    pub of: ClinicMonth,
    /// The clinic's name.
    pub clinic_name: String,
    /// How it stands.
    pub summary: ClaimSummary,
    /// Whether what it paid was handed to the bank.
    pub exported: bool,
}

/// Imports that change what a slip costs or whether it is right.
const IMPORTS: &str = "('prices_imported', 'residents_imported', 'clinics_imported', 'contracts_imported',
                        'lots_imported', 'history_imported')";

/// Everything by which a clinic's report may change: its claim, steps and payments, its slips and all records of their
/// people, and pages that open or close. Two branches, as with the slips.
const MARKS: &str = "
    with slips (clinic, record, resident) as (
        select e.clinic, r.id, r.resident
        from envelopes e cross join pages p on p.envelope = e.id cross join records r on r.page = p.page
        where e.month = ?1 and e.clinic is not null and (?4 is null or e.clinic = ?4)
        union all
        select r.\"values\" ->> '$.clinic_code', r.id, r.resident
        from records r cross join pages p on p.page = r.page cross join envelopes e on e.id = p.envelope
        where r.service_date between ?2 and ?3 and r.kind = 'entry' and (e.clinic is null or e.month is null)
          and (?4 is null or r.\"values\" ->> '$.clinic_code' = ?4)
    )
    select clinic, 'slips' as part,
           count(*) || ' ' || max(record) || ' ' ||
           sum((select count(*) from records h where h.resident = slips.resident)) || ' ' ||
           max((select max(h.id) from records h where h.resident = slips.resident)) as mark
    from slips where clinic is not null group by clinic
    union all
    select e.clinic, 'pages', group_concat(e.id || p.state || p.n) from (
        select envelope, state, count(*) as n from pages
        where counted = 1 and is_ticket = 0 and envelope in (select id from envelopes where month = ?1)
        group by envelope, state) p join envelopes e on e.id = p.envelope
    where e.clinic is not null and (?4 is null or e.clinic = ?4) group by e.clinic
    union all
    select clinic, 'claim', max(id) from claims where month = ?1 and (?4 is null or clinic = ?4) group by clinic
    union all
    select clinic, 'steps', max(id) from claim_steps where month = ?1 and (?4 is null or clinic = ?4) group by clinic
    union all
    select clinic, 'paid', max(id) from payments where ?4 is null or clinic = ?4 group by clinic
    order by 1, 2";

impl Rows<'_> {
    /// Every clinic with a claim, slips or steps in a month, by code: as it stands now. What was not reckoned since
    /// something changed is reckoned here and not kept; [`Writer::reckon_month`] keeps it.
    ///
    /// # Errors
    /// The database failed.
    pub fn claim_month(&self, month: Month, rulebook: &Rulebook) -> Result<Vec<MonthRow>, Error> {
        let marks = self.marks(month, rulebook)?;
        let kept = self.kept(month)?;
        let names = self.clinic_names()?;
        let exported = self.exported_clinics(month)?;
        let prices = self.price_list()?;
        let mut rows = Vec::new();
        for (clinic, mark) in marks {
            let Some(clinic_name) = names.get(&clinic).cloned() else { continue };
            let summary = match kept.get(&clinic).filter(|(old, _)| *old == mark) {
                Some((_, summary)) => summary.clone(),
                None => {
                    let of = ClinicMonth { clinic: clinic.clone(), month };
                    self.claim_file_with(&of, rulebook, &prices)?.summary()
                }
            };
            let exported = exported.contains(&clinic);
            rows.push(MonthRow { of: ClinicMonth { clinic, month }, clinic_name, summary, exported });
        }
        Ok(rows)
    }

    fn clinic_names(&self) -> Result<HashMap<ClinicCode, String>, Error> {
        let names = all(self.connection, "select code, name from clinics", [], |row| {
            Ok((row.id("code")?, row.col("name")?))
        })?;
        Ok(names.into_iter().collect())
    }

    fn exported_clinics(&self, month: Month) -> Result<Vec<ClinicCode>, Error> {
        let sql = "select clinic from bank_transfers where month = ?1";
        all(self.connection, sql, [month.to_string()], |row| row.id("clinic"))
    }

    fn kept(&self, month: Month) -> Result<HashMap<ClinicCode, (String, ClaimSummary)>, Error> {
        let sql = "select clinic, mark, summary from claim_reports where month = ?1";
        let kept = all(self.connection, sql, [month.to_string()], |row| {
            Ok((row.id("clinic")?, (row.col("mark")?, summary(row)?)))
        })?;
        // A summary that an older version wrote is reckoned again.
        Ok(kept
            .into_iter()
            .filter_map(|(clinic, (mark, summary))| Some((clinic, (mark, summary?))))
            .collect())
    }

    /// The mark of every clinic of a month, by code.
    fn marks(&self, month: Month, rulebook: &Rulebook) -> Result<Vec<(ClinicCode, String)>, Error> {
        let sql = format!("select coalesce(max(id), 0) as id from events where what in {IMPORTS}");
        let imports: i64 = first(self.connection, &sql, [], |row| row.col("id"))?.unwrap_or_default();
        let common = format!("{imports} {}", rulebook.mark());
        let key =
            params![month.to_string(), month.first().to_string(), month.last().to_string(), None::<String>];
        let parts = all(self.connection, MARKS, key, |row| {
            let (part, mark): (String, rusqlite::types::Value) = (row.col("part")?, row.col("mark")?);
            Ok((row.id::<ClinicCode>("clinic")?, part, format!("{mark:?}")))
        })?;
        let mut marks: Vec<(ClinicCode, String, bool)> = Vec::new();
        for (clinic, part, mark) in parts {
            if marks.last().is_none_or(|(last, ..)| *last != clinic) {
                marks.push((clinic, common.clone(), false));
            }
            if let Some((_, whole, of_month)) = marks.last_mut() {
                *of_month |= part != "paid";
                whole.push_str(&format!(" {part} {mark}"));
            }
        }
        // Who was only paid in other months has no claim here.
        let marks = marks.into_iter().filter(|(.., of_month)| *of_month);
        Ok(marks.map(|(clinic, mark, _)| (clinic, domain::claim::reconcile::mark(&mark))).collect())
    }
}

impl Writer<'_> {
    /// Reckons every clinic of a month that changed, and keeps it for [`Rows::claim_month`]; how many were reckoned.
    ///
    /// # Errors
    /// The database failed.
    pub fn reckon_month(&self, month: Month, rulebook: &Rulebook, now: Timestamp) -> Result<usize, Error> {
        let (kept, prices, mut reckoned) = (self.kept(month)?, self.price_list()?, 0);
        for (clinic, mark) in self.marks(month, rulebook)? {
            if kept.get(&clinic).is_some_and(|(old, _)| *old == mark) || self.clinic(&clinic)?.is_none() {
                continue;
            }
            let of = ClinicMonth { clinic, month };
            let summary = self.claim_file_with(&of, rulebook, &prices)?.summary();
            run(
                self.connection,
                "insert or replace into claim_reports (clinic, month, mark, summary, reckoned_at)
                 values (?1, ?2, ?3, ?4, ?5)",
                params![of.clinic.as_str(), month.to_string(), mark, json("summary", &summary)?, ms(now)],
            )?;
            reckoned += 1;
        }
        Ok(reckoned)
    }
}

fn summary(row: &Row) -> Result<Option<ClaimSummary>, Error> {
    let text: String = row.col("summary")?;
    Ok(serde_json::from_str(&text).ok())
}
