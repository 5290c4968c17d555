//! What a person sent from the review screen, as sent.

use domain::ids::FieldId;
use domain::keying::Stage;
use domain::rules::RuleCode;
use std::collections::{BTreeMap, BTreeSet};

/// The fields of the form on the review screen.
#[derive(Clone, Debug, Default)]
pub struct Posted {
    /// Typed or chosen values by field (`v.<field>`).
    pub values: BTreeMap<FieldId, Vec<String>>,
    /// Fields that the person confirmed (`ok.<field>`).
    pub confirmed: BTreeSet<FieldId>,
    /// Fields that the person cannot read (`no.<field>`).
    pub illegible: BTreeSet<FieldId>,
    /// Fields whose answer is none of the options (`none.<field>`).
    pub none: BTreeSet<FieldId>,
    /// Whose value an arbiter takes (`pick.<field>`): `a`, `b`, `machine`, or `own`.
    pub picks: BTreeMap<FieldId, String>,
    /// Row of the chosen resident.
    pub resident: Option<i64>,
    /// Nobody of the register.
    pub nobody: bool,
    /// Rules whose findings the person accepts.
    pub accepted: Vec<RuleCode>,
    /// The reading that the person saw.
    pub round: Option<u32>,
    /// The pass that the screen was made for.
    pub stage: Option<Stage>,
    /// The last keying that stood when the screen was made.
    pub seen: Option<i64>,
}

impl Posted {
    /// Takes the pairs of a form; unknown names are left out.
    pub fn of(pairs: Vec<(String, String)>) -> Self {
        let mut posted = Self::default();
        for (name, value) in pairs {
            match name.split_once('.') {
                Some(("v", field)) => posted.values.entry(field.into()).or_default().push(value),
                Some(("ok", field)) => _ = posted.confirmed.insert(field.into()),
                Some(("no", field)) => _ = posted.illegible.insert(field.into()),
                Some(("none", field)) => _ = posted.none.insert(field.into()),
                Some(("pick", field)) => _ = posted.picks.insert(field.into(), value),
                None if name == "resident" => {
                    posted.nobody = value == "none";
                    posted.resident = value.parse().ok();
                }
                None if name == "round" => posted.round = value.parse().ok(),
                None if name == "stage" => posted.stage = Stage::parse(&value),
                None if name == "seen" => posted.seen = value.parse().ok(),
                None if name == "accept" => {
                    // The word of a rule is a JSON string without its quotes.
                    let rule: Result<RuleCode, _> = serde_json::from_value(serde_json::Value::String(value));
                    posted.accepted.extend(rule.ok());
                }
                _ => {}
            }
        }
        posted
    }

    /// The typed entries of one field.
    pub fn typed(&self, field: &FieldId) -> Vec<&str> {
        self.values.get(field).into_iter().flatten().map(String::as_str).collect()
    }

    /// Whether the person said something of the field: a confirmed value, illegible, or none of the options.
    pub fn is_settled(&self, field: &FieldId) -> bool {
        [&self.confirmed, &self.illegible, &self.none].into_iter().any(|said| said.contains(field))
    }
}
