//! One field over many slips, and a group of crops, by keyboard; the threshold that sends them there is set first.

use super::{find, in_browser, press, says, serve, sign_in};
use crate::harness;
use crate::whole_way::{LIMIT, drop_in, post, settings};
use std::path::Path;
use thirtyfour::Key;
use thirtyfour::prelude::*;

const SLIPS: usize = 6;

#[test]
fn a_verifier_works_off_one_field_over_many_slips_and_a_group() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    settings(data);
    let mail = post(data, SLIPS, 33, None);
    let (_office, address) = serve(data);
    in_browser(data, async |browser| clerk(browser, data, &address, &mail).await);
    let status = harness::status(data);
    assert!(status["pages"]["committed"].as_u64() >= Some(1), "the last value commits a page: {status}");
    assert_eq!(status["records"], status["pages"]["committed"], "{status}");
}

async fn clerk(browser: &WebDriver, data: &Path, address: &str, mail: &[String]) -> WebDriverResult<()> {
    sign_in(browser, data, address, "kimura", &["planner", "verifier"]).await;
    for field in ["temperature", "q2"] {
        raise(browser, address, field).await?;
    }
    for name in mail {
        drop_in(data, name);
    }
    harness::wait_until("every slip", LIMIT, || harness::pages(&harness::status(data)) == (SLIPS as u64, 0));
    run(browser, address).await?;
    group(browser, address).await
}

/// Asks for more certainty than the reader ever has; the preview comes before the button.
pub async fn raise(browser: &WebDriver, address: &str, field: &str) -> WebDriverResult<()> {
    browser.goto(&format!("{address}/quality/settings?form=influenza-elderly")).await?;
    let choice = find(browser, &format!("#bar-{field}")).await;
    choice.send_keys(Key::Down + "").await?;
    find(browser, &format!("#seen-{field} button")).await.send_keys(Key::Enter + "").await?;
    says(browser, "[data-test='saved']", "保存しました").await;
    Ok(())
}

async fn run(browser: &WebDriver, address: &str) -> WebDriverResult<()> {
    browser.goto(&format!("{address}/runs")).await?;
    let link = find(browser, "a[href='/runs/influenza-elderly/temperature/first']").await;
    link.send_keys(Key::Enter + "").await?;
    says(browser, "#run-count", "0 / ").await;
    find(browser, "#run-snippet[src]").await;
    let all: usize =
        find(browser, "#run-count").await.text().await?.trim_start_matches("0 / ").parse().unwrap();
    assert!(all > SLIPS / 2, "the threshold sends temperatures to people: {all}");
    press(browser, Key::Enter + "").await;
    says(browser, "#run-count", &format!("1 / {all}")).await;
    // Taken back, looked at on the whole page, and keyed again.
    press(browser, Key::Control + "z").await;
    says(browser, "#run-count", &format!("0 / {all}")).await;
    press(browser, Key::F7 + "").await;
    find(browser, "#run-paper:not([hidden]) img[src]").await;
    for done in 1..=all {
        press(browser, Key::Enter + "").await;
        says(browser, "#run-count", &format!("{done} / {all}")).await;
    }
    says(browser, "#run-empty", "すべて入力しました").await;
    Ok(())
}

async fn group(browser: &WebDriver, address: &str) -> WebDriverResult<()> {
    browser.goto(&format!("{address}/groups/influenza-elderly/q2")).await?;
    find(browser, "[data-test='groups'] a[data-item]").await.send_keys(Key::Enter + "").await?;
    find(browser, ".crop input:focus").await;
    let crops = browser.find_all(By::Css(".crop")).await?.len();
    assert!(crops > 1, "most people answer alike");
    press(browser, Key::Right + "").await;
    press(browser, " ").await;
    says(browser, "#group-rest", &(crops - 1).to_string()).await;
    press(browser, Key::Enter + "").await;
    says(browser, "[data-test='told']", &format!("{}枚を確認しました", crops - 1)).await;
    says(browser, "[data-test='told']", "外した1枚").await;
    Ok(())
}
