//! 確認画面. One page that a person decides: values beside their pictures, who it is, and the way out.

mod act;
mod decide;
mod desk;
mod kept;
pub mod list;
mod person;
mod posted;
pub(crate) mod rows;
mod save;
mod screen;
mod second;
pub(crate) mod settle;

pub use act::{check_field, dispose, dispose_page, find_person, open_envelope, read_again, undo};
pub use desk::{beat, coming, release, take_over};
pub use save::{commit, undo_last};
pub use second::{second_keying, set_second_keying};

use crate::error::{ScreenError, show};
use crate::frame::Person;
use crate::trace::{self, Act};
use crate::{Screens, words};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use domain::duty::Right;
use domain::form::Form;
use domain::ids::{FieldId, PageId, ResidentId};
use domain::keying::{FieldState, Keying, PERSON, Pass, Progress, Stage};
use domain::reading::{FormReading, PageReading};
use domain::resident::Resident;
use domain::review::ReviewReason;
use jiff::{SignedDuration, Timestamp};
use list::Chosen;
use posted::Posted;
use screen::{Problem, ReviewScreen};
use store::screens::PageView;
use store::{Lease, ReviewItem};

/// How long an item stays on a person's screen after the last sign of life, before others may take it. Screens that
/// are worked at prolong it every minute; one that is left for a coffee does not.
const LEASE: SignedDuration = SignedDuration::from_mins(5);
/// How long one's own last save can be taken back.
const UNDO_WINDOW: SignedDuration = SignedDuration::from_mins(10);

/// Another page of the same slip, shown beside this one.
struct OtherPage {
    page: String,
    word: &'static str,
    state: &'static str,
}

/// One item with everything that the screen and the save need.
struct Case {
    view: PageView,
    item: ReviewItem,
    persons: Vec<person::Person>,
    others: Vec<OtherPage>,
    /// Where it stands; `None` while its form is not known, and for batch tickets.
    progress: Option<Progress>,
    /// The page's own keyings that stand.
    keyings: Vec<Keying>,
}

