//! 票. A committed record as claims see it: the facts of the ink, and what speaks against them. Nothing is decided here.

use crate::calendar;
use crate::claim::{ClaimClass, ClaimFault, ClaimFinding, ClinicMonth, SlipKey};
use crate::form::Form;
use crate::ids::{ClinicCode, FieldId, ManagementNumber, PageId, ProgrammeId, ResidentId};
use crate::lot::Lot;
use crate::programme::Programmes;
use crate::resident::Resident;
use crate::roles::Role;
use crate::rules::{self, Circumstances, Finding, PastRecord, RuleCode, Values};
use jiff::civil::Date;

/// 請求の対象となる票. One slip of a clinic-month.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimSlip {
    /// Which slip.
    pub key: SlipKey,
    /// Its record.
    pub record: i64,
    /// The page that proves it.
    pub page: PageId,
    /// Whose.
    pub resident: ResidentId,
    /// What for.
    pub programme: ProgrammeId,
    /// Which dose, when the slip says so.
    pub round: Option<u8>,
    /// Which class, by what stands on the slip.
    pub class: ClaimClass,
    /// Age in whole years on the service date, by the law (a year is full on the day before the birthday).
    pub age: u8,
    /// 実施日.
    pub service_date: Date,
    /// The clinic whose code stands on the slip, when there is one.
    pub clinic: Option<ClinicCode>,
    /// Lot as written, when there is one.
    pub lot: Option<String>,
    /// The fields whose snippets are shown with findings.
    pub fields: SlipFields,
    /// Everything that the paper, the register, the rules of the programme and the history say against it.
    pub findings: Vec<ClaimFinding>,
    /// 支払済み: in another clinic-month this very slip was paid; it is not paid again.
    pub paid: Option<PaidElsewhere>,
    /// 再提出済み: it was returned and has come again on another page, which is the standing record now.
    pub superseded: bool,
    /// 再提出: an earlier paper of it was returned, and this one came in its place.
    pub resubmitted: bool,
}

/// Where a slip was paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaidElsewhere {
    /// `payments.id`.
    pub payment: i64,
    /// Of which clinic and month.
    pub of: ClinicMonth,
}

/// The fields of a form that claims speak of; `None` where the form has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SlipFields {
    /// 実施日.
    pub service_date: Option<FieldId>,
    /// 医療機関コード.
    pub clinic: Option<FieldId>,
    /// 自己負担の区分.
    pub class: Option<FieldId>,
    /// 回数.
    pub round: Option<FieldId>,
    /// ロット番号.
    pub lot: Option<FieldId>,
}

/// A record with all that is known of it, before it is judged.
#[derive(Clone, Copy, Debug)]
pub struct SlipFacts<'a> {
    /// Number of the record.
    pub record: i64,
    /// The page that proves it.
    pub page: &'a PageId,
    /// 管理番号.
    pub number: Option<&'a ManagementNumber>,
    /// Its form, when it is still known.
    pub form: Option<&'a Form>,
    /// Whose.
    pub resident: &'a Resident,
    /// What for.
    pub programme: &'a ProgrammeId,
    /// 実施日.
    pub service_date: Date,
    /// What stands on it.
    pub values: &'a Values,
    /// Local day on which it was printed, when known.
    pub issued_on: Option<Date>,
    /// Local day on which the page arrived.
    pub scanned_on: Date,
    /// The person's records of earlier days (of the same day: those entered before), for the rules.
    pub earlier: &'a [PastRecord],
    /// The rules of every programme.
    pub programmes: &'a Programmes,
    /// What makers published of its lot.
    pub lots: &'a [Lot],
    /// What was found when it was committed; of that, what its label said of the lot counts still.
    pub kept: &'a [Finding],
    /// All other services of the person, for doubles.
    pub others: &'a [OtherService],
    /// Where it was paid, when that was in another clinic-month.
    pub paid: Option<&'a PaidElsewhere>,
    /// Whether it was returned and came again.
    pub superseded: bool,
    /// Whether it came in the place of one that was returned.
    pub resubmitted: bool,
}

/// ほかの実施. Another service of the same person.
#[derive(Clone, Debug, PartialEq)]
pub struct OtherService {
    /// Its record; 0 for what the former system held.
    pub record: i64,
    /// Its page, when there is one.
    pub page: Option<PageId>,
    /// What for.
    pub programme: ProgrammeId,
    /// Which dose.
    pub round: Option<u8>,
    /// When.
    pub service_date: Date,
    /// Whether nothing was given (見合せ).
    pub postponed: bool,
    /// The clinic-month that claims it, when that is known.
    pub claim: Option<ClinicMonth>,
}

/// Which dose the values say, when they say one.
pub fn round_of(form: &Form, values: &Values) -> Option<u8> {
    values.get(&form.role(Role::Round)?.id)?.text()?.parse().ok()
}

