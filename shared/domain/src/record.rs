//! 確定. The only door from values to a committed record.

use crate::form::Form;
use crate::ids::{FieldId, FormId, ManagementNumber, PageId, ProgrammeId, ResidentId};
use crate::lot::Lot;
use crate::programme::{self, Programmes};
use crate::resident::Resident;
use crate::roles::Role;
use crate::rules::{self, Circumstances, Finding, PastRecord, RuleCode, Values};
use crate::shape;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// 確定しようとする用紙. Values and person, not yet proven.
#[derive(Clone, Debug)]
pub struct SlipDraft<'a> {
    /// The form.
    pub form: &'a Form,
    /// 管理番号, when the slip has one that was issued.
    pub number: Option<ManagementNumber>,
    /// Whose slip it is.
    pub resident: &'a Resident,
    /// What stands on it.
    pub values: Values,
    /// The person's standing records (this page's own left out).
    pub history: &'a [PastRecord],
    /// The rules of every programme.
    pub programmes: &'a Programmes,
    /// What is known of the lot on the slip.
    pub lots: &'a [Lot],
    /// Local day on which the slip was printed, when known.
    pub issued_on: Option<Date>,
    /// Local day on which the page arrived.
    pub scanned_on: Date,
    /// Rules whose findings a person has seen and accepts; the machine accepts none.
    pub accepted: &'a [RuleCode],
}

/// 確定できる用紙. Exists only when [`commit`] found nothing against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenSlip {
    number: Option<ManagementNumber>,
    resident: ResidentId,
    programme: ProgrammeId,
    form: FormId,
    form_version: u32,
    service_date: Date,
    values: Values,
    findings: Vec<Finding>,
}

/// 確定できない理由.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "refused", rename_all = "snake_case")]
pub enum CommitRefused {
    /// The form belongs to no programme: nothing to record (a batch ticket).
    NotASlip,
    /// There is no valid day that the record could be about.
    NoServiceDate,
    /// A field that the form does not have.
    UnknownField {
        /// Its id.
        field: FieldId,
    },
    /// A value that the field can not hold.
    BadValue {
        /// The field.
        field: FieldId,
        /// Its words on the form.
        label: String,
    },
    /// Rules are broken that nobody has accepted.
    Findings {
        /// All of them.
        findings: Vec<Finding>,
    },
    /// The same slip stands committed from another page.
    DuplicateSlip {
        /// That page.
        page: PageId,
    },
    /// No slip was issued to this person under this number.
    NumberOfOther,
    /// The page is not in a state from which it can be committed (somebody else was faster).
    NotOpen,
    /// Somebody else has the page on the screen.
    HeldByOther,
}

impl CommitRefused {
    /// The sentence for people.
    pub fn text(&self) -> String {
        match self {
            Self::NotASlip => "この帳票には確定する記録がありません。".into(),
            Self::NoServiceDate => "実施日が記入されていません。実施日のない用紙は確定できません。".into(),
            Self::UnknownField { .. } => "帳票にない項目が送られました。画面を開き直してください。".into(),
            Self::BadValue { label, .. } => format!("「{label}」の値が正しくありません。"),
            Self::Findings { findings } => {
                findings.iter().map(|finding| finding.text.as_str()).collect::<Vec<_>>().join(" ")
            }
            Self::DuplicateSlip { .. } => "同じ管理番号の用紙が、すでに確定しています。".into(),
            Self::NumberOfOther => "この管理番号の用紙は、この人には発行されていません。".into(),
            Self::HeldByOther => "このページは、ほかの人が確認中です。".into(),
            Self::NotOpen => "このページは、ほかの人がすでに処理しました。".into(),
        }
    }
}

/// Proves a draft: every value fits its field, the service date is known, and no rule is broken
/// except those that a person accepts.
///
/// # Errors
/// The first thing that stands against it (findings all at once).
pub fn commit(draft: SlipDraft) -> Result<ProvenSlip, CommitRefused> {
    let form = draft.form;
    let of = form.programme.clone().ok_or(CommitRefused::NotASlip)?;
    for (id, value) in &draft.values {
        let field =
            form.field(id.as_str()).ok_or_else(|| CommitRefused::UnknownField { field: id.clone() })?;
        if !shape::fits(field, value) {
            return Err(CommitRefused::BadValue { field: id.clone(), label: field.label.clone() });
        }
    }
    let service_date = rules::service_date(form, &draft.values).ok_or(CommitRefused::NoServiceDate)?;
    let findings = rules::findings(&draft.circumstances());
    if programme::against(&findings).any(|finding| !draft.accepted.contains(&finding.rule)) {
        return Err(CommitRefused::Findings { findings });
    }
    Ok(ProvenSlip {
        number: draft.number,
        resident: draft.resident.id.clone(),
        programme: of,
        form: form.id.clone(),
        form_version: form.version,
        service_date,
        values: draft.values,
        findings,
    })
}

