//! Which files of the inbox are whole, and in which order they are to be taken.

use crate::names::{FAILED, kind, natural_order};
use crate::written::{Hold, hold_on};
use domain::inbox::NameKind;
use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// Times the settling time that an empty or unreadable file is waited for: scanners make the name first and
/// give the rights last. A minute by default; then a person is told.
const DOUBTFUL: u32 = 20;
/// Times the settling time that a file is waited for which a writer holds without writing. Ten minutes by
/// default: a paper jam is cleared by then, and a scanner service that has hung is not waited for all day.
const HELD: u32 = 200;
/// Times the settling time that whole files wait for an unfinished one with an earlier name, so that the slips
/// do not overtake their batch ticket. Half a minute by default: a file that never ends must not stop the others.
const PRECEDENCE: u32 = 10;

/// The inbox and what was seen in it.
pub(crate) struct Inbox {
    root: PathBuf,
    settle: Duration,
    abandoned: Duration,
    seen: HashMap<PathBuf, Sighting>,
    /// Folders that could not be opened, so that it is said once.
    closed: HashSet<PathBuf>,
}

/// How a file looked, and since when.
#[derive(Clone, Copy)]
struct Sighting {
    shape: Shape,
    since: Instant,
}

/// What changes while a file is written: size in bytes, and the time of the last change.
pub(crate) type Shape = (u64, Option<SystemTime>);

/// A file that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Below the inbox.
    pub(crate) relative: PathBuf,
    /// How it looked.
    pub(crate) shape: Shape,
}

/// 迷子. What lies in the inbox and is no file that can be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stray {
    /// Below the inbox.
    pub(crate) relative: PathBuf,
    /// Why it is none.
    pub(crate) why: StrayKind,
}

/// Why something is no file that can be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StrayKind {
    /// Its name still says that somebody is writing it.
    Unfinished,
    /// A link, a pipe or the like.
    NoFile,
}

/// What a folder holds.
#[derive(Default)]
struct Entries {
    files: Vec<Found>,
    strays: Vec<(Found, StrayKind)>,
    folders: Vec<PathBuf>,
}

/// What one look through the inbox gave.
#[derive(Default)]
pub(crate) struct Look {
    /// Whole files, folder by folder, in natural order.
    pub(crate) whole: Vec<Found>,
    /// What lies there for so long that it never becomes a scan.
    pub(crate) strays: Vec<Stray>,
    /// When to look again because of an unfinished one.
    pub(crate) due: Option<Duration>,
}

/// How a file stands, and when that may change.
enum Standing {
    Whole { age: Duration },
    Unfinished { due: Duration },
    Gone,
}

impl Inbox {
    pub(crate) fn new(root: &Path, settle: Duration, abandoned: Duration) -> Self {
        Self { root: root.to_owned(), settle, abandoned, seen: HashMap::new(), closed: HashSet::new() }
    }

    /// Looks through all folders. Fails when the inbox itself cannot be opened.
    pub(crate) fn look(&mut self) -> io::Result<Look> {
        let (mut look, mut present) = (Look::default(), HashMap::new());
        let mut folders = vec![PathBuf::new()];
        while let Some(folder) = folders.pop() {
            match self.entries(&folder) {
                Ok(entries) => {
                    folders.extend(entries.folders);
                    self.look_at(entries.files, &mut look, &mut present);
                    self.look_at_strays(entries.strays, &mut look, &mut present);
                    self.closed.remove(&folder);
                }
                Err(error) if folder.as_os_str().is_empty() => return Err(error),
                Err(error) => {
                    if error.kind() != io::ErrorKind::NotFound && self.closed.insert(folder) {
                        tracing::error!(%error, "a folder in the inbox cannot be opened; check its rights");
                    }
                }
            }
        }
        self.seen = present;
        Ok(look)
    }

