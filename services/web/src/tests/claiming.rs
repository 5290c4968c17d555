//! A small office whose slips are claimed, and what its screens of claims say.

use super::office::*;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::clinic::Clinic;
use domain::duty::Duty;
use domain::ids::{ManagementNumber, PageId, ResidentId};
use domain::reading::{PageReading, Value};
use domain::record::{SlipDraft, commit};
use domain::rules::Values;
use jiff::civil::{Date, date};
use store::Committed;

/// The clinic of these tests.
pub const CLINIC: &str = "1310000011";

pub fn with_clinic(office: &Office) {
    let clinic = Clinic {
        code: CLINIC.into(),
        name: "見本医院".into(),
        address: "架空市1-1".into(),
        phone: "000-111-2222".into(),
        account: None,
        invoice_number: None,
    };
    office.store.write(|rows| rows.import_clinics(&[clinic], &clerk(), ago(50))).unwrap();
}

/// A committed slip of resident `owner` (from 0): page and record.
pub async fn committed(
    office: &Office,
    name: &str,
    owner: usize,
    day: Date,
    more: &[(&str, &str)],
) -> PageId {
    let page = office.scan(name, 1).await.remove(0);
    let number = office.numbers[owner].clone();
    commit_page(office, &page, Some(number), owner, day, more);
    page
}

/// The same of a page that is there.
pub fn commit_page(
    office: &Office,
    page: &PageId,
    number: Option<ManagementNumber>,
    owner: usize,
    day: Date,
    more: &[(&str, &str)],
) {
    let read = number.clone().unwrap_or_else(|| office.numbers[owner].clone());
    office.read(page, PageReading::Read(Box::new(reading(&office.form, &read))));
    office.send(page, &[]);
    let mut values: Values = [
        ("birth_date".into(), Value::Text("1950-03-04".into())),
        ("visit_date".into(), Value::Text(day.to_string())),
        ("signature".into(), Value::Text("present".into())),
        ("clinic_code".into(), Value::Text(CLINIC.into())),
    ]
    .into();
    values.extend(more.iter().map(|(field, value)| ((*field).into(), Value::Text((*value).into()))));
    let id = ResidentId(format!("1000000{}", owner + 1));
    let resident = office.store.read(|rows| rows.resident(&id)).unwrap().unwrap();
    let slip = commit(SlipDraft {
        form: &office.form,
        number,
        resident: &resident,
        values,
        history: &[],
        programmes: &domain::programme::Programmes::built_in(),
        lots: &[],
        issued_on: None,
        scanned_on: date(2026, 11, 20),
        accepted: &[],
    })
    .unwrap();
    let taken = office.store.write(|rows| rows.commit(page, &slip, &clerk(), ago(5))).unwrap();
    assert!(matches!(taken, Committed::Done(_)), "{taken:?}");
}

