//! 品質. How often accepted values are wrong and how well people key, and how sure a value must be.

mod chart;
mod decide;
mod errors;
mod figures;
mod keyers;
mod settings;

use crate::Screens;
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::words;
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use chart::Chart;
pub(crate) use decide::decide;
use domain::duty::Right;
use domain::quality::Verdict;
pub use figures::kind_label;
use figures::{Line, by, machine};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use store::screens::{SampleCounts, SettledSample};

/// Periods offered, weeks.
const PERIODS: [u16; 3] = [4, 13, 52];

/// The screens for whoever sees the quality.
pub fn routes() -> Router<Screens> {
    Router::new().route("/quality", get(quality)).route("/quality/errors", get(errors::errors))
}

/// The screens for whoever sets it.
pub fn settings_routes() -> Router<Screens> {
    Router::new()
        .route("/quality/settings", get(settings::settings))
        .route("/quality/settings/foresee", get(settings::foresee))
        .route("/quality/settings/bar", post(settings::set_bar))
        .route("/quality/settings/plan", post(settings::set_plan))
}

#[derive(Deserialize)]
struct Period {
    #[serde(default)]
    weeks: u16,
}

#[derive(Template)]
#[template(path = "quality.html")]
struct QualityScreen {
    frame: Frame,
    weeks: u16,
    periods: [u16; 3],
    headline: String,
    interval: String,
    n: String,
    wrong: u64,
    unclear: usize,
    waiting: SampleCounts,
    chart: Chart,
    tables: Vec<Table>,
    keyers: Vec<keyers::Keyer>,
    may_set: bool,
    may_see_values: bool,
}

/// One table of shares.
struct Table {
    id: &'static str,
    title: &'static str,
    head: &'static str,
    lines: Vec<Line>,
}

/// `GET /quality?weeks=…`
async fn quality(
    State(screens): State<Screens>,
    person: Person,
    Query(period): Query<Period>,
) -> Result<Response, ScreenError> {
    let weeks = if PERIODS.contains(&period.weeks) { period.weeks } else { PERIODS[1] };
    let now = Timestamp::now();
    let since = now - SignedDuration::from_hours(24 * 7 * i64::from(weeks));
    let (samples, waiting) = screens
        .store
        .read_async(move |rows| Ok((rows.settled_samples(since)?, rows.samples_waiting()?)))
        .await?;
    let keyers = keyers::keyers(&screens, &person, since).await?;
    let all = machine(&samples);
    let [low, high] = all.interval.map(figures::per_10k);
    show(&QualityScreen {
        frame: Frame::new(&screens, &person, "quality").await?,
        weeks,
        periods: PERIODS,
        headline: figures::per_10k(all.share),
        interval: format!("95%: {low}〜{high}"),
        n: figures::grouped(all.n),
        wrong: all.hits,
        unclear: samples.iter().filter(|sample| sample.verdict == Verdict::Unclear).count(),
        waiting,
        chart: Chart::of(&samples, since, now),
        tables: tables(&screens, &samples),
        keyers,
        may_set: person.may(Right::SetQuality),
        may_see_values: person.may(Right::SeePages),
    })
}

fn tables(screens: &Screens, samples: &[SettledSample]) -> Vec<Table> {
    let lines = |groups: Vec<(String, domain::share::Estimate)>, is_data: bool| {
        groups.iter().map(|(label, estimate)| Line::of(label.clone(), estimate, is_data)).collect()
    };
    let kinds = by(samples, |sample| kind_label(&sample.kind).to_owned());
    let forms = by(samples, |sample| words::form_title(&screens.forms, sample.form.as_str()));
    let clinics = by(samples, |sample| sample.clinic.clone().unwrap_or_else(|| "束票なし".to_owned()));
    vec![
        Table { id: "kinds", title: "項目の種類ごと", head: "種類", lines: lines(kinds, false) },
        Table { id: "forms", title: "帳票ごと", head: "帳票", lines: lines(forms, false) },
        Table {
            id: "clinics", title: "医療機関ごと", head: "医療機関", lines: lines(clinics, true)
        },
    ]
}
