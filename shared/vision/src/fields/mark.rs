//! チェック欄. One box to mark: locate -> measure -> decide.

use super::calibration as c;
use super::finding::Finding;
use super::region::{PPM, Region};
use super::shape;
use super::sheet::Sheet;
use super::strike;
use domain::form::Field;
use domain::geometry::RectMm;
use domain::reading::Value;

/// What became of a box or a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    On,
    Off,
    /// Marked (or not) and struck out.
    Cancelled,
}

/// A state, the probability that it is wrong, and what makes it doubtful in any case.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Judged {
    pub mark: Mark,
    pub wrong: f64,
    pub doubt: Option<&'static str>,
}

/// Numbers of one box.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct BoxInk {
    /// Ink inside, mm².
    pub area: f64,
    /// Diagonal of the inside's ink per shorter side of the inside.
    pub reach: f64,
    /// Inked share of the inside.
    pub cover: f64,
    /// Ink in the middle of the box, mm²: every deliberate mark but a ring has some, a thickly printed frame has none.
    pub core: f64,
    /// Inked share of a ring around the box.
    pub ring: f64,
    /// Mean darkness inside above that around the box, ink left out.
    pub haze: f64,
    /// Lines that run through the box; the arms of a cross are none.
    pub lines: usize,
    /// Whether a ring is drawn inside the box.
    pub ringed: bool,
    /// Reach of strokes that mostly lie outside the box.
    pub visitor: f64,
    /// The most strokes that come over one edge of the paper looked at: bars and print of a label that overhangs.
    pub coming_over: usize,
}

/// Why an empty box is doubted when somebody marked the paper next to it.
pub(crate) const BESIDE: &str = "枠のそばに印があります";
pub(crate) const MISSING: &str = "印刷された枠が見つかりません";

/// Reads a field of one box.
pub(crate) fn read(sheet: &mut Sheet, region: &mut Region, field: &Field) -> Finding {
    let Some(&square) = field.boxes.first() else {
        return Finding::doubtful(MISSING);
    };
    let found = region.look(sheet, square.grown(c::BOX_MARGIN_MM), PPM);
    if found.is_missing() {
        return Finding::doubtful(MISSING);
    }
    let judged = decide(measure(region, square));
    let value = match judged.mark {
        Mark::On => "on",
        Mark::Off => "off",
        Mark::Cancelled => "cancelled",
    };
    Finding::new(Value::Text(value.to_owned()), judged.wrong).doubted(judged.doubt)
}

/// Measures the ink in and around a box.
pub(crate) fn measure(region: &Region, square: RectMm) -> BoxInk {
    let inner = square.grown(-clear_inset(region, square));
    let inside = region.pixels(inner);
    let mut parts = vec![(0usize, [usize::MAX, usize::MAX, 0, 0]); region.inks.len()];
    let (mut haze, mut clear) = (0.0, 0u32);
    for y in inside.y0..inside.y1 {
        for x in inside.x0..inside.x1 {
            if let Some(ink) = region.stroke_at(x, y) {
                let (area, [x0, y0, x1, y1]) = &mut parts[ink];
                *area += 1;
                (*x0, *y0, *x1, *y1) = ((*x0).min(x), (*y0).min(y), (*x1).max(x + 1), (*y1).max(y + 1));
            } else if !region.is_hidden(x, y) {
                haze += f64::from(region.share(x, y));
                clear += 1;
            }
        }
    }
    let side = inner.w.min(inner.h);
    let mut ink = BoxInk {
        lines: lines_through(region, square),
        coming_over: coming_over(region),
        ..BoxInk::default()
    };
    let mut bounds = [usize::MAX, usize::MAX, 0, 0];
    let diagonal =
        |[x0, y0, x1, y1]: [usize; 4]| (x1 as f64 - x0 as f64).hypot(y1 as f64 - y0 as f64) / PPM / side;
    let mut pixels = 0;
    for (i, &(area, part)) in parts.iter().enumerate().filter(|(_, (area, _))| *area > 0) {
        if (area as f64) < c::VISITOR_SHARE * region.inks[i].blob.area as f64 {
            ink.visitor = ink.visitor.max(diagonal(part));
            continue;
        }
        pixels += area;
        bounds =
            [bounds[0].min(part[0]), bounds[1].min(part[1]), bounds[2].max(part[2]), bounds[3].max(part[3])];
    }
    if pixels > 0 {
        ink.reach = diagonal(bounds);
    }
    ink.area = pixels as f64 / (PPM * PPM);
    ink.cover = ink.area / (inner.w * inner.h).max(1e-9);
    ink.core = core(region, square);
    ink.ringed = pixels > 0 && ink.core < c::BOX_CORE_LEAST_MM2 && shape::is_ring(region, square);
    let (ring_ink, ring_haze) = ring(region, square);
    ink.ring = ring_ink;
    ink.haze = haze / f64::from(clear.max(1)) - ring_haze;
    ink
}

/// The most strokes that come in over one edge of the region; one wider than any pen counts as many. Printed rules may
/// hide the edge itself, so that a strip along it is looked at; what print hides goes on as it was.
fn coming_over(region: &Region) -> usize {
    let strip = (c::LABEL_STRIP_MM * PPM) as usize;
    let crossing = |edge: &mut dyn Iterator<Item = (usize, usize)>| {
        let (mut strokes, mut run, mut widest) = (0, 0usize, 0);
        for (x, y) in edge.filter(|&(x, y)| !region.is_hidden(x, y)) {
            let is_ink = region.stroke_at(x, y).is_some();
            strokes += usize::from(is_ink && run == 0);
            run = if is_ink { run + 1 } else { 0 };
            widest = widest.max(run);
        }
        if widest as f64 > c::LABEL_WIDE_MM * PPM { c::LABEL_STROKES } else { strokes }
    };
    let near = |size: usize| (1..=strip.min(size / 2)).step_by(2).flat_map(move |at| [at, size - 1 - at]);
    let level = near(region.height).map(|y| crossing(&mut (0..region.width).map(|x| (x, y)))).max();
    let upright = near(region.width).map(|x| crossing(&mut (0..region.height).map(|y| (x, y)))).max();
    level.max(upright).unwrap_or(0)
}

