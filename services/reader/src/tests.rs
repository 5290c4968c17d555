//! The reader between a real queue and a real page store, with recognisers that do as they are told.

use crate::recogniser::{Recogniser, RecogniserFactory};
use crate::{Config, Deps, run};
use async_trait::async_trait;
use domain::edition::Edition;
use domain::ids::ImageHash;
use domain::message::{Milliseconds, PageRead, ReadPage, ReaderReport};
use domain::reading::PageReading;
use pages::{Folder, PageStore, PagesError};
use queue::{Delivery, Depth, Policy, Queue, QueueError, SqliteQueue, Topic, Verdict};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant, SystemTime};
use tempfile::TempDir;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// Longer than anything here takes: only a defect waits so long.
const FOREVER: Duration = Duration::from_secs(60);

/// A queue and a page store in a temporary folder. The queue's clock runs a thousand times too fast, so that a
/// pause of a second passes in a millisecond.
struct Office {
    queue: Arc<TestQueue>,
    pages: Arc<TestPages>,
    dir: TempDir,
}

struct TestQueue {
    queue: SqliteQueue,
    extended: Notify,
}

struct TestPages {
    folder: Folder,
    /// How many more pictures the share refuses.
    refusals: AtomicU32,
}

fn office() -> Office {
    let dir = tempfile::tempdir().unwrap();
    let (start, began) = (SystemTime::now(), Instant::now());
    let clock = Arc::new(move || start + began.elapsed() * 1000);
    let policy = Policy { clock, poll: Duration::from_millis(10), ..Policy::default() };
    let queue = SqliteQueue::open(&dir.path().join("queue.db"), policy).unwrap();
    let folder = Folder::open(&dir.path().join("pages")).unwrap();
    Office {
        queue: Arc::new(TestQueue { queue, extended: Notify::new() }),
        pages: Arc::new(TestPages { folder, refusals: 0.into() }),
        dir,
    }
}

/// A reader at work; dropping `stop` stops it too.
struct Reader {
    stop: watch::Sender<bool>,
    running: JoinHandle<anyhow::Result<()>>,
}

impl Reader {
    async fn stop(self) {
        self.stop.send(true).unwrap();
        tokio::time::timeout(FOREVER, self.running).await.unwrap().unwrap().unwrap();
    }
}

impl Office {
    async fn ask(&self, name: &str, picture: &[u8]) {
        let image = self.pages.put(picture.to_vec(), "tif").await.unwrap();
        self.ask_for(name, image).await;
    }

    async fn ask_for(&self, name: &str, image: ImageHash) {
        let queue: &dyn Queue = &*self.queue;
        queue.send(&ReadPage::new(name.into(), image, 3)).await.unwrap();
    }

    fn start(&self, recognisers: RecogniserFactory) -> Reader {
        self.start_with(recognisers, |_| {})
    }

    fn start_with(&self, recognisers: RecogniserFactory, change: impl Fn(&mut Config)) -> Reader {
        // On the queue's clock an hour is 3.6 s: no lease ends here unless a test wants it.
        let mut config = Config { threads: 2, lease: Duration::from_secs(36_000), ..Config::default() };
        config.pause = Duration::from_millis(1);
        change(&mut config);
        let deps = Deps { queue: self.queue.clone(), pages: self.pages.clone(), recognisers };
        let (stop, shutdown) = watch::channel(false);
        Reader { stop, running: tokio::spawn(run(config, deps, shutdown)) }
    }

    /// The next answer.
    async fn answer(&self) -> PageRead {
        let delivery = self.queue.receive(Topic::PageRead, FOREVER * 1000, FOREVER).await.unwrap().unwrap();
        let answer = delivery.message().unwrap();
        self.queue.finish(delivery, Verdict::Done).await.unwrap();
        answer
    }

