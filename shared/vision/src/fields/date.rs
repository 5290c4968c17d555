//! 日付. An era to circle and a comb for year, month and day, decoded together against the calendar.

use super::calibration as c;
use super::choice;
use super::comb::{Belief, CellReader};
use super::finding::Finding;
use super::mark::MISSING;
use super::region::Region;
use super::sheet::Sheet;
use domain::form::{DateRule, Field, YearStyle};
use domain::reading::{ERA_MISSING, ERA_UNCLEAR, Value};
use domain::wareki::Era;
use jiff::civil::Date;

/// Reads a date.
pub(crate) fn read(
    sheet: &mut Sheet,
    region: &mut Region,
    cells: &mut CellReader,
    field: &Field,
    rule: &DateRule,
) -> Finding {
    let era = match &rule.year {
        YearStyle::Civil => None,
        YearStyle::Era(_) => match choice::judge(sheet, region, field) {
            Ok(judged) => Some(choice::one(&field.options, &judged)),
            Err(reason) => return Finding::doubtful(reason),
        },
    };
    match cells.read_comb(sheet, region, &field.boxes) {
        Some(beliefs) => decide(&beliefs, era.as_ref(), rule),
        None => Finding::doubtful(MISSING),
    }
}

/// Which era a year counts from, with its probability; civil years count from 0.
#[derive(Clone, Copy)]
struct Base {
    era: Option<Era>,
    probability: f64,
}

/// What two or four cells say as a number: the ink's weight for each, and how well its weakest digit is seen.
type Weights = Vec<(f64, f64)>;

/// Decodes the cells of a date; `era` is what became of the printed eras (`None` for civil years).
pub(crate) fn decide(cells: &[Belief], era: Option<&Finding>, rule: &DateRule) -> Finding {
    let (bases, doubt) = match (&rule.year, era) {
        (YearStyle::Era(eras), Some(found)) => bases(eras, found),
        _ => (vec![Base { era: None, probability: 1.0 }], None),
    };
    let year_cells = if bases[0].era.is_some() { 2 } else { 4 };
    if cells.len() != year_cells + 4 {
        return Finding::doubtful("様式の枠の数が合いません");
    }
    if cells.iter().all(Belief::is_blank) {
        let wrong = cells.iter().map(|cell| 1.0 - cell.blank).sum::<f64>();
        let circled = era.filter(|_| bases.len() > 1);
        let half = circled.filter(|found| !found.value.is_blank()).map(|_| "元号だけが選ばれています");
        let wrong = wrong + circled.map_or(0.0, |found| found.wrong);
        return Finding::new(Value::Blank, wrong).doubted(half);
    }
    let (year, rest) = cells.split_at(year_cells);
    let parts = [year, &rest[..2], &rest[2..]];
    if parts.iter().any(|part| part.iter().all(Belief::is_blank)) {
        return Finding::doubtful("年月日がそろっていません");
    }
    let clean: f64 = cells.iter().map(|cell| 1.0 - c::REFUSED_HARM * cell.refused).product();
    let [years, months, days] = parts.map(weights);
    weigh(&bases, [&years, &months, &days], rule, clean).doubted(doubt)
}

/// The eras with their probabilities, and what is doubtful about them.
fn bases(eras: &[Era], found: &Finding) -> (Vec<Base>, Option<&'static str>) {
    let with = |probability: &dyn Fn(Era) -> f64| {
        eras.iter().map(|&era| Base { era: Some(era), probability: probability(era) }).collect()
    };
    if let [_] = eras {
        return (with(&|_| 1.0), None);
    }
    let share = 1.0 / eras.len() as f64;
    let chosen = found.value.text().and_then(Era::from_value);
    match chosen {
        None => (with(&|_| share), Some(ERA_MISSING)),
        Some(_) if found.doubt.is_some() => (with(&|_| share), Some(ERA_UNCLEAR)),
        Some(chosen) => {
            let others = found.wrong / (eras.len() - 1) as f64;
            (with(&|era| if era == chosen { 1.0 - found.wrong } else { others }), None)
        }
    }
}

