//! Forms of somebody else's paper: from the empty sheet to a form in use.

use super::office::{Answer, Office};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::form::Form;
use serde_json::{Value, json};
use vision::{GrayPage, encode_png};

/// 150 dpi: small pictures keep the tests quick.
const PX_PER_MM: f64 = 150.0 / 25.4;

/// A postcard with three boxes in a row and a frame to sign in.
fn empty_sheet() -> Vec<u8> {
    let mut page = GrayPage::white(591, 874);
    page.dpi = Some([150.0, 150.0]);
    let mut fill = |x: f64, y: f64, w: f64, h: f64| {
        let [left, right] = [x, x + w].map(|mm| (mm * PX_PER_MM).round() as usize);
        let [top, bottom] = [y, y + h].map(|mm| (mm * PX_PER_MM).round() as usize);
        for row in top..bottom.max(top + 1) {
            page.pixels[row * 591 + left..row * 591 + right.max(left + 1)].fill(0);
        }
    };
    for [x, y, w, h] in
        [[30.0, 40.0, 6.0, 8.0], [36.5, 40.0, 6.0, 8.0], [43.0, 40.0, 6.0, 8.0], [30.0, 70.0, 50.0, 12.0]]
    {
        fill(x, y, w, 0.25);
        fill(x, y + h, w, 0.25);
        fill(x, y, 0.25, h);
        fill(x + w, y, 0.25, h + 0.25);
    }
    encode_png(&page)
}

async fn upload(office: &Office, address: &str, bytes: Vec<u8>) -> Answer {
    office.send_request(Request::post(address).body(Body::from(bytes)).unwrap()).await
}

fn said(answer: &Answer) -> Value {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    serde_json::from_slice(&answer.bytes).unwrap()
}

async fn tell(office: &Office, address: &str, doc: &Value) -> Value {
    let request = Request::post(address).header("content-type", "application/json");
    said(&office.send_request(request.body(Body::from(doc.to_string())).unwrap()).await)
}

async fn draft(office: &Office) -> Value {
    said(&office.get("/forms/card/draft").await)
}

/// A draft whose proposals have all been taken.
async fn taken(office: &Office) -> Value {
    let answer = upload(office, "/forms/new?id=card&title=%E8%91%89%E6%9B%B8", empty_sheet()).await;
    assert_eq!(said(&answer), json!({ "at": "/forms/card" }));
    let mut doc = draft(office).await;
    doc["fields"] = doc["proposals"].take();
    doc["proposals"] = json!([]);
    doc
}

fn words(answer: &Value) -> String {
    answer["problems"].as_array().unwrap().iter().map(|problem| problem["words"].to_string()).collect()
}

#[tokio::test]
async fn an_empty_sheet_becomes_a_draft_and_the_draft_a_form() {
    let office = Office::open();
    let doc = taken(&office).await;
    assert_eq!(doc["paper_mm"], json!([100, 148]));
    assert_eq!(doc["fields"].as_array().unwrap().len(), 2, "{doc}");
    assert_eq!(doc["fields"][0]["boxes"].as_array().unwrap().len(), 3);
    let blank = office.get("/forms/card/blank/1").await;
    assert_eq!(
        (&blank.headers["content-type"], &blank.bytes[1..4]),
        (&"image/png".parse().unwrap(), &b"PNG"[..])
    );
    // What is not saved does not go live.
    assert!(
        words(&said(&upload(&office, "/forms/card/live", Vec::new()).await)).contains("項目がまだありません")
    );
    assert_eq!(tell(&office, "/forms/card/save", &doc).await["problems"], json!([]));
    assert!(office.get("/forms").await.text().contains("draft-card"));
    assert!(office.own_form("card").is_none(), "a draft is no form in use");
    let live = said(&upload(&office, "/forms/card/live", Vec::new()).await);
    assert_eq!(live["live"], 1, "{live}");
    let form: Form = office.own_form("card").unwrap();
    assert_eq!((form.title.as_str(), form.is_third_party(), form.fields.len()), ("葉書", true, 2));
    let list = office.get("/forms").await.text();
    assert!(list.contains("restart-card") && !list.contains("draft-card"), "{list}");
}

