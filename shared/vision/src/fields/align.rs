//! 局所位置合わせ. Finds the print of the empty sheet again in the scan: scans stretch locally.

use super::calibration as c;
use super::region::PPM;
use super::sampler::Cut;
use super::sheet::Levels;

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

/// Pixels of the scan that are printed, and pixels beside them that are not, for a shift of zero.
#[derive(Clone, Debug, Default)]
pub(crate) struct Points {
    on: Vec<usize>,
    off: Vec<usize>,
}

/// Print beside paper: this far away, pixels of 1/8 mm, a sharp line has ended.
const BESIDE: usize = 4;

/// Finds `blank` in `scan`, which shows the same part of the paper and `SEARCH_MM` more on all sides.
pub(crate) fn find(scan: &Cut, blank: &Cut, points: &mut Points, levels: Levels, hint: [f64; 2]) -> Found {
    let expected = points.choose(scan, blank) * (levels.paper - levels.black) / 255.0;
    if points.on.len() < c::PRINT_POINTS_LEAST || points.off.len() < c::PRINT_POINTS_LEAST {
        return Found::Unprinted(hint);
    }
    let margin = (c::SEARCH_MM * PPM).round() as i64;
    let near = (c::NEAR_MM * PPM).round() as i64;
    let hinted = hint.map(|mm| ((mm * PPM).round() as i64).clamp(-margin, margin));
    let mut best = points.best(scan, margin, hinted, near);
    let at_edge = (0..2).any(|axis| (best.shift[axis] - hinted[axis]).abs() == near);
    if at_edge || best.score < c::PRINT_SURE * expected {
        best = points.best(scan, margin, [0, 0], margin);
    }
    let shift = best.shift.map(|pixels| pixels as f64 / PPM);
    if best.score < (c::PRINT_FOUND * expected).max(c::PRINT_CONTRAST) {
        return Found::Missing(hint);
    }
    Found::At(shift)
}

struct Best {
    shift: [i64; 2],
    score: f32,
}

impl Points {
    /// Chooses points; returns the contrast between them on the empty sheet, grey levels.
    fn choose(&mut self, scan: &Cut, blank: &Cut) -> f32 {
        self.on.clear();
        self.off.clear();
        let (w, h) = (blank.width, blank.height);
        let is_print = |at: usize| blank.grey[at] < c::PRINT_CORE_BELOW;
        let printed = (0..w * h).filter(|&at| is_print(at)).count();
        let every = printed.div_ceil(c::PRINT_POINTS).max(1);
        let [left, top] = [(scan.width - w.min(scan.width)) / 2, (scan.height - h.min(scan.height)) / 2];
        let in_scan = |x: usize, y: usize| (y + top) * scan.width + x + left;
        let (mut dark, mut light) = (0u64, 0u64);
        for at in (0..w * h).filter(|&at| is_print(at)).step_by(every) {
            let (x, y) = (at % w, at / w);
            self.on.push(in_scan(x, y));
            dark += u64::from(blank.grey[at]);
            let beside =
                [(x.wrapping_sub(BESIDE), y), (x + BESIDE, y), (x, y.wrapping_sub(BESIDE)), (x, y + BESIDE)];
            for (x, y) in beside.into_iter().filter(|&(x, y)| x < w && y < h) {
                if blank.grey[y * w + x] > c::PAPER_ABOVE {
                    self.off.push(in_scan(x, y));
                    light += u64::from(blank.grey[y * w + x]);
                }
            }
        }
        light as f32 / self.off.len().max(1) as f32 - dark as f32 / self.on.len().max(1) as f32
    }

    /// The shift within `reach` of `center` at which print is darkest against the paper beside it.
    fn best(&self, scan: &Cut, margin: i64, center: [i64; 2], reach: i64) -> Best {
        let mut best = Best { shift: center, score: f32::MIN };
        let range = |axis: usize| (center[axis] - reach).max(-margin)..=(center[axis] + reach).min(margin);
        for dy in range(1) {
            for dx in range(0) {
                let by = dy * scan.width as i64 + dx;
                let mean = |points: &[usize]| {
                    let sum: u32 = points
                        .iter()
                        .map(|&at| {
                            u32::from(
                                scan.grey.get(at.wrapping_add_signed(by as isize)).copied().unwrap_or(255),
                            )
                        })
                        .sum();
                    sum as f32 / points.len() as f32
                };
                // Of two equally good places the nearer one.
                let far = ((dx - center[0]).abs() + (dy - center[1]).abs()) as f32;
                let score = mean(&self.off) - mean(&self.on) - 0.01 * far;
                if score > best.score {
                    best = Best { shift: [dx, dy], score };
                }
            }
        }
        best
    }
}
