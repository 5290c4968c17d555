//! The fields of a run: the next ones onto the screen, their pictures, and the leases that keep others away.

use super::place::{Mode, place};
use crate::error::ScreenError;
use crate::frame::Person;
use crate::review::rows;
use crate::{Screens, keyed, pictures, words};
use axum::Json;
use axum::extract::{Form as Body, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::actor::Actor;
use domain::form::{Field, Form};
use domain::keying::{Keyed, Pass, machine_value};
use domain::reading::{PageReading, Value};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::collections::BTreeSet;
use store::{Error, FieldWork, RunItem, Writer};

/// Fields on a screen at once: the one before the eyes, and those whose pictures are fetched ahead.
pub const AHEAD: usize = 10;
/// Work that is looked through for fields that are not on the screen already.
const LOOKED_THROUGH: u32 = 300;
/// How long a field stays on a screen without a sign of life.
pub const LEASE: SignedDuration = SignedDuration::from_mins(5);

#[derive(Serialize)]
struct Next {
    items: Vec<Item>,
    /// What is open of the field for this person, those on the screen included.
    left: u32,
}

/// One field. A blind one has its token and nothing else.
#[derive(Serialize)]
struct Item {
    token: String,
    /// The machine's value as a person would type it; only for a first keying where a wrong one does not hurt.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Vec<String>>,
    /// The two values between which an arbiter decides, in an order that says nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sides: Vec<Side>,
}

#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct Side {
    words: String,
    typed: Vec<String>,
    act: &'static str,
}

