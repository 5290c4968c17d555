//! An empty sheet as it came -> the picture that is kept: square pixels, its rules level, the paper filling it.

use super::ink::Ink;
use crate::affine::Affine;
use crate::gray::GrayPage;
use crate::registered::RegisteredPage;
use domain::geometry::RectMm;

/// A sheet lies in the scanner turned by at most this much, degrees.
const MOST_DEG: f64 = 4.0;
/// First and last step of the search, degrees: 0.02 degrees are 0.1 mm over the length of A4.
const STEPS_DEG: [f64; 3] = [0.25, 0.05, 0.01];
/// A picture turned by less is left as it is.
const LEVEL_DEG: f64 = 0.03;
/// Rows and columns that rules are gathered in, mm.
const BIN_MM: f64 = 0.2;
/// Fine enough to see how rules lie, pixels per mm (200 dpi).
const COARSE_PX_PER_MM: f64 = 8.0;
/// Points looked at, at most.
const MOST_POINTS: usize = 200_000;
/// Resolutions that a blank is kept in, pixels per mm: 150 and 400 dpi; from others 300 dpi are made.
const KEPT_PX_PER_MM: [f64; 2] = [5.9, 15.8];
const MADE_PX_PER_MM: f64 = 300.0 / 25.4;
/// A picture that differs from the paper by less than this, mm, is the paper.
const EXACT_MM: f64 = 0.3;

/// The picture of an empty sheet, upright.
#[derive(Clone, Debug, PartialEq)]
pub struct Straightened {
    /// The paper fills it.
    pub page: GrayPage,
    /// Pixels per mm across and down.
    pub px_per_mm: f64,
    /// How far it was turned back, degrees clockwise.
    pub turned_deg: f64,
}

/// Lays a sheet of `paper_mm` straight. `px_per_mm` is the picture's resolution across and down.
/// A sheet turned by more than 4 degrees stays turned.
pub fn straighten(page: &GrayPage, px_per_mm: [f64; 2], paper_mm: [f64; 2]) -> Straightened {
    let turned_deg = turned(page, px_per_mm);
    let kept = (KEPT_PX_PER_MM[0]..=KEPT_PX_PER_MM[1]).contains(&px_per_mm[0]);
    let square = (px_per_mm[0] / px_per_mm[1] - 1.0).abs() < 0.005;
    let size = [f64::from(page.width) / px_per_mm[0], f64::from(page.height) / px_per_mm[1]];
    let exact = (0..2).all(|axis| (size[axis] - paper_mm[axis]).abs() < EXACT_MM);
    if kept && square && exact && turned_deg.abs() < LEVEL_DEG {
        let px_per_mm = f64::from(page.width) / paper_mm[0];
        return Straightened { page: page.clone(), px_per_mm, turned_deg: 0.0 };
    }
    let scale = if kept { px_per_mm[0] } else { MADE_PX_PER_MM };
    let level = turned_deg.abs() < LEVEL_DEG;
    let (sin, cos) = if level { (0.0, 1.0) } else { turned_deg.to_radians().sin_cos() };
    // The sheet turns about its middle; without a turn its corner stays where it is.
    let middle = if level { [0.0, 0.0] } else { [size[0] / 2.0, size[1] / 2.0] };
    let [mx, my] = middle;
    let [sx, sy] = px_per_mm;
    let px_from_mm = Affine([
        sx * cos,
        -sx * sin,
        sx * (mx - cos * mx + sin * my),
        sy * sin,
        sy * cos,
        sy * (my - sin * mx - cos * my),
    ]);
    let sheet = RegisteredPage { page, px_from_mm };
    let patch = sheet.sample(RectMm::new(0.0, 0.0, paper_mm[0], paper_mm[1]), scale);
    let page = picture(patch.width, patch.pixels, scale, page.bilevel);
    Straightened { page, px_per_mm: scale, turned_deg: if level { 0.0 } else { turned_deg } }
}

/// The same picture with `to` instead of `from` pixels per mm.
pub(super) fn resampled(page: &GrayPage, from: f64, to: f64) -> GrayPage {
    let sheet = RegisteredPage { page, px_from_mm: Affine::scale(from) };
    let paper = RectMm::new(0.0, 0.0, f64::from(page.width) / from, f64::from(page.height) / from);
    let patch = sheet.sample(paper, to);
    picture(patch.width, patch.pixels, to, page.bilevel)
}

fn picture(width: usize, mut pixels: Vec<u8>, px_per_mm: f64, bilevel: bool) -> GrayPage {
    if bilevel {
        pixels.iter_mut().for_each(|grey| *grey = if *grey < 128 { 0 } else { 255 });
    }
    let dpi = (px_per_mm * 25.4) as f32;
    let height = (pixels.len() / width.max(1)) as u32;
    GrayPage { width: width as u32, height, pixels, dpi: Some([dpi, dpi]), bilevel }
}

/// How far the sheet is turned, degrees clockwise: at the right turn its rules fall into the fewest rows and columns.
fn turned(page: &GrayPage, [sx, sy]: [f64; 2]) -> f64 {
    let coarse;
    let (page, [sx, sy]) = if sx > COARSE_PX_PER_MM {
        let sheet = RegisteredPage { page, px_from_mm: Affine([sx, 0.0, 0.0, 0.0, sy, 0.0]) };
        let whole = RectMm::new(0.0, 0.0, f64::from(page.width) / sx, f64::from(page.height) / sy);
        let patch = sheet.sample(whole, COARSE_PX_PER_MM);
        coarse = picture(patch.width, patch.pixels, COARSE_PX_PER_MM, page.bilevel);
        (&coarse, [COARSE_PX_PER_MM; 2])
    } else {
        (page, [sx, sy])
    };
    let ink = Ink::of(page, sx);
    let dark: Vec<usize> = (0..ink.dark.len()).filter(|&at| ink.dark[at]).collect();
    let step = dark.len().div_ceil(MOST_POINTS).max(1);
    let points: Vec<[f64; 2]> = dark
        .iter()
        .step_by(step)
        .map(|&at| [(at % ink.width) as f64 / sx, (at / ink.width) as f64 / sy])
        .collect();
    let length = f64::from(page.width) / sx + f64::from(page.height) / sy;
    let mut best = 0.0;
    let mut reach = MOST_DEG;
    for step in STEPS_DEG {
        let count = (reach / step).round() as i32;
        let centre = best;
        let tries = (-count..=count).map(|n| centre + f64::from(n) * step);
        best = tries
            .map(|degrees| (degrees, order(&points, degrees, length)))
            .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.abs().total_cmp(&a.0.abs())))
            .map_or(0.0, |(degrees, _)| degrees);
        reach = step;
    }
    best
}

/// How unevenly the points fall into rows and columns turned by `degrees`.
fn order(points: &[[f64; 2]], degrees: f64, length: f64) -> f64 {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let count = (2.0 * length / BIN_MM) as usize + 2;
    let (mut rows, mut columns) = (vec![0u32; count], vec![0u32; count]);
    for [x, y] in points {
        let across = (x * cos + y * sin + length / 2.0) / BIN_MM;
        let down = (y * cos - x * sin + length / 2.0) / BIN_MM;
        for (bins, at) in [(&mut columns, across), (&mut rows, down)] {
            if let Some(bin) = bins.get_mut(at as usize) {
                *bin += 1;
            }
        }
    }
    rows.iter().chain(&columns).map(|&n| f64::from(n) * f64::from(n)).sum()
}
