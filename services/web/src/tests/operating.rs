//! The operations screen.

use super::office::*;
use axum::http::StatusCode;
use domain::duty::Duty;
use domain::edition::Edition;
use domain::message::ReaderReport;
use jiff::{SignedDuration, Timestamp};

fn report(name: &str, forms: &str) -> ReaderReport {
    ReaderReport {
        name: name.into(),
        program: "yomitori 0.1.0".into(),
        edition: Edition { number: 0, forms: forms.into(), model: "m".into() },
        threads: 4,
        pages: 1234,
        refusing_since: None,
        stopping: false,
        at: Timestamp::now(),
    }
}

#[tokio::test]
async fn a_clerk_sees_what_stands_still_and_asks_for_it_again() {
    let office = Office::open();
    let mailroom = office.by("ueda", &[Duty::Mailroom]);
    // Half an hour ago, and nobody has read them.
    let pages = office.scan("slow.tif", 2).await;
    let ids: Vec<i64> = office
        .store
        .read(|rows| rows.unsent_outbox(9))
        .unwrap()
        .into_iter()
        .map(|message| message.id)
        .collect();
    office.store.write(|rows| rows.mark_sent(&ids, ago(30))).unwrap();
    let screen = mailroom.get("/operations").await;
    let text = screen.text();
    assert_eq!(screen.status, StatusCode::OK);
    assert!(text.contains("読み取りを待つページが 2ページ 止まっています（最長 30分）。"), "{text}");
    assert!(text.contains("「読み取りに出し直す」を押してください"), "the request is nowhere: {text}");
    assert!(text.contains("slow.tif") && text.contains("控え（バックアップ）がまだ一度もありません。"));
    let done = mailroom.post("/operations/requeue", &[]).await;
    assert_eq!(done.location(), "/operations?asked=2");
    assert!(mailroom.get("/operations?asked=2").await.text().contains("2ページを読み取りに出し直しました。"));
    assert_eq!(office.store.read(|rows| rows.page(&pages[0])).unwrap().unwrap().round, 2);
    let again = mailroom.post("/operations/requeue", &[]).await;
    assert_eq!(again.location(), "/operations?asked=0", "what was just asked for is not late");
    let verifier = office.by("sato", &[Duty::Verifier]);
    assert_eq!(verifier.get("/operations").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn readers_are_listed_with_what_is_wrong_with_them() {
    let office = Office::open();
    let edition = report("", "f00d").edition;
    let (now, old) = (Timestamp::now(), Timestamp::now() - SignedDuration::from_mins(20));
    office
        .store
        .write(|rows| {
            rows.begin_edition(&edition, &clerk(), now)?;
            rows.note_reader(&report("reader-01", "f00d"), now)?;
            rows.note_reader(&report("reader-02", "beef"), now)?;
            rows.note_reader(&ReaderReport { at: old, ..report("reader-03", "f00d") }, now)
        })
        .unwrap();
    let text = office.by("admin", &[Duty::Administrator]).get("/operations/live").await.text();
    let words = [
        "帳票の版が違う読取機が 1台 あります（reader-02 など）。",
        "連絡のない読取機が 1台 あります（reader-03 など）。",
        "1234",
        "動いています",
    ];
    for said in words {
        assert!(text.contains(said), "{said}: {text}");
    }
}
