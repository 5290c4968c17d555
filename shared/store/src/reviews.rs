//! Review items: what people have to look at, and who is looking.

use crate::columns::{Columns, all, first, json, ms, run};
use crate::events::About;
use crate::{Error, Moved, Rows, Writer};
use domain::actor::Actor;
use domain::ids::{FieldId, PageId, StaffId};
use domain::keying::Stage;
use domain::matching::MatchOutcome;
use domain::page::PageState;
use domain::reading::{Decision, Value};
use domain::review::ReviewReason;
use jiff::Timestamp;
use rusqlite::{Row, named_params, params};

/// 確認待ち. One page that a person must look at.
#[derive(Clone, Debug, PartialEq)]
pub struct ReviewItem {
    /// The page.
    pub page: PageId,
    /// Whether it still waits.
    pub open: bool,
    /// The pass that it waits for.
    pub stage: Stage,
    /// Why, most important first.
    pub reasons: Vec<ReviewReason>,
    /// Who it may be.
    pub outcome: MatchOutcome,
    /// Small first.
    pub priority: u32,
    /// Who has it on the screen, and until when the lease runs; may have run out.
    pub lease: Option<(StaffId, Timestamp)>,
    /// Since when it waits.
    pub created_at: Timestamp,
    /// When it was settled.
    pub done_at: Option<Timestamp>,
}

/// Whether a review item could be taken onto a screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lease {
    /// It is yours until the time asked for.
    Yours,
    /// Somebody else has it.
    Held {
        /// Who.
        by: StaffId,
        /// Until when.
        until: Timestamp,
    },
    /// It does not wait any more.
    Closed,
}

/// 項目の値. One field of a page: what the machine saw and what was decided.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldValue {
    /// Which field.
    pub field: FieldId,
    /// What the machine saw.
    pub machine_value: Value,
    /// Calibrated probability of it, 0..=1.
    pub confidence: f64,
    /// What the machine thought of it.
    pub decision: Decision,
    /// Why it doubted, for people.
    pub reason: Option<String>,
    /// The value that counts, once decided.
    pub final_value: Option<Value>,
    /// Who decided it.
    pub staff: Option<StaffId>,
    /// When.
    pub decided_at: Option<Timestamp>,
}

impl Rows<'_> {
    /// Items that wait, most important first, then oldest; at most `limit`.
    ///
    /// # Errors
    /// The database failed.
    pub fn open_reviews(&self, limit: u32) -> Result<Vec<ReviewItem>, Error> {
        let sql = "select * from review_items where state = 'open'
                   order by priority, created_at, page limit ?1";
        all(self.connection, sql, [limit], review_item)
    }

    /// The review item of a page, open or done.
    ///
    /// # Errors
    /// The database failed.
    pub fn review_item(&self, page: &PageId) -> Result<Option<ReviewItem>, Error> {
        first(self.connection, "select * from review_items where page = ?1", [page.as_str()], review_item)
    }

    /// Every field of a page that has been read or decided, by field id.
    ///
    /// # Errors
    /// The database failed.
    pub fn field_values(&self, page: &PageId) -> Result<Vec<FieldValue>, Error> {
        let sql = "select * from field_values where page = ?1 order by field";
        all(self.connection, sql, [page.as_str()], field_value)
    }

    pub(crate) fn held_by_other(&self, page: &PageId, actor: &Actor, now: Timestamp) -> Result<bool, Error> {
        let sql = "select page from review_items
                   where page = ?1 and state = 'open' and lease_owner <> ?2 and lease_until > ?3";
        let held =
            first(self.connection, sql, params![page.as_str(), actor.staff.as_str(), ms(now)], |_| Ok(()))?;
        Ok(held.is_some())
    }
}

