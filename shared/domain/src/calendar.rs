//! 期間計算. Ages, intervals and fiscal years as the law on vaccinations counts them.
//!
//! Sources: 年齢計算ニ関スル法律 and 民法第143条 (an age is reached on the day before the birthday), and the national notes on
//! periods for 予防接種実施規則 (what 「以上の間隔」, 「月の間隔」, 「月半」 and 「至るまで」 mean).

use jiff::ToSpan;
use jiff::civil::{Date, date};
use std::fmt;
use std::str::FromStr;

/// 年齢の点. A point of life that a rule names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgePoint {
    /// 出生x週y日後: the day of birth is 0w0d.
    Weeks(u16, u8),
    /// 生後x月.
    Months(u16),
    /// x歳.
    Years(u16),
}

impl AgePoint {
    /// First day of which 「…から」 and 「…以上」 speak.
    pub fn first_day(self, birth: Date) -> Date {
        match self {
            AgePoint::Weeks(weeks, days) => {
                birth.saturating_add((i64::from(weeks) * 7 + i64::from(days)).days())
            }
            // Nobody is minus one day old.
            AgePoint::Months(0) | AgePoint::Years(0) => birth,
            AgePoint::Months(months) => reaches(birth, months),
            AgePoint::Years(years) => reaches(birth, years.saturating_mul(12)),
        }
    }

    /// Last day of which 「…に至るまで」 and 「…未満」 speak: the very day on which the age is reached, so that two ranges
    /// share that one day. 「…週後まで」 includes its day as well.
    pub fn last_day(self, birth: Date) -> Date {
        self.first_day(birth)
    }
}

/// For people: `生後2月`.
impl fmt::Display for AgePoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AgePoint::Weeks(weeks, days) => write!(f, "出生{weeks}週{days}日後"),
            AgePoint::Months(months) => write!(f, "生後{months}月"),
            AgePoint::Years(years) => write!(f, "{years}歳"),
        }
    }
}

/// As rules write it: `6w0d`, `2m`, `65y`.
impl FromStr for AgePoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let point = if let Some((weeks, days)) = text.split_once('w') {
            let days = days.strip_suffix('d').and_then(|days| days.parse().ok()).filter(|days| *days < 7);
            weeks.parse().ok().zip(days).map(|(weeks, days)| AgePoint::Weeks(weeks, days))
        } else if let Some(months) = text.strip_suffix('m') {
            months.parse().ok().map(AgePoint::Months)
        } else {
            text.strip_suffix('y').and_then(|years| years.parse().ok()).map(AgePoint::Years)
        };
        point.ok_or_else(|| format!("`{text}` is no age; write 6w0d, 2m or 65y"))
    }
}

/// 年齢の範囲. From one point of life to another; either end may be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgeSpan {
    /// 「…から」「…以上」.
    pub from: Option<AgePoint>,
    /// 「…に至るまで」「…未満」.
    pub until: Option<AgePoint>,
}

impl AgeSpan {
    /// First and last day on which a person born on `birth` is within the range.
    pub fn days(&self, birth: Date) -> (Date, Date) {
        let first = self.from.map_or(birth, |point| point.first_day(birth));
        (first, self.until.map_or(Date::MAX, |point| point.last_day(birth)))
    }

    /// Whether `day` lies in the range.
    pub fn contains(&self, birth: Date, day: Date) -> bool {
        let (first, last) = self.days(birth);
        (first..=last).contains(&day)
    }
}

/// For people: `生後2月から生後60月に至るまで`.
impl fmt::Display for AgeSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.from, self.until) {
            (None, None) => f.write_str("年齢を問わない"),
            (Some(from @ AgePoint::Years(_)), None) => write!(f, "{from}以上"),
            (Some(from), None) => write!(f, "{from}から"),
            (Some(from @ AgePoint::Years(_)), Some(until @ AgePoint::Years(_))) => {
                write!(f, "{from}以上{until}未満")
            }
            (Some(from), Some(until @ AgePoint::Weeks(..))) => write!(f, "{from}から{until}まで"),
            (Some(from), Some(until)) => write!(f, "{from}から{until}に至るまで"),
            (None, Some(until @ AgePoint::Weeks(..))) => write!(f, "{until}まで"),
            (None, Some(until)) => write!(f, "{until}に至るまで"),
        }
    }
}

/// As rules write it: `2m..60m`, `65y..`, `..1y`.
impl FromStr for AgeSpan {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (from, until) =
            text.split_once("..").ok_or_else(|| format!("`{text}` is no range of ages; write 2m..60m"))?;
        let end = |text: &str| (!text.is_empty()).then(|| text.parse()).transpose();
        Ok(Self { from: end(from)?, until: end(until)? })
    }
}

/// 間隔. What must lie between two services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// N日: so many whole days between, neither service's day counted.
    Days(u16),
    /// M月, or M月半.
    Months(u16, bool),
}

