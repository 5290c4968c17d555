use super::*;
use crate::{Config, Deps, run};
use queue::{Policy, Queue, SqliteQueue, Topic};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Runs the loop until every page has been handled, then stops it.
async fn run_until_handled(office: &Office, queue: Arc<SqliteQueue>) {
    let config = Config {
        dead_every: Duration::from_millis(20),
        pause: Duration::from_millis(1),
        ..Config::default()
    };
    let deps = Deps { queue, matcher: office.matcher.clone() };
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(run(config, deps, stopped));
    let handled = async {
        while office.pages.iter().any(|page| !office.state(page).handled()) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), handled).await.expect("every page is handled");
    stop.send(true).unwrap();
    running.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readings_are_matched_and_dead_messages_wait_for_people() {
    let office = Office::open();
    // Two deliveries and the message is dead.
    let policy = Policy { max_deliveries: 2, poll: Duration::from_millis(5), ..Policy::default() };
    let queue = Arc::new(SqliteQueue::open(&office.folder.path().join("queue.db"), policy).unwrap());
    let number = office.issue("1");
    let good = page_read(&office.pages[0], &office.form, Some(&number.0), vec![]);
    let engine: &dyn Queue = queue.as_ref();
    engine.send(&good).await.unwrap();
    engine.send(&good).await.unwrap();
    // A reading that is not understood, and a page whose reader gave up.
    engine.publish(Topic::PageRead, &format!("{}#1", office.pages[1]), b"{}").await.unwrap();
    engine.publish(Topic::ReadPage, &format!("{}#1", office.pages[2]), b"{}").await.unwrap();
    let request =
        queue.receive(Topic::ReadPage, Duration::from_secs(9), Duration::ZERO).await.unwrap().unwrap();
    queue.finish(request, queue::Verdict::GiveUp("読めません".into())).await.unwrap();

    run_until_handled(&office, queue.clone()).await;
    assert_eq!(office.state(&office.pages[0]), PageState::Committed);
    assert_eq!(office.whys(&office.pages[1]), ["given_up"]);
    assert_eq!(office.whys(&office.pages[2]), ["given_up"]);
    let item = office.store.read(|rows| rows.review_item(&office.pages[2])).unwrap().unwrap();
    assert_eq!(item.reasons[0].text(), "自動処理を中止しました（読めません）");
    office.adds_up();
    assert_eq!(office.store.read(|rows| rows.counts()).unwrap().records, 1, "sent twice, committed once");
}

#[test]
fn a_death_that_comes_too_late_changes_nothing() {
    let office = Office::open();
    let number = office.issue("1");
    office.handle(&page_read(&office.pages[0], &office.form, Some(&number.0), vec![]));
    let give_up = |page: &PageId, round| office.matcher.give_up(page, round, "x", at("2026-11-20")).unwrap();
    assert_eq!(give_up(&office.pages[0], 1), Handled::Late);
    assert_eq!(give_up(&office.pages[1], 2), Handled::Late, "of another round");
    assert_eq!(give_up(&"nobody-1".into(), 1), Handled::UnknownPage);
    assert_eq!(give_up(&office.pages[1], 1), Handled::InReview);
    let late = page_read(&office.pages[1], &office.form, Some(&number.0), vec![]);
    assert_eq!(office.handle(&late), Handled::Late, "people have it now");
}
