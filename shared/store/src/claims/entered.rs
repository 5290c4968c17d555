//! Claims as they came in. The newest of a clinic and month is the claim; earlier ones stay readable.

use crate::columns::{Columns, all, first, json, ms, run};
use crate::events::About;
use crate::{Error, Rows, Writer};
use domain::actor::Actor;
use domain::claim::settlement::Settlement;
use domain::claim::{Claim, ClaimSource, ClinicMonth};
use domain::ids::{PageId, StaffId};
use domain::month::Month;
use domain::page::PageState;
use domain::record::CommitRefused;
use domain::rules::Values;
use domain::yen::Yen;
use jiff::Timestamp;
use rusqlite::{Row, named_params, params};

/// 請求書 as entered.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimRow {
    /// Its number.
    pub id: i64,
    /// What it says.
    pub claim: Claim,
    /// Who entered it.
    pub staff: StaffId,
    /// When.
    pub at: Timestamp,
}

/// Whether a claim could be entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimEntered {
    /// It is the claim of its clinic and month now.
    Done(i64),
    /// The month is locked.
    Locked,
    /// There is no such clinic.
    NoSuchClinic,
}

/// Whether a page became a claim.
#[derive(Clone, Debug, PartialEq)]
pub enum PageClaimed {
    /// It is a claim now.
    Done(i64),
    /// The claim cannot be entered; nothing changed.
    NotEntered(ClaimEntered),
    /// The page is not in a state for it; nothing changed.
    Refused(CommitRefused),
}

impl Rows<'_> {
    /// The claim of a clinic and month.
    ///
    /// # Errors
    /// The database failed.
    pub fn claim(&self, of: &ClinicMonth) -> Result<Option<ClaimRow>, Error> {
        Ok(self.claims_entered(of)?.into_iter().next())
    }

    /// Every claim that was entered for a clinic and month, newest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn claims_entered(&self, of: &ClinicMonth) -> Result<Vec<ClaimRow>, Error> {
        let sql = "select * from claims where month = ?1 and clinic = ?2 order by id desc";
        all(self.connection, sql, params![of.month.to_string(), of.clinic.as_str()], claim_row)
    }
}

impl Writer<'_> {
    /// Enters a claim as it stands on its paper; it takes the place of an earlier one.
    ///
    /// # Errors
    /// The database failed.
    pub fn enter_claim(&self, claim: &Claim, actor: &Actor, now: Timestamp) -> Result<ClaimEntered, Error> {
        if self.clinic(&claim.of.clinic)?.is_none() {
            return Ok(ClaimEntered::NoSuchClinic);
        }
        let steps = self.claim_steps(&claim.of)?;
        if Settlement::replay(steps.iter().map(|row| &row.taken)).locked {
            return Ok(ClaimEntered::Locked);
        }
        let page = match &claim.source {
            ClaimSource::Page { page } => Some(page),
            ClaimSource::Keyed | ClaimSource::File { .. } => None,
        };
        run(
            self.connection,
            "insert into claims (clinic, month, received_on, source, lines, total_count, total_amount, page, staff,
                                 terminal, at)
             values (:clinic, :month, :received, :source, :lines, :count, :amount, :page, :staff, :terminal, :at)",
            named_params! {
                ":clinic": claim.of.clinic.as_str(), ":month": claim.of.month.to_string(),
                ":received": claim.received_on.to_string(), ":source": json("source", &claim.source)?,
                ":lines": json("lines", &claim.lines)?, ":count": claim.total_count,
                ":amount": claim.total_amount.map(|amount| amount.0), ":page": page.map(|page| page.as_str()),
                ":staff": actor.staff.as_str(), ":terminal": actor.terminal, ":at": ms(now),
            },
        )?;
        let id = self.connection.last_insert_rowid();
        let detail = format!("{} {}", claim.of.clinic, claim.of.month);
        self.note("claim_entered", About { page, detail: Some(&detail), resident: None }, actor, now)?;
        Ok(ClaimEntered::Done(id))
    }

    /// Enters the claim that stands on `page`, whose values people decided, and commits the page with it.
    ///
    /// # Errors
    /// There is no such page, or the database failed.
    pub fn commit_claim(
        &self,
        page: &PageId,
        claim: &Claim,
        values: &Values,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<PageClaimed, Error> {
        let row = self.known_page(page)?;
        if !matches!(row.state, PageState::Read | PageState::InReview) {
            return Ok(PageClaimed::Refused(CommitRefused::NotOpen));
        }
        if self.held_by_other(page, actor, now)? {
            return Ok(PageClaimed::Refused(CommitRefused::HeldByOther));
        }
        let id = match self.enter_claim(claim, actor, now)? {
            ClaimEntered::Done(id) => id,
            refused => return Ok(PageClaimed::NotEntered(refused)),
        };
        self.final_values(page, values, actor, now)?;
        run(
            self.connection,
            "update pages set state = 'committed', updated_at = ?2 where page = ?1",
            params![page.as_str(), ms(now)],
        )?;
        self.close_review(page, now)?;
        self.settle_enquiries(page, actor, now)?;
        Ok(PageClaimed::Done(id))
    }
}

impl Rows<'_> {
    /// The claim that a page became, when it became one.
    ///
    /// # Errors
    /// The database failed.
    pub fn claim_of_page(&self, page: &PageId) -> Result<Option<ClaimRow>, Error> {
        first(self.connection, "select * from claims where page = ?1", [page.as_str()], claim_row)
    }
}

/// The noun of a row of `claims`.
pub(crate) fn claim_row(row: &Row) -> Result<ClaimRow, Error> {
    Ok(ClaimRow {
        id: row.col("id")?,
        claim: Claim {
            of: ClinicMonth {
                clinic: row.id("clinic")?,
                month: row.word("month", |text| text.parse().ok())?,
            },
            received_on: row.date("received_on")?,
            source: row.json("source")?,
            lines: row.json("lines")?,
            total_count: row.col("total_count")?,
            total_amount: row.col::<Option<i64>>("total_amount")?.map(Yen),
        },
        staff: row.id("staff")?,
        at: row.moment("at")?,
    })
}

/// The month in a column of that name.
pub(super) fn month(row: &Row) -> Result<Month, Error> {
    row.word("month", |text| text.parse().ok())
}
