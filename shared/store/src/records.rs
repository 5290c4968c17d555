//! Records: committed facts. Rows are only added; triggers refuse anything else.

use crate::claims::CAME_AGAIN;
use crate::columns::{Columns, all, first, json, ms, run};
use crate::events::About;
use crate::{Error, Rows, Writer};
use domain::actor::Actor;
use domain::ids::{FormId, ManagementNumber, PageId, ProgrammeId, ResidentId, StaffId};
use domain::page::PageState;
use domain::record::{CommitRefused, ProvenSlip};
use domain::review::ReviewReason;
use domain::rules::{Finding, PastRecord, Values};
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Row, named_params, params};

/// The number of a row in `records`.
pub type RecordId = i64;

/// 記録. One row: an entry, or the reversal of one.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its number.
    pub id: RecordId,
    /// The entry that this row takes back; `None` for an entry.
    pub reverses: Option<RecordId>,
    /// Whether it is an entry that was not taken back.
    pub stands: bool,
    /// The page that proves it.
    pub page: PageId,
    /// 管理番号.
    pub management_number: Option<ManagementNumber>,
    /// Whose.
    pub resident: ResidentId,
    /// What for.
    pub programme: ProgrammeId,
    /// The form.
    pub form: FormId,
    /// 実施日.
    pub service_date: Date,
    /// Every value.
    pub values: Values,
    /// Findings that a person accepted.
    pub findings: Vec<Finding>,
    /// Why it was corrected or reversed.
    pub reason: Option<String>,
    /// When.
    pub committed_at: Timestamp,
    /// Who.
    pub staff: StaffId,
    /// From where.
    pub terminal: String,
}

/// Whether a slip could be committed.
#[derive(Clone, Debug, PartialEq)]
pub enum Committed {
    /// It is a record now.
    Done(RecordId),
    /// It is not; nothing changed.
    Refused(CommitRefused),
}

const RECORDS: &str = "select r.*, r.kind = 'entry' and r.id in (select id from standing_records) as stands
                       from records r";

impl Rows<'_> {
    /// Every row of a person, newest service first, reversals and reversed entries included.
    ///
    /// # Errors
    /// The database failed.
    pub fn ledger(&self, resident: &ResidentId) -> Result<Vec<Record>, Error> {
        let sql = format!("{RECORDS} where r.resident = ?1 order by r.service_date desc, r.id desc");
        all(self.connection, &sql, [&resident.0], record)
    }

    /// One row.
    ///
    /// # Errors
    /// The database failed.
    pub fn record(&self, id: RecordId) -> Result<Option<Record>, Error> {
        first(self.connection, &format!("{RECORDS} where r.id = ?1"), [id], record)
    }

    /// The standing entry of a page.
    ///
    /// # Errors
    /// The database failed.
    pub fn record_of_page(&self, page: &PageId) -> Result<Option<Record>, Error> {
        let sql = "select s.*, 1 as stands from standing_records s where s.page = ?1";
        first(self.connection, sql, [page.as_str()], record)
    }

    /// A person's standing entries as rules see them, but for those of page `except`; and what a former system held of
    /// other days or programmes.
    ///
    /// # Errors
    /// The database failed.
    pub fn history(&self, resident: &ResidentId, except: &PageId) -> Result<Vec<PastRecord>, Error> {
        // A slip that came again after its return is no history of itself.
        let sql = "select page, programme, service_date, \"values\" from standing_records
                   where resident = ?1 and page <> ?2
                     and (management_number is null
                          or management_number is not (select management_number from pages where page = ?2))
                   order by service_date, id";
        let mut history = all(self.connection, sql, params![resident.0, except.as_str()], |row| {
            Ok(PastRecord {
                page: Some(row.id("page")?),
                programme: row.id("programme")?,
                service_date: row.date("service_date")?,
                values: row.json("values")?,
            })
        })?;
        // What was keyed into the former system as well is one service.
        let known = |one: &PastRecord| {
            history
                .iter()
                .any(|other| other.programme == one.programme && other.service_date == one.service_date)
        };
        let mut former = self.former_services(resident)?;
        former.retain(|one| !known(one));
        history.extend(former);
        history.sort_by_key(|one| one.service_date);
        Ok(history)
    }
}

