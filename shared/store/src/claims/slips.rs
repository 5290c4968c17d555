//! The slips of a clinic and month: standing records of pages in its envelopes, and those under no ticket that bear the
//! clinic's code and a day of the month. A few queries a clinic-month, however many slips it has.

use super::Rulebook;
use crate::columns::{Columns, all, day, json};
use crate::lots::former;
use crate::{Error, Rows};
use domain::claim::slip::{self, OtherService, PaidElsewhere, SlipFacts};
use domain::claim::{ClaimSlip, ClinicMonth, SlipKey};
use domain::ids::{ClinicCode, ManagementNumber, PageId, ProgrammeId, ResidentId};
use domain::lot::{self, Lot};
use domain::month::Month;
use domain::resident::Resident;
use domain::roles::Role;
use domain::rules::{self, Finding, PastRecord, Values};
use jiff::civil::Date;
use rusqlite::{Row, params};
use std::collections::HashMap;

/// Why a record was taken back when its slip came again; see [`crate::Writer::commit`].
pub(crate) const CAME_AGAIN: &str = "返戻後の再提出";

/// A record that may be claimed.
struct Entry {
    record: i64,
    page: PageId,
    number: Option<ManagementNumber>,
    resident: ResidentId,
    programme: ProgrammeId,
    form: String,
    service_date: Date,
    values: Values,
    issued_on: Option<Date>,
    scanned_on: Date,
    superseded: bool,
    findings: Vec<Finding>,
    resubmitted: bool,
}

/// A person's services in the order of days; of one day, in that of entering, what a former system held first. Both
/// lists have the same order.
#[derive(Default)]
struct History {
    past: Vec<PastRecord>,
    others: Vec<OtherService>,
}

const ENTRIES: &str = "
    select r.id, r.page, r.management_number, r.resident, r.programme, r.form, r.service_date, r.\"values\",
           r.findings, p.arrived_at, s.issued_at, v.id is not null as superseded, exists (
               select 1 from records o where o.management_number = r.management_number and o.kind = 'reversal'
               and o.reason = ?5 and o.id < r.id) as resubmitted
    from envelopes e cross join pages p on p.envelope = e.id cross join records r on r.page = p.page
    left join records v on v.reverses = r.id left join slips s on s.number = r.management_number
    where e.month = ?1 and e.clinic = ?2 and r.kind = 'entry' and (v.id is null or v.reason = ?5)
    union all
    select r.id, r.page, r.management_number, r.resident, r.programme, r.form, r.service_date, r.\"values\",
           r.findings, p.arrived_at, s.issued_at, v.id is not null as superseded, exists (
               select 1 from records o where o.management_number = r.management_number and o.kind = 'reversal'
               and o.reason = ?5 and o.id < r.id) as resubmitted
    from records r cross join pages p on p.page = r.page cross join envelopes e on e.id = p.envelope
    left join records v on v.reverses = r.id left join slips s on s.number = r.management_number
    where r.\"values\" ->> '$.clinic_code' = ?2 and r.service_date between ?3 and ?4 and r.kind = 'entry'
      and (e.clinic is null or e.month is null) and (v.id is null or v.reason = ?5)
    order by 1";

