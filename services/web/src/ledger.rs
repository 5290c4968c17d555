//! 台帳. Finding a person, and everything that stands about one.

use crate::Screens;
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::origin::{Origin, Step};
use crate::people::{self, PersonFacts, Wanted};
use crate::trace::{self, Act};
use crate::{protected, words};
use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::Response;
use domain::duty::Right;
use domain::ids::ResidentId;
use domain::programme::Programmes;
use domain::roles::Role;
use domain::rules::{self, PastRecord};
use domain::wareki;
use serde::Deserialize;
use store::screens::SlipRow;
use store::{CorrectionId, RecordId};

/// Persons listed at once; a longer list says that it is cut.
const PERSONS_SHOWN: u32 = 50;

/// A reason longer than this is a letter.
const LONGEST_REASON: usize = 200;

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
    /// What a former system held, newest first.
    former: Vec<Former>,
    /// Whether this person may ask who looked at the one on the screen.
    may_ask_log: bool,
    /// Whether a reason opens the hidden address.
    may_reveal: bool,
}

/// 移行前の履歴 in words.
struct Former {
    day: String,
    programme: String,
    round: String,
    vaccine: String,
    lot: String,
}

impl Former {
    fn of(one: &PastRecord, programmes: &Programmes) -> Self {
        let said = |role| rules::by_role(&one.values, role).unwrap_or_default().to_owned();
        let round = rules::round(&one.values).map(|round| programmes.round_name(&one.programme, round));
        Self {
            day: wareki::format(one.service_date),
            programme: programmes.name(&one.programme).to_owned(),
            round: round.unwrap_or_default(),
            vaccine: programmes.vaccine_name(&said(Role::Vaccine)).to_owned(),
            lot: said(Role::Lot),
        }
    }
}

/// One record in words.
struct Record {
    id: RecordId,
    title: String,
    day: String,
    page: String,
    is_reversal: bool,
    reversed: bool,
    values: Vec<RecordValue>,
    findings: Vec<String>,
    /// What was told, and spoke against nothing.
    notices: Vec<String>,
    reason: Option<String>,
    by: String,
    /// The correction that is open.
    open: Option<CorrectionId>,
    /// What became of corrections that changed nothing.
    ended: Vec<String>,
    may_correct: bool,
}

/// One value of a record.
struct RecordValue {
    field: String,
    label: String,
    value: String,
    /// What a correction replaced.
    replaced: Option<String>,
    /// From the ink on.
    steps: Vec<Step>,
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
    shown(&screens, &person, row, None).await
}

/// Why the address of a protected person is to be shown.
#[derive(Deserialize)]
pub struct Why {
    #[serde(default)]
    reason: String,
}

/// `POST /residents/{row}/address`: the ledger with the address of a protected person, for a reason that is logged.
pub async fn reveal(
    State(screens): State<Screens>,
    person: Person,
    Path(row): Path<i64>,
    Form(why): Form<Why>,
) -> Result<Response, ScreenError> {
    person.require(Right::SeeProtected)?;
    let reason = why.reason.trim();
    if reason.is_empty() || !words::is_line(reason, LONGEST_REASON) {
        let words = format!("住所を表示する理由を{LONGEST_REASON}文字以内の1行で入力してください。");
        return Err(ScreenError::Refused(words));
    }
    shown(&screens, &person, row, Some(reason)).await
}

/// The ledger of the person at `row`; `reveal` is the reason for which a hidden address is shown.
async fn shown(
    screens: &Screens,
    person: &Person,
    row: i64,
    reveal: Option<&str>,
) -> Result<Response, ScreenError> {
    let frame = Frame::new(screens, person, "residents").await?;
    let (resident, records, slips, former) = screens
        .store
        .read_async(move |rows| {
            let Some(resident) = rows.resident_at(row)? else { return Ok(None) };
            let (records, slips) = (rows.ledger(&resident.id)?, rows.slips_of(&resident.id)?);
            let former = rows.former_services(&resident.id)?;
            let origins =
                records.iter().map(|record| Origin::of(rows, record)).collect::<Result<Vec<_>, _>>()?;
            Ok(Some((resident, records.into_iter().zip(origins).collect::<Vec<_>>(), slips, former)))
        })
        .await?
        .ok_or(ScreenError::NotFound)?;
    let screen = if reveal.is_some() { "protected_address" } else { "ledger" };
    trace::note(screens, person, Act::View, screen, reveal, std::slice::from_ref(&resident.id), None).await?;
    let mut facts = PersonFacts::of(row, &resident, people::today());
    if reveal.is_some() {
        facts.address = people::address(&resident);
    }
    let hidden = resident.protected && reveal.is_none();
    show(&LedgerScreen {
        frame,
        may_ask_log: person.may(Right::SeeAccessLog),
        may_reveal: hidden && person.may(Right::SeeProtected),
        person: facts,
        records: records
            .iter()
            .map(|(record, origin)| Record::of(record, origin, screens, person, hidden))
            .collect(),
        slips: slips.iter().map(|slip| Slip::of(slip, screens)).collect(),
        former: former.iter().rev().map(|one| Former::of(one, &screens.programmes)).collect(),
    })
}

impl Record {
    fn of(row: &store::Record, origin: &Origin, screens: &Screens, person: &Person, hidden: bool) -> Self {
        let form = screens.form(row.form.as_str());
        let value = |(id, value): (&domain::ids::FieldId, &domain::reading::Value)| {
            let form = form?;
            let field = form.field(id.as_str())?;
            if hidden && protected::tells_address(form, field) {
                return None;
            }
            Some(RecordValue {
                field: id.to_string(),
                label: field.label.clone(),
                value: words::value(field, value),
                replaced: origin.replaced(screens, row, id),
                steps: origin.steps(form, row, id),
            })
        };
        let mut values: Vec<RecordValue> = row.values.iter().filter_map(value).collect();
        if let Some(form) = form {
            values.sort_by_key(|value| form.fields.iter().position(|field| field.id.as_str() == value.field));
        }
        let who = match (&origin.correction, row.staff.as_str()) {
            (Some((one, _)), last) => format!("訂正　申請 {}、確認 {last}", one.staff),
            (None, "system") => "自動".to_owned(),
            (None, staff) => staff.to_owned(),
        };
        let finding = |finding: &domain::rules::Finding| match origin.accepted_by(finding.rule) {
            Some(by) => format!("{}（{by}）", finding.text),
            None => finding.text.clone(),
        };
        Self {
            id: row.id,
            open: origin.open.as_ref().map(|one| one.id),
            ended: origin.ended.clone(),
            may_correct: row.stands && origin.open.is_none() && person.may(Right::Correct),
            title: words::form_title(&screens.forms, row.form.as_str()),
            day: wareki::format(row.service_date),
            page: row.page.to_string(),
            is_reversal: row.reverses.is_some(),
            reversed: row.reverses.is_none() && !row.stands,
            values,
            findings: row.findings.iter().filter(|finding| !finding.notice).map(finding).collect(),
            notices: row.findings.iter().filter(|one| one.notice).map(|one| one.text.clone()).collect(),
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
