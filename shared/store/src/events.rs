//! Who did what, when and from where: the ground of the access log.

use crate::columns::{Columns, all, ms, run};
use crate::{Access, Error, Rows, Writer};
use domain::access::Act;
use domain::actor::Actor;
use domain::ids::{PageId, ResidentId, StaffId};
use jiff::Timestamp;
use rusqlite::{Row, named_params};

/// 操作記録. One line of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Grows with every event.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub staff: StaffId,
    /// From where.
    pub terminal: String,
    /// What, as a word such as `page_discarded`.
    pub what: String,
    /// The page it touched.
    pub page: Option<PageId>,
    /// The person it touched.
    pub resident: Option<ResidentId>,
    /// Reason or counts.
    pub detail: Option<String>,
}

/// What an event is about.
#[derive(Clone, Copy, Default)]
pub(crate) struct About<'a> {
    pub page: Option<&'a PageId>,
    pub resident: Option<&'a ResidentId>,
    pub detail: Option<&'a str>,
}

impl Writer<'_> {
    /// Writes one line of the log; its id. What touches a page or a person stands in the access log, too.
    pub(crate) fn note(&self, what: &str, about: About, actor: &Actor, now: Timestamp) -> Result<i64, Error> {
        run(
            self.connection,
            "insert into events (at, staff, terminal, what, page, resident, detail)
             values (:at, :staff, :terminal, :what, :page, :resident, :detail)",
            named_params! {
                ":at": ms(now), ":staff": actor.staff.as_str(), ":terminal": actor.terminal, ":what": what,
                ":page": about.page.map(PageId::as_str), ":resident": about.resident.map(|id| &id.0),
                ":detail": about.detail,
            },
        )?;
        let id = self.connection.last_insert_rowid();
        if about.page.is_some() || about.resident.is_some() {
            let residents: Vec<ResidentId> = about.resident.into_iter().cloned().collect();
            let change = Access {
                act: Act::Change,
                screen: what,
                reason: about.detail,
                residents: &residents,
                page: about.page,
            };
            self.trace(&change, actor, now)?;
        }
        Ok(id)
    }
}

impl Rows<'_> {
    /// What happened to a page, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn page_events(&self, page: &PageId) -> Result<Vec<Event>, Error> {
        all(self.connection, "select * from events where page = ?1 order by id", [page.as_str()], event)
    }
}

fn event(row: &Row) -> Result<Event, Error> {
    Ok(Event {
        id: row.col("id")?,
        at: row.moment("at")?,
        staff: row.id("staff")?,
        terminal: row.col("terminal")?,
        what: row.col("what")?,
        page: row.id_or_none("page")?,
        resident: row.col::<Option<String>>("resident")?.map(ResidentId),
        detail: row.col("detail")?,
    })
}
