//! 似た帳票. Sheets that differ in little (a printed form number, a title): where they differ, the page decides.

use super::fit::Fit;
use crate::affine::Affine;
use crate::fields::sampler::{Cut, sample};
use crate::gray::GrayPage;
use crate::registered::RegisteredPage;
use crate::template::Blank;
use domain::geometry::RectMm;

/// Pixels per mm: a digit of 9 points is 12 high.
const PPM: f64 = 5.0;
/// Print of one sheet this near to print of the other is no difference, pixels: 0.4 mm.
const BESIDE: usize = 2;
/// Grey of an empty sheet that is surely print, and surely not paper.
const PRINT: u8 = 150;
const NOT_PAPER: u8 = 215;
/// Differences are looked at in cells of this many pixels, each moved a little until it fits.
const CELL: usize = 25;
const MOVED: i64 = 1;
/// A cell with fewer different pixels has none; a few strokes of a digit have 10.
const MIN_CELL: usize = 4;
/// Less than this, pixels in all, cannot be seen on a scan.
const MIN_ALL: usize = 12;
/// A sheet is the one when this share of the different pixels agrees with it: print that is half grey decides nothing.
const CLEARLY: f64 = 0.65;
/// Paper around a difference that is this dark on average is covered by something.
const COVERED: f64 = 0.25;

/// Two sheets that both seem to lie on a page, each with where.
pub(super) struct Rivals<'a> {
    pub blanks: [&'a Blank; 2],
    pub fits: [&'a Fit; 2],
    pub paper_mm: [f64; 2],
}

/// Which of two sheets the page is: 0 or 1; `None` when that cannot be seen.
pub(super) fn which(page: &GrayPage, rivals: &Rivals) -> Option<usize> {
    let Rivals { blanks, fits, paper_mm } = rivals;
    let first = fits[0].px_from_mm;
    // What the first sheet has at a place, the second has where its own map puts the same pixel of the page.
    let second = fits[1].px_from_mm.inverse()?.after(&first);
    let maps = [Affine::scale(blanks[0].px_per_mm), Affine::scale(blanks[1].px_per_mm).after(&second)];
    let rect = RectMm::new(0.0, 0.0, paper_mm[0], paper_mm[1]);
    let look = |page: &GrayPage, px_from_mm: Affine| {
        let mut cut = Cut::default();
        sample(&RegisteredPage { page, px_from_mm }, rect, PPM, &mut cut);
        cut
    };
    let [a, b] = [0, 1].map(|i| look(&blanks[i].picture, maps[i]));
    let seen = look(page, first);
    let levels = levels(&seen, &a, &b)?;
    let (near_a, near_b) = (near(&a), near(&b));
    let (only_a, only_b) = (only(&a, &near_b), only(&b, &near_a));
    let neither: Vec<bool> = near_a.iter().zip(&near_b).map(|(a, b)| !a && !b).collect();
    let (mut all, mut agrees) = (0.0, 0.0);
    for y in (0..seen.height).step_by(CELL) {
        for x in (0..seen.width).step_by(CELL) {
            let cell = |mask: &[bool], more: usize| -> Vec<(usize, usize)> {
                let rows = y.saturating_sub(more)..(y + CELL + more).min(seen.height);
                let columns = x.saturating_sub(more)..(x + CELL + more).min(seen.width);
                let at = rows.flat_map(|y| columns.clone().map(move |x| (x, y)));
                at.filter(|(x, y)| mask[y * seen.width + x]).collect()
            };
            let differ = [cell(&only_a, 0), cell(&only_b, 0)];
            let count = differ[0].len() + differ[1].len();
            if count >= MIN_CELL && !is_covered(&seen, &cell(&neither, CELL / 2), levels) {
                all += count as f64;
                let [a, b] = [0, 1].map(|i| found(&seen, &differ[i], levels));
                agrees += a + differ[1].len() as f64 - b;
            }
        }
    }
    if all < MIN_ALL as f64 {
        return None;
    }
    match agrees / all {
        share if share >= CLEARLY => Some(0),
        share if share <= 1.0 - CLEARLY => Some(1),
        _ => None,
    }
}

/// Whether what should be paper on both sheets is dark: under a blot nothing can be told.
fn is_covered(seen: &Cut, paper: &[(usize, usize)], levels: [f64; 2]) -> bool {
    let dark: f64 = paper.iter().map(|(x, y)| shade(seen, *x as i64, *y as i64, levels)).sum();
    paper.len() < CELL || dark > COVERED * paper.len() as f64
}

/// Darkness of a pixel, 0 paper, 1 print.
fn shade(seen: &Cut, x: i64, y: i64, [paper, black]: [f64; 2]) -> f64 {
    let inside = (0..seen.width as i64).contains(&x) && (0..seen.height as i64).contains(&y);
    let grey = if inside { f64::from(seen.grey[y as usize * seen.width + x as usize]) } else { paper };
    ((paper - grey) / (paper - black)).clamp(0.0, 1.0)
}

/// How much of print that only one sheet has is there, pixels, moved a little to where most of it is.
fn found(seen: &Cut, print: &[(usize, usize)], levels: [f64; 2]) -> f64 {
    let shifts = (-MOVED..=MOVED).flat_map(|dy| (-MOVED..=MOVED).map(move |dx| (dx, dy)));
    let dark = |(dx, dy): (i64, i64)| -> f64 {
        print.iter().map(|(x, y)| shade(seen, *x as i64 + dx, *y as i64 + dy, levels)).sum()
    };
    shifts.map(dark).fold(0.0, f64::max)
}

/// Grey of paper and of print on the page, by what both sheets have.
fn levels(seen: &Cut, a: &Cut, b: &Cut) -> Option<[f64; 2]> {
    let median = |is: &dyn Fn(u8, u8) -> bool| {
        let both = a.grey.iter().zip(&b.grey).zip(&seen.grey);
        let mut greys: Vec<u8> = both.filter(|((a, b), _)| is(**a, **b)).map(|(_, grey)| *grey).collect();
        greys.sort_unstable();
        greys.get(greys.len() / 2).copied().map(f64::from)
    };
    let paper = median(&|a, b| a > NOT_PAPER && b > NOT_PAPER)?;
    let black = median(&|a, b| a < PRINT && b < PRINT)?;
    (paper > black + 20.0).then_some([paper, black])
}

/// Print, and what is near it.
fn near(sheet: &Cut) -> Vec<bool> {
    let mut near: Vec<bool> = sheet.grey.iter().map(|&grey| grey < NOT_PAPER).collect();
    for _ in 0..BESIDE {
        crate::fields::spread(&mut near, sheet.width);
    }
    near
}

/// Print of a sheet where the other has none near.
fn only(sheet: &Cut, near_other: &[bool]) -> Vec<bool> {
    sheet.grey.iter().zip(near_other).map(|(&grey, &near)| grey < PRINT && !near).collect()
}
