//! Printed codes: the region where the form says first, with one format and a true quiet zone; the whole page
//! only when that fails.

use crate::registered::RegisteredPage;
use domain::form::Symbology;
use domain::geometry::{PointMm, RectMm};
use zxingcpp::{BarcodeFormat, BarcodeReader, Binarizer, ImageFormat, ImageView};

/// Around a region, mm: registration and printing are off by less.
const MARGIN_MM: f64 = 1.0;
/// Paper added around a cut-out, mm: ten modules of 0.33 mm, the quiet zone of NW-7.
const QUIET_MM: f64 = 3.5;
/// Bands across the bars. Each is the mean of its height: noise and fax rows average out, a torn part spoils few.
const BANDS: usize = 8;
/// Points averaged down a band.
const BAND_POINTS: usize = 6;
/// Resolution at which bars are sampled, pixels per mm: a module of 0.25 mm becomes 3 pixels.
const BAR_PX_PER_MM: f64 = 12.0;
/// ... and modules of two-dimensional codes (0.4 mm and more): 4 pixels each.
const MODULE_PX_PER_MM: f64 = 10.0;
/// A quick look over a page for bars: one line every so many mm, at so many pixels per mm (a module is 2).
const SKIM_MM: f64 = 4.0;
const SKIM_PX_PER_MM: f64 = 8.0;
/// Lines that must read alike for bars to count.
const LINES: i32 = 2;

/// A code that was read.
#[derive(Clone, PartialEq)]
pub struct Code {
    /// What it says; NW-7 without its start and stop characters.
    pub text: String,
    /// Its kind.
    pub symbology: Symbology,
    /// Where it is printed, mm of the paper.
    pub rect: RectMm,
}

impl std::fmt::Debug for Code {
    /// The text may name a person, so it is not printed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Code")
            .field("symbology", &self.symbology)
            .field("rect", &self.rect)
            .finish_non_exhaustive()
    }
}

/// How much time a region is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// One look.
    Once,
    /// Other resolutions and thresholds too.
    Retry,
}

/// Reads the code in `rect` for which `sound` holds; unsound texts (a wrong length, a wrong check digit) do not
/// stop the search. `None` when there is none.
pub fn read_region(
    page: &RegisteredPage,
    rect: RectMm,
    symbology: Symbology,
    sound: impl Fn(&str) -> bool,
) -> Option<Code> {
    look(page, rect, symbology, Effort::Retry, sound)
}

/// [`read_region`] with a say in the time it takes.
pub(crate) fn look(
    page: &RegisteredPage,
    rect: RectMm,
    symbology: Symbology,
    effort: Effort,
    sound: impl Fn(&str) -> bool,
) -> Option<Code> {
    let attempts: &[Attempt] = match symbology {
        Symbology::Nw7 | Symbology::Code128 => &LINEAR,
        Symbology::Qr | Symbology::DataMatrix => &MATRIX,
    };
    let attempts = if effort == Effort::Once { &attempts[..1] } else { attempts };
    attempts.iter().find_map(|attempt| {
        let picture = attempt.picture(page, rect);
        let found = picture.read(symbology, attempt.binarizer, LINES);
        found.into_iter().find(|code| sound(&code.text))
    })
}

/// Every code of `symbology` anywhere on the page, in full resolution: tens of milliseconds.
pub fn read_page(page: &RegisteredPage, symbology: Symbology) -> Vec<Code> {
    let picture = page.page;
    let view = ImageView::from_slice(&picture.pixels, picture.width, picture.height, ImageFormat::Lum);
    let (Ok(view), Some(back)) = (view, page.px_from_mm.inverse()) else {
        return Vec::new();
    };
    let to_mm = |x: f64, y: f64| PointMm::from(back.apply(PointMm::new(x, y)));
    // Pages lie at any quarter turn.
    let reader = reader(symbology, Binarizer::LocalAverage).try_rotate(true);
    codes(&reader, &view, symbology, to_mm)
}

/// Bars of `symbology` that lie along the page's width, seen on one line every few mm: a look for codes that should
/// not be there, at a fraction of the time of [`read_page`]. Two-dimensional codes are not seen.
pub(crate) fn skim(page: &RegisteredPage, paper_mm: [f64; 2], symbology: Symbology) -> Vec<Code> {
    if matches!(symbology, Symbology::Qr | Symbology::DataMatrix) {
        return Vec::new();
    }
    let [width, height] = [paper_mm[0] * SKIM_PX_PER_MM, paper_mm[1] / SKIM_MM].map(|n| n as usize);
    let mut pixels = Vec::with_capacity(width * height);
    for line in 0..height {
        let y = (line as f64 + 0.5) * SKIM_MM;
        let points = (0..width).map(|column| PointMm::new((column as f64 + 0.5) / SKIM_PX_PER_MM, y));
        pixels.extend(points.map(|point| page.bilinear(point) as u8));
    }
    let step = [1.0 / SKIM_PX_PER_MM, SKIM_MM];
    let picture = Picture { width, height, pixels, origin: PointMm::new(0.0, 0.0), step };
    // Bars of 9 mm are crossed twice, torn ones perhaps once.
    picture.read(symbology, Binarizer::GlobalHistogram, 1)
}

/// One way to look at a region.
struct Attempt {
    binarizer: Binarizer,
    /// Resolution, times the plain one.
    zoom: f64,
    cut: Cut,
}

