//! Where a page stands: field by field, and as a whole.

use super::*;
use crate::ids::ManagementNumber;
use crate::matching::MatchOutcome;
use crate::rules::Values;

/// Everything that decides where a page stands.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The form of the page.
    pub form: &'a Form,
    /// What the reader saw, as settled by the matcher.
    pub reading: &'a FormReading,
    /// Why people look at it.
    pub reasons: &'a [ReviewReason],
    /// Who it may be.
    pub outcome: &'a MatchOutcome,
    /// Keyings of the page that stand, of whatever form, round and request.
    pub keyings: &'a [Keying],
    /// Which fields need a second keying.
    pub settings: &'a Settings,
}

/// 項目の状態. Who has said what of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldState {
    /// The machine is certain and nobody asked: its value stands.
    Machine,
    /// Neither certain nor asked for (a picture that nothing depends on): no value is kept.
    Left,
    /// A person is to key it.
    First,
    /// Keyed once; another person is to key it blind.
    Second {
        /// Who keyed it.
        first: StaffId,
    },
    /// Two people differ, or agree that it is nobody; somebody else decides.
    Third {
        /// Who keyed it first.
        first: StaffId,
        /// Who keyed it second.
        second: StaffId,
    },
    /// Decided by as many people as it takes.
    Settled,
}

/// One field of [`Progress`].
#[derive(Clone, Debug, PartialEq)]
pub struct FieldProgress {
    /// Which, or [`PERSON`].
    pub field: FieldId,
    /// Who has said what.
    pub state: FieldState,
    /// What stands so far: the machine's value, the first keying until there is a decision, then that. `None` while
    /// nobody has said anything.
    pub keyed: Option<Keyed>,
    /// Whether a value that a person decides is keyed twice.
    pub needs_second: bool,
}

/// 進み具合. Where a page stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// [`PERSON`] where the form has one, [`PAGE`] when somebody has to look at it, then every field that a person may decide, in the order of the form.
    pub fields: Vec<FieldProgress>,
    /// The least advanced.
    pub stage: Stage,
    /// Rules whose findings somebody accepted.
    pub accepted: Vec<RuleCode>,
}

/// Where a page stands. Pure: the same facts give the same answer, however often and wherever it is asked.
pub fn progress(facts: &Facts) -> Progress {
    let form = facts.form;
    // A clinic's claim is of no person.
    let person = form.claim.is_none().then(|| person(facts));
    let fields: Vec<FieldProgress> = person
        .into_iter()
        .chain(page(facts))
        .chain(keyed_fields(form, facts.reading.side).map(|field| of_field(facts, field)))
        .collect();
    let accepted = own(facts).filter_map(|keying| accepted_rule(&keying.field)).collect();
    Progress { stage: stage(&fields), fields, accepted }
}

fn stage(fields: &[FieldProgress]) -> Stage {
    let any = |wanted: fn(&FieldState) -> bool| fields.iter().any(|field| wanted(&field.state));
    if any(|state| matches!(state, FieldState::First)) {
        Stage::First
    } else if any(|state| matches!(state, FieldState::Second { .. })) {
        Stage::Second
    } else if any(|state| matches!(state, FieldState::Third { .. })) {
        Stage::Third
    } else {
        Stage::Ready
    }
}

/// The page's own keyings that were made of this very form: on another form the same name is another place.
fn own<'a>(facts: &Facts<'a>) -> impl Iterator<Item = &'a Keying> {
    let (form, version) = (&facts.form.id, facts.form.version);
    let of_form = move |keying: &&Keying| keying.form == *form && keying.form_version == version;
    facts.keyings.iter().filter(|keying| keying.request == 0).filter(of_form)
}

fn person(facts: &Facts) -> FieldProgress {
    let machine = match facts.outcome {
        MatchOutcome::One { candidate } => Some(Keyed::person(&candidate.resident)),
        _ => None,
    };
    let doubted = facts.reasons.iter().any(is_about_person);
    let sure = machine.is_some() && !doubted;
    let mut person =
        judge(facts, &FieldId::from(PERSON), None, Machine { keyed: machine, sure, asked: !sure });
    // Nobody of the register cannot be recorded, however many people agree on it.
    let nobody = person.keyed.as_ref().is_some_and(|keyed| keyed.value().is_none_or(Value::is_blank));
    if person.state == FieldState::Settled && nobody {
        let author = |pass| own(facts).find(|k| k.field.as_str() == PERSON && k.pass == pass);
        let first = author(Pass::First).map(|keying| keying.staff.clone());
        let second = author(Pass::Second).map(|keying| keying.staff.clone());
        if let Some(first) = first {
            person.state = FieldState::Third { second: second.unwrap_or_else(|| first.clone()), first };
        }
    }
    person
}

