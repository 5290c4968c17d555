//! 取消線. Lines that strike something out: from the left of it through to its right.

use super::calibration as c;
use super::region::{PPM, Region};
use domain::geometry::{PointMm, RectMm};

/// Straight lines of ink that run through `what`, rise or fall by at most `rise` of its height, and leave it on both
/// sides.
pub(crate) fn lines_through(region: &Region, what: RectMm, rise: f64) -> usize {
    let count = |out: f64| {
        let left = crossings(region, what, what.x - out);
        let mut right = crossings(region, what, what.right() + out);
        let mut lines = 0;
        for (from, thick) in left {
            let goes_on = |(to, _): &(PointMm, f64)| {
                (to.y - from.y).abs() <= rise * what.h && is_inked(region, from, *to, 2, false)
            };
            if let Some(found) = right.iter().position(goes_on) {
                let thick_right = right[found].1;
                lines += if thick.min(thick_right) > c::STRIKE_THICK_MM { 2 } else { 1 };
                // Two lines may meet on one side.
                if thick_right > c::STRIKE_MET_MM {
                    right[found].1 /= 2.0;
                } else {
                    right.remove(found);
                }
            }
        }
        lines
    };
    // Lines end where the hand stops: look at several distances.
    c::STRIKE_OUT_MM.into_iter().map(count).max().unwrap_or(0)
}

/// Straight lines of ink over the whole width of a printed word. What stands around the word (a circle) does not
/// matter, what the word's own print hides is passed over.
pub(crate) fn lines_over(region: &Region, word: RectMm) -> usize {
    // Above and below runs the arc of a tight circle.
    let top = word.y + c::OVER_TOP * word.h;
    let steps = ((1.0 - 2.0 * c::OVER_TOP) * word.h * PPM) as usize;
    let height = |step: usize| top + (step as f64 + 0.5) / PPM;
    let (left, right) = (word.x + c::OVER_INSET * word.w, word.right() - c::OVER_INSET * word.w);
    let rise = (c::STRIKE_RISE * word.h * PPM) as usize;
    // A line is known by its middle; neighbouring middles are one line, as thick as there are of them.
    let is_line = |middle: usize| {
        (0..=rise.min(2 * middle)).any(|lift| {
            let Some(low) = (2 * middle).checked_sub(lift).map(|sum| sum / 2) else { return false };
            let high = low + lift;
            let ways = [(low, high), (high, low)];
            high < steps
                && ways.iter().any(|&(from, to)| {
                    is_inked(
                        region,
                        PointMm::new(left, height(from)),
                        PointMm::new(right, height(to)),
                        1,
                        true,
                    )
                })
        })
    };
    let hits: Vec<bool> = (0..steps).map(is_line).collect();
    let runs = hits.chunk_by(|a, b| a == b).filter(|run| run[0]);
    runs.map(|run| if run.len() as f64 > c::OVER_THICK_MM * PPM { 2 } else { 1 }).sum()
}

/// Where strokes cross the upright at `x` mm, within the height of `what`, and how thick they are there, mm.
fn crossings(region: &Region, what: RectMm, x: f64) -> Vec<(PointMm, f64)> {
    let steps = (what.h * PPM) as usize;
    let height = |step: usize| what.y + step as f64 / PPM;
    let inked: Vec<bool> = (0..steps)
        .map(|step| region.pixel(x, height(step)).is_some_and(|(x, y)| region.stroke_at(x, y).is_some()))
        .collect();
    let mut found = Vec::new();
    let mut at = 0;
    for run in inked.chunk_by(|a, b| a == b) {
        let thick = run.len() as f64 / PPM;
        if run[0] && thick <= 2.0 * c::STRIKE_THICK_MM {
            found.push((PointMm::new(x, height(at) + thick / 2.0), thick));
        }
        at += run.len();
    }
    found
}

/// Whether the straight way between two points is inked wherever print does not hide it.
/// A hand's line bends by `bend` pixels. The middle may be hidden mostly only when `blind`: then nobody knows.
/// (The ends of a cross beside the frame of its box, or the two sides of a circle beside its word, are no line.)
fn is_inked(region: &Region, from: PointMm, to: PointMm, bend: usize, blind: bool) -> bool {
    let steps = ((to.x - from.x) * PPM).ceil().max(1.0) as usize;
    let (mut open, mut inked) = (0, 0);
    let (mut middle_open, mut middle_inked) = (0, 0);
    // So many open pixels may be without ink; one more, and the rest need not be looked at.
    let bare_most = (1.0 - c::STRIKE_INKED) * (steps + 1) as f64 + 1.0;
    for step in 0..=steps {
        let t = step as f64 / steps as f64;
        let (x, y) = (from.x + t * (to.x - from.x), from.y + t * (to.y - from.y));
        let Some((x, y)) = region.pixel(x, y) else {
            continue;
        };
        let mut rows = y.saturating_sub(bend)..(y + bend + 1).min(region.height);
        let is_ink = rows.any(|y| region.stroke_at(x, y).is_some());
        if !is_ink && region.is_hidden(x, y) {
            continue;
        }
        let in_middle = (c::STRIKE_MIDDLE..=1.0 - c::STRIKE_MIDDLE).contains(&t);
        open += 1;
        inked += usize::from(is_ink);
        middle_open += usize::from(in_middle);
        middle_inked += usize::from(in_middle && is_ink);
        if (open - inked) as f64 > bare_most {
            return false;
        }
    }
    let middle = (1.0 - 2.0 * c::STRIKE_MIDDLE) * steps as f64;
    let over = if blind && middle_open < c::STRIKE_MIDDLE_OPEN {
        true
    } else {
        let seen = blind || middle_open as f64 >= c::STRIKE_MIDDLE_SEEN * middle;
        seen && middle_inked as f64 >= c::STRIKE_MIDDLE_INKED * middle_open as f64
    };
    over && inked as f64 >= c::STRIKE_INKED * open as f64 && inked as f64 >= c::STRIKE_OPEN * steps as f64
}