    async fn dead(&self) -> Delivery {
        loop {
            if let Some(dead) = self.queue.receive_dead(Topic::ReadPage, FOREVER).await.unwrap() {
                return dead;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn waiting(&self) -> Depth {
        self.queue.depth(Topic::ReadPage).await.unwrap()
    }
}

#[async_trait]
impl Queue for TestQueue {
    async fn publish(&self, topic: Topic, key: &str, body: &[u8]) -> Result<(), QueueError> {
        self.queue.publish(topic, key, body).await
    }
    async fn receive(
        &self,
        topic: Topic,
        lease: Duration,
        patience: Duration,
    ) -> Result<Option<Delivery>, QueueError> {
        self.queue.receive(topic, lease, patience).await
    }
    async fn receive_dead(&self, topic: Topic, lease: Duration) -> Result<Option<Delivery>, QueueError> {
        self.queue.receive_dead(topic, lease).await
    }
    async fn extend(&self, delivery: &Delivery, lease: Duration) -> Result<(), QueueError> {
        self.extended.notify_one();
        self.queue.extend(delivery, lease).await
    }
    async fn finish(&self, delivery: Delivery, verdict: Verdict) -> Result<(), QueueError> {
        self.queue.finish(delivery, verdict).await
    }
    async fn depth(&self, topic: Topic) -> Result<Depth, QueueError> {
        self.queue.depth(topic).await
    }
}

#[async_trait]
impl PageStore for TestPages {
    async fn put(&self, bytes: Vec<u8>, extension: &str) -> Result<ImageHash, PagesError> {
        self.folder.put(bytes, extension).await
    }
    async fn get(&self, hash: &ImageHash) -> Result<Vec<u8>, PagesError> {
        let refuse = |left: u32| left.checked_sub(1);
        if self.refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, refuse).is_ok() {
            let source = std::io::ErrorKind::StaleNetworkFileHandle.into();
            return Err(PagesError::Io { doing: "read", path: "share".into(), source });
        }
        self.folder.get(hash).await
    }
    async fn exists(&self, hash: &ImageHash) -> Result<bool, PagesError> {
        self.folder.exists(hash).await
    }
    async fn delete(&self, hash: &ImageHash, reason: &str) -> Result<(), PagesError> {
        self.folder.delete(hash, reason).await
    }
    async fn list(&self, after: Option<&ImageHash>) -> Result<Vec<ImageHash>, PagesError> {
        self.folder.list(after).await
    }
}

/// Says the bytes of the picture as its reason, so that a test sees what was read.
fn echo(picture: &[u8], _: &ReadPage) -> (PageReading, Milliseconds) {
    let reason = String::from_utf8_lossy(picture).into_owned();
    (PageReading::Unrecognised { reason }, Milliseconds { total: 7.5, ..Milliseconds::default() })
}

/// A factory of recognisers that share `read`.
fn recognisers<F>(read: F) -> RecogniserFactory
where
    F: Fn(&[u8], &ReadPage) -> (PageReading, Milliseconds) + Send + Sync + 'static,
{
    let read = Arc::new(read);
    Arc::new(move || {
        let read = read.clone();
        Ok(Box::new(move |picture: &[u8], request: &ReadPage| read(picture, request)) as Recogniser)
    })
}

fn reason(answer: &PageRead) -> &str {
    match &answer.reading {
        PageReading::Unreadable { reason } | PageReading::Unrecognised { reason } => reason,
        PageReading::Read(_) => panic!("nothing here reads a form"),
    }
}

#[tokio::test]
async fn every_page_is_answered_with_its_own_picture_and_round() {
    let office = office();
    for number in 0..30 {
        office.ask(&format!("page-{number}"), format!("picture of page-{number}").as_bytes()).await;
    }
    let reader = office.start(recognisers(echo));
    let mut seen = Vec::new();
    for _ in 0..30 {
        let answer = office.answer().await;
        assert_eq!(reason(&answer), format!("picture of {}", answer.page));
        assert_eq!((answer.round, answer.milliseconds.total), (3, 7.5));
        seen.push(answer.page);
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 30);
    reader.stop().await;
    assert_eq!(office.waiting().await.total(), 0, "every request is finished");
}

#[tokio::test]
async fn a_damaged_picture_is_unreadable_and_its_neighbour_is_read() {
    let office = office();
    office.ask("damaged", b"picture").await;
    damage_all_below(&office.dir.path().join("pages"));
    office.ask("sound", b"other").await;
    let reader = office.start_with(recognisers(echo), |config| config.threads = 1);
    let answer = office.answer().await;
    assert_eq!(answer.page.as_str(), "damaged");
    assert!(matches!(&answer.reading, PageReading::Unreadable { reason } if reason.contains("壊れて")));
    assert_eq!(reason(&office.answer().await), "other");
    reader.stop().await;
}

fn damage_all_below(folder: &std::path::Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { damage_all_below(&path) } else { std::fs::write(path, b"damaged").unwrap() }
    }
}

#[tokio::test]
async fn a_missing_picture_gets_its_attempts_and_is_then_unreadable() {
    let office = office();
    office.ask_for("lost", pages::hash_of(b"never stored")).await;
    let reader = office.start(recognisers(echo));
    let answer = office.answer().await;
    assert!(
        matches!(&answer.reading, PageReading::Unreadable { reason } if reason.contains("見つかりません"))
    );
    reader.stop().await;
}

#[tokio::test]
async fn a_share_that_comes_back_costs_nothing_but_time() {
    let office = office();
    office.ask("page", b"picture").await;
    office.pages.refusals.store(2, Ordering::SeqCst);
    let reader = office.start(recognisers(echo));
    assert_eq!(reason(&office.answer().await), "picture");
    reader.stop().await;
}

#[tokio::test]
async fn a_share_that_stays_away_for_long_uses_up_no_attempt() {
    let office = office();
    office.ask("page", b"picture").await;
    // Far more than the attempts that a page has.
    office.pages.refusals.store(9, Ordering::SeqCst);
    let reader = office.start(recognisers(echo));
    assert_eq!(reason(&office.answer().await), "picture");
    reader.stop().await;
}

#[tokio::test]
async fn a_panic_is_tried_again() {
    let office = office();
    office.ask("page", b"picture").await;
    let reads = Arc::new(AtomicU32::new(0));
    let counted = reads.clone();
    let reader = office.start(recognisers(move |picture, request| {
        assert!(counted.fetch_add(1, Ordering::SeqCst) > 1, "the first two readings panic");
        echo(picture, request)
    }));
    assert_eq!(reason(&office.answer().await), "picture");
    assert_eq!(reads.load(Ordering::SeqCst), 3);
    reader.stop().await;
}

#[tokio::test]
async fn a_page_that_always_panics_is_given_up_with_a_reason_and_stops_no_neighbour() {
    let office = office();
    office.ask("bad", b"bad").await;
    for number in 0..10 {
        office.ask(&format!("page-{number}"), b"good").await;
    }
    let reader = office.start(recognisers(|picture, request| {
        assert!(picture != b"bad", "this picture breaks the recogniser");
        echo(picture, request)
    }));
    for _ in 0..10 {
        assert_eq!(reason(&office.answer().await), "good");
    }
    let dead = office.dead().await;
    assert_eq!((dead.key.as_str(), dead.attempt), ("bad#3", 4));
    assert!(dead.died_of.unwrap().contains("プログラムの異常"));
    reader.stop().await;
}

#[tokio::test]
async fn a_reading_gone_astray_is_given_up_and_stops_no_neighbour() {
    let office = office();
    office.ask("endless", b"endless").await;
    office.ask("page", b"good").await;
    let reader = office.start_with(
        recognisers(|picture, request| {
            if picture == b"endless" {
                std::thread::sleep(FOREVER);
            }
            echo(picture, request)
        }),
        |config| (config.threads, config.longest_reading) = (1, Duration::from_millis(200)),
    );
    assert_eq!(reason(&office.answer().await), "good");
    assert!(office.dead().await.died_of.unwrap().contains("時間内"));
    reader.stop().await;
}

#[tokio::test]
async fn the_page_in_hand_stays_on_loan_while_its_pixels_are_read() {
    let office = office();
    office.ask("slow", b"slow").await;
    let (go, gate) = mpsc::channel::<()>();
    let gate = std::sync::Mutex::new(gate);
    let reads = Arc::new(AtomicU32::new(0));
    let counted = reads.clone();
    let reader = office.start_with(
        recognisers(move |picture, request| {
            counted.fetch_add(1, Ordering::SeqCst);
            gate.lock().unwrap().recv().unwrap();
            echo(picture, request)
        }),
        |config| (config.threads, config.lease) = (1, Duration::from_millis(60)),
    );
    for _ in 0..3 {
        tokio::time::timeout(FOREVER, office.queue.extended.notified()).await.unwrap();
    }
    go.send(()).unwrap();
    assert_eq!(reason(&office.answer().await), "slow");
    assert_eq!(reads.load(Ordering::SeqCst), 1);
    reader.stop().await;
}

#[tokio::test]
async fn a_page_that_somebody_else_took_over_is_answered_by_them_alone() {
    let office = office();
    office.ask("slow", b"slow").await;
    let (go, gate) = mpsc::channel::<()>();
    let gate = std::sync::Mutex::new(gate);
    let (started, starting) = mpsc::channel();
    let reader = office.start_with(
        recognisers(move |picture, request| {
            if picture == b"slow" {
                started.send(()).unwrap();
                let _ = gate.lock().unwrap().recv();
            }
            echo(picture, request)
        }),
        // On the queue's clock this lease ends long before the first heartbeat.
        |config| (config.threads, config.lease) = (1, Duration::from_millis(600)),
    );
    tokio::task::spawn_blocking(move || starting.recv_timeout(FOREVER)).await.unwrap().unwrap();
    let taken_over = office.queue.receive(Topic::ReadPage, FOREVER * 1000, FOREVER).await.unwrap().unwrap();
    assert_eq!(taken_over.attempt, 2);
    office.ask("next", b"next").await;
    assert_eq!(reason(&office.answer().await), "next", "the late reader goes on with another page");
    drop(go);
    reader.stop().await;
    office.queue.finish(taken_over, Verdict::Done).await.unwrap();
    assert_eq!(office.queue.depth(Topic::PageRead).await.unwrap().total(), 0);
}

#[tokio::test]
async fn a_stop_waits_for_the_page_in_hand() {
    let office = office();
    office.ask("page", b"picture").await;
    office.ask("next", b"picture").await;
    let (started, starting) = mpsc::channel();
    let (go, gate) = mpsc::channel::<()>();
    let gate = std::sync::Mutex::new(gate);
    let reader = office.start_with(
        recognisers(move |picture, request| {
            started.send(()).unwrap();
            gate.lock().unwrap().recv().unwrap();
            echo(picture, request)
        }),
        |config| config.threads = 1,
    );
    tokio::task::spawn_blocking(move || starting.recv_timeout(FOREVER).map(|()| starting))
        .await
        .unwrap()
        .unwrap();
    reader.stop.send(true).unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    go.send(()).unwrap();
    reader.running.await.unwrap().unwrap();
    assert_eq!(office.answer().await.page.as_str(), "page");
    let depth = office.waiting().await;
    assert_eq!((depth.ready, depth.total()), (1, 1), "the next page is left to others");
}

#[tokio::test]
async fn a_stop_gives_a_page_back_that_takes_too_long() {
    let office = office();
    office.ask("endless", b"picture").await;
    let (started, starting) = mpsc::channel();
    let reader = office.start_with(
        recognisers(move |picture, request| {
            started.send(()).unwrap();
            std::thread::sleep(FOREVER);
            echo(picture, request)
        }),
        // One thread: another, which stops a moment later, may take what this one gives back.
        |config| (config.threads, config.grace) = (1, Duration::from_millis(10)),
    );
    tokio::task::spawn_blocking(move || starting.recv_timeout(FOREVER)).await.unwrap().unwrap();
    reader.stop().await;
    let depth = office.waiting().await;
    assert_eq!((depth.ready, depth.total()), (1, 1));
    let again = office.queue.receive(Topic::ReadPage, FOREVER, Duration::ZERO).await.unwrap().unwrap();
    assert_eq!(again.attempt, 1, "a stop of the reader is no fault of the page");
}

#[tokio::test]
async fn a_request_that_nobody_understands_goes_to_a_person_at_once() {
    let office = office();
    office.queue.publish(Topic::ReadPage, "foreign", b"{}").await.unwrap();
    let reader = office.start(recognisers(echo));
    let dead = office.dead().await;
    assert_eq!((dead.key.as_str(), dead.attempt), ("foreign", 1));
    assert!(dead.died_of.unwrap().contains("形式"));
    reader.stop().await;
}

#[tokio::test]
async fn without_a_recogniser_the_reader_does_not_start() {
    let office = office();
    let reader = office.start(Arc::new(|| anyhow::bail!("no templates in /srv/templates")));
    let error = reader.running.await.unwrap().unwrap_err();
    assert!(format!("{error:#}").contains("no templates in /srv/templates"));
}

#[tokio::test]
async fn a_reader_with_other_forms_gives_the_page_to_another_one_and_says_so() {
    let office = office();
    let edition = |forms: &str| Edition { number: 1, forms: forms.into(), model: "m".into() };
    let old = office.start_with(recognisers(echo), |config| {
        config.edition = edition("old");
        config.name = "reader-1".into();
        config.report_every = Duration::from_millis(5);
    });
    let image = office.pages.put(b"picture".to_vec(), "tif").await.unwrap();
    let queue: &dyn Queue = &*office.queue;
    let asked = ReadPage { edition: edition("new"), ..ReadPage::new("page".into(), image, 1) };
    queue.send(&asked).await.unwrap();
    let refusing = async {
        loop {
            let delivery =
                queue.receive(Topic::ReaderReport, FOREVER * 1000, FOREVER).await.unwrap().unwrap();
            let report: ReaderReport = delivery.message().unwrap();
            queue.finish(delivery, Verdict::Done).await.unwrap();
            if report.refusing_since.is_some() {
                return report;
            }
        }
    };
    let report = tokio::time::timeout(FOREVER, refusing).await.unwrap();
    assert_eq!((report.name.as_str(), report.pages, report.edition), ("reader-1", 0, edition("old")));
    old.stop().await;
    assert_eq!(office.waiting().await.dead, 0, "a page that goes back has not failed");
    let new = office.start_with(recognisers(echo), |config| config.edition = edition("new"));
    let answer = office.answer().await;
    assert_eq!((reason(&answer), &answer.edition), ("picture", &edition("new")));
    new.stop().await;
}
