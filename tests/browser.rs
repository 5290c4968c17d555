//! The screens in a real browser, by keyboard.

use crate::harness::{self, Running};
use crate::whole_way::{LIMIT, drop_in, post, settings};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use thirtyfour::prelude::*;
use thirtyfour::{Key, TypingData};

/// Chromium's driver, ended with the test.
struct Driver {
    child: Child,
    port: u16,
}

impl Driver {
    fn start() -> Self {
        let port = free_port();
        let child = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed: `make test` does it");
        Self { child, port }
    }

    async fn browser(&self, profile: &Path) -> WebDriver {
        let mut capabilities = DesiredCapabilities::chrome();
        let profile = format!("--user-data-dir={}", profile.display());
        for argument in [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1366,768",
            &profile,
        ] {
            capabilities.add_arg(argument).unwrap();
        }
        let address = format!("http://127.0.0.1:{}", self.port);
        for _ in 0..100 {
            if let Ok(browser) = WebDriver::new(&address, capabilities.clone()).await {
                return browser;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!("no browser after 20 seconds");
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The text of the element with this `data-test`, once it is there. Screens change while they are looked at, so an
/// element that has gone stale is looked up again.
async fn text(browser: &WebDriver, name: &str) -> String {
    let place = format!("[data-test='{name}']");
    for _ in 0..200 {
        if let Ok(element) = browser.find(By::Css(place.clone())).await
            && let Ok(text) = element.text().await
        {
            return text;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("no {name} on the screen");
}

async fn press(browser: &WebDriver, keys: impl Into<TypingData>) {
    browser.active_element().await.unwrap().send_keys(keys).await.unwrap();
}

/// Two slips: one that nothing speaks against, and one whose visitor wrote another birth date.
fn office(data: &Path) -> (Running, String) {
    settings(data);
    for name in post(data, 2, 21, Some(1)) {
        drop_in(data, &name);
    }
    let port = free_port();
    let office = Running::start(data, &["run", "--listen", &format!("127.0.0.1:{port}")]);
    harness::wait_until("two slips", LIMIT, || {
        data.join("yomitori.db").is_file() && harness::pages(&harness::status(data)) == (2, 0)
    });
    (office, format!("http://127.0.0.1:{port}"))
}

#[test]
fn a_clerk_commits_a_doubtful_slip_by_keyboard_and_finds_it_in_the_ledger() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    let (_office, address) = office(data);
    let waiting = harness::status(data)["pages"]["in_review"].as_u64().unwrap();
    assert!(waiting >= 1, "a birth date that is not the register's waits for a person");
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let driver = Driver::start();
        let browser = driver.browser(&data.join("chromium")).await;
        let result = clerk(&browser, data, &address, waiting).await;
        browser.quit().await.unwrap();
        result.unwrap();
    });
    let status = harness::status(data);
    assert_eq!(status["records"], status["pages"]["committed"], "{status}");
}

async fn clerk(browser: &WebDriver, data: &Path, address: &str, waiting: u64) -> WebDriverResult<()> {
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
    harness::wait_until("the commit", LIMIT, || harness::status(data)["pages"]["in_review"] == waiting - 1);
    while browser.current_url().await? == before {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(text(browser, "done").await.contains("確定"));
    // The ledger has the record with its values.
    browser.goto(&format!("{address}/residents")).await?;
    press(browser, "タカハシ").await;
    press(browser, Key::Enter).await;
    assert!(text(browser, "persons").await.contains("髙橋"));
    let mut records = 0;
    for link in browser.find_all(By::Css("[data-test='persons'] a")).await? {
        let ledger = format!("{address}{}", link.attr("href").await?.unwrap_or_default());
        let answer = Command::new("curl").args(["-s", &ledger]).output().expect("curl runs");
        records += String::from_utf8_lossy(&answer.stdout).matches("data-test=\"record\"").count() as u64;
    }
    assert_eq!(records, harness::status(data)["records"].as_u64().unwrap());
    assert!(records >= 1);
    Ok(())
}

/// Waits for an element, by its place.
async fn find(browser: &WebDriver, place: &str) -> WebElement {
    for _ in 0..200 {
        if let Ok(element) = browser.find(By::Css(place)).await {
            return element;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("no {place} on the screen");
}

/// Waits until the words of an element say something.
async fn says(browser: &WebDriver, place: &str, words: &str) {
    for _ in 0..200 {
        if let Ok(element) = browser.find(By::Css(place)).await
            && element.text().await.is_ok_and(|text| text.contains(words))
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{place} never says {words}");
}

#[test]
fn a_planner_makes_a_form_from_an_empty_sheet_tries_it_and_puts_it_into_use() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    let pdf = data.join("empty.pdf");
    harness::succeed(data, &["form", "preview", "lung-screening", "--out", &pdf.display().to_string()]);
    let port = free_port();
    let _office = Running::start(data, &["run", "--listen", &format!("127.0.0.1:{port}")]);
    harness::wait_until("the screens", LIMIT, || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let driver = Driver::start();
        let browser = driver.browser(&data.join("chromium")).await;
        let result = planner(&browser, &format!("http://127.0.0.1:{port}"), &pdf).await;
        browser.quit().await.unwrap();
        result.unwrap();
    });
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

async fn planner(browser: &WebDriver, address: &str, pdf: &Path) -> WebDriverResult<()> {
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
