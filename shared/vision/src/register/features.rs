//! 特徴点. Places of print that look like no other near them, and the pairs of them between an empty sheet and a page.

use crate::affine::Affine;
use crate::gray::GrayPage;
use domain::geometry::PointMm;

/// Pixels around a corner that are compared with it, and how many in a row must differ (FAST 9 of 16; Rosten and
/// Drummond, "Machine learning for high-speed corner detection").
const CIRCLE: [(i32, i32); 16] = [
    (0, -3),
    (1, -3),
    (2, -2),
    (3, -1),
    (3, 0),
    (3, 1),
    (2, 2),
    (1, 3),
    (0, 3),
    (-1, 3),
    (-2, 2),
    (-3, 1),
    (-3, 0),
    (-3, -1),
    (-2, -2),
    (-1, -3),
];
const IN_A_ROW: u32 = 9;
/// A pixel of the circle differs by this share of the picture's range.
const CORNER_SHARE: f64 = 0.12;
/// Of two points, one is darker when it is by this share of the range: white paper says the same on every scan.
const DARKER_SHARE: f64 = 0.10;
/// Radius of what a description looks at, pixels: 5 mm, three characters of 9 points.
const REACH: i32 = 15;
/// Comparisons of a description.
const BITS: usize = 256;
/// Pairs differ in at most this many of the comparisons; strangers differ in 60 to 128.
const MAX_DIFFERENT: u32 = 60;
/// ... and the next best is this much further away.
const UNLIKE_NEXT: f64 = 0.85;

/// A picture at a fixed number of pixels per mm, softened.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    pub width: usize,
    pub height: usize,
    pub grey: Vec<u8>,
    pub px_per_mm: f64,
}

/// A described place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Feature {
    /// Where, in pixels of the picture.
    pub at: [f32; 2],
    says: [u64; BITS / 64],
}

/// A place of the empty sheet, and where in the page's picture (its own units) it seems to be.
pub(super) type Pair = (PointMm, [f64; 2]);

impl Picture {
    /// `page` at `px_per_mm`, with `page_px_per_mm` pixels of its own in a mm.
    pub fn of(page: &GrayPage, page_px_per_mm: [f64; 2], px_per_mm: f64) -> Self {
        let [sx, sy] = page_px_per_mm.map(|own| own / px_per_mm);
        let width = (f64::from(page.width) / sx) as usize;
        let height = (f64::from(page.height) / sy) as usize;
        let map =
            crate::registered::RegisteredPage { page, px_from_mm: Affine([sx, 0.0, 0.0, 0.0, sy, 0.0]) };
        let mut cut = crate::fields::sampler::Cut::default();
        let rect = domain::geometry::RectMm::new(0.0, 0.0, width as f64, height as f64);
        crate::fields::sampler::sample(&map, rect, 1.0, &mut cut);
        let grey = softened(&cut.grey, width, height);
        Self { width, height, grey, px_per_mm }
    }

    /// A quarter turn clockwise.
    pub fn turned(&self) -> Self {
        let (width, height) = (self.height, self.width);
        let mut grey = vec![255; self.grey.len()];
        for y in 0..height {
            for x in 0..width {
                grey[y * width + x] = self.grey[(self.height - 1 - x) * self.width + y];
            }
        }
        Self { width, height, grey, px_per_mm: self.px_per_mm }
    }

    /// Distance between dark print and paper, grey levels.
    fn range(&self) -> f64 {
        let mut counts = [0usize; 256];
        self.grey.iter().step_by(7).for_each(|&grey| counts[usize::from(grey)] += 1);
        let all: usize = counts.iter().sum();
        let level = |share: f64| {
            let mut below = 0;
            let found = counts.iter().position(|count| {
                below += count;
                below as f64 >= share * all as f64
            });
            found.unwrap_or(255) as f64
        };
        (level(0.75) - level(0.02)).max(30.0)
    }

