use super::*;
use crate::ids::ResidentId;
use crate::personal::Personal;
use crate::reading::{Alternative, ERA_MISSING, LotLabel};
use crate::sample;
use jiff::civil::date;
use std::sync::LazyLock;

const SENDER_CODE: &str = "0110113719";
const OTHER_CODE: &str = "0110113727";

fn nothing_known() -> Known<'static> {
    Known {
        owner: None,
        kin: &[],
        namesakes: &[],
        clinics: &[],
        sender: None,
        month: None,
        scanned_on: sample::SCANNED_ON,
    }
}

/// A field in doubt with what its ink allows.
fn doubtful(id: &str, reason: &str, allowed: &[(&str, f64)]) -> FieldReading {
    let mut read = sample::field(id, Value::Text(allowed[0].0.into()), Decision::Review);
    read.reason = Some(reason.to_owned());
    read.confidence = allowed[0].1;
    let alternative = |(value, probability): &(&str, f64)| Alternative {
        value: Personal::new((*value).into()),
        probability: *probability,
    };
    read.alternatives = allowed.iter().map(alternative).collect();
    read
}

static FORM: LazyLock<Form> = LazyLock::new(|| {
    let mut form = sample::form();
    let digits = form.field("temperature").unwrap().clone();
    form.fields.push(Field { id: "clinic_code".into(), ..digits.clone() });
    form.fields.push(Field { id: "sex".into(), ..digits });
    form
});

/// What becomes of one field: its value when it is accepted now.
fn settled(read: &FieldReading, known: &Known) -> Option<String> {
    let reading = sample::reading().with(read.clone());
    let agreed = agree(&FORM, &reading, known);
    let after = agreed.field(read.id.as_str()).unwrap();
    assert_eq!(agreed.fields.len(), reading.fields.len());
    assert!(after.decision == Decision::Accept || after.reason.is_some());
    (after.decision == Decision::Accept).then(|| after.value.text().unwrap_or("").to_owned())
}

#[test]
fn a_birth_date_in_doubt_is_raised_only_where_nobody_else_is_likelier() {
    let owner = sample::resident();
    let spouse = [date(1941, 3, 4)];
    let check = |allowed: &[(&str, f64)], reason: &str, kin: &[Date], expected: Option<&str>| {
        let known = Known { owner: Some(&owner), kin, ..nothing_known() };
        let read = doubtful("birth_date", reason, allowed);
        assert_eq!(settled(&read, &known).as_deref(), expected, "{allowed:?} {kin:?}");
    };
    let register = Some("1947-03-04");
    check(&[("1947-03-04", 0.99)], NOT_SURE, &[], register);
    check(&[("1941-03-04", 0.7), ("1947-03-04", 0.29)], NOT_SURE, &[], register);
    // The spouse was born on the other date: then it is the spouse's slip, perhaps.
    check(&[("1941-03-04", 0.7), ("1947-03-04", 0.29)], NOT_SURE, &spouse, None);
    check(&[("1947-03-04", 0.97), ("1941-03-04", 0.03)], NOT_SURE, &spouse, register);
    // The ink hardly allows it, or not at all.
    check(&[("1941-03-04", 0.95), ("1947-03-04", 0.04)], NOT_SURE, &[], None);
    check(&[("1941-03-04", 0.6), ("1942-03-04", 0.4)], NOT_SURE, &[], None);
    // No era is circled: the register knows it.
    check(&[("1922-03-04", 0.5), ("1947-03-04", 0.5)], ERA_MISSING, &[], register);
    // A doubt about the ink itself is for people.
    check(&[("1947-03-04", 0.99)], "二重線で消されています", &[], None);
    let known = nothing_known();
    assert_eq!(settled(&doubtful("birth_date", NOT_SURE, &[("1947-03-04", 0.99)]), &known), None);
}

#[test]
fn another_sex_than_the_registers_is_looked_at() {
    let owner = sample::resident();
    let known = Known { owner: Some(&owner), ..nothing_known() };
    assert_eq!(settled(&sample::accepted("sex", "F"), &known).as_deref(), Some("F"));
    assert_eq!(settled(&sample::accepted("sex", "M"), &known), None);
    let unsaid = Resident { sex: Sex::X, ..sample::resident() };
    assert!(settled(&sample::accepted("sex", "M"), &Known { owner: Some(&unsaid), ..known }).is_some());
}

