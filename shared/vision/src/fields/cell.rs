//! 桁の枠. One comb cell -> the picture that the network takes.
//!
//! These are exactly the steps of `models/digits/README.md`, "Preprocessing"; whoever changes them trains anew.

use super::blobs::Blobs;
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
/// A printed line is searched this far outside the interior, mm.
const LINE_OUT_MM: f64 = 0.6;
/// ... and this far inside, mm (registration error).
const LINE_IN_MM: f64 = 0.4;
/// Mean ink along a side that makes a line.
const LINE_ON: f32 = 0.40;
/// ... below which the line has ended.
const LINE_OFF: f32 = 0.20;
/// ... at the latest here, mm (0.3 printed, blur, 1 degree of tilt).
const LINE_WIDE_MM: f64 = 0.6;
/// A blob this near to a cleaned edge touches it, mm.
const EDGE_MM: f64 = 0.15;
/// A blob that stays this near to the edges is the rest of a line, mm.
const REMNANT_MM: f64 = 0.35;
/// A smaller blob at an edge is the rest of a line or of a neighbour, mm².
const EDGE_AREA_MM2: f64 = 0.10;
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
    region: Vec<f32>,
    blobs: Blobs,
}

#[derive(Clone, Copy)]
struct Bounds {
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
}

impl Preparer {
    /// Turns a cell into the network's picture; an interior outside the cell counts as blank.
    pub fn prepare(&mut self, cell: Cell) -> Prepared {
        let nothing = Prepared { picture: None, quality: Quality::Degraded, ink_mm2: 0.0 };
        let height = cell.grey.len() / cell.width.max(1);
        let Some(interior) = rounded(cell.interior, cell.width, height) else {
            return nothing;
        };
        let contrast = self.normalise(cell, interior);
        let clean = self.clean_region(cell, interior, height);
        let (width, height) =
            (clean.right.saturating_sub(clean.left), clean.bottom.saturating_sub(clean.top));
        if width == 0 || height == 0 {
            return nothing;
        }
        self.region.clear();
        for y in clean.top..clean.bottom {
            let row = &self.share[y * cell.width..][clean.left..clean.right];
            self.region.extend(row.iter().map(|&share| ink(share)));
        }
        let Self { region, blobs, .. } = self;
        blobs.find(width, height, |i| region[i] >= 0.5);
        let is_remnant = self.remnants(width, height, cell.ppm);
        self.erase(&is_remnant, width, height);
        let area = cell.ppm * cell.ppm;
        let kept: Vec<_> = self
            .blobs
            .list
            .iter()
            .zip(&is_remnant)
            .filter(|(_, rest)| !**rest)
            .map(|(blob, _)| *blob)
            .collect();
        let largest = kept.iter().map(|blob| blob.area).max().unwrap_or(0) as f64;
        let is_speck = |pixels: usize| (pixels as f64) < SPECK_MM2 * area;
        let counted: Vec<_> = kept
            .iter()
            .filter(|blob| !is_speck(blob.area) && blob.area as f64 >= SPECK_SHARE * largest)
            .collect();
        let specks = kept.iter().filter(|blob| is_speck(blob.area)).count();
        let quality = self.quality(cell.width, clean, contrast, specks, counted.len());
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
        Prepared { picture: Some(fit(&self.region, width, around, cell.ppm)), quality, ink_mm2 }
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

    /// The region inside the printed lines.
    fn clean_region(&self, cell: Cell, interior: Bounds, height: usize) -> Bounds {
        let Bounds { left, top, right, bottom } = interior;
        let (dx, dy) = ((right - left) / 10, (bottom - top) / 10);
        let mut columns = vec![0.0f32; cell.width];
        let mut rows = vec![0.0f32; height];
        for (y, row) in self.share.chunks_exact(cell.width).enumerate() {
            rows[y] = row[left + dx..right - dx].iter().map(|&s| ink(s)).sum::<f32>()
                / (right - left - 2 * dx) as f32;
            if (top + dy..bottom - dy).contains(&y) {
                for (sum, &share) in columns.iter_mut().zip(row) {
                    *sum += ink(share);
                }
            }
        }
        for sum in &mut columns {
            *sum /= (bottom - top - 2 * dy) as f32;
        }
        let ends = |profile: &[f32], low: usize, high: usize| {
            let (out, into, wide) = (
                px(LINE_OUT_MM, cell.ppm) as usize,
                px(LINE_IN_MM, cell.ppm) as usize,
                px(LINE_WIDE_MM, cell.ppm) as usize,
            );
            let inward = low.saturating_sub(out)..(low + into).min(profile.len());
            let first = line_end(profile, inward.clone(), wide, low, inward.end);
            let outward = high.saturating_sub(into)..(high + out).min(profile.len());
            let last = line_end(profile, outward.clone().rev(), wide, high, outward.start);
            (first, last)
        };
        let (left, right) = ends(&columns, left, right);
        let (top, bottom) = ends(&rows, top, bottom);
        Bounds { left, top, right, bottom }
    }

    /// Per blob: whether it is the rest of a printed line or of a neighbour's ink.
    fn remnants(&self, width: usize, height: usize, ppm: f64) -> Vec<bool> {
        let (near, band) = (EDGE_MM * ppm, px(REMNANT_MM, ppm) as usize);
        let mut inside = vec![false; self.blobs.list.len()];
        for y in band..height.saturating_sub(band) {
            for x in band..width.saturating_sub(band) {
                if let Some(blob) = self.blobs.at(y * width + x) {
                    inside[blob] = true;
                }
            }
        }
        let touches =
            |low: usize, high: usize, size: usize| (low as f64) < near || high as f64 > size as f64 - near;
        let blobs = self.blobs.list.iter().zip(inside);
        blobs
            .map(|(blob, inside)| {
                (touches(blob.x0, blob.x1, width) || touches(blob.y0, blob.y1, height))
                    && ((blob.area as f64) < EDGE_AREA_MM2 * ppm * ppm || !inside)
            })
            .collect()
    }

    /// Takes remnants away with their soft rim, without touching other blobs.
    fn erase(&mut self, is_remnant: &[bool], width: usize, height: usize) {
        for at in 0..width * height {
            if !self.blobs.at(at).is_some_and(|blob| is_remnant[blob]) {
                continue;
            }
            let (x, y) = (at % width, at / width);
            for ny in y.saturating_sub(1)..(y + 2).min(height) {
                for nx in x.saturating_sub(1)..(x + 2).min(width) {
                    let near = ny * width + nx;
                    if self.blobs.at(near).is_none_or(|blob| is_remnant[blob]) {
                        self.region[near] = 0.0;
                    }
                }
            }
        }
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

fn px(mm: f64, ppm: f64) -> f64 {
    (mm * ppm + 0.5).floor()
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

/// Walks from outside to inside; where the region behind the outermost line begins, as a boundary between
/// pixels: `none` without a line, `end` when the line runs to the end of the walk.
fn line_end(
    profile: &[f32],
    mut walk: impl Iterator<Item = usize>,
    wide: usize,
    none: usize,
    end: usize,
) -> usize {
    let Some(found) = walk.find(|&at| profile[at] >= LINE_ON) else {
        return none;
    };
    for at in walk {
        if profile[at] < LINE_OFF || at.abs_diff(found) >= wide {
            // The boundary lies on the outer side of the first clean pixel.
            return if at > found { at } else { at + 1 };
        }
    }
    end
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
