//! Envelopes: which pages lie under which batch ticket.
//!
//! A page's place is its folder and then (file, number). A ticket owns every page behind it in its folder up to
//! the next ticket. Readings arrive in any order, so pages lie in an envelope from the start and move when a
//! ticket between them and their old one is read: the sum over all envelopes never changes.

use crate::columns::{Columns, all, day, first, ms, run};
use crate::events::About;
use crate::{Error, Moved, Page, Rows, Writer};
use domain::actor::Actor;
use domain::envelope::{StateCounts, loose_envelope, ticket_envelope};
use domain::ids::{ClinicCode, EnvelopeId, PageId, ProgrammeId, StaffId};
use domain::page::PageState;
use domain::ticket::BatchTicket;
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Row, named_params, params};

/// 封筒・束, or the loose pages of a folder and day.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    /// Its id: the ticket's number, or `none:<folder>:<day>`.
    pub id: EnvelopeId,
    /// The folder below the inbox.
    pub folder: String,
    /// Local day on which it was opened.
    pub day: Date,
    /// Who sent it; `None` without a ticket (束票なし), as are the next three.
    pub clinic: Option<ClinicCode>,
    /// The clinic's name, when the clinic is known.
    pub clinic_name: Option<String>,
    /// Month of the claim, `2026-10`.
    pub month: Option<String>,
    /// What its slips are for.
    pub programme: Option<ProgrammeId>,
    /// How many slips the ticket declares.
    pub declared: Option<u32>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When a later ticket of the folder was read, or a person closed it.
    pub closed_at: Option<Timestamp>,
    /// That a person let it stand although it does not hold what it declares.
    pub settled: Option<Settled>,
    /// Its pages by state; tickets are not counted.
    pub counts: StateCounts,
    /// Its ticket pages, all states.
    pub tickets: u64,
}

/// 不足のまま確定. Who let a difference stand, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: StaffId,
    /// Why, for people.
    pub reason: String,
    /// The slips seen then.
    pub seen: u64,
}

impl Envelope {
    /// Slips seen, to be held against `declared`.
    pub fn seen(&self) -> u64 {
        self.counts.slips()
    }
}

const ENVELOPES: &str = "
    select e.*, c.name as clinic_name, p.state, coalesce(p.is_ticket, 0) as is_ticket, count(p.page) as pages
    from envelopes e left join pages p on p.envelope = e.id and p.counted = 1 left join clinics c on c.code = e.clinic
    where ?1 is null or e.id = ?1
    group by e.id, p.state, p.is_ticket
    order by e.opened_at desc, e.id";

