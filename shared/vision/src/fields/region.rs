//! 領域. A part of the page laid over the same part of the empty sheet: dark pixels that print does not explain are ink.

use super::align::{self, Found};
use super::blobs::{Blob, Blobs};
use super::calibration as c;
use super::sampler::{Cut, sample};
use super::sheet::{Levels, Sheet};
use super::streak::{Picture, Streaks};
use domain::geometry::RectMm;

/// Working resolution of everything but digits, pixels per mm: a ball pen's 0.4 mm are three pixels.
pub(crate) const PPM: f64 = 8.0;

const PAPER: u8 = 0;
const INK: u8 = 1;
const PRINT: u8 = 2;

/// One connected piece of ink.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ink {
    /// Bounds and area, pixels.
    pub blob: Blob,
    /// Its darkest pixel: 0 paper, 1 printed black.
    pub peak: f32,
}

/// A region, and the memory of working on it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Region {
    /// Its left and top edge, mm of the empty sheet.
    origin: [f64; 2],
    /// Pixels across and down.
    pub width: usize,
    pub height: usize,
    /// The pieces of ink: `blobs.labels` says which pixel belongs to which.
    pub blobs: Blobs,
    pub inks: Vec<Ink>,
    /// Dirt lines that run through.
    pub streaks: Streaks,
    /// Grey levels of paper and black here.
    paper: f32,
    range: f32,
    /// A piece whose darkest pixel is lighter than this is doubtful.
    firm: f32,
    grey: Vec<u8>,
    kind: Vec<u8>,
    scan: Cut,
    blank: Cut,
    points: align::Points,
}

/// A rectangle of pixels; the right and bottom ends are excluded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pixels {
    pub x0: usize,
    pub y0: usize,
    pub x1: usize,
    pub y1: usize,
}

impl Region {
    /// Looks at `rect`: finds its print again near where the registration puts it, takes the print away and
    /// collects the ink.
    pub fn look(&mut self, sheet: &mut Sheet, rect: RectMm) -> Found {
        let search = c::SEARCH_MM;
        sample(sheet.page, rect.grown(search), PPM, &mut self.scan);
        let hint = sheet.drift_near(rect);
        let found = match &sheet.blank {
            Some(blank) => {
                sample(blank, rect, PPM, &mut self.blank);
                align::find(&self.scan, &self.blank, &mut self.points, sheet.levels, hint)
            }
            None => {
                self.blank.width = (rect.w * PPM).round() as usize;
                self.blank.height = (rect.h * PPM).round() as usize;
                self.blank.grey.clear();
                self.blank.grey.resize(self.blank.width * self.blank.height, 255);
                Found::Unprinted(hint)
            }
        };
        if let Found::At(shift) = found {
            sheet.remember(rect, shift);
        }
        self.lay(rect, found.shift());
        self.judge(sheet.levels);
        self.drop_streaks(sheet.feed());
        self.collect();
        found
    }

    /// Lays the scan over the empty sheet.
    fn lay(&mut self, rect: RectMm, shift: [f64; 2]) {
        self.origin = [rect.x, rect.y];
        (self.width, self.height) = (self.blank.width, self.blank.height);
        let offset = shift.map(|mm| ((mm + c::SEARCH_MM) * PPM).round().max(0.0) as usize);
        self.grey.clear();
        for y in 0..self.height {
            let row = (y + offset[1]).min(self.scan.height - 1) * self.scan.width;
            let first = offset[0].min(self.scan.width.saturating_sub(self.width));
            self.grey.extend_from_slice(&self.scan.grey[row + first..][..self.width]);
        }
    }

    /// Tells paper, ink and print apart.
    fn judge(&mut self, levels: Levels) {
        let reach = (c::PRINT_REACH_MM * PPM).round() as usize;
        self.kind.clear();
        self.kind.extend(self.blank.grey.iter().map(|&g| if g < c::PRINT_BELOW { PRINT } else { PAPER }));
        spread(&mut self.kind, self.width, reach);
        self.paper = self.paper_level(levels);
        self.range = (self.paper - levels.black).max(c::MIN_RANGE);
        let noise = levels.noise / self.range;
        let ink = (c::INK_SHARE).max(c::INK_NOISE * noise).min(c::INK_SHARE_MOST);
        self.firm = (c::FIRM_SHARE).max(c::FIRM_NOISE * noise).min(c::FIRM_SHARE_MOST);
        let below = self.paper - ink * self.range;
        for (kind, &grey) in self.kind.iter_mut().zip(&self.grey) {
            if *kind == PAPER && f32::from(grey) < below {
                *kind = INK;
            }
        }
    }

    fn paper_level(&self, levels: Levels) -> f32 {
        let mut counts = [0u32; 256];
        for (&kind, &grey) in self.kind.iter().zip(&self.grey) {
            counts[usize::from(grey)] += u32::from(kind != PRINT);
        }
        let all: u32 = counts.iter().sum();
        let mut below = 0;
        let level = counts.iter().position(|count| {
            below += count;
            f64::from(below) >= c::PAPER_QUANTILE * f64::from(all)
        });
        level.map_or(levels.paper, |level| (level as f32).max(levels.paper - c::SHADE))
    }

