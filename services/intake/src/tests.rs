//! Intake between a real inbox, database, queue and page store, with files as scanners write them.

use crate::claim::Claim;
use crate::inbox::{Found, shape};
use crate::{Config, Deps, run};
use async_trait::async_trait;
use domain::ids::ImageHash;
use domain::message::ReadPage;
use domain::page::PageState;
use image::{GrayImage, ImageFormat, Luma};
use jiff::Timestamp;
use pages::{Folder, PageStore, PagesError};
use queue::{Delivery, Depth, Policy, Queue, QueueError, SqliteQueue, Topic, Verdict};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;
use store::{FileState, ScanFile, Store};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Only a defect waits so long.
const FOREVER: Duration = Duration::from_secs(60);
const LEASE: Duration = Duration::from_secs(600);

/// A data directory and what intake needs, with a clock that goes on a millisecond at every look.
struct Office {
    dir: TempDir,
    store: Store,
    queue: Arc<Rickety<SqliteQueue>>,
    pages: Arc<Rickety<Folder>>,
    clock: Arc<AtomicI64>,
}

/// Fails as often as it is told.
struct Rickety<T> {
    sound: T,
    /// Calls that fail.
    failures: AtomicU32,
    /// Calls that do their work and then fail: what a crash right afterwards looks like.
    lost_answers: AtomicU32,
}

impl<T> Rickety<T> {
    fn new(sound: T) -> Arc<Self> {
        Arc::new(Self { sound, failures: 0.into(), lost_answers: 0.into() })
    }
}

/// Counts down; whether there was something left.
fn one_less(left: &AtomicU32) -> bool {
    left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
}

/// An intake at work.
struct Running {
    stop: watch::Sender<bool>,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Running {
    async fn stop(self) {
        self.stop.send(true).unwrap();
        tokio::time::timeout(FOREVER, self.task).await.unwrap().unwrap().unwrap();
    }
}

fn office() -> Office {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path();
    fs::create_dir_all(data.join("inbox")).unwrap();
    Office {
        store: Store::open(&data.join("yomitori.db")).unwrap(),
        queue: Rickety::new(SqliteQueue::open(&data.join("queue.db"), Policy::default()).unwrap()),
        pages: Rickety::new(Folder::open(&data.join("pages")).unwrap()),
        clock: Arc::new(AtomicI64::new(1_790_000_000_000)),
        dir,
    }
}

impl Office {
    fn inbox(&self) -> PathBuf {
        self.dir.path().join("inbox")
    }

    /// Writes a file as a scanner does: elsewhere first, so that a test need not think of its growing.
    fn drop_in(&self, relative: &str, bytes: &[u8]) {
        let (whole, path) = (self.dir.path().join("whole"), self.inbox().join(relative));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&whole, bytes).unwrap();
        fs::rename(whole, path).unwrap();
    }

    fn config(&self) -> Config {
        let (settle, poll) = (Duration::from_millis(50), Duration::from_millis(200));
        Config { settle, poll, ..Config::new(self.dir.path()) }
    }

    fn start(&self) -> Running {
        self.start_with(self.config())
    }

    fn start_with(&self, config: Config) -> Running {
        let (stop, shutdown) = watch::channel(false);
        Running { stop, task: tokio::spawn(run(config, self.deps(), shutdown)) }
    }

    fn deps(&self) -> Deps {
        let clock = self.clock.clone();
        let now = move || Timestamp::from_millisecond(clock.fetch_add(1, Ordering::SeqCst)).unwrap();
        Deps {
            store: self.store.clone(),
            queue: self.queue.clone(),
            pages: self.pages.clone(),
            now: Arc::new(now),
        }
    }

