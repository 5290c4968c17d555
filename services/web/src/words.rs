//! Ids, moments and values as words for clerks.

use domain::form::{Field, FieldKind, Form};
use domain::page::PageState;
use domain::reading::Value;
use domain::wareki;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};

/// Japan has one time zone and no summer time: nine hours ahead, wherever the program runs.
pub fn japan() -> TimeZone {
    TimeZone::fixed(Offset::constant(9))
}

/// `ms` since 1970 UTC as `11月21日 9:05`.
pub fn moment(ms: i64) -> String {
    match Timestamp::from_millisecond(ms) {
        Ok(at) => {
            let at = at.to_zoned(japan());
            format!("{}月{}日 {}:{:02}", at.month(), at.day(), at.hour(), at.minute())
        }
        Err(_) => "―".to_owned(),
    }
}

/// Midnight in Japan before `now`, ms since 1970 UTC.
pub fn start_of_day(now: Timestamp) -> i64 {
    let today = now.to_zoned(japan()).date();
    today.to_zoned(japan()).map_or(0, |midnight| midnight.timestamp().as_millisecond())
}

/// How long something waits: `たった今`, `12分`, `3時間`, `2日`.
pub fn age(since: i64, now: i64) -> String {
    let minutes = (now - since).max(0) / 60_000;
    match minutes {
        0 => "たった今".to_owned(),
        1..60 => format!("{minutes}分"),
        60..1440 => format!("{}時間", minutes / 60),
        _ => format!("{}日", minutes / 1440),
    }
}

/// `2026-10` as `2026年10月`.
pub fn month(month: &str) -> String {
    match month.split_once('-') {
        Some((year, month)) => format!("{year}年{}月", month.trim_start_matches('0')),
        None => month.to_owned(),
    }
}

/// An ISO day as `令和8年10月3日`; anything else as it is.
pub fn day(iso: &str) -> String {
    iso.parse::<Date>().map_or_else(|_| iso.to_owned(), wareki::format)
}

/// The title of a form, or its id when the form is not loaded.
pub fn form_title(forms: &[Form], id: &str) -> String {
    forms.iter().find(|form| form.id.as_str() == id).map_or_else(|| id.to_owned(), |form| form.title.clone())
}

/// What a programme is called: the title of its first form.
pub fn programme_title(forms: &[Form], id: &str) -> String {
    let of_programme = |form: &&Form| form.programme.as_ref().is_some_and(|programme| programme.as_str() == id);
    let title = forms.iter().find(of_programme).map(|form| form.title.as_str());
    title.map_or(id, |title| title.trim_end_matches("予診票").trim_end_matches("受診票")).to_owned()
}

/// A size in bytes as `340 KB`.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} KB", bytes.div_ceil(1000)),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// A value as people say it: option labels, wareki, `（空欄）`.
pub fn value(field: &Field, value: &Value) -> String {
    let option = |text: &str| {
        let known = field.options.iter().find(|option| option.value == text);
        known.map_or_else(|| text.to_owned(), |option| option.label.clone())
    };
    match value {
        Value::Blank => "（空欄）".to_owned(),
        Value::Several(several) => several.iter().map(|text| option(text)).collect::<Vec<_>>().join("、"),
        Value::Text(text) => match field.kind {
            FieldKind::Date(_) => day(text),
            FieldKind::Choice { .. } => option(text),
            FieldKind::Mark | FieldKind::Stamp | FieldKind::Image => mark(text).to_owned(),
            _ => text.clone(),
        },
    }
}

/// The fixed words of marks, stamps and handwriting.
fn mark(word: &str) -> &str {
    match word {
        "on" => "印あり",
        "off" => "印なし",
        "cancelled" => "取消",
        "present" => "あり",
        "absent" => "なし",
        other => other,
    }
}

/// What a state means for the person who looks at the page.
pub fn state_hint(state: PageState) -> &'static str {
    match state {
        PageState::Received => "読取を待っています。",
        PageState::Read => "照合を待っています。",
        PageState::InReview => "人の確認を待っています。",
        PageState::Committed => "確定しました。",
        PageState::Returned => "返戻しました。",
        PageState::Rescan => "紙を探して、もう一度スキャンしてください。",
        PageState::Discarded => "破棄しました。",
        PageState::Duplicate => "同じ画像がすでにあります。何もしなくてかまいません。",
        PageState::Failed => "画像を開けませんでした。紙を探して、もう一度スキャンしてください。",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_in_japanese_time() {
        let at: Timestamp = "2026-11-20T15:05:00Z".parse().unwrap();
        assert_eq!(moment(at.as_millisecond()), "11月21日 0:05");
        let midnight: Timestamp = "2026-11-20T15:00:00Z".parse().unwrap();
        assert_eq!(start_of_day(at), midnight.as_millisecond());
    }

    #[test]
    fn waiting_is_told_in_round_figures() {
        let minute = 60_000;
        let table = [(0, "たった今"), (12, "12分"), (60, "1時間"), (2 * 1440 + 5, "2日"), (-9, "たった今")];
        for (minutes, words) in table {
            assert_eq!(age(0, minutes * minute), words);
        }
        assert_eq!(month("2026-09"), "2026年9月");
        assert_eq!(size(340_001), "341 KB");
    }
}
