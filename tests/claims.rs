//! Claims from the outside: a small made-up year, and the bank's file from the command line.

use crate::harness;
use serde_json::Value;

#[test]
fn in_a_made_up_year_every_planted_error_is_found_and_nothing_is_paid_twice() {
    let data = tempfile::tempdir().unwrap();
    let sizes = ["--residents", "10000", "--clinics", "8", "--slips", "5000", "--json"];
    let text = harness::succeed(data.path(), &[&["simulate", "claims"], &sizes[..]].concat());
    let year: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(year["planted"], year["found"], "missed: {}", year["missed"]);
    assert_eq!(year["planted"].as_object().unwrap().len(), 33, "every kind of fault");
    assert_eq!(year["false_alarms"], serde_json::json!({}));
    assert_eq!(year["paid_twice"], 0);
    assert_eq!(year["bank_total"], year["ledger_total"]);
    assert!(year["bank_total"].as_i64().unwrap() > 10_000_000 && year["slips"].as_u64().unwrap() >= 4_900);
}

#[test]
fn a_bank_file_needs_a_payer_a_person_with_the_duty_and_something_to_pay() {
    let data = tempfile::tempdir().unwrap();
    let out = data.path().join("bank.txt");
    let ask = |staff: &str| {
        let day =
            ["--month", "2026-10", "--pay-on", "2026-11-30", "--reason", "10月分の支払", "--staff", staff];
        let file = ["--out", out.to_str().unwrap()];
        let output = harness::run(data.path(), &[&["claims", "bank-file"], &day[..], &file[..]].concat());
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = ask("payer");
    assert!(code == Some(1) && said.contains("no enabled account"), "{said}");
    for (id, duty) in [("payer", "payment"), ("boss", "administrator")] {
        harness::succeed(data.path(), &["users", "add", id, "--name", "見本 花子", "--duty", duty]);
    }
    let (code, said) = ask("boss");
    assert!(code == Some(1) && said.contains("duty `payment`"), "{said}");
    let (code, said) = ask("payer");
    assert!(code == Some(1) && said.contains("[payer]"), "{said}");
    let settings = "[payer]\ncode = '0123456789'\nname = 'ヨミトリシ'\nbank_code = '1'\nbank_name = 'ヨミトリ'\n\
                    branch_code = '1'\nbranch_name = 'ホンテン'\naccount_kind = '普通'\naccount_number = '1234567'\n";
    std::fs::write(data.path().join("yomitori.toml"), settings).unwrap();
    let (code, said) = ask("payer");
    assert!(code == Some(1) && said.contains("まだ振り込んでいないものがありません"), "{said}");
    assert!(!out.exists(), "nothing was written");
    std::fs::write(data.path().join("yomitori.toml"), settings.replace("ヨミトリシ", "読取市")).unwrap();
    let (code, said) = ask("payer");
    assert!(code == Some(1) && said.contains("[payer]: name の1文字目"), "{said}");
}
