//! 印の形. Two marks that other measurements take for something else: a cross whose arms leave the box looks like
//! lines that strike it out, a ring inside the box leaves its middle empty.

use super::calibration as c;
use super::region::{PPM, Region};
use domain::geometry::{PointMm, RectMm};
use std::f64::consts::{PI, TAU};

/// Directions looked at around the middle of a box.
const DIRECTIONS: usize = 72;

/// Whether two slanting lines cross in `square` and nothing else is drawn there: on a circle around the middle
/// there are four strokes, opposite ones on one line.
pub(super) fn is_cross(region: &Region, square: RectMm) -> bool {
    let radius = c::CROSS_RADIUS * square.w.min(square.h);
    let inked: Vec<bool> = (0..DIRECTIONS).map(|at| is_ink(region, square, angle(at), radius)).collect();
    let arms = runs(&inked);
    if arms.len() != 4 || arms.iter().any(|arm| arm.wide > c::CROSS_ARM_WIDE) {
        return false;
    }
    let is_line = |arm: usize| {
        let (from, to) = (arms[arm].middle, arms[arm + 2].middle);
        let slant = (from % PI).min(PI - from % PI);
        (to - from - PI).abs() <= c::CROSS_BEND
            && slant >= c::CROSS_SLANT
            && PI / 2.0 - slant >= c::CROSS_SLANT
    };
    is_line(0) && is_line(1)
}

/// Whether a closed ring stands in `square`: every way out of the middle meets it, and not much later towards the
/// corners, as the box's own frame printed thick would be met.
pub(super) fn is_ring(region: &Region, square: RectMm) -> bool {
    let least = (c::RING_LEAST * square.w.min(square.h) * PPM) as usize;
    let reach = (0.5 * square.w.hypot(square.h) * PPM) as usize;
    let met = |at: usize| {
        (least..reach).map(|step| step as f64 / PPM).find(|&far| is_ink(region, square, angle(at), far))
    };
    let far: Vec<Option<f64>> = (0..DIRECTIONS).map(met).collect();
    let met = far.iter().flatten().count();
    // Directions at which the frame is farthest, and nearest.
    let mean = |towards_corners: bool| {
        let off = |at: usize| (angle(at) % (PI / 2.0) - PI / 4.0).abs();
        let part =
            (0..DIRECTIONS).filter(|&at| (off(at) < PI / 8.0) == towards_corners).filter_map(|at| far[at]);
        let (sum, n) = part.fold((0.0, 0u32), |(sum, n), far| (sum + far, n + 1));
        sum / f64::from(n.max(1))
    };
    met as f64 >= c::RING_MET * DIRECTIONS as f64 && mean(true) <= c::RING_ROUND * mean(false)
}

fn angle(at: usize) -> f64 {
    (at as f64 + 0.5) / DIRECTIONS as f64 * TAU
}

fn is_ink(region: &Region, square: RectMm, angle: f64, far: f64) -> bool {
    let PointMm { x, y } = square.center();
    let pixel = region.pixel(x + far * angle.cos(), y + far * angle.sin());
    pixel.is_some_and(|(x, y)| region.stroke_at(x, y).is_some())
}

/// A stretch of inked directions, radians.
struct Arm {
    middle: f64,
    wide: f64,
}

/// The inked stretches around a circle, by rising middle; one over the end of the circle is not cut in two.
fn runs(inked: &[bool]) -> Vec<Arm> {
    let n = inked.len();
    let Some(start) = (0..n).find(|&at| !inked[at]) else { return Vec::new() };
    let mut arms: Vec<Arm> = Vec::new();
    let mut at = start;
    while at < start + n {
        let length = (0..start + n - at).take_while(|more| inked[(at + more) % n]).count();
        if length > 0 {
            let step = TAU / n as f64;
            let middle = ((at as f64 + length as f64 / 2.0) * step) % TAU;
            arms.push(Arm { middle, wide: length as f64 * step });
        }
        at += length.max(1);
    }
    arms.sort_by(|a, b| a.middle.total_cmp(&b.middle));
    arms
}
