//! The RabbitMQ engine on a real broker: the contract, several connections, a broker that goes away, doors that stay
//! shut.

use super::broker::broker;
use super::contract::{Subject, all_arrive_once, passes_contract};
use super::proxy::Proxy;
use crate::rabbit::Settings;
use crate::{Policy, Queue, QueueError, RabbitQueue, Topic, Verdict};
use async_trait::async_trait;
use domain::key::{Key, Keyring};
use lapin::options::{BasicGetOptions, BasicPublishOptions, QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

const TOPIC: Topic = Topic::ReadPage;
const LEASE: Duration = Duration::from_secs(30);
/// Longer than anything here takes: only a defect waits so long.
const FOREVER: Duration = Duration::from_secs(60);

/// Queues of its own in the broker, and a clock for leases that stands still until told.
struct Office {
    queue: RabbitQueue,
    address: String,
    elapsed: Arc<AtomicU64>,
}

/// The broker's address with queues that nobody else uses.
fn fresh(address: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::SeqCst);
    let began = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    let sign = if address.contains('?') { '&' } else { '?' };
    format!("{address}{sign}prefix=test-{}-{began}-{number}", std::process::id())
}

fn settings(address: &str) -> Settings {
    Settings::read(address, &|_| None).unwrap()
}

fn open_at(address: &str, elapsed: &Arc<AtomicU64>) -> RabbitQueue {
    let elapsed = elapsed.clone();
    let clock = move || {
        SystemTime::UNIX_EPOCH + Duration::from_millis(1_790_000_000_000 + elapsed.load(Ordering::SeqCst))
    };
    RabbitQueue::new(settings(address), Policy { clock: Arc::new(clock), ..Policy::default() })
}

fn office() -> Office {
    let (address, elapsed) = (fresh(&broker().amqp), Arc::default());
    Office { queue: open_at(&address, &elapsed), address, elapsed }
}

impl Office {
    /// Another process at the same queues.
    fn another(&self) -> RabbitQueue {
        open_at(&self.address, &self.elapsed)
    }

    /// A channel to do what this program does not.
    async fn by_hand(&self) -> (Connection, Channel) {
        let (address, _) = self.address.split_once('?').unwrap();
        let connection = Connection::connect(address, ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        (connection, channel)
    }

    fn name(&self, rest: &str) -> String {
        format!("{}.{rest}", self.address.split_once("prefix=").unwrap().1)
    }
}

#[async_trait]
impl Subject for Office {
    fn queue(&self) -> &dyn Queue {
        &self.queue
    }

