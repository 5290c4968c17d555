//! 読取依頼. Requests that were sent and never answered: a broker that lost its disk, a machine that was restored. They
//! are written anew with another round, so that an answer that comes after all counts for nothing.

use crate::columns::{Columns, all, first, ms, run};
use crate::events::About;
use crate::{Error, Page, Rows, Writer};
use domain::actor::Actor;
use domain::ids::PageId;
use domain::message::ReadPage;
use domain::page::PageState;
use jiff::Timestamp;
use rusqlite::params;

/// Rounds that a restored house skips. The lost one may have asked for some more after the backup was made: their
/// answers may still be on their way, and nobody asks for a thousand readings of one page.
const ROUNDS_OF_THE_LOST: u32 = 1000;

/// Received pages with the moment since which they wait for their reading: when their request was sent. A page without
/// any request waits since it was received. One whose request is still in the outbox is not lost.
const WAITING: &str = "
    select p.page, coalesce((select max(o.sent_at) from outbox o where o.key = p.page || '#' || p.round),
                            p.updated_at) as since
    from pages p
    where p.state = 'received' and p.image is not null
      and not exists (select 1 from outbox o where o.key = p.page || '#' || p.round and o.sent_at is null)";

/// 読取待ち. A page that was asked for and is not read yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Which.
    pub page: PageId,
    /// Since when its request is out.
    pub since: Timestamp,
}

impl Rows<'_> {
    /// Pages whose request was sent before `before` and that nobody has read, those that wait longest first, at most
    /// `limit`. They may wait in the queue, lie in a reader's hands, or be forgotten: rows alone cannot tell.
    ///
    /// # Errors
    /// The database failed.
    pub fn waiting_pages(&self, before: Timestamp, limit: u32) -> Result<Vec<Waiting>, Error> {
        let sql = format!("select * from ({WAITING}) where since < ?1 order by since, page limit ?2");
        all(self.connection, &sql, params![ms(before), limit], |row| {
            Ok(Waiting { page: row.id("page")?, since: row.moment("since")? })
        })
    }

    /// How many [`Rows::waiting_pages`] there are, and since when the first of them waits.
    ///
    /// # Errors
    /// The database failed.
    pub fn waiting_count(&self, before: Timestamp) -> Result<(u64, Option<Timestamp>), Error> {
        let sql = format!("select count(*) as n, min(since) as since from ({WAITING}) where since < ?1");
        let counted = first(self.connection, &sql, [ms(before)], |row| {
            Ok((row.col::<i64>("n")?.unsigned_abs(), row.moment_or_none("since")?))
        })?;
        Ok(counted.unwrap_or_default())
    }

    /// Every page that is received and not read, whatever became of its request.
    ///
    /// # Errors
    /// The database failed.
    pub fn unread_pages(&self) -> Result<Vec<PageId>, Error> {
        let sql = "select page from pages where state = 'received' order by file, place";
        all(self.connection, sql, [], |row| row.id("page"))
    }
}

impl Writer<'_> {
    /// Asks anew for the readings of those of `pages` that still wait; how many. Each leaves a line in the log.
    ///
    /// # Errors
    /// There is no such page, or the database failed.
    pub fn requeue(&self, pages: &[PageId], actor: &Actor, now: Timestamp) -> Result<u32, Error> {
        let mut asked = 0;
        for page in pages {
            let row = self.known_page(page)?;
            asked += u32::from(self.ask_anew(row, 1, "page_requeued", actor, now)?);
        }
        Ok(asked)
    }

    /// Asks anew for those of `pages` that wait, after rows were brought back from a backup: whatever was in flight
    /// when the house was lost, sent or not, counts for nothing.
    ///
    /// # Errors
    /// As [`Writer::requeue`].
    pub fn requeue_restored(&self, pages: &[PageId], actor: &Actor, now: Timestamp) -> Result<u32, Error> {
        let mut asked = 0;
        for page in pages {
            let row = self.known_page(page)?;
            asked += u32::from(self.ask_anew(row, ROUNDS_OF_THE_LOST, "page_restored", actor, now)?);
        }
        Ok(asked)
    }

    fn ask_anew(
        &self,
        row: Page,
        step: u32,
        what: &str,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let (PageState::Received, Some(image)) = (row.state, row.image) else { return Ok(false) };
        let (page, round) = (row.id, row.round.saturating_add(step));
        // What lies unsent in the outbox would be read for nothing.
        let sql = "update outbox set sent_at = ?2 where sent_at is null and key = ?1";
        run(self.connection, sql, params![format!("{page}#{}", row.round), ms(now)])?;
        let sql = "update pages set round = ?2, updated_at = ?3 where page = ?1";
        run(self.connection, sql, params![page.as_str(), round, ms(now)])?;
        let (form, turn) = (row.assigned_form, row.turn);
        let message = ReadPage { form, turn, ..ReadPage::new(page.clone(), image, round) };
        self.ask_to_read(&message, now)?;
        self.note(what, About { page: Some(&page), ..About::default() }, actor, now)?;
        Ok(true)
    }
}
