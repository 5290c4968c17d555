//! 桁の枠. One comb cell -> the picture that the network takes.
//!
//! These are exactly the steps of `models/digits/README.md`, "Preprocessing"; whoever changes them trains anew.

use super::blobs::Blobs;
use super::box_lines::{self, Bounds};
use crate::net::{Quality, SIDE};

/// Level of paper: brighter than 80 % of the interior.
const PAPER_QUANTILE: f64 = 0.80;
/// Level of ink: a thin 1 covers 2-3 % of a cell.
const DARK_QUANTILE: f64 = 0.015;
/// Grey levels; less contrast than this is not stretched.
const MIN_RANGE: i32 = 48;
/// Below this share of the range: paper.
const INK_FLOOR: f32 = 0.15;
/// Full ink is at the floor plus this.
const INK_SPAN: f32 = 0.70;
/// The ink level is looked for this far from the lines, mm.
const DARK_INSET_MM: f64 = 0.5;
/// A blob this near to a cleaned edge touches it, mm.
const EDGE_MM: f64 = 0.15;
/// A blob that stays this near to the edges is the rest of a line, mm.
const REMNANT_MM: f64 = 0.35;
/// A smaller blob at an edge is the rest of a line or of a neighbour, mm².
const EDGE_AREA_MM2: f64 = 0.10;
/// A blob with less of itself inside the box is the neighbour's.
const OWN_SHARE: f64 = 0.5;
/// Smaller blobs do not count for the box around the ink, mm².
const SPECK_MM2: f64 = 0.03;
/// Nor do blobs below this share of the largest one.
const SPECK_SHARE: f64 = 0.03;
/// Less counted ink than this: nothing is written, mm².
const BLANK_MM2: f64 = 0.06;
/// A dot stays a dot: it is not enlarged to a digit, mm.
const MIN_SIDE_MM: f64 = 2.0;
/// The longest side of the ink becomes this many of 32 pixels.
const FIT: f64 = 24.0;

/// A cell cut from the scan, with some paper around its interior.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell<'a> {
    /// Grey, row by row.
    pub grey: &'a [u8],
    /// Pixels across.
    pub width: usize,
    /// Where the lines' inner edges are printed, pixels of the cell: left, top, right, bottom.
    pub interior: [f64; 4],
    /// Pixels per mm.
    pub ppm: f64,
}

/// What the network takes, and how sure the picture is.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    /// 255 ink, 0 paper; `None` when nothing is written.
    pub picture: Option<[u8; SIDE * SIDE]>,
    /// How it was scanned.
    pub quality: Quality,
    /// Ink that counts, mm².
    pub ink_mm2: f64,
}

/// The memory of [`Preparer::prepare`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Preparer {
    share: Vec<f32>,
    ink: Vec<f32>,
    blobs: Blobs,
}

impl Preparer {
    /// Turns a cell into the network's picture; an interior outside the cell counts as blank.
    pub fn prepare(&mut self, cell: Cell) -> Prepared {
        let nothing = Prepared { picture: None, quality: Quality::Degraded, ink_mm2: 0.0 };
        let (width, height) = (cell.width, cell.grey.len() / cell.width.max(1));
        let Some(interior) = rounded(cell.interior, width, height) else {
            return nothing;
        };
        let contrast = self.normalise(cell, interior);
        self.ink.clear();
        self.ink.extend(self.share.iter().map(|&share| ink(share)));
        let region = box_lines::take_out(&mut self.ink, width, interior, cell.ppm);
        if region.left >= region.right || region.top >= region.bottom {
            return nothing;
        }
        self.leave_own(width, height, region, cell.ppm);
        let Self { ink, blobs, .. } = self;
        blobs.find(width, height, |i| ink[i] >= 0.5);
        let area = cell.ppm * cell.ppm;
        let largest = blobs.list.iter().map(|blob| blob.area).max().unwrap_or(0) as f64;
        let is_speck = |pixels: usize| (pixels as f64) < SPECK_MM2 * area;
        let counts = |pixels: usize| !is_speck(pixels) && pixels as f64 >= SPECK_SHARE * largest;
        let counted: Vec<_> = blobs.list.iter().filter(|blob| counts(blob.area)).copied().collect();
        let specks = blobs.list.iter().filter(|blob| is_speck(blob.area)).count();
        let quality = self.quality(width, region, contrast, specks, counted.len());
        let inked: usize = counted.iter().map(|blob| blob.area).sum();
        let ink_mm2 = inked as f64 / area;
        if ink_mm2 < BLANK_MM2 {
            return Prepared { picture: None, quality, ink_mm2 };
        }
        let around = Bounds {
            left: counted.iter().map(|b| b.x0).min().unwrap_or(0).saturating_sub(1),
            top: counted.iter().map(|b| b.y0).min().unwrap_or(0).saturating_sub(1),
            right: (counted.iter().map(|b| b.x1).max().unwrap_or(0) + 1).min(width),
            bottom: (counted.iter().map(|b| b.y1).max().unwrap_or(0) + 1).min(height),
        };
        Prepared { picture: Some(fit(&self.ink, width, around, cell.ppm)), quality, ink_mm2 }
    }

