//! 判定. One service held against the rules of its programme.

use super::dose::{self, Doses, Past};
use super::{Course, PastService, Period, Programme, Programmes, Version, Weight, person, words};
use crate::form::Form;
use crate::ids::ProgrammeId;
use crate::lot::{self, Lot};
use crate::resident::Resident;
use crate::roles::Role;
use crate::rules::{Finding, RuleCode};
use jiff::civil::Date;

/// 判定の対象. What is known of one service.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// The form of the slip: findings name its fields.
    pub form: &'a Form,
    /// What for.
    pub programme: &'a ProgrammeId,
    /// Which dose, when the slip says so.
    pub round: Option<u8>,
    /// The vaccine, when slip or lot say so.
    pub vaccine: Option<&'a str>,
    /// The method of examination, when the slip says so.
    pub method: Option<&'a str>,
    /// Volume, mL.
    pub volume: Option<f64>,
    /// Lot as written.
    pub lot: Option<&'a str>,
    /// What label and makers say of this lot.
    pub lots: &'a [Lot],
    /// When.
    pub day: Date,
    /// Looked at, and not given (見合わせ): number, interval and vaccine do not matter.
    pub postponed: bool,
    /// The person, when known.
    pub resident: Option<&'a Resident>,
    /// The person's other services, of every programme and day.
    pub history: &'a [PastService],
}

/// A sentence against a service, with the rule, the field and the weight.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Said {
    pub rule: RuleCode,
    pub role: Role,
    pub weight: Weight,
    pub text: String,
}

impl Said {
    /// A sentence about the day of the service.
    pub fn of_day(rule: RuleCode, weight: Weight, text: String) -> Self {
        Self { rule, role: Role::ServiceDate, weight, text }
    }

    fn finding(self, form: &Form, source: &str) -> Finding {
        let field = form.role(self.role).or_else(|| form.role(Role::ServiceDate));
        Finding {
            rule: self.rule,
            field: field.map(|field| field.id.clone()),
            text: self.text,
            source: source.to_owned(),
            notice: self.weight == Weight::Notice,
        }
    }
}

/// Everything that speaks against a service, each with the source of its rule. Nothing is said of a programme that has no
/// rule at all.
pub fn judge(programmes: &Programmes, judged: &Judged) -> Vec<Finding> {
    let Some(programme) = programmes.rule(judged.programme) else { return Vec::new() };
    let Some(version) = programme.version(judged.day) else {
        let source = programme.versions.last().map_or("", |version| version.source.as_str());
        return closed(programme, judged.day)
            .map(|said| said.finding(judged.form, source))
            .into_iter()
            .collect();
    };
    let mut said = of_course(programme, version, judged);
    said.extend(out_of_season(version, judged));
    if !judged.postponed {
        said.extend(excluded(programmes, version, judged));
        said.extend(wrong_vaccine(programmes, version, judged));
        said.extend(wrong_volume(version, judged));
        said.extend(wrong_lot(judged));
    }
    said.extend(version.unknown.iter().map(|unknown| {
        let text = format!("{unknown}（用紙からは判定できません）。");
        Said::of_day(RuleCode::CannotJudge, Weight::Notice, text)
    }));
    let findings = said.into_iter().map(|said| said.finding(judged.form, &version.source));
    findings.chain(between(programmes, programme, judged)).collect()
}

/// The programme had not begun, or had ended.
fn closed(programme: &Programme, day: Date) -> Option<Said> {
    let later = programme.versions.iter().filter_map(|version| version.period.from).find(|from| day < *from);
    let ended =
        programme.versions.iter().filter_map(|version| version.period.until).rfind(|until| *until < day);
    let text = match (ended, later) {
        (_, Some(from)) => format!("この日には行われていない事業です（{from} から）。"),
        (Some(until), None) => format!("この日には終わっている事業です（{until} まで）。"),
        (None, None) => return None,
    };
    Some(Said::of_day(RuleCode::NotEligible, Weight::Rule, text))
}

