//! 読取り. One page from grey pixels to a reading: register, number, fields; and the cut-outs that people look at.

use crate::Affine;
use crate::barcode;
use crate::fields::{self, Tools};
use crate::gray::GrayPage;
use crate::number;
use crate::register::{Registered, Registrar};
use crate::registered::RegisteredPage;
use crate::template::Template;
use domain::form::{Field, FieldKind, Form, NumberRule};
use domain::geometry::RectMm;
use domain::ids::FormId;
use domain::message::Milliseconds;
use domain::reading::{Decision, FieldReading, FormReading, PageReading, Registration, Value};
use std::time::Instant;

/// Probability that a two-dimensional code, which corrects its own errors, was read rightly.
const CODE_RIGHT: f64 = 0.999_99;

/// Reads pages of a fixed set of forms; one per thread.
#[derive(Debug)]
pub struct PageReader {
    templates: Vec<Template>,
    registrar: Registrar,
    tools: Tools,
}

impl PageReader {
    /// A reader for `templates`.
    pub fn new(templates: Vec<Template>, tools: Tools) -> Self {
        Self { registrar: Registrar::new(&templates), templates, tools }
    }

    /// Reads one page. With `assigned`, a person has said which form it is. The milliseconds leave decoding out.
    pub fn read(&mut self, page: &GrayPage, assigned: Option<&FormId>) -> (PageReading, Milliseconds) {
        let start = Instant::now();
        let found = self.registrar.register(page, &self.templates, assigned);
        let register = ms(start);
        let reading = match found {
            Registered::Unrecognised { reason } => PageReading::Unrecognised { reason },
            Registered::Unreadable { reason } => PageReading::Unreadable { reason },
            Registered::Found { template, side, registration } => {
                PageReading::Read(Box::new(self.read_side(page, template, side, registration)))
            }
        };
        let total = ms(start);
        (reading, Milliseconds { decode: 0.0, register, read: total - register, total })
    }

    fn read_side(
        &mut self,
        page: &GrayPage,
        template: usize,
        side: u8,
        registration: Registration,
    ) -> FormReading {
        let template = &self.templates[template];
        let form = &template.form;
        let page = RegisteredPage { page, px_from_mm: Affine(registration.px_from_mm) };
        let management_number = number::read(&page, form, side, &mut self.tools);
        let mut readings = fields::read_fields(&page, template, side, &mut self.tools);
        for field in form.fields_on(side) {
            if let FieldKind::Barcode(rule) = &field.kind
                && !rule.is_management_number
            {
                readings.push(read_code(&page, field, rule));
            }
        }
        doubt_blanks(form, &mut readings);
        // Back into the order of the form file.
        let place = |id| form.fields.iter().position(|field| field.id == id);
        readings.sort_by_key(|reading| place(reading.id.clone()));
        FormReading {
            form: form.id.clone(),
            form_version: form.version,
            side,
            registration,
            management_number,
            fields: readings,
        }
    }
}

/// Probability that an empty field is truly empty on a page where a required field is empty too.
const EMPTY_BESIDE_A_REQUIRED_BLANK: f64 = 0.9;

/// Where a required field is empty, the pen may have been too faint for the scanner (a one-bit scan drops pencil and
/// red seals entirely): then no other empty field of the page is believed either. The page goes to a person anyway.
fn doubt_blanks(form: &Form, readings: &mut [FieldReading]) {
    let empty = |reading: &FieldReading| match &reading.value {
        Value::Blank => true,
        Value::Text(text) => text == "absent" || text == "off",
        Value::Several(_) => false,
    };
    let required =
        |reading: &FieldReading| form.field(reading.id.as_str()).is_some_and(|f| f.required && !f.prefilled);
    if !readings.iter().any(|reading| required(reading) && empty(reading)) {
        return;
    }
    for reading in
        readings.iter_mut().filter(|reading| reading.decision == Decision::Accept && empty(reading))
    {
        reading.decision = Decision::Review;
        reading.confidence = reading.confidence.min(EMPTY_BESIDE_A_REQUIRED_BLANK);
        reading.reason =
            Some("必須の欄が空欄です。薄くて写っていない記入がないか、画像で確かめてください。".to_owned());
    }
}

/// A printed code that is not the management number.
fn read_code(page: &RegisteredPage, field: &Field, rule: &NumberRule) -> FieldReading {
    let free_text = rule.length.is_none() && rule.check.is_none();
    let code = field.boxes.first().and_then(|rect| {
        barcode::read_region(page, *rect, rule.symbology, |text| free_text || number::possible(rule, text))
    });
    let right = if code.is_some() { CODE_RIGHT } else { 0.0 };
    FieldReading {
        id: field.id.clone(),
        kind: field.kind.as_str().to_owned(),
        reason: code.is_none().then(|| "コードが読めません。画像を見て入力してください。".to_owned()),
        decision: if code.is_some() { Decision::Accept } else { Decision::Review },
        value: code.map_or(Value::Blank, |code| Value::Text(code.text)),
        confidence: right,
        box_px: fields::box_px(&page.px_from_mm, field.area()),
        alternatives: Vec::new(),
    }
}

/// Cuts `rect`, grown by `margin_mm`, out of a scan, upright, at `px_per_mm`; what lies beside the paper is white.
pub fn snippet(
    page: &GrayPage,
    registration: &Registration,
    rect: RectMm,
    margin_mm: f64,
    px_per_mm: f64,
) -> GrayPage {
    let registered = RegisteredPage { page, px_from_mm: Affine(registration.px_from_mm) };
    let patch = registered.sample(rect.grown(margin_mm), px_per_mm);
    let dpi = (px_per_mm * 25.4) as f32;
    GrayPage {
        width: patch.width as u32,
        height: patch.height as u32,
        pixels: patch.pixels,
        dpi: Some([dpi, dpi]),
        bilevel: false,
    }
}

fn ms(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1000.0
}
