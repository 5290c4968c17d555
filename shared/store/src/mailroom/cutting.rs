//! 分割. A page that shows several slips becomes several pages. Its picture is kept; it counts no more, its parts do.

use crate::columns::{Columns, all, first, ms, run};
use crate::events::About;
use crate::{Error, Moved, Page, Writer};
use domain::actor::Actor;
use domain::ids::{ImageHash, PageId};
use domain::message::ReadPage;
use domain::page::PageState;
use domain::review::ReviewReason;
use jiff::Timestamp;
use rusqlite::{named_params, params};

/// Why a page that was cut is put aside.
const CUT: &str = "分割";
/// Why a part is put aside when the cut is taken back.
const CUT_UNDONE: &str = "分割の取消";

/// One part of a page that is cut; its picture is in the page store.
#[derive(Clone, Debug, PartialEq)]
pub struct NewPart {
    /// Its name there.
    pub image: ImageHash,
    /// Media type.
    pub media: String,
}

impl Writer<'_> {
    /// Replaces a page by two to nine parts, in the order of the pile, each to be read as a page of its own. The page
    /// is kept as put aside and counts no more. Possible while it waits to be read or is in review, and for parts of
    /// parts of a page, not further.
    ///
    /// # Errors
    /// There is no such page, or the database failed.
    pub fn cut_page(
        &self,
        page: &PageId,
        parts: &[NewPart],
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Moved, Error> {
        let row = self.known_page(page)?;
        let open = matches!(row.state, PageState::Received | PageState::InReview) && row.counted;
        let Some(step) = step_below(row.place).filter(|_| open && (2..=9).contains(&parts.len())) else {
            return Ok(Moved::NotOpen);
        };
        if self.held_by_other(page, actor, now)? {
            return Ok(Moved::Held);
        }
        for (part, at) in parts.iter().zip(1..) {
            self.add_part(&row, part, row.place + step * at, now)?;
        }
        let sql = "update pages set state = 'discarded', counted = 0, cut = ?2, disposal_reason = ?3,
                                    updated_at = ?4 where page = ?1";
        run(self.connection, sql, params![page.as_str(), parts.len() as u32, CUT, ms(now)])?;
        self.close_review(page, now)?;
        self.settle_enquiries(page, actor, now)?;
        let detail = format!("{}枚に分割", parts.len());
        let about = About { page: Some(page), detail: Some(&detail), ..About::default() };
        self.note("page_cut", about, actor, now)?;
        Ok(Moved::Done)
    }

    /// Takes a cut back: the page waits for a person again, its parts are put aside and count no more. Possible while
    /// no part is committed, returned, to be scanned again, discarded or cut itself.
    ///
    /// # Errors
    /// There is no such page, or the database failed.
    pub fn undo_cut(&self, page: &PageId, actor: &Actor, now: Timestamp) -> Result<Moved, Error> {
        let row = self.known_page(page)?;
        let sql = "select page from pages where parent = ?1 and (counted = 1 or cut > 0) order by place";
        let parts: Vec<PageId> = all(self.connection, sql, [page.as_str()], |row| row.id("page"))?;
        let mut open = row.cut > 0;
        for part in &parts {
            let state = self.known_page(part)?.state;
            open &= matches!(
                state,
                PageState::Received | PageState::InReview | PageState::Failed | PageState::Duplicate
            );
            if self.held_by_other(part, actor, now)? {
                return Ok(Moved::Held);
            }
        }
        if !open {
            return Ok(Moved::NotOpen);
        }
        for part in &parts {
            let sql =
                "update pages set state = 'discarded', counted = 0, disposal_reason = ?2, updated_at = ?3
                       where page = ?1";
            run(self.connection, sql, params![part.as_str(), CUT_UNDONE, ms(now)])?;
            self.close_review(part, now)?;
            self.settle_enquiries(part, actor, now)?;
        }
        let sql = "update pages set counted = 1, cut = 0, disposal_reason = null where page = ?1";
        run(self.connection, sql, [page.as_str()])?;
        self.reopen_review(page, ReviewReason::Reopened { reason: CUT_UNDONE.into() }, now)?;
        self.note("page_cut_undone", About { page: Some(page), ..About::default() }, actor, now)?;
        Ok(Moved::Done)
    }

    fn add_part(&self, whole: &Page, part: &NewPart, place: u32, now: Timestamp) -> Result<(), Error> {
        let sql = "select max(number) as n from pages where scan = ?1";
        let last = first(self.connection, sql, [whole.scan.as_str()], |row| row.col::<u32>("n"))?;
        let number = last.unwrap_or(whole.number) + 1;
        let id = PageId::new(&whole.scan, number);
        run(
            self.connection,
            "insert into pages (page, scan, number, place, file, folder, image, media, state, envelope, placed,
                                parent, arrived_at, updated_at)
             values (:page, :scan, :number, :place, :file, :folder, :image, :media, 'received', :envelope,
                     :placed, :parent, :arrived_at, :now)",
            named_params! {
                ":page": id.as_str(), ":scan": whole.scan.as_str(), ":number": number, ":place": place,
                ":file": whole.file, ":folder": whole.folder, ":image": part.image.as_str(),
                ":media": part.media, ":envelope": whole.envelope.as_str(), ":placed": whole.placed,
                ":parent": whole.id.as_str(), ":arrived_at": ms(whole.arrived_at), ":now": ms(now),
            },
        )?;
        self.ask_to_read(&ReadPage::new(id, part.image.clone(), 1), now)
    }
}

/// How far apart the parts of a page at `place` lie in the pile: whole pages are 1000 apart.
fn step_below(place: u32) -> Option<u32> {
    [100, 10, 1].into_iter().find(|step| place.is_multiple_of(step * 10))
}
