//! 問合せ. What the office asks of others about a page: who sees to it, what was asked and answered, by whom and when.
//! While nobody has answered, the page is parked (`parked_pages`): it stays in review and leaves the ordinary queue.

use crate::columns::{Columns, all, day, first, ms, run};
use crate::events::About;
use crate::{Disposal, Error, Moved, Rows, Writer};
use domain::actor::Actor;
use domain::enquiry::{Channel, EnquiryKind, EnquiryState};
use domain::ids::{FieldId, PageId, StaffId};
use domain::page::PageState;
use domain::review::ReviewReason;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use rusqlite::{Row, named_params, params};

/// Why a page is put aside whose paper was scanned again.
const SCANNED_AGAIN: &str = "再スキャン済み（新しいページに置き換え）";
const DONE_ELSEWHERE: &str = "ページの処理が終わりました";
const FORM_ASSIGNED: &str = "帳票を指定して読み直しました";

/// 問合せ.
#[derive(Clone, Debug, PartialEq)]
pub struct Enquiry {
    /// Its number, for people.
    pub id: i64,
    /// The page.
    pub page: PageId,
    /// Who is asked, and what for.
    pub kind: EnquiryKind,
    /// The field it is about.
    pub field: Option<FieldId>,
    /// What is wrong.
    pub reason: String,
    /// In addition; may be empty.
    pub words: String,
    /// How far it has come.
    pub state: EnquiryState,
    /// Who sees to it.
    pub owner: Option<StaffId>,
    /// When an answer is due.
    pub due: Date,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// By whom.
    pub opened_by: StaffId,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
}

/// 問合せの経過. One step.
#[derive(Clone, Debug, PartialEq)]
pub struct EnquiryStep {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub staff: StaffId,
    /// What: `opened`, `given`, `asked`, `answered`, `closed` or `reopened`.
    pub what: String,
    /// How.
    pub how: Option<Channel>,
    /// With whom.
    pub other: Option<String>,
    /// What was said; for `given`, who has it now.
    pub words: Option<String>,
}

/// An enquiry to be opened.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEnquiry {
    /// The page.
    pub page: PageId,
    /// Who is asked, and what for.
    pub kind: EnquiryKind,
    /// The field it is about.
    pub field: Option<FieldId>,
    /// What is wrong.
    pub reason: String,
    /// In addition; may be empty.
    pub words: String,
    /// When an answer is due; the usual day of its kind when none is given.
    pub due: Option<Date>,
}

/// Whether an enquiry was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// It was; its number.
    Done(i64),
    /// The page does not wait for a person any more.
    NotOpen,
    /// Somebody else has the page on the screen.
    Held,
}

/// What was said in a step.
#[derive(Clone, Copy, Default)]
struct Said<'a> {
    how: Option<Channel>,
    other: Option<&'a str>,
    words: Option<&'a str>,
}

impl Rows<'_> {
    /// One enquiry.
    ///
    /// # Errors
    /// The database failed.
    pub fn enquiry(&self, id: i64) -> Result<Option<Enquiry>, Error> {
        first(self.connection, "select * from enquiries where id = ?1", [id], enquiry)
    }

    /// The enquiries about a page, newest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn enquiries_of(&self, page: &PageId) -> Result<Vec<Enquiry>, Error> {
        let sql = "select * from enquiries where page = ?1 order by id desc";
        all(self.connection, sql, [page.as_str()], enquiry)
    }

    /// The steps of an enquiry, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn enquiry_steps(&self, id: i64) -> Result<Vec<EnquiryStep>, Error> {
        let sql = "select e.at, e.staff, s.* from enquiry_steps s join events e on e.id = s.event
                   where s.enquiry = ?1 order by s.event";
        all(self.connection, sql, [id], |row| {
            Ok(EnquiryStep {
                at: row.moment("at")?,
                staff: row.id("staff")?,
                what: row.col("what")?,
                how: row.word_or_none("how", Channel::parse)?,
                other: row.col("other")?,
                words: row.col("words")?,
            })
        })
    }

    /// Whether a page waits for somebody's answer.
    ///
    /// # Errors
    /// The database failed.
    pub fn is_parked(&self, page: &PageId) -> Result<bool, Error> {
        let sql = "select page from parked_pages where page = ?1";
        Ok(first(self.connection, sql, [page.as_str()], |_| Ok(()))?.is_some())
    }
}

