//! The blind sample in the rows: drawn once, keyed once, decided by somebody else.

use super::*;
use domain::form::Field;
use domain::keying::{Keyed, Pass};
use domain::quality::{Plan, Verdict};
use jiff::SignedDuration;

struct Drawn {
    office: Office,
    page: PageId,
}

/// A page in review whose visit date was accepted and drawn.
fn drawn() -> Drawn {
    let office = Office::open();
    let (page, number) = (office.take("scan", "", 1).remove(0), office.issue());
    office.to_review(&page, &number);
    let all = Plan { share: 1.0, floor: 0 };
    office.store.write(|rows| rows.set_sample_plan("date", all, &clerk(), at(0))).unwrap();
    let drawn = Drawn { office, page };
    assert_eq!(drawn.draw(1), 1);
    drawn
}

impl Drawn {
    fn draw(&self, round: u32) -> u32 {
        let value = Drawable {
            field: "visit_date".into(),
            kind: "date",
            value: Value::Text("2026-11-02".into()),
            confidence: 0.9999,
        };
        let form = &self.office.form;
        self.office.store.write(|rows| rows.draw_samples(&self.page, round, form, &[value], at(3))).unwrap()
    }

    fn field(&self) -> &Field {
        self.office.form.field("visit_date").unwrap()
    }

    fn key(&self, day: &str, staff: &str) -> KeyingTaken {
        let (actor, keyed) = (Actor::new(staff, "t"), Keyed::Value(Value::Text(day.into())));
        let form = &self.office.form;
        let key = |rows: &Writer| rows.key_sample(form, &self.page, self.field(), &keyed, &actor, at(4));
        self.office.store.write(key).unwrap()
    }

    fn sample(&self) -> Option<Sample> {
        self.office.store.read(|rows| rows.sample_of(&self.page, &"visit_date".into())).unwrap()
    }

    /// Passes of the work that is left of the visit date.
    fn work(&self, staff: &str) -> Vec<Pass> {
        let counts = self.office.store.read(|rows| rows.run_counts(&staff.into())).unwrap();
        counts.into_iter().map(|(.., pass, _)| pass).collect()
    }
}

#[test]
fn the_same_reading_is_drawn_from_once() {
    let drawn = drawn();
    assert_eq!(drawn.draw(1), 0, "a message that comes again");
    assert_eq!(drawn.work("b"), [Pass::Sample]);
    assert!(matches!(drawn.key("2026-11-02", "b"), KeyingTaken::Saved { .. }));
    assert_eq!(drawn.sample().unwrap().verdict, Some(Verdict::Right));
    assert_eq!(drawn.key("2026-11-02", "c"), KeyingTaken::NotOpen, "keyed once is enough");
    assert_eq!(drawn.draw(2), 0, "what a person has keyed blind is not asked for again");
}

#[test]
fn who_keyed_a_page_keys_no_sample_of_it_and_who_keyed_a_sample_does_not_decide() {
    let drawn = drawn();
    let first = NewKeying {
        field: "visit_date".into(),
        pass: Pass::First,
        keyed: Keyed::Value(Value::Text("2026-11-02".into())),
    };
    let office = &drawn.office;
    office
        .store
        .write(|rows| rows.key(&office.form, &drawn.page, 0, &[first], &Actor::new("a", "t"), at(4)))
        .unwrap();
    assert!(!drawn.work("a").contains(&Pass::Sample));
    assert!(matches!(drawn.key("2026-11-02", "a"), KeyingTaken::SamePerson(_)));
    assert!(matches!(drawn.key("2026-11-03", "b"), KeyingTaken::Saved { .. }));
    let sample = drawn.sample().unwrap();
    assert_eq!(sample.verdict, None);
    assert!(!drawn.work("b").contains(&Pass::Third) && drawn.work("c").contains(&Pass::Third));
    let decide = |staff: &str| {
        let (actor, keyed) = (Actor::new(staff, "t"), Keyed::Illegible);
        office
            .store
            .write(|rows| rows.decide_sample(sample.id, &office.form, drawn.field(), &keyed, &actor, at(5)))
    };
    assert!(matches!(decide("b").unwrap(), Err(KeyingTaken::SamePerson(_))));
    assert_eq!(decide("c").unwrap(), Ok(Verdict::Unclear));
    assert_eq!(decide("d").unwrap(), Err(KeyingTaken::NotOpen));
}

#[test]
fn ones_own_sample_is_taken_back_until_somebody_decided() {
    let drawn = drawn();
    let KeyingTaken::Saved { save, .. } = drawn.key("2026-11-03", "b") else { panic!("keyed") };
    let form = &drawn.office.form;
    let undo = |staff: &str, since: i64| {
        let actor = Actor::new(staff, "t");
        drawn.office.store.write(|rows| rows.undo_sample(save, form, &actor, at(since), at(6))).unwrap()
    };
    assert_eq!(undo("c", 0), SaveUndone::TooLate, "not his");
    assert_eq!(undo("b", 5), SaveUndone::TooLate, "too old");
    assert_eq!(undo("b", 0), SaveUndone::Done { page: drawn.page.clone() });
    assert!(drawn.work("c").contains(&Pass::Sample) && !drawn.work("c").contains(&Pass::Third));
    assert!(matches!(drawn.key("2026-11-02", "c"), KeyingTaken::Saved { .. }));
    assert_eq!(drawn.sample().unwrap().verdict, Some(Verdict::Right));
}

#[test]
fn a_token_is_of_one_person_and_is_forgotten_after_a_day() {
    let drawn = drawn();
    let (actor, store) = (Actor::new("b", "t"), &drawn.office.store);
    let take = |rows: &Writer| {
        let form = &drawn.office.form.id;
        let (work, left) =
            rows.run_work(form, &"visit_date".into(), &[Pass::Sample], &actor.staff, 5, at(4))?;
        assert_eq!((work.len(), left), (1, 1));
        assert!(rows.hold_field_work(&work[0], &actor, at(64), at(4))?);
        rows.put_on_screen(&work[0], None, false, &actor, at(4))
    };
    let token = store.write(take).unwrap();
    let known = |staff: &str| store.read(|rows| rows.run_item(&token, &staff.into())).unwrap().is_some();
    assert!(known("b") && !known("c"));
    let day = at(4) + SignedDuration::from_hours(25);
    let form = &drawn.office.form.id;
    let work = |staff: &str, now: Timestamp| {
        let staff = staff.into();
        let found =
            store.read(|rows| rows.run_work(form, &"visit_date".into(), &[Pass::Sample], &staff, 5, now));
        found.unwrap().0
    };
    assert!(work("c", at(5)).is_empty(), "it lies on the other's screen");
    let free = work("c", day);
    store.write(|rows| rows.put_on_screen(&free[0], None, false, &Actor::new("c", "t"), day)).unwrap();
    assert!(!known("b"));
}
