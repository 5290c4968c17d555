//! Squares that lie to each other as the corner marks of a form do.

use super::blobs::Blob;
use domain::form::Form;
use domain::geometry::PointMm;

/// Found over expected edge of a mark: printing and thresholds swell or thin it by 0.3 mm a side.
const EDGE_RATIO: std::ops::Range<f64> = 0.75..1.35;
/// How far, as a share of the page's height, a corner may lie from where two others put it: 204x196 dpi taken
/// for square pixels is 4 %, and scanners stretch and shear by up to 3 % more.
const CORNER_TOLERANCE: f64 = 0.08;
/// How far from a parallelogram four corners may be, as a share of the diagonal: 1 % of an A4 page is 3 mm.
const PARALLEL_TOLERANCE: f64 = 0.01;
/// A missing mark costs as much as this misfit.
const MISSING: f64 = 1.0;
/// Hypotheses worth looking at. Each rectangle comes twice, once for each way up.
const MAX_HYPOTHESES: usize = 10;

/// 四隅の配置. The mark centres of one or more forms, and how large the marks are.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    /// Centres: top left, top right, bottom right, bottom left.
    pub centers: [PointMm; 4],
    /// Edge of a mark, mm.
    pub edge: f64,
}

/// A guess: which squares are which corner marks.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hypothesis {
    /// Index of the layout.
    pub layout: usize,
    /// Centres in pixels of the full picture, in the layout's order; at least three are known.
    pub corners: [Option<[f64; 2]>; 4],
    misfit: f64,
}

impl Layout {
    /// The layout of `form`; `None` for paper without our marks.
    pub fn of(form: &Form) -> Option<Self> {
        let squares = form.mark_squares()?;
        Some(Self { centers: squares.map(|square| square.center()), edge: squares[0].w })
    }

    /// Whether two layouts can share their hypotheses.
    pub fn same_as(&self, other: &Self) -> bool {
        let close = |a: PointMm, b: PointMm| (a.x - b.x).abs() < 0.01 && (a.y - b.y).abs() < 0.01;
        (self.edge - other.edge).abs() < 0.01
            && self.centers.iter().zip(&other.centers).all(|(a, b)| close(*a, *b))
    }

    fn size(&self) -> [f64; 2] {
        [self.centers[1].x - self.centers[0].x, self.centers[3].y - self.centers[0].y]
    }
}

/// Every way to see some layout in `blobs`, best first. `dense` divides pixels into square ones.
pub(super) fn hypotheses(blobs: &[Blob], layouts: &[Layout], dense: [f64; 2]) -> Vec<Hypothesis> {
    let square: Vec<Blob> = blobs
        .iter()
        .map(|blob| Blob { center: [blob.center[0] / dense[0], blob.center[1] / dense[1]], ..*blob })
        .collect();
    let mut found = Vec::new();
    for (index, layout) in layouts.iter().enumerate() {
        for (i, first) in square.iter().enumerate() {
            for (j, second) in square.iter().enumerate() {
                if i != j && fits_top(first, second, layout) {
                    complete(&square, [i, j], index, layout, &mut found);
                }
            }
        }
    }
    found.sort_by(|a, b| a.misfit.total_cmp(&b.misfit));
    found.truncate(MAX_HYPOTHESES);
    for hypothesis in &mut found {
        for corner in hypothesis.corners.iter_mut().flatten() {
            *corner = [corner[0] * dense[0], corner[1] * dense[1]];
        }
    }
    found
}

/// Whether the two could be the marks at both ends of the top edge, by their size.
fn fits_top(first: &Blob, second: &Blob, layout: &Layout) -> bool {
    let edge = distance(first.center, second.center) / layout.size()[0] * layout.edge;
    EDGE_RATIO.contains(&(first.edge / edge)) && EDGE_RATIO.contains(&(second.edge / edge))
}