    /// The files of a folder in natural order, and its subfolders in the opposite one (they are popped).
    fn entries(&self, folder: &Path) -> io::Result<Entries> {
        let (mut entries, mut folders) = (Entries::default(), Vec::<OsString>::new());
        for entry in fs::read_dir(self.root.join(folder))? {
            let entry = entry?;
            let name = entry.file_name();
            let at_top = folder.as_os_str().is_empty();
            let kind = kind(&name);
            if kind == NameKind::Clutter || (at_top && name == FAILED) {
                continue;
            }
            // Of the entry itself: a link is neither a file nor a folder, and is left alone.
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => {
                    if kind == NameKind::Scan {
                        folders.push(name);
                    }
                }
                Ok(metadata) => {
                    let found = Found { relative: folder.join(name), shape: shape(&metadata) };
                    match kind {
                        _ if !metadata.is_file() => entries.strays.push((found, StrayKind::NoFile)),
                        NameKind::Scan => entries.files.push(found),
                        _ => entries.strays.push((found, StrayKind::Unfinished)),
                    }
                }
                Err(_) => {}
            }
        }
        entries.files.sort_by(|a, b| natural_order(a.relative.as_os_str(), b.relative.as_os_str()));
        folders.sort_by(|a, b| natural_order(b, a));
        entries.folders = folders.into_iter().map(|name| folder.join(name)).collect();
        Ok(entries)
    }

    /// Finds what has lain there unchanged for too long to become a scan.
    fn look_at_strays(
        &self,
        strays: Vec<(Found, StrayKind)>,
        look: &mut Look,
        present: &mut HashMap<PathBuf, Sighting>,
    ) {
        for (found, why) in strays {
            let sighting = self.sighting(&found);
            present.insert(found.relative.clone(), sighting);
            if sighting.since.elapsed() >= self.abandoned {
                look.strays.push(Stray { relative: found.relative, why });
            }
        }
    }

    /// Sorts the files of one folder into whole and unfinished ones.
    fn look_at(&self, files: Vec<Found>, look: &mut Look, present: &mut HashMap<PathBuf, Sighting>) {
        let mut earlier_unfinished = false;
        for file in files {
            let sighting = self.sighting(&file);
            present.insert(file.relative.clone(), sighting);
            let due = match self.standing(&file, sighting) {
                Standing::Gone => continue,
                Standing::Whole { age } if !earlier_unfinished || age >= self.settle * PRECEDENCE => {
                    look.whole.push(file);
                    continue;
                }
                Standing::Whole { .. } => self.settle,
                Standing::Unfinished { due } => {
                    earlier_unfinished = true;
                    due
                }
            };
            look.due = Some(look.due.map_or(due, |earlier| earlier.min(due)));
        }
    }

    /// The last sighting, or a first one when the file has changed since.
    fn sighting(&self, file: &Found) -> Sighting {
        match self.seen.get(&file.relative) {
            Some(last) if last.shape == file.shape => *last,
            _ => Sighting { shape: file.shape, since: Instant::now() },
        }
    }

    fn standing(&self, file: &Found, sighting: Sighting) -> Standing {
        let age = sighting.since.elapsed();
        if age < self.settle {
            return Standing::Unfinished { due: self.settle - age };
        }
        let wait = match hold_on(&self.root.join(&file.relative)) {
            Hold::Gone => return Standing::Gone,
            Hold::Writer => self.settle * HELD,
            Hold::Forbidden => self.settle * DOUBTFUL,
            Hold::Free if file.shape.0 == 0 => self.settle * DOUBTFUL,
            Hold::Free => self.settle,
        };
        if age < wait { Standing::Unfinished { due: self.settle } } else { Standing::Whole { age } }
    }
}

