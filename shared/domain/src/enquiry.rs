//! 問合せ. What the office asks of others about a page, and how far that has come.

use crate::my_number;
use serde::{Deserialize, Serialize};

/// Longest free text of one step, characters.
pub const LONGEST_WORDS: usize = 300;

/// 問合せの種類. Who is asked, and what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnquiryKind {
    /// 医療機関: what a doctor wrote.
    Clinic,
    /// 本人: what a resident wrote.
    Resident,
    /// 再スキャン: the mailroom looks for the paper and scans it again.
    Rescan,
    /// 帳票違い: the mailroom assigns the form.
    WrongForm,
}

/// 問合せの状態.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnquiryState {
    /// 未照会: nobody was asked yet.
    Open,
    /// 照会中: asked, no answer yet.
    Asked,
    /// 回答済: the answer is here; the page waits for a clerk again.
    Answered,
    /// 完了.
    Closed,
}

/// 照会の方法.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// 電話.
    Phone,
    /// ファクス.
    Fax,
    /// 文書.
    Letter,
    /// 窓口.
    Counter,
    /// 庁内便.
    Mail,
}

impl EnquiryKind {
    /// Every kind, in the order of screens.
    pub const ALL: [Self; 4] = [Self::Clinic, Self::Resident, Self::Rescan, Self::WrongForm];

    /// The word in rows and addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clinic => "clinic",
            Self::Resident => "resident",
            Self::Rescan => "rescan",
            Self::WrongForm => "wrong_form",
        }
    }

    /// The kind with this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Clinic => "医療機関へ",
            Self::Resident => "本人へ",
            Self::Rescan => "再スキャン",
            Self::WrongForm => "帳票違い",
        }
    }

    /// Days until an answer is due: a letter there and back, or the paper in the next room.
    pub fn usual_days(self) -> i64 {
        match self {
            Self::Clinic => 7,
            Self::Resident => 14,
            Self::Rescan | Self::WrongForm => 2,
        }
    }

    /// What is usually wrong, for people to choose from.
    pub fn usual_reasons(self) -> &'static [&'static str] {
        match self {
            Self::Clinic => &[
                "記入がない",
                "読み取れない",
                "日付が合わない",
                "ロット番号を確かめたい",
                "判定の記入漏れ",
                "重複して提出されている",
            ],
            Self::Resident => &["本人を特定できない", "署名がない", "記入がない", "読み取れない"],
            Self::Rescan => &["画像が欠けている", "ぼけている・暗い", "裏表が逆", "ほかの紙が重なっている"],
            Self::WrongForm => &["別の帳票として読まれた", "帳票を判別できない", "古い版の帳票"],
        }
    }
}

impl EnquiryState {
    /// Every state, in the order of an enquiry's way.
    pub const ALL: [Self; 4] = [Self::Open, Self::Asked, Self::Answered, Self::Closed];

    /// The word in rows and addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Asked => "asked",
            Self::Answered => "answered",
            Self::Closed => "closed",
        }
    }

    /// The state with this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Open => "未照会",
            Self::Asked => "照会中",
            Self::Answered => "回答済",
            Self::Closed => "完了",
        }
    }
}

impl Channel {
    /// Every way, in the order of screens.
    pub const ALL: [Self; 5] = [Self::Phone, Self::Fax, Self::Letter, Self::Counter, Self::Mail];

    /// The word in rows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Fax => "fax",
            Self::Letter => "letter",
            Self::Counter => "counter",
            Self::Mail => "mail",
        }
    }

    /// The way with this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.as_str() == word)
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Phone => "電話",
            Self::Fax => "ファクス",
            Self::Letter => "文書",
            Self::Counter => "窓口",
            Self::Mail => "庁内便",
        }
    }
}

/// Free words of a step as they may be kept: trimmed, not too long, and without a My Number.
///
/// # Errors
/// What is wrong, for people. The text never repeats what was typed.
pub fn words(typed: &str) -> Result<String, String> {
    let words = typed.replace("\r\n", "\n").trim().to_owned();
    if words.chars().count() > LONGEST_WORDS {
        return Err(format!("{LONGEST_WORDS}文字以内で入力してください。"));
    }
    if words.chars().any(|c| c.is_control() && c != '\n') {
        return Err("使えない文字が含まれています。入力し直してください。".into());
    }
    if my_number::contains(&words) {
        return Err("個人番号（マイナンバー）と思われる12桁の数字は書けません。消してください。".into());
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_lines_and_refuse_what_must_not_be_kept() {
        assert_eq!(words("  折り返し\r\n午後に電話 "), Ok("折り返し\n午後に電話".to_owned()));
        assert!(words("番号は 1234-5678-9018 です").unwrap_err().contains("個人番号"));
        assert!(words("a\u{7}").is_err());
        assert!(words(&"あ".repeat(LONGEST_WORDS + 1)).unwrap_err().contains("300文字"));
    }

    #[test]
    fn every_word_leads_back() {
        assert!(EnquiryKind::ALL.into_iter().all(|kind| EnquiryKind::parse(kind.as_str()) == Some(kind)));
        assert!(
            EnquiryState::ALL.into_iter().all(|state| EnquiryState::parse(state.as_str()) == Some(state))
        );
        assert!(Channel::ALL.into_iter().all(|way| Channel::parse(way.as_str()) == Some(way)));
    }
}
