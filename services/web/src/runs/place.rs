//! Which field is worked on, and how.

use crate::Screens;
use crate::error::ScreenError;
use crate::frame::Person;
use domain::duty::Right;
use domain::form::{Field, FieldKind, Form};
use domain::keying::{Pass, is_number, keyed_fields};

/// 確認の仕方. What a run does with each field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// The first keying, with the machine's value offered where a wrong one does not hurt.
    First,
    /// Blind: second keyings and the sample, side by side and the same to look at.
    Blind,
    /// Decides between two values.
    Decide,
}

impl Mode {
    /// In the order of screens.
    pub const ALL: [Mode; 3] = [Mode::First, Mode::Blind, Mode::Decide];

    /// As in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::First => "first",
            Mode::Blind => "blind",
            Mode::Decide => "decide",
        }
    }

    /// The mode with this word, for a person who may work in it.
    ///
    /// # Errors
    /// There is none, or this person may not.
    pub fn of(word: &str, person: &Person) -> Result<Self, ScreenError> {
        let mode = Self::ALL.into_iter().find(|mode| mode.as_str() == word).ok_or(ScreenError::NotFound)?;
        person.require(mode.right())?;
        Ok(mode)
    }

    /// What it needs.
    pub fn right(self) -> Right {
        match self {
            Mode::First | Mode::Blind => Right::Verify,
            Mode::Decide => Right::Arbitrate,
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Mode::First => "一次入力",
            Mode::Blind => "二次入力",
            Mode::Decide => "裁定",
        }
    }

    /// The passes of its work.
    pub fn passes(self) -> &'static [Pass] {
        match self {
            Mode::First => &[Pass::First],
            Mode::Blind => &[Pass::Second, Pass::Sample],
            Mode::Decide => &[Pass::Third],
        }
    }

    /// The mode that a pass is worked in; `None` for corrections.
    pub fn of_pass(pass: Pass) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.passes().contains(&pass))
    }
}

/// A field that can be keyed by its snippet alone. The management number says who it is: that needs the whole slip.
///
/// # Errors
/// There is no such form or field.
pub fn place<'a>(
    screens: &'a Screens,
    form: &str,
    field: &str,
) -> Result<(&'a Form, &'a Field), ScreenError> {
    let form = screens.form(form).ok_or(ScreenError::NotFound)?;
    let field = form.field(field).filter(|field| is_runnable(form, field)).ok_or(ScreenError::NotFound)?;
    Ok((form, field))
}

/// Whether a field can be keyed by its snippet alone.
pub fn is_runnable(form: &Form, field: &Field) -> bool {
    let keyed = (1..=form.sides).any(|side| keyed_fields(form, side).any(|known| known.id == field.id));
    let area = field.area();
    keyed && !is_number(form, field) && area.w > 0.0 && area.h > 0.0
}

/// Whether crops of a field that were read alike can be judged side by side: everything that is one of a few, and
/// short numbers. Dates and free writing need to be read one by one.
pub fn is_groupable(field: &Field) -> bool {
    match &field.kind {
        FieldKind::Mark | FieldKind::Choice { .. } | FieldKind::Stamp | FieldKind::Image => true,
        FieldKind::Digits(_) => field.boxes.len() <= SHORT_NUMBER,
        _ => false,
    }
}

/// Figures that are taken in at a glance.
const SHORT_NUMBER: usize = 4;
