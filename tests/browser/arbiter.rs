//! Where two people read the ink differently a third one decides; and what is committed is corrected by two.

use super::desk::{keyed_first, type_in};
use super::runs::raise;
use super::{find, in_browser, log_in, press, says, serve, sign_in, text};
use crate::harness;
use crate::whole_way::{LIMIT, drop_in, post, settings};
use std::path::Path;
use thirtyfour::Key;
use thirtyfour::prelude::*;

/// A day on which none of these visits was, as people type it and as screens say it.
const MISREAD: (&str, &str) = ("R8.4.1", "令和8年4月1日");

#[test]
fn an_arbiter_decides_between_two_people_and_a_record_is_corrected_by_two() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    settings(data);
    let mail = post(data, 1, 21, Some(0));
    let (_office, address) = serve(data);
    in_browser(data, async |browser| {
        // However sure the reader is of the day of the visit, people key it here.
        sign_in(browser, data, &address, "aoki", &["planner", "verifier"]).await;
        raise(browser, &address, "visit_date").await?;
        mail.iter().for_each(|name| drop_in(data, name));
        harness::wait_until("the slip", LIMIT, || harness::pages(&harness::status(data)) == (1, 0));
        arbitrate(browser, data, &address).await?;
        assert_eq!(harness::status(data)["records"], 1, "the arbiter's word makes the record");
        correct(browser, &address).await
    });
    let after = harness::status(data);
    assert_eq!((&after["records"], &after["pages"]["committed"]), (&1.into(), &1.into()), "it stands once");
}

async fn arbitrate(browser: &WebDriver, data: &Path, address: &str) -> WebDriverResult<()> {
    let mut values = keyed_first(browser, address).await?;
    values.insert("visit_date".into(), MISREAD.0.into()).expect("the day of the visit is in doubt");
    browser.delete_all_cookies().await?;
    sign_in(browser, data, address, "baba", &["verifier"]).await;
    browser.goto(&format!("{address}/reviews?stage=second")).await?;
    press(browser, Key::Enter).await;
    text(browser, "blind").await;
    type_in(browser, &values).await?;
    press(browser, Key::Control + Key::Enter).await;
    says(browser, "[data-test='done']", "二次入力を保存しました").await;
    // Neither of the two is asked again.
    browser.goto(&format!("{address}/reviews?stage=third")).await?;
    assert!(browser.find(By::Css("[data-item]")).await.is_err(), "an arbiter's page is no verifier's");
    browser.delete_all_cookies().await?;
    sign_in(browser, data, address, "chiba", &["arbiter"]).await;
    browser.goto(&format!("{address}/reviews?stage=third")).await?;
    press(browser, Key::Enter).await;
    let row = find(browser, "[data-test='row-visit_date']").await.text().await?;
    assert!(row.contains(MISREAD.1), "what the second person read stands there: {row}");
    // What the first one read is right.
    for side in browser.find_all(By::Css("[data-row='visit_date'] .sides label")).await? {
        if !side.text().await?.contains(MISREAD.1) {
            press(browser, side.find(By::Css("kbd")).await?.text().await?).await;
            break;
        }
    }
    press(browser, Key::Enter).await;
    says(browser, "[data-test='left']", "すべて確認しました").await;
    press(browser, Key::Control + Key::Enter).await;
    says(browser, "[data-test='done']", "確定しました").await;
    Ok(())
}

async fn correct(browser: &WebDriver, address: &str) -> WebDriverResult<()> {
    browser.delete_all_cookies().await?;
    log_in(browser, address, "aoki").await;
    browser.goto(&format!("{address}/residents")).await?;
    find(browser, "input[name=words]").await.send_keys("タカハシ" + Key::Enter).await?;
    find(browser, "[data-test='persons'] a").await.send_keys(Key::Enter).await?;
    find(browser, "[data-test='correct']").await.send_keys(Key::Enter).await?;
    find(browser, "[name='on.temperature']").await.send_keys(" ").await?;
    let value = find(browser, "input[name='v.temperature']").await;
    value.clear().await?;
    value.send_keys("３６．８").await?;
    find(browser, "#ground").await.send_keys("医").await?;
    find(browser, "#ask-change").await.send_keys(Key::Enter).await?;
    says(browser, "[data-test='done']", "訂正を申請しました").await;

    browser.delete_all_cookies().await?;
    log_in(browser, address, "baba").await;
    browser.goto(&format!("{address}/corrections")).await?;
    find(browser, "[data-test='open'] [data-item]").await.send_keys(Key::Enter).await?;
    find(browser, "input[name='v.temperature']").await.send_keys("36.8").await?;
    press(browser, Key::Enter).await;
    says(browser, "[data-test='ended']", "体温").await;
    says(browser, "[data-test='done']", "記録を訂正しました").await;
    Ok(())
}
