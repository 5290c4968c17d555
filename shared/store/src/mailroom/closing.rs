//! Envelopes closed and opened again by hand.

use crate::columns::{Columns, all, ms, run};
use crate::events::About;
use crate::{Error, Rows, Writer};
use domain::actor::Actor;
use domain::ids::{EnvelopeId, StaffId};
use jiff::Timestamp;
use rusqlite::params;

/// Whether an envelope could be closed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// It was.
    Done,
    /// It holds more or fewer slips than it declares: somebody has to say why that stands.
    NeedsReason,
    /// It already stands so.
    AlreadySo,
}

/// 束の記録. What somebody did with an envelope as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct EnvelopeEvent {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub staff: StaffId,
    /// What, as a word such as `envelope_settled`.
    pub what: String,
    /// Why.
    pub reason: Option<String>,
    /// Slips declared then.
    pub declared: Option<u32>,
    /// Slips seen then.
    pub seen: u32,
}

impl Writer<'_> {
    /// Closes an envelope by hand; with a difference to what it declares only for a reason (不足のまま確定).
    ///
    /// # Errors
    /// There is no such envelope, or the database failed.
    pub fn close_envelope(
        &self,
        id: &EnvelopeId,
        reason: &str,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Closing, Error> {
        let envelope = self.envelope(id)?.ok_or(Error::Missing { what: "envelope" })?;
        let differs = envelope.declared.is_some_and(|declared| u64::from(declared) != envelope.seen());
        let settled = envelope.settled.as_ref().is_some_and(|settled| settled.seen == envelope.seen());
        if envelope.closed_at.is_some() && (!differs || settled) {
            return Ok(Closing::AlreadySo);
        }
        if differs && reason.is_empty() {
            return Ok(Closing::NeedsReason);
        }
        let sql = "update envelopes set closed_at = coalesce(closed_at, ?2) where id = ?1";
        run(self.connection, sql, params![id.as_str(), ms(now)])?;
        if differs {
            let sql = "update envelopes set settled_at = ?2, settled_by = ?3, settled_reason = ?4,
                                            settled_seen = ?5 where id = ?1";
            let seen = i64::try_from(envelope.seen()).unwrap_or(i64::MAX);
            run(self.connection, sql, params![id.as_str(), ms(now), actor.staff.as_str(), reason, seen])?;
        }
        self.log(id, if differs { "envelope_settled" } else { "envelope_closed" }, reason, actor, now)?;
        Ok(Closing::Done)
    }

    /// Opens a closed envelope again: more of its paper has come.
    ///
    /// # Errors
    /// There is no such envelope, or the database failed.
    pub fn reopen_envelope(
        &self,
        id: &EnvelopeId,
        reason: &str,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Closing, Error> {
        let envelope = self.envelope(id)?.ok_or(Error::Missing { what: "envelope" })?;
        if envelope.closed_at.is_none() {
            return Ok(Closing::AlreadySo);
        }
        let sql = "update envelopes set closed_at = null, settled_at = null, settled_by = null,
                                        settled_reason = null, settled_seen = null where id = ?1";
        run(self.connection, sql, [id.as_str()])?;
        self.log(id, "envelope_reopened", reason, actor, now)?;
        Ok(Closing::Done)
    }

    /// Notes what was done with an envelope, and its counts at that moment.
    fn log(
        &self,
        id: &EnvelopeId,
        what: &str,
        reason: &str,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), Error> {
        let envelope = self.envelope(id)?.ok_or(Error::Missing { what: "envelope" })?;
        let detail = Some(reason).filter(|reason| !reason.is_empty());
        let event = self.note(what, About { detail, ..About::default() }, actor, now)?;
        let seen = i64::try_from(envelope.seen()).unwrap_or(i64::MAX);
        let sql = "insert into envelope_log (event, envelope, declared, seen) values (?1, ?2, ?3, ?4)";
        run(self.connection, sql, params![event, id.as_str(), envelope.declared, seen])?;
        Ok(())
    }
}

impl Rows<'_> {
    /// What people did with an envelope as a whole, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn envelope_events(&self, id: &EnvelopeId) -> Result<Vec<EnvelopeEvent>, Error> {
        all(
            self.connection,
            "select e.at, e.staff, e.what, e.detail, l.declared, l.seen
             from envelope_log l join events e on e.id = l.event
             where l.envelope = ?1 order by l.event",
            [id.as_str()],
            |row| {
                Ok(EnvelopeEvent {
                    at: row.moment("at")?,
                    staff: row.id("staff")?,
                    what: row.col("what")?,
                    reason: row.col("detail")?,
                    declared: row.col("declared")?,
                    seen: row.col("seen")?,
                })
            },
        )
    }
}
