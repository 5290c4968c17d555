//! 対応. What of the situation is a problem, since when, and what to do about it, in words that a clerk can act on.

use super::situation::{ReaderState, Situation};
use crate::words;
use domain::page::PageState;
use jiff::Timestamp;

/// One thing that somebody has to do something about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// `bad`: pages stand still. `warn`: they soon may.
    pub class: &'static str,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub todo: String,
    /// Whether the late pages may be asked for anew from here.
    pub requeue: bool,
    /// Where to go: address and words.
    pub link: Option<(&'static str, &'static str)>,
}

impl Problem {
    fn bad(what: String, todo: &str) -> Self {
        Self { class: "bad", what, todo: todo.to_owned(), requeue: false, link: None }
    }

    fn warn(what: String, todo: &str) -> Self {
        Self { class: "warn", ..Self::bad(what, todo) }
    }

    fn with_link(self, address: &'static str, words: &'static str) -> Self {
        Self { link: Some((address, words)), ..self }
    }

    fn with_button(self) -> Self {
        Self { requeue: true, ..self }
    }
}

const QUEUE_AWAY: &str = "ページはなくなりません。つながると自動で続きから動きます。管理者は、メッセージの中継（RabbitMQ）の機械とネットワークを確かめてください。";
const INTAKE_AWAY: &str =
    "ページはなくなりません。管理者は、取込（yomitori intake）が動いているか確かめてください。";
const INBOX_LATE: &str = "読取待ちがとても多いあいだは、取込は自動で待ちます。そうでなければ、管理者は取込（yomitori intake）が動いているか確かめてください。";
const NO_READER: &str =
    "管理者は、読取機（yomitori reader）を起動してください。起動すると、待っているページから自動で読みます。";
const ALL_REFUSE: &str =
    "管理者は、読取機の yomitori と帳票（templates）を本体と同じ版にしてから、読取機を起動し直してください。";
const MATCHER_AWAY: &str = "読み取りは終わっています。管理者は、照合（yomitori matcher）が動いているか確かめてください。動くと自動で続きます。";
const LOST: &str = "依頼が失われた可能性があります。「読み取りに出し直す」を押してください。二重に記録されることはありません。";
const BUSY: &str = "混んでいるだけなら、待てば読まれます。この数が30分たっても減らないときは「読み取りに出し直す」を押してください。二重に記録されることはありません。";
const DEAD: &str = "数秒で「確認一覧」に移ります。減らないときは、管理者は照合（yomitori matcher）が動いているか確かめてください。";
const GIVEN_UP: &str = "確認一覧で、画像を見て入力するか、もう一度読み取りに出してください。";
const FAILED: &str = "受信箱で理由を見て、直したファイルを入れ直すか、再スキャンしてください。";
const OTHER_EDITION: &str = "この読取機はページを読まずに他の読取機へ渡しています。管理者は、yomitori と帳票（templates）を本体と同じ版にして起動し直してください。";
const SILENT: &str = "この読取機が持っていたページは、自動で他の読取機に渡ります。管理者は、その機械とネットワークを確かめてください。";
const DISK: &str =
    "空きがなくなると取込が止まります（ページはなくなりません）。管理者は、空きを増やしてください。";
const BACKUP: &str = "管理者は、毎日の控え（yomitori backup）が動いているか確かめてください。";

