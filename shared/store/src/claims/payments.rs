//! Payments: rows frozen when a month is locked.

use crate::columns::{Columns, all, first, run};
use crate::{Error, Rows, Writer};
use domain::claim::payable::{PaymentKind, PaymentRow};
use domain::claim::reconcile::Visit;
use domain::claim::{ClaimClass, ClinicMonth, SlipKey};
use domain::ids::{ClinicCode, ProgrammeId, ResidentId};
use domain::month::Month;
use domain::yen::Yen;
use rusqlite::{Row, named_params, params};
use std::collections::HashSet;

/// 支払の明細. One frozen row.
#[derive(Clone, Debug, PartialEq)]
pub struct Payment {
    /// Its number.
    pub id: i64,
    /// The step that wrote it.
    pub cause: i64,
    /// Of which clinic and month.
    pub of: ClinicMonth,
    /// What.
    pub row: PaymentRow,
}

/// A remainder that no month has taken over yet.
pub(super) struct Remainder {
    /// The row that handed it on.
    pub payment: i64,
    /// Its month.
    pub month: Month,
    /// Above nought: what is taken off.
    pub amount: Yen,
}

impl Rows<'_> {
    /// The rows of a clinic-month, those taken back and their reversals included, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn clinic_payments(&self, of: &ClinicMonth) -> Result<Vec<Payment>, Error> {
        let sql = "select * from payments where month = ?1 and clinic = ?2 order by id";
        all(self.connection, sql, params![of.month.to_string(), of.clinic.as_str()], payment)
    }

    /// The rows of a month, of one clinic or of all, those taken back and their reversals included, by clinic and number.
    ///
    /// # Errors
    /// The database failed.
    pub fn month_payments(&self, month: Month, clinic: Option<&ClinicCode>) -> Result<Vec<Payment>, Error> {
        let sql =
            "select * from payments where month = ?1 and (?2 is null or clinic = ?2) order by clinic, id";
        all(self.connection, sql, params![month.to_string(), clinic.map(ClinicCode::as_str)], payment)
    }

    /// Everything that was ever paid, adjusted or taken back for a slip, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn slip_payments(&self, slip: &SlipKey) -> Result<Vec<Payment>, Error> {
        all(self.connection, "select * from payments where slip = ?1 order by id", [&slip.0], payment)
    }

    /// One row, when it stands: what an adjustment may be about.
    ///
    /// # Errors
    /// The database failed.
    pub fn payment(&self, id: i64) -> Result<Option<Payment>, Error> {
        first(self.connection, "select * from live_payments where id = ?1", [id], payment)
    }

    /// Visits to a clinic whose fee was paid in another month than `of`'s.
    pub(super) fn paid_visits(&self, of: &ClinicMonth) -> Result<HashSet<Visit>, Error> {
        let sql = "select visit from paid
                   where clinic = ?1 and visit is not null and kind = 'visit' and month <> ?2 and stands > 0";
        let visits = all(self.connection, sql, params![of.clinic.as_str(), of.month.to_string()], |row| {
            row.word("visit", |text| {
                let (resident, day) = text.rsplit_once('/')?;
                Some((ResidentId(resident.to_owned()), day.parse().ok()?))
            })
        })?;
        Ok(visits.into_iter().collect())
    }

    /// The remainders of a clinic that no month has taken over, but for those of `of` itself.
    pub(super) fn remainders(&self, of: &ClinicMonth) -> Result<Vec<Remainder>, Error> {
        let sql = "select id, month, amount from live_payments p
                   where clinic = ?1 and kind = 'carry' and about is null and month <> ?2
                     and not exists (select 1 from live_payments t where t.about = p.id and t.kind = 'carry')
                   order by id";
        all(self.connection, sql, params![of.clinic.as_str(), of.month.to_string()], |row| {
            Ok(Remainder {
                payment: row.col("id")?,
                month: super::entered::month(row)?,
                amount: Yen(row.col("amount")?),
            })
        })
    }

    /// Whether a bank file pays what `of` was locked with.
    pub(super) fn was_exported(&self, of: &ClinicMonth) -> Result<bool, Error> {
        let sql = "select 1 as one from bank_transfers where month = ?1 and clinic = ?2";
        let found =
            first(self.connection, sql, params![of.month.to_string(), of.clinic.as_str()], |_| Ok(()))?;
        Ok(found.is_some())
    }

    /// A month that adjusted what `of` paid, took its remainder over, or paid again what `of` took back.
    pub(super) fn built_upon(&self, of: &ClinicMonth) -> Result<Option<Month>, Error> {
        let sql = "select later.month as month from live_payments own
                   join live_payments later on later.about = own.id or (own.kind = 'adjust' and later.kind = 'slip'
                                               and later.slip = own.slip and later.id > own.id)
                   where own.month = ?1 and own.clinic = ?2 and later.month <> ?1
                   order by later.id limit 1";
        first(self.connection, sql, params![of.month.to_string(), of.clinic.as_str()], super::entered::month)
    }
}

impl Writer<'_> {
    /// Writes a row.
    pub(super) fn add_payment(&self, of: &ClinicMonth, cause: i64, row: &PaymentRow) -> Result<(), Error> {
        run(
            self.connection,
            "insert into payments (cause, clinic, month, kind, slip, record, programme, round, class, visit, about,
                                   amount, tax, tax_rate, words)
             values (:cause, :clinic, :month, :kind, :slip, :record, :programme, :round, :class, :visit, :about,
                     :amount, :tax, :tax_rate, :words)",
            named_params! {
                ":cause": cause, ":clinic": of.clinic.as_str(), ":month": of.month.to_string(),
                ":kind": row.kind.as_str(), ":slip": row.slip.as_ref().map(|slip| &slip.0),
                ":record": row.record, ":programme": row.programme.as_ref().map(ProgrammeId::as_str),
                ":round": row.round, ":class": row.class.map(ClaimClass::as_str), ":visit": row.visit,
                ":about": row.about, ":amount": row.amount.0, ":tax": row.tax.0, ":tax_rate": row.tax_rate,
                ":words": row.words,
            },
        )?;
        Ok(())
    }
}

/// The noun of a row of `payments`.
pub(crate) fn payment(row: &Row) -> Result<Payment, Error> {
    Ok(Payment {
        id: row.col("id")?,
        cause: row.col("cause")?,
        of: ClinicMonth { clinic: ClinicCode(row.col("clinic")?), month: super::entered::month(row)? },
        row: PaymentRow {
            kind: row.word("kind", PaymentKind::parse)?,
            slip: row.col::<Option<String>>("slip")?.map(SlipKey),
            record: row.col("record")?,
            programme: row.id_or_none("programme")?,
            round: row.col("round")?,
            class: row.word_or_none("class", ClaimClass::parse)?,
            visit: row.col("visit")?,
            about: row.col("about")?,
            amount: Yen(row.col("amount")?),
            tax: Yen(row.col("tax")?),
            tax_rate: row.col("tax_rate")?,
            words: row.col("words")?,
        },
    })
}
