//! 業務ルール. What a slip says that the office must not take without a word.
//!
//! One row a rule: its code, and the check that gives a sentence in plain Japanese.

use crate::form::{Calculation, FieldKind, Form, Operation};
use crate::ids::{FieldId, PageId, ProgrammeId};
use crate::lot::Lot;
use crate::programme::{self, Judged, PastService, Programmes};
use crate::reading::Value;
use crate::resident::Resident;
use crate::roles::{self, Role};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The values of one slip, by field.
pub type Values = BTreeMap<FieldId, Value>;

/// 指摘. A rule that a slip breaks. A person may accept it; the machine never does.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Which rule.
    pub rule: RuleCode,
    /// The field that it speaks of.
    pub field: Option<FieldId>,
    /// The sentence for people. It names days of this and other services and days that follow from an age: for screens
    /// and letters, never for a log.
    pub text: String,
    /// Where the rule stands, for people; empty when it is plain sense.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// お知らせ: told, and no reason to stop a slip or its payment.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub notice: bool,
}

/// Without the sentence, whose days may say when somebody was born.
impl std::fmt::Debug for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { rule, field, notice, .. } = self;
        f.debug_struct("Finding").field("rule", rule).field("field", field).field("notice", notice).finish()
    }
}

/// ルール. The name of a rule in rows and requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleCode {
    /// A required field is blank.
    RequiredBlank,
    /// The service date is after the scan.
    ServiceInFuture,
    /// The service date is before the slip was printed.
    ServiceBeforeIssue,
    /// The person was no resident on the service date.
    NotResident,
    /// A fever, yet the doctor allowed the vaccination.
    FeverButPossible,
    /// Put off, yet a lot label was stuck on.
    PostponedWithLot,
    /// The person did not consent, yet was vaccinated.
    NoConsent,
    /// The programme was received before within the span in which it is given once: season, fiscal years, life.
    TwiceInSeason,
    /// A product or a sum on the paper is wrong.
    Miscalculated,
    /// 年齢: too young or too old for the programme or the dose.
    Age,
    /// 対象外: sex, condition, method, or the programme was not open.
    NotEligible,
    /// 間隔: too close to another dose or vaccine, or too far from it.
    Interval,
    /// 回数: no such dose, given already, or out of order.
    Round,
    /// 実施期間外.
    Season,
    /// A vaccine that the programme does not use.
    WrongVaccine,
    /// 接種量.
    Volume,
    /// 有効期限切れ.
    LotExpired,
    /// No lot number looks like this.
    LotImpossible,
    /// What rules ask for is not on paper or in the history. Always a notice.
    CannotJudge,
}

impl RuleCode {
    /// Every rule.
    pub const ALL: [RuleCode; 19] = [
        RuleCode::RequiredBlank,
        RuleCode::ServiceInFuture,
        RuleCode::ServiceBeforeIssue,
        RuleCode::NotResident,
        RuleCode::FeverButPossible,
        RuleCode::PostponedWithLot,
        RuleCode::NoConsent,
        RuleCode::TwiceInSeason,
        RuleCode::Miscalculated,
        RuleCode::Age,
        RuleCode::NotEligible,
        RuleCode::Interval,
        RuleCode::Round,
        RuleCode::Season,
        RuleCode::WrongVaccine,
        RuleCode::Volume,
        RuleCode::LotExpired,
        RuleCode::LotImpossible,
        RuleCode::CannotJudge,
    ];
}

/// 履歴. A standing record of the same person, or what a former system held of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastRecord {
    /// Its page; a former system's record has none.
    pub page: Option<PageId>,
    /// What for.
    pub programme: ProgrammeId,
    /// When it was given or examined.
    pub service_date: Date,
    /// Its values.
    pub values: Values,
}

/// Everything that rules look at.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// The form of the slip.
    pub form: &'a Form,
    /// The values to be judged.
    pub values: &'a Values,
    /// The person, when known.
    pub resident: Option<&'a Resident>,
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
}

/// 37.5 °C and more is a fever by the national 予防接種ガイドライン.
const FEVER: f64 = 37.5;

type Check = fn(&Circumstances) -> Option<(Role, String)>;

/// What holds for every programme, and where it stands.
const RULES: &[(RuleCode, Check, &str)] = &[
    (RuleCode::ServiceInFuture, service_in_future, ""),
    (RuleCode::ServiceBeforeIssue, service_before_issue, ""),
    (RuleCode::NotResident, not_resident, "予防接種法・健康増進法: 市町村の区域内に居住する者"),
    (
        RuleCode::FeverButPossible,
        fever_but_possible,
        "予防接種実施規則・予防接種ガイドライン: 明らかな発熱（37.5度以上）",
    ),
    (RuleCode::PostponedWithLot, postponed_with_lot, ""),
    (RuleCode::NoConsent, no_consent, "予防接種実施規則: 文書による同意"),
];

