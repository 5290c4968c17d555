//! 帳表. Sheets that the office keeps or sends: a table with lines to sign, and a letter with one picture.

use crate::canvas::{Canvas, pt};
use crate::error::PressError;
use crate::fit::{Fitted, Misfit, fit};
use crate::printer::Printer;
use domain::form::Align;
use domain::geometry::{PointMm, RectMm};
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::{Document, SerializeSettings};

/// A4 across, mm.
const ACROSS: [f64; 2] = [297.0, 210.0];
/// A4 upright, mm.
const UPRIGHT: [f64; 2] = [210.0, 297.0];
/// White on every side, mm: holes are punched on the left.
const MARGIN: f64 = 13.0;
/// Height of a line of a table, mm: a pencil tick fits.
const ROW: f64 = 7.0;
/// Height of the table's head, two lines of words, mm.
const HEAD: f64 = 10.0;
/// Set size of cells, points.
const CELL_PT: f64 = 8.5;
/// Space for two signatures below the table, mm.
const SIGNATURES: f64 = 26.0;
/// Printed for a character that no font can draw: the printers' own mark for it.
const UNKNOWN: char = '〓';

/// One column of a [`Report`].
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its words.
    pub label: String,
    /// Its width, mm; 271 are there for all.
    pub width_mm: f64,
    /// Whether it holds figures, set on the right.
    pub figures: bool,
}

/// 日計表 and the like: a table on A4 across, with lines to sign.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// On top.
    pub title: String,
    /// Beside it: what day, when printed.
    pub subtitle: String,
    /// Above the table, one line each.
    pub notes: Vec<String>,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows; a cell a column.
    pub rows: Vec<Vec<String>>,
    /// The last row, set apart.
    pub total: Vec<String>,
    /// Who signs.
    pub signatures: Vec<String>,
}

/// A picture on a [`Letter`]: grey, rows top to bottom, 0 black.
#[derive(Clone, PartialEq)]
pub struct Picture {
    /// Its words.
    pub caption: String,
    /// Pixels across.
    pub width: usize,
    /// `width` times its height bytes.
    pub pixels: Vec<u8>,
}

/// 照会文書. A letter or fax sheet with an answer to fill in.
#[derive(Clone, PartialEq)]
pub struct Letter {
    /// On top.
    pub title: String,
    /// To whom; `様` or `御中` included.
    pub to: String,
    /// Number and day, on the right.
    pub reference: Vec<String>,
    /// What is said.
    pub paragraphs: Vec<String>,
    /// What it is about: label and value.
    pub facts: Vec<(String, String)>,
    /// What was written there.
    pub picture: Option<Picture>,
    /// Words beside the lines of the answer.
    pub answer: Vec<String>,
}

impl Printer {
    /// The report as PDF, as many pages as it takes.
    ///
    /// # Errors
    /// The PDF can not be written.
    pub fn report(&self, report: &Report) -> Result<Vec<u8>, PressError> {
        let first = per_page(58.0 + 5.0 * report.notes.len() as f64);
        let mut rows: Vec<&Vec<String>> = report.rows.iter().collect();
        let mut pages: Vec<Vec<&Vec<String>>> = Vec::new();
        let mut room = first;
        loop {
            let rest = rows.split_off(room.min(rows.len()));
            pages.push(std::mem::replace(&mut rows, rest));
            if rows.is_empty() {
                break;
            }
            room = per_page(58.0);
        }
        let mut document = start(&report.title);
        let count = pages.len();
        for (at, rows) in pages.iter().enumerate() {
            let mut page = document.start_page_with(paper(ACROSS)?);
            let mut surface = page.surface();
            let canvas = Canvas::new(&mut surface, self.fonts());
            Table { canvas, report }.draw(rows, at, count);
            surface.finish();
            page.finish();
        }
        finish(document)
    }

    /// The letter as PDF, one page.
    ///
    /// # Errors
    /// The PDF can not be written.
    pub fn letter(&self, letter: &Letter) -> Result<Vec<u8>, PressError> {
        let mut document = start(&letter.title);
        let mut page = document.start_page_with(paper(UPRIGHT)?);
        let mut surface = page.surface();
        draw_letter(&mut Canvas::new(&mut surface, self.fonts()), letter);
        surface.finish();
        page.finish();
        finish(document)
    }
}

