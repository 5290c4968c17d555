//! The JSON API: what other programs of the office may ask, with the same login and rights as the screens.
//!
//! Every address is described where it is made; the description is served at `/api/openapi.json`, and a test holds every
//! answer against it. Values of a page that still waits are not here: whoever keys second must not see them anywhere.

mod mail;
mod people;
mod reviews;

use crate::Screens;
use crate::error::ScreenError;
use crate::frame::Person;
use crate::routes::only;
use axum::Json;
use axum::Router;
use axum::extract::State;
use domain::duty::Right;
use domain::envelope::StateCounts;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;
use utoipa::ToSchema;
use utoipa::openapi::{Info, License, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Rows in one answer; the rest is asked for with `after`.
const ROWS_AT_ONCE: u32 = 200;

/// What is said when something is refused.
#[derive(Serialize, ToSchema)]
#[schema(as = Error)]
pub struct ErrorJson {
    /// What happened and what to do, in Japanese.
    pub error: String,
    /// Finds the cause in the log, when the program itself failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// Pages by state.
#[derive(Serialize, ToSchema)]
#[schema(as = Counts)]
struct CountsJson(BTreeMap<&'static str, u64>);

impl CountsJson {
    fn of(counts: &StateCounts) -> Self {
        Self(domain::page::PageState::ALL.iter().map(|&state| (state.as_str(), counts.of(state))).collect())
    }
}

/// Every address of the API.
pub fn routes() -> Router<Screens> {
    let mut all = Router::new();
    for (rights, group) in groups() {
        all = all.merge(only(rights, group.split_for_parts().0));
    }
    all
}

/// The groups of addresses and who may ask them.
fn groups() -> [(&'static [Right], OpenApiRouter<Screens>); 4] {
    [
        (&[], OpenApiRouter::new().routes(routes!(status)).routes(routes!(me)).routes(routes!(openapi))),
        (&[Right::SeePages], mail::routes()),
        (&[Right::Verify, Right::Arbitrate], reviews::routes()),
        (&[Right::SeePeople], people::routes()),
    ]
}

/// The description of all of it.
pub fn description() -> &'static OpenApi {
    static DESCRIPTION: OnceLock<OpenApi> = OnceLock::new();
    DESCRIPTION.get_or_init(|| {
        let mut info = Info::new("yomitori", env!("CARGO_PKG_VERSION"));
        info.description = Some(
            "Reads of the form reader's rows. Log in on the screens first; the session cookie carries the rights."
                .to_owned(),
        );
        info.license = Some(License::new(env!("CARGO_PKG_LICENSE")));
        let mut all = OpenApiBuilder::new().info(info).build();
        for (_, group) in groups() {
            all.merge(group.split_for_parts().1);
        }
        all
    })
}

/// The counts of the house.
#[derive(Serialize, ToSchema)]
#[schema(as = Status)]
struct StatusJson {
    /// Pages by state, batch tickets included.
    #[schema(value_type = BTreeMap<String, u64>)]
    pages: StateCounts,
    /// Files by what became of them.
    #[schema(value_type = BTreeMap<String, u64>)]
    files: store::FileCounts,
    /// Records that stand.
    records: u32,
    /// What the queue says of itself.
    queue: serde_json::Value,
}

/// The counts of the house, as `yomitori status --json` prints them.
#[utoipa::path(get, path = "/api/status", responses((status = 200, body = StatusJson), (status = "4XX", body = ErrorJson)))]
async fn status(State(screens): State<Screens>) -> Result<Json<StatusJson>, ScreenError> {
    let now = crate::Status::now(&screens.store, &screens.queue_depth).await?;
    let counts = now.counts;
    Ok(Json(StatusJson {
        pages: counts.pages,
        files: counts.files,
        records: counts.records,
        queue: now.queue,
    }))
}

/// Who asks.
#[derive(Serialize, ToSchema)]
#[schema(as = Me)]
struct MeJson {
    /// The staff account.
    staff: String,
    /// What colleagues call this person.
    name: String,
    /// Duties, such as `verifier`.
    duties: Vec<&'static str>,
    /// Rights that follow from them, such as `see_pages`.
    #[schema(value_type = Vec<String>)]
    rights: Vec<Right>,
}

/// The person behind the session, and what they may do.
#[utoipa::path(get, path = "/api/me", responses((status = 200, body = MeJson), (status = "4XX", body = ErrorJson)))]
async fn me(person: Person) -> Json<MeJson> {
    let rights = Right::ALL.into_iter().filter(|&right| person.may(right)).collect();
    let duties = person.duties.iter().map(|duty| duty.as_str()).collect();
    Json(MeJson { staff: person.actor.staff.to_string(), name: person.name, duties, rights })
}

/// This description.
#[utoipa::path(get, path = "/api/openapi.json", responses((status = 200, body = serde_json::Value)))]
async fn openapi() -> Json<&'static OpenApi> {
    Json(description())
}
