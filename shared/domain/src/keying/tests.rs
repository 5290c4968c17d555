use super::*;
use crate::form::FieldKind;
use crate::matching::{Candidate, MatchOutcome};
use crate::reading::Decision::{self, Accept, Review};
use crate::reading::{FieldReading, FormReading, PageReading};
use crate::sample;

fn text(text: &str) -> Keyed {
    Keyed::Value(if text.is_empty() { Value::Blank } else { Value::Text(text.into()) })
}

fn reading(fields: &[(&str, &str, Decision)]) -> FormReading {
    let form = sample::form();
    let read = |(id, value, decision): &(&str, &str, Decision)| FieldReading {
        id: (*id).into(),
        kind: form.field(id).expect("a field").kind.as_str().into(),
        value: Value::Text((*value).into()),
        confidence: 0.9,
        decision: *decision,
        reason: None,
        box_px: [0.0; 4],
        alternatives: Vec::new(),
        labels: Vec::new(),
    };
    let PageReading::Read(mut reading) = serde_json::from_value(serde_json::json!({
        "outcome": "read", "form": "trial", "form_version": 1, "side": 1,
        "registration": {"method": "marks", "rotation_deg": 0.0, "upside_down": false, "scale": 1.0,
                         "residual_mm": 0.0, "inliers": 4, "px_from_mm": [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]},
        "management_number": {"value": sample::number().0, "sources": ["barcode"], "confidence": 1.0,
                              "decision": "accept", "reason": null},
        "fields": []
    }))
    .unwrap() else {
        panic!("a reading")
    };
    reading.fields = fields.iter().map(read).collect();
    *reading
}

fn keying(field: &str, pass: Pass, keyed: Keyed, staff: &str) -> Keying {
    Keying {
        id: 1,
        round: 1,
        form: "trial".into(),
        form_version: 1,
        request: 0,
        field: field.into(),
        pass,
        keyed,
        staff: staff.into(),
        terminal: "t".into(),
        at: Timestamp::UNIX_EPOCH,
    }
}

fn doubt(field: &str) -> ReviewReason {
    ReviewReason::FieldDoubtful { field: field.into(), label: String::new(), reason: None }
}

fn somebody() -> MatchOutcome {
    let candidate = Candidate { resident: sample::resident().id, items: Vec::new(), weight: 9.0 };
    MatchOutcome::One { candidate }
}

/// A page whose visit date (critical) and temperature (not) are doubtful; the person is certain.
fn stand(keyings: &[Keying]) -> Progress {
    let reading = reading(&[
        ("visit_date", "2026-11-08", Review),
        ("temperature", "36.5", Review),
        ("judgement", "possible", Accept),
        ("place", "home", Accept),
        ("remarks", "present", Review),
    ]);
    let reasons = [doubt("visit_date"), doubt("temperature")];
    let (outcome, settings) = (somebody(), Settings::default());
    progress(&Facts {
        form: &sample::form(),
        reading: &reading,
        reasons: &reasons,
        outcome: &outcome,
        keyings,
        settings: &settings,
    })
}

fn first(field: &str, value: &str) -> Keying {
    keying(field, Pass::First, text(value), "a")
}

fn second(field: &str, value: &str, staff: &str) -> Keying {
    keying(field, Pass::Second, text(value), staff)
}

fn third(field: &str, value: &str, staff: &str) -> Keying {
    keying(field, Pass::Third, text(value), staff)
}

#[test]
fn a_page_goes_from_first_to_second_to_third_to_ready() {
    let both = || vec![first("visit_date", "2026-11-03"), first("temperature", "36.5")];
    let with = |more: &[Keying]| stand(&[both().as_slice(), more].concat());
    let date = |progress: &Progress| progress.values(&sample::form()).remove(&"visit_date".into());
    let is = |text: &str| Some(Value::Text(text.into()));
    let table: [(&str, Progress, Stage, Option<Value>); 9] = [
        ("nothing keyed", stand(&[]), Stage::First, None),
        ("one of two", stand(&[first("visit_date", "2026-11-03")]), Stage::First, is("2026-11-03")),
        ("critical keyed once", with(&[]), Stage::Second, is("2026-11-03")),
        ("equal", with(&[second("visit_date", "2026-11-03", "b")]), Stage::Ready, is("2026-11-03")),
        (
            "by the same person",
            with(&[second("visit_date", "2026-11-03", "a")]),
            Stage::Second,
            is("2026-11-03"),
        ),
        ("different", with(&[second("visit_date", "2026-11-08", "b")]), Stage::Third, is("2026-11-03")),
        (
            "decided by one of the two",
            with(&[second("visit_date", "2026-11-08", "b"), third("visit_date", "2026-11-08", "b")]),
            Stage::Third,
            is("2026-11-03"),
        ),
        (
            "decided",
            with(&[second("visit_date", "2026-11-08", "b"), third("visit_date", "2026-11-09", "c")]),
            Stage::Ready,
            is("2026-11-09"),
        ),
        (
            "nobody can read it",
            with(&[
                second("visit_date", "2026-11-08", "b"),
                keying("visit_date", Pass::Third, Keyed::Illegible, "c"),
            ]),
            Stage::Ready,
            None,
        ),
    ];
    for (what, progress, stage, value) in table {
        assert_eq!((progress.stage, date(&progress)), (stage, value), "{what}");
    }
}

