//! Pages that a person puts into another envelope: a ticket was missing, unreadable, or lay in the wrong place.

use crate::columns::{Columns, all, day, first, ms, run};
use crate::events::About;
use crate::{Error, Page, Rows, Writer};
use domain::actor::Actor;
use domain::envelope::{loose_envelope, ticket_envelope};
use domain::ids::{EnvelopeId, PageId};
use domain::ticket::BatchTicket;
use jiff::Timestamp;
use rusqlite::{named_params, params};

/// Where pages are moved to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// An envelope that is there.
    Envelope(EnvelopeId),
    /// The envelope of a ticket that was printed; made when its ticket was never read.
    Ticket(BatchTicket),
    /// 束票なし.
    Loose,
}

/// Pages that were moved at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moving {
    /// For [`Writer::undo_move`].
    pub batch: i64,
    /// Where they lie now.
    pub envelope: EnvelopeId,
    /// How many were moved.
    pub moved: u32,
    /// How many stayed: tickets that open an envelope, pages that were cut, and those that lay there already.
    pub stayed: u32,
}

impl Writer<'_> {
    /// Puts pages into an envelope by hand. Tickets read later leave them there.
    ///
    /// # Errors
    /// There is no such page or envelope, or the database failed.
    pub fn move_pages(
        &self,
        pages: &[PageId],
        target: &Target,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Option<Moving>, Error> {
        let Some(first) = pages.first() else { return Ok(None) };
        let envelope = self.target(target, &self.known_page(first)?, now)?;
        let mut rows = Vec::new();
        for page in pages {
            let row = self.known_page(page)?;
            let fixed = row.opens.is_some() || (!row.counted && row.cut == 0);
            if !fixed && row.envelope != envelope {
                rows.push(row);
            }
        }
        let stayed = (pages.len() - rows.len()) as u32;
        if rows.is_empty() {
            return Ok(None);
        }
        let detail = format!("{}ページ", rows.len());
        let about = About { detail: Some(&detail), ..About::default() };
        let batch = self.note("pages_moved", about, actor, now)?;
        for row in &rows {
            run(
                self.connection,
                "insert into page_moves (batch, page, origin, was_placed, target) values (?1, ?2, ?3, ?4, ?5)",
                params![batch, row.id.as_str(), row.envelope.as_str(), row.placed, envelope.as_str()],
            )?;
            let sql = "update pages set envelope = ?2, placed = 1, updated_at = ?3 where page = ?1";
            run(self.connection, sql, params![row.id.as_str(), envelope.as_str(), ms(now)])?;
            self.note("page_moved", About { page: Some(&row.id), ..About::default() }, actor, now)?;
        }
        Ok(Some(Moving { batch, envelope, moved: rows.len() as u32, stayed }))
    }

    /// Takes a move back for every page of it that was not moved again since; how many.
    ///
    /// # Errors
    /// The database failed.
    pub fn undo_move(&self, batch: i64, actor: &Actor, now: Timestamp) -> Result<u32, Error> {
        let sql = "select m.page, m.origin, m.was_placed from page_moves m
                   where m.batch = ?1 and m.undone is null
                     and not exists (select 1 from page_moves later
                                     where later.page = m.page and later.batch > ?1 and later.undone is null)";
        let moves = all(self.connection, sql, [batch], |row| {
            Ok((row.id::<PageId>("page")?, row.id::<EnvelopeId>("origin")?, row.col::<bool>("was_placed")?))
        })?;
        if moves.is_empty() {
            return Ok(0);
        }
        let detail = format!("{}ページ", moves.len());
        let about = About { detail: Some(&detail), ..About::default() };
        let undone = self.note("pages_move_undone", about, actor, now)?;
        for (page, origin, was_placed) in &moves {
            let row = self.known_page(page)?;
            // A ticket may have been read since: the place in the pile says where an unplaced page lies now.
            let envelope = match was_placed {
                true => origin.clone(),
                false => self.back_in_the_pile(&row, origin)?,
            };
            let sql = "update pages set envelope = ?2, placed = ?3, updated_at = ?4 where page = ?1";
            run(self.connection, sql, params![page.as_str(), envelope.as_str(), was_placed, ms(now)])?;
            let sql = "update page_moves set undone = ?3 where batch = ?1 and page = ?2";
            run(self.connection, sql, params![batch, page.as_str(), undone])?;
            self.note("page_move_undone", About { page: Some(page), ..About::default() }, actor, now)?;
        }
        Ok(moves.len() as u32)
    }

    fn back_in_the_pile(&self, page: &Page, origin: &EnvelopeId) -> Result<EnvelopeId, Error> {
        if let Some(envelope) = self.ticket_before(&page.folder, page.file, page.place)? {
            return Ok(envelope);
        }
        let sql = "select id from envelopes where id = ?1 and clinic is null";
        match first(self.connection, sql, [origin.as_str()], |row| row.id("id"))? {
            Some(loose) => Ok(loose),
            None => self.loose(&page.folder, page.arrived_at),
        }
    }

    fn target(&self, target: &Target, page: &Page, now: Timestamp) -> Result<EnvelopeId, Error> {
        match target {
            Target::Envelope(id) => {
                self.envelope(id)?.ok_or(Error::Missing { what: "envelope" })?;
                Ok(id.clone())
            }
            Target::Loose => self.loose(&page.folder, page.arrived_at),
            Target::Ticket(ticket) => {
                let id = ticket_envelope(&ticket.number);
                run(
                    self.connection,
                    "insert into envelopes (id, folder, day, clinic, month, programme, declared, opened_at)
                     values (:id, :folder, :day, :clinic, :month, :programme, :declared, :now)
                     on conflict do nothing",
                    named_params! {
                        ":id": id.as_str(), ":folder": page.folder, ":day": day(now).to_string(),
                        ":clinic": ticket.clinic.as_str(), ":month": ticket.month,
                        ":programme": ticket.programme.as_str(), ":declared": ticket.declared, ":now": ms(now),
                    },
                )?;
                Ok(id)
            }
        }
    }

    fn loose(&self, folder: &str, at: Timestamp) -> Result<EnvelopeId, Error> {
        let id = loose_envelope(folder, day(at));
        let sql = "insert into envelopes (id, folder, day, opened_at) values (?1, ?2, ?3, ?4)
                   on conflict do nothing";
        run(self.connection, sql, params![id.as_str(), folder, day(at).to_string(), ms(at)])?;
        Ok(id)
    }
}

impl Rows<'_> {
    /// `page` and the pages behind it in its file that lie in the same envelope.
    ///
    /// # Errors
    /// There is no such page, or the database failed.
    pub fn pages_from(&self, page: &PageId) -> Result<Vec<PageId>, Error> {
        let row = self.known_page(page)?;
        all(
            self.connection,
            "select page from pages where file = ?1 and place >= ?2 and envelope = ?3
               and (counted = 1 or cut > 0) order by place",
            params![row.file, row.place, row.envelope.as_str()],
            |row| row.id("page"),
        )
    }

    /// The last move of a page that still stands, for its undoing.
    ///
    /// # Errors
    /// The database failed.
    pub fn last_move(&self, page: &PageId) -> Result<Option<(i64, u32)>, Error> {
        first(
            self.connection,
            "select m.batch, (select count(*) from page_moves o where o.batch = m.batch and o.undone is null) as n
             from page_moves m where m.page = ?1 and m.undone is null order by m.batch desc limit 1",
            [page.as_str()],
            |row| Ok((row.col("batch")?, row.col("n")?)),
        )
    }
}
