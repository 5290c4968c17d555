use super::*;
use crate::{Closing, NewEnquiry, NewPart, Opened, Target};
use domain::enquiry::{Channel, EnquiryKind, EnquiryState};
use domain::keying::{Keyed, Pass};
use domain::message::ReadPage;
use domain::page::PageState;
use domain::review::ReviewReason;
use domain::ticket::BatchTicket;

fn ticket(number: &str, declared: u32) -> BatchTicket {
    BatchTicket {
        number: number.into(),
        clinic: "0110113719".into(),
        month: "2026-11".into(),
        programme: "trial".into(),
        declared,
    }
}

fn parts(names: &[&str]) -> Vec<NewPart> {
    names.iter().map(|name| NewPart { image: (*name).into(), media: "image/png".into() }).collect()
}

/// The last request to read that waits to be sent.
fn asked(office: &Office) -> ReadPage {
    let outbox = office.store.read(|rows| rows.unsent_outbox(1000)).unwrap();
    serde_json::from_str(&outbox.last().unwrap().body).unwrap()
}

fn enquiry(page: &PageId, kind: EnquiryKind) -> NewEnquiry {
    NewEnquiry {
        page: page.clone(),
        kind,
        field: Some("visit_date".into()),
        reason: "日付が合わない".into(),
        words: String::new(),
        due: None,
    }
}

#[test]
fn a_page_with_two_slips_becomes_two_pages_that_follow_it_and_can_be_put_together_again() {
    let office = Office::open();
    let pages = office.take("scan", "a", 3);
    office.to_review(&pages[1], &office.issue());
    let write = |parts: &[NewPart]| {
        office.store.write(|rows| rows.cut_page(&pages[1], parts, &clerk(), at(5))).unwrap()
    };
    assert_eq!(write(&parts(&["one"])), Moved::NotOpen, "one part is no cut");
    assert_eq!(write(&parts(&["left", "right"])), Moved::Done);
    office.adds_up();
    let view = office.store.read(|rows| rows.page_view(&pages[1])).unwrap().unwrap();
    let [left, right] = &view.parts[..] else { panic!("{:?}", view.parts) };
    assert_eq!((view.page.state, view.page.counted, view.page.cut), (PageState::Discarded, false, 2));
    assert_eq!(office.page(left).parent.as_ref(), Some(&pages[1]));
    let order = |page: &PageId| office.store.read(|rows| rows.page_view(page)).unwrap().unwrap().next;
    assert_eq!(order(&pages[1]).as_ref(), Some(left));
    assert_eq!(order(left).as_ref(), Some(right));
    assert_eq!(order(right).as_ref(), Some(&pages[2]));
    assert_eq!(office.store.read(|rows| rows.counts()).unwrap().pages.paper(), 4);
    // Its own undoing is the only way back.
    let undone = office.store.write(|rows| rows.undo_disposal(&pages[1], &clerk(), at(6))).unwrap();
    assert_eq!(undone, Moved::NotOpen);
    // A part that is dealt with keeps the page cut.
    office.to_review(left, &office.issue());
    office.store.write(|rows| rows.dispose(left, Disposal::Returned, "理由", &clerk(), at(7))).unwrap();
    let undo = || office.store.write(|rows| rows.undo_cut(&pages[1], &clerk(), at(8))).unwrap();
    assert_eq!(undo(), Moved::NotOpen);
    office.store.write(|rows| rows.undo_disposal(left, &clerk(), at(9))).unwrap();
    assert_eq!(undo(), Moved::Done);
    assert_eq!(office.page(&pages[1]).state, PageState::InReview);
    assert_eq!(office.store.read(|rows| rows.counts()).unwrap().pages.paper(), 3);
    office.adds_up();
}

