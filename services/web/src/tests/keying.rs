//! Two people and a third: blind second keying, arbitration, leases, and taking back.

use super::office::*;
use axum::http::StatusCode;
use domain::duty::Duty;
use domain::ids::PageId;
use domain::page::PageState;
use domain::reading::Value;
use domain::review::ReviewReason;

/// What the first person keyed, in every way that a screen could write it.
const FIRST_VALUE: [&str; 6] =
    ["R8.10.17", "2026-10-17", "令和8年10月17日", "20261017", "081017", "10月17日"];
/// What the machine read there.
const MACHINE_VALUE: [&str; 3] = ["R8.10.8", "2026-10-08", "10月8日"];

async fn keyed_once(office: &Office) -> (PageId, String) {
    let page = office.waiting("a.tif", 0, &[doubtful_date()]).await;
    let address = format!("/reviews/{page}/commit");
    let answer = office.post(&address, &refs(&good_slip(office, 0))).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    assert!(answer.location().contains("done=first_saved"), "{}", answer.location());
    (page, address)
}

/// What a second keyer sends.
fn second(date: &str) -> Vec<(&'static str, &str)> {
    vec![("round", "1"), ("stage", "second"), ("v.visit_date", date), ("ok.visit_date", "on")]
}

fn third(pick: &'static str) -> Vec<(&'static str, &'static str)> {
    vec![
        ("round", "1"),
        ("stage", "third"),
        ("pick.visit_date", pick),
        ("v.temperature", "36.5"),
        ("v.ill", "no"),
        ("v.signature", "present"),
        ("v.birth_date", "S25.3.4"),
    ]
}

fn date_of(office: &Office, page: &PageId) -> Option<Value> {
    let record = office.store.read(|rows| rows.record_of_page(page)).unwrap()?;
    record.values.get(&"visit_date".into()).cloned()
}

#[tokio::test]
async fn a_critical_value_that_a_person_decided_is_keyed_by_another_and_then_committed() {
    let office = Office::open();
    let (page, address) = keyed_once(&office).await;
    assert_eq!(office.state(&page), PageState::InReview);
    let sato = office.by("sato", &[Duty::Verifier]);
    let list = sato.get("/reviews?stage=second").await;
    assert_eq!(list.words("count"), "1");
    assert!(list.text().contains("二次入力：接種年月日"));
    let unlooked = sato.post(&address, &[("round", "1"), ("stage", "second")]).await;
    assert_eq!(unlooked.status, StatusCode::UNPROCESSABLE_ENTITY);
    let saved = sato.post(&address, &second("20261003")).await;
    assert!(saved.location().contains("done=second_saved"), "{}", saved.text());
    assert_eq!(office.state(&page), PageState::Committed);
    assert_eq!(date_of(&office, &page), Some(Value::Text("2026-10-03".into())));
    let keyings = office.store.read(|rows| rows.keyings(&page)).unwrap();
    let who: Vec<&str> = keyings.iter().map(|one| one.staff.as_str()).collect();
    assert_eq!(who, ["demo", "sato"]);
}

