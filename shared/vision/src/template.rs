//! A form together with the picture of its empty sheet.

use crate::gray::GrayPage;
use domain::form::Form;
use std::sync::Arc;

/// 白紙. The empty sheet as printed: one side, upright, unskewed.
#[derive(Clone, Debug, PartialEq)]
pub struct Blank {
    /// The picture; the paper fills it.
    pub picture: GrayPage,
    /// Pixels per millimetre.
    pub px_per_mm: f64,
}

/// 帳票の型. What the reader needs of a form: its description and its empty sheet.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// The description.
    pub form: Form,
    /// One a side; megabytes each, and the same for every reader thread.
    pub blanks: Arc<[Blank]>,
}
