//! The JSON API against its own description.

use super::office::*;
use crate::api;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use domain::duty::Duty;
use serde_json::{Value, json};

/// An address of the description with real ids in the place of its parameters.
fn filled(path: &str, page: &str, row: i64, envelope: &str) -> String {
    let envelope = crate::inbox::encoded(envelope);
    path.replace("{page}", page).replace("{row}", &row.to_string()).replace("{id}", &envelope)
}

/// Whether `answer` is what `responses` of the description promise for its status.
fn check(description: &Value, responses: &Value, status: StatusCode, answer: &Value) {
    let promised = responses.get(status.as_str()).unwrap_or(&responses["4XX"]);
    let schema = &promised["content"]["application/json"]["schema"];
    assert!(schema.is_object(), "{status} is not described in {responses}");
    let schema = json!({ "components": description["components"], "allOf": [schema] });
    let validator = jsonschema::validator_for(&schema).expect("the description is sound");
    let wrong: Vec<String> = validator.iter_errors(answer).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:?} in {answer}");
}

fn request(method: &str, address: &str, body: &Value) -> Request<Body> {
    let request = Request::builder().method(method.to_uppercase().as_str()).uri(address);
    let request = request.header(header::CONTENT_TYPE, "application/json");
    request.body(Body::from(if method == "post" { body.to_string() } else { String::new() })).unwrap()
}

#[tokio::test]
async fn every_answer_of_the_api_is_as_it_is_described() {
    let office = Office::open();
    let page = office.waiting("a.tif", 0, &[doubtful_date()]).await;
    let slip = office.waiting("b.tif", 1, &[doubtful_date()]).await;
    let good = good_slip(&office, 1);
    let commit = format!("/reviews/{slip}/commit");
    office.post(&commit, &refs(&good)).await;
    let second = [("round", "1"), ("stage", "second"), ("v.visit_date", "R8.10.3"), ("ok.visit_date", "on")];
    office.by("sato", &[Duty::Verifier]).post(&commit, &second).await;
    let served: Value = serde_json::from_str(&office.get("/api/openapi.json").await.text()).unwrap();
    assert_eq!(served, serde_json::to_value(api::description()).unwrap());
    let envelopes: Value = serde_json::from_str(&office.get("/api/envelopes").await.text()).unwrap();
    let envelope = envelopes[0]["id"].as_str().unwrap();
    let nobody = office.by("nobody", &[]);
    let mut asked = 0;
    for (path, methods) in served["paths"].as_object().unwrap() {
        for (method, described) in methods.as_object().unwrap() {
            let address = filled(path, page.as_str(), office.row(1), envelope);
            let answer = office.send_request(request(method, &address, &json!({ "words": "見本" }))).await;
            assert_eq!(answer.status, StatusCode::OK, "{method} {path}");
            let body: Value = serde_json::from_str(&answer.text()).unwrap();
            assert!(body.as_array().is_none_or(|rows| !rows.is_empty()), "{path} has nothing to check");
            if path != "/api/openapi.json" {
                check(&served, &described["responses"], answer.status, &body);
            }
            asked += 1;
            // Without a right, and for what is not there, the answer is the described error.
            let refused = nobody.send(request(method, &address, &json!({ "words": "" }))).await;
            if refused.status != StatusCode::OK {
                assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
                check(&served, &described["responses"], refused.status, &refused.json());
            }
            if path.contains('{') {
                let missing = filled(path, "nothing", 999_999, "nothing");
                let answer = office.send_request(request(method, &missing, &json!({}))).await;
                assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
                check(&served, &described["responses"], answer.status, &answer.json());
            }
        }
    }
    assert!(asked >= 8, "{asked}");
}

#[tokio::test]
async fn the_api_shows_no_value_of_a_page_that_waits() {
    let office = Office::open();
    let page = office.waiting("a.tif", 0, &[doubtful_date()]).await;
    let verifier = office.by("sato", &[Duty::Verifier]);
    for address in ["/api/reviews".to_owned(), format!("/api/pages/{page}")] {
        let text = verifier.get(&address).await.text();
        assert!(text.contains(page.as_str()));
        assert!(!text.contains("2026-10-08") && !text.contains("36.5") && !text.contains("区別"), "{text}");
    }
}
