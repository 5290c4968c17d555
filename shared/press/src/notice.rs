//! 支払通知書 and 返戻通知: what a clinic is told of its month. A slip is named by its number and day, never by more of
//! the person.

use crate::error::PressError;
use crate::printer::Printer;
use crate::statement::{Column, Row, Statement, Table};
use domain::clinic::{BankAccount, InvoiceNumber};
use domain::form::Align;
use domain::ids::ClinicCode;
use domain::month::Month;
use domain::wareki;
use domain::yen::Yen;
use jiff::civil::Date;

/// 宛先と差出人. What stands on top of both.
#[derive(Clone, Debug, PartialEq)]
pub struct Heading {
    /// Number of the document.
    pub number: String,
    /// Day of the document: a fact of the locked data, so that the same document comes out again.
    pub issued_on: Date,
    /// Name of the clinic.
    pub clinic: String,
    /// Its code.
    pub code: ClinicCode,
    /// Who sends it, line by line.
    pub from: Vec<String>,
    /// The clinic's month.
    pub month: Month,
}

/// 支払通知書.
#[derive(Clone, Debug, PartialEq)]
pub struct PaymentNotice {
    /// To whom, from whom.
    pub heading: Heading,
    /// The clinic's registration, when it has one.
    pub invoice_number: Option<InvoiceNumber>,
    /// Day of the transfer, when it is known.
    pub pay_on: Option<Date>,
    /// Where to.
    pub account: Option<BankAccount>,
    /// What is paid, a line a programme, round, class and price; adjustments and what was carried over, too.
    pub lines: Vec<NoticeLine>,
    /// Sums by rate, in the order of the sheet.
    pub taxes: Vec<TaxSum>,
    /// What is not paid, and why.
    pub cuts: Vec<SlipNote>,
    /// What is transferred: the sum of the lines.
    pub total: Yen,
}

/// 明細の行.
#[derive(Clone, Debug, PartialEq)]
pub struct NoticeLine {
    /// What for: programme, round and class in words.
    pub what: String,
    /// How many; nought where counting makes no sense (an adjustment).
    pub count: u32,
    /// Each, tax included.
    pub unit: Option<Yen>,
    /// Together, tax included.
    pub amount: Yen,
    /// Per cent of tax in it.
    pub rate: u8,
}

/// 税率ごとの合計.
#[derive(Clone, Debug, PartialEq)]
pub struct TaxSum {
    /// Per cent.
    pub rate: u8,
    /// Tax included.
    pub amount: Yen,
    /// The tax in it, rounded once (消費税法施行令 70条の10).
    pub tax: Yen,
}

/// 票の一覧の行. A slip that was not paid.
#[derive(Clone, Debug, PartialEq)]
pub struct SlipNote {
    /// 管理番号, or another mark when the slip has none.
    pub number: String,
    /// 実施日.
    pub service_date: Date,
    /// What for, in words.
    pub what: String,
    /// 返戻 or 減額, and the reason.
    pub reason: String,
    /// In addition; may be empty.
    pub words: String,
}

/// 返戻通知. Goes back with the paper.
#[derive(Clone, Debug, PartialEq)]
pub struct ReturnLetter {
    /// To whom, from whom.
    pub heading: Heading,
    /// The slips that go back.
    pub slips: Vec<SlipNote>,
}

impl Printer {
    /// 支払通知書 as PDF.
    ///
    /// # Errors
    /// The PDF can not be written.
    pub fn payment_notice(&self, notice: &PaymentNotice) -> Result<Vec<u8>, PressError> {
        let heading = &notice.heading;
        let mut facts = vec![("支払金額（税込）", format!("{}円", notice.total))];
        facts.push(("支払日", notice.pay_on.map_or_else(|| "振込の手続中".to_owned(), wareki::format)));
        let account = notice.account.as_ref().map_or_else(|| "（届出がありません）".to_owned(), masked);
        facts.push(("振込先", account));
        let number = notice.invoice_number.as_ref();
        facts.push((
            "登録番号",
            number.map_or_else(|| "（登録なし）".to_owned(), |number| number.as_str().to_owned()),
        ));
        let statement = Statement {
            title: "支払通知書".into(),
            reference: reference(heading),
            to: to(heading),
            from: heading.from.clone(),
            paragraphs: vec![format!(
                "{}分の請求について、審査の結果、次のとおり支払います。内容に相違があるときは、届いた日から14日以内にお知らせください。連絡がないときは、確認されたものとして扱います。",
                heading.month.label()
            )],
            facts,
            tables: vec![lines(notice), taxes(notice), slips("支払わなかった票", &notice.cuts)],
            notes: vec![
                "単価・金額は消費税を含みます。自己負担額のある事業は、自己負担額を差し引いた額です。".into(),
            ],
        };
        self.statement(&statement)
    }

