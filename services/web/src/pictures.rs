//! Pictures of pages and of single fields, cut from the scan as it is stored.

use crate::error::ScreenError;
use crate::frame::Person;
use crate::{Screens, protected, trace};
use anyhow::Context;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::geometry::RectMm;
use domain::ids::{FieldId, ImageHash, PageId};
use domain::reading::{PageReading, Registration};
use image::GrayImage;
use image::codecs::jpeg::JpegEncoder;
use serde::Deserialize;
use std::sync::Arc;
use store::Page;
use vision::decode::{Limits, decode};
use vision::{Affine, GrayPage, Patch, RegisteredPage};

/// Pixels across, smallest and largest picture of a page: a thumbnail, and twice a 1366-pixel screen.
const WIDTHS: std::ops::RangeInclusive<u32> = 60..=2400;
/// Wide enough for a page beside its fields on a 1366-pixel screen.
const USUAL_WIDTH: u32 = 1200;
/// Nobody reads a name on a picture that is so small.
const THUMBNAIL: u32 = 240;
/// Of pages: grey steps stay smooth, and small print stays readable.
const PAGE_QUALITY: u8 = 80;
/// Of snippets: nobody should have to guess whether a stroke or the compression made a dot.
const SNIPPET_QUALITY: u8 = 92;
/// Paper around a field in its snippet, mm: enough to see where a stroke went.
const SNIPPET_MARGIN_MM: f64 = 2.0;
/// Snippets are 152 dpi: a digit of 6 mm is 36 pixels high.
const SNIPPET_PX_PER_MM: f64 = 6.0;
/// The page a person looks at stays on their machine for a working session, never in shared caches.
const CACHING: &str = "private, max-age=900";

/// Which picture of a page.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    /// Pixels across.
    width: Option<u32>,
    /// The paper upright, as the form describes it (when the page is registered); else the scan as it is.
    #[serde(default)]
    paper: bool,
}

/// What a picture is known by in the cache of encoded pictures.
#[derive(Clone, Debug, PartialEq)]
pub struct PictureKey {
    image: ImageHash,
    turn: u16,
    width: u32,
    paper: Option<[f64; 6]>,
    covered: bool,
}

/// A page with its picture.
struct Stored {
    /// The page whose reading speaks for the picture: the first one with this very picture.
    page: Page,
    image: ImageHash,
    /// What of the paper is covered before anybody sees it.
    cover: Vec<RectMm>,
}