/// The weight of every number that two cells (`06`, `6_`, `_6` alike) or four cells may hold.
fn weights(cells: &[Belief]) -> Weights {
    match cells {
        [a, b] => (0..100)
            .map(|value| {
                let (tens, ones) = (value / 10, value % 10);
                let both = (a.weight(tens) * b.weight(ones), a.digits[tens].min(b.digits[ones]));
                if tens > 0 {
                    return both;
                }
                let right = (a.blank * b.weight(ones), a.blank.min(b.digits[ones]));
                let left = (a.weight(ones) * b.blank, a.digits[ones].min(b.blank));
                let best = [both, right, left].into_iter().max_by(|x, y| x.0.total_cmp(&y.0));
                (both.0 + right.0 + left.0, best.map_or(0.0, |best| best.1))
            })
            .collect(),
        _ => (0..10usize.pow(cells.len() as u32))
            .map(|value| {
                let place = |i: usize| value / 10usize.pow((cells.len() - 1 - i) as u32) % 10;
                cells.iter().enumerate().fold((1.0, 1.0f64), |(weight, weakest), (i, cell)| {
                    (weight * cell.weight(place(i)), weakest.min(cell.digits[place(i)]))
                })
            })
            .collect(),
    }
}

struct Candidate {
    date: Date,
    weight: f64,
    weakest: f64,
}

/// Weighs every day of the rule's range, and every other day of the calendar as what it ought not to be.
fn weigh(bases: &[Base], [years, months, days]: [&Weights; 3], rule: &DateRule, clean: f64) -> Finding {
    let [first, last] = rule.range;
    let mut found: Vec<Candidate> = Vec::new();
    let (mut allowed, mut outside) = (0.0, 0.0);
    let mut best_outside: f64 = 0.0;
    for base in bases {
        let offset = base.era.map_or(0, Era::base);
        for (year, (year_weight, year_seen)) in followed(years, 0) {
            for (month, (month_weight, month_seen)) in followed(&months[..13.min(months.len())], 1) {
                for (day, (day_weight, day_seen)) in followed(&days[..32.min(days.len())], 1) {
                    let weight = base.probability * year_weight * month_weight * day_weight;
                    let written = year > 0 || base.era.is_none();
                    let date = Date::new(year as i16 + offset, month as i8, day as i8).ok();
                    let date = date.filter(|&date| written && base.era.is_none_or(|era| era.contains(date)));
                    let Some(date) = date else {
                        outside += weight * c::NO_DAY;
                        best_outside = best_outside.max(weight);
                        continue;
                    };
                    if (first..=last).contains(&date) {
                        allowed += weight;
                        let weakest = year_seen.min(month_seen).min(day_seen);
                        found.push(Candidate { date, weight, weakest });
                    } else {
                        outside += weight * c::DAY_OUT_OF_RANGE;
                        best_outside = best_outside.max(weight);
                    }
                }
            }
        }
    }
    found.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    let Some(best) = found.first() else {
        return Finding::doubtful("暦にない日付か、期間の外の日付です");
    };
    let probability = |candidate: &Candidate| candidate.weight / (allowed + outside) * clean;
    let doubt = match best {
        _ if best_outside > best.weight => Some("暦にない日付か、期間の外の日付です"),
        _ if best.weakest < c::CELL_REFUSES => Some("はっきりしない数字があります"),
        _ => None,
    };
    let alternatives = found.iter().take(8).map(|one| (one.date.to_string(), probability(one))).collect();
    Finding::new(Value::Text(best.date.to_string()), 1.0 - probability(best))
        .doubted(doubt)
        .with_alternatives(alternatives)
}

/// The numbers from `least` on whose weight is worth following.
fn followed(weights: &[(f64, f64)], least: usize) -> impl Iterator<Item = (usize, (f64, f64))> + '_ {
    weights.iter().copied().enumerate().skip(least).filter(|(_, (weight, _))| *weight > 1e-10)
}

#[cfg(test)]
mod tests {
    use super::super::decode::tests::{cell, empty, sure};
    use super::*;
    use jiff::civil::date;

    fn birth() -> DateRule {
        let eras = vec![Era::Meiji, Era::Taisho, Era::Showa];
        DateRule { year: YearStyle::Era(eras), range: [date(1900, 1, 1), date(1971, 12, 31)] }
    }