impl Rows<'_> {
    /// Every envelope, newest first. Loose ones whose pages all went under a ticket are left out.
    ///
    /// # Errors
    /// The database failed.
    pub fn envelopes(&self) -> Result<Vec<Envelope>, Error> {
        let mut envelopes = self.counted(None)?;
        envelopes
            .retain(|envelope| envelope.clinic.is_some() || envelope.counts.paper() + envelope.tickets > 0);
        Ok(envelopes)
    }

    /// The newest `limit` envelopes with a ticket or a page, newest first: only these are counted.
    ///
    /// # Errors
    /// The database failed.
    pub fn newest_envelopes(&self, limit: u32) -> Result<Vec<Envelope>, Error> {
        let sql = "select id from envelopes e
                   where clinic is not null or exists (select 1 from pages p where p.envelope = e.id)
                   order by opened_at desc, id limit ?1";
        self.counted_each(sql, limit)
    }

    /// The newest `limit` envelopes with a ticket, newest first: only these are counted.
    ///
    /// # Errors
    /// The database failed.
    pub fn newest_tickets(&self, limit: u32) -> Result<Vec<Envelope>, Error> {
        let sql = "select id from envelopes where clinic is not null order by opened_at desc, id limit ?1";
        self.counted_each(sql, limit)
    }

    /// The envelopes whose ids `sql` gives, each with its counts.
    fn counted_each(&self, sql: &str, limit: u32) -> Result<Vec<Envelope>, Error> {
        let ids: Vec<EnvelopeId> = all(self.connection, sql, [limit], |row| row.id("id"))?;
        let mut envelopes = Vec::with_capacity(ids.len());
        for id in &ids {
            envelopes.extend(self.envelope(id)?);
        }
        Ok(envelopes)
    }

    /// One envelope.
    ///
    /// # Errors
    /// The database failed.
    pub fn envelope(&self, id: &EnvelopeId) -> Result<Option<Envelope>, Error> {
        Ok(self.counted(Some(id))?.pop())
    }

    /// Who sent an envelope, and the month of the claim; `None` without a ticket.
    ///
    /// # Errors
    /// The database failed.
    pub fn sender(&self, id: &EnvelopeId) -> Result<Option<(ClinicCode, String)>, Error> {
        let sql =
            "select clinic, month from envelopes where id = ?1 and clinic is not null and month is not null";
        first(self.connection, sql, [id.as_str()], |row| Ok((row.id("clinic")?, row.col("month")?)))
    }

    fn counted(&self, id: Option<&EnvelopeId>) -> Result<Vec<Envelope>, Error> {
        let mut statement = self.connection.prepare_cached(ENVELOPES)?;
        let mut rows = statement.query([id.map(EnvelopeId::as_str)])?;
        let mut envelopes: Vec<Envelope> = Vec::new();
        while let Some(row) = rows.next()? {
            let id: EnvelopeId = row.id("id")?;
            if envelopes.last().is_none_or(|last| last.id != id) {
                envelopes.push(empty_envelope(row)?);
            }
            let (Some(envelope), Some(state)) =
                (envelopes.last_mut(), row.word_or_none("state", PageState::parse)?)
            else {
                continue;
            };
            let pages: u32 = row.col("pages")?;
            if row.col("is_ticket")? {
                envelope.tickets += u64::from(pages);
            } else {
                envelope.counts.add(state, pages.into());
            }
        }
        Ok(envelopes)
    }

    /// The envelope of the last ticket at or before a place.
    pub(crate) fn ticket_before(
        &self,
        folder: &str,
        file: i64,
        place: u32,
    ) -> Result<Option<EnvelopeId>, Error> {
        first(
            self.connection,
            "select opens from pages
             where folder = ?1 and (file, place) <= (?2, ?3) and opens is not null
             order by file desc, place desc limit 1",
            params![folder, file, place],
            |row| row.id("opens"),
        )
    }

    /// The place of the first ticket behind a page.
    fn ticket_after(&self, page: &Page) -> Result<Option<(i64, u32)>, Error> {
        first(
            self.connection,
            "select file, place from pages
             where folder = ?1 and (file, place) > (?2, ?3) and opens is not null
             order by file, place limit 1",
            params![page.folder, page.file, page.place],
            |row| Ok((row.col("file")?, row.col("place")?)),
        )
    }
}

