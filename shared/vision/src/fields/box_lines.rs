//! 枠線. The printed lines in and around one comb cell: found, and taken out without cutting strokes that cross them.

use super::cell::px;
use std::ops::Range;

/// The box's own line is searched this far outside the interior, mm; the next box's line may begin behind.
const LINE_OUT_MM: f64 = 0.3;
/// ... and this far inside, mm (registration error).
const LINE_IN_MM: f64 = 0.4;
/// Mean ink along a side that makes a line.
const LINE_ON: f32 = 0.40;
/// ... below which the line has ended,
const LINE_OFF: f32 = 0.20;
/// ... at the latest here, mm (0.3 printed, blur, 1 degree of tilt).
const LINE_WIDE_MM: f64 = 0.6;
/// Share of the box's side that a line inks: the bar of a 7 inks less.
const LINE_SPAN: f64 = 0.8;

/// A part of a cell's pixels; `right` and `bottom` are excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub left: usize,
    pub top: usize,
    pub right: usize,
    pub bottom: usize,
}

/// Takes all printed lines out of `ink` (0 paper, 1 ink; `width` across) and gives the region between the own lines
/// of the box whose inner edges are printed at `interior`.
pub(super) fn take_out(ink: &mut [f32], width: usize, interior: Bounds, ppm: f64) -> Bounds {
    let height = ink.len() / width;
    let Bounds { left, top, right, bottom } = interior;
    let (dx, dy) = ((right - left) / 10, (bottom - top) / 10);
    let mut columns = vec![0.0f32; width];
    let mut rows = vec![0.0f32; height];
    for (y, row) in ink.chunks_exact(width).enumerate() {
        rows[y] = row[left + dx..right - dx].iter().sum::<f32>() / (right - left - 2 * dx) as f32;
        if (top + dy..bottom - dy).contains(&y) {
            columns.iter_mut().zip(row).for_each(|(sum, &value)| *sum += value);
        }
    }
    columns.iter_mut().for_each(|sum| *sum /= (bottom - top - 2 * dy) as f32);
    let down = Axis { count: width, step: 1, across: width };
    let right_ward = Axis { count: height, step: width, across: 1 };
    right_ward.without_strokes(&mut columns, ink, top + dy..bottom - dy);
    down.without_strokes(&mut rows, ink, left + dx..right - dx);
    let (left, right) = ends(&columns, left, right, ppm);
    let (top, bottom) = ends(&rows, top, bottom, ppm);
    // Rows first: what then still crosses a column is a stroke.
    for (from, to) in lines(&rows, top, bottom) {
        down.erase(ink, from, to, height);
    }
    for (from, to) in lines(&columns, left, right) {
        right_ward.erase(ink, from, to, width);
    }
    Bounds { left, top, right, bottom }
}