impl Writer<'_> {
    /// Lets a page that was received or read wait for a person; for a page already waiting, new reasons are
    /// added to the old ones.
    ///
    /// # Errors
    /// There is no such page, or the database failed.
    pub fn send_to_review(
        &self,
        page: &PageId,
        outcome: &MatchOutcome,
        reasons: &[ReviewReason],
        now: Timestamp,
    ) -> Result<Moved, Error> {
        let row = self.known_page(page)?;
        if !matches!(row.state, PageState::Received | PageState::Read | PageState::InReview) {
            return Ok(Moved::NotOpen);
        }
        let mut all_reasons = match self.review_item(page)?.filter(|item| item.open) {
            Some(item) => item.reasons,
            None => Vec::new(),
        };
        all_reasons.extend(
            reasons.iter().filter(|reason| !all_reasons.contains(reason)).cloned().collect::<Vec<_>>(),
        );
        self.put_review(page, Some(outcome), all_reasons, now)?;
        Ok(Moved::Done)
    }

    /// Adds a reason to a page that waits; nothing happens to any other page.
    ///
    /// # Errors
    /// The database failed.
    pub fn add_review_reason(
        &self,
        page: &PageId,
        reason: ReviewReason,
        now: Timestamp,
    ) -> Result<(), Error> {
        let Some(item) = self.review_item(page)?.filter(|item| item.open) else {
            return Ok(());
        };
        let mut reasons = item.reasons;
        if !reasons.contains(&reason) {
            reasons.push(reason);
            self.put_review(page, None, reasons, now)?;
        }
        Ok(())
    }

    /// Takes a waiting item onto somebody's screen until `until`, or prolongs that person's own lease.
    ///
    /// # Errors
    /// The database failed.
    pub fn lease_review(
        &self,
        page: &PageId,
        actor: &Actor,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Lease, Error> {
        let Some(item) = self.review_item(page)?.filter(|item| item.open) else {
            return Ok(Lease::Closed);
        };
        if let Some((by, held_until)) = item.lease
            && by != actor.staff
            && held_until > now
        {
            return Ok(Lease::Held { by, until: held_until });
        }
        let sql = "update review_items set lease_owner = ?2, lease_until = ?3 where page = ?1";
        run(self.connection, sql, params![page.as_str(), actor.staff.as_str(), ms(until)])?;
        Ok(Lease::Yours)
    }

    /// Takes a waiting item from whoever has it on the screen, for a reason; that person's save is refused from now on.
    ///
    /// # Errors
    /// The database failed.
    pub fn take_over_review(
        &self,
        page: &PageId,
        reason: &str,
        actor: &Actor,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Lease, Error> {
        let Some(item) = self.review_item(page)?.filter(|item| item.open) else {
            return Ok(Lease::Closed);
        };
        let holder = item.lease.map(|(by, _)| by).filter(|by| *by != actor.staff);
        let sql = "update review_items set lease_owner = ?2, lease_until = ?3 where page = ?1";
        run(self.connection, sql, params![page.as_str(), actor.staff.as_str(), ms(until)])?;
        if let Some(holder) = holder {
            let detail = format!("{holder}：{reason}");
            let about = About { page: Some(page), detail: Some(&detail), ..About::default() };
            self.note("review_taken_over", about, actor, now)?;
        }
        Ok(Lease::Yours)
    }

    /// Gives one's own lease back; anybody else's stays.
    ///
    /// # Errors
    /// The database failed.
    pub fn release_review(&self, page: &PageId, actor: &Actor) -> Result<(), Error> {
        let sql = "update review_items set lease_owner = null, lease_until = null
                   where page = ?1 and lease_owner = ?2";
        run(self.connection, sql, params![page.as_str(), actor.staff.as_str()])?;
        Ok(())
    }

    /// Lets a page wait again with its old reasons and candidates, and one reason more.
    pub(crate) fn reopen_review(
        &self,
        page: &PageId,
        reason: ReviewReason,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut reasons = vec![reason];
        if let Some(item) = self.review_item(page)? {
            let old = item.reasons.into_iter().filter(|old| !matches!(old, ReviewReason::Reopened { .. }));
            reasons.extend(old);
        }
        self.put_review(page, None, reasons, now)
    }

    /// Lets a page wait again as if it had never been settled.
    pub(crate) fn reopen_as_before(&self, page: &PageId, now: Timestamp) -> Result<(), Error> {
        let reasons = self.review_item(page)?.map(|item| item.reasons).unwrap_or_default();
        self.put_review(page, None, reasons, now)
    }

    pub(crate) fn close_review(&self, page: &PageId, now: Timestamp) -> Result<(), Error> {
        let sql =
            "update review_items set state = 'done', done_at = ?2, lease_owner = null, lease_until = null
                   where page = ?1 and state = 'open'";
        run(self.connection, sql, params![page.as_str(), ms(now)])?;
        self.no_work(page)
    }

    /// Writes the item of a page and its state; `outcome` stays as it is when none is given.
    fn put_review(
        &self,
        page: &PageId,
        outcome: Option<&MatchOutcome>,
        mut reasons: Vec<ReviewReason>,
        now: Timestamp,
    ) -> Result<(), Error> {
        reasons.sort_by_key(ReviewReason::priority);
        let priority = reasons.first().map_or(0, ReviewReason::priority);
        let candidates = json("candidates", outcome.unwrap_or(&MatchOutcome::None))?;
        run(
            self.connection,
            "insert into review_items (page, state, reasons, candidates, priority, created_at)
             values (:page, 'open', :reasons, :candidates, :priority, :now)
             on conflict (page) do update set
                 reasons = excluded.reasons, priority = excluded.priority,
                 candidates = case when :keep then candidates else excluded.candidates end,
                 created_at = case when state = 'open' then created_at else excluded.created_at end,
                 stage = case when state = 'open' then stage else 'first' end,
                 state = 'open', done_at = null",
            named_params! {
                ":page": page.as_str(), ":reasons": json("reasons", &reasons)?, ":candidates": candidates,
                ":priority": priority, ":now": ms(now), ":keep": outcome.is_none(),
            },
        )?;
        self.set_state(page, PageState::InReview, now)
    }
}

fn review_item(row: &Row) -> Result<ReviewItem, Error> {
    let owner = row.id_or_none::<StaffId>("lease_owner")?;
    Ok(ReviewItem {
        page: row.id("page")?,
        open: row.col::<String>("state")? == "open",
        stage: row.word("stage", Stage::parse)?,
        reasons: row.json("reasons")?,
        outcome: row.json("candidates")?,
        priority: row.col("priority")?,
        lease: owner.zip(row.moment_or_none("lease_until")?),
        created_at: row.moment("created_at")?,
        done_at: row.moment_or_none("done_at")?,
    })
}

fn field_value(row: &Row) -> Result<FieldValue, Error> {
    Ok(FieldValue {
        field: row.id("field")?,
        machine_value: row.json("machine_value")?,
        confidence: row.col("confidence")?,
        decision: row.word("decision", |word| match word {
            "accept" => Some(Decision::Accept),
            "review" => Some(Decision::Review),
            _ => None,
        })?,
        reason: row.col("reason")?,
        final_value: row.json_or_none("final_value")?,
        staff: row.id_or_none("staff")?,
        decided_at: row.moment_or_none("decided_at")?,
    })
}
