//! 日計表. The day's paper envelope by envelope, to be compared with the pile and signed by two people.

use super::Advice;
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::home::Envelope;
use crate::{Screens, paper, words};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::page::PageState;
use domain::wareki;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use press::{Column, Report};
use serde::Deserialize;
use store::screens::{Daily, DailyEnvelope};

/// The states of the sheet: what waits for the machine is one column.
const STATES: [(&str, &[PageState]); 8] = [
    ("読取待", &[PageState::Received, PageState::Read]),
    ("確認待", &[PageState::InReview]),
    ("確定", &[PageState::Committed]),
    ("返戻", &[PageState::Returned]),
    ("再ｽｷｬﾝ", &[PageState::Rescan]),
    ("破棄", &[PageState::Discarded]),
    ("重複", &[PageState::Duplicate]),
    ("失敗", &[PageState::Failed]),
];

/// Which day.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    day: Option<String>,
}

#[derive(Template)]
#[template(path = "daily.html")]
struct DailyScreen {
    frame: Frame,
    tab: &'static str,
    day: String,
    told: String,
    previous: String,
    next: Option<String>,
    states: Vec<&'static str>,
    rows: Vec<Row>,
    total: Row,
    arrived: u64,
    added: u64,
    adds_up: bool,
    files: String,
    open: usize,
    can_print: bool,
}

/// One line of the sheet.
struct Row {
    sender: String,
    address: String,
    code: String,
    month: String,
    declared: String,
    seen: String,
    difference: String,
    class: &'static str,
    tickets: u64,
    counts: Vec<u64>,
    paper: u64,
    stands: String,
    words: String,
}

/// `GET /daily?day=2026-11-21`
pub async fn screen(
    State(screens): State<Screens>,
    person: Person,
    Query(asked): Query<Asked>,
) -> Result<Response, ScreenError> {
    let frame = Frame::new(&screens, &person, "inbox").await?;
    let day = asked.day()?;
    let (daily, rows) = sheet(&screens, day).await?;
    let open = daily.envelopes.iter().filter(|row| Advice::of(&row.envelope).look).count();
    let tomorrow = day.saturating_add(1.days());
    show(&DailyScreen {
        frame,
        tab: "daily",
        day: day.to_string(),
        told: told(day),
        previous: day.saturating_sub(1.days()).to_string(),
        next: (tomorrow <= crate::people::today()).then(|| tomorrow.to_string()),
        states: STATES.iter().map(|(word, _)| *word).collect(),
        total: total(&rows, &daily),
        rows,
        arrived: daily.arrived,
        added: daily.added,
        adds_up: daily.adds_up(),
        files: files(&daily),
        open,
        can_print: screens.printer.is_some(),
    })
}

/// `GET /daily/sheet.pdf?day=…`
pub async fn pdf(
    State(screens): State<Screens>,
    Query(asked): Query<Asked>,
) -> Result<Response, ScreenError> {
    let day = asked.day()?;
    let (daily, rows) = sheet(&screens, day).await?;
    let printer = paper::printer(&screens)?;
    let report = report(day, &daily, &rows);
    let pdf = tokio::task::spawn_blocking(move || printer.report(&report)).await??;
    Ok(paper::document(pdf, &format!("daily-{day}.pdf")))
}

/// `GET /daily/sheet.csv?day=…`
pub async fn csv(
    State(screens): State<Screens>,
    Query(asked): Query<Asked>,
) -> Result<Response, ScreenError> {
    let day = asked.day()?;
    let (daily, rows) = sheet(&screens, day).await?;
    // The mark at the front tells spreadsheets that it is UTF-8.
    let mut text = "\u{feff}".to_owned();
    let head = ["日付", "医療機関・束", "医療機関コード", "請求月", "申告", "受付", "差", "本日の紙", "束票"];
    let head = head.into_iter().chain(STATES.iter().map(|(word, _)| *word)).chain(["束の状態"]);
    line(&mut text, head.map(str::to_owned));
    for row in rows.iter().chain([&total(&rows, &daily)]) {
        let cells = [&row.sender, &row.code, &row.month, &row.declared, &row.seen, &row.difference];
        let counts = [row.paper, row.tickets].into_iter().chain(row.counts.iter().copied());
        let cells = [day.to_string()].into_iter().chain(cells.into_iter().cloned());
        let cells = cells.chain(counts.map(|count| count.to_string())).chain([row.stands.clone()]);
        line(&mut text, cells);
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"daily-{day}.csv\"")),
    ];
    Ok((headers, text).into_response())
}

impl Asked {
    fn day(&self) -> Result<Date, ScreenError> {
        match self.day.as_deref() {
            None | Some("") => Ok(crate::people::today()),
            Some(day) => day
                .parse()
                .map_err(|_| ScreenError::Refused("日付は「2026-11-21」の形で入力してください。".into())),
        }
    }
}

