//! What waits for a person: which pages and why, never what the machine or anybody read there.

use super::{ErrorJson, ROWS_AT_ONCE};
use crate::Screens;
use crate::error::ScreenError;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::screens::{ReviewFilter, ReviewRow};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Screens> {
    OpenApiRouter::new().routes(routes!(reviews))
}

/// One page that waits.
#[derive(Serialize, ToSchema)]
#[schema(as = Review)]
struct ReviewJson {
    page: String,
    /// Why, by the words of the program, such as `field_doubtful`.
    #[schema(value_type = Vec<String>)]
    reasons: Vec<serde_json::Value>,
    /// Fields that wait for that keying; `@person` is who it is, `@page` the page as a whole.
    fields: Vec<String>,
    form: Option<String>,
    envelope: String,
    /// What it waits for: `first`, `second` or `third` keying.
    stage: &'static str,
    /// Since when.
    #[schema(format = DateTime)]
    since: String,
    /// Who has it on the screen.
    held_by: Option<String>,
}

impl ReviewJson {
    fn of(row: &ReviewRow) -> Result<Self, serde_json::Error> {
        let reasons = row.reasons.iter().map(|reason| Ok(serde_json::to_value(reason)?["why"].take()));
        Ok(Self {
            page: row.page.to_string(),
            reasons: reasons.collect::<Result<_, serde_json::Error>>()?,
            fields: row.fields.iter().map(ToString::to_string).collect(),
            form: row.form.as_ref().map(ToString::to_string),
            envelope: row.envelope.to_string(),
            stage: row.stage.as_str(),
            since: row.created_at.to_string(),
            held_by: row.lease.as_ref().map(|(staff, _)| staff.to_string()),
        })
    }
}

/// The pages that wait, most urgent first, at most 200.
#[utoipa::path(get, path = "/api/reviews",
    responses((status = 200, body = Vec<ReviewJson>), (status = "4XX", body = ErrorJson)))]
async fn reviews(State(screens): State<Screens>) -> Result<Json<Vec<ReviewJson>>, ScreenError> {
    let all = ReviewFilter::default();
    let (rows, _) = screens.store.read_async(move |rows| rows.review_rows(&all, ROWS_AT_ONCE)).await?;
    Ok(Json(rows.iter().map(ReviewJson::of).collect::<Result<_, _>>()?))
}
