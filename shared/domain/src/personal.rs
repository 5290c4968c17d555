//! A wrapper that keeps personal values out of logs and error texts.

use serde::{Deserialize, Serialize};
use std::fmt;

/// 個人情報. A value that belongs to a person: its `Debug` and `Display` print `***`.
///
/// Reaching the value takes an explicit [`Personal::reveal`], which a reviewer can search for.
/// It serialises as the bare value, because rows and authorised responses need it.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Personal<T>(T);

impl<T> Personal<T> {
    /// Wraps a personal value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for a row, a rule or an authorised screen; never for a log.
    pub fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<T> fmt::Display for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_personal_value_never_prints() {
        let name = Personal::new("山田 花子".to_owned());
        assert_eq!(format!("{name} {name:?}"), "*** ***");
        assert_eq!(name.reveal(), "山田 花子");
    }
}
