//! Steps: taken one by one, refused with a reason, never changed.

use super::Rulebook;
use super::file::ClaimFile;
use crate::columns::{Columns, all, json, ms, run};
use crate::{Error, Rows, Writer};
use domain::actor::Actor;
use domain::claim::settlement::{Bench, PaidRow};
use domain::claim::{ClaimStep, ClinicMonth, SlipDecision, SlipKey, StepRefused, TakenStep};
use domain::ids::ManagementNumber;
use domain::yen::Yen;
use jiff::Timestamp;
use rusqlite::{Row, named_params, params};

/// A step as it stands in its row.
#[derive(Clone, Debug, PartialEq)]
pub struct StepRow {
    /// Its number.
    pub id: i64,
    /// What, by whom.
    pub taken: TakenStep,
    /// From where.
    pub terminal: String,
    /// When.
    pub at: Timestamp,
}

/// Whether a step was taken.
#[derive(Clone, Debug, PartialEq)]
pub enum StepTaken {
    /// It was; `locked` says whether it locked the month.
    Done {
        /// The second confirmation locks.
        locked: bool,
    },
    /// It was not; nothing changed.
    Refused(StepRefused),
}

impl Rows<'_> {
    /// The steps of a clinic-month, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn claim_steps(&self, of: &ClinicMonth) -> Result<Vec<StepRow>, Error> {
        let sql = "select * from claim_steps where month = ?1 and clinic = ?2 order by id";
        all(self.connection, sql, params![of.month.to_string(), of.clinic.as_str()], step_row)
    }

    /// Every step on a slip, in whatever clinic-month, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn slip_steps(&self, slip: &SlipKey) -> Result<Vec<(ClinicMonth, StepRow)>, Error> {
        let sql = "select * from claim_steps where slip = ?1 order by id";
        all(self.connection, sql, [&slip.0], |row| {
            let of = ClinicMonth { clinic: row.id("clinic")?, month: super::entered::month(row)? };
            Ok((of, step_row(row)?))
        })
    }

    /// 返戻中: whether the last that was decided of a slip is that it goes back to its clinic, and it has not come again
    /// since.
    ///
    /// # Errors
    /// The database failed.
    pub fn was_returned(&self, number: &ManagementNumber) -> Result<bool, Error> {
        let steps = self.slip_steps(&SlipKey(number.0.clone()))?;
        let Some((_, last)) = steps.last() else { return Ok(false) };
        let returned =
            matches!(&last.taken.step, ClaimStep::Decide { decision: SlipDecision::Return { .. }, .. });
        let sql = "select max(committed_at) as at from standing_records where management_number = ?1";
        let committed: Option<i64> =
            crate::columns::first(self.connection, sql, [&number.0], |row| row.col("at"))?.flatten();
        Ok(returned && committed.is_none_or(|committed| committed <= ms(last.at)))
    }

    /// What an adjustment of row `payment` would be about; `None` when the row does not stand.
    fn paid_row(&self, payment: i64) -> Result<Option<PaidRow>, Error> {
        let sql = "select clinic, month, stands from paid where id = ?1";
        crate::columns::first(self.connection, sql, [payment], |row| {
            Ok(PaidRow {
                of: ClinicMonth { clinic: row.id("clinic")?, month: super::entered::month(row)? },
                stands: Yen(row.col("stands")?),
            })
        })
    }
}

impl Rows<'_> {
    /// Whether what a month adjusts can be adjusted still: another month may have been unlocked, or adjusted the same.
    fn adjustments_stand(&self, file: &ClaimFile) -> Result<bool, Error> {
        if file.settlement.locked {
            return Ok(true);
        }
        for (payment, adjusted) in &file.settlement.adjustments {
            let left = self.paid_row(*payment)?.map(|paid| paid.stands + adjusted.amount);
            if left.is_none_or(|left| left < Yen::ZERO) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Writer<'_> {
    /// Takes a step of a clinic-month, or says why not. Whether the person has the right is asked before. The second
    /// confirmation by another person locks the month and writes its payments; an unlock takes them back.
    ///
    /// # Errors
    /// The database failed.
    pub fn take_step(
        &self,
        of: &ClinicMonth,
        step: ClaimStep,
        rulebook: &Rulebook,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<StepTaken, Error> {
        let file = self.claim_file(of, rulebook)?;
        let paid = match &step {
            ClaimStep::Adjust { payment, .. } => self.paid_row(*payment)?,
            _ => None,
        };
        let unlocks = matches!(step, ClaimStep::Unlock { .. });
        let bench = Bench {
            report: &file.report,
            settlement: &file.settlement,
            open_pages: file.open_pages,
            carried: file.carried,
            paid: paid.as_ref(),
            adjustments_stand: self.adjustments_stand(&file)?,
            exported: unlocks && self.was_exported(of)?,
            built_upon: if unlocks { self.built_upon(of)? } else { None },
        };
        if let Some(refused) = bench.refused(&step, &actor.staff) {
            return Ok(StepTaken::Refused(refused));
        }
        let step = as_seen(step, &file);
        self.add_step(of, &step, actor, now)?;
        if unlocks {
            self.take_payments_back(of, actor, now)?;
        }
        let locked =
            matches!(step, ClaimStep::Confirm { .. }) && self.lock_when_confirmed(of, file, actor, now)?;
        Ok(StepTaken::Done { locked })
    }

    /// Writes a step; its number.
    pub(super) fn add_step(
        &self,
        of: &ClinicMonth,
        step: &ClaimStep,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<i64, Error> {
        let slip = match step {
            ClaimStep::Decide { slip, .. } | ClaimStep::Undecide { slip } => Some(&slip.0),
            _ => None,
        };
        run(
            self.connection,
            "insert into claim_steps (clinic, month, step, slip, staff, terminal, at)
             values (:clinic, :month, :step, :slip, :staff, :terminal, :at)",
            named_params! {
                ":clinic": of.clinic.as_str(), ":month": of.month.to_string(), ":step": json("step", step)?,
                ":slip": slip, ":staff": actor.staff.as_str(), ":terminal": actor.terminal, ":at": ms(now),
            },
        )?;
        Ok(self.connection.last_insert_rowid())
    }
}

/// The step with what stands there now, where the caller did not say what was seen.
fn as_seen(step: ClaimStep, file: &ClaimFile) -> ClaimStep {
    match step {
        ClaimStep::Decide { slip, decision, seen } => {
            let now = file.report.slip(&slip).map(|report| report.seen.clone());
            ClaimStep::Decide { slip, decision, seen: seen.or(now) }
        }
        ClaimStep::SettleLine { line, words, seen } => {
            let now = match line {
                None => Some(file.report.totals.seen.clone()),
                Some(at) => file.report.lines.get(at).map(|line| line.seen.clone()),
            };
            ClaimStep::SettleLine { line, words, seen: seen.or(now) }
        }
        other => other,
    }
}

/// The noun of a row of `claim_steps`.
pub(crate) fn step_row(row: &Row) -> Result<StepRow, Error> {
    Ok(StepRow {
        id: row.col("id")?,
        taken: TakenStep { step: row.json("step")?, staff: row.id("staff")? },
        terminal: row.col("terminal")?,
        at: row.moment("at")?,
    })
}
