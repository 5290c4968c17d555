//! What the designer sends: a new sheet, a changed draft, the wish to go live.

use super::draft::{self, Folders};
use super::{folders, words};
use crate::Screens;
use crate::error::ScreenError;
use crate::frame::Person;
use anyhow::Context;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::form::Form;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use vision::decode::Limits;
use vision::propose::EmptySheet;

/// No paper has more fields; a longer list is no draft.
const MOST_FIELDS: usize = 1000;
/// A3 at 600 dpi: nobody scans an empty sheet finer.
const MOST_PIXELS: u64 = 72_000_000;

/// What a new form is called.
#[derive(Debug, Deserialize)]
pub struct NewForm {
    id: String,
    #[serde(default)]
    title: String,
    dpi: Option<f64>,
}

/// `POST /forms/new?id=…&title=…` with the file as body: `{"at": address}` or `{"wrong": words}`.
pub async fn create(
    State(screens): State<Screens>,
    person: Person,
    Query(new): Query<NewForm>,
    bytes: Bytes,
) -> Result<Json<Value>, ScreenError> {
    let _turn = screens.picture_turns.acquire().await.context("the program is closing")?;
    let (folders, taken) = (folders(&screens), numbers(&screens));
    let ocr = screens.designer.ocr.clone();
    let known = screens.form(&new.id).is_some();
    let at = format!("/forms/{}", new.id);
    let job = move || -> anyhow::Result<Result<(), String>> {
        if let Some(words) = wrong_name(&folders, &new, known) {
            return Ok(Err(words));
        }
        let Some(number) = free_number(&folders, taken, None) else {
            return Ok(Err(
                "帳票の番号（1〜99）がすべて使われています。使わない帳票を消してください。".into()
            ));
        };
        let limits = Limits {
            max_file_bytes: super::LARGEST_UPLOAD as u64,
            max_pixels: MOST_PIXELS,
            ..Limits::default()
        };
        let sheet = match EmptySheet::open(&bytes, new.dpi, &limits) {
            Ok(sheet) => sheet,
            Err(error) => return Ok(Err(words::sheet(&error))),
        };
        let title = Some(new.title.trim()).filter(|title| !title.is_empty()).unwrap_or(&new.id);
        let form = Form {
            id: new.id.as_str().into(),
            version: 1,
            number,
            title: title.chars().take(80).collect(),
            programme: None,
            paper_mm: sheet.paper_mm,
            sides: sheet.sides.len() as u8,
            copies: None,
            marks: None,
            fields: Vec::new(),
            calculations: Vec::new(),
            claim: None,
            art: Vec::new(),
        };
        // Without tesseract the proposals are numbered.
        folders.create(&form, &sheet, ocr().ok()).map(Ok)
    };
    let made = tokio::task::spawn_blocking(job).await.context("making a draft broke off")??;
    if made.is_ok() {
        tracing::info!(form = %at, staff = %person.actor.staff, "a draft of a form was made");
    }
    Ok(Json(match made {
        Ok(()) => json!({ "at": at }),
        Err(words) => json!({ "wrong": words }),
    }))
}

fn wrong_name(folders: &Folders, new: &NewForm, known: bool) -> Option<String> {
    // `new` and `trial` are addresses of the designer.
    if !Form::is_id(&new.id) || ["new", "trial"].contains(&new.id.as_str()) {
        return Some(
            "帳票IDは半角の英小文字・数字・ハイフンで、英字から始めてください（例：flu-2026）。".into(),
        );
    }
    let taken = known || folders.draft(&new.id).is_some() || folders.own_form(&new.id).is_some();
    taken.then(|| "この帳票IDはもう使われています。別のIDにしてください。".into())
}

/// The numbers of the forms in use, by id.
fn numbers(screens: &Screens) -> Vec<(String, u8)> {
    screens.forms.iter().map(|form| (form.id.to_string(), form.number)).collect()
}

/// `wanted` if no other form has it, else the first free number.
fn free_number(folders: &Folders, taken: Vec<(String, u8)>, except: Option<&str>) -> Option<u8> {
    let own = folders.own().into_iter().map(|form| (form.id.to_string(), form.number));
    let drafts = folders.drafts().into_iter();
    let drafts = drafts.filter_map(|(id, doc)| Some((id, u8::try_from(doc["number"].as_u64()?).ok()?)));
    let all = taken.into_iter().chain(own).chain(drafts).filter(|(id, _)| Some(id.as_str()) != except);
    let taken: BTreeSet<u8> = all.map(|(_, number)| number).collect();
    Form::free_number(|number| taken.contains(&number))
}

