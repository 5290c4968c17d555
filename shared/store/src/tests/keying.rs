use super::*;
use domain::keying::{Keyed, PERSON, Pass, Stage};
use domain::page::PageState;
use domain::record::CommitRefused;
use domain::review::ReviewReason;
use jiff::SignedDuration;
use std::collections::BTreeMap;
use std::thread;

fn by(name: &str) -> Actor {
    Actor::new(name, "desk")
}

fn date(day: u32) -> Keyed {
    Keyed::Value(Value::Text(format!("2026-11-{day:02}")))
}

fn new(field: &str, pass: Pass, keyed: Keyed) -> NewKeying {
    NewKeying { field: field.into(), pass, keyed }
}

impl Office {
    /// A page whose visit date is critical and doubtful; who it is, is certain.
    fn doubtful_page(&self, scan: &str) -> PageId {
        let page = self.take(scan, "", 1).remove(0);
        let number = self.issue();
        let candidate =
            domain::matching::Candidate { resident: ResidentId("1".into()), items: Vec::new(), weight: 9.0 };
        let outcome = domain::matching::MatchOutcome::One { candidate };
        let reason =
            ReviewReason::FieldDoubtful {
                field: "visit_date".into(), label: "実施日".into(), reason: None
            };
        self.store
            .write(|rows| {
                rows.apply_reading(&read(&page, 1, &number), at(2))?;
                rows.set_second_keying(&self.form.id, &"visit_date".into(), Some(true), &clerk(), at(2))?;
                rows.send_to_review(&page, &outcome, &[reason], at(2))?;
                rows.plan_work(&self.form, &page)
            })
            .unwrap();
        page
    }

    fn key(&self, page: &PageId, new: &[NewKeying], staff: &str, second: i64) -> KeyingTaken {
        self.store.write(|rows| rows.key(&self.form, page, 0, new, &by(staff), at(second))).unwrap()
    }

    fn stage(&self, page: &PageId) -> Stage {
        self.store.read(|rows| rows.review_item(page)).unwrap().unwrap().stage
    }
}

fn stage_of(taken: &KeyingTaken) -> Stage {
    let KeyingTaken::Saved { progress: Some(progress), .. } = taken else { panic!("{taken:?}") };
    progress.stage
}

#[test]
fn a_critical_value_takes_two_people_who_agree_or_a_third() {
    let office = Office::open();
    let page = office.doubtful_page("scan");
    let key =
        |pass, day, staff, second| office.key(&page, &[new("visit_date", pass, date(day))], staff, second);
    assert_eq!(stage_of(&key(Pass::First, 3, "a", 10)), Stage::Second);
    assert_eq!(office.stage(&page), Stage::Second);
    let field = vec!["visit_date".into()];
    assert_eq!(key(Pass::First, 4, "b", 11), KeyingTaken::Already(field.clone()), "the first writer wins");
    assert_eq!(key(Pass::Second, 3, "a", 12), KeyingTaken::SamePerson(field.clone()));
    assert_eq!(stage_of(&key(Pass::Second, 8, "b", 13)), Stage::Third);
    for who in ["a", "b"] {
        assert_eq!(key(Pass::Third, 8, who, 14), KeyingTaken::SamePerson(field.clone()));
    }
    let taken = key(Pass::Third, 8, "c", 15);
    assert_eq!(stage_of(&taken), Stage::Ready);
    let KeyingTaken::Saved { progress: Some(progress), .. } = taken else { panic!() };
    assert_eq!(progress.values(&office.form)[&"visit_date".into()], Value::Text("2026-11-08".into()));
    assert_eq!(progress.resident(), Some(ResidentId("1".into())));
}

#[test]
fn keyings_refuse_to_change_and_the_database_itself_keeps_them_apart() {
    let office = Office::open();
    let page = office.doubtful_page("scan");
    office.key(&page, &[new("visit_date", Pass::First, date(3))], "a", 10);
    for sql in [
        "update keyings set staff = 'x'",
        "delete from keyings",
        "insert into keyings (save, page, round, form, form_version, field, pass, value, staff, terminal, at)
         select save, page, round, form, form_version, field, pass, value, 'x', 'x', 1 from keyings",
    ] {
        let changed = office.store.write(|rows| Ok(rows.connection.execute(sql, [])?));
        assert!(changed.is_err(), "{sql}");
    }
}

#[test]
fn a_new_reading_leaves_what_was_keyed() {
    let office = Office::open();
    let page = office.doubtful_page("scan");
    office.key(&page, &[new("visit_date", Pass::First, date(3))], "a", 10);
    office.key(&page, &[new("visit_date", Pass::Second, date(3))], "b", 11);
    let number = office.issue();
    let progress = office
        .store
        .write(|rows| {
            rows.read_again(&page, None, &by("a"), at(12))?;
            rows.apply_reading(&read(&page, 2, &number), at(13))?;
            rows.send_to_review(&page, &Default::default(), &[ReviewReason::PersonUnconfirmed], at(13))?;
            rows.plan_work(&office.form, &page)
        })
        .unwrap()
        .unwrap();
    assert_eq!(progress.stage, Stage::First, "who it is, is asked anew");
    assert_eq!(progress.values(&office.form)[&"visit_date".into()], Value::Text("2026-11-03".into()));
    let left = progress.work();
    assert_eq!(left.len(), 1);
    assert_eq!((left[0].0.as_str(), left[0].1), (PERSON, Pass::First));
}

