//! 閲覧記録. Who saw, searched, changed, printed or took out data of a person, as a chain of hashes: no line can be
//! changed, removed, put in or moved without its link failing. Lines say who, when, where and whose; never a value.

use crate::actor::Actor;
use crate::ids::{PageId, ResidentId, StaffId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// 操作. What was done with a person's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// 閲覧. Shown on a screen.
    View,
    /// 検索. Among what a search found; a line without a resident found nobody.
    Search,
    /// 更新. A row about the person changed.
    Change,
    /// 印刷. Put on paper.
    Print,
    /// 書き出し. Went into a file.
    Export,
}

impl Act {
    /// Every act, in the order of screens.
    pub const ALL: [Act; 5] = [Act::View, Act::Search, Act::Change, Act::Print, Act::Export];

    /// As written in rows.
    pub fn as_str(self) -> &'static str {
        match self {
            Act::View => "view",
            Act::Search => "search",
            Act::Change => "change",
            Act::Print => "print",
            Act::Export => "export",
        }
    }

    /// The act with this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.as_str() == word)
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Act::View => "閲覧",
            Act::Search => "検索",
            Act::Change => "更新",
            Act::Print => "印刷",
            Act::Export => "書き出し",
        }
    }
}

/// What a screen or step of the log is called; a word that is not known stands for itself.
pub fn screen_label(screen: &str) -> &str {
    match screen {
        "residents" => "住民検索",
        "ledger" => "個人台帳",
        "protected_address" => "保護対象者の住所",
        "correction" => "訂正",
        "correction_asked" => "訂正の申請",
        "correction_withdrawn" => "訂正の取り下げ",
        "correction_kept" => "訂正せず",
        "page_keyed" => "入力",
        "save_undone" => "入力の取消",
        "review" => "確認画面",
        "person_search" => "確認画面での住民検索",
        "page" => "ページ画面",
        "lots" => "ロット検索",
        "lots_file" => "ロット検索の書き出し",
        "claims_search" => "請求の票の検索",
        "claim" => "請求の審査",
        "picture" => "ページの画像",
        "access_log" => "閲覧記録",
        "access_file" => "閲覧記録の書き出し",
        "audit_who" => "閲覧記録の照会（コマンド）",
        "audit_export" => "閲覧記録の書き出し（コマンド）",
        "unseal" => "封印したスキャンの取り出し（コマンド）",
        "claims_show" => "請求の表示（コマンド）",
        "slip_came_again" => "返戻後の再提出",
        "payments_ledger" => "支払台帳の書き出し",
        "payments_paper" => "支払通知書・返戻通知",
        "residents_imported" => "住民ファイルの取込",
        "slips_issued" => "用紙の発行",
        "envelope_opened" => "束を開いた",
        "record_committed" => "記録の確定",
        "record_corrected" => "記録の訂正",
        "record_reversed" => "記録の取消",
        "page_returned" => "返戻",
        "page_rescan" => "再スキャン",
        "page_discarded" => "破棄",
        "page_disposal_undone" => "処理の取消",
        "page_read_again" => "読み直し",
        "page_requeued" => "読み取りへの出し直し",
        "page_restored" => "復元後の読み取りへの出し直し",
        "backup_made" => "バックアップ（コマンド）",
        "backup_restored" => "バックアップからの復元（コマンド）",
        other => other,
    }
}

/// One line of the log, without its link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessLine {
    /// Its place, from 1, with no gap.
    pub seq: i64,
    /// When, to the millisecond.
    pub at: Timestamp,
    /// Who, and from which terminal.
    #[serde(flatten)]
    pub actor: Actor,
    /// 所属. Where this person works; empty when it is not known.
    pub section: String,
    /// What was done.
    pub act: Act,
    /// On which screen, or by which step of the program: a word such as `ledger`.
    pub screen: String,
    /// Why, where a reason is asked for.
    pub reason: Option<String>,
    /// Whose data.
    pub resident: Option<ResidentId>,
    /// On which page.
    pub page: Option<PageId>,
}

impl AccessLine {
    /// The staff account.
    pub fn staff(&self) -> &StaffId {
        &self.actor.staff
    }
}

/// 連鎖値. BLAKE3 over the link before and the line; shown as 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Link([u8; 32]);

impl Link {
    /// Stands before the first line of all.
    pub const FIRST: Link = Link([0; 32]);

    /// The link of `line`, which follows `before`. The encoding is fixed: every text with its length in front (so that
    /// nothing can slide from one column into the next), a missing text as length −1, numbers as 8 bytes.
    pub fn after(before: Link, line: &AccessLine) -> Link {
        let mut hasher = blake3::Hasher::new_derive_key("yomitori 2026 access log line");
        hasher.update(&before.0);
        hasher.update(&line.seq.to_le_bytes());
        hasher.update(&line.at.as_millisecond().to_le_bytes());
        let texts = [
            Some(line.actor.staff.as_str()),
            Some(line.section.as_str()),
            Some(line.actor.terminal.as_str()),
            Some(line.act.as_str()),
            Some(line.screen.as_str()),
            line.reason.as_deref(),
            line.resident.as_ref().map(|id| id.0.as_str()),
            line.page.as_ref().map(PageId::as_str),
        ];
        for text in texts {
            hasher.update(&text.map_or(-1, |text| text.len() as i64).to_le_bytes());
            hasher.update(text.unwrap_or_default().as_bytes());
        }
        Link(*hasher.finalize().as_bytes())
    }

