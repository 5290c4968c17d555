//! 紙の傷み. What befalls a sheet between the desk and the scanner: folds, punch holes, the other side shining through.

use crate::Rng;
use crate::canvas::{Ink, Sheet};
use domain::geometry::PointMm;
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
