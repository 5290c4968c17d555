//! 取込待ち. What lies in the inbox and has not been taken yet, and why.

use super::Mailroom;
use crate::words;
use domain::inbox::{FAILED, NameKind, ends_like_a_scan, name_kind};
use std::fs::{DirEntry, Metadata};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Entries that are looked at: a day of a scanner that nobody takes in.
const MOST_LOOKED_AT: usize = 2000;
/// Lines on the screen.
const MOST_SHOWN: usize = 30;
/// Levels below the inbox.
const DEEPEST: usize = 6;
/// A file that is younger is not worth a line: intake takes it in the next seconds.
const YOUNG: Duration = Duration::from_secs(20);
/// An empty folder that is older may be forgotten.
const FORGOTTEN: Duration = Duration::from_secs(24 * 3600);

/// What waits in the inbox.
#[derive(Default)]
pub struct Waiting {
    /// Lines for people.
    pub lines: Vec<Line>,
    /// Whole files that intake takes in the next seconds.
    pub coming: usize,
    /// Folders below the inbox, for the choice where uploads go.
    pub folders: Vec<String>,
    /// Files in `failed`, their notes left out.
    pub failed: usize,
    /// Whether the inbox cannot be looked into.
    pub closed: bool,
}

/// One thing that waits.
pub struct Line {
    /// Its name.
    pub name: String,
    /// Folder below the inbox.
    pub folder: String,
    /// How big.
    pub size: String,
    /// Since when it has not changed.
    pub age: String,
    /// What it is and what happens or is to be done.
    pub words: String,
    /// Whether a person has to do something.
    pub look: bool,
}

impl Waiting {
    /// Looks through the inbox; blocks.
    pub fn look(room: &Mailroom) -> Self {
        let mut waiting = Self { closed: std::fs::read_dir(&room.inbox).is_err(), ..Self::default() };
        let mut left = MOST_LOOKED_AT;
        waiting.folder(room, PathBuf::new(), 0, &mut left);
        waiting.folders.sort();
        waiting.lines.sort_by_key(|line| !line.look);
        waiting.lines.truncate(MOST_SHOWN);
        let failed = std::fs::read_dir(room.inbox.join(FAILED)).into_iter().flatten().flatten();
        let is_note = |entry: &DirEntry| entry.file_name().to_string_lossy().ends_with(".reason.txt");
        waiting.failed = failed.filter(|entry| !is_note(entry)).count();
        waiting
    }

    fn folder(&mut self, room: &Mailroom, folder: PathBuf, depth: usize, left: &mut usize) {
        let Ok(entries) = std::fs::read_dir(room.inbox.join(&folder)) else { return };
        let mut empty = true;
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = name_kind(&name);
            if kind == NameKind::Clutter || (depth == 0 && name == FAILED) {
                continue;
            }
            if *left == 0 {
                return;
            }
            *left -= 1;
            empty = false;
            // Of the entry itself: a link is neither a file nor a folder.
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() && kind == NameKind::Scan {
                let path = folder.join(&name);
                self.folders.push(path.to_string_lossy().replace('\\', "/"));
                if depth < DEEPEST {
                    self.folder(room, path, depth + 1, left);
                }
            } else {
                self.entry(room, &folder, name, kind, &metadata);
            }
        }
        let old = room.inbox.join(&folder).metadata().ok().and_then(|metadata| age(&metadata));
        if empty && depth > 0 && old.is_some_and(|old| old >= FORGOTTEN) {
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let parent = folder.parent().unwrap_or(Path::new(""));
            let words = "空のフォルダーです。スキャナーが使わなくなったものなら、削除してかまいません。";
            self.line(parent, name, "フォルダー".into(), old, (words.into(), false));
        }
    }

    fn entry(&mut self, room: &Mailroom, folder: &Path, name: String, kind: NameKind, metadata: &Metadata) {
        let age = age(metadata);
        let limit = told(room.abandoned);
        let words = if metadata.is_dir() {
            ("書込み途中を表す名前のフォルダーです。中は取り込みません。名前を変えてください。".into(), true)
        } else if !metadata.is_file() {
            let words = format!(
                "リンク（ショートカット）などです。取り込めません。{limit}たつと failed に移します。もとのファイルを入れてください。"
            );
            (words, true)
        } else if kind == NameKind::Unfinished {
            let words = format!(
                "書込み途中を表す名前です。{limit}変わらなければ failed に移します。送信が切れたときは、もう一度送ってください。"
            );
            (words, age.is_some_and(|age| age >= YOUNG * 6))
        } else if metadata.len() == 0 {
            (
                "空のファイルです。書込みが終わるのを待っています。空のままなら1分ほどで failed に移します。"
                    .into(),
                true,
            )
        } else if !ends_like_a_scan(&name) {
            ("画像や PDF ではない名前です。開けなければ理由を付けて failed に移します。".into(), true)
        } else if age.is_none_or(|age| age < YOUNG) {
            self.coming += 1;
            return;
        } else {
            (
                "取込の順番を待っています。長く続くときは、取込が動いているか管理者へ確かめてください。"
                    .into(),
                false,
            )
        };
        self.line(folder, name, words::size(metadata.len()), age, words);
    }

    fn line(
        &mut self,
        folder: &Path,
        name: String,
        size: String,
        age: Option<Duration>,
        (words, look): (String, bool),
    ) {
        let folder = folder.to_string_lossy().replace('\\', "/");
        let age = age.map_or_else(String::new, told);
        self.lines.push(Line { name, folder, size, age, words, look });
    }
}

fn age(metadata: &Metadata) -> Option<Duration> {
    metadata.modified().ok()?.elapsed().ok()
}

/// A time as clerks say it.
fn told(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds}秒"),
        seconds @ 60..3600 => format!("{}分", seconds / 60),
        seconds @ 3600..86_400 => format!("{}時間", seconds / 3600),
        seconds => format!("{}日", seconds / 86_400),
    }
}
