//! 確定と解除. The second confirmation freezes what is paid; an unlock takes it back, row by row.

use super::file::ClaimFile;
use crate::columns::{Columns, all};
use crate::events::About;
use crate::{Error, Writer};
use domain::actor::Actor;
use domain::claim::payable::{self, PaymentKind, PaymentRow};
use domain::claim::price::tax_within;
use domain::claim::settlement::Adjusted;
use domain::claim::{ClaimStep, ClinicMonth};
use domain::yen::Yen;
use jiff::Timestamp;
use rusqlite::params;

impl Writer<'_> {
    /// Locks a month that two people have confirmed as it stands, and writes its rows; whether it did.
    pub(super) fn lock_when_confirmed(
        &self,
        of: &ClinicMonth,
        file: ClaimFile,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let settlement = self.settlement(of)?;
        if settlement.confirmed_now(&file.digest).count() < 2 {
            return Ok(false);
        }
        let cause = self.add_step(of, &ClaimStep::Lock, actor, now)?;
        let mut rows = payable::rows(&file.report, &settlement);
        for (payment, adjusted) in &settlement.adjustments {
            rows.push(self.adjustment(*payment, adjusted)?);
        }
        for remainder in self.remainders(of)? {
            let words = format!("{}からの繰越", remainder.month.label());
            rows.push(payable::carry(-remainder.amount, Some(remainder.payment), words));
        }
        let net: Yen = rows.iter().map(|row| row.amount).sum();
        if net < Yen::ZERO {
            rows.push(payable::carry(-net, None, "次に確定する月への繰越".into()));
        }
        for row in &rows {
            self.add_payment(of, cause, row)?;
        }
        let detail = format!("{} {}", of.clinic, of.month);
        self.note("claim_locked", About { detail: Some(&detail), ..About::default() }, actor, now)?;
        Ok(true)
    }

    fn adjustment(&self, payment: i64, adjusted: &Adjusted) -> Result<PaymentRow, Error> {
        let paid = self.payment(payment)?.ok_or(Error::Missing { what: "payment" })?;
        let words = [adjusted.reason.label(), &adjusted.words];
        let words: Vec<&str> = words.into_iter().filter(|words| !words.is_empty()).collect();
        Ok(PaymentRow {
            kind: PaymentKind::Adjust,
            about: Some(payment),
            amount: adjusted.amount,
            tax: tax_within(adjusted.amount, paid.row.tax_rate),
            words: Some(format!("{}支払分：{}", paid.of.month.label(), words.join("・"))),
            ..paid.row
        })
    }

    /// Takes back every row of a month that stands.
    pub(super) fn take_payments_back(
        &self,
        of: &ClinicMonth,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), Error> {
        // The step that was just written.
        let cause = "select max(id) as id from claim_steps where month = ?1 and clinic = ?2";
        let key = params![of.month.to_string(), of.clinic.as_str()];
        let cause: i64 = crate::columns::first(self.connection, cause, key, |row| row.col("id"))?
            .ok_or(Error::Missing { what: "step" })?;
        // Remainders first: what was handed on goes before what it was made of.
        let sql = "select * from live_payments where month = ?1 and clinic = ?2 order by id desc";
        let standing = all(
            self.connection,
            sql,
            params![of.month.to_string(), of.clinic.as_str()],
            super::payments::payment,
        )?;
        for payment in standing {
            let row = PaymentRow {
                kind: PaymentKind::Reversal,
                about: Some(payment.id),
                amount: -payment.row.amount,
                tax: -payment.row.tax,
                words: Some("確定の解除".into()),
                ..payment.row
            };
            self.add_payment(of, cause, &row)?;
        }
        let detail = format!("{} {}", of.clinic, of.month);
        self.note("claim_unlocked", About { detail: Some(&detail), ..About::default() }, actor, now)?;
        Ok(())
    }
}
