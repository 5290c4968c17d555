//! 券. Numbers that others print on their paper or on a sticker that goes onto it: codes, and digits in OCR-B.

use crate::canvas::{Ink, Sheet};
use crate::{Rng, label};
use domain::form::{Field, FieldKind, Form, NumberRule, Symbology};
use domain::geometry::{PointMm, RectMm};
use rand::RngExt;
use zxingcpp::BarcodeFormat;

/// Print of a sticker.
const BLACK: Ink = Ink { width_mm: 0.28, darkness: 0.95, grain: 0.0 };
/// How far a sticker lies from where it belongs, mm, and how far it is turned, as a share.
const ASKEW_MM: f64 = 0.8;
const ASKEW_TURN: f64 = 0.012;

/// White around the codes of a sticker, mm.
const STICKER_EDGE_MM: f64 = 1.5;

/// A number with `length` digits.
pub fn number(length: u8, rng: &mut Rng) -> String {
    (0..length).map(|_| char::from(b'0' + rng.random_range(0..10u8))).collect()
}

/// Prints the codes of `form` on a sheet of paper that others print: the management number where the form has it and
/// where it is repeated, and a number of its own for every other code. All of them are on one sticker, a little askew.
pub fn stick(sheet: &mut Sheet, form: &Form, side: u8, number: &str, rng: &mut Rng) {
    let codes: Vec<(&Field, &NumberRule)> = form.fields_on(side).filter_map(code).collect();
    let Some(area) = RectMm::around(&codes.iter().map(|(field, _)| field.area()).collect::<Vec<_>>()) else {
        return;
    };
    let middle = area.center();
    let off = [(); 2].map(|()| rng.random_range(-ASKEW_MM..ASKEW_MM));
    let turn = rng.random_range(-ASKEW_TURN..ASKEW_TURN);
    let at = |x: f64, y: f64| {
        let (dx, dy) = (x - middle.x, y - middle.y);
        PointMm::new(middle.x + dx - turn * dy + off[0], middle.y + dy + turn * dx + off[1])
    };
    white(sheet, area.grown(STICKER_EDGE_MM));
    for (field, rule) in codes {
        let own = self::number(rule.length.unwrap_or(10), rng);
        let text = if rule.is_management_number || rule.repeats_number { number } else { own.as_str() };
        if let Some(place) = field.boxes.first() {
            draw(sheet, &at, rule.symbology, text, place);
        }
        for (cell, digit) in rule.digit_cells.iter().zip(text.bytes()) {
            ocr_b(sheet, &at, digit - b'0', cell);
        }
    }
}

/// A sticker hides what is beneath it.
fn white(sheet: &mut Sheet, area: RectMm) {
    let px = |mm: f64, limit: u32| ((mm * sheet.px_per_mm).max(0.0) as u32).min(limit);
    let (width, height) = sheet.picture.dimensions();
    for y in px(area.y, height)..px(area.bottom(), height) {
        for x in px(area.x, width)..px(area.right(), width) {
            sheet.picture.get_pixel_mut(x, y).0[0] = 255;
        }
    }
}

fn code(field: &Field) -> Option<(&Field, &NumberRule)> {
    match &field.kind {
        FieldKind::Barcode(rule) => Some((field, rule)),
        _ => None,
    }
}

fn draw(
    sheet: &mut Sheet,
    at: &impl Fn(f64, f64) -> PointMm,
    symbology: Symbology,
    text: &str,
    place: &RectMm,
) {
    let (format, text, options) = match symbology {
        Symbology::Nw7 => (BarcodeFormat::Codabar, format!("A{text}A"), ""),
        Symbology::Code128 => (BarcodeFormat::Code128, text.to_owned(), ""),
        Symbology::Qr => (BarcodeFormat::QRCode, text.to_owned(), "ecLevel=M"),
        Symbology::DataMatrix => (BarcodeFormat::DataMatrix, text.to_owned(), "forceSquare"),
    };
    let code = zxingcpp::create(format).options(options).from_str(text);
    let writer = zxingcpp::write().scale(1).add_quiet_zones(false);
    let Ok(modules) = code.and_then(|code| code.to_image_with(&writer)) else {
        return;
    };
    let (columns, rows) = (modules.width() as usize, modules.height() as usize);
    let rows = if matches!(symbology, Symbology::Nw7 | Symbology::Code128) { 1 } else { rows };
    let step = [place.w / columns as f64, place.h / rows as f64];
    let pixels = modules.data();
    for row in 0..rows {
        for column in (0..columns).filter(|column| pixels[row * columns + column] < 128) {
            let corner = [place.x + column as f64 * step[0], place.y + row as f64 * step[1]];
            label::dark(sheet, at, corner, step);
        }
    }
}

