//! What the screens of claims ask together: what became of a person's slips.

use crate::columns::{Columns, all, day};
use crate::{Error, Payment, Rows, StepRow};
use domain::claim::settlement::ClaimSummary;
use domain::claim::{ClinicMonth, SlipKey};
use domain::ids::{ClinicCode, EnvelopeId, ManagementNumber, PageId, ProgrammeId, ResidentId};
use domain::month::Month;
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Row, params};

/// One recorded slip, and everything that claims did with it.
#[derive(Clone, Debug, PartialEq)]
pub struct SlipTrail {
    /// Which slip.
    pub key: SlipKey,
    /// Its number, when it has one.
    pub number: Option<ManagementNumber>,
    /// What for.
    pub programme: ProgrammeId,
    /// Which dose, when it is told.
    pub round: Option<String>,
    /// 実施日.
    pub service_date: Date,
    /// Lot as written.
    pub lot: Option<String>,
    /// Whose claim it belongs to: its envelope's clinic and month, else the code on the slip and the month of the service.
    pub of: Option<ClinicMonth>,
    /// The clinic's name, when it is known.
    pub clinic_name: Option<String>,
    /// The page that proves it.
    pub page: PageId,
    /// Whether the record stands; else it was taken back.
    pub stands: bool,
    /// What people decided, oldest first.
    pub steps: Vec<(ClinicMonth, StepRow)>,
    /// What was paid for it, oldest first; what was taken back is below nought.
    pub payments: Vec<Payment>,
}

/// One clinic-month as it was last reckoned, and when it was paid.
#[derive(Clone, Debug, PartialEq)]
pub struct PastClaim {
    /// Which.
    pub of: ClinicMonth,
    /// How it stands.
    pub summary: ClaimSummary,
    /// When it was locked, and when the bank was handed its money.
    pub locked_at: Option<Timestamp>,
    /// The same of the bank.
    pub paid_at: Option<Timestamp>,
}

impl PastClaim {
    /// Days from the claim to the bank's file; to the lock while there is none.
    pub fn days(&self) -> Option<i32> {
        let end = day(self.paid_at.or(self.locked_at)?);
        Some(end.since(self.summary.received_on?).ok()?.get_days())
    }
}

impl Rows<'_> {
    /// Every slip of a person that was ever recorded, newest service first.
    ///
    /// # Errors
    /// The database failed.
    pub fn slip_trails(&self, resident: &ResidentId) -> Result<Vec<SlipTrail>, Error> {
        let sql = "select r.management_number, r.page, r.programme, r.service_date,
                          r.\"values\" ->> '$.dose_number' as round, r.\"values\" ->> '$.lot' as lot,
                          coalesce(e.clinic, r.\"values\" ->> '$.clinic_code') as clinic,
                          coalesce(e.month, substr(r.service_date, 1, 7)) as month, c.name as clinic_name,
                          not exists (select 1 from records v where v.reverses = r.id) as stands
                   from records r
                   join pages p on p.page = r.page
                   join envelopes e on e.id = p.envelope
                   left join clinics c on c.code = coalesce(e.clinic, r.\"values\" ->> '$.clinic_code')
                   where r.resident = ?1 and r.kind = 'entry'
                   order by r.service_date desc, r.id desc";
        let mut trails = all(self.connection, sql, [&resident.0], trail)?;
        for trail in &mut trails {
            trail.steps = self.slip_steps(&trail.key)?;
            trail.payments = self.slip_payments(&trail.key)?;
        }
        Ok(trails)
    }
}

impl Rows<'_> {
    /// The clinic-months from `since` to `until`, as they were last reckoned.
    ///
    /// # Errors
    /// The database failed.
    pub fn past_claims(&self, since: Month, until: Month) -> Result<Vec<PastClaim>, Error> {
        let sql = "select r.clinic, r.month, r.summary,
                          (select max(s.at) from claim_steps s
                           where s.month = r.month and s.clinic = r.clinic and s.step ->> '$.step' = 'lock') as locked_at,
                          (select min(x.at) from exports x
                           where x.kind = 'bank' and x.month = r.month and coalesce(x.clinic, r.clinic) = r.clinic) as paid_at
                   from claim_reports r where r.month between ?1 and ?2 order by r.month, r.clinic";
        let claims = all(self.connection, sql, params![since.to_string(), until.to_string()], |row| {
            let text: String = row.col("summary")?;
            // What an older version wrote is reckoned again when its month is looked at.
            let Ok(summary) = serde_json::from_str(&text) else { return Ok(None) };
            Ok(Some(PastClaim {
                of: clinic_month(row)?,
                summary,
                locked_at: row.moment_or_none("locked_at")?,
                paid_at: row.moment_or_none("paid_at")?,
            }))
        })?;
        Ok(claims.into_iter().flatten().collect())
    }

    /// The envelopes of a clinic-month with pages that are still open, and how many.
    ///
    /// # Errors
    /// The database failed.
    pub fn open_envelopes(&self, of: &ClinicMonth) -> Result<Vec<(EnvelopeId, u32)>, Error> {
        let sql = "select e.id, count(*) as n from envelopes e join pages p on p.envelope = e.id
                   where e.month = ?1 and e.clinic = ?2 and p.counted = 1 and p.is_ticket = 0
                     and p.state in ('received', 'read', 'in_review', 'rescan', 'failed')
                   group by e.id order by e.id";
        all(self.connection, sql, params![of.month.to_string(), of.clinic.as_str()], |row| {
            Ok((row.id("id")?, row.col("n")?))
        })
    }
}

fn clinic_month(row: &Row) -> Result<ClinicMonth, Error> {
    Ok(ClinicMonth { clinic: row.id("clinic")?, month: row.word("month", |text| text.parse().ok())? })
}

fn trail(row: &Row) -> Result<SlipTrail, Error> {
    let number = row.col::<Option<String>>("management_number")?.map(ManagementNumber);
    let page: PageId = row.id("page")?;
    let clinic: Option<ClinicCode> = row.id_or_none("clinic")?;
    let month: Option<Month> = row.word_or_none("month", |text| text.parse().ok())?;
    Ok(SlipTrail {
        key: SlipKey::of(number.as_ref(), &page),
        number,
        programme: row.id("programme")?,
        round: row.col("round")?,
        service_date: row.date("service_date")?,
        lot: row.col("lot")?,
        of: clinic.zip(month).map(|(clinic, month)| ClinicMonth { clinic, month }),
        clinic_name: row.col("clinic_name")?,
        page,
        stands: row.col("stands")?,
        steps: Vec::new(),
        payments: Vec::new(),
    })
}
