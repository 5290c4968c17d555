//! 台帳. Finding a person, and everything that stands about one.

use crate::Screens;
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::people::{self, PersonFacts, Wanted};
use crate::trace::{self, Act};
use crate::words;
use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::Response;
use domain::ids::ResidentId;
use domain::wareki;
use serde::Deserialize;
use store::screens::SlipRow;

/// Persons listed at once; a longer list says that it is cut.
const PERSONS_SHOWN: u32 = 50;

/// The search form. Sent by POST: names and birth dates never stand in an address.
#[derive(Deserialize)]
pub struct Search {
    words: String,
}

#[derive(Template)]
#[template(path = "residents.html")]
struct SearchScreen {
    frame: Frame,
    words: String,
    searched: bool,
    persons: Vec<PersonFacts>,
    cut: bool,
}

#[derive(Template)]
#[template(path = "resident.html")]
struct LedgerScreen {
    frame: Frame,
    person: PersonFacts,
    records: Vec<Record>,
    slips: Vec<Slip>,
}

/// One record in words.
struct Record {
    title: String,
    day: String,
    page: String,
    is_reversal: bool,
    reversed: bool,
    values: Vec<RecordValue>,
    findings: Vec<String>,
    reason: Option<String>,
    by: String,
}

/// One value of a record.
struct RecordValue {
    field: String,
    label: String,
    value: String,
}

/// One slip in words.
struct Slip {
    number: String,
    form: String,
    issued: String,
    page: Option<(String, &'static str, &'static str)>,
}

/// `GET /residents`
pub async fn search(State(screens): State<Screens>, person: Person) -> Result<Response, ScreenError> {
    let frame = Frame::new(&screens, &person, "residents").await?;
    show(&SearchScreen { frame, words: String::new(), searched: false, persons: Vec::new(), cut: false })
}

/// `POST /residents`
pub async fn found(
    State(screens): State<Screens>,
    person: Person,
    Form(search): Form<Search>,
) -> Result<Response, ScreenError> {
    let frame = Frame::new(&screens, &person, "residents").await?;
    let wanted = Wanted::of(&search.words);
    let found = screens.store.read_async(move |rows| wanted.find(rows, PERSONS_SHOWN)).await?;
    let ids: Vec<ResidentId> = found.iter().map(|(_, resident)| resident.id.clone()).collect();
    trace::note(&screens, &person, Act::Search, "residents", None, &ids, None).await?;
    let cut = found.len() as u32 == PERSONS_SHOWN;
    let today = people::today();
    let persons = found.iter().map(|(row, resident)| PersonFacts::of(*row, resident, today)).collect();
    show(&SearchScreen { frame, words: search.words, searched: true, persons, cut })
}

/// `GET /residents/{row}`
pub async fn ledger(
    State(screens): State<Screens>,
    person: Person,
    Path(row): Path<i64>,
) -> Result<Response, ScreenError> {
    let frame = Frame::new(&screens, &person, "residents").await?;
    let (resident, records, slips) = screens
        .store
        .read_async(move |rows| {
            let Some(resident) = rows.resident_at(row)? else { return Ok(None) };
            let (records, slips) = (rows.ledger(&resident.id)?, rows.slips_of(&resident.id)?);
            Ok(Some((resident, records, slips)))
        })
        .await?
        .ok_or(ScreenError::NotFound)?;
    trace::note(&screens, &person, Act::View, "ledger", None, std::slice::from_ref(&resident.id), None)
        .await?;
    show(&LedgerScreen {
        frame,
        person: PersonFacts::of(row, &resident, people::today()),
        records: records.iter().map(|record| Record::of(record, &screens)).collect(),
        slips: slips.iter().map(|slip| Slip::of(slip, &screens)).collect(),
    })
}

impl Record {
    fn of(row: &store::Record, screens: &Screens) -> Self {
        let form = screens.form(row.form.as_str());
        let value = |(id, value): (&domain::ids::FieldId, &domain::reading::Value)| {
            let field = form?.field(id.as_str())?;
            let (field, label, value) = (id.to_string(), field.label.clone(), words::value(field, value));
            Some(RecordValue { field, label, value })
        };
        let mut values: Vec<RecordValue> = row.values.iter().filter_map(value).collect();
        if let Some(form) = form {
            values.sort_by_key(|value| form.fields.iter().position(|field| field.id.as_str() == value.field));
        }
        let who = if row.staff.as_str() == "system" { "自動" } else { row.staff.as_str() };
        Self {
            title: words::form_title(&screens.forms, row.form.as_str()),
            day: wareki::format(row.service_date),
            page: row.page.to_string(),
            is_reversal: row.reverses.is_some(),
            reversed: row.reverses.is_none() && !row.stands,
            values,
            findings: row.findings.iter().map(|finding| finding.text.clone()).collect(),
            reason: row.reason.clone(),
            by: format!("{} 確定（{who}、端末 {}）", words::moment(row.committed_at), row.terminal),
        }
    }
}

impl Slip {
    fn of(row: &SlipRow, screens: &Screens) -> Self {
        Self {
            number: row.number.0.clone(),
            form: words::form_title(&screens.forms, row.form.as_str()),
            issued: words::moment(row.issued_at),
            page: row.page.as_ref().map(|(page, state)| (page.to_string(), state.as_str(), state.label())),
        }
    }
}
