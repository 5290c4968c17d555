//! 帳票を作る. A planner makes a form of somebody else's paper: upload the empty sheet, name its boxes, try it on
//! scans, let it go live.
//!
//! Start reading at: [`draft`] (what is kept), then [`change`] (what the designer sends), then [`trial`].

mod change;
pub(crate) mod draft;
mod trial;
pub(crate) mod words;

pub use change::{check, create, discard, edit, live, save};
pub use trial::{Trial, picture, snippet, try_it};

use crate::Screens;
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use anyhow::Context;
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::form::Form;
use draft::Folders;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use vision::ocr::Ocr;

/// The largest file that may be uploaded: one sheet or a few scans, A3 in colour at 300 dpi without packing.
pub const LARGEST_UPLOAD: usize = 64 << 20;

/// The largest draft: a few hundred fields with every box.
pub const LARGEST_DRAFT: usize = 2 << 20;

/// Starts a process that reads print; each trial has its own.
pub type OcrFactory = Arc<dyn Fn() -> anyhow::Result<Ocr> + Send + Sync>;

/// What the designer stands on.
#[derive(Clone)]
pub struct Designer {
    /// Forms that are being made, one folder each; nothing reads pages by them.
    pub drafts: PathBuf,
    /// Forms of this installation in use, one folder each.
    pub live: PathBuf,
    /// Reads the print of trial scans, and of empty sheets.
    pub ocr: OcrFactory,
}

/// One line of the list.
struct Line {
    id: String,
    title: String,
    number: u8,
    version: u32,
    fields: usize,
    is_draft: bool,
    /// Made here, so that it can be changed here.
    is_own: bool,
    /// In use since the program was started; else it waits for that.
    is_loaded: bool,
}

#[derive(Template)]
#[template(path = "forms.html")]
struct ListScreen {
    frame: Frame,
    drafts: Vec<Line>,
    lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "designer.html")]
struct DesignerScreen {
    frame: Frame,
    id: String,
    title: String,
}

/// `GET /forms`
pub async fn list(State(screens): State<Screens>, person: Person) -> Result<Response, ScreenError> {
    let frame = Frame::new(&screens, &person, "paper").await?;
    let folders = folders(&screens);
    let (drafts, own) =
        tokio::task::spawn_blocking(move || (folders.drafts(), folders.own())).await.context("listing")?;
    let line = |form: &Form| Line {
        id: form.id.to_string(),
        title: form.title.clone(),
        number: form.number,
        version: form.version,
        fields: form.fields.len(),
        is_draft: false,
        is_own: own.iter().any(|other| other.id == form.id),
        is_loaded: true,
    };
    let mut lines: Vec<Line> = screens.forms.iter().map(line).collect();
    for form in &own {
        // A form that went live, or changed, since the program was started.
        if screens.form(form.id.as_str()) != Some(form) {
            lines.retain(|line| line.id != form.id.as_str());
            lines.push(Line { is_loaded: false, ..line(form) });
        }
    }
    // Those that can be changed here come first.
    lines.sort_by_key(|line| (!line.is_own, line.number));
    let draft = |(id, doc): (String, Value)| Line {
        title: doc["title"].as_str().unwrap_or(&id).to_owned(),
        number: doc["number"].as_u64().and_then(|n| u8::try_from(n).ok()).unwrap_or(0),
        version: 0,
        fields: doc["fields"].as_array().map_or(0, Vec::len),
        is_draft: true,
        is_own: true,
        is_loaded: false,
        id,
    };
    show(&ListScreen { frame, drafts: drafts.into_iter().map(draft).collect(), lines })
}

/// `GET /forms/{id}`: the designer.
pub async fn designer(
    State(screens): State<Screens>,
    person: Person,
    Path(id): Path<String>,
) -> Result<Response, ScreenError> {
    let doc = draft_of(&screens, &id).await?;
    let frame = Frame::new(&screens, &person, "paper").await?;
    let title = doc["title"].as_str().unwrap_or(&id).to_owned();
    show(&DesignerScreen { frame, id, title })
}

/// `GET /forms/{id}/draft`: everything that the designer shows.
pub async fn draft_json(
    State(screens): State<Screens>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ScreenError> {
    Ok(Json(draft_of(&screens, &id).await?))
}

/// `GET /forms/{id}/blank/{side}`: the picture of the empty sheet.
pub async fn blank(
    State(screens): State<Screens>,
    Path((id, side)): Path<(String, u8)>,
) -> Result<Response, ScreenError> {
    let folder = folders(&screens).draft(&id).ok_or(ScreenError::NotFound)?;
    let read = tokio::task::spawn_blocking(move || folder.blank(side)).await.context("reading a blank")?;
    let bytes = read.map_err(|_| ScreenError::NotFound)?;
    Ok(([(header::CONTENT_TYPE, "image/png")], bytes).into_response())
}

fn folders(screens: &Screens) -> Folders {
    Folders { drafts: screens.designer.drafts.clone(), live: screens.designer.live.clone() }
}

async fn draft_of(screens: &Screens, id: &str) -> Result<Value, ScreenError> {
    let folder = folders(screens).draft(id).ok_or(ScreenError::NotFound)?;
    let read = tokio::task::spawn_blocking(move || folder.read()).await.context("reading a draft")?;
    Ok(read?)
}
