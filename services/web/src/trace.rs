//! 閲覧記録. Every screen that shows a person, or a page in full, leaves its lines before it is sent.

use crate::Screens;
use crate::error::ScreenError;
use crate::frame::Person;
pub use domain::access::Act;
use domain::ids::{PageId, ResidentId};
use jiff::{SignedDuration, Timestamp};
use store::Access;

/// Pictures that are fetched within this time of a look at their page belong to it, minutes; browsers keep them as long.
const SAME_LOOK_MIN: i64 = 15;

/// Writes one access to the log: a line for each of `residents` (for the page's own person when none is named), in
/// one transaction. Call it before the answer is made; `screen` is a word such as `ledger`, `reason` holds no value.
///
/// # Errors
/// It could not be written. Then nothing may be shown: pass the error on.
pub async fn note(
    screens: &Screens,
    person: &Person,
    act: Act,
    screen: &'static str,
    reason: Option<&str>,
    residents: &[ResidentId],
    page: Option<&PageId>,
) -> Result<(), ScreenError> {
    let (actor, reason) = (person.actor.clone(), reason.map(str::to_owned));
    let (residents, page) = (residents.to_vec(), page.cloned());
    let write = screens.store.write_async(move |rows| {
        let access =
            Access { act, screen, reason: reason.as_deref(), residents: &residents, page: page.as_ref() };
        rows.trace(&access, &actor, Timestamp::now())
    });
    Ok(write.await?)
}

/// [`note`] for a picture of a page: nothing is added when this person has had the page on a screen just now.
///
/// # Errors
/// As [`note`].
pub async fn note_picture(screens: &Screens, person: &Person, page: &PageId) -> Result<(), ScreenError> {
    let (staff, id) = (person.actor.staff.clone(), page.clone());
    let since = Timestamp::now() - SignedDuration::from_mins(SAME_LOOK_MIN);
    if screens.store.read_async(move |rows| rows.has_seen(&staff, &id, since)).await? {
        return Ok(());
    }
    // A screen fetches its pictures all at once: only the first of them writes the line.
    let (actor, id) = (person.actor.clone(), page.clone());
    let write = screens.store.write_async(move |rows| {
        if rows.has_seen(&actor.staff, &id, since)? {
            return Ok(());
        }
        let access =
            Access { act: Act::View, screen: "picture", reason: None, residents: &[], page: Some(&id) };
        rows.trace(&access, &actor, Timestamp::now())
    });
    Ok(write.await?)
}