    /// Dirt lines hide what is beneath them, like print.
    fn drop_streaks(&mut self, feed: [f64; 2]) {
        let kind = &self.kind;
        let picture = Picture { origin: self.origin, width: self.width, height: self.height, ppm: PPM };
        self.streaks = Streaks::find(picture, feed, |at| kind[at] != PRINT, |at| kind[at] == INK);
        if !self.streaks.is_empty() {
            for (at, kind) in self.kind.iter_mut().enumerate() {
                let [x, y] = picture.mm(at);
                if self.streaks.cover(x, y).is_some() {
                    *kind = PRINT;
                }
            }
        }
    }

    fn collect(&mut self) {
        let Self { blobs, kind, .. } = self;
        blobs.find(self.width, self.height, |i| kind[i] == INK);
        let mut darkest = vec![255u8; blobs.list.len()];
        for (at, &grey) in self.grey.iter().enumerate() {
            if let Some(blob) = blobs.at(at) {
                darkest[blob] = darkest[blob].min(grey);
            }
        }
        let (paper, range) = (self.paper, self.range);
        let peak = |grey: u8| (paper - f32::from(grey)) / range;
        self.inks.clear();
        self.inks.extend(blobs.list.iter().zip(darkest).map(|(&blob, grey)| Ink { blob, peak: peak(grey) }));
    }

    /// Whether a piece of ink is a stroke rather than dust or a shadow.
    pub fn is_stroke(&self, ink: usize) -> bool {
        let ink = &self.inks[ink];
        ink.peak >= self.firm
            && ink.blob.area as f64 >= c::DUST_MM2 * PPM * PPM
            && ink.blob.length() as f64 >= c::DUST_MM * PPM
    }

    /// The stroke at a pixel, as an index in `inks`.
    pub fn stroke_at(&self, x: usize, y: usize) -> Option<usize> {
        self.blobs.at(y * self.width + x).filter(|&ink| self.is_stroke(ink))
    }

    /// Whether print of the empty sheet (or a streak) hides what is at a pixel.
    pub fn is_hidden(&self, x: usize, y: usize) -> bool {
        self.kind[y * self.width + x] == PRINT
    }

    /// Darkness of a pixel: 0 paper, 1 printed black.
    pub fn share(&self, x: usize, y: usize) -> f32 {
        (self.paper - f32::from(self.grey[y * self.width + x])) / self.range
    }

    /// Where a rectangle of the empty sheet lies in the region, clipped to it.
    pub fn pixels(&self, rect: RectMm) -> Pixels {
        let at = |mm: f64, origin: f64, size: usize| {
            ((mm - origin) * PPM).round().clamp(0.0, size as f64) as usize
        };
        Pixels {
            x0: at(rect.x, self.origin[0], self.width),
            y0: at(rect.y, self.origin[1], self.height),
            x1: at(rect.right(), self.origin[0], self.width),
            y1: at(rect.bottom(), self.origin[1], self.height),
        }
    }

    /// Where a piece of ink lies, mm of the empty sheet.
    pub fn rect_of(&self, blob: Blob) -> RectMm {
        RectMm::new(
            self.origin[0] + blob.x0 as f64 / PPM,
            self.origin[1] + blob.y0 as f64 / PPM,
            (blob.x1 - blob.x0) as f64 / PPM,
            (blob.y1 - blob.y0) as f64 / PPM,
        )
    }

    /// The pixel at `x`, `y` mm of the empty sheet, if it lies in the region.
    pub fn pixel(&self, x: f64, y: f64) -> Option<(usize, usize)> {
        let (x, y) = (((x - self.origin[0]) * PPM).floor(), ((y - self.origin[1]) * PPM).floor());
        let inside = x >= 0.0 && y >= 0.0 && x < self.width as f64 && y < self.height as f64;
        inside.then_some((x as usize, y as usize))
    }
}

/// Spreads PRINT by `reach` pixels in all eight directions.
fn spread(kind: &mut [u8], width: usize, reach: usize) {
    for _ in 0..reach {
        for row in kind.chunks_exact_mut(width) {
            let mut before = PAPER;
            for x in 0..row.len() {
                let here = row[x];
                let after = row.get(x + 1).copied().unwrap_or(PAPER);
                row[x] = here.max(before).max(after);
                before = here;
            }
        }
        let height = kind.len() / width;
        let mut above = vec![PAPER; width];
        for y in 0..height {
            let (now, below) = kind[y * width..].split_at_mut(width);
            for x in 0..width {
                let here = now[x];
                let after = below.get(x).copied().unwrap_or(PAPER);
                now[x] = here.max(above[x]).max(after);
                above[x] = here;
            }
        }
    }
}
