//! Files with a header line, as [`domain::table`] reads them.

use anyhow::Result;
use domain::table::Line;
pub use domain::table::{Refused, Taken};

/// [`domain::table::read`].
///
/// # Errors
/// The file as a whole is not what it should be: no header, or a column missing.
pub(crate) fn read<T>(
    bytes: &[u8],
    required: &[&str],
    noun: impl FnMut(&Line) -> Result<T, String>,
) -> Result<Taken<T>> {
    Ok(domain::table::read(bytes, required, noun)?)
}