/// Where the own lines end on both sides: first and last + 1 clean position.
fn ends(profile: &[f32], low: usize, high: usize, ppm: f64) -> (usize, usize) {
    let pixels = |mm| px(mm, ppm) as usize;
    let (out, into, wide) = (pixels(LINE_OUT_MM), pixels(LINE_IN_MM), pixels(LINE_WIDE_MM));
    let inward = low.saturating_sub(out)..(low + into).min(profile.len());
    let first = line_end(profile, inward.clone(), wide, low, inward.end);
    let outward = high.saturating_sub(into)..(high + out).min(profile.len());
    let last = line_end(profile, outward.clone().rev(), wide, high, outward.start);
    (first, last)
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

/// Lines outside `first..last`, own and neighbours'.
fn lines(profile: &[f32], first: usize, last: usize) -> Vec<(usize, usize)> {
    let mut outside = profile.to_vec();
    outside[first.min(last)..last].fill(0.0);
    runs(&outside)
}

/// Runs of at least `LINE_OFF` that hold `LINE_ON` somewhere.
fn runs(profile: &[f32]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < profile.len() {
        let end = (at..profile.len()).find(|&next| profile[next] < LINE_OFF).unwrap_or(profile.len());
        if profile[at..end].iter().any(|&mean| mean >= LINE_ON) {
            found.push((at, end));
        }
        at = end + 1;
    }
    found
}

/// A direction along a line in a picture.
#[derive(Clone, Copy)]
struct Axis {
    /// Positions along the line.
    count: usize,
    /// From one to the next in memory.
    step: usize,
    /// From one position across the line to the next in memory.
    across: usize,
}

impl Axis {
    /// Takes runs out of `profile` (one value a position across) that do not go all along `side`: strokes.
    fn without_strokes(self, profile: &mut [f32], ink: &[f32], side: Range<usize>) {
        for (from, to) in runs(profile) {
            let inked = |along: &usize| (from..to).any(|at| ink[along * self.step + at * self.across] >= 0.5);
            let span = side.clone().filter(inked).count();
            if (span as f64) < LINE_SPAN * side.len() as f64 {
                profile[from..to].fill(0.0);
            }
        }
    }

    /// Takes the line at `from..to` (of `size` positions across) out of `ink`, but not where a stroke goes on at
    /// both sides of it.
    fn erase(self, ink: &mut [f32], from: usize, to: usize, size: usize) {
        let reach = (to - from) / 2 + 1;
        let beside = |at: usize| -> Vec<bool> {
            (0..self.count).map(|along| ink[along * self.step + at * self.across] >= 0.5).collect()
        };
        let sides = (from > 0 && to < size).then(|| [beside(from - 1), beside(to)]);
        let near = |side: &[bool], along: usize| {
            side[along.saturating_sub(reach)..(along + reach + 1).min(self.count)].contains(&true)
        };
        let crossed: Vec<bool> = (0..self.count)
            .map(|along| sides.as_ref().is_some_and(|sides| sides.iter().all(|side| near(side, along))))
            .collect();
        for along in (0..self.count).filter(|&along| !crossed[along]) {
            for at in from..to {
                ink[along * self.step + at * self.across] = 0.0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten pixels a mm: a box with inner edges at 10 and 70 (across), 10 and 90 (down), lines 3 wide.
    fn boxed(strokes: &[[usize; 4]]) -> (Vec<f32>, Bounds) {
        let (width, height) = (80, 100);
        let mut ink = vec![0.0; width * height];
        let lines = [[7, 7, 10, 93], [70, 7, 73, 93], [7, 7, 73, 10], [7, 90, 73, 93]];
        for [x0, y0, x1, y1] in lines.iter().chain(strokes) {
            for y in *y0..*y1 {
                ink[y * width + x0..y * width + x1].fill(1.0);
            }
        }
        let region = take_out(&mut ink, width, Bounds { left: 10, top: 10, right: 70, bottom: 90 }, 10.0);
        (ink, region)
    }

    #[test]
    fn lines_go_and_a_stroke_that_crosses_one_stays_whole() {
        let (ink, region) = boxed(&[[40, 50, 78, 54]]);
        assert_eq!(region, Bounds { left: 10, top: 10, right: 70, bottom: 90 });
        let row = |y: usize| &ink[y * 80..][..80];
        assert!(row(52)[40..78].iter().all(|&value| value == 1.0), "the stroke was cut");
        assert!(row(30).iter().all(|&value| value == 0.0), "a side stayed");
        assert!(row(8).iter().all(|&value| value == 0.0), "the top stayed");
        assert!(row(91).iter().all(|&value| value == 0.0), "the foot stayed");
    }

    #[test]
    fn the_bar_of_a_seven_is_no_line_where_none_is_printed() {
        let (width, bar) = (80, 12);
        let mut ink = vec![0.0; width * 100];
        for y in bar..bar + 4 {
            ink[y * width + 22..y * width + 60].fill(1.0);
        }
        let before = ink.clone();
        let interior = Bounds { left: 10, top: 10, right: 70, bottom: 90 };
        assert_eq!(take_out(&mut ink, width, interior, 10.0), interior);
        assert!(ink == before);
    }

    #[test]
    fn a_stroke_that_ends_at_the_line_leaves_nothing_of_the_line() {
        let (ink, _) = boxed(&[[40, 50, 70, 54]]);
        assert!((0..100).all(|y| ink[y * 80 + 70..y * 80 + 80].iter().all(|&value| value == 0.0)));
        assert_eq!(ink[52 * 80 + 69], 1.0);
    }
}
