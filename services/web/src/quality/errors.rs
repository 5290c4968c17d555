//! The accepted values that the sample found wrong, each with its ink.

use super::figures::grouped;
use crate::Screens;
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::trace::{self, Act};
use crate::words;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::duty::Right;
use std::collections::BTreeSet;
use store::screens::FoundError;

/// Errors shown at once; more than that is not looked at one by one.
const SHOWN: u32 = 50;

#[derive(Template)]
#[template(path = "quality_errors.html")]
struct ErrorsScreen {
    frame: Frame,
    errors: Vec<Row>,
}

struct Row {
    page: String,
    field: String,
    label: String,
    form: String,
    machine: String,
    confidence: String,
    decided: String,
    at: String,
}

/// `GET /quality/errors`: needs the right to see pages, too, for these are people's values.
pub async fn errors(State(screens): State<Screens>, person: Person) -> Result<Response, ScreenError> {
    person.require(Right::SeePages)?;
    let errors = screens.store.read_async(|rows| rows.found_errors(SHOWN)).await?;
    let pages: BTreeSet<_> = errors.iter().map(|error| error.page.clone()).collect();
    for page in &pages {
        trace::note(&screens, &person, Act::View, "quality", None, &[], Some(page)).await?;
    }
    show(&ErrorsScreen {
        frame: Frame::new(&screens, &person, "quality").await?,
        errors: errors.iter().map(|error| Row::of(error, &screens)).collect(),
    })
}

impl Row {
    fn of(error: &FoundError, screens: &Screens) -> Self {
        let form = screens.form(error.form.as_str());
        let field = form.and_then(|form| form.field(error.field.as_str()));
        let value = |value| field.map(|field| words::value(field, value)).unwrap_or_default();
        let (machine, confidence) = &error.machine;
        Self {
            page: error.page.to_string(),
            field: error.field.to_string(),
            label: field.map_or_else(|| error.field.to_string(), |field| field.label.clone()),
            form: form.map_or_else(|| error.form.to_string(), |form| form.title.clone()),
            machine: value(machine),
            confidence: claimed(*confidence),
            decided: error.decided.value().map_or_else(|| "該当なし".to_owned(), value),
            at: words::moment(error.decided_at),
        }
    }
}

/// How often the machine said that such a value is wrong: `1万件に1件`, seldom ones as `100万件に1件`.
fn claimed(confidence: f64) -> String {
    match 1.0 - confidence {
        wrong if wrong <= 1e-6 => "100万件に1件以下".to_owned(),
        wrong => format!("{}件に1件", grouped((1.0 / wrong).round() as u64)),
    }
}
