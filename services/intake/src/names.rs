//! What the name of a file says.

use std::cmp::Ordering;
use std::ffi::OsStr;

/// The folder in the inbox for bad files.
pub(crate) const FAILED: &str = "failed";
/// Endings (lower case) that scanners, copiers and browsers give to files they are still writing, and to locks.
const UNFINISHED: [&str; 9] =
    [".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".writing", ".lock", ".lck"];
/// What file managers leave in every folder (lower case).
const CLUTTER: [&str; 3] = ["thumbs.db", "desktop.ini", "ehthumbs.db"];

/// Whether a file of this name is none of ours: hidden, temporary, a lock, or a file manager's own.
pub(crate) fn ignored(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_lowercase();
    name.starts_with(['.', '~'])
        || name.ends_with('~')
        || UNFINISHED.iter().any(|ending| name.ends_with(ending))
        || CLUTTER.contains(&name.as_str())
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

    #[test]
    fn names_of_unfinished_and_foreign_files_are_ignored() {
        for name in [
            ".hidden.tif",
            "scan.tif.tmp",
            "SCAN.TMP",
            "a.part",
            "a.filepart",
            "~scan.tif",
            "scan.tif~",
            "Thumbs.db",
            ".DS_Store",
            "desktop.ini",
            "scan.tif.lock",
            "a.crdownload",
        ] {
            assert!(ignored(OsStr::new(name)), "{name}");
        }
        for name in ["scan.tif", "SCAN0001.JPG", "予診票 (2).pdf", "part.tif", "tmp", "notes.txt", "a\nb.png"]
        {
            assert!(!ignored(OsStr::new(name)), "{name}");
        }
    }
}
