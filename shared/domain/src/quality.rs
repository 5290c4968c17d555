//! 品質. A blind sample keeps proving how often accepted values are wrong, and bars say how sure a value must be.
//!
//! The machine's values are drawn by a keyed hash, keyed by a person who cannot tell the sample from a second keying,
//! and compared; where the two differ a third person decides.

mod bar;
mod draw;

pub use bar::{Bar, BarRefused, Effect, effect, loosest};
pub use draw::{Plan, Secret, is_drawn, opaque};

use crate::form::Field;
use crate::keying::{Keyed, same};
use crate::reading::Value;

/// 抜取の結果. What a sampled value turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The machine was right.
    Right,
    /// The machine was wrong.
    Wrong,
    /// Nobody can say what stands there; counts neither way.
    Unclear,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Verdict; 3] = [Verdict::Right, Verdict::Wrong, Verdict::Unclear];

    /// As written in rows.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Right => "right",
            Verdict::Wrong => "wrong",
            Verdict::Unclear => "unclear",
        }
    }

    /// The verdict with this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.as_str() == word)
    }

    /// After one blind keying of `field`: the same means right; anything else has to be decided by a third person.
    pub fn of_keying(field: &Field, machine: &Value, keyed: &Keyed) -> Option<Self> {
        same(Some(field), &Keyed::Value(machine.clone()), keyed).then_some(Verdict::Right)
    }

    /// After a third person's decision.
    pub fn of_decision(field: &Field, machine: &Value, decided: &Keyed) -> Self {
        match decided {
            Keyed::Illegible => Verdict::Unclear,
            decided if same(Some(field), &Keyed::Value(machine.clone()), decided) => Verdict::Right,
            _ => Verdict::Wrong,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn equal_after_normalisation_proves_the_machine_right() {
        let form = sample::form();
        let text = |text: &str| if text.is_empty() { Value::Blank } else { Value::Text(text.into()) };
        let keyed = |text_of: &str| Keyed::Value(text(text_of));
        let (right, wrong, unclear) = (Verdict::Right, Verdict::Wrong, Verdict::Unclear);
        let table = [
            ("temperature", "36.5", keyed("36.5"), Some(right), right),
            ("temperature", "36.5", keyed("38.5"), None, wrong),
            ("lot", "AB123", keyed("ab 123"), Some(right), right),
            ("consent", "", keyed(""), Some(right), right),
            ("consent", "", keyed("agree"), None, wrong),
            ("consent", "agree", keyed(""), None, wrong),
            ("temperature", "36.5", Keyed::Illegible, None, unclear),
            ("consent", "agree", Keyed::NoneOfThese, None, wrong),
        ];
        for (field, machine, keyed, alone, decided) in table {
            let field = form.field(field).expect("a field of the sample form");
            assert_eq!(Verdict::of_keying(field, &text(machine), &keyed), alone, "{}", field.id);
            assert_eq!(Verdict::of_decision(field, &text(machine), &keyed), decided, "{}", field.id);
        }
    }
}
