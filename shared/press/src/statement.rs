//! 通知文書. A letter to a clinic with tables in it, as many A4 sheets as it takes: what notices are drawn with.

use crate::canvas::Canvas;
use crate::error::PressError;
use crate::printer::Printer;
use crate::report::{finish, paper, put, start};
use domain::form::Align;
use domain::geometry::{PointMm, RectMm};

/// A4 upright, mm.
const SHEET: [f64; 2] = [210.0, 297.0];
/// White left and right, mm: holes are punched on the left.
const SIDE: f64 = 18.0;
/// White above and below, mm; the number of the sheet stands in the lower one.
const EDGE: f64 = 16.0;
/// What words and tables may be wide, mm.
pub(crate) const WIDE: f64 = SHEET[0] - 2.0 * SIDE;
/// Height of a row, mm.
const ROW: f64 = 7.0;
/// Height of a table's head, mm.
const HEAD: f64 = 8.0;
/// Height of a line of words across a table, mm.
const WORDS_ROW: f64 = 5.0;
/// Set size of cells, points.
const CELL_PT: f64 = 8.5;
/// Set size of running words, points.
const WORDS_PT: f64 = 10.0;
/// Full-width characters of a running line: [`WIDE`] over 10 pt, one to spare.
const LINE_CHARS: usize = 48;

/// Full-width characters of a line across a table, at 8 pt.
const ACROSS_CHARS: usize = 54;

/// How a column is set.
pub(crate) struct Column {
    pub label: &'static str,
    pub width: f64,
    pub align: Align,
}

/// One table of a statement.
pub(crate) struct Table {
    pub title: &'static str,
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
}

/// One row of a table.
pub(crate) enum Row {
    /// A cell a column.
    Cells(Vec<String>),
    /// The same, set apart.
    Sum(Vec<String>),
    /// Words across the whole table, belonging to the row above.
    Words(String),
}

/// What the sheets say.
pub(crate) struct Statement {
    pub title: String,
    /// Number and day, on the right.
    pub reference: Vec<String>,
    /// Who it is for, line by line.
    pub to: Vec<String>,
    /// Who sends it, on the right.
    pub from: Vec<String>,
    pub paragraphs: Vec<String>,
    /// Label and value, in a frame.
    pub facts: Vec<(&'static str, String)>,
    pub tables: Vec<Table>,
    /// Below everything.
    pub notes: Vec<String>,
}

/// A thing drawn as a whole, with its height.
enum Piece<'a> {
    Words { text: String, size: f64, align: Align },
    Gap(f64),
    Fact(&'a (&'static str, String)),
    Heading(&'static str),
    Head(&'a Table),
    Cells { table: &'a Table, cells: &'a [String], sum: bool, words: f64 },
    Across { table: &'a Table, text: String, last: bool },
}

impl Piece<'_> {
    fn height(&self) -> f64 {
        match self {
            Self::Words { size, .. } => size * 0.62,
            Self::Gap(height) => *height,
            Self::Fact(_) => 8.0,
            Self::Heading(_) => 7.0,
            Self::Head(_) => HEAD,
            Self::Cells { .. } => ROW,
            Self::Across { .. } => WORDS_ROW,
        }
    }
}

impl Printer {
    /// The sheets as PDF.
    pub(crate) fn statement(&self, statement: &Statement) -> Result<Vec<u8>, PressError> {
        let sheets = sheets(statement);
        let mut document = start(&statement.title);
        for (at, pieces) in sheets.iter().enumerate() {
            let mut page = document.start_page_with(paper(SHEET)?);
            let mut surface = page.surface();
            let mut canvas = Canvas::new(&mut surface, self.fonts());
            let mut y = EDGE;
            for piece in pieces {
                draw(&mut canvas, piece, y);
                y += piece.height();
            }
            let foot = RectMm::new(SIDE, SHEET[1] - 12.0, WIDE, 5.0);
            let said = format!(
                "{}　{}/{}ページ",
                statement.reference.first().map_or("", String::as_str),
                at + 1,
                sheets.len()
            );
            put(&mut canvas, &said, &foot, 8.0, Align::Right);
            surface.finish();
            page.finish();
        }
        finish(document)
    }
}

/// What stands on which sheet: nothing is cut, and a table that goes on says its columns again.
fn sheets(statement: &Statement) -> Vec<Vec<Piece<'_>>> {
    let room = SHEET[1] - 2.0 * EDGE;
    let mut sheets = vec![Vec::new()];
    let mut used = 0.0;
    for piece in pieces(statement) {
        // A heading and its columns stay with the first row, words with the row that they belong to.
        let keep = match piece {
            Piece::Heading(_) => HEAD + ROW,
            Piece::Head(_) => ROW,
            Piece::Cells { words, .. } => words,
            _ => 0.0,
        };
        if used + piece.height() + keep > room {
            let mut sheet = Vec::new();
            used = 0.0;
            if let Piece::Cells { table, .. } | Piece::Across { table, .. } = &piece {
                used = HEAD;
                sheet.push(Piece::Head(table));
            }
            sheets.push(sheet);
        }
        used += piece.height();
        if let Some(sheet) = sheets.last_mut() {
            sheet.push(piece);
        }
    }
    sheets
}