pub(crate) fn shape(metadata: &Metadata) -> Shape {
    (metadata.len(), metadata.modified().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::io::Write;
    use tempfile::TempDir;

    /// Long enough for a busy machine to notice a file in time, short enough to wait for.
    const SETTLE: Duration = Duration::from_millis(150);

    fn inbox(files: &[&str]) -> (TempDir, Inbox) {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"page").unwrap();
        }
        let inbox = Inbox::new(dir.path(), SETTLE, SETTLE * 3);
        (dir, inbox)
    }

    fn whole(inbox: &mut Inbox) -> Vec<String> {
        let look = inbox.look().unwrap();
        look.whole.iter().map(|found| found.relative.to_string_lossy().into_owned()).collect()
    }

    fn settle() {
        std::thread::sleep(SETTLE + Duration::from_millis(5));
    }

    #[test]
    fn whole_files_come_folder_by_folder_in_natural_order() {
        let files = [
            "scan10.tif",
            "scan9.tif",
            "予診票 1\n.tif",
            "b10/1.tif",
            "b2/x.tif/2.tif",
            "b2/1.tif",
            "failed/x.tif",
        ];
        let (_dir, mut inbox) = inbox(&files);
        fs::write(inbox.root.join(".hidden.tif"), b"page").unwrap();
        fs::write(inbox.root.join("b2/scan.tif.part"), b"page").unwrap();
        assert!(whole(&mut inbox).is_empty(), "nothing is whole at first sight");
        settle();
        let expected =
            ["scan9.tif", "scan10.tif", "予診票 1\n.tif", "b2/1.tif", "b2/x.tif/2.tif", "b10/1.tif"];
        assert_eq!(whole(&mut inbox), expected);
    }

    #[test]
    fn a_growing_file_is_not_whole_until_it_rests() {
        let (dir, mut inbox) = inbox(&["scan.tif"]);
        for _ in 0..4 {
            // Opened and closed each time: only the size tells.
            File::options()
                .append(true)
                .open(dir.path().join("scan.tif"))
                .unwrap()
                .write_all(b"more")
                .unwrap();
            assert!(whole(&mut inbox).is_empty());
            std::thread::sleep(SETTLE * 2 / 3);
        }
        settle();
        assert_eq!(whole(&mut inbox), ["scan.tif"]);
    }

    #[test]
    fn slips_wait_for_the_ticket_before_them_but_not_for_ever() {
        let (dir, mut inbox) = inbox(&["1-ticket.tif", "2-slip.tif"]);
        whole(&mut inbox);
        let mut ticket = File::options().append(true).open(dir.path().join("1-ticket.tif")).unwrap();
        settle();
        assert!(whole(&mut inbox).is_empty(), "the ticket is still being written");
        std::thread::sleep(SETTLE * PRECEDENCE);
        ticket.write_all(b"more").unwrap();
        assert_eq!(whole(&mut inbox), ["2-slip.tif"]);
        drop(ticket);
    }

    #[test]
    fn an_empty_file_is_waited_for_longer() {
        let (dir, mut inbox) = inbox(&[]);
        fs::write(dir.path().join("scan.tif"), b"").unwrap();
        whole(&mut inbox);
        settle();
        let look = inbox.look().unwrap();
        assert!(look.whole.is_empty() && look.due.is_some());
        std::thread::sleep(SETTLE * DOUBTFUL);
        assert_eq!(whole(&mut inbox), ["scan.tif"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let (dir, mut inbox) = inbox(&[]);
        let elsewhere = tempfile::tempdir().unwrap();
        fs::write(elsewhere.path().join("secret.tif"), b"page").unwrap();
        std::os::unix::fs::symlink(elsewhere.path().join("secret.tif"), dir.path().join("x.tif")).unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), dir.path().join("folder")).unwrap();
        whole(&mut inbox);
        settle();
        assert!(whole(&mut inbox).is_empty());
        std::thread::sleep(SETTLE * 3);
        let strays = inbox.look().unwrap().strays;
        let stray = |name: &str| Stray { relative: name.into(), why: StrayKind::NoFile };
        assert!(strays.len() == 2 && strays.contains(&stray("x.tif")) && strays.contains(&stray("folder")));
    }

    #[test]
    fn what_stays_unfinished_is_a_stray_in_the_end() {
        let (dir, mut inbox) = inbox(&["b/scan.tif.part", ".hidden.tmp", "scan.tif.lock"]);
        fs::create_dir(dir.path().join("folder.tmp")).unwrap();
        assert!(inbox.look().unwrap().strays.is_empty(), "it may still be written");
        std::thread::sleep(SETTLE * 3);
        let stray = Stray { relative: "b/scan.tif.part".into(), why: StrayKind::Unfinished };
        assert_eq!(inbox.look().unwrap().strays, [stray]);
    }

    #[test]
    fn an_inbox_that_is_away_is_an_error_and_not_an_empty_inbox() {
        let (dir, mut inbox) = inbox(&["scan.tif"]);
        dir.close().unwrap();
        assert!(inbox.look().is_err());
    }
}
