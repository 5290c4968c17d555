//! The review list.

use crate::columns::{Columns, all, first, json, ms};
use crate::{Error, Rows};
use domain::ids::{EnvelopeId, FieldId, FormId, PageId, StaffId};
use domain::keying::Stage;
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
    /// Only pages of one of these forms (a programme's); empty: of any.
    pub forms: Vec<String>,
    /// Only items that wait for one of these passes; empty: for any.
    pub stages: Vec<Stage>,
    /// Only items of which this person may key something: never the same person twice.
    pub staff: Option<StaffId>,
}

/// One item of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct ReviewRow {
    /// The page.
    pub page: PageId,
    /// The pass that it waits for.
    pub stage: Stage,
    /// The fields that wait for that pass.
    pub fields: Vec<FieldId>,
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

/// Whether `:staff` may key something of item `i`. A page that is ready and still waits has no work by field.
const OPEN_TO: &str = "(:staff is null or i.stage = 'first'
        or not exists (select 1 from field_work w where w.page = i.page and w.request = 0 and w.pass = i.stage)
        or exists (select 1 from field_work w where w.page = i.page and w.request = 0 and w.pass = i.stage
                   and coalesce(w.not_by, '') <> :staff and coalesce(w.nor_by, '') <> :staff))";

const MATCHING: &str = "i.state = 'open'
    and i.page not in (select page from parked_pages)
    and (:why is null or exists (select 1 from json_each(i.reasons) r where r.value ->> 'why' = :why))
    and (:form is null or coalesce(p.form, '') = :form)
    and (:forms = '[]' or p.form in (select value from json_each(:forms)))
    and (:envelope is null or p.envelope = :envelope)
    and (:stages = '[]' or i.stage in (select value from json_each(:stages)))";

impl Rows<'_> {
    /// How many items wait for a clerk; parked ones wait for somebody's answer.
    ///
    /// # Errors
    /// The database failed.
    pub fn reviews_waiting(&self) -> Result<u32, Error> {
        let sql = "select count(*) from review_items where state = 'open'
                   and page not in (select page from parked_pages)";
        Ok(self.connection.query_row(sql, [], |row| row.get(0))?)
    }

    /// The items that wait, most urgent first, and how many there are in all.
    ///
    /// # Errors
    /// The database failed.
    pub fn review_rows(&self, filter: &ReviewFilter, limit: u32) -> Result<(Vec<ReviewRow>, u32), Error> {
        let (forms, stages, staff) = filter.lists()?;
        let chosen = named_params! {
            ":why": filter.why, ":form": filter.form, ":envelope": filter.envelope, ":forms": forms,
            ":stages": stages, ":staff": staff,
        };
        let sql = format!(
            "select count(*) from review_items i join pages p on p.page = i.page where {MATCHING} and {OPEN_TO}"
        );
        let waiting = self.connection.prepare_cached(&sql)?.query_row(chosen, |row| row.get(0))?;
        let rows = all(
            self.connection,
            &format!(
                "select i.page, i.stage, i.reasons, i.created_at, p.form, p.envelope,
                        (select json_group_array(w.field) from field_work w
                         where w.page = i.page and w.request = 0 and w.pass = i.stage) as fields,
                        coalesce(c.name, e.clinic) as clinic, i.lease_owner, i.lease_until
                 from review_items i
                 join pages p on p.page = i.page
                 join envelopes e on e.id = p.envelope
                 left join clinics c on c.code = e.clinic
                 where {MATCHING} and {OPEN_TO}
                 order by i.priority, i.created_at, i.page limit :limit"
            ),
            named_params! {
                ":why": filter.why, ":form": filter.form, ":envelope": filter.envelope, ":forms": forms,
                ":stages": stages, ":staff": staff, ":limit": limit,
            },
            review,
        )?;
        Ok((rows, waiting))
    }

    /// The item that follows `after` in the order of the list (from the top again at its end), leaving
    /// out what others than `staff` have on their screens at `now`, and what `staff` may not key.
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
        let (forms, stages, _) = filter.lists()?;
        first(
            self.connection,
            &format!(
                "select i.page
                 from review_items i
                 join pages p on p.page = i.page
                 left join review_items here on here.page = :after
                 where {MATCHING} and {OPEN_TO} and i.page <> :after
                   and (i.lease_owner is null or i.lease_owner = :staff or i.lease_until <= :now)
                 order by coalesce((i.priority, i.created_at, i.page)
                                   > (here.priority, here.created_at, here.page), 1) desc,
                          i.priority, i.created_at, i.page
                 limit 1"
            ),
            named_params! {
                ":why": filter.why, ":form": filter.form, ":envelope": filter.envelope, ":forms": forms,
                ":stages": stages, ":after": after.as_str(), ":staff": staff.as_str(), ":now": ms(now),
            },
            |row| row.id("page"),
        )
    }

    /// How many items wait for each pass, of those that `staff` may key.
    ///
    /// # Errors
    /// The database failed.
    pub fn review_stages(&self, staff: &StaffId) -> Result<Vec<(Stage, u32)>, Error> {
        let sql = format!(
            "select i.stage, count(*) as items from review_items i
             where i.state = 'open' and {OPEN_TO} group by i.stage"
        );
        all(self.connection, &sql, named_params! { ":staff": staff.as_str() }, |row| {
            Ok((row.word("stage", Stage::parse)?, row.col("items")?))
        })
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
             where i.state = 'open' and i.page not in (select page from parked_pages) group by choice order by items desc, choice",
            [],
            counted,
        )?;
        let forms = all(
            self.connection,
            "select coalesce(p.form, '') as choice, count(*) as items
             from review_items i join pages p on p.page = i.page
             where i.state = 'open' and i.page not in (select page from parked_pages) group by choice order by choice",
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
             where i.state = 'open' and i.page not in (select page from parked_pages) group by e.id order by e.opened_at desc limit 100",
            [],
            |row| Ok((row.id("id")?, row.col("clinic")?, row.col("items")?)),
        )?;
        Ok(ReviewChoices { why, forms, envelopes })
    }
}

impl ReviewFilter {
    /// The lists as JSON, and the person.
    fn lists(&self) -> Result<(String, String, Option<&str>), Error> {
        let stages: Vec<&str> = self.stages.iter().map(|stage| stage.as_str()).collect();
        let staff = self.staff.as_ref().map(StaffId::as_str);
        Ok((json("forms", &self.forms)?, json("stages", &stages)?, staff))
    }
}

fn review(row: &Row) -> Result<ReviewRow, Error> {
    let owner: Option<StaffId> = row.id_or_none("lease_owner")?;
    Ok(ReviewRow {
        page: row.id("page")?,
        stage: row.word("stage", Stage::parse)?,
        fields: row.json("fields")?,
        reasons: row.json("reasons")?,
        created_at: row.moment("created_at")?,
        form: row.id_or_none("form")?,
        envelope: row.id("envelope")?,
        clinic: row.col("clinic")?,
        lease: owner.zip(row.moment_or_none("lease_until")?),
    })
}