    /// Fills `share` (0 paper, 1 ink) for the whole cell; returns paper level minus ink level.
    fn normalise(&mut self, cell: Cell, interior: Bounds) -> i32 {
        let inset = px(DARK_INSET_MM, cell.ppm) as usize;
        let paper = quantile(cell, interior, PAPER_QUANTILE);
        let inner = Bounds {
            left: interior.left + inset,
            top: interior.top + inset,
            right: interior.right.saturating_sub(inset),
            bottom: interior.bottom.saturating_sub(inset),
        };
        let contrast = paper - quantile(cell, inner, DARK_QUANTILE);
        let range = contrast.max(MIN_RANGE) as f32;
        self.share.clear();
        self.share.extend(cell.grey.iter().map(|&grey| (paper - i32::from(grey)) as f32 / range));
        contrast
    }

    /// Leaves in `ink` only what was written into this cell, also where it leaves the box.
    fn leave_own(&mut self, width: usize, height: usize, region: Bounds, ppm: f64) {
        let Self { ink, blobs, .. } = self;
        blobs.find(width, height, |i| ink[i] >= 0.5);
        let inside = inked(blobs, width, region);
        let band = px(REMNANT_MM, ppm) as usize;
        let deep = Bounds {
            left: region.left + band,
            top: region.top + band,
            right: region.right.saturating_sub(band),
            bottom: region.bottom.saturating_sub(band),
        };
        let deep = inked(blobs, width, deep);
        let (edge, area) = (EDGE_MM * ppm, ppm * ppm);
        let is_rest: Vec<bool> = (blobs.list.iter().zip(&inside).zip(&deep))
            .map(|((blob, &inside), &deep)| {
                let touches = (blob.x0 as f64) < region.left as f64 + edge
                    || (blob.y0 as f64) < region.top as f64 + edge
                    || blob.x1 as f64 > region.right as f64 - edge
                    || blob.y1 as f64 > region.bottom as f64 - edge;
                touches && ((inside as f64) < EDGE_AREA_MM2 * area || deep == 0)
            })
            .collect();
        let mut is_own: Vec<bool> = (blobs.list.iter().zip(&inside).zip(&is_rest))
            .map(|((blob, &inside), rest)| !rest && inside as f64 >= OWN_SHARE * blob.area as f64)
            .collect();
        let own: usize = inside.iter().zip(&is_own).filter(|(_, own)| **own).map(|(inside, _)| inside).sum();
        if (own as f64) < BLANK_MM2 * area {
            // Nothing else is here: what a neighbour left is not called blank.
            is_own = is_rest.iter().map(|rest| !rest).collect();
        }
        clip(ink, blobs, width, height, region, &is_own);
        erase(ink, blobs, width, height, &is_own);
    }

