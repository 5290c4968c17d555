//! The centre of a corner mark to a few hundredths of a millimetre, from its four edges on the full picture.

use crate::affine::Affine;
use crate::gray::GrayPage;
use crate::registered::RegisteredPage;
use domain::geometry::PointMm;

/// Lines drawn across each edge: enough that a streak or a hole over a few of them changes nothing.
const LINES: usize = 16;
/// The part of an edge that is looked at: its ends are round and near other edges.
const SPAN: f64 = 0.7;
/// Paper that must be seen outside an edge, share of the mark: 0.4 mm of 5 mm.
const CLEAR: f64 = 0.08;
/// A first look: the guess may be off by a good millimetre. It reaches, as a share of the mark, less than half on
/// each side of the expected edge, so that one line never meets two edges.
pub(super) const WIDE: Look = Look { reach: 0.42, step_px: 2.0 };
/// A second look, where the first put the mark.
pub(super) const CLOSE: Look = Look { reach: 0.2, step_px: 1.0 };
/// Least step between black and white, grey levels: below this there is no edge, only paper.
const MIN_CONTRAST: f64 = 30.0;
/// Lines that must lie in the picture for an edge to be looked for; with fewer the picture has cut it off.
const MIN_LINES: usize = 5;
/// Share of these that must agree for an edge to count.
const MIN_AGREEING: f64 = 0.5;
/// Lines agree within this share of the mark (0.3 mm of 5 mm): a rough edge of a fax is within it.
const AGREEMENT: f64 = 0.06;
/// Found over expected width of a mark, more or less: ink spread and thresholds, 0.3 mm a side at most.
const WIDTH_TOLERANCE: f64 = 0.15;

/// How far around an expected edge is looked (share of the mark) and how finely (pixels).
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    reach: f64,
    step_px: f64,
}

/// The centre, in pixels (pixel centres lie at half coordinates), of the square mark of `edge` mm that `guess` puts
/// near `at`; `None` when no such square is there.
pub(super) fn measure(
    page: &GrayPage,
    guess: &Affine,
    at: PointMm,
    edge: f64,
    look: Look,
) -> Option<[f64; 2]> {
    let view = View { page: RegisteredPage { page, px_from_mm: *guess }, at, edge, look };
    let [dark, light] = view.levels()?;
    let middle = (dark + light) / 2.0;
    let center = PointMm::new(at.x + view.middle_along(0, middle)?, at.y + view.middle_along(1, middle)?);
    Some(guess.apply(center))
}

/// One edge of a mark.
enum Side {
    /// So far from the expected centre, mm.
    At(f64),
    /// Outside the picture.
    Cut,
    /// In the picture, but no edge.
    None,
}

struct View<'a> {
    page: RegisteredPage<'a>,
    at: PointMm,
    edge: f64,
    look: Look,
}

impl View<'_> {
    /// Grey at `x`, `y` mm from the expected centre.
    fn grey(&self, x: f64, y: f64) -> f64 {
        self.page.bilinear(PointMm::new(self.at.x + x, self.at.y + y))
    }

    /// The grey of the mark and of the paper around it.
    fn levels(&self) -> Option<[f64; 2]> {
        let grid = |reach: f64| {
            (0..49).map(move |i| (f64::from(i % 7 - 3) / 3.0 * reach, f64::from(i / 7 - 3) / 3.0 * reach))
        };
        let seen = |points: &mut dyn Iterator<Item = (f64, f64)>| {
            mean(points.filter(|&(x, y)| self.inside(x, y)).map(|(x, y)| self.grey(x, y)))
        };
        let dark = seen(&mut grid(0.3 * self.edge))?;
        // The ring between 0.75 and 0.85 of an edge from the centre: outside the mark however it is guessed.
        let light =
            seen(&mut grid(0.8 * self.edge).filter(|(x, y)| x.abs().max(y.abs()) > 0.75 * self.edge))?;
        (light - dark >= MIN_CONTRAST).then_some([dark, light])
    }

    /// Whether the point `x`, `y` mm from the expected centre is in the picture.
    fn inside(&self, x: f64, y: f64) -> bool {
        let [px, py] = self.page.px_from_mm.apply(PointMm::new(self.at.x + x, self.at.y + y));
        let within = |p: f64, size: u32| (0.0..f64::from(size)).contains(&p);
        within(px, self.page.page.width) && within(py, self.page.page.height)
    }

    /// The middle between two opposite edges along `axis` (0: x, 1: y), mm from the expected centre. Where the picture
    /// cuts one of them off, the other and the nominal size must do; a torn mark has no such excuse.
    fn middle_along(&self, axis: usize, level: f64) -> Option<f64> {
        match (self.side(axis, -1.0, level), self.side(axis, 1.0, level)) {
            (Side::At(low), Side::At(high)) => {
                let size = (high - low) / self.edge;
                ((size - 1.0).abs() <= WIDTH_TOLERANCE).then_some((low + high) / 2.0)
            }
            (Side::Cut, Side::At(high)) => Some(high - self.edge / 2.0),
            (Side::At(low), Side::Cut) => Some(low + self.edge / 2.0),
            _ => None,
        }
    }

    /// Where the edge on the `sign` side of `axis` (0: x, 1: y) lies.
    fn side(&self, axis: usize, sign: f64, level: f64) -> Side {
        let [a, b, _, d, e, _] = self.page.px_from_mm.0;
        let px_per_mm = if axis == 0 { a.hypot(d) } else { b.hypot(e) };
        let (start, reach) = (self.edge / 2.0, self.look.reach * self.edge);
        let steps = (2.0 * reach * px_per_mm / self.look.step_px).ceil().max(4.0) as usize;
        let step = 2.0 * reach / steps as f64;
        let point = |out: f64, along: f64| if axis == 0 { (sign * out, along) } else { (along, sign * out) };
        let lines = (0..LINES)
            .map(|line| ((line as f64 + 0.5) / LINES as f64 - 0.5) * SPAN * self.edge)
            .filter(|&along| {
                let (x, y) = point(start + CLEAR * self.edge, along);
                self.inside(x, y)
            });
        let lines: Vec<f64> = lines.collect();
        if lines.len() < MIN_LINES {
            return Side::Cut;
        }
        let find = |along: &f64| {
            let profile = (0..=steps).map(|k| {
                let (x, y) = point(start - reach + k as f64 * step, *along);
                self.grey(x, y)
            });
            crossing(profile, level).map(|k| start - reach + k * step)
        };
        let mut crossings: Vec<f64> = lines.iter().filter_map(find).collect();
        crossings.sort_by(f64::total_cmp);
        let Some(&median) = crossings.get(crossings.len() / 2) else { return Side::None };
        crossings.retain(|c| (c - median).abs() < AGREEMENT * self.edge);
        if (crossings.len() as f64) < MIN_AGREEING * lines.len() as f64 {
            return Side::None;
        }
        mean(crossings.into_iter()).map_or(Side::None, |out| Side::At(sign * out))
    }
}

