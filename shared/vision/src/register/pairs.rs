//! From pairs of like places to a map: the turn, size and shift that most of them agree on.

use super::features::Pair;
use crate::affine::Affine;
use domain::geometry::PointMm;

/// Pairs of points to try: with a third of the pairs right, one in nine of them is, and 500 miss them all never.
const TRIES: usize = 500;
/// The two points of a try are this far apart at least, mm: nearer ones tell the turn badly.
const APART_MM: f64 = 35.0;
/// A pair agrees within this, mm: a pixel of the small picture and 5 degrees of local bend.
const AGREES_MM: f64 = 1.6;
/// ... and within this after the map has been fitted to all that agree, mm.
const AGREES_CLOSELY_MM: f64 = 0.9;
/// Found over expected size: scanners stretch, and sizes guessed from a picture's edges are off.
const SCALES: std::ops::Range<f64> = 0.88..1.12;
/// Turn away from a quarter, degrees.
const MAX_TURN_DEG: f64 = 13.0;

/// The map of paper mm that most pairs agree on, and how many do. `quarter` counts quarter turns clockwise.
pub(super) fn agreed(pairs: &[Pair], quarter: usize) -> Option<(Affine, usize)> {
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    let mut draw = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 33) as usize % below
    };
    if pairs.len() < 3 {
        return None;
    }
    let mut best: Option<(Affine, usize)> = None;
    for _ in 0..TRIES {
        let (a, b) = (&pairs[draw(pairs.len())], &pairs[draw(pairs.len())]);
        if let Some(map) = similarity(a, b, quarter) {
            let count = agreeing(pairs, &map, AGREES_MM).count();
            if best.as_ref().is_none_or(|(_, most)| count > *most) {
                best = Some((map, count));
            }
        }
    }
    let (mut map, _) = best?;
    for reach in [AGREES_MM, AGREES_CLOSELY_MM, AGREES_CLOSELY_MM] {
        let near: Vec<Pair> = agreeing(pairs, &map, reach).copied().collect();
        map = Affine::fit(&near)?;
    }
    let count = agreeing(pairs, &map, AGREES_CLOSELY_MM).count();
    Some((map, count))
}

/// The turn, size and shift that carry two places onto two others, when a scanner could have done it.
fn similarity((p, q): &Pair, (r, s): &Pair, quarter: usize) -> Option<Affine> {
    let (from, to) = ([r.x - p.x, r.y - p.y], [s[0] - q[0], s[1] - q[1]]);
    let length = from[0].hypot(from[1]);
    if length < APART_MM || !SCALES.contains(&(to[0].hypot(to[1]) / length)) {
        return None;
    }
    let square = length * length;
    let cos = (from[0] * to[0] + from[1] * to[1]) / square;
    let sin = (from[0] * to[1] - from[1] * to[0]) / square;
    let off = (sin.atan2(cos).to_degrees() - 90.0 * quarter as f64 + 540.0).rem_euclid(360.0) - 180.0;
    let shift = [q[0] - cos * p.x + sin * p.y, q[1] - sin * p.x - cos * p.y];
    (off.abs() <= MAX_TURN_DEG).then_some(Affine([cos, -sin, shift[0], sin, cos, shift[1]]))
}

fn agreeing<'a>(pairs: &'a [Pair], map: &'a Affine, reach: f64) -> impl Iterator<Item = &'a Pair> {
    pairs.iter().filter(move |(p, q)| {
        let [x, y] = map.apply(PointMm::new(p.x, p.y));
        (x - q[0]).powi(2) + (y - q[1]).powi(2) <= reach * reach
    })
}
