//! The mailroom: files brought in by a browser, envelopes closed, pages sorted, the day's sheet.

use super::office::*;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use domain::duty::Duty;
use domain::page::PageState;
use std::path::PathBuf;

fn upload(name: &str, folder: &str, bytes: &[u8]) -> Request<Body> {
    Request::post("/inbox/upload")
        .header("x-file-name", crate::inbox::encoded(name))
        .header("x-folder", crate::inbox::encoded(folder))
        .header(header::CONTENT_LENGTH, bytes.len())
        .body(Body::from(bytes.to_vec()))
        .unwrap()
}

/// Every file below the inbox, the hidden folders too.
fn files(office: &Office) -> Vec<String> {
    let (root, mut left, mut found) = (office.inbox(), vec![PathBuf::new()], Vec::new());
    while let Some(folder) = left.pop() {
        for entry in std::fs::read_dir(root.join(&folder)).unwrap().flatten() {
            let path = folder.join(entry.file_name());
            match entry.metadata().unwrap().is_dir() {
                true => left.push(path),
                false => found.push(path.to_string_lossy().into_owned()),
            }
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn a_file_from_a_browser_lies_whole_in_its_folder_and_overwrites_nothing() {
    let office = Office::open();
    let picture = b"\xff\xd8\xff\xe0 a picture";
    for _ in 0..2 {
        assert_eq!(office.send_request(upload("予診票.jpg", "2階", picture)).await.status, StatusCode::OK);
    }
    let answer = office.send_request(upload("../../../evil.exe", "", b"%PDF-1.7 pages")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(files(&office), ["2階/予診票-2.jpg", "2階/予診票.jpg", "evil.exe.pdf"]);
    assert_eq!(std::fs::read(office.inbox().join("2階/予診票.jpg")).unwrap(), picture);
}

#[tokio::test]
async fn what_must_not_be_taken_is_refused_with_words_and_leaves_nothing() {
    let office = Office::open();
    let sized = |size: u64| {
        let mut request = upload("a.jpg", "", b"\xff\xd8\xff\xe0 a picture");
        request.headers_mut().insert(header::CONTENT_LENGTH, size.into());
        request
    };
    let table = [
        (
            upload("virus.exe", "", b"MZ\x90\0 program"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "だけを受け付けます",
        ),
        (upload("a.jpg", "", b""), StatusCode::BAD_REQUEST, "空のファイル"),
        (upload("a.jpg", "../secret", b"\xff\xd8\xff\xe0 x"), StatusCode::BAD_REQUEST, "フォルダー名"),
        (upload("a.jpg", "failed", b"\xff\xd8\xff\xe0 x"), StatusCode::BAD_REQUEST, "フォルダー名"),
        (upload("a.jpg", ".claimed", b"\xff\xd8\xff\xe0 x"), StatusCode::BAD_REQUEST, "フォルダー名"),
        (sized(1 << 40), StatusCode::PAYLOAD_TOO_LARGE, "512 MB"),
        (sized(500), StatusCode::BAD_REQUEST, "途中で切れました"),
        (sized(5), StatusCode::BAD_REQUEST, "申告より大きい"),
    ];
    for (request, status, words) in table {
        let answer = office.send_request(request).await;
        assert_eq!(answer.status, status, "{words}");
        assert!(answer.text().contains(words), "{}", answer.text());
    }
    assert_eq!(files(&office), Vec::<String>::new());
    let verifier = office.by("kakunin", &[Duty::Verifier]);
    assert_eq!(verifier.send(upload("a.jpg", "", b"\xff\xd8\xff\xe0 x")).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_waits_in_the_inbox_is_shown_with_words() {
    let office = Office::open();
    for (name, bytes) in [("a.tif", &b""[..]), ("b.tif.part", b"x"), ("c.docx", b"x"), ("2階/<b>.tif", b"")]
    {
        let path = office.inbox().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    std::os::unix::fs::symlink("/etc/passwd", office.inbox().join("link.tif")).unwrap();
    let text = office.get("/inbox").await.text();
    for words in [
        "空のファイルです",
        "書込み途中を表す名前です。1時間",
        "画像や PDF ではない名前",
        "リンク（ショートカット）",
    ] {
        assert!(text.contains(words), "{words}");
    }
    assert!(!text.contains("<b>.tif"), "names are text");
}

#[tokio::test]
async fn a_page_is_turned_assigned_and_cut_and_every_step_can_be_taken_back() {
    let office = Office::open();
    let page = office.waiting("a", 0, &[doubtful_date()]).await;
    let post = async |action: &str, pairs: &[(&str, &str)]| {
        office.post(&format!("/pages/{page}/{action}"), pairs).await
    };
    assert_eq!(post("turn", &[("degrees", "45")]).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(post("turn", &[("degrees", "90")]).await.status, StatusCode::SEE_OTHER);
    let shown = image::load_from_memory(&office.get(&format!("/pages/{page}/image?width=200")).await.bytes);
    let shown = shown.unwrap();
    assert!(shown.width() > shown.height(), "the upright page lies on its side");
    assert_eq!(office.state(&page), PageState::Received);
    for (pairs, words) in [
        ([("form", "nothing"), ("number", "")], "登録されていません"),
        ([("form", ""), ("number", "12345678901")], "検査数字"),
    ] {
        let answer = post("assign", &pairs).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(answer.text().contains(words));
    }
    let number = office.numbers[1].0.clone();
    assert_eq!(post("assign", &[("form", ""), ("number", &number)]).await.status, StatusCode::SEE_OTHER);
    let row = office.store.read(|rows| rows.page(&page)).unwrap().unwrap();
    assert_eq!(row.assigned_form.unwrap(), office.form.id);
    assert_eq!(post("cut", &[("axis", "x"), ("at", "3")]).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(post("cut", &[("axis", "x"), ("at", "40")]).await.status, StatusCode::SEE_OTHER);
    let parts = office.store.read(|rows| rows.page_view(&page)).unwrap().unwrap().parts;
    let mut widths = Vec::new();
    for part in &parts {
        let picture = office.get(&format!("/pages/{part}/image?width=2000")).await.bytes;
        widths.push(image::load_from_memory(&picture).unwrap().width());
    }
    // 297 mm at 100 dpi, turned to lie across.
    assert_eq!(widths, [468, 701]);
    let text = office.get(&format!("/pages/{page}")).await.text();
    assert!(text.contains("分割済") && text.contains("2枚目"));
    assert_eq!(post("uncut", &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(office.state(&page), PageState::InReview);
    assert_eq!(post("act/discard", &[("reason", "白紙")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(office.state(&page), PageState::Discarded);
    assert_eq!(post("undo", &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(office.state(&page), PageState::InReview);
    let home = office.store.read(|rows| Ok((rows.imbalances()?, rows.counts()?))).unwrap();
    assert_eq!((home.0, home.1.pages.paper()), (Vec::new(), 1));
    let nobody = office.by("kakunin", &[Duty::Verifier]);
    for action in ["turn", "assign", "cut", "uncut", "move"] {
        let answer = nobody.post(&format!("/pages/{page}/{action}"), &[]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{action}");
    }
}

#[tokio::test]
async fn pages_are_moved_into_the_envelope_of_a_ticket_that_was_never_read_and_back() {
    let office = Office::open();
    let pages = office.scan("a", 3).await;
    let ticket = office.ticket("0110113719", 2);
    let wrong =
        office.post(&format!("/pages/{}/move", pages[1]), &[("target", "ticket"), ("number", "1")]).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    let pairs = [("target", "ticket"), ("number", ticket.as_str()), ("scope", "rest")];
    let answer = office.post(&format!("/pages/{}/move", pages[1]), &pairs).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(answer.location().contains("moved=2"), "{}", answer.location());
    let text = office.get(&format!("/envelopes/{ticket}")).await.text();
    assert!(text.contains("一致") && text.contains("束を締める"), "two declared, two seen");
    // One more than declared: closing needs a reason, and says who gave it.
    let marked = office.post("/pages/move", &[("page", pages[0].as_str()), ("target", &ticket)]).await;
    let batch = marked.location().split("batch=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    assert!(office.get("/envelopes?show=over").await.text().contains("申告2 受付3 超過1"));
    let close = format!("/envelopes/{ticket}/close");
    assert_eq!(office.post(&close, &[("reason", "")]).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(office.post(&close, &[("reason", "123456789018")]).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(office.post(&close, &[("reason", "数え直し済み")]).await.status, StatusCode::SEE_OTHER);
    assert!(office.get(&format!("/envelopes/{ticket}")).await.text().contains("超過1のまま確定"));
    assert_eq!(office.post(&format!("/moves/{batch}/undo"), &[]).await.status, StatusCode::SEE_OTHER);
    assert!(
        office.get(&format!("/envelopes/{ticket}")).await.text().contains("確定したあとで枚数が変わりました")
    );
    assert_eq!(office.post(&format!("/moves/{batch}/undo"), &[]).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(office.post(&format!("/envelopes/{ticket}/reopen"), &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(office.post("/envelopes/none/close", &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_days_sheet_adds_up_on_the_screen_and_in_the_file() {
    let office = Office::open();
    office.scan("a", 3).await;
    let page = office.waiting("b", 0, &[doubtful_date()]).await;
    office.post(&format!("/pages/{page}/cut"), &[("axis", "y"), ("at", "50")]).await;
    // The made-up scans are half an hour old: shortly after midnight they are of the day before.
    let day = ago(30).to_zoned(crate::words::japan()).date();
    let screen = office.get(&format!("/daily?day={day}")).await;
    assert!(
        screen.words("daily-adds-up").contains("取り込んだページ 5 ＝ 内訳の合計 5"),
        "{}",
        screen.text()
    );
    let file = office.get(&format!("/daily/sheet.csv?day={day}")).await;
    assert!(file.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/csv"));
    let text = file.text();
    let last = text.lines().last().unwrap();
    assert!(last.contains("合計（1束）") && last.contains("\"5\""), "{last}");
    assert!(office.get("/daily?day=2001-01-01").await.text().contains("取り込んだページはありません"));
    assert_eq!(office.get("/daily?day=x").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_wrong_ticket_is_said_beside_its_field_and_a_wrong_list_by_line() {
    let office = Office::open();
    let wrong = [("clinic", "0110113718"), ("month", "2026-13"), ("programme", "x"), ("declared", "0")];
    let answer = office.post("/paper/ticket", &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in ["clinic", "month", "programme", "declared"] {
        assert!(!answer.words(&format!("wrong-{field}")).is_empty());
    }
    let list = "コード,月,事業,枚数\n0110113719,2026-10,trial,5\n0110113719,2026-10,trial\n0110113718,2026-10,trial,5";
    let answer = office.post("/paper/tickets", &[("list", list)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = answer.text();
    assert!(text.contains("3行目") && text.contains("4行目") && !text.contains("2行目："));
    assert_eq!(office.post("/paper/ticket/99/again", &[]).await.status, StatusCode::NOT_FOUND);
}