impl SlipDraft<'_> {
    /// What the rules look at.
    pub fn circumstances(&self) -> Circumstances<'_> {
        Circumstances {
            form: self.form,
            values: &self.values,
            resident: Some(self.resident),
            history: self.history,
            programmes: self.programmes,
            lots: self.lots,
            issued_on: self.issued_on,
            scanned_on: self.scanned_on,
        }
    }
}

impl ProvenSlip {
    /// 管理番号, when it has one.
    pub fn number(&self) -> Option<&ManagementNumber> {
        self.number.as_ref()
    }

    /// Whose.
    pub fn resident(&self) -> &ResidentId {
        &self.resident
    }

    /// What for.
    pub fn programme(&self) -> &ProgrammeId {
        &self.programme
    }

    /// On which form.
    pub fn form(&self) -> &FormId {
        &self.form
    }

    /// The form's version.
    pub fn form_version(&self) -> u32 {
        self.form_version
    }

    /// 実施日.
    pub fn service_date(&self) -> Date {
        self.service_date
    }

    /// Every value.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// Findings that a person accepted, and notices.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

/// The fields whose values a record keeps: everything but print of our own and codes.
pub fn recorded_fields(form: &Form) -> impl Iterator<Item = &crate::form::Field> {
    let ticket = form.role(Role::Ticket).map(|field| field.id.clone());
    form.fields.iter().filter(move |field| {
        let code = matches!(field.kind, crate::form::FieldKind::Barcode(_));
        !field.prefilled && !code && ticket.as_ref() != Some(&field.id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::Value;
    use crate::sample;

    fn try_commit(changes: &[(&str, &str)], accepted: &[RuleCode]) -> Result<ProvenSlip, CommitRefused> {
        let good = [
            ("birth_date", "1947-03-04"),
            ("temperature", "36.5"),
            ("consent", "agree"),
            ("judgement", "possible"),
            ("visit_date", "2026-11-02"),
            ("lot", "AB123"),
        ];
        let value = |text: &str| if text.is_empty() { Value::Blank } else { Value::Text(text.into()) };
        commit(SlipDraft {
            form: &sample::form(),
            number: Some(sample::number()),
            resident: &sample::resident(),
            values: good.iter().chain(changes).map(|(id, text)| ((*id).into(), value(text))).collect(),
            history: &[],
            programmes: &sample::programmes(),
            lots: &[],
            issued_on: None,
            scanned_on: sample::SCANNED_ON,
            accepted,
        })
    }

    #[test]
    fn a_sound_slip_is_proven() {
        let slip = try_commit(&[], &[]).unwrap();
        assert_eq!(slip.service_date(), jiff::civil::date(2026, 11, 2));
        assert_eq!(slip.resident(), &sample::resident().id);
        assert!(slip.findings().is_empty());
    }

    #[test]
    fn what_stands_against_a_slip_is_said_in_words() {
        let check = |changes: &[(&str, &str)], words: &str| {
            let refused = try_commit(changes, &[]).unwrap_err();
            assert!(refused.text().contains(words), "{changes:?}: {}", refused.text());
        };
        check(&[("nonsense", "1")], "帳票にない項目");
        check(&[("temperature", "99.9")], "「体温」の値");
        check(&[("temperature", "365")], "「体温」の値");
        check(&[("visit_date", "2026-11-31")], "「接種年月日」の値");
        check(&[("visit_date", "2020-11-02")], "「接種年月日」の値");
        check(&[("consent", "perhaps")], "「同意」の値");
        check(&[("visit_date", "")], "実施日のない用紙");
        check(&[("temperature", "37.9")], "37.5度以上");
        check(&[("lot", "")], "「ロット番号」が記入されていません");
    }

    #[test]
    fn a_person_may_accept_a_finding_but_only_the_one_named() {
        let fever = [("temperature", "37.9")];
        let slip = try_commit(&fever, &[RuleCode::FeverButPossible]).unwrap();
        assert_eq!(slip.findings().len(), 1);
        assert!(try_commit(&fever, &[RuleCode::NoConsent]).is_err());
        assert!(try_commit(&[("visit_date", "")], &[RuleCode::RequiredBlank]).is_err());
    }

    #[test]
    fn a_form_without_a_programme_makes_no_record() {
        let mut form = sample::form();
        form.programme = None;
        let draft = SlipDraft {
            form: &form,
            number: None,
            resident: &sample::resident(),
            values: Values::new(),
            history: &[],
            programmes: &sample::programmes(),
            lots: &[],
            issued_on: None,
            scanned_on: sample::SCANNED_ON,
            accepted: &[],
        };
        assert_eq!(commit(draft), Err(CommitRefused::NotASlip));
    }
}
