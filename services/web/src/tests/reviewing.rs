//! A clerk at the review screen.

use super::office::*;
use axum::http::StatusCode;
use domain::duty::Duty;
use domain::page::PageState;
use domain::reading::{PageReading, Value};
use domain::review::ReviewReason;

#[tokio::test]
async fn a_reviewed_page_becomes_a_record_and_the_next_one_opens() {
    let office = Office::of_one_person();
    let page = office.waiting("a.tif", 0, &[doubtful_date()]).await;
    let next = office.waiting("b.tif", 1, &[doubtful_date()]).await;
    let screen = office.get(&format!("/reviews/{page}")).await.text();
    assert!(screen.contains("3と8の区別がつきません") && screen.contains("R8.10.8"));
    assert!(screen.contains(&format!("/pages/{page}/snippet/visit_date")));
    assert!(screen.contains("見本 花子"), "the owner of the slip is a candidate");
    let answer = office.post(&format!("/reviews/{page}/commit"), &refs(&good_slip(&office, 0))).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    assert!(answer.location().starts_with(&format!("/reviews/{next}?done=committed")));
    assert_eq!(office.state(&page), PageState::Committed);
    let record = office.store.read(|rows| rows.record_of_page(&page)).unwrap().unwrap();
    assert_eq!(record.values[&"visit_date".into()], Value::Text("2026-10-03".into()));
    assert_eq!(record.values[&"temperature".into()], Value::Text("36.5".into()));
    assert_eq!((record.staff.as_str(), record.management_number), ("demo", Some(office.numbers[0].clone())));
    let ledger = office.get(&format!("/residents/{}", office.row(0))).await.text();
    assert!(ledger.contains("令和8年10月3日") && ledger.contains("36.5"));
    assert!(ledger.contains(&format!("/pages/{page}/snippet/temperature")));
}

#[tokio::test]
async fn a_wrong_value_gets_a_message_and_nothing_typed_is_lost() {
    let office = Office::of_one_person();
    let page = office.waiting("a.tif", 0, &[doubtful_date()]).await;
    let table = [
        ("v.visit_date", "R8.13.40", "暦にない日付"),
        ("v.visit_date", "R2.10.3", "範囲"),
        ("v.temperature", "99.9", "34から42"),
        ("v.management_number", "07000000001", "検査数字"),
        ("v.ill", "maybe", "選択肢"),
        ("resident", "", "本人を選んでください"),
    ];
    for (name, value, words) in table {
        let posted = with(good_slip(&office, 0), name, value);
        let answer = office.post(&format!("/reviews/{page}/commit"), &refs(&posted)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name} {value}");
        let text = answer.text();
        assert!(text.contains(words), "{name} {value}");
        assert!(text.contains("value=\"365\"") || name == "v.temperature", "{name}: the other values stay");
    }
    let old = with(good_slip(&office, 0), "round", "7");
    let answer = office.post(&format!("/reviews/{page}/commit"), &refs(&old)).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.text().contains("読み直されました") && answer.text().contains("<dd>365</dd>"));
    assert_eq!(office.state(&page), PageState::InReview);
    let check =
        office.post(&format!("/reviews/{page}/check/visit_date"), &[("v.visit_date", "R8.2.30")]).await;
    assert!(check.text().contains("answer bad") && check.text().contains("暦にない日付"));
    let check =
        office.post(&format!("/reviews/{page}/check/visit_date"), &[("v.visit_date", "8.10.3")]).await;
    assert!(check.text().contains("令和8年10月3日"));
}

#[tokio::test]
async fn a_doubtful_field_must_be_looked_at() {
    let office = Office::of_one_person();
    let page = office.waiting("a.tif", 0, &[doubtful_date()]).await;
    let mut unconfirmed = good_slip(&office, 0);
    unconfirmed.retain(|(name, _)| name != "ok.visit_date");
    let answer = office.post(&format!("/reviews/{page}/commit"), &refs(&unconfirmed)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("まだ確認していません"));
    let illegible = with(unconfirmed, "no.visit_date", "on");
    let answer = office.post(&format!("/reviews/{page}/commit"), &refs(&illegible)).await;
    assert!(
        answer.text().contains("実施日のない用紙は確定できません"),
        "a slip without its day is no record"
    );
    assert_eq!(office.state(&page), PageState::InReview);
}

