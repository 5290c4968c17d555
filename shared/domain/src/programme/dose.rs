//! 回数と間隔. Which dose a service is, and whether it keeps its distance to the others.

use super::judge::{Judged, Said};
use super::{After, Course, Dose, GapRule, Limit, Programme, Season, Version, Weight, Within};
use crate::calendar::fiscal_year;
use crate::roles::Role;
use crate::rules::RuleCode;
use jiff::civil::Date;

/// A service of the same programme at another time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Past {
    /// Which dose, when it is known.
    pub round: Option<u8>,
    /// When.
    pub day: Date,
}

/// The person's other services of the programme, by day.
pub(super) fn past(programme: &Programme, judged: &Judged) -> Vec<Past> {
    let same = judged
        .history
        .iter()
        .filter(|one| one.programme == *judged.programme || programme.counts.contains(&one.programme));
    let mut past: Vec<Past> = same.map(|one| Past { round: one.round, day: one.day }).collect();
    past.sort_by_key(|one| one.day);
    past
}

/// One course, with the person's past doses numbered by it.
pub(super) struct Doses<'a> {
    pub course: &'a Course,
    pub version: &'a Version,
    pub judged: &'a Judged<'a>,
    past: Vec<Past>,
}

impl<'a> Doses<'a> {
    pub fn new(course: &'a Course, version: &'a Version, judged: &'a Judged<'a>, past: &[Past]) -> Self {
        let relevant = past.iter().copied().filter(|one| match course.limit {
            // A new season begins with the first dose again.
            Some(limit) => together(limit, version.season, one.day, judged.day),
            None => true,
        });
        let mut past: Vec<Past> = relevant.collect();
        // Where no record says which dose it was, they are what their order makes them.
        if past.iter().all(|one| one.round.is_none()) {
            let before = past.iter().filter(|one| one.day < judged.day).count();
            for (one, dose) in past.iter_mut().take(before).zip(&course.doses) {
                one.round = dose.rounds.first().copied();
            }
        }
        Self { course, version, judged, past }
    }

    /// Whether the course is the one that the person is on: by the first dose, and by ages and intervals of past doses
    /// that belong to one course only. What is not known excludes nothing.
    pub fn applies(&self) -> bool {
        let first = match self.past.first() {
            Some(past) => Some(past.day.min(self.judged.day)),
            None if self.judged.round.is_none_or(|round| round <= 1) => Some(self.judged.day),
            None => None,
        };
        let Some(first) = first else { return true };
        let birth = self.judged.resident.map(|resident| *resident.birth_date.reveal());
        let started = |birth: Date| self.course.start.is_none_or(|start| start.contains(birth, first));
        birth.is_none_or(started)
            && self.course.first_dose.contains(first)
            && birth.is_none_or(|birth| self.past.iter().all(|past| self.belongs(past, birth)))
    }

    fn belongs(&self, past: &Past, birth: Date) -> bool {
        let Some(dose) = past.round.and_then(|round| self.dose(round)) else { return true };
        if past.day >= self.judged.day {
            return true;
        }
        let of_age =
            dose.ages.iter().all(|one| one.weight == Weight::Notice || one.age.contains(birth, past.day));
        let soon = dose.gaps.iter().filter(|gap| gap.weight == Weight::Rule).all(|gap| {
            let before = self.before(gap.after, dose, past.day);
            gap.under.zip(before).is_none_or(|(under, (_, day))| past.day < under.earliest(day))
        });
        of_age && soon
    }

