//! The screen of a run; its items come one by one, as a script asks for them.

use super::place::{Mode, place};
use crate::Screens;
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::review::rows::{self, Entry};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::form::FieldKind;

#[derive(Template)]
#[template(path = "run.html")]
struct RunScreen {
    frame: Frame,
    address: String,
    field_address: String,
    mode: Mode,
    form: String,
    label: String,
    entry: Entry,
    hint: String,
    can_be_none: bool,
}

/// `GET /runs/{form}/{field}/{mode}`
pub async fn screen(
    State(screens): State<Screens>,
    person: Person,
    Path((form, field, mode)): Path<(String, String, String)>,
) -> Result<Response, ScreenError> {
    let mode = Mode::of(&mode, &person)?;
    let (form, field) = place(&screens, &form, &field)?;
    show(&RunScreen {
        frame: Frame::new(&screens, &person, "runs").await?,
        address: format!("/runs/{}/{}/{}", form.id, field.id, mode.as_str()),
        field_address: format!("/runs/{}/{}", form.id, field.id),
        mode,
        form: form.title.clone(),
        label: field.label.clone(),
        entry: rows::entry(field, &[], true),
        hint: rows::hint(field),
        can_be_none: matches!(field.kind, FieldKind::Choice { .. }),
    })
}
