//! 版. What pages are read with, so that what two different forms or models saw is never mixed.

use serde::{Deserialize, Serialize};
use std::fmt;

/// 版. Which forms and which model of digits a machine has.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Edition {
    /// Counts the editions of one hub from 1, so that an older request is told from a newer one; 0 when no hub gave it
    /// a number. Two editions are compared without it.
    #[serde(default)]
    pub number: u32,
    /// Hash of every form in use and of the pictures of its empty sheets; empty when nobody said it.
    pub forms: String,
    /// Hash of the model of digits; empty when nobody said it.
    pub model: String,
}

impl PartialEq for Edition {
    fn eq(&self, other: &Self) -> bool {
        (&self.forms, &self.model) == (&other.forms, &other.model)
    }
}

impl Eq for Edition {}

impl Edition {
    /// Whether somebody said it: programs of before editions do not.
    pub fn is_said(&self) -> bool {
        !(self.forms.is_empty() && self.model.is_empty())
    }

    /// Whether pages read with the one may stand beside pages read with the other. What was not said is believed.
    pub fn agrees_with(&self, other: &Self) -> bool {
        !self.is_said() || !other.is_said() || self == other
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "forms {}, digits {}", self.forms, self.model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edition(number: u32, forms: &str) -> Edition {
        Edition { number, forms: forms.into(), model: "m".into() }
    }

    #[test]
    fn editions_are_told_apart_by_what_they_read_with_and_not_by_their_number() {
        assert_eq!(edition(1, "a"), edition(2, "a"));
        assert_ne!(edition(1, "a"), edition(1, "b"));
        assert!(!edition(1, "a").agrees_with(&edition(1, "b")));
        assert!(Edition::default().agrees_with(&edition(1, "b")), "who says nothing is believed");
    }
}
