//! Shares as clerks read them: so many in ten thousand, with the interval that the count allows.

use domain::quality::Verdict;
use domain::share::Estimate;
use std::collections::BTreeMap;
use store::screens::SettledSample;

/// One line of a table of shares.
pub struct Line {
    /// What is counted.
    pub label: String,
    /// Values looked at.
    pub n: String,
    /// Of these, wrong.
    pub wrong: u64,
    /// So many in ten thousand, with the 95 % interval.
    pub share: String,
    /// Whether the label holds data (a clinic's name).
    pub is_data: bool,
}

impl Line {
    /// A line of this estimate.
    pub fn of(label: String, estimate: &Estimate, is_data: bool) -> Self {
        Self { label, n: grouped(estimate.n), wrong: estimate.hits, share: share(estimate), is_data }
    }
}

/// The machine's share of errors among `samples`; those that nobody could read count neither way.
pub fn machine<'a>(samples: impl IntoIterator<Item = &'a SettledSample>) -> Estimate {
    let counted = samples.into_iter().filter(|sample| sample.verdict != Verdict::Unclear);
    Estimate::drawn(counted.map(|sample| (sample.chance, sample.verdict == Verdict::Wrong)))
}

/// The same for each group that `key` makes of them, in the order of the keys.
pub fn by<K: Ord>(samples: &[SettledSample], key: impl Fn(&SettledSample) -> K) -> Vec<(K, Estimate)> {
    let mut groups: BTreeMap<K, Vec<&SettledSample>> = BTreeMap::new();
    for sample in samples {
        groups.entry(key(sample)).or_default().push(sample);
    }
    groups.into_iter().map(|(key, samples)| (key, machine(samples))).collect()
}

/// `0.8件（0.2〜2.1）` of ten thousand.
pub fn share(estimate: &Estimate) -> String {
    if estimate.n == 0 {
        return "—".to_owned();
    }
    let [low, high] = estimate.interval;
    format!("{}件（{}〜{}）", per_10k(estimate.share), per_10k(low), per_10k(high))
}

/// A share as a count of ten thousand.
pub fn per_10k(share: f64) -> String {
    match share * 1e4 {
        nothing if nothing <= 0.0 => "0".to_owned(),
        few if few < 9.95 => format!("{few:.1}"),
        many => grouped(many.round() as u64),
    }
}

/// `12,345`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let parts: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|part| std::str::from_utf8(part).unwrap_or_default())
        .collect();
    parts.join(",")
}

/// The word for a kind of field.
pub fn kind_label(kind: &str) -> &str {
    match kind {
        "digits" => "数字",
        "date" => "日付",
        "mark" => "印",
        "choice" => "選択・丸囲み",
        "printed" => "印字",
        "image" => "手書き（記入の有無）",
        "sticker" => "貼付ラベル",
        "stamp" => "署名・押印",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_told_as_clerks_say_them() {
        let table = [
            (0.0, "0"),
            (0.000_083, "0.8"),
            (0.000_21, "2.1"),
            (0.001, "10"),
            (0.123_4, "1,234"),
            (1.0, "10,000"),
        ];
        for (share, words) in table {
            assert_eq!(per_10k(share), words);
        }
        assert_eq!(share(&Estimate::counted(0, 0)), "—");
        assert_eq!(share(&Estimate::counted(1, 29)), "345件（61〜1,718）");
    }
}