#[test]
fn the_last_save_can_be_taken_back_until_somebody_builds_on_it() {
    let office = Office::open();
    let page = office.doubtful_page("scan");
    let undo = |save, staff: &str, since, now| {
        office.store.write(|rows| rows.undo_save(save, &office.form, &by(staff), at(since), at(now))).unwrap()
    };
    let last = |staff: &str, since| {
        office.store.read(|rows| rows.last_save(&staff.into(), at(since))).unwrap().map(|save| save.id)
    };
    office.key(&page, &[new("visit_date", Pass::First, date(3))], "a", 10);
    let first = last("a", 0).unwrap();
    assert_eq!(undo(first, "b", 0, 11), SaveUndone::TooLate, "it is not b's");
    assert_eq!(undo(first, "a", 11, 11), SaveUndone::TooLate, "it is too old");
    assert_eq!(undo(first, "a", 0, 12), SaveUndone::Done { page: page.clone() });
    assert_eq!((office.stage(&page), last("a", 0)), (Stage::First, None));
    assert_eq!(undo(first, "a", 0, 12), SaveUndone::TooLate, "once is enough");
    office.key(&page, &[new("visit_date", Pass::First, date(4))], "a", 13);
    let again = last("a", 0).unwrap();
    office.key(&page, &[new("visit_date", Pass::Second, date(4))], "b", 14);
    assert_eq!(undo(again, "a", 0, 15), SaveUndone::BuiltOn);
    let history = office.store.read(|rows| rows.keying_history(&page)).unwrap();
    assert_eq!(history.iter().filter(|past| past.undone.is_some()).count(), 1);
    assert_eq!(history.len(), 3);
}

#[test]
fn a_record_that_the_save_committed_is_reversed_with_it() {
    let office = Office::open();
    let page = office.doubtful_page("scan");
    office.key(&page, &[new("visit_date", Pass::First, date(2))], "a", 10);
    office.key(&page, &[new("visit_date", Pass::Second, date(2))], "b", 11);
    let number = office.page(&page).management_number.unwrap();
    let slip = office.proven(&number, "2026-11-02");
    office.store.write(|rows| rows.commit(&page, &slip, &by("b"), at(11))).unwrap();
    let work = || office.store.read(|rows| rows.field_work_counts(&"c".into())).unwrap();
    assert_eq!(work(), []);
    let save = office.store.read(|rows| rows.last_save(&"b".into(), at(0))).unwrap().unwrap().id;
    let undone =
        office.store.write(|rows| rows.undo_save(save, &office.form, &by("b"), at(0), at(12))).unwrap();
    assert_eq!(undone, SaveUndone::Done { page: page.clone() });
    assert_eq!((office.page(&page).state, office.stage(&page)), (PageState::InReview, Stage::Second));
    assert_eq!(work().len(), 1);
    let ledger = office.store.read(|rows| rows.ledger(&ResidentId("1".into()))).unwrap();
    assert!(ledger.iter().any(|row| row.reason.as_deref() == Some("取消")) && ledger.len() == 2);
    office.adds_up();
}

#[test]
fn work_on_one_screen_is_kept_from_the_others_until_its_lease_ends() {
    let office = Office::open();
    let page = office.doubtful_page("scan");
    let filter = WorkFilter { passes: vec![Pass::First, Pass::Second], ..WorkFilter::default() };
    let next = |staff: &str, now: i64| {
        office.store.write(|rows| rows.next_field_work(&filter, &by(staff), at(now + 60), at(now))).unwrap()
    };
    let work = next("a", 10).unwrap();
    assert_eq!(next("a", 11), Some(work.clone()), "one's own comes up again");
    assert_eq!(next("b", 12), None);
    let key = |staff: &str, now| office.key(&page, &[new("visit_date", Pass::First, date(3))], staff, now);
    assert_eq!(key("b", 13), KeyingTaken::Held { by: "a".into() });
    assert_eq!(next("b", 80), Some(work.clone()), "the lease has ended");
    let hold = |staff: &str, now: i64| {
        office.store.write(|rows| rows.hold_field_work(&work, &by(staff), at(now + 60), at(now))).unwrap()
    };
    assert!(!hold("a", 81) && hold("b", 82));
    assert_eq!(key("a", 83), KeyingTaken::Held { by: "b".into() });
    assert_eq!(stage_of(&key("b", 84)), Stage::Second);
    assert_eq!(next("b", 85), None, "never the same person twice");
    assert_eq!(next("c", 86).unwrap().pass, Pass::Second);
    office.store.write(|rows| rows.lease_review(&page, &by("d"), at(200), at(150))).unwrap();
    assert_eq!(next("c", 151), None, "somebody has the whole page on the screen");
    let second = |staff: &str| office.key(&page, &[new("visit_date", Pass::Second, date(3))], staff, 152);
    assert_eq!(second("c"), KeyingTaken::Held { by: "d".into() });
    assert_eq!(stage_of(&second("d")), Stage::Ready);
}