    fn quality(&self, width: usize, clean: Bounds, contrast: i32, specks: usize, parts: usize) -> Quality {
        if contrast < 70 || specks >= 6 || parts >= 4 {
            return Quality::Degraded;
        }
        let (mut touched, mut grey) = (0u32, 0u32);
        for row in self.share.chunks_exact(width).take(clean.bottom).skip(clean.top) {
            for &share in &row[clean.left..clean.right] {
                touched += u32::from(share >= 0.2);
                grey += u32::from((0.2..0.8).contains(&share));
            }
        }
        if f64::from(grey) < 0.10 * f64::from(touched.max(1)) { Quality::OneBit } else { Quality::Clean }
    }
}

fn ink(share: f32) -> f32 {
    ((share - INK_FLOOR) / INK_SPAN).clamp(0.0, 1.0)
}

pub(super) fn px(mm: f64, ppm: f64) -> f64 {
    (mm * ppm + 0.5).floor()
}

/// Pixels of every blob in a part of the picture.
fn inked(blobs: &Blobs, width: usize, part: Bounds) -> Vec<usize> {
    let mut counts = vec![0; blobs.list.len()];
    for y in part.top..part.bottom {
        for x in part.left..part.right {
            if let Some(blob) = blobs.at(y * width + x) {
                counts[blob] += 1;
            }
        }
    }
    counts
}

/// Own ink that runs out of the cut on one side ran into something there: on that side it ends at the region.
fn clip(ink: &mut [f32], blobs: &Blobs, width: usize, height: usize, region: Bounds, is_own: &[bool]) {
    let column = |x: usize| (0..height).map(|y| y * width + x).collect::<Vec<_>>();
    let row = |y: usize| (0..width).map(|x| y * width + x).collect::<Vec<_>>();
    let sides = [
        (column(0), [0, 0, region.left, height]),
        (column(width - 1), [region.right, 0, width, height]),
        (row(0), [0, 0, width, region.top]),
        (row(height - 1), [0, region.bottom, width, height]),
    ];
    for (border, [left, top, right, bottom]) in sides {
        let mut runs_out = vec![false; is_own.len()];
        for blob in border.into_iter().filter_map(|at| blobs.at(at)) {
            runs_out[blob] = is_own[blob];
        }
        if !runs_out.contains(&true) {
            continue;
        }
        for y in top..bottom {
            let row = y * width + left..y * width + right;
            for (value, at) in ink[row.clone()].iter_mut().zip(row) {
                if blobs.at(at).is_some_and(|blob| runs_out[blob]) {
                    *value = 0.0;
                }
            }
        }
    }
}

/// Takes blobs that are not own away with their soft rim, without touching others.
fn erase(ink: &mut [f32], blobs: &Blobs, width: usize, height: usize, is_own: &[bool]) {
    for at in 0..width * height {
        if blobs.at(at).is_none_or(|blob| is_own[blob]) {
            continue;
        }
        let (x, y) = (at % width, at / width);
        for ny in y.saturating_sub(1)..(y + 2).min(height) {
            for nx in x.saturating_sub(1)..(x + 2).min(width) {
                let near = ny * width + nx;
                if blobs.at(near).is_none_or(|blob| !is_own[blob]) {
                    ink[near] = 0.0;
                }
            }
        }
    }
}

/// The interior in whole pixels; `None` when it does not lie in the cell.
fn rounded(interior: [f64; 4], width: usize, height: usize) -> Option<Bounds> {
    let [left, top, right, bottom] = interior.map(|v| (v + 0.5).floor());
    let inside = left >= 0.0
        && top >= 0.0
        && right <= width as f64
        && bottom <= height as f64
        && right - left >= 4.0
        && bottom - top >= 4.0;
    inside.then_some(Bounds {
        left: left as usize,
        top: top as usize,
        right: right as usize,
        bottom: bottom as usize,
    })
}

/// The smallest grey level with at least `share` of the pixels at or below it.
fn quantile(cell: Cell, part: Bounds, share: f64) -> i32 {
    let mut counts = [0u32; 256];
    let mut all = 0u32;
    for y in part.top..part.bottom {
        for &grey in cell.grey[y * cell.width..].get(part.left..part.right).unwrap_or_default() {
            counts[usize::from(grey)] += 1;
            all += 1;
        }
    }
    let mut below = 0;
    for (level, count) in counts.iter().enumerate() {
        below += count;
        if f64::from(below) >= share * f64::from(all) {
            return level as i32;
        }
    }
    255
}