const HISTORY: &str = "
    select r.id, r.page, r.resident, r.programme, r.form, r.service_date, r.\"values\",
           coalesce(e.clinic, r.\"values\" ->> '$.clinic_code') as clinic, e.month
    from records r join pages p on p.page = r.page join envelopes e on e.id = p.envelope
    where r.resident in (select value from json_each(?1)) and r.kind = 'entry'
      and not exists (select 1 from records v where v.reverses = r.id)
    order by r.resident, r.service_date, r.id";

impl Rows<'_> {
    /// The slips of a clinic-month with everything that speaks against each, oldest record first.
    ///
    /// # Errors
    /// The database failed.
    pub fn claim_slips(&self, of: &ClinicMonth, rulebook: &Rulebook) -> Result<Vec<ClaimSlip>, Error> {
        let entries = self.entries(of)?;
        let ids: Vec<&str> = {
            let mut ids: Vec<&str> = entries.iter().map(|entry| entry.resident.0.as_str()).collect();
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        let ids = json("resident", &ids)?;
        let residents = self.residents_of(&ids)?;
        let history = self.histories(&ids, rulebook)?;
        let paid = self.paid_elsewhere(of, &entries)?;
        let lots = self.lots_of(&entries)?;
        let mut slips = Vec::with_capacity(entries.len());
        let nothing = History::default();
        for entry in &entries {
            let resident = residents.get(&entry.resident).ok_or(Error::Missing { what: "resident" })?;
            let history = history.get(&entry.resident).unwrap_or(&nothing);
            let key = SlipKey::of(entry.number.as_ref(), &entry.page);
            slips.push(slip::judge(
                &SlipFacts {
                    record: entry.record,
                    page: &entry.page,
                    number: entry.number.as_ref(),
                    form: rulebook.form(&entry.form),
                    resident,
                    programme: &entry.programme,
                    service_date: entry.service_date,
                    values: &entry.values,
                    issued_on: entry.issued_on,
                    scanned_on: entry.scanned_on,
                    earlier: history.before(entry),
                    others: &history.others,
                    programmes: rulebook.programmes,
                    lots: &lots_on(&lots, &entry.values),
                    kept: &entry.findings,
                    paid: paid.get(&key),
                    superseded: entry.superseded,
                    resubmitted: entry.resubmitted,
                },
                of,
            ));
        }
        Ok(slips)
    }

    fn entries(&self, of: &ClinicMonth) -> Result<Vec<Entry>, Error> {
        let (first, last) = (of.month.first().to_string(), of.month.last().to_string());
        let key = params![of.month.to_string(), of.clinic.as_str(), first, last, CAME_AGAIN];
        let mut entries = all(self.connection, ENTRIES, key, |row| {
            Ok(Entry {
                record: row.col("id")?,
                page: row.id("page")?,
                number: row.col::<Option<String>>("management_number")?.map(ManagementNumber),
                resident: ResidentId(row.col("resident")?),
                programme: row.id("programme")?,
                form: row.col("form")?,
                service_date: row.date("service_date")?,
                values: row.json("values")?,
                issued_on: row.moment_or_none("issued_at")?.map(day),
                scanned_on: day(row.moment("arrived_at")?),
                superseded: row.col("superseded")?,
                findings: row.json("findings")?,
                resubmitted: row.col("resubmitted")?,
            })
        })?;
        // What came again within the month stands there once: its last paper.
        let mut last: HashMap<ManagementNumber, i64> = HashMap::new();
        for entry in &entries {
            if let Some(number) = &entry.number {
                last.insert(number.clone(), entry.record);
            }
        }
        entries.retain(|entry| entry.number.as_ref().is_none_or(|number| last[number] == entry.record));
        Ok(entries)
    }

    fn residents_of(&self, ids: &str) -> Result<HashMap<ResidentId, Resident>, Error> {
        let sql = "select * from residents where resident_id in (select value from json_each(?1))";
        let residents = all(self.connection, sql, [ids], crate::residents::resident)?;
        Ok(residents.into_iter().map(|resident| (resident.id.clone(), resident)).collect())
    }

    fn histories(&self, ids: &str, rulebook: &Rulebook) -> Result<HashMap<ResidentId, History>, Error> {
        let mut histories: HashMap<ResidentId, History> = HashMap::new();
        let mut rows = self.services_before(ids)?;
        rows.extend(all(self.connection, HISTORY, [ids], |row| service(row, rulebook))?);
        rows.sort_by_key(|(.., other)| (other.service_date, other.record));
        for (resident, past, other) in rows {
            let history = histories.entry(resident).or_default();
            history.past.push(past);
            history.others.push(other);
        }
        Ok(histories)
    }

    fn services_before(&self, ids: &str) -> Result<Vec<Service>, Error> {
        let sql = "select * from past_services where resident in (select value from json_each(?1))";
        all(self.connection, sql, [ids], |row| {
            let past = former(row)?;
            let other = OtherService {
                record: 0,
                page: None,
                programme: past.programme.clone(),
                round: row.col("round")?,
                service_date: past.service_date,
                postponed: false,
                claim: None,
            };
            Ok((ResidentId(row.col("resident")?), past, other))
        })
    }

    /// What makers published of the lots on these slips.
    fn lots_of(&self, entries: &[Entry]) -> Result<HashMap<String, Vec<Lot>>, Error> {
        let mut numbers: Vec<String> = entries.iter().flat_map(|entry| numbers(&entry.values)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let sql = "select vaccine, lot, expiry from lots where lot in (select value from json_each(?1))";
        let listed = all(self.connection, sql, [json("lot", &numbers)?], crate::lots::lot)?;
        let mut lots: HashMap<String, Vec<Lot>> = HashMap::new();
        for lot in listed {
            lots.entry(lot.lot.clone()).or_default().push(lot);
        }
        Ok(lots)
    }

    /// Which of these slips stand paid in another clinic-month.
    fn paid_elsewhere(
        &self,
        of: &ClinicMonth,
        entries: &[Entry],
    ) -> Result<HashMap<SlipKey, PaidElsewhere>, Error> {
        let keys: Vec<SlipKey> =
            entries.iter().map(|entry| SlipKey::of(entry.number.as_ref(), &entry.page)).collect();
        // Cross join: the few slips lead, not the many payments.
        let sql = "select d.id, d.slip, d.clinic, d.month from json_each(?1) k cross join paid d on d.slip = k.value
                   where d.kind = 'slip' and (d.stands > 0 or d.amount = 0) and (d.clinic <> ?2 or d.month <> ?3)";
        let key = params![json("slip", &keys)?, of.clinic.as_str(), of.month.to_string()];
        let paid = all(self.connection, sql, key, |row| {
            let of = ClinicMonth { clinic: row.id("clinic")?, month: super::entered::month(row)? };
            Ok((SlipKey(row.col("slip")?), PaidElsewhere { payment: row.col("id")?, of }))
        })?;
        Ok(paid.into_iter().collect())
    }
}

impl History {
    /// Records of earlier days than `entry`'s; of its own day, those entered before it.
    fn before(&self, entry: &Entry) -> &[PastRecord] {
        let here = (entry.service_date, entry.record);
        let until = self.others.partition_point(|other| (other.service_date, other.record) < here);
        &self.past[..until]
    }
}

/// The numbers of the lots on a slip.
fn numbers(values: &Values) -> Vec<String> {
    rules::by_role(values, Role::Lot).map(|written| lot::each(written).collect()).unwrap_or_default()
}

fn lots_on(listed: &HashMap<String, Vec<Lot>>, values: &Values) -> Vec<Lot> {
    numbers(values).iter().filter_map(|number| listed.get(number)).flatten().cloned().collect()
}

type Service = (ResidentId, PastRecord, OtherService);

fn service(row: &Row, rulebook: &Rulebook) -> Result<Service, Error> {
    let form: String = row.col("form")?;
    let form = rulebook.form(&form);
    let (page, values): (PageId, Values) = (row.id("page")?, row.json("values")?);
    let (programme, service_date): (ProgrammeId, Date) = (row.id("programme")?, row.date("service_date")?);
    let clinic: Option<ClinicCode> = row.id_or_none("clinic")?;
    let month: Option<Month> = row.word_or_none("month", |text| text.parse().ok())?;
    let other = OtherService {
        record: row.col("id")?,
        page: Some(page.clone()),
        programme: programme.clone(),
        round: form.and_then(|form| slip::round_of(form, &values)),
        service_date,
        postponed: form.is_some_and(|form| rules::is_postponed(form, &values)),
        claim: clinic.map(|clinic| ClinicMonth { clinic, month: month.unwrap_or(Month::of(service_date)) }),
    };
    Ok((
        ResidentId(row.col("resident")?),
        PastRecord { page: Some(page), programme, service_date, values },
        other,
    ))
}
