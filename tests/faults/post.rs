//! The mail of the bad days: printed, filled in and scanned once a run, read once on a calm day, and kept for all of them.

use super::audit::Books;
use crate::harness::{self, Running};
use crate::mail;
use crate::whole_way::{LIMIT, settings};
use simulator::{Answer, Condition, FileFormat, Scanner};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tempfile::TempDir;

/// Slips of the mail; enough for a hundred kills, few enough for two cores.
const SLIPS: usize = 60;
/// The resident whose slip says another birth date: a page that waits for a person.
const STRANGER: usize = 7;
/// The slip that takes long to read: what dies, stops or loses its lease in these tests does so while it is in hand.
pub const LONG: &str = "scan0060-long.tif";

/// Mail in a data directory that was never used, and what a calm day makes of it.
pub struct Mail {
    /// Names of the files in `mail/`, [`LONG`] not among them.
    pub names: Vec<String>,
    /// Where each page ends and what its record says, when nothing goes wrong.
    pub calm: Books,
    folder: TempDir,
}

impl Mail {
    /// The mail of this run.
    pub fn kept() -> &'static Mail {
        static MAIL: OnceLock<Mail> = OnceLock::new();
        MAIL.get_or_init(Mail::make)
    }

    fn make() -> Mail {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        settings(data);
        std::fs::write(data.join("yomitori.toml"), SETTINGS).unwrap();
        let mut names = crate::whole_way::post(data, SLIPS + 1, 60, Some(STRANGER));
        // The same slip as its scan, but four times the pixels, packed so that unpacking takes long.
        let short = names.pop().expect("there is a last slip");
        long_scan(data, &short);
        let calm = calm_day(data);
        Mail { names, calm, folder }
    }

    /// A fresh data directory at `data` with all mail lying in `mail/`.
    pub fn copy_to(&self, data: &Path) {
        copy_folder(self.folder.path(), data);
    }
}

/// Small waits, so that a bad day fits into seconds.
pub const SETTINGS: &str = "stable_seconds = 0.1\npoll_seconds = 0.2\nlease_seconds = 1.5\nreader_threads = 1\n\
                            [accounts]\nsecond_factor = \"optional\"\n";

/// The last slip again as a scan of 600 dpi.
fn long_scan(data: &Path, short: &str) {
    let form = crate::command_line::form("influenza-elderly");
    let mut rng = crate::command_line::rand_seed(61);
    let pdf = std::fs::read(data.join("s.pdf")).unwrap();
    let limits = vision::decode::Limits::default();
    let page = vision::decode::decode_pages(&pdf, &limits).unwrap().nth(SLIPS).unwrap().unwrap();
    let picture = image::GrayImage::from_raw(page.width, page.height, page.pixels).unwrap();
    let mut sheet = simulator::Sheet::new(picture, form.paper_mm);
    let born = jiff::civil::date(1940, 3, 1).saturating_add(jiff::Span::new().days(SLIPS as i64));
    let known = [("birth_date".into(), Answer::Date(born))].into();
    mail::fill_in(&mut sheet, &form, known, &mut rng);
    let scanner = Scanner { dpi: 600.0, ..Scanner::draw(Condition::Clean, &mut rng) };
    let scan = scanner.scan(&sheet, &mut rng);
    let bytes = simulator::file::encode(&[scan], scanner.dpi, FileFormat::TiffLzw);
    std::fs::write(data.join("mail").join(LONG), bytes).unwrap();
    std::fs::remove_file(data.join("mail").join(short)).unwrap();
}

/// Reads all the mail with nothing going wrong.
fn calm_day(data: &Path) -> Books {
    let calm = tempfile::tempdir().unwrap();
    copy_folder(data, calm.path());
    let names: Vec<String> = mail_names(calm.path());
    let office = Running::start(calm.path(), &["run", "--listen", "127.0.0.1:0"]);
    names.iter().for_each(|name| crate::whole_way::drop_in(calm.path(), name));
    harness::wait_until("a calm day", LIMIT, || {
        calm.path().join("yomitori.db").is_file() && {
            let (all, waiting) = harness::pages(&harness::status(calm.path()));
            all == names.len() as u64 && waiting == 0
        }
    });
    drop(office);
    let books = Books::of(calm.path());
    assert!(books.records() > SLIPS / 3, "most slips need nobody");
    books
}

fn mail_names(data: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(data.join("mail")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}