fn pieces(statement: &Statement) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let lines = |pieces: &mut Vec<Piece>, texts: &[String], size: f64, align: Align| {
        pieces.extend(texts.iter().map(|text| Piece::Words { text: text.clone(), size, align }));
    };
    lines(&mut pieces, &statement.reference, WORDS_PT, Align::Right);
    lines(&mut pieces, &statement.to, 12.0, Align::Left);
    lines(&mut pieces, &statement.from, WORDS_PT, Align::Right);
    pieces.push(Piece::Gap(7.0));
    lines(&mut pieces, std::slice::from_ref(&statement.title), 16.0, Align::Center);
    pieces.push(Piece::Gap(5.0));
    for paragraph in &statement.paragraphs {
        lines(&mut pieces, &wrapped(paragraph, LINE_CHARS), WORDS_PT, Align::Left);
        pieces.push(Piece::Gap(1.5));
    }
    pieces.push(Piece::Gap(2.0));
    pieces.extend(statement.facts.iter().map(Piece::Fact));
    for table in statement.tables.iter().filter(|table| !table.rows.is_empty()) {
        pieces.push(Piece::Gap(5.0));
        pieces.push(Piece::Heading(table.title));
        pieces.push(Piece::Head(table));
        let nexts = table.rows.iter().skip(1).map(Some).chain([None]);
        pieces.extend(table.rows.iter().zip(nexts).flat_map(|(row, next)| row_pieces(table, row, next)));
    }
    pieces.push(Piece::Gap(5.0));
    for note in &statement.notes {
        lines(&mut pieces, &wrapped(note, LINE_CHARS + 6), 9.0, Align::Left);
    }
    pieces
}

fn row_pieces<'a>(table: &'a Table, row: &'a Row, next: Option<&Row>) -> Vec<Piece<'a>> {
    let words = match next {
        Some(Row::Words(text)) => WORDS_ROW * wrapped(text, ACROSS_CHARS).len() as f64,
        _ => 0.0,
    };
    match row {
        Row::Cells(cells) => vec![Piece::Cells { table, cells, sum: false, words }],
        Row::Sum(cells) => vec![Piece::Cells { table, cells, sum: true, words }],
        Row::Words(text) => {
            let lines = wrapped(text, ACROSS_CHARS);
            let count = lines.len();
            let piece = |(at, text)| Piece::Across { table, text, last: at + 1 == count };
            lines.into_iter().enumerate().map(piece).collect()
        }
    }
}

/// Lines of at most `room` full-width characters; two half-width ones count as one.
fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut line, mut used) = (String::new(), 0);
    for c in text.chars().map(|c| if c.is_control() { '　' } else { c }) {
        let wide = if c.is_ascii() { 1 } else { 2 };
        // 行頭禁則: a stop or a closing bracket never begins a line; it hangs behind the last character.
        if used + wide > 2 * room && !matches!(c, '、' | '。' | '）' | '」') {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        line.push(c);
        used += wide;
    }
    lines.push(line);
    lines
}

fn draw(canvas: &mut Canvas, piece: &Piece, y: f64) {
    let place = RectMm::new(SIDE, y, WIDE, piece.height());
    match piece {
        Piece::Gap(_) => {}
        Piece::Words { text, size, align } => put(canvas, text, &place, *size, *align),
        Piece::Heading(text) => put(canvas, text, &place, 10.5, Align::Left),
        Piece::Fact((label, value)) => {
            let [left, right] =
                [RectMm { w: 42.0, ..place }, RectMm::new(SIDE + 42.0, y, WIDE - 42.0, place.h)];
            canvas.outline(&[left, right], 0.2);
            put(canvas, label, &inner(&left), 9.5, Align::Left);
            put(canvas, value, &inner(&right), WORDS_PT, Align::Left);
        }
        Piece::Head(table) => {
            let labels: Vec<String> = table.columns.iter().map(|column| column.label.to_owned()).collect();
            cells(canvas, table, &labels, &place, true);
            canvas.outline(&[RectMm { w: width(table), ..place }], 0.4);
        }
        Piece::Cells { table, cells: texts, sum, .. } => {
            cells(canvas, table, texts, &place, false);
            if *sum {
                canvas.outline(&[RectMm { w: width(table), ..place }], 0.5);
            }
        }
        Piece::Across { table, text, last } => {
            let place = RectMm { w: width(table), ..place };
            canvas.line(PointMm::new(place.x, y), PointMm::new(place.x, y + place.h), 0.15);
            canvas.line(PointMm::new(place.right(), y), PointMm::new(place.right(), y + place.h), 0.15);
            if *last {
                let bottom = y + place.h;
                canvas.line(PointMm::new(place.x, bottom), PointMm::new(place.right(), bottom), 0.15);
            }
            put(canvas, text, &RectMm::new(place.x + 6.0, y, place.w - 7.0, place.h), 8.0, Align::Left);
        }
    }
}

fn cells(canvas: &mut Canvas, table: &Table, texts: &[String], place: &RectMm, head: bool) {
    let mut x = place.x;
    for (column, text) in table.columns.iter().zip(texts) {
        let cell = RectMm::new(x, place.y, column.width, place.h);
        canvas.outline(&[cell], 0.15);
        let align = if head { Align::Center } else { column.align };
        put(canvas, text, &inner(&cell), CELL_PT, align);
        x += column.width;
    }
}

fn inner(cell: &RectMm) -> RectMm {
    RectMm::new(cell.x + 1.2, cell.y + 0.6, cell.w - 2.4, cell.h - 1.2)
}

fn width(table: &Table) -> f64 {
    table.columns.iter().map(|column| column.width).sum()
}