/// Where a profile that begins on ink and ends on paper changes over, in steps: the split that leaves most darkness
/// before it and most light behind it, then to a part of a step by the two values around it.
fn crossing(profile: impl Iterator<Item = f64>, middle: f64) -> Option<f64> {
    let (mut sum, mut best, mut split) = (0.0, 0.0, None);
    let (mut last, mut around) = (middle, (middle, middle));
    for (k, grey) in profile.enumerate() {
        if split.is_some_and(|s| s + 1 == k) {
            around = (last, grey);
        }
        sum += middle - grey;
        if sum > best {
            (best, split, around) = (sum, Some(k), (grey, middle));
        }
        last = grey;
    }
    let (dark, light) = around;
    let part = if light > dark { ((middle - dark) / (light - dark)).clamp(0.0, 1.0) } else { 0.5 };
    split.map(|k| k as f64 + part)
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0.0), |(sum, n), v| (sum + v, n + 1.0));
    (n > 0.0).then_some(sum / n)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page with one square of 5 mm at 11 mm, 11 mm, seen through `map`, each pixel the mean of 4x4 points.
    fn page(map: &Affine, ink: u8) -> GrayPage {
        let back = map.inverse().unwrap();
        let mut page = GrayPage::white(260, 260);
        for y in 0..260 {
            for x in 0..260 {
                let inside = (0..16).filter(|i| {
                    let point = [
                        f64::from(x) + f64::from(i % 4) / 4.0 + 0.125,
                        f64::from(y) + f64::from(i / 4) / 4.0 + 0.125,
                    ];
                    let [mx, my] = back.apply(point.into());
                    (mx - 11.0).abs() < 2.5 && (my - 11.0).abs() < 2.5
                });
                let share = inside.count() as f64 / 16.0;
                page.pixels[y as usize * 260 + x as usize] = (255.0 - share * (255.0 - f64::from(ink))) as u8;
            }
        }
        page
    }

    #[test]
    fn the_centre_is_found_to_two_hundredths_of_a_millimetre() {
        for (turn, shift) in [(0.0f64, 0.3), (3.3, 0.71), (-9.0, 0.0)] {
            let (sin, cos) = turn.to_radians().sin_cos();
            let truth = Affine([11.8 * cos, -11.8 * sin, 3.0 + shift, 11.8 * sin, 11.8 * cos, 8.0 - shift]);
            let guess = Affine([11.7 * cos, -11.7 * sin, 8.0, 11.7 * sin, 11.7 * cos, 3.0]);
            for ink in [0, 140] {
                let at = PointMm::new(11.0, 11.0);
                let mark = measure(&page(&truth, ink), &guess, at, 5.0, CLOSE).unwrap();
                let [x, y] = truth.apply(at);
                let off = (mark[0] - x).hypot(mark[1] - y) / 11.8;
                assert!(off < 0.02, "{turn} {ink}: {off}");
            }
        }
    }

    #[test]
    fn a_mark_torn_through_is_refused_and_a_streak_across_is_not() {
        let map = Affine([11.8, 0.0, 0.0, 0.0, 11.8, 0.0]);
        let at = PointMm::new(11.0, 11.0);
        let mut streaked = page(&map, 0);
        let mut torn = streaked.clone();
        for y in 0..260 {
            streaked.pixels[y * 260 + 120] = 0;
            for x in 135..260 {
                torn.pixels[y * 260 + x] = 255;
            }
        }
        assert!(measure(&torn, &map, at, 5.0, WIDE).is_none());
        let mark = measure(&streaked, &map, at, 5.0, CLOSE).unwrap();
        assert!((mark[0] - 129.8).abs() < 0.3);
    }
}
