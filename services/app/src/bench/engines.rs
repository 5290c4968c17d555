//! `yomitori bench --engines PAGES`: what the two engines of the queue carry, and what that means for pages: the same
//! messages and the same pages over each, in one run.

use super::case;
use crate::cli::BenchArgs;
use crate::config::Config;
use crate::{engine, hub};
use anyhow::{Context, Result, ensure};
use domain::ids::ImageHash;
use domain::message::ReadPage;
use pages::{Folder, PageStore};
use queue::rabbit::Settings;
use queue::{Queue, RabbitQueue, SqliteQueue, Topic, Verdict};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Messages that are sent and handled: some seconds of the slower engine.
const MESSAGES: usize = 4_000;
/// Programs that send or handle at the same time.
const CROWDS: [usize; 2] = [1, 16];
/// Readers at work at the same time in one process.
const THREADS: [usize; 2] = [1, 2];
/// Longer than anything takes here.
const LEASE: Duration = Duration::from_secs(600);

/// All of it.
#[derive(Serialize)]
struct Report {
    messages: usize,
    pages: usize,
    engines: Vec<Carried>,
}

/// What one engine carried.
#[derive(Serialize)]
struct Carried {
    engine: &'static str,
    /// Messages a second that were accepted for good, by the number that send.
    published_per_second: BTreeMap<usize, f64>,
    /// Messages a second that were received and finished, by the number that do so.
    handled_per_second: BTreeMap<usize, f64>,
    /// Pages a second from request to reading, by reader threads.
    pages_per_second: BTreeMap<usize, f64>,
}

/// Runs it, over the broker that `YOMITORI_QUEUE` or `AMQP_URL` names beside SQLite.
///
/// # Errors
/// There are no samples, or an engine fails.
pub fn run(config: &Config, pages: usize, args: &BenchArgs) -> Result<()> {
    let folder = tempfile::tempdir().context("cannot make a directory for the bench")?;
    let samples = args.samples.clone().unwrap_or_else(|| PathBuf::from("samples"));
    let report = tokio::runtime::Runtime::new()?.block_on(async {
        let store = Folder::open(&folder.path().join("pages"))?;
        let bench =
            Bench { config, pictures: pictures(&samples, &store).await?, store: Arc::new(store), pages };
        let mut engines = vec![bench.sqlite(folder.path()).await?];
        match broker(config) {
            Some(address) => engines.push(bench.rabbit(&address).await?),
            None => eprintln!(
                "RabbitMQ is left out: name a broker in AMQP_URL, or put scripts/broker before this command"
            ),
        }
        anyhow::Ok(Report { messages: MESSAGES, pages, engines })
    })?;
    if args.json { crate::print_line(&serde_json::to_string(&report)?) } else { print(&report) }
}

fn broker(config: &Config) -> Option<String> {
    let address = if config.queue.starts_with("amqp") { Some(config.queue.clone()) } else { None };
    address.or_else(|| std::env::var("AMQP_URL").ok())
}

/// Puts the pictures of the samples into `store`: scans of one page in the scanner's own encoding.
async fn pictures(samples: &Path, store: &Folder) -> Result<Vec<ImageHash>> {
    let mut hashes = Vec::new();
    for (_, case, bytes) in case::load(samples)? {
        let extension = Path::new(&case.file).extension().and_then(|end| end.to_str()).unwrap_or_default();
        if case.pages.len() == 1 && extension != "pdf" {
            hashes.push(store.put(bytes, extension).await?);
        }
    }
    ensure!(!hashes.is_empty(), "no scan of one page in {}", samples.display());
    Ok(hashes)
}

/// The same work for every engine.
struct Bench<'a> {
    config: &'a Config,
    pictures: Vec<ImageHash>,
    store: Arc<Folder>,
    pages: usize,
}

