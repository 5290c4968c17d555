//! 受信フォルダー. What the name of a file in the inbox says, for those who take files and those who show them.

/// The folder in the inbox for bad files.
pub const FAILED: &str = "failed";
/// Endings (lower case) of what scanners send us.
pub const SCAN_ENDINGS: [&str; 7] = [".tif", ".tiff", ".jpg", ".jpeg", ".png", ".pdf", ".jpe"];
/// Endings (lower case) that scanners, copiers and browsers give to files they are still writing.
const UNFINISHED: [&str; 7] = [".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".writing"];
/// Endings (lower case) of locks.
const LOCKS: [&str; 2] = [".lock", ".lck"];
/// What file managers leave in every folder (lower case).
const CLUTTER: [&str; 3] = ["thumbs.db", "desktop.ini", "ehthumbs.db"];

/// 名前の種類.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    /// To be taken, whatever is in it.
    Scan,
    /// Somebody is still writing it.
    Unfinished,
    /// Hidden, a lock, or a file manager's own: none of ours.
    Clutter,
}

/// What the name of a file says.
pub fn name_kind(name: &str) -> NameKind {
    let name = name.to_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if name.starts_with('.') || ends(&LOCKS) || CLUTTER.contains(&name.as_str()) {
        NameKind::Clutter
    } else if name.starts_with('~') || name.ends_with('~') || ends(&UNFINISHED) {
        NameKind::Unfinished
    } else {
        NameKind::Scan
    }
}

/// Whether the ending says that it is a scan.
pub fn ends_like_a_scan(name: &str) -> bool {
    let name = name.to_lowercase();
    SCAN_ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Longest name that is kept of an uploaded file, bytes: room for a number and a note within what file systems take.
const LONGEST_NAME: usize = 120;

/// The name under which an uploaded file may lie in the inbox: no folders, no control or reserved characters, never
/// hidden or unfinished, with `ending` (such as `.pdf`) where its own says nothing.
pub fn safe_name(typed: &str, ending: &str) -> String {
    let last = typed.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain = |c: char| match c {
        ':' | '*' | '?' | '"' | '<' | '>' | '|' => '_',
        // Marks that turn the direction of text make `gpj.exe` of `exe.jpg`.
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '_',
        c if c.is_control() => '_',
        c => c,
    };
    let name: String = last.chars().map(plain).collect();
    let name = name.trim().trim_start_matches(['.', '~']).trim_end_matches(['~', '.', ' ']);
    let (stem, own) = match name.rsplit_once('.') {
        Some((stem, own)) if ends_like_a_scan(name) => (stem, format!(".{own}")),
        _ => (name, ending.to_owned()),
    };
    let mut end = stem.len().min(LONGEST_NAME - own.len());
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    let stem = stem[..end].trim_end();
    let reserved = ["con", "prn", "aux", "nul", "com1", "com2", "lpt1", FAILED];
    match stem.to_lowercase() {
        empty if empty.is_empty() => format!("scan{own}"),
        word if reserved.contains(&word.as_str()) => format!("_{stem}{own}"),
        _ => format!("{stem}{own}"),
    }
}

/// The name of a folder below the inbox, one level, as typed; `None` when it cannot be one.
pub fn safe_folder(typed: &str) -> Option<String> {
    let name = typed.trim();
    let sound = |c: char| !c.is_control() && !"/\\:*?\"<>|".contains(c);
    let plain = !name.is_empty()
        && name.len() <= LONGEST_NAME
        && name.chars().all(sound)
        && !name.ends_with('.')
        && name_kind(name) == NameKind::Scan
        && !name.eq_ignore_ascii_case(FAILED);
    plain.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_unfinished_and_foreign_files_are_told_apart() {
        for name in
            ["scan.tif.tmp", "SCAN.TMP", "a.part", "a.filepart", "~scan.tif", "scan.tif~", "a.crdownload"]
        {
            assert_eq!(name_kind(name), NameKind::Unfinished, "{name}");
        }
        for name in [".hidden.tif", "Thumbs.db", ".DS_Store", "desktop.ini", "scan.tif.lock"] {
            assert_eq!(name_kind(name), NameKind::Clutter, "{name}");
        }
        for name in ["scan.tif", "SCAN0001.JPG", "予診票 (2).pdf", "part.tif", "tmp", "notes.txt", "a\nb.png"]
        {
            assert_eq!(name_kind(name), NameKind::Scan, "{name}");
        }
    }

    #[test]
    fn an_uploaded_name_never_leaves_its_folder_or_hides() {
        let table = [
            ("予診票 1.pdf", "予診票 1.pdf"),
            ("../../etc/passwd", "passwd.jpg"),
            ("C:\\scan\\a.TIF", "a.TIF"),
            (".claimed", "claimed.jpg"),
            ("~x.tmp", "x.tmp.jpg"),
            ("a.jpg.part", "a.jpg.part.jpg"),
            ("failed", "_failed.jpg"),
            ("con.png", "_con.png"),
            ("a\u{202e}gpj.exe", "a_gpj.exe.jpg"),
            ("a\nb.png", "a_b.png"),
            ("...", "scan.jpg"),
            ("", "scan.jpg"),
        ];
        for (typed, expected) in table {
            let name = safe_name(typed, ".jpg");
            assert_eq!(name, expected, "{typed:?}");
            assert_eq!(name_kind(&name), NameKind::Scan);
        }
        let long = safe_name(&format!("{}.tif", "予".repeat(300)), ".tif");
        assert!(long.len() <= LONGEST_NAME && long.ends_with("予.tif"));
    }

    #[test]
    fn a_folder_is_one_plain_level() {
        for name in ["2階スキャナー", "a b", "窓口-1"] {
            assert_eq!(safe_folder(name).as_deref(), Some(name));
        }
        for name in ["", "..", ".x", "a/b", "a\\b", "failed", "Failed", "x.tmp", "a\nb", "c."] {
            assert_eq!(safe_folder(name), None, "{name:?}");
        }
    }
}
