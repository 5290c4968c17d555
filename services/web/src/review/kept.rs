//! When there is nothing to save: the page is done, it is somebody else's, or somebody was faster. What the person
//! typed is shown again; what others keyed is not.

use super::list::{Chosen, DoneMessage};
use super::posted::Posted;
use super::{Case, reading_of};
use crate::Screens;
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::page::PageFacts;
use crate::trace::{self, Act};
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

#[derive(Template)]
#[template(path = "review_kept.html")]
struct KeptScreen {
    frame: Frame,
    page: String,
    title: String,
    message: Option<DoneMessage>,
    words: String,
    typed: Vec<(String, String)>,
    next: Option<String>,
    query: String,
}

/// The page is done: whoever comes back to it is told so, and goes on.
pub(super) async fn settled(
    screens: &Screens,
    person: &Person,
    case: &Case,
    chosen: &Chosen,
) -> Result<Response, ScreenError> {
    let words = format!("このページは処理済みです（{}）。", case.view.page.state.label());
    let screen = KeptScreen::of(screens, person, case, &Posted::default(), chosen, words).await?;
    show(&screen)
}

/// Why nothing is saved here, with what was typed.
pub(super) async fn screen(
    screens: &Screens,
    person: &Person,
    case: &Case,
    posted: &Posted,
    chosen: &Chosen,
    words: String,
) -> Result<Response, ScreenError> {
    let screen = KeptScreen::of(screens, person, case, posted, chosen, words).await?;
    let status = if posted.round.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    Ok((status, show(&screen)?).into_response())
}

impl KeptScreen {
    async fn of(
        screens: &Screens,
        person: &Person,
        case: &Case,
        posted: &Posted,
        chosen: &Chosen,
        words: String,
    ) -> Result<Self, ScreenError> {
        trace::note(screens, person, Act::View, "review", None, &[], Some(&case.view.page.id)).await?;
        let facts = PageFacts::of(&case.view, screens);
        let form = reading_of(screens, &case.view).map(|(form, _)| form);
        let typed = posted.values.iter().filter(|(_, typed)| typed.iter().any(|text| !text.is_empty()));
        let typed = typed.filter_map(|(id, typed)| {
            let field = form?.field(id.as_str())?;
            let label = |text: &String| {
                let option = field.options.iter().find(|option| option.value == *text);
                option.map_or(text.clone(), |option| option.label.clone())
            };
            Some((field.label.clone(), typed.iter().map(label).collect::<Vec<_>>().join("、")))
        });
        Ok(Self {
            frame: Frame::new(screens, person, "reviews").await?,
            page: facts.page,
            title: facts.form,
            message: chosen.message(),
            words,
            typed: typed.collect(),
            next: chosen.next(screens, person, &case.view.page.id).await?.map(|next| next.to_string()),
            query: chosen.query(),
        })
    }
}
