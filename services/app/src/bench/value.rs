//! What became of every value of a page, against the truth.

use super::case::{Case, ExpectedPage};
use domain::form::Form;
use domain::geometry::PointMm;
use domain::ids::FieldId;
use domain::reading::{Decision, FormReading, PageReading, Value};
use serde::Serialize;
use vision::Affine;
use vision::fields::NOT_SURE;

/// The kind under which management numbers are counted.
pub const NUMBER: &str = "number";

/// One value that stands on a page.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Seen {
    /// Case and page.
    pub case: String,
    /// Form of the page.
    pub form: String,
    /// Field id.
    pub field: String,
    /// Field kind, or [`NUMBER`].
    pub kind: String,
    /// Encoding of the file.
    pub format: String,
    /// What the scanner did to the page.
    pub condition: String,
    /// Who filled it in, where the case says so.
    pub clinic: Option<String>,
    /// Claimed probability that the value is right; 0 on a page that was not read.
    pub confidence: f64,
    /// `None` on a page that was not read.
    pub decision: Option<Decision>,
    /// Why it goes to people.
    pub reason: Option<String>,
    /// Whether it goes to people however probable it is.
    pub doubted: bool,
    /// Whether it is the truth.
    pub right: bool,
    /// What was read, and what is there.
    pub read: String,
    pub expected: String,
    /// Picture of it in the gallery.
    pub crop: Option<String>,
}

/// How a page ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Read as the form it is.
    Read,
    /// Unrecognised or unreadable, with the reason that people would see.
    Unread(String),
    /// Read as another form.
    WrongForm(String),
    /// No form of ours, and not read as one.
    Foreign,
    /// No form of ours, and read as this one.
    ForeignRead(String),
}

/// A page with all of its values.
#[derive(Clone, Debug)]
pub struct PageSeen {
    /// Case and page.
    pub name: String,
    /// How it ended.
    pub outcome: Outcome,
    /// How far from where it lies a corner of the paper was seen, mm: the greatest, where the truth is known.
    pub off_mm: Option<f64>,
    /// Its form.
    pub form: Option<String>,
    /// Its values, the number first.
    pub values: Vec<Seen>,
}

/// Compares a page with the truth; `forms` say of what kind a field is that was never read.
pub fn judge(
    name: &str,
    case: &Case,
    expected: &ExpectedPage,
    reading: &PageReading,
    forms: &[Form],
) -> PageSeen {
    let name = name.to_owned();
    let Some(form) = &expected.form else {
        let outcome = match reading {
            PageReading::Read(found) => Outcome::ForeignRead(found.form.to_string()),
            _ => Outcome::Foreign,
        };
        return PageSeen { name, outcome, off_mm: None, form: None, values: Vec::new() };
    };
    let (outcome, found) = match reading {
        PageReading::Read(found) if found.form.as_str() == form => (Outcome::Read, Some(found.as_ref())),
        PageReading::Read(found) => (Outcome::WrongForm(found.form.to_string()), None),
        PageReading::Unrecognised { reason } | PageReading::Unreadable { reason } => {
            (Outcome::Unread(reason.clone()), None)
        }
    };
    let plain = Seen {
        case: name.clone(),
        form: form.clone(),
        format: case.format.clone(),
        condition: case.condition().to_owned(),
        clinic: clinic(case, expected),
        ..Seen::default()
    };
    let mut values: Vec<Seen> = number(&plain, expected, found).into_iter().collect();
    let known = forms.iter().find(|known| known.id.as_str() == form);
    for (id, truth) in &expected.fields {
        let kind = known.and_then(|form| form.field(id.as_str())).map(|field| field.kind.as_str());
        values.push(field(&plain, id.as_str(), kind.unwrap_or("unknown"), truth, found));
    }
    let off_mm =
        expected.px_from_mm.zip(found).zip(known).and_then(|((truth, found), form)| {
            corner_off(truth, found.registration.px_from_mm, form.paper_mm)
        });
    PageSeen { name, outcome, off_mm, form: Some(form.clone()), values }
}

/// Greatest distance of a corner of the paper from where it truly lies, mm.
fn corner_off(truth: [f64; 6], found: [f64; 6], [w, h]: [f64; 2]) -> Option<f64> {
    let back = Affine(truth).inverse()?;
    let off = |(x, y)| {
        let [px, py] = Affine(found).apply(PointMm::new(x, y));
        let [there_x, there_y] = back.apply(PointMm::new(px, py));
        (there_x - x).hypot(there_y - y)
    };
    [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)].map(off).into_iter().reduce(f64::max)
}

/// The clinic of a page: what the case says, else the code that stands on it.
fn clinic(case: &Case, expected: &ExpectedPage) -> Option<String> {
    let code = || expected.fields.get(&FieldId::from("clinic_code")).and_then(Value::text);
    case.clinic.as_deref().or_else(code).map(str::to_owned)
}

fn number(plain: &Seen, expected: &ExpectedPage, found: Option<&FormReading>) -> Option<Seen> {
    let truth = expected.management_number.as_ref()?;
    let number = found.and_then(|found| found.management_number.as_ref());
    let read = number.and_then(|number| number.value.as_ref()).map(|value| value.reveal().clone());
    Some(Seen {
        field: "management_number".to_owned(),
        kind: NUMBER.to_owned(),
        confidence: number.map_or(0.0, |number| number.confidence),
        decision: found.map(|_| number.map_or(Decision::Review, |number| number.decision)),
        reason: number.and_then(|number| number.reason.clone()),
        doubted: number.is_none_or(|number| number.reason.is_some()),
        right: read.as_ref() == Some(truth),
        read: read.unwrap_or_default(),
        expected: truth.clone(),
        ..plain.clone()
    })
}

fn field(plain: &Seen, id: &str, kind: &str, truth: &Value, found: Option<&FormReading>) -> Seen {
    let field = found.and_then(|found| found.field(id));
    let reason = field.map(|field| field.reason.as_deref().unwrap_or(NOT_SURE));
    Seen {
        field: id.to_owned(),
        kind: kind.to_owned(),
        confidence: field.map_or(0.0, |field| field.confidence),
        decision: found.map(|_| field.map_or(Decision::Review, |field| field.decision)),
        reason: field.and_then(|field| field.reason.clone()),
        doubted: reason != Some(NOT_SURE),
        right: field.is_some_and(|field| field.value == *truth),
        read: field.map_or_else(String::new, |field| words(&field.value)),
        expected: words(truth),
        ..plain.clone()
    }
}

/// A value as a person would write it.
fn words(value: &Value) -> String {
    match value {
        Value::Blank => "（空欄）".to_owned(),
        Value::Text(text) => text.clone(),
        Value::Several(texts) => texts.join("・"),
    }
}
