//! Batch tickets: the code, the number and the ticket issued must say the same before an envelope opens.

use crate::handle::{Handled, Work};
use domain::form::Form;
use domain::ids::ManagementNumber;
use domain::reading::{Decision, FormReading};
use domain::review::ReviewReason;
use domain::roles::Role;
use domain::ticket::BatchTicket;
use store::Error;

pub(crate) fn settle(work: &Work, form: &Form, reading: &FormReading) -> Result<Handled, Error> {
    work.rows.mark_as_ticket(&work.page.id)?;
    let Some(ticket) = code(form, reading) else {
        return work.review(vec![ReviewReason::TicketUnread]);
    };
    let mut reasons = Vec::new();
    if !number_agrees(reading, &ticket) || work.rows.ticket(&ticket.number)?.as_ref() != Some(&ticket) {
        reasons.push(ReviewReason::TicketDiffers);
    }
    // The number under which this page is known may not be the code's, so look for the code's.
    let number = ManagementNumber(ticket.number.clone());
    for twin in work.rows.pages_with_number(&number, &work.page.id)? {
        work.rows.add_review_reason(
            &twin,
            ReviewReason::DuplicateSlip { page: work.page.id.clone() },
            work.now,
        )?;
        reasons.push(ReviewReason::DuplicateSlip { page: twin });
    }
    if reasons.is_empty() { work.open(&ticket) } else { work.review(reasons) }
}

/// What the ticket's code says, when it was read with certainty.
fn code(form: &Form, reading: &FormReading) -> Option<BatchTicket> {
    let field = reading.field(form.role(Role::Ticket)?.id.as_str())?;
    let accepted = (field.decision == Decision::Accept).then(|| field.value.text()).flatten()?;
    BatchTicket::from_code(accepted)
}

/// A code that was read corrects itself, so the printed number may be missing; but it must not contradict.
fn number_agrees(reading: &FormReading, ticket: &BatchTicket) -> bool {
    let number = reading.management_number.as_ref().and_then(|number| number.value.as_ref());
    number.is_none_or(|number| *number.reveal() == ticket.number)
}
