//! 事業. Vaccination and screening programmes as data: who, how often, how far apart, when, with what.
//!
//! A file says them (`programmes.toml`), with versions by date; a city's own file replaces programmes of the built-in one
//! by their id. [`judge`](judge()) holds one service against them and says in words what speaks against it.

mod dose;
mod file;
mod judge;
mod person;
#[cfg(test)]
mod tests;
mod words;

pub use file::Fault;
pub use judge::{Judged, judge};
pub use words::RuleLine;

use crate::calendar::{AgeSpan, Gap};
use crate::ids::{PageId, ProgrammeId};
use crate::resident::Sex;
use crate::rules::Finding;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The rule of programmes that no rule names.
pub const ANY: &str = "*";

/// 事業の一覧. Every programme of this installation, with what holds between them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Programmes {
    list: Vec<Programme>,
    between: Vec<Between>,
    vaccines: BTreeMap<String, String>,
    /// Digest of the files that they were read from.
    mark: String,
}

/// 事業.
#[derive(Clone, Debug, PartialEq)]
pub struct Programme {
    /// As forms, prices and claims name it.
    pub id: ProgrammeId,
    /// For people.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// ワクチンの種類, of a vaccination.
    pub vaccine: Option<VaccineType>,
    /// Other programmes whose doses count as doses of this one.
    pub counts: Vec<ProgrammeId>,
    /// Its rules by date, earliest first; periods do not overlap.
    pub versions: Vec<Version>,
}

/// What a programme is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 予防接種.
    Vaccination,
    /// 検診.
    Screening,
    /// 申込: nothing is given or examined.
    Application,
}

/// ワクチンの種類, by which intervals to other vaccines differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VaccineType {
    /// 注射生ワクチン.
    InjectedLive,
    /// 経口生ワクチン.
    OralLive,
    /// 不活化ワクチン・組換え・mRNA.
    Inactivated,
}

/// 期間. First and last day, both included; an open end is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// First day.
    pub from: Option<Date>,
    /// Last day.
    pub until: Option<Date>,
}

impl Period {
    /// Whether `day` lies in it.
    pub fn contains(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }
}

/// 版. The rules of a programme while they hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// Days of service for which they hold.
    pub period: Period,
    /// Where they stand, for people.
    pub source: String,
    /// 標準的な時期・間隔: told, never judged.
    pub standard: Option<String>,
    /// What the paper can not tell, so that people look at it themselves.
    pub unknown: Option<String>,
    /// 年齢計算基準日.
    pub reference: Reference,
    /// 実施期間, where the programme is not open all year.
    pub season: Option<Season>,
    /// 使用ワクチン: ids of the vaccines in use; empty: not judged.
    pub vaccines: Vec<String>,
    /// 接種量; empty: not judged.
    pub volumes: Vec<Volume>,
    /// Programmes that exclude this one once they were received.
    pub unless_had: Vec<ProgrammeId>,
    /// Doses stand for themselves (1期, 2期): none asks for an earlier one.
    pub any_order: bool,
    /// The ways in which the programme can be received: one has to fit. Never empty.
    pub courses: Vec<Course>,
}

/// 接種・受診の方法. One way through a programme.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// For people; empty where there is only one.
    pub name: String,
    /// Examination methods, by the value on the slip; empty: any.
    pub methods: Vec<String>,
    /// Vaccines; empty: any of the version's.
    pub vaccines: Vec<String>,
    /// Age at the first dose.
    pub start: Option<AgeSpan>,
    /// Days on which the first dose was given.
    pub first_dose: Period,
    /// 対象者: one has to fit; empty: everybody.
    pub who: Vec<Who>,
    /// How often within what.
    pub limit: Option<Limit>,
    /// Doses in order; empty: not counted.
    pub doses: Vec<Dose>,
}

/// 対象者. A kind of person; every condition that is given has to hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Who {
    /// 年齢 on the reference date.
    pub age: Option<AgeSpan>,
    /// 節目年齢: whole years on the reference date.
    pub ages: Vec<u16>,
    /// 年度年齢: ages turned within the fiscal year of the service.
    pub turns: Vec<u16>,
    /// 性別.
    pub sex: Option<Sex>,
    /// 生年月日.
    pub born: Period,
    /// A condition that the register can not tell, for people to make sure of (障害, 基礎疾患).
    pub needs: Option<String>,
    /// A reference date of its own.
    pub reference: Option<Reference>,
    /// Words in place of those made from the conditions.
    pub words: Option<String>,
    /// How much it weighs.
    pub weight: Weight,
}