impl Bench<'_> {
    async fn sqlite(&self, folder: &Path) -> Result<Carried> {
        let mut number = 0;
        let open = |threads| {
            number += 1;
            let path = folder.join(format!("queue-{number}.db"));
            Ok(Arc::new(SqliteQueue::open(&path, hub::policy(threads))?) as Arc<dyn Queue>)
        };
        self.measure("sqlite", open).await
    }

    /// Queues of its own in the broker, taken away afterwards.
    async fn rabbit(&self, address: &str) -> Result<Carried> {
        let began = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_millis();
        let sign = if address.contains('?') { '&' } else { '?' };
        let own = format!("{address}{sign}prefix=bench-{began}");
        let settings = Settings::read(&own, &|name| std::env::var(name).ok())?;
        let open = |threads| {
            Ok(Arc::new(RabbitQueue::new(settings.clone(), hub::policy(threads))) as Arc<dyn Queue>)
        };
        let carried = self.measure("rabbitmq", open).await;
        RabbitQueue::new(settings.clone(), hub::policy(1)).delete_queues().await?;
        carried
    }

    async fn measure(
        &self,
        engine: &'static str,
        mut open: impl FnMut(usize) -> Result<Arc<dyn Queue>>,
    ) -> Result<Carried> {
        let (mut published, mut handled, mut pages) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for crowd in CROWDS {
            let queue = open(crowd)?;
            published.insert(crowd, publish(&queue, crowd).await?);
            handled.insert(crowd, handle(&queue, crowd).await?);
        }
        for threads in THREADS {
            let queue = open(threads)?;
            pages.insert(threads, self.read(&queue, threads).await?);
        }
        Ok(Carried {
            engine,
            published_per_second: published,
            handled_per_second: handled,
            pages_per_second: pages,
        })
    }

    /// Pages a second from the first answer on: what starts once a day is left out.
    async fn read(&self, queue: &Arc<dyn Queue>, threads: usize) -> Result<f64> {
        for (number, image) in self.pictures.iter().cycle().take(self.pages + threads).enumerate() {
            queue.send(&request(number, image.clone())).await?;
        }
        let settings = reader::Config { threads, lease: LEASE, ..reader::Config::default() };
        let recognisers = engine::recognisers(&self.config.templates)?;
        let deps = reader::Deps { queue: queue.clone(), pages: self.store.clone(), recognisers };
        let (stop, shutdown) = watch::channel(false);
        let running = tokio::spawn(reader::run(settings, deps, shutdown));
        // The first page of every thread also fills its caches.
        answers(queue, threads).await?;
        let started = Instant::now();
        answers(queue, self.pages).await?;
        let rate = per_second(self.pages, started);
        stop.send_replace(true);
        running.await.context("the reader broke off")??;
        Ok(rate)
    }
}

fn request(number: usize, image: ImageHash) -> ReadPage {
    ReadPage::new(format!("bench-{number:06}").as_str().into(), image, 1)
}

/// Takes so many readings off the queue.
async fn answers(queue: &Arc<dyn Queue>, count: usize) -> Result<()> {
    for _ in 0..count {
        let answer = queue.receive(Topic::PageRead, LEASE, LEASE).await?.context("the reader fell silent")?;
        queue.finish(answer, Verdict::Done).await?;
    }
    Ok(())
}

async fn publish(queue: &Arc<dyn Queue>, crowd: usize) -> Result<f64> {
    let started = Instant::now();
    let mut senders = JoinSet::new();
    for sender in 0..crowd {
        let queue = queue.clone();
        senders.spawn(async move {
            for number in (sender..MESSAGES).step_by(crowd) {
                queue.send(&request(number, "0".repeat(64).as_str().into())).await?;
            }
            anyhow::Ok(())
        });
    }
    senders.join_all().await.into_iter().collect::<Result<()>>()?;
    Ok(per_second(MESSAGES, started))
}

async fn handle(queue: &Arc<dyn Queue>, crowd: usize) -> Result<f64> {
    let started = Instant::now();
    let left = Arc::new(AtomicUsize::new(MESSAGES));
    let mut handlers = JoinSet::new();
    for _ in 0..crowd {
        let (queue, left) = (queue.clone(), left.clone());
        handlers.spawn(async move {
            let one_less = |left: usize| left.checked_sub(1);
            while left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok() {
                let message =
                    queue.receive(Topic::ReadPage, LEASE, LEASE).await?.context("a message is lost")?;
                queue.finish(message, Verdict::Done).await?;
            }
            anyhow::Ok(())
        });
    }
    handlers.join_all().await.into_iter().collect::<Result<()>>()?;
    Ok(per_second(MESSAGES, started))
}

fn per_second(count: usize, started: Instant) -> f64 {
    count as f64 / started.elapsed().as_secs_f64()
}

fn print(report: &Report) -> Result<()> {
    let say = |what: &str, by: &str, rates: &BTreeMap<usize, f64>| {
        let rates: Vec<String> = rates.iter().map(|(n, rate)| format!("{rate:.1} with {n}")).collect();
        crate::print_line(&format!("  {what:<22} {} {by}", rates.join(", ")))
    };
    for carried in &report.engines {
        crate::print_line(carried.engine)?;
        say("messages sent/s", "senders", &carried.published_per_second)?;
        say("messages handled/s", "handlers", &carried.handled_per_second)?;
        say("pages read/s", "reader threads", &carried.pages_per_second)?;
    }
    crate::print_line(&format!("{} messages and {} pages each", report.messages, report.pages))
}