    fn dose(&self, round: u8) -> Option<&'a Dose> {
        self.course.doses.iter().find(|dose| dose.rounds.contains(&round))
    }

    /// The dose that the judged service is: as it says, else as its place in the history makes it.
    pub fn this(&self) -> Option<&'a Dose> {
        match self.judged.round {
            Some(round) => self.dose(round),
            None => self.course.doses.get(self.past.iter().filter(|one| one.day < self.judged.day).count()),
        }
    }

    /// Everything that speaks against number, order, ages and intervals.
    pub fn against(&self) -> Vec<Said> {
        let limited = self.over_limit();
        if self.course.doses.is_empty() || limited.is_some() {
            return limited.or_else(|| self.same_day()).into_iter().collect();
        }
        let Some(dose) = self.this() else { return vec![self.no_such_dose()] };
        if let Some(said) = self.given_already(dose) {
            return vec![said];
        }
        let mut said: Vec<Said> = self.out_of_order(dose).into_iter().collect();
        said.extend(self.wrong_age(dose));
        said.extend(dose.gaps.iter().filter_map(|gap| self.too_close(dose, gap)));
        said.extend(self.missing(dose));
        said.extend(self.too_close_to_later(dose));
        said
    }

    fn over_limit(&self) -> Option<Said> {
        let limit = self.course.limit?;
        let others: Vec<Date> = self.past.iter().map(|one| one.day).collect();
        let latest = others.last().filter(|_| others.len() >= usize::from(limit.times))?;
        let text = match limit.within {
            Within::Life => format!("一生に{}回の事業ですが、{latest} の記録がすでにあります。", limit.times),
            Within::Season => format!("同じシーズンに、同じ事業の記録がすでにあります（{latest}）。"),
            Within::FiscalYears(1) => format!("同じ年度に、同じ事業の記録がすでにあります（{latest}）。"),
            Within::FiscalYears(years) => {
                format!("{years}年度に{}回の事業ですが、{latest} の記録がすでにあります。", limit.times)
            }
        };
        Some(Said::of_day(RuleCode::TwiceInSeason, limit.weight, text))
    }

    fn same_day(&self) -> Option<Said> {
        self.past.iter().any(|one| one.day == self.judged.day).then(|| {
            let text = "同じ日に、同じ事業の記録がすでにあります。";
            Said::of_day(RuleCode::Round, Weight::Rule, text.to_owned())
        })
    }

    fn no_such_dose(&self) -> Said {
        let count = self.course.doses.len();
        let text = match self.judged.round {
            Some(round) => format!("「{round}回目」はありません。この事業は{count}回です。"),
            None => format!("この事業は{count}回ですが、すでに{count}回の記録があります。"),
        };
        Said { role: Role::Round, ..Said::of_day(RuleCode::Round, Weight::Rule, text) }
    }

    fn given_already(&self, dose: &Dose) -> Option<Said> {
        let same = |one: &&Past| match one.round {
            Some(round) => dose.rounds.contains(&round),
            None => one.day == self.judged.day,
        };
        let other = self.past.iter().find(same)?;
        let text = format!("{}は {} の記録がすでにあります。", dose.label(), other.day);
        Some(Said { role: Role::Round, ..Said::of_day(RuleCode::Round, Weight::Rule, text) })
    }

    /// A later dose was given before this one.
    fn out_of_order(&self, dose: &Dose) -> Option<Said> {
        if self.version.any_order {
            return None;
        }
        let behind = self.course.doses.iter().skip_while(|one| *one != dose).skip(1);
        let rounds: Vec<u8> = behind.flat_map(|dose| dose.rounds.iter().copied()).collect();
        let later =
            |one: &&Past| one.day < self.judged.day && one.round.is_some_and(|round| rounds.contains(&round));
        let other = self.past.iter().find(later)?;
        let text = format!("{}より後の回の記録が、先に {} にあります。", dose.label(), other.day);
        Some(Said { role: Role::Round, ..Said::of_day(RuleCode::Round, Weight::Rule, text) })
    }

    fn wrong_age(&self, dose: &Dose) -> Vec<Said> {
        let Some(resident) = self.judged.resident else { return Vec::new() };
        let birth = *resident.birth_date.reveal();
        let wrong = dose.ages.iter().filter(|one| !one.age.contains(birth, self.judged.day));
        let said = wrong.map(|one| {
            let (first, last) = one.age.days(birth);
            let when = if self.judged.day < first {
                format!("{first} から")
            } else {
                format!("{last} まででした")
            };
            let text = format!("{}は{}: 接種できるのは {when}。", dose.label(), one.age);
            Said::of_day(RuleCode::Age, one.weight, text)
        });
        said.collect()
    }

    /// The past dose from which an interval before `day` counts.
    fn before(&self, after: After, dose: &Dose, day: Date) -> Option<(u8, Date)> {
        let earlier = self.past.iter().rev().filter(|one| one.day < day);
        let mut of_other = earlier.filter_map(|one| Some((one.round?, one.day)));
        match after {
            After::Previous => of_other.find(|(round, _)| !dose.rounds.contains(round)),
            After::Round(round) => {
                let wanted = self.dose(round)?;
                of_other.find(|(round, _)| wanted.rounds.contains(round))
            }
        }
    }

    fn too_close(&self, dose: &Dose, gap: &GapRule) -> Option<Said> {
        let (round, before) = self.before(gap.after, dose, self.judged.day)?;
        let lead = format!("{}は{}から", dose.label(), self.label(round));
        let words = gap.words.as_ref().map_or_else(String::new, |words| format!("（{words}）"));
        let text = match (gap.at_least, gap.under) {
            (Some(least), _) if self.judged.day < least.earliest(before) => {
                format!("{lead}{least}以上{words}: 接種できるのは {} から。", least.earliest(before))
            }
            (_, Some(under)) if self.judged.day >= under.earliest(before) => {
                format!("{lead}{under}未満{words}: {} より前に接種する回です。", under.earliest(before))
            }
            _ => return None,
        };
        Some(Said::of_day(RuleCode::Interval, gap.weight, text))
    }

    /// Doses whose interval can not be seen, because their record is not here.
    fn missing(&self, dose: &Dose) -> Option<Said> {
        let unseen = dose.gaps.iter().filter(|gap| gap.weight == Weight::Rule);
        let after =
            unseen.map(|gap| gap.after).find(|after| self.before(*after, dose, self.judged.day).is_none())?;
        let which = match after {
            After::Previous => "前の回".to_owned(),
            After::Round(round) => self.label(round),
        };
        let text = format!("{which}の記録がないため、{}の間隔は確かめていません。", dose.label());
        Some(Said::of_day(RuleCode::CannotJudge, Weight::Notice, text))
    }

    /// A slip that comes late may lie too close before a dose that is recorded already.
    fn too_close_to_later(&self, this: &Dose) -> Vec<Said> {
        let later = self.past.iter().filter(|one| one.day > self.judged.day);
        let said = later.filter_map(|one| {
            let dose = self.dose(one.round?).filter(|dose| *dose != this)?;
            let to_this = |gap: &&GapRule| match gap.after {
                After::Round(round) => this.rounds.contains(&round),
                After::Previous => {
                    !self.past.iter().any(|other| self.judged.day < other.day && other.day < one.day)
                }
            };
            let broken = |gap: &GapRule| {
                let least = gap.at_least.filter(|_| gap.weight == Weight::Rule)?;
                (one.day < least.earliest(self.judged.day)).then_some(least)
            };
            let least = dose.gaps.iter().filter(to_this).find_map(broken)?;
            let text = format!(
                "{}（{} の記録）は{}から{least}以上: この接種からは {} からでした。",
                dose.label(),
                one.day,
                this.label(),
                least.earliest(self.judged.day)
            );
            Some(Said::of_day(RuleCode::Interval, Weight::Rule, text))
        });
        said.collect()
    }

    fn label(&self, round: u8) -> String {
        self.dose(round).map_or_else(|| format!("{round}回目"), Dose::label)
    }
}

/// Whether two services count together for a limit.
fn together(limit: Limit, season: Option<Season>, one: Date, other: Date) -> bool {
    match limit.within {
        Within::Life => true,
        Within::Season => season.is_none_or(|season| season.year(one) == season.year(other)),
        Within::FiscalYears(years) => fiscal_year(one).abs_diff(fiscal_year(other)) < years,
    }
}

impl Season {
    /// The year in which the season of `day` began; days between two seasons belong to the one before.
    fn year(self, day: Date) -> i16 {
        if (day.month(), day.day()) >= self.from { day.year() } else { day.year() - 1 }
    }

    /// Whether `day` lies in it.
    pub fn contains(&self, day: Date) -> bool {
        let on = (day.month(), day.day());
        if self.from <= self.until {
            (self.from..=self.until).contains(&on)
        } else {
            on >= self.from || on <= self.until
        }
    }
}
