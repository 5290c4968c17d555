//! 〇囲み. A printed word that a pen circles: measure -> decide.

use super::calibration as c;
use super::mark::{Judged, Mark};
use super::region::{PPM, Region};
use super::strike;
use domain::geometry::{PointMm, RectMm};

/// Numbers of one word.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct WordInk {
    /// Share of the rays from the middle of the word that meet a stroke around it.
    pub coverage: f64,
    /// Share of neighbouring rays that meet it at different distances.
    pub roughness: f64,
    /// Ink over the middle of the word, mm².
    pub core: f64,
    /// Lines that run through the word.
    pub lines: usize,
}

/// What a ray meets.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ray {
    /// Ink, this far outside the word's edge, mm (negative inside).
    Ink(f64),
    /// Paper only.
    Paper,
}

/// Measures the ink around `word`; `others` are the other words nearby.
pub(crate) fn measure(region: &Region, word: RectMm, others: &[RectMm]) -> WordInk {
    let own = own_strokes(region, word, others);
    let view = View { region, word, others, own: &own };
    let mut rays: Vec<Ray> = (0..c::RAYS).map(|ray| view.cast(ray)).collect();
    view.bridge_print(&mut rays);
    let hits = rays.iter().filter(|ray| matches!(ray, Ray::Ink(_))).count();
    let (mut near, mut jumps) = (0u32, 0u32);
    for (a, b) in rays.iter().zip(rays.iter().cycle().skip(1)) {
        if let (Ray::Ink(a), Ray::Ink(b)) = (a, b) {
            near += 1;
            jumps += u32::from((a - b).abs() > c::CIRCLE_JUMP_MM);
        }
    }
    let core = view.core();
    WordInk {
        coverage: hits as f64 / c::RAYS as f64,
        roughness: f64::from(jumps) / f64::from(near.max(1)),
        core,
        // No line goes over a word without inking its middle.
        lines: if core >= c::OVER_CORE_MM2 { strike::lines_over(region, word) } else { 0 },
    }
}

/// Per stroke: whether it belongs to `word` rather than to a neighbour whose circle reaches over here.
fn own_strokes(region: &Region, word: RectMm, others: &[RectMm]) -> Vec<bool> {
    let center = word.center();
    let is_own = |ink: &super::region::Ink| {
        let around = region.rect_of(ink.blob);
        let inside = |rect: RectMm, at: PointMm| distance(rect, at) == 0.0;
        let middle = around.center();
        inside(around, center)
            || others.iter().all(|other| distance(word, middle) <= distance(*other, middle))
    };
    region.inks.iter().map(is_own).collect()
}

/// From a point to the nearest point of a rectangle, mm; 0 inside.
fn distance(rect: RectMm, point: PointMm) -> f64 {
    let dx = (rect.x - point.x).max(point.x - rect.right()).max(0.0);
    let dy = (rect.y - point.y).max(point.y - rect.bottom()).max(0.0);
    dx.hypot(dy)
}

struct View<'a> {
    region: &'a Region,
    word: RectMm,
    others: &'a [RectMm],
    own: &'a [bool],
}

