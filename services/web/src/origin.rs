//! 値の由来. From a value of a record back to the ink: who or what read it, keyed it, accepted it.

use crate::corrections::told;
use crate::{Screens, words};
use domain::form::Form;
use domain::ids::FieldId;
use domain::keying::{Keying, Pass, accepted_rule};
use domain::page::PageState;
use domain::reading::Decision;
use store::{Correction, Error, FieldValue, Page, Record, Rows};

/// One line of an origin: what, and how it was.
#[derive(Debug)]
pub struct Step {
    /// Such as 機械の読取 or 一次入力.
    pub label: &'static str,
    /// In words.
    pub text: String,
}

/// Everything behind the values of one record.
pub struct Origin {
    page: Option<Page>,
    machine: Vec<FieldValue>,
    keyings: Vec<Keying>,
    /// The correction from which the record came, and the record that it corrected.
    pub correction: Option<(Correction, Option<Record>)>,
    /// A correction of the record that is open.
    pub open: Option<Correction>,
    /// How older corrections of the record ended without changing it.
    pub ended: Vec<String>,
}

impl Origin {
    /// Of a record.
    ///
    /// # Errors
    /// The database failed.
    pub fn of(rows: &Rows, record: &Record) -> Result<Self, Error> {
        let page = rows.page(&record.page)?;
        // While a page waits again, nobody may see here what the machine read or others have keyed.
        let settled = page.as_ref().is_some_and(|page| page.state == PageState::Committed);
        let correction = match rows.correction_behind(record.id)? {
            Some(one) => {
                let old = rows.record(one.record)?;
                Some((one, old))
            }
            None => None,
        };
        let request = correction.as_ref().map(|(one, _)| one.id);
        let mut keyings = if settled { rows.keyings(&record.page)? } else { Vec::new() };
        keyings.retain(|one| one.pass != Pass::Sample && (one.request == 0 || Some(one.request) == request));
        let asked = rows.corrections_of(record.id)?;
        let ended = asked.iter().filter_map(|one| {
            let end = one.end.as_ref().filter(|end| end.entry.is_none())?;
            Some(format!("{} {} の申請を{}。", words::moment(end.at), one.staff, end.outcome.label()))
        });
        Ok(Self {
            machine: if settled { rows.field_values(&record.page)? } else { Vec::new() },
            ended: ended.collect(),
            open: asked.into_iter().find(|one| one.end.is_none()),
            page,
            keyings,
            correction,
        })
    }

    /// What stands behind the value of `field`, from the ink on.
    pub fn steps(&self, form: &Form, record: &Record, field: &FieldId) -> Vec<Step> {
        let mut steps = Vec::new();
        if let Some(read) = self.machine.iter().find(|one| one.field == *field)
            && let Some(known) = form.field(field.as_str())
        {
            let sure = match read.decision {
                Decision::Accept => "確実",
                Decision::Review => "要確認",
            };
            let value = words::value(known, &read.machine_value);
            let doubt = read.reason.as_ref().map_or(String::new(), |reason| format!("、{reason}"));
            let text = format!("{value}（確かさ {:.2}%、{sure}{doubt}）", read.confidence * 100.0);
            steps.push(Step { label: "機械の読取", text });
        }
        if let Some(reader) = self.page.as_ref().and_then(|page| page.reader.clone()) {
            steps.push(Step { label: "読取プログラム", text: reader });
        }
        steps.push(Step { label: "帳票の版", text: format!("{} 第{}版", record.form, form.version) });
        for one in self.keyings.iter().filter(|one| one.field == *field) {
            let label = match (one.pass, one.request) {
                (Pass::Second, 1..) => "訂正の二人目",
                (Pass::Third, 1..) => "訂正の裁定",
                (pass, _) => pass.label(),
            };
            let (value, at) = (told(form, field, &one.keyed), words::moment(one.at));
            let text = format!("{value}　{}（{at}、端末 {}）", one.staff, one.terminal);
            steps.push(Step { label, text });
        }
        if steps.iter().all(|step| !step.label.contains("入力")) && record.staff.as_str() == "system" {
            steps.push(Step { label: "確定", text: "人の入力なし（自動）".to_owned() });
        }
        steps
    }

    /// Who accepted the finding of a rule.
    pub fn accepted_by(&self, rule: domain::rules::RuleCode) -> Option<String> {
        let one = self.keyings.iter().find(|one| accepted_rule(&one.field) == Some(rule))?;
        Some(format!("{}、{}", one.staff, words::moment(one.at)))
    }

    /// The value that a correction replaced; `None` when it did not touch the field.
    pub fn replaced(&self, screens: &Screens, record: &Record, field: &FieldId) -> Option<String> {
        let (_, old) = self.correction.as_ref()?;
        let old = old.as_ref()?;
        let form = screens.form(record.form.as_str())?;
        let (before, now) = (old.values.get(field), record.values.get(field));
        if before == now {
            return None;
        }
        Some(before.map_or("判読不能".to_owned(), |value| match form.field(field.as_str()) {
            Some(known) => words::value(known, value),
            None => String::new(),
        }))
    }
}
