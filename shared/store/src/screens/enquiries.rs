//! The queues of enquiries.

use crate::columns::{Columns, all};
use crate::enquiries::enquiry;
use crate::{Enquiry, Error, Rows};
use domain::enquiry::{EnquiryKind, EnquiryState};
use domain::ids::{EnvelopeId, FormId, StaffId};
use domain::page::PageState;
use jiff::civil::Date;
use rusqlite::named_params;

/// Which enquiries are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnquiryFilter {
    /// Only this kind.
    pub kind: Option<EnquiryKind>,
    /// Only in this state; all that are not closed when none is given.
    pub state: Option<EnquiryState>,
    /// Only those that this person sees to.
    pub owner: Option<StaffId>,
    /// Only those that nobody sees to.
    pub unowned: bool,
    /// Only those whose answer was due before this day.
    pub due_before: Option<Date>,
}

/// One enquiry of a list, with where its page lies.
#[derive(Clone, Debug, PartialEq)]
pub struct EnquiryRow {
    /// The enquiry.
    pub enquiry: Enquiry,
    /// Where its page stands.
    pub page_state: PageState,
    /// The page's form, once known.
    pub form: Option<FormId>,
    /// The page's envelope.
    pub envelope: EnvelopeId,
    /// Name (or code) of the clinic that sent it.
    pub clinic: Option<String>,
}

impl Rows<'_> {
    /// The enquiries that `filter` lets through: answered ones first, then by the day an answer is due.
    ///
    /// # Errors
    /// The database failed.
    pub fn enquiry_rows(&self, filter: &EnquiryFilter, limit: u32) -> Result<Vec<EnquiryRow>, Error> {
        all(
            self.connection,
            "select q.*, p.state as page_state, p.form, p.envelope, coalesce(c.name, e.clinic) as clinic
             from enquiries q
             join pages p on p.page = q.page
             join envelopes e on e.id = p.envelope
             left join clinics c on c.code = e.clinic
             where (:kind is null or q.kind = :kind)
               and (q.state = :state or :state is null and q.state <> 'closed')
               and (:owner is null or q.owner = :owner)
               and (not :unowned or q.owner is null)
               and (:before is null or q.due < :before)
             order by q.state = 'answered' desc, q.state = 'closed', q.due, q.id limit :limit",
            named_params! {
                ":kind": filter.kind.map(EnquiryKind::as_str), ":state": filter.state.map(EnquiryState::as_str),
                ":owner": filter.owner.as_ref().map(StaffId::as_str), ":unowned": filter.unowned,
                ":before": filter.due_before.map(|day| day.to_string()), ":limit": limit,
            },
            |row| {
                Ok(EnquiryRow {
                    enquiry: enquiry(row)?,
                    page_state: row.page_state("page_state")?,
                    form: row.id_or_none("form")?,
                    envelope: row.id("envelope")?,
                    clinic: row.col("clinic")?,
                })
            },
        )
    }

    /// How many enquiries there are of each kind and state that are not closed.
    ///
    /// # Errors
    /// The database failed.
    pub fn enquiry_counts(&self) -> Result<Vec<(EnquiryKind, EnquiryState, u32)>, Error> {
        let sql =
            "select kind, state, count(*) as n from enquiries where state <> 'closed' group by kind, state";
        all(self.connection, sql, [], |row| {
            Ok((
                row.word("kind", EnquiryKind::parse)?,
                row.word("state", EnquiryState::parse)?,
                row.col("n")?,
            ))
        })
    }
}
