//! What somebody tries who should not: every test is named after the attack, and asks the screens behind their door.

use super::door::{House, PASSWORD};
use axum::http::StatusCode;
use domain::account::Policy;
use domain::duty::{Duty, Right};
use jiff::{SignedDuration, Timestamp};
use std::path::Path;

const FORBIDDEN: StatusCode = StatusCode::FORBIDDEN;

#[tokio::test]
async fn looking_without_logging_in() {
    let house = House::open();
    let stranger = house.browser("192.0.2.66");
    for (address, _, _) in routes() {
        let answer = stranger.get(&address).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{address}");
        assert!(answer.location().starts_with("/login"), "{address}");
        assert_eq!(stranger.part(&address).await.status, StatusCode::UNAUTHORIZED, "{address}");
    }
    for address in ["/nothing", "/api/status", "/pages/1-1/image"] {
        assert_eq!(stranger.part(address).await.status, StatusCode::UNAUTHORIZED, "{address}");
    }
    for address in ["/healthz", "/login", "/setup", "/static/app.css"] {
        assert_eq!(stranger.get(address).await.status, StatusCode::OK, "{address}");
    }
}

#[tokio::test]
async fn reaching_what_another_duty_is_for() {
    let house = House::open();
    for duty in Duty::ALL {
        let browser = house.browser("192.0.2.7");
        browser.log_in(duty.as_str()).await;
        for (address, writes, rights) in routes() {
            if rights.is_empty() || rights.iter().any(|&right| duty.may(right)) {
                continue;
            }
            assert_eq!(browser.get(&address).await.status, FORBIDDEN, "{duty:?} {address}");
            if writes {
                assert_eq!(browser.post(&address, &[]).await.status, FORBIDDEN, "{duty:?} {address}");
            }
        }
    }
}

