//! Check digits of the numbers on Japanese municipal and medical paper.

use serde::{Deserialize, Serialize};

/// 検査数字. How the last digit of a number follows from those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckDigit {
    /// Modulus 11, weights 2..=7 from the right, check = 11 - (sum mod 11).
    /// A body whose check would be 10 or 11 is not a number at all: such serials are never issued,
    /// so every single wrong digit and every swap of neighbours is caught.
    Mod11,
    /// Modulus 10, weights 2 and 1 from the right with digit sums (Luhn): 医療機関コード, 保険者番号.
    Luhn,
    /// Modulus 10, weights 3 and 1 from the right: GTIN, JAN.
    Mod10W3,
    /// The body as a number modulo 7 (7DR of NW-7).
    Mod7,
}

impl CheckDigit {
    /// The check digit for `body`, or `None` when `body` is empty, is not all digits,
    /// or is a body that this scheme leaves out.
    pub fn of(self, body: &str) -> Option<u8> {
        let digits = digits(body)?;
        if digits.is_empty() {
            return None;
        }
        let from_right = digits.iter().rev().map(|&d| u32::from(d)).enumerate();
        let check = match self {
            Self::Mod11 => {
                let sum: u32 = from_right.map(|(i, d)| d * (2 + i as u32 % 6)).sum();
                match 11 - sum % 11 {
                    10 | 11 => return None,
                    check => check,
                }
            }
            Self::Luhn => {
                let sum: u32 =
                    from_right.map(|(i, d)| if i % 2 == 0 { d * 2 / 10 + d * 2 % 10 } else { d }).sum();
                (10 - sum % 10) % 10
            }
            Self::Mod10W3 => {
                let sum: u32 = from_right.map(|(i, d)| if i % 2 == 0 { d * 3 } else { d }).sum();
                (10 - sum % 10) % 10
            }
            Self::Mod7 => digits.iter().fold(0, |rest, &d| (rest * 10 + u32::from(d)) % 7),
        };
        Some(check as u8)
    }

    /// Whether the last digit of `number` is the check digit of those before it.
    pub fn accepts(self, number: &str) -> bool {
        let Some((body, last)) = number.len().checked_sub(1).and_then(|n| number.split_at_checked(n)) else {
            return false;
        };
        self.of(body).is_some_and(|check| last == check.to_string())
    }
}

fn digits(text: &str) -> Option<Vec<u8>> {
    text.bytes().map(|b| b.is_ascii_digit().then(|| b - b'0')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_numbers_pass() {
        assert!(CheckDigit::Luhn.accepts("0110113719"));
        assert!(CheckDigit::Mod10W3.accepts("4007630000116"));
        assert_eq!(CheckDigit::Mod7.of("12345678901"), Some(3));
    }

    #[test]
    fn mod11_catches_every_wrong_digit_and_every_swap_of_neighbours() {
        let mut bodies = (0..2000u32).map(|n| format!("01{:08}", n * 4177 % 99_999_989));
        let number = bodies
            .find_map(|b| CheckDigit::Mod11.of(&b).map(|c| format!("{b}{c}")))
            .expect("most bodies have a check digit");
        let bytes = number.as_bytes();
        for at in 0..bytes.len() {
            for digit in b'0'..=b'9' {
                let mut wrong = bytes.to_vec();
                wrong[at] = digit;
                let same = wrong == bytes;
                assert_eq!(CheckDigit::Mod11.accepts(std::str::from_utf8(&wrong).unwrap()), same);
            }
            if at > 0 && bytes[at] != bytes[at - 1] {
                let mut swapped = bytes.to_vec();
                swapped.swap(at, at - 1);
                assert!(!CheckDigit::Mod11.accepts(std::str::from_utf8(&swapped).unwrap()));
            }
        }
    }

    #[test]
    fn nonsense_is_refused_without_a_panic() {
        for text in ["", "1", "あ", "1あ", "-5", "12a"] {
            for scheme in [CheckDigit::Mod11, CheckDigit::Luhn, CheckDigit::Mod10W3, CheckDigit::Mod7] {
                assert!(!scheme.accepts(text), "{text}");
            }
        }
    }
}
