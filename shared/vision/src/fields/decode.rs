//! 復号. Cells and a rule -> whole numbers with probabilities.
//!
//! Every number that the rule allows is weighed by the ink of all its cells; a rule may raise or lower doubt,
//! but a digit that its own cell refuses is never believed.

use super::calibration as c;
use super::comb::Belief;
use domain::form::DigitsRule;

/// A number as written, with its share of the belief.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Number {
    /// Digits, with a point where the rule has decimals.
    pub text: String,
    /// Probability, 0..=1.
    pub probability: f64,
    /// The least probability that a cell gives the digit chosen for it.
    pub weakest: f64,
}

/// What a comb holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Decoded {
    /// Nothing is written; wrong with this probability.
    Blank(f64),
    /// Some boxes that must be filled are empty.
    Gaps,
    /// Numbers that the rule allows, most probable first; the flag says that the ink alone would say
    /// something that the rule forbids.
    Numbers(Vec<Number>, Forbidden),
}

/// What the ink alone says, when the rule forbids it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forbidden {
    /// Nothing forbidden.
    Nothing,
    /// The check digit does not fit.
    Check,
    /// The value is out of range.
    Range,
}

/// Partial numbers kept while cells are added: all that differ in one cell from the best, and most that differ
/// in two.
const KEPT: usize = 400;
/// Digits less probable than this, against the best of their cell, are not followed.
const FOLLOWED: f64 = 1e-8;
/// Combs of more cells than this do not fit a number of 64 bits.
const LONGEST: usize = 19;

/// A partial or whole string of digits.
#[derive(Clone, Debug)]
struct Candidate {
    digits: String,
    weight: f64,
    weakest: f64,
}

/// Decodes the cells of a comb.
pub(crate) fn decode(cells: &[Belief], rule: &DigitsRule) -> Decoded {
    if cells.iter().all(Belief::is_blank) {
        return Decoded::Blank(cells.iter().map(|cell| 1.0 - cell.blank).sum());
    }
    let layouts = layouts(cells, rule);
    if layouts.is_empty() || cells.len() > LONGEST {
        return Decoded::Gaps;
    }
    let mut allowed = Vec::new();
    let (mut total, mut best_forbidden) = (0.0, None::<(f64, Forbidden)>);
    let forbidden_share = forbidden_share(rule, cells.len());
    for (first, last) in layouts {
        let outside: f64 = cells[..first].iter().chain(&cells[last..]).map(|cell| cell.blank).product();
        for candidate in strings(&cells[first..last]) {
            let weight = candidate.weight * outside;
            match judge(rule, &candidate.digits) {
                Forbidden::Nothing => {
                    total += weight;
                    allowed.push(Candidate { weight, ..candidate });
                }
                why => {
                    total += weight * forbidden_share;
                    if best_forbidden.is_none_or(|(best, _)| weight > best) {
                        best_forbidden = Some((weight, why));
                    }
                }
            }
        }
    }
    allowed.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    let forbidden = match (best_forbidden, allowed.first()) {
        (Some((weight, why)), Some(best)) if weight > best.weight => why,
        (Some((_, why)), None) => why,
        _ => Forbidden::Nothing,
    };
    Decoded::Numbers(numbers(allowed, total, cells, rule), forbidden)
}

/// Gives every allowed string its probability; equal values (`05`, ` 5`) become one.
fn numbers(allowed: Vec<Candidate>, total: f64, cells: &[Belief], rule: &DigitsRule) -> Vec<Number> {
    let clean: f64 = cells.iter().map(|cell| 1.0 - c::REFUSED_HARM * cell.refused).product();
    let mut found: Vec<Number> = Vec::new();
    for candidate in allowed.into_iter().take(KEPT) {
        let probability = if total > 0.0 { candidate.weight / total * clean } else { 0.0 };
        let text = text(rule, &candidate.digits);
        match found.iter_mut().find(|number| number.text == text) {
            Some(same) => same.probability += probability,
            None => found.push(Number { text, probability, weakest: candidate.weakest }),
        }
    }
    found.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    found
}

