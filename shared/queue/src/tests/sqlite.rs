//! The SQLite engine: the contract, several processes, crashes, crowds.

use super::contract::{Subject, all_arrive_once, passes_contract};
use crate::{Message, Policy, Queue, QueueError, SqliteQueue, Topic, Verdict};
use async_trait::async_trait;
use domain::key::{Key, Keyring};
use domain::message::ReadPage;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

const TOPIC: Topic = Topic::ReadPage;
const LEASE: Duration = Duration::from_secs(30);

/// A queue in a folder of its own, with a clock that stands still until told.
struct Office {
    queue: SqliteQueue,
    elapsed: Arc<AtomicU64>,
    dir: TempDir,
}

fn open_at(path: &Path, elapsed: &Arc<AtomicU64>) -> SqliteQueue {
    let elapsed = elapsed.clone();
    let clock = move || {
        SystemTime::UNIX_EPOCH + Duration::from_millis(1_790_000_000_000 + elapsed.load(Ordering::SeqCst))
    };
    SqliteQueue::open(path, Policy { clock: Arc::new(clock), ..Policy::default() }).unwrap()
}

fn office() -> Office {
    let (dir, elapsed) = (tempfile::tempdir().unwrap(), Arc::default());
    Office { queue: open_at(&dir.path().join("queue.db"), &elapsed), elapsed, dir }
}

#[async_trait]
impl Subject for Office {
    fn queue(&self) -> &dyn Queue {
        &self.queue
    }

    async fn pass(&self, time: Duration) {
        self.elapsed.fetch_add(time.as_millis() as u64, Ordering::SeqCst);
    }
}

passes_contract!(office);

/// What a dead process leaves: the files as they are, the write-ahead log not yet merged.
fn after_power_cut(office: &Office) -> (SqliteQueue, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    for name in ["queue.db", "queue.db-wal"] {
        std::fs::copy(office.dir.path().join(name), dir.path().join(name)).unwrap();
    }
    (open_at(&dir.path().join("queue.db"), &office.elapsed), dir)
}

#[tokio::test]
async fn what_was_accepted_survives_a_power_cut() {
    let office = office();
    for number in 0..50 {
        office.queue.publish(TOPIC, &number.to_string(), b"body").await.unwrap();
    }
    let in_hand = office.queue.receive(TOPIC, LEASE, Duration::ZERO).await.unwrap().unwrap();
    let done = office.queue.receive(TOPIC, LEASE, Duration::ZERO).await.unwrap().unwrap();
    office.queue.finish(done, Verdict::Done).await.unwrap();

    let (queue, _dir) = after_power_cut(&office);
    let depth = queue.depth(TOPIC).await.unwrap();
    assert_eq!((depth.ready, depth.leased, depth.dead), (48, 1, 0));
    office.pass(LEASE * 2).await;
    let again = queue.receive(TOPIC, LEASE, Duration::ZERO).await.unwrap().unwrap();
    assert_eq!(
        (again.key, again.attempt),
        (in_hand.key, 2),
        "killed between receive and finish: delivered again"
    );
}

#[tokio::test]
async fn another_process_gets_the_message_without_being_told() {
    let office = office();
    let other = open_at(&office.dir.path().join("queue.db"), &office.elapsed);
    let waiting = other.receive(TOPIC, LEASE, Duration::from_secs(60));
    let publishing = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        office.queue.publish(TOPIC, "a", b"").await
    };
    let (received, published) = tokio::join!(waiting, publishing);
    published.unwrap();
    assert_eq!(received.unwrap().unwrap().key, "a");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_messages_through_two_processes_all_arrive_once() {
    let office = office();
    let queues = [office.queue, open_at(&office.dir.path().join("queue.db"), &office.elapsed)].map(Arc::new);
    all_arrive_once(queues, 10_000, 64).await;
}

#[tokio::test]
async fn a_clock_set_back_delays_no_new_message() {
    let office = office();
    office.pass(Duration::from_secs(3600)).await;
    office.queue.publish(TOPIC, "a", b"").await.unwrap();
    office.elapsed.store(0, Ordering::SeqCst);
    assert!(office.queue.receive(TOPIC, LEASE, Duration::ZERO).await.unwrap().is_some());
}

