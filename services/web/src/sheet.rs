//! The picture of a page as screens show it: an SVG in millimetres of paper, with a frame for every field.

use crate::Screens;
use crate::pictures;
use domain::form::Form;
use domain::reading::{Decision, PageReading};
use store::Page;

/// Paper assumed for a page whose form is not known: A4, mm. The picture is fitted into it.
const A4_MM: [f64; 2] = [210.0, 297.0];

/// What the view `sheet.html` shows.
pub struct Sheet {
    /// The page.
    pub page: String,
    /// Part of the picture's address that changes with every turn and reading: browsers keep pictures.
    pub version: String,
    /// Whether the picture is upright paper (else the scan as it is).
    pub paper: bool,
    /// Width, mm.
    pub width: f64,
    /// Height, mm.
    pub height: f64,
    /// A frame for every field.
    pub frames: Vec<FieldFrame>,
}

/// The frame of one field.
pub struct FieldFrame {
    /// Its field.
    pub field: String,
    /// What people call it.
    pub label: String,
    /// Left, top, width, height, mm.
    pub rect: [f64; 4],
    /// Whether a person has to look.
    pub doubt: bool,
}

impl Sheet {
    /// The picture of a page; `None` when there is none.
    pub fn of(screens: &Screens, page: &Page) -> Option<Self> {
        page.image.as_ref()?;
        let paper = pictures::paper(screens, page);
        let [width, height] = paper.as_ref().map_or(A4_MM, |(_, paper_mm)| *paper_mm);
        Some(Self {
            page: page.id.to_string(),
            version: format!("{}-{}", page.turn, page.read_round),
            paper: paper.is_some(),
            width,
            height,
            frames: frames(screens, page),
        })
    }
}

fn frames(screens: &Screens, page: &Page) -> Vec<FieldFrame> {
    let Some(PageReading::Read(reading)) = &page.reading else { return Vec::new() };
    let Some(form) = screens.form(reading.form.as_str()) else { return Vec::new() };
    let doubt = |form: &Form, field: &str| {
        let number = form.number_field().is_some_and(|(number, _)| number.id.as_str() == field);
        let of_number = reading.management_number.as_ref().filter(|_| number).map(|number| number.decision);
        of_number.or(reading.field(field).map(|field| field.decision)) == Some(Decision::Review)
    };
    let fields = form.fields_on(reading.side).filter(|field| field.area().w > 0.0);
    let frame = |field: &domain::form::Field| FieldFrame {
        field: field.id.to_string(),
        label: field.label.clone(),
        rect: field.area().grown(1.0).into(),
        doubt: doubt(form, field.id.as_str()),
    };
    fields.map(frame).collect()
}
