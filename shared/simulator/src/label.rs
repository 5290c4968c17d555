//! ロット番号ラベル. The sticker that comes with a vaccine: a GS1 Data Matrix and lines of small print.

use crate::Rng;
use crate::canvas::{Ink, Sheet};
use domain::geometry::{PointMm, RectMm};
use rand::RngExt;
use zxingcpp::BarcodeFormat;

/// Edge of one module, mm: labels of single doses have 0.33 to 0.5.
const MODULE_MM: f64 = 0.42;
/// Print of a label.
const BLACK: Ink = Ink { width_mm: 0.2, darkness: 0.95, grain: 0.0 };

/// A lot number as makers write them: two letters, three digits.
pub fn lot(rng: &mut Rng) -> String {
    let letter = |rng: &mut Rng| char::from(b'A' + rng.random_range(0..26));
    let (first, second) = (letter(rng), letter(rng));
    format!("{first}{second}{:03}", rng.random_range(0..1000))
}

/// Sticks a label with this lot number into `area`, a little askew.
pub fn stick(sheet: &mut Sheet, area: RectMm, lot: &str, rng: &mut Rng) {
    let gs1 = format!("(01)04912345678904(17)271130(10){lot}");
    let code = zxingcpp::create(BarcodeFormat::DataMatrix).options("gs1").from_str(gs1);
    let writer = zxingcpp::write().scale(1).add_quiet_zones(false);
    let Ok(modules) = code.and_then(|code| code.to_image_with(&writer)) else {
        return;
    };
    let (columns, rows) = (modules.width() as usize, modules.height() as usize);
    let (w, h) = (columns as f64 * MODULE_MM, rows as f64 * MODULE_MM);
    let turn = rng.random_range(-0.04..0.04f64);
    let left = area.x + rng.random_range(3.0..5.0);
    let top = area.center().y - h / 2.0 + rng.random_range(-0.8..0.8);
    let at = |x: f64, y: f64| PointMm::new(left + x - turn * y, top + y + turn * x);
    for row in 0..rows {
        for column in (0..columns).filter(|column| modules.data()[row * columns + column] < 128) {
            square(sheet, at(column as f64 * MODULE_MM, row as f64 * MODULE_MM));
        }
    }
    let right = (area.right() - left - 3.0).min(w + 18.0);
    for line in 0..3 {
        let y = 1.0 + f64::from(line) * h / 3.0;
        sheet.stroke(&[at(w + 2.5, y), at(right, y)], Ink { width_mm: 0.5, darkness: 0.8, grain: 0.4 });
    }
}

fn square(sheet: &mut Sheet, corner: PointMm) {
    let px = |mm: f64| (mm * sheet.px_per_mm).round() as i64;
    let (x0, y0) = (px(corner.x), px(corner.y));
    let (x1, y1) = (px(corner.x + MODULE_MM), px(corner.y + MODULE_MM));
    for y in y0..y1 {
        for x in x0..x1 {
            sheet.darken(x, y, 1.0, BLACK);
        }
    }
}