/// The ink inside `around`, centred, its longest side `FIT` of 32 pixels, by exact area means.
fn fit(region: &[f32], width: usize, around: Bounds, ppm: f64) -> [u8; SIDE * SIDE] {
    let (w, h) = (around.right - around.left, around.bottom - around.top);
    let side = (w.max(h) as f64).max(MIN_SIDE_MM * ppm) * SIDE as f64 / FIT;
    let across = shares(w, side);
    let down = shares(h, side);
    let mut picture = [0; SIDE * SIDE];
    let mut sums = vec![0.0f32; w];
    for (picture_row, rows) in picture.chunks_exact_mut(SIDE).zip(&down) {
        sums.fill(0.0);
        for &(y, weight) in rows {
            let row = &region[(around.top + y) * width + around.left..][..w];
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += weight * value;
            }
        }
        for (pixel, columns) in picture_row.iter_mut().zip(&across) {
            let mean: f32 = columns.iter().map(|&(x, weight)| weight * sums[x]).sum();
            *pixel = (255.0 * mean + 0.5).floor() as u8;
        }
    }
    picture
}

/// For each of 32 equal steps over `side`, centred on `count` pixels: the pixels it covers and their shares.
fn shares(count: usize, side: f64) -> Vec<Vec<(usize, f32)>> {
    let step = side / SIDE as f64;
    let of = |i: usize| {
        let low = count as f64 / 2.0 + (i as f64 - SIDE as f64 / 2.0) * step;
        let first = low.floor().max(0.0) as usize;
        let last = ((low + step).ceil().max(0.0) as usize).min(count);
        (first..last)
            .map(|at| (at, ((low + step).min(at as f64 + 1.0) - low.max(at as f64)) / step))
            .filter(|(_, share)| *share > 0.0)
            .map(|(at, share)| (at, share as f32))
            .collect()
    };
    (0..SIDE).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Document {
        preprocess_vectors: Vec<Vector>,
    }

    #[derive(serde::Deserialize)]
    struct Vector {
        width: usize,
        ppm: f64,
        #[serde(rename = "box")]
        interior: [f64; 4],
        grey: Vec<u8>,
        input: Vec<u8>,
        quality: Scanned,
    }

    #[derive(serde::Deserialize)]
    struct Scanned {
        class: String,
    }

    #[test]
    fn cells_become_the_pictures_that_the_network_was_trained_on() {
        let text = include_str!("../../models/digits/digits.json");
        let document: Document = serde_json::from_str(text).unwrap();
        assert!(document.preprocess_vectors.len() >= 4);
        for vector in document.preprocess_vectors {
            let cell =
                Cell { grey: &vector.grey, width: vector.width, interior: vector.interior, ppm: vector.ppm };
            let prepared = Preparer::default().prepare(cell);
            let picture = prepared.picture.unwrap();
            let off = picture.iter().zip(&vector.input).map(|(&a, &b)| a.abs_diff(b)).max().unwrap();
            assert!(off <= 2, "a pixel is off by {off}");
            let class = match prepared.quality {
                Quality::Clean => "clean",
                Quality::OneBit => "onebit",
                Quality::Degraded => "degraded",
            };
            assert_eq!(class, vector.quality.class);
        }
    }

    #[test]
    fn an_empty_cell_and_a_cell_without_room_are_blank() {
        let grey = vec![240; 100 * 120];
        let mut preparer = Preparer::default();
        for interior in [[10.0, 10.0, 90.0, 110.0], [0.0, 0.0, 2.0, 2.0], [-5.0, 0.0, 300.0, 20.0]] {
            let prepared = preparer.prepare(Cell { grey: &grey, width: 100, interior, ppm: 12.0 });
            assert!(prepared.picture.is_none() && prepared.ink_mm2 == 0.0);
        }
    }
}