#[test]
fn a_clinics_code_is_held_against_the_register_and_the_envelope() {
    let clinics: Vec<ClinicCode> = [SENDER_CODE, OTHER_CODE, "9910000017"].map(ClinicCode::from).to_vec();
    let sender = ClinicCode::from(SENDER_CODE);
    let registered = Known { clinics: &clinics, ..nothing_known() };
    let sent = Known { sender: Some(&sender), ..registered };
    let sure = |code| sample::accepted("clinic_code", code);
    let torn = |allowed: &[(&str, f64)]| doubtful("clinic_code", NOT_SURE, allowed);
    let check = |read: FieldReading, known: &Known, expected: Option<&str>| {
        assert_eq!(settled(&read, known).as_deref(), expected, "{:?}", read.alternatives.len());
    };
    check(sure(SENDER_CODE), &sent, Some(SENDER_CODE));
    check(sure(SENDER_CODE), &nothing_known(), Some(SENDER_CODE));
    check(sure(OTHER_CODE), &registered, Some(OTHER_CODE));
    check(sure(OTHER_CODE), &sent, None);
    check(sure("0110199998"), &registered, None);
    check(sure("0110199998"), &nothing_known(), Some("0110199998"));
    // In doubt: a stranger's code is next to impossible, a neighbour's is not.
    check(torn(&[("0110199998", 0.6), (SENDER_CODE, 0.4)]), &sent, Some(SENDER_CODE));
    check(torn(&[(OTHER_CODE, 0.6), (SENDER_CODE, 0.39)]), &sent, None);
    check(torn(&[("0110199998", 0.6), (OTHER_CODE, 0.39)]), &registered, None);
    check(torn(&[(SENDER_CODE, 0.999), (OTHER_CODE, 0.001)]), &sent, Some(SENDER_CODE));
    check(torn(&[("0110199998", 0.99), (SENDER_CODE, 0.01)]), &sent, None);
    check(torn(&[(SENDER_CODE, 0.999)]), &nothing_known(), None);
}

#[test]
fn a_day_in_doubt_is_settled_by_when_slips_come_and_never_changed() {
    let check = |allowed: &[(&str, f64)], month: Option<Date>, expected: Option<&str>| {
        let read = doubtful("visit_date", NOT_SURE, allowed);
        assert_eq!(settled(&read, &Known { month, ..nothing_known() }).as_deref(), expected, "{allowed:?}");
    };
    let october = Some(date(2026, 10, 1));
    check(&[("2026-10-13", 0.9), ("2027-10-13", 0.1)], october, Some("2026-10-13"));
    check(&[("2026-10-13", 0.9), ("2026-10-18", 0.1)], october, None);
    check(&[("2027-10-13", 0.9), ("2026-10-13", 0.1)], october, None);
    check(&[("2026-10-13", 0.999), ("2026-11-13", 0.001)], october, Some("2026-10-13"));
    check(&[("2026-10-13", 0.999), ("2026-11-13", 0.001)], None, None);
}

#[test]
fn a_label_that_had_expired_is_looked_at() {
    for (expiry, decision) in
        [(Some(date(2026, 11, 2)), true), (Some(date(2026, 11, 1)), false), (None, true)]
    {
        let mut lot = sample::accepted("lot", "AB123");
        lot.labels = vec![LotLabel { expiry, ..LotLabel::default() }];
        assert_eq!(settled(&lot, &nothing_known()).is_some(), decision, "{expiry:?}");
    }
}

/// Numbers without a pattern, for what follows.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    fn below(&mut self, n: usize) -> usize {
        (self.roll() * n as f64) as usize
    }
}

/// People of a town in which near dates crowd: households of twins, couples a year apart, dates one figure apart.
fn town(people: usize, dice: &mut Dice) -> Vec<Resident> {
    let mut town: Vec<Resident> = Vec::new();
    for i in 0..people {
        let before = town.last().map(|r| *r.birth_date.reveal()).filter(|_| i % 2 == 1);
        let day = date(1930, 1, 1).saturating_add(jiff::Span::new().days(dice.below(14_000) as i64));
        let born = match (before, dice.below(4)) {
            (Some(twin), 0) => twin,
            (Some(near), 1) => near.saturating_add(jiff::Span::new().years(1)),
            (Some(near), 2) => near.saturating_add(jiff::Span::new().days(1)),
            _ => day,
        };
        let birth_date = Personal::new(born);
        town.push(Resident { id: ResidentId(i.to_string()), birth_date, ..sample::resident() });
    }
    town
}

#[test]
fn of_many_slips_in_doubt_most_are_raised_and_none_that_was_swapped_at_home() {
    let mut dice = Dice(7);
    let town = town(2_000, &mut dice);
    let (mut raised, mut doubted, mut wrong, mut swapped) = (0, 0, 0, 0);
    for trial in 0..20_000 {
        let at = dice.below(town.len());
        let owner = &town[at];
        let kin = *town[at ^ 1].birth_date.reveal();
        let register = *owner.birth_date.reveal();
        // Every tenth slip was filled in by the other one of the household: far more often than in any office.
        let written = if trial % 10 == 0 { kin } else { register };
        let share = 0.02 + 0.96 * dice.roll();
        let near = written.saturating_add(jiff::Span::new().years([-6, -3, 3, 6][dice.below(4)]));
        let truth_first = dice.roll() < share;
        let (first, second) = if truth_first { (written, near) } else { (near, written) };
        let texts = [first.to_string(), second.to_string()];
        let mut allowed = [(texts[0].as_str(), share), (texts[1].as_str(), 1.0 - share)];
        allowed.sort_by(|a, b| b.1.total_cmp(&a.1));
        let kin_list = [kin];
        let known = Known { owner: Some(owner), kin: &kin_list, ..nothing_known() };
        doubted += usize::from(written == register);
        if let Some(value) = settled(&doubtful("birth_date", NOT_SURE, &allowed), &known) {
            raised += usize::from(written == register);
            wrong += usize::from(value != written.to_string());
            swapped += usize::from(written != register);
        }
    }
    assert_eq!((wrong, swapped), (0, 0));
    assert!(raised * 10 > doubted * 8, "only {raised} of {doubted}");
}
