//! Read-only questions of the screens: what is shown together is asked together.

mod claims;
mod daily;
mod enquiries;
mod home;
mod inbox;
mod lots;
mod operations;
mod page;
mod people;
mod quality;
mod review;

pub use claims::{PastClaim, SlipTrail};
pub use daily::{Daily, DailyEnvelope};
pub use enquiries::{EnquiryFilter, EnquiryRow};
pub use home::Home;
pub use inbox::{FileFilter, FileRow, PageRow};
pub use lots::{LotUse, folded_lot};
pub use operations::{Operations, StuckPage, Waiting};
pub use page::PageView;
pub use people::SlipRow;
pub use quality::{Attention, FoundError, Judged, SampleCounts, SettledSample};
pub use review::{ReviewChoices, ReviewFilter, ReviewRow};
