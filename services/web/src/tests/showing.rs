//! What the screens show, to whom, and what they refuse.

use super::office::*;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use domain::duty::Duty;
use domain::page::PageState;
use store::Disposal;

#[tokio::test]
async fn the_counts_on_the_home_screen_add_up() {
    let office = Office::open();
    office.scan("a.tif", 3).await;
    let page = office.waiting("b.tif", 0, &[doubtful_date()]).await;
    office.waiting("c.tif", 1, &[doubtful_date()]).await;
    office.store.write(|rows| rows.dispose(&page, Disposal::Discarded, "白紙", &clerk(), ago(1))).unwrap();
    office.store.write(|rows| rows.fail_file("", "broken.pdf", 10, "開けません", ago(1))).unwrap();
    let home = office.get("/").await;
    let told = PageState::ALL.map(|state| home.words(&format!("total-{}", state.as_str())));
    assert_eq!(told, ["3", "0", "1", "0", "0", "0", "1", "0", "0"]);
    assert_eq!(home.words("total-arrived"), "5");
    assert!(home.words("adds-up").contains("内訳の合計 5"));
    assert_eq!(home.words("waiting"), "1");
    let inbox = office.get("/inbox?state=file_failed").await.text();
    assert!(inbox.contains("broken.pdf") && inbox.contains("開けません") && !inbox.contains("a.tif"));
    let inbox = office.get("/inbox?state=discarded").await.text();
    assert!(inbox.contains("b.tif") && !inbox.contains("a.tif"));
}

#[tokio::test]
async fn pictures_are_cut_to_the_size_asked_for() {
    let office = Office::open();
    let page = office.waiting("a.tif", 0, &[doubtful_date()]).await;
    for (address, size) in [
        (format!("/pages/{page}/image?width=100"), (100, 141)),
        (format!("/pages/{page}/image?width=420&paper=true"), (420, 594)),
        (format!("/pages/{page}/image?width=999999"), (826, 1169)),
        // The combs and the era of the visit date, 2 mm of paper around them, 6 pixels a millimetre.
        (format!("/pages/{page}/snippet/visit_date"), (423, 66)),
    ] {
        let answer = office.get(&address).await;
        assert_eq!(answer.status, StatusCode::OK, "{address}");
        assert_eq!(answer.headers[header::CONTENT_TYPE], "image/jpeg");
        assert!(answer.headers[header::CACHE_CONTROL].to_str().unwrap().starts_with("private"));
        let picture = vision::decode(&answer.bytes, &vision::Limits::default()).unwrap();
        assert_eq!((picture.width, picture.height), size, "{address}");
    }
}

#[tokio::test]
async fn what_does_not_exist_is_told_with_a_way_out() {
    let office = Office::open();
    let page = office.waiting("a.tif", 0, &[doubtful_date()]).await;
    let received = office.scan("b.tif", 1).await.remove(0);
    let addresses = [
        "/nowhere".to_owned(),
        "/pages/none".to_owned(),
        "/pages/..%2F..%2Fetc%2Fpasswd".to_owned(),
        "/pages/..%2F..%2Fetc%2Fpasswd/image".to_owned(),
        format!("/pages/{page}/snippet/none"),
        format!("/pages/{received}/snippet/visit_date"),
        "/reviews/none".to_owned(),
        format!("/reviews/{received}"),
        "/residents/999999".to_owned(),
        "/envelopes/none".to_owned(),
        "/inbox/999".to_owned(),
        "/paper/none/blank.pdf".to_owned(),
    ];
    for address in addresses {
        let answer = office.get(&address).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{address}");
        assert!(answer.text().contains("ホームへ戻る"), "{address}");
    }
    for address in ["/static/..%2FCargo.toml", "/static/none.css"] {
        assert_eq!(office.get(address).await.status, StatusCode::NOT_FOUND, "{address}");
    }
}

#[tokio::test]
async fn every_answer_is_guarded() {
    let office = Office::open();
    for address in ["/", "/nowhere", "/static/app.css", "/api/status"] {
        let answer = office.get(address).await;
        let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("default-src 'self'") && !policy.contains("unsafe"), "{address}");
        assert_eq!(answer.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    }
    let home = office.get("/").await;
    assert_eq!(home.headers[header::CACHE_CONTROL], "no-store");
    // The policy forbids inline code: a view that had some would be dead on the screen.
    for forbidden in [" style=", " onclick=", "<style", "<script>"] {
        assert!(!home.text().contains(forbidden), "{forbidden}");
    }
}

