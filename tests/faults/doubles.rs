//! Every message twice and three times, in both directions.

use super::bureau::Bureau;
use super::post::Mail;
use domain::ids::PageId;
use domain::message::{PageRead, ReadPage};
use queue::{Topic, Verdict};
use std::time::Duration;

#[test]
fn every_message_comes_three_times_and_counts_once() {
    let mail = Mail::kept();
    let mut bureau = Bureau::open(mail);
    bureau.hire("intake");
    mail.names.iter().take(12).for_each(|name| bureau.drop_in(name));
    let store = bureau.store();
    let queue = bureau.queue();
    crate::harness::wait_until("requests", crate::whole_way::LIMIT, || {
        let pages = store.read(|rows| rows.counts()).unwrap().pages.paper();
        pages == 12 && store.read(|rows| rows.unsent_outbox(1)).unwrap().is_empty()
    });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    // The requests: those that intake sent, and each two times more.
    for page in bureau.pages() {
        let row = store.read(|rows| rows.page(&PageId::from(page.as_str()))).unwrap().unwrap();
        let image = row.image.expect("it has a picture");
        let again = ReadPage::new(row.id, image, row.round);
        for _ in 0..2 {
            runtime.block_on(queue.send(&again)).unwrap();
        }
    }
    let reader = bureau.hire("reader");
    bureau.hear_times(reader, &["page handled"], 36);
    // The readings: each two times more.
    runtime.block_on(async {
        let mut readings = Vec::new();
        while readings.len() < 36 {
            let lease = Duration::from_secs(60);
            let delivery = queue.receive(Topic::PageRead, lease, Duration::from_secs(1)).await.unwrap();
            readings.extend(delivery);
        }
        for delivery in readings {
            let message: PageRead = delivery.message().unwrap();
            for _ in 0..3 {
                queue.send(&message).await.unwrap();
            }
            queue.finish(delivery, Verdict::Done).await.unwrap();
        }
    });
    let matcher = bureau.hire("matcher");
    bureau.settle();
    assert_eq!(bureau.log(matcher).matches("\"late\"").count(), 36 * 3 - 12, "all but the first are late");
    bureau.audit("every message three times", &mail.calm, "");
}
