//! 局所位置合わせ. Finds the print of the empty sheet again in the scan: scans stretch locally.

use super::calibration as c;
use super::print::{Points, Print};
use super::sampler::{Cut, sample};
use super::sheet::Sheet;
use domain::geometry::RectMm;

/// Where a part of the page was found; shifts are mm from where the registration puts it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Found {
    /// The print was found.
    At([f64; 2]),
    /// The empty sheet has no print here to find; the place is the registration's, moved as its neighbours were.
    Unprinted([f64; 2]),
    /// The print should be here and is not.
    Missing([f64; 2]),
}

impl Found {
    /// Where to look, mm.
    pub fn shift(self) -> [f64; 2] {
        let (Found::At(shift) | Found::Unprinted(shift) | Found::Missing(shift)) = self;
        shift
    }

    /// Whether print is missing that should be there.
    pub fn is_missing(self) -> bool {
        matches!(self, Found::Missing(_))
    }
}

/// Finds `print` near `rect`; leaves in `scan` the page around it and returns besides where in `scan` the
/// print's upper left corner lies, pixels.
pub(crate) fn find(
    sheet: &mut Sheet,
    print: &Print,
    rect: RectMm,
    ppm: f64,
    scan: &mut Cut,
) -> (Found, [usize; 2]) {
    let hint = sheet.drift_near(rect);
    // Near where the neighbours were, then everywhere; then without the rules of tables, which pale scans lose.
    let attempts = [
        (&print.all, hint, c::NEAR_MM),
        (&print.all, [0.0, 0.0], c::SEARCH_MM),
        (&print.short, [0.0, 0.0], c::SEARCH_MM),
    ];
    for (points, center, reach) in attempts {
        let place = RectMm::new(rect.x + center[0], rect.y + center[1], rect.w, rect.h);
        let margin = (reach * ppm).round() as i64;
        sample(sheet.page, place.grown(margin as f64 / ppm), ppm, scan);
        let corner = |by: [i64; 2]| by.map(|pixels| (margin + pixels) as usize);
        if !print.all.tell_their_place() {
            return (Found::Unprinted(hint), corner([0, 0]));
        }
        if !points.tell_their_place() {
            continue;
        }
        let expected = points.contrast * (sheet.levels.paper - sheet.levels.black) / 255.0;
        let best = best(points, scan, margin);
        let shift = [0, 1].map(|axis| center[axis] + best.shift[axis] as f64 / ppm);
        let inside = best.shift.iter().all(|by| by.abs() < margin);
        if inside && best.score >= c::PRINT_SURE * expected {
            sheet.remember(rect, shift);
            return (Found::At(shift), corner(best.shift));
        }
        if reach == c::SEARCH_MM && best.score >= (c::PRINT_FOUND * expected).max(c::PRINT_CONTRAST) {
            return (Found::At(shift), corner(best.shift));
        }
    }
    if sheet.bilevel
        && let Some(broken) = find_broken(sheet, &print.all, rect, ppm, scan)
    {
        return broken;
    }
    let margin = (c::SEARCH_MM * ppm).round();
    let corner = hint.map(|mm| (margin + (mm * ppm).round()).max(0.0) as usize);
    // A box that is blotted all over shows no print, but nothing light either where print should be.
    let found =
        if is_covered(sheet, &print.all, scan, corner) { Found::At(hint) } else { Found::Missing(hint) };
    (found, corner)
}

