//! 近さ. How alike a written value and the register's are, and which birth dates are worth looking up.

use crate::fold::{fold_address, fold_kana, fold_name, without_dakuten};
use crate::matching::Agreement;
use crate::wareki::Era;
use crate::written::{Words, Written};
use jiff::civil::Date;

/// Figures that pens and readers confuse (the commonest pairs on Japanese forms).
const CONFUSED: [(char, char); 9] = [
    ('1', '7'),
    ('3', '8'),
    ('0', '6'),
    ('1', '4'),
    ('5', '3'),
    ('2', '7'),
    ('4', '9'),
    ('5', '6'),
    ('8', '9'),
];
/// Letters that readers of print take for each other: the same shape, or one dot or stroke apart. Each word is a class.
const LOOKALIKES: &str = "
    ロ口囗 ニ二 カ力 エ工 ト卜 ハ八 ー一 タ夕 チ千 ミ三 ソンツシ ワクウ ナメ ヌス ラフヲ マア コユヨ テチ ルレ
    日目 大太犬 末未 土士 千干 己已巳 人入 田由甲 白自 木本 王玉 石右 水氷 烏鳥 間問 待侍 郎朗 幸辛 昌晶 栄宋 子千
    助肋 良艮 則側 永氷 美羊 治冶 清晴靖 俊後 隆降 勇男 茂芳 博搏 浩活 恵思 節筋 静晴 洋羊
";
/// How much of a wrong letter it is to take one of [`LOOKALIKES`] for another.
const LOOKALIKE: f64 = 0.35;
/// From this probability on the ink is taken to allow a date. The slip's number already names the
/// person, so one in twenty from the ink leaves less than one in ten thousand for a stranger's slip.
pub const FAIR_PROBABILITY: f64 = 0.05;
/// Share of letters that must stay for words to count as nearly the same.
const FEW_LETTERS: f64 = 0.3;

/// How the written birth date (by hand first, else printed) agrees with the register's.
pub fn birth_agreement(written: &Written, register: Date) -> Agreement {
    let by_hand = written.birth.first().map(|first| *first.date.reveal());
    let printed = written.printed_birth.as_ref().map(|printed| *printed.date.reveal());
    let Some(read) = by_hand.or(printed) else {
        return Agreement::NotRead;
    };
    if read == register {
        Agreement::Equal
    } else if written.birth_probability(register) >= FAIR_PROBABILITY {
        Agreement::InkAllows
    } else {
        slip_of_pen(read, register)
    }
}

/// The slip of pen or eye by which `read` may stand for `register`.
fn slip_of_pen(read: Date, register: Date) -> Agreement {
    if swapped(read) == Some(register) {
        Agreement::MonthDaySwapped
    } else if other_eras(read).contains(&register) {
        Agreement::OtherEra
    } else if one_figure(read).contains(&register) {
        Agreement::OneFigure
    } else {
        Agreement::Different
    }
}

/// Every birth date that may be meant: what the ink allows, and each with one slip of pen or eye.
/// Dates after `today` are left out; sorted, each once.
pub fn plausible_birth_dates(written: &Written, today: Date) -> Vec<Date> {
    let printed = written.printed_birth.iter().map(|printed| *printed.date.reveal());
    let read: Vec<Date> = written.birth.iter().map(|b| *b.date.reveal()).chain(printed).collect();
    let slips = read
        .iter()
        .flat_map(|&date| one_figure(date).into_iter().chain(swapped(date)).chain(other_eras(date)));
    let mut dates: Vec<Date> = read.iter().copied().chain(slips).filter(|date| *date <= today).collect();
    dates.sort();
    dates.dedup();
    dates
}

fn swapped(date: Date) -> Option<Date> {
    Date::new(date.year(), date.day(), date.month()).ok()
}

/// The same era year, month and day in every other era that has them.
fn other_eras(date: Date) -> Vec<Date> {
    let Some(era) = Era::of(date) else { return Vec::new() };
    let year = date.year() - era.base();
    let others = Era::ALL.into_iter().filter(|other| *other != era);
    others
        .filter_map(|other| other.date(year, date.month(), date.day()).filter(|d| other.contains(*d)))
        .collect()
}

/// Every date whose era year, month and day differ in one confused figure.
fn one_figure(date: Date) -> Vec<Date> {
    let Some(era) = Era::of(date) else { return Vec::new() };
    let figures = format!("{:02}{:02}{:02}", date.year() - era.base(), date.month(), date.day());
    let mut dates = Vec::new();
    for (at, figure) in figures.char_indices() {
        for other in confused_with(figure) {
            let mut changed = figures.clone();
            changed.replace_range(at..at + 1, &other.to_string());
            let part = |from: usize| changed[from..from + 2].parse::<i8>().ok();
            let date = (|| era.date(part(0)?.into(), part(2)?, part(4)?))();
            dates.extend(date.filter(|date| era.contains(*date)));
        }
    }
    dates
}

/// Whether pens and readers take these figures for each other.
pub(crate) fn is_confused(a: char, b: char) -> bool {
    confused_with(a).any(|other| other == b)
}

fn confused_with(figure: char) -> impl Iterator<Item = char> {
    CONFUSED.into_iter().filter_map(move |(a, b)| match figure {
        _ if figure == a => Some(b),
        _ if figure == b => Some(a),
        _ => None,
    })
}

