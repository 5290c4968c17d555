//! 記入の有無. Areas for people: is anything there? Handwriting (`image`) and signatures or seals (`stamp`).

use super::calibration as c;
use super::finding::Finding;
use super::mark::MISSING;
use super::region::{COARSE_PPM, Region};
use super::sheet::Sheet;
use domain::form::Field;
use domain::geometry::RectMm;
use domain::reading::Value;

/// Numbers of one area.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct AreaInk {
    /// Ink of strokes that mostly lie inside, mm².
    pub strokes: f64,
    /// Paper that is darker than the paper around it over a mm² and more, mm²: a pale seal, a pencil, a stain.
    pub pale: f64,
}

/// The words that a field kind uses for something and for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wording {
    /// `present`, or blank.
    Image,
    /// `present` or `absent`.
    Stamp,
}

/// Reads an area.
pub(crate) fn read(sheet: &mut Sheet, region: &mut Region, field: &Field, wording: Wording) -> Finding {
    let Some(&area) = field.boxes.first() else {
        return Finding::doubtful(MISSING);
    };
    if region.look(sheet, area.grown(c::AREA_MARGIN_MM), COARSE_PPM).is_missing() {
        return Finding::doubtful(MISSING);
    }
    decide(measure(region, area), wording)
}

/// Measures the ink in an area.
pub(crate) fn measure(region: &Region, area: RectMm) -> AreaInk {
    let inner = region.pixels(area.grown(-c::AREA_INSET_MM));
    let mut inside = vec![0usize; region.inks.len()];
    for y in inner.y0..inner.y1 {
        for x in inner.x0..inner.x1 {
            if let Some(ink) = region.stroke_at(x, y) {
                inside[ink] += 1;
            }
        }
    }
    let own = |&(ink, &pixels): &(usize, &usize)| {
        let blob = &region.inks[ink].blob;
        pixels * 2 > blob.area && blob.length() as f64 >= c::AREA_STROKE_MM * region.ppm
    };
    let pixels: usize = inside.iter().enumerate().filter(own).map(|(_, pixels)| pixels).sum();
    AreaInk { strokes: pixels as f64 / region.ppm.powi(2), pale: pale(region, inner) }
}

/// Square millimetres whose mean is darker than that of most others.
fn pale(region: &Region, inner: super::region::Pixels) -> f64 {
    let edge = region.ppm as usize;
    let mut tiles = Vec::new();
    for top in (inner.y0..inner.y1).step_by(edge).filter(|top| top + edge <= inner.y1) {
        for left in (inner.x0..inner.x1).step_by(edge).filter(|left| left + edge <= inner.x1) {
            let pixels = (top..top + edge).flat_map(|y| (left..left + edge).map(move |x| (x, y)));
            let (mut sum, mut seen) = (0.0, 0u32);
            for (x, y) in pixels.filter(|&(x, y)| !region.is_hidden(x, y)) {
                sum += region.share(x, y);
                seen += 1;
            }
            if seen as usize * 2 > edge * edge {
                tiles.push(sum / seen as f32);
            }
        }
    }
    if tiles.is_empty() {
        return 0.0;
    }
    tiles.sort_by(f32::total_cmp);
    let usual = tiles[tiles.len() / 3];
    tiles.iter().filter(|&&tile| tile > usual + c::PALE_SHARE).count() as f64
}

/// Turns the numbers of an area into a value.
pub(crate) fn decide(ink: AreaInk, wording: Wording) -> Finding {
    let present = c::PRESENT_BY_AREA.at(ink.strokes);
    let empty = c::EMPTY_BY_AREA.at(ink.strokes) + c::EMPTY_BY_PALE.at(ink.pale);
    if present < empty {
        return Finding::new(Value::Text("present".to_owned()), present);
    }
    let value = match wording {
        Wording::Image => Value::Blank,
        Wording::Stamp => Value::Text("absent".to_owned()),
    };
    let doubt = (empty > c::MARK_UNSURE).then_some("薄い跡があります");
    Finding::new(value, empty.min(1.0)).doubted(doubt)
}
