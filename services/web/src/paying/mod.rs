//! 支払・出力. What is locked, what the bank was handed, and every file that left the house. Files are made from rows that
//! do not change, each for a reason that is recorded with who took it.

mod files;
pub mod sheets;

use crate::claims::Tabs;
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::{Screens, people, words};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use domain::duty::Right;
use domain::ids::ClinicCode;
use domain::month::Month;
use domain::yen::Yen;
use std::collections::BTreeMap;
use store::{Export, Rows};

/// What payment clerks take out.
pub fn routes() -> Router<Screens> {
    Router::new()
        .route("/payments", get(this_month))
        .route("/payments/{month}", get(screen))
        .route("/payments/{month}/bank", post(files::bank))
        .route("/payments/{month}/ledger/{kind}", post(files::ledger))
        .route("/payments/{month}/{clinic}/{paper}", post(files::paper))
}

#[derive(Template)]
#[template(path = "payments.html")]
struct PaymentsScreen {
    frame: Frame,
    tabs: Tabs,
    month: Month,
    told: String,
    previous: Month,
    next: Month,
    rows: Vec<Row>,
    /// Payments, what bank files pay of them, and what is left.
    sums: [Yen; 3],
    pay_on: String,
    exports: Vec<Line>,
    may_export: bool,
    has_payer: bool,
    can_print: bool,
}

/// One clinic with payments.
struct Row {
    code: String,
    name: String,
    paid: Yen,
    account: bool,
    bank: Option<(i64, String)>,
}

/// One file that left the house.
struct Line {
    id: i64,
    kind: &'static str,
    clinic: String,
    rows: i64,
    total: Yen,
    digest: String,
    again: Option<i64>,
    reason: String,
    who: String,
    at: String,
}

async fn this_month() -> Redirect {
    // Payments of a month are made in the next.
    Redirect::to(&format!("/payments/{}", Month::of(people::today()).plus(-1)))
}

async fn screen(
    State(screens): State<Screens>,
    person: Person,
    Path(month): Path<String>,
) -> Result<Response, ScreenError> {
    let month: Month = month.parse().map_err(|_| ScreenError::NotFound)?;
    let (rows, exports) =
        screens.store.read_async(move |rows| Ok((clinics(rows, month)?, rows.exports(month)?))).await?;
    let paid: Yen = rows.iter().map(|row| row.paid).sum();
    let handed: Yen = rows.iter().filter(|row| row.bank.is_some()).map(|row| row.paid).sum();
    let shown = show(&PaymentsScreen {
        frame: Frame::new(&screens, &person, "claims").await?,
        tabs: Tabs::of(&person, "payments"),
        month,
        told: month.label(),
        previous: month.plus(-1),
        next: month.plus(1),
        sums: [paid, handed, paid - handed],
        rows,
        pay_on: month.plus(1).last().to_string(),
        exports: exports.into_iter().rev().map(Line::of).collect(),
        may_export: person.may(Right::Export),
        has_payer: screens.payment.payer.is_some(),
        can_print: screens.printer.is_some(),
    })?;
    Ok(shown.into_response())
}

/// Clinics with payments of a month, and the bank file that pays each.
fn clinics(rows: &Rows, month: Month) -> Result<Vec<Row>, store::Error> {
    let mut sums: BTreeMap<ClinicCode, Yen> = BTreeMap::new();
    for payment in rows.month_payments(month, None)? {
        *sums.entry(payment.of.clinic).or_default() += payment.row.amount;
    }
    let mut found = Vec::new();
    for (code, paid) in sums {
        let clinic = rows.clinic(&code)?;
        let bank = rows.paid_by_bank(month, &code)?.map(|(export, day)| (export, day.to_string()));
        found.push(Row {
            name: clinic.as_ref().map(|clinic| clinic.name.clone()).unwrap_or_default(),
            account: clinic.is_some_and(|clinic| clinic.account.is_some()),
            code: code.0,
            paid,
            bank,
        });
    }
    Ok(found)
}

impl Line {
    fn of(export: Export) -> Self {
        Self {
            id: export.id,
            kind: export.kind.label(),
            clinic: export.clinic.map(|clinic| clinic.0).unwrap_or_default(),
            rows: export.rows,
            total: export.total,
            digest: export.digest.chars().take(12).collect(),
            again: export.again,
            reason: export.reason,
            who: export.staff.0,
            at: words::moment(export.at),
        }
    }
}