/// `GET /pages/{page}/image?width=…&paper=…`
pub async fn page_image(
    State(screens): State<Screens>,
    person: Person,
    Path(page): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, ScreenError> {
    show_page(&screens, &person, &page, &wanted).await
}

/// The page as it stands on paper, for a screen that does not name it.
pub async fn paper_picture(screens: &Screens, person: &Person, page: &str) -> Result<Response, ScreenError> {
    show_page(screens, person, page, &Wanted { width: None, paper: true }).await
}

async fn show_page(
    screens: &Screens,
    person: &Person,
    page: &str,
    wanted: &Wanted,
) -> Result<Response, ScreenError> {
    let asked = PageId::from(page);
    let Stored { page, image, cover } = stored(screens, page).await?;
    let width = wanted.width.unwrap_or(USUAL_WIDTH).clamp(*WIDTHS.start(), *WIDTHS.end());
    if width > THUMBNAIL {
        trace::note_picture(screens, person, &asked).await?;
    }
    let paper = wanted.paper.then(|| paper(screens, &page)).flatten();
    let fit = paper.as_ref().map(|(fit, _)| fit.px_from_mm);
    let key =
        PictureKey { image: image.clone(), turn: page.turn, width, paper: fit, covered: !cover.is_empty() };
    if let Some(bytes) = screens.pictures.get(&key) {
        return Ok(jpeg(bytes));
    }
    let scan = decoded(screens, &image, page.turn).await?;
    let lie = self::paper(screens, &page).map(|(fit, _)| Affine(fit.px_from_mm));
    let bytes = work(screens, move || {
        let scan = match lie {
            Some(lie) => shown(scan, lie, &cover),
            None => scan,
        };
        let reduced = match paper {
            Some((fit, [w, h])) => {
                let page = RegisteredPage { page: &scan, px_from_mm: Affine(fit.px_from_mm) };
                picture(page.sample(RectMm::new(0.0, 0.0, w, h), f64::from(width) / w))
            }
            None => shrunk(&scan, width),
        };
        encode(&reduced?, PAGE_QUALITY)
    })
    .await?;
    screens.pictures.put(key, Arc::clone(&bytes), bytes.len());
    Ok(jpeg(bytes))
}

/// `GET /pages/{page}/snippet/{field}`: the field upright, with a little paper around it.
pub async fn snippet(
    State(screens): State<Screens>,
    person: Person,
    Path((page, field)): Path<(String, String)>,
) -> Result<Response, ScreenError> {
    field_picture(&screens, &person, &page, FieldId(field)).await
}

/// The same for a screen that does not name the page.
pub async fn field_picture(
    screens: &Screens,
    person: &Person,
    page: &str,
    field: FieldId,
) -> Result<Response, ScreenError> {
    let asked = PageId::from(page);
    let Stored { page, image, cover } = stored(screens, page).await?;
    trace::note_picture(screens, person, &asked).await?;
    let area = field_area(screens, &page, &field).ok_or(ScreenError::NotFound)?;
    let (fit, _) = paper(screens, &page).ok_or(ScreenError::NotFound)?;
    let scan = decoded(screens, &image, page.turn).await?;
    let bytes = work(screens, move || {
        let lie = Affine(fit.px_from_mm);
        let scan = shown(scan, lie, &cover);
        let page = RegisteredPage { page: &scan, px_from_mm: lie };
        let patch = page.sample(area.grown(SNIPPET_MARGIN_MM), SNIPPET_PX_PER_MM);
        encode(&picture(patch)?, SNIPPET_QUALITY)
    })
    .await?;
    Ok(jpeg(bytes))
}

/// The picture of a field as grey pixels (how many across, and the pixels), to be printed; `None` where the page shows no
/// such field.
pub async fn grey_snippet(
    screens: &Screens,
    page: &Page,
    field: &FieldId,
) -> Result<Option<(usize, Vec<u8>)>, ScreenError> {
    let Stored { page, image, cover } = stored(screens, page.id.as_str()).await?;
    let (Some(area), Some((fit, _))) = (field_area(screens, &page, field), paper(screens, &page)) else {
        return Ok(None);
    };
    let scan = decoded(screens, &image, page.turn).await?;
    let patch = work(screens, move || {
        let lie = Affine(fit.px_from_mm);
        let scan = shown(scan, lie, &cover);
        let page = RegisteredPage { page: &scan, px_from_mm: lie };
        Ok(page.sample(area.grown(SNIPPET_MARGIN_MM), SNIPPET_PX_PER_MM))
    })
    .await?;
    Ok(Some((patch.width, patch.pixels)))
}

/// The page and its picture, if there are both.
async fn stored(screens: &Screens, page: &str) -> Result<Stored, ScreenError> {
    let id = PageId::from(page);
    let found = screens.store.read_async(move |rows| {
        let Some(page) = rows.page(&id)? else { return Ok(None) };
        let first = page.duplicate_of.as_ref().map(|first| rows.page(first)).transpose()?.flatten();
        let page = first.unwrap_or(page);
        let protected = protected::is_protected(rows, &page)?;
        Ok(Some((page, protected)))
    });
    let (page, protected) = found.await?.ok_or(ScreenError::NotFound)?;
    let image = page.image.clone().ok_or(ScreenError::NotFound)?;
    let cover = match &page.reading {
        Some(PageReading::Read(reading)) if protected => {
            let form = screens.form(reading.form.as_str());
            form.map(|form| protected::address_places(form, reading.side)).unwrap_or_default()
        }
        _ => Vec::new(),
    };
    Ok(Stored { page, image, cover })
}

/// The scan as it may be shown.
fn shown(scan: Arc<GrayPage>, lie: Affine, cover: &[RectMm]) -> Arc<GrayPage> {
    if cover.is_empty() { scan } else { Arc::new(protected::covered(&scan, lie, cover)) }
}

/// How the paper lies in the scan, and its size in mm, when the page was registered.
pub fn paper(screens: &Screens, page: &Page) -> Option<(Registration, [f64; 2])> {
    let Some(PageReading::Read(reading)) = &page.reading else { return None };
    let form = screens.form(reading.form.as_str())?;
    Some((reading.registration.clone(), form.paper_mm))
}

fn field_area(screens: &Screens, page: &Page, field: &FieldId) -> Option<RectMm> {
    let Some(PageReading::Read(reading)) = &page.reading else { return None };
    let area = screens.form(reading.form.as_str())?.field(field.as_str())?.area();
    (area.w > 0.0 && area.h > 0.0).then_some(area)
}

/// The decoded scan turned as a person asked, from memory when it was looked at just now.
pub async fn decoded(screens: &Screens, image: &ImageHash, turn: u16) -> Result<Arc<GrayPage>, ScreenError> {
    let key = (image.clone(), turn);
    if let Some(scan) = screens.scans.get(&key) {
        return Ok(scan);
    }
    let bytes = screens.pages.get(image).await.with_context(|| format!("picture {image}"))?;
    let decoded =
        work(screens, move || Ok(decode(&bytes, &Limits::default()).map(|scan| scan.turned(turn)))).await?;
    // A picture that cannot be opened is a state of the page, not a fault of the program.
    let scan = Arc::new(decoded.map_err(|_| ScreenError::NotFound)?);
    screens.scans.put(key, Arc::clone(&scan), scan.pixels.len());
    Ok(scan)
}

/// Runs pixel work off the async threads, few at a time, so that a full inbox does not starve clerks.
pub async fn work<T: Send + 'static>(
    screens: &Screens,
    job: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> Result<T, ScreenError> {
    let _turn = screens.picture_turns.acquire().await.context("the program is closing")?;
    Ok(tokio::task::spawn_blocking(job).await.context("picture work broke off")??)
}

/// The scan at `width` pixels across (never enlarged).
fn shrunk(scan: &GrayPage, width: u32) -> anyhow::Result<GrayImage> {
    let width = width.min(scan.width).max(1);
    let height = (u64::from(scan.height) * u64::from(width) / u64::from(scan.width.max(1))).max(1);
    let whole = GrayImage::from_raw(scan.width, scan.height, scan.pixels.clone());
    let whole = whole.context("scan of a wrong size")?;
    Ok(image::imageops::thumbnail(&whole, width, u32::try_from(height)?))
}

fn picture(patch: Patch) -> anyhow::Result<GrayImage> {
    GrayImage::from_raw(patch.width as u32, patch.height as u32, patch.pixels)
        .context("patch of a wrong size")
}

fn encode(picture: &GrayImage, quality: u8) -> anyhow::Result<Arc<Vec<u8>>> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(picture)?;
    Ok(Arc::new(bytes))
}

fn jpeg(bytes: Arc<Vec<u8>>) -> Response {
    let headers = [(header::CONTENT_TYPE, "image/jpeg"), (header::CACHE_CONTROL, CACHING)];
    (headers, bytes.as_ref().clone()).into_response()
}
