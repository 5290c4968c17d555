//! A clinic-month with everything that belongs to it.

use super::payments::Payment;
use super::steps::StepRow;
use super::{ClaimRow, Rulebook};
use crate::columns::{Columns, first};
use crate::{Error, Rows};
use domain::claim::ClinicMonth;
use domain::claim::price::PriceList;
use domain::claim::reconcile::{ClaimReport, Material, reconcile};
use domain::claim::settlement::{ClaimSummary, Settlement};
use domain::yen::Yen;
use rusqlite::params;

/// 審査ファイル. What was claimed, found, decided and paid.
#[derive(Clone, Debug)]
pub struct ClaimFile {
    /// The claim as entered, when there is one.
    pub claim: Option<ClaimRow>,
    /// What was found.
    pub report: ClaimReport,
    /// Every step, oldest first.
    pub steps: Vec<StepRow>,
    /// What was decided.
    pub settlement: Settlement,
    /// What was frozen, reversals included.
    pub payments: Vec<Payment>,
    /// Pages of its envelopes that are still open.
    pub open_pages: u32,
    /// Remainders of other months that locking would take over, below nought.
    pub carried: Yen,
    /// What a confirmation has to name.
    pub digest: String,
}

impl ClaimFile {
    /// It on one line.
    pub fn summary(&self) -> ClaimSummary {
        ClaimSummary::of(&self.report, &self.settlement, self.open_pages, self.carried)
    }

    /// What its payments come to: what is or will be transferred. Never below nought while it is locked.
    pub fn paid(&self) -> Yen {
        self.payments.iter().map(|payment| payment.row.amount).sum()
    }

    /// Whether something that it was locked on has changed since: a record was corrected, or a page moved.
    pub fn drifted(&self) -> bool {
        let locked_on = self.settlement.confirmed.first().map(|confirmed| &confirmed.digest);
        self.settlement.locked && locked_on.is_some_and(|digest| *digest != self.digest)
    }
}

impl Rows<'_> {
    /// Everything about a clinic and month, reckoned now.
    ///
    /// # Errors
    /// The database failed.
    pub fn claim_file(&self, of: &ClinicMonth, rulebook: &Rulebook) -> Result<ClaimFile, Error> {
        self.claim_file_with(of, rulebook, &self.price_list()?)
    }

    pub(super) fn claim_file_with(
        &self,
        of: &ClinicMonth,
        rulebook: &Rulebook,
        prices: &PriceList,
    ) -> Result<ClaimFile, Error> {
        let claim = self.claim(of)?;
        let contracts = self.contracts_of(&of.clinic)?;
        let report = reconcile(Material {
            of,
            claim: claim.as_ref().map(|row| &row.claim),
            slips: self.claim_slips(of, rulebook)?,
            prices,
            contracts: contracts.as_deref(),
            paid_visits: &self.paid_visits(of)?,
        });
        let steps = self.claim_steps(of)?;
        let settlement = Settlement::replay(steps.iter().map(|row| &row.taken));
        // What is locked has taken over what it took over.
        let carried = match settlement.locked {
            true => self.carried_in(of)?,
            false => -self.remainders(of)?.iter().map(|one| one.amount).sum::<Yen>(),
        };
        let digest = settlement.digest(&report, carried);
        Ok(ClaimFile {
            claim,
            report,
            steps,
            settlement,
            payments: self.clinic_payments(of)?,
            open_pages: self.open_pages(of)?,
            carried,
            digest,
        })
    }

    /// The state of a clinic-month by its steps alone.
    pub(super) fn settlement(&self, of: &ClinicMonth) -> Result<Settlement, Error> {
        let steps = self.claim_steps(of)?;
        Ok(Settlement::replay(steps.iter().map(|row| &row.taken)))
    }

    fn carried_in(&self, of: &ClinicMonth) -> Result<Yen, Error> {
        let sql = "select coalesce(sum(amount), 0) as amount from live_payments
                   where month = ?1 and clinic = ?2 and kind = 'carry' and about is not null";
        let key = params![of.month.to_string(), of.clinic.as_str()];
        Ok(first(self.connection, sql, key, |row| row.col("amount"))?.map(Yen).unwrap_or_default())
    }

    /// Pages in the envelopes of a clinic and month that may still become slips of it.
    fn open_pages(&self, of: &ClinicMonth) -> Result<u32, Error> {
        let sql = "select count(*) as n from envelopes e join pages p on p.envelope = e.id
                   where e.month = ?1 and e.clinic = ?2 and p.counted = 1 and p.is_ticket = 0
                     and p.state in ('received', 'read', 'in_review', 'rescan', 'failed')";
        let key = params![of.month.to_string(), of.clinic.as_str()];
        Ok(first(self.connection, sql, key, |row| row.col("n"))?.unwrap_or_default())
    }
}
