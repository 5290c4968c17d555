//! Who is it? Candidates of the register beside what stands on the paper.

use crate::people::PersonFacts;
use crate::protected;
use domain::difference;
use domain::form::{FieldKind, Form, PrintSource};
use domain::ids::{PageId, ProgrammeId, ResidentId};
use domain::matching::{Agreement, Candidate, Item, ItemMatch, MatchOutcome, explain};
use domain::reading::FormReading;
use domain::record::recorded_fields;
use domain::resident::Resident;
use domain::written::Written;
use domain::{rules, wareki};
use jiff::civil::Date;
use store::{Error, Rows};

/// The name under which the choice of the person is confirmed, as a field is.
pub const CONFIRMED: &str = "person";

/// A resident who may be the one, read from the register.
#[derive(Clone, Debug)]
pub struct Person {
    /// Row in the register.
    pub row: i64,
    /// As in the register today.
    pub resident: Resident,
    /// Compared with the paper.
    pub candidate: Candidate,
    /// How items depart from the paper, in words.
    pub notes: Vec<(Item, String)>,
    /// Standing records, newest first, in words.
    pub past: Vec<Past>,
}

/// 履歴. A standing record of a candidate, as a step of the timeline.
#[derive(Clone, Debug)]
pub struct Past {
    /// The day of service.
    pub day: String,
    /// How far from the day on this slip; empty when that is not known.
    pub distance: String,
    /// What for.
    pub programme: ProgrammeId,
    /// ... in words.
    pub title: String,
    /// Whether it is the programme of this slip.
    pub same: bool,
    /// Whether a former system held it: there is no paper of it here.
    pub former: bool,
}

/// A candidate in words.
#[derive(Debug)]
pub struct CandidateRow {
    /// The key that chooses it; empty from the tenth on.
    pub key: String,
    /// Who.
    pub facts: PersonFacts,
    /// Item by item, what could be compared.
    pub items: Vec<Compared>,
    /// Whether this one is chosen.
    pub chosen: bool,
    /// Standing records, newest first.
    pub past: Vec<Past>,
}

/// One item of a candidate in words.
#[derive(Debug)]
pub struct Compared {
    /// What was compared.
    pub label: &'static str,
    /// `yes`, `near` or `no`, for the style.
    pub class: &'static str,
    /// The same as a sign, so that nothing hangs on the colour.
    pub sign: &'static str,
    /// ... and in words.
    pub word: &'static str,
    /// What may have happened, when it is not plainly the same.
    pub note: String,
}

/// Fields in which people write who they are, where the form asks for it: never read, only shown beside the register.
const BY_HAND: [&str; 3] = ["name", "kana", "address"];

/// A field that says who it is, printed or by hand, to be looked at beside the candidates.
#[derive(Debug)]
pub struct PersonPicture {
    /// The field.
    pub field: String,
    /// What people call it.
    pub label: String,
}

/// The owner of the slip, the matcher's candidates, then `found` by a person's search; each once.
pub fn persons(
    rows: &Rows,
    form: &Form,
    reading: &FormReading,
    outcome: &MatchOutcome,
    found: Vec<Resident>,
) -> Result<Vec<Person>, Error> {
    let written = Written::of(form, reading);
    let slip = written.number.as_ref().map(|number| rows.slip(number)).transpose()?.flatten();
    let owner = slip.map(|slip| slip.resident);
    let known = outcome.candidates().iter().map(|candidate| candidate.resident.clone());
    let mut ids: Vec<ResidentId> = Vec::new();
    for id in found.into_iter().map(|resident| resident.id).chain(owner.clone()).chain(known) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let mut persons = Vec::new();
    for id in ids {
        if let (Some(row), Some(resident)) = (rows.resident_row(&id)?, rows.resident(&id)?) {
            let candidate = explain(&written, &resident, owner.as_ref());
            let notes = notes(&written, &resident, &candidate);
            let past = past(rows, form, reading, &id)?;
            persons.push(Person { row, resident, candidate, notes, past });
        }
    }
    Ok(persons)
}

/// The candidates in words; `chosen` is what the person chose, else the one who stands out.
pub fn candidates(
    persons: &[Person],
    outcome: &MatchOutcome,
    chosen: Option<i64>,
    today: Date,
) -> Vec<CandidateRow> {
    let one = match outcome {
        MatchOutcome::One { candidate } => persons.iter().find(|p| p.resident.id == candidate.resident),
        _ => None,
    };
    let chosen = chosen.or(one.map(|person| person.row));
    let row = |(at, person): (usize, &Person)| CandidateRow {
        key: if at < 9 { (at + 1).to_string() } else { String::new() },
        facts: PersonFacts::of(person.row, &person.resident, today),
        items: person.candidate.items.iter().filter_map(|item| compared(item, &person.notes)).collect(),
        past: person.past.clone(),
        chosen: chosen == Some(person.row),
    };
    persons.iter().enumerate().map(row).collect()
}