/// A digit of even strokes, as OCR-B has them: 2.4 mm high at 9 points.
fn ocr_b(sheet: &mut Sheet, at: &impl Fn(f64, f64) -> PointMm, digit: u8, cell: &RectMm) {
    let (h, w) = (2.4, 1.4);
    let (x0, y0) = (cell.center().x - w / 2.0, cell.center().y - h / 2.0);
    for line in STROKES[usize::from(digit % 10)] {
        let points: Vec<PointMm> = line.iter().map(|[x, y]| at(x0 + x * w, y0 + y * h)).collect();
        sheet.stroke(&points, BLACK);
    }
}

type Line = &'static [[f64; 2]];

/// Lines of the ten digits in a box of one by one.
const STROKES: [&[Line]; 10] = [
    &[&[
        [0.5, 0.0],
        [0.2, 0.07],
        [0.05, 0.3],
        [0.05, 0.7],
        [0.2, 0.93],
        [0.5, 1.0],
        [0.8, 0.93],
        [0.95, 0.7],
        [0.95, 0.3],
        [0.8, 0.07],
        [0.5, 0.0],
    ]],
    &[&[[0.1, 0.22], [0.55, 0.0], [0.55, 1.0]]],
    &[&[[0.05, 0.15], [0.3, 0.0], [0.7, 0.02], [0.92, 0.18], [0.9, 0.4], [0.05, 1.0], [0.95, 1.0]]],
    &[&[
        [0.08, 0.0],
        [0.9, 0.0],
        [0.45, 0.38],
        [0.75, 0.42],
        [0.95, 0.62],
        [0.9, 0.85],
        [0.65, 1.0],
        [0.3, 1.0],
        [0.05, 0.9],
    ]],
    &[&[[0.5, 0.0], [0.05, 0.72], [0.98, 0.72]], &[[0.72, 0.42], [0.72, 1.0]]],
    &[&[
        [0.9, 0.0],
        [0.18, 0.0],
        [0.15, 0.42],
        [0.6, 0.4],
        [0.9, 0.55],
        [0.95, 0.75],
        [0.8, 0.95],
        [0.4, 1.0],
        [0.05, 0.9],
    ]],
    &[&[
        [0.7, 0.0],
        [0.3, 0.3],
        [0.08, 0.65],
        [0.2, 0.92],
        [0.5, 1.0],
        [0.82, 0.92],
        [0.95, 0.7],
        [0.8, 0.48],
        [0.5, 0.4],
        [0.2, 0.48],
    ]],
    &[&[[0.05, 0.0], [0.95, 0.0], [0.55, 0.5], [0.42, 1.0]]],
    &[&[
        [0.5, 0.46],
        [0.18, 0.36],
        [0.12, 0.14],
        [0.35, 0.0],
        [0.65, 0.0],
        [0.88, 0.14],
        [0.82, 0.36],
        [0.5, 0.46],
        [0.12, 0.62],
        [0.06, 0.84],
        [0.3, 1.0],
        [0.7, 1.0],
        [0.94, 0.84],
        [0.88, 0.62],
        [0.5, 0.46],
    ]],
    &[&[
        [0.8, 0.52],
        [0.5, 0.6],
        [0.2, 0.52],
        [0.05, 0.3],
        [0.18, 0.08],
        [0.5, 0.0],
        [0.8, 0.08],
        [0.92, 0.35],
        [0.7, 0.7],
        [0.3, 1.0],
    ]],
];