/// Which cells may hold the number: all of them, or a run with only empty ones outside.
fn layouts(cells: &[Belief], rule: &DigitsRule) -> Vec<(usize, usize)> {
    let empty_enough = |part: &[Belief]| part.iter().all(|cell| cell.blank > 1e-6);
    let filled_enough = |part: &[Belief]| part.iter().all(|cell| !cell.is_blank());
    let n = cells.len();
    let ends = (0..n).flat_map(|first| (first + 1..=n).map(move |last| (first, last)));
    ends.filter(|&(first, last)| {
        let whole = (first, last) == (0, n);
        // With decimals the right end is fixed by the printed point.
        let may = rule.may_be_short
            && (rule.decimals == 0 || last == n && last - first > usize::from(rule.decimals));
        (whole || may)
            && empty_enough(&cells[..first])
            && empty_enough(&cells[last..])
            && filled_enough(&cells[first..last])
    })
    .collect()
}

/// The most probable strings of digits that cells may hold.
fn strings(cells: &[Belief]) -> Vec<Candidate> {
    /// A string under way, as a number.
    struct Partial {
        number: u64,
        weight: f64,
        weakest: f64,
    }
    let mut kept = vec![Partial { number: 0, weight: 1.0, weakest: 1.0 }];
    for cell in cells {
        let weights: [f64; 10] = std::array::from_fn(|digit| cell.weight(digit));
        let best = weights.iter().copied().fold(0.0, f64::max);
        let followed = || (0..10).filter(|&digit| weights[digit] > FOLLOWED * best);
        let grow = |partial: &Partial, digit: usize| Partial {
            number: partial.number * 10 + digit as u64,
            weight: partial.weight * weights[digit],
            weakest: partial.weakest.min(cell.digits[digit]),
        };
        let mut next: Vec<Partial> =
            kept.iter().flat_map(|partial| followed().map(move |digit| grow(partial, digit))).collect();
        if next.len() > KEPT {
            next.select_nth_unstable_by(KEPT, |a, b| b.weight.total_cmp(&a.weight));
            next.truncate(KEPT);
        }
        kept = next;
    }
    let width = cells.len();
    kept.into_iter()
        .map(|Partial { number, weight, weakest }| Candidate {
            digits: format!("{number:0width$}"),
            weight,
            weakest,
        })
        .collect()
}

fn judge(rule: &DigitsRule, digits: &str) -> Forbidden {
    if rule.check.is_some_and(|check| !check.accepts(digits)) {
        return Forbidden::Check;
    }
    let in_range = rule.range.is_none_or(|[low, high]| {
        // A thousandth of a unit, so that 42.0 is not lost to rounding.
        text(rule, digits).parse::<f64>().is_ok_and(|value| value >= low - 1e-3 && value <= high + 1e-3)
    });
    if in_range { Forbidden::Nothing } else { Forbidden::Range }
}

/// How much a forbidden string weighs against an allowed one with the same ink: the share of writers that
/// break the rule, spread over all the strings that it forbids.
fn forbidden_share(rule: &DigitsRule, cells: usize) -> f64 {
    let in_range = rule.range.map_or(1.0, |[low, high]| {
        let unit = 10f64.powi(-i32::from(rule.decimals));
        ((high - low) / unit + 1.0) / 10f64.powi(cells as i32)
    });
    let allowed = (in_range * if rule.check.is_some() { 0.1 } else { 1.0 }).clamp(0.0, 1.0);
    if allowed >= 1.0 { 0.0 } else { c::WRITTEN_WRONG * allowed / (1.0 - allowed) }
}

