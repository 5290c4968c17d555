//! Who is it? Candidates of the register beside what stands on the paper.

use crate::people::PersonFacts;
use crate::protected;
use domain::form::{FieldKind, Form, PrintSource};
use domain::ids::ResidentId;
use domain::matching::{Agreement, Candidate, ItemMatch, MatchOutcome, explain};
use domain::reading::FormReading;
use domain::resident::Resident;
use domain::written::Written;
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
}

/// One item of a candidate in words.
#[derive(Debug)]
pub struct Compared {
    /// What was compared.
    pub label: &'static str,
    /// Whether it speaks for the person.
    pub agrees: bool,
    /// In which way, when it is neither plainly the same nor plainly different.
    pub note: &'static str,
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
            persons.push(Person { row, resident, candidate });
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
        items: person.candidate.items.iter().filter_map(compared).collect(),
        chosen: chosen == Some(person.row),
    };
    persons.iter().enumerate().map(row).collect()
}

/// Takes away what tells one candidate from another but the register itself: for a blind second keying.
pub fn level(candidates: &mut [CandidateRow]) {
    candidates.sort_by_key(|candidate| candidate.facts.row);
    for (at, candidate) in candidates.iter_mut().enumerate() {
        candidate.items.clear();
        candidate.key = if at < 9 { (at + 1).to_string() } else { String::new() };
    }
}

fn compared(item: &ItemMatch) -> Option<Compared> {
    let note = match item.agreement {
        Agreement::NotRead => return None,
        Agreement::Equal | Agreement::Different => "",
        close => close.label(),
    };
    Some(Compared { label: item.item.label(), agrees: item.agreement.supports(), note })
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