impl View<'_> {
    /// The direction of a ray, and how far from the middle of the word the word's edge lies, mm.
    /// Rays spread evenly over an ellipse around the word.
    fn direction(&self, ray: usize) -> (f64, f64, f64) {
        let (half_w, half_h) = (self.word.w / 2.0, self.word.h / 2.0);
        let angle = ray as f64 / c::RAYS as f64 * std::f64::consts::TAU;
        let (dx, dy) = (angle.cos() * (half_w + 1.0), angle.sin() * (half_h + 1.0));
        let length = dx.hypot(dy);
        let (dx, dy) = (dx / length, dy / length);
        (dx, dy, (half_w / dx.abs().max(1e-9)).min(half_h / dy.abs().max(1e-9)))
    }

    fn cast(&self, ray: usize) -> Ray {
        let (dx, dy, edge) = self.direction(ray);
        let center = self.word.center();
        let start = c::CIRCLE_INNER / (dx / (self.word.w / 2.0)).hypot(dy / (self.word.h / 2.0));
        let mut end = edge + c::CIRCLE_OUTER_MM;
        for other in self.others {
            if let Some(entry) = entry(other, center.x, center.y, dx, dy) {
                end = end.min(edge + c::CIRCLE_GAP_SHARE * (entry - edge).max(0.0));
            }
        }
        let steps = ((end - start).max(0.0) * PPM) as usize;
        let met = (0..=steps).map(|step| start + step as f64 / PPM).find(|far| {
            let pixel = self.region.pixel(center.x + far * dx, center.y + far * dy);
            pixel.and_then(|(x, y)| self.region.stroke_at(x, y)).is_some_and(|ink| self.own[ink])
        });
        met.map_or(Ray::Paper, |far| Ray::Ink(far - edge))
    }

    /// Where a stroke goes on behind a printed line, the rays between count as met.
    fn bridge_print(&self, rays: &mut [Ray]) {
        let before = rays.to_vec();
        let center = self.word.center();
        let hit = |ray: usize, step: usize, back: bool| {
            let at = if back { ray + c::RAYS - step } else { ray + step } % c::RAYS;
            match before[at] {
                Ray::Ink(far) => Some((step, far)),
                Ray::Paper => None,
            }
        };
        for (ray, state) in rays.iter_mut().enumerate().filter(|(_, state)| **state == Ray::Paper) {
            let (Some((a, from)), Some((b, to))) = (
                (1..=c::BRIDGE_RAYS).find_map(|step| hit(ray, step, true)),
                (1..=c::BRIDGE_RAYS).find_map(|step| hit(ray, step, false)),
            ) else {
                continue;
            };
            let far = from + (to - from) * a as f64 / (a + b) as f64;
            let (dx, dy, edge) = self.direction(ray);
            let hidden = [-0.3, 0.0, 0.3].iter().any(|off| {
                let far = edge + far + off;
                let pixel = self.region.pixel(center.x + far * dx, center.y + far * dy);
                pixel.is_some_and(|(x, y)| self.region.is_hidden(x, y))
            });
            if hidden {
                *state = Ray::Ink(far);
            }
        }
    }

    /// Ink over the middle of the word, mm².
    fn core(&self) -> f64 {
        let (w, h) = (self.word.w * c::CORE, self.word.h * c::CORE);
        let center = self.word.center();
        let inside = self.region.pixels(RectMm::new(center.x - w / 2.0, center.y - h / 2.0, w, h));
        let inked = (inside.y0..inside.y1)
            .flat_map(|y| (inside.x0..inside.x1).map(move |x| (x, y)))
            .filter(|&(x, y)| self.region.stroke_at(x, y).is_some_and(|ink| self.own[ink]))
            .count();
        inked as f64 / (PPM * PPM)
    }
}

/// Where a ray enters a rectangle, mm from its start; `None` when it passes by.
fn entry(rect: &RectMm, x: f64, y: f64, dx: f64, dy: f64) -> Option<f64> {
    let slab = |at: f64, step: f64, low: f64, high: f64| {
        if step.abs() < 1e-9 {
            return if (low..=high).contains(&at) { (f64::MIN, f64::MAX) } else { (f64::MAX, f64::MIN) };
        }
        let (a, b) = ((low - at) / step, (high - at) / step);
        (a.min(b), a.max(b))
    };
    let (x0, x1) = slab(x, dx, rect.x, rect.right());
    let (y0, y1) = slab(y, dy, rect.y, rect.bottom());
    let (from, to) = (x0.max(y0), x1.min(y1));
    (from <= to && from > 0.0).then_some(from)
}

/// Turns the numbers of a word into a state.
pub(crate) fn decide(ink: WordInk) -> Judged {
    if ink.lines >= 2 {
        return Judged {
            mark: Mark::Cancelled,
            wrong: c::CANCELLED_WRONG,
            doubt: Some("二重線で消されています"),
        };
    }
    let circled = c::CIRCLED_BY_COVERAGE.at(ink.coverage)
        + c::CIRCLED_BY_CORE.at(ink.core)
        + c::CIRCLED_BY_ROUGHNESS.at(ink.roughness);
    let clear = c::CLEAR_BY_COVERAGE.at(ink.coverage) + c::CLEAR_BY_CORE.at(ink.core);
    let (mark, wrong) = if circled < clear { (Mark::On, circled) } else { (Mark::Off, clear) };
    let doubt = if ink.lines == 1 {
        Some("線が横切っています")
    } else if wrong > c::MARK_UNSURE {
        Some("〇がはっきりしません")
    } else {
        None
    };
    Judged { mark, wrong: wrong.min(1.0), doubt }
}
