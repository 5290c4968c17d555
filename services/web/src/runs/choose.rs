//! Which field to work on: forms, fields, and what is open of each.

use super::place::{Mode, is_groupable, is_runnable};
use crate::Screens;
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::duty::Right;
use domain::form::{Field, Form};
use domain::ids::FieldId;
use std::collections::BTreeMap;

#[derive(Template)]
#[template(path = "runs.html")]
struct RunsScreen {
    frame: Frame,
    forms: Vec<FormPart>,
    verifies: bool,
    arbitrates: bool,
}

struct FormPart {
    title: String,
    fields: Vec<FieldPart>,
}

struct FieldPart {
    address: String,
    groups: Option<String>,
    label: String,
    kind: String,
    critical: bool,
    first: u32,
    blind: u32,
    decide: u32,
}

/// `GET /runs`
pub async fn choose(State(screens): State<Screens>, person: Person) -> Result<Response, ScreenError> {
    let staff = person.actor.staff.clone();
    let counts = screens.store.read_async(move |rows| rows.run_counts(&staff)).await?;
    let mut by_field: BTreeMap<(&str, &FieldId), [u32; 3]> = BTreeMap::new();
    for (form, field, pass, items) in &counts {
        let Some(mode) = Mode::of_pass(*pass) else { continue };
        by_field.entry((form.as_str(), field)).or_default()[mode as usize] += items;
    }
    let part = |form: &Form| {
        let open = |field: &&Field| is_runnable(form, field);
        let fields = form.fields.iter().filter(open).filter_map(|field| {
            let counts = by_field.get(&(form.id.as_str(), &field.id))?;
            Some(FieldPart::of(form, field, *counts))
        });
        FormPart { title: form.title.clone(), fields: fields.collect() }
    };
    show(&RunsScreen {
        frame: Frame::new(&screens, &person, "runs").await?,
        forms: screens.forms.iter().map(part).filter(|part| !part.fields.is_empty()).collect(),
        verifies: person.may(Right::Verify),
        arbitrates: person.may(Right::Arbitrate),
    })
}

impl FieldPart {
    fn of(form: &Form, field: &Field, [first, blind, decide]: [u32; 3]) -> Self {
        Self {
            address: format!("/runs/{}/{}", form.id, field.id),
            groups: is_groupable(field).then(|| format!("/groups/{}/{}", form.id, field.id)),
            label: field.label.clone(),
            kind: crate::quality::kind_label(field.kind.as_str()).to_owned(),
            critical: field.critical,
            first,
            blind,
            decide,
        }
    }
}
