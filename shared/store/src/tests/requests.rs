use super::*;
use domain::message::ReadPage;
use domain::page::PageState;

/// What the outbox still has to send: page and round of each.
fn unsent(office: &Office) -> Vec<(PageId, u32)> {
    let messages = office.store.read(|rows| rows.unsent_outbox(100)).unwrap();
    let asked = |body: &str| serde_json::from_str::<ReadPage>(body).map(|asked| (asked.page, asked.round));
    messages.iter().map(|message| asked(&message.body).unwrap()).collect()
}

fn send_all(office: &Office, second: i64) {
    office
        .store
        .write(|rows| {
            let ids: Vec<i64> = rows.unsent_outbox(100)?.iter().map(|message| message.id).collect();
            rows.mark_sent(&ids, at(second))
        })
        .unwrap();
}

#[test]
fn a_page_whose_request_was_lost_is_asked_for_anew_and_its_late_answer_counts_for_nothing() {
    let office = Office::open();
    let pages = office.take("scan", "", 3);
    let number = office.issue();
    let waiting = |second| office.store.read(|rows| rows.waiting_pages(at(second), 10)).unwrap();
    assert!(waiting(1000).is_empty(), "what lies in the outbox is not lost");

    send_all(&office, 10);
    office.to_review(&pages[0], &number);
    let found: Vec<PageId> = waiting(11).into_iter().map(|waiting| waiting.page).collect();
    assert_eq!(found, pages[1..]);
    assert!(waiting(10).is_empty(), "sent at that very moment");
    assert_eq!(office.store.read(|rows| rows.waiting_count(at(11))).unwrap(), (2, Some(at(10))));

    let asked = office.store.write(|rows| rows.requeue(&found, &clerk(), at(20))).unwrap();
    assert_eq!((asked, unsent(&office)), (2, vec![(pages[1].clone(), 2), (pages[2].clone(), 2)]));
    assert!(waiting(1000).is_empty(), "they are on their way again");
    let event = office.store.read(|rows| rows.page_events(&pages[1])).unwrap().pop().unwrap();
    assert_eq!((event.what.as_str(), event.staff), ("page_requeued", clerk().staff));

    let late = office.store.write(|rows| rows.apply_reading(&read(&pages[1], 1, &number), at(21))).unwrap();
    assert_eq!(late, ReadingTaken::Late);
    let other = office.store.write(|rows| rows.apply_reading(&read(&pages[1], 2, &number), at(22))).unwrap();
    assert!(matches!(other, ReadingTaken::New(_)));
}

#[test]
fn pages_in_any_other_state_are_left_alone() {
    let office = Office::open();
    let pages = office.take("scan", "", 2);
    let number = office.issue();
    send_all(&office, 10);
    office.to_review(&pages[0], &number);
    assert_eq!(office.store.write(|rows| rows.requeue(&pages, &clerk(), at(20))).unwrap(), 1);
    assert_eq!(office.page(&pages[0]).state, PageState::InReview);
    assert_eq!(office.page(&pages[0]).round, 1);
    assert!(office.store.write(|rows| rows.requeue(&["none-1".into()], &clerk(), at(20))).is_err());
    office.adds_up();
}

#[test]
fn after_a_restore_answers_to_the_lost_house_count_for_nothing() {
    let office = Office::open();
    let pages = office.take("scan", "", 2);
    let number = office.issue();
    // One request was sent, the other not; the lost house went on and asked a second time.
    let first = office.store.read(|rows| rows.unsent_outbox(1)).unwrap()[0].id;
    office.store.write(|rows| rows.mark_sent(&[first], at(5))).unwrap();
    let unread = office.store.read(|rows| rows.unread_pages()).unwrap();
    office.store.write(|rows| rows.requeue_restored(&unread, &clerk(), at(20))).unwrap();
    assert_eq!(unsent(&office), [(pages[0].clone(), 1001), (pages[1].clone(), 1001)]);
    for round in [1, 2] {
        let late = office.store.write(|rows| rows.apply_reading(&read(&pages[0], round, &number), at(21)));
        assert_eq!(late.unwrap(), ReadingTaken::Late);
    }
    office.adds_up();
}
