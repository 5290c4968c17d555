//! The load generator: every page becomes one record, intake holds back instead of running ahead, and a run goes on.

use crate::harness;
use serde_json::Value;

#[test]
fn a_load_is_measured_page_by_page_and_intake_holds_back_for_slow_readers() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().display().to_string();
    let args = [
        "load",
        "--pages",
        "100",
        "--simulated",
        "--readers",
        "2",
        "--reading-ms",
        "100",
        "--most-waiting",
        "10",
        "--keep",
        &kept,
        "--json",
    ];
    let said: Value = serde_json::from_str(&harness::succeed(folder.path(), &args)).unwrap();
    assert_eq!((&said["records"], &said["in_review"]), (&100.into(), &0.into()), "{said}");
    assert_eq!(said["imbalances"], Value::Array(Vec::new()));
    assert!(said["held_back_seconds"].as_f64().unwrap() > 0.0, "{said}");
    // A file has 25 pages, and one more may be on its way when the limit is reached.
    assert!(said["most_waiting"].as_u64().unwrap() <= 60, "{said}");
    for role in ["intake", "matcher", "web"] {
        assert!(said["memory"][role]["most_mb"].as_f64().unwrap() > 1.0, "{role}: {said}");
    }
    let again: Value = serde_json::from_str(&harness::succeed(folder.path(), &args)).unwrap();
    assert_eq!(again, said, "what is done is not done again");
}