#[test]
fn samples_and_corrections_are_work_of_their_own() {
    let office = Office::open();
    let page = office.doubtful_page("scan");
    let number = office.page(&page).management_number.unwrap();
    let slip = office.proven(&number, "2026-11-02");
    office.store.write(|rows| rows.commit(&page, &slip, &by("a"), at(10))).unwrap();
    let key = |request, pass, staff: &str| {
        let keyed = [new("visit_date", pass, date(5))];
        office.store.write(|rows| rows.key(&office.form, &page, request, &keyed, &by(staff), at(11))).unwrap()
    };
    assert_eq!(key(0, Pass::Second, "b"), KeyingTaken::NotOpen);
    office
        .store
        .write(|rows| rows.add_work(&office.form, &page, 0, &"visit_date".into(), Pass::Sample, &[]))
        .unwrap();
    let filter = WorkFilter { passes: vec![Pass::Second, Pass::Sample], ..WorkFilter::default() };
    let open = || office.store.read(|rows| rows.field_work(&filter, &"x".into(), 9, at(12))).unwrap().len();
    assert_eq!(open(), 1);
    assert!(matches!(key(0, Pass::Sample, "b"), KeyingTaken::Saved { progress: None, .. }));
    assert_eq!(open(), 0);
    assert!(matches!(key(7, Pass::Correction, "b"), KeyingTaken::Saved { .. }));
    assert!(matches!(key(7, Pass::Second, "b"), KeyingTaken::SamePerson(_)));
    assert!(matches!(key(7, Pass::Second, "c"), KeyingTaken::Saved { .. }));
    let slip = office.proven(&number, "2026-11-05");
    let record = office.store.read(|rows| rows.record_of_page(&page)).unwrap().unwrap();
    let corrected =
        |id| office.store.write(|rows| rows.correct_record(id, &slip, "転記誤り", &by("c"), at(13))).unwrap();
    assert!(matches!(corrected(record.id), Committed::Done(_)));
    assert_eq!(corrected(record.id), Committed::Refused(CommitRefused::NotOpen));
}

/// Twenty verifiers at once, each through a connection of their own as other processes have: every field is keyed
/// once first and once second, by two people, and none is left over.
#[test]
fn twenty_verifiers_over_one_queue_lose_nothing_and_do_nothing_twice() {
    const PAGES: usize = 60;
    const PEOPLE: usize = 20;
    let office = Office::open();
    let pages: Vec<PageId> = (0..PAGES).map(|at| office.doubtful_page(&format!("scan{at}"))).collect();
    let filter = WorkFilter { passes: vec![Pass::First, Pass::Second], ..WorkFilter::default() };
    let saved: usize = thread::scope(|scope| {
        let people: Vec<_> = (0..PEOPLE)
            .map(|person| {
                let store = Store::open(&office.path()).unwrap();
                let (form, filter) = (&office.form, &filter);
                scope.spawn(move || {
                    let actor = by(&format!("p{person}"));
                    let mut saved = 0;
                    let take = || store.write(|rows| rows.next_field_work(filter, &actor, at(900), at(100)));
                    while let Some(work) = take().unwrap() {
                        let keyed = [new(work.field.as_str(), work.pass, date(3))];
                        let taken = store
                            .write(|rows| rows.key(form, &work.page, 0, &keyed, &actor, at(101)))
                            .unwrap();
                        assert!(matches!(taken, KeyingTaken::Saved { .. }), "{taken:?}");
                        saved += 1;
                    }
                    saved
                })
            })
            .collect();
        people.into_iter().map(|person| person.join().unwrap()).sum()
    });
    // Whoever stopped while others held the rest left it to them: what remains is nobody's.
    let mut remaining = 0;
    for person in 0..PEOPLE {
        let actor = by(&format!("q{person}"));
        let take = || office.store.write(|rows| rows.next_field_work(&filter, &actor, at(9000), at(2000)));
        while let Some(work) = take().unwrap() {
            office.key(
                &work.page,
                &[new(work.field.as_str(), work.pass, date(3))],
                actor.staff.as_str(),
                2001,
            );
            remaining += 1;
        }
    }
    assert_eq!(saved + remaining, 2 * PAGES, "every field once first and once second");
    for page in &pages {
        let keyings = office.store.read(|rows| rows.keyings(page)).unwrap();
        let passes: BTreeMap<Pass, _> = keyings.iter().map(|one| (one.pass, one.staff.clone())).collect();
        assert_eq!((keyings.len(), passes.len()), (2, 2));
        assert_ne!(passes[&Pass::First], passes[&Pass::Second]);
    }
    assert_eq!(office.store.read(|rows| rows.field_work_counts(&"x".into())).unwrap(), []);
    let lease = SignedDuration::from_secs(1);
    let open = office.store.read(|rows| rows.field_work(&filter, &"x".into(), 9, at(9000) + lease)).unwrap();
    assert_eq!(open, []);
}
