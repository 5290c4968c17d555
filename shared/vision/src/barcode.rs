//! Printed codes: the region where the form says first, with one format and a true quiet zone; the whole page
//! only when that fails.

pub(crate) mod evidence;
pub(crate) mod gs1;
mod picture;

use crate::fields;
use crate::registered::RegisteredPage;
use domain::form::Symbology;
use domain::geometry::{PointMm, RectMm};
use picture::Picture;
use zxingcpp::{BarcodeFormat, BarcodeReader, Binarizer, ImageFormat, ImageView};

/// Around a region, mm: registration and printing are off by less.
const MARGIN_MM: f64 = 1.0;
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
    look_all(page, rect, symbology, effort, sound).into_iter().next()
}

/// Every sound code that the first successful look at `rect` sees; more than one when codes lie over each other.
pub(crate) fn look_all(
    page: &RegisteredPage,
    rect: RectMm,
    symbology: Symbology,
    effort: Effort,
    sound: impl Fn(&str) -> bool,
) -> Vec<Code> {
    let attempts: &[Attempt] = match symbology {
        Symbology::Nw7 | Symbology::Code128 => &LINEAR,
        Symbology::Qr | Symbology::DataMatrix => &MATRIX,
    };
    let attempts = if effort == Effort::Once { &attempts[..1] } else { attempts };
    let looks = attempts.iter().map(|attempt| {
        let mut found = attempt.picture(page, rect).read(symbology, attempt.binarizer, LINES);
        found.retain(|code| sound(&code.text));
        found
    });
    looks.into_iter().find(|found| !found.is_empty()).unwrap_or_default()
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
    let mut pixels = vec![0; width * height];
    for line in 0..height {
        let y = (line as f64 + 0.5) * SKIM_MM;
        let row = &mut pixels[line * width..][..width];
        fields::sample_line(page, PointMm::new(0.0, y), SKIM_PX_PER_MM, row);
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
    /// The same after the blur of a coarse or ill-focused scan is undone.
    SharpBands,
}

/// Ways for bars: bands first, then finer, then single rows.
const LINEAR: [Attempt; 5] = [
    Attempt { binarizer: Binarizer::GlobalHistogram, zoom: 1.0, cut: Cut::Bands },
    Attempt { binarizer: Binarizer::BoolCast, zoom: 2.0, cut: Cut::BlackBands },
    Attempt { binarizer: Binarizer::BoolCast, zoom: 2.0, cut: Cut::SharpBands },
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
            Cut::SharpBands => Picture::bands(page, rect, BAR_PX_PER_MM * self.zoom).sharpened().blackened(),
        }
    }
}

impl Picture {
    fn read(&self, symbology: Symbology, binarizer: Binarizer, lines: i32) -> Vec<Code> {
        let view = ImageView::from_slice(&self.pixels, self.width, self.height, ImageFormat::Lum);
        let Ok(view) = view else { return Vec::new() };
        let to_mm =
            |x: f64, y: f64| PointMm::new(self.origin.x + x * self.step[0], self.origin.y + y * self.step[1]);
        codes(&reader(symbology, binarizer).min_line_count(lines), &view, symbology, to_mm)
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gray::GrayPage;
    use crate::register::drawing::{Scan, code, fill};

    const PLACE: RectMm = RectMm::new(30.0, 20.0, 44.0, 9.0);

    /// A sheet of 120 x 80 mm, scanned; `read` sees it registered.
    fn seen<T>(draw: impl Fn(&mut GrayPage), scan: Scan, read: impl Fn(&RegisteredPage) -> T) -> T {
        let mut paper = GrayPage::white(1440, 960);
        draw(&mut paper);
        let (page, px_from_mm) = scan.of(&paper);
        read(&RegisteredPage { page: &page, px_from_mm })
    }

    #[test]
    fn every_kind_is_read_in_its_place_however_the_page_lies() {
        let kinds = [
            (Symbology::Nw7, "07000000013", PLACE),
            (Symbology::Code128, "AB-1234", PLACE),
            (Symbology::Qr, "YT1|99000000015|0110113719|2026-10|x|5", RectMm::new(30.0, 20.0, 20.0, 20.0)),
            (Symbology::DataMatrix, "YF01.1.1", RectMm::new(30.0, 20.0, 9.0, 9.0)),
        ];
        for (symbology, text, place) in kinds {
            for (turn_deg, threshold) in [(0.0, None), (7.0, None), (93.0, Some(128)), (181.0, Some(128))] {
                let scan = Scan { turn_deg, threshold, border_mm: 10.0, ..Scan::default() };
                let print = |paper: &mut GrayPage| {
                    code(paper, text, symbology, place);
                    // Print nearer than a quiet zone.
                    fill(paper, RectMm::new(place.right() + 1.5, place.y, 1.0, place.h));
                };
                let found = seen(print, scan, |page| read_region(page, place, symbology, |_| true));
                let found = found.unwrap_or_else(|| panic!("{symbology:?} at {turn_deg}"));
                assert_eq!(found.text, text);
                assert!(
                    (found.rect.x - place.x).abs() < 1.0 && (found.rect.right() - place.right()).abs() < 1.0
                );
            }
        }
    }

    #[test]
    fn an_unsound_text_and_an_empty_place_are_nothing() {
        let bars = |paper: &mut GrayPage| code(paper, "07000000013", Symbology::Nw7, PLACE);
        let refused = seen(bars, Scan::default(), |page| read_region(page, PLACE, Symbology::Nw7, |_| false));
        assert_eq!(refused, None);
        let off = RectMm::new(500.0, 20.0, 44.0, 9.0);
        let empty = seen(bars, Scan::default(), |page| read_region(page, off, Symbology::Nw7, |_| true));
        assert_eq!(empty, None);
    }

    #[test]
    fn codes_in_other_places_are_seen_too() {
        let two = |paper: &mut GrayPage| {
            code(paper, "07000000013", Symbology::Nw7, PLACE);
            code(paper, "07000000021", Symbology::Nw7, RectMm::new(60.0, 50.0, 44.0, 9.0));
        };
        let texts = |codes: Vec<Code>| {
            let mut texts: Vec<String> = codes.into_iter().map(|code| code.text).collect();
            texts.sort();
            texts
        };
        let both = ["07000000013", "07000000021"];
        let skimmed = seen(two, Scan::default(), |page| texts(skim(page, [120.0, 80.0], Symbology::Nw7)));
        assert_eq!(skimmed, both);
        let scan = Scan { turn_deg: 90.0, ..Scan::default() };
        assert_eq!(seen(two, scan, |page| texts(read_page(page, Symbology::Nw7))), both);
    }
}
