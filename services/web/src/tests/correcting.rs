//! Corrections on screens: two people, blind, an arbiter, withdrawing; the ledger tells where a value comes from.

use super::office::*;
use axum::http::StatusCode;
use domain::duty::Duty;
use domain::ids::{PageId, ResidentId};
use domain::page::PageState;

const BOTH: [Duty; 1] = [Duty::Verifier];

/// A committed slip of the first resident; its page and its record.
async fn committed(office: &Office) -> (PageId, i64) {
    let page = office.waiting("a.jpg", 0, &[doubtful_date()]).await;
    let slip = good_slip(office, 0);
    let first = office.post(&format!("/reviews/{page}/commit"), &refs(&slip)).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.text());
    let again = [("round", "1"), ("stage", "second"), ("v.visit_date", "20261003"), ("ok.visit_date", "on")];
    let second = office.by("futari", &BOTH).post(&format!("/reviews/{page}/commit"), &again).await;
    assert_eq!(second.status, StatusCode::SEE_OTHER, "{}", second.text());
    assert_eq!(office.state(&page), PageState::Committed);
    let record = office.store.read(|rows| rows.record_of_page(&page)).unwrap().unwrap();
    (page, record.id)
}

/// What an asker sends to correct the temperature.
fn temperature(value: &'static str) -> [(&'static str, &'static str); 4] {
    [("on.temperature", "on"), ("v.temperature", value), ("ground", "clinic"), ("words", "電話で確かめた")]
}