#[tokio::test]
async fn giving_oneself_rights() {
    let house = House::open();
    let admin = house.browser("192.0.2.7");
    admin.log_in("administrator").await;
    let mine = [("name", "管理"), ("duty", "administrator"), ("duty", "verifier")];
    let answer = admin.post("/staff/administrator", &mine).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text());
    assert_eq!(house.duties("administrator"), [Duty::Administrator]);
    assert_eq!(
        admin.post("/staff/administrator/disable", &[]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let verifier = house.browser("192.0.2.8");
    verifier.log_in("verifier").await;
    for address in ["/staff/verifier", "/staff/new", "/staff/administrator/reset-password"] {
        let answer = verifier.post(address, &[("id", "me"), ("name", "n"), ("duty", "administrator")]).await;
        assert_eq!(answer.status, FORBIDDEN, "{address}");
    }
    verifier.post("/me/password", &[("now", PASSWORD), ("duty", "administrator")]).await;
    assert_eq!(house.duties("verifier"), [Duty::Verifier]);
}

#[tokio::test]
async fn writing_from_a_page_of_somebody_else() {
    let house = House::open();
    let admin = house.browser("192.0.2.7");
    admin.log_in("administrator").await;
    let victim = "/staff/verifier/disable";
    for headers in [
        &[][..],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
    ] {
        assert_eq!(admin.send("POST", victim, headers, "").await.status, FORBIDDEN, "{headers:?}");
        let answer = admin.send("POST", "/login", headers, "id=a&password=b").await;
        assert_eq!(answer.status, FORBIDDEN, "{headers:?}");
    }
    assert!(house.account("verifier").enabled);
    let ours = [("origin", "http://yomitori.test")];
    assert_eq!(admin.send("POST", victim, &ours, "").await.status, StatusCode::OK);
    assert!(!house.account("verifier").enabled);
}

#[tokio::test]
async fn pointing_a_foreign_name_at_this_machine() {
    let house = House::open();
    let browser = house.browser("192.0.2.7");
    for (host, status) in [
        ("evil.example", StatusCode::MISDIRECTED_REQUEST),
        ("yomitori.test.evil.example", StatusCode::MISDIRECTED_REQUEST),
        ("yomitori.test:8080", StatusCode::OK),
        ("127.0.0.1:8080", StatusCode::OK),
        ("[::1]:8080", StatusCode::OK),
        ("localhost", StatusCode::OK),
    ] {
        assert_eq!(browser.send("GET", "/login", &[("host", host)], "").await.status, status, "{host}");
    }
}

#[tokio::test]
async fn planting_a_session_before_the_login() {
    let house = House::open();
    let browser = house.browser("192.0.2.7");
    let planted = "a".repeat(64);
    browser.plant("yomitori", &planted);
    browser.log_in("verifier").await;
    let token = browser.cookie("yomitori");
    assert_ne!(token, planted);
    let thief = house.browser("192.0.2.66");
    thief.plant("yomitori", &planted);
    assert_eq!(thief.part("/").await.status, StatusCode::UNAUTHORIZED);
    // Covered and uncovered, and with a new password, it is another token again.
    browser.post("/session/lock", &[]).await;
    browser.post("/session/unlock", &[("password", PASSWORD), ("back", "/")]).await;
    assert_ne!(browser.cookie("yomitori"), token);
    thief.plant("yomitori", &token);
    assert_eq!(thief.part("/").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn stealing_the_cookie_by_script_or_over_an_open_line() {
    let house = House::open();
    let browser = house.browser("192.0.2.7");
    let answer = browser.log_in("verifier").await;
    for line in answer.headers.get_all("set-cookie") {
        let line = line.to_str().unwrap();
        assert!(line.contains("; HttpOnly; SameSite=Strict; Path=/") && !line.contains("Domain"), "{line}");
    }
    // Behind a TLS proxy that is believed, and never because the client says so.
    let proxied = house.behind_a_proxy("192.0.2.1");
    let headers = [
        ("sec-fetch-site", "same-origin"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("x-forwarded-proto", "https"),
    ];
    let body = format!("id=verifier&password={}", PASSWORD.replace(' ', "+"));
    let answer = proxied.send("POST", "/login", &headers, &body).await;
    let line = answer.headers["set-cookie"].to_str().unwrap();
    assert!(line.starts_with("__Host-yomitori=") && line.contains("; Secure"), "{line}");
    assert!(answer.headers.contains_key("strict-transport-security"));
    let answer = house.browser("192.0.2.9").send("POST", "/login", &headers, &body).await;
    assert!(!answer.headers["set-cookie"].to_str().unwrap().contains("Secure"));
}

#[tokio::test]
async fn guessing_a_password() {
    let house = House::open();
    let thief = house.browser("192.0.2.66");
    let wrong =
        async |id: &str| thief.post("/login", &[("id", id), ("password", "guess me if you can")]).await;
    let (known, unknown) = (wrong("verifier").await, wrong("nobody").await);
    assert_eq!(known.status, StatusCode::UNAUTHORIZED);
    assert_eq!(known.text().replace("verifier", "nobody"), unknown.text(), "no word tells who exists");
    for _ in 0..5 {
        wrong("verifier").await;
        wrong("nobody").await;
    }
    assert_eq!(wrong("verifier").await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(wrong("nobody").await.status, StatusCode::TOO_MANY_REQUESTS);
    let right = thief.post("/login", &[("id", "verifier"), ("password", PASSWORD)]).await;
    assert_eq!(right.status, StatusCode::TOO_MANY_REQUESTS, "the right one has to wait, too");
    // The owner at another terminal is not shut out, and the administrator is told.
    house.browser("192.0.2.7").log_in("verifier").await;
    let admin = house.browser("192.0.2.7");
    admin.log_in("administrator").await;
    assert!(admin.get("/staff").await.text().contains("失敗 5回"), "{}", admin.get("/staff").await.text());
}

#[tokio::test]
async fn locking_a_colleague_out_of_his_own_browser() {
    let house = House::open();
    let owner = house.browser("192.0.2.7");
    owner.log_in("verifier").await;
    owner.post("/logout", &[]).await;
    // Somebody at the same address, behind the same proxy.
    let thief = house.browser("192.0.2.7");
    for _ in 0..8 {
        thief.post("/login", &[("id", "verifier"), ("password", "guess me if you can")]).await;
    }
    owner.log_in("verifier").await;
}

#[tokio::test]
async fn using_a_code_of_the_second_factor_again() {
    let house = House::open();
    let browser = house.browser("192.0.2.7");
    browser.log_in("verifier").await;
    let (secret, recovery) = browser.enrol().await;
    let code =
        |steps: i64| crate::gate::code_of(&secret, Timestamp::now() + SignedDuration::from_secs(30 * steps));
    let half_way = async || {
        let thief = house.browser("192.0.2.66");
        thief.post("/login", &[("id", "verifier"), ("password", PASSWORD)]).await;
        assert_eq!(thief.part("/").await.status, StatusCode::UNAUTHORIZED, "a password alone opens nothing");
        thief
    };
    // The enrolment took the present code; the next one is good once.
    let next = code(1);
    assert_eq!(half_way().await.prove(&code(0)).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(half_way().await.prove(&next).await.status, StatusCode::SEE_OTHER);
    assert_eq!(half_way().await.prove(&next).await.status, StatusCode::UNAUTHORIZED);
    // So is a recovery code.
    assert_eq!(half_way().await.prove(&recovery[0]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(half_way().await.prove(&recovery[0]).await.status, StatusCode::UNAUTHORIZED);
    // Five wrong codes end what the password began.
    let thief = half_way().await;
    for _ in 0..5 {
        thief.prove("000000").await;
    }
    assert!(thief.prove(&recovery[1]).await.location().starts_with("/login"));
    assert_eq!(thief.part("/").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn going_on_after_being_shut_out() {
    let house = House::open();
    let (admin, leaver) = (house.browser("192.0.2.7"), house.browser("192.0.2.8"));
    admin.log_in("administrator").await;
    leaver.log_in("verifier").await;
    let session = house.sessions("verifier")[0];
    // Nobody ends somebody else's session without the right.
    let other = house.browser("192.0.2.9");
    other.log_in("auditor").await;
    assert_eq!(other.post(&format!("/me/sessions/{session}/end"), &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(leaver.get("/").await.status, StatusCode::OK);
    admin.post(&format!("/staff/sessions/{session}/end"), &[]).await;
    assert_eq!(leaver.part("/").await.status, StatusCode::UNAUTHORIZED);
    leaver.log_in("verifier").await;
    admin.post("/staff/verifier/disable", &[]).await;
    assert_eq!(leaver.part("/").await.status, StatusCode::UNAUTHORIZED);
    let answer = leaver.post("/login", &[("id", "verifier"), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    // A password that is taken back is worth nothing, and the code for a new one is good once.
    admin.post("/staff/verifier/enable", &[]).await;
    let code = admin.post("/staff/verifier/reset-password", &[]).await.words("code");
    let answer = leaver.post("/login", &[("id", "verifier"), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let again = "another good one 9";
    let set_up = async |password: &str| {
        let fields = [("id", "verifier"), ("code", &code), ("password", password), ("again", password)];
        leaver.post("/setup", &fields).await.status
    };
    for weak in ["short", "verifier-verifier", PASSWORD, "aaaaaaaaaaaaaaa"] {
        assert_eq!(set_up(weak).await, StatusCode::UNPROCESSABLE_ENTITY, "{weak}");
    }
    assert_eq!(set_up(again).await, StatusCode::SEE_OTHER);
    assert_eq!(set_up("yet another one 10").await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn reading_on_a_covered_screen() {
    let house = House::open();
    let browser = house.browser("192.0.2.7");
    browser.log_in("verifier").await;
    browser.post("/session/lock", &[]).await;
    for (address, writes, _) in routes() {
        let answer = browser.get(&address).await;
        assert_eq!(answer.status, StatusCode::LOCKED, "{address}");
        assert!(answer.text().contains("画面ロック中"), "{address}");
        assert_eq!(browser.part(&address).await.status, StatusCode::LOCKED, "{address}");
        if writes {
            assert_eq!(browser.post(&address, &[]).await.status, StatusCode::LOCKED, "{address}");
        }
    }
    let asked = [("password", "wrong, wrong, wrong"), ("back", "/residents")];
    for _ in 0..4 {
        assert_eq!(browser.post("/session/unlock", &asked).await.status, StatusCode::LOCKED);
    }
    let back = browser.post("/session/unlock", &[("password", PASSWORD), ("back", "/residents")]).await;
    assert_eq!(back.location(), "/residents");
    // Five wrong ones end the session.
    browser.post("/session/lock", &[]).await;
    for _ in 0..5 {
        browser.post("/session/unlock", &asked).await;
    }
    assert_eq!(browser.part("/").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn staying_logged_in_by_a_script_that_asks_again_and_again() {
    let policy = Policy {
        second_factor_required: false,
        lock_after: SignedDuration::from_millis(300),
        ..Policy::default()
    };
    let house = House::with(policy);
    let browser = house.browser("192.0.2.7");
    browser.log_in("verifier").await;
    let mut covered = false;
    for _ in 0..40 {
        covered = browser.part("/home/live").await.status == StatusCode::LOCKED;
        if covered {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(covered, "live counts keep nobody's screen open");
}

#[tokio::test]
async fn leading_somebody_away_after_the_login_or_writing_into_the_answer() {
    let house = House::open();
    for next in
        ["//evil.example", "https://evil.example", "/\\evil.example", "/%0d%0aSet-Cookie: a=b", "/a\r\nb: c"]
    {
        let browser = house.browser("192.0.2.7");
        let fields = [("id", "verifier"), ("password", PASSWORD), ("next", next)];
        let answer = browser.post("/login", &fields).await;
        let place = answer.location();
        assert!(
            place.starts_with('/') && !place.starts_with("//") && !place.contains(['\r', '\n', '\\']),
            "{place}"
        );
        assert!(answer.headers.get_all("set-cookie").iter().all(|line| !line.as_bytes().starts_with(b"a=")));
    }
}

#[tokio::test]
async fn hiding_a_script_in_a_name() {
    let house = House::open();
    let admin = house.browser("192.0.2.7");
    admin.log_in("administrator").await;
    let script = "<script>alert(1)</script>";
    let fields = [("id", "mallory"), ("name", script), ("section", script), ("duty", "verifier")];
    let answer = admin.post("/staff/new", &fields).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    for address in ["/staff", "/staff/mallory"] {
        let text = admin.get(address).await.text();
        assert!(text.contains("&#60;script&#62;") && !text.contains(script), "{address}");
    }
    let policy = admin.get("/staff").await.headers["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("default-src 'self'") && !policy.contains("unsafe"), "{policy}");
    let answer = admin.post("/staff/new", &[("id", "<b>"), ("name", "n"), ("duty", "verifier")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn climbing_out_of_a_folder_and_sending_too_much() {
    let house = House::open();
    let browser = house.browser("192.0.2.7");
    browser.log_in("planner").await;
    for address in [
        "/static/..%2f..%2fCargo.toml",
        "/static/%2e%2e%2fapp.css",
        "/pages/..%2f..%2fyomitori.db/image",
        "/forms/..%2f..%2fetc/draft",
        "/forms/..%2f..%2fetc/blank/1",
        "/forms/trial/..%2f1",
        "/forms/trial/99999999999999999999",
        "/paper/..%2fsecret/blank.pdf",
    ] {
        let answer = browser.get(address).await;
        assert!(answer.status.is_client_error(), "{address} {}", answer.status);
        assert!(answer.text().contains("<html lang=\"ja\">"), "{address} {}", answer.text());
    }
    let large = "x".repeat(3 << 20);
    let answer = browser.post("/me/password", &[("now", &large)]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.text().contains("大きすぎます"));
}

#[tokio::test]
async fn asking_what_the_framework_would_answer_in_english() {
    let house = House::open();
    let browser = house.browser("192.0.2.7");
    browser.log_in("administrator").await;
    for (method, address, status) in [
        ("POST", "/me", StatusCode::METHOD_NOT_ALLOWED),
        ("DELETE", "/staff", StatusCode::METHOD_NOT_ALLOWED),
        ("POST", "/me/sessions/none/end", StatusCode::BAD_REQUEST),
        ("POST", "/me/password", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("GET", "/static/none.css", StatusCode::NOT_FOUND),
        ("GET", "/nothing", StatusCode::NOT_FOUND),
    ] {
        let answer = browser.send(method, address, &[("sec-fetch-site", "same-origin")], "").await;
        assert_eq!(answer.status, status, "{method} {address}");
        assert!(answer.text().contains("data-test=\"error\""), "{method} {address}: {}", answer.text());
    }
    let answer = browser.send("PUT", "/api/status", &[("sec-fetch-site", "same-origin")], "").await;
    let said: serde_json::Value = serde_json::from_slice(&answer.bytes).unwrap();
    assert!(said["error"].as_str().is_some_and(|words| words.contains("操作")), "{said}");
}

#[tokio::test]
async fn using_an_office_that_asks_for_a_second_factor_without_one() {
    let house = House::with(Policy::default());
    let browser = house.browser("192.0.2.7");
    browser.log_in("verifier").await;
    for address in ["/", "/me", "/residents", "/me/password"] {
        assert_eq!(browser.get(address).await.location(), "/me/second-factor", "{address}");
    }
    assert_eq!(browser.post("/me/second-factor", &[("code", "000000")]).await.status, StatusCode::OK);
    assert_eq!(browser.get("/").await.location(), "/me/second-factor");
    browser.enrol().await;
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
}

/// Every address behind the door with whether it takes writes, and the rights of its group: read from the sources, so
/// that a new address is tried without being named here.
fn routes() -> Vec<(String, bool, Vec<Right>)> {
    let source = |path: &str| {
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(path)).ok()
    };
    let all = source("routes.rs").unwrap();
    let mut found = Vec::new();
    for group in all.split(".merge(only(&[").skip(1) {
        let (words, rest) = group.split_once(']').unwrap();
        let rights: Vec<Right> = Right::ALL
            .into_iter()
            .filter(|right| words.split([',', ' ']).any(|word| word == format!("Right::{right:?}")))
            .collect();
        assert_eq!(rights.len(), words.matches("Right::").count(), "{words}");
        let call = rest.split("))").next().unwrap().trim_start_matches(',').trim();
        for call in call.split(".merge(") {
            let name = call.trim().trim_end_matches(['(', ')']);
            let (module, function) = name.split_once("::").unwrap_or(("", name));
            let files = match module {
                "" => vec!["routes.rs".to_owned()],
                module => {
                    [".rs", "/mod.rs", "/routes.rs"].iter().map(|end| format!("{module}{end}")).collect()
                }
            };
            let texts: String = files.iter().filter_map(|file| source(file)).collect();
            let head = format!("fn {function}() -> Router<Screens>");
            let body = texts.split_once(&head).unwrap_or_else(|| panic!("no {name} in {files:?}")).1;
            let body = body.split("\n}").next().unwrap();
            for route in body.split(".route(").skip(1) {
                let address = route.split('"').nth(1).unwrap();
                let address = address.split('/').map(|part| if part.starts_with('{') { "1" } else { part });
                let address = address.collect::<Vec<_>>().join("/");
                found.push((address, route.contains("post("), rights.clone()));
            }
        }
    }
    assert!(found.len() > 40, "{found:?}");
    found
}

#[tokio::test]
async fn keeping_an_account_that_nobody_needs() {
    let house = House::open();
    let admin = house.browser("192.0.2.7");
    admin.log_in("administrator").await;
    let before = house.account("auditor").reviewed_at;
    let answer = admin.post("/staff/review", &[("id", "auditor"), ("id", "verifier")]).await;
    assert_eq!(answer.location(), "/staff");
    assert!(house.account("auditor").reviewed_at > before);
}
