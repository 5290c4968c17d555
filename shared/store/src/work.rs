//! The work that is left, field by field, and who has it on the screen. Written anew from `domain::keying` whenever a
//! page changes; leases survive that, so that nobody loses what is before him.

use crate::columns::{Columns, all, first, ms, run};
use crate::{Error, NewKeying, Rows, Writer};
use domain::actor::Actor;
use domain::form::Form;
use domain::ids::{FieldId, FormId, PageId, StaffId};
use domain::keying::{Pass, Progress};
use domain::page::PageState;
use jiff::Timestamp;
use rusqlite::{Row, named_params, params};

/// One field that somebody is to key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldWork {
    /// The page.
    pub page: PageId,
    /// 0, or the number of a correction.
    pub request: i64,
    /// The field, or `@person`.
    pub field: FieldId,
    /// In which pass.
    pub pass: Pass,
    /// The page's form.
    pub form: FormId,
}

/// Which work a person takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkFilter {
    /// Any of these passes.
    pub passes: Vec<Pass>,
    /// Only pages of this form.
    pub form: Option<FormId>,
    /// Only this field.
    pub field: Option<FieldId>,
    /// Only pages of this envelope.
    pub envelope: Option<String>,
    /// Only this page.
    pub page: Option<PageId>,
}

/// Work that one person may take at one moment: not his own, on nobody else's screen.
const OPEN_TO: &str = "(w.not_by is null or w.not_by <> :staff) and (w.nor_by is null or w.nor_by <> :staff)
    and (w.lease_owner is null or w.lease_owner = :staff or w.lease_until <= :now)
    and w.page not in (select page from parked_pages)
    and not exists (select 1 from review_items i where i.page = w.page and i.state = 'open'
                    and i.lease_owner <> :staff and i.lease_until > :now)
    and (:form is null or w.form = :form) and (:field is null or w.field = :field)
    and (:page is null or w.page = :page)
    and (:envelope is null or exists (select 1 from pages p where p.page = w.page and p.envelope = :envelope))";

