//! ロット番号ラベル. The stickers that come with a vaccine: a GS1 code and lines of small print, as makers cut them.

use crate::Rng;
use crate::canvas::{Ink, Sheet};
use domain::geometry::{PointMm, RectMm};
use rand::RngExt;
use zxingcpp::BarcodeFormat;

/// Print of a label.
const BLACK: Ink = Ink { width_mm: 0.2, darkness: 0.95, grain: 0.0 };
/// A product that nobody sells.
const GTIN: &str = "04912345678904";

/// How a maker prints the label.
struct Kind {
    format: BarcodeFormat,
    /// Labels of this kind in a hundred.
    share: u32,
    /// Edge of one module, mm: smallest and largest in use.
    module_mm: [f64; 2],
    /// Height of bars, mm; 0 for a matrix, whose modules are square.
    bars_mm: f64,
    /// Whether the code holds lot and expiry, or the product alone (the lot is in print then).
    whole: bool,
}

/// Single doses have room for a matrix or stacked bars; the plain DataBar names the product only.
const KINDS: [Kind; 4] = [
    Kind { format: BarcodeFormat::DataMatrix, share: 70, module_mm: [0.33, 0.5], bars_mm: 0.0, whole: true },
    Kind {
        format: BarcodeFormat::DataBarExpStk,
        share: 14,
        module_mm: [0.25, 0.33],
        bars_mm: 0.0,
        whole: true,
    },
    Kind { format: BarcodeFormat::DataBarExp, share: 10, module_mm: [0.21, 0.25], bars_mm: 6.0, whole: true },
    Kind { format: BarcodeFormat::DataBarLtd, share: 6, module_mm: [0.25, 0.33], bars_mm: 4.0, whole: false },
];

/// A lot number as makers write them: two letters, three digits.
pub fn lot(rng: &mut Rng) -> String {
    let letter = |rng: &mut Rng| char::from(b'A' + rng.random_range(0..26));
    let (first, second) = (letter(rng), letter(rng));
    format!("{first}{second}{:03}", rng.random_range(0..1000))
}

/// Sticks a label with this lot number into `area`, askew, sometimes with a shine over it.
pub fn stick(sheet: &mut Sheet, area: RectMm, lot: &str, rng: &mut Rng) {
    let kind = drawn(rng);
    let (text, options) = match kind.whole {
        true => (format!("(01){GTIN}(17)271130(10){lot}"), "gs1"),
        false => (GTIN.to_owned(), ""),
    };
    let code = zxingcpp::create(kind.format).options(options).from_str(text);
    let writer = zxingcpp::write().scale(1).add_quiet_zones(false);
    let Ok(modules) = code.and_then(|code| code.to_image_with(&writer)) else {
        return;
    };
    let (columns, rows) = (modules.width() as usize, modules.height() as usize);
    let rows = if kind.bars_mm > 0.0 { 1 } else { rows };
    let room = (area.w - 8.0) / columns as f64;
    let [least, most] = kind.module_mm;
    let module = rng.random_range(least..most).min(room);
    let step = [module, if kind.bars_mm > 0.0 { kind.bars_mm } else { module }];
    let (w, h) = (columns as f64 * step[0], rows as f64 * step[1]);
    let turn = rng.random_range(-0.08..0.08f64).clamp(-1.2 / w, 1.2 / w);
    let left = area.x + rng.random_range(3.0..5.0);
    let top = area.center().y - h / 2.0 + rng.random_range(-0.8..0.8);
    let at = |x: f64, y: f64| PointMm::new(left + x - turn * y, top + y + turn * x);
    let pixels = modules.data();
    for row in 0..rows {
        for column in (0..columns).filter(|column| pixels[row * columns + column] < 128) {
            dark(sheet, &at, [column as f64 * step[0], row as f64 * step[1]], step);
        }
    }
    let right = (area.right() - left - 3.0).min(w + 18.0);
    for line in 0..3 {
        let y = 1.0 + f64::from(line) * h / 3.0;
        if right > w + 4.0 {
            sheet.stroke(&[at(w + 2.5, y), at(right, y)], Ink { width_mm: 0.5, darkness: 0.8, grain: 0.4 });
        }
    }
    if rng.random_bool(0.2) {
        shine(sheet, area, rng);
    }
}

fn drawn(rng: &mut Rng) -> &'static Kind {
    let mut ball = rng.random_range(0..KINDS.iter().map(|kind| kind.share).sum::<u32>());
    let hit = KINDS.iter().find(|kind| {
        let hit = ball < kind.share;
        ball = ball.saturating_sub(kind.share);
        hit
    });
    hit.unwrap_or(&KINDS[0])
}

/// One dark module or bar, which may lie askew: pixel by pixel.
pub(crate) fn dark(sheet: &mut Sheet, at: &impl Fn(f64, f64) -> PointMm, [x, y]: [f64; 2], [w, h]: [f64; 2]) {
    let step = 0.5 / sheet.px_per_mm;
    let count = |length: f64| (length / step).round().max(1.0) as usize;
    for row in 0..count(h) {
        for column in 0..count(w) {
            let point = at(x + (column as f64 + 0.5) * step, y + (row as f64 + 0.5) * step);
            let px = |mm: f64| (mm * sheet.px_per_mm).floor() as i64;
            sheet.darken(px(point.x), px(point.y), 1.0, BLACK);
        }
    }
}

/// The lamp mirrored in a glossy label: a slanting band in which black turns grey.
fn shine(sheet: &mut Sheet, area: RectMm, rng: &mut Rng) {
    let (middle, slant) = (area.x + rng.random_range(0.1..0.9) * area.w, rng.random_range(-0.5..0.5));
    let (reach, strength) = (rng.random_range(1.0..4.0), rng.random_range(0.1..0.5));
    let px = |mm: f64| (mm * sheet.px_per_mm) as u32;
    let (width, height) = sheet.picture.dimensions();
    for y in px(area.y)..px(area.bottom()).min(height) {
        for x in px(area.x)..px(area.right()).min(width) {
            let (mm_x, mm_y) = (f64::from(x) / sheet.px_per_mm, f64::from(y) / sheet.px_per_mm);
            let off = (mm_x - middle - slant * (mm_y - area.y)).abs();
            let light = strength * (1.0 - off / reach).max(0.0);
            let grey = &mut sheet.picture.get_pixel_mut(x, y).0[0];
            *grey += (f64::from(255 - *grey) * light) as u8;
        }
    }
}