    fn visit() -> DateRule {
        DateRule { year: YearStyle::Era(vec![Era::Reiwa]), range: [date(2026, 4, 1), date(2027, 3, 31)] }
    }

    /// `_` is an empty cell.
    fn written(text: &str) -> Vec<Belief> {
        text.chars().map(|ch| ch.to_digit(10).map_or_else(empty, |d| sure(d as usize))).collect()
    }

    fn circled(value: &str) -> Finding {
        Finding::new(Value::Text(value.to_owned()), 1e-6)
    }

    #[track_caller]
    fn check(text: &str, era: &Finding, rule: &DateRule, expected: Option<&str>) {
        let found = decide(&written(text), Some(era), rule);
        match expected {
            Some(day) => {
                assert_eq!((found.value.text(), &found.doubt), (Some(day), &None), "{text}");
                assert!(found.wrong < 1e-4, "{text}: {}", found.wrong);
                assert_eq!(found.alternatives[0].0, day);
            }
            None => assert!(found.doubt.is_some(), "{text}: {:?}", found.value.text()),
        }
    }

    #[test]
    fn days_are_read_however_people_write_single_digits() {
        let reiwa = Finding::new(Value::Blank, 1e-6);
        for text in ["081003", "_81003", "8_1003", "08103_", "0810_3", "8_103_"] {
            check(text, &reiwa, &visit(), Some("2026-10-03"));
        }
        check("250304", &circled("showa"), &birth(), Some("1950-03-04"));
        check("140401", &circled("taisho"), &birth(), Some("1925-04-01"));
    }

    #[test]
    fn what_the_calendar_or_the_range_forbids_is_never_accepted() {
        let showa = circled("showa");
        // 昭和70年, 昭和64年2月, the 30th of February, month 13, year 0, too young, era against era.
        for text in ["700304", "640201", "250230", "251301", "000101", "500101"] {
            check(text, &showa, &birth(), None);
        }
        check("200101", &circled("taisho"), &birth(), None);
        check("070401", &Finding::new(Value::Blank, 1e-6), &visit(), None);
    }

    #[test]
    fn an_era_that_is_not_clear_gives_its_dates_as_alternatives() {
        let found = decide(&written("100304"), Some(&Finding::new(Value::Blank, 1e-6)), &birth());
        assert!(found.doubt.is_some());
        let days: Vec<&str> = found.alternatives.iter().map(|(day, _)| day.as_str()).collect();
        assert!(
            days.starts_with(&["1921-03-04", "1935-03-04"])
                || days.starts_with(&["1935-03-04", "1921-03-04"])
        );
        assert!((found.alternatives[0].1 - 0.5).abs() < 0.01);
    }

    #[test]
    fn the_range_settles_a_doubtful_digit() {
        let mut cells = written("081003");
        cells[1] = cell(8, 0.9, 3);
        let found = decide(&cells, Some(&Finding::new(Value::Blank, 1e-6)), &visit());
        assert_eq!(found.value.text(), Some("2026-10-03"));
        assert!(found.wrong < 1e-3 && found.doubt.is_none(), "{}", found.wrong);
    }

    #[test]
    fn nothing_written_is_blank_and_a_part_is_doubtful() {
        let none = Finding::new(Value::Blank, 1e-6);
        let blank = decide(&written("______"), Some(&none), &visit());
        assert!(blank.value.is_blank() && blank.doubt.is_none() && blank.wrong < 1e-4);
        assert!(decide(&written("08____"), Some(&none), &visit()).doubt.is_some());
        assert!(decide(&written("______"), Some(&circled("showa")), &birth()).doubt.is_some());
    }

    #[test]
    fn civil_years_take_four_cells() {
        let rule = DateRule { year: YearStyle::Civil, range: [date(1900, 1, 1), date(1971, 12, 31)] };
        let found = decide(&written("19500304"), None, &rule);
        assert_eq!(found.value.text(), Some("1950-03-04"));
        assert!(found.wrong < 1e-4 && found.doubt.is_none());
    }
}