/// 重み. What is not certain in law or practice is told and never speaks against a slip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weight {
    /// A rule: a person decides.
    #[default]
    Rule,
    /// A notice.
    Notice,
}

/// 年齢計算基準日. The day on which an age counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reference {
    /// The day of the service.
    #[default]
    Service,
    /// Month and day within the fiscal year of the service.
    Fixed(i8, i8),
}

/// 実施期間. From one day of the year to another, both included; may lie over the new year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Season {
    /// Month and day.
    pub from: (i8, i8),
    /// Month and day.
    pub until: (i8, i8),
}

/// 回数の制限.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// So often.
    pub times: u16,
    /// Within this.
    pub within: Within,
    /// How much it weighs.
    pub weight: Weight,
}

/// A span in which services are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// 生涯.
    Life,
    /// 実施期間 (シーズン).
    Season,
    /// So many 年度, the present one included.
    FiscalYears(u16),
}

/// 回. One dose of a course.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dose {
    /// The numbers that slips may give it; the first is its own.
    pub rounds: Vec<u8>,
    /// 1期, 追加…; empty: 「n回目」.
    pub name: String,
    /// 対象者 in place of the course's.
    pub who: Vec<Who>,
    /// Ages for this dose alone.
    pub ages: Vec<DoseAge>,
    /// 間隔.
    pub gaps: Vec<GapRule>,
}

/// An age at which a dose has to be given.
#[derive(Clone, Debug, PartialEq)]
pub struct DoseAge {
    /// The range.
    pub age: AgeSpan,
    /// How much it weighs.
    pub weight: Weight,
}

/// 間隔 to an earlier dose.
#[derive(Clone, Debug, PartialEq)]
pub struct GapRule {
    /// To which.
    pub after: After,
    /// 「…以上」.
    pub at_least: Option<Gap>,
    /// 「…未満」.
    pub under: Option<Gap>,
    /// In addition, for people.
    pub words: Option<String>,
    /// How much it weighs.
    pub weight: Weight,
}

/// From which dose an interval counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// The last one before, whichever.
    Previous,
    /// This round.
    Round(u8),
}

/// 接種量 for an age.
#[derive(Clone, Debug, PartialEq)]
pub struct Volume {
    /// Possible volumes, hundredths of a mL.
    pub centi_ml: Vec<u32>,
    /// For whom; `None`: everybody.
    pub age: Option<AgeSpan>,
    /// How much it weighs.
    pub weight: Weight,
}

/// 異なるワクチンとの間隔.
#[derive(Clone, Debug, PartialEq)]
pub struct Between {
    /// Days of the later vaccination for which it holds.
    pub period: Period,
    /// The earlier one's type.
    pub after: Vec<VaccineType>,
    /// The later one's type; empty: any.
    pub next: Vec<VaccineType>,
    /// 「…以上」.
    pub at_least: Gap,
    /// Where it stands.
    pub source: String,
}

/// 接種・受診の履歴. A service of the same person at another time, whoever keeps its record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastService {
    /// What for.
    pub programme: ProgrammeId,
    /// Which dose, when it is known.
    pub round: Option<u8>,
    /// With what, when it is known.
    pub vaccine: Option<String>,
    /// When.
    pub day: Date,
    /// Its page, when its paper is here.
    pub page: Option<PageId>,
}

const BUILT_IN: &str = include_str!("../../../../templates/programmes.toml");

