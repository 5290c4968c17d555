//! 照合. Who is it? Candidates of the register, compared item by item with what stands on the paper.

use crate::ids::{ManagementNumber, ResidentId};
use crate::likeness::{address_agreement, birth_agreement, kana_agreement, name_agreement};
use crate::resident::{Resident, Sex};
use crate::written::Written;
use serde::{Deserialize, Serialize};

/// 照合結果. Candidates stand most likely first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum MatchOutcome {
    /// One person, far ahead of everybody else.
    One {
        /// That person.
        candidate: Candidate,
    },
    /// Several persons; people choose.
    Several {
        /// At most [`MOST_CANDIDATES`].
        candidates: Vec<Candidate>,
    },
    /// Nobody.
    #[default]
    None,
}

/// 候補者. A resident who may be the one, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Who.
    pub resident: ResidentId,
    /// The comparison of every item.
    pub items: Vec<ItemMatch>,
    /// Weight of evidence in tens (log10 of a likelihood ratio): +3 is a thousand to one.
    pub weight: f64,
}

/// One item of a [`Candidate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemMatch {
    /// What was compared.
    pub item: Item,
    /// How it agrees.
    pub agreement: Agreement,
}

/// 照合項目.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// 管理番号: the slip was issued to this person.
    Number,
    /// 生年月日.
    BirthDate,
    /// 振り仮名.
    Kana,
    /// 氏名.
    Name,
    /// 性別.
    Sex,
    /// 住所.
    Address,
}

/// 一致の程度.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// The same after folding.
    Equal,
    /// Another value, but the ink allows the register's.
    InkAllows,
    /// One figure differs, as 1 and 7, 3 and 8, 0 and 6 do.
    OneFigure,
    /// Month and day changed places.
    MonthDaySwapped,
    /// The same figures in the neighbouring era.
    OtherEra,
    /// Only 濁点 differ.
    Dakuten,
    /// Most letters are the same.
    FewLetters,
    /// Another value.
    Different,
    /// Not on the paper, or not readable.
    NotRead,
}

/// More than this many nobody compares on a screen.
pub const MOST_CANDIDATES: usize = 10;
/// One in a city of a million, with ten to one to spare: prior 10^-6, so 7 tens.
const ENOUGH_FOR_ONE: f64 = 7.0;
/// The next candidate must be a thousand times less likely (twins: same birth date, name, address).
const AHEAD: f64 = 3.0;
/// Below a hundred to one somebody is no candidate at all.
const LEAST: f64 = 2.0;

impl Item {
    /// The word on screens.
    pub fn label(self) -> &'static str {
        match self {
            Item::Number => "管理番号",
            Item::BirthDate => "生年月日",
            Item::Kana => "振り仮名",
            Item::Name => "氏名",
            Item::Sex => "性別",
            Item::Address => "住所",
        }
    }

    /// Tens of evidence for an agreement. Equal: how rarely two strangers agree (one birth date in
    /// 30,000, one kana name in 3,000, one address in 1,000; sex one in two). Different: how rarely
    /// the right person's paper says something else, by pen or by misreading.
    fn weight(self, agreement: Agreement) -> f64 {
        let (equal, close, different) = match self {
            Item::Number => (6.0, 0.0, -2.0),
            Item::BirthDate => (4.5, 2.5, -3.0),
            Item::Kana | Item::Name => (3.5, 1.5, -1.5),
            Item::Sex => (0.3, 0.0, -1.5),
            Item::Address => (3.0, 1.0, -0.5),
        };
        match agreement {
            Agreement::Equal => equal,
            Agreement::Different => different,
            Agreement::NotRead => 0.0,
            _ => close,
        }
    }
}

impl Agreement {
    /// The explanation on screens.
    pub fn label(self) -> &'static str {
        match self {
            Agreement::Equal => "一致",
            Agreement::InkAllows => "筆跡から読み得る値と一致",
            Agreement::OneFigure => "数字1文字の読み違い・書き違いで一致",
            Agreement::MonthDaySwapped => "月と日が入れ替わりで一致",
            Agreement::OtherEra => "元号の違いで一致",
            Agreement::Dakuten => "濁点の違いのみ",
            Agreement::FewLetters => "一部の文字が違う",
            Agreement::Different => "不一致",
            Agreement::NotRead => "読取なし",
        }
    }

    /// Whether it speaks for the person at all.
    pub fn supports(self) -> bool {
        !matches!(self, Agreement::Different | Agreement::NotRead)
    }
}

impl Candidate {
    /// The agreement of one item.
    pub fn agreement(&self, item: Item) -> Agreement {
        self.items.iter().find(|m| m.item == item).map_or(Agreement::NotRead, |m| m.agreement)
    }
}

impl MatchOutcome {
    /// Every candidate, most likely first.
    pub fn candidates(&self) -> &[Candidate] {
        match self {
            MatchOutcome::One { candidate } => std::slice::from_ref(candidate),
            MatchOutcome::Several { candidates } => candidates,
            MatchOutcome::None => &[],
        }
    }
}