/// The page as a whole, when a reason asks for that.
fn page(facts: &Facts) -> Option<FieldProgress> {
    let asked = facts.reasons.iter().any(|reason| is_about_page(facts.form, facts.reading.side, reason));
    let machine = Machine { keyed: None, sure: false, asked };
    asked.then(|| judge(facts, &FieldId::from(PAGE), None, machine))
}

fn of_field(facts: &Facts, field: &Field) -> FieldProgress {
    let value = machine_value(facts.form, field, facts.reading);
    let sure = machine_is_sure(facts.form, field, facts.reading);
    let asked = is_doubtful(facts.form, field, facts.reasons);
    judge(facts, &field.id, Some(field), Machine { keyed: Some(Keyed::Value(value)), sure, asked })
}

/// What the machine says of a field.
struct Machine {
    keyed: Option<Keyed>,
    sure: bool,
    /// Whether a person has to look all the same.
    asked: bool,
}

fn judge(facts: &Facts, id: &FieldId, field: Option<&Field>, machine: Machine) -> FieldProgress {
    let by = |pass| own(facts).find(move |keying| keying.field == *id && keying.pass == pass);
    let needs_second = facts.settings.needs_second(facts.form, id);
    let done = |state, keyed| FieldProgress { field: id.clone(), state, keyed, needs_second };
    let (first, second, third) = (by(Pass::First), by(Pass::Second), by(Pass::Third));
    // An arbiter may decide a field that nobody keyed before, when a page comes back.
    if let Some(third) = third.filter(|third| others(third, &[first, second])) {
        return done(FieldState::Settled, Some(third.keyed.clone()));
    }
    let Some(first) = first else {
        return match machine {
            Machine { asked: true, .. } => done(FieldState::First, None),
            Machine { sure: true, keyed, .. } => done(FieldState::Machine, keyed),
            _ => done(FieldState::Left, None),
        };
    };
    let as_machine = machine.sure && machine.keyed.is_some_and(|said| same(field, &said, &first.keyed));
    if as_machine || !needs_second {
        return done(FieldState::Settled, Some(first.keyed.clone()));
    }
    match second.filter(|second| others(second, &[Some(first)])) {
        None => done(FieldState::Second { first: first.staff.clone() }, Some(first.keyed.clone())),
        Some(second) if same(field, &first.keyed, &second.keyed) => {
            done(FieldState::Settled, Some(first.keyed.clone()))
        }
        Some(second) => {
            let state = FieldState::Third { first: first.staff.clone(), second: second.staff.clone() };
            done(state, Some(first.keyed.clone()))
        }
    }
}

/// Whether nobody of `before` is the author of `keying`.
fn others(keying: &Keying, before: &[Option<&Keying>]) -> bool {
    !before.iter().flatten().any(|one| one.staff == keying.staff)
}

impl Progress {
    /// One field.
    pub fn field(&self, id: &str) -> Option<&FieldProgress> {
        self.fields.iter().find(|field| field.field.as_str() == id)
    }

    /// The values as they stand so far; the record's values once the stage is [`Stage::Ready`].
    pub fn values(&self, form: &Form) -> Values {
        let recorded = self.fields.iter().filter_map(|progress| {
            let field = form.field(progress.field.as_str()).filter(|field| !is_number(form, field))?;
            Some((field.id.clone(), progress.keyed.as_ref()?.value()?.clone()))
        });
        recorded.collect()
    }

    /// The management number as it stands so far.
    pub fn number(&self, form: &Form) -> Option<ManagementNumber> {
        let (field, _) = form.number_field()?;
        let value = self.field(field.id.as_str())?.keyed.as_ref()?.value()?;
        value.text().map(|text| ManagementNumber(text.to_owned()))
    }

    /// Who it is, as far as decided.
    pub fn resident(&self) -> Option<ResidentId> {
        let value = self.field(PERSON)?.keyed.as_ref()?.value()?;
        value.text().map(|text| ResidentId(text.to_owned()))
    }

    /// The work that is left, field by field: the pass, and who may not do it.
    pub fn work(&self) -> Vec<(FieldId, Pass, Vec<StaffId>)> {
        let open = self.fields.iter().filter_map(|field| {
            let (pass, not_by) = match &field.state {
                FieldState::First => (Pass::First, Vec::new()),
                FieldState::Second { first } => (Pass::Second, vec![first.clone()]),
                FieldState::Third { first, second } => (Pass::Third, vec![first.clone(), second.clone()]),
                FieldState::Machine | FieldState::Left | FieldState::Settled => return None,
            };
            Some((field.field.clone(), pass, not_by))
        });
        open.collect()
    }
}
