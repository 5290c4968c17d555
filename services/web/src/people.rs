//! People as screens tell them: what is searched for, and what may be shown.

use crate::{dates, keyed, words};
use domain::ids::{ManagementNumber, ResidentId};
use domain::personal::Personal;
use domain::resident::{Resident, UntilReason};
use domain::wareki;
use jiff::civil::Date;
use store::{Error, ResidentSearch, Rows};

/// Shown instead of the address of a protected person (支援措置).
pub const HIDDEN_ADDRESS: &str = "（支援措置のため表示できません）";

/// Fewer digits are no number of a resident or slip.
const SHORTEST_NUMBER: usize = 5;

/// A person in words.
#[derive(Debug)]
pub struct PersonFacts {
    /// Row in the register.
    pub row: i64,
    /// 宛名番号.
    pub id: String,
    /// 氏名.
    pub name: String,
    /// 振り仮名.
    pub kana: String,
    /// 性別.
    pub sex: &'static str,
    /// 生年月日 in wareki.
    pub birth: String,
    /// Age in years on the day asked for.
    pub age: i16,
    /// 住所, or that it is hidden.
    pub address: String,
    /// 支援措置.
    pub protected: bool,
    /// Until when a resident, and why no longer, when that is known.
    pub until: Option<String>,
}

impl PersonFacts {
    /// The words for a person on `today`.
    pub fn of(row: i64, resident: &Resident, today: Date) -> Self {
        let birth = *resident.birth_date.reveal();
        let address = match resident.protected {
            true => HIDDEN_ADDRESS.to_owned(),
            false => self::address(resident),
        };
        Self {
            row,
            id: resident.id.0.clone(),
            name: resident.name.reveal().clone(),
            kana: resident.kana.reveal().clone(),
            sex: resident.sex.label(),
            birth: wareki::format(birth),
            age: age(birth, today),
            address,
            protected: resident.protected,
            until: resident.resident_until.map(|until| {
                let reason = resident.until_reason.map_or("除票", UntilReason::label);
                format!("{} {reason}", wareki::format(until))
            }),
        }
    }
}

/// 住所 with its postal code, also of a protected person: only for whoever may see it.
pub fn address(resident: &Resident) -> String {
    format!("〒{} {}", resident.postal_code.reveal(), resident.address.reveal())
}

fn age(birth: Date, today: Date) -> i16 {
    let before_birthday = (today.month(), today.day()) < (birth.month(), birth.day());
    today.year() - birth.year() - i16::from(before_birthday)
}

/// What a person is looked for by.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Part of the name or its reading; empty for none.
    pub name: String,
    /// Birth date.
    pub birth_date: Option<Date>,
    /// 宛名番号 or the management number of a slip.
    pub number: Option<String>,
}

impl Wanted {
    /// What `typed` looks for: a run of digits is a number, a date with its era or separators a birth date,
    /// the rest a name.
    pub fn of(typed: &str) -> Self {
        let mut wanted = Self::default();
        for word in typed.split_whitespace() {
            let folded = keyed::fold(word);
            let figures = folded.bytes().all(|b| b.is_ascii_digit());
            if figures && folded.len() >= SHORTEST_NUMBER {
                wanted.number = Some(folded);
            } else if let Some(date) = dates::any_date(&folded).filter(|_| !figures) {
                wanted.birth_date = Some(date);
            } else {
                wanted.name.push_str(word);
            }
        }
        wanted
    }

    /// The residents that fit everything given, with their rows; nobody when nothing is given.
    ///
    /// # Errors
    /// The database failed.
    pub fn find(&self, rows: &Rows, limit: u32) -> Result<Vec<(i64, Resident)>, Error> {
        let found = match &self.number {
            Some(number) => {
                let slip = rows.slip(&ManagementNumber(number.clone()))?;
                let id = slip.map_or_else(|| ResidentId(number.clone()), |slip| slip.resident);
                rows.resident(&id)?.into_iter().collect()
            }
            None if self.name.is_empty() && self.birth_date.is_none() => Vec::new(),
            None => {
                let words = Personal::new(self.name.clone());
                let search = ResidentSearch { words, birth_date: self.birth_date.map(Personal::new) };
                rows.search_residents(&search, limit)?
            }
        };
        with_rows(rows, found)
    }
}

/// Residents with their rows.
///
/// # Errors
/// The database failed.
pub fn with_rows(rows: &Rows, residents: Vec<Resident>) -> Result<Vec<(i64, Resident)>, Error> {
    let mut found = Vec::new();
    for resident in residents {
        if let Some(row) = rows.resident_row(&resident.id)? {
            found.push((row, resident));
        }
    }
    Ok(found)
}

/// Today in Japan.
pub fn today() -> Date {
    jiff::Timestamp::now().to_zoned(words::japan()).date()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn one_box_takes_names_dates_and_numbers() {
        let wanted = Wanted::of("佐藤　花子 S25.3.4");
        assert_eq!((wanted.name.as_str(), wanted.birth_date), ("佐藤花子", Some(date(1950, 3, 4))));
        assert!(wanted.number.is_none());
        for (typed, number) in [(" １０００００１２ ", "10000012"), ("19500304", "19500304")] {
            let wanted = Wanted::of(typed);
            assert_eq!(wanted.number.as_deref(), Some(number));
            assert!(wanted.name.is_empty() && wanted.birth_date.is_none());
        }
    }

    #[test]
    fn a_birthday_counts_from_its_day() {
        let birth = date(1950, 3, 4);
        assert_eq!((age(birth, date(2026, 3, 3)), age(birth, date(2026, 3, 4))), (75, 76));
    }
}
