//! One page as `yomitori read --json` prints it. Fields may be added, never renamed.

use domain::message::Milliseconds;
use domain::reading::{
    Decision, FieldReading, LotLabel, NumberReading, NumberSource, PageReading, Registration,
    RegistrationMethod, Value,
};
use serde::Serialize;

/// One line of `read --json`.
#[derive(Debug, Serialize)]
pub struct PageReport<'a> {
    file: &'a str,
    page: u32,
    outcome: &'static str,
    reason: Option<&'a str>,
    form: Option<&'a str>,
    form_version: Option<u32>,
    side: Option<u8>,
    registration: Option<RegistrationReport>,
    management_number: Option<NumberReport<'a>>,
    fields: Vec<FieldReport<'a>>,
    milliseconds: Milliseconds,
}

#[derive(Debug, Serialize)]
struct RegistrationReport {
    method: RegistrationMethod,
    rotation_deg: f64,
    upside_down: bool,
    scale: f64,
    residual_mm: f64,
    inliers: u32,
}

#[derive(Debug, Serialize)]
struct NumberReport<'a> {
    value: Option<&'a str>,
    sources: &'a [NumberSource],
    confidence: f64,
    decision: Decision,
    reason: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct FieldReport<'a> {
    id: &'a str,
    kind: &'a str,
    value: &'a Value,
    confidence: f64,
    decision: Decision,
    reason: Option<&'a str>,
    box_px: [f64; 4],
    #[serde(skip_serializing_if = "<[LotLabel]>::is_empty")]
    labels: &'a [LotLabel],
}

impl<'a> PageReport<'a> {
    /// The report of page `page` (from 1) of `file`.
    pub fn new(file: &'a str, page: u32, reading: &'a PageReading, milliseconds: Milliseconds) -> Self {
        let (outcome, reason, form) = match reading {
            PageReading::Read(form) => ("read", None, Some(form)),
            PageReading::Unrecognised { reason } => ("unrecognised", Some(reason.as_str()), None),
            PageReading::Unreadable { reason } => ("unreadable", Some(reason.as_str()), None),
        };
        Self {
            file,
            page,
            outcome,
            reason,
            form: form.map(|form| form.form.as_str()),
            form_version: form.map(|form| form.form_version),
            side: form.map(|form| form.side),
            registration: form.map(|form| RegistrationReport::new(&form.registration)),
            management_number: form.and_then(|form| form.management_number.as_ref()).map(NumberReport::new),
            fields: form.map(|form| form.fields.iter().map(FieldReport::new).collect()).unwrap_or_default(),
            milliseconds: Milliseconds {
                decode: tenths(milliseconds.decode),
                register: tenths(milliseconds.register),
                read: tenths(milliseconds.read),
                total: tenths(milliseconds.total),
            },
        }
    }
}

impl RegistrationReport {
    fn new(registration: &Registration) -> Self {
        Self {
            method: registration.method,
            rotation_deg: round(registration.rotation_deg, 3),
            upside_down: registration.upside_down,
            scale: round(registration.scale, 4),
            residual_mm: round(registration.residual_mm, 3),
            inliers: registration.inliers,
        }
    }
}

impl<'a> NumberReport<'a> {
    fn new(number: &'a NumberReading) -> Self {
        Self {
            value: number.value.as_ref().map(|value| value.reveal().as_str()),
            sources: &number.sources,
            confidence: number.confidence,
            decision: number.decision,
            reason: number.reason.as_deref(),
        }
    }
}

impl<'a> FieldReport<'a> {
    fn new(field: &'a FieldReading) -> Self {
        Self {
            id: field.id.as_str(),
            kind: &field.kind,
            value: &field.value,
            confidence: field.confidence,
            decision: field.decision,
            reason: field.reason.as_deref(),
            box_px: field.box_px.map(tenths),
            labels: &field.labels,
        }
    }
}

fn tenths(value: f64) -> f64 {
    round(value, 1)
}

fn round(value: f64, digits: i32) -> f64 {
    let unit = 10f64.powi(digits);
    (value * unit).round() / unit
}
