//! People behind rows: screens name a person by a row number that says nothing about the person.

use crate::columns::{Columns, all, first};
use crate::{Error, Rows};
use domain::ids::{FormId, ManagementNumber, PageId, ResidentId};
use domain::page::PageState;
use domain::resident::Resident;
use jiff::Timestamp;

/// One slip that was printed for a person.
#[derive(Clone, Debug, PartialEq)]
pub struct SlipRow {
    /// Its number.
    pub number: ManagementNumber,
    /// Its form.
    pub form: FormId,
    /// When it was printed.
    pub issued_at: Timestamp,
    /// The page on which it came back, and where that stands.
    pub page: Option<(PageId, PageState)>,
}

impl Rows<'_> {
    /// The resident of a row.
    ///
    /// # Errors
    /// The database failed.
    pub fn resident_at(&self, row: i64) -> Result<Option<Resident>, Error> {
        let id = first(self.connection, "select resident_id from residents where id = ?1", [row], |row| {
            Ok(ResidentId(row.col("resident_id")?))
        })?;
        id.map(|id| self.resident(&id)).transpose().map(Option::flatten)
    }

    /// The row of a resident.
    ///
    /// # Errors
    /// The database failed.
    pub fn resident_row(&self, id: &ResidentId) -> Result<Option<i64>, Error> {
        first(self.connection, "select id from residents where resident_id = ?1", [&id.0], |row| {
            row.col("id")
        })
    }

    /// Every slip printed for a person, newest first, with the page on which it came back.
    ///
    /// # Errors
    /// The database failed.
    pub fn slips_of(&self, person: &ResidentId) -> Result<Vec<SlipRow>, Error> {
        all(
            self.connection,
            "select s.number, s.form, s.issued_at, p.page, p.state
             from slips s
             left join pages p on p.page = (
                 select q.page from pages q where q.management_number = s.number
                 order by q.state = 'committed' desc, q.updated_at desc limit 1)
             where s.resident = ?1 order by s.issued_at desc, s.number desc",
            [&person.0],
            |row| {
                let page: Option<PageId> = row.id_or_none("page")?;
                Ok(SlipRow {
                    number: ManagementNumber(row.col("number")?),
                    form: row.id("form")?,
                    issued_at: row.moment("issued_at")?,
                    page: page.zip(row.word_or_none("state", PageState::parse)?),
                })
            },
        )
    }
}
