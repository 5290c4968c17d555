use super::*;
use domain::page::PageState;

#[test]
fn a_file_its_pages_and_their_messages_come_together() {
    let office = Office::open();
    let mut new = file("scan", "clinic-a", 3);
    new.pages[1].image = NewImage::Failed { reason: "画像が壊れています".into() };
    let taken = office.store.write(|rows| rows.take_file(&new, at(1))).unwrap();
    let TakenFile::Taken { pages, .. } = taken else { panic!("a new file is taken") };
    let states: Vec<PageState> = pages.iter().map(|(_, state)| *state).collect();
    assert_eq!(states, [PageState::Received, PageState::Failed, PageState::Received]);
    assert_eq!(office.page(&pages[1].0).reason.as_deref(), Some("画像が壊れています"));

    let unsent = office.store.read(|rows| rows.unsent_outbox(10)).unwrap();
    let keys: Vec<&str> = unsent.iter().map(|message| message.key.as_str()).collect();
    assert_eq!(keys, ["scan-1#1", "scan-3#1"]);
    let message: domain::message::ReadPage = serde_json::from_str(&unsent[0].body).unwrap();
    assert_eq!((message.image.as_str(), message.round, unsent[0].topic.as_str()), ("scan:1", 1, "read-page"));

    office.store.write(|rows| rows.mark_sent(&[unsent[0].id], at(2))).unwrap();
    let unsent = office.store.read(|rows| rows.unsent_outbox(10)).unwrap();
    assert_eq!(unsent.len(), 1);
    office.adds_up();
}

#[test]
fn a_file_that_came_before_is_listed_but_brings_no_pages() {
    let office = Office::open();
    office.take("scan", "", 2);
    let again = office.store.write(|rows| rows.take_file(&file("scan", "elsewhere", 2), at(5))).unwrap();
    assert_eq!(again, TakenFile::Duplicate { file: 2, of: 1 });
    let counts = office.store.read(|rows| rows.counts()).unwrap();
    assert_eq!((counts.pages.paper(), counts.files.taken, counts.files.duplicate), (2, 1, 1));
    let listed = office.store.read(|rows| rows.scan_files(Some(FileState::Duplicate), 10)).unwrap();
    assert_eq!(listed[0].duplicate_of, Some(1));
    office.adds_up();
}

#[test]
fn an_image_that_is_here_already_is_flagged_and_not_read() {
    let office = Office::open();
    office.take("first", "", 1);
    let mut second = file("second", "", 2);
    second.pages[0].image = NewImage::Stored { image: "first:1".into(), media: "image/tiff".into() };
    office.store.write(|rows| rows.take_file(&second, at(2))).unwrap();
    let page = office.page(&"second-1".into());
    assert_eq!((page.state, page.duplicate_of), (PageState::Duplicate, Some("first-1".into())));
    assert_eq!(office.store.read(|rows| rows.unsent_outbox(10)).unwrap().len(), 2);
    office.adds_up();

    // A person says that it is a page of its own after all.
    let moved = office.store.write(|rows| rows.read_again(&page.id, None, &clerk(), at(3))).unwrap();
    let page = office.page(&page.id);
    assert_eq!(
        (moved, page.state, page.round, page.duplicate_of),
        (Moved::Done, PageState::Received, 2, None)
    );
    office.adds_up();
}

#[test]
fn a_bad_file_is_listed_with_its_reason_and_may_come_again() {
    let office = Office::open();
    for _ in 0..2 {
        office.store.write(|rows| rows.fail_file("clinic-a", "x.tif", 12, "開けません", at(1))).unwrap();
    }
    let listed = office.store.read(|rows| rows.scan_files(Some(FileState::Failed), 10)).unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0].reason.as_deref(), Some("開けません"));
    office.adds_up();
}

#[test]
fn a_reading_counts_once_and_only_for_its_round() {
    let office = Office::open();
    let page = office.take("scan", "", 1).remove(0);
    let number = office.issue();
    let apply =
        |round| office.store.write(|rows| rows.apply_reading(&read(&page, round, &number), at(2))).unwrap();
    assert_eq!(apply(2), ReadingTaken::Late, "nobody asked for round 2");
    assert!(matches!(apply(1), ReadingTaken::New(_)));
    assert_eq!(apply(1), ReadingTaken::Late);
    let stranger = read(&"nobody-1".into(), 1, &number);
    let taken = office.store.write(|rows| rows.apply_reading(&stranger, at(2))).unwrap();
    assert_eq!(taken, ReadingTaken::UnknownPage);

    office.store.write(|rows| rows.send_to_review(&page, &Default::default(), &[], at(3))).unwrap();
    office.store.write(|rows| rows.read_again(&page, None, &clerk(), at(4))).unwrap();
    assert_eq!(apply(1), ReadingTaken::Late, "an answer to the older request");
    assert!(matches!(apply(2), ReadingTaken::New(_)));
    assert_eq!(office.page(&page).management_number, Some(number));
    let values = office.store.read(|rows| rows.field_values(&page)).unwrap();
    assert_eq!(values.len(), 1);
    assert_eq!(values[0].reason.as_deref(), Some("かすれています"));
}

#[test]
fn a_page_put_aside_can_be_taken_back() {
    let office = Office::open();
    let page = office.take("scan", "", 1).remove(0);
    let dispose = |disposal| {
        office.store.write(|rows| rows.dispose(&page, disposal, "白紙です", &clerk(), at(3))).unwrap()
    };
    assert_eq!(dispose(Disposal::Discarded), Moved::NotOpen, "the machine is still at it");
    office.to_review(&page, &office.issue());
    for disposal in [Disposal::Discarded, Disposal::Returned, Disposal::Rescan] {
        assert_eq!(dispose(disposal), Moved::Done);
        let row = office.page(&page);
        assert_eq!((row.state, row.disposal_reason.as_deref()), (disposal.state(), Some("白紙です")));
        office.adds_up();
        assert_eq!(dispose(disposal), Moved::NotOpen);
        let undone = office.store.write(|rows| rows.undo_disposal(&page, &clerk(), at(4))).unwrap();
        assert_eq!((undone, office.page(&page).state), (Moved::Done, PageState::InReview));
        office.adds_up();
    }
    let events = office.store.read(|rows| rows.page_events(&page)).unwrap();
    assert_eq!(events.len(), 8, "three ways there and back; the search for the paper begins and ends");
    assert_eq!((events[0].what.as_str(), events[0].terminal.as_str()), ("page_discarded", "desk-1"));
    let item = office.store.read(|rows| rows.review_item(&page)).unwrap().unwrap();
    assert!(item.open && item.reasons.len() == 2, "the old reason and why it is back: {:?}", item.reasons);
}
