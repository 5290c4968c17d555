//! Files with a header line: CSV in UTF-8 (with or without a mark) or CP932.

use crate::yen::Yen;
use csv::StringRecord;
use encoding_rs::{SHIFT_JIS, UTF_8};
use jiff::civil::Date;
use std::fmt;
use std::str::FromStr;

/// What a file gave: good lines, and those refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken<T> {
    /// Good lines, in order.
    pub good: Vec<T>,
    /// Lines that were not taken, in order.
    pub refused: Vec<Refused>,
}

/// A line that was not taken. Never quotes the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Line in the file, the header being 1.
    pub line: u64,
    /// Why, in Japanese.
    pub reason: String,
}

/// A file that as a whole is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotATable {
    /// It is empty.
    NoHeader {
        /// The columns that it must name.
        required: String,
    },
    /// A column is missing.
    NoColumn {
        /// Which.
        column: String,
        /// The columns that it must name.
        required: String,
    },
}

impl NotATable {
    /// The sentence for people at a screen.
    pub fn text(&self) -> String {
        match self {
            Self::NoHeader { required } => {
                format!("見出し行がありません。1行目に列の名前（{required}）を書いてください。")
            }
            Self::NoColumn { column, required } => {
                format!("見出し行に {column} の列がありません。必要な列は {required} です。")
            }
        }
    }
}

impl fmt::Display for NotATable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHeader { required } => {
                write!(f, "the file has no header line; the first line must name the columns: {required}")
            }
            Self::NoColumn { column, required } => {
                write!(f, "the header line lacks the column `{column}`; it must name {required}")
            }
        }
    }
}

impl std::error::Error for NotATable {}

/// Reads a file line by line; `noun` makes something of a line or refuses it.
///
/// # Errors
/// The file as a whole is not what it should be: no header, or a column missing.
pub fn read<T>(
    bytes: &[u8],
    required: &[&str],
    mut noun: impl FnMut(&Line) -> Result<T, String>,
) -> Result<Taken<T>, NotATable> {
    // The csv crate says one line too few behind the two characters that end a line on Windows.
    let text = decode(bytes).replace("\r\n", "\n");
    // Not flexible: a line with a field too many or too few would shift every value behind it.
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let Ok(header) = reader.headers().cloned() else {
        return Err(NotATable::NoHeader { required: required.join(",") });
    };
    for column in required {
        if !header.iter().any(|name| name.trim() == *column) {
            return Err(NotATable::NoColumn { column: (*column).to_owned(), required: required.join(",") });
        }
    }
    let mut taken = Taken { good: Vec::new(), refused: Vec::new() };
    for record in reader.records() {
        let (line, result) = match record {
            Ok(record) => {
                let line = record.position().map_or(0, |position| position.line());
                (line, noun(&Line { header: &header, record: &record, number: line }))
            }
            Err(error) => {
                let line = error.position().map_or(0, |position| position.line());
                (line, Err("列の数が見出し行と違います".to_owned()))
            }
        };
        match result {
            Ok(good) => taken.good.push(good),
            Err(reason) => taken.refused.push(Refused { line, reason }),
        }
    }
    Ok(taken)
}

/// One line of a file.
pub struct Line<'a> {
    header: &'a StringRecord,
    record: &'a StringRecord,
    /// Its number in the file, the header being 1.
    pub number: u64,
}

impl<'a> Line<'a> {
    /// The text of a column, as it stands there; `""` when the file does not have it.
    pub fn column(&self, name: &str) -> &'a str {
        let at = self.header.iter().position(|column| column.trim() == name);
        at.and_then(|at| self.record.get(at)).unwrap_or("")
    }

    /// The text of a column without spaces around it; `None` when nothing stands there.
    pub fn word(&self, name: &str) -> Option<&'a str> {
        Some(self.column(name).trim()).filter(|text| !text.is_empty())
    }

    /// [`Line::word`] of a column that may not be empty.
    ///
    /// # Errors
    /// It is.
    pub fn must(&self, name: &str) -> Result<&'a str, String> {
        self.word(name).ok_or_else(|| format!("{name} が空です"))
    }

    /// A whole number not below nought, if one stands there. Commas between thousands are taken.
    ///
    /// # Errors
    /// Something else stands there.
    pub fn number_of<N: FromStr>(&self, name: &str) -> Result<Option<N>, String> {
        let Some(word) = self.word(name) else { return Ok(None) };
        let digits = word.replace(',', "");
        let number =
            digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.parse().ok()).flatten();
        number.map(Some).ok_or_else(|| format!("{name} が0以上の整数ではありません"))
    }

    /// An amount not below nought, if one stands there.
    ///
    /// # Errors
    /// Something else stands there, or more than ten digits (more than the bank's file can hold).
    pub fn yen(&self, name: &str) -> Result<Option<Yen>, String> {
        let amount = self.number_of::<i64>(name)?;
        if amount.is_some_and(|amount| amount > 9_999_999_999) {
            return Err(format!("{name} が10桁を超えています"));
        }
        Ok(amount.map(Yen))
    }

    /// A day as 2026-10-01, if one stands there.
    ///
    /// # Errors
    /// Something else stands there.
    pub fn day(&self, name: &str) -> Result<Option<Date>, String> {
        let Some(word) = self.word(name) else { return Ok(None) };
        let day = (word.len() == 10).then(|| word.parse().ok()).flatten();
        day.map(Some).ok_or_else(|| format!("{name} が 2026-10-01 の形の日付ではありません"))
    }
}

/// The text of the file. Neither encoding says its name, so the one that explains more bytes is taken.
fn decode(bytes: &[u8]) -> String {
    let unknown = |text: &str| text.matches(char::REPLACEMENT_CHARACTER).count();
    let (utf8, _) = UTF_8.decode_with_bom_removal(bytes);
    let utf8 = utf8.into_owned();
    if unknown(&utf8) == 0 {
        return utf8;
    }
    let (cp932, _) = SHIFT_JIS.decode_without_bom_handling(bytes);
    if unknown(&cp932) < unknown(&utf8) { cp932.into_owned() } else { utf8 }
}
