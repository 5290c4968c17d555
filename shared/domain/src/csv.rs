//! CSV for spreadsheets: quoted where needed, and nothing in a cell is ever run as a formula.

/// Said first, so that spreadsheets take the file for UTF-8.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";

/// One line of a file, with its end (RFC 4180).
pub fn line(cells: &[&str]) -> String {
    let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
    format!("{}\r\n", cells.join(","))
}

/// A cell. What begins like a formula (`=`, `+`, `-`, `@`, a tab or a line end) gets an apostrophe in front: spreadsheets
/// then show it as text.
pub fn cell(text: &str) -> String {
    let formula = text
        .trim_start_matches([' ', '\u{3000}'])
        .starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_cell_is_run() {
        let table = [
            ("見本 花子", "見本 花子"),
            ("=1+1", "'=1+1"),
            ("+81", "'+81"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("  =cmd|' /C calc'!A0", "'  =cmd|' /C calc'!A0"),
            ("\t=1", "'\t=1"),
            ("＝1", "'＝1"),
            ("=\"a\",b", "\"'=\"\"a\"\",b\""),
            ("a\nb", "\"a\nb\""),
            ("", ""),
        ];
        for (text, expected) in table {
            assert_eq!(cell(text), expected);
        }
        assert_eq!(line(&["a", "b,c"]), "a,\"b,c\"\r\n");
    }
}
