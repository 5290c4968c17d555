//! The text of a `form.toml`, as written: raw tables with spans -> [`Form`].

use super::field::*;
use super::{Align, Art, Calculation, ClaimSheet, Copies, CornerMarks, Form, Operation};
use crate::check_digit::CheckDigit;
use crate::geometry::{PointMm, RectMm};
use crate::wareki::Era;
use serde::Deserialize;
use std::fmt;
use toml::Spanned;

/// A mistake in a form file: where and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormError {
    /// Line in the file, from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub reason: String,
}

impl fmt::Display for FormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

impl std::error::Error for FormError {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawForm {
    version: u32,
    number: u8,
    title: String,
    programme: Option<String>,
    paper_mm: [f64; 2],
    sides: Option<u8>,
    #[serde(default)]
    copies: Vec<String>,
    recorded_copy: Option<u8>,
    #[serde(default, rename = "calculation")]
    calculations: Vec<Spanned<RawCalculation>>,
    claim: Option<ClaimSheet>,
    marks: Option<RawMarks>,
    #[serde(default, rename = "field")]
    fields: Vec<Spanned<RawField>>,
    #[serde(default, rename = "text")]
    texts: Vec<RawText>,
    #[serde(default, rename = "line")]
    lines: Vec<RawLine>,
    #[serde(default, rename = "band")]
    bands: Vec<RawBand>,
    #[serde(default, rename = "frame")]
    frames: Vec<RawFrame>,
}

/// `{ product = ["count", "price"], gives = "amount" }`, or `sum` instead of `product`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCalculation {
    product: Option<Vec<String>>,
    sum: Option<Vec<String>>,
    gives: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMarks {
    inset_mm: [f64; 2],
    size_mm: f64,
    code: RectMm,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawText {
    side: Option<u8>,
    at: PointMm,
    size_pt: f64,
    value: String,
    #[serde(default)]
    align: Align,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLine {
    side: Option<u8>,
    from: PointMm,
    to: PointMm,
    #[serde(default = "hairline")]
    width_mm: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBand {
    side: Option<u8>,
    rect: RectMm,
    size_pt: f64,
    #[serde(default)]
    value: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFrame {
    side: Option<u8>,
    rect: RectMm,
    #[serde(default = "hairline")]
    width_mm: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawKind {
    Barcode,
    Digits,
    Date,
    Mark,
    Choice,
    Printed,
    Image,
    Sticker,
    Stamp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawField {
    id: String,
    kind: RawKind,
    label: String,
    side: Option<u8>,
    #[serde(default)]
    boxes: Vec<RectMm>,
    comb: Option<RawComb>,
    #[serde(default)]
    options: Vec<RawOption>,
    #[serde(default)]
    style: MarkStyle,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    critical: bool,
    #[serde(default)]
    prefilled: bool,
    max_wrong: Option<f64>,
    // barcode
    symbology: Option<Symbology>,
    length: Option<u8>,
    check: Option<CheckDigit>,
    #[serde(default)]
    management_number: bool,
    #[serde(default)]
    foreign: bool,
    #[serde(default)]
    repeats_number: bool,
    digits: Option<RawComb>,
    // digits
    #[serde(default)]
    decimals: u8,
    range: Option<[f64; 2]>,
    #[serde(default)]
    may_be_short: bool,
    // date
    first: Option<String>,
    last: Option<String>,
    // choice
    #[serde(default)]
    multiple: bool,
    // printed
    source: Option<PrintSource>,
    size_pt: Option<f64>,
}

/// A row of equal boxes: `{ at = [x, y], box = [w, h], pitch = p, groups = [2, 2, 2], gap = g }`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawComb {
    at: PointMm,
    #[serde(rename = "box")]
    size: [f64; 2],
    pitch: f64,
    groups: Vec<u8>,
    #[serde(default)]
    gap: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOption {
    value: String,
    label: String,
    #[serde(rename = "box")]
    rect: RectMm,
}

/// 0.2 mm: thin, and still black on a 200 dpi 1-bit scan (1.6 pixels).
fn hairline() -> f64 {
    0.2
}

/// Sheets of a carbon-copy set at most: a ball pen writes through no more.
const MAX_COPIES: usize = 4;

/// The first line that holds byte `offset`, from 1.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())].iter().filter(|&&b| b == b'\n').count() + 1
}

/// Reads the file; on success every field has its kind, but sense is checked elsewhere.
pub(super) fn parse(id: &str, text: &str) -> Result<Form, Vec<FormError>> {
    let raw: RawForm = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_of(text, span.start));
        vec![FormError { line, reason: error.message().to_owned() }]
    })?;
    let mut errors = Vec::new();
    let copies = copies(raw.copies, raw.recorded_copy).unwrap_or_else(|reason| {
        errors.push(FormError { line: line_of(text, text.find("copies").unwrap_or(0)), reason });
        None
    });
    // What says no side is on the first, or on every copy of a set.
    let art_side = if copies.is_some() { 0 } else { 1 };
    let mut fields = Vec::new();
    for field in raw.fields {
        let line = line_of(text, field.span().start);
        match self::field(field.into_inner(), copies.as_ref()) {
            Ok(field) => fields.push(field),
            Err(reason) => errors.push(FormError { line, reason }),
        }
    }
    let mut calculations = Vec::new();
    for calculation in raw.calculations {
        let line = line_of(text, calculation.span().start);
        match self::calculation(calculation.into_inner()) {
            Ok(calculation) => calculations.push(calculation),
            Err(reason) => errors.push(FormError { line, reason }),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let sides = raw.sides.unwrap_or(copies.as_ref().map_or(1, |copies| copies.names.len() as u8));
    Ok(Form {
        id: id.into(),
        version: raw.version,
        number: raw.number,
        title: raw.title,
        programme: raw.programme.map(Into::into),
        paper_mm: raw.paper_mm,
        sides,
        copies,
        marks: raw.marks.map(|m| CornerMarks { inset_mm: m.inset_mm, size_mm: m.size_mm, code: m.code }),
        fields,
        calculations,
        claim: raw.claim,
        art: art(raw.texts, raw.lines, raw.bands, raw.frames, art_side),
    })
}

/// The copies of a set; `None` for a form that is no set.
fn copies(names: Vec<String>, recorded: Option<u8>) -> Result<Option<Copies>, String> {
    match (names.len(), recorded) {
        (0, None) => Ok(None),
        (2..=MAX_COPIES, Some(recorded)) if (1..=names.len()).contains(&usize::from(recorded)) => {
            Ok(Some(Copies { names, recorded }))
        }
        (2..=MAX_COPIES, _) => {
            Err("`recorded_copy` says which of the `copies` makes the record, from 1".to_owned())
        }
        _ => {
            Err(format!("`copies` names the 2 to {MAX_COPIES} sheets of a set, `recorded_copy` one of them"))
        }
    }
}

fn calculation(raw: RawCalculation) -> Result<Calculation, String> {
    let (operation, of) = match (raw.product, raw.sum) {
        (Some(of), None) => (Operation::Product, of),
        (None, Some(of)) => (Operation::Sum, of),
        _ => return Err("a calculation is either a `product` or a `sum` of fields".to_owned()),
    };
    let of = of.iter().map(|id| id.as_str().into()).collect();
    Ok(Calculation { operation, of, gives: raw.gives.as_str().into() })
}

fn art(
    texts: Vec<RawText>,
    lines: Vec<RawLine>,
    bands: Vec<RawBand>,
    frames: Vec<RawFrame>,
    side: u8,
) -> Vec<Art> {
    let texts = texts.into_iter().map(|t| Art::Text {
        side: t.side.unwrap_or(side),
        at: t.at,
        size_pt: t.size_pt,
        value: t.value,
        align: t.align,
    });
    let lines = lines.into_iter().map(|l| Art::Line {
        side: l.side.unwrap_or(side),
        from: l.from,
        to: l.to,
        width_mm: l.width_mm,
    });
    let bands = bands.into_iter().map(|b| Art::Band {
        side: b.side.unwrap_or(side),
        rect: b.rect,
        size_pt: b.size_pt,
        value: b.value,
    });
    let frames = frames.into_iter().map(|f| Art::Frame {
        side: f.side.unwrap_or(side),
        rect: f.rect,
        width_mm: f.width_mm,
    });
    texts.chain(lines).chain(bands).chain(frames).collect()
}

fn field(raw: RawField, copies: Option<&Copies>) -> Result<Field, String> {
    let kind = kind(&raw)?;
    let boxes = match (&raw.comb, raw.boxes.is_empty()) {
        (Some(_), false) => return Err(format!("{}: give either `boxes` or `comb`, not both", raw.id)),
        (Some(comb), true) => comb.cells(),
        (None, _) => raw.boxes,
    };
    let option = |o: RawOption| ChoiceOption { value: o.value, label: o.label, rect: o.rect };
    Ok(Field {
        id: raw.id.into(),
        side: raw.side.unwrap_or(copies.map_or(1, |copies| copies.recorded)),
        on_every_copy: raw.side.is_none() && copies.is_some(),
        label: raw.label,
        kind,
        boxes,
        options: raw.options.into_iter().map(option).collect(),
        style: raw.style,
        required: raw.required,
        critical: raw.critical,
        prefilled: raw.prefilled,
        max_wrong: raw.max_wrong,
    })
}

fn kind(raw: &RawField) -> Result<FieldKind, String> {
    Ok(match raw.kind {
        RawKind::Barcode => FieldKind::Barcode(NumberRule {
            symbology: raw.symbology.ok_or_else(|| format!("{}: a barcode needs `symbology`", raw.id))?,
            length: raw.length,
            check: raw.check,
            is_management_number: raw.management_number,
            is_foreign: raw.foreign,
            repeats_number: raw.repeats_number,
            digit_cells: raw.digits.as_ref().map(RawComb::cells).unwrap_or_default(),
        }),
        RawKind::Digits => FieldKind::Digits(DigitsRule {
            decimals: raw.decimals,
            range: raw.range,
            check: raw.check,
            may_be_short: raw.may_be_short,
        }),
        RawKind::Date => FieldKind::Date(date_rule(raw)?),
        RawKind::Mark => FieldKind::Mark,
        RawKind::Choice => FieldKind::Choice { multiple: raw.multiple },
        RawKind::Printed => FieldKind::Printed { source: raw.source, size_pt: raw.size_pt.unwrap_or(10.0) },
        RawKind::Image => FieldKind::Image,
        RawKind::Sticker => FieldKind::Sticker,
        RawKind::Stamp => FieldKind::Stamp,
    })
}

fn date_rule(raw: &RawField) -> Result<DateRule, String> {
    let day = |name: &str, text: &Option<String>| {
        let text =
            text.as_deref().ok_or_else(|| format!("{}: a date needs `{name} = \"YYYY-MM-DD\"`", raw.id))?;
        text.parse().map_err(|_| format!("{}: `{name}` is no date: {text}", raw.id))
    };
    let eras = raw.options.iter().map(|option| {
        Era::from_value(&option.value).ok_or_else(|| {
            format!("{}: `{}` is no era (meiji, taisho, showa, heisei, reiwa)", raw.id, option.value)
        })
    });
    let eras: Vec<Era> = eras.collect::<Result<_, _>>()?;
    let year = if eras.is_empty() { YearStyle::Civil } else { YearStyle::Era(eras) };
    Ok(DateRule { year, range: [day("first", &raw.first)?, day("last", &raw.last)?] })
}

impl RawComb {
    fn cells(&self) -> Vec<RectMm> {
        comb_cells(self.at, self.size, self.pitch, &self.groups, self.gap)
    }
}

/// The boxes of a comb that begins at `at`.
pub(super) fn comb_cells(at: PointMm, size: [f64; 2], pitch: f64, groups: &[u8], gap: f64) -> Vec<RectMm> {
    let mut x = at.x;
    let mut cells = Vec::new();
    for &group in groups {
        for _ in 0..group {
            cells.push(RectMm::new(x, at.y, size[0], size[1]));
            x += pitch;
        }
        x += gap;
    }
    cells
}
