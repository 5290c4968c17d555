//! Cutting parts of the page, fast and into memory that is reused.

mod gather;

use crate::registered::RegisteredPage;
use domain::geometry::{PointMm, RectMm};

/// Above this many scan pixels per target pixel one bilinear sample skips pixels: then four are averaged.
const COARSE: f64 = 1.6;
/// Fixed-point pixel coordinates: 16 bits behind the point.
const ONE: f64 = 65536.0;

/// An upright cut-out, row by row.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Cut {
    pub width: usize,
    pub height: usize,
    pub grey: Vec<u8>,
}

/// Samples `rect` at `ppm` pixels per mm into `cut`; paper outside the picture is white.
pub(crate) fn sample(page: &RegisteredPage, rect: RectMm, ppm: f64, cut: &mut Cut) {
    cut.width = ((rect.w * ppm).round() as usize).max(1);
    cut.height = ((rect.h * ppm).round() as usize).max(1);
    cut.grey.clear();
    cut.grey.resize(cut.width * cut.height, 255);
    if page.px_from_mm.mean_scale() <= COARSE * ppm {
        for y in 0..cut.height {
            let row = &mut cut.grey[y * cut.width..][..cut.width];
            sample_row(page, rect, ppm, [0.5, y as f64 + 0.5], row);
        }
        return;
    }
    let mut part = vec![0u8; cut.width];
    let mut sums = vec![0u16; cut.width];
    for y in 0..cut.height {
        sums.fill(0);
        for [dx, dy] in [[0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]] {
            sample_row(page, rect, ppm, [dx, y as f64 + dy], &mut part);
            for (sum, &grey) in sums.iter_mut().zip(&part) {
                *sum += u16::from(grey);
            }
        }
        for (grey, sum) in cut.grey[y * cut.width..].iter_mut().zip(&sums) {
            *grey = ((sum + 2) / 4) as u8;
        }
    }
}

/// Samples a line to the right of `from` at `ppm` pixels per mm; paper outside the picture is white.
pub(crate) fn sample_line(page: &RegisteredPage, from: PointMm, ppm: f64, row: &mut [u8]) {
    let rect = RectMm::new(from.x, from.y, row.len() as f64 / ppm, 0.0);
    sample_row(page, rect, ppm, [0.5, 0.0], row);
}

/// One row: bilinear samples from target pixel coordinates `[x, y]` on, one target pixel apart.
fn sample_row(page: &RegisteredPage, rect: RectMm, ppm: f64, [x, y]: [f64; 2], row: &mut [u8]) {
    let at = |x: f64| page.px_from_mm.apply(PointMm::new(rect.x + x / ppm, rect.y + y / ppm));
    let [x0, y0] = at(x);
    let last = at(x + row.len() as f64);
    let (w, h) = (f64::from(page.page.width), f64::from(page.page.height));
    let inside = |[x, y]: [f64; 2]| x >= 1.0 && y >= 1.0 && x < w - 1.0 && y < h - 1.0;
    let step = [last[0] - x0, last[1] - y0].map(|d| (d / row.len() as f64 * ONE) as i64);
    // Far outside the picture (or not a number) there is only white paper.
    if !(x0.abs() < 1e6 && y0.abs() < 1e6 && last[0].abs() < 1e6 && last[1].abs() < 1e6) {
        return row.fill(255);
    }
    let start = [((x0 - 0.5) * ONE) as i64, ((y0 - 0.5) * ONE) as i64];
    let from = |done: usize| [0, 1].map(|axis| start[axis] + done as i64 * step[axis]);
    let within = match inside([x0, y0]) && inside(last) {
        true => 0..row.len(),
        false => within(start, step, row.len(), page.page),
    };
    let (before, rest) = row.split_at_mut(within.start);
    let (middle, after) = rest.split_at_mut(within.len());
    sample_anywhere(page, start, step, before);
    let (pixels, stride) = (&page.page.pixels, page.page.width as usize);
    let done = gather::sample_inside(pixels, stride, from(within.start), step, middle);
    sample_inside(pixels, stride, from(within.start + done), step, &mut middle[done..]);
    sample_anywhere(page, from(within.end), step, after);
}

/// Which samples of a row have all four neighbours inside the picture.
fn within(start: [i64; 2], step: [i64; 2], count: usize, page: &crate::GrayPage) -> std::ops::Range<usize> {
    let (mut from, mut to) = (0, count as i64);
    for (axis, size) in [page.width, page.height].into_iter().enumerate() {
        let (first, step) = (start[axis], step[axis]);
        let low = -first;
        let high = ((i64::from(size) - 1) << 16) - 1 - first;
        // low <= k * step <= high
        let (a, b) = match step {
            0 if low <= 0 && high >= 0 => continue,
            0 => return 0..0,
            up if up > 0 => (-(-low).div_euclid(up), high.div_euclid(up)),
            down => (-high.div_euclid(-down), (-low).div_euclid(-down)),
        };
        (from, to) = (from.max(a), to.min(b + 1));
    }
    if from < to { from as usize..to as usize } else { 0..0 }
}

/// Samples that may lie outside the picture.
fn sample_anywhere(page: &RegisteredPage, [mut x, mut y]: [i64; 2], step: [i64; 2], row: &mut [u8]) {
    for grey in row {
        let at = |dx, dy| page.page.at((x >> 16) + dx, (y >> 16) + dy);
        *grey = blend([at(0, 0), at(1, 0), at(0, 1), at(1, 1)], x, y);
        (x, y) = (x + step[0], y + step[1]);
    }
}

