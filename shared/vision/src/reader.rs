//! 読取り. One page from grey pixels to a reading: register, number, fields; and the cut-outs that people look at.

use crate::Affine;
use crate::barcode;
use crate::fields::{self, Tools};
use crate::gray::GrayPage;
use crate::number;
use crate::register::{Registered, Registrar};
use crate::registered::RegisteredPage;
use crate::template::Template;
use domain::form::{Field, FieldKind, NumberRule, Symbology};
use domain::geometry::RectMm;
use domain::ids::FormId;
use domain::message::Milliseconds;
use domain::reading::{Decision, FieldReading, FormReading, NumberReading, PageReading, Registration, Value};
use domain::ticket::BatchTicket;
use std::time::Instant;

/// Probability that a two-dimensional code, which corrects its own errors, was read rightly.
const MATRIX_RIGHT: f64 = 0.999_99;
/// ... and bars whose length and check digit hold.
const CHECKED_BARS_RIGHT: f64 = 0.9999;
/// ... and bars without a rule: in 1,035 degraded ones, one was read wrong.
const BARS_RIGHT: f64 = 0.999;

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
        let proven = |number: &NumberReading| number.decision == Decision::Accept && number.sources.len() > 1;
        self.tools.whose_is_known(management_number.as_ref().is_some_and(proven));
        let mut readings = fields::read_fields(&page, template, side, &mut self.tools);
        for field in form.fields_on(side) {
            if let FieldKind::Barcode(rule) = &field.kind
                && !rule.is_management_number
            {
                readings.push(read_code(&page, field, rule, management_number.as_ref()));
            }
        }
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

