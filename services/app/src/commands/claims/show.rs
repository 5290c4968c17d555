//! `yomitori claims show`: one clinic's month, line by line and slip by slip.

use super::Office;
use crate::cli::MonthArgs;
use crate::commands::import::actor;
use crate::print_line;
use anyhow::Result;
use domain::access::Act;
use domain::claim::ClaimFinding;
use domain::claim::reconcile::{LineReport, SlipReport};
use domain::ids::ResidentId;
use jiff::Timestamp;
use serde_json::{Value, json};
use store::{Access, ClaimFile};

/// Runs it. Slips name people through their numbers, so that looking is logged.
pub fn run(office: &Office, args: &MonthArgs) -> Result<()> {
    let (of, rulebook) = (args.one()?, office.rulebook());
    let file = office.store.read(|rows| rows.claim_file(&of, &rulebook))?;
    let mut residents: Vec<ResidentId> =
        file.report.slips.iter().map(|slip| slip.slip.resident.clone()).collect();
    residents.sort();
    residents.dedup();
    let looked =
        Access { act: Act::View, screen: "claims_show", reason: None, residents: &residents, page: None };
    office.store.write(|rows| rows.trace(&looked, &actor(), Timestamp::now()))?;
    if args.json { print_line(&file_json(&file).to_string()) } else { print(&file) }
}

fn print(file: &ClaimFile) -> Result<()> {
    let (report, summary) = (&file.report, file.summary());
    print_line(&format!("{}  {}  {}", report.of.clinic, report.of.month.label(), summary.state.label()))?;
    for (at, line) in report.lines.iter().enumerate() {
        let of = &line.line;
        let class = of.class.map_or("", |class| class.label());
        let programme = of.programme.as_ref().map_or("すべての事業", |programme| programme.as_str());
        let round = of.round.map(|round| format!(" {round}回目")).unwrap_or_default();
        print_line(&format!(
            "{}行目  {programme}{round} {class}  {}件×{}円＝{}円  票 {}枚 {}円",
            at + 1,
            of.count,
            of.unit_price,
            of.amount,
            line.found,
            line.reckoned
        ))?;
        say(&line.findings)?;
    }
    say(&report.totals.findings)?;
    for slip in report.slips.iter().filter(|slip| !slip.findings.is_empty()) {
        let standing = file.settlement.standing(slip).label();
        let (number, day) = (&slip.slip.key.0, slip.slip.service_date);
        print_line(&format!("票 {number}  {}  {day}  {standing}", slip.slip.programme))?;
        say(&slip.findings)?;
    }
    print_line(&format!("支払 {}円", summary.payable))
}

fn say(findings: &[ClaimFinding]) -> Result<()> {
    findings
        .iter()
        .try_for_each(|finding| print_line(&format!("    {}: {}", finding.fault.label(), finding.text)))
}

fn file_json(file: &ClaimFile) -> Value {
    let summary = file.summary();
    let lines: Vec<Value> =
        file.report.lines.iter().enumerate().map(|(at, line)| line_json(file, at, line)).collect();
    let slips: Vec<Value> = file.report.slips.iter().map(|slip| slip_json(file, slip)).collect();
    let payments = file.payments.iter().map(|payment| {
        json!({
            "id": payment.id, "kind": payment.row.kind.as_str(), "slip": payment.row.slip,
            "about": payment.row.about, "amount": payment.row.amount, "tax": payment.row.tax,
        })
    });
    json!({
        "clinic": file.report.of.clinic, "month": file.report.of.month, "state": summary.state,
        "claimed_count": summary.claimed_count, "claimed_amount": summary.claimed_amount,
        "payable": summary.payable, "carried": file.carried, "paid": file.paid(), "digest": file.digest,
        "lines": lines, "totals": findings(&file.report.totals.findings), "slips": slips,
        "payments": payments.collect::<Vec<_>>(),
    })
}

fn line_json(file: &ClaimFile, at: usize, line: &LineReport) -> Value {
    json!({
        "line": line.line, "found": line.found, "reckoned": line.reckoned,
        "settled": file.settlement.is_settled(&file.report, Some(at)), "findings": findings(&line.findings),
    })
}

fn slip_json(file: &ClaimFile, slip: &SlipReport) -> Value {
    json!({
        "slip": slip.slip.key, "record": slip.slip.record, "page": slip.slip.page,
        "programme": slip.slip.programme, "round": slip.slip.round, "class": slip.slip.class,
        "service_date": slip.slip.service_date, "line": slip.line,
        "payable": slip.price.as_ref().map(|price| price.payable),
        "price": slip.price.as_ref().map(|price| &price.words),
        "standing": file.settlement.standing(slip).as_str(), "findings": findings(&slip.findings),
    })
}

fn findings(findings: &[ClaimFinding]) -> Value {
    json!(findings)
}
