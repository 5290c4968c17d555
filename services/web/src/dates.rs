//! Dates as clerks type them, with era letters, kanji or civil years, and how they are shown to be typed again.

use domain::form::{DateRule, YearStyle};
use domain::wareki::{self, Era};
use jiff::civil::Date;

/// The day that `text` names: `2026-10-03`, `2026/10/3`, `20261003`, `R8.10.3`, `令和8年10月3日`,
/// `s25-3-4`; `text` is folded. `None` when it names no day of the calendar or has no era.
pub fn any_date(text: &str) -> Option<Date> {
    let (era, rest) = era_of(text);
    let (year, month, day) = parts(rest)?;
    match era {
        Some(era) => era.date(year, month, day).filter(|&date| era.contains(date)),
        None if year >= 1000 => Date::new(year, month, day).ok(),
        None => None,
    }
}

/// `date` as clerks type it: `R8.10.3`; ISO before 1868.
pub fn short(date: Date) -> String {
    match Era::of(date) {
        Some(era) => {
            let letter = era.value()[..1].to_uppercase();
            format!("{letter}{}.{}.{}", date.year() - era.base(), date.month(), date.day())
        }
        None => date.to_string(),
    }
}

/// The day that `text` names for a field with `rule`. `text` is folded.
///
/// # Errors
/// Why it is none, and how to type one.
pub fn checked(rule: &DateRule, text: &str) -> Result<Date, String> {
    let (era, rest) = era_of(text);
    let (year, month, day) = parts(rest).ok_or("日付として読めません。例: R8.10.3、S25.3.4、2026-10-03")?;
    let date = match &rule.year {
        YearStyle::Era(eras) if era.is_none() && year < 1000 => {
            return only_possible(rule, eras, (year, month, day));
        }
        YearStyle::Civil if era.is_none() && year < 1000 => {
            return Err("西暦4桁か、元号を付けて入力してください。例: R8.10.3".into());
        }
        _ => any_date(text).ok_or("暦にない日付です。元号・年・月・日を確かめてください。")?,
    };
    let [first, last] = rule.range;
    if date < first || date > last {
        let (first, last) = (wareki::format(first), wareki::format(last));
        return Err(format!("この項目の範囲（{first}〜{last}）にない日付です。"));
    }
    Ok(date)
}

/// A date typed without an era counts when exactly one era of the field makes it possible.
fn only_possible(rule: &DateRule, eras: &[Era], (y, m, d): (i16, i8, i8)) -> Result<Date, String> {
    let within = |date: &Date| rule.range[0] <= *date && *date <= rule.range[1];
    let dates = eras.iter().filter_map(|&era| era.date(y, m, d).filter(|&date| era.contains(date)));
    let mut dates = dates.filter(within);
    match (dates.next(), dates.next()) {
        (Some(date), None) => Ok(date),
        (Some(_), Some(_)) => {
            Err("元号が決まりません。R・H・S・T・M を付けて入力してください。例: S25.3.4".into())
        }
        (None, _) => Err("暦にないか、この項目の範囲にない日付です。例: R8.10.3、S25.3.4".into()),
    }
}

/// The era before the figures of a date, and the figures.
fn era_of(text: &str) -> (Option<Era>, &str) {
    for era in Era::ALL {
        let label = era.label();
        let kanji = label.chars().next().map_or(0, char::len_utf8);
        let letter = era.value()[..1].to_owned();
        for name in [label, &label[..kanji], &letter, &letter.to_uppercase()] {
            if let Some(rest) = text.strip_prefix(name) {
                return (Some(era), rest);
            }
        }
    }
    (None, text)
}

/// Year, month and day of `8.10.3`, `8年10月3日`, `元年5月1日`, `2026-10-03`, `20261003`, `081003`.
fn parts(text: &str) -> Option<(i16, i8, i8)> {
    let text = text.trim().replacen('元', "1", 1);
    let pieces: Vec<&str> =
        text.split(['.', '-', '/', ' ', ',', '年', '月', '日']).filter(|piece| !piece.is_empty()).collect();
    if let [run] = pieces[..] {
        let year = run.len().checked_sub(4).filter(|year| matches!(year, 2 | 4))?;
        let all_digits = run.bytes().all(|b| b.is_ascii_digit());
        all_digits.then_some(())?;
        return Some((
            run[..year].parse().ok()?,
            run[year..year + 2].parse().ok()?,
            run[year + 2..].parse().ok()?,
        ));
    }
    let [year, month, day] = pieces[..] else { return None };
    Some((year.parse().ok()?, month.parse().ok()?, day.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_date_reads_back_as_itself() {
        for day in ["1950-03-04", "2019-05-01", "1989-01-08", "1926-12-25", "1868-01-01"] {
            let day: Date = day.parse().unwrap();
            assert_eq!(any_date(&short(day)), Some(day), "{}", short(day));
        }
    }
}