    /// As it stands in a row.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// From a row; `None` when it is not 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// From 64 hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        blake3::Hash::from_hex(text.trim()).ok().map(|hash| Self(*hash.as_bytes()))
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(blake3::Hash::from_bytes(self.0).to_hex().as_str())
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Link({self})")
    }
}

impl TryFrom<String> for Link {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Link::parse(&text).ok_or("a link is 64 hex digits")
    }
}

impl From<Link> for String {
    fn from(link: Link) -> String {
        link.to_string()
    }
}

/// A place in the chain: the line `seq` and its link. Noted outside (on paper, in another file), it proves later that
/// nothing up to there was made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// The line; 0 before the first.
    pub seq: i64,
    /// Its link.
    pub link: Link,
}

impl Anchor {
    /// Before the first line of all.
    pub const START: Anchor = Anchor { seq: 0, link: Link::FIRST };
}

/// What is wrong with a log, and from which line on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "fault")]
pub enum Broken {
    /// A line is missing.
    Missing {
        /// Which one.
        seq: i64,
    },
    /// A line was changed, put in or moved: its link does not follow.
    Changed {
        /// Which one.
        seq: i64,
    },
    /// The last lines are missing: the log ends before the line that its head names.
    CutOff {
        /// The first line that is missing.
        seq: i64,
        /// The last line that was written.
        head: i64,
    },
    /// The head does not fit the last line, or lies before it.
    Head {
        /// The line that it should name.
        seq: i64,
    },
    /// A line that was noted outside reads differently now: the log was made anew.
    Noted {
        /// Which one.
        seq: i64,
    },
    /// An archived part is missing.
    Archive {
        /// Its first line.
        seq: i64,
    },
}

impl Broken {
    /// The first line that cannot be trusted.
    pub fn seq(self) -> i64 {
        match self {
            Broken::Missing { seq }
            | Broken::Changed { seq }
            | Broken::CutOff { seq, .. }
            | Broken::Head { seq }
            | Broken::Noted { seq }
            | Broken::Archive { seq } => seq,
        }
    }

    /// For people.
    pub fn text(self) -> String {
        match self {
            Broken::Missing { seq } => format!("{seq}行目がありません（削除された可能性があります）。"),
            Broken::Changed { seq } => {
                format!("{seq}行目の連鎖値が合いません（変更・挿入・並べ替えの可能性があります）。")
            }
            Broken::CutOff { seq, head } => {
                format!("{seq}行目から後がありません。{head}行目まで書かれていたはずです（末尾の切り取り）。")
            }
            Broken::Head { seq } => format!("末尾の控えが{seq}行目と合いません。"),
            Broken::Noted { seq } => {
                format!("{seq}行目が、外に控えた連鎖値と合いません（記録全体の作り直しの可能性があります）。")
            }
            Broken::Archive { seq } => format!("{seq}行目から始まる保存ファイルがありません。"),
        }
    }
}

/// Walks along a log, line by line, and refuses the first one that does not follow.
#[derive(Clone, Debug)]
pub struct Walk {
    at: Anchor,
    noted: Vec<Anchor>,
}

impl Walk {
    /// From `start` on, which is trusted. `noted` are places that were written down outside; those before `start` say
    /// nothing here.
    pub fn from(start: Anchor, noted: &[Anchor]) -> Self {
        Self { at: start, noted: noted.to_vec() }
    }

    /// Where the walk is.
    pub fn at(&self) -> Anchor {
        self.at
    }

    /// The next line with its link as it is kept.
    ///
    /// # Errors
    /// It does not follow.
    pub fn step(&mut self, line: &AccessLine, link: Link) -> Result<(), Broken> {
        let expected = self.at.seq + 1;
        if line.seq > expected {
            return Err(Broken::Missing { seq: expected });
        }
        if line.seq < expected || Link::after(self.at.link, line) != link {
            return Err(Broken::Changed { seq: line.seq });
        }
        if self.noted.iter().any(|noted| noted.seq == line.seq && noted.link != link) {
            return Err(Broken::Noted { seq: line.seq });
        }
        self.at = Anchor { seq: line.seq, link };
        Ok(())
    }

