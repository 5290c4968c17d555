//! Read-only questions of the screens: what is shown together is asked together.

mod home;
mod inbox;
mod page;
mod people;
mod review;

pub use home::Home;
pub use inbox::{FileFilter, FileRow, PageRow};
pub use page::PageView;
pub use people::SlipRow;
pub use review::{ReviewChoices, ReviewFilter, ReviewRow};
