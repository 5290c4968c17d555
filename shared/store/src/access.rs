//! The access log: lines are added, each linked to the one before; nothing else ever happens to them here.

mod archive;
mod proof;
mod question;

pub use archive::ArchivedPart;
pub use proof::Proof;
pub use question::{AccessAnswer, AccessQuestion};

use crate::columns::{Columns, first, ms, run};
use crate::{Error, Rows, Writer};
use domain::access::{AccessLine, Act, Anchor, Link};
use domain::actor::Actor;
use domain::ids::{PageId, ResidentId, StaffId};
use jiff::Timestamp;
use rusqlite::{Row, named_params, params};

/// One access, which may concern several persons: a line for each.
#[derive(Clone, Copy, Debug)]
pub struct Access<'a> {
    /// What was done.
    pub act: Act,
    /// On which screen or by which step, as a word such as `ledger`.
    pub screen: &'a str,
    /// Why; never a value.
    pub reason: Option<&'a str>,
    /// Whose data. When nobody is named, the person of `page` is, as far as it is known.
    pub residents: &'a [ResidentId],
    /// On which page.
    pub page: Option<&'a PageId>,
}

impl Writer<'_> {
    /// Writes the lines of one access. They are there when this closure is: show nothing before.
    ///
    /// # Errors
    /// The database failed; then nothing may be shown.
    pub fn trace(&self, access: &Access, actor: &Actor, now: Timestamp) -> Result<(), Error> {
        let mut before = self.access_head()?;
        let owner = match (access.residents, access.page) {
            ([], Some(page)) => self.owner_of(page)?,
            _ => None,
        };
        let mut residents: Vec<Option<&ResidentId>> = access.residents.iter().map(Some).collect();
        if residents.is_empty() {
            residents.push(owner.as_ref());
        }
        let section = self.account(&actor.staff)?.map(|account| account.section).unwrap_or_default();
        // A household listed twice, a person found by name and by number: one line is enough.
        residents.sort_unstable();
        residents.dedup();
        for resident in residents {
            let line = AccessLine {
                seq: before.seq + 1,
                // As it stands in the row, so that it can be proven from there.
                at: Timestamp::from_millisecond(ms(now)).map_err(|_| Error::Damaged { column: "at" })?,
                actor: actor.clone(),
                section: section.clone(),
                act: access.act,
                screen: access.screen.to_owned(),
                reason: access.reason.map(str::to_owned),
                resident: resident.cloned(),
                page: access.page.cloned(),
            };
            before = self.append(&line, before.link)?;
        }
        Ok(())
    }

    fn append(&self, line: &AccessLine, before: Link) -> Result<Anchor, Error> {
        let link = Link::after(before, line);
        run(
            self.connection,
            "insert into access_log (seq, at, staff, section, terminal, act, screen, reason, resident, page, link)
             values (:seq, :at, :staff, :section, :terminal, :act, :screen, :reason, :resident, :page, :link)",
            named_params! {
                ":seq": line.seq, ":at": ms(line.at), ":staff": line.staff().as_str(), ":section": line.section,
                ":terminal": line.actor.terminal, ":act": line.act.as_str(), ":screen": line.screen,
                ":reason": line.reason, ":resident": line.resident.as_ref().map(|id| &id.0),
                ":page": line.page.as_ref().map(PageId::as_str), ":link": link.bytes(),
            },
        )?;
        let sql = "update access_head set seq = ?1, link = ?2";
        run(self.connection, sql, params![line.seq, link.bytes()])?;
        Ok(Anchor { seq: line.seq, link })
    }
}

impl Rows<'_> {
    /// Where the log ends.
    ///
    /// # Errors
    /// The database failed, or the head is missing.
    pub fn access_head(&self) -> Result<Anchor, Error> {
        let head = first(self.connection, "select seq, link from access_head", [], |row| {
            Ok(Anchor { seq: row.col("seq")?, link: link(row, "link")? })
        })?;
        head.ok_or(Error::Damaged { column: "access_head" })
    }

    /// Whether `staff` has had this page on a screen since `since`: its pictures then belong to that look.
    ///
    /// # Errors
    /// The database failed.
    pub fn has_seen(&self, staff: &StaffId, page: &PageId, since: Timestamp) -> Result<bool, Error> {
        let sql = "select 1 from access_log
                   where page = ?1 and staff = ?2 and act in ('view', 'search') and at >= ?3 order by seq desc limit 1";
        let seen =
            first(self.connection, sql, params![page.as_str(), staff.as_str(), ms(since)], |_| Ok(()))?;
        Ok(seen.is_some())
    }

    /// Whose a page is, as far as record or printed number say.
    fn owner_of(&self, page: &PageId) -> Result<Option<ResidentId>, Error> {
        let sql = "select coalesce(p.resident, s.resident) as resident
                   from pages p left join slips s on s.number = p.management_number where p.page = ?1";
        let owner =
            first(self.connection, sql, [page.as_str()], |row| row.col::<Option<String>>("resident"))?;
        Ok(owner.flatten().map(ResidentId))
    }
}

/// A line with its link, from a row.
fn linked_line(row: &Row) -> Result<(AccessLine, Link), Error> {
    let line = AccessLine {
        seq: row.col("seq")?,
        at: row.moment("at")?,
        actor: Actor { staff: row.id("staff")?, terminal: row.col("terminal")? },
        section: row.col("section")?,
        act: row.word("act", Act::parse)?,
        screen: row.col("screen")?,
        reason: row.col("reason")?,
        resident: row.col::<Option<String>>("resident")?.map(ResidentId),
        page: row.id_or_none("page")?,
    };
    Ok((line, link(row, "link")?))
}

fn link(row: &Row, column: &'static str) -> Result<Link, Error> {
    let bytes: Vec<u8> = row.col(column)?;
    Link::from_bytes(&bytes).ok_or(Error::Damaged { column })
}