    /// The end of the log, which must be where `head` says, and not before a place noted outside.
    ///
    /// # Errors
    /// It is not.
    pub fn end(&self, head: Anchor) -> Result<(), Broken> {
        let noted = self.noted.iter().map(|noted| noted.seq).max().unwrap_or(0);
        let last = head.seq.max(noted);
        if last > self.at.seq {
            return Err(Broken::CutOff { seq: self.at.seq + 1, head: last });
        }
        if head != self.at { Err(Broken::Head { seq: self.at.seq }) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(seq: i64) -> AccessLine {
        AccessLine {
            seq,
            at: Timestamp::from_millisecond(1_790_000_000_000 + seq).unwrap(),
            actor: Actor::new("sato", "192.0.2.7"),
            section: "健康推進課".into(),
            act: Act::View,
            screen: "ledger".into(),
            reason: None,
            resident: Some(ResidentId(format!("{seq:08}"))),
            page: None,
        }
    }

    fn log(lines: i64) -> Vec<(AccessLine, Link)> {
        let mut before = Link::FIRST;
        let lines = (1..=lines).map(line);
        lines
            .map(|line| {
                before = Link::after(before, &line);
                (line, before)
            })
            .collect()
    }

    fn walked(log: &[(AccessLine, Link)], head: Anchor, noted: &[Anchor]) -> Result<(), Broken> {
        let mut walk = Walk::from(Anchor::START, noted);
        log.iter().try_for_each(|(line, link)| walk.step(line, *link))?;
        walk.end(head)
    }

    fn head(log: &[(AccessLine, Link)]) -> Anchor {
        log.last().map_or(Anchor::START, |(line, link)| Anchor { seq: line.seq, link: *link })
    }

    #[test]
    fn whatever_is_done_to_a_log_is_seen_at_its_first_line() {
        let sound = log(6);
        assert_eq!(walked(&sound, head(&sound), &[]), Ok(()));
        assert_eq!(walked(&[], Anchor::START, &[]), Ok(()));
        type Harm = fn(&mut Vec<(AccessLine, Link)>);
        let table: [(&str, Harm, Broken); 7] = [
            ("changed", |log| log[2].0.resident = None, Broken::Changed { seq: 3 }),
            ("moved into the next column", |log| slide(log), Broken::Changed { seq: 4 }),
            ("removed", |log| drop(log.remove(1)), Broken::Missing { seq: 2 }),
            ("removed and renumbered", renumbered, Broken::Changed { seq: 2 }),
            ("put in", |log| log.insert(3, log[0].clone()), Broken::Changed { seq: 1 }),
            ("reordered", |log| log.swap(3, 4), Broken::Missing { seq: 4 }),
            ("cut off", |log| log.truncate(4), Broken::CutOff { seq: 5, head: 6 }),
        ];
        for (what, harm, expected) in table {
            let mut harmed = sound.clone();
            harm(&mut harmed);
            assert_eq!(walked(&harmed, head(&sound), &[]), Err(expected), "{what}");
        }
        let mut longer = log(7);
        assert_eq!(walked(&longer, head(&sound), &[]), Err(Broken::Head { seq: 7 }));
        longer.truncate(6);
        assert_eq!(walked(&longer, head(&sound), &[]), Ok(()));
    }

    fn slide(log: &mut [(AccessLine, Link)]) {
        let line = &mut log[3].0;
        line.screen = String::new();
        line.reason = Some("ledger".into());
    }

    fn renumbered(log: &mut Vec<(AccessLine, Link)>) {
        log.remove(1);
        log.iter_mut().zip(1..).for_each(|((line, _), seq)| line.seq = seq);
    }

    #[test]
    fn a_log_that_was_made_anew_does_not_fit_what_was_noted_outside() {
        let sound = log(6);
        let noted = [Anchor { seq: 4, link: sound[3].1 }];
        let mut forged: Vec<AccessLine> = (1..=6).map(line).collect();
        forged[0].resident = None;
        let mut before = Link::FIRST;
        let forged: Vec<(AccessLine, Link)> = forged
            .into_iter()
            .map(|line| {
                before = Link::after(before, &line);
                (line, before)
            })
            .collect();
        assert_eq!(walked(&forged, head(&forged), &[]), Ok(()), "the chain alone cannot know");
        assert_eq!(walked(&forged, head(&forged), &noted), Err(Broken::Noted { seq: 4 }));
        let short = &sound[..3];
        assert_eq!(walked(short, head(short), &noted), Err(Broken::CutOff { seq: 4, head: 4 }));
    }

    #[test]
    fn a_link_reads_back_from_its_digits() {
        let link = Link::after(Link::FIRST, &line(1));
        assert_eq!(Link::parse(&link.to_string()), Some(link));
        let text = serde_json::to_string(&Anchor { seq: 1, link }).unwrap();
        assert_eq!(serde_json::from_str::<Anchor>(&text).unwrap(), Anchor { seq: 1, link });
        assert_eq!(
            serde_json::from_str::<AccessLine>(&serde_json::to_string(&line(3)).unwrap()).unwrap(),
            line(3)
        );
        assert_eq!(Link::parse("abc"), None);
    }
}