    /// Leases pass by the clock; the broker's own delays have to be waited for.
    async fn pass(&self, time: Duration) {
        self.elapsed.fetch_add(time.as_millis() as u64, Ordering::SeqCst);
        if self.queue.depth(TOPIC).await.unwrap().delayed > 0 {
            tokio::time::sleep(time).await;
        }
    }
}

/// A broker that goes on living must not keep what tests leave.
impl Drop for Office {
    fn drop(&mut self) {
        let sweeper = RabbitQueue::new(settings(&self.address), Policy::default());
        let sweep = async move { sweeper.delete_queues().await };
        let alone = std::thread::spawn(|| tokio::runtime::Runtime::new().unwrap().block_on(sweep));
        let _ = alone.join();
    }
}

passes_contract!(office);

async fn receive(queue: &RabbitQueue) -> crate::Delivery {
    queue.receive(TOPIC, LEASE, FOREVER).await.unwrap().expect("a message within a minute")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_process_held_goes_to_another_and_after_four_deaths_to_a_person() {
    let office = office();
    office.queue.publish(TOPIC, "a", b"body").await.unwrap();
    for attempt in 1..=4 {
        let process = office.another();
        assert_eq!(receive(&process).await.attempt, attempt);
        drop(process);
    }
    let dead = loop {
        if let Some(dead) = office.queue.receive_dead(TOPIC, LEASE).await.unwrap() {
            break dead;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!((dead.key.as_str(), &dead.body[..], dead.attempt), ("a", &b"body"[..], 4));
    assert!(dead.died_of.unwrap().contains("決められた回数"));
}

#[tokio::test]
async fn a_clock_set_back_makes_no_lease_longer() {
    let office = office();
    office.elapsed.store(7_200_000, Ordering::SeqCst);
    for key in ["forgotten", "prolonged"] {
        office.queue.publish(TOPIC, key, b"").await.unwrap();
    }
    let _forgotten = receive(&office.queue).await;
    let prolonged = receive(&office.queue).await;
    office.elapsed.store(3_600_000, Ordering::SeqCst);
    office.queue.extend(&prolonged, LEASE).await.unwrap();
    let depth = office.queue.depth(TOPIC).await.unwrap();
    assert_eq!((depth.ready, depth.leased), (1, 1));
    assert_eq!(receive(&office.queue).await.key, "forgotten");
    office.queue.finish(prolonged, Verdict::Done).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_hub_is_told_and_takes_over_when_the_first_is_gone() {
    let mut office = office();
    office.queue.publish(Topic::PageRead, "a", b"").await.unwrap();
    let first = office.queue.receive(Topic::PageRead, LEASE, FOREVER).await.unwrap().unwrap();
    let second = office.another();
    for _ in 0..2 {
        let error = second.receive(Topic::PageRead, LEASE, Duration::ZERO).await.unwrap_err();
        assert!(matches!(error, QueueError::Occupied { .. }) && error.is_temporary(), "{error}");
        let error = second.receive_dead(TOPIC, LEASE).await.unwrap_err();
        assert!(error.to_string().contains("another hub"), "the dead are the first one's too: {error}");
    }
    second.publish(Topic::PageRead, "b", b"").await.unwrap();
    office.queue.finish(first, Verdict::Done).await.unwrap();
    let next = office.queue.receive(Topic::PageRead, LEASE, FOREVER).await.unwrap().unwrap();
    assert_eq!((next.key.as_str(), next.attempt), ("b", 1), "the first goes on undisturbed");

    let third = office.another();
    let gone = std::mem::replace(&mut office.queue, third);
    drop(gone);
    let taken_over = loop {
        match second.receive(Topic::PageRead, LEASE, Duration::from_millis(100)).await {
            Ok(Some(delivery)) => break delivery,
            Ok(None) | Err(QueueError::Occupied { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!((taken_over.key.as_str(), taken_over.attempt), ("b", 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_messages_through_two_connections_all_arrive_once() {
    let office = office();
    let queues = [office.another(), office.another()].map(Arc::new);
    all_arrive_once(queues, 1_000, 16).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_was_away_costs_nothing_but_time() {
    let mut office = office();
    let proxy = Proxy::before(&broker().amqp).await;
    office.queue = open_at(&proxy.instead_of(&office.address), &office.elapsed);
    office.queue.publish(TOPIC, "a", b"body").await.unwrap();
    let held = receive(&office.queue).await;

    proxy.cut();
    let error = office.queue.publish(TOPIC, "b", b"").await.unwrap_err();
    assert!(error.is_temporary(), "{error:?}");
    let error = office.queue.receive(TOPIC, LEASE, Duration::ZERO).await.unwrap_err();
    assert!(matches!(error, QueueError::Unreachable { .. }) && error.is_temporary(), "{error:?}");
    assert!(error.to_string().contains("check that RabbitMQ runs"), "{error}");

    proxy.mend();
    let again = loop {
        match office.queue.receive(TOPIC, LEASE, FOREVER).await {
            Ok(delivery) => break delivery.unwrap(),
            Err(error) => assert!(error.is_temporary(), "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!((again.key.as_str(), again.attempt), ("a", 2));
    for late in [office.queue.extend(&held, LEASE).await, office.queue.finish(held, Verdict::Done).await] {
        assert!(matches!(late, Err(QueueError::LeaseLost { .. })), "{late:?}");
    }
    office.queue.finish(again, Verdict::Done).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_somebody_deleted_is_noticed_and_made_anew() {
    let office = office();
    office.queue.publish(TOPIC, "a", b"").await.unwrap();
    let (_connection, channel) = office.by_hand().await;
    channel.queue_delete(office.name("read-page").into(), QueueDeleteOptions::default()).await.unwrap();
    let error = office.queue.publish(TOPIC, "b", b"").await.unwrap_err();
    assert!(matches!(error, QueueError::NotAccepted { ref key, .. } if key == "b"), "{error:?}");
    assert!(error.is_temporary());
    office.queue.publish(TOPIC, "b", b"").await.unwrap();
    assert_eq!(receive(&office.queue).await.key, "b");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_was_made_otherwise_is_a_lasting_error_with_a_way_out() {
    let office = office();
    let (_connection, channel) = office.by_hand().await;
    let name = office.name("read-page");
    let classic =
        channel.queue_declare(name.as_str().into(), QueueDeclareOptions::durable(), FieldTable::default());
    classic.await.unwrap();
    let error = office.queue.publish(TOPIC, "a", b"").await.unwrap_err();
    assert!(!error.is_temporary(), "{error:?}");
    let text = error.to_string();
    assert!(text.contains(&name) && text.contains("another vhost"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_another_program_is_delivered_as_it_is() {
    let office = office();
    office.queue.depth(TOPIC).await.unwrap();
    let (_connection, channel) = office.by_hand().await;
    let name = office.name("read-page").into();
    let properties = BasicProperties::default();
    let sent = channel.basic_publish("".into(), name, BasicPublishOptions::default(), b"hello", properties);
    sent.await.unwrap();
    let foreign = receive(&office.queue).await;
    assert_eq!((&foreign.body[..], foreign.attempt), (&b"hello"[..], 1));
    assert!(foreign.key.contains("without a key"), "{}", foreign.key);
    office.queue.finish(foreign, Verdict::GiveUp("理由".into())).await.unwrap();
    let dead = office.queue.receive_dead(TOPIC, LEASE).await.unwrap().unwrap();
    assert_eq!((dead.died_of.as_deref(), &dead.body[..]), (Some("理由"), &b"hello"[..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_come_in_is_told_so_without_the_password() {
    let office = office();
    let wrong = |name: &str| match name {
        "YOMITORI_QUEUE_USER" => Some("clerk".to_owned()),
        "YOMITORI_QUEUE_PASSWORD" => Some("grandmother".to_owned()),
        _ => None,
    };
    let queue = RabbitQueue::new(Settings::read(&office.address, &wrong).unwrap(), Policy::default());
    let error = queue.publish(TOPIC, "a", b"").await.unwrap_err();
    assert!(matches!(error, QueueError::NotAdmitted { .. }) && !error.is_temporary(), "{error:?}");
    let text = format!("{error} {error:?}");
    assert!(text.contains("YOMITORI_QUEUE_PASSWORD") && !text.contains("grandmother"), "{text}");

    let (address, prefix) = office.address.split_once('?').unwrap();
    let queue = RabbitQueue::new(settings(&format!("{address}/nowhere?{prefix}")), Policy::default());
    let error = queue.publish(TOPIC, "a", b"").await.unwrap_err();
    assert!(
        matches!(error, QueueError::NotAdmitted { .. }) && error.to_string().contains("nowhere"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_at_the_address_is_a_passing_error() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let queue =
        RabbitQueue::new(settings(&format!("amqp://clerk:secret@127.0.0.1:{port}")), Policy::default());
    let error = queue.publish(TOPIC, "a", b"").await.unwrap_err();
    assert!(matches!(error, QueueError::Unreachable { .. }) && error.is_temporary(), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("secret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_only_a_broker_that_is_vouched_for_is_talked_to() {
    let Some((address, ca)) = &broker().tls else {
        eprintln!("the broker in AMQP_URL is not reached by TLS (AMQPS_URL, AMQPS_CA)");
        return;
    };
    let address = fresh(address);
    let trusting = |name: &str| (name == "YOMITORI_QUEUE_CA").then(|| ca.clone());
    let queue = RabbitQueue::new(Settings::read(&address, &trusting).unwrap(), Policy::default());
    queue.publish(TOPIC, "a", b"body").await.unwrap();
    assert_eq!(receive(&queue).await.body, b"body");

    let stranger = RabbitQueue::new(settings(&address), Policy::default());
    let error = stranger.publish(TOPIC, "a", b"").await.unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_keys_the_broker_never_sees_what_is_in_a_message() {
    let office = office();
    let (old, new) = (Keyring::of(Key::new([1; 32])), Key::new([2; 32]));
    let both = Keyring::parse(&format!("{}\n{}", new.to_hex(), old.current().to_hex())).unwrap();
    let with =
        |keys: &Keyring| RabbitQueue::new(settings(&office.address).sealing(Some(keys)), Policy::default());
    office.queue.publish(TOPIC, "plain", b"1941-02-03").await.unwrap();
    with(&old).publish(TOPIC, "old", b"1941-02-03").await.unwrap();
    with(&both).publish(TOPIC, "new", b"1941-02-03").await.unwrap();
    let (_connection, channel) = office.by_hand().await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        let got = channel.basic_get(office.name("read-page").into(), BasicGetOptions::default());
        seen.push(got.await.unwrap().unwrap().delivery.data.windows(4).any(|bytes| bytes == b"1941"));
    }
    assert_eq!(seen, [true, false, false]);
    channel.close(200, "done".into()).await.unwrap();

    let behind = with(&old);
    assert_eq!(receive(&behind).await.key, "plain");
    assert_eq!(receive(&behind).await.body, b"1941-02-03");
    let error = behind.receive(TOPIC, LEASE, FOREVER).await.unwrap_err();
    assert!(matches!(error, QueueError::NoKey { ref id, .. } if *id == new.id()), "{error}");
    drop(behind);
    let queue = with(&both);
    let mut all = Vec::new();
    for _ in 0..3 {
        let delivery = receive(&queue).await;
        assert_eq!(delivery.body, b"1941-02-03");
        all.push((delivery.key, delivery.attempt));
    }
    all.sort();
    // One look by hand for each, and one by the process that died.
    let all: Vec<_> = all.iter().map(|(key, attempt)| (key.as_str(), *attempt)).collect();
    assert_eq!(all, [("new", 2), ("old", 3), ("plain", 3)]);
}

#[test]
fn a_setting_that_is_not_right_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let text = |value: &str| {
        let path = dir.path().join("file");
        std::fs::write(&path, value).unwrap();
        path.display().to_string()
    };
    let check = |address: &str, name: &str, value: Option<&str>, says: &str| {
        let variable = |asked: &str| value.filter(|_| asked == name).map(str::to_owned);
        let error = Settings::read(address, &variable).err().unwrap().to_string();
        assert!(error.contains(name) && error.contains(says) && !error.contains("secret"), "{error}");
    };
    let fine = "amqps://broker.city.example/city";
    check("amqp://clerk:secret@broker:port", "YOMITORI_QUEUE", None, "no address");
    check("amqp://clerk:secret@[::1]", "YOMITORI_QUEUE", None, "IPv6");
    check("amqp://broker?prefix=a/b", "YOMITORI_QUEUE", None, "prefix");
    check(fine, "YOMITORI_QUEUE_CA", Some("/nowhere/ca.pem"), "cannot be read");
    check(fine, "YOMITORI_QUEUE_CA", Some(&text("a shopping list")), "no certificate");
    check(fine, "YOMITORI_QUEUE_PASSWORD_FILE", Some("/nowhere/password"), "cannot be read");

    let file = text("secret\n");
    let from_file = |name: &str| (name == "YOMITORI_QUEUE_PASSWORD_FILE").then(|| file.clone());
    let read = Settings::read("amqps://clerk@broker.city.example/city", &from_file).unwrap();
    assert_eq!(read.to_string(), "amqps://broker.city.example:5671/city");
    assert!(read.encrypted());
}