/// Every problem, what stops pages first.
pub fn problems(situation: &Situation, now: Timestamp) -> Vec<Problem> {
    let mut found = Vec::new();
    if situation.queue.is_none() {
        found.push(Problem::bad("メッセージの中継（キュー）につながりません。".to_owned(), QUEUE_AWAY));
    } else if situation.outbox_is_late(now) {
        let count = situation.rows.outbox.0;
        found.push(Problem::bad(format!("読み取りの依頼 {count}件 が送られずに待っています。"), INTAKE_AWAY));
    }
    found.extend(late_inbox(situation, now));
    found.extend(late_pages(situation, now));
    found.extend(readers(situation, now));
    let dead = situation.queue.map_or(0, |queue| queue.dead);
    if dead > 0 {
        found.push(Problem::warn(format!("自動処理をあきらめた依頼が {dead}件 あります。"), DEAD));
    }
    if situation.disk.is_some_and(|disk| disk.is_low()) {
        let free = situation.disk.map(|disk| words::size(disk.free)).unwrap_or_default();
        found.push(Problem::bad(format!("保管場所の空きが残り {free} です。"), DISK));
    }
    if situation.rows.given_up > 0 {
        let what = format!("自動処理を中止したページが {}ページ あります。", situation.rows.given_up);
        found.push(Problem::warn(what, GIVEN_UP).with_link("/reviews", "確認一覧を開く"));
    }
    if situation.rows.failed_files > 0 {
        let what =
            format!("この7日間に取り込めなかったファイルが {}件 あります。", situation.rows.failed_files);
        found.push(
            Problem::warn(what, FAILED).with_link("/inbox?state=file_failed", "失敗したファイルを開く"),
        );
    }
    if situation.backup_is_late(now) {
        let what = match situation.last_backup {
            Some(at) => format!("最後の控え（バックアップ）から {} たっています。", words::age(at, now)),
            None => "控え（バックアップ）がまだ一度もありません。".to_owned(),
        };
        found.push(Problem::warn(what, BACKUP));
    }
    found
}

fn late_inbox(situation: &Situation, now: Timestamp) -> Option<Problem> {
    let oldest = situation.inbox.oldest.filter(|_| situation.inbox_is_late(now))?;
    let (files, age) = (situation.inbox.files, words::age(oldest, now));
    let what = format!("受信箱のファイル {files}件 がまだ取り込まれていません（最長 {age}）。");
    Some(Problem::warn(what, INBOX_LATE).with_link("/inbox", "受信箱を開く"))
}

/// Pages that wait too long to be read: which part of the way stands still decides what to do.
fn late_pages(situation: &Situation, now: Timestamp) -> Option<Problem> {
    if situation.stuck_count == 0 {
        return None;
    }
    let oldest = situation.stuck.first().map(|page| words::age(page.since, now)).unwrap_or_default();
    let what =
        format!("読み取りを待つページが {}ページ 止まっています（最長 {oldest}）。", situation.stuck_count);
    // Without a queue, or without requests in it, readers and matcher have nothing to work on: said above.
    let Some(queue) = situation.queue.filter(|_| !situation.outbox_is_late(now)) else {
        return Some(Problem::bad(what, QUEUE_AWAY));
    };
    let works = !situation.readers(ReaderState::Works, now).is_empty();
    let refuses = !situation.readers(ReaderState::OtherEdition, now).is_empty();
    let waiting = situation.waiting(PageState::Received).0;
    Some(match () {
        // Most of what waits has been read.
        () if queue.to_match * 2 >= waiting && queue.to_match > 0 => Problem::bad(what, MATCHER_AWAY),
        () if queue.to_read + queue.reading + queue.to_match == 0 => Problem::bad(what, LOST).with_button(),
        () if !works && refuses => Problem::bad(what, ALL_REFUSE),
        () if !works => Problem::bad(what, NO_READER),
        () => Problem::warn(what, BUSY).with_button(),
    })
}