impl Writer<'_> {
    /// The envelope in which a page at this place lies; a loose one is made when there is none.
    pub(crate) fn envelope_at(
        &self,
        folder: &str,
        file: i64,
        place: u32,
        now: Timestamp,
    ) -> Result<EnvelopeId, Error> {
        if let Some(envelope) = self.ticket_before(folder, file, place)? {
            return Ok(envelope);
        }
        let today = day(now);
        let id = loose_envelope(folder, today);
        let sql = "insert into envelopes (id, folder, day, opened_at) values (?1, ?2, ?3, ?4)
                   on conflict do nothing";
        run(self.connection, sql, params![id.as_str(), folder, today.to_string(), ms(now)])?;
        Ok(id)
    }

    /// Remembers that a page is a batch ticket, whatever becomes of it.
    ///
    /// # Errors
    /// The database failed.
    pub fn mark_as_ticket(&self, page: &PageId) -> Result<(), Error> {
        run(self.connection, "update pages set is_ticket = 1 where page = ?1", [page.as_str()])?;
        Ok(())
    }

    /// A ticket whose data are proven opens its envelope: the page is committed, and every page behind it in
    /// its folder, up to the next ticket, lies in the envelope from now on. A second page of the same ticket
    /// goes on filling the same envelope.
    ///
    /// # Errors
    /// There is no such page, or the database failed.
    pub fn open_envelope(
        &self,
        page: &PageId,
        ticket: &BatchTicket,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Moved, Error> {
        let row = self.known_page(page)?;
        if !matches!(row.state, PageState::Read | PageState::InReview) {
            return Ok(Moved::NotOpen);
        }
        if self.held_by_other(page, actor, now)? {
            return Ok(Moved::Held);
        }
        let id = ticket_envelope(&ticket.number);
        run(
            self.connection,
            "insert into envelopes (id, folder, day, clinic, month, programme, declared, opened_at)
             values (:id, :folder, :day, :clinic, :month, :programme, :declared, :now) on conflict do nothing",
            named_params! {
                ":id": id.as_str(), ":folder": row.folder, ":day": day(now).to_string(),
                ":clinic": ticket.clinic.as_str(), ":month": ticket.month,
                ":programme": ticket.programme.as_str(), ":declared": ticket.declared, ":now": ms(now),
            },
        )?;
        let before = self.ticket_before(&row.folder, row.file, row.place)?;
        let sql = "update pages set opens = ?2, is_ticket = 1, management_number = ?3 where page = ?1";
        run(self.connection, sql, params![page.as_str(), id.as_str(), ticket.number])?;
        self.set_state(page, PageState::Committed, now)?;
        self.close_review(page, now)?;
        self.fill(&row, &id, before, now)?;
        self.note("envelope_opened", About { page: Some(page), ..About::default() }, actor, now)?;
        Ok(Moved::Done)
    }

    /// Moves the pages from the ticket on into its envelope, and closes the envelopes that are at their end.
    fn fill(
        &self,
        ticket: &Page,
        id: &EnvelopeId,
        before: Option<EnvelopeId>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let next = self.ticket_after(ticket)?;
        let (file, place) = next.unwrap_or((i64::MAX, 0));
        run(
            self.connection,
            "update pages set envelope = ?1
             where folder = ?2 and (file, place) >= (?3, ?4) and (file, place) < (?5, ?6) and placed = 0",
            params![id.as_str(), ticket.folder, ticket.file, ticket.place, file, place],
        )?;
        let closed = [before.filter(|before| before != id), next.map(|_| id.clone())];
        for envelope in closed.into_iter().flatten() {
            let sql = "update envelopes set closed_at = ?2 where id = ?1 and closed_at is null";
            run(self.connection, sql, params![envelope.as_str(), ms(now)])?;
        }
        Ok(())
    }
}

fn empty_envelope(row: &Row) -> Result<Envelope, Error> {
    Ok(Envelope {
        id: row.id("id")?,
        folder: row.col("folder")?,
        day: row.date("day")?,
        clinic: row.id_or_none("clinic")?,
        clinic_name: row.col("clinic_name")?,
        month: row.col("month")?,
        programme: row.id_or_none("programme")?,
        declared: row.col("declared")?,
        opened_at: row.moment("opened_at")?,
        closed_at: row.moment_or_none("closed_at")?,
        settled: settled(row)?,
        counts: StateCounts::default(),
        tickets: 0,
    })
}

fn settled(row: &Row) -> Result<Option<Settled>, Error> {
    let (Some(at), Some(by)) = (row.moment_or_none("settled_at")?, row.id_or_none("settled_by")?) else {
        return Ok(None);
    };
    let seen: u32 = row.col("settled_seen")?;
    Ok(Some(Settled { at, by, reason: row.col("settled_reason")?, seen: seen.into() }))
}
