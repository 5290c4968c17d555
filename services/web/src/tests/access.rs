//! Who looked at whom: every screen that shows a person leaves its line, and the screen of the lines answers.

use super::office::*;
use axum::http::{StatusCode, header};
use domain::access::AccessLine;
use domain::duty::Duty;
use store::AccessQuestion;

/// Every line so far, newest first.
fn lines(office: &Office) -> Vec<AccessLine> {
    office.store.read(|rows| rows.access_page(&AccessQuestion::default(), i64::MAX, 1000)).unwrap()
}

/// The lines that `ask` leaves, as `screen resident page`.
async fn left_by(office: &Office, ask: impl Future<Output = Answer>) -> (Answer, Vec<String>) {
    let before = lines(office).len();
    let answer = ask.await;
    let mut new = lines(office);
    new.truncate(new.len() - before);
    let told = new.iter().rev().map(|line| {
        let resident = line.resident.as_ref().map_or("-", |id| &id.0);
        format!(
            "{} {} {resident} {}",
            line.act.as_str(),
            line.screen,
            if line.page.is_some() { "page" } else { "-" }
        )
    });
    (answer, told.collect())
}

#[tokio::test]
async fn whatever_shows_a_person_or_a_page_leaves_its_line() {
    let office = Office::open();
    let page = office.waiting("a.jpg", 0, &[doubtful_date()]).await;
    let other = office.waiting("b.jpg", 1, &[doubtful_date()]).await;
    let row = office.row(0);
    let review = format!("/reviews/{page}");
    let ledger = format!("/residents/{row}");
    type Sent<'a> = Option<&'a [(&'a str, &'a str)]>;
    let table: [(&str, Sent, &[&str]); 12] = [
        ("/residents", None, &[]),
        ("/residents", Some(&[("words", "見本")]), &["search residents 10000001 -"]),
        ("/residents", Some(&[("words", "いない人")]), &["search residents - -"]),
        (&ledger, None, &["view ledger 10000001 -"]),
        (&format!("/pages/{other}/image?width=900"), None, &["view picture 10000002 page"]),
        (&format!("/pages/{other}/image?width=1600"), None, &[]),
        (&format!("/pages/{other}"), None, &["view page 10000002 page"]),
        (&format!("/pages/{page}/image?width=180"), None, &[]),
        (&review, None, &["view review 10000001 page"]),
        (&format!("/pages/{page}/snippet/visit_date"), None, &[]),
        (
            &format!("/reviews/{page}/person"),
            Some(&[("words", "S25.3.4")]),
            &[
                "search person_search 10000001 page",
                "search person_search 10000002 page",
                "search person_search 10000003 page",
            ],
        ),
        ("/inbox", None, &[]),
    ];
    for (address, sent, expected) in table {
        let ask = async {
            match sent {
                Some(pairs) => office.post(address, pairs).await,
                None => office.get(address).await,
            }
        };
        let (answer, left) = left_by(&office, ask).await;
        assert_eq!(answer.status, StatusCode::OK, "{address}");
        assert_eq!(left, expected, "{address}");
    }
}

#[tokio::test]
async fn what_cannot_be_logged_is_not_shown() {
    let office = Office::open();
    let page = office.waiting("a.jpg", 0, &[doubtful_date()]).await;
    // The log takes no line of nobody.
    let nobody = office.by("", &Duty::ALL);
    let row = office.row(0);
    for address in [format!("/residents/{row}"), format!("/reviews/{page}"), format!("/pages/{page}")] {
        let answer = nobody.get(&address).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{address}");
        assert!(!answer.text().contains("花子"), "{address}");
    }
    let found = nobody.post("/residents", &[("words", "見本")]).await;
    assert!(found.status.is_server_error() && !found.text().contains("花子"));
}

#[tokio::test]
async fn the_screen_answers_who_looked_and_is_itself_logged() {
    let office = Office::open();
    let row = office.row(0);
    office.by("sato", &[Duty::Verifier]).get(&format!("/residents/{row}")).await;
    let auditor = office.by("kansa", &[Duty::Auditor]);
    let (answer, left) =
        left_by(&office, auditor.post("/access-log", &[("resident", "１０００００01")])).await;
    assert!(answer.text().contains("sato") && answer.text().contains("個人台帳"), "{}", answer.text());
    assert_eq!(left, ["view access_log 10000001 -"]);
    let by_staff = auditor.post("/access-log", &[("staff", "sato"), ("from", "R8.10.1")]).await;
    assert!(by_staff.text().contains("10000001"));
    let nobody = auditor.post("/access-log", &[("staff", "suzuki")]).await;
    assert!(nobody.text().contains("該当する記録はありません"));
    for wrong in [[("from", "あした"), ("to", "")], [("from", "R8.10.3"), ("to", "R8.10.1")]] {
        assert!(auditor.post("/access-log", &wrong).await.text().contains("日付"));
    }
    let refused = office.by("sato", &[Duty::Verifier]).get("/access-log").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_file_needs_a_reason_and_runs_no_formula() {
    let office = Office::open();
    let row = office.row(0);
    office.by("=cmd()", &[Duty::Verifier]).get(&format!("/residents/{row}")).await;
    let auditor = office.by("kansa", &[Duty::Auditor]);
    let without = auditor.post("/access-log/file", &[("resident", "10000001"), ("reason", " ")]).await;
    assert_eq!(without.status, StatusCode::BAD_REQUEST);
    let sent = [("resident", "10000001"), ("reason", "開示請求")];
    let (answer, left) = left_by(&office, auditor.post("/access-log/file", &sent)).await;
    assert!(answer.headers[header::CONTENT_DISPOSITION].to_str().unwrap().contains("attachment"));
    let text = answer.text();
    assert!(text.starts_with("\u{feff}行,日時") && text.contains(",'=cmd(),"), "{text}");
    assert_eq!(left, ["export access_file 10000001 -"]);
    assert_eq!(lines(&office)[0].reason.as_deref(), Some("開示請求"));
}

#[tokio::test]
async fn older_lines_come_page_by_page() {
    let office = Office::open();
    let row = office.row(0);
    for _ in 0..130 {
        office.get(&format!("/residents/{row}")).await;
    }
    let auditor = office.by("kansa", &[Duty::Auditor]);
    let first = auditor.post("/access-log", &[("staff", "demo"), ("act", "view")]).await.text();
    assert_eq!(first.matches("<tr><td").count(), 100);
    let at = first.find("name=\"before\" value=\"").unwrap() + 21;
    let before = &first[at..at + first[at..].find('"').unwrap()];
    let second = auditor.post("/access-log", &[("staff", "demo"), ("act", "view"), ("before", before)]).await;
    assert_eq!(second.text().matches("<tr><td").count(), 30);
}
