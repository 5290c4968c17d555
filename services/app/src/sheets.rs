//! Slips that are printed for real and filled in by simulated pens: the demo's mail, and the benches' questions.

use crate::demo::city::{Citizen, Clinic};
use anyhow::{Context, Result, anyhow};
use domain::form::{DateRule, FieldKind, Form};
use domain::geometry::RectMm;
use domain::ids::FieldId;
use domain::reading::Value;
use image::GrayImage;
use jiff::civil::Date;
use rand::RngExt;
use simulator::answers::{UNCLEAR, plausible, truth};
use simulator::{Answer, Answers, Hand, Handwriting, Rng, Sheet, fill, wear};
use std::collections::BTreeMap;
use vision::decode::{self, Limits};

/// What a filled sheet truly says.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    /// Form id.
    pub form: String,
    /// The printed number.
    pub management_number: Option<String>,
    /// Whose slip it is.
    pub resident: String,
    /// Every field that ink or print decides.
    pub fields: BTreeMap<FieldId, Value>,
}

/// One printed side before a pen comes to it.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// Its form.
    pub form: &'a Form,
    /// Which side, from 1.
    pub side: u8,
    /// The number printed on it; a claim has none.
    pub number: Option<&'a str>,
    /// Whose slip it is.
    pub resident: &'a str,
}

/// The pages of a printed PDF as sheets of paper.
///
/// # Errors
/// When the PDF cannot be drawn; that is a fault of ours.
pub fn paper(form: &Form, pdf: &[u8]) -> Result<Vec<Sheet>> {
    let limits = Limits::default();
    let pages = decode::decode_pages(pdf, &limits).context("the printed PDF cannot be drawn")?;
    let sheet = |page: Result<vision::GrayPage, decode::DecodeError>| {
        let page = page?;
        let picture = GrayImage::from_raw(page.width, page.height, page.pixels)
            .ok_or_else(|| anyhow!("the page has holes"))?;
        Ok(Sheet::new(picture, form.paper_mm))
    };
    pages.into_iter().map(sheet).collect()
}

/// What a person and a clinic would surely write; one slip in thirty says no to the vaccination.
pub fn known_answers(form: &Form, citizen: &Citizen, clinic: &Clinic, visit: Date, rng: &mut Rng) -> Answers {
    let choose = |value: &str| Answer::Choice { chosen: vec![value.to_owned()], corrected: None };
    let refused = rng.random_bool(1.0 / 30.0);
    let mut answers = Answers::new();
    for field in &form.fields {
        let answer = match (field.id.as_str(), &field.kind) {
            ("birth_date", FieldKind::Date(rule)) if born_within(rule, citizen) => {
                Answer::Date(citizen.birth_date)
            }
            ("dose_number", FieldKind::Digits(_)) if is_child(citizen, visit) => {
                Answer::Digits(if age(citizen, visit) < 3 { "1" } else { "2" }.to_owned())
            }
            // Of the others, every vaccination is a single dose.
            ("dose_number", FieldKind::Digits(_)) => Answer::Digits("1".to_owned()),
            ("application_date", FieldKind::Date(_)) => Answer::Date(visit),
            ("visit_date", FieldKind::Date(_)) => Answer::Date(visit),
            ("clinic_code", FieldKind::Digits(_)) => Answer::Digits(clinic.code.clone()),
            ("sex", FieldKind::Choice { .. }) => choose(&citizen.sex.to_string()),
            ("consent", FieldKind::Choice { .. }) => choose(if refused { "refuse" } else { "agree" }),
            ("judgement", FieldKind::Choice { .. }) => choose(if refused { "postponed" } else { "possible" }),
            _ => continue,
        };
        answers.insert(field.id.clone(), answer);
    }
    answers
}

fn born_within(rule: &DateRule, citizen: &Citizen) -> bool {
    (rule.range[0]..=rule.range[1]).contains(&citizen.birth_date)
}

/// Whole years on `day`, more or less.
fn age(citizen: &Citizen, day: Date) -> i16 {
    day.year() - citizen.birth_date.year()
}

fn is_child(citizen: &Citizen, day: Date) -> bool {
    age(citizen, day) < 18
}

/// Fills one side in and says what is truly there.
pub fn fill_in(
    sheet: &mut Sheet,
    printed: &Side,
    known: Answers,
    pictures: Option<&Handwriting>,
    rng: &mut Rng,
) -> Truth {
    let Side { form, side, number, resident } = *printed;
    let answers = plausible(form, known, rng);
    // The visitor writes one half of a slip, the clinic the other; each with a pen of its own.
    let (visitor, clinic) = (Hand::draw(rng, pictures), Hand::draw(rng, pictures));
    let middle = clinic_part(form);
    let (upper, lower): (Answers, Answers) = answers
        .clone()
        .into_iter()
        .partition(|(id, _)| form.field(id.as_str()).is_some_and(|f| f.area().y < middle));
    // The pens write on the first sheet of a set; what comes through lies on the others.
    let mut below = (form.copies.is_some() && side > 1).then(|| white(sheet));
    let top = below.as_mut().unwrap_or(sheet);
    let mut unclear = fill::fill(top, form, side, &upper, &visitor, rng);
    unclear.extend(fill::fill(top, form, side, &lower, &clinic, rng));
    if let Some(ink) = &below {
        wear::write_through(sheet, ink, side, rng);
    }
    wear::befall(sheet, rng);
    let value = |field: &domain::form::Field| {
        let asked = unclear.contains(&field.id);
        truth(field, &answers).map(|value| if asked { Value::Text(UNCLEAR.to_owned()) } else { value })
    };
    let fields = form.fields_on(side).filter_map(|field| Some((field.id.clone(), value(field)?)));
    Truth {
        form: form.id.to_string(),
        management_number: number.map(str::to_owned),
        resident: resident.to_owned(),
        fields: fields.collect(),
    }
}

/// White paper of the size of `sheet`.
fn white(sheet: &Sheet) -> Sheet {
    let (width, height) = sheet.picture.dimensions();
    Sheet { picture: GrayImage::from_pixel(width, height, image::Luma([255])), px_per_mm: sheet.px_per_mm }
}

/// Where the clinic's part of a slip begins, mm from the top: at its first field of these.
fn clinic_part(form: &Form) -> f64 {
    let first = |id: &str| form.field(id).map(|field| field.area());
    ["judgement", "xray_judgement", "visit_date"]
        .into_iter()
        .filter_map(first)
        .map(|area: RectMm| area.y)
        .fold(form.paper_mm[1], f64::min)
}