#[test]
fn a_page_moved_by_hand_stays_where_it_is_and_goes_back_to_where_the_pile_says() {
    let office = Office::open();
    let pages = office.take("scan", "a", 4);
    let put = |rows: &crate::Writer, pages: &[PageId], target: &Target| {
        Ok(rows.move_pages(pages, target, &clerk(), at(5))?.map(|moved| (moved.batch, moved.moved)))
    };
    let target = Target::Ticket(ticket("T9", 2));
    let moved = office.store.write(|rows| put(rows, &pages[2..], &target)).unwrap().unwrap();
    assert_eq!(moved.1, 2);
    office.adds_up();
    // A ticket read later takes the pages behind it along, but not those.
    office
        .store
        .write(|rows| {
            rows.apply_reading(&read(&pages[0], 1, &ManagementNumber("T1".into())), at(6))?;
            rows.open_envelope(&pages[0], &ticket("T1", 3), &clerk(), at(6))
        })
        .unwrap();
    let place = |page: &PageId| office.page(page).envelope.to_string();
    assert_eq!((place(&pages[1]), place(&pages[2])), ("T1".to_owned(), "T9".to_owned()));
    let again = office.store.write(|rows| put(rows, &pages[..1], &target)).unwrap();
    assert_eq!(again, None, "a ticket that opens an envelope stays");
    let undone = office.store.write(|rows| rows.undo_move(moved.0, &clerk(), at(7))).unwrap();
    assert_eq!((undone, place(&pages[2]), place(&pages[3])), (2, "T1".to_owned(), "T1".to_owned()));
    assert_eq!(office.store.write(|rows| rows.undo_move(moved.0, &clerk(), at(8))).unwrap(), 0);
    office.adds_up();
}

#[test]
fn turning_and_assigning_ask_for_a_new_reading_and_touch_nothing_that_people_decided() {
    let office = Office::open();
    let page = office.take("scan", "", 1).remove(0);
    let number = office.issue();
    office.to_review(&page, &office.issue());
    // A value that a person has decided before.
    office
        .store
        .write(|rows| {
            let slip = office.proven(&number, "2026-11-02");
            rows.commit(&page, &slip, &clerk(), at(3))?;
            let record = rows.record_of_page(&page)?.unwrap();
            rows.reverse_record(record.id, "別の人でした", &clerk(), at(4))
        })
        .unwrap();
    let keyed = Keyed::Value(Value::Text("2026-11-02".into()));
    let first = NewKeying { field: "visit_date".into(), pass: Pass::First, keyed };
    let save =
        office.store.write(|rows| rows.key(&office.form, &page, 0, &[first], &clerk(), at(4))).unwrap();
    assert!(matches!(save, KeyingTaken::Saved { .. }), "{save:?}");
    let keyings = || office.store.read(|rows| rows.keyings(&page)).unwrap();
    let typed = keyings();
    let values = || office.store.read(|rows| rows.field_values(&page)).unwrap();
    let before = values();
    assert!(before.iter().any(|value| value.final_value.is_some()));
    office.store.write(|rows| rows.turn_page(&page, 270, &clerk(), at(5))).unwrap();
    assert_eq!((asked(&office).turn, asked(&office).round, office.page(&page).turn), (270, 2, 270));
    assert_eq!(values(), before);
    office.store.write(|rows| rows.turn_page(&page, 180, &clerk(), at(6))).unwrap();
    assert_eq!(asked(&office).turn, 90);
    let unknown = "trial-2".into();
    office
        .store
        .write(|rows| rows.assign(&page, Some(unknown), Some(number.clone()), &clerk(), at(7)))
        .unwrap();
    assert_eq!(asked(&office).form, Some("trial".into()), "the slip of the number says the form");
    assert_eq!(values(), before);
    // The reading that comes back carries the number by hand, for a person to confirm.
    let other = office.issue();
    office.store.write(|rows| rows.apply_reading(&read(&page, 4, &other), at(8))).unwrap();
    let row = office.page(&page);
    assert_eq!(row.management_number, Some(number.clone()));
    let Some(PageReading::Read(reading)) = row.reading else { panic!("it was read") };
    assert_eq!(reading.management_number.unwrap().decision, Decision::Review);
    let decided = |values: Vec<crate::FieldValue>| {
        values.into_iter().filter(|value| value.final_value.is_some()).collect::<Vec<_>>()
    };
    assert_eq!(decided(values()), decided(before));
    assert_eq!((keyings().len(), keyings()), (1, typed), "and what was keyed still counts");
    office.adds_up();
}

