//! The printed structure of a blank, as points to look at: whether a page carries this very print, here.

use super::reduced::Reduced;
use crate::affine::Affine;
use crate::template::{Blank, Template};
use domain::form::{FieldKind, Form};
use domain::geometry::{PointMm, RectMm};

/// Edge of a cell of the blank, mm: print is known again when it lies within half of it, and a line of 0.2 mm still
/// darkens it by 40 %.
const CELL_MM: f64 = 0.5;
/// A cell this dark carries print, one lighter than [`PAPER`] does not.
const INK: f32 = 0.15;
const PAPER: f32 = 0.02;
/// How far from print the empty cells lie that are looked at, cells: near enough to be lost by a small shift.
const BESIDE: usize = 2;
/// Points of each kind at most: more change no verdict and cost time.
const MAX_POINTS: usize = 1600;
/// A page is looked at in this many zones across and down.
const ZONES: [usize; 2] = [3, 3];
/// A zone with fewer points says nothing.
const MIN_ZONE_POINTS: usize = 60;
/// How far a zone is moved to find where it fits best, mm, and in which steps.
const SHIFT_MM: f64 = 1.2;
const SHIFT_STEP_MM: f64 = 0.3;
/// Print touches less than this share of points when a page is cut off; then the rest says too little.
const MIN_SEEN: f64 = 0.6;

/// Points of a blank where there is print, or none beside it.
#[derive(Clone, Debug, Default)]
pub(super) struct Structure {
    zones: Vec<Vec<Point>>,
}

#[derive(Clone, Copy, Debug)]
struct Point {
    at: PointMm,
    ink: f32,
}

/// Sums for a correlation.
#[derive(Clone, Copy, Default)]
struct Moments {
    n: f64,
    a: f64,
    b: f64,
    aa: f64,
    bb: f64,
    ab: f64,
}

impl Structure {
    /// The structure of one side of `template`; without points when it has no blank or the blank is empty.
    pub fn of(template: &Template, side: u8) -> Self {
        let Some(blank) = usize::from(side).checked_sub(1).and_then(|i| template.blanks.get(i)) else {
            return Self::default();
        };
        let cells = Cells::of(blank);
        let hidden = changing(&template.form, side);
        let (mut ink, mut beside) = (Vec::new(), Vec::new());
        for (at, dark) in cells.points().filter(|(at, _)| !hidden.iter().any(|rect| inside(rect, *at))) {
            if dark > INK {
                ink.push(Point { at, ink: dark });
            } else if dark < PAPER && cells.print_beside(at) {
                beside.push(Point { at, ink: 0.0 });
            }
        }
        let mut zones = vec![Vec::new(); ZONES[0] * ZONES[1]];
        for point in thinned(&ink).chain(thinned(&beside)) {
            zones[zone(&template.form, point.at)].push(*point);
        }
        Self { zones }
    }

    /// Whether there is anything to compare with.
    pub fn is_empty(&self) -> bool {
        self.zones.iter().all(|zone| zone.len() < MIN_ZONE_POINTS)
    }

    /// Correlation of the print of the blank with the page, -1..=1; 0 when too little of it is in the picture.
    pub fn correlation(&self, reduced: &Reduced, px_from_mm: &Affine) -> f64 {
        let map = reduced.map(px_from_mm);
        let mut all = Moments::default();
        for point in self.zones.iter().flatten() {
            all.see(point, reduced, &map, [0.0, 0.0]);
        }
        let points = self.zones.iter().map(Vec::len).sum::<usize>() as f64;
        if all.n < MIN_SEEN * points { 0.0 } else { all.correlation() }
    }

    /// How far each zone with print lies from where `px_from_mm` puts it, mm: the greatest of them.
    /// `None` when fewer than half of the zones that have print can say.
    pub fn greatest_shift(&self, reduced: &Reduced, px_from_mm: &Affine) -> Option<f64> {
        let map = reduced.map(px_from_mm);
        let told: Vec<&Vec<Point>> = self.zones.iter().filter(|zone| zone.len() >= MIN_ZONE_POINTS).collect();
        let shifts: Vec<f64> = told.iter().filter_map(|zone| zone_shift(zone, reduced, &map)).collect();
        if shifts.is_empty() || 2 * shifts.len() < told.len() {
            return None;
        }
        shifts.into_iter().reduce(f64::max)
    }
}

impl Moments {
    fn see(&mut self, point: &Point, reduced: &Reduced, map: &Affine, shift: [f64; 2]) {
        let at = PointMm::new(point.at.x + shift[0], point.at.y + shift[1]);
        if let Some(dark) = reduced.darkness(map, at) {
            let (a, b) = (f64::from(point.ink), f64::from(dark));
            self.n += 1.0;
            self.a += a;
            self.b += b;
            self.aa += a * a;
            self.bb += b * b;
            self.ab += a * b;
        }
    }