#[tokio::test]
async fn a_second_keyer_never_receives_the_first_value_nor_the_machines() {
    let office = Office::open();
    let reasons = [doubtful_date(), ReviewReason::PersonUnconfirmed];
    let page = office.waiting("a.tif", 0, &reasons).await;
    let address = format!("/reviews/{page}/commit");
    let first = with(good_slip(&office, 0), "ok.person", "on");
    let first = with(first, "v.visit_date", FIRST_VALUE[0]);
    let answer = office.post(&address, &refs(&first)).await;
    assert!(answer.location().contains("done=first_saved"), "{}", answer.text());
    let sato = office.by("sato", &[Duty::Verifier, Duty::Mailroom]);
    let seq = office.store.read(|rows| rows.page(&page)).unwrap().unwrap().file;
    let envelope = office.store.read(|rows| rows.page(&page)).unwrap().unwrap().envelope;
    let get = [
        "/".to_owned(),
        "/home/live".into(),
        "/api/status".into(),
        "/inbox".into(),
        format!("/inbox/{seq}"),
        format!("/envelopes/{envelope}"),
        "/reviews".into(),
        "/reviews?stage=second".into(),
        format!("/reviews/{page}"),
        format!("/reviews/{page}?done=second_saved&last={page}"),
        format!("/reviews/{page}/next"),
        format!("/pages/{page}"),
        format!("/pages/{page}/snippet/visit_date"),
        format!("/pages/{page}/image?width=600"),
        format!("/residents/{}", office.row(0)),
    ];
    let mut told = Vec::new();
    for address in get {
        let answer = sato.get(&address).await;
        assert!(answer.status.is_success(), "{address}: {}", answer.status);
        told.push((address, answer));
    }
    let (review, at) = (format!("/reviews/{page}"), |name: &str| format!("/reviews/{page}/{name}"));
    let check: Vec<(&str, &str)> = vec![("v.visit_date", "R8.10.8x")];
    let old = with(good_slip(&office, 0), "v.visit_date", "");
    let post = [
        (at("check/visit_date"), check),
        (at("person"), vec![("words", "見本")]),
        (at("beat"), vec![]),
        (at("commit"), vec![("round", "1"), ("stage", "second"), ("v.visit_date", "x")]),
        (at("commit"), vec![("round", "1"), ("stage", "first")]),
        (at("commit"), vec![("round", "9"), ("stage", "second")]),
        (at("commit"), refs(&old)),
        (at("take"), vec![("reason", "x")]),
        (at("act/burn"), vec![("reason", "x")]),
        ("/reviews/undo".into(), vec![]),
    ];
    for (address, pairs) in post {
        told.push((address.clone(), sato.post(&address, &pairs).await));
    }
    for (address, answer) in &told {
        let text = answer.text() + &format!("{:?}", answer.headers);
        for value in FIRST_VALUE.iter().chain(&MACHINE_VALUE) {
            assert!(!text.contains(value), "{address} tells {value}");
        }
        assert!(!text.contains("3と8の区別"), "{address} tells of the doubt");
    }
    let screen = sato.get(&review).await.text();
    assert!(screen.contains("data-test=\"blind\"") && screen.contains("name=\"v.visit_date\" value=\"\""));
    assert!(!screen.contains("v.temperature"), "only what is needed");
    let candidates = &screen[screen.find("id=\"candidates\"").unwrap()..];
    let candidates = &candidates[..candidates.find("nobody").unwrap()];
    assert!(candidates.contains("見本 花子") && !candidates.contains("checked"));
    assert!(!candidates.contains("class=\"item "), "no colours of agreement");
    assert_eq!(office.state(&page), PageState::InReview);
}

#[tokio::test]
async fn nobody_keys_the_same_page_twice() {
    let office = Office::open();
    let (page, address) = keyed_once(&office).await;
    let list = office.by("demo", &[Duty::Verifier]);
    assert_eq!(list.get("/reviews").await.words("count"), "0");
    let shown = office.get(&format!("/reviews/{page}")).await.text();
    assert!(shown.contains("二次入力は、ほかの人が行います") && !shown.contains("v.visit_date"));
    let answer = list.post(&address, &second("R8.10.3")).await;
    assert!(!answer.status.is_success() && answer.status != StatusCode::SEE_OTHER, "{}", answer.status);
    assert_eq!(office.store.read(|rows| rows.keyings(&page)).unwrap().len(), 1);
}

#[tokio::test]
async fn two_who_differ_are_decided_by_a_third_who_sees_both_and_not_who() {
    let office = Office::open();
    let (page, address) = keyed_once(&office).await;
    let sato = office.by("sato", &[Duty::Verifier, Duty::Arbiter]);
    let saved = sato.post(&address, &second("R8.10.9")).await;
    assert!(saved.location().contains("done=second_saved"), "he does not learn that it differs");
    assert_eq!(office.state(&page), PageState::InReview);
    let verifier = office.by("suzuki", &[Duty::Verifier]);
    assert_eq!(verifier.get("/reviews").await.words("count"), "0");
    let shown = verifier.get(&format!("/reviews/{page}")).await.text();
    assert!(shown.contains("裁定を待っている") && !shown.contains("10月9日"));
    let one_of_two = sato.get(&format!("/reviews/{page}")).await.text();
    assert!(one_of_two.contains("入力していない人が行います") && !one_of_two.contains("10月3日"));
    let refused = sato.post(&address, &third("a")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);

    let arbiter = office.by("tanaka", &[Duty::Arbiter]);
    assert!(arbiter.get("/reviews").await.text().contains("入力の不一致：接種年月日"));
    let screen = arbiter.get(&format!("/reviews/{page}")).await.text();
    for value in ["令和8年10月3日", "令和8年10月9日", "令和8年10月8日"] {
        assert!(screen.contains(value), "{value}");
    }
    assert!(!screen.contains("sato") && !screen.contains("demo"));
    let open = arbiter.post(&address, &[("round", "1"), ("stage", "third")]).await;
    assert!(open.text().contains("どの値にするか選んでください"));
    let own = third("own").into_iter().chain([("v.visit_date", "R8.10.5")]).collect::<Vec<_>>();
    let own: Vec<(&str, &str)> =
        own.into_iter().chain([("v.management_number", office.numbers[0].0.as_str())]).collect();
    let done = arbiter.post(&address, &own).await;
    assert!(done.location().contains("done=committed"), "{}", done.text());
    assert_eq!(date_of(&office, &page), Some(Value::Text("2026-10-05".into())));
}

