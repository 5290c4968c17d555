//! A payment clerk's day by keyboard: a claim keyed, slips decided, a difference settled, confirmed by two people; an
//! administrator unlocks it.

use super::accessible::wrong_with;
use super::{find, in_browser, press, says, serve, sign_in, text};
use crate::command_line::form;
use crate::whole_way::settings;
use domain::actor::Actor;
use domain::clinic::Clinic;
use domain::ids::{PageId, ResidentId};
use domain::matching::MatchOutcome;
use domain::message::{Milliseconds, PageRead};
use domain::page::PageState;
use domain::personal::Personal;
use domain::programme::Programmes;
use domain::reading::{PageReading, Value};
use domain::record::{SlipDraft, commit};
use domain::resident::{Resident, Sex};
use domain::rules::{RuleCode, Values};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use std::path::Path;
use store::{Committed, ImportMode, NewFile, NewImage, NewPage, Store, TakenFile};
use thirtyfour::Key;
use thirtyfour::prelude::*;

const CLINIC: &str = "1310000011";
const PRICES: &str = "programme,class,from_day,unit,tax,self_pay
influenza-elderly,general,2026-04-01,4500,included,1500
influenza-elderly,postponed,2026-04-01,2200,included,0
";

fn at() -> Timestamp {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

fn resident(number: usize, since: Date) -> Resident {
    Resident {
        id: ResidentId(format!("{number:010}")),
        name: Personal::new(format!("架空 花子{number}")),
        kana: Personal::new("カクウ ハナコ".into()),
        sex: Sex::F,
        birth_date: Personal::new(date(1940, 3, 4)),
        postal_code: Personal::new("999-0001".into()),
        address: Personal::new("架空市見本町1-2-3".into()),
        resident_since: since,
        resident_until: None,
        until_reason: None,
        household: None,
        tax_exempt: false,
        protected: false,
    }
}

/// Three committed slips of one clinic's October: a sound one, one put off, and one of somebody who had not moved in yet.
fn october(data: &Path) {
    let store = Store::open(&data.join("yomitori.db")).unwrap();
    let clerk = Actor::new("clerk", "desk-1");
    let form = form("influenza-elderly");
    let since = [date(2000, 1, 1), date(2000, 1, 1), date(2026, 10, 20)];
    let residents: Vec<Resident> =
        since.into_iter().enumerate().map(|(at, day)| resident(at + 1, day)).collect();
    let ids: Vec<ResidentId> = residents.iter().map(|resident| resident.id.clone()).collect();
    let clinic = Clinic {
        code: CLINIC.into(),
        name: "架空医院".into(),
        address: String::new(),
        phone: String::new(),
        account: None,
        invoice_number: None,
    };
    let prices = domain::claim::price::parse(PRICES.as_bytes()).unwrap().good;
    let issued = store
        .write(|rows| {
            rows.import_clinics(&[clinic], &clerk, at())?;
            rows.import_prices(&prices, &clerk, at())?;
            rows.import_residents(&residents, ImportMode::Full, &clerk, at())?;
            rows.issue_slips(&form, &ids, &clerk, "2026-09-15T00:00:00Z".parse().unwrap())
        })
        .unwrap();
    let page = |number| NewPage {
        number,
        image: NewImage::Stored { image: format!("slip:{number}").into(), media: "image/jpeg".into() },
    };
    let file = NewFile {
        scan: "october".into(),
        name: "october.tif".into(),
        folder: String::new(),
        bytes: 1000,
        pages: (1..=3).map(page).collect(),
    };
    let TakenFile::Taken { pages, .. } = store.write(|rows| rows.take_file(&file, at())).unwrap() else {
        panic!("the file is new")
    };
    for (index, (page, _)) in pages.iter().enumerate() {
        let values = slip(&form, if index == 1 { "postponed" } else { "possible" }, index);
        let proven = commit(SlipDraft {
            form: &form,
            number: Some(issued[index].0.clone()),
            resident: &residents[index],
            values,
            history: &[],
            programmes: &Programmes::built_in(),
            lots: &[],
            issued_on: Some(date(2026, 9, 15)),
            scanned_on: date(2026, 11, 1),
            accepted: &[RuleCode::NotResident],
        })
        .unwrap();
        store
            .write(|rows| {
                rows.apply_reading(&unreadable(page), at())?;
                rows.send_to_review(page, &MatchOutcome::None, &[], at())?;
                let taken = rows.commit(page, &proven, &clerk, at())?;
                assert!(matches!(taken, Committed::Done(_)), "{taken:?}");
                assert_eq!(rows.page(page)?.unwrap().state, PageState::Committed);
                Ok(())
            })
            .unwrap();
    }
}

fn unreadable(page: &PageId) -> PageRead {
    PageRead {
        page: page.clone(),
        round: 1,
        reader: "test".into(),
        edition: domain::edition::Edition::default(),
        reading: PageReading::Unreadable { reason: "白紙".into() },
        milliseconds: Milliseconds::default(),
    }
}

/// Everything that a person keys of a slip; days apart, so that no slip is another's double.
fn slip(form: &domain::form::Form, judgement: &str, index: usize) -> Values {
    let mut values: Values =
        (1..=10).map(|question| (format!("q{question}").as_str().into(), Value::Text("no".into()))).collect();
    let day = format!("2026-10-{:02}", 5 + index);
    let known = [
        ("birth_date", "1940-03-04"),
        ("sex", "F"),
        ("temperature", "36.5"),
        ("consent", "agree"),
        ("signature", "present"),
        ("judgement", judgement),
        ("doctor_signature", "present"),
        ("visit_date", day.as_str()),
        ("volume", "0.5"),
        ("lot", "DX918"),
        ("clinic_code", CLINIC),
    ];
    for (field, value) in known {
        let no_lot = judgement == "postponed" && matches!(field, "lot" | "volume");
        values.insert(field.into(), if no_lot { Value::Blank } else { Value::Text(value.into()) });
    }
    values.retain(|id, _| form.field(id.as_str()).is_some());
    values
}

#[test]
fn a_claim_is_keyed_decided_confirmed_by_two_people_and_unlocked_by_an_administrator() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    settings(data);
    october(data);
    let (_office, address) = serve(data);
    in_browser(data, async |browser| {
        let case = first_clerk(browser, data, &address).await?;
        second_clerk(browser, data, &address, &case).await?;
        administrator(browser, data, &address, &case).await
    });
}