/// Rows on a page where `used` mm are taken by everything else.
fn per_page(used: f64) -> usize {
    ((ACROSS[1] - 2.0 * MARGIN - used) / ROW).floor().max(1.0) as usize
}

/// A table being drawn.
struct Table<'a, 'b, 'c> {
    canvas: Canvas<'a, 'b>,
    report: &'c Report,
}

impl Table<'_, '_, '_> {
    fn draw(&mut self, rows: &[&Vec<String>], at: usize, count: usize) {
        let [width, height] = ACROSS;
        let report = self.report;
        let mut y = MARGIN;
        let title = RectMm::new(MARGIN, y, 120.0, 9.0);
        put(&mut self.canvas, &report.title, &title, 16.0, Align::Left);
        let right = RectMm::new(width - MARGIN - 140.0, y, 140.0, 9.0);
        let told = format!("{}　{}/{count}ページ", report.subtitle, at + 1);
        put(&mut self.canvas, &told, &right, 9.0, Align::Right);
        y += 12.0;
        if at == 0 {
            for note in &report.notes {
                let line = RectMm::new(MARGIN, y, width - 2.0 * MARGIN, 5.0);
                put(&mut self.canvas, note, &line, 9.0, Align::Left);
                y += 5.0;
            }
        }
        let labels: Vec<String> = report.columns.iter().map(|column| column.label.clone()).collect();
        self.row(&labels, y, HEAD, true);
        y += HEAD;
        for row in rows {
            self.row(row, y, ROW, false);
            y += ROW;
        }
        if at + 1 == count {
            self.row(&report.total, y, ROW, false);
            let across = report.columns.iter().map(|column| column.width_mm).sum();
            self.canvas.outline(&[RectMm::new(MARGIN, y, across, ROW)], 0.5);
        }
        self.sign(height - MARGIN - SIGNATURES + 6.0);
    }

    fn row(&mut self, cells: &[String], y: f64, height: f64, head: bool) {
        let mut x = MARGIN;
        for (column, cell) in self.report.columns.iter().zip(cells) {
            let place = RectMm::new(x, y, column.width_mm, height);
            self.canvas.outline(&[place], if head { 0.3 } else { 0.15 });
            let inner = RectMm::new(x + 1.0, y, column.width_mm - 2.0, height);
            let align = match (head, column.figures) {
                (true, _) => Align::Center,
                (false, true) => Align::Right,
                (false, false) => Align::Left,
            };
            put(&mut self.canvas, cell, &inner, CELL_PT, align);
            x += column.width_mm;
        }
    }

    /// A name, a date and a seal each.
    fn sign(&mut self, y: f64) {
        let wide = 78.0;
        let names = &self.report.signatures;
        let mut x = ACROSS[0] - MARGIN - wide * names.len() as f64;
        for name in names {
            let place = RectMm::new(x, y, wide - 4.0, 18.0);
            self.canvas.outline(&[place], 0.2);
            put(&mut self.canvas, name, &RectMm::new(x + 2.0, y + 1.0, 40.0, 5.0), 9.0, Align::Left);
            let line = y + 14.5;
            self.canvas.line(PointMm::new(x + 3.0, line), PointMm::new(x + wide - 26.0, line), 0.2);
            let date = RectMm::new(x + wide - 25.0, y + 10.0, 20.0, 5.0);
            put(&mut self.canvas, "　月　　日", &date, 9.0, Align::Right);
            x += wide;
        }
    }
}

