//! 半角カナ. Names as banks write them: one byte a character (JIS X 0201), large kana, marks on their own.

use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// Why a name can not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unwritable {
    /// Nothing is left of it.
    Empty,
    /// A character that the bank's record does not have; its place, from 1.
    Character {
        /// Its place in the text, from 1.
        at: usize,
    },
    /// More half-width characters (marks counted) than the field holds.
    TooLong {
        /// How many there are.
        length: usize,
        /// How many fit.
        room: usize,
    },
}

/// Follows the name of the column or of whom it is about.
impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("が空です"),
            Self::Character { at } => {
                write!(
                    f,
                    "の{at}文字目が銀行の半角カナで書けません（カナ・英数字・( ) . - / 「 」だけが使えます）"
                )
            }
            Self::TooLong { length, room } => {
                write!(
                    f,
                    "が半角{room}文字を超えます（濁点を含めて{length}文字）。銀行へ届け出た略称で書いてください"
                )
            }
        }
    }
}

impl std::error::Error for Unwritable {}

/// Folds a name to what the bank's record can hold: full width, hiragana and small letters as half-width large kana,
/// 濁点 and 半濁点 as marks of their own, long vowels and every dash as `-`, spaces in a row as one (domain.md D5).
///
/// # Errors
/// It is empty, or a character has no place there (kanji, ・, ヰ, ヱ, …): it is never left out or guessed.
pub fn fold(text: &str) -> Result<String, Unwritable> {
    let mut folded = String::new();
    for (at, written) in text.trim().chars().enumerate() {
        let refused = Unwritable::Character { at: at + 1 };
        // Half-width marks stand alone in the text: NFKC makes combining ones of them.
        for part in std::iter::once(written).nfkc().nfd() {
            let half = half(part).ok_or(refused)?;
            let last = folded.chars().last();
            match half {
                ' ' if last == Some(' ') => {}
                'ﾞ' if !last.is_some_and(takes_dakuten) => return Err(refused),
                'ﾟ' if !last.is_some_and(takes_handakuten) => return Err(refused),
                _ => folded.push(half),
            }
        }
    }
    if folded.trim().is_empty() { Err(Unwritable::Empty) } else { Ok(folded) }
}

/// [`fold`], and no longer than `room` half-width characters.
///
/// # Errors
/// As [`fold`], or it is too long: a name that was cut may be another one's.
pub fn fold_within(text: &str, room: usize) -> Result<String, Unwritable> {
    let folded = fold(text)?;
    let length = folded.chars().count();
    if length > room { Err(Unwritable::TooLong { length, room }) } else { Ok(folded) }
}

/// The byte of a folded character; `None` for anything [`fold`] does not give.
pub(super) fn byte(c: char) -> Option<u8> {
    match c {
        // Half-width forms from ｡ follow 0xA1 of JIS X 0201 one by one.
        '\u{FF61}'..='\u{FF9F}' => u8::try_from(c as u32 - 0xFF61 + 0xA1).ok(),
        _ if c.is_ascii() && !c.is_ascii_control() => u8::try_from(c).ok(),
        _ => None,
    }
}

/// One half-width character for a decomposed one.
fn half(c: char) -> Option<char> {
    // Hiragana lie 0x60 below katakana, sign for sign.
    let c = if matches!(c, 'ぁ'..='ゖ') { char::from_u32(c as u32 + 0x60)? } else { c };
    match c {
        'A'..='Z' | '0'..='9' | ' ' | '(' | ')' | '.' | '-' | '/' => Some(c),
        'a'..='z' => Some(c.to_ascii_uppercase()),
        'ー' | '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => Some('-'),
        '「' => Some('｢'),
        '」' => Some('｣'),
        '\u{3099}' | '゛' => Some('ﾞ'),
        '\u{309A}' | '゜' => Some('ﾟ'),
        // ヲ is no letter of these records: banks write ｵ.
        'ヲ' => Some('ｵ'),
        _ => katakana(c),
    }
}

/// Half-width large kana.
fn katakana(c: char) -> Option<char> {
    const FULL: &str =
        "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン";
    const SMALL: [(char, char); 12] = [
        ('ァ', 'ｱ'),
        ('ィ', 'ｲ'),
        ('ゥ', 'ｳ'),
        ('ェ', 'ｴ'),
        ('ォ', 'ｵ'),
        ('ッ', 'ﾂ'),
        ('ャ', 'ﾔ'),
        ('ュ', 'ﾕ'),
        ('ョ', 'ﾖ'),
        ('ヮ', 'ﾜ'),
        ('ヵ', 'ｶ'),
        ('ヶ', 'ｹ'),
    ];
    if let Some((_, large)) = SMALL.iter().find(|(small, _)| *small == c) {
        return Some(*large);
    }
    let at = FULL.chars().position(|full| full == c)?;
    // ｱ to ﾝ follow each other in the order of the table.
    char::from_u32('ｱ' as u32 + u32::try_from(at).ok()?)
}

/// ｶ to ﾄ, ﾊ to ﾎ, and ｳ for ヴ.
fn takes_dakuten(c: char) -> bool {
    matches!(c, 'ｶ'..='ﾄ' | 'ﾊ'..='ﾎ' | 'ｳ')
}

fn takes_handakuten(c: char) -> bool {
    matches!(c, 'ﾊ'..='ﾎ')
}