/// What a person may do with an item.
enum Part {
    /// Key it first, or send it away.
    First,
    /// Key these fields blind.
    Second(Vec<FieldId>),
    /// Decide.
    Third,
    /// Nothing, for this reason.
    Nothing(&'static str),
}

/// `GET /reviews/{page}`
pub async fn review(
    State(screens): State<Screens>,
    person: Person,
    Path(page): Path<String>,
    Query(chosen): Query<Chosen>,
) -> Result<Response, ScreenError> {
    let page = PageId(page);
    let posted = Posted::default();
    let case = Case::load(&screens, &page, Vec::new(), &posted).await?.ok_or(ScreenError::NotFound)?;
    if !case.item.open {
        return kept::settled(&screens, &person, &case, &chosen).await;
    }
    let part = case.part(&person);
    if let Part::Nothing(words) = part {
        return kept::screen(&screens, &person, &case, &posted, &chosen, words.to_owned()).await;
    }
    let (lease, actor, now) = (page.clone(), person.actor.clone(), Timestamp::now());
    let lease =
        screens.store.write_async(move |rows| rows.lease_review(&lease, &actor, now + LEASE, now)).await?;
    let mut screen =
        ReviewScreen::of(&screens, &person, case, part, None, Problem::default(), &chosen).await?;
    if let Lease::Held { by, until } = lease {
        screen.held_by(&by, until, person.may(Right::Arbitrate));
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

    /// What `staff` may do with it. A person with a known part is never given another's values by it.
    fn part(&self, staff: &Person) -> Part {
        let Some(progress) = &self.progress else { return Part::First };
        let me = &staff.actor.staff;
        match progress.stage {
            Stage::First if staff.may(Right::Verify) => Part::First,
            Stage::First => Part::Nothing("一次入力を待っているページです。"),
            Stage::Second if !staff.may(Right::Verify) => Part::Nothing("二次入力を待っているページです。"),
            Stage::Second => {
                let mine = progress
                    .fields
                    .iter()
                    .filter(|field| matches!(&field.state, FieldState::Second { first } if first != me));
                let mine: Vec<FieldId> = mine.map(|field| field.field.clone()).collect();
                if mine.is_empty() {
                    return Part::Nothing("あなたが一次入力したページです。二次入力は、ほかの人が行います。");
                }
                Part::Second(mine)
            }
            Stage::Third | Stage::Ready if !staff.may(Right::Arbitrate) => {
                Part::Nothing("裁定を待っているページです。裁定係が確認します。")
            }
            Stage::Third | Stage::Ready => {
                let one_of_two = progress.fields.iter().any(|field| {
                    matches!(&field.state, FieldState::Third { first, second } if first == me || second == me)
                });
                if one_of_two {
                    return Part::Nothing("あなたが入力したページです。裁定は、入力していない人が行います。");
                }
                Part::Third
            }
        }
    }

    /// The pass that it waits for.
    fn stage(&self) -> Stage {
        self.progress.as_ref().map_or(Stage::First, |progress| progress.stage)
    }

    /// The number of the last keying that stands; 0 for none. Tells a screen that is behind.
    fn last_keying(&self) -> i64 {
        self.keyings.last().map_or(0, |keying| keying.id)
    }

    /// Reads an item; `found` are residents that a person searched for, and the one in `posted` is beside them. `None`
    /// when the page never waited.
    async fn load(
        screens: &Screens,
        page: &PageId,
        mut found: Vec<Resident>,
        posted: &Posted,
    ) -> Result<Option<Self>, ScreenError> {
        let (id, inner, row) = (page.clone(), screens.clone(), posted.resident);
        let case = screens.store.read_async(move |rows| {
            let (Some(view), Some(item)) = (rows.page_view(&id)?, rows.review_item(&id)?) else {
                return Ok(None);
            };
            let mut keyings = rows.keyings(&id)?;
            keyings.retain(|keying| keying.request == 0);
            let slip = reading_of(&inner, &view).filter(|(form, _)| !form.is_ticket());
            let progress = slip.map(|(form, _)| rows.progress(form, &id)).transpose()?.flatten();
            found.extend(row.map(|row| rows.resident_at(row)).transpose()?.flatten());
            if progress.as_ref().is_some_and(|progress| progress.stage >= Stage::Third) {
                for resident in keyed_persons(&keyings).filter_map(|(_, resident)| resident) {
                    found.extend(rows.resident(&resident)?);
                }
            }
            let persons = match reading_of(&inner, &view) {
                Some((form, reading)) => {
                    let mut persons = person::persons(rows, form, reading, &item.outcome, found)?;
                    for past in persons.iter_mut().flat_map(|person| &mut person.past) {
                        past.title = words::programme_title(&inner.forms, past.programme.as_str());
                        if past.title == past.programme.as_str() {
                            past.title = inner.programmes.name(&past.programme).to_owned();
                        }
                    }
                    persons
                }
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
            Ok(Some(Case { view, item, persons, others, progress, keyings }))
        });
        Ok(case.await?)
    }
}

/// Whom the first and the second keyer took it for.
fn keyed_persons(keyings: &[Keying]) -> impl Iterator<Item = (Pass, Option<ResidentId>)> {
    let persons =
        keyings.iter().filter(|keying| keying.field.as_str() == PERSON && keying.pass != Pass::Third);
    persons.map(|keying| {
        let value = keying.keyed.value().and_then(|value| value.text());
        (keying.pass, value.map(|id| ResidentId(id.to_owned())))
    })
}

/// The form and the reading of a page whose form is known.
fn reading_of<'a>(screens: &'a Screens, view: &'a PageView) -> Option<(&'a Form, &'a FormReading)> {
    let Some(PageReading::Read(reading)) = &view.page.reading else { return None };
    Some((screens.form(reading.form.as_str())?, reading))
}
