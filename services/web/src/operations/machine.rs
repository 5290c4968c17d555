//! What the machine itself says: room on the disk, files in the inbox.

use jiff::Timestamp;
use std::path::Path;

/// Folders below the inbox that are looked into; a scanner's own folder, and a day's in it.
const DEEPEST: u32 = 2;
/// Files that are counted; nobody reads a higher number.
const MOST: u64 = 10_000;
/// Below this share of the disk, or this many bytes, room is short: a season's day of one city is some 2 GiB.
const LOW_SHARE: f64 = 0.05;
const LOW_BYTES: u64 = 5 << 30;

/// 空き. Room on a disk, bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// What may still be written.
    pub free: u64,
    /// All of it.
    pub size: u64,
}

impl Room {
    /// Whether somebody has to make room soon.
    pub fn is_low(self) -> bool {
        self.free < LOW_BYTES || (self.free as f64) < LOW_SHARE * self.size as f64
    }
}

/// Room where `folder` lies; `None` when the system does not say.
pub fn free_room(folder: &Path) -> Option<Room> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(Room {
        free: disk.f_bavail.saturating_mul(disk.f_frsize),
        size: disk.f_blocks.saturating_mul(disk.f_frsize),
    })
}

/// 受信箱. What lies there and was not taken yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inbox {
    /// Files, failed ones and hidden ones left out.
    pub files: u64,
    /// When the oldest of them was last changed.
    pub oldest: Option<Timestamp>,
}

impl Inbox {
    /// Looks through the folder; blocks. One that cannot be opened is empty: the inbox's own screen says so.
    pub fn look(inbox: &Path) -> Self {
        let mut found = Self::default();
        found.folder(inbox, 0);
        found
    }

    fn folder(&mut self, folder: &Path, depth: u32) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let hidden = name.to_string_lossy().starts_with('.');
            if hidden || (depth == 0 && name == "failed") || self.files >= MOST {
                continue;
            }
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() {
                if depth < DEEPEST {
                    self.folder(&entry.path(), depth + 1);
                }
                continue;
            }
            self.files += 1;
            let changed = metadata.modified().ok().and_then(|at| Timestamp::try_from(at).ok());
            self.oldest = match (self.oldest, changed) {
                (Some(oldest), Some(changed)) => Some(oldest.min(changed)),
                (oldest, changed) => oldest.or(changed),
            };
        }
    }
}