impl Writer<'_> {
    /// Commits a proven slip: record, final values, page state and event at once. Possible while the page is
    /// read or in review, its number was issued to this person, and no other page of the same slip stands
    /// committed. Prove it in the same closure, so that its history is that of this very moment.
    ///
    /// # Errors
    /// There is no such page, or the database failed.
    pub fn commit(
        &self,
        page: &PageId,
        slip: &ProvenSlip,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Committed, Error> {
        let row = self.known_page(page)?;
        if !matches!(row.state, PageState::Read | PageState::InReview) || row.is_ticket {
            return Ok(Committed::Refused(CommitRefused::NotOpen));
        }
        if self.held_by_other(page, actor, now)? {
            return Ok(Committed::Refused(CommitRefused::HeldByOther));
        }
        if let Some(refused) = self.number_refused(slip, page)? {
            return Ok(Committed::Refused(refused));
        }
        self.supersede(slip, page, actor, now)?;
        let id = self.enter(page, slip, None, actor, now)?;
        self.close_review(page, now)?;
        self.settle_enquiries(page, actor, now)?;
        let about = About { page: Some(page), resident: Some(slip.resident()), detail: None };
        self.note("record_committed", about, actor, now)?;
        Ok(Committed::Done(id))
    }

    /// Corrects a standing entry: takes it back and enters `slip` for the same page, for a reason.
    ///
    /// # Errors
    /// There is no such record, or the database failed.
    pub fn correct_record(
        &self,
        id: RecordId,
        slip: &ProvenSlip,
        reason: &str,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Committed, Error> {
        let old = self.record(id)?.ok_or(Error::Missing { what: "record" })?;
        if !old.stands {
            return Ok(Committed::Refused(CommitRefused::NotOpen));
        }
        if let Some(refused) = self.number_refused(slip, &old.page)? {
            return Ok(Committed::Refused(refused));
        }
        self.take_back(id, reason, actor, now)?;
        let entry = self.enter(&old.page, slip, Some(reason), actor, now)?;
        let about = About { page: Some(&old.page), resident: Some(slip.resident()), detail: Some(reason) };
        self.note("record_corrected", about, actor, now)?;
        Ok(Committed::Done(entry))
    }

    /// Takes a standing entry back, for a reason; its page waits for a person again.
    ///
    /// # Errors
    /// There is no such record, or the database failed.
    pub fn reverse_record(
        &self,
        id: RecordId,
        reason: &str,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Committed, Error> {
        let old = self.record(id)?.ok_or(Error::Missing { what: "record" })?;
        if !old.stands {
            return Ok(Committed::Refused(CommitRefused::NotOpen));
        }
        let reversal = self.take_back(id, reason, actor, now)?;
        self.reopen_review(&old.page, ReviewReason::Reopened { reason: reason.to_owned() }, now)?;
        let about = About { page: Some(&old.page), resident: Some(&old.resident), detail: Some(reason) };
        self.note("record_reversed", about, actor, now)?;
        Ok(Committed::Done(reversal))
    }

    /// What speaks against the slip's number: issued to somebody else, or standing committed from another page. A slip
    /// that was returned to its clinic may come again: [`Writer::commit`] then takes the first record back.
    ///
    /// # Errors
    /// The database failed.
    pub fn number_refused(&self, slip: &ProvenSlip, page: &PageId) -> Result<Option<CommitRefused>, Error> {
        let Some(number) = slip.number() else { return Ok(None) };
        if self.slip(number)?.is_none_or(|issued| issued.resident != *slip.resident()) {
            return Ok(Some(CommitRefused::NumberOfOther));
        }
        match self.twin(number, page)? {
            Some(twin) if !self.was_returned(number)? => {
                Ok(Some(CommitRefused::DuplicateSlip { page: twin.page }))
            }
            _ => Ok(None),
        }
    }

    /// The standing record of the same slip from another page.
    fn twin(&self, number: &ManagementNumber, page: &PageId) -> Result<Option<Record>, Error> {
        let sql = "select s.*, 1 as stands from standing_records s
                   where s.management_number = ?1 and s.page <> ?2 order by s.id limit 1";
        first(self.connection, sql, params![number.0, page.as_str()], record)
    }

    /// 返戻後の再提出: the slip was returned and comes again on `page`. Its first record is taken back, and the old page
    /// stands returned; both stay readable, and the claim of then keeps its return.
    fn supersede(
        &self,
        slip: &ProvenSlip,
        page: &PageId,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), Error> {
        let Some(number) = slip.number() else { return Ok(()) };
        let Some(old) = self.twin(number, page)? else { return Ok(()) };
        self.take_back(old.id, CAME_AGAIN, actor, now)?;
        self.set_state(&old.page, PageState::Returned, now)?;
        let sql = "update pages set disposal_reason = ?2 where page = ?1";
        run(self.connection, sql, params![old.page.as_str(), CAME_AGAIN])?;
        let about =
            About { page: Some(&old.page), resident: Some(&old.resident), detail: Some(page.as_str()) };
        self.note("slip_came_again", about, actor, now)?;
        Ok(())
    }

    fn enter(
        &self,
        page: &PageId,
        slip: &ProvenSlip,
        reason: Option<&str>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<RecordId, Error> {
        run(
            self.connection,
            "insert into records (kind, page, management_number, resident, programme, form, form_version,
                                  service_date, \"values\", findings, reason, committed_at, staff, terminal)
             values ('entry', :page, :number, :resident, :programme, :form, :form_version,
                     :service_date, :values, :findings, :reason, :now, :staff, :terminal)",
            named_params! {
                ":page": page.as_str(), ":number": slip.number().map(|number| &number.0),
                ":resident": slip.resident().0, ":programme": slip.programme().as_str(),
                ":form": slip.form().as_str(), ":form_version": slip.form_version(),
                ":service_date": slip.service_date().to_string(), ":values": json("values", slip.values())?,
                ":findings": json("findings", &slip.findings())?, ":reason": reason, ":now": ms(now),
                ":staff": actor.staff.as_str(), ":terminal": actor.terminal,
            },
        )?;
        let id = self.connection.last_insert_rowid();
        self.final_values(page, slip.values(), actor, now)?;
        run(
            self.connection,
            "update pages set state = 'committed', resident = ?2, form = ?3, updated_at = ?4,
                              management_number = coalesce(?5, management_number) where page = ?1",
            params![
                page.as_str(),
                slip.resident().0,
                slip.form().as_str(),
                ms(now),
                slip.number().map(|n| &n.0)
            ],
        )?;
        Ok(id)
    }

    pub(crate) fn final_values(
        &self,
        page: &PageId,
        values: &Values,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), Error> {
        for (field, value) in values {
            run(
                self.connection,
                "insert into field_values (page, field, machine_value, confidence, decision,
                                           final_value, staff, decided_at)
                 values (?1, ?2, 'null', 0, 'review', ?3, ?4, ?5)
                 on conflict (page, field) do update set
                     final_value = excluded.final_value, staff = excluded.staff,
                     decided_at = excluded.decided_at",
                params![
                    page.as_str(),
                    field.as_str(),
                    json("final_value", value)?,
                    actor.staff.as_str(),
                    ms(now)
                ],
            )?;
        }
        Ok(())
    }

    pub(crate) fn take_back(
        &self,
        id: RecordId,
        reason: &str,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<RecordId, Error> {
        run(
            self.connection,
            "insert into records (kind, reverses, page, management_number, resident, programme, form,
                                  form_version, service_date, \"values\", findings, reason, committed_at,
                                  staff, terminal)
             select 'reversal', id, page, management_number, resident, programme, form,
                    form_version, service_date, \"values\", findings, ?2, ?3, ?4, ?5
             from records where id = ?1",
            params![id, reason, ms(now), actor.staff.as_str(), actor.terminal],
        )?;
        Ok(self.connection.last_insert_rowid())
    }
}

/// The noun of a row of `records` with `stands` beside it.
pub(crate) fn record(row: &Row) -> Result<Record, Error> {
    Ok(Record {
        id: row.col("id")?,
        reverses: row.col("reverses")?,
        stands: row.col("stands")?,
        page: row.id("page")?,
        management_number: row.col::<Option<String>>("management_number")?.map(ManagementNumber),
        resident: ResidentId(row.col("resident")?),
        programme: row.id("programme")?,
        form: row.id("form")?,
        service_date: row.date("service_date")?,
        values: row.json("values")?,
        findings: row.json("findings")?,
        reason: row.col("reason")?,
        committed_at: row.moment("committed_at")?,
        staff: row.id("staff")?,
        terminal: row.col("terminal")?,
    })
}
