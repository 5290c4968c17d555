//! One side being read: the scan, the empty sheet, the grey levels, and how far print was off so far.

use super::calibration as c;
use super::print;
use super::streak::Streaks;
use crate::affine::Affine;
use crate::registered::RegisteredPage;
use crate::template::Blank;
use domain::geometry::{PointMm, RectMm};

/// Grey levels of a page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Levels {
    /// Unprinted paper.
    pub paper: f32,
    /// Printed black.
    pub black: f32,
    /// Standard deviation of paper.
    pub noise: f32,
}

/// A page while its fields are read.
#[derive(Debug)]
pub(crate) struct Sheet<'a> {
    pub page: &'a RegisteredPage<'a>,
    /// The empty sheet, as a page that lies perfectly, with its fingerprint.
    pub blank: Option<(RegisteredPage<'a>, u64)>,
    pub levels: Levels,
    /// Whether the scan knows black and white only, whatever its file holds: some scanners save such pages as grey.
    pub bilevel: bool,
    pub streaks: Streaks,
    drift: Vec<(PointMm, [f64; 2])>,
    /// Every word of the side that may be circled.
    words: Vec<RectMm>,
}

/// Pixels looked at for the levels of a page: 1 % of them is still hundreds.
const LEVEL_SAMPLES: usize = 40_000;
/// Pixels of the empty sheet looked at for print, and printed ones looked for in the scan.
const LOOKED_AT: usize = 200_000;
const PRINTED_LOOKED_AT: usize = 500;

impl<'a> Sheet<'a> {
    /// `words` are the words of the side that may be circled.
    pub fn new(page: &'a RegisteredPage<'a>, blank: Option<&'a Blank>, words: Vec<RectMm>) -> Self {
        let blank = blank.map(|blank| {
            let page = RegisteredPage { page: &blank.picture, px_from_mm: Affine::scale(blank.px_per_mm) };
            (page, print::fingerprint(&page))
        });
        let streaks = Streaks::find(page.page);
        let counts = counts(page);
        let levels = levels(&counts, page, blank.as_ref().map(|(page, _)| page));
        let bilevel = page.page.bilevel || is_bilevel(&counts);
        Self { page, blank, levels, bilevel, streaks, drift: Vec::new(), words }
    }

    /// How far print was off where it was last found nearest to `rect`, mm.
    pub fn drift_near(&self, rect: RectMm) -> [f64; 2] {
        let to = rect.center();
        let far = |p: &PointMm| (p.x - to.x).powi(2) + (p.y - to.y).powi(2);
        let nearest = self.drift.iter().min_by(|a, b| far(&a.0).total_cmp(&far(&b.0)));
        nearest.map_or([0.0, 0.0], |(_, shift)| *shift)
    }

    /// The other words whose circles may reach over to `word`.
    pub fn words_near(&self, word: RectMm) -> Vec<RectMm> {
        let zone = word.grown(2.0 * c::CIRCLE_MARGIN_MM);
        self.words.iter().filter(|other| **other != word && other.overlaps(&zone)).copied().collect()
    }

    /// Keeps where print was found.
    pub fn remember(&mut self, rect: RectMm, shift: [f64; 2]) {
        self.drift.push((rect.center(), shift));
    }
}

/// How many of the page's pixels have each grey level, by a sample of them.
fn counts(page: &RegisteredPage) -> [u32; 256] {
    let pixels = &page.page.pixels;
    let mut counts = [0u32; 256];
    // An odd step, so that it does not walk down a column of a picture of round width.
    for &grey in pixels.iter().step_by(pixels.len() / LEVEL_SAMPLES * 2 + 1) {
        counts[usize::from(grey)] += 1;
    }
    counts
}

/// Whether there is black and white and hardly anything between, but for what JPEG adds.
fn is_bilevel(counts: &[u32; 256]) -> bool {
    let sum = |levels: std::ops::Range<usize>| counts[levels].iter().sum::<u32>();
    let (black, between) = (sum(0..c::BILEVEL_BLACK), sum(c::BILEVEL_BETWEEN));
    let dark = sum(0..c::BILEVEL_BETWEEN.end);
    dark > 0 && black * 2 > dark && f64::from(between) < c::BILEVEL_BETWEEN_MOST * f64::from(dark)
}

/// Grey levels of the whole page; what is printed on the empty sheet tells how dark print is.
fn levels(counts: &[u32; 256], page: &RegisteredPage, blank: Option<&RegisteredPage>) -> Levels {
    let paper = quantile(counts, c::PAPER_QUANTILE);
    let noise = ((paper - quantile(counts, 0.5)) / c::SIGMAS_TO_PAPER_QUANTILE).clamp(0.0, c::NOISE_MOST);
    let printed = blank.map(|blank| printed_levels(page, blank));
    let black = match printed.filter(|counts| counts.iter().sum::<u32>() >= c::PRINT_POINTS_LEAST as u32) {
        Some(counts) => quantile(&counts, 0.5),
        None => quantile(counts, c::BLACK_QUANTILE),
    };
    Levels { paper, black: black.min(paper - c::MIN_RANGE).max(0.0), noise }
}

/// How dark the page is where the empty sheet is printed: the darkest pixel within the registration's error.
fn printed_levels(page: &RegisteredPage, blank: &RegisteredPage) -> [u32; 256] {
    let mut counts = [0; 256];
    let Some(mm_from_px) = blank.px_from_mm.inverse() else {
        return counts;
    };
    let picture = blank.page;
    let step = picture.pixels.len() / LOOKED_AT * 2 + 1;
    let is_print = |at: &usize| picture.pixels[*at] < c::PRINT_CORE_BELOW;
    let printed: Vec<usize> = (0..picture.pixels.len()).step_by(step).filter(is_print).collect();
    let reach = (c::PRINT_REACH_MM * page.px_from_mm.mean_scale()).ceil() as i64;
    for &at in printed.iter().step_by(printed.len() / PRINTED_LOOKED_AT + 1) {
        let (column, row) = (at % picture.width as usize, at / picture.width as usize);
        let [x, y] = mm_from_px.apply(PointMm::new(column as f64 + 0.5, row as f64 + 0.5));
        let [x, y] = page.px_from_mm.apply(PointMm::new(x, y)).map(|v| v as i64);
        let around = (y - reach..=y + reach).flat_map(|y| (x - reach..=x + reach).map(move |x| (x, y)));
        let darkest = around.map(|(x, y)| page.page.at(x, y)).min().unwrap_or(255);
        counts[usize::from(darkest)] += 1;
    }
    counts
}

/// The grey level that a share of the counted pixels does not exceed.
fn quantile(counts: &[u32; 256], share: f64) -> f32 {
    let all: u32 = counts.iter().sum();
    let mut below = 0;
    let level = counts.iter().position(|count| {
        below += count;
        f64::from(below) >= share * f64::from(all)
    });
    level.unwrap_or(255) as f32
}
