//! 住民データファイル. One line of the resident file becomes a resident, or is refused for a reason.

use crate::ids::ResidentId;
use crate::my_number;
use crate::personal::Personal;
use crate::resident::{Resident, Sex, UntilReason};
use jiff::civil::Date;
use std::fmt;

/// Columns that every file has.
pub const REQUIRED_COLUMNS: [&str; 8] =
    ["resident_id", "name", "kana", "sex", "birth_date", "postal_code", "address", "resident_since"];
/// Columns that a file may have.
pub const OPTIONAL_COLUMNS: [&str; 5] =
    ["resident_until", "until_reason", "household_id", "tax_exempt", "protected"];

/// Why a line is refused. Names the column, never the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineRefused {
    /// A column that must be filled is empty.
    Empty(&'static str),
    /// Not a day of the calendar, written `2026-10-03`.
    BadDate(&'static str),
    /// Not one of the words that the column knows.
    BadWord {
        /// The column.
        column: &'static str,
        /// The words it knows.
        known: &'static str,
    },
    /// The last day as a resident lies before the first.
    EndsBeforeItBegins,
    /// Something that looks like a 個人番号 stands in the line.
    MyNumber,
    /// A character could not be decoded.
    BadCharacter,
}

impl fmt::Display for LineRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty(column) => write!(f, "{column} が空です"),
            Self::BadDate(column) => write!(f, "{column} が日付（2026-10-03 の形）ではありません"),
            Self::BadWord { column, known } => write!(f, "{column} は {known} のいずれかにしてください"),
            Self::EndsBeforeItBegins => f.write_str("resident_until が resident_since より前です"),
            Self::MyNumber => f.write_str("個人番号と思われる12桁の数字があります。取り込めません"),
            Self::BadCharacter => {
                f.write_str("文字コードの正しくない文字があります（UTF-8 か CP932 で保存してください）")
            }
        }
    }
}

/// Makes a resident of one line; `column` gives the text of a column, `""` when the file does not have it.
///
/// # Errors
/// The first thing wrong with the line.
pub fn resident<'a>(column: impl Fn(&'static str) -> &'a str) -> Result<Resident, LineRefused> {
    let columns = || REQUIRED_COLUMNS.into_iter().chain(OPTIONAL_COLUMNS);
    if columns().any(|name| column(name).contains(char::REPLACEMENT_CHARACTER)) {
        return Err(LineRefused::BadCharacter);
    }
    if columns().any(|name| my_number::contains(column(name))) {
        return Err(LineRefused::MyNumber);
    }
    let filled = |name: &'static str| match column(name).trim() {
        "" => Err(LineRefused::Empty(name)),
        text => Ok(text),
    };
    let day = |name: &'static str, text: &str| text.parse::<Date>().map_err(|_| LineRefused::BadDate(name));
    let optional = |name: &'static str| Some(column(name).trim()).filter(|text| !text.is_empty());
    let personal = |text: &str| Personal::new(text.to_owned());
    let resident = Resident {
        id: ResidentId(filled("resident_id")?.to_owned()),
        name: personal(filled("name")?),
        kana: personal(filled("kana")?),
        sex: Sex::parse(filled("sex")?).ok_or(LineRefused::BadWord { column: "sex", known: "F, M, X" })?,
        birth_date: Personal::new(day("birth_date", filled("birth_date")?)?),
        postal_code: personal(column("postal_code").trim()),
        address: personal(filled("address")?),
        resident_since: day("resident_since", filled("resident_since")?)?,
        resident_until: optional("resident_until").map(|text| day("resident_until", text)).transpose()?,
        until_reason: optional("until_reason").map(until_reason).transpose()?,
        household: optional("household_id").map(personal),
        tax_exempt: flag("tax_exempt", column("tax_exempt"))?,
        protected: flag("protected", column("protected"))?,
    };
    match resident.resident_until {
        Some(until) if until < resident.resident_since => Err(LineRefused::EndsBeforeItBegins),
        _ => Ok(resident),
    }
}

fn until_reason(text: &str) -> Result<UntilReason, LineRefused> {
    let known = LineRefused::BadWord { column: "until_reason", known: "moved, deceased, 空" };
    UntilReason::parse(text).ok_or(known)
}

fn flag(column: &'static str, text: &str) -> Result<bool, LineRefused> {
    match text.trim() {
        "1" | "true" => Ok(true),
        "" | "0" | "false" => Ok(false),
        _ => Err(LineRefused::BadWord { column, known: "1, 0, true, false, 空" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn line(changes: &[(&str, &'static str)]) -> Result<Resident, LineRefused> {
        let changes: Vec<(String, &'static str)> =
            changes.iter().map(|(column, text)| ((*column).to_owned(), *text)).collect();
        resident(move |name| match changes.iter().find(|(column, _)| column == name) {
            Some((_, text)) => text,
            None => match name {
                "resident_id" => "10000001",
                "name" => "見本　花子",
                "kana" => "ミホン ハナコ",
                "sex" => "F",
                "birth_date" => "1950-03-04",
                "postal_code" => "999-0001",
                "address" => "架空市見本町1-2-3",
                "resident_since" => "2020-01-01",
                _ => "",
            },
        })
    }

    #[test]
    fn a_good_line_becomes_a_resident() {
        let left = [("resident_until", "2026-03-31"), ("until_reason", "moved"), ("protected", "1")];
        let resident = line(&left).unwrap();
        assert_eq!(resident.until_reason, Some(UntilReason::Moved));
        assert_eq!(*resident.birth_date.reveal(), date(1950, 3, 4));
        assert_eq!(resident.resident_until, Some(date(2026, 3, 31)));
        assert!(resident.protected && !resident.tax_exempt && resident.household.is_none());
    }

    #[test]
    fn a_bad_line_says_which_column_but_not_what_stands_there() {
        let check = |column, text: &'static str, words: &str| {
            let refused = line(&[(column, text)]).unwrap_err().to_string();
            assert!(refused.contains(words), "{refused}");
            assert!(text.is_empty() || !refused.contains(text), "{refused} quotes the value");
        };
        check("resident_id", "", "resident_id が空");
        check("name", "　", "name が空");
        check("sex", "女", "sex は");
        check("birth_date", "1950-02-30", "birth_date が日付");
        check("birth_date", "昭和25年3月4日", "birth_date が日付");
        check("resident_since", "soon", "resident_since が日付");
        check("resident_until", "2019-12-31", "resident_until が resident_since より前");
        check("protected", "はい", "protected は");
        check("until_reason", "引越し", "until_reason は");
        check("address", "架空市 983205673214", "個人番号");
        check("kana", "ミ\u{FFFD}ン", "文字コード");
    }
}