#[derive(Clone, Copy, PartialEq)]
enum Cut {
    /// As it is.
    Plain,
    /// Each pixel the mean of a 3x3 neighbourhood: closes the gaps of 1-bit scans.
    Blurred,
    /// [`BANDS`] bands across the bars.
    Bands,
    /// Bands with a threshold of their own at every place: uneven light.
    BlackBands,
}

/// Ways for bars: bands first, then finer, then single rows.
const LINEAR: [Attempt; 4] = [
    Attempt { binarizer: Binarizer::GlobalHistogram, zoom: 1.0, cut: Cut::Bands },
    Attempt { binarizer: Binarizer::BoolCast, zoom: 2.0, cut: Cut::BlackBands },
    Attempt { binarizer: Binarizer::GlobalHistogram, zoom: 1.0, cut: Cut::Plain },
    Attempt { binarizer: Binarizer::GlobalHistogram, zoom: 2.0, cut: Cut::Blurred },
];

/// Ways for two-dimensional codes.
const MATRIX: [Attempt; 4] = [
    Attempt { binarizer: Binarizer::LocalAverage, zoom: 1.0, cut: Cut::Plain },
    Attempt { binarizer: Binarizer::GlobalHistogram, zoom: 1.0, cut: Cut::Plain },
    Attempt { binarizer: Binarizer::LocalAverage, zoom: 2.0, cut: Cut::Blurred },
    Attempt { binarizer: Binarizer::GlobalHistogram, zoom: 0.7, cut: Cut::Blurred },
];

impl Attempt {
    fn picture(&self, page: &RegisteredPage, rect: RectMm) -> Picture {
        let area = rect.grown(MARGIN_MM);
        match self.cut {
            Cut::Plain => Picture::plain(page, area, MODULE_PX_PER_MM * self.zoom),
            Cut::Blurred => Picture::plain(page, area, MODULE_PX_PER_MM * self.zoom).blurred(),
            Cut::Bands => Picture::bands(page, rect, BAR_PX_PER_MM * self.zoom),
            Cut::BlackBands => Picture::bands(page, rect, BAR_PX_PER_MM * self.zoom).blackened(),
        }
    }
}

/// A cut-out with paper around it.
struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
    /// Paper mm of the left top corner, and mm per pixel across and down.
    origin: PointMm,
    step: [f64; 2],
}

impl Picture {
    fn plain(page: &RegisteredPage, area: RectMm, px_per_mm: f64) -> Self {
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

    fn bands(page: &RegisteredPage, rect: RectMm, px_per_mm: f64) -> Self {
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
    fn blurred(mut self) -> Self {
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

    /// Black or white, by the middle between the darkest and the lightest pixel within 2 mm along the row.
    fn blackened(mut self) -> Self {
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

    fn read(&self, symbology: Symbology, binarizer: Binarizer, lines: i32) -> Vec<Code> {
        let view = ImageView::from_slice(&self.pixels, self.width, self.height, ImageFormat::Lum);
        let Ok(view) = view else { return Vec::new() };
        let to_mm =
            |x: f64, y: f64| PointMm::new(self.origin.x + x * self.step[0], self.origin.y + y * self.step[1]);
        codes(&reader(symbology, binarizer).min_line_count(lines), &view, symbology, to_mm)
    }
}

/// The brightness of the paper in a cut-out, for the quiet zone around it: pure white around dark paper would
/// draw the threshold between the two.
fn paper(pixels: &[u8]) -> u8 {
    let mut sorted = pixels.to_vec();
    let at = sorted.len() * 9 / 10;
    if sorted.is_empty() { 255 } else { *sorted.select_nth_unstable(at).1 }
}

fn reader(symbology: Symbology, binarizer: Binarizer) -> BarcodeReader {
    let format = match symbology {
        Symbology::Nw7 => BarcodeFormat::Codabar,
        Symbology::Code128 => BarcodeFormat::Code128,
        Symbology::Qr => BarcodeFormat::QRCode,
        Symbology::DataMatrix => BarcodeFormat::DataMatrix,
    };
    zxingcpp::read()
        .formats(format)
        .binarizer(binarizer)
        .try_rotate(false)
        .try_invert(false)
        .try_downscale(false)
}

fn codes(
    reader: &BarcodeReader,
    view: &ImageView,
    symbology: Symbology,
    to_mm: impl Fn(f64, f64) -> PointMm,
) -> Vec<Code> {
    let found = reader.from(view).unwrap_or_default();
    let sound = found.iter().filter(|code| code.is_valid());
    sound
        .map(|code| {
            let position = code.position();
            let corners =
                [position.top_left, position.top_right, position.bottom_right, position.bottom_left];
            let corners = corners.map(|p| to_mm(f64::from(p.x), f64::from(p.y)));
            Code { text: bare(code.text(), symbology), symbology, rect: around(&corners) }
        })
        .collect()
}

/// The text without the letters that only frame it.
fn bare(text: String, symbology: Symbology) -> String {
    match symbology {
        Symbology::Nw7 => text.trim_matches(|c: char| c.is_ascii_alphabetic()).to_owned(),
        _ => text,
    }
}

fn around(corners: &[PointMm; 4]) -> RectMm {
    let (xs, ys) = (corners.map(|p| p.x), corners.map(|p| p.y));
    let least = |values: [f64; 4]| values.into_iter().fold(f64::INFINITY, f64::min);
    let most = |values: [f64; 4]| values.into_iter().fold(f64::NEG_INFINITY, f64::max);
    RectMm::new(least(xs), least(ys), most(xs) - least(xs), most(ys) - least(ys))
}
