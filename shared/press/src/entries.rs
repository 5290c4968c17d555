//! What differs by slip: number, prefilled values, the code of a batch ticket.

use crate::canvas::Canvas;
use crate::codes;
use crate::error::PressError;
use crate::fit::{Misfit, fit};
use crate::slip::Slip;
use domain::form::{Align, Field, FieldKind, Form, NumberRule, Symbology};

/// Digits beneath the bars, points; shrunk to their cells if need be.
const DIGIT_PT: f64 = 11.0;

/// Refuses a slip that does not go with the form; `at` counts slips from 1.
pub(crate) fn check(form: &Form, slip: &Slip, at: usize) -> Result<(), PressError> {
    let form_id = || form.id.to_string();
    match (form.number_field(), &slip.management_number) {
        (None, Some(_)) => return Err(PressError::NoPlaceForNumber { form: form_id() }),
        (Some(_), None) => return Err(PressError::NumberMissing { slip: at, form: form_id() }),
        (Some((field, rule)), Some(number)) => {
            let right_length = rule.length.is_none_or(|n| number.0.len() == usize::from(n));
            let right_check = rule.check.is_none_or(|check| check.accepts(&number.0));
            if !(right_length && right_check) {
                return Err(PressError::NumberWrong { slip: at, field: field.id.to_string() });
            }
        }
        (None, None) => {}
    }
    let has_ticket_code = form.fields.iter().any(carries_ticket);
    if has_ticket_code != slip.ticket.is_some() {
        return Err(PressError::TicketMismatch { slip: at, form: form_id() });
    }
    Ok(())
}

/// Draws the values of `slip`, the `at`th from 1, on one side.
pub(crate) fn draw(
    canvas: &mut Canvas,
    form: &Form,
    side: u8,
    slip: &Slip,
    at: usize,
) -> Result<(), PressError> {
    for field in form.fields_on(side) {
        let refuse = |reason: String| PressError::Form {
            form: form.id.to_string(),
            reason: format!("{}: {reason}", field.id),
        };
        match &field.kind {
            FieldKind::Barcode(rule) if rule.is_management_number => {
                let number = slip.management_number.as_ref().map(|number| number.0.as_str());
                draw_code(canvas, field, rule, number.unwrap_or_default()).map_err(refuse)?;
            }
            FieldKind::Barcode(rule) if carries_ticket(field) => {
                let text = slip.ticket.as_ref().map(|ticket| ticket.to_code()).unwrap_or_default();
                draw_code(canvas, field, rule, &text).map_err(refuse)?;
            }
            FieldKind::Printed { source: Some(source), size_pt } if field.prefilled => {
                let missing = || PressError::ValueMissing { slip: at, field: field.id.to_string() };
                let value = slip.prefilled.get(source).ok_or_else(missing)?.reveal();
                draw_value(canvas, field, value, *size_pt, at)?;
            }
            _ if field.prefilled => {
                return Err(refuse(
                    "`prefilled` needs a `source`, a management number or a ticket code".into(),
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

/// A two-dimensional code without a length is the batch ticket's.
fn carries_ticket(field: &Field) -> bool {
    matches!(&field.kind, FieldKind::Barcode(rule)
        if !rule.is_management_number
            && rule.length.is_none()
            && matches!(rule.symbology, Symbology::Qr | Symbology::DataMatrix))
}

/// Bars or modules, and the digits beneath.
fn draw_code(canvas: &mut Canvas, field: &Field, rule: &NumberRule, text: &str) -> Result<(), String> {
    let place = field.boxes.first().ok_or("it has no box")?;
    canvas.fill(&codes::dark_parts(rule.symbology, text, place)?);
    for (cell, digit) in rule.digit_cells.iter().zip(text.chars()) {
        let digit = fit(canvas.fonts(), &digit.to_string(), cell, DIGIT_PT)
            .map_err(|_| "a digit does not fit its cell: widen `digits`")?;
        canvas.fitted(&digit, cell, Align::Center);
    }
    Ok(())
}

fn draw_value(
    canvas: &mut Canvas,
    field: &Field,
    value: &str,
    size_pt: f64,
    at: usize,
) -> Result<(), PressError> {
    let Some(place) = field.boxes.first() else { return Ok(()) };
    let fitted = fit(canvas.fonts(), value.trim(), place, size_pt).map_err(|misfit| {
        let field = field.id.to_string();
        match misfit {
            Misfit::TooLong => PressError::TooLong { slip: at, field },
            Misfit::MissingGlyph => PressError::NoGlyph { slip: at, field },
        }
    })?;
    canvas.fitted(&fitted, place, Align::Left);
    Ok(())
}