    fn correlation(&self) -> f64 {
        let cov = self.ab * self.n - self.a * self.b;
        let var = (self.aa * self.n - self.a * self.a) * (self.bb * self.n - self.b * self.b);
        if var <= 0.0 { 0.0 } else { cov / var.sqrt() }
    }
}

/// The distance at which `zone` fits best, mm; `None` when it fits nowhere.
fn zone_shift(zone: &[Point], reduced: &Reduced, map: &Affine) -> Option<f64> {
    /// Below this a zone is covered (a stamp, a fold, heavy writing) and its best fit means nothing.
    const COVERED: f64 = 0.3;
    /// Another place must fit this much better than the expected one: rows of equal boxes fit almost anywhere.
    const BETTER: f64 = 0.05;
    let fit = |shift: [f64; 2]| {
        let mut moments = Moments::default();
        zone.iter().for_each(|point| moments.see(point, reduced, map, shift));
        if moments.n >= MIN_SEEN * zone.len() as f64 { moments.correlation() } else { 0.0 }
    };
    let here = fit([0.0, 0.0]);
    let mut best = if here > COVERED { (here + BETTER, Some(0.0)) } else { (COVERED, None) };
    let steps = (SHIFT_MM / SHIFT_STEP_MM) as i32;
    for (dx, dy) in (-steps..=steps).flat_map(|dy| (-steps..=steps).map(move |dx| (dx, dy))) {
        let shift = [dx, dy].map(|n| f64::from(n) * SHIFT_STEP_MM);
        let fit = fit(shift);
        if fit > best.0 {
            best = (fit, Some(shift[0].hypot(shift[1])));
        }
    }
    best.1
}

/// Parts of the paper that differ from sheet to sheet, or that any of our forms has.
pub(super) fn changing(form: &Form, side: u8) -> Vec<RectMm> {
    let squares = form.mark_squares().into_iter().flatten();
    let code = form.marks.iter().map(|marks| marks.code);
    let fields = form.fields_on(side).filter(|field| {
        field.prefilled || matches!(field.kind, FieldKind::Barcode(_) | FieldKind::Printed { .. })
    });
    squares.chain(code).chain(fields.map(|field| field.area())).map(|rect| rect.grown(1.0)).collect()
}

fn inside(rect: &RectMm, at: PointMm) -> bool {
    (rect.x..rect.right()).contains(&at.x) && (rect.y..rect.bottom()).contains(&at.y)
}

fn zone(form: &Form, at: PointMm) -> usize {
    let part = |mm: f64, size: f64, n: usize| ((mm / size * n as f64).max(0.0) as usize).min(n - 1);
    part(at.y, form.paper_mm[1], ZONES[1]) * ZONES[0] + part(at.x, form.paper_mm[0], ZONES[0])
}

/// Evenly every so many points, [`MAX_POINTS`] at most.
fn thinned(points: &[Point]) -> impl Iterator<Item = &Point> {
    points.iter().step_by(points.len().div_ceil(MAX_POINTS).max(1))
}

/// The blank as darkness in cells of [`CELL_MM`].
struct Cells {
    across: usize,
    dark: Vec<f32>,
}

impl Cells {
    fn of(blank: &Blank) -> Self {
        let picture = &blank.picture;
        let cell = (CELL_MM * blank.px_per_mm).max(1.0);
        let across = ((f64::from(picture.width) / cell) as usize).max(1);
        let down = (f64::from(picture.height) / cell) as usize;
        let mut dark = vec![0.0; across * down];
        for (i, dark) in dark.iter_mut().enumerate() {
            let span = |n: usize| (n as f64 * cell) as i64..((n + 1) as f64 * cell) as i64;
            let (mut sum, mut count) = (0u32, 0u32);
            for y in span(i / across) {
                for x in span(i % across) {
                    sum += u32::from(255 - picture.at(x, y));
                    count += 1;
                }
            }
            *dark = sum as f32 / (255 * count.max(1)) as f32;
        }
        Self { across, dark }
    }

    fn points(&self) -> impl Iterator<Item = (PointMm, f32)> {
        self.dark.iter().enumerate().map(|(i, &dark)| {
            let mm = |n: usize| (n as f64 + 0.5) * CELL_MM;
            (PointMm::new(mm(i % self.across), mm(i / self.across)), dark)
        })
    }

    /// Whether some cell [`BESIDE`] cells away carries print, while the cells between need not.
    fn print_beside(&self, at: PointMm) -> bool {
        let (x, y) = ((at.x / CELL_MM) as usize, (at.y / CELL_MM) as usize);
        let near =
            [(x + BESIDE, y), (x.wrapping_sub(BESIDE), y), (x, y + BESIDE), (x, y.wrapping_sub(BESIDE))];
        near.iter().any(|&(x, y)| {
            x < self.across
                && self.dark.get(y.wrapping_mul(self.across).wrapping_add(x)).is_some_and(|&d| d > INK)
        })
    }
}
