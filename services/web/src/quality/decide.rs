//! What follows from a third person's decision about a sampled value. A wrong value never stays, and never goes silently.

use crate::review::settle::{Ruled, settle};
use domain::actor::Actor;
use domain::form::Field;
use domain::keying::Keyed;
use domain::page::PageState;
use domain::quality::Verdict;
use domain::record::{self, SlipDraft};
use domain::review::ReviewReason;
use domain::rules::Finding;
use jiff::Timestamp;
use store::{Committed, Error, KeyingTaken, Record, Writer};

/// Why a record is corrected, or a value asked for again.
const REASON: &str = "品質抜取で判明";

/// Writes the decision about sample `id` down. Where the machine was wrong, the record is corrected to the value that
/// two people have now looked at (the keyer and the decider), or, when that makes no record, taken back for the page to
/// be keyed again; a page that still waits has the field keyed by people.
///
/// # Errors
/// The database failed.
pub(crate) fn decide(
    rows: &Writer,
    ruled: Ruled,
    field: &Field,
    id: i64,
    keyed: &Keyed,
    actor: &Actor,
    now: Timestamp,
) -> Result<KeyingTaken, Error> {
    let form = ruled.form;
    let verdict = match rows.decide_sample(id, form, field, keyed, actor, now)? {
        Err(taken) => return Ok(taken),
        Ok(verdict) => verdict,
    };
    let sample = rows.sample(id)?.ok_or(Error::Missing { what: "sample" })?;
    if verdict == Verdict::Wrong {
        let page = rows.page(&sample.page)?.ok_or(Error::Missing { what: "page" })?;
        let doubt = ReviewReason::FieldDoubtful {
            field: field.id.clone(),
            label: field.label.clone(),
            reason: Some(REASON.to_owned()),
        };
        match (page.state, rows.record_of_page(&page.id)?) {
            (PageState::Committed, Some(record)) => {
                let corrected = correct(rows, ruled, field, &record, keyed, actor, now)?;
                if !corrected {
                    rows.reverse_record(record.id, REASON, actor, now)?;
                    rows.add_review_reason(&page.id, doubt, now)?;
                    rows.plan_work(form, &page.id)?;
                }
            }
            (PageState::InReview, _) => {
                rows.add_review_reason(&page.id, doubt, now)?;
                rows.plan_work(form, &page.id)?;
                settle(rows, ruled, &page.id, actor, now)?;
            }
            // Returned, discarded or waiting to be read again: there is no value that could stand.
            _ => {}
        }
    }
    Ok(KeyingTaken::Saved { save: 0, progress: None })
}

/// Corrects one value of a record; whether the values still make one.
fn correct(
    rows: &Writer,
    ruled: Ruled,
    field: &Field,
    record: &Record,
    keyed: &Keyed,
    actor: &Actor,
    now: Timestamp,
) -> Result<bool, Error> {
    let Some(resident) = rows.resident(&record.resident)? else { return Ok(false) };
    let slip = record.management_number.as_ref().map(|number| rows.slip(number)).transpose()?.flatten();
    let Some(page) = rows.page(&record.page)? else { return Ok(false) };
    let mut values = record.values.clone();
    match keyed.value() {
        Some(value) => values.insert(field.id.clone(), value.clone()),
        None => values.remove(&field.id),
    };
    let history = rows.history(&resident.id, &page.id)?;
    let lots = rows.known_lots(&values, page.form_read())?;
    let accepted: Vec<_> = record.findings.iter().map(|finding: &Finding| finding.rule).collect();
    let proven = record::commit(SlipDraft {
        form: ruled.form,
        number: record.management_number.clone(),
        resident: &resident,
        values,
        history: &history,
        programmes: ruled.programmes,
        lots: &lots,
        issued_on: slip.map(|slip| slip.issued_on),
        scanned_on: page.arrived_at.to_zoned(crate::words::japan()).date(),
        accepted: &accepted,
    });
    let Ok(proven) = proven else { return Ok(false) };
    Ok(matches!(rows.correct_record(record.id, &proven, REASON, actor, now)?, Committed::Done(_)))
}
