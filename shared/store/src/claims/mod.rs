//! Claims: what clinics claim, what people decide of it, what is paid. Steps and payments are only ever added.

mod cache;
mod entered;
mod file;
mod lock;
mod payments;
mod prices;
mod slips;
mod steps;

pub use cache::MonthRow;
pub(crate) use entered::claim_row;
pub use entered::{ClaimEntered, ClaimRow, PageClaimed};
pub use file::ClaimFile;
pub use payments::Payment;
pub(crate) use payments::payment;
pub(crate) use slips::CAME_AGAIN;
pub(crate) use steps::step_row;
pub use steps::{StepRow, StepTaken};

use domain::form::Form;
use domain::programme::Programmes;

/// 規則集. What slips are judged by: the forms in use, and the rules of programmes.
#[derive(Clone, Copy, Debug)]
pub struct Rulebook<'a> {
    /// Every form in use.
    pub forms: &'a [Form],
    /// The rules of every programme.
    pub programmes: &'a Programmes,
}

impl<'a> Rulebook<'a> {
    /// A rulebook of these forms and rules.
    pub fn new(forms: &'a [Form], programmes: &'a Programmes) -> Self {
        Self { forms, programmes }
    }

    pub(crate) fn form(&self, id: &str) -> Option<&'a Form> {
        self.forms.iter().find(|form| form.id.as_str() == id)
    }

    /// Stands for everything in it: when it changes, months are reckoned again.
    pub(crate) fn mark(&self) -> String {
        let forms: Vec<String> =
            self.forms.iter().map(|form| format!("{}.{}", form.id, form.version)).collect();
        format!("{} {}", forms.join(" "), self.programmes.mark())
    }
}
