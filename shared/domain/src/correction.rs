//! 訂正. A committed record is corrected by two people: one asks and keys, another keys the same fields without seeing
//! the first; where they differ, a third decides. Only then the record is taken back and entered anew.

use crate::form::Form;
use crate::ids::{FieldId, ManagementNumber, ResidentId, StaffId};
use crate::keying::{Keyed, Keying, PERSON, Pass, accepted_rule, same};
use crate::reading::Value;
use crate::rules::{RuleCode, Values};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Stands for the record as a whole when it is to be taken back without a new one; its value is [`TAKE_BACK`] or [`KEEP`].
pub const RECORD: &str = "@record";
/// 取り消す.
pub const TAKE_BACK: &str = "take_back";
/// そのまま残す.
pub const KEEP: &str = "keep";

/// 訂正の区分. Why a record is corrected; the words beside it are the asker's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CorrectionGround {
    /// 職権. The office found out by itself.
    Office,
    /// 医療機関の回答.
    Clinic,
    /// 本人・保護者の申出.
    Person,
    /// 入力誤り.
    Keying,
    /// 本人の取り違え.
    WrongPerson,
}

impl CorrectionGround {
    /// All, in the order of screens.
    pub const ALL: [CorrectionGround; 5] = [
        CorrectionGround::Office,
        CorrectionGround::Clinic,
        CorrectionGround::Person,
        CorrectionGround::Keying,
        CorrectionGround::WrongPerson,
    ];

    /// As written in rows.
    pub fn as_str(self) -> &'static str {
        match self {
            CorrectionGround::Office => "office",
            CorrectionGround::Clinic => "clinic",
            CorrectionGround::Person => "person",
            CorrectionGround::Keying => "keying",
            CorrectionGround::WrongPerson => "wrong_person",
        }
    }

    /// The ground with this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ground| ground.as_str() == word)
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            CorrectionGround::Office => "職権",
            CorrectionGround::Clinic => "医療機関の回答",
            CorrectionGround::Person => "本人・保護者の申出",
            CorrectionGround::Keying => "入力誤り",
            CorrectionGround::WrongPerson => "本人の取り違え",
        }
    }
}

/// Where a correction stands.
#[derive(Clone, Debug, PartialEq)]
pub enum CorrectionStage {
    /// Another person is to key the same fields.
    Second {
        /// Who asked, and may not.
        first: StaffId,
    },
    /// Two people differ in these fields; somebody who is neither decides.
    Third {
        /// Who asked.
        first: StaffId,
        /// Who keyed after.
        second: StaffId,
        /// Where they differ.
        fields: Vec<FieldId>,
    },
    /// Every field is decided.
    Agreed(BTreeMap<FieldId, Keyed>),
}

/// Where the correction `request` of `fields` stands, given the standing keyings of its page. `None` when nobody has
/// asked (its keyings are not there).
pub fn stage(form: &Form, fields: &[FieldId], request: i64, keyings: &[Keying]) -> Option<CorrectionStage> {
    let by = |field: &FieldId, pass| {
        keyings.iter().find(|one| one.request == request && one.field == *field && one.pass == pass)
    };
    let first = &by(fields.first()?, Pass::Correction)?.staff;
    let mut agreed = BTreeMap::new();
    let (mut second, mut differ) = (None, Vec::new());
    for field in fields {
        let asked = by(field, Pass::Correction)?;
        let Some(again) = by(field, Pass::Second).filter(|again| again.staff != asked.staff) else {
            return Some(CorrectionStage::Second { first: first.clone() });
        };
        second = Some(again.staff.clone());
        let decided =
            by(field, Pass::Third).filter(|third| third.staff != asked.staff && third.staff != again.staff);
        if let Some(third) = decided {
            agreed.insert(field.clone(), third.keyed.clone());
        } else if same(form.field(field.as_str()), &asked.keyed, &again.keyed) {
            agreed.insert(field.clone(), asked.keyed.clone());
        } else {
            differ.push(field.clone());
        }
    }
    match second {
        Some(second) if !differ.is_empty() => {
            Some(CorrectionStage::Third { first: first.clone(), second, fields: differ })
        }
        _ => Some(CorrectionStage::Agreed(agreed)),
    }
}

/// The rules whose findings the people of a correction accept.
pub fn accepted(request: i64, keyings: &[Keying]) -> Vec<RuleCode> {
    let own = keyings.iter().filter(|one| one.request == request);
    own.filter_map(|one| accepted_rule(&one.field)).collect()
}

/// What a record becomes.
#[derive(Clone, Debug, PartialEq)]
pub struct Corrected {
    /// Its values.
    pub values: Values,
    /// Whose it is.
    pub resident: ResidentId,
    /// 管理番号; a slip that turns out to be another person's keeps none.
    pub number: Option<ManagementNumber>,
}

