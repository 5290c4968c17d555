//! 確認画面. One page that a person decides: values beside their pictures, who it is, and the way out.

mod act;
mod commit;
pub mod list;
mod person;
mod posted;
mod rows;
mod screen;

pub use act::{check_field, dispose, dispose_page, find_person, open_envelope, read_again, undo};
pub use commit::commit;

use crate::error::{ScreenError, show};
use crate::frame::Person;
use crate::trace::{self, Act};
use crate::{Screens, words};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::form::Form;
use domain::ids::{PageId, ResidentId};
use domain::reading::{FormReading, PageReading};
use domain::resident::Resident;
use domain::review::ReviewReason;
use jiff::{SignedDuration, Timestamp};
use list::Chosen;
use screen::{Problem, ReviewScreen};
use store::screens::PageView;
use store::{Lease, ReviewItem};

/// How long an item stays on a person's screen before others may take it: a telephone call to a clinic.
const LEASE: SignedDuration = SignedDuration::from_mins(15);

/// Another page of the same slip, shown beside this one.
struct OtherPage {
    page: String,
    word: &'static str,
    state: &'static str,
}

/// One item with everything that the screen and the commit need.
struct Case {
    view: PageView,
    item: ReviewItem,
    persons: Vec<person::Person>,
    others: Vec<OtherPage>,
}

/// `GET /reviews/{page}`
pub async fn review(
    State(screens): State<Screens>,
    person: Person,
    Path(page): Path<String>,
    Query(chosen): Query<Chosen>,
) -> Result<Response, ScreenError> {
    let page = PageId(page);
    let (lease, now) = (page.clone(), Timestamp::now());
    let actor = person.actor.clone();
    let lease =
        screens.store.write_async(move |rows| rows.lease_review(&lease, &actor, now + LEASE, now)).await?;
    let case = Case::load(&screens, &page, Vec::new()).await?.ok_or(ScreenError::NotFound)?;
    if !case.item.open {
        let query = chosen.query();
        return Ok(Redirect::to(&format!("/pages/{page}{query}")).into_response());
    }
    let mut screen = ReviewScreen::of(&screens, &person, case, None, Problem::default(), &chosen).await?;
    if let Lease::Held { by, until } = lease {
        screen.held = Some(format!(
            "{by} さんが確認中です（{}まで）。確定などの操作はできません。",
            words::moment(until)
        ));
        screen.can_commit = false;
    }
    show(&screen)
}

impl Case {
    /// Leaves the lines of the access log for the page and everybody who is shown beside it.
    async fn note(
        &self,
        screens: &Screens,
        clerk: &Person,
        act: Act,
        screen: &'static str,
    ) -> Result<(), ScreenError> {
        let shown: Vec<ResidentId> = self.persons.iter().map(|person| person.resident.id.clone()).collect();
        trace::note(screens, clerk, act, screen, None, &shown, Some(&self.view.page.id)).await
    }

    /// Reads an item; `found` are residents that a person searched for. `None` when the page never waited.
    async fn load(
        screens: &Screens,
        page: &PageId,
        found: Vec<Resident>,
    ) -> Result<Option<Self>, ScreenError> {
        let (id, inner) = (page.clone(), screens.clone());
        let case = screens.store.read_async(move |rows| {
            let (Some(view), Some(item)) = (rows.page_view(&id)?, rows.review_item(&id)?) else {
                return Ok(None);
            };
            let persons = match reading_of(&inner, &view) {
                Some((form, reading)) => person::persons(rows, form, reading, &item.outcome, found)?,
                None => Vec::new(),
            };
            let mut others = Vec::new();
            for reason in &item.reasons {
                let ReviewReason::DuplicateSlip { page } = reason else { continue };
                let state = rows.page(page)?.map(|other| other.state);
                others.extend(state.map(|state| OtherPage {
                    page: page.to_string(),
                    word: state.label(),
                    state: state.as_str(),
                }));
            }
            Ok(Some(Case { view, item, persons, others }))
        });
        Ok(case.await?)
    }
}

/// The form and the reading of a page whose form is known.
fn reading_of<'a>(screens: &'a Screens, view: &'a PageView) -> Option<(&'a Form, &'a FormReading)> {
    let Some(PageReading::Read(reading)) = &view.page.reading else { return None };
    Some((screens.form(reading.form.as_str())?, reading))
}
