//! 支払台帳. Every paid row of a month as CSV and as a workbook: the same rows, the same sums, the same bytes every time.

use crate::error::PressError;
use domain::csv;
use domain::month::Month;
use domain::yen::Yen;
use jiff::civil::Date;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatBorder, Workbook, Worksheet, XlsxError};

/// Words above the columns, in both files.
const COLUMNS: [(&str, f64); 14] = [
    ("支払番号", 10.0),
    ("請求月", 10.0),
    ("医療機関コード", 14.0),
    ("医療機関", 30.0),
    ("種別", 12.0),
    ("管理番号", 16.0),
    ("記録番号", 10.0),
    ("実施日", 12.0),
    ("事業", 26.0),
    ("回数", 6.0),
    ("区分", 16.0),
    ("金額（税込）", 14.0),
    ("うち消費税", 12.0),
    ("備考", 40.0),
];
/// The two columns of sums, from 0.
const AMOUNT: u16 = 11;
const TAX: u16 = 12;

/// 支払台帳.
#[derive(Clone, Debug, PartialEq)]
pub struct Ledger {
    /// The month of the clinics' claims.
    pub month: Month,
    /// In the order of the office: clinic, then number.
    pub rows: Vec<LedgerRow>,
}

/// 台帳の行. One row of the payments.
#[derive(Clone, Debug, PartialEq)]
pub struct LedgerRow {
    /// Number of the payment.
    pub payment: i64,
    /// Code of the clinic.
    pub code: String,
    /// Its name.
    pub clinic: String,
    /// 票, 来院料, 過誤調整, 繰越, 取消.
    pub kind: String,
    /// 管理番号 or another key of the slip.
    pub slip: String,
    /// Number of the committed record: the way to the ink.
    pub record: Option<i64>,
    /// 実施日.
    pub service_date: Option<Date>,
    /// What for, in words.
    pub programme: String,
    /// Which dose.
    pub round: Option<u8>,
    /// Which class, in words.
    pub class: String,
    /// Tax included.
    pub amount: Yen,
    /// Of which tax.
    pub tax: Yen,
    /// In addition.
    pub words: String,
}

impl Ledger {
    /// What the rows sum up to: amount and tax.
    pub fn total(&self) -> (Yen, Yen) {
        (self.rows.iter().map(|row| row.amount).sum(), self.rows.iter().map(|row| row.tax).sum())
    }
}

impl LedgerRow {
    /// The cells before and behind the two sums, as text.
    fn cells(&self, month: Month) -> [String; 14] {
        [
            self.payment.to_string(),
            month.to_string(),
            self.code.clone(),
            self.clinic.clone(),
            self.kind.clone(),
            self.slip.clone(),
            self.record.map(|record| record.to_string()).unwrap_or_default(),
            self.service_date.map(|day| day.to_string()).unwrap_or_default(),
            self.programme.clone(),
            self.round.map(|round| round.to_string()).unwrap_or_default(),
            self.class.clone(),
            self.amount.0.to_string(),
            self.tax.0.to_string(),
            self.words.clone(),
        ]
    }
}

/// The ledger for spreadsheets and other programs: UTF-8 with its mark, CR and LF; the last line is the sum.
pub fn ledger_csv(ledger: &Ledger) -> String {
    let mut text = csv::BYTE_ORDER_MARK.to_owned() + &csv::line(&COLUMNS.map(|(label, _)| label));
    for row in &ledger.rows {
        let cells = row.cells(ledger.month);
        // Amounts are ours and figures: an apostrophe before a minus would make text of them.
        let quoted: Vec<String> = cells
            .iter()
            .enumerate()
            .map(|(at, cell)| match at {
                11 | 12 => cell.clone(),
                _ => csv::cell(cell),
            })
            .collect();
        text.push_str(&quoted.join(","));
        text.push_str("\r\n");
    }
    let (amount, tax) = ledger.total();
    let gap = ",".repeat(usize::from(AMOUNT) - 1);
    text.push_str(&format!("合計,{gap}{},{},\r\n", amount.0, tax.0));
    text
}

/// The ledger as a workbook. Codes and numbers of slips are text, so that no zero in front of them is lost.
///
/// # Errors
/// The workbook can not be made (more rows than a sheet holds).
pub fn ledger_xlsx(ledger: &Ledger) -> Result<Vec<u8>, PressError> {
    workbook(ledger).map_err(|error| PressError::Workbook(error.to_string()))
}

fn workbook(ledger: &Ledger) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // A workbook says when it was made: the first day of its month, so that the same rows give the same bytes.
    let first = ledger.month.first();
    let made = ExcelDateTime::from_ymd(first.year().unsigned_abs(), first.month().unsigned_abs(), 1)?;
    let title = format!("支払台帳 {}", ledger.month.label());
    workbook.set_properties(&DocProperties::new().set_title(&title).set_creation_datetime(&made));
    let sheet = workbook.add_worksheet();
    sheet.set_name(ledger.month.to_string())?;
    sheet.set_landscape();
    sheet.set_paper_size(9);
    sheet.set_print_fit_to_pages(1, 0);
    sheet.set_freeze_panes(1, 0)?;
    sheet.set_repeat_rows(0, 0)?;
    fill(sheet, ledger)?;
    workbook.save_to_buffer()
}

fn fill(sheet: &mut Worksheet, ledger: &Ledger) -> Result<(), XlsxError> {
    let head = Format::new().set_bold().set_border_bottom(FormatBorder::Thin).set_text_wrap();
    let money = Format::new().set_num_format("#,##0;[Red]-#,##0");
    let sum = money.clone().set_bold().set_border_top(FormatBorder::Thin);
    let last = u32::try_from(ledger.rows.len()).unwrap_or(u32::MAX).saturating_add(1);
    for (column, (label, width)) in (0..).zip(COLUMNS) {
        sheet.set_column_width(column, width)?;
        sheet.write_string_with_format(0, column, label, &head)?;
    }
    for (at, row) in (1..).zip(&ledger.rows) {
        for (column, cell) in (0..).zip(row.cells(ledger.month)) {
            match column {
                // Sums of a city stay far below 2^53, where a cell's number would lose its last yen.
                AMOUNT => sheet.write_number_with_format(at, column, row.amount.0 as f64, &money)?,
                TAX => sheet.write_number_with_format(at, column, row.tax.0 as f64, &money)?,
                _ if cell.is_empty() => continue,
                _ => sheet.write_string(at, column, cell)?,
            };
        }
    }
    let (amount, tax) = ledger.total();
    sheet.write_string_with_format(last, 0, "合計", &sum)?;
    sheet.write_number_with_format(last, AMOUNT, amount.0 as f64, &sum)?;
    sheet.write_number_with_format(last, TAX, tax.0 as f64, &sum)?;
    if !ledger.rows.is_empty() {
        sheet.autofilter(0, 0, last - 1, COLUMNS.len() as u16 - 1)?;
    }
    Ok(())
}
