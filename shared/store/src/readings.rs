//! Readings: what the reader saw, written once per page and round.

use crate::columns::{json, ms, run};
use crate::{Error, Page, Writer};
use domain::ids::PageId;
use domain::message::PageRead;
use domain::page::PageState;
use domain::personal::Personal;
use domain::reading::{Decision, FieldReading, FormReading, NumberReading, PageReading};
use jiff::Timestamp;
use rusqlite::{named_params, params};

/// What one keying with a check digit is trusted; it decides nothing, for the number is reviewed.
const TYPED: f64 = 0.99;
const BY_HAND: &str = "人が指定した番号です。票と見比べてください";

/// What became of a reading.
#[derive(Clone, Debug, PartialEq)]
pub enum ReadingTaken {
    /// It stands now; the page is read and waits for its decision in this very transaction.
    New(Box<Page>),
    /// It came before, or answers an older round, or the page was put aside: nothing changed.
    Late,
    /// No such page here: nothing changed.
    UnknownPage,
}

impl Writer<'_> {
    /// Takes a reading in. Idempotent by page and round: a late or repeated message changes nothing.
    ///
    /// # Errors
    /// The database failed.
    pub fn apply_reading(&self, message: &PageRead, now: Timestamp) -> Result<ReadingTaken, Error> {
        let Some(page) = self.page(&message.page)? else {
            return Ok(ReadingTaken::UnknownPage);
        };
        if page.state != PageState::Received || page.round != message.round {
            return Ok(ReadingTaken::Late);
        }
        let reading = assigned(&page, &message.reading);
        let read = match &reading {
            PageReading::Read(read) => Some(read.as_ref()),
            PageReading::Unrecognised { .. } | PageReading::Unreadable { .. } => None,
        };
        let number = read.and_then(|read| read.management_number.as_ref()?.value.as_ref());
        run(
            self.connection,
            "update pages set state = 'read', read_round = :round, reading = :reading,
                              milliseconds = :milliseconds, form = :form, form_version = :form_version,
                              side = :side, management_number = :number, reader = nullif(:reader, ''),
                              updated_at = :now
             where page = :page",
            named_params! {
                ":page": message.page.as_str(), ":round": message.round,
                ":reading": json("reading", &reading)?,
                ":milliseconds": json("milliseconds", &message.milliseconds)?,
                ":form": read.map(|read| read.form.as_str()),
                ":form_version": read.map(|read| read.form_version), ":side": read.map(|read| read.side),
                ":number": number.map(|number| number.reveal()), ":reader": message.reader, ":now": ms(now),
            },
        )?;
        self.machine_values(&message.page, read.map(|read| read.fields.as_slice()).unwrap_or_default())?;
        let certain = read.and_then(|read| read.management_number.as_ref());
        if certain.is_some_and(|number| number.decision == Decision::Accept) {
            self.paper_came(&message.page, now)?;
        }
        Ok(ReadingTaken::New(Box::new(self.known_page(&message.page)?)))
    }

    /// Puts the reading in which the matcher has raised and lowered values in the place of the one just taken. Every
    /// alternative that the reader saw stays in it.
    ///
    /// # Errors
    /// The database failed.
    pub fn settle_reading(&self, page: &PageId, read: &FormReading) -> Result<(), Error> {
        let reading = PageReading::Read(Box::new(read.clone()));
        let sql = "update pages set reading = ?2 where page = ?1";
        run(self.connection, sql, params![page.as_str(), json("reading", &reading)?])?;
        self.machine_values(page, &read.fields)
    }

    /// Values that a person has decided are never touched by a new reading.
    fn machine_values(&self, page: &PageId, fields: &[FieldReading]) -> Result<(), Error> {
        let sql = "delete from field_values where page = ?1 and final_value is null";
        run(self.connection, sql, [page.as_str()])?;
        for field in fields {
            let decision = match field.decision {
                Decision::Accept => "accept",
                Decision::Review => "review",
            };
            run(
                self.connection,
                "insert into field_values (page, field, machine_value, confidence, decision, reason)
                 values (?1, ?2, ?3, ?4, ?5, ?6) on conflict do nothing",
                params![
                    page.as_str(),
                    field.id.as_str(),
                    json("machine_value", &field.value)?,
                    field.confidence,
                    decision,
                    field.reason
                ],
            )?;
        }
        Ok(())
    }
}

/// The reading with the number that a person assigned to the page in the place of the one read. One person alone never
/// makes a number certain: it goes to review as any doubtful one.
fn assigned(page: &Page, reading: &PageReading) -> PageReading {
    let mut reading = reading.clone();
    if let (PageReading::Read(read), Some(number)) = (&mut reading, &page.assigned_number) {
        let agrees = read.management_number.as_ref().is_some_and(|seen| {
            seen.decision == Decision::Accept
                && seen.value.as_ref().is_some_and(|value| *value.reveal() == number.0)
        });
        if !agrees {
            read.management_number = Some(NumberReading {
                value: Some(Personal::new(number.0.clone())),
                sources: Vec::new(),
                confidence: TYPED,
                decision: Decision::Review,
                reason: Some(BY_HAND.into()),
            });
        }
    }
    reading
}