#[tokio::test]
async fn an_uncertain_person_must_be_confirmed() {
    let office = Office::of_one_person();
    let page = office.waiting("a.tif", 0, &[doubtful_date(), ReviewReason::PersonUnconfirmed]).await;
    let address = format!("/reviews/{page}/commit");
    let answer = office.post(&address, &refs(&good_slip(&office, 0))).await;
    assert!(answer.text().contains("本人で間違いないか"));
    let confirmed = with(good_slip(&office, 0), "ok.person", "on");
    let other = with(confirmed.clone(), "resident", &office.row(1).to_string());
    let answer = office.post(&address, &refs(&other)).await;
    assert!(answer.text().contains("別の人に発行されています"));
    assert_eq!(office.post(&address, &refs(&confirmed)).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_person_is_found_by_search_and_stands_first() {
    let office = Office::of_one_person();
    let page = office.waiting("a.tif", 0, &[ReviewReason::NumberMissing]).await;
    let found = office.post(&format!("/reviews/{page}/person"), &[("words", "秘密")]).await.text();
    let (first, second) = (found.find("秘密 花子").unwrap(), found.find("見本 花子").unwrap());
    assert!(first < second);
    let nobody = office.post(&format!("/reviews/{page}/person"), &[("words", "存在 しない")]).await.text();
    assert!(nobody.contains("該当する住民はいません") && nobody.contains("見本 花子"));
}

#[tokio::test]
async fn a_broken_rule_is_told_and_can_be_accepted() {
    let office = Office::of_one_person();
    let page = office.waiting("a.tif", 0, &[doubtful_date()]).await;
    let unsigned = with(good_slip(&office, 0), "v.signature", "absent");
    let answer = office.post(&format!("/reviews/{page}/commit"), &refs(&unsigned)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.text().contains("「署名」が記入されていません") && answer.text().contains("required_blank")
    );
    let accepted = with(unsigned, "accept", "required_blank");
    let answer = office.post(&format!("/reviews/{page}/commit"), &refs(&accepted)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let record = office.store.read(|rows| rows.record_of_page(&page)).unwrap().unwrap();
    assert_eq!(record.findings.len(), 1);
}

#[tokio::test]
async fn the_second_person_to_save_is_told_and_nothing_changes() {
    let office = Office::of_one_person();
    let page = office.waiting("a.tif", 0, &[doubtful_date()]).await;
    let address = format!("/reviews/{page}/commit");
    assert_eq!(office.post(&address, &refs(&good_slip(&office, 0))).await.status, StatusCode::SEE_OTHER);
    let other = with(good_slip(&office, 0), "v.temperature", "37.0");
    let colleague = office.by("sato", &[Duty::Verifier]);
    let second = colleague.post(&address, &refs(&other)).await;
    assert_eq!(second.status, StatusCode::CONFLICT);
    assert!(
        second.text().contains("ほかの人がすでに処理しました") && second.text().contains("<dd>37.0</dd>")
    );
    let twice = office.post(&address, &refs(&other)).await;
    assert!(twice.location().contains("done=already"), "one's own second click goes on");
    let record = office.store.read(|rows| rows.record_of_page(&page)).unwrap().unwrap();
    assert_eq!(record.values[&"temperature".into()], Value::Text("36.5".into()));
    let discard = office.post(&format!("/reviews/{page}/act/discard"), &[("reason", "白紙")]).await;
    assert!(discard.text().contains("ほかの人がすでに処理しました"));
    assert_eq!(office.state(&page), PageState::Committed);
}

#[tokio::test]
async fn an_item_on_another_screen_cannot_be_saved() {
    let office = Office::of_one_person();
    let page = office.waiting("a.tif", 0, &[doubtful_date()]).await;
    let colleague = domain::actor::Actor::new("sato", "192.0.2.8");
    office.store.write(|rows| rows.lease_review(&page, &colleague, ago(-10), ago(0))).unwrap();
    let screen = office.get(&format!("/reviews/{page}")).await.text();
    assert!(screen.contains("sato さんが確認中") && !screen.contains("id=\"commit\""));
    let answer = office.post(&format!("/reviews/{page}/commit"), &refs(&good_slip(&office, 0))).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(office.state(&page), PageState::InReview);
}

#[tokio::test]
async fn a_discarded_page_can_be_taken_back() {
    let office = Office::of_one_person();
    let page = office.waiting("a.tif", 0, &[doubtful_date()]).await;
    let act = |action: &str| format!("/reviews/{page}/act/{action}");
    let silent = office.post(&act("discard"), &[("reason", " ")]).await;
    assert!(silent.text().contains("理由を選ぶか入力してください"));
    let done = office.post(&act("discard"), &[("reason", "白紙"), ("words", "裏面")]).await;
    assert!(done.location().starts_with("/reviews?done=discarded"));
    let list = office.get(&done.location()).await.text();
    assert!(list.contains("破棄しました") && list.contains(&format!("/pages/{page}/undo")));
    let shown = office.get(&format!("/pages/{page}")).await.text();
    assert!(shown.contains("白紙：裏面"));
    let undone = office.post(&format!("/pages/{page}/undo"), &[]).await;
    assert!(undone.location().starts_with(&format!("/reviews/{page}")));
    assert_eq!(office.state(&page), PageState::InReview);
    assert_eq!(office.post(&act("burn"), &[("reason", "白紙")]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_page_without_a_form_can_be_given_one() {
    let office = Office::of_one_person();
    let page = office.scan("a.tif", 1).await.remove(0);
    let reason = "文字も印もありません".to_owned();
    office.read(&page, PageReading::Unrecognised { reason: reason.clone() });
    office.send(&page, &[ReviewReason::Unrecognised { reason }]);
    let screen = office.get(&format!("/reviews/{page}")).await.text();
    assert!(
        screen.contains("文字も印もありません")
            && screen.contains("試験予診票")
            && !screen.contains("id=\"commit\"")
    );
    let read = format!("/reviews/{page}/read");
    assert_eq!(office.post(&read, &[("form", "none")]).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(office.post(&read, &[("form", "trial")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(office.state(&page), PageState::Received);
    let asked = office.store.read(|rows| rows.unsent_outbox(10)).unwrap();
    assert!(asked.last().unwrap().body.contains("\"form\":\"trial\""));
}

#[tokio::test]
async fn the_list_says_why_in_plain_words_and_can_be_narrowed() {
    let office = Office::of_one_person();
    let page = office.waiting("a.tif", 0, &[doubtful_date()]).await;
    let twin = office.waiting("b.tif", 1, &[ReviewReason::DuplicateSlip { page: page.clone() }]).await;
    let all = office.get("/reviews").await.text();
    assert!(all.contains("同じ管理番号のページがほかにもあります") && all.contains("「接種年月日」の読取り"));
    let narrow = office.get("/reviews?why=duplicate_slip").await;
    assert_eq!(narrow.words("count"), "1");
    assert!(narrow.text().contains(&format!("/reviews/{twin}?why=duplicate_slip")));
    let screen = office.get(&format!("/reviews/{twin}?why=duplicate_slip")).await.text();
    assert!(screen.contains("同じ管理番号のもう1枚") && screen.contains(&format!("/pages/{page}/image")));
    let done =
        office.post(&format!("/reviews/{twin}/act/discard?why=duplicate_slip"), &[("reason", "重複")]).await;
    assert!(done.location().starts_with("/reviews?why=duplicate_slip&done=discarded"));
}

#[tokio::test]
async fn a_failed_page_can_be_put_aside_and_a_false_duplicate_read() {
    let office = Office::of_one_person();
    let first = office.scan("a.tif", 1).await.remove(0);
    let twin = office.scan_again("b.tif", &first).await;
    assert_eq!(office.state(&twin), PageState::Duplicate);
    let screen = office.get(&format!("/pages/{twin}")).await.text();
    assert!(screen.contains(&format!("/pages/{first}\"")) && screen.contains("別のページとして読む"));
    let rescan = office.post(&format!("/pages/{twin}/act/rescan"), &[("words", "確認のため")]).await;
    assert_eq!(rescan.location(), format!("/pages/{twin}"));
    assert_eq!(office.state(&twin), PageState::Rescan);
    office.post(&format!("/pages/{twin}/undo"), &[]).await;
    assert_eq!(office.state(&twin), PageState::Duplicate);
    office.post(&format!("/reviews/{twin}/read"), &[]).await;
    assert_eq!(office.state(&twin), PageState::Received);
}

#[tokio::test]
async fn the_next_item_goes_round_and_passes_over_what_others_hold() {
    let office = Office::of_one_person();
    let mut pages = Vec::new();
    for (owner, name) in ["a.tif", "b.tif", "c.tif"].into_iter().enumerate() {
        pages.push(office.waiting(name, owner, &[doubtful_date()]).await);
    }
    let discard = async |page: &domain::ids::PageId| {
        office.post(&format!("/reviews/{page}/act/discard"), &[("reason", "白紙")]).await.location()
    };
    let colleague = domain::actor::Actor::new("sato", "192.0.2.8");
    office.store.write(|rows| rows.lease_review(&pages[0], &colleague, ago(-10), ago(0))).unwrap();
    assert!(discard(&pages[2]).await.starts_with(&format!("/reviews/{}", pages[1])), "round to the second");
    assert!(discard(&pages[1]).await.starts_with("/reviews?"), "the first is on another screen");
}