/// The record with what was agreed put in. `None` when what was agreed makes no record: it is to be taken back.
pub fn corrected(
    values: &Values,
    resident: &ResidentId,
    number: Option<&ManagementNumber>,
    agreed: &BTreeMap<FieldId, Keyed>,
) -> Option<Corrected> {
    let mut new = Corrected { values: values.clone(), resident: resident.clone(), number: number.cloned() };
    for (field, keyed) in agreed {
        match (field.as_str(), keyed.value()) {
            (RECORD, _) => return None,
            (PERSON, Some(Value::Text(id))) => {
                if *id != resident.0 {
                    new.number = None;
                }
                new.resident = ResidentId(id.clone());
            }
            (PERSON, _) => return None,
            (_, Some(value)) => drop(new.values.insert(field.clone(), value.clone())),
            (_, None) => drop(new.values.remove(field)),
        }
    }
    Some(new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::FormId;
    use crate::sample;
    use jiff::Timestamp;

    fn keying(id: i64, request: i64, field: &str, pass: Pass, value: &str, staff: &str) -> Keying {
        Keying {
            id,
            round: 1,
            form: FormId::from("trial"),
            form_version: 1,
            request,
            field: field.into(),
            pass,
            keyed: Keyed::Value(Value::Text(value.into())),
            staff: staff.into(),
            terminal: "desk".into(),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    fn told(keyings: &[(&str, Pass, &str, &str)]) -> String {
        let keyings: Vec<Keying> = keyings
            .iter()
            .zip(1..)
            .map(|((field, pass, value, staff), id)| keying(id, 7, field, *pass, value, staff))
            .collect();
        let form = sample::form();
        let mut fields: Vec<FieldId> = Vec::new();
        for one in keyings.iter().filter(|one| one.pass == Pass::Correction) {
            fields.push(one.field.clone());
        }
        match stage(&form, &fields, 7, &keyings) {
            None => "nobody".into(),
            Some(CorrectionStage::Second { first }) => format!("second, not {first}"),
            Some(CorrectionStage::Third { first, second, fields }) => {
                format!("third, not {first}, {second}: {}", fields.len())
            }
            Some(CorrectionStage::Agreed(agreed)) => {
                let values = agreed.values().filter_map(|keyed| keyed.value()?.text());
                format!("agreed {}", values.collect::<Vec<_>>().join(" "))
            }
        }
    }

    #[test]
    fn a_correction_takes_two_people_and_a_third_where_they_differ() {
        use Pass::{Correction, Second, Third};
        type Said<'a> = &'a [(&'a str, Pass, &'a str, &'a str)];
        let table: [(Said, &str); 8] = [
            (&[], "nobody"),
            (&[("visit_date", Correction, "2026-10-03", "a")], "second, not a"),
            (
                &[("visit_date", Correction, "2026-10-03", "a"), ("visit_date", Second, "2026-10-03", "b")],
                "agreed 2026-10-03",
            ),
            // The same person twice is one person.
            (
                &[("visit_date", Correction, "2026-10-03", "a"), ("visit_date", Second, "2026-10-03", "a")],
                "second, not a",
            ),
            (
                &[("visit_date", Correction, "2026-10-03", "a"), ("visit_date", Second, "2026-10-08", "b")],
                "third, not a, b: 1",
            ),
            (
                &[
                    ("visit_date", Correction, "2026-10-03", "a"),
                    ("@person", Correction, "1", "a"),
                    ("visit_date", Second, "2026-10-03", "b"),
                ],
                "second, not a",
            ),
            (
                &[
                    ("visit_date", Correction, "2026-10-03", "a"),
                    ("visit_date", Second, "2026-10-08", "b"),
                    ("visit_date", Third, "2026-10-08", "c"),
                ],
                "agreed 2026-10-08",
            ),
            // Nobody decides between himself and another.
            (
                &[
                    ("visit_date", Correction, "2026-10-03", "a"),
                    ("visit_date", Second, "2026-10-08", "b"),
                    ("visit_date", Third, "2026-10-08", "b"),
                ],
                "third, not a, b: 1",
            ),
        ];
        for (keyings, expected) in table {
            assert_eq!(told(keyings), expected, "{keyings:?}");
        }
    }

    #[test]
    fn what_is_not_corrected_stays_and_another_persons_slip_loses_its_number() {
        let values: Values = [
            ("a".into(), Value::Text("1".into())),
            ("b".into(), Value::Text("2".into())),
            ("c".into(), Value::Text("3".into())),
        ]
        .into();
        let (me, number) = (ResidentId("1".into()), ManagementNumber("07".into()));
        let agreed = |pairs: &[(&str, Keyed)]| {
            pairs
                .iter()
                .map(|(field, keyed)| (FieldId::from(*field), keyed.clone()))
                .collect::<BTreeMap<_, _>>()
        };
        let text = |text: &str| Keyed::Value(Value::Text(text.into()));
        let new =
            corrected(&values, &me, Some(&number), &agreed(&[("b", text("9")), ("c", Keyed::Illegible)]))
                .unwrap();
        assert_eq!(new.values.get(&FieldId::from("b")), Some(&Value::Text("9".into())));
        assert_eq!((new.values.len(), new.number.as_ref()), (2, Some(&number)));
        let other = corrected(&values, &me, Some(&number), &agreed(&[(PERSON, text("2"))])).unwrap();
        assert_eq!((other.resident.0.as_str(), other.number), ("2", None));
        assert!(corrected(&values, &me, None, &agreed(&[(RECORD, text(TAKE_BACK))])).is_none());
        assert!(corrected(&values, &me, None, &agreed(&[(PERSON, Keyed::NoneOfThese)])).is_none());
    }
}