fn standing(office: &Office) -> Vec<String> {
    let ledger = office.store.read(|rows| rows.ledger(&ResidentId("10000001".into()))).unwrap();
    let standing = ledger.iter().filter(|row| row.stands);
    standing.map(|row| row.values[&"temperature".into()].text().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn a_record_is_corrected_by_two_people_of_whom_the_second_sees_nothing() {
    let office = Office::open();
    let (_, record) = committed(&office).await;
    let (sato, suzuki) = (office.by("sato", &BOTH), office.by("suzuki", &BOTH));
    let asked = sato.post(&format!("/records/{record}/correct"), &temperature("368")).await;
    assert_eq!((asked.status, asked.location().as_str()), (StatusCode::SEE_OTHER, "/corrections?done=asked"));
    assert_eq!(standing(&office), ["36.5"], "nothing changes by one person");
    // Nothing that the second person is sent holds the proposal, the old value, or the words of the asker.
    for address in ["/corrections", "/corrections/1"] {
        let sent = suzuki.get(address).await.text();
        for secret in ["36.8", "36.5", "電話で確かめた"] {
            assert!(!sent.contains(secret), "{secret} in {address}");
        }
    }
    let ledger = suzuki.get(&format!("/residents/{}", office.row(0))).await.text();
    assert!(ledger.contains("訂正の手続き中") && !ledger.contains("36.8"));
    let own = sato.post("/corrections/1", &[("v.temperature", "36.8")]).await;
    assert_eq!(own.status, StatusCode::BAD_REQUEST, "never the same person twice");
    let wrong = suzuki.post("/corrections/1", &[("v.temperature", "99")]).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && !wrong.text().contains("36.8"));
    let done = suzuki.post("/corrections/1", &[("v.temperature", "３６．８")]).await;
    assert_eq!(done.location(), "/corrections?done=corrected");
    assert_eq!(standing(&office), ["36.8"]);
    let ledger = office.get(&format!("/residents/{}", office.row(0))).await.text();
    for told in [
        "<del translate=\"no\">36.5</del>",
        "申請 sato、確認 suzuki",
        "医療機関の回答：電話で確かめた",
        "訂正の二人目",
    ] {
        assert!(ledger.contains(told), "{told} in {ledger}");
    }
    let again = sato.post(&format!("/records/{record}/correct"), &temperature("369")).await;
    assert!(again.text().contains("すでに訂正または取消"));
}

#[tokio::test]
async fn where_two_people_differ_an_arbiter_decides() {
    let office = Office::open();
    let (_, record) = committed(&office).await;
    office.by("sato", &BOTH).post(&format!("/records/{record}/correct"), &temperature("368")).await;
    let second = office.by("suzuki", &BOTH).post("/corrections/1", &[("v.temperature", "366")]).await;
    assert_eq!(second.location(), "/corrections?done=third");
    let suzuki = office.by("suzuki", &[Duty::Verifier, Duty::Arbiter]);
    assert!(!suzuki.get("/corrections/1").await.text().contains("36.8"), "not even now");
    assert_eq!(
        suzuki.post("/corrections/1", &[("c.temperature", "second")]).await.status,
        StatusCode::BAD_REQUEST
    );
    let arbiter = office.by("tanaka", &[Duty::Arbiter]);
    let seen = arbiter.get("/corrections/1").await.text();
    assert!(seen.contains("36.8") && seen.contains("36.6") && seen.contains("36.5"));
    let none = arbiter.post("/corrections/1", &[]).await;
    assert!(none.text().contains("どの値にするか選んでください"));
    let done = arbiter.post("/corrections/1", &[("c.temperature", "own"), ("v.temperature", "367")]).await;
    assert_eq!(done.location(), "/corrections?done=corrected");
    assert_eq!(standing(&office), ["36.7"]);
}

#[tokio::test]
async fn a_record_is_taken_back_by_two_people_and_its_page_waits_again() {
    let office = Office::open();
    let (page, record) = committed(&office).await;
    let take_back = [("ground", "wrong_person"), ("words", ""), ("take_back", "on")];
    office.by("sato", &BOTH).post(&format!("/records/{record}/correct"), &take_back).await;
    assert_eq!(standing(&office).len(), 1);
    let done = office.by("suzuki", &BOTH).post("/corrections/1", &[("v.@record", "take_back")]).await;
    assert_eq!(done.location(), "/corrections?done=taken_back", "{}", done.text());
    assert!(standing(&office).is_empty());
    assert_eq!(office.state(&page), PageState::InReview);
}

#[tokio::test]
async fn a_correction_is_withdrawn_by_its_asker_alone_and_must_make_sense() {
    let office = Office::open();
    let (_, record) = committed(&office).await;
    let sato = office.by("sato", &BOTH);
    let address = format!("/records/{record}/correct");
    let table: [(&[(&str, &str)], &str); 6] = [
        (&[("on.temperature", "on"), ("v.temperature", "368")], "理由を選んで"),
        (&[("ground", "clinic")], "項目に印"),
        (&[("ground", "clinic"), ("v.temperature", "368")], "左の印も"),
        (&[("ground", "clinic"), ("on.temperature", "on"), ("v.temperature", "36.5")], "いまの値と同じ"),
        (&[("ground", "clinic"), ("on.temperature", "on"), ("v.temperature", "55.0")], "34"),
        (&[("ground", "wrong_person"), ("on.@person", "on"), ("v.@person", "99999")], "住民はいません"),
    ];
    for (sent, words) in table {
        let answer = sato.post(&address, sent).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{sent:?}");
        assert!(answer.text().contains(words), "{words} in {}", answer.text());
    }
    sato.post(&address, &temperature("368")).await;
    let other = office.by("suzuki", &BOTH).post("/corrections/1/withdraw", &[]).await;
    assert_eq!(other.status, StatusCode::BAD_REQUEST);
    assert_eq!(sato.post("/corrections/1/withdraw", &[]).await.location(), "/corrections?done=withdrawn");
    assert_eq!(standing(&office), ["36.5"]);
    let auditor = office.by("kansa", &[Duty::Auditor]).get(&address).await;
    assert_eq!(auditor.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_record_tells_where_its_values_come_from() {
    let office = Office::open();
    committed(&office).await;
    let ledger = office.get(&format!("/residents/{}", office.row(0))).await.text();
    for told in ["機械の読取", "確かさ 99.00%", "yomitori 0.0.0", "trial 第1版", "一次入力", "demo（"]
    {
        assert!(ledger.contains(told), "{told} in {ledger}");
    }
}

#[tokio::test]
async fn a_protected_address_is_shown_for_a_reason_that_is_logged() {
    let office = Office::open();
    let address = format!("/residents/{}/address", office.row(2));
    let arbiter = office.by("tanaka", &[Duty::Arbiter]);
    let verifier = office.by("sato", &BOTH);
    assert_eq!(verifier.post(&address, &[("reason", "確認")]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(arbiter.post(&address, &[("reason", " ")]).await.status, StatusCode::BAD_REQUEST);
    assert!(!arbiter.get(&format!("/residents/{}", office.row(2))).await.text().contains("見本町"));
    assert!(arbiter.post(&address, &[("reason", "返戻先の確認")]).await.text().contains("見本町"));
    let question = store::AccessQuestion { staff: Some("tanaka".into()), ..Default::default() };
    let newest = office.store.read(|rows| rows.access_page(&question, i64::MAX, 1)).unwrap().remove(0);
    assert_eq!(
        (newest.screen.as_str(), newest.reason.as_deref()),
        ("protected_address", Some("返戻先の確認"))
    );
}
