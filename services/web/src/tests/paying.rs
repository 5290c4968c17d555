//! Payments: who may take what out, and that every file is recorded with its reason.

use super::office::*;
use axum::http::StatusCode;
use domain::duty::Duty;
use store::ExportKind;

#[tokio::test]
async fn a_file_leaves_for_a_reason_and_only_by_a_payment_clerk() {
    let office = Office::open();
    let planner = office.by("kato", &[Duty::Planner]);
    assert_eq!(planner.get("/payments/2026-10").await.status, StatusCode::FORBIDDEN);
    let clerk = office.by("sato", &[Duty::Payment]);
    assert!(clerk.get("/payments").await.location().starts_with("/payments/20"));
    let screen = clerk.get("/payments/2026-10").await;
    assert_eq!(screen.status, StatusCode::OK);
    assert!(screen.text().contains("この月に確定した請求はありません") && screen.text().contains("[payer]"));
    assert_eq!(clerk.get("/payments/2026-13").await.status, StatusCode::NOT_FOUND);

    let refused = clerk.post("/payments/2026-10/ledger/csv", &[("reason", " ")]).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let asked = [("reason", "10月分の確認")];
    for kind in ["csv", "xlsx"] {
        let file = clerk.post(&format!("/payments/2026-10/ledger/{kind}"), &asked).await;
        assert_eq!(file.status, StatusCode::OK, "{kind}");
    }
    let text = clerk.post("/payments/2026-10/ledger/csv", &asked).await.text();
    assert!(text.contains("合計,,,,,,,,,,,0,0,"), "{text}");
    let bank = clerk.post("/payments/2026-10/bank", &[("reason", "支払"), ("pay_on", "2026-11-30")]).await;
    assert!(bank.status == StatusCode::BAD_REQUEST && bank.text().contains("[payer]"));

    let exports = office.store.read(|rows| rows.exports("2026-10".parse().unwrap())).unwrap();
    let said: Vec<(ExportKind, Option<i64>)> = exports.iter().map(|one| (one.kind, one.again)).collect();
    let first = exports[0].id;
    assert_eq!(
        said,
        [(ExportKind::LedgerCsv, None), (ExportKind::LedgerXlsx, None), (ExportKind::LedgerCsv, Some(first))]
    );
    assert!(exports.iter().all(|one| one.reason == "10月分の確認" && one.staff.as_str() == "sato"));
    assert!(clerk.get("/payments/2026-10").await.text().contains("と同じ内容"));
}
