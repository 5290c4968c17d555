//! The geometry of a form as other programs read it (`yomitori form show ID --json`).

use super::{ChoiceOption, Form, MarkStyle};
use crate::geometry::RectMm;
use serde::Serialize;

/// `form show --json`. Fields may be added, never renamed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FormGeometry {
    /// Form id.
    pub id: String,
    /// Form version.
    pub version: u32,
    /// What people call it.
    pub title: String,
    /// Width and height, mm.
    pub paper_mm: [f64; 2],
    /// 1 or 2.
    pub sides: u8,
    /// Every field.
    pub fields: Vec<FieldGeometry>,
}

/// One field of [`FormGeometry`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldGeometry {
    /// Field id.
    pub id: String,
    /// Kind, such as `digits`.
    pub kind: &'static str,
    /// Side, from 1.
    pub side: u8,
    /// What people call it.
    pub label: String,
    /// Writing boxes in reading order.
    pub boxes_mm: Vec<RectMm>,
    /// Boxes or words that a pen marks or circles.
    pub options: Vec<OptionGeometry>,
    /// How options are chosen.
    pub style: MarkStyle,
    /// A blank is a finding.
    pub required: bool,
    /// Wrong values hurt.
    pub critical: bool,
    /// Printed by `issue`.
    pub prefilled: bool,
    /// Shape of the value, such as `NN.N`.
    pub pattern: Option<String>,
}

/// One option of [`FieldGeometry`].
pub type OptionGeometry = ChoiceOption;

impl Form {
    /// The geometry for other programs.
    pub fn geometry(&self) -> FormGeometry {
        let fields = self.fields.iter().map(|field| FieldGeometry {
            id: field.id.to_string(),
            kind: field.kind.as_str(),
            side: field.side,
            label: field.label.clone(),
            boxes_mm: field.boxes.clone(),
            options: field.options.clone(),
            style: field.style,
            required: field.required,
            critical: field.critical,
            prefilled: field.prefilled,
            pattern: field.pattern(),
        });
        FormGeometry {
            id: self.id.to_string(),
            version: self.version,
            title: self.title.clone(),
            paper_mm: self.paper_mm,
            sides: self.sides,
            fields: fields.collect(),
        }
    }
}