/// Looks for the two lower corners below the top edge `top`, one of which may be missing.
fn complete(blobs: &[Blob], top: [usize; 2], index: usize, layout: &Layout, found: &mut Vec<Hypothesis>) {
    let [left, right] = top.map(|i| blobs[i].center);
    let [w, h] = layout.size();
    let across = [right[0] - left[0], right[1] - left[1]];
    // A quarter turn clockwise, y down: the left edge of the page.
    let down = [-across[1] * h / w, across[0] * h / w];
    let edge = across[0].hypot(across[1]) / w * layout.edge;
    let reach = CORNER_TOLERANCE * down[0].hypot(down[1]);
    let near = |from: [f64; 2]| {
        let at = [from[0] + down[0], from[1] + down[1]];
        blobs.iter().enumerate().filter_map(move |(k, blob)| {
            let off = distance(blob.center, at);
            let fits = off < reach && EDGE_RATIO.contains(&(blob.edge / edge)) && !top.contains(&k);
            fits.then_some((blob.center, off / reach))
        })
    };
    let lower_left: Vec<_> = near(left).collect();
    let lower_right: Vec<_> = near(right).collect();
    let diagonal = across[0].hypot(across[1]).hypot(down[0].hypot(down[1]));
    let mut keep = |corners: [Option<[f64; 2]>; 4], misfit| {
        found.push(Hypothesis { layout: index, corners, misfit });
    };
    // With one corner gone, the other way up is not met from another pair: give both.
    let both = |[a, b, c, d]: [Option<[f64; 2]>; 4]| [[a, b, c, d], [c, d, a, b]];
    for &(l, off) in &lower_left {
        for corners in both([Some(left), Some(right), None, Some(l)]) {
            keep(corners, MISSING + off);
        }
        for &(r, _) in &lower_right {
            let skew = distance([r[0] - l[0], r[1] - l[1]], across) / diagonal;
            if skew < PARALLEL_TOLERANCE {
                keep(
                    [Some(left), Some(right), Some(r), Some(l)],
                    0.5 * off + 0.5 * skew / PARALLEL_TOLERANCE,
                );
            }
        }
    }
    for &(r, off) in &lower_right {
        for corners in both([Some(left), Some(right), Some(r), None]) {
            keep(corners, MISSING + off);
        }
    }
}

fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::affine::Affine;

    fn layout() -> Layout {
        let centers = [[11.0, 11.0], [199.0, 11.0], [199.0, 286.0], [11.0, 286.0]];
        Layout { centers: centers.map(Into::into), edge: 5.0 }
    }

    fn blobs(map: &Affine, marks: &[usize]) -> Vec<Blob> {
        let edge = 5.0 * map.mean_scale();
        let stray = Blob { center: [400.0, 77.0], edge, misfit: 0.0 };
        let of = |&i: &usize| Blob { center: map.apply(layout().centers[i]), edge, misfit: 0.0 };
        marks.iter().map(of).chain([stray]).collect()
    }

    #[test]
    fn four_marks_or_three_are_found_at_every_turn_and_two_are_not() {
        for turn in [0.0f64, 7.0, 90.0, 183.0, 271.0] {
            let (sin, cos) = turn.to_radians().sin_cos();
            let map = Affine([8.0 * cos, -8.0 * sin, 900.0, 8.0 * sin, 8.0 * cos, 800.0]);
            for marks in [&[0usize, 1, 2, 3][..], &[1, 2, 3], &[0, 2, 3], &[0, 1, 3], &[0, 1, 2]] {
                let found = hypotheses(&blobs(&map, marks), &[layout()], [1.0, 1.0]);
                let right = found.iter().take(2).any(|hypothesis| {
                    hypothesis.corners.iter().enumerate().all(|(i, corner)| match corner {
                        Some(corner) => distance(*corner, map.apply(layout().centers[i])) < 1e-9,
                        None => !marks.contains(&i),
                    })
                });
                assert!(right, "{turn} {marks:?} {found:?}");
            }
            assert!(hypotheses(&blobs(&map, &[0, 2]), &[layout()], [1.0, 1.0]).is_empty());
        }
    }
}
