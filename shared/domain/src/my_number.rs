//! 個人番号 (My Number). Never needed here: found only to be refused or masked.

use unicode_normalization::UnicodeNormalization;

/// Digits of a 個人番号.
const LENGTH: usize = 12;

/// Whether `text` holds a run of twelve digits (full width, or grouped by single spaces or hyphens, too)
/// that passes the check digit of 総務省令85号.
pub fn contains(text: &str) -> bool {
    !runs(text).is_empty()
}

/// `text` with every digit of such a run as `*`.
pub fn mask(text: &str) -> String {
    let hidden = runs(text);
    let masked = |at: usize| hidden.iter().any(|run| run.contains(&at));
    text.char_indices().map(|(at, c)| if masked(at) && figure(c).is_some() { '*' } else { c }).collect()
}

/// Byte ranges of the runs, from the first to the last digit.
fn runs(text: &str) -> Vec<std::ops::RangeInclusive<usize>> {
    let mut found = Vec::new();
    let mut run: Vec<(usize, u32)> = Vec::new();
    let mut after_separator = false;
    for (at, c) in text.char_indices() {
        match figure(c) {
            Some(digit) => {
                run.push((at, digit));
                after_separator = false;
            }
            None if !run.is_empty() && !after_separator && is_separator(c) => after_separator = true,
            None => {
                found.extend(number(&run));
                run.clear();
                after_separator = false;
            }
        }
    }
    found.extend(number(&run));
    found
}

fn number(run: &[(usize, u32)]) -> Option<std::ops::RangeInclusive<usize>> {
    let digits: Vec<u32> = run.iter().map(|(_, digit)| *digit).collect();
    (digits.len() == LENGTH && passes(&digits)).then(|| run[0].0..=run[LENGTH - 1].0)
}

/// Weights n + 1 for the first six digits from the right, n - 5 for the rest; check = 11 - sum mod 11,
/// where a remainder of 0 or 1 gives 0.
fn passes(digits: &[u32]) -> bool {
    let (check, body) = (digits[LENGTH - 1], &digits[..LENGTH - 1]);
    let weighted = body.iter().rev().zip(1u32..).map(|(digit, n)| digit * if n <= 6 { n + 1 } else { n - 5 });
    let rest = weighted.sum::<u32>() % 11;
    check == if rest <= 1 { 0 } else { 11 - rest }
}

fn figure(c: char) -> Option<u32> {
    c.nfkc().next()?.to_digit(10)
}

fn is_separator(c: char) -> bool {
    c == '-' || c == ' ' || c == '　' || c == '－'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_passes_is_masked_and_nothing_else() {
        // Body 98320567321 with check digit 4: the worked example of the check-digit rule, nobody's number.
        let check = |text: &str, masked: &str| {
            assert_eq!(mask(text), masked);
            assert_eq!(contains(text), text != masked, "{text}");
        };
        check("番号983205673214です", "番号************です");
        check("9832-0567-3214", "****-****-****");
        check("９８３２０５６７３２１４", "************");
        check("983205673215", "983205673215");
        check("0983205673214", "0983205673214");
        check("98320567321", "98320567321");
        check("住所1-2-3 電話03-1234-5678", "住所1-2-3 電話03-1234-5678");
        check("", "");
    }
}