/// What the best fitting course says: one that the person is on goes before one that she is not.
fn of_course(programme: &Programme, version: &Version, judged: &Judged) -> Vec<Said> {
    let past = dose::past(programme, judged);
    let allows = |list: &[String], one: Option<&str>| {
        list.is_empty() || one.is_none_or(|one| list.iter().any(|allowed| allowed == one))
    };
    let by_method: Vec<&Course> =
        version.courses.iter().filter(|course| allows(&course.methods, judged.method)).collect();
    if by_method.is_empty() {
        let text = "この検査方法は、この事業の対象ではありません。".to_owned();
        return vec![Said { role: Role::Method, ..Said::of_day(RuleCode::NotEligible, Weight::Rule, text) }];
    }
    let by_vaccine = by_method.iter().copied().filter(|course| allows(&course.vaccines, judged.vaccine));
    let mut courses: Vec<&Course> = by_vaccine.collect();
    if courses.is_empty() {
        courses = by_method;
    }
    let tried = courses.into_iter().map(|course| {
        let doses = Doses::new(course, version, judged, &past);
        (!doses.applies(), in_course(programme, version, judged, &doses, &past))
    });
    let heavy = |said: &[Said]| said.iter().filter(|one| one.weight == Weight::Rule).count();
    let best = tried.min_by_key(|(off, said)| (*off, heavy(said), said.len()));
    best.map(|(_, said)| said).unwrap_or_default()
}

fn in_course(
    programme: &Programme,
    version: &Version,
    judged: &Judged,
    doses: &Doses,
    past: &[Past],
) -> Vec<Said> {
    let course = doses.course;
    let dose = doses.this();
    let who = dose.filter(|dose| !dose.who.is_empty()).map_or(&course.who, |dose| &dose.who);
    let person = judged
        .resident
        .and_then(|resident| person::against(who, version, programme.kind, resident, judged.day));
    let mut said: Vec<Said> = person.into_iter().collect();
    if !judged.postponed {
        said.extend(doses.against());
        said.extend(began_elsewhen(course, judged, past));
    }
    said
}

/// The first dose was not given on a day that the course asks for.
fn began_elsewhen(course: &Course, judged: &Judged, past: &[Past]) -> Option<Said> {
    let began = past.first().map(|one| one.day.min(judged.day));
    let began = began.or_else(|| judged.round.is_none_or(|round| round <= 1).then_some(judged.day));
    if course.first_dose == Period::default() || began.is_some_and(|day| course.first_dose.contains(day)) {
        return None;
    }
    let text = format!("初回を {} に受けた人だけが対象です。", words::period(&course.first_dose));
    Some(Said::of_day(RuleCode::NotEligible, Weight::Rule, text))
}

fn out_of_season(version: &Version, judged: &Judged) -> Option<Said> {
    let season = version.season.filter(|season| !season.contains(judged.day))?;
    let text = format!("実施期間は{}です。", words::season(&season));
    Some(Said::of_day(RuleCode::Season, Weight::Rule, text))
}

/// The person received something that excludes this programme.
fn excluded(programmes: &Programmes, version: &Version, judged: &Judged) -> Option<Said> {
    let had = judged.history.iter().find(|one| version.unless_had.contains(&one.programme))?;
    let text = format!("「{}」を {} に受けた人は対象外です。", programmes.name(&had.programme), had.day);
    Some(Said::of_day(RuleCode::NotEligible, Weight::Rule, text))
}

fn wrong_vaccine(programmes: &Programmes, version: &Version, judged: &Judged) -> Option<Said> {
    let vaccine = judged.vaccine.or_else(|| {
        // A lot that belongs to one vaccine names it.
        let mut of_lot = judged.lots.iter().filter_map(|lot| lot.vaccine.as_deref());
        of_lot.next().filter(|first| of_lot.all(|other| other == *first))
    })?;
    if version.vaccines.is_empty() || version.vaccines.iter().any(|allowed| allowed == vaccine) {
        return None;
    }
    let names: Vec<&str> = version.vaccines.iter().map(|id| programmes.vaccine_name(id)).collect();
    let text = format!(
        "「{}」は、この事業では使いません（{}）。",
        programmes.vaccine_name(vaccine),
        names.join("、")
    );
    let role = if judged.vaccine.is_some() { Role::Vaccine } else { Role::Lot };
    Some(Said { role, ..Said::of_day(RuleCode::WrongVaccine, Weight::Rule, text) })
}

