//! The text of a `programmes.toml`, as written: raw tables -> [`Programmes`].

use super::*;
use crate::form::line_of;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use toml::Spanned;

/// A mistake in a programme file: where and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Line in the file, from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

impl std::error::Error for Fault {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[serde(default)]
    vaccines: BTreeMap<String, String>,
    #[serde(default)]
    between: Vec<RawBetween>,
    #[serde(default, rename = "programme")]
    programmes: Vec<Spanned<RawProgramme>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBetween {
    from: Option<Date>,
    until: Option<Date>,
    after: Vec<VaccineType>,
    #[serde(default)]
    next: Vec<VaccineType>,
    #[serde(deserialize_with = "word")]
    at_least: Gap,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProgramme {
    id: String,
    name: String,
    kind: Kind,
    vaccine: Option<VaccineType>,
    #[serde(default)]
    counts: Vec<String>,
    #[serde(rename = "version")]
    versions: Vec<Spanned<RawVersion>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawVersion {
    from: Option<Date>,
    until: Option<Date>,
    source: String,
    standard: Option<String>,
    unknown: Option<String>,
    #[serde(default, deserialize_with = "maybe_word")]
    reference: Option<Reference>,
    #[serde(default, deserialize_with = "maybe_word")]
    season: Option<Season>,
    #[serde(default)]
    vaccines: Vec<String>,
    #[serde(default)]
    volumes: Vec<RawVolume>,
    #[serde(default)]
    unless_had: Vec<String>,
    #[serde(default)]
    any_order: bool,
    #[serde(default)]
    who: Vec<RawWho>,
    limit: Option<RawLimit>,
    #[serde(default)]
    doses: Vec<RawDose>,
    #[serde(default, rename = "course")]
    courses: Vec<RawCourse>,
}

/// Says nothing of `who`, `limit` or `doses`: as the version does.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawCourse {
    name: String,
    methods: Vec<String>,
    vaccines: Vec<String>,
    #[serde(deserialize_with = "maybe_word")]
    start: Option<AgeSpan>,
    first_dose_from: Option<Date>,
    first_dose_until: Option<Date>,
    who: Vec<RawWho>,
    limit: Option<RawLimit>,
    doses: Vec<RawDose>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawWho {
    #[serde(deserialize_with = "maybe_word")]
    age: Option<AgeSpan>,
    ages: Vec<u16>,
    turns: Vec<u16>,
    sex: Option<Sex>,
    born_from: Option<Date>,
    born_until: Option<Date>,
    needs: Option<String>,
    #[serde(deserialize_with = "maybe_word")]
    reference: Option<Reference>,
    words: Option<String>,
    hard: Option<bool>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLimit {
    times: Option<u16>,
    within: RawWithin,
    years: Option<u16>,
    hard: Option<bool>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawWithin {
    Life,
    Season,
    FiscalYears,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawDose {
    rounds: Vec<u8>,
    name: String,
    who: Vec<RawWho>,
    ages: Vec<RawDoseAge>,
    gaps: Vec<RawGap>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDoseAge {
    #[serde(deserialize_with = "word")]
    age: AgeSpan,
    hard: Option<bool>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawGap {
    after: Option<u8>,
    #[serde(deserialize_with = "maybe_word")]
    at_least: Option<Gap>,
    #[serde(deserialize_with = "maybe_word")]
    under: Option<Gap>,
    words: Option<String>,
    hard: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawVolume {
    ml: Vec<f64>,
    #[serde(default, deserialize_with = "maybe_word")]
    age: Option<AgeSpan>,
    hard: Option<bool>,
}

fn word<'de, D: Deserializer<'de>, T: FromStr<Err = String>>(reader: D) -> Result<T, D::Error> {
    String::deserialize(reader)?.parse().map_err(D::Error::custom)
}

fn maybe_word<'de, D: Deserializer<'de>, T: FromStr<Err = String>>(reader: D) -> Result<Option<T>, D::Error> {
    word(reader).map(Some)
}

impl FromStr for Reference {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "service" => Ok(Reference::Service),
            "fiscal_year_start" => Ok(Reference::Fixed(4, 1)),
            "fiscal_year_end" => Ok(Reference::Fixed(3, 31)),
            day => month_day(day).map(|(month, day)| Reference::Fixed(month, day)),
        }
    }
}

impl FromStr for Season {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (from, until) =
            text.split_once("..").ok_or_else(|| format!("`{text}` is no season; write 10-01..01-31"))?;
        Ok(Self { from: month_day(from)?, until: month_day(until)? })
    }
}

fn month_day(text: &str) -> Result<(i8, i8), String> {
    // In a leap year 29 February is a day as well.
    let day: Option<Date> = (text.len() == 5).then(|| format!("2024-{text}").parse().ok()).flatten();
    day.map(|day| (day.month(), day.day()))
        .ok_or_else(|| format!("`{text}` is no day of the year; write 10-01"))
}

/// Reads the file; faults name the line of the programme or version that they are in.
pub(super) fn parse(text: &str) -> Result<Programmes, Vec<Fault>> {
    let raw: RawFile = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_of(text, span.start));
        vec![Fault { line, reason: error.message().to_owned() }]
    })?;
    let mut faults = Vec::new();
    let mut seen = HashMap::new();
    let mut list = Vec::new();
    for raw in raw.programmes {
        let line = line_of(text, raw.span().start);
        let raw = raw.into_inner();
        if let Some(first) = seen.insert(raw.id.clone(), line) {
            faults.push(Fault {
                line,
                reason: format!("the programme `{}` is in line {first} already", raw.id),
            });
        }
        list.push(programme(raw, text, line, &mut faults));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Programmes {
        list,
        between: raw.between.into_iter().map(between).collect(),
        vaccines: raw.vaccines,
        mark: blake3::hash(text.as_bytes()).to_string(),
    })
}

fn between(raw: RawBetween) -> Between {
    Between {
        period: Period { from: raw.from, until: raw.until },
        after: raw.after,
        next: raw.next,
        at_least: raw.at_least,
        source: raw.source,
    }
}

fn programme(raw: RawProgramme, text: &str, line: usize, faults: &mut Vec<Fault>) -> Programme {
    let mut fault = |line: usize, reason: String| faults.push(Fault { line, reason });
    if raw.kind == Kind::Vaccination && raw.vaccine.is_none() {
        fault(line, "a vaccination needs `vaccine`: injected_live, oral_live or inactivated".to_owned());
    }
    if raw.versions.is_empty() {
        fault(line, "a programme needs a `[[programme.version]]` at least".to_owned());
    }
    let mut versions: Vec<Version> = Vec::new();
    for version in raw.versions {
        let line = line_of(text, version.span().start);
        let version = self::version(version.into_inner(), line, &mut fault);
        let begins_late = |before: &Version| {
            before.period.until.zip(version.period.from).is_some_and(|(until, from)| until < from)
        };
        if !versions.last().is_none_or(begins_late) {
            fault(
                line,
                "versions come in order of their days and do not overlap: give `until` and `from`".to_owned(),
            );
        }
        versions.push(version);
    }
    let ids = |ids: Vec<String>| ids.into_iter().map(ProgrammeId).collect();
    Programme {
        id: raw.id.into(),
        name: raw.name,
        kind: raw.kind,
        vaccine: raw.vaccine,
        counts: ids(raw.counts),
        versions,
    }
}

fn version(raw: RawVersion, line: usize, fault: &mut impl FnMut(usize, String)) -> Version {
    if raw.from.zip(raw.until).is_some_and(|(from, until)| until < from) {
        fault(line, "`until` is before `from`".to_owned());
    }
    if raw.source.trim().is_empty() {
        fault(line, "`source` says where the rule stands".to_owned());
    }
    let shared = (raw.who, raw.limit, raw.doses);
    let courses = if raw.courses.is_empty() { vec![RawCourse::default()] } else { raw.courses };
    let courses: Vec<Course> = courses.into_iter().map(|raw| course(raw, &shared)).collect();
    for course in &courses {
        let mut rounds: Vec<u8> = course.doses.iter().flat_map(|dose| dose.rounds.clone()).collect();
        let count = rounds.len();
        rounds.sort_unstable();
        rounds.dedup();
        if rounds.len() < count || rounds.first() == Some(&0) {
            fault(line, "every dose has rounds of its own, from 1".to_owned());
        }
        let limited = course.limit.is_some_and(|limit| limit.within == Within::Season);
        if limited && raw.season.is_none() {
            fault(line, "a limit within a season needs `season`".to_owned());
        }
        let empty = |gap: &GapRule| gap.at_least.is_none() && gap.under.is_none();
        if course.doses.iter().flat_map(|dose| &dose.gaps).any(empty) {
            fault(line, "a gap needs `at_least` or `under`".to_owned());
        }
    }
    if raw.volumes.iter().any(|volume| volume.ml.iter().any(|ml| !(0.01..=10.0).contains(ml))) {
        fault(line, "`ml` is a volume of 0.01 to 10 mL".to_owned());
    }
    Version {
        period: Period { from: raw.from, until: raw.until },
        source: raw.source,
        standard: raw.standard,
        unknown: raw.unknown,
        reference: raw.reference.unwrap_or_default(),
        season: raw.season,
        vaccines: raw.vaccines,
        volumes: raw.volumes.into_iter().map(volume).collect(),
        unless_had: raw.unless_had.into_iter().map(ProgrammeId).collect(),
        any_order: raw.any_order,
        courses,
    }
}

fn course(raw: RawCourse, (who, limit, doses): &(Vec<RawWho>, Option<RawLimit>, Vec<RawDose>)) -> Course {
    let all_who = if raw.who.is_empty() { who.clone() } else { raw.who };
    let all_doses = if raw.doses.is_empty() { doses.clone() } else { raw.doses };
    Course {
        name: raw.name,
        methods: raw.methods,
        vaccines: raw.vaccines,
        start: raw.start,
        first_dose: Period { from: raw.first_dose_from, until: raw.first_dose_until },
        who: all_who.into_iter().map(self::who).collect(),
        limit: raw.limit.or(*limit).map(self::limit),
        doses: all_doses.into_iter().zip(1..).map(|(raw, number)| dose(raw, number)).collect(),
    }
}

fn weight(hard: Option<bool>) -> Weight {
    if hard.unwrap_or(true) { Weight::Rule } else { Weight::Notice }
}

fn who(raw: RawWho) -> Who {
    Who {
        age: raw.age,
        ages: raw.ages,
        turns: raw.turns,
        sex: raw.sex,
        born: Period { from: raw.born_from, until: raw.born_until },
        needs: raw.needs,
        reference: raw.reference,
        words: raw.words,
        weight: weight(raw.hard),
    }
}

fn limit(raw: RawLimit) -> Limit {
    let within = match raw.within {
        RawWithin::Life => Within::Life,
        RawWithin::Season => Within::Season,
        RawWithin::FiscalYears => Within::FiscalYears(raw.years.unwrap_or(1).max(1)),
    };
    Limit { times: raw.times.unwrap_or(1), within, weight: weight(raw.hard) }
}

fn dose(raw: RawDose, number: u8) -> Dose {
    let gap = |raw: RawGap| GapRule {
        after: raw.after.map_or(After::Previous, After::Round),
        at_least: raw.at_least,
        under: raw.under,
        words: raw.words,
        weight: weight(raw.hard),
    };
    let age = |raw: RawDoseAge| DoseAge { age: raw.age, weight: weight(raw.hard) };
    Dose {
        rounds: if raw.rounds.is_empty() { vec![number] } else { raw.rounds },
        name: raw.name,
        who: raw.who.into_iter().map(who).collect(),
        ages: raw.ages.into_iter().map(age).collect(),
        gaps: raw.gaps.into_iter().map(gap).collect(),
    }
}

fn volume(raw: RawVolume) -> Volume {
    // Checked to lie between 0.01 and 10 mL, so hundredths fit.
    let centi = |ml: &f64| (ml * 100.0).round() as u32;
    Volume { centi_ml: raw.ml.iter().map(centi).collect(), age: raw.age, weight: weight(raw.hard) }
}
