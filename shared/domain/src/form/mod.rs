//! 帳票. What a paper form is: the same description prints it (`press`) and reads it back (`vision`).
//!
//! All geometry is in millimetres from the top left corner of the paper. A form lives in a folder
//! `templates/<id>/form.toml`; [`Form::parse`] reads that text and [`FormError`] says line and reason.

mod calculation;
mod check;
mod claim_sheet;
mod field;
mod file;
mod geometry_json;
mod write;

pub use calculation::{Calculation, Operation};
pub use claim_sheet::{ClaimSheet, ClaimSheetLine};
pub use field::{
    ChoiceOption, DateRule, DigitsRule, Field, FieldKind, MarkStyle, NumberRule, PrintSource, Symbology,
    YearStyle,
};
pub use file::FormError;
pub(crate) use file::line_of;
pub use geometry_json::{FieldGeometry, FormGeometry, OptionGeometry};

use crate::geometry::{PointMm, RectMm};
use crate::ids::{FieldId, FormId, ProgrammeId};

/// 帳票. One paper form, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    /// Its folder name.
    pub id: FormId,
    /// Printed on the page; raised whenever the geometry or the meaning changes. From 1.
    pub version: u32,
    /// 1..=99, unique among forms: printed in the form code, and the first two digits of its management numbers.
    pub number: u8,
    /// What people call it, such as `高齢者インフルエンザ予防接種予診票`.
    pub title: String,
    /// What its records count for; a batch ticket has none.
    pub programme: Option<ProgrammeId>,
    /// Paper width and height, mm.
    pub paper_mm: [f64; 2],
    /// 1 or 2; of a carbon-copy set, the number of its copies.
    pub sides: u8,
    /// 複写の控え. When every side is a sheet of its own that says the same; else `None`.
    pub copies: Option<Copies>,
    /// Our printed corner marks; third-party paper has none.
    pub marks: Option<CornerMarks>,
    /// Every field, in the order of the file.
    pub fields: Vec<Field>,
    /// Numbers that must agree.
    pub calculations: Vec<Calculation>,
    /// How it is read as a clinic's claim; `None` for paper of a person.
    pub claim: Option<ClaimSheet>,
    /// Print that is on every sheet and means nothing to the reader.
    pub art: Vec<Art>,
}

/// 複写の控え. Sheets of one set, written through from the first: each is a side with a form code of its own,
/// and only one of them makes the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copies {
    /// What each copy is called, such as `医療機関用`; side 1 first.
    pub names: Vec<String>,
    /// The side whose values are recorded, from 1.
    pub recorded: u8,
}

/// 位置合わせマーク. Four printed squares whose centres span a rectangle, and the form code.
///
/// All four are solid black squares of `size_mm`. The page's way up follows from the form code:
/// a Data Matrix that says `YF<number>.<version>.<side>` (such as `YF01.1.1`) in `code`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CornerMarks {
    /// Distance of the mark centres from the paper edges, mm: from left and right, from top and bottom.
    pub inset_mm: [f64; 2],
    /// Edge of each square, mm.
    pub size_mm: f64,
    /// Where the form code is printed (without its quiet zone).
    pub code: RectMm,
}

/// Print that is on every sheet.
#[derive(Clone, Debug, PartialEq)]
pub enum Art {
    /// Words. `at` is the left end of the base line (the middle for [`Align::Center`], the right end for [`Align::Right`]).
    Text {
        /// Side, from 1.
        side: u8,
        /// Anchor on the base line.
        at: PointMm,
        /// Font size, points.
        size_pt: f64,
        /// The words, one line.
        value: String,
        /// What `at` anchors.
        align: Align,
    },
    /// A straight line.
    Line {
        /// Side, from 1.
        side: u8,
        /// One end.
        from: PointMm,
        /// The other end.
        to: PointMm,
        /// Pen width, mm.
        width_mm: f64,
    },
    /// A solid black bar with white words, the head of a section.
    Band {
        /// Side, from 1.
        side: u8,
        /// The bar.
        rect: RectMm,
        /// Font size, points.
        size_pt: f64,
        /// The words, one line, set in the middle of the bar's height; may be empty.
        value: String,
    },
    /// The outline of a rectangle.
    Frame {
        /// Side, from 1.
        side: u8,
        /// Where the middle of the pen runs.
        rect: RectMm,
        /// Pen width, mm.
        width_mm: f64,
    },
}

