//! From the scan folder to committed records, with every role running.

use crate::command_line::{form, rand_seed};
use crate::harness::{self, Running};
use crate::mail;
use serde_json::Value;
use simulator::{Answer, Answers, Condition, Scanner};
use std::path::Path;
use std::time::Duration;

/// A busy machine may take this long; nothing here is a benchmark.
pub const LIMIT: Duration = Duration::from_secs(240);

#[test]
fn a_made_up_city_adds_up() {
    let data = tempfile::tempdir().unwrap();
    let city = data.path().join("city");
    let text = harness::succeed(&city, &["demo", "--pages", "36", "--port", "0", "--exit"]);
    assert!(text.contains("The counts add up."), "{text}");
    assert!(text.contains(": 0 wrong, 0 wrong numbers"), "{text}");
    let status = harness::status(&city);
    let (all, waiting) = harness::pages(&status);
    assert!(all >= 39 && waiting == 0, "{status}");
    assert!(status["pages"]["committed"].as_u64().unwrap() > 10, "most of the mail needs nobody: {text}");
    assert!(status["records"].as_u64().unwrap() > 5, "{text}");
    assert_eq!(status["queue"]["read-page"]["dead"], 0);
    // A demo that cannot start leaves the last one's data alone.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let refused = harness::run(&city, &["demo", "--pages", "5", "--port", &port, "--exit"]);
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(harness::status(&city)["records"], status["records"]);
    // The same directory may be a demo again; another one may not.
    let other = harness::run(data.path(), &["demo", "--pages", "5", "--port", "0", "--exit"]);
    assert_eq!(other.status.code(), Some(1), "data of somebody else is left alone");
}

/// Influenza all the year: the visits of these tests are today.
const RULES: &str = r#"
[[programme]]
id = "influenza-elderly"
name = "高齢者インフルエンザ"
kind = "vaccination"
vaccine = "inactivated"
[[programme.version]]
source = "試験の要領"
season = "04-01..03-31"
limit = { within = "season" }
who = [{ age = "65y.." }]
doses = [{}]
"#;

/// Settings for tests: files rest half a second, passwords are enough.
pub fn settings(data: &Path) {
    std::fs::write(data.join("programmes.toml"), RULES).unwrap();
    let settings = "stable_seconds = 0.5\npoll_seconds = 1.0\n[accounts]\nsecond_factor = \"optional\"\n";
    std::fs::write(data.join("yomitori.toml"), settings).unwrap();
}

/// Slips of made-up residents, filled in so that nothing speaks against them, but that `stranger` has another birth
/// date: names of the files in `mail/`.
pub fn post(data: &Path, count: usize, seed: u64, stranger: Option<usize>) -> Vec<String> {
    let form = form("influenza-elderly");
    let mut rng = rand_seed(seed);
    let slips = mail::issue(data, &form, &mail::resident_file(count));
    std::fs::create_dir_all(data.join("mail")).unwrap();
    // Slips are printed today, so the visit can only be today; the city lies in Japan.
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(9))).date();
    let mut names = Vec::new();
    for (index, mut slip) in slips.into_iter().enumerate() {
        let born = jiff::civil::date(1940, 3, 1).saturating_add(jiff::Span::new().days(index as i64));
        let born =
            if stranger == Some(index) { born.saturating_add(jiff::Span::new().days(4000)) } else { born };
        let choose = |value: &str| Answer::Choice { chosen: vec![value.to_owned()], corrected: None };
        let known: Answers = [
            ("birth_date".into(), Answer::Date(born)),
            ("visit_date".into(), Answer::Date(today)),
            ("sex".into(), choose(if index % 2 == 0 { "F" } else { "M" })),
            ("consent".into(), choose("agree")),
            ("judgement".into(), choose("possible")),
            ("dose_number".into(), Answer::Digits("1".to_owned())),
        ]
        .into();
        mail::fill_in(&mut slip.sheet, &form, known, &mut rng);
        let scanner = Scanner { dpi: 200.0, ..Scanner::draw(Condition::Clean, &mut rng) };
        let name = format!("scan{index:04}.jpg");
        std::fs::write(data.join("mail").join(&name), mail::jpeg(&slip.sheet, &scanner, &mut rng)).unwrap();
        names.push(name);
    }
    names
}

/// Moves a posted file into the inbox.
pub fn drop_in(data: &Path, name: &str) {
    std::fs::create_dir_all(data.join("inbox")).unwrap();
    std::fs::rename(data.join("mail").join(name), data.join("inbox").join(name)).unwrap();
}

#[test]
fn bad_files_doubles_and_foreign_pages_are_told_apart() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    settings(data);
    let names = post(data, 3, 5, None);
    for name in &names {
        drop_in(data, name);
    }
    let inbox = data.join("inbox");
    let whole = std::fs::read(inbox.join(&names[0])).unwrap();
    std::fs::write(inbox.join("zz-again.jpg"), &whole).unwrap();
    std::fs::write(inbox.join("zz-half.jpg"), &whole[..300]).unwrap();
    std::fs::write(inbox.join("zz-letter.txt"), "これは画像ではありません").unwrap();
    std::fs::copy(
        harness::root().join("samples/must-read-nothing/letter/page.jpg"),
        inbox.join("zz-letter.jpg"),
    )
    .or_else(|_| {
        std::fs::copy(
            harness::root().join("samples/must-read-nothing/letter/page.tif"),
            inbox.join("zz-letter.tif"),
        )
    })
    .unwrap();

    let office = Running::start(data, &["run", "--listen", "127.0.0.1:0"]);
    let mut status = Value::Null;
    harness::wait_until("seven files", LIMIT, || {
        if !data.join("yomitori.db").is_file() {
            return false;
        }
        status = harness::status(data);
        let files = status["files"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum::<u64>();
        files == 7 && harness::pages(&status).1 == 0
    });
    drop(office);
    assert_eq!(status["files"]["duplicate"], 1, "{status}");
    assert_eq!(status["files"]["failed"], 2, "{status}");
    assert_eq!(harness::pages(&status).0, 4, "three slips and a letter: {status}");
    assert!(status["pages"]["in_review"].as_u64().unwrap() >= 1, "the letter waits for a person");
    let failed: Vec<String> = std::fs::read_dir(inbox.join("failed"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    for name in ["zz-half.jpg", "zz-letter.txt"] {
        assert!(failed.iter().any(|file| file == name), "{failed:?}");
        let reason = failed
            .iter()
            .find(|file| file.starts_with(name) && file.contains("reason"))
            .expect("a reason lies beside it");
        assert!(!std::fs::read_to_string(inbox.join("failed").join(reason)).unwrap().is_empty());
    }
    let left =
        std::fs::read_dir(&inbox).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_file()).count();
    assert_eq!(left, 0, "the inbox is empty");
}