/// `POST /runs/{form}/{field}/{mode}/next` with `have` (tokens on the screen) and `not` (tokens put off).
pub async fn next(
    State(screens): State<Screens>,
    person: Person,
    Path((form, field, mode)): Path<(String, String, String)>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, ScreenError> {
    let mode = Mode::of(&mode, &person)?;
    let (form, field) = place(&screens, &form, &field)?;
    let (form, field, actor) = (form.clone(), field.clone(), person.actor);
    let named = |wanted: &str| -> Vec<String> {
        pairs.iter().filter(|(name, _)| name == wanted).map(|(_, token)| token.clone()).collect()
    };
    let (have, not) = (named("have"), named("not"));
    let take = move |rows: &Writer| {
        let mut known = BTreeSet::new();
        for token in have.iter().chain(&not) {
            known.extend(rows.run_item(token, &actor.staff)?.map(|item| item.work));
        }
        let now = Timestamp::now();
        let (work, left) =
            rows.run_work(&form.id, &field.id, mode.passes(), &actor.staff, LOOKED_THROUGH, now)?;
        let fresh = work.into_iter().filter(|work| !known.contains(work));
        let mut items = Vec::new();
        for work in fresh.take(AHEAD.saturating_sub(have.len())) {
            if rows.hold_field_work(&work, &actor, now + LEASE, now)? {
                items.push(Item::of(rows, &form, &field, &work, &actor, now)?);
            }
        }
        Ok(Next { items, left: left.saturating_sub(u32::try_from(not.len()).unwrap_or(0)) })
    };
    Ok(Json(screens.store.write_async(take).await?).into_response())
}

impl Item {
    fn of(
        rows: &Writer,
        form: &Form,
        field: &Field,
        work: &FieldWork,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let offered = match work.pass {
            Pass::First if !rows.second_keying()?.needs_second(form, &field.id) => {
                machine_says(rows, form, field, work)?
            }
            _ => None,
        };
        let sides = if work.pass == Pass::Third { sides(rows, field, work)? } else { Vec::new() };
        let token = rows.put_on_screen(work, offered.as_ref(), false, actor, now)?;
        let value = offered.map(|value| rows::typed_form(field, &value));
        Ok(Self { token, value, sides })
    }
}

/// What the machine read in a field of a page.
pub fn machine_says(
    rows: &store::Rows,
    form: &Form,
    field: &Field,
    work: &FieldWork,
) -> Result<Option<Value>, Error> {
    let Some(page) = rows.page(&work.page)? else { return Ok(None) };
    Ok(match &page.reading {
        Some(PageReading::Read(reading)) => Some(machine_value(form, field, reading)),
        _ => None,
    })
}

/// The two values of a field that differ: of two people, or of a person and the machine. Sorted, so that nothing says
/// which is whose.
fn sides(rows: &Writer, field: &Field, work: &FieldWork) -> Result<Vec<Side>, Error> {
    let said: Vec<Keyed> = if work.request < 0 {
        let sample = rows.sample(-work.request)?;
        sample.map_or_else(Vec::new, |sample| {
            let keyed = sample.keyed.map(|(_, keyed)| keyed);
            keyed.into_iter().chain([Keyed::Value(sample.machine_value)]).collect()
        })
    } else {
        let keyings = rows.keyings(&work.page)?;
        let of_field =
            keyings.into_iter().filter(|one| one.field == work.field && one.request == work.request);
        of_field.filter(|one| matches!(one.pass, Pass::First | Pass::Second)).map(|one| one.keyed).collect()
    };
    let side = |keyed: &Keyed| match keyed {
        Keyed::Value(value) => {
            Side { words: words::value(field, value), typed: rows::typed_form(field, value), act: "key" }
        }
        Keyed::Illegible => Side { words: "判読不能".to_owned(), typed: Vec::new(), act: "illegible" },
        Keyed::NoneOfThese => Side { words: "該当なし".to_owned(), typed: Vec::new(), act: "none" },
    };
    let mut sides: Vec<Side> = said.iter().map(side).collect();
    sides.sort();
    sides.dedup();
    Ok(sides)
}

#[derive(Serialize)]
struct Judged {
    words: String,
    wrong: bool,
}

/// `POST /runs/{form}/{field}/check`: judges a value while it is typed; knows of no page.
pub async fn check(
    State(screens): State<Screens>,
    Path((form, field)): Path<(String, String)>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, ScreenError> {
    let (_, field) = place(&screens, &form, &field)?;
    let judged = match keyed::check(field, &typed(&pairs)) {
        Err(words) => Judged { words, wrong: true },
        Ok(value) if matches!(field.kind, domain::form::FieldKind::Date(_)) && !value.is_blank() => {
            Judged { words: words::value(field, &value), wrong: false }
        }
        Ok(_) => Judged { words: String::new(), wrong: false },
    };
    Ok(Json(judged).into_response())
}

/// The typed entries of what a screen sent.
pub fn typed(pairs: &[(String, String)]) -> Vec<&str> {
    pairs.iter().filter(|(name, _)| name == "v").map(|(_, value)| value.as_str()).collect()
}

/// `POST /runs/beat` with `have`: somebody works at the screen; prolongs the leases of its fields.
pub async fn beat(
    State(screens): State<Screens>,
    person: Person,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<StatusCode, ScreenError> {
    let prolong = move |rows: &Writer| {
        let now = Timestamp::now();
        for (_, token) in pairs.iter().filter(|(name, _)| name == "have").take(4 * AHEAD) {
            if let Some(item) = rows.run_item(token, &person.actor.staff)?.filter(|item| item.save.is_none())
            {
                rows.hold_field_work(&item.work, &person.actor, now + LEASE, now)?;
            }
        }
        Ok(())
    };
    screens.store.write_async(prolong).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /runs/items/{token}/skip`: the field goes back for others.
pub async fn skip(
    State(screens): State<Screens>,
    person: Person,
    Path(token): Path<String>,
) -> Result<StatusCode, ScreenError> {
    let back = move |rows: &Writer| {
        let item = rows.run_item(&token, &person.actor.staff)?;
        item.map_or(Ok(()), |item| rows.release_field_work(&[item.work], &person.actor))
    };
    screens.store.write_async(back).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /runs/items/{token}/snippet`
pub async fn snippet(
    State(screens): State<Screens>,
    person: Person,
    Path(token): Path<String>,
) -> Result<Response, ScreenError> {
    let item = item(&screens, &person, token).await?;
    pictures::field_picture(&screens, &person, item.work.page.as_str(), item.work.field).await
}

/// `GET /runs/items/{token}/paper`: the whole page.
pub async fn paper(
    State(screens): State<Screens>,
    person: Person,
    Path(token): Path<String>,
) -> Result<Response, ScreenError> {
    let item = item(&screens, &person, token).await?;
    pictures::paper_picture(&screens, &person, item.work.page.as_str()).await
}

/// The field behind a token of this person.
pub async fn item(screens: &Screens, person: &Person, token: String) -> Result<RunItem, ScreenError> {
    let staff = person.actor.staff.clone();
    let item = screens.store.read_async(move |rows| rows.run_item(&token, &staff)).await?;
    item.ok_or(ScreenError::NotFound)
}
