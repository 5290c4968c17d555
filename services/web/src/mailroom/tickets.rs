//! 束票の印刷. One ticket, a list of them, or one that was printed before.

use crate::error::ScreenError;
use crate::frame::Person;
use crate::paper::{self, PaperScreen};
use crate::{Screens, keyed, words};
use axum::extract::{Form as Body, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::check_digit::CheckDigit;
use domain::ids::{ClinicCode, ProgrammeId};
use domain::ticket::BatchTicket;
use jiff::Timestamp;
use press::Slip;
use serde::Deserialize;
use store::NewTicket;

/// A bundle of more slips than this does not fit an envelope; the number was mistyped.
const MOST_DECLARED: u32 = 9999;
/// Tickets printed at once: a city's clinics for a month.
const MOST_AT_ONCE: usize = 500;
/// Tickets that are offered for printing again.
const RECENT: u32 = 30;

/// A batch ticket as typed.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct TicketForm {
    /// Code of the clinic.
    #[serde(default)]
    pub clinic: String,
    /// Month of the claim.
    #[serde(default)]
    pub month: String,
    /// Programme, by id or title.
    #[serde(default)]
    pub programme: String,
    /// Slips declared.
    #[serde(default)]
    pub declared: String,
}

/// What the tickets' part of the screen shows.
#[derive(Clone, Debug, Default)]
pub struct TicketPart {
    /// As typed.
    pub entered: TicketForm,
    /// Field and what is wrong with it.
    pub wrong: Vec<(&'static str, String)>,
    /// The list as typed.
    pub list: String,
    /// What is wrong with its lines.
    pub list_wrong: Vec<String>,
    /// Tickets printed lately.
    pub recent: Vec<Recent>,
}

/// A ticket that was printed.
#[derive(Clone, Debug)]
pub struct Recent {
    /// Its number.
    pub number: String,
    /// Who it is for.
    pub clinic: String,
    /// Month of the claim.
    pub month: String,
    /// Programme.
    pub programme: String,
    /// Slips declared.
    pub declared: u32,
    /// When it was printed.
    pub issued: String,
    /// Whether it has been read: its envelope is there.
    pub used: bool,
}

impl TicketPart {
    /// What is wrong with a field.
    pub fn wrong_of(&self, field: &str) -> Option<&str> {
        self.wrong.iter().find(|(known, _)| *known == field).map(|(_, words)| words.as_str())
    }