/// Which class the values say. A postponed visit is one whatever the person would have paid.
pub fn class_of(form: &Form, values: &Values) -> ClaimClass {
    if rules::is_postponed(form, values) {
        return ClaimClass::Postponed;
    }
    match text(form, values, Role::SelfPay) {
        Some(FREE_70 | "free_coupon") => ClaimClass::FreeByAge,
        Some("welfare") => ClaimClass::Welfare,
        Some("tax_exempt") => ClaimClass::TaxExempt,
        _ => ClaimClass::General,
    }
}

/// The option 無料（70歳以上） of the self-pay field.
const FREE_70: &str = "free_70";

/// The slip as claims of `of` see it.
pub fn judge(facts: &SlipFacts, of: &ClinicMonth) -> ClaimSlip {
    let field = |role| facts.form.and_then(|form| form.role(role)).map(|field| field.id.clone());
    let said = |role| facts.form.and_then(|form| text(form, facts.values, role)).map(str::to_owned);
    let mut slip = ClaimSlip {
        key: SlipKey::of(facts.number, facts.page),
        record: facts.record,
        page: facts.page.clone(),
        resident: facts.resident.id.clone(),
        programme: facts.programme.clone(),
        round: facts.form.and_then(|form| round_of(form, facts.values)),
        class: facts.form.map_or(ClaimClass::General, |form| class_of(form, facts.values)),
        age: u8::try_from(calendar::age(*facts.resident.birth_date.reveal(), facts.service_date))
            .unwrap_or(u8::MAX),
        service_date: facts.service_date,
        clinic: said(Role::ClinicCode).map(ClinicCode),
        lot: said(Role::Lot),
        fields: SlipFields {
            service_date: field(Role::ServiceDate),
            clinic: field(Role::ClinicCode),
            class: field(Role::SelfPay),
            round: field(Role::Round),
            lot: field(Role::Lot),
        },
        findings: Vec::new(),
        paid: facts.paid.cloned(),
        superseded: facts.superseded,
        resubmitted: facts.resubmitted,
    };
    slip.findings = findings(facts, &slip, of);
    slip
}

fn findings(facts: &SlipFacts, slip: &ClaimSlip, of: &ClinicMonth) -> Vec<ClaimFinding> {
    let Some(form) = facts.form else {
        return vec![plain(
            ClaimFault::Incomplete,
            None,
            "この票の帳票の定義がないため、規則を確かめられません。",
        )];
    };
    let broken = rules::findings(&Circumstances {
        form,
        values: facts.values,
        resident: Some(facts.resident),
        history: facts.earlier,
        programmes: facts.programmes,
        lots: facts.lots,
        issued_on: facts.issued_on,
        scanned_on: facts.scanned_on,
    });
    let expired = |finding: &&Finding| finding.rule == RuleCode::LotExpired;
    let label = facts.kept.iter().find(expired).filter(|_| !broken.iter().any(|finding| expired(&finding)));
    let broken: Vec<Finding> = broken.into_iter().chain(label.cloned()).collect();
    let too_often = broken.iter().any(|finding| is_count(finding.rule));
    let double = double(facts, slip, of, too_often);
    // One event, one finding: what is the same service again is not said a second time as one too many.
    let broken = broken.into_iter().filter(|finding| double.is_none() || !is_count(finding.rule));
    let mut findings: Vec<ClaimFinding> = broken.map(|finding| claim_finding(form, finding)).collect();
    findings.extend(double);
    findings.extend(person(facts, slip));
    findings
}

fn is_count(rule: RuleCode) -> bool {
    matches!(rule, RuleCode::TwiceInSeason | RuleCode::Round)
}

/// What the self-pay class says against what is known of the person.
fn person(facts: &SlipFacts, slip: &ClaimSlip) -> Option<ClaimFinding> {
    let free_70 = facts.form.and_then(|form| text(form, facts.values, Role::SelfPay)) == Some(FREE_70);
    let words = match slip.class {
        ClaimClass::TaxExempt if !facts.resident.tax_exempt => {
            "票は「非課税」ですが、台帳では非課税世帯ではありません。"
        }
        ClaimClass::FreeByAge if free_70 && slip.age < 70 => {
            "票は「無料（70歳以上）」ですが、70歳になっていません。"
        }
        _ => return None,
    };
    Some(plain(ClaimFault::WrongClass, slip.fields.class.clone(), words))
}

