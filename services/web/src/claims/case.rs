//! 医療機関の月. One clinic-month worked through: its lines against the slips, slip by slip, until two people confirm.

use super::lines;
use super::slip::{Detail, Line, WORK, ranked};
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::trace::{self, Act};
use crate::{Screens, words};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::claim::settlement::{ClaimState, ClaimSummary, Standing};
use domain::claim::{ClaimReason, ClaimSource, ClaimStep, ClinicMonth, SlipKey};
use domain::duty::Right;
use domain::ids::{EnvelopeId, ResidentId};
use domain::wareki;
use domain::yen::Yen;
use serde::Deserialize;
use store::ClaimFile;

/// Words offered when a slip is accepted although something was found.
const ACCEPT_WORDS: [&str; 5] = [
    "用紙を確かめ、記載に問題がない",
    "医療機関に確認し、正しいことが分かった",
    "医師の判断として認める",
    "市の判断で認める（決裁済み）",
    "長期療養などの特例に当たる",
];
/// Words offered when a slip is held.
const HOLD_WORDS: [&str; 4] =
    ["医療機関に照会中", "住民に確認中", "担当課で協議中", "追加の書類を待っている"];
/// Words offered when the difference of a line is settled.
const SETTLE_WORDS: [&str; 4] = [
    "医療機関に確認し、票の枚数が正しい",
    "請求書の書き誤り（医療機関に確認済み）",
    "不足の票は翌月に請求される",
    "返戻分を除いて支払う",
];

/// What of the clinic-month is shown.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    /// A standing; empty for all.
    #[serde(default)]
    show: String,
    /// A line of the claim, from 1; 0 for slips that belong to none.
    line: Option<usize>,
    /// The slip beside the list, by its record.
    at: Option<i64>,
    /// `detail` for the slip alone.
    #[serde(default)]
    part: String,
    /// What was just done.
    #[serde(default)]
    done: String,
    /// The slip that it was done to.
    to: Option<i64>,
}