/// Compares one resident with the paper. `owner` is the person to whom the slip was issued, if its number is known.
pub fn explain(written: &Written, resident: &Resident, owner: Option<&ResidentId>) -> Candidate {
    let number = match (&written.number, owner) {
        (Some(_), Some(owner)) if *owner == resident.id => Agreement::Equal,
        (Some(_), Some(_)) => Agreement::Different,
        _ => Agreement::NotRead,
    };
    let items: Vec<ItemMatch> = [
        (Item::Number, number),
        (Item::BirthDate, birth_agreement(written, *resident.birth_date.reveal())),
        (Item::Kana, kana_agreement(written.kana.as_ref(), resident.kana.reveal())),
        (Item::Name, name_agreement(written.name.as_ref(), resident.name.reveal())),
        (Item::Sex, sex_agreement(written, resident.sex)),
        (Item::Address, address_agreement(written.address.as_ref(), resident.address.reveal())),
    ]
    .into_iter()
    .map(|(item, agreement)| ItemMatch { item, agreement })
    .collect();
    let weight = items.iter().map(|m| m.item.weight(m.agreement)).sum();
    Candidate { resident: resident.id.clone(), items, weight }
}

/// Compares every resident and says whether one of them stands out.
pub fn match_residents(
    written: &Written,
    residents: &[Resident],
    owner: Option<(&ManagementNumber, &ResidentId)>,
) -> MatchOutcome {
    let owner = owner.filter(|(number, _)| written.number.as_ref() == Some(*number)).map(|(_, id)| id);
    let mut candidates: Vec<Candidate> = residents
        .iter()
        .map(|resident| explain(written, resident, owner))
        .filter(|candidate| candidate.weight >= LEAST)
        .collect();
    candidates.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.resident.cmp(&b.resident)));
    candidates.dedup_by(|a, b| a.resident == b.resident);
    candidates.truncate(MOST_CANDIDATES);
    let next = candidates.get(1).map_or(f64::NEG_INFINITY, |candidate| candidate.weight);
    match candidates.first() {
        None => MatchOutcome::None,
        Some(first) if first.weight >= ENOUGH_FOR_ONE && first.weight - next >= AHEAD => {
            MatchOutcome::One { candidate: candidates.swap_remove(0) }
        }
        Some(_) => MatchOutcome::Several { candidates },
    }
}

fn sex_agreement(written: &Written, register: Sex) -> Agreement {
    match written.sex {
        None => Agreement::NotRead,
        Some(_) if register == Sex::X => Agreement::NotRead,
        Some(sex) if sex == register => Agreement::Equal,
        Some(_) => Agreement::Different,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::personal::Personal;
    use crate::sample;
    use crate::written::{PossibleDate, Words};
    use jiff::civil::{Date, date};

    fn words(text: &str) -> Option<Words> {
        Some(Words { text: Personal::new(text.into()), accepted: true })
    }

    fn written(birth: Option<Date>, name: Option<&str>, kana: Option<&str>) -> Written {
        let birth = birth.map(|date| PossibleDate { date: Personal::new(date), probability: 0.99 });
        Written {
            birth: birth.into_iter().collect(),
            name: name.and_then(words),
            kana: kana.and_then(words),
            ..Written::default()
        }
    }

    fn person(id: &str, name: &str, kana: &str, born: Date) -> Resident {
        Resident {
            id: ResidentId(id.into()),
            name: Personal::new(name.into()),
            kana: Personal::new(kana.into()),
            birth_date: Personal::new(born),
            ..sample::resident()
        }
    }

    #[test]
    fn the_register_answers_one_several_or_nobody() {
        let register = [
            person("1", "渡辺 花子", "ワタナベ ハナコ", date(1947, 3, 4)),
            person("2", "渡辺 花江", "ワタナベ ハナエ", date(1947, 3, 4)),
            person("3", "見本 太郎", "ミホン タロウ", date(1952, 3, 4)),
            person("4", "見本 太郎", "ミホン タロウ", date(1958, 9, 30)),
        ];
        let check = |written: Written, one: bool, expected: &[&str]| {
            let outcome = match_residents(&written, &register, None);
            let ids: Vec<&str> = outcome.candidates().iter().map(|c| c.resident.0.as_str()).collect();
            assert_eq!(ids, expected, "{outcome:?}");
            assert_eq!(matches!(outcome, MatchOutcome::One { .. }), one, "{outcome:?}");
        };
        let hanako = |name| written(Some(date(1947, 3, 4)), Some(name), Some("ﾜﾀﾅﾍﾞ ﾊﾅｺ"));
        check(hanako("渡邊花子"), true, &["1"]);
        check(written(Some(date(1947, 3, 4)), None, None), false, &["1", "2", "3"]);
        check(written(Some(date(1958, 9, 30)), Some("見本太郎"), None), true, &["4"]);
        check(written(None, Some("見本太郎"), Some("ミホンタロウ")), false, &["3", "4"]);
        check(written(Some(date(1930, 12, 12)), Some("架空次郎"), None), false, &[]);
        check(written(None, None, None), false, &[]);
    }

    #[test]
    fn a_known_number_names_its_owner_and_every_item_is_explained() {
        let owner = sample::resident();
        let mut paper = written(Some(date(1947, 8, 4)), Some("渡邊花子"), None);
        paper.number = Some(sample::number());
        let candidate = explain(&paper, &owner, Some(&owner.id));
        let explained: Vec<String> =
            candidate.items.iter().map(|m| format!("{}：{}", m.item.label(), m.agreement.label())).collect();
        assert_eq!(
            explained,
            [
                "管理番号：一致",
                "生年月日：数字1文字の読み違い・書き違いで一致",
                "振り仮名：読取なし",
                "氏名：一致",
                "性別：読取なし",
                "住所：読取なし",
            ]
        );
        let stranger = person("9", "見本 太郎", "ミホン タロウ", date(1990, 1, 1));
        assert!(explain(&paper, &stranger, Some(&owner.id)).weight < 0.0);
    }
}