impl Gap {
    /// The first day with this interval after a service on `day` (N日以上, M月以上の間隔).
    pub fn earliest(self, day: Date) -> Date {
        match self {
            Gap::Days(days) => day.saturating_add((i64::from(days) + 1).days()),
            Gap::Months(months, half) => {
                let same = months_on(day, months).unwrap_or_else(|last| last.saturating_add(1.day()));
                if half { same.saturating_add(half_month(same).days()) } else { same }
            }
        }
    }
}

/// For people: `27日`, `2月半`.
impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Gap::Days(days) => write!(f, "{days}日"),
            Gap::Months(months, half) => write!(f, "{months}月{}", if *half { "半" } else { "" }),
        }
    }
}

/// As rules write it: `27d`, `6m`, `2.5m`.
impl FromStr for Gap {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let gap = if let Some(days) = text.strip_suffix('d') {
            days.parse().ok().map(Gap::Days)
        } else {
            let months = text.strip_suffix('m').unwrap_or("");
            let (whole, half) = months.strip_suffix(".5").map_or((months, false), |whole| (whole, true));
            whole.parse().ok().map(|whole| Gap::Months(whole, half))
        };
        gap.ok_or_else(|| format!("`{text}` is no interval; write 27d, 6m or 2.5m"))
    }
}

/// Half of the month that `day` lies in: 14, 15, 15, 16 days of 28, 29, 30, 31.
fn half_month(day: Date) -> i64 {
    (i64::from(day.days_in_month()) + 1) / 2
}

/// The same day `months` later; where that month has no such day, its last day as an error.
fn months_on(day: Date, months: u16) -> Result<Date, Date> {
    let on = day.saturating_add(i64::from(months).months());
    if on.day() == day.day() { Ok(on) } else { Err(on) }
}

/// The day on which somebody born on `birth` reaches an age of `months` (生後…月に至った日, …歳に達した日): the day before
/// the same day; the last day of a month that has no such day.
pub fn reaches(birth: Date, months: u16) -> Date {
    months_on(birth, months).map_or_else(|last| last, |same| same.saturating_sub(1.day()))
}

/// 満年齢 in whole years on `day`: a year is full on the day before the birthday. 0 before birth.
pub fn age(birth: Date, day: Date) -> u16 {
    let years = (day.year() - birth.year()).clamp(0, 200).unsigned_abs();
    // The day before a birthday on 1 January lies in the year before.
    let full = |years: &u16| reaches(birth, years * 12) <= day;
    [years + 1, years].into_iter().find(full).unwrap_or(years.saturating_sub(1))
}

/// 年度. April to March, named by the year of its April.
pub fn fiscal_year(day: Date) -> i16 {
    if day.month() >= 4 { day.year() } else { day.year() - 1 }
}

/// First and last day of 年度 `year`.
pub fn fiscal_days(year: i16) -> (Date, Date) {
    (date(year, 4, 1), date(year + 1, 3, 31))
}

/// 年度年齢: the age reached within 年度 `year` by those born from 2 April to 1 April; `None` before birth.
pub fn turns(birth: Date, year: i16) -> Option<u16> {
    // Who is born on 1 April is a year older on 31 March.
    let born_in = fiscal_year(birth.saturating_sub(1.day()));
    u16::try_from(year - born_in).ok()
}