#[test]
fn only_what_a_person_decided_is_keyed_twice() {
    let page = |more: Keying| {
        let mut keyings = vec![first("visit_date", "2026-11-03"), first("temperature", "36.5")];
        keyings.push(second("visit_date", "2026-11-03", "b"));
        keyings.push(more);
        stand(&keyings)
    };
    let table = [
        ("a certain critical value changed by hand", first("judgement", "postponed"), Stage::Second),
        ("a certain critical value confirmed", first("judgement", "possible"), Stage::Ready),
        ("a certain value of no consequence changed", first("place", "clinic"), Stage::Ready),
        ("the person changed", keying(PERSON, Pass::First, text("999"), "a"), Stage::Second),
        (
            "the person confirmed",
            keying(PERSON, Pass::First, Keyed::person(&sample::resident().id), "a"),
            Stage::Ready,
        ),
        ("nobody of the register", keying(PERSON, Pass::First, Keyed::NoneOfThese, "a"), Stage::Second),
        ("the number changed", first("management_number", "07000000029"), Stage::Second),
    ];
    for (what, more, stage) in table {
        assert_eq!(page(more).stage, stage, "{what}");
    }
    let ready = page(first("judgement", "possible"));
    let values = ready.values(&sample::form());
    assert_eq!(ready.resident(), Some(sample::resident().id));
    assert_eq!(ready.number(&sample::form()), Some(sample::number()));
    assert!(
        !values.contains_key(&"remarks".into()),
        "an unread picture that nothing depends on keeps no value"
    );
    assert!(!values.contains_key(&"management_number".into()));
    assert_eq!(values[&"place".into()], Value::Text("home".into()));
}

#[test]
fn two_people_who_know_nobody_leave_it_to_a_third() {
    let mut keyings = vec![first("visit_date", "2026-11-03"), first("temperature", "36.5")];
    keyings.push(second("visit_date", "2026-11-03", "b"));
    keyings.push(keying(PERSON, Pass::First, Keyed::NoneOfThese, "a"));
    keyings.push(keying(PERSON, Pass::Second, Keyed::NoneOfThese, "b"));
    let progress = stand(&keyings);
    assert_eq!((progress.stage, progress.resident()), (Stage::Third, None));
    let work = progress.work();
    assert_eq!(work, [(PERSON.into(), Pass::Third, vec!["a".into(), "b".into()])]);
}

#[test]
fn a_new_reading_never_touches_what_people_verified() {
    let keyings = [
        first("visit_date", "2026-11-03"),
        second("visit_date", "2026-11-03", "b"),
        first("temperature", "36.5"),
    ];
    let (outcome, settings, form) = (somebody(), Settings::default(), sample::form());
    let read_again = |date: (&str, Decision), reasons: &[ReviewReason], form: &Form| {
        let reading = reading(&[("visit_date", date.0, date.1), ("temperature", "39.9", Accept)]);
        progress(&Facts {
            form,
            reading: &reading,
            reasons,
            outcome: &outcome,
            keyings: &keyings,
            settings: &settings,
        })
    };
    for date in [("2026-11-08", Accept), ("2026-11-08", Review), ("2026-11-03", Accept)] {
        let progress =
            read_again(date, &[doubt("visit_date"), ReviewReason::NumberDoubtful { reason: None }], &form);
        let values = progress.values(&form);
        assert_eq!(values[&"visit_date".into()], Value::Text("2026-11-03".into()));
        assert_eq!(values[&"temperature".into()], Value::Text("36.5".into()));
        assert_eq!(progress.field("visit_date").unwrap().state, FieldState::Settled);
        assert_eq!(progress.stage, Stage::First, "the person and the number are in doubt now");
    }
    // On another form the same name is another place of the paper: nothing keyed there counts.
    let mut newer = form.clone();
    newer.version = 2;
    let progress = read_again(("2026-11-08", Review), &[doubt("visit_date")], &newer);
    assert_eq!(progress.field("visit_date").unwrap().state, FieldState::First);
}

#[test]
fn what_no_field_answers_is_looked_at_once() {
    let (outcome, settings, form) = (somebody(), Settings::default(), sample::form());
    let reading = reading(&[]);
    let duplicate = ReviewReason::DuplicateSlip { page: "other-1".into() };
    let stage = |reasons: &[ReviewReason], keyings: &[Keying]| {
        let (form, reading) = (&form, &reading);
        progress(&Facts { form, reading, reasons, outcome: &outcome, keyings, settings: &settings }).stage
    };
    assert_eq!(stage(&[], &[]), Stage::Ready);
    assert_eq!(stage(std::slice::from_ref(&duplicate), &[]), Stage::First);
    assert_eq!(stage(&[duplicate], &[first(PAGE, "seen")]), Stage::Ready);
}

