//! The review list.

use crate::columns::{Columns, all, first, ms};
use crate::{Error, Rows};
use domain::ids::{EnvelopeId, FormId, PageId, StaffId};
use domain::review::ReviewReason;
use jiff::Timestamp;
use rusqlite::{Row, named_params};

/// Which items the list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReviewFilter {
    /// Only items with this reason, as the word in `why`, such as `field_doubtful`.
    pub why: Option<String>,
    /// Only pages of this form; an empty text means pages whose form is not known.
    pub form: Option<String>,
    /// Only pages of this envelope.
    pub envelope: Option<String>,
}

/// One item of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct ReviewRow {
    /// The page.
    pub page: PageId,
    /// Why a person looks.
    pub reasons: Vec<ReviewReason>,
    /// Since when.
    pub created_at: Timestamp,
    /// Its form, once known.
    pub form: Option<FormId>,
    /// Its envelope.
    pub envelope: EnvelopeId,
    /// Name (or code) of the clinic that sent it.
    pub clinic: Option<String>,
    /// Who has it on the screen, and until when.
    pub lease: Option<(StaffId, Timestamp)>,
}

/// What can be chosen in the filters, with the open items of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReviewChoices {
    /// By reason word, most frequent first.
    pub why: Vec<(String, u32)>,
    /// By form id; empty for unknown.
    pub forms: Vec<(String, u32)>,
    /// By envelope: id, clinic name or code, open items; newest first.
    pub envelopes: Vec<(EnvelopeId, Option<String>, u32)>,
}

const MATCHING: &str = "i.state = 'open'
    and (:why is null or exists (select 1 from json_each(i.reasons) r where r.value ->> 'why' = :why))
    and (:form is null or coalesce(p.form, '') = :form)
    and (:envelope is null or p.envelope = :envelope)";

impl Rows<'_> {
    /// How many items wait.
    ///
    /// # Errors
    /// The database failed.
    pub fn reviews_waiting(&self) -> Result<u32, Error> {
        let sql = "select count(*) from review_items where state = 'open'";
        Ok(self.connection.query_row(sql, [], |row| row.get(0))?)
    }

    /// The items that wait, most urgent first, and how many there are in all.
    ///
    /// # Errors
    /// The database failed.
    pub fn review_rows(&self, filter: &ReviewFilter, limit: u32) -> Result<(Vec<ReviewRow>, u32), Error> {
        let chosen = named_params! {
            ":why": filter.why, ":form": filter.form, ":envelope": filter.envelope,
        };
        let sql =
            format!("select count(*) from review_items i join pages p on p.page = i.page where {MATCHING}");
        let waiting = self.connection.prepare_cached(&sql)?.query_row(chosen, |row| row.get(0))?;
        let rows = all(
            self.connection,
            &format!(
                "select i.page, i.reasons, i.created_at, p.form, p.envelope,
                        coalesce(c.name, e.clinic) as clinic, i.lease_owner, i.lease_until
                 from review_items i
                 join pages p on p.page = i.page
                 join envelopes e on e.id = p.envelope
                 left join clinics c on c.code = e.clinic
                 where {MATCHING}
                 order by i.priority, i.created_at, i.page limit :limit"
            ),
            named_params! {
                ":why": filter.why, ":form": filter.form, ":envelope": filter.envelope, ":limit": limit,
            },
            review,
        )?;
        Ok((rows, waiting))
    }

    /// The item that follows `after` in the order of the list (from the top again at its end), leaving
    /// out what others than `staff` have on their screens at `now`.
    ///
    /// # Errors
    /// The database failed.
    pub fn review_after(
        &self,
        filter: &ReviewFilter,
        after: &PageId,
        staff: &StaffId,
        now: Timestamp,
    ) -> Result<Option<PageId>, Error> {
        first(
            self.connection,
            &format!(
                "select i.page
                 from review_items i
                 join pages p on p.page = i.page
                 left join review_items here on here.page = :after
                 where {MATCHING} and i.page <> :after
                   and (i.lease_owner is null or i.lease_owner = :staff or i.lease_until <= :now)
                 order by coalesce((i.priority, i.created_at, i.page)
                                   > (here.priority, here.created_at, here.page), 1) desc,
                          i.priority, i.created_at, i.page
                 limit 1"
            ),
            named_params! {
                ":why": filter.why, ":form": filter.form, ":envelope": filter.envelope,
                ":after": after.as_str(), ":staff": staff.as_str(), ":now": ms(now),
            },
            |row| row.id("page"),
        )
    }

    /// What the filters of the list offer.
    ///
    /// # Errors
    /// The database failed.
    pub fn review_choices(&self) -> Result<ReviewChoices, Error> {
        let counted = |row: &Row| Ok((row.col("choice")?, row.col("items")?));
        let why = all(
            self.connection,
            "select r.value ->> 'why' as choice, count(distinct i.page) as items
             from review_items i, json_each(i.reasons) r
             where i.state = 'open' group by choice order by items desc, choice",
            [],
            counted,
        )?;
        let forms = all(
            self.connection,
            "select coalesce(p.form, '') as choice, count(*) as items
             from review_items i join pages p on p.page = i.page
             where i.state = 'open' group by choice order by choice",
            [],
            counted,
        )?;
        let envelopes = all(
            self.connection,
            "select e.id, coalesce(c.name, e.clinic) as clinic, count(*) as items
             from review_items i
             join pages p on p.page = i.page
             join envelopes e on e.id = p.envelope
             left join clinics c on c.code = e.clinic
             where i.state = 'open' group by e.id order by e.opened_at desc limit 100",
            [],
            |row| Ok((row.id("id")?, row.col("clinic")?, row.col("items")?)),
        )?;
        Ok(ReviewChoices { why, forms, envelopes })
    }
}

fn review(row: &Row) -> Result<ReviewRow, Error> {
    let owner: Option<StaffId> = row.id_or_none("lease_owner")?;
    Ok(ReviewRow {
        page: row.id("page")?,
        reasons: row.json("reasons")?,
        created_at: row.moment("created_at")?,
        form: row.id_or_none("form")?,
        envelope: row.id("envelope")?,
        clinic: row.col("clinic")?,
        lease: owner.zip(row.moment_or_none("lease_until")?),
    })
}
