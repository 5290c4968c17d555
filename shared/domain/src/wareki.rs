//! 和暦. Japanese eras and the civil calendar.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// 元号. The era of a year as people write it on forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Era {
    /// 明治, 1868–1912.
    Meiji,
    /// 大正, 1912–1926.
    Taisho,
    /// 昭和, 1926–1989.
    Showa,
    /// 平成, 1989–2019.
    Heisei,
    /// 令和, from 2019.
    Reiwa,
}

impl Era {
    /// All eras, oldest first.
    pub const ALL: [Era; 5] = [Era::Meiji, Era::Taisho, Era::Showa, Era::Heisei, Era::Reiwa];

    /// The year before year 1 of the era: era year + base = civil year.
    pub fn base(self) -> i16 {
        match self {
            Era::Meiji => 1867,
            Era::Taisho => 1911,
            Era::Showa => 1925,
            Era::Heisei => 1988,
            Era::Reiwa => 2018,
        }
    }

    /// First and last day of the era. The days on which 明治/大正 and 大正/昭和 change
    /// (1912-07-30, 1926-12-25) belong to both.
    pub fn span(self) -> (Date, Date) {
        let day = jiff::civil::date;
        match self {
            Era::Meiji => (day(1868, 1, 1), day(1912, 7, 30)),
            Era::Taisho => (day(1912, 7, 30), day(1926, 12, 25)),
            Era::Showa => (day(1926, 12, 25), day(1989, 1, 7)),
            Era::Heisei => (day(1989, 1, 8), day(2019, 4, 30)),
            Era::Reiwa => (day(2019, 5, 1), Date::MAX),
        }
    }

    /// The name as printed, such as `令和`.
    pub fn label(self) -> &'static str {
        match self {
            Era::Meiji => "明治",
            Era::Taisho => "大正",
            Era::Showa => "昭和",
            Era::Heisei => "平成",
            Era::Reiwa => "令和",
        }
    }

    /// The era named by an option value such as `reiwa`.
    pub fn from_value(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|era| era.value() == value)
    }

    /// The option value, such as `reiwa`.
    pub fn value(self) -> &'static str {
        match self {
            Era::Meiji => "meiji",
            Era::Taisho => "taisho",
            Era::Showa => "showa",
            Era::Heisei => "heisei",
            Era::Reiwa => "reiwa",
        }
    }

    /// The civil date, or `None` when the calendar has no such day.
    /// A day outside the era's span (昭和64年1月8日) is a date, but see [`Era::contains`].
    pub fn date(self, year: i16, month: i8, day: i8) -> Option<Date> {
        if year < 1 {
            return None;
        }
        Date::new(self.base().checked_add(year)?, month, day).ok()
    }

    /// Whether `date` lies in the era.
    pub fn contains(self, date: Date) -> bool {
        let (first, last) = self.span();
        (first..=last).contains(&date)
    }

    /// The era of `date` (the later one on a day of change); `None` before 1868.
    pub fn of(date: Date) -> Option<Self> {
        Self::ALL.into_iter().rev().find(|era| era.contains(date))
    }
}

/// `date` as printed for people: `昭和25年3月4日`; civil before 1868.
pub fn format(date: Date) -> String {
    match Era::of(date) {
        Some(era) => {
            let year = date.year() - era.base();
            let year = if year == 1 { "元".to_owned() } else { year.to_string() };
            format!("{}{year}年{}月{}日", era.label(), date.month(), date.day())
        }
        None => format!("{}年{}月{}日", date.year(), date.month(), date.day()),
    }
}

/// Reads [`format`] back, also with spaces and full-width figures; `None` when it is no day of that era.
pub fn parse(text: &str) -> Option<Date> {
    let text: String = text.nfkc().filter(|c| !c.is_whitespace()).collect();
    let era = Era::ALL.into_iter().find(|era| text.starts_with(era.label()))?;
    let (year, rest) = text.strip_prefix(era.label())?.split_once('年')?;
    let (month, rest) = rest.split_once('月')?;
    let day = rest.strip_suffix('日')?;
    let year = if year == "元" { 1 } else { year.parse().ok()? };
    era.date(year, month.parse().ok()?, day.parse().ok()?).filter(|date| era.contains(*date))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn eras_change_on_the_right_day() {
        assert_eq!(Era::of(date(1989, 1, 7)), Some(Era::Showa));
        assert_eq!(Era::of(date(1989, 1, 8)), Some(Era::Heisei));
        assert_eq!(Era::of(date(2019, 4, 30)), Some(Era::Heisei));
        assert_eq!(Era::of(date(2019, 5, 1)), Some(Era::Reiwa));
        assert!(Era::Meiji.contains(date(1912, 7, 30)) && Era::Taisho.contains(date(1912, 7, 30)));
        assert_eq!(Era::of(date(1867, 12, 31)), None);
    }

    #[test]
    fn dates_follow_the_calendar() {
        assert_eq!(Era::Showa.date(25, 3, 4), Some(date(1950, 3, 4)));
        assert_eq!(Era::Reiwa.date(6, 2, 29), Some(date(2024, 2, 29)));
        assert_eq!(Era::Reiwa.date(7, 2, 29), None);
        assert_eq!(Era::Showa.date(0, 3, 4), None);
        assert!(!Era::Showa.contains(Era::Showa.date(64, 1, 8).unwrap()));
    }

    #[test]
    fn people_read_gannen() {
        assert_eq!(format(date(2019, 5, 1)), "令和元年5月1日");
        assert_eq!(format(date(1950, 3, 4)), "昭和25年3月4日");
        for day in [date(2019, 5, 1), date(1950, 3, 4), date(1912, 7, 30), date(1926, 12, 25)] {
            assert_eq!(parse(&format(day)), Some(day));
        }
        assert_eq!(parse("昭和 ２５年 ３月 ４日"), Some(date(1950, 3, 4)));
        for foreign in ["", "昭和64年1月8日", "昭和25年2月30日", "1950年3月4日", "昭和二年3月4日"]
        {
            assert_eq!(parse(foreign), None, "{foreign}");
        }
    }
}
