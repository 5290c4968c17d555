//! Ids, moments and values as words for clerks.

use domain::form::{Field, FieldKind, Form};
use domain::page::PageState;
use domain::reading::Value;
use domain::wareki;
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

/// Japan has one time zone and no summer time: nine hours ahead, wherever the program runs.
pub fn japan() -> TimeZone {
    TimeZone::fixed(Offset::constant(9))
}

/// Whether `text` can be kept as a reason or a name: one line of at most `most` characters.
pub fn is_line(text: &str, most: usize) -> bool {
    text.chars().count() <= most && !text.chars().any(char::is_control)
}

/// A moment as `11月21日 9:05`.
pub fn moment(at: Timestamp) -> String {
    let at = at.to_zoned(japan());
    format!("{}月{}日 {}:{:02}", at.month(), at.day(), at.hour(), at.minute())
}

/// Midnight in Japan before `now`.
pub fn start_of_day(now: Timestamp) -> Timestamp {
    now.to_zoned(japan()).start_of_day().map_or(now, |midnight| midnight.timestamp())
}

/// The word for less than a minute.
pub const JUST_NOW: &str = "たった今";

/// How long something waits: `たった今`, `12分`, `3時間`, `2日`.
pub fn age(since: Timestamp, now: Timestamp) -> String {
    let minutes = now.duration_since(since).as_mins().max(0);
    match minutes {
        0 => JUST_NOW.to_owned(),
        1..60 => format!("{minutes}分"),
        60..1440 => format!("{}時間", minutes / 60),
        _ => format!("{}日", minutes / 1440),
    }
}

/// The place of a page in its file: `3`, and `3-1` for the first part of page 3.
pub fn place(place: u32) -> String {
    let parts = format!("{:03}", place % 1000);
    let parts = parts.trim_end_matches('0').chars().map(|part| format!("-{part}"));
    format!("{}{}", place / 1000, parts.collect::<String>())
}

/// `2026-10` as `2026年10月`.
pub fn month(month: &str) -> String {
    match month.split_once('-') {
        Some((year, month)) => format!("{year}年{}月", month.trim_start_matches('0')),
        None => month.to_owned(),
    }
}

/// The title of a form, or its id when the form is not loaded.
pub fn form_title(forms: &[Form], id: &str) -> String {
    forms.iter().find(|form| form.id.as_str() == id).map_or_else(|| id.to_owned(), |form| form.title.clone())
}

/// What a programme is called: the title of the form that is named like it, else of its first form.
pub fn programme_title(forms: &[Form], id: &str) -> String {
    let of_programme =
        |form: &&Form| form.programme.as_ref().is_some_and(|programme| programme.as_str() == id);
    let namesake = forms.iter().find(|form| form.id.as_str() == id);
    let title = namesake.or_else(|| forms.iter().find(of_programme)).map(|form| form.title.as_str());
    title.map_or(id, |title| title.trim_end_matches("予診票").trim_end_matches("受診票")).to_owned()
}

/// What an event is called.
pub fn event(what: &str) -> &str {
    match what {
        "record_committed" => "確定",
        "record_corrected" => "記録を訂正",
        "record_reversed" => "記録を取消",
        "page_returned" => "返戻",
        "page_rescan" => "再スキャンへ",
        "page_discarded" => "破棄",
        "page_disposal_undone" => "処理を取り消して確認へ戻した",
        "page_read_again" => "読み直しを依頼",
        "page_requeued" => "読み取りに出し直した",
        "page_restored" => "復元後に読み取りに出し直した",
        "page_keyed" => "入力を保存",
        "save_undone" => "入力の保存を取消",
        "review_taken_over" => "確認を引き取り",
        "second_keying_set" => "二次入力の設定を変更",
        "correction_asked" => "訂正を申請",
        "correction_withdrawn" => "訂正の申請を取り下げ",
        "correction_kept" => "訂正せず",
        "envelope_opened" => "束を開いた",
        "envelope_closed" => "束を締めた",
        "envelope_settled" => "差があるまま確定",
        "envelope_reopened" => "束を開き直した",
        "page_assigned" => "帳票・番号を指定して読み直しを依頼",
        "page_turned" => "画像の向きを直して読み直しを依頼",
        "page_cut" => "分割",
        "page_cut_undone" => "分割を取り消した",
        "page_moved" => "別の束へ移した",
        "page_move_undone" => "束の移動を取り消した",
        "enquiry_opened" => "問合せを登録",
        "enquiry_given" => "問合せの担当を決めた",
        "enquiry_asked" => "照会した",
        "enquiry_answered" => "回答を記録",
        "enquiry_closed" => "問合せを完了",
        other => other,
    }
}

/// A size in bytes as `340 KB`, `1.2 MB`, `27.1 GB`.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} KB", bytes.div_ceil(1000)),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
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
            FieldKind::Date(_) => text.parse().map_or_else(|_| text.clone(), wareki::format),
            FieldKind::Choice { .. } => option(text),
            FieldKind::Sticker if text == "present" => "貼付あり（番号は読み取れません）".to_owned(),
            FieldKind::Image if text == "present" => "記入あり".to_owned(),
            FieldKind::Mark | FieldKind::Stamp => mark(text).to_owned(),
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
        assert_eq!(moment(at), "11月21日 0:05");
        assert_eq!(start_of_day(at), "2026-11-20T15:00:00Z".parse().unwrap());
    }

    #[test]
    fn waiting_is_told_in_round_figures() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let table = [(0, "たった今"), (12, "12分"), (60, "1時間"), (2 * 1440 + 5, "2日"), (-9, "たった今")];
        for (minutes, words) in table {
            let since = Timestamp::from_second(1_800_000_000 - minutes * 60).unwrap();
            assert_eq!(age(since, now), words);
        }
        assert_eq!(month("2026-09"), "2026年9月");
        assert_eq!([3000, 12_100, 3120].map(place), ["3", "12-1", "3-1-2"]);
        assert_eq!(size(340_001), "341 KB");
    }
}