impl Programmes {
    /// Reads and checks the text of a `programmes.toml`.
    ///
    /// # Errors
    /// Every mistake found, each with its line and what to do.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        file::parse(text)
    }

    /// What comes with the program: national law and guidelines.
    pub fn built_in() -> Self {
        // A test holds the built-in file sound; were it not, every programme would be judged by nothing, and say so.
        Self::parse(BUILT_IN).unwrap_or_default()
    }

    /// The text of the built-in file, as a pattern for a city's own.
    pub fn built_in_text() -> &'static str {
        BUILT_IN
    }

    /// These with a city's own programmes in place of those with the same id. Rules between vaccines, where the city
    /// has any, replace all.
    #[must_use]
    pub fn with(mut self, city: Programmes) -> Self {
        for programme in city.list {
            match self.list.iter_mut().find(|known| known.id == programme.id) {
                Some(known) => *known = programme,
                None => self.list.push(programme),
            }
        }
        if !city.between.is_empty() {
            self.between = city.between;
        }
        self.vaccines.extend(city.vaccines);
        self.mark = format!("{} {}", self.mark, city.mark);
        self
    }

    /// All, in the order of the file, the rule of unnamed programmes left out.
    pub fn all(&self) -> impl Iterator<Item = &Programme> {
        self.list.iter().filter(|programme| programme.id.as_str() != ANY)
    }

    /// The programme with this id.
    pub fn get(&self, id: &ProgrammeId) -> Option<&Programme> {
        self.list.iter().find(|programme| programme.id == *id)
    }

    /// The rule by which `id` is judged: its own, or that of programmes without one.
    pub(crate) fn rule(&self, id: &ProgrammeId) -> Option<&Programme> {
        self.get(id).or_else(|| self.list.iter().find(|programme| programme.id.as_str() == ANY))
    }

    /// For people; the id itself where nobody has named it.
    pub fn name<'a>(&'a self, id: &'a ProgrammeId) -> &'a str {
        self.get(id).map_or(id.as_str(), |programme| programme.name.as_str())
    }

    /// 「第1期」, 「2回目」: the dose as people call it.
    pub fn round_name(&self, id: &ProgrammeId, round: u8) -> String {
        let doses = self.get(id).and_then(|programme| programme.versions.last());
        let mut doses =
            doses.into_iter().flat_map(|version| &version.courses).flat_map(|course| &course.doses);
        let named = doses.find(|dose| dose.rounds.first() == Some(&round));
        named.map_or_else(|| format!("{round}回目"), Dose::label)
    }

    /// The vaccine's name for people; the id itself where nobody has named it.
    pub fn vaccine_name<'a>(&'a self, id: &'a str) -> &'a str {
        self.vaccines.get(id).map_or(id, String::as_str)
    }

    /// Every vaccine that rules name: id and name.
    pub fn vaccines(&self) -> impl Iterator<Item = (&str, &str)> {
        self.vaccines.iter().map(|(id, name)| (id.as_str(), name.as_str()))
    }

    /// Whether a vaccine with this id is named.
    pub fn knows_vaccine(&self, id: &str) -> bool {
        self.vaccines.contains_key(id)
    }

    /// Stands for everything in it: other rules, another mark.
    pub fn mark(&self) -> &str {
        &self.mark
    }

    /// Rules between different vaccines.
    pub fn between(&self) -> &[Between] {
        &self.between
    }
}

impl Programme {
    /// The rules that hold for a service on `day`.
    pub fn version(&self, day: Date) -> Option<&Version> {
        self.versions.iter().find(|version| version.period.contains(day))
    }
}

impl Dose {
    /// 「1期」, 「2回目」.
    pub fn label(&self) -> String {
        match self.name.as_str() {
            "" => format!("{}回目", self.rounds.first().copied().unwrap_or(1)),
            name => name.to_owned(),
        }
    }
}

impl VaccineType {
    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            VaccineType::InjectedLive => "注射生ワクチン",
            VaccineType::OralLive => "経口生ワクチン",
            VaccineType::Inactivated => "不活化ワクチン",
        }
    }
}

impl Kind {
    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Kind::Vaccination => "予防接種",
            Kind::Screening => "検診",
            Kind::Application => "申込",
        }
    }

    /// 「接種」 or 「受診」, for sentences.
    pub fn deed(self) -> &'static str {
        match self {
            Kind::Vaccination => "接種",
            Kind::Screening => "受診",
            Kind::Application => "申込",
        }
    }
}

/// Findings that speak against a slip; notices do not.
pub fn against(findings: &[Finding]) -> impl Iterator<Item = &Finding> {
    findings.iter().filter(|finding| !finding.notice)
}
