//! Two verifiers key one slip, the second one blind: by keyboard, with everything that the browser received looked at.

use super::verifier::office;
use super::{find, in_browser, press, says, sign_in, text};
use crate::harness;
use crate::whole_way::LIMIT;
use std::collections::BTreeMap;
use std::path::Path;
use thirtyfour::Key;
use thirtyfour::prelude::*;

/// What stands in every row that needs a look: typed text, or the key of the chosen option.
const ENTRIES: &str = "return [...document.querySelectorAll('.row.doubt')].map(row => {
    const typed = row.querySelector('input.value'), chosen = row.querySelector('.options input:checked');
    return [row.dataset.row, typed ? typed.value : (chosen ? chosen.dataset.key : '1')];
});";
/// A label whose number the machine could not read is keyed from its picture.
const LOT: &str = "const lot = document.querySelector('.doubt input[name=\"v.lot\"]');
    if (lot && !/[0-9]/.test(lot.value)) lot.value = 'AB123';";
/// Everything that this screen was made of: its own text with what stands in its entries, and whatever it fetched.
const RECEIVED: &str = "const done = arguments[arguments.length - 1];
    const entries = [...document.querySelectorAll('input:not([type=hidden])')].filter(i => i.type === 'text' || i.checked);
    const addresses = performance.getEntriesByType('resource').map(e => e.name).filter(a => !a.includes('/static/'));
    const texts = addresses.map(a => fetch(a).then(r => r.headers.get('content-type').startsWith('image') ? '' : r.text()));
    Promise.all([fetch(location.href).then(r => r.text()), ...texts])
        .then(all => done(all.join(' ') + document.body.innerText + entries.map(i => i.value).join(' ')));";

#[test]
fn a_second_keyer_works_blind_and_the_back_button_and_a_double_click_do_no_harm() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    let (_office, address) = office(data);
    let records = harness::status(data)["records"].as_u64().unwrap();
    in_browser(data, async |browser| two_people(browser, data, &address).await);
    let status = harness::status(data);
    assert_eq!(status["records"].as_u64(), Some(records + 1), "{status}");
}

async fn two_people(browser: &WebDriver, data: &Path, address: &str) -> WebDriverResult<()> {
    let waiting = harness::status(data)["pages"]["in_review"].as_u64().unwrap();
    sign_in(browser, data, address, "aoki", &["verifier"]).await;
    let first = keyed_first(browser, address).await?;
    // Ctrl+Z takes the save back; the same page is there again.
    press(browser, Key::Control + "z").await;
    says(browser, "[data-test='done']", "直前の保存を取り消しました").await;
    let again = keyed_first(browser, address).await?;
    assert_eq!(first, again);
    // The back button leads to a page that says how things stand.
    browser.back().await?;
    says(browser, "[data-test='kept']", "二次入力は、ほかの人が行います").await;

    browser.delete_all_cookies().await?;
    sign_in(browser, data, address, "baba", &["verifier"]).await;
    browser.goto(&format!("{address}/reviews?stage=second")).await?;
    assert_eq!(text(browser, "count").await, "1");
    press(browser, Key::Enter).await;
    text(browser, "blind").await;
    let received = browser.execute_async(RECEIVED, Vec::new()).await?;
    let received = received.json().as_str().unwrap_or_default().to_owned();
    assert!(received.contains("data-test=\"blind\""), "the screen itself was looked through");
    for (field, value) in first.iter().filter(|(field, value)| *field != "person" && value.len() > 1) {
        assert!(!received.contains(value.as_str()), "{field} was told to the second keyer");
    }
    type_in(browser, &first).await?;
    press(browser, Key::Control + Key::Enter).await;
    harness::wait_until("the commit", LIMIT, || harness::status(data)["pages"]["in_review"] == waiting - 1);
    says(browser, "[data-test='done']", "二次入力を保存しました").await;
    Ok(())
}

/// Opens the waiting page, confirms every row and saves with a double click; what was confirmed, row by row.
pub async fn keyed_first(browser: &WebDriver, address: &str) -> WebDriverResult<BTreeMap<String, String>> {
    browser.goto(&format!("{address}/reviews")).await?;
    press(browser, Key::Enter).await;
    find(browser, "#commit").await;
    press(browser, "1").await;
    for _ in 0..60 {
        if text(browser, "left").await.contains("すべて確認しました") {
            break;
        }
        press(browser, Key::Enter).await;
    }
    browser.execute(LOT, Vec::new()).await?;
    let entries = browser.execute(ENTRIES, Vec::new()).await?;
    let entries: Vec<(String, String)> = entries.convert()?;
    browser.execute("const b = document.querySelector('#commit'); b.click(); b.click();", Vec::new()).await?;
    says(browser, "[data-test='done']", "ほかの人の二次入力を待ちます").await;
    Ok(entries.into_iter().collect())
}

/// Keys every row that the screen asks for, as the first person did.
pub async fn type_in(browser: &WebDriver, values: &BTreeMap<String, String>) -> WebDriverResult<()> {
    let asked = browser
        .execute("return [...document.querySelectorAll('.row.doubt')].map(r => r.dataset.row)", Vec::new());
    let asked: Vec<String> = asked.await?.convert()?;
    assert!(!asked.is_empty());
    for field in asked {
        let value = if field == "person" { "1" } else { values[&field].as_str() };
        press(browser, value).await;
        press(browser, Key::Enter).await;
        find(browser, &format!("[data-row='{field}'].done")).await;
    }
    says(browser, "[data-test='left']", "すべて確認しました").await;
    Ok(())
}