#[tokio::test]
async fn a_write_from_a_foreign_page_is_refused() {
    let office = Office::open();
    let page = office.waiting("a.tif", 0, &[doubtful_date()]).await;
    let discard = |origin: &str| {
        Request::post(format!("/reviews/{page}/act/discard"))
            .header(header::ORIGIN, origin)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form_body(&[("reason", "白紙")]))
            .unwrap()
    };
    let refused = office.send_request(discard("https://evil.example")).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(office.state(&page), PageState::InReview);
    let taken = office.send_request(discard("http://yomitori.test")).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER);
    assert_eq!(office.state(&page), PageState::Discarded);
}

#[tokio::test]
async fn a_body_too_large_is_refused() {
    let office = Office::open();
    let huge = Request::post("/residents")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(format!("words={}", "a".repeat(1 << 20))))
        .unwrap();
    assert_eq!(office.send_request(huge).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn people_are_found_and_their_names_do_no_harm() {
    let office = Office::open();
    let found = office.post("/residents", &[("words", "ﾐﾎﾝ S25.3.4")]).await.text();
    assert!(found.contains("見本 花子") && found.contains("昭和25年3月4日"));
    assert!(found.contains("&#60;script&#62;alert(1)") && !found.contains("<script>alert"));
    let ledger = office.get(&format!("/residents/{}", office.row(1))).await.text();
    assert!(ledger.contains("&#60;script&#62;") && !ledger.contains("<script>alert"));
    let nobody = office.post("/residents", &[("words", "見本 S25.3.5")]).await.text();
    assert!(nobody.contains("該当する住民はいません"));
    let by_slip = office.post("/residents", &[("words", &office.numbers[0].0)]).await.text();
    assert!(by_slip.contains("見本 花子") && !by_slip.contains("秘密"));
}

#[tokio::test]
async fn the_address_of_a_protected_person_is_never_shown() {
    let office = Office::open();
    let page = office.waiting("a.tif", 2, &[doubtful_date()]).await;
    let screens = [
        office.post("/residents", &[("words", "秘密")]).await,
        office.get(&format!("/residents/{}", office.row(2))).await,
        office.get(&format!("/reviews/{page}")).await,
    ];
    for screen in screens {
        let text = screen.text();
        assert!(text.contains("秘密 花子") && text.contains("支援措置"));
        assert!(!text.contains("見本町"), "{text}");
    }
    assert!(!office.get(&format!("/pages/{page}")).await.text().contains("見本町"));
    let open_to_all = office.waiting("b.tif", 0, &[doubtful_date()]).await;
    assert!(office.get(&format!("/pages/{open_to_all}")).await.text().contains("見本町"));
    let twin = office.scan_again("c.tif", &page).await;
    // The middle of the printed address, in each picture that can be asked for.
    let pictures = [
        ("image?width=826", (236, 130)),
        ("image?width=420&paper=true", (120, 66)),
        ("snippet/address", (100, 30)),
    ];
    for (picture, (x, y)) in pictures {
        for (shown, covered) in [(&page, true), (&twin, true), (&open_to_all, false)] {
            let answer = office.get(&format!("/pages/{shown}/{picture}")).await;
            // A duplicate has no reading of its own; its snippets are those of the page it repeats.
            let level = vision::decode(&answer.bytes, &vision::Limits::default()).unwrap().at(x, y);
            assert_eq!((140..160).contains(&level), covered, "{picture} {level}");
        }
    }
}

#[tokio::test]
async fn the_status_is_json_for_other_programs() {
    let office = Office::open();
    office.scan("a.tif", 2).await;
    let answer = office.get("/api/status").await;
    let status: serde_json::Value = serde_json::from_slice(&answer.bytes).unwrap();
    assert_eq!(status["pages"]["received"], 2);
    assert_eq!(status["pages"]["rescan"], 0);
    assert_eq!(status["files"]["taken"], 1);
    assert_eq!(status["records"], 0);
    assert_eq!(status["queue"]["waiting"], 0);
    assert_eq!(office.get("/healthz").await.text(), "ok");
}

#[tokio::test]
async fn who_lacks_the_right_is_told_which_one() {
    let office = Office::open();
    let mailroom = office.by("uketsuke", &[Duty::Mailroom]);
    assert_eq!(mailroom.get("/inbox").await.status, StatusCode::OK);
    for address in ["/reviews", "/residents", "/forms"] {
        let answer = mailroom.get(address).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{address}");
        assert!(answer.text().contains("の権限が必要です"));
    }
    let home = mailroom.get("/").await.text();
    assert!(home.contains("nav-inbox") && !home.contains("nav-residents"));
    let nobody = office.by("nobody", &[]);
    assert_eq!(nobody.post("/paper/ticket", &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(nobody.get("/pages/x/image").await.status, StatusCode::FORBIDDEN);
}
