//! 検算. Numbers of a form that must agree: products and sums, as a claim has them.

use super::Form;
use crate::ids::FieldId;
use crate::reading::Value;
use std::collections::BTreeMap;

/// 検算. What the number in one field follows from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calculation {
    /// How the result comes about.
    pub operation: Operation,
    /// The fields that go in.
    pub of: Vec<FieldId>,
    /// The field that holds the result.
    pub gives: FieldId,
}

/// 演算. All inputs together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// 積. A row of nothing but blanks gives a blank.
    Product,
    /// 和. A blank counts as nought; nothing but blanks gives a blank.
    Sum,
}

impl Calculation {
    /// What the result must be, as whole numbers; `None` when nothing is written or a number is too large to count with.
    /// A product with a blank among its numbers is nought.
    pub fn expected(&self, values: &BTreeMap<FieldId, Value>) -> Option<u64> {
        let numbers: Vec<Option<u64>> = self.of.iter().map(|id| number(values, id)).collect();
        numbers.iter().any(Option::is_some).then_some(())?;
        let mut numbers = numbers.into_iter().map(Option::unwrap_or_default);
        match self.operation {
            Operation::Product => numbers.try_fold(1u64, u64::checked_mul),
            Operation::Sum => numbers.try_fold(0u64, u64::checked_add),
        }
    }

    /// Whether the numbers agree; `None` when a field has no certain value yet, so that nothing can be said.
    pub fn agrees(&self, values: &BTreeMap<FieldId, Value>) -> Option<bool> {
        let known = self.of.iter().chain([&self.gives]).all(|id| values.contains_key(id));
        known.then(|| self.expected(values) == number(values, &self.gives))
    }
}

fn number(values: &BTreeMap<FieldId, Value>, id: &FieldId) -> Option<u64> {
    values.get(id)?.text()?.parse().ok()
}

impl Form {
    /// The calculations whose numbers are all known and do not agree.
    pub fn miscalculated<'a>(
        &'a self,
        values: &'a BTreeMap<FieldId, Value>,
    ) -> impl Iterator<Item = &'a Calculation> {
        self.calculations.iter().filter(|calculation| calculation.agrees(values) == Some(false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(texts: &[(&str, &str)]) -> BTreeMap<FieldId, Value> {
        let value = |text: &str| if text.is_empty() { Value::Blank } else { Value::Text(text.to_owned()) };
        texts.iter().map(|(id, text)| (FieldId::from(*id), value(text))).collect()
    }

    #[test]
    fn amounts_are_held_against_count_and_price_and_nothing_is_said_of_what_is_not_known() {
        let product = Calculation {
            operation: Operation::Product,
            of: vec!["count".into(), "price".into()],
            gives: "amount".into(),
        };
        let check = |texts: &[(&str, &str)], expected| {
            assert_eq!(product.agrees(&values(texts)), expected, "{texts:?}");
        };
        check(&[("count", "12"), ("price", "4504"), ("amount", "54048")], Some(true));
        check(&[("count", "12"), ("price", "4504"), ("amount", "54049")], Some(false));
        check(&[("count", "0012"), ("price", "04504"), ("amount", "0054048")], Some(true));
        check(&[("count", "12"), ("price", "4504"), ("amount", "")], Some(false));
        check(&[("count", "12"), ("price", ""), ("amount", "54048")], Some(false));
        check(&[("count", ""), ("price", ""), ("amount", "")], Some(true));
        check(&[("count", ""), ("price", ""), ("amount", "1")], Some(false));
        check(&[("count", "12"), ("price", "4504")], None);
        check(&[("price", "4504"), ("amount", "54048")], None);
    }

    #[test]
    fn totals_count_blanks_as_nought() {
        let sum = Calculation {
            operation: Operation::Sum,
            of: vec!["a".into(), "b".into(), "c".into()],
            gives: "total".into(),
        };
        let check = |texts: &[(&str, &str)], expected| {
            assert_eq!(sum.agrees(&values(texts)), expected, "{texts:?}");
        };
        check(&[("a", "10"), ("b", ""), ("c", "5"), ("total", "15")], Some(true));
        check(&[("a", "10"), ("b", ""), ("c", "5"), ("total", "16")], Some(false));
        check(&[("a", ""), ("b", ""), ("c", ""), ("total", "")], Some(true));
        check(&[("a", "10"), ("c", "5"), ("total", "15")], None);
        let huge = "18446744073709551615";
        check(&[("a", huge), ("b", huge), ("c", ""), ("total", "15")], Some(false));
    }
}
