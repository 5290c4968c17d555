//! Editions, readers, and what the operations screen asks.

use super::*;
use domain::edition::Edition;
use domain::message::{ReadPage, ReaderReport};
use domain::page::PageState;

fn edition(forms: &str) -> Edition {
    Edition { number: 0, forms: forms.into(), model: "m".into() }
}

/// Requests that wait to be sent.
fn requests(office: &Office) -> Vec<ReadPage> {
    let unsent = office.store.read(|rows| rows.unsent_outbox(99)).unwrap();
    unsent.iter().map(|message| serde_json::from_str(&message.body).unwrap()).collect()
}

/// Marks every request as sent.
fn send_all(office: &Office) {
    office
        .store
        .write(|rows| {
            let ids: Vec<i64> = rows.unsent_outbox(99)?.into_iter().map(|message| message.id).collect();
            rows.mark_sent(&ids, at(2))
        })
        .unwrap();
}

#[test]
fn another_edition_asks_anew_for_what_is_on_its_way_and_for_nothing_else() {
    let office = Office::open();
    let begin = |forms, second| {
        office.store.write(|rows| rows.begin_edition(&edition(forms), &clerk(), at(second))).unwrap()
    };
    let sent = office.take("sent", "", 2);
    send_all(&office);
    assert_eq!(begin("a", 3).number, 1);
    assert_eq!(requests(&office), [], "whoever has met no edition is believed");
    assert_eq!(begin("a", 4).number, 1, "the same forms after a restart");
    let unsent = office.take("unsent", "", 1);
    let read = office.take("read", "", 1);
    office.to_review(&read[0], &office.issue());
    let second = begin("b", 5);
    assert_eq!(second.number, 2);
    let asked: Vec<(PageId, u32)> =
        requests(&office).into_iter().map(|request| (request.page, request.round)).collect();
    assert!(asked.contains(&(sent[0].clone(), 2)) && asked.contains(&(sent[1].clone(), 2)), "{asked:?}");
    assert!(asked.contains(&(unsent[0].clone(), 1)), "it is stamped when it is sent");
    assert!(!asked.contains(&(read[0].clone(), 2)), "people have it");
    let late = read_page(&office, &sent[0], 1);
    assert_eq!(late, ReadingTaken::Late, "an answer to the older request counts for nothing");
    assert_eq!(office.store.read(|rows| rows.current_edition()).unwrap().unwrap().number, 2);
    office.adds_up();
}

fn read_page(office: &Office, page: &PageId, round: u32) -> ReadingTaken {
    let number = office.issue();
    office.store.write(|rows| rows.apply_reading(&read(page, round, &number), at(6))).unwrap()
}

#[test]
fn a_page_is_asked_for_anew_once_for_each_answer_of_another_edition() {
    let office = Office::open();
    let page = office.take("a", "", 1).remove(0);
    let ask =
        |round| office.store.write(|rows| rows.ask_for_edition(&page, Some(round), &clerk(), at(3))).unwrap();
    assert_eq!(ask(1), Moved::Done);
    assert_eq!(ask(1), Moved::NotOpen, "the same answer again");
    assert_eq!(office.page(&page).round, 2);
}

#[test]
fn a_reader_is_known_by_what_it_said_last() {
    let office = Office::open();
    let report = |pages, second| ReaderReport {
        name: "reader-1".into(),
        program: "yomitori".into(),
        edition: edition("a"),
        threads: 2,
        pages,
        refusing_since: None,
        stopping: false,
        at: at(second),
    };
    let note = |report| office.store.write(|rows| rows.note_reader(&report, at(100))).unwrap();
    note(report(5, 50));
    note(report(9, 7000));
    let readers = office.store.read(|rows| rows.readers(at(0))).unwrap();
    assert_eq!(
        readers,
        [ReaderReport { at: at(100), ..report(9, 0) }],
        "a clock that is ahead is not believed"
    );
    assert_eq!(office.store.read(|rows| rows.readers(at(101))).unwrap(), []);
}

#[test]
fn what_waits_is_counted_with_its_age() {
    let office = Office::open();
    office.take("old", "", 2);
    office.store.write(|rows| rows.fail_file("", "bad.tif", 3, "読めません", at(9))).unwrap();
    let seen = office.store.read(|rows| rows.operations(at(0), at(0))).unwrap();
    assert_eq!(seen.waiting.len(), 1);
    assert_eq!((seen.waiting[0].state, seen.waiting[0].pages), (PageState::Received, 2));
    assert_eq!(seen.waiting[0].since, at(1));
    assert_eq!((seen.outbox, seen.failed_files, seen.given_up), ((2, Some(at(1))), 1, 0));
    let (stuck, count) = office.store.read(|rows| rows.stuck_pages(at(5), 1)).unwrap();
    assert_eq!((stuck.len(), count), (1, 2));
    assert_eq!((stuck[0].file.as_str(), stuck[0].since), ("old.tif", at(1)));
    assert_eq!(office.store.read(|rows| rows.stuck_pages(at(1), 9)).unwrap().1, 0, "nothing is late yet");
}
