//! 束票・帳票. The forms of this installation, and printing a batch ticket.

use crate::Screens;
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::mailroom::{TicketForm, TicketPart};
use crate::words;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::duty::Right;
use domain::form::Form;
use press::Printer;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "paper.html")]
/// The screen of tickets and forms.
pub struct PaperScreen {
    frame: Frame,
    cards: Vec<Card>,
    clinics: Vec<(String, String)>,
    programmes: Vec<(String, String)>,
    can_print: bool,
    tickets: TicketPart,
    may_print: bool,
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

/// `GET /paper`
pub async fn paper(State(screens): State<Screens>, person: Person) -> Result<Response, ScreenError> {
    let today = crate::people::today();
    let month = format!("{}-{:02}", today.year(), today.month());
    let entered = TicketForm { month, ..TicketForm::default() };
    let part = TicketPart { entered, ..TicketPart::default() };
    show(&PaperScreen::of(&screens, &person, part).await?)
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

/// What prints, when this machine has fonts.
pub fn printer(screens: &Screens) -> Result<Printer, ScreenError> {
    let words = "この端末では印刷用の文字（IPAexゴシック）が見つからないため、印刷できません。管理者へ連絡してください。";
    screens.printer.clone().ok_or_else(|| ScreenError::Refused(words.into()))
}

/// A PDF as an answer.
pub fn document(pdf: Vec<u8>, name: &str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (header::CONTENT_DISPOSITION, format!("inline; filename=\"{name}\"")),
    ];
    (headers, pdf).into_response()
}

/// Programmes of the forms: id and title.
pub fn programmes(forms: &[Form]) -> Vec<(String, String)> {
    let mut programmes: Vec<(String, String)> = Vec::new();
    for id in forms.iter().filter_map(|form| form.programme.as_ref()) {
        if programmes.iter().all(|(known, _)| known != id.as_str()) {
            programmes.push((id.to_string(), words::programme_title(forms, id.as_str())));
        }
    }
    programmes
}

impl PaperScreen {
    /// The screen with the tickets as typed.
    pub async fn of(screens: &Screens, person: &Person, tickets: TicketPart) -> Result<Self, ScreenError> {
        let frame = Frame::new(screens, person, "paper").await?;
        let clinics = screens.store.read_async(|rows| rows.clinics()).await?;
        Ok(Self {
            frame,
            cards: screens.forms.iter().map(Card::of).collect(),
            clinics: clinics.into_iter().map(|clinic| (clinic.code.to_string(), clinic.name)).collect(),
            programmes: programmes(&screens.forms),
            can_print: screens.printer.is_some(),
            tickets: tickets.filled(screens).await?,
            may_print: person.may(Right::PrintPaper),
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