impl Rows<'_> {
    /// Work that `staff` may take, in order; at most `limit`.
    ///
    /// # Errors
    /// The database failed.
    pub fn field_work(
        &self,
        filter: &WorkFilter,
        staff: &StaffId,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<FieldWork>, Error> {
        let passes = filter.passes_json();
        let sql = format!(
            "select w.page, w.request, w.field, w.pass, w.form from field_work w
             where w.pass in (select value from json_each(:passes)) and {OPEN_TO}
             order by w.priority, w.created_at, w.page, w.field limit :limit"
        );
        let chosen = named_params! {
            ":passes": passes, ":form": filter.form.as_ref().map(FormId::as_str),
            ":field": filter.field.as_ref().map(FieldId::as_str), ":envelope": filter.envelope,
            ":page": filter.page.as_ref().map(PageId::as_str),
            ":staff": staff.as_str(), ":now": ms(now), ":limit": limit,
        };
        all(self.connection, &sql, chosen, work)
    }

    /// How much work there is for `staff`, by form, field and pass.
    ///
    /// # Errors
    /// The database failed.
    pub fn field_work_counts(&self, staff: &StaffId) -> Result<Vec<(FormId, FieldId, Pass, u32)>, Error> {
        let sql = "select form, field, pass, count(*) as items from field_work
                   where (not_by is null or not_by <> ?1) and (nor_by is null or nor_by <> ?1)
                   group by form, field, pass order by form, items desc, field";
        all(self.connection, sql, [staff.as_str()], |row| {
            Ok((row.id("form")?, row.id("field")?, row.word("pass", Pass::parse)?, row.col("items")?))
        })
    }

    /// Who else has the page or one of these fields on the screen.
    pub(crate) fn keying_held(
        &self,
        page: &PageId,
        request: i64,
        new: &[NewKeying],
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Option<StaffId>, Error> {
        let sql = "select lease_owner, lease_until from review_items
                   where page = ?1 and state = 'open' and lease_until > ?2";
        let holder = first(self.connection, sql, params![page.as_str(), ms(now)], |row| {
            row.id_or_none::<StaffId>("lease_owner")
        })?;
        if let Some(holder) = holder.flatten() {
            // Whoever has the whole page may key every field of it.
            return Ok((holder != actor.staff).then_some(holder));
        }
        for one in new {
            let sql = "select lease_owner from field_work where page = ?1 and request = ?2 and field = ?3
                       and pass = ?4 and lease_until > ?5 and lease_owner <> ?6";
            let (field, pass) = (one.field.as_str(), one.pass.as_str());
            let mine = params![page.as_str(), request, field, pass, ms(now), actor.staff.as_str()];
            if let Some(holder) = first(self.connection, sql, mine, |row| row.id("lease_owner"))? {
                return Ok(Some(holder));
            }
        }
        Ok(None)
    }
}

impl Writer<'_> {
    /// Writes down the stage of a page and the work that is left of it; where it stands. `None` for a page that does
    /// not wait (it has no work then), or was not read as `form` (nothing changes then).
    ///
    /// # Errors
    /// There is no such page, or the database failed.
    pub fn plan_work(&self, form: &Form, page: &PageId) -> Result<Option<Progress>, Error> {
        if self.known_page(page)?.state != PageState::InReview {
            self.no_work(page)?;
            return Ok(None);
        }
        let Some(progress) = self.progress(form, page)? else { return Ok(None) };
        let sql = "update review_items set stage = ?2 where page = ?1";
        run(self.connection, sql, params![page.as_str(), progress.stage.as_str()])?;
        let left = progress.work();
        let kept: Vec<String> =
            left.iter().map(|(field, pass, _)| format!("{field}/{}", pass.as_str())).collect();
        run(
            self.connection,
            "delete from field_work where page = ?1 and request = 0 and pass in ('first', 'second', 'third')
             and field || '/' || pass not in (select value from json_each(?2))",
            params![page.as_str(), crate::columns::json("work", &kept)?],
        )?;
        for (field, pass, not_by) in left {
            self.put_work(page, 0, &field, pass, form, &not_by)?;
        }
        Ok(Some(progress))
    }

    /// [`Writer::plan_work`] of every page of `form` that waits: after its settings have changed.
    ///
    /// # Errors
    /// The database failed.
    pub fn plan_form(&self, form: &Form) -> Result<(), Error> {
        let sql = "select p.page from pages p join review_items i on i.page = p.page
                   where p.form = ?1 and i.state = 'open'";
        for page in all(self.connection, sql, [form.id.as_str()], |row| row.id::<PageId>("page"))? {
            self.plan_work(form, &page)?;
        }
        Ok(())
    }

    /// Asks for one more keying: of a sample, or of a correction (`request`); `not_by` are those who may not do it,
    /// at most two.
    ///
    /// # Errors
    /// There is no such page, or the database failed.
    pub fn add_work(
        &self,
        form: &Form,
        page: &PageId,
        request: i64,
        field: &FieldId,
        pass: Pass,
        not_by: &[StaffId],
    ) -> Result<(), Error> {
        self.put_work(page, request, field, pass, form, not_by)
    }

    /// Takes the first work of `filter` onto this person's screen until `until`.
    ///
    /// # Errors
    /// The database failed.
    pub fn next_field_work(
        &self,
        filter: &WorkFilter,
        actor: &Actor,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Option<FieldWork>, Error> {
        let next = self.field_work(filter, &actor.staff, 1, now)?.pop();
        if let Some(work) = &next {
            self.hold_field_work(work, actor, until, now)?;
        }
        Ok(next)
    }

    /// Takes or prolongs one field; whether it is this person's now.
    ///
    /// # Errors
    /// The database failed.
    pub fn hold_field_work(
        &self,
        work: &FieldWork,
        actor: &Actor,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let sql = "update field_work set lease_owner = ?5, lease_until = ?6
                   where page = ?1 and request = ?2 and field = ?3 and pass = ?4
                     and (not_by is null or not_by <> ?5) and (nor_by is null or nor_by <> ?5)
                     and (lease_owner is null or lease_owner = ?5 or lease_until <= ?7)";
        let (field, pass) = (work.field.as_str(), work.pass.as_str());
        let staff = actor.staff.as_str();
        let held = params![work.page.as_str(), work.request, field, pass, staff, ms(until), ms(now)];
        Ok(run(self.connection, sql, held)? == 1)
    }

    /// Gives one's own fields back; anybody else's stay.
    ///
    /// # Errors
    /// The database failed.
    pub fn release_field_work(&self, work: &[FieldWork], actor: &Actor) -> Result<(), Error> {
        let sql = "update field_work set lease_owner = null, lease_until = null
                   where page = ?1 and request = ?2 and field = ?3 and pass = ?4 and lease_owner = ?5";
        for one in work {
            let (field, pass) = (one.field.as_str(), one.pass.as_str());
            run(
                self.connection,
                sql,
                params![one.page.as_str(), one.request, field, pass, actor.staff.as_str()],
            )?;
        }
        Ok(())
    }

    pub(crate) fn work_done(
        &self,
        page: &PageId,
        request: i64,
        field: &FieldId,
        pass: Pass,
    ) -> Result<(), Error> {
        let sql = "delete from field_work where page = ?1 and request = ?2 and field = ?3 and pass = ?4";
        run(self.connection, sql, params![page.as_str(), request, field.as_str(), pass.as_str()])?;
        Ok(())
    }

    /// A page that does not wait any more has no work of its own; samples and corrections stay.
    pub(crate) fn no_work(&self, page: &PageId) -> Result<(), Error> {
        let sql = "delete from field_work
                   where page = ?1 and request = 0 and pass in ('first', 'second', 'third')";
        run(self.connection, sql, [page.as_str()])?;
        Ok(())
    }

    fn put_work(
        &self,
        page: &PageId,
        request: i64,
        field: &FieldId,
        pass: Pass,
        form: &Form,
        not_by: &[StaffId],
    ) -> Result<(), Error> {
        let who = |at: usize| not_by.get(at).map(StaffId::as_str);
        run(
            self.connection,
            "insert into field_work (page, request, field, pass, form, not_by, nor_by, priority, created_at)
             select :page, :request, :field, :pass, :form, :not_by, :nor_by,
                    coalesce(i.priority, 100), coalesce(i.created_at, p.arrived_at)
             from pages p left join review_items i on i.page = p.page where p.page = :page
             on conflict do update set form = excluded.form, not_by = excluded.not_by,
                 nor_by = excluded.nor_by, priority = excluded.priority, created_at = excluded.created_at",
            named_params! {
                ":page": page.as_str(), ":request": request, ":field": field.as_str(),
                ":pass": pass.as_str(), ":form": form.id.as_str(), ":not_by": who(0), ":nor_by": who(1),
            },
        )?;
        Ok(())
    }
}

impl WorkFilter {
    fn passes_json(&self) -> String {
        let words: Vec<String> = self.passes.iter().map(|pass| format!("\"{}\"", pass.as_str())).collect();
        format!("[{}]", words.join(","))
    }
}

pub(crate) fn work(row: &Row) -> Result<FieldWork, Error> {
    Ok(FieldWork {
        page: row.id("page")?,
        request: row.col("request")?,
        field: row.id("field")?,
        pass: row.word("pass", Pass::parse)?,
        form: row.id("form")?,
    })
}
