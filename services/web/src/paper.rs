//! 束票・帳票. The forms of this installation, and printing a batch ticket.

use crate::Screens;
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::words;
use anyhow::Context;
use askama::Template;
use axum::extract::{Form as Body, Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::check_digit::CheckDigit;
use domain::form::Form;
use domain::ids::{ClinicCode, ProgrammeId};
use jiff::Timestamp;
use press::{Printer, Slip};
use serde::Deserialize;
use store::NewTicket;

/// A bundle of more slips than this does not fit an envelope; the number was mistyped.
const MOST_DECLARED: u32 = 9999;

#[derive(Template)]
#[template(path = "paper.html")]
struct PaperScreen {
    frame: Frame,
    cards: Vec<Card>,
    clinics: Vec<(String, String)>,
    programmes: Vec<(String, String)>,
    can_print: bool,
    entered: NewTicketForm,
    wrong: Option<String>,
}

/// One form: its facts and a drawing of its places.
struct Card {
    id: String,
    title: String,
    version: u32,
    sides: u8,
    /// Each side that we print, with what its link says.
    sheets: Vec<(u8, String)>,
    fields: usize,
    paper: [f64; 2],
    places: Vec<([f64; 4], String)>,
    marks: Vec<[f64; 4]>,
}

/// A batch ticket as typed.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct NewTicketForm {
    #[serde(default)]
    clinic: String,
    #[serde(default)]
    month: String,
    #[serde(default)]
    programme: String,
    #[serde(default)]
    declared: String,
}

/// `GET /paper`
pub async fn paper(State(screens): State<Screens>, person: Person) -> Result<Response, ScreenError> {
    let today = crate::people::today();
    let month = format!("{}-{:02}", today.year(), today.month());
    show(
        &PaperScreen::of(&screens, &person, NewTicketForm { month, ..NewTicketForm::default() }, None)
            .await?,
    )
}

/// `POST /paper/ticket`: a PDF with a number of its own.
pub async fn ticket(
    State(screens): State<Screens>,
    person: Person,
    Body(typed): Body<NewTicketForm>,
) -> Result<Response, ScreenError> {
    let wanted = match checked(&screens, &typed) {
        Ok(wanted) => wanted,
        Err(words) => {
            return show(&PaperScreen::of(&screens, &person, typed, Some(words)).await?);
        }
    };
    let printer = printer(&screens)?;
    let form = screens.forms.iter().find(|form| form.is_ticket());
    let form = form.ok_or_else(|| ScreenError::Refused("束票の帳票が登録されていません。".into()))?.clone();
    let programme = words::programme_title(&screens.forms, wanted.programme.as_str());
    let (actor, layout) = (person.actor, form.clone());
    let (ticket, clinic) = screens
        .store
        .write_async(move |rows| {
            let clinic = rows.clinic(&wanted.clinic)?;
            Ok((rows.issue_tickets(&layout, &[wanted], &actor, Timestamp::now())?, clinic))
        })
        .await?;
    let ticket = ticket.into_iter().next().context("no ticket was issued")?;
    let name = format!("batch-ticket-{}.pdf", ticket.number);
    let slip = Slip::batch_ticket(ticket, clinic.as_ref().map_or("", |clinic| &clinic.name), &programme);
    let pdf = tokio::task::spawn_blocking(move || printer.document(&form, [slip], &mut |_| ())).await??;
    Ok(document(pdf, &name))
}

/// Which side of a form.
#[derive(Debug, Deserialize)]
pub struct Side {
    side: Option<u8>,
}

/// `GET /paper/{form}/blank.pdf`: the empty sheet as we print it.
pub async fn blank(
    State(screens): State<Screens>,
    Path(form): Path<String>,
    Query(side): Query<Side>,
) -> Result<Response, ScreenError> {
    let form = screens.form(&form).ok_or(ScreenError::NotFound)?.clone();
    let side = side.side.unwrap_or(1);
    // Paper that others print has no sheet of ours.
    if !(1..=form.sides).contains(&side) || form.is_third_party() {
        return Err(ScreenError::NotFound);
    }
    let printer = printer(&screens)?;
    let name = format!("{}-{side}.pdf", form.id);
    let pdf = tokio::task::spawn_blocking(move || printer.blank(&form, side)).await??;
    Ok(document(pdf, &name))
}