    /// 返戻通知 as PDF.
    ///
    /// # Errors
    /// The PDF can not be written.
    pub fn return_letter(&self, letter: &ReturnLetter) -> Result<Vec<u8>, PressError> {
        let heading = &letter.heading;
        let statement = Statement {
            title: "返戻通知".into(),
            reference: reference(heading),
            to: to(heading),
            from: heading.from.clone(),
            paragraphs: vec![
                format!("{}分の請求のうち、次の{}件の票をお返しします。今回の支払には含まれません。", heading.month.label(), letter.slips.len()),
                "理由を確認し、必要な訂正をしたうえで、次の月以降の請求に含めて再提出してください。再提出の件数と金額は、その月の請求書に加えてください。".into(),
            ],
            facts: vec![],
            tables: vec![slips("返戻する票", &letter.slips)],
            notes: vec!["票は管理番号と実施日で示しています。氏名などは同封の票で確認してください。".into()],
        };
        self.statement(&statement)
    }
}

fn reference(heading: &Heading) -> Vec<String> {
    vec![heading.number.clone(), wareki::format(heading.issued_on)]
}

fn to(heading: &Heading) -> Vec<String> {
    vec![format!("{}　御中", heading.clinic), format!("医療機関コード {}", heading.code)]
}

/// Enough to know one's own account, too little for anybody else.
fn masked(account: &BankAccount) -> String {
    let shown: String = account.number.chars().skip(4).collect();
    format!(
        "{} {}　{}　****{shown}　{}",
        account.bank_name,
        account.branch_name,
        account.kind.label(),
        account.holder
    )
}

fn column(label: &'static str, width: f64, align: Align) -> Column {
    Column { label, width, align }
}

fn lines(notice: &PaymentNotice) -> Table {
    let mut rows: Vec<Row> = notice
        .lines
        .iter()
        .map(|line| {
            Row::Cells(vec![
                line.what.clone(),
                if line.count == 0 { String::new() } else { line.count.to_string() },
                line.unit.map(|unit| unit.to_string()).unwrap_or_default(),
                line.amount.to_string(),
                if line.rate == 0 { "―".to_owned() } else { format!("{}%", line.rate) },
            ])
        })
        .collect();
    let count: u32 = notice.lines.iter().map(|line| line.count).sum();
    let sum = vec!["合計".into(), count.to_string(), String::new(), notice.total.to_string(), String::new()];
    rows.push(Row::Sum(sum));
    let columns = vec![
        column("内容", 88.0, Align::Left),
        column("件数", 16.0, Align::Right),
        column("単価（円）", 22.0, Align::Right),
        column("金額（円）", 26.0, Align::Right),
        column("税率", 22.0, Align::Right),
    ];
    Table { title: "支払の内訳", columns, rows }
}

fn taxes(notice: &PaymentNotice) -> Table {
    let row = |sum: &TaxSum| {
        let what =
            if sum.rate == 0 { "対象外・非課税".to_owned() } else { format!("{}%対象", sum.rate) };
        let net = sum.amount - sum.tax;
        Row::Cells(vec![what, net.to_string(), sum.tax.to_string(), sum.amount.to_string()])
    };
    let columns = vec![
        column("税率", 40.0, Align::Left),
        column("税抜（円）", 30.0, Align::Right),
        column("消費税額（円）", 30.0, Align::Right),
        column("税込（円）", 30.0, Align::Right),
    ];
    Table {
        title: "税率ごとの合計（端数は税率ごとに1円未満切捨て）",
        columns,
        rows: notice.taxes.iter().map(row).collect(),
    }
}

fn slips(title: &'static str, slips: &[SlipNote]) -> Table {
    let rows = slips.iter().enumerate().flat_map(|(at, slip)| {
        let cells = vec![
            (at + 1).to_string(),
            slip.number.clone(),
            wareki::format(slip.service_date),
            slip.what.clone(),
            slip.reason.clone(),
        ];
        let words = (!slip.words.trim().is_empty()).then(|| Row::Words(slip.words.trim().to_owned()));
        std::iter::once(Row::Cells(cells)).chain(words)
    });
    let columns = vec![
        column("", 9.0, Align::Right),
        column("管理番号", 34.0, Align::Left),
        column("実施日", 33.0, Align::Left),
        column("内容", 56.0, Align::Left),
        column("理由", 42.0, Align::Left),
    ];
    Table { title, columns, rows: rows.collect() }
}
