//! A verifier works off what the machine would not decide.

use super::{cookies, in_browser, press, serve, sign_in, text};
use crate::harness::{self, Running};
use crate::whole_way::{LIMIT, drop_in, post, settings};
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use thirtyfour::Key;
use thirtyfour::prelude::*;

/// Two slips: one that nothing speaks against, and one whose visitor wrote another birth date.
pub fn office(data: &Path) -> (Running, String) {
    settings(data);
    for name in post(data, 2, 21, Some(1)) {
        drop_in(data, &name);
    }
    let (office, address) = serve(data);
    harness::wait_until("two slips", LIMIT, || {
        data.join("yomitori.db").is_file() && harness::pages(&harness::status(data)) == (2, 0)
    });
    (office, address)
}

#[test]
fn a_clerk_keys_a_doubtful_slip_by_keyboard_and_finds_records_in_the_ledger() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    let (_office, address) = office(data);
    let waiting = harness::status(data)["pages"]["in_review"].as_u64().unwrap();
    assert!(waiting >= 1, "a birth date that is not the register's waits for a person");
    in_browser(data, async |browser| clerk(browser, data, &address, waiting).await);
    let status = harness::status(data);
    assert_eq!(status["records"], status["pages"]["committed"], "{status}");
}

async fn clerk(browser: &WebDriver, data: &Path, address: &str, waiting: u64) -> WebDriverResult<()> {
    sign_in(browser, data, address, "aoki", &["verifier"]).await;
    browser.goto(address).await?;
    assert!(text(browser, "adds-up").await.contains("合計が合っています"));
    assert_eq!(text(browser, "total-arrived").await, "2");
    assert_eq!(text(browser, "total-in_review").await, waiting.to_string());
    browser.goto(&format!("{address}/reviews")).await?;
    press(browser, Key::Enter).await;
    text(browser, "person").await;
    let before = browser.current_url().await?;
    // The cursor stands on the person: 1 chooses the first candidate.
    press(browser, "1").await;
    // Enter confirms one doubtful value after another, the person included; the last one leads to the button.
    for _ in 0..60 {
        if text(browser, "left").await.contains("すべて確認しました") {
            break;
        }
        press(browser, Key::Enter).await;
    }
    press(browser, Key::Control + Key::Enter).await;
    while browser.current_url().await? == before {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // Who it is, is keyed by a second person before it can be a record.
    assert!(text(browser, "done").await.contains("ほかの人の二次入力を待ちます"));
    assert_eq!(harness::status(data)["pages"]["in_review"].as_u64(), Some(waiting));
    // The ledger has the records that the machine was sure of, with their values.
    browser.goto(&format!("{address}/residents")).await?;
    press(browser, "タカハシ").await;
    press(browser, Key::Enter).await;
    assert!(text(browser, "persons").await.contains("髙橋"));
    let (mut records, cookies) = (0, cookies(browser).await);
    for link in browser.find_all(By::Css("[data-test='persons'] a")).await? {
        let ledger = format!("{address}{}", link.attr("href").await?.unwrap_or_default());
        let answer = Command::new("curl").args(["-s", "-b", &cookies, &ledger]).output().expect("curl runs");
        records += String::from_utf8_lossy(&answer.stdout).matches("data-test=\"record\"").count() as u64;
    }
    assert_eq!(records, harness::status(data)["records"].as_u64().unwrap());
    Ok(())
}
