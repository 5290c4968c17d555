//! Issuing: management numbers, slips and batch tickets. A number is never given twice.

use crate::columns::{Columns, day, first, ms, run};
use crate::events::About;
use crate::{Access, Error, Rows, Writer};
use domain::access::Act;
use domain::actor::Actor;
use domain::form::Form;
use domain::ids::{ClinicCode, ManagementNumber, ProgrammeId, ResidentId};
use domain::slip::{IssuedSlip, LAST_SERIAL, management_number};
use domain::ticket::BatchTicket;
use jiff::Timestamp;
use rusqlite::{Row, params};

/// 束票 to be issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTicket {
    /// Who will send the envelope.
    pub clinic: ClinicCode,
    /// Month of the claim, `2026-10`.
    pub month: String,
    /// What its slips are for.
    pub programme: ProgrammeId,
    /// How many slips it will hold.
    pub declared: u32,
}

/// A batch ticket that was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketRow {
    /// What it says.
    pub ticket: BatchTicket,
    /// Name of the clinic, when it is known.
    pub clinic_name: Option<String>,
    /// When it was first printed.
    pub issued_at: Timestamp,
    /// Whether its envelope is there.
    pub used: bool,
}

impl Rows<'_> {
    /// The slip that was issued under a number.
    ///
    /// # Errors
    /// The database failed.
    pub fn slip(&self, number: &ManagementNumber) -> Result<Option<IssuedSlip>, Error> {
        first(self.connection, "select * from slips where number = ?1", [&number.0], |row| {
            Ok(IssuedSlip {
                number: ManagementNumber(row.col("number")?),
                form: row.id("form")?,
                form_version: row.col("form_version")?,
                resident: ResidentId(row.col("resident")?),
                issued_on: day(row.moment("issued_at")?),
            })
        })
    }

    /// The batch ticket that was issued under a number.
    ///
    /// # Errors
    /// The database failed.
    pub fn ticket(&self, number: &str) -> Result<Option<BatchTicket>, Error> {
        first(self.connection, "select * from tickets where number = ?1", [number], ticket)
    }
}

impl Rows<'_> {
    /// Batch tickets issued lately, newest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn recent_tickets(&self, limit: u32) -> Result<Vec<TicketRow>, Error> {
        crate::columns::all(
            self.connection,
            "select t.*, c.name as clinic_name, e.id is not null as used
             from tickets t left join clinics c on c.code = t.clinic left join envelopes e on e.id = t.number
             order by t.issued_at desc, t.number desc limit ?1",
            [limit],
            |row| {
                Ok(TicketRow {
                    ticket: ticket(row)?,
                    clinic_name: row.col("clinic_name")?,
                    issued_at: row.moment("issued_at")?,
                    used: row.col("used")?,
                })
            },
        )
    }
}

impl Writer<'_> {
    /// Notes that a ticket is printed once more; the ticket, if it was ever issued.
    ///
    /// # Errors
    /// The database failed.
    pub fn ticket_printed_again(
        &self,
        number: &str,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Option<BatchTicket>, Error> {
        let found = self.ticket(number)?;
        if found.is_some() {
            let detail = format!("束票 {number}");
            self.note(
                "ticket_printed_again",
                About { detail: Some(&detail), ..About::default() },
                actor,
                now,
            )?;
        }
        Ok(found)
    }

    /// Gives every resident a slip of `form` with a number of its own, in the order given.
    ///
    /// # Errors
    /// A resident is not in the register, the form's numbers are used up, or the database failed.
    pub fn issue_slips(
        &self,
        form: &Form,
        residents: &[ResidentId],
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Vec<(ManagementNumber, ResidentId)>, Error> {
        let numbers = self.next_numbers(form.number, residents.len())?;
        let detail = format!("form {} version {}: {} slips", form.id, form.version, residents.len());
        let about = About { detail: Some(&detail), ..About::default() };
        let batch = self.note("slips_issued", about, actor, now)?;
        for (number, resident) in numbers.iter().zip(residents) {
            if !self.is_resident(resident)? {
                return Err(Error::Missing { what: "resident" });
            }
            run(
                self.connection,
                "insert into slips (number, form, form_version, resident, issued_at, batch)
                 values (?1, ?2, ?3, ?4, ?5, ?6)",
                params![number.0, form.id.as_str(), form.version, resident.0, ms(now), batch],
            )?;
        }
        let printed = Access { act: Act::Print, screen: "slips_issued", reason: None, residents, page: None };
        self.trace(&printed, actor, now)?;
        Ok(numbers.into_iter().zip(residents.iter().cloned()).collect())
    }

    /// Gives every batch ticket a number of its own, in the order given.
    ///
    /// # Errors
    /// The form's numbers are used up, or the database failed.
    pub fn issue_tickets(
        &self,
        form: &Form,
        tickets: &[NewTicket],
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Vec<BatchTicket>, Error> {
        let numbers = self.next_numbers(form.number, tickets.len())?;
        let detail = format!("{} tickets", tickets.len());
        let about = About { detail: Some(&detail), ..About::default() };
        let batch = self.note("tickets_issued", about, actor, now)?;
        let mut issued = Vec::new();
        for (number, ticket) in numbers.into_iter().zip(tickets) {
            run(
                self.connection,
                "insert into tickets (number, clinic, month, programme, declared, issued_at, batch)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    number.0,
                    ticket.clinic.as_str(),
                    ticket.month,
                    ticket.programme.as_str(),
                    ticket.declared,
                    ms(now),
                    batch
                ],
            )?;
            issued.push(BatchTicket {
                number: number.0,
                clinic: ticket.clinic.clone(),
                month: ticket.month.clone(),
                programme: ticket.programme.clone(),
                declared: ticket.declared,
            });
        }
        Ok(issued)
    }

    /// Takes the next `count` numbers of a form number; serials without a check digit are passed over.
    fn next_numbers(&self, form: u8, count: usize) -> Result<Vec<ManagementNumber>, Error> {
        let sql = "select next from serials where form_number = ?1";
        let mut serial = first(self.connection, sql, [form], |row| row.col::<u32>("next"))?.unwrap_or(1);
        let mut numbers = Vec::with_capacity(count);
        while numbers.len() < count {
            if serial > LAST_SERIAL {
                return Err(Error::OutOfNumbers { form });
            }
            numbers.extend(management_number(form, serial));
            serial += 1;
        }
        let sql = "insert into serials (form_number, next) values (?1, ?2)
                   on conflict (form_number) do update set next = excluded.next";
        run(self.connection, sql, params![form, serial])?;
        Ok(numbers)
    }
}

fn ticket(row: &Row) -> Result<BatchTicket, Error> {
    Ok(BatchTicket {
        number: row.col("number")?,
        clinic: row.id("clinic")?,
        month: row.col("month")?,
        programme: row.id("programme")?,
        declared: row.col("declared")?,
    })
}