/// Lines that strike a box out: the arms of a cross run through it too, but are not level.
fn lines_through(region: &Region, square: RectMm) -> usize {
    match strike::lines_through(region, square, c::STRIKE_RISE) {
        0 => 0,
        _ if shape::is_cross(region, square) => strike::lines_through(region, square, c::STRIKE_LEVEL),
        lines => lines,
    }
}

/// Ink in the middle of a box, mm²; what print hides there is taken to be inked as the rest is.
fn core(region: &Region, square: RectMm) -> f64 {
    let middle = region.pixels(square.grown(-c::BOX_CORE * square.w.min(square.h)));
    let (mut all, mut open, mut inked) = (0u32, 0u32, 0u32);
    for y in middle.y0..middle.y1 {
        for x in middle.x0..middle.x1 {
            all += 1;
            open += u32::from(!region.is_hidden(x, y));
            inked += u32::from(region.stroke_at(x, y).is_some());
        }
    }
    f64::from(inked) / f64::from(open.max(1)) * f64::from(all) / (PPM * PPM)
}

/// How far inside the middle of its line a box is clear of its own frame, mm: dark scans draw print thicker.
fn clear_inset(region: &Region, square: RectMm) -> f64 {
    let steps = ((c::BOX_INSET_MOST_MM - c::BOX_INSET_MM) * PPM) as usize;
    let mut insets = (0..=steps).map(|step| c::BOX_INSET_MM + step as f64 / PPM);
    // Inked all along to the middle is filled, not framed.
    insets.find(|&inset| !follows_frame(region, square.grown(-inset))).unwrap_or(c::BOX_INSET_MM)
}

/// Whether ink runs along at least three of the four sides of `rect`.
fn follows_frame(region: &Region, rect: RectMm) -> bool {
    let p = region.pixels(rect);
    let (last_x, last_y) = (p.x1.saturating_sub(1), p.y1.saturating_sub(1));
    let across = |y: usize| (p.x0..p.x1).map(|x| (x, y)).collect::<Vec<_>>();
    let down = |x: usize| (p.y0..p.y1).map(|y| (x, y)).collect::<Vec<_>>();
    let sides = [across(p.y0), across(last_y), down(p.x0), down(last_x)];
    let is_inked = |side: &&Vec<(usize, usize)>| {
        let inked = side.iter().filter(|&&(x, y)| region.stroke_at(x, y).is_some() || region.is_hidden(x, y));
        inked.count() as f64 >= c::FRAME_INKED * side.len() as f64
    };
    sides.iter().filter(is_inked).count() >= 3
}

/// Around a box: the inked share, and the mean darkness of what is not inked.
fn ring(region: &Region, square: RectMm) -> (f64, f64) {
    let outer = region.pixels(square.grown(c::BLOT_RING_MM));
    let inner = region.pixels(square.grown(c::BOX_INSET_MM));
    let (mut seen, mut inked, mut haze) = (0u32, 0u32, 0.0);
    for y in outer.y0..outer.y1 {
        for x in outer.x0..outer.x1 {
            let in_box = (inner.x0..inner.x1).contains(&x) && (inner.y0..inner.y1).contains(&y);
            if in_box || region.is_hidden(x, y) {
                continue;
            }
            seen += 1;
            if region.stroke_at(x, y).is_some() {
                inked += 1;
            } else {
                haze += f64::from(region.share(x, y));
            }
        }
    }
    (f64::from(inked) / f64::from(seen.max(1)), haze / f64::from((seen - inked).max(1)))
}

/// Turns the numbers of a box into a state.
pub(crate) fn decide(ink: BoxInk) -> Judged {
    let judged = by_ink(ink);
    let overhung = ink.coming_over >= c::LABEL_STROKES;
    Judged {
        doubt: judged.doubt.or(overhung.then_some("ラベルなどが枠にかかっています")), ..judged
    }
}

fn by_ink(ink: BoxInk) -> Judged {
    if ink.lines >= 2 && ink.cover < c::FILLED {
        return Judged {
            mark: Mark::Cancelled,
            wrong: c::CANCELLED_WRONG,
            doubt: Some("二重線で消されています"),
        };
    }
    let on = c::ON_BY_REACH.at(ink.reach) + c::ON_BY_AREA.at(ink.area);
    let off = c::OFF_BY_AREA.at(ink.area) + c::OFF_BY_HAZE.at(ink.haze);
    if on < off {
        let doubt = match ink {
            _ if ink.cover >= c::FILLED && ink.ring > c::BLOT => Some("塗りつぶして消した可能性があります"),
            _ if ink.lines == 1 => Some("線が横切っています"),
            _ if ink.core < c::BOX_CORE_LEAST_MM2 && !ink.ringed => Some("印が枠の端にあります"),
            _ if on > c::MARK_UNSURE => Some("印がはっきりしません"),
            _ => None,
        };
        return Judged { mark: Mark::On, wrong: on.min(1.0), doubt };
    }
    let doubt = match ink {
        _ if ink.visitor > c::VISITOR_REACH => Some("隣の線が枠に入っています"),
        _ if off > c::MARK_UNSURE => Some("印がはっきりしません"),
        _ if ink.ring > c::BESIDE => Some(BESIDE),
        _ => None,
    };
    Judged { mark: Mark::Off, wrong: off.min(1.0), doubt }
}
