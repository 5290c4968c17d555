//! GS1. What the code of a lot label says, every part proven by its own rule (GS1 General Specifications, 3 and 7.8).
//!
//! A code that breaks a rule is refused as a whole, with a reason: half of it would be a guess.

use domain::check_digit::CheckDigit;
use domain::reading::LotLabel;
use jiff::civil::Date;

/// FNC1 between two elements, as readers of codes give it.
const SEPARATOR: char = '\u{1d}';

/// Why a code is no label's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It is no sequence of GS1 elements: another code, or one cut short.
    NotGs1,
    /// The check digit of the GTIN is wrong.
    Gtin,
    /// The expiry is no date.
    Expiry,
    /// The lot has a forbidden character or length.
    Lot,
    /// It says one thing in two ways.
    Twice,
}

impl Refused {
    /// The sentence for people.
    pub fn text(self) -> &'static str {
        match self {
            Refused::NotGs1 => "ラベルのコードがGS1の形ではありません。ロット番号を画像で確認してください",
            Refused::Gtin => {
                "ラベルの商品コード（GTIN）の検査数字が合いません。ロット番号を画像で確認してください"
            }
            Refused::Expiry => "ラベルの使用期限が日付ではありません。ロット番号を画像で確認してください",
            Refused::Lot => "ラベルのロット番号の形が正しくありません。画像で確認してください",
            Refused::Twice => "ラベルのコードが二通りの値を示しています。ロット番号を画像で確認してください",
        }
    }
}

/// Reads the elements of a code: `01049…17261130` `10AB12`, with [`SEPARATOR`] behind an element of open length.
/// Serial numbers and all else that a record does not keep are skipped.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn parse(text: &str) -> Result<LotLabel, Refused> {
    let mut label = LotLabel::default();
    let mut rest = text.trim_start_matches(SEPARATOR);
    if rest.is_empty() {
        return Err(Refused::NotGs1);
    }
    while !rest.is_empty() {
        let (identifier, value, behind) = element(rest).ok_or(Refused::NotGs1)?;
        match identifier {
            "01" => put(&mut label.gtin, gtin(value)?)?,
            "10" => put(&mut label.lot, lot(value)?)?,
            "17" => put(&mut label.expiry, expiry(value).ok_or(Refused::Expiry)?)?,
            _ => {}
        }
        rest = behind;
    }
    Ok(label)
}

fn put<T: PartialEq>(place: &mut Option<T>, value: T) -> Result<(), Refused> {
    match place {
        Some(before) if *before != value => Err(Refused::Twice),
        _ => {
            *place = Some(value);
            Ok(())
        }
    }
}

/// The first element of `text`: identifier, value, and what follows.
fn element(text: &str) -> Option<(&str, &str, &str)> {
    let head = text.get(..2).filter(|head| head.bytes().all(|b| b.is_ascii_digit()))?;
    let number: u8 = head.parse().ok()?;
    // Elements of these identifiers have a length known beforehand, and need no separator (figure 7.8.5-2).
    let fixed = match number {
        0 => Some(20),
        1..=3 => Some(16),
        4 => Some(18),
        11..=19 => Some(8),
        20 => Some(4),
        31..=36 => Some(10),
        41 => Some(16),
        _ => None,
    };
    let width = match number {
        0..=4 | 10..=22 | 30 | 37 | 90..=99 => 2,
        23..=25 | 40..=42 | 71 => 3,
        31..=36 | 39 | 43 | 70 | 72 | 80..=82 => 4,
        _ => return None,
    };
    let end = match fixed {
        Some(length) => length,
        None => text.find(SEPARATOR).unwrap_or(text.len()),
    };
    let (identifier, value) = (text.get(..width)?, text.get(width..end)?);
    let digits_only = fixed.is_some();
    let sound = !value.is_empty()
        && value.chars().all(|c| c.is_ascii_graphic())
        && (!digits_only || value.bytes().all(|b| b.is_ascii_digit()));
    sound.then(|| (identifier, value, text[end..].trim_start_matches(SEPARATOR)))
}

fn gtin(value: &str) -> Result<String, Refused> {
    let sound = value.len() == 14 && CheckDigit::Mod10W3.accepts(value);
    sound.then(|| value.to_owned()).ok_or(Refused::Gtin)
}

fn lot(value: &str) -> Result<String, Refused> {
    // The 82 characters of GS1's set; 1 to 20 of them.
    let allowed = |c: char| c.is_ascii_alphanumeric() || "!\"%&'()*+,-./:;<=>?_".contains(c);
    let sound = (1..=20).contains(&value.len()) && value.chars().all(allowed);
    sound.then(|| value.to_owned()).ok_or(Refused::Lot)
}

/// `YYMMDD`; day 00 is the last of the month. Vaccines of the last century are no more.
fn expiry(value: &str) -> Option<Date> {
    let part = |at: usize| value.get(at..at + 2)?.parse::<i8>().ok();
    let (year, month, day) = (part(0)?, part(2)?, part(4)?);
    let first = Date::new(2000 + i16::from(year), month, 1).ok()?;
    if day == 0 { Some(first.last_of_month()) } else { Date::new(first.year(), month, day).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const GTIN: &str = "0104912345678904";

    #[test]
    fn elements_are_taken_in_any_order_with_and_without_separators() {
        let whole = LotLabel {
            gtin: Some("04912345678904".into()),
            lot: Some("AB12".into()),
            expiry: Some(date(2026, 11, 30)),
        };
        for text in [
            format!("{GTIN}1726113010AB12"),
            format!("{GTIN}10AB12\u{1d}17261130"),
            format!("{GTIN}10AB12\u{1d}17261100"),
            format!("\u{1d}1726113010AB12\u{1d}{GTIN}\u{1d}"),
            format!("{GTIN}1726113021S-9/8\u{1d}10AB12"),
            format!("{GTIN}1726113010AB12\u{1d}3010\u{1d}240X1\u{1d}7003261130\u{1d}91Z"),
        ] {
            assert_eq!(parse(&text), Ok(whole.clone()), "{text:?}");
        }
        assert_eq!(parse("1710022910A").unwrap_err(), Refused::Expiry, "2010 was no leap year");
        assert_eq!(parse("17280200").unwrap().expiry, Some(date(2028, 2, 29)));
        assert_eq!(parse(GTIN), Ok(LotLabel { gtin: whole.gtin, ..LotLabel::default() }));
    }

    #[test]
    fn what_breaks_a_rule_is_refused_as_a_whole() {
        let long = format!("10{}", "A".repeat(21));
        let table = [
            ("", Refused::NotGs1),
            ("4912345678904", Refused::NotGs1),
            ("https://example.org/01/04912345678904", Refused::NotGs1),
            ("YT1|99000000015|0110113719|2026-10|x|5", Refused::NotGs1),
            ("01049123456789", Refused::NotGs1),
            ("0104912345678905", Refused::Gtin),
            ("010491234567890410", Refused::NotGs1),
            ("17261330", Refused::Expiry),
            ("17260231", Refused::Expiry),
            ("1726A130", Refused::NotGs1),
            (&long, Refused::Lot),
            ("10AB#1", Refused::Lot),
            ("10AB1\u{1d}10AB2", Refused::Twice),
            ("10ロット", Refused::NotGs1),
            ("07000000013", Refused::NotGs1),
        ];
        for (text, why) in table {
            assert_eq!(parse(text), Err(why), "{text:?}");
        }
    }
}