    /// With the tickets printed lately.
    pub async fn filled(mut self, screens: &Screens) -> Result<Self, ScreenError> {
        let rows = screens.store.read_async(|rows| rows.recent_tickets(RECENT)).await?;
        let recent = rows.into_iter().map(|row| Recent {
            clinic: row.clinic_name.unwrap_or_else(|| row.ticket.clinic.to_string()),
            month: words::month(&row.ticket.month),
            programme: words::programme_title(&screens.forms, row.ticket.programme.as_str()),
            declared: row.ticket.declared,
            issued: words::moment(row.issued_at),
            used: row.used,
            number: row.ticket.number,
        });
        self.recent = recent.collect();
        Ok(self)
    }
}

/// `POST /paper/ticket`: a PDF with a number of its own.
pub async fn one(
    State(screens): State<Screens>,
    person: Person,
    Body(typed): Body<TicketForm>,
) -> Result<Response, ScreenError> {
    match checked(&screens, &typed) {
        Ok(wanted) => print(&screens, person, vec![wanted]).await,
        Err(wrong) => {
            refused(&screens, &person, TicketPart { entered: typed, wrong, ..TicketPart::default() }).await
        }
    }
}

/// A list of tickets as typed or pasted: clinic, month, programme, count a line.
#[derive(Debug, Deserialize)]
pub struct List {
    #[serde(default)]
    list: String,
}

/// `POST /paper/tickets`: one PDF with a ticket a line; nothing is printed while one line is wrong.
pub async fn several(
    State(screens): State<Screens>,
    person: Person,
    Body(typed): Body<List>,
) -> Result<Response, ScreenError> {
    let (mut wanted, mut wrong) = (Vec::new(), Vec::new());
    for (text, number) in typed.list.lines().zip(1..) {
        let cells: Vec<&str> =
            text.split([',', '\t', '、']).map(|cell| cell.trim().trim_matches('"')).collect();
        let is_head = number == 1 && cells.first().is_some_and(|cell| cell.contains("コード"));
        if text.trim().is_empty() || is_head {
            continue;
        }
        let [clinic, month, programme, declared] = cells[..] else {
            wrong
                .push(format!("{number}行目：医療機関コード・請求月・事業・申告枚数の4つを書いてください。"));
            continue;
        };
        let month = keyed::fold(month).replace('/', "-");
        let form = TicketForm {
            clinic: clinic.into(),
            month,
            programme: programme.into(),
            declared: declared.trim_end_matches('枚').into(),
        };
        match checked(&screens, &form) {
            Ok(ticket) => wanted.push(ticket),
            Err(why) => wrong.extend(why.into_iter().map(|(_, words)| format!("{number}行目：{words}"))),
        }
    }
    if wanted.is_empty() && wrong.is_empty() {
        wrong.push("一覧が空です。".into());
    }
    if wanted.len() > MOST_AT_ONCE {
        wrong.push(format!("一度に印刷できるのは{MOST_AT_ONCE}枚までです。分けてください。"));
    }
    if wrong.is_empty() {
        return print(&screens, person, wanted).await;
    }
    let part = TicketPart { list: typed.list, list_wrong: wrong, ..TicketPart::default() };
    refused(&screens, &person, part).await
}

/// `POST /paper/ticket/{number}/again`: the same ticket once more: the first copy was lost or spoilt.
pub async fn again(
    State(screens): State<Screens>,
    person: Person,
    Path(number): Path<String>,
) -> Result<Response, ScreenError> {
    let actor = person.actor;
    let ticket = screens
        .store
        .write_async(move |rows| rows.ticket_printed_again(&number, &actor, Timestamp::now()))
        .await?;
    sheet(&screens, vec![ticket.ok_or(ScreenError::NotFound)?]).await
}

async fn print(screens: &Screens, person: Person, wanted: Vec<NewTicket>) -> Result<Response, ScreenError> {
    // Numbers are used up when they are given: first see that they can be printed.
    paper::printer(screens)?;
    let layout = layout(screens)?;
    let actor = person.actor;
    let tickets = screens
        .store
        .write_async(move |rows| rows.issue_tickets(&layout, &wanted, &actor, Timestamp::now()))
        .await?;
    sheet(screens, tickets).await
}

fn layout(screens: &Screens) -> Result<domain::form::Form, ScreenError> {
    let form = screens.forms.iter().find(|form| form.is_ticket()).cloned();
    form.ok_or_else(|| {
        ScreenError::Refused("束票の帳票が登録されていません。管理者へ連絡してください。".into())
    })
}

async fn sheet(screens: &Screens, tickets: Vec<BatchTicket>) -> Result<Response, ScreenError> {
    let (printer, form) = (paper::printer(screens)?, layout(screens)?);
    let codes: Vec<ClinicCode> = tickets.iter().map(|ticket| ticket.clinic.clone()).collect();
    let clinics = screens
        .store
        .read_async(move |rows| codes.iter().map(|code| rows.clinic(code)).collect::<Result<Vec<_>, _>>())
        .await?;
    let name = match &tickets[..] {
        [one] => format!("batch-ticket-{}.pdf", one.number),
        _ => format!("batch-tickets-{}.pdf", tickets.len()),
    };
    let slips: Vec<Slip> = tickets
        .into_iter()
        .zip(clinics)
        .map(|(ticket, clinic)| {
            let programme = words::programme_title(&screens.forms, ticket.programme.as_str());
            Slip::batch_ticket(ticket, clinic.as_ref().map_or("", |clinic| &clinic.name), &programme)
        })
        .collect();
    let pdf = tokio::task::spawn_blocking(move || printer.document(&form, slips, &mut |_| ())).await??;
    Ok(paper::document(pdf, &name))
}

async fn refused(screens: &Screens, person: &Person, part: TicketPart) -> Result<Response, ScreenError> {
    let screen = PaperScreen::of(screens, person, part).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, crate::error::show(&screen)?).into_response())
}

/// The ticket that was typed, or what is wrong with each field.
fn checked(screens: &Screens, typed: &TicketForm) -> Result<NewTicket, Vec<(&'static str, String)>> {
    let mut wrong = Vec::new();
    let clinic = keyed::fold(&typed.clinic);
    if clinic.len() != 10 || !CheckDigit::Luhn.accepts(&clinic) {
        let words = "医療機関コードは10桁の数字です。検査数字が合っているか確かめてください。";
        wrong.push(("clinic", words.to_owned()));
    }
    let month = format!("{}-01", typed.month).parse::<jiff::civil::Date>();
    if month.is_err() || typed.month.len() != 7 {
        wrong.push(("month", "請求月を「2026-10」のように入力してください。".into()));
    }
    let programmes = paper::programmes(&screens.forms);
    let programme =
        programmes.into_iter().find(|(id, title)| *id == typed.programme || *title == typed.programme);
    if programme.is_none() {
        wrong.push(("programme", "事業を選んでください。".into()));
    }
    let declared = keyed::fold(&typed.declared).parse().ok();
    let declared = declared.filter(|count| (1..=MOST_DECLARED).contains(count));
    if declared.is_none() {
        wrong.push(("declared", format!("申告枚数は1から{MOST_DECLARED}までの数字です。")));
    }
    match (programme, declared) {
        (Some((programme, _)), Some(declared)) if wrong.is_empty() => Ok(NewTicket {
            clinic: ClinicCode(clinic),
            month: typed.month.clone(),
            programme: ProgrammeId(programme),
            declared,
        }),
        _ => Err(wrong),
    }
}
