//! 漢数字. Numbers in words, as people write amounts and counts that nobody shall alter.

const DIGITS: [&str; 10] = ["〇", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
/// Places within a group of four digits.
const PLACES: [&str; 4] = ["", "十", "百", "千"];
/// Groups of four digits; `u32` needs three.
const GROUPS: [&str; 3] = ["", "万", "億"];

/// `37` in kanji: `三十七`; nought is `〇`.
///
/// A leading one is left out before 十, 百 and 千 (`十`, `百五`) but stands before 万 and 億,
/// and before 千 within a larger number (`一万一千`).
pub fn number_words(number: u32) -> String {
    if number == 0 {
        return DIGITS[0].to_owned();
    }
    (0..GROUPS.len())
        .rev()
        .filter_map(|group| {
            let four = number / 10_000u32.pow(group as u32) % 10_000;
            let above = u64::from(number) >= 10_000u64.pow(group as u32 + 1);
            (four > 0).then(|| format!("{}{}", four_words(four, above || group > 0), GROUPS[group]))
        })
        .collect()
}

/// Words of 1..=9999; `large` when it is a part of a number of 万 or more.
fn four_words(number: u32, large: bool) -> String {
    (0..PLACES.len())
        .rev()
        .filter_map(|place| {
            let digit = number / 10u32.pow(place as u32) % 10;
            let silent_one = digit == 1 && (place == 1 || place == 2 || (place == 3 && !large));
            let word = if silent_one { "" } else { DIGITS[digit as usize] };
            (digit > 0).then(|| format!("{word}{}", PLACES[place]))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::number_words;

    #[test]
    fn counts_read_as_people_say_them() {
        let table = [
            (0, "〇"),
            (1, "一"),
            (10, "十"),
            (11, "十一"),
            (37, "三十七"),
            (100, "百"),
            (105, "百五"),
            (999, "九百九十九"),
            (1000, "千"),
            (1110, "千百十"),
            (10_000, "一万"),
            (11_111, "一万一千百十一"),
            (20_030, "二万三十"),
            (10_000_000, "一千万"),
            (100_000_001, "一億一"),
            (u32::MAX, "四十二億九千四百九十六万七千二百九十五"),
        ];
        for (number, words) in table {
            assert_eq!(number_words(number), words, "{number}");
        }
    }
}