fn wrong_volume(version: &Version, judged: &Judged) -> Option<Said> {
    let given = judged.volume?;
    let birth = judged.resident.map(|resident| *resident.birth_date.reveal());
    let for_age = |age: crate::calendar::AgeSpan| birth.is_none_or(|birth| age.contains(birth, judged.day));
    let possible = version.volumes.iter().filter(|volume| volume.age.is_none_or(for_age));
    let possible: Vec<_> = possible.collect();
    let fits = |centi: &u32| (f64::from(*centi) / 100.0 - given).abs() < 0.001;
    if possible.is_empty() || possible.iter().any(|volume| volume.centi_ml.iter().any(fits)) {
        return None;
    }
    let mut usual: Vec<String> = possible.iter().map(|volume| words::volume(volume)).collect();
    usual.dedup();
    let certain = possible.iter().all(|volume| volume.weight == Weight::Rule);
    let weight = if certain { Weight::Rule } else { Weight::Notice };
    let text = format!("接種量が{given}mLです。この事業では{}です。", usual.join("または"));
    Some(Said { role: Role::Volume, ..Said::of_day(RuleCode::Volume, weight, text) })
}

fn wrong_lot(judged: &Judged) -> Option<Said> {
    let written = judged.lot?;
    let said = |rule, text| Some(Said { role: Role::Lot, ..Said::of_day(rule, Weight::Rule, text) });
    if written == lot::UNREAD {
        let text = "ロット番号が読み取られていません。ラベルの画像を見て入力してください。";
        return said(RuleCode::LotImpossible, text.to_owned());
    }
    if !lot::is_possible(written) {
        return said(RuleCode::LotImpossible, "ロット番号の形が正しくありません。".to_owned());
    }
    // Where two makers use the same number, the one that is still good may be meant.
    let last_day =
        |number: &String| judged.lots.iter().filter(|lot| lot.lot == *number).map(|lot| lot.expiry).max();
    let expiry = lot::each(written).filter_map(|number| last_day(&number)).min()?;
    if judged.day <= expiry {
        return None;
    }
    said(RuleCode::LotExpired, format!("ワクチンの有効期限（{expiry}）が過ぎています。"))
}

/// Intervals to other vaccines, by the day of the later one. Both on one day are left to the doctor.
fn between(programmes: &Programmes, programme: &Programme, judged: &Judged) -> Vec<Finding> {
    let Some(mine) = programme.vaccine.filter(|_| !judged.postponed) else { return Vec::new() };
    let others = judged.history.iter().filter(|one| {
        one.day != judged.day
            && one.programme != *judged.programme
            && !programme.counts.contains(&one.programme)
    });
    let said = others.filter_map(|one| {
        let other = programmes.get(&one.programme)?;
        let theirs = other.vaccine?;
        let (first, second) = if one.day < judged.day { (theirs, mine) } else { (mine, theirs) };
        let (early, late) = (one.day.min(judged.day), one.day.max(judged.day));
        let holds = programmes.between.iter().filter(|rule| {
            rule.period.contains(late)
                && rule.after.contains(&first)
                && (rule.next.is_empty() || rule.next.contains(&second))
        });
        let rule = holds
            .filter(|rule| late < rule.at_least.earliest(early))
            .max_by_key(|rule| rule.at_least.earliest(early))?;
        let earliest = rule.at_least.earliest(early);
        let text = if one.day < judged.day {
            format!(
                "{}（{}、{}）から{}以上: 接種できるのは {earliest} から。",
                other.name,
                theirs.label(),
                one.day,
                rule.at_least
            )
        } else {
            format!(
                "{}（{}、{} の記録）は、この接種から{}以上: {earliest} からでした。",
                other.name,
                theirs.label(),
                one.day,
                rule.at_least
            )
        };
        let said = Said::of_day(RuleCode::Interval, Weight::Rule, text);
        Some(said.finding(judged.form, &rule.source))
    });
    said.collect()
}