impl Writer<'_> {
    /// Opens an enquiry about a page in review, which is parked until it is answered. To have paper scanned again is
    /// the same as putting the page aside for that ([`Disposal::Rescan`]).
    ///
    /// # Errors
    /// There is no such page, or the database failed.
    pub fn open_enquiry(&self, new: &NewEnquiry, actor: &Actor, now: Timestamp) -> Result<Opened, Error> {
        if new.kind == EnquiryKind::Rescan {
            let reason = if new.words.is_empty() {
                new.reason.clone()
            } else {
                format!("{}　{}", new.reason, new.words)
            };
            return Ok(match self.dispose(&new.page, Disposal::Rescan, &reason, actor, now)? {
                Moved::Done => {
                    Opened::Done(self.enquiries_of(&new.page)?.first().map_or(0, |found| found.id))
                }
                Moved::NotOpen => Opened::NotOpen,
                Moved::Held => Opened::Held,
            });
        }
        if self.known_page(&new.page)?.state != PageState::InReview {
            return Ok(Opened::NotOpen);
        }
        if self.held_by_other(&new.page, actor, now)? {
            return Ok(Opened::Held);
        }
        let id = self.insert_enquiry(new, actor, now)?;
        self.release_review(&new.page, actor)?;
        Ok(Opened::Done(id))
    }

    /// Gives an enquiry to a member of staff.
    ///
    /// # Errors
    /// There is no such enquiry, or the database failed.
    pub fn give_enquiry(
        &self,
        id: i64,
        owner: &StaffId,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Moved, Error> {
        if self.known_enquiry(id)?.state == EnquiryState::Closed {
            return Ok(Moved::NotOpen);
        }
        let sql = "update enquiries set owner = ?2 where id = ?1";
        run(self.connection, sql, params![id, owner.as_str()])?;
        self.step(id, "given", Said { words: Some(owner.as_str()), ..Said::default() }, actor, now)?;
        Ok(Moved::Done)
    }

    /// Writes down that somebody was asked, how, and until when an answer is due. Whoever asks sees to it.
    ///
    /// # Errors
    /// There is no such enquiry, or the database failed.
    pub fn ask_enquiry(
        &self,
        id: i64,
        (how, other, words): (Channel, &str, &str),
        due: Date,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Moved, Error> {
        let found = self.known_enquiry(id)?;
        if !matches!(found.state, EnquiryState::Open | EnquiryState::Asked) {
            return Ok(Moved::NotOpen);
        }
        let sql = "update enquiries set state = 'asked', due = ?2, owner = coalesce(owner, ?3) where id = ?1";
        run(self.connection, sql, params![id, due.to_string(), actor.staff.as_str()])?;
        self.step(id, "asked", Said { how: Some(how), other: Some(other), words: Some(words) }, actor, now)?;
        Ok(Moved::Done)
    }

    /// Writes an answer down; the page goes back to the queue and says so.
    ///
    /// # Errors
    /// There is no such enquiry, or the database failed.
    pub fn answer_enquiry(
        &self,
        id: i64,
        (how, other, words): (Channel, &str, &str),
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Moved, Error> {
        let found = self.known_enquiry(id)?;
        if !matches!(found.state, EnquiryState::Open | EnquiryState::Asked) {
            return Ok(Moved::NotOpen);
        }
        run(self.connection, "update enquiries set state = 'answered' where id = ?1", [id])?;
        self.step(
            id,
            "answered",
            Said { how: Some(how), other: Some(other), words: Some(words) },
            actor,
            now,
        )?;
        self.add_review_reason(&found.page, ReviewReason::Answered { kind: found.kind }, now)?;
        Ok(Moved::Done)
    }

    /// Closes an enquiry without (or after) an answer; the page goes back to the queue. That of paper to be scanned
    /// again says that it was: the page it replaces is put aside.
    ///
    /// # Errors
    /// There is no such enquiry, or the database failed.
    pub fn close_enquiry(&self, id: i64, words: &str, actor: &Actor, now: Timestamp) -> Result<Moved, Error> {
        let found = self.known_enquiry(id)?;
        if found.state == EnquiryState::Closed {
            return Ok(Moved::NotOpen);
        }
        self.end(id, words, actor, now)?;
        if found.kind == EnquiryKind::Rescan {
            self.replaced(&found.page, actor, now)?;
        }
        Ok(Moved::Done)
    }

    /// Every enquiry about a page ends with it: the page was committed, put aside or taken back.
    pub(crate) fn settle_enquiries(&self, page: &PageId, actor: &Actor, now: Timestamp) -> Result<(), Error> {
        for found in self.enquiries_of(page)? {
            if found.state != EnquiryState::Closed {
                self.end(found.id, DONE_ELSEWHERE, actor, now)?;
            }
        }
        Ok(())
    }

    /// 再スキャン: somebody has to find the paper of a page.
    pub(crate) fn look_for_paper(
        &self,
        page: &PageId,
        reason: &str,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), Error> {
        let new = NewEnquiry {
            page: page.clone(),
            kind: EnquiryKind::Rescan,
            field: None,
            reason: reason.to_owned(),
            words: String::new(),
            due: None,
        };
        self.insert_enquiry(&new, actor, now).map(drop)
    }

    /// A person assigned the form: that is the answer to 帳票違い.
    pub(crate) fn form_was_assigned(
        &self,
        page: &PageId,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), Error> {
        for found in self.enquiries_of(page)? {
            if found.kind == EnquiryKind::WrongForm && found.state != EnquiryState::Closed {
                self.end(found.id, FORM_ASSIGNED, actor, now)?;
            }
        }
        Ok(())
    }

    /// A page was read with certainty: where paper with its number was looked for, it has come.
    pub(crate) fn paper_came(&self, page: &PageId, now: Timestamp) -> Result<(), Error> {
        let sql = "select q.id, q.page from enquiries q
                   join pages old on old.page = q.page
                   join pages new on new.page = ?1
                   where q.kind = 'rescan' and q.state <> 'closed' and old.state = 'rescan'
                     and old.page <> new.page and old.side is new.side
                     and old.management_number = new.management_number";
        let found: Vec<(i64, PageId)> =
            all(self.connection, sql, [page.as_str()], |row| Ok((row.col("id")?, row.id("page")?)))?;
        let actor = Actor::system("matcher");
        for (id, old) in found {
            self.end(id, SCANNED_AGAIN, &actor, now)?;
            self.replaced(&old, &actor, now)?;
        }
        Ok(())
    }

    /// Puts a page aside that a new one has replaced.
    fn replaced(&self, page: &PageId, actor: &Actor, now: Timestamp) -> Result<(), Error> {
        if self.known_page(page)?.state != PageState::Rescan {
            return Ok(());
        }
        self.set_state(page, PageState::Discarded, now)?;
        let sql = "update pages set disposal_reason = ?2 where page = ?1";
        run(self.connection, sql, params![page.as_str(), SCANNED_AGAIN])?;
        let about = About { page: Some(page), detail: Some(SCANNED_AGAIN), ..About::default() };
        self.note("page_discarded", about, actor, now).map(drop)
    }

    fn known_enquiry(&self, id: i64) -> Result<Enquiry, Error> {
        self.enquiry(id)?.ok_or(Error::Missing { what: "enquiry" })
    }

    fn insert_enquiry(&self, new: &NewEnquiry, actor: &Actor, now: Timestamp) -> Result<i64, Error> {
        let usual = day(now).saturating_add(new.kind.usual_days().days());
        run(
            self.connection,
            "insert into enquiries (page, kind, field, reason, words, state, due, opened_at, opened_by)
             values (:page, :kind, :field, :reason, :words, 'open', :due, :now, :by)",
            named_params! {
                ":page": new.page.as_str(), ":kind": new.kind.as_str(),
                ":field": new.field.as_ref().map(FieldId::as_str), ":reason": new.reason,
                ":words": new.words, ":due": new.due.unwrap_or(usual).to_string(), ":now": ms(now),
                ":by": actor.staff.as_str(),
            },
        )?;
        let id = self.connection.last_insert_rowid();
        self.step(id, "opened", Said::default(), actor, now)?;
        Ok(id)
    }

    fn end(&self, id: i64, words: &str, actor: &Actor, now: Timestamp) -> Result<(), Error> {
        let sql = "update enquiries set state = 'closed', closed_at = ?2 where id = ?1";
        run(self.connection, sql, params![id, ms(now)])?;
        self.step(id, "closed", Said { words: Some(words), ..Said::default() }, actor, now)
    }

    fn step(&self, id: i64, what: &str, said: Said, actor: &Actor, now: Timestamp) -> Result<(), Error> {
        let page = self.known_enquiry(id)?.page;
        let detail = format!("問合せ{id}");
        let about = About { page: Some(&page), detail: Some(&detail), ..About::default() };
        let event = self.note(&format!("enquiry_{what}"), about, actor, now)?;
        let given = |words: Option<&str>| words.filter(|words| !words.is_empty()).map(str::to_owned);
        run(
            self.connection,
            "insert into enquiry_steps (event, enquiry, what, how, other, words) values (?1, ?2, ?3, ?4, ?5, ?6)",
            params![event, id, what, said.how.map(Channel::as_str), given(said.other), given(said.words)],
        )?;
        Ok(())
    }
}

pub(crate) fn enquiry(row: &Row) -> Result<Enquiry, Error> {
    Ok(Enquiry {
        id: row.col("id")?,
        page: row.id("page")?,
        kind: row.word("kind", EnquiryKind::parse)?,
        field: row.id_or_none("field")?,
        reason: row.col("reason")?,
        words: row.col("words")?,
        state: row.word("state", EnquiryState::parse)?,
        owner: row.id_or_none("owner")?,
        due: row.date("due")?,
        opened_at: row.moment("opened_at")?,
        opened_by: row.id("opened_by")?,
        closed_at: row.moment_or_none("closed_at")?,
    })
}