async fn sheet(screens: &Screens, day: Date) -> Result<(Daily, Vec<Row>), ScreenError> {
    let midnight = |day: Date| day.to_zoned(words::japan()).map(|at| at.timestamp());
    let (from, to) = (midnight(day)?, midnight(day.saturating_add(1.days()))?);
    let daily = screens.store.read_async(move |rows| rows.daily(from, to)).await?;
    let rows = daily.envelopes.iter().map(|row| Row::of(row, screens)).collect();
    Ok((daily, rows))
}

fn told(day: Date) -> String {
    let week = ["月", "火", "水", "木", "金", "土", "日"];
    let at = usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or_default();
    format!("{}（{}）", wareki::format(day), week[at])
}

fn files(daily: &Daily) -> String {
    let files = daily.files;
    format!(
        "ファイル {}件（同じファイル {}件、開けないファイル {}件を除く）",
        files.taken, files.duplicate, files.failed
    )
}

impl Row {
    fn of(row: &DailyEnvelope, screens: &Screens) -> Self {
        let envelope = Envelope::of(&row.envelope, screens);
        let advice = Advice::of(&row.envelope);
        let sum = |states: &[PageState]| states.iter().map(|state| row.pages.of(*state)).sum();
        Self {
            sender: envelope.sender,
            address: envelope.address,
            code: envelope.code,
            month: envelope.month,
            declared: envelope.declared.map_or_else(|| "―".to_owned(), |declared| declared.to_string()),
            seen: envelope.seen.to_string(),
            difference: match envelope.declared {
                None => "―".to_owned(),
                Some(_) => envelope.difference.unwrap_or_else(|| "0".to_owned()),
            },
            class: advice.class,
            tickets: row.tickets,
            counts: STATES.iter().map(|(_, states)| sum(states)).collect(),
            paper: row.paper(),
            stands: advice.label,
            words: advice.words,
        }
    }

    fn cells(&self) -> Vec<String> {
        let facts = [&self.sender, &self.month, &self.declared, &self.seen, &self.difference];
        let counts = [self.paper, self.tickets].into_iter().chain(self.counts.iter().copied());
        let counts = counts.map(|count| count.to_string());
        facts.into_iter().cloned().chain(counts).chain([self.stands.clone()]).collect()
    }
}

fn total(rows: &[Row], daily: &Daily) -> Row {
    let sum = |count: &dyn Fn(&Row) -> u64| rows.iter().map(count).sum::<u64>();
    Row {
        sender: format!("合計（{}束）", rows.len()),
        address: String::new(),
        code: String::new(),
        month: String::new(),
        declared: String::new(),
        seen: String::new(),
        difference: String::new(),
        class: "",
        tickets: sum(&|row| row.tickets),
        counts: (0..STATES.len()).map(|at| sum(&|row| row.counts[at])).collect(),
        paper: daily.paper(),
        stands: String::new(),
        words: String::new(),
    }
}

fn report(day: Date, daily: &Daily, rows: &[Row]) -> Report {
    let column =
        |label: &str, width_mm: f64, figures: bool| Column { label: label.into(), width_mm, figures };
    let mut columns = vec![
        column("医療機関・束", 58.0, false),
        column("請求月", 21.0, false),
        column("申告", 11.0, true),
        column("受付", 11.0, true),
        column("差", 11.0, true),
        column("本日の紙", 13.0, true),
        column("束票", 11.0, true),
    ];
    columns.extend(STATES.iter().map(|(word, _)| column(word, 12.0, true)));
    columns.push(column("束の状態", 39.0, false));
    let verdict = match daily.adds_up() {
        true => format!(
            "取り込んだページ {} ＝ 内訳の合計 {}　合計が合っています。",
            daily.arrived,
            daily.paper()
        ),
        false => format!(
            "取り込んだページ {} と内訳の合計 {} が合いません。管理者へ連絡してください。",
            daily.arrived,
            daily.paper()
        ),
    };
    let added = match daily.added {
        0 => String::new(),
        added => format!("　分割で増えたページ {added}を含みます。"),
    };
    Report {
        title: "日計表（受付）".into(),
        subtitle: format!("{}　印刷 {}", told(day), words::moment(Timestamp::now())),
        notes: vec![
            format!("{verdict}{added}　{}", files(daily)),
            "申告・受付・差は束の全体、本日の紙からは、この日に取り込んだページです。".into(),
        ],
        columns,
        rows: rows.iter().map(Row::cells).collect(),
        total: total(rows, daily).cells(),
        signatures: vec!["作成者".into(), "確認者（別の職員）".into()],
    }
}

/// One line of a file that spreadsheets open: what they would take for a formula stays text.
fn line(text: &mut String, cells: impl Iterator<Item = String>) {
    let quoted = cells.map(|cell| {
        let formula = cell.starts_with(['=', '+', '-', '@', '\t']);
        format!("\"{}{}\"", if formula { "'" } else { "" }, cell.replace('"', "\"\""))
    });
    text.push_str(&quoted.collect::<Vec<_>>().join(","));
    text.push_str("\r\n");
}