#[tokio::test]
async fn an_arbiter_may_take_one_of_the_two_values() {
    for (pick, possible) in [("a", ["2026-10-03", "2026-10-09"]), ("machine", ["2026-10-08", "2026-10-08"])] {
        let office = Office::open();
        let (page, address) = keyed_once(&office).await;
        office.by("sato", &[Duty::Verifier]).post(&address, &second("R8.10.9")).await;
        let number = office.numbers[0].0.clone();
        let decided: Vec<(&str, &str)> =
            third(pick).into_iter().chain([("v.management_number", number.as_str())]).collect();
        let done = office.by("tanaka", &[Duty::Arbiter]).post(&address, &decided).await;
        assert!(done.location().contains("done=committed"), "{}", done.text());
        let Some(Value::Text(date)) = date_of(&office, &page) else { panic!("a record") };
        assert!(possible.contains(&date.as_str()), "{date}");
    }
}

#[tokio::test]
async fn of_two_verifiers_on_one_item_the_slower_keeps_what_he_typed() {
    let office = Office::open();
    let page = office.waiting("a.tif", 0, &[doubtful_date()]).await;
    let address = format!("/reviews/{page}/commit");
    let sato = office.by("sato", &[Duty::Verifier]);
    assert!(sato.get(&format!("/reviews/{page}")).await.text().contains("id=\"commit\""));
    let held = office.get(&format!("/reviews/{page}")).await.text();
    assert!(held.contains("sato さんが確認中") && !held.contains("id=\"commit\""));
    let refused = office.post(&address, &refs(&good_slip(&office, 0))).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("sato さん") && refused.text().contains("value=\"R8.10.3\""));
    let saved = sato.post(&address, &refs(&good_slip(&office, 0))).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER);
    let other = with(good_slip(&office, 0), "v.visit_date", "R8.10.7");
    let late = office.by("kato", &[Duty::Verifier]).post(&address, &refs(&other)).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.text().contains("<dd>R8.10.7</dd>") && !late.text().contains("10.3"));
    assert_eq!(office.store.read(|rows| rows.keyings(&page)).unwrap().len(), 1);
    let twice = sato.post(&address, &refs(&good_slip(&office, 0))).await;
    assert!(twice.location().contains("done=already"), "a double click is no mistake");
}