/// Keys the claim, decides, settles and confirms; the address of the clinic's month.
async fn first_clerk(browser: &WebDriver, data: &Path, address: &str) -> WebDriverResult<String> {
    sign_in(browser, data, address, "aoki", &["payment"]).await;
    browser.goto(&format!("{address}/claims?month=2026-10")).await?;
    says(browser, "[data-test='clinic']", "請求書待ち").await;
    press(browser, "n").await;
    find(browser, "#clinic").await.send_keys(CLINIC).await?;
    press(browser, Key::Enter).await;
    find(browser, "#received").await;
    // Enter leads from field to field; the paper says 3 x 3,000 = 9,100.
    press(browser, "R8.11.1".to_owned() + Key::Enter).await;
    down_to(browser, "influenza-elderly").await?;
    press(browser, Key::Enter).await;
    press(browser, Key::Enter).await;
    down_to(browser, "general").await?;
    press(browser, Key::Enter).await;
    for keys in ["3", "3000", "9100"] {
        press(browser, keys.to_owned() + Key::Enter).await;
    }
    says(browser, "tr[data-line='0'] [data-told]", "差 100").await;
    press(browser, Key::Control + Key::Enter).await;
    says(browser, "[data-test='done']", "請求書を登録しました").await;
    let case = format!("{address}/claims/2026-10/{CLINIC}");
    // The two slips with findings come first; the worst beside the list.
    says(browser, "[data-test='state']", "審査中").await;
    let screens = [case.clone(), format!("{case}/key"), format!("{address}/claims?month=2026-10")];
    let wrong = wrong_with(browser, address, &screens).await?;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    browser.goto(&case).await?;
    let first = text(browser, "detail").await;
    press(browser, "j").await;
    for _ in 0..100 {
        if text(browser, "detail").await != first {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    press(browser, "k").await;
    find(browser, "#beside:not([inert])").await;
    // Whoever had not moved in goes back; taken back with U, and decided again.
    until_shown(browser, "住民でない").await;
    press(browser, "r").await;
    find(browser, "#decide-return[open] :checked").await;
    press(browser, "1").await;
    press(browser, Key::Enter).await;
    says(browser, "[data-test='done']", "判断を記録しました").await;
    press(browser, "u").await;
    says(browser, "[data-test='done']", "判断を取り消しました").await;
    press(browser, "r").await;
    find(browser, "#decide-return[open] :checked").await;
    press(browser, Key::Enter).await;
    says(browser, "[data-test='done']", "判断を記録しました").await;
    // The one put off is paid as such: a reason by its digit.
    until_shown(browser, "予診のみ").await;
    press(browser, "a").await;
    find(browser, "#decide-accept[open]").await;
    press(browser, "2").await;
    press(browser, Key::Enter).await;
    says(browser, "[data-test='done']", "判断を記録しました").await;
    // What the paper adds up wrongly is settled, line and all.
    while browser.find(By::Css("[data-test^='settle-']")).await.is_ok() {
        press(browser, "d").await;
        find(browser, "dialog[open] [name=pick]").await;
        press(browser, "1").await;
        press(browser, Key::Enter).await;
        says(browser, "[data-test='done']", "差異を確認済みにしました").await;
    }
    assert_eq!(text(browser, "payable").await, "5,200円");
    press(browser, "f").await;
    says(browser, "[data-test='done']", "一人目の確認を記録しました").await;
    assert!(browser.find(By::Css("[data-test='confirm']")).await.is_err(), "one person confirms once");
    Ok(case)
}

/// Chooses an option of the list that has the cursor, with the arrow.
async fn down_to(browser: &WebDriver, value: &str) -> WebDriverResult<()> {
    for _ in 0..40 {
        if browser.active_element().await?.value().await?.as_deref() == Some(value) {
            return Ok(());
        }
        press(browser, Key::Down).await;
    }
    panic!("the list has no {value}");
}

/// Goes down the list until the slip beside it says `words`.
async fn until_shown(browser: &WebDriver, words: &str) {
    for _ in 0..10 {
        find(browser, "#beside:not([inert])").await;
        if text(browser, "detail").await.contains(words) {
            return;
        }
        press(browser, "j").await;
    }
    panic!("no slip says {words}");
}

async fn second_clerk(browser: &WebDriver, data: &Path, address: &str, case: &str) -> WebDriverResult<()> {
    browser.delete_all_cookies().await?;
    sign_in(browser, data, address, "baba", &["payment"]).await;
    browser.goto(case).await?;
    says(browser, "[data-test='first']", "aoki").await;
    press(browser, "f").await;
    says(browser, "[data-test='locked']", "5,200円").await;
    browser.goto(&format!("{address}/claims?month=2026-10")).await?;
    assert_eq!(text(browser, "total-payable").await, "5,200");
    assert!(text(browser, "progress").await.contains("1 / 1"));
    Ok(())
}

async fn administrator(browser: &WebDriver, data: &Path, address: &str, case: &str) -> WebDriverResult<()> {
    browser.delete_all_cookies().await?;
    sign_in(browser, data, address, "kanri", &["administrator"]).await;
    browser.goto(case).await?;
    find(browser, "[data-test='unlock']").await;
    assert!(!browser.source().await?.contains("花子"), "an administrator sees no person");
    find(browser, "[name=words]").await.send_keys("医療機関からの申し出").await?;
    press(browser, Key::Enter).await;
    says(browser, "[data-test='done']", "確定を解除しました").await;
    Ok(())
}
