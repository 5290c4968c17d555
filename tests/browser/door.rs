//! The door: an idle screen is covered; an administrator takes somebody on and lets them go; an auditor sees who looked.

use super::verifier::office;
use super::{PASSWORD, cookies, find, in_browser, log_in, press, says, sign_in, text};
use std::path::Path;
use std::process::Command;
use thirtyfour::Key;
use thirtyfour::prelude::*;

/// What the server answers to a session, beside its browser.
fn status_of(cookies: &str, address: &str) -> String {
    let mut curl = Command::new("curl");
    curl.args(["-s", "-o", "/dev/null", "-w", "%{http_code}", "-b", cookies, address]);
    let answer = curl.output().expect("curl runs");
    String::from_utf8_lossy(&answer.stdout).into_owned()
}

fn in_office(work: impl AsyncFnOnce(&WebDriver, &Path, &str) -> WebDriverResult<()>) {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    let (_office, address) = office(data);
    in_browser(data, async |browser| work(browser, data, &address).await);
}

#[test]
fn an_idle_screen_is_covered_and_comes_back_as_it_was() {
    in_office(async |browser, data, address| {
        sign_in(browser, data, address, "aoki", &["verifier"]).await;
        browser.goto(&format!("{address}/residents")).await?;
        find(browser, "input[name=words]").await.send_keys("タカハシ").await?;
        let session = cookies(browser).await;
        assert_eq!(status_of(&session, &format!("{address}/residents")), "200");
        // As if nobody had touched any tab of this browser for a long time.
        browser.execute("localStorage.setItem('yomitori-active', '1')", Vec::new()).await?;
        find(browser, "[data-cover]").await;
        assert!(browser.find(By::Css("nav.bar")).await.is_err(), "what was on the screen is gone from it");
        for _ in 0..50 {
            if status_of(&session, &format!("{address}/residents")) == "423" {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        assert_eq!(status_of(&session, &format!("{address}/residents")), "423");
        press(browser, "not this one").await;
        press(browser, Key::Enter).await;
        says(browser, "[data-problem]", "パスワードが違います").await;
        press(browser, PASSWORD).await;
        press(browser, Key::Enter).await;
        find(browser, "nav.bar").await;
        let words = find(browser, "input[name=words]").await.prop("value").await?;
        assert_eq!(words.as_deref(), Some("タカハシ"), "what was typed is still there");
        assert_eq!(status_of(&cookies(browser).await, &format!("{address}/residents")), "200");
        Ok(())
    });
}

#[test]
fn an_administrator_takes_somebody_on_and_lets_them_go_and_an_auditor_sees_who_looked() {
    in_office(async |browser, data, address| {
        sign_in(browser, data, address, "kanri", &["administrator"]).await;
        browser.goto(&format!("{address}/staff/kanri")).await?;
        find(browser, "fieldset:disabled").await;
        browser.goto(&format!("{address}/staff/new")).await?;
        find(browser, "input[name=id]").await.send_keys("baba").await?;
        // 名前, 所属, then the duties: the second is 確認係.
        for keys in ["馬場 一郎", "予防係"] {
            press(browser, Key::Tab).await;
            press(browser, keys).await;
        }
        press(browser, Key::Tab + Key::Tab).await;
        press(browser, " ").await;
        press(browser, Key::Enter).await;
        let code = text(browser, "code").await;

        browser.delete_all_cookies().await?;
        browser.goto(&format!("{address}/setup")).await?;
        for (name, value) in [("id", "baba"), ("code", &code), ("password", PASSWORD), ("again", PASSWORD)] {
            find(browser, &format!("[name='{name}']")).await.send_keys(value).await?;
        }
        press(browser, Key::Enter).await;
        says(browser, "[data-test='staff']", "馬場").await;
        browser.goto(&format!("{address}/residents")).await?;
        press(browser, "タカハシ").await;
        press(browser, Key::Enter).await;
        text(browser, "persons").await;
        find(browser, "[data-test='persons'] a").await.send_keys("" + Key::Enter).await?;
        let number = find(browser, "dl.facts dd.num").await.text().await?;
        let session = cookies(browser).await;
        assert_eq!(status_of(&session, &format!("{address}/residents")), "200");

        browser.delete_all_cookies().await?;
        log_in(browser, address, "kanri").await;
        browser.goto(&format!("{address}/staff/baba")).await?;
        find(browser, "form[action$='/disable'] button").await.send_keys("" + Key::Enter).await?;
        find(browser, "form[action$='/enable']").await;
        assert_ne!(
            status_of(&session, &format!("{address}/residents")),
            "200",
            "whoever left is out at once"
        );

        browser.delete_all_cookies().await?;
        sign_in(browser, data, address, "kansa", &["auditor"]).await;
        browser.goto(&format!("{address}/access-log")).await?;
        press(browser, number.as_str()).await;
        press(browser, Key::Enter).await;
        says(browser, "main table", "baba").await;
        let log = find(browser, "main table").await.text().await?;
        assert!(log.contains("予防係") && log.contains("検索") && log.contains("閲覧"), "{log}");
        browser.goto(&format!("{address}/staff")).await?;
        says(browser, "main", "権限がありません").await;
        Ok(())
    });
}
