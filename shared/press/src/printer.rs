//! Documents: many slips in one PDF, or the empty sheet.

use crate::canvas::{Canvas, pt};
use crate::error::PressError;
use crate::fonts::Fonts;
use crate::slip::Slip;
use crate::{entries, sheet};
use domain::form::Form;
use krilla::graphic::Graphic;
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::{Document, SerializeSettings};
use std::ops::RangeInclusive;

/// 印刷. Turns forms into PDF. Pure: the same form, slips and fonts give the same bytes.
#[derive(Clone)]
pub struct Printer {
    fonts: Fonts,
}

impl Printer {
    /// A printer with these fonts.
    pub fn new(fonts: Fonts) -> Self {
        Self { fonts }
    }

    pub(crate) fn fonts(&self) -> &Fonts {
        &self.fonts
    }

    /// One PDF with every slip in order, all sides of a slip following one another:
    /// slip `n` (from 1) begins on page `(n - 1) * form.sides + 1`.
    ///
    /// `progress` hears the number of slips done after each one. What is the same on every sheet is
    /// stored once, so memory grows by the few kilobytes that a slip adds to the file.
    ///
    /// # Errors
    /// The first slip that can not be printed whole, or what is wrong with the form.
    pub fn document(
        &self,
        form: &Form,
        slips: impl IntoIterator<Item = Slip>,
        progress: &mut dyn FnMut(usize),
    ) -> Result<Vec<u8>, PressError> {
        let mut document = start(form);
        let mut sheets: Vec<Graphic> = Vec::new();
        for (done, slip) in slips.into_iter().enumerate() {
            entries::check(form, &slip, done + 1)?;
            for side in 1..=form.sides {
                self.page(&mut document, form, side, &mut sheets, (&slip, done + 1))?;
            }
            progress(done + 1);
        }
        finish(document)
    }

    /// The empty sheet of one side (from 1): with corner marks, form code and all furniture, without
    /// number and prefilled values. The reader compares scans with it.
    ///
    /// # Errors
    /// What is wrong with the form, or a side that it has not.
    pub fn blank(&self, form: &Form, side: u8) -> Result<Vec<u8>, PressError> {
        if !(1..=form.sides).contains(&side) {
            let reason = format!("it has no side {side}");
            return Err(PressError::Form { form: form.id.to_string(), reason });
        }
        self.empty(form, side..=side)
    }

    /// The empty sheet with all its sides, one PDF page each, for people who look at a form.
    ///
    /// # Errors
    /// What is wrong with the form.
    pub fn preview(&self, form: &Form) -> Result<Vec<u8>, PressError> {
        self.empty(form, 1..=form.sides)
    }

    fn empty(&self, form: &Form, sides: RangeInclusive<u8>) -> Result<Vec<u8>, PressError> {
        let mut document = start(form);
        for side in sides {
            let mut page = document.start_page_with(paper(form)?);
            let mut surface = page.surface();
            sheet::draw(&mut Canvas::new(&mut surface, &self.fonts), form, side)?;
            surface.finish();
            page.finish();
        }
        finish(document)
    }

    /// Adds one page of the slip `at` (from 1); `sheets` keeps the empty sheets drawn so far.
    fn page(
        &self,
        document: &mut Document,
        form: &Form,
        side: u8,
        sheets: &mut Vec<Graphic>,
        (slip, at): (&Slip, usize),
    ) -> Result<(), PressError> {
        let mut page = document.start_page_with(paper(form)?);
        let mut surface = page.surface();
        if sheets.len() < usize::from(side) {
            let mut builder = surface.stream_builder();
            let mut sheet = builder.surface();
            sheet::draw(&mut Canvas::new(&mut sheet, &self.fonts), form, side)?;
            sheet.finish();
            let stream = builder.finish();
            sheets.push(Graphic::new(stream, false));
        }
        surface.draw_graphic(sheets[usize::from(side) - 1].clone());
        entries::draw(&mut Canvas::new(&mut surface, &self.fonts), form, side, slip, at)?;
        surface.finish();
        page.finish();
        Ok(())
    }
}

fn start(form: &Form) -> Document {
    // Tags and XMP double the size of a slip and nobody reads 10,000 mailed slips on a screen.
    let mut document = Document::new_with(SerializeSettings {
        enable_tagging: false,
        xmp_metadata: false,
        ..SerializeSettings::default()
    });
    document.set_metadata(Metadata::new().title(form.title.clone()).language("ja".into()));
    document
}

fn paper(form: &Form) -> Result<PageSettings, PressError> {
    let [w, h] = form.paper_mm;
    PageSettings::from_wh(pt(w), pt(h)).ok_or_else(|| PressError::Form {
        form: form.id.to_string(),
        reason: format!("{w} x {h} mm is no paper size"),
    })
}

fn finish(document: Document) -> Result<Vec<u8>, PressError> {
    document.finish().map_err(|error| PressError::Pdf(format!("{error:?}")))
}
