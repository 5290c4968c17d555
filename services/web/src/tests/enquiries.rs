//! Enquiries: opened from a page, asked, answered; the page is parked meanwhile.

use super::office::*;
use axum::http::StatusCode;
use domain::duty::Duty;
use domain::page::PageState;

#[tokio::test]
async fn a_page_leaves_the_queue_until_the_clinic_has_answered() {
    let office = Office::open();
    let page = office.waiting("a", 0, &[doubtful_date()]).await;
    let ask = |words: &'static str| {
        vec![
            ("page", page.to_string()),
            ("kind", "clinic".into()),
            ("field", "visit_date".into()),
            ("reason", "日付が合わない".into()),
            ("words", words.into()),
        ]
    };
    let pairs = |typed: &[(&'static str, String)]| {
        typed.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect::<Vec<_>>()
    };
    let refused = office.post("/enquiries", &refs(&pairs(&ask("番号は123456789018です")))).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.text().contains("個人番号") && !refused.text().contains("123456789018"));
    assert!(office.get(&format!("/enquiries/new?page={page}")).await.text().contains("接種年月日"));
    let answer = office.post("/enquiries", &refs(&pairs(&ask("3か8か")))).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let address = answer.location();
    assert!(!office.get("/reviews").await.text().contains(page.as_str()), "it is parked");
    assert_eq!(office.state(&page), PageState::InReview);
    let list = office.get("/enquiries?kind=clinic").await.text();
    assert!(list.contains("日付が合わない") && list.contains("担当なし"));

    let spoken = [("how", "phone"), ("other", "受付"), ("due", "2026-12-01"), ("words", "折り返し待ち")];
    assert_eq!(office.post(&format!("{address}/ask"), &spoken).await.status, StatusCode::SEE_OTHER);
    assert_eq!(office.get(&address).await.words("enquiry-state"), "照会中");
    assert_eq!(office.get(&address).await.words("owner"), "demo", "who asks sees to it");
    let empty = [("how", "fax"), ("words", "")];
    assert_eq!(office.post(&format!("{address}/answer"), &empty).await.status, StatusCode::BAD_REQUEST);
    let said = [("how", "fax"), ("other", "<b>院長</b>"), ("words", "原本のとおり10月3日です")];
    assert_eq!(office.post(&format!("{address}/answer"), &said).await.status, StatusCode::SEE_OTHER);
    assert!(office.get("/reviews").await.text().contains(page.as_str()), "it is back");
    assert_eq!(office.post(&format!("{address}/answer"), &said).await.status, StatusCode::BAD_REQUEST);

    // Whoever keys next sees the answer, but not what the first one thought.
    let panel = format!("/enquiries/of/{page}");
    assert!(office.get(&panel).await.text().contains("3か8か"));
    let second = office.by("sato", &[Duty::Verifier]).get(&panel).await.text();
    assert!(second.contains("原本のとおり10月3日です") && !second.contains("3か8か"));
    assert!(!second.contains("<b>院長"), "what people say is text");
}

#[tokio::test]
async fn paper_to_be_scanned_again_and_wrong_forms_have_their_queues() {
    let office = Office::open();
    let (a, b) = (office.waiting("a", 0, &[doubtful_date()]).await, office.waiting("b", 1, &[]).await);
    let open = async |page: &str, kind: &str| {
        office
            .post("/enquiries", &[("page", page), ("kind", kind), ("reason", "別の帳票として読まれた")])
            .await
    };
    assert_eq!(open(a.as_str(), "rescan").await.status, StatusCode::SEE_OTHER);
    assert_eq!(office.state(&a), PageState::Rescan);
    let wrong = open(b.as_str(), "wrong_form").await.location();
    let assigned = office.post(&format!("/pages/{b}/assign"), &[("form", "trial")]).await;
    assert_eq!(assigned.status, StatusCode::SEE_OTHER);
    assert_eq!(office.get(&wrong).await.words("enquiry-state"), "完了");
    let text = office.get("/enquiries").await.text();
    assert!(text.contains("再スキャン") && !text.contains(&format!("href=\"{wrong}\"")));
    // Put aside again by hand: the new page is here.
    let row = office.store.read(|rows| rows.enquiries_of(&a)).unwrap().remove(0);
    let close = format!("/enquiries/{}/close", row.id);
    assert_eq!(office.post(&close, &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(office.state(&a), PageState::Discarded);
    for address in ["/enquiries/999", "/enquiries/999/letter.pdf", "/enquiries/new?page=x", "/enquiries/of/x"]
    {
        assert_eq!(office.get(address).await.status, StatusCode::NOT_FOUND, "{address}");
    }
    let planner = office.by("keikaku", &[Duty::Planner]);
    assert_eq!(planner.get("/enquiries").await.status, StatusCode::FORBIDDEN);
}