fn readers(situation: &Situation, now: Timestamp) -> Vec<Problem> {
    let mut found = Vec::new();
    let refusing = situation.readers(ReaderState::OtherEdition, now);
    if let Some(first) = refusing.first() {
        let what = format!("帳票の版が違う読取機が {}台 あります（{} など）。", refusing.len(), first.name);
        found.push(Problem::warn(what, OTHER_EDITION));
    }
    let silent = situation.readers(ReaderState::Silent, now);
    if let Some(first) = silent.first() {
        let what = format!("連絡のない読取機が {}台 あります（{} など）。", silent.len(), first.name);
        found.push(Problem::warn(what, SILENT));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::machine::{Inbox, Room};
    use super::super::situation::Depths;
    use super::*;
    use domain::edition::Edition;
    use domain::message::ReaderReport;
    use jiff::SignedDuration;
    use store::screens::{Operations, StuckPage, Waiting};

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    fn ago(minutes: i64) -> Timestamp {
        now() - SignedDuration::from_mins(minutes)
    }

    fn edition(forms: &str) -> Edition {
        Edition { number: 1, forms: forms.into(), model: "m".into() }
    }

    fn reader(name: &str, forms: &str, seen: i64) -> ReaderReport {
        ReaderReport {
            name: name.into(),
            program: "yomitori".into(),
            edition: edition(forms),
            threads: 2,
            pages: 5,
            refusing_since: None,
            stopping: false,
            at: ago(seen),
        }
    }

    /// A house in which all is well.
    fn calm() -> Situation {
        let rows = Operations {
            waiting: vec![Waiting { state: PageState::InReview, pages: 4, since: ago(300) }],
            outbox: (0, None),
            given_up: 0,
            failed_files: 0,
            edition: Some(edition("a")),
            readers: vec![reader("reader-1", "a", 1)],
        };
        Situation {
            rows,
            stuck: Vec::new(),
            stuck_count: 0,
            queue: Some(Depths::default()),
            inbox: Inbox::default(),
            disk: Some(Room { free: 500 << 30, size: 1000 << 30 }),
            last_backup: Some(ago(600)),
            today: 0,
            today_handled: 0,
        }
    }

    /// Eight pages wait since forty minutes; three more since two.
    fn stuck(queue: Option<Depths>, readers: Vec<ReaderReport>) -> Situation {
        let mut situation = calm();
        let since = ago(40);
        situation.rows.waiting.push(Waiting { state: PageState::Received, pages: 11, since });
        situation.stuck =
            vec![StuckPage { page: "scan-1".into(), file: "a.tif".into(), number: 1, since, round: 1 }];
        situation.stuck_count = 8;
        situation.queue = queue;
        situation.rows.readers = readers;
        situation
    }

    fn told(situation: &Situation) -> Vec<(&'static str, String, bool)> {
        let found = problems(situation, now());
        found.into_iter().map(|problem| (problem.class, problem.todo, problem.requeue)).collect()
    }

    #[test]
    fn a_calm_house_has_no_problems() {
        assert_eq!(told(&calm()), []);
    }

    #[test]
    fn what_stands_still_decides_what_to_do() {
        let reading = Depths { to_read: 9, reading: 2, ..Depths::default() };
        let good = || vec![reader("reader-1", "a", 1)];
        let table = [
            ("a broker that is away", None, good(), ("bad", QUEUE_AWAY, false)),
            (
                "readings lie there",
                Some(Depths { to_match: 11, ..reading }),
                good(),
                ("bad", MATCHER_AWAY, false),
            ),
            ("no request is left", Some(Depths::default()), good(), ("bad", LOST, true)),
            ("nobody reads", Some(reading), Vec::new(), ("bad", NO_READER, false)),
            ("only an old reader", Some(reading), vec![reader("r", "b", 1)], ("bad", ALL_REFUSE, false)),
            ("a busy day", Some(reading), good(), ("warn", BUSY, true)),
        ];
        for (case, queue, readers, (class, todo, button)) in table {
            let told = told(&stuck(queue, readers));
            assert!(told.contains(&(class, todo.to_owned(), button)), "{case}: {told:?}");
        }
    }

    #[test]
    fn readers_that_are_silent_or_old_are_named_and_those_that_said_goodbye_are_not() {
        let mut situation = calm();
        let stopped = ReaderReport { stopping: true, ..reader("reader-9", "a", 50) };
        situation.rows.readers = vec![
            reader("reader-1", "a", 1),
            reader("reader-2", "b", 1),
            reader("reader-3", "a", 30),
            stopped,
        ];
        let words: Vec<String> = problems(&situation, now()).into_iter().map(|found| found.what).collect();
        assert_eq!(
            words,
            [
                "帳票の版が違う読取機が 1台 あります（reader-2 など）。",
                "連絡のない読取機が 1台 あります（reader-3 など）。"
            ]
        );
    }

    #[test]
    fn a_full_disk_an_old_backup_and_what_was_given_up_are_told() {
        let mut situation = calm();
        situation.disk = Some(Room { free: 1 << 30, size: 1000 << 30 });
        situation.last_backup = None;
        situation.rows.given_up = 2;
        situation.rows.failed_files = 1;
        situation.inbox = Inbox { files: 3, oldest: Some(ago(20)) };
        situation.rows.outbox = (5, Some(ago(5)));
        let told = told(&situation);
        for todo in [DISK, BACKUP, GIVEN_UP, FAILED, INBOX_LATE, INTAKE_AWAY] {
            assert!(told.iter().any(|(_, said, _)| said == todo), "{todo}");
        }
    }
}
