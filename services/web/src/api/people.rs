//! Residents and their records; every answer leaves its line in the access log before it is sent.

use super::ErrorJson;
use crate::Screens;
use crate::error::ScreenError;
use crate::frame::Person;
use crate::people::Wanted;
use crate::trace::{self, Act};
use axum::Json;
use axum::extract::{Path, State};
use domain::resident::Resident;
use serde::{Deserialize, Serialize};
use store::Record;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Persons in one answer; who finds more has to say more.
const PERSONS_AT_ONCE: u32 = 50;

pub(super) fn routes() -> OpenApiRouter<Screens> {
    OpenApiRouter::new().routes(routes!(search)).routes(routes!(records))
}

/// What is looked for.
#[derive(Deserialize, ToSchema)]
#[schema(as = Search)]
struct SearchJson {
    /// Part of a name or its reading, a birth date (`S25.3.4`, `1950-03-04`), a resident or management number.
    words: String,
}

/// One resident.
#[derive(Serialize, ToSchema)]
#[schema(as = Resident)]
struct ResidentJson {
    /// For `/api/residents/{row}/records`; says nothing about the person.
    row: i64,
    resident_id: String,
    name: String,
    kana: String,
    /// `F`, `M` or `X`.
    sex: &'static str,
    #[schema(format = Date)]
    birth_date: String,
    /// Null for a protected person.
    address: Option<String>,
    protected: bool,
    /// Last day as a resident, when it is known.
    #[schema(format = Date)]
    resident_until: Option<String>,
}

impl ResidentJson {
    fn of(row: i64, resident: &Resident) -> Self {
        Self {
            row,
            resident_id: resident.id.0.clone(),
            name: resident.name.reveal().clone(),
            kana: resident.kana.reveal().clone(),
            sex: resident.sex.as_str(),
            birth_date: resident.birth_date.reveal().to_string(),
            address: (!resident.protected).then(|| resident.address.reveal().clone()),
            protected: resident.protected,
            resident_until: resident.resident_until.map(|day| day.to_string()),
        }
    }
}

/// Residents that fit, at most 50. Sent as a body: names never stand in an address.
#[utoipa::path(post, path = "/api/residents/search", request_body = SearchJson,
    responses((status = 200, body = Vec<ResidentJson>), (status = "4XX", body = ErrorJson)))]
async fn search(
    State(screens): State<Screens>,
    person: Person,
    Json(search): Json<SearchJson>,
) -> Result<Json<Vec<ResidentJson>>, ScreenError> {
    let wanted = Wanted::of(&search.words);
    let found = screens.store.read_async(move |rows| wanted.find(rows, PERSONS_AT_ONCE)).await?;
    let ids: Vec<_> = found.iter().map(|(_, resident)| resident.id.clone()).collect();
    trace::note(&screens, &person, Act::Search, "api", None, &ids, None).await?;
    Ok(Json(found.iter().map(|(row, resident)| ResidentJson::of(*row, resident)).collect()))
}

/// One row of a ledger. Rows are only added: a correction is a reversal and a new entry.
#[derive(Serialize, ToSchema)]
#[schema(as = Record)]
struct RecordJson {
    id: i64,
    /// The entry that this row takes back.
    reverses: Option<i64>,
    /// Whether it is an entry that was not taken back.
    stands: bool,
    /// The page that proves it.
    page: String,
    programme: String,
    form: String,
    #[schema(format = Date)]
    service_date: String,
    /// By field id: null, a text, or several.
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    values: serde_json::Value,
    /// Why it was corrected or reversed.
    reason: Option<String>,
    #[schema(format = DateTime)]
    committed_at: String,
    /// Who committed it; `system` for the program.
    staff: String,
}

impl RecordJson {
    fn of(row: &Record) -> Result<Self, serde_json::Error> {
        Ok(Self {
            id: row.id,
            reverses: row.reverses,
            stands: row.stands,
            page: row.page.to_string(),
            programme: row.programme.to_string(),
            form: row.form.to_string(),
            service_date: row.service_date.to_string(),
            values: serde_json::to_value(&row.values)?,
            reason: row.reason.clone(),
            committed_at: row.committed_at.to_string(),
            staff: row.staff.to_string(),
        })
    }
}

/// Everything that stands about one resident, and what was taken back, newest service first.
#[utoipa::path(get, path = "/api/residents/{row}/records", params(("row" = i64, Path, description = "From a search")),
    responses((status = 200, body = Vec<RecordJson>), (status = "4XX", body = ErrorJson)))]
async fn records(
    State(screens): State<Screens>,
    person: Person,
    Path(row): Path<i64>,
) -> Result<Json<Vec<RecordJson>>, ScreenError> {
    let found = screens.store.read_async(move |rows| {
        let Some(resident) = rows.resident_at(row)? else { return Ok(None) };
        Ok(Some((rows.ledger(&resident.id)?, resident.id)))
    });
    let (records, resident) = found.await?.ok_or(ScreenError::NotFound)?;
    trace::note(&screens, &person, Act::View, "api", None, &[resident], None).await?;
    Ok(Json(records.iter().map(RecordJson::of).collect::<Result<_, _>>()?))
}