    /// Corners with their descriptions: of each cell of `cell` pixels the `most` strongest.
    pub fn features(&self, cell: usize, most: usize) -> Vec<Feature> {
        let range = self.range();
        let corners = self.corners((CORNER_SHARE * range) as i32);
        let across = self.width.div_ceil(cell);
        let mut cells: Vec<Vec<(i32, u32)>> = vec![Vec::new(); across * self.height.div_ceil(cell)];
        for (strength, at) in corners {
            let (x, y) = (at as usize % self.width, at as usize / self.width);
            cells[y / cell * across + x / cell].push((strength, at));
        }
        let pattern = pattern();
        let darker = (DARKER_SHARE * range) as i32;
        let mut features = Vec::new();
        for mut corners in cells {
            corners.sort_unstable_by(|a, b| b.cmp(a));
            for (_, at) in corners.into_iter().take(most) {
                features.push(self.describe(at as usize, &pattern, darker));
            }
        }
        features
    }

    /// Strength and place of every corner that is stronger than its neighbours.
    fn corners(&self, limit: i32) -> Vec<(i32, u32)> {
        let w = self.width as i32;
        let offsets = CIRCLE.map(|(x, y)| y * w + x);
        let mut strengths = vec![0i32; self.grey.len()];
        let mut found = Vec::new();
        let margin = REACH as usize + 1;
        if self.width <= 2 * margin || self.height <= 2 * margin {
            return found;
        }
        for y in margin..self.height - margin {
            for x in margin..self.width - margin {
                let at = y * self.width + x;
                let strength = self.strength(at, &offsets, limit);
                if strength > 0 {
                    strengths[at] = strength;
                    found.push((strength, at as u32));
                }
            }
        }
        let strongest = |&(strength, at): &(i32, u32)| {
            let near = [-w - 1, -w, -w + 1, -1, 1, w, w - 1, w + 1];
            near.iter().all(|step| strengths[(at as i32 + step) as usize] <= strength)
        };
        found.retain(strongest);
        found
    }

    /// How much a pixel differs from those around it; 0 when it is no corner.
    fn strength(&self, at: usize, offsets: &[i32; 16], limit: i32) -> i32 {
        let center = i32::from(self.grey[at]);
        let value = |i: usize| i32::from(self.grey[(at as i32 + offsets[i]) as usize]) - center;
        // Of four points around, three must differ when nine in a row of sixteen do; two are enough to go on.
        let far = [0, 4, 8, 12].map(value);
        if far.iter().filter(|v| **v > limit).count() < 2 && far.iter().filter(|v| **v < -limit).count() < 2 {
            return 0;
        }
        let (mut lighter, mut darker, mut sum) = (0u32, 0u32, [0i32; 2]);
        for i in 0..16 {
            let v = value(i);
            if v > limit {
                lighter |= 1 << i;
                sum[0] += v - limit;
            } else if v < -limit {
                darker |= 1 << i;
                sum[1] -= v + limit;
            }
        }
        let row = |bits: u32| {
            let twice = bits | bits << 16;
            let mut run = twice;
            (1..IN_A_ROW).for_each(|step| run &= twice >> step);
            run & 0xFFFF != 0
        };
        match (row(lighter), row(darker)) {
            (true, _) => sum[0],
            (_, true) => sum[1],
            _ => 0,
        }
    }

    fn describe(&self, at: usize, pattern: &[[i32; 4]; BITS], darker: i32) -> Feature {
        let w = self.width as i32;
        let grey = |x: i32, y: i32| i32::from(self.grey[(at as i32 + y * w + x) as usize]);
        let mut says = [0u64; BITS / 64];
        for (i, [ax, ay, bx, by]) in pattern.iter().enumerate() {
            says[i / 64] |= u64::from(grey(*ax, *ay) + darker < grey(*bx, *by)) << (i % 64);
        }
        Feature { at: [(at % self.width) as f32, (at / self.width) as f32], says }
    }
}

