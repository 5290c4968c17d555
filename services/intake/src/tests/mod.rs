//! Intake between a real inbox, database, queue and page store, with files as scanners write them.

mod arrivals;
mod editions;
mod failures;

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
            edition: Default::default(),
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
    async fn list(&self, after: Option<&ImageHash>) -> Result<Vec<ImageHash>, PagesError> {
        self.sound.list(after).await
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
