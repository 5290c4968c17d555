//! The mailroom's day: a file is brought in, its page turned, assigned, moved, discarded and taken back; the day adds up.

use super::{find, in_browser, press, says, serve, sign_in, text};
use crate::harness;
use crate::whole_way::{LIMIT, post, settings};
use std::path::Path;
use thirtyfour::Key;
use thirtyfour::prelude::*;

#[test]
fn a_mailroom_clerk_sorts_a_page_by_keyboard_and_the_day_adds_up() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    settings(data);
    let scan = data.join("mail").join(post(data, 1, 31, Some(0)).remove(0));
    let (_office, address) = serve(data);
    in_browser(data, async |browser| mailroom(browser, data, &address, &scan).await);
    let status = harness::status(data);
    assert_eq!((&status["pages"]["discarded"], harness::pages(&status).0), (&0.into(), 1), "{status}");
}

/// Waits until nothing is left for the machine.
fn read(data: &Path) {
    harness::wait_until("the reading", LIMIT, || harness::pages(&harness::status(data)) == (1, 0));
}

async fn mailroom(browser: &WebDriver, data: &Path, address: &str, scan: &Path) -> WebDriverResult<()> {
    sign_in(browser, data, address, "uketsuke", &["mailroom"]).await;
    // A ticket for the envelope, printed from the keyboard; a wrong code is said beside its field.
    browser.goto(&format!("{address}/paper")).await?;
    browser.execute("document.querySelector('#clinic').form.removeAttribute('target')", Vec::new()).await?;
    let clinic = find(browser, "#clinic").await;
    clinic.send_keys("0110113718").await?;
    find(browser, "#programme").await.send_keys(Key::Down).await?;
    find(browser, "#declared").await.send_keys("1").await?;
    press(browser, Key::Enter).await;
    assert!(text(browser, "wrong-clinic").await.contains("検査数字"));
    browser.execute("document.querySelector('#clinic').form.removeAttribute('target')", Vec::new()).await?;
    let clinic = find(browser, "#clinic").await;
    clinic.clear().await?;
    clinic.send_keys("0110113719").await?;
    clinic.send_keys(Key::Enter).await?;
    browser.goto(&format!("{address}/paper")).await?;
    browser
        .execute("document.querySelectorAll('details').forEach((one) => one.open = true)", Vec::new())
        .await?;
    let number = find(browser, "[data-test='recent-tickets'] td").await.text().await?;
    assert_eq!(number.len(), 11, "{number}");

    browser.goto(&format!("{address}/inbox")).await?;
    find(browser, "#upload-files").await.send_keys(scan.display().to_string()).await?;
    says(browser, "[data-test='uploads']", "受信箱に入れました").await;
    find(browser, "[data-test='file'] [data-item]").await;
    read(data);
    browser.goto(&format!("{address}/inbox")).await?;
    press(browser, "j").await;
    press(browser, Key::Enter).await;
    find(browser, "[data-test='thumb']").await.send_keys(Key::Enter).await?;
    says(browser, "[data-test='state']", "確認待").await;
    let page = browser.current_url().await?;

    for (key, turned) in [("r", true), ("l", false)] {
        browser.goto(page.as_str()).await?;
        find(browser, "[data-test='turn-right']").await;
        press(browser, key).await;
        says(browser, "[data-test='done']", "向きを直し").await;
        let told = browser.find(By::Css("[data-test='turned']")).await;
        assert_eq!(told.is_ok(), turned, "{key}");
        read(data);
    }
    browser.goto(page.as_str()).await?;
    find(browser, "#assign-form").await;
    press(browser, "a").await;
    press(browser, Key::Down).await;
    find(browser, "[data-test='assign']").await.send_keys(Key::Enter).await?;
    says(browser, "[data-test='done']", "読み直し").await;
    read(data);

    browser.goto(page.as_str()).await?;
    find(browser, "#move-target").await;
    press(browser, "m").await;
    press(browser, Key::End).await;
    press(browser, Key::Up).await;
    press(browser, Key::Tab + number.as_str()).await;
    press(browser, Key::Enter).await;
    says(browser, "[data-test='done']", "1ページを別の束へ移しました").await;

    // A reason has to be chosen.
    press(browser, "d").await;
    press(browser, " ").await;
    press(browser, Key::Enter).await;
    says(browser, "[data-test='state']", "破棄").await;
    press(browser, "z").await;
    harness::wait_until("the undoing", LIMIT, || harness::status(data)["pages"]["in_review"] == 1);

    browser.goto(&format!("{address}/envelopes")).await?;
    says(browser, "[data-test='envelopes']", "申告1 受付1 一致").await;
    browser.goto(&format!("{address}/daily")).await?;
    says(browser, "[data-test='daily-adds-up']", "合計が合っています").await;
    assert_eq!(text(browser, "daily-paper").await, "1");
    let script = "const ask = new XMLHttpRequest(); ask.open('GET', '/daily/sheet.pdf', false); ask.send();
                  return ask.status + ' ' + ask.getResponseHeader('content-type');";
    let sheet = browser.execute(script, Vec::new()).await?;
    assert_eq!(sheet.json(), "200 application/pdf");
    Ok(())
}
