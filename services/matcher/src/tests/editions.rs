//! Readings made with other forms than the matcher's.

use super::*;
use domain::edition::Edition;

fn edition(forms: &str) -> Edition {
    Edition { number: 0, forms: forms.into(), model: "m".into() }
}

#[test]
fn a_reading_of_other_forms_is_asked_for_anew_and_never_taken() {
    let office = Office::open();
    let number = office.issue("1");
    let matcher = office.matcher.clone().reading_with(edition("new"));
    let read = |forms: &str, round| PageRead {
        edition: edition(forms),
        round,
        ..page_read(&office.pages[0], &office.form, Some(&number.0), vec![])
    };
    let handle = |message: &PageRead| matcher.handle(message, at("2026-11-20")).unwrap();
    assert_eq!(handle(&read("old", 1)), Handled::AskedAnew);
    assert_eq!(handle(&read("old", 1)), Handled::Late, "the same message again");
    assert_eq!(office.state(&office.pages[0]), PageState::Received);
    assert_eq!(handle(&read("new", 2)), Handled::Committed);
    let silent =
        PageRead { edition: Edition::default(), ..page_read(&office.pages[1], &office.form, None, vec![]) };
    assert_eq!(handle(&silent), Handled::InReview, "a reader that says nothing is believed");
    office.adds_up();
}

#[test]
fn a_matcher_that_is_itself_out_of_date_lets_readings_wait() {
    let office = Office::open();
    let matcher = office.matcher.clone().reading_with(edition("old"));
    let now = at("2026-11-20");
    office.store.write(|rows| rows.begin_edition(&edition("new"), &clerk(), now)).unwrap();
    let message =
        PageRead { edition: edition("new"), ..page_read(&office.pages[0], &office.form, None, vec![]) };
    assert_eq!(matcher.handle(&message, now).unwrap(), Handled::OtherEdition);
    let page = office.store.read(|rows| rows.page(&office.pages[0])).unwrap().unwrap();
    assert_eq!((page.state, page.round), (PageState::Received, 1), "nothing changed");
    let restarted = office.matcher.clone().reading_with(edition("new"));
    assert_eq!(restarted.handle(&message, now).unwrap(), Handled::InReview);
}
