//! Cut-outs of a page, prepared for the reader of codes.

use super::MARGIN_MM;
use crate::registered::RegisteredPage;
use domain::geometry::{PointMm, RectMm};

/// Paper added around a cut-out, mm: ten modules of 0.33 mm, the quiet zone of NW-7.
const QUIET_MM: f64 = 3.5;
/// Bands across the bars. Each is the mean of its height: noise and fax rows average out, a torn part spoils few.
const BANDS: usize = 8;
/// Points averaged down a band.
const BAND_POINTS: usize = 6;
/// A usual module of our slips, mm.
const MODULE_MM: f64 = 0.3;

/// A cut-out with paper around it.
pub(super) struct Picture {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<u8>,
    /// Paper mm of the left top corner, and mm per pixel across and down.
    pub origin: PointMm,
    pub step: [f64; 2],
}

impl Picture {
    /// `area` as it is, at `px_per_mm`.
    pub fn plain(page: &RegisteredPage, area: RectMm, px_per_mm: f64) -> Self {
        let patch = page.sample(area, px_per_mm);
        let quiet = (QUIET_MM * px_per_mm) as usize;
        let (width, height) = (patch.width + 2 * quiet, patch.height + 2 * quiet);
        let mut pixels = vec![paper(&patch.pixels); width * height];
        for (row, line) in patch.pixels.chunks_exact(patch.width).enumerate() {
            let start = (row + quiet) * width + quiet;
            pixels[start..start + patch.width].copy_from_slice(line);
        }
        let step = 1.0 / px_per_mm;
        let off = quiet as f64 * step;
        Self { width, height, pixels, origin: PointMm::new(area.x - off, area.y - off), step: [step; 2] }
    }

    /// The bars of `rect` as [`BANDS`] rows, at `px_per_mm` along them.
    pub fn bands(page: &RegisteredPage, rect: RectMm, px_per_mm: f64) -> Self {
        let quiet = (QUIET_MM * px_per_mm) as usize;
        let (left, across) = (rect.x - MARGIN_MM, rect.w + 2.0 * MARGIN_MM);
        let columns = (across * px_per_mm).round() as usize;
        // A twelfth at the top and bottom is left out: the page may lie a little off.
        let (top, down) = (rect.y + rect.h / 12.0, rect.h * 10.0 / 12.0);
        let mut cut = Vec::with_capacity(columns * BANDS);
        for band in 0..BANDS {
            cut.extend((0..columns).map(|column| {
                let x = left + (column as f64 + 0.5) / px_per_mm;
                let sum: f64 = (0..BAND_POINTS)
                    .map(|k| (band * BAND_POINTS + k) as f64 + 0.5)
                    .map(|k| page.bilinear(PointMm::new(x, top + down * k / (BANDS * BAND_POINTS) as f64)))
                    .sum();
                (sum / BAND_POINTS as f64).round() as u8
            }));
        }
        let width = columns + 2 * quiet;
        let mut pixels = vec![paper(&cut); width * BANDS];
        for (line, cut) in pixels.chunks_exact_mut(width).zip(cut.chunks_exact(columns.max(1))) {
            line[quiet..quiet + columns].copy_from_slice(cut);
        }
        let step = [1.0 / px_per_mm, down / BANDS as f64];
        Self { width, height: BANDS, pixels, origin: PointMm::new(left - quiet as f64 * step[0], top), step }
    }

    /// Each pixel the mean of 3x3; the frame is paper anyway.
    pub fn blurred(mut self) -> Self {
        let from = self.pixels.clone();
        for y in 1..self.height - 1 {
            for x in 1..self.width - 1 {
                let rows =
                    [y - 1, y, y + 1].map(|row| &from[row * self.width + x - 1..row * self.width + x + 2]);
                let sum: u32 = rows.iter().flat_map(|row| row.iter()).map(|&v| u32::from(v)).sum();
                self.pixels[y * self.width + x] = (sum / 9) as u8;
            }
        }
        self
    }

    /// Along the rows, takes away what neighbours one module off have lent: narrow bars between wide ones come back.
    pub fn sharpened(mut self) -> Self {
        let off = ((MODULE_MM / self.step[0]).round() as usize).max(1);
        for row in self.pixels.chunks_exact_mut(self.width) {
            let from = row.to_vec();
            let at = |x: usize| i32::from(from[x]);
            let inner = from.len().saturating_sub(2 * off);
            for (x, pixel) in row.iter_mut().enumerate().skip(off).take(inner) {
                let sharp = 2 * at(x) - (at(x - off) + at(x + off)) / 2;
                *pixel = sharp.clamp(0, 255) as u8;
            }
        }
        self
    }

    /// Black or white, by the middle between the darkest and the lightest pixel within 2 mm along the row.
    pub fn blackened(mut self) -> Self {
        let reach = (2.0 / self.step[0]) as usize;
        for row in self.pixels.chunks_exact_mut(self.width) {
            let from = row.to_vec();
            for (x, pixel) in row.iter_mut().enumerate() {
                let near = &from[x.saturating_sub(reach)..(x + reach).min(from.len())];
                let (dark, light) = near.iter().fold((255, 0), |(d, l), &v| (v.min(d), v.max(l)));
                // Without print within reach there is no middle: paper.
                let ink = light - dark.min(light) > 40
                    && u16::from(from[x]) * 2 < u16::from(dark) + u16::from(light);
                *pixel = if ink { 0 } else { 255 };
            }
        }
        self
    }
}

/// The brightness of the paper in a cut-out, for the quiet zone around it: pure white around dark paper would
/// draw the threshold between the two.
fn paper(pixels: &[u8]) -> u8 {
    let mut sorted = pixels.to_vec();
    let at = sorted.len() * 9 / 10;
    if sorted.is_empty() { 255 } else { *sorted.select_nth_unstable(at).1 }
}