fn draw_letter(canvas: &mut Canvas, letter: &Letter) {
    let wide = UPRIGHT[0] - 2.0 * MARGIN - 10.0;
    let left = MARGIN + 5.0;
    let mut y = MARGIN + 4.0;
    for line in &letter.reference {
        put(canvas, line, &RectMm::new(left, y, wide, 6.0), 10.0, Align::Right);
        y += 6.0;
    }
    put(canvas, &letter.to, &RectMm::new(left, y, wide, 9.0), 13.0, Align::Left);
    y += 22.0;
    put(canvas, &letter.title, &RectMm::new(left, y, wide, 10.0), 15.0, Align::Center);
    y += 16.0;
    for paragraph in &letter.paragraphs {
        put(canvas, paragraph, &RectMm::new(left, y, wide, 12.0), 10.5, Align::Left);
        y += 13.0;
    }
    for (label, value) in &letter.facts {
        canvas
            .outline(&[RectMm::new(left, y, 40.0, 9.0), RectMm::new(left + 40.0, y, wide - 40.0, 9.0)], 0.2);
        put(canvas, label, &RectMm::new(left + 2.0, y, 36.0, 9.0), 10.0, Align::Left);
        put(canvas, value, &RectMm::new(left + 42.0, y, wide - 44.0, 9.0), 10.5, Align::Left);
        y += 9.0;
    }
    y += 6.0;
    if let Some(picture) = &letter.picture {
        put(canvas, &picture.caption, &RectMm::new(left, y, wide, 6.0), 10.0, Align::Left);
        y += 7.0;
        let rows = picture.pixels.len() / picture.width.max(1);
        // As large as fits in 50 mm: a fax loses half of what it is given.
        let scale = (wide / picture.width.max(1) as f64).min(50.0 / rows.max(1) as f64);
        let place = RectMm::new(left, y, picture.width as f64 * scale, rows as f64 * scale);
        canvas.picture(&place, picture.width, &picture.pixels);
        canvas.outline(&[place], 0.2);
        y += place.h + 8.0;
    }
    put(canvas, "回答", &RectMm::new(left, y, wide, 7.0), 12.0, Align::Left);
    y += 8.0;
    let bottom = UPRIGHT[1] - MARGIN - 6.0;
    let height = (bottom - y - 11.0 * letter.answer.len() as f64).max(12.0);
    canvas.outline(&[RectMm::new(left, y, wide, height)], 0.4);
    y += height + 3.0;
    for words in &letter.answer {
        put(canvas, words, &RectMm::new(left, y, 50.0, 8.0), 10.0, Align::Left);
        canvas.line(PointMm::new(left + 52.0, y + 8.0), PointMm::new(left + wide, y + 8.0), 0.2);
        y += 11.0;
    }
}

/// Sets words into a place, smaller if need be; what still does not fit is cut with `…`, and what no font can draw is 〓:
/// a sheet of counts is printed in any case, unlike a slip.
pub(crate) fn put(canvas: &mut Canvas, text: &str, place: &RectMm, size_pt: f64, align: Align) {
    if let Some(fitted) = set(canvas, text, place, size_pt) {
        canvas.fitted(&fitted, place, align);
    }
}

fn set(canvas: &Canvas, text: &str, place: &RectMm, size_pt: f64) -> Option<Fitted> {
    let known = |c: char| canvas.fonts().line(&c.to_string()).is_ok();
    let mut text: String = text.chars().map(|c| if known(c) { c } else { UNKNOWN }).collect();
    loop {
        match fit(canvas.fonts(), &text, place, size_pt) {
            Ok(fitted) => return Some(fitted),
            Err(Misfit::MissingGlyph) => return None,
            Err(Misfit::TooLong) => {
                text = text.trim_end_matches('…').to_owned();
                text.pop()?;
                text.push('…');
            }
        }
    }
}

pub(crate) fn start(title: &str) -> Document {
    let settings =
        SerializeSettings { enable_tagging: false, xmp_metadata: false, ..SerializeSettings::default() };
    let mut document = Document::new_with(settings);
    document.set_metadata(Metadata::new().title(title.to_owned()).language("ja".into()));
    document
}

pub(crate) fn paper([w, h]: [f64; 2]) -> Result<PageSettings, PressError> {
    PageSettings::from_wh(pt(w), pt(h)).ok_or_else(|| PressError::Pdf("a sheet without a size".into()))
}

pub(crate) fn finish(document: Document) -> Result<Vec<u8>, PressError> {
    document.finish().map_err(|error| PressError::Pdf(format!("{error:?}")))
}