#[tokio::test]
async fn a_lot_finds_everybody_who_received_it_and_hides_protected_addresses() {
    let office = Office::of_claims();
    with_clinic(&office);
    committed(&office, "a.tif", 0, date(2026, 10, 3), &[("lot", "DX918"), ("dose_number", "2")]).await;
    committed(&office, "b.tif", 2, date(2026, 10, 4), &[("lot", "AB123 / dx-918")]).await;
    committed(&office, "c.tif", 1, date(2026, 10, 5), &[("lot", "OX918")]).await;
    let found = office.get("/lots?lot=%EF%BC%A4%EF%BC%B8%20918").await;
    let text = found.text();
    assert_eq!(found.words("persons"), "2");
    assert!(
        text.contains("見本 花子") && text.contains("秘密 花子") && text.contains("000-111-2222"),
        "{text}"
    );
    assert!(text.contains("令和8年10月3日") && text.contains("2回目"));
    assert!(
        text.contains("OX918") && !text.contains("script&#62;alert"),
        "a lot that looks alike is offered"
    );
    let list = &text[text.find("data-test=\"uses\"").unwrap()..];
    assert_eq!(list.matches("架空市見本町1-2-3").count(), 1, "that of the protected person is hidden");
    assert!(list.contains("支援措置のため表示できません"));

    let planner = office.by("keikaku", &[Duty::Planner]);
    assert_eq!(planner.get("/lots?lot=DX918").await.words("persons"), "2");
    let form = [("lot", "DX918"), ("reason", " ")];
    assert_eq!(planner.post("/lots/file", &form).await.status, StatusCode::BAD_REQUEST);
    let file = planner.post("/lots/file", &[("lot", "DX918"), ("reason", "自主回収の連絡")]).await;
    let text = file.text();
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(text.starts_with("\u{feff}ロット番号,宛名番号") && text.contains("10000001,見本 花子"));
    assert_eq!(text.matches("見本町").count(), 1);
    let month = domain::month::Month::of(crate::people::today());
    let exports = office.store.read(|rows| rows.exports(month)).unwrap();
    assert_eq!((exports[0].rows, exports[0].reason.as_str()), (2, "自主回収の連絡"));
    let log = office.store.read(|rows| rows.access_page(&Default::default(), i64::MAX, 9)).unwrap();
    assert_eq!(log[0].reason.as_deref(), Some("自主回収の連絡"));
    assert_eq!(log.iter().filter(|line| line.screen == "lots_file").count(), 2);
    let verifier = office.by("kakunin", &[Duty::Verifier]);
    assert_eq!(verifier.get("/lots?lot=DX918").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_lot_that_is_only_read_yet_is_told() {
    let office = Office::of_claims();
    let page = office.scan("w.tif", 1).await.remove(0);
    let mut read = reading(&office.form, &office.numbers[0]);
    let mut lot = read.fields[0].clone();
    (lot.id, lot.value) = ("lot".into(), Value::Text("ZZ1".into()));
    read.fields.push(lot);
    office.read(&page, PageReading::Read(Box::new(read)));
    office.send(&page, &[doubtful_date()]);
    let nobody = office.get("/lots?lot=zz-1").await;
    assert!(nobody.text().contains("まだ確定していない票にも") && nobody.text().contains(page.as_str()));
    assert!(nobody.text().contains("このロットを受けた人の記録はありません"));
    assert!(office.get("/lots").await.text().contains("ロット番号"));
}

#[tokio::test]
async fn a_slip_is_found_by_its_number_and_by_its_person() {
    let office = Office::of_claims();
    with_clinic(&office);
    committed(&office, "a.tif", 0, date(2026, 10, 3), &[("lot", "DX918")]).await;
    let number = office.numbers[0].0.clone();
    for words in [number.as_str(), "見本 S25.3.4"] {
        let text = office.post("/claims/search", &[("words", words)]).await.text();
        assert!(text.contains(&number) && text.contains("見本医院") && text.contains("DX918"), "{text}");
        assert!(text.contains("まだ何も判断されていません"));
        assert!(text.contains(&format!("/claims/2026-10/{CLINIC}")));
    }
    let nobody = office.post("/claims/search", &[("words", "99999999")]).await.text();
    assert!(nobody.contains("該当する票・住民はありません"));
}

const PRICES: &str = "programme,class,from_day,unit,tax,self_pay
trial,general,2026-04-01,4500,included,1500
trial,postponed,2026-04-01,2000,excluded,0
trial,general,2026-04-01,10,included,0
";

/// A clinic with prices, three slips of October and a claim that says four and adds up wrongly.
async fn claimed_month(office: &Office) -> String {
    with_clinic(office);
    let import = Request::post("/claims/prices/import/prices").body(Body::from(PRICES)).unwrap();
    let imported = office.send_request(import).await;
    assert!(
        imported.text().contains("2行を取り込みました") && imported.text().contains("4行目"),
        "{}",
        imported.text()
    );
    committed(office, "a.tif", 0, date(2026, 10, 3), &[("lot", "DX918"), ("judgement", "possible")]).await;
    committed(office, "b.tif", 1, date(2026, 10, 4), &[("lot", "DX918"), ("judgement", "possible")]).await;
    committed(office, "c.tif", 2, date(2026, 10, 5), &[("self_pay", "welfare")]).await;
    let address = format!("/claims/2026-10/{CLINIC}");
    let keyed = [
        ("received", "R8.11.5"),
        ("programme", "trial"),
        ("round", ""),
        ("class", "general"),
        ("count", "４"),
        ("unit", "3,000"),
        ("amount", "12500"),
        ("total_count", "4"),
        ("total_amount", "12500"),
    ];
    let wrong = keyed.map(|(name, value)| if name == "count" { (name, "四") } else { (name, value) });
    let refused = office.post(&format!("{address}/key"), &wrong).await;
    assert!(refused.text().contains("1行目：件数を数字で入力してください"), "{}", refused.text());
    assert!(refused.text().contains("12500"), "what was typed is still there");
    let entered = office.post(&format!("{address}/key"), &keyed).await;
    assert_eq!(entered.location(), format!("{address}?done=entered"));
    address
}

/// The first number behind `before` in `text`.
fn behind(text: &str, before: &str) -> String {
    let at = text.find(before).unwrap_or_else(|| panic!("no {before} in {text}")) + before.len();
    text[at..].chars().take_while(|c| *c != '"').collect()
}

#[tokio::test]
async fn a_claim_is_worked_through_confirmed_by_two_locked_and_unlocked_by_a_third() {
    let office = Office::of_claims();
    let address = claimed_month(&office).await;
    let aoki = office.by("aoki", &[Duty::Payment]);
    let month = aoki.get("/claims?month=2026-10").await;
    assert!(month.text().contains("見本医院") && month.text().contains("審査中"), "{}", month.text());
    assert_eq!(month.words("total-claimed"), "12,500");
    let case = aoki.get(&address).await;
    let text = case.text();
    assert_eq!(case.words("claimed"), "12,500円");
    // Four claimed and three there, 4 x 3,000 is not 12,500: both said, nothing corrected.
    assert!(
        text.contains("請求4件に対し、票は3枚です") && text.contains("12,500円と書かれています"),
        "{text}"
    );
    assert!(text.contains("data-test=\"way\"") && !text.contains("data-test=\"confirm\""));
    // The slip of another class is on top: whose it is, and that there is no price for it.
    assert!(text.contains("秘密 花子") && !text.contains("見本町"), "{text}");
    assert!(text.contains("単価なし") && text.contains("/snippet/self_pay"), "{text}");
    let record = behind(&text, "data-record=\"");
    let decide = format!("{address}/slips/{record}/decide");
    let blank = aoki.post(&decide, &[("decision", "accept"), ("seen", &seen(&text))]).await;
    assert!(blank.text().contains("単価を登録してください"), "no word makes it payable: {}", blank.text());
    let silent = aoki.post(&decide, &[("decision", "hold"), ("seen", &seen(&text))]).await;
    assert!(silent.text().contains("理由を書いてください"), "{}", silent.text());
    let stale = aoki.post(&decide, &[("decision", "hold"), ("words", "x"), ("seen", "0")]).await;
    assert!(stale.text().contains("もう一度確かめてください"), "{}", stale.text());
    let back = [("decision", "return"), ("reason", "amount"), ("words", "区分を確かめてください")];
    let done = aoki.post(&decide, &back).await;
    let text = aoki.get(done.location().trim_end_matches("#slips")).await.text();
    assert!(text.contains("判断を記録しました") && text.contains("data-test=\"undo-last\""), "{text}");
    let line = behind(&text, "name=\"seen\" value=\"");
    assert!(!line.is_empty());
    let settled = [("pick", "返戻分を除いて支払う"), ("words", "")];
    aoki.post(&format!("{address}/settle/0"), &settled).await;
    let case = aoki.get(&address).await;
    let text = case.text();
    assert_eq!(case.words("payable"), "6,000円");
    assert!(!text.contains("data-test=\"way\""), "{text}");

    let digest = behind(&text, "name=\"digest\" value=\"");
    let confirm = format!("{address}/confirm");
    let first = aoki.post(&confirm, &[("digest", &digest)]).await;
    assert!(first.location().ends_with("done=confirmed"), "{}", first.location());
    let again = aoki.post(&confirm, &[("digest", &digest)]).await;
    assert!(again.text().contains("別の職員"), "{}", again.text());
    assert!(aoki.get(&address).await.text().contains("二人目の確認は、別の職員が行います"));
    let baba = office.by("baba", &[Duty::Payment]);
    assert!(baba.get(&address).await.text().contains("二人目として確認し、確定する"));
    let second = baba.post(&confirm, &[("digest", &digest)]).await;
    assert!(second.location().ends_with("done=locked"), "{}", second.location());
    let locked = baba.get(&address).await;
    assert!(locked.words("locked").contains("6,000円"), "{}", locked.text());
    let late = baba.post(&decide, &[("decision", "cut"), ("reason", "lot")]).await;
    assert!(late.text().contains("確定済み"), "{}", late.text());

    let unlock = format!("{address}/unlock");
    assert_eq!(baba.post(&unlock, &[("words", "x")]).await.status, StatusCode::FORBIDDEN);
    let kanri = office.by("kanri", &[Duty::Administrator]);
    let seen = kanri.get(&address).await.text();
    assert!(seen.contains("data-test=\"unlock\"") && !seen.contains("花子"), "{seen}");
    assert!(
        !office.numbers.iter().any(|number| seen.contains(&number.0)),
        "no slip is told to an administrator"
    );
    let unlocked = kanri.post(&unlock, &[("words", "医療機関からの申し出")]).await;
    assert!(unlocked.location().ends_with("done=unlocked"));
    let text = aoki.get(&address).await.text();
    assert!(text.contains("確定を解除した：医療機関からの申し出"), "{text}");
}

fn seen(text: &str) -> String {
    let at = text.find("name=\"decision\" value=\"accept\"").unwrap();
    behind(&text[at..], "name=\"seen\" value=\"")
}

#[tokio::test]
async fn trends_prices_and_the_way_to_a_claim_are_there_and_need_their_right() {
    let office = Office::of_claims();
    let address = claimed_month(&office).await;
    let month = "2026-10".parse().unwrap();
    let forms = [office.form.clone()];
    office
        .store
        .write(|rows| {
            rows.reckon_month(
                month,
                &store::Rulebook::new(&forms, &domain::programme::Programmes::built_in()),
                ago(0),
            )
        })
        .unwrap();
    let trends = office.get(&format!("/claims/trends?until=2026-10&clinic={CLINIC}")).await.text();
    assert!(
        trends.contains("<svg") && trends.contains("見本医院") && trends.contains("計算誤り"),
        "{trends}"
    );
    let prices = office.get("/claims/prices").await.text();
    assert!(prices.contains("3,000") && prices.contains("2,200") && prices.contains("税抜10%"), "{prices}");
    let chosen = office.get(&format!("/claims/new?month=2026-10&clinic={CLINIC}%E3%80%80x")).await;
    assert_eq!(chosen.location(), format!("{address}/key"));
    let keying = office.get(&format!("{address}/key")).await.text();
    assert!(keying.contains("value=\"12500\"") && keying.contains("R8.11.5"), "{keying}");
    let verifier = office.by("kakunin", &[Duty::Verifier]);
    for place in ["/claims", "/claims/search", "/claims/prices", "/claims/trends", address.as_str()] {
        assert_eq!(verifier.get(place).await.status, StatusCode::FORBIDDEN, "{place}");
    }
    let kanri = office.by("kanri", &[Duty::Administrator]);
    assert_eq!(kanri.get("/claims?month=2026-10").await.status, StatusCode::OK);
    assert_eq!(kanri.post(&format!("{address}/confirm"), &[]).await.status, StatusCode::FORBIDDEN);
    let detail = office.get(&format!("{address}?part=detail")).await.text();
    assert!(detail.starts_with("<section id=\"detail\"") && !detail.contains("<html"), "{detail}");
}
