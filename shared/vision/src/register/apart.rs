//! 似た帳票. Sheets that differ only in little: which of them lies on the page.

use super::unmarked::Lying;
use crate::gray::GrayPage;
use crate::template::Template;

/// The one of `lying` that the page is; `None` when that cannot be seen.
pub(super) fn choose<'a, 'b>(
    _page: &GrayPage,
    _templates: &[Template],
    lying: &'b [Lying<'a>],
) -> Option<&'b Lying<'a>> {
    match lying {
        [only] => Some(only),
        _ => None,
    }
}