/// The same service, that goes before this one.
fn double(facts: &SlipFacts, slip: &ClaimSlip, of: &ClinicMonth, too_often: bool) -> Option<ClaimFinding> {
    if let Some(paid) = &slip.paid {
        let text = format!("この票は、{}の請求で支払済みです。", paid.of.month.label());
        return Some(plain(ClaimFault::DuplicateOverMonths, slip.fields.service_date.clone(), text));
    }
    if slip.class == ClaimClass::Postponed || slip.superseded {
        return None;
    }
    let mut before = facts
        .others
        .iter()
        .filter(|other| is_same(slip, other, too_often) && goes_before(other, slip, of))
        .map(|other| (place(other, of), other));
    let (fault, other) =
        before.by_ref().min_by_key(|(fault, other)| (*fault, other.service_date, other.record))?;
    let text = match (fault, &other.claim) {
        (ClaimFault::DuplicateInClaim, _) => "同じ請求の中に、同じ人の同じ実施があります。".to_owned(),
        (ClaimFault::DuplicateOverMonths, Some(claim)) => {
            format!("同じ人の同じ実施が、{}の請求にあります。", claim.month.label())
        }
        _ => "同じ人の同じ実施が、履歴にすでにあります。".to_owned(),
    };
    let finding = plain(fault, slip.fields.service_date.clone(), text);
    Some(ClaimFinding { other: other.page.clone(), ..finding })
}

/// Whether it is the same service: the same programme and dose on the same day or in the same fiscal year, or a dose that
/// the rules say was one too many.
fn is_same(slip: &ClaimSlip, other: &OtherService, too_often: bool) -> bool {
    // Where doses are not told apart, there is but the first.
    let same_round = slip.round.unwrap_or(1) == other.round.unwrap_or(1);
    let year = calendar::fiscal_year;
    other.record != slip.record
        && other.programme == slip.programme
        && !other.postponed
        && same_round
        && (too_often || year(other.service_date) == year(slip.service_date))
}

/// Of two claims the earlier month is right, of two slips of a month the earlier day, of one day what was entered first.
fn goes_before(other: &OtherService, slip: &ClaimSlip, of: &ClinicMonth) -> bool {
    let earlier = (other.service_date, other.record) < (slip.service_date, slip.record);
    match &other.claim {
        Some(claim) if claim.month != of.month => claim.month < of.month,
        Some(_) => earlier,
        None => other.record == 0 || earlier,
    }
}

fn place(other: &OtherService, of: &ClinicMonth) -> ClaimFault {
    match &other.claim {
        Some(claim) if claim == of => ClaimFault::DuplicateInClaim,
        Some(claim) if claim.month < of.month => ClaimFault::DuplicateOverMonths,
        _ => ClaimFault::DuplicateInHistory,
    }
}

/// A finding that no rule of a programme stands behind.
pub(super) fn plain(fault: ClaimFault, field: Option<FieldId>, text: impl Into<String>) -> ClaimFinding {
    ClaimFinding { fault, field, text: text.into(), source: String::new(), other: None }
}

fn claim_finding(form: &Form, finding: Finding) -> ClaimFinding {
    let fault = if finding.notice { ClaimFault::Notice } else { fault_of(form, &finding) };
    ClaimFinding { source: finding.source, ..plain(fault, finding.field, finding.text) }
}

/// The kind of fault that a broken rule is.
fn fault_of(form: &Form, finding: &Finding) -> ClaimFault {
    match finding.rule {
        RuleCode::RequiredBlank => blank(form, finding.field.as_ref()),
        RuleCode::ServiceInFuture => ClaimFault::DateAfterClaim,
        RuleCode::ServiceBeforeIssue => ClaimFault::DateBeforeIssue,
        RuleCode::NotResident => ClaimFault::NotResident,
        RuleCode::FeverButPossible => ClaimFault::Fever,
        RuleCode::PostponedWithLot => ClaimFault::PostponedWithLot,
        RuleCode::NoConsent => ClaimFault::ConsentMissing,
        RuleCode::TwiceInSeason | RuleCode::Round => ClaimFault::Round,
        RuleCode::Miscalculated => ClaimFault::Incomplete,
        RuleCode::Age => ClaimFault::Age,
        RuleCode::NotEligible => ClaimFault::NotEligible,
        RuleCode::Interval => ClaimFault::Interval,
        RuleCode::Season => ClaimFault::Season,
        RuleCode::WrongVaccine => ClaimFault::WrongVaccine,
        RuleCode::Volume => ClaimFault::Volume,
        RuleCode::LotExpired => ClaimFault::LotExpired,
        RuleCode::LotImpossible => ClaimFault::LotImpossible,
        RuleCode::CannotJudge => ClaimFault::Notice,
    }
}

fn blank(form: &Form, field: Option<&FieldId>) -> ClaimFault {
    let is = |role| form.role(role).map(|field| &field.id) == field && field.is_some();
    if is(Role::Lot) {
        ClaimFault::LotMissing
    } else if is(Role::Judgement) {
        ClaimFault::JudgementMissing
    } else if is(Role::DoctorSignature) {
        ClaimFault::SignatureMissing
    } else if is(Role::Consent) || is(Role::Signature) {
        ClaimFault::ConsentMissing
    } else {
        ClaimFault::Incomplete
    }
}

fn text<'v>(form: &Form, values: &'v Values, role: Role) -> Option<&'v str> {
    values.get(&form.role(role)?.id)?.text().filter(|text| !text.is_empty())
}
