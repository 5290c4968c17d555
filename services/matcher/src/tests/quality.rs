//! What is drawn for the blind sample, and what a bar does.

use super::*;
use domain::keying::Pass;
use domain::quality::{Bar, Plan};

fn draw_all(office: &Office) {
    let kinds = ["digits", "date", "mark", "choice", "printed", "image", "sticker", "stamp"];
    let all = Plan { share: 1.0, floor: 0 };
    office
        .store
        .write(|rows| {
            kinds.iter().try_for_each(|kind| rows.set_sample_plan(kind, all, &clerk(), at("2026-09-01")))
        })
        .unwrap();
}

fn sampled(office: &Office) -> Vec<String> {
    let counts = office.store.read(|rows| rows.field_work_counts(&"somebody".into())).unwrap();
    let sampled = counts.into_iter().filter(|(.., pass, _)| *pass == Pass::Sample);
    sampled.map(|(_, field, ..)| field.0).collect()
}

#[test]
fn only_what_the_machine_believed_is_drawn() {
    let office = Office::open();
    draw_all(&office);
    let number = office.issue("1");
    let mut unsure = accepted("temperature", "36.5");
    (unsure.decision, unsure.confidence) = (Decision::Review, 0.9);
    let feverish = page_read(&office.pages[0], &office.form, Some(&number.0), vec![unsure]);
    assert_eq!(office.handle(&feverish), Handled::InReview);
    let fields = sampled(&office);
    assert!(fields.contains(&"visit_date".into()) && !fields.contains(&"temperature".into()), "{fields:?}");
    assert!(!fields.contains(&"name".into()), "print of our own is not recorded, so nobody keys it");
    let before = fields.len();
    assert_eq!(office.handle(&feverish), Handled::Late);
    assert_eq!(sampled(&office).len(), before, "a message that comes again draws nothing");
}

#[test]
fn a_page_that_nobody_saw_is_drawn_from_too() {
    let office = Office::open();
    draw_all(&office);
    let number = office.issue("1");
    assert_eq!(
        office.handle(&page_read(&office.pages[0], &office.form, Some(&number.0), vec![])),
        Handled::Committed
    );
    assert!(sampled(&office).contains(&"temperature".into()));
}

#[test]
fn a_bar_does_what_its_preview_said() {
    let office = Office::open();
    let temperature = |wrong: f64, decision: Decision, reason: Option<&str>| FieldReading {
        confidence: 1.0 - wrong,
        decision,
        reason: reason.map(str::to_owned),
        ..accepted("temperature", "36.5")
    };
    let readings = [
        temperature(2e-4, Decision::Accept, None),
        temperature(5e-3, Decision::Review, Some(NOT_SURE)),
        temperature(1e-5, Decision::Review, Some("枠の外にも書かれています")),
    ];
    // Whether a person is asked about each. (Three visits of one day are a finding of their own.)
    let asked = |office: &Office| {
        let ask = |(at, reading): (usize, &FieldReading)| {
            let number = office.issue("1");
            let page = &office.pages[at];
            office.handle(&page_read(page, &office.form, Some(&number.0), vec![reading.clone()]));
            office.whys(page).contains(&"field_doubtful".to_owned())
        };
        readings.iter().enumerate().map(ask).collect::<Vec<bool>>()
    };
    assert_eq!(asked(&office), [false, true, true]);
    assert_eq!(office.state(&office.pages[0]), PageState::Committed);
    let field = office.form.field("temperature").unwrap();
    let foresee = |bar: Option<Bar>| {
        let seen = office.store.read(|rows| rows.foresee(&office.form.id, &field.id, bar, 100)).unwrap();
        [seen.values, seen.more, seen.fewer, seen.pages_more]
    };
    let (strict, wide) = (Bar::new(field, 1e-4).unwrap(), Bar::new(field, 1e-2).unwrap());
    assert_eq!(foresee(None), [3, 0, 0, 0]);
    assert_eq!(foresee(Some(strict)), [3, 1, 0, 1]);
    assert_eq!(foresee(Some(wide)), [3, 0, 1, 0]);
    // The same mail in an office that has the bar.
    for (bar, expected) in [(strict, [true, true, true]), (wide, [false, false, true])] {
        let office = Office::open();
        let set = |rows: &Writer| rows.set_bar(&office.form.id, field, Some(bar), &clerk(), at("2026-09-01"));
        office.store.write(set).unwrap();
        assert_eq!(asked(&office), expected);
        // ... where taking it away again is foreseen as the opposite.
        let back = office.store.read(|rows| rows.foresee(&office.form.id, &field.id, None, 100)).unwrap();
        assert_eq!((back.more, back.fewer), if bar == strict { (0, 1) } else { (1, 0) });
    }
}