/// Where a text hangs on its anchor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Align {
    /// The anchor is the left end.
    #[default]
    Left,
    /// The anchor is the middle.
    Center,
    /// The anchor is the right end.
    Right,
}

impl Art {
    /// The side it is printed on, from 1; 0 for every copy of a set.
    pub fn side(&self) -> u8 {
        match self {
            Art::Text { side, .. }
            | Art::Line { side, .. }
            | Art::Band { side, .. }
            | Art::Frame { side, .. } => *side,
        }
    }
}

impl Form {
    /// Reads and checks the text of a `form.toml`; `id` is the name of its folder.
    ///
    /// # Errors
    /// Every mistake found, each with its line and what to do.
    pub fn parse(id: &str, text: &str) -> Result<Self, Vec<FormError>> {
        let form = file::parse(id, text)?;
        let errors = check::check(&form, text);
        if errors.is_empty() { Ok(form) } else { Err(errors) }
    }

    /// Whether others print this paper: it has none of our corner marks, and is known by a picture of its empty sheet.
    pub fn is_third_party(&self) -> bool {
        self.marks.is_none()
    }

    /// Whether `id` can be the name of a form: `a-z`, `0-9` and `-`, a letter first, at most 60 characters.
    pub fn is_id(id: &str) -> bool {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        id.len() <= 60 && id.starts_with(|c: char| c.is_ascii_lowercase()) && id.bytes().all(allowed)
    }

    /// The file name of the picture of an empty side, beside the file of a form that others print: `blank.png`,
    /// `blank-2.png`.
    pub fn blank_file(side: u8) -> String {
        if side == 1 { "blank.png".to_owned() } else { format!("blank-{side}.png") }
    }

    /// The first number that a form of a city's own may have; those that come with the program are lower.
    pub fn free_number(is_taken: impl Fn(u8) -> bool) -> Option<u8> {
        const FIRST: u8 = 51;
        (FIRST..=99).chain(1..FIRST).find(|number| !is_taken(*number))
    }

    /// The name of the copy that `side` is, when it is not the one that makes the record.
    pub fn unrecorded_copy(&self, side: u8) -> Option<&str> {
        let copies = self.copies.as_ref().filter(|copies| copies.recorded != side)?;
        copies.names.get(usize::from(side).checked_sub(1)?).map(String::as_str)
    }

    /// The field with this id.
    pub fn field(&self, id: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.id.as_str() == id)
    }

    /// The fields of one side, in order.
    pub fn fields_on(&self, side: u8) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(move |field| field.is_on(side))
    }

    /// Everything printed on every sheet of one side, in order.
    pub fn art_on(&self, side: u8) -> impl Iterator<Item = &Art> {
        self.art.iter().filter(move |art| art.side() == side || art.side() == 0)
    }

    /// The barcode field that carries the management number, with its rule.
    pub fn number_field(&self) -> Option<(&Field, &NumberRule)> {
        self.fields.iter().find_map(|field| match &field.kind {
            FieldKind::Barcode(rule) if rule.is_management_number => Some((field, rule)),
            _ => None,
        })
    }

    /// What the form code of `side` says, such as `YF01.1.1`.
    pub fn code_text(&self, side: u8) -> String {
        format!("YF{:02}.{}.{side}", self.number, self.version)
    }

    /// Splits a form code into form number, version and side; `None` for any other text.
    pub fn parse_code(code: &str) -> Option<(u8, u32, u8)> {
        let mut parts = code.strip_prefix("YF")?.split('.');
        let found = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        parts.next().is_none().then_some(found)
    }

    /// The squares of the corner marks: top left, top right, bottom right, bottom left.
    pub fn mark_squares(&self) -> Option<[RectMm; 4]> {
        let marks = self.marks.as_ref()?;
        let [w, h] = self.paper_mm;
        let [dx, dy] = marks.inset_mm;
        let square = |x: f64, y: f64| {
            RectMm::new(x - marks.size_mm / 2.0, y - marks.size_mm / 2.0, marks.size_mm, marks.size_mm)
        };
        Some([square(dx, dy), square(w - dx, dy), square(w - dx, h - dy), square(dx, h - dy)])
    }

    /// The ids of all fields, for messages.
    pub fn field_ids(&self) -> Vec<&FieldId> {
        self.fields.iter().map(|field| &field.id).collect()
    }
}