/// Takes away what tells one candidate from another but the register itself: for a blind second keying.
pub fn level(candidates: &mut [CandidateRow]) {
    candidates.sort_by_key(|candidate| candidate.facts.row);
    for (at, candidate) in candidates.iter_mut().enumerate() {
        candidate.items.clear();
        candidate.past.clear();
        candidate.key = if at < 9 { (at + 1).to_string() } else { String::new() };
    }
}

fn compared(item: &ItemMatch, notes: &[(Item, String)]) -> Option<Compared> {
    let (class, sign, word) = match item.agreement {
        Agreement::NotRead => return None,
        Agreement::Equal => ("yes", "✓", "一致"),
        Agreement::Different => ("no", "✗", "不一致"),
        _ => ("near", "△", "近い"),
    };
    let mut told: Vec<&str> =
        notes.iter().filter(|(of, _)| *of == item.item).map(|(_, note)| note.as_str()).collect();
    if told.is_empty() && class == "near" {
        told.push(item.agreement.label());
    }
    Some(Compared { label: item.item.label(), class, sign, word, note: told.join("、") })
}

/// How what stands on the paper departs from the register.
fn notes(written: &Written, resident: &Resident, candidate: &Candidate) -> Vec<(Item, String)> {
    let mut notes = Vec::new();
    let by_hand = written.birth.first().map(|birth| *birth.date.reveal());
    let read = by_hand.or(written.printed_birth.as_ref().map(|printed| *printed.date.reveal()));
    let register = *resident.birth_date.reveal();
    if let Some(read) = read.filter(|read| *read != register) {
        notes.push((Item::BirthDate, difference::written_birth(read)));
        notes.extend(difference::birth_difference(read, register).map(|note| (Item::BirthDate, note)));
    }
    if candidate.agreement(Item::Name) != Agreement::NotRead
        && let Some(name) = &written.name
    {
        let variants = difference::variants(name.text.reveal(), resident.name.reveal());
        notes.extend(variants.map(|note| (Item::Name, note)));
    }
    notes
}

/// A person's standing records, newest first, and how far they lie from the day on this slip.
fn past(rows: &Rows, form: &Form, reading: &FormReading, id: &ResidentId) -> Result<Vec<Past>, Error> {
    let values = recorded_fields(form)
        .filter_map(|field| Some((field.id.clone(), reading.field(field.id.as_str())?.value.clone())));
    let service = rules::service_date(form, &values.collect());
    let mut history = rows.history(id, &PageId::from(""))?;
    history.reverse();
    let step = |record: &rules::PastRecord| Past {
        day: wareki::format(record.service_date),
        distance: service.map_or(String::new(), |service| distance(record.service_date, service)),
        title: record.programme.to_string(),
        former: record.page.is_none(),
        same: form.programme.as_ref() == Some(&record.programme),
        programme: record.programme.clone(),
    };
    Ok(history.iter().map(step).collect())
}

/// `28日前`, `同じ日`, `3日後` as seen from the day on the slip.
fn distance(past: Date, service: Date) -> String {
    let days = service.duration_since(past).as_hours() / 24;
    match days {
        0 => "同じ日".to_owned(),
        1.. => format!("{days}日前"),
        _ => format!("{}日後", -days),
    }
}

/// The printed fields of this side that say who it is, then those written by hand; `hidden` leaves out where the person lives.
pub fn pictures(form: &Form, side: u8, hidden: bool) -> Vec<PersonPicture> {
    use PrintSource::*;
    let printed = [Name, Kana, BirthDate, Address].into_iter().filter_map(|source| form.printed(source));
    let by_hand = BY_HAND.into_iter().filter_map(|id| form.field(id));
    let fields = printed.chain(by_hand.filter(|field| matches!(field.kind, FieldKind::Image)));
    let fields =
        fields.filter(|field| field.is_on(side) && !(hidden && protected::tells_address(form, field)));
    fields.map(|field| PersonPicture { field: field.id.to_string(), label: field.label.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_by_hand_is_shown_beside_the_candidates_and_a_protected_address_is_not() {
        let image = |id: &str, y: u32| {
            format!(
                "[[field]]\nid = \"{id}\"\nkind = \"image\"\nlabel = \"{id}\"\nboxes = [[20, {y}, 60, 10]]\n"
            )
        };
        let head = "version = 1\nnumber = 7\ntitle = \"試験票\"\npaper_mm = [210, 297]\n";
        let text = [head, &image("remarks", 20), &image("address", 40), &image("name", 60)].concat();
        let form = Form::parse("trial", &text).unwrap();
        let shown =
            |hidden| pictures(&form, 1, hidden).into_iter().map(|picture| picture.field).collect::<Vec<_>>();
        assert_eq!(shown(false), ["name", "address"]);
        assert_eq!(shown(true), ["name"]);
        assert!(pictures(&form, 2, false).is_empty());
    }
}
