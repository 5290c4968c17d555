//! Envelopes and pages, without anything that stands on them.

use super::{CountsJson, ErrorJson, ROWS_AT_ONCE};
use crate::Screens;
use crate::error::ScreenError;
use axum::Json;
use axum::extract::{Path, State};
use domain::ids::{EnvelopeId, PageId};
use serde::Serialize;
use store::{Envelope, Page};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Screens> {
    OpenApiRouter::new().routes(routes!(envelopes)).routes(routes!(envelope)).routes(routes!(page))
}

/// One envelope.
#[derive(Serialize, ToSchema)]
#[schema(as = Envelope)]
struct EnvelopeJson {
    /// The ticket's number, or `none:FOLDER:DAY`.
    id: String,
    /// Local day on which it was opened.
    #[schema(format = Date)]
    day: String,
    /// Clinic code; null without a ticket, as are the next four.
    clinic: Option<String>,
    clinic_name: Option<String>,
    /// Month of the claim, `2026-10`.
    month: Option<String>,
    programme: Option<String>,
    /// Slips that the ticket declares.
    declared: Option<u32>,
    /// Slips that arrived.
    seen: u64,
    /// When a later ticket was read.
    #[schema(format = DateTime)]
    closed_at: Option<String>,
    /// Its slips by state.
    pages: CountsJson,
}

impl From<&Envelope> for EnvelopeJson {
    fn from(row: &Envelope) -> Self {
        Self {
            id: row.id.to_string(),
            day: row.day.to_string(),
            clinic: row.clinic.as_ref().map(ToString::to_string),
            clinic_name: row.clinic_name.clone(),
            month: row.month.clone(),
            programme: row.programme.as_ref().map(ToString::to_string),
            declared: row.declared,
            seen: row.seen(),
            closed_at: row.closed_at.map(|at| at.to_string()),
            pages: CountsJson::of(&row.counts),
        }
    }
}

/// Every envelope, newest first, at most 200.
#[utoipa::path(get, path = "/api/envelopes",
    responses((status = 200, body = Vec<EnvelopeJson>), (status = "4XX", body = ErrorJson)))]
async fn envelopes(State(screens): State<Screens>) -> Result<Json<Vec<EnvelopeJson>>, ScreenError> {
    let rows = screens.store.read_async(|rows| rows.newest_envelopes(ROWS_AT_ONCE)).await?;
    Ok(Json(rows.iter().map(EnvelopeJson::from).collect()))
}

/// One envelope.
#[utoipa::path(get, path = "/api/envelopes/{id}", params(("id" = String, Path, description = "Its id")),
    responses((status = 200, body = EnvelopeJson), (status = "4XX", body = ErrorJson)))]
async fn envelope(
    State(screens): State<Screens>,
    Path(id): Path<String>,
) -> Result<Json<EnvelopeJson>, ScreenError> {
    let row = screens.store.read_async(move |rows| rows.envelope(&EnvelopeId(id))).await?;
    Ok(Json(EnvelopeJson::from(&row.ok_or(ScreenError::NotFound)?)))
}

/// One page.
#[derive(Serialize, ToSchema)]
#[schema(as = Page)]
struct PageJson {
    /// Hash of its scan and its number.
    id: String,
    /// Its place in the file, from 1.
    number: u32,
    /// `received`, `read`, `in_review`, `committed`, `returned`, `rescan`, `discarded`, `duplicate` or `failed`.
    state: &'static str,
    /// Why the machine could not take it, in Japanese.
    reason: Option<String>,
    envelope: String,
    /// Form id, once known.
    form: Option<String>,
    /// Whether it is a batch ticket.
    is_ticket: bool,
    /// The reading last asked for, from 1.
    round: u32,
    #[schema(format = DateTime)]
    arrived_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

impl From<&Page> for PageJson {
    fn from(row: &Page) -> Self {
        Self {
            id: row.id.to_string(),
            number: row.number,
            state: row.state.as_str(),
            reason: row.reason.clone(),
            envelope: row.envelope.to_string(),
            form: row.form.as_ref().map(ToString::to_string),
            is_ticket: row.is_ticket,
            round: row.round,
            arrived_at: row.arrived_at.to_string(),
            updated_at: row.updated_at.to_string(),
        }
    }
}

/// One page; what stands on it is not here.
#[utoipa::path(get, path = "/api/pages/{page}", params(("page" = String, Path, description = "Its id")),
    responses((status = 200, body = PageJson), (status = "4XX", body = ErrorJson)))]
async fn page(
    State(screens): State<Screens>,
    Path(page): Path<String>,
) -> Result<Json<PageJson>, ScreenError> {
    let row = screens.store.read_async(move |rows| rows.page(&PageId(page))).await?;
    Ok(Json(PageJson::from(&row.ok_or(ScreenError::NotFound)?)))
}
