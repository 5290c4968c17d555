//! Who looked at this person? Questions to the log, on the table and in the archive.

use super::archive::each_line;
use super::linked_line;
use crate::columns::{all, ms};
use crate::{Error, Rows, Store};
use domain::access::{AccessLine, Act};
use domain::ids::{PageId, ResidentId, StaffId};
use jiff::Timestamp;
use rusqlite::{named_params, params};
use std::collections::HashSet;
use std::path::Path;

/// Which lines are asked for; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct AccessQuestion {
    /// Whose data, also where a line only names a page of this person.
    pub resident: Option<ResidentId>,
    /// By whom.
    pub staff: Option<StaffId>,
    /// What was done.
    pub act: Option<Act>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
}

/// What the log answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessAnswer {
    /// The lines, oldest first.
    pub lines: Vec<AccessLine>,
    /// Files of the archive that are not there: what they held is not in the answer.
    pub missing: Vec<String>,
}

/// The lines of one person: those that name the person, and those that name only a page of the person.
const OF_RESIDENT: &str = "(resident = :resident or resident is null and page in (
    select page from records where resident = :resident
    union select p.page from slips s join pages p on p.management_number = s.number where s.resident = :resident))";

impl Store {
    /// Every line of the archive and of the table that answers `question`.
    ///
    /// # Errors
    /// A file of the archive cannot be read, or the database failed.
    pub fn access_lines(&self, folder: &Path, question: &AccessQuestion) -> Result<AccessAnswer, Error> {
        self.read(|rows| {
            let (mut lines, mut missing) = (Vec::new(), Vec::new());
            let pages = match &question.resident {
                Some(resident) => rows.pages_of(resident)?,
                None => HashSet::new(),
            };
            for part in rows.archived_parts()? {
                let found = each_line(folder, &part, |line| {
                    lines.extend(line.map(|(line, _)| line).filter(|line| question.fits(line, &pages)));
                    true
                })?;
                if !found {
                    missing.push(part.file);
                }
            }
            let mut online = rows.access_page(question, i64::MAX, u32::MAX)?;
            online.reverse();
            lines.extend(online);
            Ok(AccessAnswer { lines, missing })
        })
    }
}

impl Rows<'_> {
    /// Lines on the table that answer `question` and lie before line `before`, newest first; at most `limit`.
    ///
    /// # Errors
    /// The database failed.
    pub fn access_page(
        &self,
        question: &AccessQuestion,
        before: i64,
        limit: u32,
    ) -> Result<Vec<AccessLine>, Error> {
        let resident = if question.resident.is_some() { OF_RESIDENT } else { ":resident is null" };
        let staff = if question.staff.is_some() { "staff = :staff" } else { ":staff is null" };
        let sql = format!(
            "select * from access_log
             where seq < :before and {resident} and {staff} and (:act is null or act = :act)
               and (:from is null or at >= :from) and (:until is null or at < :until)
             order by seq desc limit :limit"
        );
        let asked = named_params! {
            ":before": before, ":resident": question.resident.as_ref().map(|id| &id.0),
            ":staff": question.staff.as_ref().map(StaffId::as_str), ":act": question.act.map(Act::as_str),
            ":from": question.from.map(ms), ":until": question.until.map(ms), ":limit": limit,
        };
        all(self.connection, &sql, asked, |row| Ok(linked_line(row)?.0))
    }

    /// Pages that are known to be a person's.
    fn pages_of(&self, resident: &ResidentId) -> Result<HashSet<PageId>, Error> {
        let sql = "select page from records where resident = ?1
                   union select p.page from slips s join pages p on p.management_number = s.number
                   where s.resident = ?1";
        let pages = all(self.connection, sql, params![resident.0], |row| {
            crate::columns::Columns::id::<PageId>(row, "page")
        })?;
        Ok(pages.into_iter().collect())
    }
}

impl AccessQuestion {
    fn fits(&self, line: &AccessLine, pages: &HashSet<PageId>) -> bool {
        let resident = match (&self.resident, &line.resident) {
            (None, _) => true,
            (Some(asked), Some(named)) => asked == named,
            (Some(_), None) => line.page.as_ref().is_some_and(|page| pages.contains(page)),
        };
        resident
            && self.staff.as_ref().is_none_or(|staff| staff == line.staff())
            && self.act.is_none_or(|act| act == line.act)
            && self.from.is_none_or(|from| line.at >= from)
            && self.until.is_none_or(|until| line.at < until)
    }
}
