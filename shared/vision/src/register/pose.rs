//! A guess made exact: the four marks measured on the full picture, the map they give, and whether a scanner
//! could have made it.

use super::edges;
use super::quads::{Hypothesis, Layout};
use crate::affine::Affine;
use crate::gray::GrayPage;
use domain::geometry::PointMm;
use domain::reading::{Registration, RegistrationMethod};

/// Greatest distance of the marks from the fit, mm, root mean square. The boxes of a comb are 6 mm wide with
/// 2 mm between: a third of a millimetre leaves digits whole; more means a fold or a stretched sheet.
pub(super) const MAX_RESIDUAL_MM: f64 = 0.35;
/// Across over down, more or less: scanners stretch by 3 %, and 204x196 dpi without a tag is 4 %.
const MAX_STRETCH: f64 = 0.08;
/// Greatest lean of the left edge against the top edge, degrees.
const MAX_SHEAR_DEG: f64 = 2.0;
/// Fewest dots per inch that fields can be read from: fax in its coarse mode has 98 down the page.
pub(super) const MIN_DPI: f64 = 90.0;

/// Where a page of some layout lies in the picture.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pose {
    /// Index of the layout.
    pub layout: usize,
    pub px_from_mm: Affine,
    /// Marks that the map rests on.
    pub marks: u32,
    /// Root mean square distance of these marks from the map, mm.
    pub residual_mm: f64,
    /// Resolution along the coarser axis of the paper, dots per inch.
    pub dpi: f64,
}

/// Why marks that were found make no pose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Misfit {
    /// Fewer than three are square and whole.
    FewMarks,
    /// No scanner stretches or shears like this.
    Shape,
}

/// The poses that a hypothesis allows: one when the marks agree, one for each mark left out when they do not.
/// `dense` divides pixels into square ones.
pub(super) fn poses(
    page: &GrayPage,
    hypothesis: &Hypothesis,
    layout: &Layout,
    dense: [f64; 2],
) -> Result<Vec<Pose>, Misfit> {
    let known = |corners: &[Option<[f64; 2]>; 4]| -> Vec<(PointMm, [f64; 2])> {
        layout.centers.iter().zip(corners).filter_map(|(mm, px)| px.map(|px| (*mm, px))).collect()
    };
    let mut pairs = known(&hypothesis.corners);
    // The first measure corrects the turn of the guess, the second uses it.
    for look in [edges::WIDE, edges::CLOSE] {
        let guess = Affine::fit(&pairs).ok_or(Misfit::FewMarks)?;
        let measured = layout.centers.map(|center| edges::measure(page, &guess, center, layout.edge, look));
        pairs = known(&measured);
    }
    let all = pose(&pairs, hypothesis.layout, dense);
    match all {
        Ok(pose) if pose.residual_mm <= MAX_RESIDUAL_MM => return Ok(vec![pose]),
        Err(misfit) if pairs.len() < 4 => return Err(misfit),
        _ => {}
    }
    // Four marks that disagree: one of them is no mark, or lies on a fold. Print will say which.
    let without = (0..pairs.len()).map(|left_out| {
        let rest: Vec<_> =
            pairs.iter().enumerate().filter(|(i, _)| *i != left_out).map(|(_, p)| *p).collect();
        pose(&rest, hypothesis.layout, dense)
    });
    let found: Vec<Pose> = without.filter_map(Result::ok).collect();
    if found.is_empty() { Err(Misfit::Shape) } else { Ok(found) }
}

fn pose(pairs: &[(PointMm, [f64; 2])], layout: usize, dense: [f64; 2]) -> Result<Pose, Misfit> {
    let map = Affine::fit(pairs).ok_or(Misfit::FewMarks)?;
    let back = map.inverse().ok_or(Misfit::Shape)?;
    if !is_scan(&map, dense) {
        return Err(Misfit::Shape);
    }
    let [a, b, _, d, e, _] = map.0;
    let squares = pairs.iter().map(|(mm, px)| {
        let [x, y] = back.apply(PointMm::new(px[0], px[1]));
        (x - mm.x).powi(2) + (y - mm.y).powi(2)
    });
    let dpi = a.hypot(d).min(b.hypot(e)) * 25.4;
    let residual_mm = (squares.sum::<f64>() / pairs.len() as f64).sqrt();
    Ok(Pose { layout, px_from_mm: map, marks: pairs.len() as u32, residual_mm, dpi })
}

/// Whether a scanner could have made this map: not mirrored, hardly stretched or sheared. `dense` divides pixels into
/// square ones.
pub(super) fn is_scan(map: &Affine, dense: [f64; 2]) -> bool {
    let [a, b, _, d, e, _] = map.0;
    let across = [a / dense[0], d / dense[1]];
    let down = [b / dense[0], e / dense[1]];
    let (sx, sy) = (across[0].hypot(across[1]), down[0].hypot(down[1]));
    let sine = (across[0] * down[0] + across[1] * down[1]) / (sx * sy);
    let mirrored = a * e - b * d < 0.0;
    !mirrored && (sx / sy).ln().abs() <= MAX_STRETCH && sine.abs() <= MAX_SHEAR_DEG.to_radians().sin()
}

impl Pose {
    /// Whether two poses put the marks at the same places, to half a millimetre.
    pub fn same_as(&self, other: &Self, layouts: &[Layout]) -> bool {
        let near = 0.5 * self.px_from_mm.mean_scale();
        let together = |center: &PointMm| {
            let ([ax, ay], [bx, by]) = (self.px_from_mm.apply(*center), other.px_from_mm.apply(*center));
            (ax - bx).hypot(ay - by) < near
        };
        self.layout == other.layout && layouts[self.layout].centers.iter().all(together)
    }

    /// What is kept of it with the page.
    pub fn registration(&self, page: &GrayPage, dense: [f64; 2]) -> Registration {
        let [a, b, _, d, e, _] = self.px_from_mm.0;
        // The turn as seen with square pixels; y runs down, so positive is clockwise.
        let rotation_deg = (d / dense[1]).atan2(a / dense[0]).to_degrees();
        let scale = page.dpi.map_or(1.0, |dpi| {
            let [x, y] = dpi.map(|dpi| f64::from(dpi) / 25.4);
            ((a / x).hypot(d / y) * (b / x).hypot(e / y)).sqrt()
        });
        Registration {
            method: RegistrationMethod::Marks,
            rotation_deg,
            upside_down: rotation_deg.abs() > 90.0,
            scale,
            residual_mm: self.residual_mm,
            inliers: self.marks,
            px_from_mm: self.px_from_mm.0,
        }
    }
}
