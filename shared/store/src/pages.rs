//! Pages: one row each, in exactly one state, and the ways a person moves them.

use crate::columns::{Columns, first, ms, run};
use crate::events::About;
use crate::{Error, Rows, Writer};
use domain::actor::Actor;
use domain::ids::{EnvelopeId, FormId, ImageHash, ManagementNumber, PageId, ResidentId, ScanId};
use domain::message::Milliseconds;
use domain::page::PageState;
use domain::reading::{FormReading, PageReading};
use domain::review::ReviewReason;
use jiff::Timestamp;
use rusqlite::{Row, params};

/// ページ. One row of `pages`.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Its id.
    pub id: PageId,
    /// The file it came in.
    pub scan: ScanId,
    /// Its place in the file, from 1.
    pub number: u32,
    /// Its place in the pile of its file, thousandths of a page: parts of page 3 are 3100 and 3200.
    pub place: u32,
    /// The file's place in the order of arrival.
    pub file: i64,
    /// The file's folder below the inbox.
    pub folder: String,
    /// Its picture, unless it could not be stored.
    pub image: Option<ImageHash>,
    /// Media type of the picture.
    pub media: Option<String>,
    /// Degrees clockwise by which the picture is turned before it is read or shown: 0, 90, 180 or 270.
    pub turn: u16,
    /// Where it stands.
    pub state: PageState,
    /// Why the machine could not take it, for people.
    pub reason: Option<String>,
    /// Why a person returned or discarded it or has it scanned again.
    pub disposal_reason: Option<String>,
    /// The page that has the very same image.
    pub duplicate_of: Option<PageId>,
    /// The envelope it lies in.
    pub envelope: EnvelopeId,
    /// Whether a person put it into that envelope.
    pub placed: bool,
    /// Whether it was read as a batch ticket; those are no slips.
    pub is_ticket: bool,
    /// The envelope that it opens as a ticket.
    pub opens: Option<EnvelopeId>,
    /// The page that it was cut from.
    pub parent: Option<PageId>,
    /// Into how many parts it was cut; 0 for a whole page.
    pub cut: u32,
    /// Whether it counts as a page: not when its parts do, nor as a part of a cut that was taken back.
    pub counted: bool,
    /// The form that a person assigned.
    pub assigned_form: Option<FormId>,
    /// The management number that a person assigned.
    pub assigned_number: Option<ManagementNumber>,
    /// The reading last asked for, from 1.
    pub round: u32,
    /// The reading that stands in `reading`; 0 before the first.
    pub read_round: u32,
    /// What the reader saw.
    pub reading: Option<PageReading>,
    /// Which program and which model read it, when they said so.
    pub reader: Option<String>,
    /// How long it took.
    pub milliseconds: Option<Milliseconds>,
    /// Its form, when known.
    pub form: Option<FormId>,
    /// Its management number, as read and then as committed.
    pub management_number: Option<ManagementNumber>,
    /// Whose it is, once committed.
    pub resident: Option<ResidentId>,
    /// When it arrived.
    pub arrived_at: Timestamp,
    /// When its row last changed.
    pub updated_at: Timestamp,
}

/// How a person puts a page aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposal {
    /// 返戻: back to the clinic or the resident.
    Returned,
    /// 再スキャン.
    Rescan,
    /// 破棄.
    Discarded,
}

impl Disposal {
    /// The state that it leads to.
    pub fn state(self) -> PageState {
        match self {
            Disposal::Returned => PageState::Returned,
            Disposal::Rescan => PageState::Rescan,
            Disposal::Discarded => PageState::Discarded,
        }
    }
}

/// Whether a page could be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// It was.
    Done,
    /// It is in no state for that any more: somebody else was faster.
    NotOpen,
    /// Somebody else has it on the screen.
    Held,
}

impl Page {
    /// What was read on it, when it is a page of a form.
    pub fn form_read(&self) -> Option<&FormReading> {
        match self.reading.as_ref()? {
            PageReading::Read(reading) => Some(reading),
            _ => None,
        }
    }
}

impl Rows<'_> {
    /// One page.
    ///
    /// # Errors
    /// The database failed.
    pub fn page(&self, page: &PageId) -> Result<Option<Page>, Error> {
        first(self.connection, "select * from pages where page = ?1", [page.as_str()], page_row)
    }

    /// The page, which must exist.
    pub(crate) fn known_page(&self, page: &PageId) -> Result<Page, Error> {
        self.page(page)?.ok_or(Error::Missing { what: "page" })
    }

    /// Other pages of the same side on which `number` was read and that stand for paper in the house:
    /// not duplicates of an image, returned, discarded or to be scanned again. A slip that goes back to its clinic is on
    /// its way out, too: when it comes again, the paper that it comes on is the only one.
    ///
    /// # Errors
    /// The database failed.
    pub fn pages_with_number(
        &self,
        number: &ManagementNumber,
        except: &PageId,
    ) -> Result<Vec<PageId>, Error> {
        if self.was_returned(number)? {
            return Ok(Vec::new());
        }
        crate::columns::all(
            self.connection,
            "select page from pages
             where management_number = ?1 and page <> ?2 and state in ('read', 'in_review', 'committed')
               and side is (select side from pages where page = ?2)
             order by file, place",
            params![number.0, except.as_str()],
            |row| row.id("page"),
        )
    }
}

