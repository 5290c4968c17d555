//! What the name of a file says.

use domain::inbox::{NameKind, name_kind};
use std::cmp::Ordering;
use std::ffi::OsStr;

pub(crate) use domain::inbox::FAILED;

/// What a name says. One that is no text is looked at like any other.
pub(crate) fn kind(name: &OsStr) -> NameKind {
    name_kind(&name.to_string_lossy())
}

/// The names a writer may give to a lock beside the file `name`.
pub(crate) fn partner_locks(name: &OsStr) -> [std::ffi::OsString; 3] {
    let with = |before: &str, after: &str| {
        let mut partner = std::ffi::OsString::from(before);
        partner.push(name);
        partner.push(after);
        partner
    };
    [with("", ".lock"), with("", ".lck"), with(".~lock.", "#")]
}

/// The order of a person: `scan2` before `scan10`. Runs of digits count as numbers, all else as bytes; names
/// that are the same number (`01`, `1`) keep a fixed order too.
pub(crate) fn natural_order(a: &OsStr, b: &OsStr) -> Ordering {
    let (mut left, mut right) = (a.as_encoded_bytes(), b.as_encoded_bytes());
    while let ([x, ..], [y, ..]) = (left, right) {
        let order = if x.is_ascii_digit() && y.is_ascii_digit() {
            number(&mut left).cmp(&number(&mut right))
        } else {
            (left, right) = (&left[1..], &right[1..]);
            x.cmp(y)
        };
        if order.is_ne() {
            return order;
        }
    }
    left.len().cmp(&right.len()).then_with(|| a.cmp(b))
}

/// Cuts the leading digits off: how many count, then which. No number type is large enough for every name.
fn number<'a>(text: &mut &'a [u8]) -> (usize, &'a [u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    *text = rest;
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    (end - zeros, &digits[zeros..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_and_the_program_agree_on_the_order() {
        let sorted = [
            "01.tif",
            "1.tif",
            "2.tif",
            "10.tif",
            "99999999999999999999999.tif",
            "a.tif",
            "scan-2-9.tif",
            "scan-2-10.tif",
            "scan2.tif",
            "scan02b.tif",
            "scan10.tif",
            "予診票1.tif",
            "予診票2.tif",
            "予診票11.tif",
        ];
        let mut names: Vec<&OsStr> = sorted.iter().rev().map(OsStr::new).collect();
        names.sort_by(|a, b| natural_order(a, b));
        assert_eq!(names, sorted);
    }
}