/// On a 1-bit scan fine print falls to pieces. What is left of it is still print when it lies just where the page and
/// the neighbours say; then `scan` holds the page around there.
fn find_broken(
    sheet: &Sheet,
    points: &Points,
    rect: RectMm,
    ppm: f64,
    scan: &mut Cut,
) -> Option<(Found, [usize; 2])> {
    let center = sheet.drift_near(rect);
    let margin = (c::NEAR_MM * ppm).round() as i64;
    let place = RectMm::new(rect.x + center[0], rect.y + center[1], rect.w, rect.h);
    // Not into `scan`: if this fails too, what lies there is still looked at.
    let mut near = Cut::default();
    sample(sheet.page, place.grown(margin as f64 / ppm), ppm, &mut near);
    let best = best(points, &near, margin);
    let whole = points.contrast * (sheet.levels.paper - sheet.levels.black) / 255.0;
    (best.score >= c::PRINT_BROKEN * whole).then(|| {
        *scan = near;
        let shift = [0, 1].map(|axis| center[axis] + best.shift[axis] as f64 / ppm);
        (Found::At(shift), best.shift.map(|by| (margin + by) as usize))
    })
}

/// Whether nearly everything that should be printed is dark.
fn is_covered(sheet: &Sheet, print: &Points, scan: &Cut, [x0, y0]: [usize; 2]) -> bool {
    let middle = (sheet.levels.paper + sheet.levels.black) / 2.0;
    let is_dark = |&&[x, y]: &&[u16; 2]| {
        let at = (usize::from(y) + y0) * scan.width + usize::from(x) + x0;
        scan.grey.get(at).is_some_and(|&grey| f32::from(grey) < middle)
    };
    print.on.iter().filter(is_dark).count() as f64 >= c::PRINT_COVERED * print.on.len() as f64
}

struct Best {
    shift: [i64; 2],
    score: f32,
}

/// Shifts to the right that are tried at once.
const ABREAST: usize = 16;

/// The shift within `margin` at which print is darkest against the paper beside it.
fn best(print: &Points, scan: &Cut, margin: i64) -> Best {
    let places = |points: &[[u16; 2]]| -> Vec<usize> {
        points.iter().map(|&[x, y]| usize::from(y) * scan.width + usize::from(x)).collect()
    };
    let (on, off) = (places(&print.on), places(&print.off));
    let mut best = Best { shift: [0, 0], score: f32::MIN };
    for dy in -margin..=margin {
        for first in (-margin..=margin).step_by(ABREAST) {
            let from = (dy + margin) as usize * scan.width + (first + margin) as usize;
            let [dark, light] = [&on, &off].map(|places| means(places, &scan.grey, from));
            for (dx, (dark, light)) in (first..=margin).zip(dark.into_iter().zip(light)) {
                // Of two equally good places the nearer one.
                let score = light - dark - 0.01 * (dx.abs() + dy.abs()) as f32;
                if score > best.score {
                    best = Best { shift: [dx, dy], score };
                }
            }
        }
    }
    best
}

/// Mean grey at `places`, moved by `from` and up to [`ABREAST`] pixels further; beyond the end is paper.
fn means(places: &[usize], grey: &[u8], from: usize) -> [f32; ABREAST] {
    let last = places.iter().copied().max().unwrap_or(0);
    let sums = if last + from + ABREAST <= grey.len() {
        sums_inside(places, &grey[from..])
    } else {
        let sum = |step| places.iter().map(|at| u32::from(*grey.get(at + from + step).unwrap_or(&255))).sum();
        std::array::from_fn(sum)
    };
    sums.map(|sum| sum as f32 / places.len() as f32)
}

/// Sums of `grey` at `places` and up to [`ABREAST`] pixels further, none of which lies beyond the end. Plain enough
/// that compilers make a few vector instructions of it.
fn sums_inside(places: &[usize], grey: &[u8]) -> [u32; ABREAST] {
    // Sixteen bits hold the sum of 257 bytes.
    const MOST: usize = 257;
    let mut sums = [0u32; ABREAST];
    for places in places.chunks(MOST) {
        let mut few = [0u16; ABREAST];
        for &at in places {
            let near = &grey[at..at + ABREAST];
            for (sum, &grey) in few.iter_mut().zip(near) {
                *sum = sum.wrapping_add(u16::from(grey));
            }
        }
        for (sum, few) in sums.iter_mut().zip(few) {
            *sum += u32::from(few);
        }
    }
    sums
}
