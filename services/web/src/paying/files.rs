//! The files themselves: recorded in the same transaction that reads what they are made of.

use super::sheets;
use crate::error::ScreenError;
use crate::frame::Person;
use crate::trace::{self, Act};
use crate::{Screens, paper};
use axum::Form;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::claim::ClinicMonth;
use domain::claim::settlement::Standing;
use domain::duty::Right;
use domain::ids::{ClinicCode, ResidentId};
use domain::month::Month;
use domain::yen::Yen;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use store::{BankOrder, Error, ExportKind, NewExport, Rulebook};

/// A reason longer than this is a letter.
const LONGEST_REASON: usize = 200;

/// What every file is asked with.
#[derive(Debug, Deserialize)]
pub struct Asked {
    reason: String,
    pay_on: Option<Date>,
}

impl Asked {
    /// The reason, when this person may take files out at all.
    fn reason(&self, person: &Person) -> Result<String, ScreenError> {
        if !person.may(Right::Export) {
            return Err(ScreenError::Forbidden(Right::Export));
        }
        let reason = self.reason.trim();
        if reason.is_empty()
            || reason.chars().count() > LONGEST_REASON
            || reason.chars().any(char::is_control)
        {
            let words = format!("理由を{LONGEST_REASON}文字以内の1行で入力してください。");
            return Err(ScreenError::Refused(words));
        }
        Ok(reason.to_owned())
    }
}

/// `POST /payments/{month}/bank`
pub async fn bank(
    State(screens): State<Screens>,
    person: Person,
    Path(month): Path<String>,
    Form(asked): Form<Asked>,
) -> Result<Response, ScreenError> {
    let (month, reason) = (parsed(&month)?, asked.reason(&person)?);
    let no_day = || ScreenError::Refused("振込指定日を入力してください。".into());
    let pay_on = asked.pay_on.ok_or_else(no_day)?;
    let (office, actor) = (screens.payment.clone(), person.actor.clone());
    let made = screens.store.write_async(move |rows| {
        let order = BankOrder { month, clinic: None, pay_on, office: &office, reason: &reason };
        rows.bank_file(&order, &actor, Timestamp::now())
    });
    match made.await? {
        Ok(file) => {
            Ok(download(file.bytes, "application/octet-stream", &format!("furikomi-{month}-{pay_on}.txt")))
        }
        Err(refused) => Err(ScreenError::Refused(refused.lines().join(" "))),
    }
}

/// `POST /payments/{month}/ledger/{csv|xlsx}`
pub async fn ledger(
    State(screens): State<Screens>,
    person: Person,
    Path((month, kind)): Path<(String, String)>,
    Form(asked): Form<Asked>,
) -> Result<Response, ScreenError> {
    let (month, reason) = (parsed(&month)?, asked.reason(&person)?);
    let (kind, media) = match kind.as_str() {
        "csv" => (ExportKind::LedgerCsv, "text/csv; charset=utf-8"),
        "xlsx" => {
            (ExportKind::LedgerXlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
        }
        _ => return Err(ScreenError::NotFound),
    };
    trace::note(&screens, &person, Act::Export, "payments_ledger", Some(&reason), &[], None).await?;
    let (programmes, actor) = (screens.programmes.clone(), person.actor.clone());
    let bytes = screens.store.write_async(move |rows| {
        let ledger = sheets::ledger(rows, &programmes, month, None)?;
        let bytes = match kind {
            ExportKind::LedgerCsv => Ok(press::ledger_csv(&ledger).into_bytes()),
            _ => press::ledger_xlsx(&ledger),
        };
        if let Ok(bytes) = &bytes {
            let (count, total) = (ledger.rows.len(), ledger.total().0);
            let new = NewExport { kind, month, clinic: None, bytes, rows: count, total, reason: &reason };
            rows.record_export(&new, &actor, Timestamp::now())?;
        }
        Ok(bytes)
    });
    let end = if kind == ExportKind::LedgerCsv { "csv" } else { "xlsx" };
    Ok(download(bytes.await??, media, &format!("ledger-{month}.{end}")))
}

/// `POST /payments/{month}/{clinic}/{notice.pdf|returns.pdf}`
pub async fn paper(
    State(screens): State<Screens>,
    person: Person,
    Path((month, clinic, name)): Path<(String, String, String)>,
    Form(asked): Form<Asked>,
) -> Result<Response, ScreenError> {
    let (month, reason) = (parsed(&month)?, asked.reason(&person)?);
    let of = ClinicMonth { clinic: ClinicCode(clinic), month };
    let printer = paper::printer(&screens)?;
    let kind = match name.as_str() {
        "notice.pdf" => ExportKind::Notice,
        "returns.pdf" => ExportKind::ReturnLetter,
        _ => return Err(ScreenError::NotFound),
    };
    let mut about = unpaid_people(&screens, &of).await?;
    about.sort_unstable();
    about.dedup();
    trace::note(&screens, &person, Act::Print, "payments_paper", Some(&reason), &about, None).await?;
    let (inner, actor, told) = (screens.clone(), person.actor.clone(), of.clone());
    let made = screens.store.write_async(move |rows| {
        let rulebook = Rulebook::new(&inner.forms, &inner.programmes);
        let Some(clinic) = rows.clinic(&of.clinic)? else { return Ok(None) };
        let file = rows.claim_file(&of, &rulebook)?;
        let (office, programmes) = (&inner.payment, &*inner.programmes);
        let (bytes, count, total) = if kind == ExportKind::Notice {
            let Some(notice) = sheets::notice(rows, programmes, office, (&clinic, &file))? else {
                return Ok(None);
            };
            (printer.payment_notice(&notice), notice.lines.len(), notice.total)
        } else {
            let Some(letter) = sheets::return_letter(programmes, office, (&clinic, &file)) else {
                return Ok(None);
            };
            (printer.return_letter(&letter), letter.slips.len(), Yen::ZERO)
        };
        if let Ok(bytes) = &bytes {
            let clinic = Some(&of.clinic);
            let new = NewExport { kind, month, clinic, bytes, rows: count, total, reason: &reason };
            rows.record_export(&new, &actor, Timestamp::now())?;
        }
        Ok(Some(bytes))
    });
    match made.await? {
        Some(bytes) => Ok(download(bytes?, "application/pdf", &format!("{month}-{}-{name}", told.clinic))),
        None if kind == ExportKind::Notice => {
            Err(ScreenError::Refused("支払通知書は、請求を確定した後に作れます。".into()))
        }
        None => Err(ScreenError::Refused("この月に返戻した票はありません。".into())),
    }
}

/// Whose slips stand on such a paper, by number.
async fn unpaid_people(screens: &Screens, of: &ClinicMonth) -> Result<Vec<ResidentId>, ScreenError> {
    let (inner, of) = (screens.clone(), of.clone());
    let read = screens.store.read_async(move |rows| {
        let rulebook = Rulebook::new(&inner.forms, &inner.programmes);
        let file = rows.claim_file(&of, &rulebook)?;
        let unpaid = |standing| matches!(standing, Standing::Cut | Standing::Returned);
        let slips = file.report.slips.iter().filter(|slip| unpaid(file.settlement.standing(slip)));
        Ok::<_, Error>(slips.map(|slip| slip.slip.resident.clone()).collect())
    });
    Ok(read.await?)
}

fn parsed(month: &str) -> Result<Month, ScreenError> {
    month.parse().map_err(|_| ScreenError::NotFound)
}

fn download(bytes: Vec<u8>, media: &str, name: &str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, bytes).into_response()
}