    /// The arrivals in order, once there are `count` and their files have been put away.
    async fn arrivals(&self, count: usize) -> Vec<ScanFile> {
        let arrived = async {
            loop {
                let mut files = self.store.read(|rows| rows.scan_files(None, 10_000)).unwrap();
                if files.len() >= count && !self.inbox().join(".claimed").exists() {
                    files.reverse();
                    return files;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(FOREVER, arrived).await.expect("the files are not taken")
    }

    /// The requests in the queue, once there are `count`.
    async fn requests(&self, count: usize) -> Vec<ReadPage> {
        let mut requests = Vec::new();
        while requests.len() < count {
            let delivery = self.queue.sound.receive(Topic::ReadPage, LEASE, FOREVER).await.unwrap();
            let delivery = delivery.expect("the requests do not come");
            requests.push(delivery.message().unwrap());
            self.queue.sound.finish(delivery, Verdict::Done).await.unwrap();
        }
        requests
    }

    /// The picture of a page of a file, as bytes.
    async fn picture(&self, file: &ScanFile, number: u32) -> Vec<u8> {
        let id = domain::ids::PageId::new(file.scan.as_ref().unwrap(), number);
        let page = self.store.read(|rows| rows.page(&id)).unwrap().unwrap();
        self.pages.sound.get(&page.image.unwrap()).await.unwrap()
    }

    fn page(&self, file: &ScanFile, number: u32) -> store::Page {
        let id = domain::ids::PageId::new(file.scan.as_ref().unwrap(), number);
        self.store.read(|rows| rows.page(&id)).unwrap().unwrap()
    }

    /// All files below a folder of the data directory, by their path in it.
    fn files_in(&self, folder: &str) -> BTreeSet<String> {
        fn walk(root: &Path, folder: &Path, found: &mut BTreeSet<String>) {
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(root, &path, found);
                } else {
                    found.insert(path.strip_prefix(root).unwrap().to_string_lossy().into_owned());
                }
            }
        }
        let (root, mut found) = (self.dir.path().join(folder), BTreeSet::new());
        walk(&root, &root, &mut found);
        found
    }
}

#[async_trait]
impl Queue for Rickety<SqliteQueue> {
    async fn publish(&self, topic: Topic, key: &str, body: &[u8]) -> Result<(), QueueError> {
        if one_less(&self.failures) {
            return Err(QueueError::Closed);
        }
        self.sound.publish(topic, key, body).await?;
        if one_less(&self.lost_answers) { Err(QueueError::Closed) } else { Ok(()) }
    }
    async fn receive(
        &self,
        topic: Topic,
        lease: Duration,
        patience: Duration,
    ) -> Result<Option<Delivery>, QueueError> {
        self.sound.receive(topic, lease, patience).await
    }
    async fn receive_dead(&self, topic: Topic, lease: Duration) -> Result<Option<Delivery>, QueueError> {
        self.sound.receive_dead(topic, lease).await
    }
    async fn extend(&self, delivery: &Delivery, lease: Duration) -> Result<(), QueueError> {
        self.sound.extend(delivery, lease).await
    }
    async fn finish(&self, delivery: Delivery, verdict: Verdict) -> Result<(), QueueError> {
        self.sound.finish(delivery, verdict).await
    }
    async fn depth(&self, topic: Topic) -> Result<Depth, QueueError> {
        self.sound.depth(topic).await
    }
}

#[async_trait]
impl PageStore for Rickety<Folder> {
    async fn put(&self, bytes: Vec<u8>, extension: &str) -> Result<ImageHash, PagesError> {
        if one_less(&self.failures) {
            let source = std::io::ErrorKind::StorageFull.into();
            return Err(PagesError::Io { doing: "write", path: "pages".into(), source });
        }
        self.sound.put(bytes, extension).await
    }
    async fn get(&self, hash: &ImageHash) -> Result<Vec<u8>, PagesError> {
        self.sound.get(hash).await
    }
    async fn exists(&self, hash: &ImageHash) -> Result<bool, PagesError> {
        self.sound.exists(hash).await
    }
    async fn delete(&self, hash: &ImageHash, reason: &str) -> Result<(), PagesError> {
        self.sound.delete(hash, reason).await
    }
}

/// A small page that differs from every other by its shade and size.
fn drawing(seed: u32) -> GrayImage {
    GrayImage::from_fn(40 + seed / 200, 50, |x, y| Luma([(x * 3 + y * 5 + seed) as u8]))
}

fn picture(seed: u32, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    drawing(seed).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn png(seed: u32) -> Vec<u8> {
    picture(seed, ImageFormat::Png)
}

/// A TIFF with one page per seed.
fn tiff(seeds: &[u32]) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = tiff::encoder::TiffEncoder::new(&mut bytes).unwrap();
    for seed in seeds {
        let page = drawing(*seed);
        encoder.write_image::<tiff::encoder::colortype::Gray8>(page.width(), page.height(), &page).unwrap();
    }
    bytes.into_inner()
}

/// Makes page `number` (from 1) of a little-endian TIFF claim to be 60,000 pixels wide and high.
fn inflate(tiff: &mut [u8], number: usize) {
    let word = |at: usize, bytes: &[u8]| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let long = |at: usize, bytes: &[u8]| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    assert_eq!(&tiff[..2], b"II");
    let mut directory = long(4, tiff);
    for _ in 1..number {
        directory = long(directory + 2 + 12 * usize::from(word(directory, tiff)), tiff);
    }
    for entry in (0..usize::from(word(directory, tiff))).map(|entry| directory + 2 + 12 * entry) {
        // ImageWidth and ImageLength.
        if matches!(word(entry, tiff), 256 | 257) {
            tiff[entry + 8..entry + 12].copy_from_slice(&60_000_u32.to_le_bytes());
        }
    }
}

#[tokio::test]
async fn files_of_every_kind_become_pages_requests_and_kept_sources() {
    let office = office();
    let (one, two) = (png(1), picture(2, ImageFormat::Jpeg));
    office.drop_in("scan 1\n.png", &one);
    office.drop_in("予診票 (2).jpg", &two);
    office.drop_in("窓口A/束.tif", &tiff(&[3, 4, 5]));
    let intake = office.start();
    let files = office.arrivals(3).await;
    let brought: Vec<_> =
        files.iter().map(|file| (file.folder.as_str(), file.name.as_str(), file.pages)).collect();
    assert_eq!(brought, [("", "scan 1\n.png", 1), ("", "予診票 (2).jpg", 1), ("窓口A", "束.tif", 3)]);
    assert_eq!(office.picture(&files[0], 1).await, one, "kept byte for byte");
    assert_eq!(office.picture(&files[1], 1).await, two);
    let pictures: Vec<_> = [3, 4, 5].map(drawing).into();
    for (number, drawing) in (1..).zip(pictures) {
        let bytes = office.picture(&files[2], number).await;
        let page = vision::decode::decode(&bytes, &Default::default()).unwrap();
        assert_eq!(
            (page.width, page.height, page.pixels),
            (drawing.width(), drawing.height(), drawing.into_raw())
        );
    }

    let requests = office.requests(5).await;
    for request in &requests {
        assert_eq!((request.round, &request.form), (1, &None));
        assert!(office.pages.sound.exists(&request.image).await.unwrap());
    }
    assert_eq!(requests.iter().map(|request| &request.page).collect::<BTreeSet<_>>().len(), 5);
    intake.stop().await;
    assert_eq!(office.files_in("inbox"), BTreeSet::new());
    let day = office.files_in("scans").first().unwrap().split('/').next().unwrap().to_owned();
    let kept = ["scan 1\n.png", "予診票 (2).jpg", "窓口A/束.tif"].map(|name| format!("{day}/{name}"));
    assert_eq!(office.files_in("scans"), BTreeSet::from(kept));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_files_dropped_at_once_are_all_taken() {
    let office = office();
    let intake = office.start();
    for number in (1..=200).rev() {
        office.drop_in(&format!("scan{number}.png"), &png(number));
    }
    let files = office.arrivals(200).await;
    assert_eq!(office.requests(200).await.len(), 200);
    intake.stop().await;
    assert_eq!(files.len(), 200);
    assert!(files.iter().all(|file| file.state == FileState::Taken && file.pages == 1));
    assert_eq!(office.files_in("scans").len(), 200);
    assert_eq!(office.files_in("inbox"), BTreeSet::new());
}

#[tokio::test]
async fn a_batch_is_committed_in_the_order_of_its_names() {
    let office = office();
    for number in (1..=12).rev() {
        // The first is by far the slowest to split.
        let pages = if number == 1 { (100..160).collect() } else { vec![number] };
        office.drop_in(&format!("scan{number}.tif"), &tiff(&pages));
    }
    let intake = office.start();
    let files = office.arrivals(12).await;
    intake.stop().await;
    let names: Vec<_> = files.into_iter().map(|file| file.name).collect();
    assert_eq!(names, (1..=12).map(|number| format!("scan{number}.tif")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_file_that_is_still_being_written_is_taken_whole() {
    let office = office();
    let intake = office.start();
    let bytes = tiff(&[1, 2, 3, 4]);
    let mut scanner = File::create(office.inbox().join("scan.tif")).unwrap();
    for part in bytes.chunks(bytes.len() / 5) {
        scanner.write_all(part).unwrap();
        scanner.flush().unwrap();
        // The scanner's feeder: far longer than a file has to rest.
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    assert!(office.store.read(|rows| rows.scan_files(None, 1)).unwrap().is_empty());
    drop(scanner);
    assert_eq!(office.arrivals(1).await[0].pages, 4);
    intake.stop().await;
}

#[tokio::test]
async fn bad_files_go_to_failed_with_a_reason_and_stop_no_neighbour() {
    let office = office();
    office.drop_in("1 回覧.docx", b"PK\x03\x04 minutes of a meeting");
    office.drop_in("2.tif", &tiff(&[1])[..60]);
    office.drop_in("3.png", b"");
    office.drop_in("4.png", &png(4));
    office.drop_in("窓口/1 回覧.docx", b"PK\x03\x04 another one");
    let intake = office.start();
    let files = office.arrivals(5).await;
    intake.stop().await;
    let (good, bad): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| file.state == FileState::Taken);
    assert_eq!((good.len(), good[0].name.as_str(), bad.len()), (1, "4.png", 4));
    for file in &bad {
        assert_eq!(file.state, FileState::Failed);
        assert!(file.reason.as_ref().is_some_and(|reason| !reason.is_empty()), "{}", file.name);
    }
    let failed = ["1 回覧.docx", "1 回覧-2.docx", "2.tif", "3.png"];
    let with_reasons = failed.iter().flat_map(|name| [name.to_string(), format!("{name}.reason.txt")]);
    assert_eq!(office.files_in("inbox/failed"), with_reasons.collect());
    let note = fs::read_to_string(office.inbox().join("failed/1 回覧.docx.reason.txt")).unwrap();
    for part in ["1 回覧.docx", "画像ファイルではありません", "送ってください", "入れ直してください"]
    {
        assert!(note.contains(part), "{part} in {note}");
    }
    assert_eq!(office.requests(1).await.len(), 1);
}

#[tokio::test]
async fn good_pages_of_a_file_go_on_and_broken_ones_say_why() {
    let office = office();
    let mut bytes = tiff(&[1, 2, 3]);
    inflate(&mut bytes, 2);
    office.drop_in("scan.tif", &bytes);
    let intake = office.start();
    let file = office.arrivals(1).await.remove(0);
    intake.stop().await;
    assert_eq!((file.state, file.pages), (FileState::Taken, 3));
    let states = [1, 2, 3].map(|number| office.page(&file, number).state);
    assert_eq!(states, [PageState::Received, PageState::Failed, PageState::Received]);
    assert!(office.page(&file, 2).reason.unwrap().contains("大きすぎます"));
}

#[tokio::test]
async fn a_file_or_page_that_came_before_is_listed_and_not_read_again() {
    let office = office();
    let intake = office.start();
    office.drop_in("first.tif", &tiff(&[1, 2]));
    office.arrivals(1).await;
    office.drop_in("again.tif", &tiff(&[1, 2]));
    office.arrivals(2).await;
    // Page 2 once more, among others.
    office.drop_in("mixed.tif", &tiff(&[3, 2]));
    let files = office.arrivals(3).await;
    assert_eq!((files[1].state, files[1].duplicate_of), (FileState::Duplicate, Some(files[0].seq)));
    let states = [1, 2].map(|number| office.page(&files[2], number).state);
    assert_eq!(states, [PageState::Received, PageState::Duplicate]);
    assert_eq!(office.requests(3).await.len(), 3);
    intake.stop().await;
    assert_eq!(office.queue.depth(Topic::ReadPage).await.unwrap().total(), 0);
    assert_eq!(office.files_in("scans").len(), 3, "every source is kept");
}

/// What a process leaves that is killed with a file in hand.
fn claimed(office: &Office, relative: &str, bytes: &[u8]) -> Claim {
    office.drop_in(relative, bytes);
    let shape = shape(&office.inbox().join(relative).metadata().unwrap());
    let found = Found { relative: relative.into(), shape };
    Claim::take(&office.inbox(), &found, (office.deps().now)()).unwrap().unwrap()
}

#[tokio::test]
async fn a_file_in_hand_at_a_crash_is_taken_after_the_restart() {
    let office = office();
    claimed(&office, "b/scan2.tif", &tiff(&[1, 2]));
    claimed(&office, "scan1.png", &png(3));
    let intake = office.start();
    let files = office.arrivals(2).await;
    intake.stop().await;
    let taken: Vec<_> =
        files.iter().map(|file| (file.folder.as_str(), file.name.as_str(), file.state)).collect();
    assert_eq!(taken, [("b", "scan2.tif", FileState::Taken), ("", "scan1.png", FileState::Taken)]);
    assert_eq!(office.requests(3).await.len(), 3);
}

#[tokio::test]
async fn a_file_committed_right_before_a_crash_is_only_put_away() {
    let office = office();
    let bytes = png(1);
    claimed(&office, "scan.png", &bytes);
    let file = store::NewFile {
        scan: pages::hash_of(&bytes).0.into(),
        name: "scan.png".into(),
        folder: String::new(),
        bytes: bytes.len() as u64,
        pages: vec![store::NewPage {
            number: 1,
            image: store::NewImage::Stored { image: pages::hash_of(&bytes), media: "image/png".into() },
        }],
    };
    let now = (office.deps().now)();
    office.store.write(|rows| rows.take_file(&file, now)).unwrap();
    let intake = office.start();
    let files = office.arrivals(1).await;
    assert_eq!(office.requests(1).await.len(), 1, "what the crash left in the outbox is sent");
    intake.stop().await;
    assert_eq!((files.len(), files[0].state), (1, FileState::Taken), "no false duplicate is listed");
    assert_eq!(office.files_in("scans").len(), 1);

    office.drop_in("scan.png", &bytes);
    let intake = office.start();
    assert_eq!(office.arrivals(2).await[1].state, FileState::Duplicate, "a true one still is");
    intake.stop().await;
}

#[tokio::test]
async fn a_file_that_keeps_ending_the_program_is_put_aside() {
    let office = office();
    claimed(&office, "deadly.tif", &tiff(&[1])).set_crashes(5).unwrap();
    office.drop_in("good.png", &png(2));
    let intake = office.start();
    let files = office.arrivals(2).await;
    intake.stop().await;
    assert_eq!(
        files.iter().map(|file| file.state).collect::<Vec<_>>(),
        [FileState::Failed, FileState::Taken]
    );
    assert!(files[0].reason.as_ref().unwrap().contains("停止"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_loses_nothing_and_keeps_the_order() {
    let office = office();
    const MANY: u32 = 1_000_000;
    office.pages.failures.store(MANY, Ordering::SeqCst);
    for number in 1..=3 {
        office.drop_in(&format!("{number}.png"), &png(number));
    }
    let intake = office.start();
    let tried_twice = async {
        while office.pages.failures.load(Ordering::SeqCst) > MANY - 3 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(FOREVER, tried_twice).await.unwrap();
    assert!(office.store.read(|rows| rows.scan_files(None, 1)).unwrap().is_empty());
    assert_eq!(office.files_in("inbox").len(), 3, "what is not safe has not left the inbox");
    office.pages.failures.store(0, Ordering::SeqCst);
    let files = office.arrivals(3).await;
    intake.stop().await;
    let taken: Vec<_> = files.iter().map(|file| (file.name.as_str(), file.state)).collect();
    assert_eq!(taken, ["1.png", "2.png", "3.png"].map(|name| (name, FileState::Taken)));
    assert_eq!(Claim::leftovers(&office.inbox()).unwrap().len(), 0);
}

#[tokio::test]
async fn requests_wait_in_the_outbox_until_the_queue_takes_them() {
    let office = office();
    office.queue.failures.store(1, Ordering::SeqCst);
    office.drop_in("scan.tif", &tiff(&[1, 2, 3]));
    let intake = office.start();
    office.arrivals(1).await;
    assert_eq!(office.requests(3).await.len(), 3);
    intake.stop().await;
    assert!(office.store.read(|rows| rows.unsent_outbox(10)).unwrap().is_empty());
    assert_eq!(office.queue.depth(Topic::ReadPage).await.unwrap().total(), 0);
}

#[tokio::test]
async fn a_request_that_was_sent_but_not_marked_is_sent_again() {
    let office = office();
    office.queue.lost_answers.store(1, Ordering::SeqCst);
    office.drop_in("scan.png", &png(1));
    let intake = office.start();
    let requests = office.requests(2).await;
    assert_eq!(requests[0], requests[1]);
    intake.stop().await;
    assert!(office.store.read(|rows| rows.unsent_outbox(10)).unwrap().is_empty());
}

#[tokio::test]
async fn an_event_is_enough_when_the_next_look_is_far_away() {
    let office = office();
    let intake = office.start_with(Config { poll: Duration::from_secs(3600), ..office.config() });
    tokio::time::sleep(Duration::from_millis(100)).await;
    office.drop_in("new folder/scan.png", &png(1));
    tokio::time::sleep(Duration::from_millis(100)).await;
    office.drop_in("new folder/scan2.png", &png(2));
    assert_eq!(office.arrivals(2).await.len(), 2);
    intake.stop().await;
}

#[tokio::test]
async fn a_second_intake_on_the_same_folder_is_refused() {
    let office = office();
    let first = office.start();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let error = office.start().task.await.unwrap().unwrap_err();
    assert!(error.to_string().contains("another intake"), "{error}");
    first.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_intake_that_is_interrupted_at_any_moment_takes_every_file_once() {
    let office = office();
    for number in 1..=30 {
        office.drop_in(&format!("scan{number}.png"), &png(number));
    }
    for moment in 0..30 {
        let intake = office.start();
        tokio::time::sleep(Duration::from_millis(60 + moment * 3)).await;
        intake.task.abort();
        let _ = intake.task.await;
    }
    let intake = office.start();
    let files = office.arrivals(30).await;
    intake.stop().await;
    let names: Vec<_> = files.iter().map(|file| (file.name.clone(), file.state, file.pages)).collect();
    assert_eq!(names, (1..=30).map(|n| (format!("scan{n}.png"), FileState::Taken, 1)).collect::<Vec<_>>());
    assert_eq!(office.files_in("scans").len(), 30);
    assert_eq!(office.files_in("inbox"), BTreeSet::new());
    let waiting = office.queue.depth(Topic::ReadPage).await.unwrap().total() as usize;
    let requested: BTreeSet<_> =
        office.requests(waiting).await.into_iter().map(|request| request.page).collect();
    assert_eq!(requested.len(), 30, "each page is asked for at least once");
}
