//! A planner makes a form of paper that others print.

use super::{find, in_browser, press, says, serve, sign_in};
use crate::harness;
use crate::whole_way::settings;
use std::path::Path;
use thirtyfour::Key;
use thirtyfour::prelude::*;

#[test]
fn a_planner_makes_a_form_from_an_empty_sheet_tries_it_and_puts_it_into_use() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    let pdf = data.join("empty.pdf");
    harness::succeed(data, &["form", "preview", "lung-screening", "--out", &pdf.display().to_string()]);
    settings(data);
    let (_office, address) = serve(data);
    in_browser(data, async |browser| planner(browser, data, &address, &pdf).await);
    let listed = harness::succeed(data, &["form", "list"]);
    assert!(listed.contains("other-lung") && listed.contains("よその肺がん検診票"), "{listed}");
    let shown = harness::succeed(data, &["form", "show", "other-lung", "--json"]);
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let years =
        shown["fields"].as_array().unwrap().iter().find(|field| field["id"] == "smoking_years").unwrap();
    assert_eq!((&years["kind"], &years["required"]), (&"digits".into(), &true.into()));
    assert_eq!(years["boxes_mm"].as_array().unwrap().len(), 2);
    assert_eq!(shown["version"], 1);
}

async fn planner(browser: &WebDriver, data: &Path, address: &str, pdf: &Path) -> WebDriverResult<()> {
    sign_in(browser, data, address, "okamoto", &["planner"]).await;
    browser.goto(&format!("{address}/forms")).await?;
    find(browser, "#new-name").await.send_keys("よその肺がん検診票").await?;
    // An id that is taken is refused, and said.
    find(browser, "#new-id").await.send_keys("lung-screening").await?;
    find(browser, "#new-file").await.send_keys(pdf.display().to_string()).await?;
    find(browser, "#new-submit").await.click().await?;
    says(browser, "[data-test='wrong']", "もう使われています").await;
    let id = find(browser, "#new-id").await;
    id.clear().await?;
    id.send_keys("other-lung").await?;
    find(browser, "#new-submit").await.click().await?;
    // All found boxes are taken, then one of them is named.
    find(browser, "#take-all").await.click().await?;
    let label = "//li/button[contains(., '吸った年数')]";
    browser.find(By::XPath(label)).await?.click().await?;
    let id = find(browser, "[data-test='field'] [data-key='id']").await;
    id.clear().await?;
    id.send_keys("Smoking").await?;
    says(browser, "[data-test='problem']", "半角の英小文字").await;
    id.clear().await?;
    id.send_keys("smoking_years").await?;
    find(browser, "[data-test='field'] [data-key='required']").await.click().await?;
    // A step of an arrow moves the field by a tenth of a millimetre; undone, it is back.
    let left =
        async || find(browser, "#paper .picked rect").await.attr("x").await.map(|x| x.unwrap_or_default());
    let before = left().await?;
    browser.execute("document.querySelector('#desk').focus()", Vec::new()).await?;
    press(browser, Key::Right).await;
    assert_ne!(left().await?, before);
    press(browser, Key::Control + "z").await;
    assert_eq!(left().await?, before);
    find(browser, "#try").await.click().await?;
    let scan = harness::root().join("samples/lung-screening-clean-jpeg/page.jpg");
    find(browser, "#trial-files").await.send_keys(scan.display().to_string()).await?;
    says(browser, "[data-test='residual']", "位置合わせの誤差 0.").await;
    says(browser, "[data-test='read-smoking_years'] .value", "26").await;
    find(browser, "#trial [data-close]").await.click().await?;
    find(browser, "#live").await.click().await?;
    says(browser, "[data-test='live-words']", "項目で本番にします").await;
    find(browser, "#live-sure").await.click().await?;
    says(browser, "[data-test='restart-other-lung']", "次に読取りを起動したとき").await;
    Ok(())
}
