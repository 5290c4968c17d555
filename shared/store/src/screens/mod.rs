//! Read-only questions of the screens: what is shown together is asked together.

mod home;
mod inbox;
mod ledger;
mod page;
mod review;

pub use home::{EnvelopeRow, Home, Totals};
pub use inbox::{FileFilter, FileRow, PageRow};
pub use ledger::{PersonQuery, PersonRow, RecordRow, SlipRow};
pub use page::{FieldDecision, PageView};
pub use review::{ReviewChoices, ReviewFilter, ReviewRow};