fn printer(screens: &Screens) -> Result<Printer, ScreenError> {
    let words = "この端末では印刷用の文字（IPAexゴシック）が見つからないため、印刷できません。管理者へ連絡してください。";
    screens.printer.clone().ok_or_else(|| ScreenError::Refused(words.into()))
}

fn document(pdf: Vec<u8>, name: &str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (header::CONTENT_DISPOSITION, format!("inline; filename=\"{name}\"")),
    ];
    (headers, pdf).into_response()
}

/// The ticket that was typed, or what is wrong with it.
fn checked(screens: &Screens, typed: &NewTicketForm) -> Result<NewTicket, String> {
    let clinic = crate::keyed::fold(&typed.clinic);
    if clinic.len() != 10 || !CheckDigit::Luhn.accepts(&clinic) {
        return Err("医療機関コードは10桁の数字です。検査数字が合っているか確かめてください。".into());
    }
    let month = format!("{}-01", typed.month).parse::<jiff::civil::Date>();
    if month.is_err() || typed.month.len() != 7 {
        return Err("請求月を「2026-10」のように入力してください。".into());
    }
    if !programmes(&screens.forms).iter().any(|(id, _)| *id == typed.programme) {
        return Err("事業を選んでください。".into());
    }
    let declared = crate::keyed::fold(&typed.declared).parse().ok();
    let declared = declared.filter(|count| (1..=MOST_DECLARED).contains(count));
    Ok(NewTicket {
        clinic: ClinicCode(clinic),
        month: typed.month.clone(),
        programme: ProgrammeId(typed.programme.clone()),
        declared: declared.ok_or_else(|| format!("申告枚数は1から{MOST_DECLARED}までの数字です。"))?,
    })
}

fn programmes(forms: &[Form]) -> Vec<(String, String)> {
    let mut programmes: Vec<(String, String)> = Vec::new();
    for id in forms.iter().filter_map(|form| form.programme.as_ref()) {
        if programmes.iter().all(|(known, _)| known != id.as_str()) {
            programmes.push((id.to_string(), words::programme_title(forms, id.as_str())));
        }
    }
    programmes
}

impl PaperScreen {
    async fn of(
        screens: &Screens,
        person: &Person,
        entered: NewTicketForm,
        wrong: Option<String>,
    ) -> Result<Self, ScreenError> {
        let frame = Frame::new(screens, person, "paper").await?;
        let clinics = screens.store.read_async(|rows| rows.clinics()).await?;
        Ok(Self {
            frame,
            cards: screens.forms.iter().map(Card::of).collect(),
            clinics: clinics.into_iter().map(|clinic| (clinic.code.to_string(), clinic.name)).collect(),
            programmes: programmes(&screens.forms),
            can_print: screens.printer.is_some(),
            entered,
            wrong,
        })
    }
}

/// The sides that we print, with their names; none of paper that others print.
fn sheets(form: &Form) -> Vec<(u8, String)> {
    if form.is_third_party() {
        return Vec::new();
    }
    let name = |side: u8| match (&form.copies, form.sides, side) {
        (Some(copies), _, side) => copies.names.get(usize::from(side) - 1).cloned().unwrap_or_default(),
        (None, 1, _) => "白紙".to_owned(),
        (None, _, 1) => "表".to_owned(),
        (None, ..) => "裏".to_owned(),
    };
    (1..=form.sides).map(|side| (side, name(side))).collect()
}

impl Card {
    fn of(form: &Form) -> Self {
        let places = form.fields_on(1).filter(|field| field.area().w > 0.0);
        let squares = form.mark_squares().into_iter().flatten();
        Self {
            id: form.id.to_string(),
            title: form.title.clone(),
            version: form.version,
            sides: form.sides,
            sheets: sheets(form),
            fields: form.fields.len(),
            paper: form.paper_mm,
            places: places.map(|field| (field.area().into(), field.label.clone())).collect(),
            marks: squares.map(Into::into).collect(),
        }
    }
}
