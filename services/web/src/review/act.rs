//! The other ways out of the review screen, and the small answers that it asks for while a person types.

use super::list::Chosen;
use super::posted::Posted;
use super::save::to_next;
use super::screen::PersonPart;
use super::{Case, Part, reading_of};
use crate::Screens;
use crate::error::{ScreenError, show};
use crate::frame::Person;
use crate::people::Wanted;
use crate::trace::Act;
use crate::{keyed, words};
use askama::Template;
use axum::extract::{Form as Body, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::ids::{FormId, PageId};
use domain::keying::keyed_fields;
use jiff::Timestamp;
use serde::Deserialize;
use store::{Disposal, Moved};

/// Persons that a search on the review screen brings up.
const PERSONS_FOUND: u32 = 9;
/// A reason longer than this is a letter.
const LONGEST_REASON: usize = 200;

/// What a person says when sending a page away.
#[derive(Deserialize)]
pub struct Why {
    #[serde(default)]
    reason: String,
    #[serde(default)]
    words: String,
}

/// `POST /reviews/{page}/act/{action}`: `return`, `rescan` or `discard`; the next item opens.
pub async fn dispose(
    State(screens): State<Screens>,
    person: Person,
    Path((page, action)): Path<(String, String)>,
    Query(chosen): Query<Chosen>,
    Body(why): Body<Why>,
) -> Result<Response, ScreenError> {
    let page = PageId(page);
    let disposal = put_aside(&screens, &person, &page, &action, why).await?;
    to_next(&screens, &person, &page, disposal.state().as_str(), &chosen).await
}

/// `POST /pages/{page}/act/{action}`: the same for a failed page or a duplicate; its screen stays open.
pub async fn dispose_page(
    State(screens): State<Screens>,
    person: Person,
    Path((page, action)): Path<(String, String)>,
    Body(why): Body<Why>,
) -> Result<Response, ScreenError> {
    let page = PageId(page);
    put_aside(&screens, &person, &page, &action, why).await?;
    Ok(Redirect::to(&format!("/pages/{page}")).into_response())
}

async fn put_aside(
    screens: &Screens,
    person: &Person,
    page: &PageId,
    action: &str,
    why: Why,
) -> Result<Disposal, ScreenError> {
    let disposal = match action {
        "return" => Disposal::Returned,
        "rescan" => Disposal::Rescan,
        "discard" => Disposal::Discarded,
        _ => return Err(ScreenError::NotFound),
    };
    let reason = why.text()?;
    let (page, actor) = (page.clone(), person.actor.clone());
    let moved = screens
        .store
        .write_async(move |rows| rows.dispose(&page, disposal, &reason, &actor, Timestamp::now()))
        .await?;
    after(moved)?;
    Ok(disposal)
}

/// `POST /pages/{page}/undo`: takes a disposal back.
pub async fn undo(
    State(screens): State<Screens>,
    person: Person,
    Path(page): Path<String>,
) -> Result<Response, ScreenError> {
    let (id, actor) = (PageId(page.clone()), person.actor);
    let moved =
        screens.store.write_async(move |rows| rows.undo_disposal(&id, &actor, Timestamp::now())).await?;
    after(moved)?;
    // A failed page or a duplicate does not wait for a person; its own screen shows it.
    let waits = PageId(page.clone());
    let item = screens.store.read_async(move |rows| rows.review_item(&waits)).await?;
    let open = item.is_some_and(|item| item.open);
    let place = if open { "reviews" } else { "pages" };
    Ok(Redirect::to(&format!("/{place}/{page}?done=undone&last={page}")).into_response())
}

/// The form that a person assigns; empty lets the reader find it.
#[derive(Deserialize)]
pub struct Assigned {
    #[serde(default)]
    form: String,
}

/// `POST /reviews/{page}/read`: a new reading, perhaps as an assigned form.
pub async fn read_again(
    State(screens): State<Screens>,
    person: Person,
    Path(page): Path<String>,
    Query(chosen): Query<Chosen>,
    Body(assigned): Body<Assigned>,
) -> Result<Response, ScreenError> {
    let form = Some(assigned.form).filter(|form| !form.is_empty());
    if form.as_ref().is_some_and(|form| screens.form(form).is_none()) {
        return Err(ScreenError::Refused("その帳票は登録されていません。".into()));
    }
    let (page, actor) = (PageId(page), person.actor.clone());
    let id = page.clone();
    let moved = screens
        .store
        .write_async(move |rows| rows.read_again(&id, form.map(FormId), &actor, Timestamp::now()))
        .await?;
    after(moved)?;
    to_next(&screens, &person, &page, "read_again", &chosen).await
}

/// The number of a batch ticket as a person keyed it.
#[derive(Deserialize)]
pub struct TicketNumber {
    number: String,
}

/// `POST /reviews/{page}/open`: the ticket opens its envelope.
pub async fn open_envelope(
    State(screens): State<Screens>,
    person: Person,
    Path(page): Path<String>,
    Query(chosen): Query<Chosen>,
    Body(ticket): Body<TicketNumber>,
) -> Result<Response, ScreenError> {
    let number = keyed::fold(&ticket.number);
    let (page, actor) = (PageId(page), person.actor.clone());
    let id = page.clone();
    let moved = screens
        .store
        .write_async(move |rows| {
            let Some(ticket) = rows.ticket(&number)? else { return Ok(None) };
            rows.open_envelope(&id, &ticket, &actor, Timestamp::now()).map(Some)
        })
        .await?;
    let unknown = "この番号の束票は発行されていません。番号を確かめて、もう一度入力してください。";
    after(moved.ok_or_else(|| ScreenError::Refused(unknown.into()))?)?;
    to_next(&screens, &person, &page, "opened", &chosen).await
}

/// What the server says of one typed value.
#[derive(Template)]
#[template(path = "answer.html")]
struct Answer {
    words: String,
    wrong: bool,
}

/// `POST /reviews/{page}/check/{field}`: judges one value while the person goes on.
pub async fn check_field(
    State(screens): State<Screens>,
    Path((page, field)): Path<(String, String)>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, ScreenError> {
    let posted = Posted::of(pairs);
    let id = PageId(page);
    let view = screens.store.read_async(move |rows| rows.page_view(&id)).await?;
    let view = view.ok_or(ScreenError::NotFound)?;
    let (form, reading) = reading_of(&screens, &view).ok_or(ScreenError::NotFound)?;
    let mut fields = keyed_fields(form, reading.side);
    let field = fields.find(|known| known.id.as_str() == field).ok_or(ScreenError::NotFound)?;
    let (words, wrong) = match keyed::check(field, &posted.typed(&field.id)) {
        Err(words) => (words, true),
        // A date shows what was understood; anything else needs no words.
        Ok(value) if matches!(field.kind, domain::form::FieldKind::Date(_)) && !value.is_blank() => {
            (words::value(field, &value), false)
        }
        Ok(_) => (String::new(), false),
    };
    show(&Answer { words, wrong })
}

#[derive(Template)]
#[template(path = "candidates.html")]
struct Candidates {
    person: PersonPart,
}

/// `POST /reviews/{page}/person`: candidates, with those that a search found in front.
pub async fn find_person(
    State(screens): State<Screens>,
    clerk: Person,
    Path(page): Path<String>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, ScreenError> {
    let words = pairs.iter().find(|(name, _)| name == "words").map(|(_, words)| words.clone());
    let wanted = Wanted::of(&words.unwrap_or_default());
    let found = screens.store.read_async(move |rows| wanted.find(rows, PERSONS_FOUND)).await?;
    let nobody = found.is_empty();
    let found = found.into_iter().map(|(_, resident)| resident).collect();
    let posted = Posted::of(pairs);
    let case = Case::load(&screens, &PageId(page), found, &posted).await?.ok_or(ScreenError::NotFound)?;
    let (form, reading) = reading_of(&screens, &case.view).ok_or(ScreenError::NotFound)?;
    case.note(&screens, &clerk, Act::Search, "person_search").await?;
    let blind = matches!(case.part(&clerk), Part::Second(_));
    let mut person = PersonPart::of(&case, form, reading, Some(&posted), None, blind);
    if nobody {
        person.reasons = vec!["該当する住民はいません。条件を変えて検索してください。".into()];
    }
    show(&Candidates { person })
}

impl Why {
    /// The reason with the person's own words.
    fn text(&self) -> Result<String, ScreenError> {
        let parts: Vec<&str> =
            [self.reason.trim(), self.words.trim()].into_iter().filter(|part| !part.is_empty()).collect();
        let text = parts.join("：");
        if text.is_empty() {
            return Err(ScreenError::Refused("理由を選ぶか入力してください。".into()));
        }
        if !words::is_line(&text, LONGEST_REASON) {
            return Err(ScreenError::Refused(format!(
                "理由は{LONGEST_REASON}文字以内の1行で入力してください。"
            )));
        }
        Ok(text)
    }
}

/// Whether the page moved; else why not, for people.
fn after(moved: Moved) -> Result<(), ScreenError> {
    match moved {
        Moved::Done => Ok(()),
        Moved::NotOpen => Err(ScreenError::Refused(
            "このページは、ほかの人がすでに処理しました。一覧から次のページを開いてください。".into(),
        )),
        Moved::Held => Err(ScreenError::Refused(
            "ほかの人がこのページを確認中です。しばらくしてからお試しください。".into(),
        )),
    }
}
