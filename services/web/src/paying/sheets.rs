//! 支払の書類. Ledger, payment notice and return letter of locked months, made from rows that do not change: the same
//! rows, the same bytes.

use domain::claim::payable::PaymentKind;
use domain::claim::price::tax_within;
use domain::claim::reconcile::SlipReport;
use domain::claim::{ClaimClass, ClaimStep, ClinicMonth, SlipDecision, SlipKey};
use domain::clinic::Clinic;
use domain::ids::{ClinicCode, ProgrammeId};
use domain::month::Month;
use domain::programme::Programmes;
use domain::yen::Yen;
use domain::zengin::PaymentOffice;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use press::notice::{Heading, NoticeLine, PaymentNotice, ReturnLetter, SlipNote, TaxSum};
use press::{Ledger, LedgerRow};
use std::collections::{BTreeMap, HashMap, HashSet};
use store::{ClaimFile, Error, Payment, Rows};

/// The payments of a month, of one clinic or of all, those taken back and their reversals included.
///
/// # Errors
/// The database failed.
pub fn ledger(
    rows: &Rows,
    programmes: &Programmes,
    month: Month,
    clinic: Option<&ClinicCode>,
) -> Result<Ledger, Error> {
    let names: HashMap<ClinicCode, String> =
        rows.clinics()?.into_iter().map(|clinic| (clinic.code, clinic.name)).collect();
    let mut ledger = Ledger { month, rows: Vec::new() };
    for payment in rows.month_payments(month, clinic)? {
        let Payment { id, of, row, .. } = payment;
        let record = row.record.map(|record| rows.record(record)).transpose()?.flatten();
        ledger.rows.push(LedgerRow {
            payment: id,
            clinic: names.get(&of.clinic).cloned().unwrap_or_default(),
            code: of.clinic.0,
            kind: row.kind.label().to_owned(),
            slip: row.slip.as_ref().map(|slip| number(slip, row.record)).unwrap_or_default(),
            record: row.record,
            service_date: record.map(|record| record.service_date),
            programme: row.programme.map(|id| programmes.name(&id).to_owned()).unwrap_or_default(),
            round: row.round,
            class: row.class.map(|class| class.label().to_owned()).unwrap_or_default(),
            amount: row.amount,
            tax: row.tax,
            words: row.words.unwrap_or_default(),
        });
    }
    Ok(ledger)
}

/// 支払通知書 of a locked clinic-month; `None` while it is not locked.
///
/// # Errors
/// The database failed.
pub fn notice(
    rows: &Rows,
    programmes: &Programmes,
    office: &PaymentOffice,
    (clinic, file): (&Clinic, &ClaimFile),
) -> Result<Option<PaymentNotice>, Error> {
    let of = &file.report.of;
    let Some(locked_on) = last_day(file, |step| matches!(step, ClaimStep::Lock)) else { return Ok(None) };
    if !file.settlement.locked {
        return Ok(None);
    }
    let pay_on = rows.paid_by_bank(of.month, &of.clinic)?.map(|(_, day)| day);
    let standing = standing(&file.payments);
    Ok(Some(PaymentNotice {
        heading: heading(office, clinic, of, pay_on.unwrap_or(locked_on)),
        invoice_number: clinic.invoice_number.clone(),
        pay_on,
        account: clinic.account.clone(),
        lines: lines(programmes, &standing),
        taxes: taxes(&standing),
        cuts: unpaid(programmes, file, |_| true),
        total: standing.iter().map(|payment| payment.row.amount).sum(),
    }))
}

/// 返戻通知: the slips of a clinic-month that go back; `None` when there are none. Its day is that of the last decision
/// to return one.
pub fn return_letter(
    programmes: &Programmes,
    office: &PaymentOffice,
    (clinic, file): (&Clinic, &ClaimFile),
) -> Option<ReturnLetter> {
    let returns = |decision: &SlipDecision| matches!(decision, SlipDecision::Return { .. });
    let slips = unpaid(programmes, file, returns);
    let day = last_day(file, |step| matches!(step, ClaimStep::Decide { decision, .. } if returns(decision)))?;
    let heading = heading(office, clinic, &file.report.of, day);
    (!slips.is_empty()).then_some(ReturnLetter { heading, slips })
}

fn heading(office: &PaymentOffice, clinic: &Clinic, of: &ClinicMonth, issued_on: Date) -> Heading {
    Heading {
        number: format!("{}-{}", of.month, of.clinic),
        issued_on,
        clinic: clinic.name.clone(),
        code: of.clinic.clone(),
        from: office.letterhead.clone(),
        month: of.month,
    }
}

