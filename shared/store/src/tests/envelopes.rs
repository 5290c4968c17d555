use super::*;
use domain::ids::EnvelopeId;
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

/// Reads `page` as a ticket, as the matcher does.
fn read_ticket(office: &Office, page: &PageId, ticket: &BatchTicket, second: i64) {
    office
        .store
        .write(|rows| {
            rows.apply_reading(&read(page, 1, &ManagementNumber(ticket.number.clone())), at(second))?;
            rows.mark_as_ticket(page)?;
            rows.open_envelope(page, ticket, &clerk(), at(second))
        })
        .unwrap();
}

fn place(office: &Office, page: &PageId) -> EnvelopeId {
    office.page(page).envelope
}

/// Every order of `items`.
fn orders<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for at in 0..items.len() {
        let mut rest = items.to_vec();
        let first = rest.remove(at);
        all.extend(orders(&rest).into_iter().map(|mut order| {
            order.insert(0, first.clone());
            order
        }));
    }
    all
}

#[test]
fn pages_lie_under_their_ticket_in_whatever_order_readings_come() {
    // Folder a: loose, [T1, slip, slip], file 2: [slip, T2, slip], file 3: [T3]; folder b: [slip].
    for order in orders(&[0, 1, 2]) {
        let office = Office::open();
        let one = office.take("one", "a", 4);
        let elsewhere = office.take("other", "b", 1);
        let two = office.take("two", "a", 3);
        let three = office.take("three", "a", 1);
        let tickets = [(&one[1], ticket("T1", 3)), (&two[1], ticket("T2", 1)), (&three[0], ticket("T3", 0))];
        for (step, which) in order.iter().enumerate() {
            let (page, ticket) = &tickets[*which];
            read_ticket(&office, page, ticket, 10 + step as i64);
            office.adds_up();
        }
        let late = office.take("four", "a", 1);
        let expected = [
            (&one[0], "none:a:2026-11-20"),
            (&one[1], "T1"),
            (&one[2], "T1"),
            (&one[3], "T1"),
            (&two[0], "T1"),
            (&two[1], "T2"),
            (&two[2], "T2"),
            (&three[0], "T3"),
            (&late[0], "T3"),
            (&elsewhere[0], "none:b:2026-11-20"),
        ];
        for (page, envelope) in expected {
            assert_eq!(place(&office, page), envelope.into(), "{page} in order {order:?}");
        }
        let envelopes = office.store.read(|rows| rows.envelopes()).unwrap();
        let find = |id: &str| envelopes.iter().find(|envelope| envelope.id == id.into()).unwrap();
        let facts = |id: &str| {
            let envelope = find(id);
            (envelope.declared, envelope.seen(), envelope.tickets, envelope.closed_at.is_some())
        };
        assert_eq!(facts("T1"), (Some(3), 3, 1, true), "{order:?}");
        assert_eq!(facts("T2"), (Some(1), 1, 1, true), "{order:?}");
        assert_eq!(facts("T3"), (Some(0), 1, 1, false), "{order:?}");
        assert_eq!(facts("none:b:2026-11-20"), (None, 1, 0, false), "{order:?}");
        office.adds_up();
    }
}

#[test]
fn a_ticket_scanned_twice_goes_on_filling_its_envelope() {
    let office = Office::open();
    let one = office.take("one", "a", 2);
    let two = office.take("two", "a", 2);
    read_ticket(&office, &one[0], &ticket("T1", 2), 5);
    read_ticket(&office, &two[0], &ticket("T1", 2), 6);
    let envelope = office.store.read(|rows| rows.envelope(&"T1".into())).unwrap().unwrap();
    assert_eq!((envelope.seen(), envelope.tickets, envelope.closed_at), (2, 2, None));
    office.adds_up();
}

#[test]
fn a_committed_ticket_is_no_record() {
    let office = Office::open();
    let pages = office.take("one", "a", 1);
    read_ticket(&office, &pages[0], &ticket("T1", 0), 5);
    let counts = office.store.read(|rows| rows.counts()).unwrap();
    assert_eq!((counts.pages.of(domain::page::PageState::Committed), counts.records), (1, 0));
    let slip = office.proven(&office.issue(), "2026-11-02");
    let refused = office.store.write(|rows| rows.commit(&pages[0], &slip, &clerk(), at(6))).unwrap();
    assert!(matches!(refused, Committed::Refused(_)));
}
