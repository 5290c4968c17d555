//! 請求書の行. What the paper says against what the slips come to.

use crate::{Screens, words};
use domain::claim::ClaimFinding;
use domain::claim::ClaimLine;
use domain::claim::reconcile::ClaimReport;
use domain::claim::settlement::Settlement;
use domain::yen::Yen;

/// One line on the screen.
pub struct Row {
    /// Its place, from 1.
    pub number: usize,
    /// Its place in the claim.
    pub at: usize,
    /// What it is for.
    pub what: String,
    /// 件数 as written.
    pub count: u32,
    /// 単価 as written.
    pub unit: Yen,
    /// 額 as written.
    pub amount: Yen,
    /// Slips that belong to it.
    pub found: u32,
    /// What these come to.
    pub reckoned: Yen,
    /// Reckoned less claimed, with its sign; `None` when there is none.
    pub difference: Option<String>,
    /// What speaks against it.
    pub findings: Vec<String>,
    /// Why its difference stands, and who said so.
    pub settled: Option<String>,
    /// Whether somebody has to settle it.
    pub open: bool,
    /// What was seen: goes back when it is settled.
    pub seen: String,
    /// Where its slips are listed.
    pub link: String,
    /// Whether these are on the list now.
    pub current: bool,
}

/// The sums below the lines.
pub struct Totals {
    /// Counts of the lines, added up.
    pub count: u32,
    /// Amounts of the lines, added up.
    pub amount: Yen,
    /// Slips of all lines.
    pub found: u32,
    /// What these come to.
    pub reckoned: Yen,
    /// Slips that belong to no line.
    pub loose: usize,
    /// What the paper states, when that is another sum.
    pub findings: Vec<String>,
    /// Why that stands.
    pub settled: Option<String>,
    /// Whether somebody has to settle it.
    pub open: bool,
    /// What was seen.
    pub seen: String,
}

/// The lines of a claim.
pub fn rows(
    report: &ClaimReport,
    settlement: &Settlement,
    screens: &Screens,
    address: &str,
    current: Option<usize>,
) -> Vec<Row> {
    let open = settlement.unsettled(report);
    let row = |(at, line): (usize, &domain::claim::reconcile::LineReport)| Row {
        number: at + 1,
        at,
        what: what(&line.line, screens),
        count: line.line.count,
        unit: line.line.unit_price,
        amount: line.line.amount,
        found: line.found,
        reckoned: line.reckoned,
        difference: (line.reckoned != line.line.amount)
            .then(|| super::signed(line.reckoned - line.line.amount)),
        findings: texts(&line.findings),
        settled: settled(settlement, Some(at), &open),
        open: open.contains(&Some(at)),
        seen: line.seen.clone(),
        link: format!("{address}?line={}", at + 1),
        current: current == Some(at + 1),
    };
    report.lines.iter().enumerate().map(row).collect()
}

/// What a line is for, in words.
pub fn what(line: &ClaimLine, screens: &Screens) -> String {
    let programme = line
        .programme
        .as_ref()
        .map_or("全事業".to_owned(), |id| words::programme_title(&screens.forms, id.as_str()));
    let round = line.round.map(|round| format!(" {round}回目")).unwrap_or_default();
    let class = line.class.map(|class| format!(" {}", class.label())).unwrap_or_default();
    format!("{programme}{round}{class}")
}

impl Totals {
    /// The sums of a claim.
    pub fn of(report: &ClaimReport, settlement: &Settlement) -> Self {
        let open = settlement.unsettled(report);
        Self {
            count: report.totals.count,
            amount: report.totals.amount,
            found: report.lines.iter().map(|line| line.found).sum(),
            reckoned: report.lines.iter().map(|line| line.reckoned).sum(),
            loose: report.slips.iter().filter(|slip| slip.line.is_none()).count(),
            findings: texts(&report.totals.findings),
            settled: settled(settlement, None, &open),
            open: open.contains(&None),
            seen: report.totals.seen.clone(),
        }
    }
}

fn texts(findings: &[ClaimFinding]) -> Vec<String> {
    findings.iter().map(|finding| finding.text.clone()).collect()
}

fn settled(settlement: &Settlement, line: Option<usize>, open: &[Option<usize>]) -> Option<String> {
    let settled = settlement.lines.get(&line).filter(|_| !open.contains(&line))?;
    Some(format!("{}（{}）", settled.words, settled.staff))
}