#[tokio::test]
async fn a_form_in_use_that_is_changed_goes_live_as_a_new_version() {
    let office = Office::open();
    let doc = taken(&office).await;
    tell(&office, "/forms/card/save", &doc).await;
    said(&upload(&office, "/forms/card/live", Vec::new()).await);
    for (label, width, version) in [("体温", None, 2), ("体温", None, 2), ("体温", Some(40.0), 3)] {
        assert_eq!(office.post("/forms/card/edit", &[]).await.location(), "/forms/card");
        let mut doc = draft(&office).await;
        doc["fields"][0]["label"] = label.into();
        if let Some(width) = width {
            doc["fields"][1]["boxes"][0][2] = json!(width);
        }
        tell(&office, "/forms/card/save", &doc).await;
        assert_eq!(said(&upload(&office, "/forms/card/live", Vec::new()).await)["live"], version);
    }
    // Opened once more and thrown away, it stays as it is.
    office.post("/forms/card/edit", &[]).await;
    office.post("/forms/card/discard", &[]).await;
    assert_eq!(office.own_form("card").unwrap().version, 3);
    assert_eq!(office.get("/forms/card").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_the_designer_does_not_show_is_kept() {
    let office = Office::open();
    let mut doc = taken(&office).await;
    doc["fields"].as_array_mut().unwrap().push(json!({
        "id": "coupon", "kind": "barcode", "label": "券番号", "symbology": "nw7", "foreign": true, "length": 3,
        "management_number": true, "boxes": [[30, 100, 20, 6]],
        "digits": { "at": [30, 108], "box": [3, 4], "pitch": 3, "groups": [3] },
    }));
    doc["fields"][0]["max_wrong"] = json!(0.001);
    tell(&office, "/forms/card/save", &doc).await;
    let live = said(&upload(&office, "/forms/card/live", Vec::new()).await);
    assert_eq!(live["live"], 1, "{live}");
    let first = office.own_form("card").unwrap();
    office.post("/forms/card/edit", &[]).await;
    said(&upload(&office, "/forms/card/live", Vec::new()).await);
    assert_eq!(office.own_form("card").unwrap(), first);
    assert_eq!(first.fields[0].max_wrong, Some(0.001));
    assert_eq!(first.number_field().unwrap().1.digit_cells.len(), 3);
}

#[tokio::test]
async fn a_mistake_is_said_in_japanese_beside_its_field() {
    let office = Office::open();
    let good = taken(&office).await;
    let wrong: [(&str, Value, &str); 9] = [
        ("/fields/1/id", "Sign".into(), "半角の英小文字"),
        ("/fields/1/id", "field_1".into(), "同じ項目ID"),
        ("/fields/1/boxes/0", json!([1, 70, 20, 10]), "5mm以内"),
        ("/fields/1/boxes/0", json!([32, 41, 20, 10]), "重なっています"),
        ("/fields/1/kind", "mark".into(), ""),
        ("/fields/1/kind", "choice".into(), "選択肢を2つ以上"),
        ("/fields/1/kind", "date".into(), "最初の日"),
        ("/fields/1/side", 2.into(), "この面はありません"),
        ("/fields/1/boxes/0", json!(["a", 70, 20, 10]), "数字でないもの"),
    ];
    for (place, value, expected) in wrong {
        let mut doc = good.clone();
        let (parent, key) = place.rsplit_once('/').unwrap();
        let parent = doc.pointer_mut(parent).unwrap();
        match key.parse::<usize>() {
            Ok(at) => parent[at] = value.clone(),
            Err(_) => parent[key] = value.clone(),
        }
        let answer = tell(&office, "/forms/card/check", &doc).await;
        if expected.is_empty() {
            assert_eq!(answer["problems"], json!([]), "{place} = {value}");
            continue;
        }
        assert!(words(&answer).contains(expected), "{place} = {value}: {answer}");
        // Of two fields with one id, the first is named.
        let at = u64::from(value != "field_1");
        assert_eq!(answer["problems"][0]["field"], at, "{place} = {value}: {answer}");
    }
    let mut doc = good.clone();
    doc["number"] = office.form.number.into();
    assert!(words(&tell(&office, "/forms/card/check", &doc).await).contains("が使っています"));
}

#[tokio::test]
async fn every_mistake_the_checker_knows_has_japanese_words() {
    let field = |rest: &str| format!("[[field]]\nid = \"a\"\nlabel = \"a\"\n{rest}\n");
    let head = "version = 1\nnumber = 7\ntitle = \"t\"\npaper_mm = [100, 148]\n";
    let wrong = [
        head.replace('7', "0"),
        head.replace("[100, 148]", "[10, 148]"),
        head.to_owned() + &field("kind = \"digits\""),
        head.to_owned() + &field("kind = \"digits\"\nboxes = [[20, 20, 6, 8]]\ndecimals = 1"),
        head.to_owned() + &field("kind = \"digits\"\nboxes = [[20, 20, 6, 8]]\nrange = [5, 1]"),
        head.to_owned() + &field("kind = \"digits\"\nboxes = [[20, 20, 6, 8]]\ncheck = \"luhn\""),
        head.to_owned() + &field("kind = \"date\"\nfirst = \"2026-01-01\"\nlast = \"2025-01-01\""),
        head.to_owned() + &field("kind = \"date\"\nfirst = \"2026-02-30\"\nlast = \"2027-01-01\""),
        head.to_owned() + &field("kind = \"mark\""),
        head.to_owned() + &field("kind = \"stamp\""),
        head.to_owned() + &field("kind = \"image\"\nboxes = [[20, 20, 0, 8]]\nmax_wrong = 0.5"),
        head.to_owned() + &field("kind = \"barcode\"\nboxes = [[20, 20, 10, 8]]"),
        head.to_owned() + &field("kind = \"barcode\"\nsymbology = \"nw7\"\nmanagement_number = true"),
        head.to_owned() + &field("kind = \"barcode\"\nsymbology = \"qr\"\nrepeats_number = true"),
    ];
    for text in wrong {
        for error in Form::parse("trial", &text).unwrap_err() {
            let words = crate::forms::words::mistake(&error.reason);
            assert!(!words.contains(&error.reason), "{words}");
        }
    }
}

#[tokio::test]
async fn uploads_that_are_no_empty_sheet_are_refused_and_leave_nothing() {
    let office = Office::open();
    let cases: [(&str, Vec<u8>, &str); 6] = [
        ("card", b"MZ this is a program".to_vec(), "画像ファイルではありません"),
        ("card", empty_sheet()[..500].to_vec(), "途中で切れています"),
        ("card", Vec::new(), "空です"),
        ("Card", empty_sheet(), "半角の英小文字"),
        ("..%2Fcard", empty_sheet(), "半角の英小文字"),
        ("trial", empty_sheet(), "半角の英小文字"),
    ];
    for (id, bytes, words) in cases {
        let answer = said(&upload(&office, &format!("/forms/new?id={id}"), bytes).await);
        assert!(answer["wrong"].as_str().is_some_and(|wrong| wrong.contains(words)), "{id}: {answer}");
    }
    let large = vec![0; crate::forms::LARGEST_UPLOAD + 1];
    let answer = upload(&office, "/forms/new?id=card", large).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let foreign = Request::post("/forms/new?id=card").header("sec-fetch-site", "cross-site");
    let answer = office.send_request(foreign.body(Body::from(empty_sheet())).unwrap()).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    for address in ["/forms/card", "/forms/card/draft", "/forms/card/blank/1", "/forms/trial/1"] {
        assert_eq!(office.get(address).await.status, StatusCode::NOT_FOUND, "{address}");
    }
}