#[derive(Template)]
#[template(path = "claim.html")]
struct CaseScreen {
    frame: Frame,
    done: Option<&'static str>,
    undo: Option<i64>,
    /// Whether what was done is told beside the slips.
    at_slips: bool,
    address: String,
    month: String,
    month_value: String,
    clinic: String,
    code: String,
    phone: String,
    state: ClaimState,
    source: String,
    source_page: Option<String>,
    received: String,
    due: String,
    has_claim: bool,
    claimed: String,
    claimed_count: String,
    payable: Yen,
    difference: Option<String>,
    parts: Vec<(&'static str, String)>,
    lines: Vec<lines::Row>,
    totals: lines::Totals,
    filters: Vec<Filter>,
    show: String,
    line: Option<usize>,
    slips: Vec<Line>,
    detail: Option<Detail>,
    ways: Vec<Obstacle>,
    confirmed: Vec<String>,
    mine: bool,
    digest: String,
    may_handle: bool,
    may_confirm: bool,
    may_unlock: bool,
    locked: bool,
    paid: Vec<PaidLine>,
    adjust_month: String,
    adjustments: Vec<Adjustment>,
    steps: Vec<Step>,
    reasons: Vec<(&'static str, &'static str, &'static str)>,
    accept_words: [&'static str; 5],
    hold_words: [&'static str; 4],
    settle_words: [&'static str; 4],
}

/// The slip beside the list alone, as the list fetches it.
#[derive(Template)]
#[template(path = "claim_detail.html")]
struct DetailPart {
    detail: Option<Detail>,
    address: String,
    show: String,
    line: Option<usize>,
    has_claim: bool,
    may_handle: bool,
    reasons: Vec<(&'static str, &'static str, &'static str)>,
    accept_words: [&'static str; 5],
    hold_words: [&'static str; 4],
}

/// One choice of the list's filter.
struct Filter {
    word: &'static str,
    show: &'static str,
    count: usize,
    current: bool,
}

/// What is in the way of a confirmation, and where it is done away with.
struct Obstacle {
    words: String,
    link: String,
    label: &'static str,
}

/// One row that is paid.
struct PaidLine {
    id: i64,
    kind: &'static str,
    what: String,
    amount: Yen,
    tax: Yen,
    words: String,
    may_adjust: bool,
}

/// An adjustment of this month.
struct Adjustment {
    payment: i64,
    amount: Yen,
    words: String,
}

/// One step of the history.
struct Step {
    at: String,
    staff: String,
    words: String,
}

/// `GET /claims/{month}/{clinic}`
pub async fn case(
    State(screens): State<Screens>,
    person: Person,
    Path((month, clinic)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, ScreenError> {
    let of = super::of(&month, &clinic)?;
    let (inner, me, wanted) = (screens.clone(), person.clone(), asked.clone());
    let (mut screen, whose) = screens
        .store
        .read_async(move |rows| {
            let Some(clinic) = rows.clinic(&of.clinic)? else { return Ok(None) };
            let file = rows.claim_file(&of, &inner.rulebook())?;
            Parts { rows, screens: &inner, person: &me, file: &file, asked: &wanted }
                .screen(&of, clinic.name.clone(), clinic.phone.clone())
                .map(Some)
        })
        .await?
        .ok_or(ScreenError::NotFound)?;
    if let Some((resident, page)) = whose {
        trace::note(&screens, &person, Act::View, "claim", None, &[resident], Some(&page)).await?;
    }
    if asked.part == "detail" {
        let CaseScreen { detail, address, show: shown, line, has_claim, may_handle, reasons, .. } = screen;
        return show(&DetailPart {
            detail,
            address,
            show: shown,
            line,
            has_claim,
            may_handle,
            reasons,
            accept_words: ACCEPT_WORDS,
            hold_words: HOLD_WORDS,
        });
    }
    screen.frame = Frame::new(&screens, &person, "claims").await?;
    show(&screen)
}

/// Back to the screen of a clinic-month, which says what was done.
pub fn address(of: &ClinicMonth, done: &str) -> Response {
    Redirect::to(&format!("/claims/{}/{}?done={done}", of.month, of.clinic)).into_response()
}

/// What a screen is made of.
struct Parts<'a> {
    rows: &'a store::Rows<'a>,
    screens: &'a Screens,
    person: &'a Person,
    file: &'a ClaimFile,
    asked: &'a Asked,
}

/// A screen, and whose slip is shown on it.
type Shown = (CaseScreen, Option<(ResidentId, domain::ids::PageId)>);

impl Parts<'_> {
    fn screen(&self, of: &ClinicMonth, clinic: String, phone: String) -> Result<Shown, store::Error> {
        let Self { rows, screens, person, file, asked } = self;
        let (report, settlement) = (&file.report, &file.settlement);
        let summary = file.summary();
        let may_handle = person.may(Right::HandleClaims);
        let ranked = ranked(report, settlement);
        let of_line = |line: Option<usize>| asked.line.is_none_or(|at| at == line.map_or(0, |line| line + 1));
        let listed: Vec<_> = ranked
            .iter()
            .filter(|(standing, slip)| {
                (asked.show.is_empty() || asked.show == standing.as_str()) && of_line(slip.line)
            })
            .collect();
        let chosen = listed
            .iter()
            .find(|(_, slip)| Some(slip.slip.record) == asked.at)
            .or_else(|| listed.first())
            .filter(|_| may_handle);
        let detail =
            chosen.map(|(_, slip)| Detail::of(rows, slip, report, settlement, screens)).transpose()?;
        let at = chosen.map(|(_, slip)| slip.slip.record);
        let address = format!("/claims/{}/{}", of.month, of.clinic);
        let paid = &file.payments;
        let claim = report.claim.as_ref();
        let claimed = report.claimed();
        let confirmed: Vec<String> = summary.confirmed.iter().map(ToString::to_string).collect();
        let screen = CaseScreen {
            frame: Frame::default(),
            done: done_words(&asked.done),
            at_slips: matches!(asked.done.as_str(), "decided" | "undone"),
            undo: asked.to.filter(|_| asked.done == "decided" && !settlement.locked),
            month: of.month.label(),
            month_value: of.month.to_string(),
            clinic,
            code: of.clinic.to_string(),
            phone,
            state: summary.state,
            source: claim.map_or(String::new(), |claim| match &claim.source {
                ClaimSource::Keyed => "画面で入力".to_owned(),
                ClaimSource::File { name } => format!("ファイル {name}"),
                ClaimSource::Page { .. } => "請求書の用紙から読取".to_owned(),
            }),
            source_page: claim.and_then(|claim| match &claim.source {
                ClaimSource::Page { page } => Some(page.to_string()),
                _ => None,
            }),
            received: claim.map_or(String::new(), |claim| wareki::format(claim.received_on)),
            due: summary.due().map(wareki::format).unwrap_or_default(),
            has_claim: claim.is_some(),
            claimed: claimed.map_or_else(|| "―".to_owned(), |(_, amount)| amount.to_string()),
            claimed_count: claimed.map_or_else(|| "―".to_owned(), |(count, _)| count.to_string()),
            payable: summary.payable,
            difference: claimed.map(|(_, amount)| super::signed(summary.payable - amount)),
            parts: WORK.map(|standing| (standing.label(), summary.slips_at(standing).to_string())).to_vec(),
            lines: lines::rows(report, settlement, screens, &address, asked.line),
            totals: lines::Totals::of(report, settlement),
            filters: filters(&ranked, &asked.show),
            show: asked.show.clone(),
            line: asked.line,
            slips: match may_handle {
                true => listed
                    .iter()
                    .map(|(standing, slip)| Line::of(*standing, slip, screens, Some(slip.slip.record) == at))
                    .collect(),
                false => Vec::new(),
            },
            detail,
            ways: obstacles(&summary, &address, &rows.open_envelopes(of)?),
            mine: summary.confirmed.contains(&person.actor.staff),
            confirmed,
            digest: file.digest.clone(),
            may_handle: may_handle && !settlement.locked,
            may_confirm: person.may(Right::ConfirmClaims) && !settlement.locked,
            may_unlock: person.may(Right::UnlockClaims) && settlement.locked,
            locked: settlement.locked,
            paid: match may_handle {
                true => paid.iter().map(|row| PaidLine::of(row, screens, paid)).collect(),
                false => Vec::new(),
            },
            adjust_month: of.month.plus(1).to_string(),
            adjustments: settlement
                .adjustments
                .iter()
                .map(|(payment, one)| Adjustment {
                    payment: *payment,
                    amount: one.amount,
                    words: format!("{} {}（{}）", one.reason.label(), one.words, one.staff),
                })
                .collect(),
            steps: file
                .steps
                .iter()
                .rev()
                .map(|step| Step::of(step, person.may(Right::HandleClaims)))
                .collect(),
            reasons: reasons(),
            accept_words: ACCEPT_WORDS,
            hold_words: HOLD_WORDS,
            settle_words: SETTLE_WORDS,
            address,
        };
        let whose = chosen.map(|(_, slip)| (slip.slip.resident.clone(), slip.slip.page.clone()));
        Ok((screen, whose))
    }
}

fn done_words(done: &str) -> Option<&'static str> {
    match done {
        "decided" => Some("判断を記録しました。"),
        "undone" => Some("判断を取り消しました。"),
        "settled" => Some("差異を確認済みにしました。"),
        "entered" => Some("請求書を登録しました。"),
        "confirmed" => Some("一人目の確認を記録しました。別の職員が確認すると確定します。"),
        "locked" => Some("二人の確認がそろい、確定しました。"),
        "unconfirmed" => Some("確認を取り消しました。"),
        "unlocked" => Some("確定を解除しました。支払の明細は取り消されました。"),
        "adjusted" => Some("過誤調整を登録しました。"),
        "unadjusted" => Some("過誤調整を取り消しました。"),
        _ => None,
    }
}

fn filters(ranked: &[(Standing, &domain::claim::reconcile::SlipReport)], show: &str) -> Vec<Filter> {
    let count = |asked: Standing| ranked.iter().filter(|(standing, _)| *standing == asked).count();
    let all = Filter { word: "すべて", show: "", count: ranked.len(), current: show.is_empty() };
    let each = WORK.into_iter().map(|standing| Filter {
        word: standing.label(),
        show: standing.as_str(),
        count: count(standing),
        current: show == standing.as_str(),
    });
    std::iter::once(all).chain(each.filter(|filter| filter.count > 0 || filter.current)).collect()
}

/// Everything that stands against a confirmation, in the order in which it is done away with.
fn obstacles(summary: &ClaimSummary, address: &str, open: &[(EnvelopeId, u32)]) -> Vec<Obstacle> {
    let mut ways = Vec::new();
    let mut way = |there: bool, words: String, link: String, label| {
        if there {
            ways.push(Obstacle { words, link, label });
        }
    };
    let no_claim = summary.received_on.is_none();
    way(no_claim, "請求書がまだ登録されていません。".into(), format!("{address}/key"), "請求書を入力");
    for (envelope, pages) in open {
        let words = format!("束の中に、まだ確定していないページが{pages}枚あります。");
        way(true, words, format!("/envelopes/{}", crate::inbox::encoded(envelope.as_str())), "束を開く");
    }
    let undecided = summary.slips_at(Standing::ToDecide);
    let words = format!("指摘のある票のうち、{undecided}枚がまだ判断されていません。");
    way(undecided > 0, words, format!("{address}?show=to_decide"), "未判断の票");
    let held = summary.slips_at(Standing::Held);
    way(held > 0, format!("保留の票が{held}枚あります。"), format!("{address}?show=held"), "保留の票");
    let unsettled = summary.unsettled;
    let words = format!("確認していない差異が{unsettled}件あります。");
    way(unsettled > 0, words, format!("{address}#lines"), "請求の行");
    ways
}

/// The reasons with their keys: digits first, then letters that mean nothing else there.
fn reasons() -> Vec<(&'static str, &'static str, &'static str)> {
    const KEYS: [&str; 14] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "q", "w", "e", "x"];
    ClaimReason::ALL
        .into_iter()
        .zip(KEYS)
        .map(|(reason, key)| (reason.as_str(), reason.label(), key))
        .collect()
}

impl PaidLine {
    fn of(payment: &store::Payment, screens: &Screens, all: &[store::Payment]) -> Self {
        use domain::claim::payable::PaymentKind as Kind;
        let row = &payment.row;
        let taken_back =
            all.iter().any(|other| other.row.kind == Kind::Reversal && other.row.about == Some(payment.id));
        let programme = row.programme.as_ref().map(|id| words::programme_title(&screens.forms, id.as_str()));
        let round = row.round.map(|round| format!("{round}回目"));
        let class = row.class.map(|class| class.label().to_owned());
        let number = row.slip.as_ref().map(|slip| slip.0.clone()).filter(|slip| !slip.starts_with("page:"));
        let what = [programme, round, class, number].into_iter().flatten().collect::<Vec<_>>().join(" ");
        Self {
            id: payment.id,
            kind: row.kind.label(),
            what,
            amount: row.amount,
            tax: row.tax,
            words: row.words.clone().unwrap_or_default(),
            may_adjust: matches!(row.kind, Kind::Slip | Kind::Visit) && !taken_back,
        }
    }
}

impl Step {
    fn of(row: &store::StepRow, may_handle: bool) -> Self {
        Self {
            at: words::moment(row.at),
            staff: row.taken.staff.to_string(),
            words: step_words(&row.taken.step, may_handle),
        }
    }
}

/// A step as people say it; which slip is only told to whoever sees slips.
fn step_words(step: &ClaimStep, may_handle: bool) -> String {
    let number = |slip: &SlipKey| if may_handle { slip.0.clone() } else { String::new() };
    let line = |line: &Option<usize>| line.map_or("合計".to_owned(), |at| format!("{}行目", at + 1));
    match step {
        ClaimStep::Decide { slip, decision, .. } => {
            format!("票 {}：{}", number(slip), super::search::decision_words(decision))
        }
        ClaimStep::Undecide { slip } => format!("票 {}：判断を取り消した", number(slip)),
        ClaimStep::SettleLine { line: at, words, .. } => format!("{}の差異を確認：{words}", line(at)),
        ClaimStep::Adjust { amount, reason, words, .. } => {
            format!("過誤調整 {}円：{} {words}", super::signed(*amount), reason.label())
        }
        ClaimStep::Unadjust { .. } => "過誤調整を取り消した".to_owned(),
        ClaimStep::Confirm { .. } => "確認した".to_owned(),
        ClaimStep::Unconfirm => "確認を取り消した".to_owned(),
        ClaimStep::Lock => "確定した".to_owned(),
        ClaimStep::Unlock { words } => format!("確定を解除した：{words}"),
    }
}
