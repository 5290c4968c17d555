//! 対象者. Whether a person is of those whom a programme is for, and from when to when.

use super::judge::Said;
use super::{Kind, Reference, Version, Who, words};
use crate::calendar::{age, fiscal_days, fiscal_year, turns, turns_in};
use crate::resident::{Resident, Sex};
use crate::rules::RuleCode;
use jiff::civil::{Date, date};

/// What is wrong with the person for one kind of [`Who`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Miss {
    /// All that the register tells fits.
    None,
    /// The age.
    Age,
    /// The sex.
    Sex,
}

/// What speaks against the person on `day`; `None` when the person is of one kind, or nobody is left out.
pub(super) fn against(
    who: &[Who],
    version: &Version,
    kind: Kind,
    resident: &Resident,
    day: Date,
) -> Option<Said> {
    if who.is_empty() {
        return None;
    }
    let birth = *resident.birth_date.reveal();
    let misses: Vec<Miss> = who.iter().map(|who| miss(who, version, birth, resident.sex, day)).collect();
    let fits = || who.iter().zip(&misses).filter(|(_, miss)| **miss == Miss::None).map(|(who, _)| who);
    if fits().any(|who| who.needs.is_none()) {
        return None;
    }
    if let Some((who, needs)) = fits().find_map(|who| Some((who, who.needs.as_ref()?))) {
        let text = format!("この年齢では、{needs}だけが対象です。該当するか確かめてください。");
        return Some(Said::of_day(RuleCode::NotEligible, who.weight, text));
    }
    // The kind that the person misses by the least speaks.
    let (nearest, miss) = who.iter().zip(&misses).min_by_key(|(_, miss)| **miss)?;
    let rule = if *miss == Miss::Sex { RuleCode::NotEligible } else { RuleCode::Age };
    let alternatives: Vec<String> = who.iter().map(words::who).collect();
    let mut text = format!("対象は{}です", alternatives.join("、または"));
    if *miss == Miss::Age
        && let Some(window) = nearest_window(who, &misses, version, birth, day)
    {
        text.push_str(&format!(": {}", window_words(window, kind, day)));
    }
    text.push('。');
    Some(Said::of_day(rule, nearest.weight, text))
}

fn miss(who: &Who, version: &Version, birth: Date, sex: Sex, day: Date) -> Miss {
    // Of whom the register knows no sex, the paper is believed.
    if who.sex.is_some_and(|wanted| sex != wanted && sex != Sex::X) {
        return Miss::Sex;
    }
    let on = reference_day(who, version, day);
    let fits = who.age.is_none_or(|span| span.contains(birth, on))
        && (who.ages.is_empty() || who.ages.contains(&age(birth, on)))
        && (who.turns.is_empty()
            || turns(birth, fiscal_year(day)).is_some_and(|age| who.turns.contains(&age)))
        && who.born.contains(birth);
    if fits { Miss::None } else { Miss::Age }
}

/// The day on which the age counts for a service on `day`.
fn reference_day(who: &Who, version: &Version, day: Date) -> Date {
    match who.reference.unwrap_or(version.reference) {
        Reference::Service => day,
        Reference::Fixed(month, of_month) => {
            let year = if month >= 4 { fiscal_year(day) } else { fiscal_year(day) + 1 };
            // 29 February in years that have none.
            Date::new(year, month, of_month).unwrap_or_else(|_| date(year, month, 1).last_of_month())
        }
    }
}

/// Of the days on which the person is of one of the kinds that only the age keeps out, those nearest to `day`.
fn nearest_window(
    who: &[Who],
    misses: &[Miss],
    version: &Version,
    birth: Date,
    day: Date,
) -> Option<(Date, Date)> {
    let open = who.iter().zip(misses).filter(|(who, miss)| **miss == Miss::Age && who.needs.is_none());
    let windows = open.flat_map(|(who, _)| windows(who, version, birth));
    windows.filter(|(first, last)| first <= last).min_by_key(|(first, last)| {
        let away = if day < *first { *first - day } else { day - *last };
        away.get_days().abs()
    })
}

/// First and last days of service for which the ages of `who` fit; empty where they can not be told in days.
fn windows(who: &Who, version: &Version, birth: Date) -> Vec<(Date, Date)> {
    if !who.born.contains(birth) {
        return Vec::new();
    }
    let by_service = matches!(who.reference.unwrap_or(version.reference), Reference::Service);
    let by_age = who.age.filter(|_| by_service).map(|span| span.days(birth));
    let by_turn: Vec<(Date, Date)> = who.turns.iter().map(|age| fiscal_days(turns_in(birth, *age))).collect();
    match (by_age, by_turn.is_empty()) {
        (Some(days), true) => vec![days],
        (Some((first, last)), false) => {
            by_turn.into_iter().map(|(from, to)| (from.max(first), to.min(last))).collect()
        }
        (None, _) => by_turn,
    }
}

fn window_words((first, last): (Date, Date), kind: Kind, day: Date) -> String {
    let deed = kind.deed();
    if day < first {
        format!("{deed}できるのは {first} から")
    } else {
        format!("{deed}できるのは {last} まででした")
    }
}