/// 年度 in which somebody born on `birth` turns `age`.
pub fn turns_in(birth: Date, age: u16) -> i16 {
    fiscal_year(reaches(birth, age.saturating_mul(12)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn an_age_is_reached_on_the_day_before() {
        for (birth, age, first) in [
            ("1960-11-05", "65y", "2025-11-04"),
            ("1960-01-01", "65y", "2024-12-31"),
            ("1960-03-01", "65y", "2025-02-28"),
            ("1959-03-01", "65y", "2024-02-29"),
            // 29 February: the month's last day where there is none, the day before where there is one.
            ("1960-02-29", "65y", "2025-02-28"),
            ("1960-02-29", "64y", "2024-02-28"),
            // Months that end early.
            ("2026-01-31", "1m", "2026-02-28"),
            ("2026-08-31", "6m", "2027-02-28"),
            ("2023-08-31", "6m", "2024-02-29"),
            ("2026-08-30", "6m", "2027-02-28"),
            ("2026-08-29", "6m", "2027-02-28"),
            ("2026-08-28", "6m", "2027-02-27"),
            ("2026-05-31", "2m", "2026-07-30"),
            ("2026-03-31", "3m", "2026-06-30"),
            ("2026-05-10", "0m", "2026-05-10"),
            // The day of birth is 0w0d.
            ("2026-05-10", "0w0d", "2026-05-10"),
            ("2026-05-10", "0w6d", "2026-05-16"),
            ("2026-05-10", "1w0d", "2026-05-17"),
            ("2026-05-10", "6w0d", "2026-06-21"),
            ("2026-05-10", "14w6d", "2026-08-22"),
        ] {
            let point: AgePoint = age.parse().unwrap();
            assert_eq!(point.first_day(day(birth)), day(first), "{birth} {age}");
        }
    }

    #[test]
    fn ranges_include_both_ends() {
        for (span, birth, first, last) in [
            ("2m..60m", "2024-05-10", "2024-07-09", "2029-05-09"),
            ("6w0d..24w0d", "2026-05-10", "2026-06-21", "2026-10-25"),
            ("65y..66y", "1960-11-05", "2025-11-04", "2026-11-04"),
            ("..1y", "2026-02-10", "2026-02-10", "2027-02-09"),
            ("12m..24m", "2024-02-29", "2025-02-28", "2026-02-28"),
        ] {
            let span: AgeSpan = span.parse().unwrap();
            assert_eq!(span.days(day(birth)), (day(first), day(last)), "{span} {birth}");
            assert!(span.contains(day(birth), day(first)) && span.contains(day(birth), day(last)));
            assert!(!span.contains(day(birth), day(first).yesterday().unwrap()));
            assert!(!span.contains(day(birth), day(last).tomorrow().unwrap()));
        }
        // Two neighbouring ranges share the day before the birthday.
        let (before, after): (AgeSpan, AgeSpan) = ("..65y".parse().unwrap(), "65y..".parse().unwrap());
        let shared = day("2025-11-04");
        assert!(before.contains(day("1960-11-05"), shared) && after.contains(day("1960-11-05"), shared));
    }

    #[test]
    fn intervals_leave_whole_days_and_months_between() {
        for (gap, from, earliest) in [
            ("27d", "2026-05-01", "2026-05-29"),
            ("20d", "2026-05-01", "2026-05-22"),
            ("6d", "2026-05-01", "2026-05-08"),
            ("60d", "2026-05-01", "2026-07-01"),
            ("139d", "2026-05-01", "2026-09-18"),
            ("27d", "2024-02-05", "2024-03-04"),
            ("3m", "2026-05-10", "2026-08-10"),
            // No such day: the first of the month after.
            ("3m", "2026-11-30", "2027-03-01"),
            ("3m", "2026-11-29", "2027-03-01"),
            ("3m", "2023-11-29", "2024-02-29"),
            ("3m", "2023-11-30", "2024-03-01"),
            ("6m", "2026-08-31", "2027-03-01"),
            ("1m", "2026-05-31", "2026-07-01"),
            ("5m", "2026-09-30", "2027-03-01"),
            // Half months by the month that they begin in.
            ("2.5m", "2025-12-10", "2026-02-24"),
            ("2.5m", "2023-12-10", "2024-02-25"),
            ("2.5m", "2026-02-10", "2026-04-25"),
            ("2.5m", "2026-03-10", "2026-05-26"),
        ] {
            assert_eq!(gap.parse::<Gap>().unwrap().earliest(day(from)), day(earliest), "{gap} {from}");
        }
    }

    #[test]
    fn who_turns_an_age_within_a_fiscal_year_is_born_from_2_april_to_1_april() {
        for (birth, age, year) in [
            ("1960-04-01", 65, 2024),
            ("1960-04-02", 65, 2025),
            ("1961-04-01", 65, 2025),
            ("1961-04-02", 65, 2026),
            ("2020-04-01", 6, 2025),
            ("2020-04-02", 6, 2026),
            ("2021-04-01", 6, 2026),
            ("2020-02-29", 6, 2025),
        ] {
            assert_eq!(turns_in(day(birth), age), year, "{birth}");
            assert_eq!(turns(day(birth), year), Some(age), "{birth}");
        }
        assert_eq!(turns(day("2026-05-01"), 2025), None);
        assert_eq!((fiscal_year(day("2027-03-31")), fiscal_year(day("2027-04-01"))), (2026, 2027));
        assert_eq!(fiscal_days(2026), (day("2026-04-01"), day("2027-03-31")));
    }

    #[test]
    fn whole_years() {
        for (birth, on, years) in [
            ("1960-11-05", "2025-11-03", 64),
            ("1960-11-05", "2025-11-04", 65),
            ("1960-01-01", "2024-12-31", 65),
            ("1960-01-01", "2024-12-30", 64),
            ("1960-02-29", "2025-02-27", 64),
            ("1960-02-29", "2025-02-28", 65),
            ("1960-04-01", "2025-03-31", 65),
            ("2026-05-10", "2026-05-10", 0),
            ("2026-05-10", "2020-05-10", 0),
        ] {
            assert_eq!(age(day(birth), day(on)), years, "{birth} {on}");
        }
    }

    #[test]
    fn rules_write_ages_and_intervals_in_one_way() {
        for wrong in ["", "65", "6w", "6w7d", "w0d", "-1y", "6.5m", "歳"] {
            assert!(wrong.parse::<AgePoint>().is_err(), "{wrong}");
        }
        for wrong in ["", "27", "d", ".5m", "2.4m", "-3d", "m"] {
            assert!(wrong.parse::<Gap>().is_err(), "{wrong}");
        }
        assert!("65y".parse::<AgeSpan>().is_err());
        let words = |span: &str| span.parse::<AgeSpan>().unwrap().to_string();
        assert_eq!(words("2m..60m"), "生後2月から生後60月に至るまで");
        assert_eq!(words("60y..65y"), "60歳以上65歳未満");
        assert_eq!(words("6w0d..24w0d"), "出生6週0日後から出生24週0日後まで");
        assert_eq!("2.5m".parse::<Gap>().unwrap().to_string(), "2月半");
    }
}
