//! What other people's scripts rely on: commands, exit statuses, JSON.

use crate::{harness, mail};
use domain::form::Form;
use serde_json::Value;
use simulator::{Rng, Scanner};
use std::collections::BTreeSet;

pub fn form(id: &str) -> Form {
    let text = std::fs::read_to_string(harness::root().join("templates").join(id).join("form.toml")).unwrap();
    Form::parse(id, &text).unwrap()
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn usage_errors_exit_with_2_and_failures_with_1() {
    let data = tempfile::tempdir().unwrap();
    assert_eq!(harness::run(data.path(), &["no-such-command"]).status.code(), Some(2));
    assert_eq!(harness::run(data.path(), &["demo", "--pages", "0"]).status.code(), Some(2));
    let missing = harness::run(data.path(), &["form", "show", "no-such-form"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&missing.stderr).contains("influenza-elderly"),
        "it names the forms there are"
    );
    assert_eq!(harness::run(data.path(), &["status"]).status.code(), Some(1));
}

#[test]
fn check_tests_everything_and_says_so() {
    let data = tempfile::tempdir().unwrap();
    let text = harness::succeed(data.path(), &["check"]);
    for what in [
        "data directory",
        "inbox",
        "database",
        "queue",
        "page store",
        "forms",
        "rules",
        "fonts",
        "OCR data",
        "reader",
    ] {
        assert!(text.contains(&format!("ok   {what}")), "{what}: {text}");
    }
}

#[test]
fn check_names_what_is_wrong() {
    let data = tempfile::tempdir().unwrap();
    std::fs::write(data.path().join("yomitori.db"), "this is no database, and somebody should say so")
        .unwrap();
    let output = harness::run(data.path(), &["check"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("BAD  database") && text.contains("ok   fonts"), "{text}");
}

#[test]
fn rules_are_listed_shown_and_checked_and_a_citys_own_replace_them() {
    let data = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| harness::succeed(data.path(), args);
    assert!(run(&["programmes", "list"]).contains("麻しん風しん（MR）"));
    let shown: Value = serde_json::from_str(&run(&["programmes", "show", "mr-child", "--json"])).unwrap();
    assert_eq!(keys(&shown), ["id", "kind", "name", "versions"].into());
    let now = run(&["programmes", "show", "pneumococcal-elderly", "--day", "2026-04-01"]);
    assert!(now.contains("20価") && !now.contains("23価"), "{now}");
    assert!(run(&["programmes", "check"]).contains("built-in"));
    let own = data.path().join("programmes.toml");
    let rules = "[[programme]]\nid = \"lung-screening\"\nname = \"肺がん検診（市）\"\nkind = \"screening\"\n\
                 [[programme.version]]\nsource = \"市の要綱\"\nwho = [{ age = \"35y..\" }]\n";
    std::fs::write(&own, rules).unwrap();
    assert!(run(&["programmes", "check"]).contains("lung-screening"));
    assert!(run(&["programmes", "show", "lung-screening"]).contains("35歳以上"));
    std::fs::write(&own, rules.replace("35y", "35")).unwrap();
    let wrong = harness::run(data.path(), &["programmes", "check"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("programmes.toml:7: "), "{wrong:?}");
    let checked = harness::run(data.path(), &["check"]);
    assert!(String::from_utf8_lossy(&checked.stdout).contains("BAD  rules"));
}

#[test]
fn lots_and_former_history_come_from_files_with_every_refused_line() {
    let data = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = data.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let residents = file(
        "residents.csv",
        "resident_id,name,kana,sex,birth_date,postal_code,address,resident_since\n\
         1,見本 花子,ミホン ハナコ,F,2020-05-05,999-0001,架空市1,2020-05-05\n",
    );
    harness::succeed(data.path(), &["residents", "import", &residents]);
    let lots = file("lots.csv", "vaccine,lot,expiry\ninfluenza,AB123,2027-03-31\n");
    assert!(harness::succeed(data.path(), &["lots", "import", &lots]).contains("taken 1, refused 0"));
    let history =
        "resident_id,programme,service_date,round\n1,mr-child,2021-06-01,1\n2,mr-child,2021-06-01,1\n";
    let good = file("history.csv", history);
    let told = harness::succeed(data.path(), &["history", "import", &good]);
    assert!(told.contains("added 1, known 0, not in the register 1, refused 0"), "{told}");
    assert!(harness::succeed(data.path(), &["history", "import", &good]).contains("added 0, known 1"));
    let bad = file("bad.csv", &format!("{history}1,nothing,2021-06-01,1\n"));
    let refused = harness::run(data.path(), &["history", "import", &bad]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("line 4: programme"));
}

#[test]
fn the_geometry_of_a_form_is_stable_json() {
    let data = tempfile::tempdir().unwrap();
    for id in ["influenza-elderly", "lung-screening", "batch-ticket"] {
        let shown: Value =
            serde_json::from_str(&harness::succeed(data.path(), &["form", "show", id, "--json"])).unwrap();
        assert_eq!(keys(&shown), ["fields", "id", "paper_mm", "sides", "title", "version"].into());
        for field in shown["fields"].as_array().unwrap() {
            let expected = [
                "boxes_mm",
                "critical",
                "id",
                "kind",
                "label",
                "options",
                "pattern",
                "prefilled",
                "required",
                "side",
                "style",
            ];
            assert_eq!(keys(field), expected.into());
            for option in field["options"].as_array().unwrap() {
                assert_eq!(keys(option), ["box_mm", "label", "value"].into());
                assert_eq!(option["box_mm"].as_array().unwrap().len(), 4);
            }
        }
    }
}

#[test]
fn every_shipped_form_is_written_as_it_was_read() {
    let folder = harness::root().join("templates");
    let folders = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let ids = folders.filter(|path| path.join("form.toml").is_file());
    let ids: Vec<String> = ids.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert!(ids.len() >= 10, "{ids:?}");
    for id in ids {
        let form = form(&id);
        let text = form.to_toml("A head\n\nof three lines");
        assert_eq!(Form::parse(&id, &text).as_ref(), Ok(&form), "{text}");
    }
}

#[test]
fn a_mistake_in_a_form_is_explained_with_its_line() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("broken-form");
    std::fs::create_dir(&folder).unwrap();
    let text = std::fs::read_to_string(harness::root().join("templates/lung-screening/form.toml")).unwrap();
    let line = text.lines().position(|line| line.starts_with("paper_mm")).unwrap() + 1;
    std::fs::write(folder.join("form.toml"), text.replace("paper_mm = [210, 297]", "paper_mm = [210]"))
        .unwrap();
    let output = harness::run(data.path(), &["form", "check", &folder.display().to_string()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains(&format!("line {line}:")));
}

/// The empty sheet of our lung screening slip stands in for a sheet that others print.
fn empty_sheet(data: &std::path::Path) -> (std::path::PathBuf, Value) {
    let pdf = data.join("empty.pdf");
    harness::succeed(data, &["form", "preview", "lung-screening", "--out", &pdf.display().to_string()]);
    let shown = harness::succeed(data, &["form", "show", "lung-screening", "--json"]);
    (pdf, serde_json::from_str(&shown).unwrap())
}

/// The combs of a form as `form show` gives it, each by its number of boxes and its first box.
fn combs(shown: &Value) -> Vec<(usize, [f64; 4])> {
    let fields = shown["fields"].as_array().unwrap().iter();
    let combs = fields.filter(|field| field["kind"] == "digits" || field["kind"] == "date");
    let boxes = combs.map(|field| field["boxes_mm"].as_array().unwrap());
    boxes.map(|boxes| (boxes.len(), serde_json::from_value(boxes[0].clone()).unwrap())).collect()
}

#[test]
fn a_form_is_made_from_an_empty_sheet_and_is_in_use_at_once() {
    let data = tempfile::tempdir().unwrap();
    let (pdf, original) = empty_sheet(data.path());
    let said = harness::succeed(
        data.path(),
        &["form", "new", "other-city", "--from", &pdf.display().to_string(), "--title", "よその市の票"],
    );
    assert!(said.contains("A4, 210 x 297 mm, 1 side(s)") && said.contains("7 combs"), "{said}");
    let shown = harness::succeed(data.path(), &["form", "show", "other-city", "--json"]);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["title"], "よその市の票");
    let (found, drawn) = (combs(&shown), combs(&original));
    assert_eq!(found.len(), drawn.len());
    for (count, rect) in drawn {
        let near = |other: &[f64; 4]| rect.iter().zip(other).all(|(a, b)| (a - b).abs() < 0.3);
        assert!(found.iter().any(|(n, other)| *n == count && near(other)), "no {count} boxes at {rect:?}");
    }
    let listed = harness::succeed(data.path(), &["form", "list"]);
    assert!(listed.contains("other-city") && listed.contains("lung-screening"), "{listed}");
    assert!(harness::succeed(data.path(), &["form", "check"]).contains("other-city"));
}

#[test]
fn a_picture_makes_a_form_in_a_folder_of_its_own_and_what_is_wrong_is_said() {
    let data = tempfile::tempdir().unwrap();
    let (pdf, _) = empty_sheet(data.path());
    let bytes = std::fs::read(pdf).unwrap();
    let limits = vision::decode::Limits::default();
    let mut page = vision::decode::decode_pages(&bytes, &limits).unwrap().next().unwrap().unwrap();
    page.dpi = None;
    let path = |name: &str| data.path().join(name).display().to_string();
    std::fs::write(path("empty.png"), vision::encode_png(&page)).unwrap();
    let folder = path("forms");
    let new = |id: &str, from: &str, more: &[&str]| {
        let from = path(from);
        let args = ["form", "new", id, "--from", &from, "--templates", &folder];
        harness::run(data.path(), &[&args, more].concat())
    };
    let made = new("coupon", "empty.png", &["--number", "77"]);
    let said = String::from_utf8_lossy(&made.stdout).into_owned();
    assert!(made.status.success() && said.contains("assumed from its shape"), "{said}");
    let listed = harness::succeed(data.path(), &["form", "list", "--templates", &folder]);
    assert!(listed.starts_with("77") && listed.lines().count() == 1, "{listed}");
    harness::succeed(data.path(), &["form", "check", &path("forms/coupon")]);
    std::fs::write(path("broken.png"), &vision::encode_png(&page)[..2000]).unwrap();
    let refused: [(&str, &str, &[&str], &str); 6] = [
        ("coupon", "empty.png", &[], "is there already"),
        ("Coupon", "empty.png", &[], "no form id"),
        ("../coupon", "empty.png", &[], "no form id"),
        ("second", "empty.png", &["--number", "77"], "number 77 is that of coupon"),
        ("second", "broken.png", &[], "gives no empty sheet"),
        ("second", "empty.png", &["--dpi", "20"], "scan the empty sheet at 300 dpi"),
    ];
    for (id, from, more, words) in refused {
        let output = new(id, from, more);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(1) && error.contains(words), "{id}: {error}");
    }
    let folders = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(folders, 1, "what was refused leaves nothing behind");
}

#[test]
fn issued_slips_carry_new_numbers_that_read_back() {
    let data = tempfile::tempdir().unwrap();
    let form = form("influenza-elderly");
    let first = mail::issue(data.path(), &form, &mail::resident_file(3));
    let second = mail::issue(data.path(), &form, &mail::resident_file(3));
    let numbers: BTreeSet<&str> = first.iter().chain(&second).map(|slip| slip.number.as_str()).collect();
    assert_eq!(numbers.len(), 6, "a number is never given twice");
    assert_eq!(first[2].resident, "0000000502");

    let mut rng: Rng = rand_seed(1);
    let scan = data.path().join("scan.jpg");
    std::fs::write(&scan, mail::jpeg(&second[1].sheet, &Scanner::perfect(300.0), &mut rng)).unwrap();
    let line: Value = serde_json::from_str(&harness::succeed(
        data.path(),
        &["read", "--json", &scan.display().to_string()],
    ))
    .unwrap();
    let expected = [
        "fields",
        "file",
        "form",
        "form_version",
        "management_number",
        "milliseconds",
        "outcome",
        "page",
        "reason",
        "registration",
        "side",
    ];
    assert_eq!(keys(&line), expected.into());
    assert_eq!(line["outcome"], "read");
    assert_eq!(line["management_number"]["value"], Value::String(second[1].number.clone()));
    assert_eq!(line["management_number"]["decision"], "accept");
    assert_eq!(line["management_number"]["sources"], serde_json::json!(["barcode", "digits"]));
    assert_eq!(line["registration"]["method"], "marks");
    assert_eq!(keys(&line["milliseconds"]), ["decode", "read", "register", "total"].into());
    let handwritten = line["fields"].as_array().unwrap().iter().filter(|f| f["kind"] != "printed");
    for field in handwritten {
        assert_eq!(keys(field), ["box_px", "confidence", "decision", "id", "kind", "reason", "value"].into());
        let empty = field["value"].is_null() || field["value"] == "absent";
        assert!(empty || field["decision"] == "review", "nothing is written on an empty slip: {field}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_a_line_with_a_reason() {
    let data = tempfile::tempdir().unwrap();
    let (broken, text) = (data.path().join("broken.tif"), data.path().join("letter.txt"));
    std::fs::write(&broken, b"II*\0\x08\0\0\0\xff\xff").unwrap();
    std::fs::write(&text, "拝啓").unwrap();
    let out = harness::succeed(
        data.path(),
        &["read", "--json", &broken.display().to_string(), &text.display().to_string()],
    );
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    for line in lines {
        assert_eq!(line["outcome"], "unreadable");
        assert!(!line["reason"].as_str().unwrap().is_empty());
        assert!(line["form"].is_null() && line["fields"].as_array().unwrap().is_empty());
    }
}

#[test]
fn refused_lines_of_a_resident_file_are_reported_without_their_values() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("r.csv");
    let good = mail::resident_file(2);
    let bad = "0000000999,秘密　太郎,ヒミツ,M,1950-13-45,000-0101,秘密町,1990-04-01\n";
    // Lines end as Windows writes them.
    std::fs::write(&file, format!("{good}{bad}").replace('\n', "\r\n")).unwrap();
    let output = harness::run(data.path(), &["residents", "import", &file.display().to_string()]);
    assert_eq!(output.status.code(), Some(1));
    let (stdout, stderr) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(stdout.contains("added 2") && stdout.contains("refused 1"), "{stdout}");
    assert!(stderr.contains("line 4") && !stderr.contains("秘密"), "{stderr}");
}

pub fn rand_seed(seed: u64) -> Rng {
    use rand::SeedableRng;
    Rng::seed_from_u64(seed)
}

#[test]
fn a_whole_register_that_lacks_many_residents_is_asked_about() {
    let data = tempfile::tempdir().unwrap();
    let (whole, half) = (data.path().join("whole.csv"), data.path().join("half.csv"));
    std::fs::write(&whole, mail::resident_file(60)).unwrap();
    std::fs::write(&half, mail::resident_file(30)).unwrap();
    harness::succeed(data.path(), &["residents", "import", &whole.display().to_string()]);
    let half = half.display().to_string();
    let refused = harness::run(data.path(), &["residents", "import", &half]);
    assert_eq!(refused.status.code(), Some(1));
    let words = String::from_utf8(refused.stderr).unwrap();
    assert!(words.contains("30 of 60") && words.contains("--allow-departures 30"), "{words}");
    let confirmed = ["residents", "import", &half, "--allow-departures", "30"];
    assert!(harness::succeed(data.path(), &confirmed).contains("departed 30"));
    // Who left is a change of that person's data.
    let proof = harness::succeed(data.path(), &["audit", "verify", "--json"]);
    let proof: Value = serde_json::from_str(&proof).unwrap();
    assert_eq!((&proof["sound"], &proof["lines"]), (&Value::Bool(true), &Value::from(30)));
}

#[test]
fn the_access_log_answers_who_looked_and_notes_its_head_outside() {
    let data = tempfile::tempdir().unwrap();
    let noted = data.path().join("noted");
    let verify = ["audit", "verify", "--json", "--noted", &noted.display().to_string()];
    let ask = ["audit", "who", "0000000001", "--json", "--reason", "開示請求"];
    let answer: Value = serde_json::from_str(&harness::succeed(data.path(), &ask)).unwrap();
    assert_eq!(answer["lines"][0]["reason"], "開示請求", "the question is itself a look");
    assert_eq!(keys(&answer), BTreeSet::from(["lines", "missing_files", "resident"]));
    for lines in [1, 2] {
        let proof: Value = serde_json::from_str(&harness::succeed(data.path(), &verify)).unwrap();
        assert_eq!((&proof["sound"], &proof["lines"]), (&Value::Bool(true), &Value::from(lines)));
        let file = data.path().join("log.csv").display().to_string();
        harness::succeed(data.path(), &["audit", "export", "--out", &file, "--reason", "監査"]);
    }
    std::fs::write(&noted, format!("1 {}\n", "0".repeat(64))).unwrap();
    let forged = harness::run(data.path(), &verify);
    assert_eq!(forged.status.code(), Some(1), "what was noted outside does not fit");
}