/// Every rule that the slip breaks: blank fields first, then what holds for all, then the rules of its programme.
pub fn findings(slip: &Circumstances) -> Vec<Finding> {
    let broken = RULES.iter().filter_map(|(rule, check, source)| {
        let (role, text) = check(slip)?;
        let field = slip.form.role(role).map(|field| field.id.clone());
        Some(Finding { rule: *rule, field, text, source: (*source).to_owned(), notice: false })
    });
    let miscalculated = miscalculated(slip.form, slip.values);
    blanks(slip.form, slip.values).chain(broken).chain(of_programme(slip)).chain(miscalculated).collect()
}

/// What the programme's own rules say.
fn of_programme(slip: &Circumstances) -> Vec<Finding> {
    let (form, values) = (slip.form, slip.values);
    let (Some(programme), Some(day)) = (&form.programme, service_date(form, values)) else {
        return Vec::new();
    };
    let history: Vec<PastService> = slip.history.iter().filter_map(PastRecord::service).collect();
    programme::judge(
        slip.programmes,
        &Judged {
            form,
            programme,
            round: round(values),
            vaccine: by_role(values, Role::Vaccine),
            method: by_role(values, Role::Method),
            volume: by_role(values, Role::Volume).and_then(|text| text.parse().ok()),
            lot: by_role(values, Role::Lot),
            lots: slip.lots,
            day,
            postponed: is_postponed(form, values),
            resident: slip.resident,
            history: &history,
        },
    )
}

impl PastRecord {
    /// What was given or examined; `None` when it was put off.
    pub fn service(&self) -> Option<PastService> {
        let postponed = by_role(&self.values, Role::Judgement) == Some(roles::POSTPONED);
        (!postponed).then(|| PastService {
            programme: self.programme.clone(),
            round: round(&self.values),
            vaccine: by_role(&self.values, Role::Vaccine).map(str::to_owned),
            day: self.service_date,
            page: self.page.clone(),
        })
    }
}

/// 回・期 as the slip says it.
pub fn round(values: &Values) -> Option<u8> {
    by_role(values, Role::Round)?.parse().ok()
}

/// The value of the field that plays `role` on whatever form the values are of.
pub fn by_role(values: &Values, role: Role) -> Option<&str> {
    role.ids().iter().find_map(|id| values.get(&FieldId::from(*id))?.text())
}

/// The findings that the paper alone gives: blank fields, products and sums.
pub fn of_paper(form: &Form, values: &Values) -> Vec<Finding> {
    blanks(form, values).chain(miscalculated(form, values)).collect()
}

/// 検算. Products and sums that do not come out; those with a number that is not certain say nothing.
fn miscalculated<'a>(form: &'a Form, values: &'a Values) -> impl Iterator<Item = Finding> + use<'a> {
    let finding = |calculation: &Calculation| {
        let label = |id: &FieldId| form.field(id.as_str()).map_or("", |field| field.label.as_str());
        let gives = label(&calculation.gives);
        let text = match calculation.operation {
            Operation::Product => {
                let of: Vec<&str> = calculation.of.iter().map(label).collect();
                format!("「{gives}」が、{}と合いません。", of.join("×"))
            }
            Operation::Sum => format!("「{gives}」が、内訳の合計と合いません。"),
        };
        let field = Some(calculation.gives.clone());
        Finding { rule: RuleCode::Miscalculated, field, text, source: String::new(), notice: false }
    };
    form.miscalculated(values).map(finding)
}

/// Whether the values say that the doctor put the vaccination off (見合わせ).
pub fn is_postponed(form: &Form, values: &Values) -> bool {
    text(form, values, Role::Judgement) == Some(roles::POSTPONED)
}

/// The day that the record is about, when it is filled in and a date.
pub fn service_date(form: &Form, values: &Values) -> Option<Date> {
    text(form, values, Role::ServiceDate)?.parse().ok()
}

fn blanks<'a>(form: &'a Form, values: &'a Values) -> impl Iterator<Item = Finding> + use<'a> {
    let postponed = is_postponed(form, values);
    let lot = form.role(Role::Lot).map(|field| &field.id);
    let asked = form.fields.iter().filter(move |field| {
        // Nothing was given, so there is no label to stick on.
        let excused = postponed && (Some(&field.id) == lot || matches!(field.kind, FieldKind::Sticker));
        field.required && !field.prefilled && !matches!(field.kind, FieldKind::Barcode(_)) && !excused
    });
    asked.filter(|field| values.get(&field.id).is_none_or(says_nothing)).map(|field| Finding {
        rule: RuleCode::RequiredBlank,
        field: Some(field.id.clone()),
        text: format!("「{}」が記入されていません。", field.label),
        source: String::new(),
        notice: false,
    })
}

/// Blank, an empty list, or a stamp that is absent.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Blank => true,
        Value::Text(text) => text.is_empty() || text == "absent",
        Value::Several(values) => values.is_empty(),
    }
}

fn text<'v>(form: &Form, values: &'v Values, role: Role) -> Option<&'v str> {
    values.get(&form.role(role)?.id)?.text()
}

fn service_in_future(slip: &Circumstances) -> Option<(Role, String)> {
    let late = service_date(slip.form, slip.values)? > slip.scanned_on;
    late.then(|| (Role::ServiceDate, "実施日が、用紙を取り込んだ日より後です。".into()))
}

