//! Affine maps between paper millimetres and picture pixels.

use domain::geometry::PointMm;

/// `[a, b, c, d, e, f]`: x' = a*x + b*y + c, y' = d*x + e*y + f.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine(pub [f64; 6]);

impl Affine {
    /// A plain scale, without turn or shift.
    pub fn scale(factor: f64) -> Self {
        Self([factor, 0.0, 0.0, 0.0, factor, 0.0])
    }

    /// Where `point` goes.
    #[inline]
    pub fn apply(&self, point: PointMm) -> [f64; 2] {
        let [a, b, c, d, e, f] = self.0;
        [a * point.x + b * point.y + c, d * point.x + e * point.y + f]
    }

    /// This map of what `first` gives.
    pub fn after(&self, first: &Self) -> Self {
        let [a, b, c, d, e, f] = self.0;
        let [p, q, r, s, t, u] = first.0;
        Self([
            a * p + b * s,
            a * q + b * t,
            a * r + b * u + c,
            d * p + e * s,
            d * q + e * t,
            d * r + e * u + f,
        ])
    }

    /// The map back; `None` when this one squeezes the plane to a line.
    pub fn inverse(&self) -> Option<Self> {
        let [a, b, c, d, e, f] = self.0;
        let det = a * e - b * d;
        if det.abs() < 1e-12 {
            return None;
        }
        let (ia, ib, id, ie) = (e / det, -b / det, -d / det, a / det);
        Some(Self([ia, ib, -(ia * c + ib * f), id, ie, -(id * c + ie * f)]))
    }

    /// Mean length that a unit of the source has in the target (pixels per mm).
    pub fn mean_scale(&self) -> f64 {
        let [a, b, _, d, e, _] = self.0;
        (a * e - b * d).abs().sqrt()
    }

    /// The map of least squares that carries each `from` to its `to`.
    /// `None` for fewer than three pairs or for points on one line.
    pub fn fit(pairs: &[(PointMm, [f64; 2])]) -> Option<Self> {
        if pairs.len() < 3 {
            return None;
        }
        let n = pairs.len() as f64;
        let (mx, my) = pairs.iter().fold((0.0, 0.0), |(x, y), (p, _)| (x + p.x / n, y + p.y / n));
        let (mut sxx, mut sxy, mut syy) = (0.0, 0.0, 0.0);
        for (p, _) in pairs {
            let (x, y) = (p.x - mx, p.y - my);
            sxx += x * x;
            sxy += x * y;
            syy += y * y;
        }
        let det = sxx * syy - sxy * sxy;
        if det < 1e-9 * (sxx + syy).powi(2).max(1e-9) {
            return None;
        }
        let mut map = [0.0; 6];
        for axis in 0..2 {
            let mean = pairs.iter().map(|(_, q)| q[axis]).sum::<f64>() / n;
            let (mut sxq, mut syq) = (0.0, 0.0);
            for (p, q) in pairs {
                sxq += (p.x - mx) * (q[axis] - mean);
                syq += (p.y - my) * (q[axis] - mean);
            }
            let (a, b) = ((syy * sxq - sxy * syq) / det, (sxx * syq - sxy * sxq) / det);
            map[axis * 3] = a;
            map[axis * 3 + 1] = b;
            map[axis * 3 + 2] = mean - a * mx - b * my;
        }
        Some(Self(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_fit_finds_the_map_and_its_inverse_undoes_it() {
        let map = Affine([0.3, -11.8, 2400.0, 11.7, 0.4, 35.0]);
        let points = [(10.0, 12.0), (200.0, 12.0), (200.0, 285.0), (10.0, 285.0)];
        let pairs: Vec<_> =
            points.iter().map(|&(x, y)| (PointMm::new(x, y), map.apply(PointMm::new(x, y)))).collect();
        let found = Affine::fit(&pairs).unwrap();
        for (a, b) in found.0.iter().zip(map.0) {
            assert!((a - b).abs() < 1e-6);
        }
        let half = Affine::scale(0.5).after(&map).apply(PointMm::new(77.0, 33.0));
        let [x, y] = map.apply(PointMm::new(77.0, 33.0));
        assert!((half[0] - x / 2.0).abs() < 1e-9 && (half[1] - y / 2.0).abs() < 1e-9);
        let back = map.inverse().unwrap().apply(PointMm::new(x, y));
        assert!((back[0] - 77.0).abs() < 1e-9 && (back[1] - 33.0).abs() < 1e-9);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_a_page_went_through_can_be_undone(
            turn in 0.0..std::f64::consts::TAU, across in 5.0..25.0f64, down in 5.0..25.0f64,
            shear in -0.1..0.1f64, by in [-5000.0..5000.0f64, -5000.0..5000.0f64],
            at in [-300.0..600.0f64, -300.0..600.0f64],
        ) {
            let (sin, cos) = turn.sin_cos();
            let stretched = [across, across * shear, 0.0, down];
            let map = Affine([
                cos * stretched[0] - sin * stretched[2],
                cos * stretched[1] - sin * stretched[3],
                by[0],
                sin * stretched[0] + cos * stretched[2],
                sin * stretched[1] + cos * stretched[3],
                by[1],
            ]);
            let point = PointMm::new(at[0], at[1]);
            let [x, y] = map.apply(point);
            let back = map.inverse().unwrap().apply(PointMm::new(x, y));
            prop_assert!((back[0] - point.x).abs() < 1e-6 && (back[1] - point.y).abs() < 1e-6, "{back:?}");
            prop_assert!((map.mean_scale() - (across * down).sqrt()).abs() < 1e-6);
            // It is found again from where it took the corners of a page.
            let corners = [(0.0, 0.0), (210.0, 0.0), (0.0, 297.0), (210.0, 297.0)].map(|(x, y)| PointMm::new(x, y));
            let pairs = corners.map(|p| (p, map.apply(p)));
            let found = Affine::fit(&pairs).unwrap();
            prop_assert!(found.0.iter().zip(map.0).all(|(a, b)| (a - b).abs() < 1e-6));
        }
    }

    #[test]
    fn points_on_a_line_have_no_fit() {
        let line: Vec<_> =
            (0..4).map(|i| (PointMm::new(f64::from(i), 2.0 * f64::from(i)), [0.0, 0.0])).collect();
        assert!(Affine::fit(&line).is_none());
    }
}
