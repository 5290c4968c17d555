use super::*;
use domain::ticket::BatchTicket;

pub(super) fn issue(office: &Office, declared: u32) -> BatchTicket {
    let new = NewTicket {
        clinic: "0110113719".into(),
        month: "2026-11".into(),
        programme: "influenza-elderly".into(),
        declared,
    };
    let issue = |rows: &Writer| rows.issue_tickets(&office.ticket_form, &[new], &clerk(), at("2026-09-01"));
    office.store.write(issue).unwrap().remove(0)
}

fn ticket_read(office: &Office, page: &PageId, number: Option<&str>, code: &str) -> PageRead {
    page_read(page, &office.ticket_form, number, vec![accepted("ticket", code)])
}

#[test]
fn a_proven_ticket_opens_the_envelope_of_the_pages_behind_it() {
    let office = Office::open();
    let ticket = issue(&office, 2);
    let read = ticket_read(&office, &office.pages[0], Some(&ticket.number), &ticket.to_code());
    assert_eq!(office.handle(&read), Handled::Committed);
    assert_eq!(office.handle(&read), Handled::Late);
    let envelope = office.store.read(|rows| rows.envelope(&ticket.number.as_str().into())).unwrap().unwrap();
    assert_eq!((envelope.declared, envelope.seen(), envelope.tickets), (Some(2), 2, 1));
    assert_eq!(office.store.read(|rows| rows.counts()).unwrap().records, 0);
}

#[test]
fn a_ticket_whose_witnesses_disagree_goes_to_people() {
    let check = |number: Option<&str>, change: fn(&mut BatchTicket), expected: &str| {
        let office = Office::open();
        let mut ticket = issue(&office, 2);
        let own = ticket.number.clone();
        change(&mut ticket);
        let read = ticket_read(&office, &office.pages[0], number.or(Some(&own)), &ticket.to_code());
        assert_eq!(office.handle(&read), Handled::InReview);
        assert_eq!(office.whys(&office.pages[0]), [expected]);
        let page = office.store.read(|rows| rows.page(&office.pages[0])).unwrap().unwrap();
        assert!(page.is_ticket, "it is a ticket all the same, no slip of the envelope");
    };
    check(Some("99000000027"), |_| {}, "ticket_differs");
    check(None, |ticket| ticket.declared = 20, "ticket_differs");
    check(None, |ticket| ticket.clinic = "0110113727".into(), "ticket_differs");
    check(None, |ticket| ticket.number = "99000000027".into(), "ticket_differs");
}

#[test]
fn an_unread_code_goes_to_people_but_a_missing_number_does_not() {
    let office = Office::open();
    let ticket = issue(&office, 1);
    let unread = ticket_read(&office, &office.pages[0], Some(&ticket.number), "https://example.org");
    office.handle(&unread);
    assert_eq!(office.whys(&office.pages[0]), ["ticket_unread"]);
    let office = Office::open();
    let ticket = issue(&office, 1);
    let without_number = ticket_read(&office, &office.pages[1], None, &ticket.to_code());
    assert_eq!(office.handle(&without_number), Handled::Committed);
}

#[test]
fn a_ticket_on_two_pages_is_flagged() {
    let office = Office::open();
    let ticket = issue(&office, 1);
    for (page, expected) in [(0, Handled::Committed), (1, Handled::InReview)] {
        let read = ticket_read(&office, &office.pages[page], Some(&ticket.number), &ticket.to_code());
        assert_eq!(office.handle(&read), expected);
    }
    assert_eq!(office.whys(&office.pages[1]), ["duplicate_slip"]);
}
