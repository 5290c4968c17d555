//! A page whose paper millimetres are known in the picture.

use crate::affine::Affine;
use crate::gray::GrayPage;
use domain::geometry::{PointMm, RectMm};

/// A registered page: regions are sampled from the scan as they are read; the page is never warped whole.
#[derive(Clone, Copy, Debug)]
pub struct RegisteredPage<'a> {
    /// The scan.
    pub page: &'a GrayPage,
    /// Paper mm -> picture pixels.
    pub px_from_mm: Affine,
}

/// An upright, unskewed cut-out of a registered page.
#[derive(Clone, Debug, PartialEq)]
pub struct Patch {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Resolution, pixels per mm of paper.
    pub px_per_mm: f64,
    /// The part of the paper that it shows.
    pub rect: RectMm,
    /// `width * height` grey values, 0 black, 255 white.
    pub pixels: Vec<u8>,
}

impl RegisteredPage<'_> {
    /// Samples `rect` at `px_per_mm`; paper outside the picture is white.
    ///
    /// Bilinear, with 2x2 samples a target pixel when the scan is finer than the patch.
    pub fn sample(&self, rect: RectMm, px_per_mm: f64) -> Patch {
        let width = ((rect.w * px_per_mm).round() as usize).max(1);
        let height = ((rect.h * px_per_mm).round() as usize).max(1);
        let fine = self.px_from_mm.mean_scale() > 1.3 * px_per_mm;
        let offsets: &[f64] = if fine { &[0.25, 0.75] } else { &[0.5] };
        let norm = (offsets.len() * offsets.len()) as f64;
        let mut pixels = Vec::with_capacity(width * height);
        for row in 0..height {
            for column in 0..width {
                let mut sum = 0.0;
                for dy in offsets {
                    for dx in offsets {
                        let x = rect.x + (column as f64 + dx) / px_per_mm;
                        let y = rect.y + (row as f64 + dy) / px_per_mm;
                        sum += self.bilinear(PointMm::new(x, y));
                    }
                }
                pixels.push((sum / norm).round() as u8);
            }
        }
        Patch { width, height, px_per_mm, rect, pixels }
    }

    /// The grey value at a point of the paper; pixel centres lie at half coordinates.
    pub(crate) fn bilinear(&self, point: PointMm) -> f64 {
        let [x, y] = self.px_from_mm.apply(point);
        let (x, y) = (x - 0.5, y - 0.5);
        let (left, top) = (floor(x), floor(y));
        let (fx, fy) = (x - left as f64, y - top as f64);
        let at = |dx, dy| f64::from(self.page.at(left + dx, top + dy));
        (at(0, 0) * (1.0 - fx) + at(1, 0) * fx) * (1.0 - fy) + (at(0, 1) * (1.0 - fx) + at(1, 1) * fx) * fy
    }
}

/// The next whole number below; `f64::floor` is a call into the C library on processors without SSE 4.1.
#[inline]
fn floor(v: f64) -> i64 {
    let whole = v as i64;
    whole.saturating_sub(i64::from(v < whole as f64))
}

impl Patch {
    /// The pixel at column `x`, row `y`.
    #[inline]
    pub fn at(&self, x: usize, y: usize) -> u8 {
        self.pixels[y * self.width + x]
    }
}