/// `POST /forms/{id}/check`: the mistakes of a draft as it stands on the screen, nothing is kept.
pub async fn check(
    State(screens): State<Screens>,
    Path(id): Path<String>,
    Json(doc): Json<Value>,
) -> Result<Json<Value>, ScreenError> {
    let folders = folders(&screens);
    folders.draft(&id).ok_or(ScreenError::NotFound)?;
    let (_, problems) = judged(&screens, &folders, &id, &doc);
    Ok(Json(json!({ "problems": problems })))
}

/// `POST /forms/{id}/save`: keeps the draft, sound or not, and says its mistakes.
pub async fn save(
    State(screens): State<Screens>,
    Path(id): Path<String>,
    Json(doc): Json<Value>,
) -> Result<Json<Value>, ScreenError> {
    let folders = folders(&screens);
    let folder = folders.draft(&id).ok_or(ScreenError::NotFound)?;
    let count = |key: &str| doc[key].as_array().map_or(0, Vec::len);
    if !doc.is_object() || count("fields") + count("proposals") > MOST_FIELDS {
        return Err(ScreenError::Refused("下書きの形が違うため、保存できません。".into()));
    }
    let mut kept = folder.read()?;
    for key in ["title", "number", "programme", "fields", "proposals"] {
        kept[key] = doc[key].clone();
    }
    folder.write(&kept)?;
    let (_, problems) = judged(&screens, &folders, &id, &kept);
    Ok(Json(json!({ "saved": true, "problems": problems })))
}

/// `POST /forms/{id}/live`: puts the saved draft into use; `{"live": version}` or `{"problems": …}`.
pub async fn live(
    State(screens): State<Screens>,
    person: Person,
    Path(id): Path<String>,
) -> Result<Json<Value>, ScreenError> {
    let folders = folders(&screens);
    let folder = folders.draft(&id).ok_or(ScreenError::NotFound)?;
    let (form, problems) = judged(&screens, &folders, &id, &folder.read()?);
    let Some(form) = form.filter(|_| problems.is_empty()) else {
        return Ok(Json(json!({ "problems": problems })));
    };
    let (version, number) = (form.version, form.number);
    let live = folders.live.clone();
    tokio::task::spawn_blocking(move || folder.go_live(&live, &form))
        .await
        .context("going live broke off")??;
    tracing::info!(form.id = %id, form.version = version, form.number = number, staff = %person.actor.staff, "a form went live");
    Ok(Json(json!({ "live": version })))
}

/// `POST /forms/{id}/edit`: opens a form in use as a draft.
pub async fn edit(State(screens): State<Screens>, Path(id): Path<String>) -> Result<Response, ScreenError> {
    let folders = folders(&screens);
    if folders.draft(&id).is_none() {
        let wanted = id.clone();
        let opened =
            tokio::task::spawn_blocking(move || folders.reopen(&wanted)).await.context("opening")??;
        opened.ok_or(ScreenError::NotFound)?;
    }
    Ok(Redirect::to(&format!("/forms/{id}")).into_response())
}

/// `POST /forms/{id}/discard`: throws a draft away; a form in use stays.
pub async fn discard(
    State(screens): State<Screens>,
    person: Person,
    Path(id): Path<String>,
) -> Result<Response, ScreenError> {
    folders(&screens).draft(&id).ok_or(ScreenError::NotFound)?.remove()?;
    tracing::info!(form.id = %id, staff = %person.actor.staff, "a draft of a form was thrown away");
    Ok(Redirect::to("/forms").into_response())
}

/// The form of a draft with the version it would go live as, and what speaks against it.
pub(super) fn judged(
    screens: &Screens,
    folders: &Folders,
    id: &str,
    doc: &Value,
) -> (Option<Form>, Vec<Value>) {
    let mut problems = Vec::new();
    let form = match draft::form(id, doc, 1) {
        Ok(form) => form,
        Err(errors) => {
            let problem = |(field, error): (Option<usize>, domain::form::FormError)| json!({ "field": field, "words": words::mistake(&error.reason) });
            return (None, errors.into_iter().map(problem).collect());
        }
    };
    let own = folders.own();
    let others = screens.forms.iter().chain(&own).filter(|other| other.id != form.id);
    if let Some(other) = others.into_iter().find(|other| other.number == form.number) {
        let words =
            format!("番号{}は「{}」が使っています。別の番号にしてください。", form.number, other.title);
        problems.push(json!({ "field": null, "words": words }));
    }
    let version = own.iter().find(|other| other.id == form.id).map_or(1, |old| {
        let same = old.fields == form.fields && old.paper_mm == form.paper_mm && old.number == form.number;
        if same { old.version } else { old.version + 1 }
    });
    (Some(Form { version, ..form }), problems)
}
