//! Which pixels are print, judged against the paper around them.

use crate::gray::GrayPage;
use domain::geometry::RectMm;

/// Edge of the neighbourhood that says how light paper is here, mm: wider than any pen, narrower than a shaded box.
const AROUND_MM: f64 = 6.0;
/// Print is at least this much darker than its neighbourhood, grey levels: pale drop-out colours stay 20 below paper.
const DARKER: u32 = 16;
/// Nothing lighter than this is print.
const LIGHTEST: u8 = 240;

/// A page as ink or no ink.
pub(super) struct Ink {
    pub width: usize,
    pub height: usize,
    pub px_per_mm: f64,
    pub dark: Vec<bool>,
}

/// Sums over an [`Ink`], for shares of any rectangle at once.
pub(super) struct Sums {
    width: usize,
    height: usize,
    px_per_mm: f64,
    sums: Vec<u32>,
}

impl Ink {
    pub fn of(page: &GrayPage, px_per_mm: f64) -> Self {
        let (width, height) = (page.width as usize, page.height as usize);
        let dark = if page.bilevel {
            page.pixels.iter().map(|&grey| grey < 128).collect()
        } else {
            against_paper(&page.pixels, width, height, (AROUND_MM * px_per_mm / 2.0) as usize)
        };
        Self { width, height, px_per_mm, dark }
    }

    /// Rows become columns.
    pub fn transposed(&self) -> Self {
        let mut dark = vec![false; self.dark.len()];
        for (y, row) in self.dark.chunks_exact(self.width).enumerate() {
            for (x, &ink) in row.iter().enumerate() {
                dark[x * self.height + y] = ink;
            }
        }
        Self { width: self.height, height: self.width, px_per_mm: self.px_per_mm, dark }
    }

    pub fn sums(&self) -> Sums {
        let sums = integral(self.dark.iter().map(|&ink| u32::from(ink)), self.width, self.height);
        Sums { width: self.width, height: self.height, px_per_mm: self.px_per_mm, sums }
    }
}

fn integral(values: impl Iterator<Item = u32>, width: usize, height: usize) -> Vec<u32> {
    let stride = width + 1;
    let mut sums = vec![0u32; stride * (height + 1)];
    let mut row = 0u32;
    for (at, value) in values.enumerate() {
        let (x, y) = (at % width, at / width);
        row = if x == 0 { value } else { row.wrapping_add(value) };
        sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1].wrapping_add(row);
    }
    sums
}

fn against_paper(pixels: &[u8], width: usize, height: usize, reach: usize) -> Vec<bool> {
    // Differences of wrapped sums are right as long as one neighbourhood stays below 2^32: 16 million pixels.
    let sums = integral(pixels.iter().map(|&grey| u32::from(grey)), width, height);
    let stride = width + 1;
    let mut dark = vec![false; pixels.len()];
    for y in 0..height {
        let (top, bottom) = (y.saturating_sub(reach), (y + reach + 1).min(height));
        for x in 0..width {
            let (left, right) = (x.saturating_sub(reach), (x + reach + 1).min(width));
            let sum = sums[bottom * stride + right]
                .wrapping_sub(sums[bottom * stride + left])
                .wrapping_sub(sums[top * stride + right])
                .wrapping_add(sums[top * stride + left]);
            let mean = sum / ((bottom - top) * (right - left)) as u32;
            let grey = pixels[y * width + x];
            // Inside a solid black bar everything around is black, too.
            dark[y * width + x] = grey < 64 || (grey < LIGHTEST && u32::from(grey) + DARKER < mean);
        }
    }
    dark
}

impl Sums {
    /// The share of `rect` that is print, 0..=1; what lies beside the picture counts as paper.
    pub fn share(&self, rect: &RectMm) -> f64 {
        let px = |mm: f64, most: usize| (mm * self.px_per_mm).round().clamp(0.0, most as f64) as usize;
        let (left, right) = (px(rect.x, self.width), px(rect.right(), self.width));
        let (top, bottom) = (px(rect.y, self.height), px(rect.bottom(), self.height));
        if right <= left || bottom <= top {
            return 0.0;
        }
        let stride = self.width + 1;
        let sum = self.sums[bottom * stride + right]
            .wrapping_sub(self.sums[bottom * stride + left])
            .wrapping_sub(self.sums[top * stride + right])
            .wrapping_add(self.sums[top * stride + left]);
        f64::from(sum) / ((right - left) * (bottom - top)) as f64
    }

    /// One pixel, mm.
    pub fn pixel_mm(&self) -> f64 {
        1.0 / self.px_per_mm
    }

    /// The picture, mm.
    pub fn paper(&self) -> RectMm {
        RectMm::new(0.0, 0.0, self.width as f64 / self.px_per_mm, self.height as f64 / self.px_per_mm)
    }
}
