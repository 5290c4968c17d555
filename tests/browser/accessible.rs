//! Every screen for everybody: no serious barrier that axe knows of, nothing cut off at 200 % zoom, English without
//! Japanese left over.

use super::{find, in_browser, serve, sign_in};
use crate::harness;
use crate::whole_way::{LIMIT, drop_in, post, settings};
use serde_json::Value;
use std::path::Path;
use thirtyfour::prelude::*;

/// The axe rules' engine, as its makers ship it.
const AXE: &str = include_str!("../axe/axe.min.js");
const DUTIES: [&str; 7] =
    ["mailroom", "verifier", "arbiter", "payment", "planner", "administrator", "auditor"];
/// Screens that are always there; those of a page, a file, a person are found by their links.
const SCREENS: [&str; 28] = [
    "/",
    "/inbox",
    "/envelopes",
    "/daily",
    "/reviews",
    "/runs",
    "/enquiries",
    "/corrections",
    "/residents",
    "/paper",
    "/forms",
    "/quality",
    "/quality/errors",
    "/quality/settings",
    "/settings/second-keying",
    "/access-log",
    "/claims",
    "/claims/new",
    "/claims/search",
    "/claims/trends",
    "/claims/prices",
    "/lots?lot=DX918",
    "/staff",
    "/staff/duties",
    "/staff/sessions",
    "/me",
    "/me/password",
    "/nothing-here",
];
/// Links that lead to one screen each: where they stand, and what they begin with.
const LINKS: [(&str, &str); 5] = [
    ("/inbox", "/inbox/"),
    ("/", "/envelopes/"),
    ("/reviews", "/reviews/"),
    ("/inbox", "/pages/"),
    ("/residents", "/residents/"),
];

/// What axe finds: every rule broken seriously, with the first place.
const LOOK: &str = "const done = arguments[arguments.length - 1];
    axe.run(document, { resultTypes: ['violations'] }).then((result) => done(result.violations
        .filter((rule) => rule.impact === 'serious' || rule.impact === 'critical')
        .map((rule) => `${rule.id}: ${rule.help} (${rule.nodes.length}) ${rule.nodes[0].html.slice(0, 160)}`)));";
/// How far the screen is wider than the window, CSS pixels.
const TOO_WIDE: &str = "return document.documentElement.scrollWidth - document.documentElement.clientWidth;";
/// Texts with Japanese in them outside of data.
const JAPANESE: &str = "const left = new Set();
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const node = walk.currentNode;
        if (!/[\\u3005-\\u30ff\\u3400-\\u9fff]/.test(node.data)) continue;
        if (node.parentElement.closest('script, style, textarea, [translate=no]')) continue;
        left.add(node.data.trim());
    }
    return [...left];";

#[test]
fn no_screen_has_a_serious_barrier_or_is_cut_off_when_enlarged_or_is_half_english() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    settings(data);
    for name in post(data, 2, 21, Some(1)) {
        drop_in(data, &name);
    }
    let (_office, address) = serve(data);
    harness::wait_until("two slips", LIMIT, || {
        data.join("yomitori.db").is_file() && harness::pages(&harness::status(data)) == (2, 0)
    });
    let barriers = in_browser(data, async |browser| walk(browser, data, &address).await);
    assert!(barriers.is_empty(), "{}", barriers.join("\n"));
}

/// Goes to every screen three times and says what is wrong with them.
async fn walk(browser: &WebDriver, data: &Path, address: &str) -> WebDriverResult<Vec<String>> {
    sign_in(browser, data, address, "everybody", &DUTIES).await;
    let mut screens: Vec<String> = SCREENS.map(|place| format!("{address}{place}")).to_vec();
    for (at, beginning) in LINKS {
        browser.goto(&format!("{address}{at}")).await?;
        if at == "/residents" {
            let words = browser.find(By::Css("input[name=words]")).await?;
            words.send_keys("タカハシ\n").await?;
        }
        let link = find(browser, &format!("main a[href^='{beginning}']")).await;
        screens.push(format!("{address}{}", link.attr("href").await?.unwrap_or_default()));
    }
    wrong_with(browser, address, &screens).await
}

/// What is wrong with these screens of `address`: barriers, what is cut off, what is not in English.
pub async fn wrong_with(
    browser: &WebDriver,
    address: &str,
    screens: &[String],
) -> WebDriverResult<Vec<String>> {
    let mut wrong = Vec::new();
    for screen in screens {
        let name = screen.trim_start_matches(address);
        browser.goto(screen).await?;
        browser.execute(AXE, Vec::new()).await?;
        let found = browser.execute_async(LOOK, Vec::new()).await?;
        let found = found.json().as_array().cloned().unwrap_or_default();
        wrong.extend(found.iter().map(|barrier| format!("{name}: {}", barrier.as_str().unwrap_or_default())));
        // 1366 x 768 at 200 % leaves as many CSS pixels as a window of half the size.
        browser.set_window_rect(0, 0, 683, 600).await?;
        let wide = browser.execute(TOO_WIDE, Vec::new()).await?.json().as_i64().unwrap_or_default();
        if wide > 0 {
            wrong.push(format!("{name}: {wide} px are cut off at 200 %"));
        }
        browser.set_window_rect(0, 0, 1366, 768).await?;
    }
    browser.execute("document.cookie = 'lang=en; path=/'", Vec::new()).await?;
    for screen in screens {
        browser.goto(screen).await?;
        find(browser, "html:not(.translating)").await;
        let left = browser.execute(JAPANESE, Vec::new()).await?;
        let left = left.json().as_array().cloned().unwrap_or_default();
        let left = left.iter().filter_map(Value::as_str);
        wrong.extend(
            left.map(|text| format!("{}: not in English: {text}", screen.trim_start_matches(address))),
        );
    }
    browser.execute("document.cookie = 'lang=ja; path=/'", Vec::new()).await?;
    Ok(wrong)
}