impl Writer<'_> {
    /// Puts a page aside for a reason. Possible while it is in review, failed or a duplicate.
    ///
    /// # Errors
    /// There is no such page, or the database failed.
    pub fn dispose(
        &self,
        page: &PageId,
        disposal: Disposal,
        reason: &str,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Moved, Error> {
        let row = self.known_page(page)?;
        if !matches!(row.state, PageState::InReview | PageState::Failed | PageState::Duplicate) {
            return Ok(Moved::NotOpen);
        }
        if self.held_by_other(page, actor, now)? {
            return Ok(Moved::Held);
        }
        self.settle_enquiries(page, actor, now)?;
        if disposal == Disposal::Rescan {
            self.look_for_paper(page, reason, actor, now)?;
        }
        self.set_state(page, disposal.state(), now)?;
        let sql = "update pages set disposal_reason = ?2 where page = ?1";
        run(self.connection, sql, params![page.as_str(), reason])?;
        self.close_review(page, now)?;
        let what = format!("page_{}", disposal.state().as_str());
        self.note(&what, About { page: Some(page), detail: Some(reason), ..About::default() }, actor, now)?;
        Ok(Moved::Done)
    }

    /// Takes a disposal back: the page stands again where it stood before.
    ///
    /// # Errors
    /// There is no such page, or the database failed.
    pub fn undo_disposal(&self, page: &PageId, actor: &Actor, now: Timestamp) -> Result<Moved, Error> {
        let row = self.known_page(page)?;
        let aside = matches!(row.state, PageState::Returned | PageState::Rescan | PageState::Discarded);
        // What was cut into parts has its own way back.
        if !aside || !row.counted {
            return Ok(Moved::NotOpen);
        }
        self.settle_enquiries(page, actor, now)?;
        // Where it stood follows from the row: only these three can be put aside.
        if row.image.is_none() {
            self.set_state(page, PageState::Failed, now)?;
        } else if row.duplicate_of.is_some() {
            self.set_state(page, PageState::Duplicate, now)?;
        } else {
            let reason = row.disposal_reason.unwrap_or_default();
            self.reopen_review(page, ReviewReason::Reopened { reason }, now)?;
        }
        run(self.connection, "update pages set disposal_reason = null where page = ?1", [page.as_str()])?;
        self.note("page_disposal_undone", About { page: Some(page), ..About::default() }, actor, now)?;
        Ok(Moved::Done)
    }

    pub(crate) fn set_state(&self, page: &PageId, state: PageState, now: Timestamp) -> Result<(), Error> {
        let sql = "update pages set state = ?2, updated_at = ?3 where page = ?1";
        run(self.connection, sql, params![page.as_str(), state.as_str(), ms(now)])?;
        Ok(())
    }
}

pub(crate) fn page_row(row: &Row) -> Result<Page, Error> {
    Ok(Page {
        id: row.id("page")?,
        scan: row.id("scan")?,
        number: row.col("number")?,
        place: row.col("place")?,
        file: row.col("file")?,
        folder: row.col("folder")?,
        image: row.id_or_none("image")?,
        media: row.col("media")?,
        turn: row.col("turn")?,
        state: row.page_state("state")?,
        reason: row.col("reason")?,
        disposal_reason: row.col("disposal_reason")?,
        duplicate_of: row.id_or_none("duplicate_of")?,
        envelope: row.id("envelope")?,
        placed: row.col("placed")?,
        is_ticket: row.col("is_ticket")?,
        opens: row.id_or_none("opens")?,
        parent: row.id_or_none("parent")?,
        cut: row.col("cut")?,
        counted: row.col("counted")?,
        assigned_form: row.id_or_none("assigned_form")?,
        assigned_number: row.col::<Option<String>>("assigned_number")?.map(ManagementNumber),
        round: row.col("round")?,
        read_round: row.col("read_round")?,
        reading: row.json_or_none("reading")?,
        reader: row.col("reader")?,
        milliseconds: row.json_or_none("milliseconds")?,
        form: row.id_or_none("form")?,
        management_number: row.col::<Option<String>>("management_number")?.map(ManagementNumber),
        resident: row.col::<Option<String>>("resident")?.map(ResidentId),
        arrived_at: row.moment("arrived_at")?,
        updated_at: row.moment("updated_at")?,
    })
}
