//! 白紙. What is printed on every sheet of a form: furniture, words and lines, corner marks, form code.

use crate::canvas::Canvas;
use crate::error::PressError;
use crate::fit::Misfit;
use crate::{codes, furniture};
use domain::form::{Art, Form, Symbology};

/// Draws everything of one side that is the same on every slip.
pub(crate) fn draw(canvas: &mut Canvas, form: &Form, side: u8) -> Result<(), PressError> {
    let refuse = |reason: String| PressError::Form { form: form.id.to_string(), reason };
    for field in form.fields_on(side) {
        furniture::draw(canvas, field).map_err(|misfit| {
            let what = match misfit {
                Misfit::TooLong => "an option's words do not fit its box",
                Misfit::MissingGlyph => "a word has a character that no font can draw",
            };
            refuse(format!("{}: {what}", field.id))
        })?;
    }
    for art in form.art_on(side) {
        draw_art(canvas, art).map_err(refuse)?;
    }
    if let (Some(squares), Some(marks)) = (form.mark_squares(), &form.marks) {
        canvas.fill(&squares);
        let code = codes::dark_parts(Symbology::DataMatrix, &form.code_text(side), &marks.code);
        canvas.fill(&code.map_err(refuse)?);
    }
    Ok(())
}

fn draw_art(canvas: &mut Canvas, art: &Art) -> Result<(), String> {
    let drawn = match art {
        Art::Text { at, size_pt, value, align, .. } => canvas.text(*at, *size_pt, value, *align),
        Art::Band { rect, size_pt, value, .. } => canvas.band(rect, *size_pt, value),
        Art::Line { from, to, width_mm, .. } => {
            canvas.line(*from, *to, *width_mm);
            Ok(())
        }
        Art::Frame { rect, width_mm, .. } => {
            canvas.outline(&[*rect], *width_mm);
            Ok(())
        }
    };
    drawn.map_err(|_| "a [[text]] or [[band]] has a character that no font can draw".to_owned())
}