#[test]
fn a_difference_stands_only_with_a_reason() {
    let office = Office::open();
    let pages = office.take("scan", "a", 3);
    office
        .store
        .write(|rows| {
            rows.apply_reading(&read(&pages[0], 1, &ManagementNumber("T1".into())), at(2))?;
            rows.open_envelope(&pages[0], &ticket("T1", 3), &clerk(), at(2))
        })
        .unwrap();
    let close = |reason: &str| {
        office.store.write(|rows| rows.close_envelope(&"T1".into(), reason, &clerk(), at(3))).unwrap()
    };
    assert_eq!(close(""), Closing::NeedsReason);
    assert_eq!(close("医療機関に確認済み"), Closing::Done);
    assert_eq!(close("もう一度"), Closing::AlreadySo);
    let envelope = office.store.read(|rows| rows.envelope(&"T1".into())).unwrap().unwrap();
    let settled = envelope.settled.unwrap();
    assert_eq!((settled.seen, settled.by.as_str(), envelope.closed_at), (2, "clerk", Some(at(3))));
    let open = office.store.write(|rows| rows.reopen_envelope(&"T1".into(), "1枚出てきた", &clerk(), at(4)));
    assert_eq!(open.unwrap(), Closing::Done);
    let events = office.store.read(|rows| rows.envelope_events(&"T1".into())).unwrap();
    let told: Vec<_> = events.iter().map(|event| (event.what.as_str(), event.declared, event.seen)).collect();
    assert_eq!(told, [("envelope_settled", Some(3), 2), ("envelope_reopened", Some(3), 2)]);
}

#[test]
fn a_page_is_parked_until_its_answer_is_here_and_the_enquiry_ends_with_the_page() {
    let office = Office::open();
    let page = office.take("scan", "", 1).remove(0);
    let open = || {
        office.store.write(|rows| rows.open_enquiry(&enquiry(&page, EnquiryKind::Clinic), &clerk(), at(3)))
    };
    assert_eq!(open().unwrap(), Opened::NotOpen);
    let number = office.issue();
    office.to_review(&page, &number);
    let Opened::Done(id) = open().unwrap() else { panic!("it waits for a person") };
    let parked = || office.store.read(|rows| Ok((rows.is_parked(&page)?, rows.reviews_waiting()?))).unwrap();
    assert_eq!(parked(), (true, 0));
    let due = date(2026, 12, 1);
    let words = (Channel::Phone, "受付の方", "折り返しをお願いしました");
    office.store.write(|rows| rows.ask_enquiry(id, words, due, &clerk(), at(4))).unwrap();
    assert_eq!(parked(), (true, 0));
    let words = (Channel::Fax, "", "接種日は原本のとおりです");
    office.store.write(|rows| rows.answer_enquiry(id, words, &clerk(), at(5))).unwrap();
    assert_eq!(parked(), (false, 1));
    let item = office.store.read(|rows| rows.review_item(&page)).unwrap().unwrap();
    assert_eq!(item.reasons[0], ReviewReason::Answered { kind: EnquiryKind::Clinic });
    let slip = office.proven(&number, "2026-11-02");
    office.store.write(|rows| rows.commit(&page, &slip, &clerk(), at(6))).unwrap();
    let (enquiry, steps) =
        office.store.read(|rows| Ok((rows.enquiry(id)?.unwrap(), rows.enquiry_steps(id)?))).unwrap();
    assert_eq!(
        (enquiry.state, enquiry.due, enquiry.owner),
        (EnquiryState::Closed, due, Some("clerk".into()))
    );
    let told: Vec<_> = steps.iter().map(|step| step.what.as_str()).collect();
    assert_eq!(told, ["opened", "asked", "answered", "closed"]);
    assert_eq!(steps[2].words.as_deref(), Some("接種日は原本のとおりです"));
}

#[test]
fn paper_that_is_scanned_again_takes_the_place_of_its_page() {
    let office = Office::open();
    let (old, other) = (office.take("old", "", 1).remove(0), office.take("other", "", 1).remove(0));
    let number = office.issue();
    office.to_review(&old, &number);
    let new = enquiry(&old, EnquiryKind::Rescan);
    let Opened::Done(id) = office.store.write(|rows| rows.open_enquiry(&new, &clerk(), at(3))).unwrap()
    else {
        panic!("it waits for a person")
    };
    assert_eq!(office.page(&old).state, PageState::Rescan);
    office.to_review(&other, &office.issue());
    assert_eq!(office.page(&old).state, PageState::Rescan, "another slip changes nothing");
    let again = office.take("again", "", 1).remove(0);
    office.to_review(&again, &number);
    assert_eq!(office.page(&old).state, PageState::Discarded);
    let enquiry = office.store.read(|rows| rows.enquiry(id)).unwrap().unwrap();
    assert_eq!(enquiry.state, EnquiryState::Closed);
    let twins = office.store.read(|rows| rows.pages_with_number(&number, &again)).unwrap();
    assert_eq!(twins, [], "the new page is no double of the old one");
    office.adds_up();
}
