//! 読取結果. What the reader saw on one page, as plain data.

use crate::ids::{FieldId, FormId};
use crate::personal::Personal;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Why a value is reviewed when nothing but its probability speaks against it.
pub const NOT_SURE: &str = "読取りの確かさが足りません";
/// ... when no era is circled.
pub const ERA_MISSING: &str = "元号が選ばれていません";
/// ... when it is not clear which era is circled.
pub const ERA_UNCLEAR: &str = "元号がはっきりしません";
/// The doubts that knowledge from elsewhere can settle: the ink leaves a few values open. All other doubts are about
/// the ink itself, and those are for people.
pub const RAISABLE: [&str; 3] = [NOT_SURE, ERA_MISSING, ERA_UNCLEAR];

/// The reading of one page. "Cannot read" is a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum PageReading {
    /// The form was identified and registered; its fields were read (some perhaps doubtful).
    Read(Box<FormReading>),
    /// The picture is sound, but it is no page of a form we know (or it is blank).
    Unrecognised {
        /// Why, for people.
        reason: String,
    },
    /// The picture can not be opened, or the form is known but can not be registered.
    Unreadable {
        /// Why, for people.
        reason: String,
    },
}

/// The reading of a page whose form is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FormReading {
    /// Which form.
    pub form: FormId,
    /// The form's version as printed on the page.
    pub form_version: u32,
    /// Side, from 1.
    pub side: u8,
    /// How the page lies in the picture.
    pub registration: Registration,
    /// The number of the slip; `None` when the form has no number.
    pub management_number: Option<NumberReading>,
    /// Every field of this side, in the order of the form file.
    pub fields: Vec<FieldReading>,
}

/// 位置合わせ. How paper millimetres map to pixels of the stored picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Registration {
    /// What it was found by.
    pub method: RegistrationMethod,
    /// Clockwise turn of the page in the picture, degrees, -180..=180 (upside down included).
    pub rotation_deg: f64,
    /// Whether the page lies upside down in the picture.
    pub upside_down: bool,
    /// Pixels found per pixel expected from the picture's resolution.
    pub scale: f64,
    /// Root mean square distance of the marks from where the fit puts them, mm.
    pub residual_mm: f64,
    /// Marks or features that the fit rests on.
    pub inliers: u32,
    /// Affine map `[a, b, c, d, e, f]`: px_x = a*x + b*y + c, px_y = d*x + e*y + f, from paper mm.
    pub px_from_mm: [f64; 6],
}

/// The two ways of [`Registration`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RegistrationMethod {
    /// Printed corner marks (our own slips).
    Marks,
    /// Features of the blank (third-party slips).
    Features,
}

/// 管理番号 as read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NumberReading {
    /// The number, when anything could be read.
    pub value: Option<Personal<String>>,
    /// What says so: `barcode`, `digits`.
    pub sources: Vec<NumberSource>,
    /// Calibrated probability that `value` is right, 0..=1.
    pub confidence: f64,
    /// Accept or review.
    pub decision: Decision,
    /// Why it is to be reviewed, for people.
    pub reason: Option<String>,
}

/// A witness of the management number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NumberSource {
    /// The bars.
    Barcode,
    /// The digits printed beneath them.
    Digits,
}

/// One field as read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldReading {
    /// Which field of the form.
    pub id: FieldId,
    /// The word for its kind, such as `digits`.
    pub kind: String,
    /// The value, normalised (dates ISO, digits without boxes).
    pub value: Value,
    /// Calibrated probability that `value` is right, 0..=1.
    pub confidence: f64,
    /// Accept or review.
    pub decision: Decision,
    /// Why it is to be reviewed, or why the matcher raised it, for people.
    pub reason: Option<String>,
    /// The field in pixels of the stored picture: `[x, y, width, height]`.
    pub box_px: [f64; 4],
    /// Other values the ink allows, most probable first, with `value` among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Alternative>,
    /// What the GS1 codes of a sticker field say, one entry a label; empty for every other kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<LotLabel>,
}

/// ロットラベル. What the GS1 code of one label says; every part was proven by its own rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotLabel {
    /// 商品コード: GTIN of 14 digits, its check digit right.
    pub gtin: Option<String>,
    /// 製造番号, 1 to 20 characters.
    pub lot: Option<String>,
    /// 使用期限: the last day of use.
    pub expiry: Option<Date>,
}

/// A value that the ink allows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alternative {
    /// The value as it would stand in [`FieldReading::value`].
    pub value: Personal<String>,
    /// Its probability, 0..=1.
    pub probability: f64,
}

/// A normalised value: `null`, text or a list in JSON. Personal: prints as `***`.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Nothing is written there.
    #[default]
    Blank,
    /// One value.
    Text(String),
    /// Several options of a multiple choice.
    Several(Vec<String>),
}

impl Value {
    /// The single text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether nothing is written there.
    pub fn is_blank(&self) -> bool {
        matches!(self, Value::Blank)
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_blank() { "Blank" } else { "***" })
    }
}

/// What is to be done with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// Certain enough for the target error rate.
    Accept,
    /// A person looks at it.
    Review,
}

impl FormReading {
    /// The reading of field `id`.
    pub fn field(&self, id: &str) -> Option<&FieldReading> {
        self.fields.iter().find(|field| field.id.as_str() == id)
    }
}
