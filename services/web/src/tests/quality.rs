//! The quality screens: figures, found errors, thresholds with their preview.

use super::office::*;
use axum::http::StatusCode;
use domain::actor::Actor;
use domain::duty::Duty;
use domain::ids::PageId;
use domain::keying::Keyed;
use domain::quality::Verdict;
use domain::reading::{Decision, Value};
use jiff::Timestamp;
use store::{Drawable, KeyingTaken};

/// A value of `page` that was accepted and drawn for certain.
pub fn draw(office: &Office, page: &PageId, field: &str, value: &str) {
    let field = office.form.field(field).unwrap();
    let all = domain::quality::Plan { share: 1.0, floor: 0 };
    let drawn = Drawable {
        field: field.id.clone(),
        kind: field.kind.as_str(),
        value: Value::Text(value.into()),
        confidence: 0.999_95,
    };
    office
        .store
        .write(|rows| {
            rows.set_sample_plan(drawn.kind, all, &clerk(), ago(20))?;
            rows.draw_samples(page, 1, &office.form, &[drawn], ago(9))
        })
        .unwrap();
}

fn text(text: &str) -> Keyed {
    Keyed::Value(Value::Text(text.into()))
}

fn key(office: &Office, page: &PageId, field: &str, keyed: &str, staff: &str) {
    let field = office.form.field(field).unwrap();
    let actor = Actor::new(staff, "192.0.2.8");
    let taken = office
        .store
        .write(|rows| rows.key_sample(&office.form, page, field, &text(keyed), &actor, Timestamp::now()))
        .unwrap();
    assert!(matches!(taken, KeyingTaken::Saved { .. }), "{taken:?}");
}

#[tokio::test]
async fn the_screen_says_how_often_accepted_values_are_wrong() {
    let office = Office::open();
    let planner = office.by("kato", &[Duty::Planner]);
    assert!(planner.get("/quality").await.words("share").contains("まだ結果がありません"));
    for at in 0..3 {
        let page = office.waiting(&format!("{at}.tif"), 0, &[doubtful_date()]).await;
        draw(&office, &page, "temperature", "36.5");
        let keyed = if at == 0 { "38.5" } else { "36.5" };
        key(&office, &page, "temperature", keyed, "suzuki");
    }
    let screen = planner.get("/quality").await;
    assert_eq!((screen.status, screen.words("n")), (StatusCode::OK, "2件".into()));
    assert_eq!(screen.words("waiting-samples"), "0件・1件", "what differs waits for a third person");
    let waiting = office.store.read(|rows| rows.samples_to_decide(9)).unwrap();
    let field = office.form.field("temperature").unwrap();
    let decide = |staff: &str, value: &str| {
        let (actor, now) = (Actor::new(staff, "t"), Timestamp::now());
        let decided = text(value);
        office
            .store
            .write(|rows| rows.decide_sample(waiting[0].id, &office.form, field, &decided, &actor, now))
    };
    assert!(decide("suzuki", "38.5").unwrap().is_err(), "nobody decides about himself");
    assert_eq!(decide("tanaka", "38.5").unwrap(), Ok(Verdict::Wrong));
    assert!(decide("ito", "36.5").unwrap().is_err(), "decided is decided");
    let text = planner.get("/quality?weeks=4").await.text();
    assert!(text.contains("1万件あたり <b class=\"num\">3,333</b>件") && text.contains("95%: 615〜7,923"));
    assert!(text.contains("class=\"week found\"") && !text.contains("style="));
    assert!(!text.contains("suzuki"), "figures about colleagues go by pseudonyms");
    let by_admin = office.by("admin", &[Duty::Administrator]).get("/quality").await.text();
    assert!(by_admin.contains("suzuki"));
    let errors = planner.get("/quality/errors").await.text();
    assert!(errors.contains("36.5") && errors.contains("38.5") && errors.contains("snippet/temperature"));
    let refused = office.by("admin", &[Duty::Administrator]).get("/quality/errors").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "accounts alone show nobody's values");
    assert_eq!(office.by("sato", &[Duty::Verifier]).get("/quality").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_threshold_is_tried_before_it_is_set() {
    let office = Office::open();
    // Both readings say 0.99 of every field; the temperature was accepted, the date is doubted for a reason.
    office.waiting("a.tif", 0, &[doubtful_date()]).await;
    let page = office.waiting("b.tif", 0, &[doubtful_date()]).await;
    let planner = office.by("kato", &[Duty::Planner]);
    let place = "form=trial&field=temperature";
    let seen = planner.get(&format!("/quality/settings/foresee?{place}&wrong=0.001")).await;
    assert_eq!((seen.words("more"), seen.words("fewer")), ("＋2".into(), "−0".into()));
    let wide = planner.get(&format!("/quality/settings/foresee?{place}&wrong=0.5")).await.text();
    assert!(wide.contains("緩めることはできません") && !wide.contains("<button"));
    let pairs = [("form", "trial"), ("field", "temperature"), ("wrong", "0.001")];
    let verifier = office.by("sato", &[Duty::Verifier]);
    assert_eq!(verifier.post("/quality/settings/bar", &pairs).await.status, StatusCode::FORBIDDEN);
    let auditor = office.by("audit", &[Duty::Auditor]);
    assert_eq!(auditor.post("/quality/settings/bar", &pairs).await.status, StatusCode::FORBIDDEN);
    assert_eq!(planner.post("/quality/settings/bar", &pairs).await.status, StatusCode::SEE_OTHER);
    let bars = office.store.read(|rows| rows.bars(&office.form)).unwrap();
    assert_eq!(bars[&"temperature".into()].wrong(), 0.001);
    let settings = planner.get("/quality/settings?form=trial").await.text();
    assert!(settings.contains("<option value=\"0.001\" selected>"));
    let mut read = office.store.read(|rows| rows.field_values(&page)).unwrap();
    read.retain(|value| value.field.as_str() == "temperature");
    assert_eq!(read[0].decision, Decision::Accept, "what was read before stays as it was");
    let plan = [("kind", "digits"), ("one_in", "10"), ("floor", "5")];
    assert_eq!(planner.post("/quality/settings/plan", &plan).await.status, StatusCode::SEE_OTHER);
    let plans = office.store.read(|rows| rows.sample_plans()).unwrap();
    assert_eq!((plans["digits"].share, plans["digits"].floor), (0.1, 5));
}