/// The local day of the last such step.
fn last_day(file: &ClaimFile, wanted: impl Fn(&ClaimStep) -> bool) -> Option<Date> {
    let local = |at: Timestamp| Offset::constant(9).to_datetime(at).date();
    file.steps.iter().rfind(|row| wanted(&row.taken.step)).map(|row| local(row.at))
}

/// Rows that no unlocking took back.
fn standing(payments: &[Payment]) -> Vec<&Payment> {
    let reversed: HashSet<i64> = payments
        .iter()
        .filter(|payment| payment.row.kind == PaymentKind::Reversal)
        .filter_map(|payment| payment.row.about)
        .collect();
    let stands =
        |payment: &&Payment| payment.row.kind != PaymentKind::Reversal && !reversed.contains(&payment.id);
    payments.iter().filter(stands).collect()
}

type LineKey = (PaymentKind, Option<ProgrammeId>, Option<u8>, Option<ClaimClass>, Yen, u8, Option<String>);

/// One line a kind, programme, dose, class and price; adjustments and remainders stand alone, with their words.
fn lines(programmes: &Programmes, payments: &[&Payment]) -> Vec<NoticeLine> {
    let mut lines: BTreeMap<LineKey, u32> = BTreeMap::new();
    for payment in payments {
        let row = &payment.row;
        let key = (
            row.kind,
            row.programme.clone(),
            row.round,
            row.class,
            row.amount,
            row.tax_rate,
            row.words.clone(),
        );
        *lines.entry(key).or_default() += 1;
    }
    lines
        .into_iter()
        .map(|((kind, programme, round, class, unit, rate, words), count)| {
            let name = programme.as_ref().map_or("", |id| programmes.name(id));
            let round = programme.as_ref().zip(round).map(|(id, round)| programmes.round_name(id, round));
            let round = round.unwrap_or_default();
            let class = class.map_or("", ClaimClass::label);
            let counted = matches!(kind, PaymentKind::Slip | PaymentKind::Visit);
            let kind = if kind == PaymentKind::Slip { "" } else { kind.label() };
            let words = words.unwrap_or_default();
            let parts = [kind, name, &round, class, &words];
            let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            NoticeLine {
                what: parts.join("　"),
                count: if counted { count } else { 0 },
                unit: counted.then_some(unit),
                amount: Yen(unit.0 * i64::from(count)),
                rate,
            }
        })
        .collect()
}

/// Sums by rate, the highest first; each rounded once.
fn taxes(payments: &[&Payment]) -> Vec<TaxSum> {
    let mut sums: BTreeMap<u8, Yen> = BTreeMap::new();
    for payment in payments {
        *sums.entry(payment.row.tax_rate).or_default() += payment.row.amount;
    }
    sums.into_iter()
        .rev()
        .map(|(rate, amount)| TaxSum { rate, amount, tax: tax_within(amount, rate) })
        .collect()
}

/// Slips that people did not pay, by the order of the records.
fn unpaid(
    programmes: &Programmes,
    file: &ClaimFile,
    wanted: impl Fn(&SlipDecision) -> bool,
) -> Vec<SlipNote> {
    let note = |slip: &SlipReport| {
        let decided = file.settlement.decisions.get(&slip.slip.key)?;
        let (label, reason, words) = match &decided.decision {
            SlipDecision::Cut { reason, words } => ("減額", reason, words),
            SlipDecision::Return { reason, words } => ("返戻", reason, words),
            SlipDecision::Accept { .. } | SlipDecision::Hold { .. } => return None,
        };
        let round = slip.slip.round.map(|round| programmes.round_name(&slip.slip.programme, round));
        let round = round.unwrap_or_default();
        let what = [programmes.name(&slip.slip.programme), &round, slip.slip.class.label()];
        wanted(&decided.decision).then(|| SlipNote {
            number: number(&slip.slip.key, Some(slip.slip.record)),
            service_date: slip.slip.service_date,
            what: what.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("　"),
            reason: format!("{label}　{}", reason.label()),
            words: words.clone(),
        })
    };
    file.report.slips.iter().filter_map(note).collect()
}

/// How a slip is named on paper: by its number, else by its record.
fn number(slip: &SlipKey, record: Option<i64>) -> String {
    match slip.0.starts_with("page:") {
        true => format!("（番号なし）記録{}", record.unwrap_or_default()),
        false => slip.0.clone(),
    }
}
