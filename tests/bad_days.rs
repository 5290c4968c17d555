//! Kill -9 in the middle of the work: nothing is lost, nothing is doubled.

use crate::harness::{self, Running};
use crate::whole_way::{LIMIT, drop_in, post, settings};
use rand::RngExt;
use std::time::Duration;

#[test]
fn a_program_that_is_killed_again_and_again_loses_no_page() {
    const PAGES: usize = 40;
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    settings(data);
    let names = post(data, PAGES, 9, None);
    let mut rng = crate::command_line::rand_seed(11);
    for (round, group) in names.chunks(PAGES / 5).enumerate() {
        let office = Running::start(data, &["run", "--listen", "127.0.0.1:0"]);
        group.iter().for_each(|name| drop_in(data, name));
        std::thread::sleep(Duration::from_millis(rng.random_range(400..2500)));
        office.kill();
        assert!(round < 5);
    }
    let _office = Running::start(data, &["run", "--listen", "127.0.0.1:0"]);
    harness::wait_until("all pages", LIMIT, || {
        let status = harness::status(data);
        let (all, waiting) = harness::pages(&status);
        all == PAGES as u64 && waiting == 0 && status["queue"]["outbox"] == 0
    });
    // Leases of the killed readers run out; whatever they had in hand is done once, not twice.
    let status = harness::status(data);
    let counted = |name: &str| status["pages"][name].as_u64().unwrap();
    assert_eq!(counted("committed") + counted("in_review"), PAGES as u64, "{status}");
    assert_eq!(status["records"].as_u64().unwrap(), counted("committed"), "one record a committed page");
    assert_eq!(status["files"]["taken"], PAGES as u64);
    assert_eq!(counted("duplicate"), 0);
    let left = std::fs::read_dir(data.join("inbox"))
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().path().is_file())
        .count();
    assert_eq!(left, 0, "the inbox is empty");
    let check = harness::succeed(data, &["check"]);
    assert!(check.contains("all counts add up"), "{check}");
}
