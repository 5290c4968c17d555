//! ことば. Rules as sentences for people, the same on screens, in lists and in findings.

use super::*;

/// 「60歳以上65歳未満で、…のある人」.
pub(super) fn who(who: &Who) -> String {
    if let Some(words) = &who.words {
        return words.clone();
    }
    let list = |ages: &[u16]| ages.iter().map(u16::to_string).collect::<Vec<_>>().join("・");
    let mut parts = Vec::new();
    parts.extend(who.age.map(|span| span.to_string()));
    if !who.ages.is_empty() {
        parts.push(format!("{}歳", list(&who.ages)));
    }
    if !who.turns.is_empty() {
        parts.push(format!("年度内に{}歳になる人", list(&who.turns)));
    }
    match (who.born.from, who.born.until) {
        (Some(from), Some(until)) => parts.push(format!("{from} から {until} までに生まれた人")),
        (Some(from), None) => parts.push(format!("{from} 以後に生まれた人")),
        (None, Some(until)) => parts.push(format!("{until} までに生まれた人")),
        (None, None) => {}
    }
    match who.sex {
        Some(Sex::F) => parts.push("女性".to_owned()),
        Some(Sex::M) => parts.push("男性".to_owned()),
        _ => {}
    }
    parts.extend(who.needs.clone());
    if parts.is_empty() { "すべての住民".to_owned() } else { parts.join("で、") }
}

/// 「10月1日から1月31日まで」.
pub(super) fn season(season: &Season) -> String {
    let ((m1, d1), (m2, d2)) = (season.from, season.until);
    format!("{m1}月{d1}日から{m2}月{d2}日まで")
}

/// 「一生に1回」, 「年度に1回」.
pub(super) fn limit(limit: &Limit) -> String {
    let within = match limit.within {
        Within::Life => "一生".to_owned(),
        Within::Season => "1シーズン".to_owned(),
        Within::FiscalYears(1) => "年度".to_owned(),
        Within::FiscalYears(years) => format!("{years}年度"),
    };
    format!("{within}に{}回", limit.times)
}

/// 「0.25mL・0.5mL」.
pub(super) fn volume(volume: &Volume) -> String {
    let ml = |centi: &u32| format!("{}mL", f64::from(*centi) / 100.0);
    volume.centi_ml.iter().map(ml).collect::<Vec<_>>().join("・")
}

/// 「2026-04-01 から」; a period without ends says nothing.
pub(super) fn period(period: &Period) -> String {
    match (period.from, period.until) {
        (Some(from), Some(until)) => format!("{from} から {until} まで"),
        (Some(from), None) => format!("{from} から"),
        (None, Some(until)) => format!("{until} まで"),
        (None, None) => String::new(),
    }
}

fn noticed(words: String, weight: Weight) -> String {
    if weight == Weight::Notice { format!("{words}（お知らせのみ）") } else { words }
}

/// 規則の一行: what it is about, and what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleLine {
    /// 対象, 回数, 間隔…
    pub about: &'static str,
    /// The sentence.
    pub text: String,
}

impl Version {
    /// When it holds, for people; empty when always.
    pub fn period_words(&self) -> String {
        period(&self.period)
    }

    /// Everything that it says, line by line.
    pub fn lines(&self, programmes: &Programmes) -> Vec<RuleLine> {
        let mut lines = Vec::new();
        let mut line = |about: &'static str, text: String| lines.push(RuleLine { about, text });
        for course in &self.courses {
            let lead = if course.name.is_empty() { String::new() } else { format!("【{}】", course.name) };
            let people: Vec<String> = course.who.iter().map(|one| noticed(who(one), one.weight)).collect();
            if !people.is_empty() {
                line("対象", format!("{lead}{}", people.join("、または")));
            }
            if let Some(start) = &course.start {
                line("初回", format!("{lead}{start}に開始した場合"));
            }
            let first = period(&course.first_dose);
            if !first.is_empty() {
                line("初回", format!("{lead}初回を {first} に受けた人"));
            }
            if let Some(one) = &course.limit {
                line("回数", noticed(format!("{lead}{}", limit(one)), one.weight));
            } else if !course.doses.is_empty() {
                line("回数", format!("{lead}{}回", course.doses.len()));
            }
            for dose in &course.doses {
                for text in dose_lines(dose) {
                    line("間隔・時期", format!("{lead}{}: {text}", dose.label()));
                }
            }
        }
        if let Some(one) = &self.season {
            line("実施期間", season(one));
        }
        if let Reference::Fixed(month, day) = self.reference {
            line("年齢の基準日", format!("年度内の{month}月{day}日"));
        }
        if !self.vaccines.is_empty() {
            let names: Vec<&str> = self.vaccines.iter().map(|id| programmes.vaccine_name(id)).collect();
            line("ワクチン", names.join("、"));
        }
        for one in &self.volumes {
            let whose = one.age.map_or_else(String::new, |age| format!("{age}: "));
            line("接種量", noticed(format!("{whose}{}", volume(one)), one.weight));
        }
        for other in &self.unless_had {
            line("対象外", format!("「{}」を受けた人", programmes.name(other)));
        }
        if let Some(standard) = &self.standard {
            line("標準", standard.clone());
        }
        if let Some(unknown) = &self.unknown {
            line("人が確認", unknown.clone());
        }
        lines
    }
}

fn dose_lines(dose: &Dose) -> Vec<String> {
    let people: Vec<String> = dose.who.iter().map(|one| noticed(who(one), one.weight)).collect();
    let mut lines = Vec::new();
    if !people.is_empty() {
        lines.push(people.join("、または"));
    }
    lines.extend(dose.ages.iter().map(|one| noticed(one.age.to_string(), one.weight)));
    lines.extend(dose.gaps.iter().map(|gap| noticed(gap_words(gap), gap.weight)));
    lines
}

/// 「1回目から27日以上」.
pub(super) fn gap_words(gap: &GapRule) -> String {
    let from = match gap.after {
        After::Previous => "前の回".to_owned(),
        After::Round(round) => format!("{round}回目"),
    };
    let mut text = from + "から";
    if let Some(least) = gap.at_least {
        text.push_str(&format!("{least}以上"));
    }
    if let Some(under) = gap.under {
        text.push_str(&format!("{under}未満"));
    }
    if let Some(words) = &gap.words {
        text.push_str(&format!("（{words}）"));
    }
    text
}

impl Between {
    /// 「注射生ワクチン の後、注射生ワクチン は27日以上」.
    pub fn text(&self) -> String {
        let types =
            |types: &[VaccineType]| types.iter().map(|one| one.label()).collect::<Vec<_>>().join("・");
        let next = if self.next.is_empty() { "ほかのワクチン".to_owned() } else { types(&self.next) };
        let when = period(&self.period);
        let when = if when.is_empty() { when } else { format!("（{when}）") };
        format!("{}の後、{next}は{}以上{when}", types(&self.after), self.at_least)
    }
}
