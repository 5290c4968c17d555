//! 項目. The fields of a form.

use crate::check_digit::CheckDigit;
use crate::geometry::RectMm;
use crate::ids::FieldId;
use crate::wareki::Era;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// 項目. One thing that a form asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Unique within the form.
    pub id: FieldId,
    /// Side, from 1; of a field that is on every copy of a set, the copy that makes the record.
    pub side: u8,
    /// Whether every copy of the set has it.
    pub on_every_copy: bool,
    /// What people call it, such as `接種年月日`.
    pub label: String,
    /// What it is and how it is judged.
    pub kind: FieldKind,
    /// The writing boxes in reading order: one a digit of a comb; one for a barcode, mark, image,
    /// sticker, stamp or print; empty for a pure choice.
    pub boxes: Vec<RectMm>,
    /// The boxes or words that a pen marks or circles (choice, and the eras of a date).
    pub options: Vec<ChoiceOption>,
    /// How an option is chosen.
    pub style: MarkStyle,
    /// A blank is a finding.
    pub required: bool,
    /// Wrong values hurt: identity, dates, vaccine, lot, dose, judgement.
    pub critical: bool,
    /// Printed by `yomitori issue`.
    pub prefilled: bool,
    /// The share of accepted values that may be wrong, above 0 and at most 0.01; `None`: the office's target.
    pub max_wrong: Option<f64>,
}

/// 項目の種類. What a field is.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldKind {
    /// A printed code; the box is the bars with the digits beneath left out.
    Barcode(NumberRule),
    /// A comb of handwritten digits.
    Digits(DigitsRule),
    /// An era to circle and a comb for year, month, day.
    Date(DateRule),
    /// One box to mark: `on`, `off` or `cancelled`.
    Mark,
    /// One of several boxes or words (or any number of them).
    Choice {
        /// More than one may be chosen.
        multiple: bool,
    },
    /// Printed text, read by OCR.
    Printed {
        /// What `issue` prints there.
        source: Option<PrintSource>,
        /// Font size on our slips, points.
        size_pt: f64,
    },
    /// Handwriting for people: only a snippet, and whether it is blank.
    Image,
    /// 貼付: a lot label with a GS1 code or text.
    Sticker,
    /// 署名・押印: a signature or seal, present or absent.
    Stamp,
}

/// How a printed number is built and coded.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberRule {
    /// The code's kind.
    pub symbology: Symbology,
    /// Digits of the whole number, check digit included; `None` for free text (a QR code).
    pub length: Option<u8>,
    /// Its check digit.
    pub check: Option<CheckDigit>,
    /// Whether it is the management number of the slip.
    pub is_management_number: bool,
    /// Whether the number is given by somebody else (third-party paper): then it does not begin with the form's number.
    pub is_foreign: bool,
    /// Whether this code says the management number once more, so that the two must agree.
    pub repeats_number: bool,
    /// Cells of the digits printed beneath the bars, one each, in order; empty when none are printed.
    pub digit_cells: Vec<RectMm>,
}

/// Printed code kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Symbology {
    /// NW-7 (Codabar), start and stop `A`.
    Nw7,
    /// Code 128.
    Code128,
    /// QR code, model 2.
    Qr,
    /// Data Matrix ECC 200.
    DataMatrix,
}

/// What digits are possible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DigitsRule {
    /// Digits behind the printed decimal point, which stands between two boxes.
    pub decimals: u8,
    /// Smallest and largest value as a number, both included.
    pub range: Option<[f64; 2]>,
    /// Check digit of the whole number.
    pub check: Option<CheckDigit>,
    /// Whether boxes may stay empty at the left (`_ 3 5`) or right; else all or none is written.
    pub may_be_short: bool,
}

/// What dates are possible.
#[derive(Clone, Debug, PartialEq)]
pub struct DateRule {
    /// How the year is written.
    pub year: YearStyle,
    /// First and last possible day, both included.
    pub range: [Date; 2],
}

/// How the year of a date is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum YearStyle {
    /// Two boxes of an era year; the eras are the field's options
    /// (with one option nothing need be circled). Boxes: 2 + 2 + 2.
    Era(Vec<Era>),
    /// Four boxes of a civil year. Boxes: 4 + 2 + 2.
    Civil,
}

/// 選択肢. One option.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChoiceOption {
    /// The normalised value, such as `yes`.
    pub value: String,
    /// The words beside the box or to be circled, such as `はい`.
    pub label: String,
    /// The box to mark, or the printed words to circle.
    #[serde(rename = "box_mm")]
    pub rect: RectMm,
}

/// How an option is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MarkStyle {
    /// A box is ticked, crossed or filled.
    #[default]
    Box,
    /// A printed word is circled.
    Circle,
}

/// What `issue` prints in a prefilled field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrintSource {
    /// 氏名.
    Name,
    /// フリガナ.
    Kana,
    /// 住所.
    Address,
    /// 郵便番号.
    PostalCode,
    /// 生年月日, in wareki.
    BirthDate,
    /// 性別.
    Sex,
    /// Batch ticket: the clinic's code and name.
    Clinic,
    /// Batch ticket: the month of the claim.
    Month,
    /// Batch ticket: the programme.
    Programme,
    /// Batch ticket: the declared count in figures and words.
    Declared,
}

impl FieldKind {
    /// The word in JSON and rows.
    pub fn as_str(&self) -> &'static str {
        match self {
            FieldKind::Barcode(_) => "barcode",
            FieldKind::Digits(_) => "digits",
            FieldKind::Date(_) => "date",
            FieldKind::Mark => "mark",
            FieldKind::Choice { .. } => "choice",
            FieldKind::Printed { .. } => "printed",
            FieldKind::Image => "image",
            FieldKind::Sticker => "sticker",
            FieldKind::Stamp => "stamp",
        }
    }
}

impl Field {
    /// A place to write in for people, with nothing else set: what a new field begins as.
    pub fn image(id: FieldId, label: &str, place: RectMm) -> Self {
        Self {
            id,
            side: 1,
            on_every_copy: false,
            label: label.to_owned(),
            kind: FieldKind::Image,
            boxes: vec![place],
            options: Vec::new(),
            style: MarkStyle::Box,
            required: false,
            critical: false,
            prefilled: false,
            max_wrong: None,
        }
    }

    /// Whether `side` has this field.
    pub fn is_on(&self, side: u8) -> bool {
        self.side == side || self.on_every_copy
    }

    /// The smallest rectangle around all boxes, options and printed digits of the field.
    pub fn area(&self) -> RectMm {
        let digit_cells: &[RectMm] = match &self.kind {
            FieldKind::Barcode(rule) => &rule.digit_cells,
            _ => &[],
        };
        let options = self.options.iter().map(|option| &option.rect);
        RectMm::around(self.boxes.iter().chain(options).chain(digit_cells))
            .unwrap_or(RectMm::new(0.0, 0.0, 0.0, 0.0))
    }

    /// The shape of its value as a pattern for people and keying screens, such as `NN.N`.
    pub fn pattern(&self) -> Option<String> {
        match &self.kind {
            FieldKind::Digits(rule) => {
                let decimals = usize::from(rule.decimals);
                let whole = self.boxes.len().saturating_sub(decimals);
                let point = if decimals > 0 { "." } else { "" };
                Some(format!("{}{point}{}", "N".repeat(whole), "N".repeat(decimals)))
            }
            FieldKind::Date(_) => Some("YYYY-MM-DD".to_owned()),
            FieldKind::Barcode(rule) => rule.length.map(|n| "N".repeat(usize::from(n))),
            _ => None,
        }
    }
}
