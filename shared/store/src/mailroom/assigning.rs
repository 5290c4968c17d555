//! What a person says of a page before it is read again: its form, its number, how it lies. Nothing that people have
//! decided is touched: final values and keyings stay as they are.

use crate::columns::run;
use crate::events::About;
use crate::{Error, Moved, Page, Writer};
use domain::actor::Actor;
use domain::ids::{FormId, ManagementNumber, PageId};
use domain::message::ReadPage;
use domain::page::PageState;
use jiff::Timestamp;
use rusqlite::params;

impl Writer<'_> {
    /// Asks for a new reading, perhaps as a form that a person assigns. Possible while the page waits to be
    /// read, is in review, or counts as a duplicate (it then counts as a page of its own).
    ///
    /// # Errors
    /// There is no such page, or the database failed.
    pub fn read_again(
        &self,
        page: &PageId,
        form: Option<FormId>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Moved, Error> {
        let row = self.known_page(page)?;
        if let Some(refused) = self.not_to_be_read(&row, actor, now)? {
            return Ok(refused);
        }
        let sql = "update pages set assigned_form = ?2 where page = ?1";
        run(self.connection, sql, params![page.as_str(), form.as_ref().map(FormId::as_str)])?;
        self.ask_again(row, form, "page_read_again", None, actor, now)
    }

    /// Assigns a form, a management number or both by hand and asks for a new reading, possible as for
    /// [`Writer::read_again`]. The number of an issued slip says its form, too; it still has to be confirmed.
    ///
    /// # Errors
    /// There is no such page, or the database failed.
    pub fn assign(
        &self,
        page: &PageId,
        form: Option<FormId>,
        number: Option<ManagementNumber>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Moved, Error> {
        let row = self.known_page(page)?;
        if let Some(refused) = self.not_to_be_read(&row, actor, now)? {
            return Ok(refused);
        }
        let of_slip = match &number {
            Some(number) => self.slip(number)?.map(|slip| slip.form),
            None => None,
        };
        let form = of_slip.or(form).or_else(|| row.assigned_form.clone());
        let number = number.or_else(|| row.assigned_number.clone());
        let sql = "update pages set assigned_form = ?2, assigned_number = ?3 where page = ?1";
        let said = form.as_ref().map(|form| form.to_string());
        run(self.connection, sql, params![page.as_str(), said, number.map(|number| number.0)])?;
        self.form_was_assigned(page, actor, now)?;
        self.ask_again(row, form, "page_assigned", said.as_deref(), actor, now)
    }

    /// Turns the picture by `degrees` clockwise (a multiple of 90) for everybody who reads or looks at it, and asks
    /// for a new reading, possible as for [`Writer::read_again`]. The stored picture stays as it is.
    ///
    /// # Errors
    /// There is no such page, or the database failed.
    pub fn turn_page(
        &self,
        page: &PageId,
        degrees: u16,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Moved, Error> {
        let mut row = self.known_page(page)?;
        if let Some(refused) = self.not_to_be_read(&row, actor, now)? {
            return Ok(refused);
        }
        row.turn = (row.turn + degrees / 90 * 90) % 360;
        // The old reading says where fields lie in the picture as it lay before.
        let sql = "update pages set turn = ?2, reading = null where page = ?1";
        run(self.connection, sql, params![page.as_str(), row.turn])?;
        let (form, detail) = (row.assigned_form.clone(), degrees.to_string());
        self.ask_again(row, form, "page_turned", Some(&detail), actor, now)
    }

    /// Why a page cannot be read now; `None` when it can.
    fn not_to_be_read(&self, row: &Page, actor: &Actor, now: Timestamp) -> Result<Option<Moved>, Error> {
        let open = matches!(row.state, PageState::Received | PageState::InReview | PageState::Duplicate);
        if !open || row.image.is_none() {
            return Ok(Some(Moved::NotOpen));
        }
        Ok(self.held_by_other(&row.id, actor, now)?.then_some(Moved::Held))
    }

    fn ask_again(
        &self,
        row: Page,
        form: Option<FormId>,
        what: &str,
        detail: Option<&str>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Moved, Error> {
        let Some(image) = row.image else { return Ok(Moved::NotOpen) };
        let (page, round) = (row.id, row.round + 1);
        self.close_review(&page, now)?;
        self.set_state(&page, PageState::Received, now)?;
        let sql = "update pages set round = ?2, duplicate_of = null, is_ticket = 0 where page = ?1";
        run(self.connection, sql, params![page.as_str(), round])?;
        let asked = ReadPage { form, turn: row.turn, ..ReadPage::new(page.clone(), image, round) };
        self.ask_to_read(&asked, now)?;
        self.note(what, About { page: Some(&page), detail, ..About::default() }, actor, now)?;
        Ok(Moved::Done)
    }
}