impl Feature {
    fn different(&self, other: &Self) -> u32 {
        self.says.iter().zip(&other.says).map(|(a, b)| (a ^ b).count_ones()).sum()
    }
}

/// Features of a page, to be looked up by place.
pub(super) struct Places {
    cell: f32,
    across: usize,
    down: usize,
    cells: Vec<Vec<Feature>>,
}

impl Places {
    pub fn new(features: Vec<Feature>, picture: &Picture) -> Self {
        let cell = 24.0;
        let (across, down) =
            ((picture.width as f32 / cell) as usize + 1, (picture.height as f32 / cell) as usize + 1);
        let mut cells = vec![Vec::new(); across * down];
        for feature in features {
            cells[(feature.at[1] / cell) as usize * across + (feature.at[0] / cell) as usize].push(feature);
        }
        Self { cell, across, down, cells }
    }

    /// The feature within `reach` pixels of `at` that is like `wanted` and like which no other is.
    pub fn like(&self, wanted: &Feature, at: [f32; 2], reach: [f32; 2]) -> Option<&Feature> {
        let span = |axis: usize, count: usize| {
            let cell = |v: f32| ((v / self.cell).max(0.0) as usize).min(count);
            cell(at[axis] - reach[axis])..(cell(at[axis] + reach[axis]) + 1).min(count)
        };
        let (mut best, mut next): (Option<(u32, &Feature)>, u32) = (None, BITS as u32);
        for row in span(1, self.down) {
            for column in span(0, self.across) {
                for feature in &self.cells[row * self.across + column] {
                    let different = wanted.different(feature);
                    // The neighbours of the best one look like it, too: they are no rivals.
                    match best {
                        Some((least, known)) if different >= least => {
                            let beside =
                                (feature.at[0] - known.at[0]).hypot(feature.at[1] - known.at[1]) < 4.0;
                            next = if beside { next } else { next.min(different) };
                        }
                        Some((least, known)) => {
                            let beside =
                                (feature.at[0] - known.at[0]).hypot(feature.at[1] - known.at[1]) < 4.0;
                            next = if beside { next } else { next.min(least) };
                            best = Some((different, feature));
                        }
                        None => best = Some((different, feature)),
                    }
                }
            }
        }
        let (different, feature) = best?;
        let sure = different <= MAX_DIFFERENT && f64::from(different) <= UNLIKE_NEXT * f64::from(next);
        sure.then_some(feature)
    }
}

/// Points to compare, two each, drawn once from a bell around the middle.
fn pattern() -> [[i32; 4]; BITS] {
    let mut state = 0x2545_F491_4F6C_DD1Du64;
    let mut even = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    std::array::from_fn(|_| {
        std::array::from_fn(|_| {
            // Four even numbers make nearly a bell: its deviation is 0.29 of the whole span.
            let bell = (even() + even() + even() + even()) / 2.0 - 1.0;
            ((bell * f64::from(REACH) * 1.25).round() as i32).clamp(-REACH, REACH)
        })
    })
}

/// Means of three by three pixels.
fn softened(grey: &[u8], width: usize, height: usize) -> Vec<u8> {
    let mut out = grey.to_vec();
    let mut sums = vec![0u16; width];
    for y in 1..height.saturating_sub(1) {
        let rows = [y - 1, y, y + 1].map(|row| &grey[row * width..(row + 1) * width]);
        for (((sum, a), b), c) in sums.iter_mut().zip(rows[0]).zip(rows[1]).zip(rows[2]) {
            *sum = u16::from(*a) + u16::from(*b) + u16::from(*c);
        }
        let inner = &mut out[y * width + 1..(y + 1) * width - 1];
        for (i, out) in inner.iter_mut().enumerate() {
            *out = ((sums[i] + sums[i + 1] + sums[i + 2]) / 9) as u8;
        }
    }
    out
}
