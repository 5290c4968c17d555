//! `yomitori bench --screens N`: what every screen costs the server over a large city's rows.

use super::season::{self, Season};
use crate::cli::BenchArgs;
use crate::commands::roles;
use crate::config::Config;
use crate::hub::Hub;
use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode, header};
use domain::actor::Actor;
use domain::duty::Duty;
use jiff::Timestamp;
use serde::Serialize;
use std::time::Instant;
use store::AccountData;
use tower::ServiceExt;
use vision::Template;

/// Times each screen is asked for; the first answer is left out: it fills caches that a day at work fills once.
const REPEATS: usize = 9;
/// What a clerk waits for at most, ms, on one core (a screen slower than this is marked).
const LIMIT_MS: f64 = 300.0;

/// One screen.
#[derive(Serialize)]
struct Cost {
    screen: &'static str,
    /// Median of the answers, ms.
    median_ms: f64,
    /// The slowest answer, ms.
    worst_ms: f64,
    /// Size of the answer.
    bytes: usize,
}

/// All of it.
#[derive(Serialize)]
struct Report {
    pages: usize,
    residents: usize,
    screens: Vec<Cost>,
    /// The slowest median, ms.
    slowest_ms: f64,
}

/// Builds the season in a directory of its own, asks for every screen, prints what each took.
///
/// # Errors
/// The season cannot be built, or a screen does not answer.
pub fn run(config: &Config, templates: &[Template], args: &BenchArgs) -> Result<()> {
    let pages = args.screens.context("the number of pages is given")? as usize;
    let folder = tempfile::tempdir().context("cannot make a directory for the season")?;
    let kept = args.keep.clone().unwrap_or_else(|| folder.path().to_owned());
    let mut config =
        Config { data_dir: kept, queue: "sqlite:".into(), pages: "file:".into(), ..config.clone() };
    // There is no telephone here to show a code.
    config.door.policy.second_factor_required = false;
    let hub = Hub::open(&config)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let season = match season::found(&hub)? {
        Some(season) => season,
        None => runtime.block_on(season::build(&hub, templates, args, pages))?,
    };
    let screens = web::router(roles::screens(&config, &hub)?);
    let report = runtime.block_on(async { Clerk::sign_in(screens, &hub).await?.ask(&season).await })?;
    if args.json { crate::print_line(&serde_json::to_string(&report)?) } else { print(&report) }
}

fn print(report: &Report) -> Result<()> {
    crate::print_line(&format!("{} pages, {} residents", report.pages, report.residents))?;
    for cost in &report.screens {
        let mark = if cost.median_ms > LIMIT_MS { "  too slow" } else { "" };
        crate::print_line(&format!(
            "{:<28} {:>8.1} ms  worst {:>8.1} ms  {:>7.1} kB{mark}",
            cost.screen,
            cost.median_ms,
            cost.worst_ms,
            cost.bytes as f64 / 1000.0
        ))?;
    }
    Ok(())
}

/// Somebody who looks at everything.
struct Clerk {
    screens: Router,
    cookie: String,
}

impl Clerk {
    /// A new account with every duty, logged in.
    async fn sign_in(screens: Router, hub: &Hub) -> Result<Self> {
        let now = Timestamp::now();
        let id = format!("bench{}", now.as_millisecond());
        let data = AccountData { name: "bench".into(), section: String::new(), duties: Duty::ALL.to_vec() };
        let password = web::accounts::make_up(&hub.store, &id, &data, &Actor::system("bench"), now)?;
        let mut clerk = Self { screens, cookie: String::new() };
        let answer = clerk.send("/login", Some(&format!("id={id}&password={password}"))).await?;
        let cookies = answer.headers().get_all(header::SET_COOKIE).iter();
        let cookies = cookies.filter_map(|cookie| cookie.to_str().ok()?.split(';').next().map(str::to_owned));
        clerk.cookie = cookies.collect::<Vec<_>>().join("; ");
        ensure!(!clerk.cookie.is_empty(), "the log-in answers {}", answer.status());
        Ok(clerk)
    }

