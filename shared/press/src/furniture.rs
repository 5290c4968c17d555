//! What people write into: combs, boxes, words to circle, frames. It follows from the fields alone.

use crate::canvas::Canvas;
use crate::fit::{MM_PER_PT, Misfit, fit};
use domain::form::{Align, ChoiceOption, DateRule, Field, FieldKind, MarkStyle, YearStyle};
use domain::geometry::{PointMm, RectMm};

/// Pen of writing boxes: three pixels of a 300 dpi scan, so that a lost row does not break it.
const BOX_PEN_MM: f64 = 0.25;
/// Words to circle, and the eras.
const OPTION_PT: f64 = 10.0;
/// Words beside a box to mark.
const BOX_LABEL_PT: f64 = 9.0;
/// From a box to mark to its words.
const BOX_LABEL_GAP_MM: f64 = 1.5;
/// 年, 月, 日 between the boxes of a date; small, to keep clear of the boxes.
const DATE_UNIT_PT: f64 = 8.0;
/// The last box has no neighbour: its 日 stands this far behind it.
const LAST_UNIT_GAP_MM: f64 = 2.0;
/// Radius of a printed decimal point: seen by people, too small for a stroke.
const POINT_RADIUS_MM: f64 = 0.5;

/// Draws the boxes of one field and the words that belong to them.
pub(crate) fn draw(canvas: &mut Canvas, field: &Field) -> Result<(), Misfit> {
    match &field.kind {
        // Print and bars differ by slip and need no frame.
        FieldKind::Barcode(_) | FieldKind::Printed { .. } => return Ok(()),
        FieldKind::Digits(rule) => decimal_point(canvas, &field.boxes, usize::from(rule.decimals)),
        FieldKind::Date(rule) => date_units(canvas, &field.boxes, rule)?,
        FieldKind::Mark
        | FieldKind::Choice { .. }
        | FieldKind::Image
        | FieldKind::Sticker
        | FieldKind::Stamp => {}
    }
    canvas.outline(&field.boxes, BOX_PEN_MM);
    field.options.iter().try_for_each(|option| draw_option(canvas, option, field))
}

fn draw_option(canvas: &mut Canvas, option: &ChoiceOption, field: &Field) -> Result<(), Misfit> {
    // Eras are always words, whatever the style of the field says of boxes.
    if field.style == MarkStyle::Circle || matches!(field.kind, FieldKind::Date(_)) {
        let words = fit(canvas.fonts(), &option.label, &option.rect, OPTION_PT)?;
        canvas.fitted(&words, &option.rect, Align::Center);
        return Ok(());
    }
    canvas.outline(&[option.rect], BOX_PEN_MM);
    let at = PointMm::new(option.rect.right() + BOX_LABEL_GAP_MM, text_base(&option.rect, BOX_LABEL_PT));
    Ok(canvas.text(at, BOX_LABEL_PT, &option.label, Align::Left)?)
}

fn decimal_point(canvas: &mut Canvas, boxes: &[RectMm], decimals: usize) {
    let whole = boxes.len().saturating_sub(decimals);
    if decimals > 0
        && whole > 0
        && let Some(next) = boxes.get(whole)
    {
        let last = &boxes[whole - 1];
        let center = PointMm::new((last.right() + next.x) / 2.0, last.bottom() - POINT_RADIUS_MM);
        canvas.dot(center, POINT_RADIUS_MM);
    }
}

fn date_units(canvas: &mut Canvas, boxes: &[RectMm], rule: &DateRule) -> Result<(), Misfit> {
    let year: usize = if rule.year == YearStyle::Civil { 4 } else { 2 };
    let half = DATE_UNIT_PT * MM_PER_PT / 2.0;
    for (after, unit) in [(year, "年"), (year + 2, "月"), (year + 4, "日")] {
        let Some(last) = boxes.get(after - 1) else { continue };
        let x = boxes
            .get(after)
            .map_or(last.right() + LAST_UNIT_GAP_MM + half, |next| (last.right() + next.x) / 2.0);
        let at = PointMm::new(x, text_base(last, DATE_UNIT_PT));
        canvas.text(at, DATE_UNIT_PT, unit, Align::Center)?;
    }
    Ok(())
}

/// The base line of one line in the middle of the height of `place`.
fn text_base(place: &RectMm, size_pt: f64) -> f64 {
    crate::fit::base_lines(place, 1, size_pt).next().unwrap_or(place.bottom())
}
