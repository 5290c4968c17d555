//! 領域. A part of the page laid over the same part of the empty sheet: dark pixels that print does not explain are ink.

use super::align::{self, Found};
use super::blanks::PenTrace;
use super::blobs::{Blob, Blobs};
use super::calibration as c;
use super::print::Prints;
use super::sampler::Cut;
use super::sheet::{Levels, Sheet};
use domain::geometry::{PointMm, RectMm};

/// Pixels per mm for marks and circles: a ball pen's 0.4 mm are three pixels.
pub(crate) const PPM: f64 = 8.0;
/// Pixels per mm where it is enough to know that something is there, or where the print lies.
pub(crate) const COARSE_PPM: f64 = 5.0;

const PAPER: u8 = 0;
const INK: u8 = 1;
const PRINT: u8 = 2;

/// One connected piece of ink.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ink {
    /// Bounds and area, pixels.
    pub blob: Blob,
    /// Whether it is a stroke rather than dust or a shadow: its darkest pixel is firm, its darkness over its area is
    /// no speck's (however soft its edge is), and it is long enough.
    pub stroke: bool,
}

/// A region, and the memory of working on it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Region {
    /// Its left and top edge, mm of the empty sheet.
    origin: [f64; 2],
    /// Pixels per mm.
    pub ppm: f64,
    /// Pixels across and down.
    pub width: usize,
    pub height: usize,
    /// The pieces of ink: `blobs.labels` says which pixel belongs to which.
    pub blobs: Blobs,
    pub inks: Vec<Ink>,
    /// How ink came through here and in the regions before, since it was last emptied.
    pub pen: PenTrace,
    /// Grey levels of paper, and from there to black, here.
    paper: f32,
    range: f32,
    /// A piece whose darkest pixel is lighter than this is doubtful.
    firm: f32,
    grey: Vec<u8>,
    kind: Vec<u8>,
    scan: Cut,
    prints: Prints,
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
    /// Looks at `rect` at `ppm` pixels per mm: finds its print again near where the registration puts it, takes
    /// the print away and collects the ink.
    pub fn look(&mut self, sheet: &mut Sheet, rect: RectMm, ppm: f64) -> Found {
        let print = self.prints.of(sheet.blank.as_ref().map(|(page, id)| (page, *id)), rect, ppm);
        let (found, corner) = align::find(sheet, &print, rect, ppm, &mut self.scan);
        (self.origin, self.ppm) = ([rect.x, rect.y], ppm);
        (self.width, self.height) = (print.width, print.height);
        self.grey.clear();
        for y in 0..self.height {
            let row = (y + corner[1]).min(self.scan.height - 1) * self.scan.width;
            let first = corner[0].min(self.scan.width.saturating_sub(self.width));
            self.grey.extend_from_slice(&self.scan.grey[row + first..][..self.width]);
        }
        self.kind.clear();
        self.kind.extend(print.mask.iter().map(|&print| if print { PRINT } else { PAPER }));
        self.hide_streaks(sheet, rect, found.shift());
        self.judge(sheet.levels);
        self.collect();
        found
    }

    /// Dirt lines hide what is beneath them, like print.
    fn hide_streaks(&mut self, sheet: &Sheet, rect: RectMm, [dx, dy]: [f64; 2]) {
        let place = RectMm::new(rect.x + dx, rect.y + dy, rect.w, rect.h);
        if !sheet.streaks.may_cross(sheet.page, place) {
            return;
        }
        for (at, kind) in self.kind.iter_mut().enumerate() {
            let x = place.x + ((at % self.width) as f64 + 0.5) / self.ppm;
            let y = place.y + ((at / self.width) as f64 + 0.5) / self.ppm;
            if sheet.streaks.covers(sheet.page, PointMm::new(x, y)) {
                *kind = PRINT;
            }
        }
    }

    /// Tells paper and ink apart where nothing is printed.
    fn judge(&mut self, levels: Levels) {
        self.paper = self.paper_level(levels);
        self.range = (self.paper - levels.black).max(c::MIN_RANGE);
        let noise = levels.noise / self.range;
        let ink = (c::INK_SHARE).max(c::INK_NOISE * noise).min(c::INK_SHARE_MOST);
        self.firm = (c::FIRM_SHARE).max(c::FIRM_NOISE * noise).min(c::FIRM_SHARE_MOST);
        let below = (self.paper - ink * self.range).ceil().clamp(0.0, 255.0) as u8;
        for (kind, &grey) in self.kind.iter_mut().zip(&self.grey) {
            // Without a branch sixteen pixels are judged at once; print stays print.
            *kind |= INK * u8::from((*kind == PAPER) & (grey < below));
        }
    }

    fn paper_level(&self, levels: Levels) -> f32 {
        // Neighbours are mostly alike: counted in turn in four tables, none waits for the one before it.
        let mut turns = [[0u32; 256]; 4];
        for (kinds, greys) in self.kind.chunks(4).zip(self.grey.chunks(4)) {
            for ((counts, &kind), &grey) in turns.iter_mut().zip(kinds).zip(greys) {
                counts[usize::from(grey)] += u32::from(kind != PRINT);
            }
        }
        let counts: [u32; 256] = std::array::from_fn(|grey| turns.iter().map(|counts| counts[grey]).sum());
        let all: u32 = counts.iter().sum();
        let mut below = 0;
        let level = counts.iter().position(|count| {
            below += count;
            f64::from(below) >= c::PAPER_QUANTILE * f64::from(all)
        });
        level.map_or(levels.paper, |level| (level as f32).max(levels.paper - c::SHADE))
    }

    fn collect(&mut self) {
        let Self { blobs, kind, grey, .. } = self;
        blobs.find_equal(self.width, kind, INK);
        let mut sums = vec![(255u8, 0u64); blobs.list.len()];
        for (&label, &grey) in blobs.labels.iter().zip(grey.iter()) {
            if label > 0 {
                let (darkest, sum) = &mut sums[usize::from(label) - 1];
                *darkest = (*darkest).min(grey);
                *sum += u64::from(grey);
            }
        }
        let (paper, range, pixel) = (self.paper, self.range, self.ppm.powi(-2));
        let (firm, dust) = (self.firm, c::DUST_MM * self.ppm);
        let ink = |(&blob, (darkest, sum)): (&Blob, (u8, u64))| {
            let dark = blob.area as f64 * f64::from(paper) - sum as f64;
            let mass = dark / f64::from(range) * pixel;
            let peak = (paper - f32::from(darkest)) / range;
            let stroke = peak >= firm && mass >= c::DUST_MM2 && blob.length() as f64 >= dust;
            Ink { blob, stroke }
        };
        self.inks.clear();
        self.inks.extend(blobs.list.iter().zip(sums).map(ink));
        self.trace();
    }

    /// Adds this region's ink, and its border with paper, to the trace of the pen. Print hides borders.
    fn trace(&mut self) {
        let is_paper = |at: Option<&u8>| at == Some(&PAPER);
        let (mut area, mut border) = (0u32, 0u32);
        let inked = self.blobs.labels.iter().enumerate().filter(|(_, label)| **label > 0);
        for (at, _) in inked {
            let beside = [at.wrapping_sub(1), at + 1, at.wrapping_sub(self.width), at + self.width];
            area += 1;
            border += beside.iter().map(|&at| u32::from(is_paper(self.kind.get(at)))).sum::<u32>();
        }
        self.pen.area += f64::from(area) / self.ppm.powi(2);
        self.pen.border += f64::from(border) / self.ppm;
    }

    /// Whether a piece of ink is a stroke rather than dust or a shadow.
    pub fn is_stroke(&self, ink: usize) -> bool {
        self.inks[ink].stroke
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
            ((mm - origin) * self.ppm).round().clamp(0.0, size as f64) as usize
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
            self.origin[0] + blob.x0 as f64 / self.ppm,
            self.origin[1] + blob.y0 as f64 / self.ppm,
            (blob.x1 - blob.x0) as f64 / self.ppm,
            (blob.y1 - blob.y0) as f64 / self.ppm,
        )
    }

    /// The pixel at `x`, `y` mm of the empty sheet, if it lies in the region.
    pub fn pixel(&self, x: f64, y: f64) -> Option<(usize, usize)> {
        let (x, y) = ((x - self.origin[0]) * self.ppm, (y - self.origin[1]) * self.ppm);
        let inside = x >= 0.0 && y >= 0.0 && x < self.width as f64 && y < self.height as f64;
        inside.then_some((x as usize, y as usize))
    }
}