#[tokio::test]
async fn an_arbiter_takes_an_item_over_and_the_old_holder_is_told() {
    let office = Office::open();
    let page = office.waiting("a.tif", 0, &[doubtful_date()]).await;
    let (sato, tanaka) =
        (office.by("sato", &[Duty::Verifier]), office.by("tanaka", &[Duty::Verifier, Duty::Arbiter]));
    sato.get(&format!("/reviews/{page}")).await;
    let take = format!("/reviews/{page}/take");
    let beat = format!("/reviews/{page}/beat");
    assert_eq!(sato.post(&beat, &[]).await.status, StatusCode::NO_CONTENT);
    let kato = office.by("kato", &[Duty::Verifier]);
    assert_eq!(kato.post(&take, &[("reason", "急ぎ")]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(kato.post(&beat, &[]).await.status, StatusCode::CONFLICT);
    assert!(tanaka.get(&format!("/reviews/{page}")).await.text().contains("data-test=\"take\""));
    assert_eq!(tanaka.post(&take, &[("reason", " ")]).await.status, StatusCode::BAD_REQUEST);
    let taken = tanaka.post(&take, &[("reason", "急ぎ")]).await;
    assert!(tanaka.get(&taken.location()).await.text().contains("id=\"commit\""));
    let lost = sato.post(&beat, &[]).await;
    assert!(lost.status == StatusCode::CONFLICT && lost.text().contains("tanaka"));
    let refused = sato.post(&format!("/reviews/{page}/commit"), &refs(&good_slip(&office, 0))).await;
    assert!(
        refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text().contains("value=\"R8.10.3\"")
    );
    let events = office.store.read(|rows| rows.page_events(&page)).unwrap();
    let event = events.iter().find(|event| event.what == "review_taken_over").unwrap();
    assert_eq!((event.staff.as_str(), event.detail.as_deref()), ("tanaka", Some("sato：急ぎ")));
    assert_eq!(tanaka.post(&format!("/reviews/{page}/release"), &[]).await.status, StatusCode::NO_CONTENT);
    assert_eq!(sato.post(&beat, &[]).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn ones_own_last_save_can_be_taken_back() {
    let office = Office::open();
    let (page, address) = keyed_once(&office).await;
    let undone = office.post("/reviews/undo", &[]).await;
    assert!(undone.location().starts_with(&format!("/reviews/{page}?done=unsaved")), "{}", undone.text());
    assert!(office.get(&undone.location()).await.text().contains("直前の保存を取り消しました"));
    assert!(office.post("/reviews/undo", &[]).await.text().contains("取り消せる保存がありません"));
    office.post(&address, &refs(&good_slip(&office, 0))).await;
    let sato = office.by("sato", &[Duty::Verifier]);
    sato.post(&address, &second("R8.10.3")).await;
    assert!(office.post("/reviews/undo", &[]).await.text().contains("ほかの人がこのページの作業を進めた"));
    let done = sato.get(&format!("/reviews/{page}")).await.text();
    assert!(
        done.contains("処理済み（確定）") || done.contains("処理済みです（確定）"),
        "the back button is told"
    );
    sato.post("/reviews/undo", &[]).await;
    assert_eq!(office.state(&page), PageState::InReview);
    assert_eq!(date_of(&office, &page), None);
    sato.post(&address, &second("R8.10.3")).await;
    assert_eq!(office.state(&page), PageState::Committed);
}

#[tokio::test]
async fn an_office_says_which_fields_are_keyed_twice() {
    let office = Office::open();
    let planner = office.by("keikaku", &[Duty::Planner]);
    let screen = planner.get("/settings/second-keying").await.text();
    assert!(screen.contains("接種年月日") && screen.contains("帳票のとおり"));
    let save = "/settings/second-keying/trial";
    assert_eq!(office.by("sato", &[Duty::Verifier]).post(save, &[]).await.status, StatusCode::FORBIDDEN);
    let set = [("visit_date", "never"), ("temperature", "always")];
    assert_eq!(planner.post(save, &set).await.status, StatusCode::SEE_OTHER);
    let page = office.waiting("a.tif", 0, &[doubtful_date()]).await;
    let address = format!("/reviews/{page}/commit");
    let changed = with(good_slip(&office, 0), "v.temperature", "36.9");
    assert!(office.post(&address, &refs(&changed)).await.location().contains("first_saved"));
    let waiting = office.by("sato", &[Duty::Verifier]).get("/reviews").await.text();
    assert!(waiting.contains("二次入力：体温"));
    planner.post(save, &[("temperature", "form")]).await;
    let settings = office.store.read(|rows| rows.second_keying()).unwrap();
    assert_eq!(settings.0.len(), 1);
}

#[tokio::test]
async fn what_cannot_be_read_is_said_and_none_of_the_options_too() {
    let office = Office::of_one_person();
    let page = office.waiting("a.tif", 0, &[doubtful_date()]).await;
    let slip = with(with(good_slip(&office, 0), "no.temperature", "on"), "none.ill", "on");
    let done = office.post(&format!("/reviews/{page}/commit"), &refs(&slip)).await;
    assert!(done.location().contains("done=committed"), "{}", done.text());
    let record = office.store.read(|rows| rows.record_of_page(&page)).unwrap().unwrap();
    assert!(!record.values.contains_key(&"temperature".into()) && !record.values.contains_key(&"ill".into()));
    let keyings = office.store.read(|rows| rows.keyings(&page)).unwrap();
    use domain::keying::Keyed;
    let said = |id: &str| keyings.iter().find(|one| one.field.as_str() == id).map(|one| one.keyed.clone());
    assert_eq!(said("temperature"), Some(Keyed::Illegible));
    assert_eq!(said("ill"), Some(Keyed::NoneOfThese));
}
