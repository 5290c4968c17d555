//! 試し読み. A scan read by a draft: nothing of it is kept but for a while in memory.

use super::{change, folders};
use crate::Screens;
use crate::error::ScreenError;
use crate::words::value;
use anyhow::{Context, Result};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::form::{Field, Form};
use domain::geometry::{PointMm, RectMm};
use domain::reading::{Decision, FieldReading, FormReading, PageReading, Registration};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use vision::decode::{Limits, decode_pages};
use vision::fields::{Params, Tools};
use vision::{Affine, GrayPage, PageReader, Template, encode_jpeg, scanned, snippet as cut};

/// Pages of one upload that are read.
const MOST_PAGES: usize = 4;
/// Paper around a field in its snippet, mm, and its resolution.
const MARGIN_MM: f64 = 1.5;
const SNIPPET_PX_PER_MM: f64 = 6.0;
/// Longest side of a page's picture on the screen, pixels.
const SHOWN_PX: u32 = 1600;
const QUALITY: u8 = 82;

/// A scan that was tried.
pub struct Trial {
    page: GrayPage,
    /// How it lies and where its fields are, when it was read.
    read: Option<(Registration, Vec<(String, RectMm)>)>,
}

/// `POST /forms/{id}/try` with a scan as body: one answer a page.
pub async fn try_it(
    State(screens): State<Screens>,
    Path(id): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, ScreenError> {
    let folders = folders(&screens);
    let folder = folders.draft(&id).ok_or(ScreenError::NotFound)?;
    let (form, problems) = change::judged(&screens, &folders, &id, &folder.read()?);
    let Some(form) = form else {
        return Ok(Json(json!({ "problems": problems })));
    };
    let _turn = screens.picture_turns.acquire().await.context("the program is closing")?;
    let ocr = screens.designer.ocr.clone();
    let job = move || -> Result<Result<Vec<(Value, Trial)>, String>> {
        // Read as it will be when it is in use: with its boxes where the picture has them.
        let blanks = folder.blanks(&form)?;
        let form = scanned::settled(form, &blanks);
        let template = Template { blanks: blanks.into(), form: form.clone() };
        let mut reader = PageReader::new(vec![template], Tools::new(Params::default(), Some(ocr()?)));
        let limits = Limits { max_file_bytes: super::LARGEST_UPLOAD as u64, ..Limits::default() };
        let pages = match decode_pages(&bytes, &limits) {
            Ok(pages) => pages,
            Err(error) => return Ok(Err(format!("{error}。"))),
        };
        let mut tried = Vec::new();
        for page in pages.take(MOST_PAGES) {
            match page {
                Ok(page) => tried.push(read(&mut reader, &form, page)),
                Err(error) => return Ok(Err(format!("{error}。"))),
            }
        }
        Ok(Ok(tried))
    };
    let tried = match tokio::task::spawn_blocking(job).await.context("a trial broke off")?? {
        Ok(tried) => tried,
        Err(wrong) => return Ok(Json(json!({ "wrong": wrong }))),
    };
    let mut pages = Vec::new();
    for (mut answer, trial) in tried {
        let key = key();
        answer["key"] = json!(key);
        let bytes = trial.page.pixels.len();
        screens.trials.put(key, Arc::new(trial), bytes);
        pages.push(answer);
    }
    Ok(Json(json!({ "pages": pages })))
}

/// A number for a trial, different for every one since the program was started.
fn key() -> u32 {
    static COUNTER: AtomicU32 = AtomicU32::new(1);
    COUNTER.fetch_add(1, Ordering::Relaxed)
}

fn read(reader: &mut PageReader, form: &Form, page: GrayPage) -> (Value, Trial) {
    let (reading, spent) = reader.read(&page, None);
    let mut answer = json!({ "size": [page.width, page.height], "milliseconds": spent.total });
    let read = match reading {
        PageReading::Read(reading) => {
            answer["outcome"] = json!("read");
            answer["side"] = json!(reading.side);
            answer["residual_mm"] = json!(reading.registration.residual_mm);
            answer["inliers"] = json!(reading.registration.inliers);
            answer["rotation_deg"] = json!(reading.registration.rotation_deg);
            answer["fields"] = fields(form, &reading);
            let areas = form.fields_on(reading.side).map(|field| (field.id.to_string(), field.area()));
            Some((reading.registration.clone(), areas.collect()))
        }
        PageReading::Unrecognised { reason } | PageReading::Unreadable { reason } => {
            answer["outcome"] = json!("refused");
            answer["reason"] = json!(reason);
            None
        }
    };
    (answer, Trial { page, read })
}

/// Every field with its value and where its boxes lie in the picture, in reading order.
fn fields(form: &Form, reading: &FormReading) -> Value {
    let lie = Affine(reading.registration.px_from_mm);
    let number = reading.management_number.as_ref();
    let line = |field: &Field| {
        let boxes = field.boxes.iter().chain(field.options.iter().map(|option| &option.rect));
        let boxes: Vec<[[f64; 2]; 4]> = boxes.map(|rect| corners(&lie, rect)).collect();
        let mut line = json!({ "id": field.id, "label": field.label, "boxes": boxes });
        if let Some(read) = reading.field(field.id.as_str()) {
            line["value"] = json!(value(field, &read.value));
            line["confidence"] = json!(read.confidence);
            line["accepted"] = json!(read.decision == Decision::Accept);
            line["reason"] = json!(reason(read));
        } else if let Some(number) =
            number.filter(|_| form.number_field().is_some_and(|(f, _)| f.id == field.id))
        {
            line["value"] = json!(number.value.as_ref().map_or("", |value| value.reveal().as_str()));
            line["confidence"] = json!(number.confidence);
            line["accepted"] = json!(number.decision == Decision::Accept);
            line["reason"] = json!(number.reason);
        }
        line
    };
    form.fields_on(reading.side).map(line).collect()
}

fn reason(read: &FieldReading) -> Option<String> {
    read.reason.clone().filter(|_| read.decision != Decision::Accept)
}

fn corners(lie: &Affine, rect: &RectMm) -> [[f64; 2]; 4] {
    let corners =
        [(rect.x, rect.y), (rect.right(), rect.y), (rect.right(), rect.bottom()), (rect.x, rect.bottom())];
    corners.map(|(x, y)| lie.apply(PointMm::new(x, y)))
}

/// `GET /forms/trial/{key}`: the scan.
pub async fn picture(State(screens): State<Screens>, Path(key): Path<u32>) -> Result<Response, ScreenError> {
    let trial = screens.trials.get(&key).ok_or(ScreenError::NotFound)?;
    let job = move || {
        let page = &trial.page;
        let part = f64::from(SHOWN_PX) / f64::from(page.width.max(page.height));
        if part >= 1.0 {
            return encode_jpeg(page, QUALITY);
        }
        let whole = RectMm::new(0.0, 0.0, f64::from(page.width), f64::from(page.height));
        let patch = vision::RegisteredPage { page, px_from_mm: Affine::scale(1.0) }.sample(whole, part);
        let (width, height) = (patch.width as u32, patch.height as u32);
        encode_jpeg(&GrayPage { width, height, pixels: patch.pixels, dpi: None, bilevel: false }, QUALITY)
    };
    jpeg(tokio::task::spawn_blocking(job).await.context("a picture broke off")?)
}

/// `GET /forms/trial/{key}/{field}`: one field of it, upright.
pub async fn snippet(
    State(screens): State<Screens>,
    Path((key, field)): Path<(u32, String)>,
) -> Result<Response, ScreenError> {
    let trial = screens.trials.get(&key).ok_or(ScreenError::NotFound)?;
    let (lie, areas) = trial.read.as_ref().ok_or(ScreenError::NotFound)?;
    let (_, area) = areas.iter().find(|(id, _)| *id == field).ok_or(ScreenError::NotFound)?;
    jpeg(encode_jpeg(&cut(&trial.page, lie, *area, MARGIN_MM, SNIPPET_PX_PER_MM), QUALITY))
}

fn jpeg(bytes: Vec<u8>) -> Result<Response, ScreenError> {
    Ok(([(header::CONTENT_TYPE, "image/jpeg")], bytes).into_response())
}