/// The value as text: with its point, and without leading zeros where boxes may stay empty instead.
fn text(rule: &DigitsRule, digits: &str) -> String {
    let whole = digits.len().saturating_sub(usize::from(rule.decimals));
    let (left, right) = digits.split_at(whole);
    let left = if rule.may_be_short && rule.range.is_some() {
        let bare = left.trim_start_matches('0');
        if bare.is_empty() { &left[left.len().saturating_sub(1)..] } else { bare }
    } else {
        left
    };
    if right.is_empty() { left.to_owned() } else { format!("{left}.{right}") }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use domain::check_digit::CheckDigit;

    /// A cell that is `digit` with probability `p` and `other` with the rest.
    pub fn cell(digit: usize, p: f64, other: usize) -> Belief {
        let mut digits = [1e-7; 10];
        digits[other] = 1.0 - p;
        digits[digit] = p;
        Belief { digits, blank: 1e-9, refused: 1e-7 }
    }

    pub fn sure(digit: usize) -> Belief {
        cell(digit, 1.0 - 1e-6, (digit + 1) % 10)
    }

    pub fn empty() -> Belief {
        Belief { digits: [1e-8; 10], blank: 1.0 - 1e-6, refused: 1e-7 }
    }

    fn best(cells: &[Belief], rule: &DigitsRule) -> (Number, Forbidden) {
        match decode(cells, rule) {
            Decoded::Numbers(numbers, forbidden) => (numbers[0].clone(), forbidden),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_range_settles_a_doubtful_digit() {
        let rule = DigitsRule { decimals: 1, range: Some([34.0, 42.0]), ..DigitsRule::default() };
        let (number, forbidden) = best(&[cell(3, 0.97, 8), sure(6), sure(5)], &rule);
        assert_eq!((number.text.as_str(), forbidden), ("36.5", Forbidden::Nothing));
        assert!(number.probability > 0.9999, "{}", number.probability);
        // Without the range the same ink stays doubtful.
        let free = DigitsRule { decimals: 1, ..DigitsRule::default() };
        assert!(best(&[cell(3, 0.97, 8), sure(6), sure(5)], &free).0.probability < 0.98);
    }

    #[test]
    fn a_rule_never_invents_a_digit_that_the_ink_refuses() {
        let rule = DigitsRule { decimals: 1, range: Some([34.0, 42.0]), ..DigitsRule::default() };
        let (number, forbidden) = best(&[sure(8), sure(6), sure(5)], &rule);
        assert_eq!(forbidden, Forbidden::Range);
        assert!(number.weakest < 0.5);
        let luhn = DigitsRule { check: Some(CheckDigit::Luhn), ..DigitsRule::default() };
        let wrong: Vec<Belief> = "0110113718".bytes().map(|b| sure(usize::from(b - b'0'))).collect();
        let (number, forbidden) = best(&wrong, &luhn);
        assert_eq!(forbidden, Forbidden::Check);
        assert!(number.weakest < 0.5);
    }

    #[test]
    fn a_check_digit_chooses_between_two_shapes() {
        let luhn = DigitsRule { check: Some(CheckDigit::Luhn), ..DigitsRule::default() };
        let mut cells: Vec<Belief> = "0110113719".bytes().map(|b| sure(usize::from(b - b'0'))).collect();
        cells[6] = cell(3, 0.6, 8);
        let (number, forbidden) = best(&cells, &luhn);
        assert_eq!((number.text.as_str(), forbidden), ("0110113719", Forbidden::Nothing));
        assert!(number.probability > 0.999, "{}", number.probability);
        assert!((number.weakest - 0.6).abs() < 1e-9);
    }

    #[test]
    fn short_numbers_leave_boxes_empty_at_either_end_only() {
        let rule = DigitsRule { range: Some([0.0, 100.0]), may_be_short: true, ..DigitsRule::default() };
        for cells in [[empty(), sure(3), sure(5)], [sure(0), sure(3), sure(5)], [sure(3), sure(5), empty()]] {
            assert_eq!(best(&cells, &rule).0.text, "35");
        }
        assert_eq!(best(&[empty(), empty(), sure(0)], &rule).0.text, "0");
        assert_eq!(decode(&[sure(3), empty(), sure(5)], &rule), Decoded::Gaps);
        let whole = DigitsRule { may_be_short: false, ..rule };
        assert_eq!(decode(&[empty(), sure(3), sure(5)], &whole), Decoded::Gaps);
        assert!(
            matches!(decode(&[empty(), empty(), empty()], &whole), Decoded::Blank(wrong) if wrong < 1e-5)
        );
    }

    #[test]
    fn refused_ink_lowers_confidence_and_goes_to_no_digit() {
        let mut cells = [sure(1), sure(2)];
        cells[1].refused = 0.4;
        cells[1].digits[2] = 0.6;
        let (number, _) = best(&cells, &DigitsRule::default());
        assert_eq!(number.text, "12");
        let in_doubt = 0.4 * (1.0 - c::REFUSED_MEANS_ITS_LIKENESS);
        assert!(number.probability < 1.0 - 0.9 * in_doubt, "{}", number.probability);
    }
}
