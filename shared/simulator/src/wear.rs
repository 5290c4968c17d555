//! 紙の傷み. What befalls a sheet between the desk and the scanner: folds, punch holes, the other side shining through,
//! writing that came through carbonless paper; and small paper on the glass of a large scanner.

use crate::Rng;
use crate::canvas::{Ink, Sheet};
use crate::scanner::{Scanner, soften};
use domain::geometry::PointMm;
use image::{GrayImage, Luma};
use rand::RngExt;

/// Folds, punches and turns a few sheets in a hundred.
pub fn befall(sheet: &mut Sheet, rng: &mut Rng) {
    if rng.random_bool(0.05) {
        show_through(sheet, rng.random_range(0.04..0.10));
    }
    if rng.random_bool(0.05) {
        fold(sheet, rng);
    }
    if rng.random_bool(0.05) {
        punch(sheet);
    }
}

/// A4, the glass that small paper lies on, mm.
const GLASS_MM: [f64; 2] = [210.0, 297.0];

/// 複写. Lays the writing of the first sheet of a set, `ink` on otherwise white paper, over the print of `copy`
/// (from 1): from the second sheet on it is grey, soft and broken, each sheet more than the one above.
pub fn write_through(print: &mut Sheet, ink: &Sheet, copy: u8, rng: &mut Rng) {
    let below = f64::from(copy.saturating_sub(1));
    let sigma_mm = below * rng.random_range(0.04..0.09);
    let strength = if below > 0.0 { rng.random_range(0.7..0.98) - 0.06 * below } else { 1.0 };
    // The pen presses unevenly: patches of a few millimetres are paler.
    let patches: Vec<f64> = (0..1024).map(|_| rng.random_range(1.0 - 0.12 * below..1.0)).collect();
    let patch_px = 3.0 * print.px_per_mm;
    let traced = soften(&ink.picture, sigma_mm * print.px_per_mm);
    for (x, y, pixel) in print.picture.enumerate_pixels_mut() {
        let dark = 255 - traced.get_pixel(x, y).0[0];
        if dark > 0 {
            let patch = (f64::from(y) / patch_px) as usize * 37 + (f64::from(x) / patch_px) as usize;
            let through = f64::from(dark) * strength * patches[patch % patches.len()];
            pixel.0[0] = pixel.0[0].min(255 - through as u8);
        }
    }
}

/// Small paper on the glass of an A4 scanner.
#[derive(Clone, Debug)]
pub struct OnGlass {
    /// The whole glass.
    pub sheet: Sheet,
    /// Where the paper's upper left corner lies on it, mm.
    pub at_mm: [f64; 2],
}

impl OnGlass {
    /// As [`Scanner::px_from_mm`], of the paper.
    pub fn px_from_mm(&self, scanner: &Scanner) -> [f64; 6] {
        let [a, b, c, d, e, f] = scanner.px_from_mm(GLASS_MM);
        let [x, y] = self.at_mm;
        [a, b, a * x + b * y + c, d, e, d * x + e * y + f]
    }
}

/// Paper smaller than the glass, somewhere on it, before a white or a dark lid.
pub fn on_glass(sheet: &Sheet, rng: &mut Rng) -> OnGlass {
    let px = |mm: f64| (mm * sheet.px_per_mm).round() as u32;
    let lid = if rng.random_bool(0.5) { rng.random_range(235..=255) } else { rng.random_range(25..90) };
    let mut picture = GrayImage::from_pixel(px(GLASS_MM[0]), px(GLASS_MM[1]), Luma([lid]));
    let (width, height) = size(sheet);
    let [right, down] = [GLASS_MM[0] - width, GLASS_MM[1] - height].map(|room| room.max(0.0));
    // Against the corner stop, or anywhere.
    let corner = rng.random_bool(0.5);
    let [left, top] = [right, down].map(|room| if corner { 0.0 } else { rng.random_range(0.0..=room) });
    image::imageops::replace(&mut picture, &sheet.picture, px(left).into(), px(top).into());
    let at_mm = [left, top].map(|mm| f64::from(px(mm)) / sheet.px_per_mm);
    OnGlass { sheet: Sheet { picture, px_per_mm: sheet.px_per_mm }, at_mm }
}

/// The back, printed as the front is, seen through the paper.
fn show_through(sheet: &mut Sheet, share: f64) {
    let width = sheet.picture.width() as usize;
    for row in sheet.picture.as_mut().chunks_exact_mut(width) {
        let back: Vec<u8> = row.iter().rev().copied().collect();
        for (front, back) in row.iter_mut().zip(back) {
            let shade = share * f64::from(255 - back);
            *front = front.saturating_sub(shade as u8);
        }
    }
}

/// A crease across the paper: its shadow is soft and pale.
fn fold(sheet: &mut Sheet, rng: &mut Rng) {
    let (width, height) = size(sheet);
    let ink =
        Ink { width_mm: rng.random_range(0.3..0.9), darkness: rng.random_range(0.06..0.22), grain: 0.3 };
    let y = height * rng.random_range(0.3..0.7);
    let tilt = rng.random_range(-2.0..2.0);
    sheet.stroke(&[PointMm::new(0.0, y), PointMm::new(width, y + tilt)], ink);
}

/// Two holes at the left edge, 6 mm wide, 80 mm apart, 12 mm from the edge (ISO 838): black where the lid is.
fn punch(sheet: &mut Sheet) {
    let (_, height) = size(sheet);
    let hole = Ink { width_mm: 6.0, darkness: 0.9, grain: 0.0 };
    for y in [height / 2.0 - 40.0, height / 2.0 + 40.0] {
        let center = PointMm::new(12.0, y);
        sheet.stroke(&[center, center], hole);
    }
}

/// Of the paper, mm.
fn size(sheet: &Sheet) -> (f64, f64) {
    let mm = |pixels: u32| f64::from(pixels) / sheet.px_per_mm;
    (mm(sheet.picture.width()), mm(sheet.picture.height()))
}