    async fn ask(&self, season: &Season) -> Result<Report> {
        let (waiting, committed, row) = (&season.waiting, &season.committed, season.resident_row);
        let envelope = season.envelope.as_str();
        let screens: Vec<(&'static str, String, Option<&str>)> = vec![
            ("home", "/".into(), None),
            ("home, live part", "/home/live".into(), None),
            ("inbox", "/inbox".into(), None),
            ("envelope", format!("/envelopes/{envelope}"), None),
            ("page", format!("/pages/{committed}"), None),
            ("review list", "/reviews".into(), None),
            ("review list, one form", "/reviews?form=influenza-elderly".into(), None),
            ("review", format!("/reviews/{waiting}"), None),
            ("snippet", format!("/pages/{waiting}/snippet/{}", season.field), None),
            ("person, two characters", "/residents".into(), Some("words=%E4%BD%90%E8%97%A4")),
            (
                "person, full name",
                "/residents".into(),
                Some("words=%E4%BD%90%E8%97%A4%E3%80%80%E6%AD%A3%E4%B8%80"),
            ),
            ("person, one character", "/residents".into(), Some("words=%E6%A3%AE")),
            ("person, reading", "/residents".into(), Some("words=%E3%82%B5%E3%83%88%E3%82%A6")),
            ("person, birth date", "/residents".into(), Some("words=S25.3.4")),
            ("ledger", format!("/residents/{row}"), None),
            ("paper", "/paper".into(), None),
            ("forms", "/forms".into(), None),
            ("quality", "/quality".into(), None),
            ("runs", "/runs".into(), None),
            ("access log", "/access-log".into(), None),
            ("envelopes", "/envelopes".into(), None),
            ("day's sheet", "/daily".into(), None),
            ("enquiries", "/enquiries".into(), None),
            ("corrections", "/corrections".into(), None),
            ("quality settings", "/quality/settings".into(), None),
            ("staff", "/staff".into(), None),
            ("api: status", "/api/status".into(), None),
            ("api: reviews", "/api/reviews".into(), None),
            ("api: envelopes", "/api/envelopes".into(), None),
        ];
        let mut costs = Vec::new();
        for (name, address, body) in &screens {
            costs.push(self.cost(name, address, *body).await.with_context(|| format!("{name}: {address}"))?);
        }
        let slowest_ms = costs.iter().map(|cost| cost.median_ms).fold(0.0, f64::max);
        Ok(Report { pages: season.pages, residents: season.residents, screens: costs, slowest_ms })
    }

    async fn cost(&self, screen: &'static str, address: &str, body: Option<&str>) -> Result<Cost> {
        let (mut times, mut bytes) = (Vec::new(), 0);
        for _ in 0..=REPEATS {
            let start = Instant::now();
            let answer = self.send(address, body).await?;
            ensure!(answer.status() == StatusCode::OK, "it answers {}", answer.status());
            bytes = to_bytes(answer.into_body(), usize::MAX).await?.len();
            times.push(start.elapsed().as_secs_f64() * 1000.0);
        }
        let mut times = times.split_off(1);
        times.sort_by(f64::total_cmp);
        let (median_ms, worst_ms) = (times[times.len() / 2], times[times.len() - 1]);
        Ok(Cost { screen, median_ms, worst_ms, bytes })
    }

    async fn send(&self, address: &str, body: Option<&str>) -> Result<Response<Body>> {
        let request = Request::builder().uri(address).header(header::HOST, "localhost");
        let request = request.header(header::COOKIE, &self.cookie).header(header::ORIGIN, "http://localhost");
        let request = match body {
            None => request.body(Body::empty())?,
            Some(body) => request
                .method("POST")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(body.to_owned()))?,
        };
        Ok(self.screens.clone().oneshot(request).await?)
    }
}
