//! From what a person sent to keyings: judged by the field's kind, field by field, for each pass.

use super::posted::Posted;
use super::rows::two;
use super::screen::Problem;
use super::{Case, person};
use crate::keyed;
use domain::form::{Field, FieldKind, Form};
use domain::ids::{FieldId, ResidentId};
use domain::keying::{
    FieldState, Keyed, PAGE, PERSON, Pass, Progress, acceptance, is_about_person, keyed_fields,
    machine_value, same,
};
use domain::reading::{FormReading, Value};
use store::NewKeying;

/// What a person decided for a page, and what is wrong with it.
pub(super) struct Decider<'a> {
    pub case: &'a Case,
    pub form: &'a Form,
    pub reading: &'a FormReading,
    pub progress: &'a Progress,
    pub posted: &'a Posted,
    /// The chosen resident, looked up in the register.
    pub resident: Option<ResidentId>,
}

const NOT_LOOKED_AT: &str = "まだ確認していません。画像と見比べて Enter を押してください。";

impl Decider<'_> {
    /// The first keying: every doubtful field, and whatever else was changed by hand.
    pub fn first(&self, problem: &mut Problem) -> Vec<NewKeying> {
        let mut new = Vec::new();
        let keyed_before = |id: &str| self.case.keyings.iter().any(|one| one.field.as_str() == id);
        if self.form.claim.is_none() && !keyed_before(PERSON) {
            new.extend(self.first_person(problem));
        }
        if self.state(PAGE) == Some(&FieldState::First) {
            new.push(keying(PAGE, Pass::First, Keyed::Value(Value::Text("seen".into()))));
        }
        let fields = keyed_fields(self.form, self.reading.side);
        for field in fields.filter(|field| !keyed_before(field.id.as_str())) {
            let asked = self.state(field.id.as_str()) == Some(&FieldState::First);
            if asked && !self.posted.is_settled(&field.id) {
                problem.wrong.insert(field.id.clone(), NOT_LOOKED_AT.into());
                continue;
            }
            let Some(keyed) = self.entered(field, problem) else { continue };
            let machine = Keyed::Value(machine_value(self.form, field, self.reading));
            if asked || !same(Some(field), &machine, &keyed) {
                new.push(keying(field.id.as_str(), Pass::First, keyed));
            }
        }
        new.extend(self.acceptances(Pass::First));
        new
    }

    /// The blind second keying of these fields.
    pub fn second(&self, fields: &[FieldId], problem: &mut Problem) -> Vec<NewKeying> {
        let mut new = Vec::new();
        for id in fields {
            if id.as_str() == PERSON {
                new.extend(self.chosen_person(Pass::Second, true, problem));
                continue;
            }
            let Some(field) = self.form.field(id.as_str()) else { continue };
            if !self.posted.is_settled(id) {
                problem.wrong.insert(id.clone(), NOT_LOOKED_AT.into());
            } else if let Some(keyed) = self.entered(field, problem) {
                new.push(keying(id.as_str(), Pass::Second, keyed));
            }
        }
        new
    }

    /// The arbiter's decisions: of every field on which two people differ, and of whatever else he changed.
    pub fn third(&self, problem: &mut Problem) -> Vec<NewKeying> {
        let mut new = Vec::new();
        let person_differs = matches!(self.state(PERSON), Some(FieldState::Third { .. }));
        let stands = self.progress.resident();
        if person_differs || (self.resident != stands && self.posted.resident.is_some()) {
            new.extend(self.chosen_person(Pass::Third, person_differs, problem));
        }
        for field in keyed_fields(self.form, self.reading.side) {
            let progress = self.progress.field(field.id.as_str());
            let differ = progress.is_some_and(|one| matches!(one.state, FieldState::Third { .. }));
            let keyed = if differ { self.picked(field, problem) } else { self.entered(field, problem) };
            let Some(keyed) = keyed else { continue };
            let stands = progress.and_then(|one| one.keyed.clone());
            let changed = stands
                .map_or(keyed != Keyed::Value(Value::Blank), |stands| !same(Some(field), &stands, &keyed));
            if differ || changed {
                new.push(keying(field.id.as_str(), Pass::Third, keyed));
            }
        }
        new.extend(self.acceptances(Pass::Third));
        new
    }

    fn state(&self, id: &str) -> Option<&FieldState> {
        self.progress.field(id).map(|field| &field.state)
    }

    fn first_person(&self, problem: &mut Problem) -> Option<NewKeying> {
        let doubted = self.case.item.reasons.iter().any(is_about_person);
        if self.state(PERSON) == Some(&FieldState::First) {
            return self.chosen_person(Pass::First, doubted, problem);
        }
        if self.posted.nobody || self.resident != self.progress.resident() {
            return self.chosen_person(Pass::First, false, problem);
        }
        None
    }

    fn chosen_person(&self, pass: Pass, must_confirm: bool, problem: &mut Problem) -> Option<NewKeying> {
        let keyed = match &self.resident {
            Some(resident) => Keyed::person(resident),
            None if self.posted.nobody => Keyed::NoneOfThese,
            None => {
                problem.person = Some("本人を選んでください。".into());
                return None;
            }
        };
        if must_confirm && !self.posted.confirmed.contains(&FieldId::from(person::CONFIRMED)) {
            problem.person = Some("本人で間違いないか確かめて、Enter を押してください。".into());
            return None;
        }
        Some(keying(PERSON, pass, keyed))
    }

    /// What the entry of a field says; what is wrong with it goes to `problem`.
    fn entered(&self, field: &Field, problem: &mut Problem) -> Option<Keyed> {
        if self.posted.illegible.contains(&field.id) {
            return Some(Keyed::Illegible);
        }
        if self.posted.none.contains(&field.id) {
            return Some(Keyed::NoneOfThese);
        }
        match keyed::check(field, &self.posted.typed(&field.id)) {
            Ok(value) => Some(Keyed::Value(self.seen_label(field, value))),
            Err(words) => {
                problem.wrong.insert(field.id.clone(), words);
                None
            }
        }
    }

    /// Which of the values an arbiter takes.
    fn picked(&self, field: &Field, problem: &mut Problem) -> Option<Keyed> {
        if self.posted.illegible.contains(&field.id) {
            return Some(Keyed::Illegible);
        }
        let (a, b) = two(&self.case.keyings, &field.id);
        let picked = match self.posted.picks.get(&field.id).map(String::as_str) {
            Some("a") => a.cloned(),
            Some("b") => b.cloned(),
            Some("machine") => Some(Keyed::Value(machine_value(self.form, field, self.reading))),
            Some("own") => return self.entered(field, problem),
            _ => None,
        };
        if picked.is_none() {
            problem.wrong.insert(field.id.clone(), "どの値にするか選んでください。".into());
        }
        picked
    }

    /// A label that was seen stays "present" when no number is keyed for it.
    fn seen_label(&self, field: &Field, value: Value) -> Value {
        let machine = self.reading.field(field.id.as_str()).and_then(|read| read.value.text());
        let label = matches!(field.kind, FieldKind::Sticker) && machine == Some("present");
        if label && value.is_blank() { Value::Text("present".to_owned()) } else { value }
    }

    fn acceptances(&self, pass: Pass) -> impl Iterator<Item = NewKeying> {
        let accepted = Keyed::Value(Value::Text("accepted".into()));
        let new = self.posted.accepted.iter().filter(|rule| !self.progress.accepted.contains(rule));
        new.map(move |&rule| NewKeying { field: acceptance(rule), pass, keyed: accepted.clone() })
    }
}

fn keying(field: &str, pass: Pass, keyed: Keyed) -> NewKeying {
    NewKeying { field: field.into(), pass, keyed }
}
