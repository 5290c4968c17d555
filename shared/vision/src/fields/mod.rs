//! 項目の読取り. Every field kind is the same trio: locate -> measure -> decide.
//!
//! *locate* finds the print of the field again in the scan (`region`, `align`), *measure* turns pixels into a few
//! numbers, *decide* turns those into a value and the probability that it is wrong, by the one table of
//! `calibration`. A wrong value is worse than no value: doubt becomes a review with its reason.

mod align;
mod blanks;
mod blobs;
mod box_lines;
mod calibration;
mod cell;
mod choice;
mod circle;
mod comb;
mod date;
mod decode;
mod digits;
#[cfg(test)]
mod drawing;
mod finding;
mod mark;
mod presence;
mod print;
mod printed;
mod region;
pub(crate) mod sampler;
mod shape;
mod sheet;
mod sticker;
mod streak;
mod strike;
#[cfg(test)]
mod tests;

use crate::net::CLASSES;
use crate::number::DigitReader;
use crate::ocr::Ocr;
use crate::registered::RegisteredPage;
use crate::template::Template;
use blanks::{Found, PenTrace};
use comb::CellReader;
use domain::form::{Field, FieldKind, MarkStyle};
use domain::geometry::RectMm;
use domain::reading::FieldReading;
pub use domain::reading::NOT_SURE;
use finding::Finding;
pub(crate) use finding::box_px;
pub(crate) use print::spread;
use region::Region;
pub(crate) use sampler::sample_line;
use sheet::Sheet;

/// What the office asks of automatic values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Params {
    /// Of the accepted values of a field at most this share may be wrong, 0..=1; a field of the form may ask for
    /// more or less (`max_wrong`).
    pub max_wrong: f64,
}

impl Default for Params {
    /// One wrong value in 10,000: below single keying (3.7), near double keying (0.5).
    fn default() -> Self {
        Self { max_wrong: 1e-4 }
    }
}

/// 読取り道具. What reading needs besides the page: the digit network, tesseract, and memory used again.
#[derive(Debug)]
pub struct Tools {
    params: Params,
    cells: CellReader,
    region: Region,
    ocr: Option<Ocr>,
    whose_is_known: bool,
}

impl Tools {
    /// Tools; without `ocr` every printed field goes to people.
    pub fn new(params: Params, ocr: Option<Ocr>) -> Self {
        Self { params, cells: CellReader::new(), region: Region::default(), ocr, whose_is_known: false }
    }
}

impl Tools {
    /// Says whether the number of the page at hand is proven. What `issue` printed of its owner is then not read:
    /// it only says again what the register says, and reading print costs more than all the rest of a page.
    pub fn whose_is_known(&mut self, known: bool) {
        self.whose_is_known = known;
    }
}

impl DigitReader for Tools {
    fn read_cells(&mut self, page: &RegisteredPage, cells: &[RectMm]) -> Vec<[f32; CLASSES]> {
        cells.iter().map(|cell| self.cells.classes(page, *cell)).collect()
    }
}

/// Reads every field of one side but its barcodes, in the order of the form file.
pub fn read_fields(
    page: &RegisteredPage,
    template: &Template,
    side: u8,
    tools: &mut Tools,
) -> Vec<FieldReading> {
    let blank = template.blanks.get(usize::from(side).wrapping_sub(1));
    let words = template.form.fields_on(side).filter(|field| is_circled(field));
    let words = words.flat_map(|field| field.options.iter().map(|option| option.rect)).collect();
    let mut sheet = Sheet::new(page, blank, words);
    let params = tools.params;
    let known = tools.whose_is_known;
    let needed =
        |field: &&Field| !(known && field.prefilled && matches!(field.kind, FieldKind::Printed { .. }));
    let mut found = Vec::new();
    for field in template.form.fields_on(side).filter(needed) {
        tools.region.pen = PenTrace::default();
        let finding = read_field(&mut sheet, field, tools);
        found.extend(finding.map(|finding| Found { field, finding, pen: tools.region.pen }));
    }
    blanks::doubt(&mut found, sheet.bilevel);
    let reading = |Found { field, finding, .. }: Found| {
        let limit = field.max_wrong.unwrap_or(params.max_wrong) * reach(field, &finding);
        finding.into_reading(field, &page.px_from_mm, limit)
    };
    found.into_iter().map(reading).collect()
}

/// How far a single value may go beyond the target, which speaks of the accepted values together.
fn reach(field: &Field, finding: &Finding) -> f64 {
    match field.kind {
        _ if finding.value.is_blank() => 1.0,
        FieldKind::Digits(_) => calibration::DIGITS_REACH,
        FieldKind::Date(_) => calibration::DATE_REACH,
        _ => 1.0,
    }
}

fn read_field(sheet: &mut Sheet, field: &Field, tools: &mut Tools) -> Option<Finding> {
    let Tools { cells, region, ocr, .. } = tools;
    Some(match &field.kind {
        FieldKind::Barcode(_) => return None,
        FieldKind::Digits(rule) => digits::read(sheet, region, cells, field, rule),
        FieldKind::Date(rule) => date::read(sheet, region, cells, field, rule),
        FieldKind::Mark => mark::read(sheet, region, field),
        FieldKind::Choice { multiple } => choice::read(sheet, region, field, *multiple),
        FieldKind::Printed { source, size_pt } => {
            printed::read(sheet, region, ocr.as_mut(), field, *source, *size_pt)
        }
        FieldKind::Image => presence::read(sheet, region, field, presence::Wording::Image),
        FieldKind::Stamp => presence::read(sheet, region, field, presence::Wording::Stamp),
        FieldKind::Sticker => sticker::read(sheet, region, ocr.as_mut(), field),
    })
}

/// Whether its options are words to circle: the eras of a date always are.
fn is_circled(field: &Field) -> bool {
    field.style == MarkStyle::Circle || matches!(field.kind, FieldKind::Date(_))
}