#[tokio::test]
async fn a_clock_set_back_makes_no_lease_and_no_delay_longer() {
    let office = office();
    office.pass(Duration::from_secs(7200)).await;
    for key in ["dead reader", "retry", "living reader"] {
        office.queue.publish(TOPIC, key, b"").await.unwrap();
    }
    let receive = || office.queue.receive(TOPIC, LEASE, Duration::ZERO);
    let _dead = receive().await.unwrap().unwrap();
    let retry = receive().await.unwrap().unwrap();
    office.queue.finish(retry, Verdict::RetryAfter(LEASE)).await.unwrap();
    let living = receive().await.unwrap().unwrap();
    office.elapsed.store(3600, Ordering::SeqCst);
    office.queue.extend(&living, LEASE).await.unwrap();
    assert_eq!(office.queue.depth(TOPIC).await.unwrap().ready, 2);
    assert_eq!(receive().await.unwrap().unwrap().key, "dead reader");
    assert_eq!(receive().await.unwrap().unwrap().key, "retry");
    assert!(receive().await.unwrap().is_none(), "what was prolonged since is still on loan");
    office.queue.finish(living, Verdict::Done).await.unwrap();
}

#[tokio::test]
async fn a_message_of_the_house_travels_as_itself_and_a_foreign_one_is_not_quoted() {
    let office = office();
    let queue: &dyn Queue = &office.queue;
    let sent = ReadPage::new("scan-1".into(), "hash".into(), 2);
    queue.send(&sent).await.unwrap();
    let delivery = queue.receive(ReadPage::TOPIC, LEASE, Duration::ZERO).await.unwrap().unwrap();
    assert_eq!((delivery.key.as_str(), delivery.message::<ReadPage>().unwrap()), ("scan-1#2", sent));

    queue.publish(TOPIC, "b", br#"{"page":["Yamada Hanako"]}"#).await.unwrap();
    let foreign = queue.receive(TOPIC, LEASE, Duration::ZERO).await.unwrap().unwrap();
    let error = foreign.message::<ReadPage>().unwrap_err();
    assert!(matches!(error, QueueError::Malformed { column: 1.., .. }) && !error.is_temporary());
    assert!(!format!("{error} {error:?}").contains("Yamada"));
}

#[test]
fn a_file_that_is_no_database_is_a_lasting_error_and_a_missing_disk_a_passing_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("queue.db");
    std::fs::write(&path, "this is a shopping list, not a database".repeat(100)).unwrap();
    assert!(!SqliteQueue::open(&path, Policy::default()).err().unwrap().is_temporary());
    // A folder where the file should be: as when a disk is not mounted, it may come back.
    let folder = dir.path().join("folder.db");
    std::fs::create_dir(&folder).unwrap();
    assert!(SqliteQueue::open(&folder, Policy::default()).err().unwrap().is_temporary());
}

#[test]
fn programs_that_start_together_all_open_a_new_queue() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("queue.db");
    std::thread::scope(|scope| {
        let opened: Vec<_> =
            (0..8).map(|_| scope.spawn(|| SqliteQueue::open(&path, Policy::default()).map(drop))).collect();
        opened.into_iter().for_each(|thread| thread.join().unwrap().unwrap());
    });
}

#[tokio::test]
async fn a_sealed_queue_works_as_a_plain_one_and_a_broken_one_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("queue.db");
    let keys = Keyring::of(Key::new([9; 32]));
    let queue = SqliteQueue::open_with(&path, Policy::default(), Some(&keys)).unwrap();
    queue.publish(TOPIC, "page-1#1", b"a body that must not lie in the clear").await.unwrap();
    for name in ["queue.db", "queue.db-wal"] {
        let bytes = std::fs::read(dir.path().join(name)).unwrap();
        assert!(!bytes.is_empty() && !bytes.windows(10).any(|window| window == b"a body tha"), "{name}");
    }
    let again = SqliteQueue::open_with(&path, Policy::default(), Some(&keys)).unwrap();
    let delivery = again.receive(TOPIC, LEASE, Duration::ZERO).await.unwrap().unwrap();
    assert_eq!(delivery.key, "page-1#1");
    let refused = SqliteQueue::open(&path, Policy::default()).err().unwrap();
    assert!(refused.to_string().contains("no key is set") && !refused.is_temporary(), "{refused}");

    let broken = dir.path().join("broken.db");
    std::fs::write(&broken, [b"SQLite format 3\0".as_slice(), &[7; 5000]].concat()).unwrap();
    let refused = SqliteQueue::open(&broken, Policy::default()).err().unwrap();
    assert!(refused.to_string().contains("yomitori requeue --older-than 0"), "{refused}");
}
