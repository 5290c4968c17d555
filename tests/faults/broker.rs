//! The same bad days with a real RabbitMQ between the roles; and those that only a broker can have.

use super::bureau::Bureau;
use super::kills::{self, Plan};
use super::post::Mail;
use super::real_broker::broker;
use super::wire::Proxy;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Kills of one run on the broker: fewer than on SQLite, for each death costs everybody an attempt at all that the dead
/// one had been handed.
const KILLS: usize = 40;

/// Lets a bureau work through the broker, which it reaches at `address`, with queues that nobody else uses.
fn at(bureau: &mut Bureau, address: &str) {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let prefix = format!("faults-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::SeqCst));
    let own = |address: &str| {
        let begin = if address.contains('?') { '&' } else { '?' };
        format!("{address}{begin}prefix={prefix}&heartbeat=2")
    };
    bureau.use_queue(&own(address), &own(&broker().amqp));
}

/// `kill -9` of the broker whose folder is `home`, or its orderly end; then it is started again on its own data.
fn restart(home: &str, gently: bool) {
    let end = if gently {
        "$bin/rabbitmqctl -q shutdown --timeout 60"
    } else {
        "pid=$(cat \"$RABBITMQ_PID_FILE\"); kill -9 $pid; while kill -0 $pid; do sleep 0.1; done"
    };
    let order = format!(
        ". '{home}/environment'; bin=/usr/lib/rabbitmq/bin; {end}; $bin/rabbitmq-server -detached
         for try in $(seq 60); do $bin/rabbitmqctl -q await_startup --timeout 60 && exit 0; sleep 1; done; exit 1"
    );
    let mut shell = Command::new("bash");
    shell.args(["-c", &order]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    assert!(shell.status().unwrap().success(), "the broker starts again");
}

#[test]
fn every_role_is_killed_at_random_moments_with_a_broker() {
    let mail = Mail::kept();
    let mut bureau = Bureau::open(mail);
    at(&mut bureau, &broker().amqp);
    kills::bad_day(&mut bureau, mail, &Plan::asked("KILLS", KILLS), "kill -9, RabbitMQ");
}

#[test]
fn a_broker_that_restarts_loses_nothing() {
    let Some(home) = &broker().home else {
        eprintln!("left out: a broker that restarts (AMQP_URL names one that is not ours to restart)");
        return;
    };
    let mail = Mail::kept();
    let mut bureau = Bureau::open(mail);
    at(&mut bureau, &broker().amqp);
    bureau.hire_all();
    let (first, rest) = mail.names.split_at(6);
    first.iter().for_each(|name| bureau.drop_in(name));
    bureau.settle();
    bureau.note_before();
    for (gently, group) in [true, false].into_iter().zip(rest.chunks(12)) {
        let seen = bureau.log(1).len();
        group.iter().for_each(|name| bureau.drop_in(name));
        bureau.hear(1, &["page taken"], seen);
        restart(home, gently);
    }
    assert!(bureau.everybody_works(), "nobody ends because the broker does");
    bureau.settle();
    bureau.audit("a broker that restarts, gently and by kill -9", &mail.calm, "");
}

#[test]
fn a_broker_that_cannot_be_reached_is_waited_for() {
    let mail = Mail::kept();
    let mut bureau = Bureau::open(mail);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let wire = runtime.block_on(Proxy::before(&broker().amqp));
    at(&mut bureau, &wire.instead_of(&broker().amqp));
    bureau.hire_all();
    let (first, rest) = mail.names.split_at(6);
    first.iter().for_each(|name| bureau.drop_in(name));
    bureau.settle();
    bureau.note_before();
    let seen = bureau.log(1).len();
    rest.iter().take(10).for_each(|name| bureau.drop_in(name));
    bureau.hear(1, &["page taken"], seen);
    wire.cut();
    rest.iter().skip(10).take(10).for_each(|name| bureau.drop_in(name));
    // As a minute is to leases of a minute; and until everybody has said what is wrong.
    std::thread::sleep(Duration::from_millis(1500));
    for member in [0, 1, 2, 3] {
        bureau.hear(member, &["cannot be reached", "Nothing is lost"], 0);
    }
    let store = bureau.store();
    crate::harness::wait_until("intake to go on", crate::whole_way::LIMIT, || {
        store.read(|rows| rows.counts()).unwrap().pages.paper() == 26
    });
    assert!(bureau.everybody_works(), "nobody ends because the broker is out of reach");
    wire.mend();
    bureau.settle();
    bureau.audit("a broker out of reach for a minute (scaled as the leases: 1.5 s)", &mail.calm, "");
}

#[test]
fn a_second_hub_on_the_same_broker_is_told_so_and_takes_no_reading() {
    let mail = Mail::kept();
    let mut bureau = Bureau::open(mail);
    // By TLS, where the broker has it.
    match &broker().tls {
        Some((address, authority)) => {
            bureau.set("YOMITORI_QUEUE_CA", authority);
            at(&mut bureau, address);
        }
        None => at(&mut bureau, &broker().amqp),
    }
    bureau.hire_all();
    let (first, rest) = mail.names.split_at(4);
    first.iter().for_each(|name| bureau.drop_in(name));
    bureau.settle();
    bureau.note_before();
    let (other_city, log) = (bureau.aside("other-city"), bureau.aside("other-city.log"));
    mail.copy_to(&other_city);
    let mut twin = crate::harness::yomitori(&other_city, &["matcher"]);
    twin.envs(bureau.environment()).stderr(std::fs::File::create(&log).unwrap());
    let mut twin = twin.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    crate::harness::wait_until("the second hub to be told", crate::whole_way::LIMIT, || {
        std::fs::read_to_string(&log).is_ok_and(|log| log.contains("another hub already works"))
    });
    rest.iter().take(10).for_each(|name| bureau.drop_in(name));
    bureau.settle();
    assert_eq!(twin.try_wait().unwrap(), None, "it goes on trying");
    twin.kill().unwrap();
    twin.wait().unwrap();
    bureau.audit("two hubs on one broker", &mail.calm, "");
}
