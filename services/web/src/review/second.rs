//! 二次入力の設定. Which fields two people key, form by form.

use crate::Screens;
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use askama::Template;
use axum::extract::{Form as Body, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::form::Form;
use domain::ids::FieldId;
use domain::keying::{PERSON, Settings, is_critical};
use domain::record;
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Template)]
#[template(path = "second_keying.html")]
struct SettingsScreen {
    frame: Frame,
    saved: bool,
    forms: Vec<FormSettings>,
}

/// One form.
struct FormSettings {
    id: String,
    title: String,
    open: bool,
    twice: usize,
    fields: Vec<FieldSetting>,
}

/// One field of it.
struct FieldSetting {
    id: String,
    label: String,
    /// `always`, `never`, or `form`.
    said: &'static str,
    /// Whether the form says that it is keyed twice.
    critical: bool,
    /// What counts.
    twice: bool,
}

/// What was saved before.
#[derive(Deserialize)]
pub struct Shown {
    #[serde(default)]
    saved: String,
}

/// `GET /settings/second-keying`
pub async fn second_keying(
    State(screens): State<Screens>,
    person: Person,
    Query(shown): Query<Shown>,
) -> Result<Response, ScreenError> {
    let settings = screens.store.read_async(|rows| rows.second_keying()).await?;
    let forms = screens.forms.iter().filter(|form| form.programme.is_some());
    show(&SettingsScreen {
        frame: Frame::new(&screens, &person, "second_keying").await?,
        saved: !shown.saved.is_empty(),
        forms: forms.map(|form| FormSettings::of(form, &settings, &shown.saved)).collect(),
    })
}

/// `POST /settings/second-keying/{form}`: a word for every field.
pub async fn set_second_keying(
    State(screens): State<Screens>,
    person: Person,
    Path(form): Path<String>,
    Body(said): Body<BTreeMap<String, String>>,
) -> Result<Response, ScreenError> {
    let known = screens.form(&form).ok_or(ScreenError::NotFound)?.clone();
    screens
        .store
        .write_async(move |rows| {
            let now = Timestamp::now();
            let before = rows.second_keying()?;
            for (field, _) in decidable(&known) {
                let needed = match said.get(field.as_str()).map(String::as_str) {
                    Some("always") => Some(true),
                    Some("never") => Some(false),
                    Some(_) => None,
                    None => continue,
                };
                if before.0.get(&(known.id.clone(), field.clone())).copied() != needed {
                    rows.set_second_keying(&known.id, &field, needed, &person.actor, now)?;
                }
            }
            rows.plan_form(&known)
        })
        .await?;
    Ok(Redirect::to(&format!("/settings/second-keying?saved={form}#{form}")).into_response())
}

/// Who it is, then every field that a person may decide, with what people call it.
fn decidable(form: &Form) -> Vec<(FieldId, String)> {
    let number = form.number_field().map(|(field, _)| field);
    let fields = number.into_iter().chain(record::recorded_fields(form));
    let person = (FieldId::from(PERSON), "本人".to_owned());
    std::iter::once(person).chain(fields.map(|field| (field.id.clone(), field.label.clone()))).collect()
}

impl FormSettings {
    fn of(form: &Form, settings: &Settings, saved: &str) -> Self {
        let setting = |(id, label): (FieldId, String)| {
            let said = match settings.0.get(&(form.id.clone(), id.clone())) {
                Some(true) => "always",
                Some(false) => "never",
                None => "form",
            };
            let (critical, twice) = (is_critical(form, &id), settings.needs_second(form, &id));
            FieldSetting { id: id.to_string(), label, said, critical, twice }
        };
        let mut fields: Vec<FieldSetting> = decidable(form).into_iter().map(setting).collect();
        fields.dedup_by(|one, other| one.id == other.id);
        let twice = fields.iter().filter(|field| field.twice).count();
        let id = form.id.to_string();
        Self { open: saved == id, id, title: form.title.clone(), twice, fields }
    }
}
