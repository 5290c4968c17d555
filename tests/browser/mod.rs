//! The screens in a real browser, by keyboard: a file a role. What they share is here.

mod accessible;
mod arbiter;
mod desk;
mod door;
mod mailroom;
mod payment;
mod planner;
mod runs;
mod verifier;

use crate::harness::{self, Running};
use crate::whole_way::LIMIT;
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
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
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
        // Two at once may try: the first one's stays.
        let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
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

/// All roles over this data directory, and the address of the screens once they answer.
pub fn serve(data: &Path) -> (Running, String) {
    let place =
        format!("127.0.0.1:{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port());
    let office = Running::start(data, &["run", "--listen", &place]);
    harness::wait_until("the screens", LIMIT, || std::net::TcpStream::connect(&place).is_ok());
    (office, format!("http://{place}"))
}

/// Does `work` in a browser of its own, whose profile lies in `data`.
pub fn in_browser<T>(data: &Path, work: impl AsyncFnOnce(&WebDriver) -> WebDriverResult<T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let driver = Driver::start();
        let browser = driver.browser(&data.join("chromium")).await;
        let result = work(&browser).await;
        browser.quit().await.unwrap();
        result.unwrap()
    })
}

/// The text of the element with this `data-test`, once it is there. Screens change while they are looked at, so an
/// element that has gone stale is looked up again.
pub async fn text(browser: &WebDriver, name: &str) -> String {
    let place = format!("[data-test='{name}']");
    for _ in 0..200 {
        if let Ok(element) = browser.find(By::Css(place.clone())).await
            && let Ok(text) = element.text().await
        {
            return text;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("no {name} on the screen: {:?}", browser.source().await);
}

pub async fn press(browser: &WebDriver, keys: impl Into<TypingData>) {
    browser.active_element().await.unwrap().send_keys(keys).await.unwrap();
}

/// Waits for an element, by its place.
pub async fn find(browser: &WebDriver, place: &str) -> WebElement {
    for _ in 0..200 {
        if let Ok(element) = browser.find(By::Css(place)).await {
            return element;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("no {place} on the screen");
}

/// Waits until the words of an element say something.
pub async fn says(browser: &WebDriver, place: &str, words: &str) {
    for _ in 0..200 {
        if let Ok(element) = browser.find(By::Css(place)).await
            && element.text().await.is_ok_and(|text| text.contains(words))
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let shown = match browser.find(By::Css("main")).await {
        Ok(main) => main.text().await.unwrap_or_default(),
        Err(error) => error.to_string(),
    };
    panic!("{place} never says {words}; the screen says {shown}");
}

/// The password of everybody in these tests.
pub const PASSWORD: &str = "for these tests only 7";

/// Makes the account `id` with these duties and comes in with it: the person's first day, set-up code and all.
/// Needs `whole_way::settings`, which leave the second factor to each person.
pub async fn sign_in(browser: &WebDriver, data: &Path, address: &str, id: &str, duties: &[&str]) {
    let code = harness::hire(data, id, duties);
    browser.goto(&format!("{address}/setup")).await.unwrap();
    for (name, value) in [("id", id), ("code", &code), ("password", PASSWORD), ("again", PASSWORD)] {
        find(browser, &format!("[name='{name}']")).await.send_keys(value).await.unwrap();
    }
    press(browser, Key::Enter).await;
    says(browser, "[data-test='staff']", id).await;
}

/// Comes in with an account that has its password.
pub async fn log_in(browser: &WebDriver, address: &str, id: &str) {
    browser.goto(&format!("{address}/login")).await.unwrap();
    for (name, value) in [("id", id), ("password", PASSWORD)] {
        find(browser, &format!("[name='{name}']")).await.send_keys(value).await.unwrap();
    }
    press(browser, Key::Enter).await;
    says(browser, "[data-test='staff']", id).await;
}

/// The `Cookie` line of the browser's session, for requests beside the browser.
pub async fn cookies(browser: &WebDriver) -> String {
    let all = browser.get_all_cookies().await.unwrap();
    all.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect::<Vec<_>>().join("; ")
}
