//! 筋. Dirt on the scanner's sensor draws thin lines down the picture, through everything: they are no ink.

use super::calibration as c;
use super::sampler::Cut;
use crate::gray::GrayPage;
use crate::registered::RegisteredPage;
use domain::geometry::{PointMm, RectMm};

/// A line is judged over bands of this many rows, mm: it may begin in the middle of a page.
const BANDS_PER_PAGE: usize = 8;
/// Every so many rows are looked at.
const ROW_STEP: usize = 4;

/// The dirt lines of a page.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Streaks {
    band_height: usize,
    /// Per band: from which column to which (excluded).
    bands: Vec<Vec<[usize; 2]>>,
}

impl Streaks {
    /// Finds thin dark lines that run straight down the picture through a whole band and one beside it.
    pub fn find(page: &GrayPage) -> Self {
        let (width, height) = (page.width as usize, page.height as usize);
        let band_height = height.div_ceil(BANDS_PER_PAGE).max(1);
        let aside = (c::STREAK_WIDTH * width as f64).ceil() as usize;
        let seen: Vec<Vec<bool>> = (0..height.div_ceil(band_height))
            .map(|band| dark_columns(page, band * band_height..((band + 1) * band_height).min(height), aside))
            .collect();
        let lasts = |band: usize, column: usize| {
            seen[band][column]
                && (band.checked_sub(1).is_some_and(|above| seen[above][column])
                    || seen.get(band + 1).is_some_and(|below| below[column]))
        };
        let bands = (0..seen.len()).map(|band| runs((0..width).map(|column| lasts(band, column)), aside));
        Self { band_height, bands: bands.collect() }
    }

    /// The line at a pixel of the page.
    fn at(&self, x: f64, y: f64) -> Option<[usize; 2]> {
        if x < 0.0 || y < 0.0 {
            return None;
        }
        let lines = self.bands.get(y as usize / self.band_height.max(1))?;
        lines.iter().find(|[from, to]| (*from..*to).contains(&(x as usize))).copied()
    }

    /// Whether some line may cross `rect` of the paper.
    pub fn may_cross(&self, page: &RegisteredPage, rect: RectMm) -> bool {
        let [x, y, w, h] = super::finding::box_px(&page.px_from_mm, rect);
        let bands = self.bands.iter().enumerate().filter(|(band, _)| {
            let top = (band * self.band_height) as f64;
            top < y + h && top + self.band_height as f64 > y
        });
        bands.flat_map(|(_, lines)| lines).any(|[from, to]| (*from as f64) < x + w && *to as f64 > x)
    }

    /// Whether a line lies over a point of the paper.
    pub fn covers(&self, page: &RegisteredPage, point: PointMm) -> bool {
        let [x, y] = page.px_from_mm.apply(point);
        self.at(x, y).is_some()
    }

    /// Paints the lines in a cut of `rect` over with what lies beside them, so that strokes they cross go on.
    pub fn erase(&self, page: &RegisteredPage, rect: RectMm, ppm: f64, cut: &mut Cut) {
        if !self.may_cross(page, rect) {
            return;
        }
        for (at, grey) in cut.grey.iter_mut().enumerate() {
            let column = (at % cut.width) as f64 + 0.5;
            let row = (at / cut.width) as f64 + 0.5;
            let [x, y] = page.px_from_mm.apply(PointMm::new(rect.x + column / ppm, rect.y + row / ppm));
            if let Some([from, to]) = self.at(x, y) {
                let beside = |x: i64| f64::from(page.page.at(x, y as i64));
                let (left, right) = (beside(from as i64 - 1), beside(to as i64));
                let share = (x - from as f64) / (to - from) as f64;
                *grey = (left + (right - left) * share).round() as u8;
            }
        }
    }
}

/// Per column: whether it is darker than what lies `aside` of it in nearly all of `rows`.
fn dark_columns(page: &GrayPage, rows: std::ops::Range<usize>, aside: usize) -> Vec<bool> {
    let width = page.width as usize;
    let mut counts = vec![0u32; width];
    let looked = rows.clone().step_by(ROW_STEP).count();
    if width <= 2 * aside {
        return vec![false; width];
    }
    // Bytes are counted sixteen at a time; they are emptied before they can overflow.
    let mut few = vec![0u8; width - 2 * aside];
    let rows: Vec<usize> = rows.step_by(ROW_STEP).collect();
    for rows in rows.chunks(usize::from(u8::MAX)) {
        few.fill(0);
        for &y in rows {
            let row = &page.pixels[y * width..][..width];
            let beside = row[..width - 2 * aside].iter().zip(&row[2 * aside..]);
            for ((count, &grey), (&left, &right)) in few.iter_mut().zip(&row[aside..]).zip(beside) {
                let dark = left.min(right).saturating_sub(grey) >= c::STREAK_CONTRAST;
                *count = count.wrapping_add(u8::from(dark));
            }
        }
        for (count, &few) in counts[aside..].iter_mut().zip(&few) {
            *count += u32::from(few);
        }
    }
    counts.into_iter().map(|count| f64::from(count) >= c::STREAK_INKED * looked as f64).collect()
}

/// Runs of `true` no longer than `widest`, each grown by its soft edge of one pixel.
fn runs(flags: impl Iterator<Item = bool>, widest: usize) -> Vec<[usize; 2]> {
    let flags: Vec<bool> = flags.collect();
    let mut found = Vec::new();
    let mut at = 0;
    for run in flags.chunk_by(|a, b| a == b) {
        if run[0] && run.len() <= widest {
            found.push([at.max(1) - 1, (at + run.len() + 1).min(flags.len())]);
        }
        at += run.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Affine;

    /// A page of 10 pixels a mm with a stroke across, and perhaps a dark line from row `from` to `to`.
    fn page(line: Option<[usize; 2]>) -> GrayPage {
        let mut page = GrayPage::white(400, 800);
        for y in 0..800 {
            if line.is_some_and(|[from, to]| (from..to).contains(&y)) {
                page.pixels[y * 400 + 200] = 120;
            }
            if (390..394).contains(&y) {
                page.pixels[y * 400 + 150..y * 400 + 250].fill(30);
            }
        }
        page
    }

    fn cut_of(page: &GrayPage) -> Cut {
        let registered = RegisteredPage { page, px_from_mm: Affine::scale(10.0) };
        let rect = RectMm::new(15.0, 34.0, 10.0, 10.0);
        let mut cut = Cut::default();
        super::super::sampler::sample(&registered, rect, 10.0, &mut cut);
        Streaks::find(page).erase(&registered, rect, 10.0, &mut cut);
        cut
    }

    #[test]
    fn a_line_down_the_page_goes_and_the_stroke_it_crosses_stays() {
        assert_eq!(cut_of(&page(Some([0, 800]))), cut_of(&page(None)));
        assert_eq!(cut_of(&page(Some([210, 800]))), cut_of(&page(None)));
    }

    #[test]
    fn a_pen_stroke_is_no_streak() {
        let written = page(Some([300, 460]));
        assert!(Streaks::find(&written).bands.iter().all(Vec::is_empty));
        let registered = RegisteredPage { page: &written, px_from_mm: Affine::scale(10.0) };
        assert!(!Streaks::find(&written).covers(&registered, PointMm::new(20.0, 40.0)));
    }
}
