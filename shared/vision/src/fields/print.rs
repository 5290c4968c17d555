//! 印刷. What the empty sheet has printed in one part, kept from page to page.

use super::calibration as c;
use super::sampler::{Cut, sample};
use crate::registered::RegisteredPage;
use domain::geometry::RectMm;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// Print beside paper: this far away, mm, a sharp line has ended.
const BESIDE_MM: f64 = 0.5;

/// The print of one part of an empty sheet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Print {
    /// Pixels across and down.
    pub width: usize,
    pub height: usize,
    /// Per pixel: whether print may lie there, with a margin for what is not exact.
    pub mask: Vec<bool>,
    /// All of it.
    pub all: Points,
    /// What is left without long lines: a pale 1-bit scan loses the rules of a table and keeps its words.
    pub short: Points,
}

/// Pixels by which print is found again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Points {
    /// Pixels that are printed, and pixels beside them that are not.
    pub on: Vec<[u16; 2]>,
    pub off: Vec<[u16; 2]>,
    /// The contrast between the two, grey levels.
    pub contrast: f32,
}

/// Which part of which empty sheet, at how many pixels per mm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    sheet: u64,
    rect: [u64; 4],
    ppm: u64,
}

/// The parts looked at so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Prints {
    known: HashMap<Key, Arc<Print>>,
    cut: Cut,
}

/// Parts kept at most (a form has up to about 100): a few megabytes.
const MOST: usize = 2000;

/// What tells one empty sheet from another: its size and a few thousand of its pixels.
pub(crate) fn fingerprint(blank: &RegisteredPage) -> u64 {
    let mut hasher = DefaultHasher::new();
    let pixels = &blank.page.pixels;
    (blank.page.width, blank.page.height).hash(&mut hasher);
    blank.px_from_mm.0.map(f64::to_bits).hash(&mut hasher);
    for &grey in pixels.iter().step_by(pixels.len() / 4096 * 2 + 1) {
        hasher.write_u8(grey);
    }
    hasher.finish()
}

impl Prints {
    /// The print of `rect`; without an empty sheet there is none.
    pub fn of(&mut self, blank: Option<(&RegisteredPage, u64)>, rect: RectMm, ppm: f64) -> Arc<Print> {
        let Some((blank, sheet)) = blank else {
            let [width, height] = [rect.w, rect.h].map(|mm| ((mm * ppm).round() as usize).max(1));
            return Arc::new(Print { width, height, mask: vec![false; width * height], ..Print::default() });
        };
        let rect_bits = [rect.x, rect.y, rect.w, rect.h].map(f64::to_bits);
        let key = Key { sheet, rect: rect_bits, ppm: ppm.to_bits() };
        if let Some(print) = self.known.get(&key) {
            return print.clone();
        }
        if self.known.len() >= MOST {
            self.known.clear();
        }
        sample(blank, rect, ppm, &mut self.cut);
        let print = Arc::new(Print::new(&self.cut, ppm));
        self.known.insert(key, print.clone());
        print
    }
}

impl Print {
    fn new(blank: &Cut, ppm: f64) -> Self {
        let (width, height) = (blank.width, blank.height);
        let mut mask: Vec<bool> = blank.grey.iter().map(|&grey| grey < c::PRINT_BELOW).collect();
        for _ in 0..(c::PRINT_REACH_MM * ppm).round() as usize {
            spread(&mut mask, width);
        }
        let beside = (BESIDE_MM * ppm).round() as usize;
        let printed: Vec<bool> = blank.grey.iter().map(|&grey| grey < c::PRINT_CORE_BELOW).collect();
        let rules = rules(&printed, width, (c::RULE_LENGTH_MM * ppm) as usize);
        let short: Vec<bool> = printed.iter().zip(&rules).map(|(&printed, &rule)| printed && !rule).collect();
        let all = Points::choose(blank, &printed, beside);
        let short =
            if rules.contains(&true) { Points::choose(blank, &short, beside) } else { Points::default() };
        Self { width, height, mask, all, short }
    }
}

impl Points {
    fn choose(blank: &Cut, printed: &[bool], beside: usize) -> Self {
        let (w, h) = (blank.width, blank.height);
        let mut points = Self::default();
        let printed: Vec<usize> = (0..w * h).filter(|&at| printed[at]).collect();
        let (mut dark, mut light) = (0u64, 0u64);
        for &at in printed.iter().step_by(printed.len().div_ceil(c::PRINT_POINTS).max(1)) {
            let (x, y) = (at % w, at / w);
            points.on.push([x as u16, y as u16]);
            dark += u64::from(blank.grey[at]);
            let near =
                [(x.wrapping_sub(beside), y), (x + beside, y), (x, y.wrapping_sub(beside)), (x, y + beside)];
            for (x, y) in near.into_iter().filter(|&(x, y)| x < w && y < h) {
                let grey = blank.grey[y * w + x];
                if grey > c::PAPER_ABOVE {
                    points.off.push([x as u16, y as u16]);
                    light += u64::from(grey);
                }
            }
        }
        points.contrast =
            light as f32 / points.off.len().max(1) as f32 - dark as f32 / points.on.len().max(1) as f32;
        points
    }

    /// Whether there is enough of it to be found again.
    pub fn tell_their_place(&self) -> bool {
        self.on.len().min(self.off.len()) >= c::PRINT_POINTS_LEAST
    }
}

/// Pixels of straight lines, across or down, at least `length` pixels long.
fn rules(printed: &[bool], width: usize, length: usize) -> Vec<bool> {
    let height = printed.len() / width.max(1);
    let mut rules = vec![false; printed.len()];
    let mut mark = |line: Vec<usize>| {
        for run in line.chunk_by(|&a, &b| printed[a] == printed[b]) {
            if printed[run[0]] && run.len() >= length {
                run.iter().for_each(|&at| rules[at] = true);
            }
        }
    };
    (0..height).for_each(|y| mark((y * width..(y + 1) * width).collect()));
    (0..width).for_each(|x| mark((0..height).map(|y| y * width + x).collect()));
    rules
}

/// Spreads a mask by one pixel in all eight directions.
pub(crate) fn spread(mask: &mut [bool], width: usize) {
    for row in mask.chunks_exact_mut(width) {
        let mut before = false;
        for x in 0..row.len() {
            let here = row[x];
            row[x] = here || before || row.get(x + 1) == Some(&true);
            before = here;
        }
    }
    let mut above = vec![false; width];
    for start in (0..mask.len()).step_by(width) {
        for x in 0..width {
            let here = mask[start + x];
            mask[start + x] = here || above[x] || mask.get(start + width + x) == Some(&true);
            above[x] = here;
        }
    }
}