/// A row of which every pixel lies inside the picture: as long as it stays between the same two rows of the
/// picture, only those two are looked at.
fn sample_inside(pixels: &[u8], stride: usize, start: [i64; 2], step: [i64; 2], row: &mut [u8]) {
    let [mut x, mut y] = start;
    let mut done = 0;
    while done < row.len() {
        let left = (row.len() - done) as i64;
        let inner = y & 0xFFFF;
        let stay = match step[1] {
            0 => left,
            down if down > 0 => (0xFFFF - inner) / down + 1,
            up => inner / -up + 1,
        };
        let count = stay.min(left) as usize;
        let upper = (y >> 16) as usize * stride;
        let Some(rows) = pixels.get(upper..upper + 2 * stride) else { return };
        let (upper, lower) = rows.split_at(stride);
        for grey in &mut row[done..done + count] {
            let at = (x >> 16) as usize;
            if let (Some(&[a, b]), Some(&[c, d])) = (pair(upper, at), pair(lower, at)) {
                *grey = blend([a, b, c, d], x, y);
            }
            (x, y) = (x.wrapping_add(step[0]), y.wrapping_add(step[1]));
        }
        done += count;
    }
}

#[inline(always)]
fn pair(row: &[u8], at: usize) -> Option<&[u8; 2]> {
    row.get(at..)?.first_chunk()
}

/// Bilinear between four pixels; the lower 16 bits of `x` and `y` say where.
#[inline(always)]
fn blend([a, b, c, d]: [u8; 4], x: i64, y: i64) -> u8 {
    let [a, b, c, d] = [a, b, c, d].map(u32::from);
    let (fx, fy) = ((x >> 8 & 255) as u32, (y >> 8 & 255) as u32);
    let upper = a.wrapping_mul(256 - fx).wrapping_add(b.wrapping_mul(fx));
    let lower = c.wrapping_mul(256 - fx).wrapping_add(d.wrapping_mul(fx));
    (upper.wrapping_mul(256 - fy).wrapping_add(lower.wrapping_mul(fy)).wrapping_add(1 << 15) >> 16) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Affine, GrayPage};

    #[test]
    fn every_processor_cuts_the_same() {
        let mut page = GrayPage::white(400, 300);
        for (i, pixel) in page.pixels.iter_mut().enumerate() {
            *pixel = (i * i / 7 % 256) as u8;
        }
        for step in [
            [ONE as i64, 0],
            [154_600, 0],
            [154_600, 60],
            [-154_600, 60],
            [96_700, 1_700],
            [41_000, -900],
            [-70_000, 0],
            [300, 80_000],
        ] {
            let start = if step[0] < 0 { [398 << 16, 150 << 16] } else { [9_000_000, 9_000_000] };
            for length in [1, 7, 8, 9, 40, 100] {
                let (mut fast, mut plain) = (vec![0u8; length], vec![0u8; length]);
                let done = gather::sample_inside(&page.pixels, 400, start, step, &mut fast);
                assert!(done <= length && (done == 0 || done.is_multiple_of(8)));
                sample_inside(&page.pixels, 400, start, step, &mut plain);
                assert_eq!(fast[..done], plain[..done], "{step:?} {length}");
            }
        }
        // A row that would leave the picture is left to the plain code.
        let done = gather::sample_inside(&page.pixels, 400, [390 << 16, 0], [ONE as i64, 0], &mut [0; 16]);
        assert_eq!(done, 0);
    }

    /// Grey grows by one a pixel to the right.
    fn ramp() -> GrayPage {
        let mut page = GrayPage::white(200, 100);
        for (i, pixel) in page.pixels.iter_mut().enumerate() {
            *pixel = (i % 200) as u8;
        }
        page
    }

    #[test]
    fn a_cut_shows_what_lies_there_and_white_beyond_the_edge() {
        let page = ramp();
        let mut cut = Cut::default();
        let registered = RegisteredPage { page: &page, px_from_mm: Affine::scale(10.0) };
        sample(&registered, RectMm::new(5.0, 3.0, 4.0, 2.0), 10.0, &mut cut);
        assert_eq!((cut.width, cut.height), (40, 20));
        assert_eq!((cut.grey[0], cut.grey[39], cut.grey[40]), (50, 89, 50));
        sample(&registered, RectMm::new(19.0, 9.0, 4.0, 4.0), 10.0, &mut cut);
        assert_eq!((cut.grey[0], cut.grey[20], cut.grey[1599]), (190, 255, 255));
    }

    #[test]
    fn a_turned_and_finer_scan_gives_the_same_cut() {
        let page = ramp();
        // 20 pixels a mm, paper's x runs up the picture's columns downwards in y: a quarter turn.
        let turned = Affine([0.0, -20.0, 200.0, 20.0, 0.0, 0.0]);
        let mut cut = Cut::default();
        sample(
            &RegisteredPage { page: &page, px_from_mm: turned },
            RectMm::new(1.0, 2.0, 2.0, 3.0),
            5.0,
            &mut cut,
        );
        assert_eq!((cut.width, cut.height), (10, 15));
        // y = 2.1 mm lies at picture column 200 - 42 = 158: mean of the columns around it.
        assert!(cut.grey[0].abs_diff(157) <= 1, "{}", cut.grey[0]);
        assert!(cut.grey[0].abs_diff(cut.grey[9]) <= 1);
    }
}
