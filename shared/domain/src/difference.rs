//! 違いの説明. How a written item departs from the register's, in words that help to decide who it is.

use crate::fold::fold_name;
use crate::likeness::is_confused;
use crate::wareki::{self, Era};
use jiff::civil::Date;

/// What may have happened between the birth date `read` on paper and the register's; `None` when they are the same or
/// nothing simple explains it.
pub fn birth_difference(read: Date, register: Date) -> Option<String> {
    if read == register {
        return None;
    }
    if Date::new(read.year(), read.day(), read.month()).ok() == Some(register) {
        return Some("月と日の入れ替わりの可能性".to_owned());
    }
    let (era, other) = (Era::of(read)?, Era::of(register)?);
    let figures =
        |era: Era, date: Date| format!("{:02}{:02}{:02}", date.year() - era.base(), date.month(), date.day());
    let (ours, theirs) = (figures(era, read), figures(other, register));
    if ours == theirs {
        return Some(format!("元号の違いの可能性（{}と{}）", era.label(), other.label()));
    }
    if era != other {
        return None;
    }
    let differing: Vec<(char, char)> = ours.chars().zip(theirs.chars()).filter(|(a, b)| a != b).collect();
    match differing[..] {
        [(a, b)] if is_confused(a, b) => Some(format!("{a}と{b}の読み違いの可能性")),
        [(a, b)] => Some(format!("数字1文字の違い（{a}と{b}）")),
        [(a, b), (c, d)] if is_confused(a, b) && is_confused(c, d) => {
            Some(format!("{a}と{b}、{c}と{d}の読み違いの可能性"))
        }
        _ => None,
    }
}

/// The birth date on paper as it is shown beside the register's.
pub fn written_birth(read: Date) -> String {
    format!("用紙は{}", wareki::format(read))
}

/// Variants of the same kanji by which two names differ that are otherwise the same: `髙と高の字体の違い`.
pub fn variants(written: &str, register: &str) -> Option<String> {
    let plain = |name: &str| name.chars().filter(|c| !c.is_whitespace()).collect::<Vec<char>>();
    let (written, register) = (plain(written), plain(register));
    if written.len() != register.len() {
        return None;
    }
    let differing: Vec<(char, char)> = written.into_iter().zip(register).filter(|(a, b)| a != b).collect();
    let same = |(a, b): &(char, char)| fold_name(&a.to_string()) == fold_name(&b.to_string());
    if differing.is_empty() || !differing.iter().all(same) {
        return None;
    }
    let pairs: Vec<String> = differing.iter().map(|(a, b)| format!("{a}と{b}")).collect();
    Some(format!("{}の字体の違い", pairs.join("、")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_birth_date_that_differs_says_how() {
        let table = [
            ("1950-03-04", "1950-03-04", None),
            ("1950-03-04", "1950-08-04", Some("3と8の読み違いの可能性")),
            ("1950-03-01", "1950-03-07", Some("1と7の読み違いの可能性")),
            ("1950-10-20", "1950-10-26", Some("0と6の読み違いの可能性")),
            ("1950-03-05", "1950-03-09", Some("数字1文字の違い（5と9）")),
            ("1953-03-01", "1948-03-07", Some("8と3、1と7の読み違いの可能性")),
            ("1950-03-04", "1950-04-03", Some("月と日の入れ替わりの可能性")),
            ("1950-03-04", "2013-03-04", Some("元号の違いの可能性（昭和と平成）")),
            ("1950-03-04", "1921-11-30", None),
        ];
        for (read, register, expected) in table {
            let told = birth_difference(read.parse().unwrap(), register.parse().unwrap());
            assert_eq!(told.as_deref(), expected, "{read} {register}");
        }
    }

    #[test]
    fn variants_of_a_kanji_are_named() {
        let table = [
            ("髙橋 花子", "高橋　花子", Some("髙と高の字体の違い")),
            ("山﨑 花子", "山崎 花子", Some("﨑と崎の字体の違い")),
            ("渡邊 花子", "渡辺 花子", Some("邊と辺の字体の違い")),
            ("齋藤 花子", "斎藤 花子", Some("齋と斎の字体の違い")),
            ("高橋 花子", "高橋 花子", None),
            ("高橋 花子", "高田 花子", None),
            ("高橋 花", "高橋 花子", None),
        ];
        for (written, register, expected) in table {
            assert_eq!(variants(written, register).as_deref(), expected, "{written} {register}");
        }
    }
}