#[test]
fn an_office_may_say_which_fields_are_keyed_twice() {
    let form = sample::form();
    let settings = Settings(BTreeMap::from([
        ((form.id.clone(), "temperature".into()), true),
        ((form.id.clone(), "visit_date".into()), false),
    ]));
    assert!(settings.needs_second(&form, &"temperature".into()));
    assert!(!settings.needs_second(&form, &"visit_date".into()));
    assert!(settings.needs_second(&form, &"judgement".into()));
    assert!(
        settings.needs_second(&form, &PERSON.into())
            && settings.needs_second(&form, &"management_number".into())
    );
    assert!(!settings.needs_second(&form, &"place".into()));
}

#[test]
fn nobody_keys_the_same_field_twice() {
    let standing = [
        first("visit_date", "x"),
        second("visit_date", "y", "b"),
        keying("lot", Pass::Correction, text("z"), "a"),
    ];
    let table = [
        (Pass::First, "visit_date", "a", true),
        (Pass::Second, "visit_date", "a", false),
        (Pass::Second, "visit_date", "b", true),
        (Pass::Second, "temperature", "a", true),
        (Pass::Second, "lot", "a", false),
        (Pass::Third, "visit_date", "a", false),
        (Pass::Third, "visit_date", "b", false),
        (Pass::Third, "visit_date", "c", true),
        (Pass::Sample, "visit_date", "b", false),
        (Pass::Sample, "visit_date", "c", true),
    ];
    for (pass, field, staff, allowed) in table {
        assert_eq!(
            may_key(pass, &field.into(), &staff.into(), &standing),
            allowed,
            "{pass:?} {field} {staff}"
        );
    }
}

#[test]
fn the_same_value_typed_two_ways_is_the_same() {
    let form = sample::form();
    let mut short = form.field("temperature").unwrap().clone();
    if let FieldKind::Digits(rule) = &mut short.kind {
        rule.may_be_short = true;
    }
    let check = |field: &Field, a: Keyed, b: Keyed, expected: bool| {
        assert_eq!(same(Some(field), &a, &b), expected, "{}", field.id);
    };
    let field = |id: &str| form.field(id).unwrap();
    let table = [
        (field("visit_date"), "2026-11-03", "令和8年11月3日", true),
        (field("visit_date"), "2026-11-03", "2026-11-08", false),
        (field("temperature"), "36.5", "３６．５", true),
        (field("temperature"), "36.5", "036.5", false),
        (&short, "6.5", "06.5", true),
        (&short, "0.5", "00.5", true),
        (field("lot"), "AB123", "ａｂ１２３", true),
        (field("lot"), "AB-123", "AB−123", true),
        (field("lot"), "AB-123", "AB123", false),
        (field("lot"), "ABO1", "AB01", false),
        (field("name"), "髙橋　はなこ", "高橋ハナコ", true),
        (field("name"), "高橋", "高梁", false),
        (field("consent"), "agree", "refuse", false),
        (field("consent"), "", "", true),
        (field("consent"), "", "agree", false),
    ];
    for (field, a, b, expected) in table {
        check(field, text(a), text(b), expected);
        check(field, text(b), text(a), expected);
    }
    let several =
        |values: &[&str]| Keyed::Value(Value::Several(values.iter().map(|v| (*v).into()).collect()));
    check(field("place"), several(&["home", "clinic"]), several(&["clinic", "home", "home"]), true);
    check(field("place"), several(&["home"]), several(&["home", "clinic"]), false);
    check(field("place"), several(&[]), text(""), true);
    check(field("place"), Keyed::Illegible, text(""), false);
    check(field("place"), Keyed::Illegible, Keyed::NoneOfThese, false);
    check(field("place"), Keyed::Illegible, Keyed::Illegible, true);
    assert!(same(None, &text("0012"), &text("0012")) && !same(None, &text("12"), &text("0012")));
}

#[test]
fn acceptances_are_kept_beside_the_values() {
    let rule = RuleCode::FeverButPossible;
    assert_eq!(accepted_rule(&acceptance(rule)), Some(rule));
    assert_eq!(accepted_rule(&"visit_date".into()), None);
    let progress = stand(&[keying(acceptance(rule).as_str(), Pass::First, text("accepted"), "a")]);
    assert_eq!(progress.accepted, [rule]);
    assert!(Pass::ALL.into_iter().all(|pass| Pass::parse(pass.as_str()) == Some(pass)));
    assert!(Stage::WAITING.into_iter().all(|stage| Stage::parse(stage.as_str()) == Some(stage)));
    assert_eq!(Stage::Ready.as_str(), "third");
}