fn service_before_issue(slip: &Circumstances) -> Option<(Role, String)> {
    let early = service_date(slip.form, slip.values)? < slip.issued_on?;
    early.then(|| (Role::ServiceDate, "実施日が、用紙を発行した日より前です。".into()))
}

fn not_resident(slip: &Circumstances) -> Option<(Role, String)> {
    let lived_here = slip.resident?.lived_here_on(service_date(slip.form, slip.values)?);
    (!lived_here)
        .then(|| (Role::ServiceDate, "実施日に、本市の住民ではありません（転出・死亡・転入前）。".into()))
}

fn fever_but_possible(slip: &Circumstances) -> Option<(Role, String)> {
    let fever = text(slip.form, slip.values, Role::Temperature)?.parse::<f64>().ok()? >= FEVER;
    let possible = text(slip.form, slip.values, Role::Judgement)? == roles::POSSIBLE;
    (fever && possible)
        .then(|| (Role::Temperature, format!("体温が{FEVER}度以上ですが、医師の判断が「可能」です。")))
}

fn postponed_with_lot(slip: &Circumstances) -> Option<(Role, String)> {
    let lot = slip.values.get(&slip.form.role(Role::Lot)?.id).is_some_and(|value| !says_nothing(value));
    (lot && is_postponed(slip.form, slip.values))
        .then(|| (Role::Lot, "医師の判断は「見合わせ」ですが、ロット番号があります。".into()))
}

fn no_consent(slip: &Circumstances) -> Option<(Role, String)> {
    let refused = text(slip.form, slip.values, Role::Consent)? == roles::REFUSE;
    (refused && !is_postponed(slip.form, slip.values))
        .then(|| (Role::Consent, "接種に「同意しない」とされています。".into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use jiff::civil::date;

    fn values(changes: &[(&str, &str)]) -> Values {
        let good = [
            ("birth_date", "1947-03-04"),
            ("temperature", "36.5"),
            ("consent", "agree"),
            ("judgement", "possible"),
            ("visit_date", "2026-11-02"),
            ("lot", "AB123"),
        ];
        let value = |text: &str| if text.is_empty() { Value::Blank } else { Value::Text(text.into()) };
        good.iter().chain(changes).map(|(id, text)| (FieldId::from(*id), value(text))).collect()
    }

    #[test]
    fn each_rule_speaks_up_and_a_good_slip_is_silent() {
        use RuleCode::*;
        let form = sample::form();
        let check = |changes: &[(&str, &str)], expected: &[RuleCode]| {
            let mut resident = sample::resident();
            resident.resident_until = Some(date(2027, 1, 31));
            let past = PastRecord {
                page: Some("earlier-1".into()),
                programme: "trial".into(),
                service_date: date(2027, 10, 10),
                values: values(&[]),
            };
            let found = findings(&Circumstances {
                form: &form,
                values: &values(changes),
                resident: Some(&resident),
                history: std::slice::from_ref(&past),
                programmes: &sample::programmes(),
                lots: &[],
                issued_on: Some(date(2026, 9, 1)),
                scanned_on: date(2027, 12, 1),
            });
            let rules: Vec<RuleCode> = found.iter().map(|finding| finding.rule).collect();
            assert_eq!(rules, expected, "{changes:?}");
            assert!(found.iter().all(|finding| finding.text.ends_with('。') && finding.field.is_some()));
        };
        check(&[], &[]);
        check(&[("temperature", "")], &[RequiredBlank]);
        check(&[("place", ""), ("remarks", "")], &[]);
        check(&[("visit_date", "2027-12-02")], &[ServiceInFuture, NotResident, TwiceInSeason]);
        check(&[("visit_date", "2026-08-31")], &[ServiceBeforeIssue]);
        check(&[("visit_date", "2027-02-01")], &[NotResident]);
        check(&[("temperature", "37.5")], &[FeverButPossible]);
        check(&[("temperature", "37.4")], &[]);
        check(&[("temperature", "38.0"), ("judgement", "postponed"), ("lot", "")], &[]);
        check(&[("judgement", "postponed")], &[PostponedWithLot]);
        check(&[("consent", "refuse")], &[NoConsent]);
        check(&[("consent", "refuse"), ("judgement", "postponed"), ("lot", "")], &[]);
        check(&[("visit_date", "2027-04-01")], &[NotResident, TwiceInSeason]);
    }

    #[test]
    fn a_postponed_visit_does_not_use_up_the_season() {
        let form = sample::form();
        let past = |judgement| PastRecord {
            page: Some("earlier-1".into()),
            programme: "trial".into(),
            service_date: date(2026, 10, 10),
            values: values(&[("judgement", judgement)]),
        };
        for (judgement, twice) in [("possible", true), ("postponed", false)] {
            let found = findings(&Circumstances {
                form: &form,
                values: &values(&[]),
                resident: None,
                history: &[past(judgement)],
                programmes: &sample::programmes(),
                lots: &[],
                issued_on: None,
                scanned_on: sample::SCANNED_ON,
            });
            assert_eq!(found.iter().any(|finding| finding.rule == RuleCode::TwiceInSeason), twice);
        }
    }
}
