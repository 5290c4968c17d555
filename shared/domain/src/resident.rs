//! 住民. A person in the resident register, as the register's file says.

use crate::ids::ResidentId;
use crate::personal::Personal;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// 住民. One person of the register. Never created from paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resident {
    /// 宛名番号.
    pub id: ResidentId,
    /// 氏名, family name first.
    pub name: Personal<String>,
    /// 振り仮名.
    pub kana: Personal<String>,
    /// 性別.
    pub sex: Sex,
    /// 生年月日.
    pub birth_date: Personal<Date>,
    /// 郵便番号, `123-4567`.
    pub postal_code: Personal<String>,
    /// 住所.
    pub address: Personal<String>,
    /// 住民となった日.
    pub resident_since: Date,
    /// 住民でなくなった日: last day as a resident (moved out or died), when known.
    pub resident_until: Option<Date>,
    /// Why, where the register says it.
    pub until_reason: Option<UntilReason>,
    /// 世帯番号.
    pub household: Option<Personal<String>>,
    /// 非課税世帯.
    pub tax_exempt: bool,
    /// 支援措置: address never shown or exported without a special right.
    pub protected: bool,
}

impl Resident {
    /// Whether the person was a resident on `day`.
    pub fn lived_here_on(&self, day: Date) -> bool {
        self.resident_since <= day && self.resident_until.is_none_or(|last| day <= last)
    }
}

/// 除票の事由. Why somebody is no resident any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UntilReason {
    /// 転出.
    Moved,
    /// 死亡.
    Deceased,
}

impl UntilReason {
    /// As written in rows and files.
    pub fn as_str(self) -> &'static str {
        match self {
            UntilReason::Moved => "moved",
            UntilReason::Deceased => "deceased",
        }
    }

    /// The reason with this word.
    pub fn parse(word: &str) -> Option<Self> {
        [UntilReason::Moved, UntilReason::Deceased].into_iter().find(|reason| reason.as_str() == word)
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            UntilReason::Moved => "転出",
            UntilReason::Deceased => "死亡",
        }
    }
}

/// 性別 in the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sex {
    /// 女.
    F,
    /// 男.
    M,
    /// 不明・その他.
    X,
}

impl Sex {
    /// The letter in files and rows.
    pub fn as_str(self) -> &'static str {
        match self {
            Sex::F => "F",
            Sex::M => "M",
            Sex::X => "X",
        }
    }

    /// The word on screens and slips.
    pub fn label(self) -> &'static str {
        match self {
            Sex::F => "女",
            Sex::M => "男",
            Sex::X => "―",
        }
    }

    /// The sex named by a letter, `None` for anything else.
    pub fn parse(letter: &str) -> Option<Self> {
        [Sex::F, Sex::M, Sex::X].into_iter().find(|sex| sex.as_str() == letter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn first_and_last_day_belong_to_the_residence() {
        let mut resident = made_up();
        resident.resident_until = Some(date(2026, 3, 31));
        for (day, lived) in [
            (date(2019, 12, 31), false),
            (date(2020, 1, 1), true),
            (date(2026, 3, 31), true),
            (date(2026, 4, 1), false),
        ] {
            assert_eq!(resident.lived_here_on(day), lived, "{day}");
        }
    }

    fn made_up() -> Resident {
        Resident {
            id: ResidentId("10000001".into()),
            name: Personal::new("見本 花子".into()),
            kana: Personal::new("ミホン ハナコ".into()),
            sex: Sex::F,
            birth_date: Personal::new(date(1950, 3, 4)),
            postal_code: Personal::new("999-0001".into()),
            address: Personal::new("架空市見本町1-2-3".into()),
            resident_since: date(2020, 1, 1),
            resident_until: None,
            until_reason: None,
            household: None,
            tax_exempt: false,
            protected: false,
        }
    }
}