/// How a written reading agrees with the register's.
pub fn kana_agreement(written: Option<&Words>, register: &str) -> Agreement {
    let Some(words) = written else { return Agreement::NotRead };
    let (read, register) = (fold_kana(words.text.reveal()), fold_kana(register));
    if read == register {
        Agreement::Equal
    } else if without_dakuten(&read) == without_dakuten(&register) {
        Agreement::Dakuten
    } else {
        few_letters(&read, &register)
    }
}

/// How a written name agrees with the register's.
pub fn name_agreement(written: Option<&Words>, register: &str) -> Agreement {
    words_agreement(written, register, fold_name)
}

/// How a written address agrees with the register's.
pub fn address_agreement(written: Option<&Words>, register: &str) -> Agreement {
    words_agreement(written, register, fold_address)
}

fn words_agreement(written: Option<&Words>, register: &str, fold: fn(&str) -> String) -> Agreement {
    let Some(words) = written else { return Agreement::NotRead };
    let (read, register) = (fold(words.text.reveal()), fold(register));
    if read == register { Agreement::Equal } else { few_letters(&read, &register) }
}

fn few_letters(one: &str, other: &str) -> Agreement {
    let longest = one.chars().count().max(other.chars().count()) as f64;
    let distance = edit_distance(one, other);
    if distance / longest <= FEW_LETTERS { Agreement::FewLetters } else { Agreement::Different }
}

/// Levenshtein distance in letters; a lookalike counts for less than a letter.
fn edit_distance(one: &str, other: &str) -> f64 {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<f64> = (0..=other.len()).map(|n| n as f64).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = (i + 1) as f64;
        for (j, &b) in other.iter().enumerate() {
            let change = diagonal + difference(a, b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1.0).min(row[j] + 1.0);
        }
    }
    row[other.len()]
}

/// 0 for the same letter, 1 for another one.
fn difference(a: char, b: char) -> f64 {
    if a == b {
        return 0.0;
    }
    let alike = LOOKALIKES.split_whitespace().any(|class| class.contains(a) && class.contains(b));
    if alike { LOOKALIKE } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::personal::Personal;
    use crate::written::PossibleDate;
    use jiff::civil::date;

    fn written(dates: &[(Date, f64)]) -> Written {
        let birth = dates
            .iter()
            .map(|&(date, probability)| PossibleDate { date: Personal::new(date), probability })
            .collect();
        Written { birth, ..Written::default() }
    }

    #[test]
    fn a_birth_date_agrees_in_ways_that_people_understand() {
        let check = |read: &[(Date, f64)], register: Date, expected| {
            assert_eq!(birth_agreement(&written(read), register), expected, "{register}");
        };
        let read = [(date(1947, 3, 4), 0.9), (date(1941, 3, 4), 0.08), (date(1942, 3, 4), 0.001)];
        check(&read, date(1947, 3, 4), Agreement::Equal);
        check(&read, date(1941, 3, 4), Agreement::InkAllows);
        check(&read, date(1942, 3, 4), Agreement::Different);
        check(&read, date(1947, 8, 4), Agreement::OneFigure);
        check(&read, date(1947, 4, 3), Agreement::MonthDaySwapped);
        check(&read, date(2010, 3, 4), Agreement::OtherEra);
        check(&read, date(1958, 9, 30), Agreement::Different);
        check(&[], date(1947, 3, 4), Agreement::NotRead);
    }

    #[test]
    fn every_explained_date_is_also_looked_up() {
        let read = written(&[(date(1947, 3, 4), 0.9), (date(1942, 3, 4), 0.07)]);
        let dates = plausible_birth_dates(&read, date(2026, 11, 1));
        let expected =
            [date(1947, 3, 4), date(1942, 3, 4), date(1947, 8, 4), date(1947, 4, 3), date(2010, 3, 4)];
        for wanted in expected {
            assert!(dates.contains(&wanted), "{wanted}");
        }
        assert!(dates.iter().all(|date| birth_agreement(&read, *date) != Agreement::Different
            || one_figure(jiff::civil::date(1942, 3, 4)).contains(date)
            || other_eras(jiff::civil::date(1942, 3, 4)).contains(date)
            || swapped(jiff::civil::date(1942, 3, 4)) == Some(*date)));
        assert!(dates.len() < 80, "{}", dates.len());
    }

    #[test]
    fn words_agree_by_degrees() {
        let words = |text: &str| Words { text: Personal::new(text.into()), accepted: true };
        let kana = |read, register| kana_agreement(Some(&words(read)), register);
        assert_eq!(kana("ﾜﾀﾅﾍﾞ ﾊﾅｺ", "ワタナベ ハナコ"), Agreement::Equal);
        assert_eq!(kana("トヨタ ハナコ", "トヨダ ハナコ"), Agreement::Dakuten);
        assert_eq!(kana("ワタナペ ハナエ", "ワタナベ ハナコ"), Agreement::FewLetters);
        assert_eq!(kana("スズキ イチロウ", "ワタナベ ハナコ"), Agreement::Different);
        assert_eq!(name_agreement(Some(&words("渡邉花子")), "渡辺 花子"), Agreement::Equal);
        assert_eq!(name_agreement(None, "渡辺 花子"), Agreement::NotRead);
        // As tesseract misreads print: two of four letters, but each for its double.
        assert_eq!(name_agreement(Some(&words("未田大郎")), "末田 太郎"), Agreement::FewLetters);
        assert_eq!(kana("夕ナカ 力ズコ", "タナカ カズコ"), Agreement::FewLetters);
        // Two letters that nobody confuses are another name.
        assert_eq!(name_agreement(Some(&words("山田大郎")), "末田 次郎"), Agreement::Different);
    }
}
