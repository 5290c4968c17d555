//! 見張り. What a role tells whoever watches it, where `YOMITORI_METRICS` says: `/metrics` for Prometheus,
//! `/health/live` (the process answers) and `/health/ready` (it reaches all that it needs). Nothing personal in any of it.

mod describe;
mod gauges;
mod health;

use crate::config::Config;
use anyhow::{Context, Result};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use pages::PageStore;
use queue::Queue;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Seconds of one stage of one page: a blank page takes milliseconds, a page store far away seconds.
const STAGE_SECONDS: [f64; 13] = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0];
/// Seconds from the arrival of a page to its record or review item: seconds on a quiet day, hours after a bad night.
const WAY_SECONDS: [f64; 12] =
    [1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0, 14_400.0, 86_400.0];
/// Calibrated probabilities: what matters lies close to 1.
const CONFIDENCE: [f64; 7] = [0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 1.0];
/// Histograms are folded together this often.
const UPKEEP: Duration = Duration::from_secs(5);

/// What the process has: each part is looked at when somebody asks.
#[derive(Clone)]
pub struct Subject {
    /// Rows, in the roles of a hub.
    pub store: Option<Store>,
    /// Messages; every role but one that only shows screens needs them.
    pub queue: Arc<dyn Queue>,
    /// Pictures, in the roles that fetch or store them.
    pub pages: Option<Arc<dyn PageStore>>,
    /// Where the gauges of the whole hub are taken: intake, of which there is one.
    pub hub: Option<PathBuf>,
}

/// A place where somebody may ask; nothing is answered before [`Watching::serve`].
pub struct Watching {
    listener: TcpListener,
    handle: PrometheusHandle,
}

#[derive(Clone)]
struct Answers {
    subject: Subject,
    handle: PrometheusHandle,
    gauges: Arc<gauges::Gauges>,
    stopping: watch::Receiver<bool>,
}

impl Watching {
    /// Listens where `YOMITORI_METRICS` says, and counts from now on; `None` when it says nothing.
    ///
    /// # Errors
    /// The address is none, or is taken.
    pub async fn start(config: &Config, role: &'static str) -> Result<Option<Self>> {
        let Some(address) = config.metrics else { return Ok(None) };
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!("cannot listen on {address} for metrics; name another address in YOMITORI_METRICS")
        })?;
        let handle = PrometheusBuilder::new()
            .add_global_label("role", role)
            .set_buckets_for_metric(Matcher::Full("yomitori_stage_seconds".into()), &STAGE_SECONDS)?
            .set_buckets_for_metric(Matcher::Full("yomitori_way_seconds".into()), &WAY_SECONDS)?
            .set_buckets_for_metric(Matcher::Full("yomitori_field_confidence".into()), &CONFIDENCE)?
            .install_recorder()
            .context("metrics cannot be counted")?;
        describe::all();
        tracing::info!(address = %listener.local_addr()?, "metrics and health are answered");
        Ok(Some(Self { listener, handle }))
    }

    /// Answers until `shutdown`, and then until the process ends: a role that finishes its work still says so.
    pub fn serve(self, subject: Subject, stopping: watch::Receiver<bool>) {
        let Self { listener, handle } = self;
        let upkeep = handle.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(UPKEEP).await;
                upkeep.run_upkeep();
            }
        });
        let gauges = Arc::new(gauges::Gauges::default());
        let router = Router::new()
            .route("/metrics", get(metrics))
            .route("/health/live", get(async || "ok\n"))
            .route("/health/ready", get(ready))
            .with_state(Answers { subject, handle, gauges, stopping });
        tokio::spawn(async move {
            let service = router.into_make_service_with_connect_info::<SocketAddr>();
            if let Err(error) = axum::serve(listener, service).await {
                tracing::error!(%error, "metrics and health are not answered any more");
            }
        });
    }
}

async fn metrics(State(answers): State<Answers>) -> impl IntoResponse {
    answers.gauges.take(&answers.subject).await;
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], answers.handle.render())
}

async fn ready(State(answers): State<Answers>) -> impl IntoResponse {
    let stopping = *answers.stopping.borrow();
    let (ready, said) = health::ready(&answers.subject, stopping).await;
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CONTENT_TYPE, "application/json")], format!("{said}\n"))
}