/// A printed code that is not the management number; a batch ticket's code repeats that number.
fn read_code(
    page: &RegisteredPage,
    field: &Field,
    rule: &NumberRule,
    number: Option<&NumberReading>,
) -> FieldReading {
    let free_text = rule.length.is_none() && rule.check.is_none();
    let code = field.boxes.first().and_then(|rect| {
        barcode::read_region(page, *rect, rule.symbology, |text| free_text || number::possible(rule, text))
    });
    let text = code.map(|code| code.text);
    let ticket = text.as_deref().and_then(BatchTicket::from_code);
    let printed = number.and_then(|number| number.value.as_ref());
    let said = ticket.map(|ticket| ticket.number).or_else(|| text.clone().filter(|_| rule.repeats_number));
    let disputed = said.zip(printed).is_some_and(|(said, printed)| said != *printed.reveal());
    let (confidence, reason) = match (&text, rule.symbology) {
        (None, _) => (0.0, Some("コードが読めません。画像を見て入力してください。")),
        _ if disputed => {
            (BARS_RIGHT, Some("二次元コードの番号と管理番号が違います。どちらの票か確かめてください。"))
        }
        (_, Symbology::Qr | Symbology::DataMatrix) => (MATRIX_RIGHT, None),
        _ if rule.check.is_some() => (CHECKED_BARS_RIGHT, None),
        _ => (BARS_RIGHT, Some("検査数字のないバーコードです。読んだ値を確かめてください。")),
    };
    FieldReading {
        id: field.id.clone(),
        kind: field.kind.as_str().to_owned(),
        value: text.map_or(Value::Blank, Value::Text),
        confidence,
        decision: if reason.is_none() { Decision::Accept } else { Decision::Review },
        reason: reason.map(str::to_owned),
        box_px: fields::box_px(&page.px_from_mm, field.area()),
        alternatives: Vec::new(),
        labels: Vec::new(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::Params;
    use crate::register::drawing::{FORM, NUMBER, Scan, draw, fill, template};
    use domain::reading::NumberSource;

    fn read(paper: &GrayPage) -> PageReading {
        let mut reader = PageReader::new(vec![template(FORM)], Tools::new(Params::default(), None));
        let scan = Scan { turn_deg: 178.0, border_mm: 4.0, ..Scan::default() };
        reader.read(&scan.of(paper).0, None).0
    }

    #[test]
    fn a_slip_gives_its_number_its_codes_and_its_fields_in_order() {
        let form = template(FORM).form;
        let PageReading::Read(reading) = read(&draw(&form, 1, Some(NUMBER))) else { panic!("not read") };
        assert_eq!((reading.form.as_str(), reading.form_version, reading.side), ("trial", 1, 1));
        assert!(reading.registration.upside_down);
        let number = reading.management_number.as_ref().unwrap();
        assert_eq!(number.value.as_ref().unwrap().reveal(), NUMBER);
        assert!(number.sources.contains(&NumberSource::Barcode));
        let ids: Vec<&str> = reading.fields.iter().map(|field| field.id.as_str()).collect();
        assert_eq!(ids, ["code", "temperature"]);
        let code = reading.field("code").unwrap();
        assert_eq!((code.value.text(), code.decision), (Some(NUMBER), Decision::Accept));
        assert!(reading.field("temperature").unwrap().value.is_blank());
    }

    #[test]
    fn codes_that_are_gone_are_reviewed_and_never_guessed() {
        let form = template(FORM).form;
        let PageReading::Read(reading) = read(&draw(&form, 1, None)) else { panic!("not read") };
        let number = reading.management_number.as_ref().unwrap();
        assert_eq!((number.value.is_none(), number.decision), (true, Decision::Review));
        let code = reading.field("code").unwrap();
        assert_eq!((code.value.is_blank(), code.decision), (true, Decision::Review));
        assert!(number.reason.is_some() && code.reason.is_some());
    }

    #[test]
    fn a_second_number_on_the_page_sends_the_first_to_a_person() {
        let form = template(FORM).form;
        let mut paper = draw(&form, 1, Some(NUMBER));
        let label = RectMm::new(60.0, 142.0, 44.0, 12.0);
        crate::register::drawing::code(&mut paper, "07000000021", domain::form::Symbology::Nw7, label);
        let PageReading::Read(reading) = read(&paper) else { panic!("not read") };
        let number = reading.management_number.as_ref().unwrap();
        assert_eq!(number.decision, Decision::Review);
        assert!(number.reason.as_ref().unwrap().contains("別の管理番号"));
    }

    #[test]
    fn a_ticket_whose_two_codes_disagree_goes_to_a_person() {
        let form = template(FORM).form;
        for (number, decision) in [(NUMBER, Decision::Accept), ("07000000021", Decision::Review)] {
            let mut paper = draw(&form, 1, None);
            let text = format!("YT1|{number}|0110113719|2026-10|x|5");
            for (id, text) in [("number", NUMBER), ("code", text.as_str())] {
                let field = form.field(id).unwrap();
                let FieldKind::Barcode(rule) = &field.kind else { panic!("{id} is a code") };
                crate::register::drawing::code(&mut paper, text, rule.symbology, field.boxes[0]);
            }
            let PageReading::Read(reading) = read(&paper) else { panic!("not read") };
            assert_eq!(reading.field("code").unwrap().decision, decision);
        }
    }

    #[test]
    fn a_snippet_shows_the_paper_upright() {
        let mut paper = GrayPage::white(1776, 2520);
        fill(&mut paper, RectMm::new(20.0, 30.0, 10.0, 4.0));
        let (page, truth) = Scan { turn_deg: 183.0, border_mm: 4.0, ..Scan::default() }.of(&paper);
        let registration = Registration {
            method: domain::reading::RegistrationMethod::Marks,
            rotation_deg: 180.0,
            upside_down: true,
            scale: 1.0,
            residual_mm: 0.0,
            inliers: 4,
            px_from_mm: truth.0,
        };
        let cut = snippet(&page, &registration, RectMm::new(20.0, 30.0, 10.0, 4.0), 2.0, 5.0);
        assert_eq!((cut.width, cut.height), (70, 40));
        let inside = |x: i64, y: i64| (12..58).contains(&x) && (12..28).contains(&y);
        for (x, y) in [(3, 3), (66, 3), (35, 20), (14, 14), (56, 26), (35, 36)] {
            assert_eq!(cut.at(x, y) < 128, inside(x, y), "{x} {y}");
        }
    }
}
