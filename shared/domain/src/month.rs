//! 月. A calendar month, as claims are made by.

use crate::calendar;
use crate::wareki::Era;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// 月. Written `2026-10` in rows, files and addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Month(Date);

/// A text that is no month between 2000-01 and 2199-12.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAMonth;

impl fmt::Display for NotAMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("年月は 2026-10 の形で書いてください")
    }
}

impl std::error::Error for NotAMonth {}

impl Month {
    /// The month of `day`.
    pub fn of(day: Date) -> Self {
        Self(day.first_of_month())
    }

    /// Its first day.
    pub fn first(self) -> Date {
        self.0
    }

    /// Its last day.
    pub fn last(self) -> Date {
        self.0.last_of_month()
    }

    /// Whether `day` lies in it.
    pub fn contains(self, day: Date) -> bool {
        Self::of(day) == self
    }

    /// The month `months` later (earlier when below nought); stays within the calendar.
    pub fn plus(self, months: i32) -> Self {
        Self(self.0.saturating_add(months.months()))
    }

    /// 年度: April to March, named by the year of its April.
    pub fn fiscal_year(self) -> i16 {
        calendar::fiscal_year(self.0)
    }

    /// For people: `令和8年10月`.
    pub fn label(self) -> String {
        let (year, month) = (self.0.year(), self.0.month());
        // The calendar of months begins in 2000, so only 平成 and 令和 are met.
        let era = if self.0 < date(2019, 5, 1) { Era::Heisei } else { Era::Reiwa };
        match year - era.base() {
            1 => format!("{}元年{month}月", era.label()),
            count => format!("{}{count}年{month}月", era.label()),
        }
    }
}

impl FromStr for Month {
    type Err = NotAMonth;

    fn from_str(text: &str) -> Result<Self, NotAMonth> {
        let shaped = text.len() == 7 && text.as_bytes().get(4) == Some(&b'-');
        let day: Date = shaped.then(|| format!("{text}-01").parse().ok()).flatten().ok_or(NotAMonth)?;
        (2000..2200).contains(&day.year()).then_some(Self(day)).ok_or(NotAMonth)
    }
}

impl TryFrom<String> for Month {
    type Error = NotAMonth;

    fn try_from(text: String) -> Result<Self, NotAMonth> {
        text.parse()
    }
}

impl From<Month> for String {
    fn from(month: Month) -> String {
        month.to_string()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_read_counted_and_named() {
        let month: Month = "2026-12".parse().unwrap();
        assert_eq!((month.first(), month.last()), (date(2026, 12, 1), date(2026, 12, 31)));
        assert_eq!(month.plus(3).to_string(), "2027-03");
        assert_eq!((month.plus(3).fiscal_year(), month.plus(4).fiscal_year()), (2026, 2027));
        assert_eq!(month.label(), "令和8年12月");
        for wrong in ["2026-13", "2026-1", "2026/10", "１２３４-10", "1999-12", "", "2026-10-01"] {
            assert_eq!(wrong.parse::<Month>(), Err(NotAMonth), "{wrong}");
        }
    }
}
