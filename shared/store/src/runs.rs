//! Runs and groups: fields that lie on a screen under a token that says nothing of them.

use crate::columns::{Columns, all, first, json, ms, run};
use crate::work::work;
use crate::{Error, FieldWork, Rows, SaveId, Writer};
use domain::actor::Actor;
use domain::ids::{FieldId, FormId, PageId, StaffId};
use domain::keying::Pass;
use domain::reading::Value;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Row, named_params, params};

/// What a screen knows a field by.
pub type Token = String;

/// Tokens are forgotten after this long; a screen that is older is opened anew.
const TOKENS_KEPT: SignedDuration = SignedDuration::from_hours(24);
/// Pages among which a known odd crop is looked for.
const CONTROLS_FROM: u32 = 300;
/// A machine's value is known well enough to be planted from here on, probability.
const CONTROL_SURE: f64 = 0.999_9;

/// One field on somebody's screen.
#[derive(Clone, Debug, PartialEq)]
pub struct RunItem {
    /// Its token.
    pub token: Token,
    /// The work.
    pub work: FieldWork,
    /// The value that it was shown with, if any.
    pub shown: Option<Value>,
    /// Whether it was planted: known to be another value, nothing to key.
    pub control: bool,
    /// What became of it.
    pub save: Option<SaveId>,
}

/// Fields that were read as the same value.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// That value.
    pub value: Value,
    /// How many wait for a first keying.
    pub fields: u32,
}

/// Work of runs that `:staff` may take: of values and not of corrections, not his own, and of first keyings only what the
/// ink alone decides (who it is and broken rules need the whole slip). A sample is nothing for whoever knows its page.
const RUNNABLE: &str = "w.request <= 0 and w.field not like '@%'
    and (w.not_by is null or w.not_by <> :staff) and (w.nor_by is null or w.nor_by <> :staff)
    and (w.pass <> 'first' or not exists (
         select 1 from review_items i, json_each(i.reasons) r where i.page = w.page
         and r.value ->> 'why' <> 'field_doubtful'
         and w.field in (r.value ->> 'field', r.value -> 'finding' ->> 'field')))
    and (w.pass <> 'sample' or not exists (select 1 from keyings k where k.page = w.page and k.staff = :staff))
    and (w.pass <> 'sample' or not exists (
         select 1 from access_log a where a.page = w.page and a.staff = :staff and a.act = 'view'
         and a.screen <> 'picture'))";
/// ... and that is on nobody else's screen.
const FREE: &str = "(w.lease_owner is null or w.lease_owner = :staff or w.lease_until <= :now)
    and not exists (select 1 from review_items i where i.page = w.page and i.state = 'open'
                    and i.lease_owner <> :staff and i.lease_until > :now)";

impl Rows<'_> {
    /// How much work there is for `staff` in runs, by form, field and pass.
    ///
    /// # Errors
    /// The database failed.
    pub fn run_counts(&self, staff: &StaffId) -> Result<Vec<(FormId, FieldId, Pass, u32)>, Error> {
        let sql = format!(
            "select w.form, w.field, w.pass, count(*) as items from field_work w where {RUNNABLE}
             group by w.form, w.field, w.pass order by w.form, w.field, w.pass"
        );
        all(self.connection, &sql, named_params! { ":staff": staff.as_str() }, |row| {
            Ok((row.id("form")?, row.id("field")?, row.word("pass", Pass::parse)?, row.col("items")?))
        })
    }

    /// Work on one field that `staff` may take now, at most `limit`, and how much is left in all. Pages come in the order
    /// of their hashes, so that their place says nothing of the pass.
    ///
    /// # Errors
    /// The database failed.
    pub fn run_work(
        &self,
        form: &FormId,
        field: &FieldId,
        passes: &[Pass],
        staff: &StaffId,
        limit: u32,
        now: Timestamp,
    ) -> Result<(Vec<FieldWork>, u32), Error> {
        let passes: Vec<&str> = passes.iter().map(|pass| pass.as_str()).collect();
        let passes = json("passes", &passes)?;
        let of_field = format!(
            "from field_work w where w.pass in (select value from json_each(:passes))
             and w.form = :form and w.field = :field and {RUNNABLE}"
        );
        let sql = format!("select w.* {of_field} and {FREE} order by w.page limit :limit");
        let chosen = named_params! {
            ":passes": passes, ":form": form.as_str(), ":field": field.as_str(), ":staff": staff.as_str(),
            ":now": ms(now), ":limit": limit,
        };
        let found = all(self.connection, &sql, chosen, work)?;
        let chosen = named_params! {
            ":passes": passes, ":form": form.as_str(), ":field": field.as_str(), ":staff": staff.as_str(),
        };
        let sql = format!("select count(*) as items {of_field}");
        let left = first(self.connection, &sql, chosen, |row| row.col("items"))?;
        Ok((found, left.unwrap_or(0)))
    }

    /// The field behind a token of this person.
    ///
    /// # Errors
    /// The database failed.
    pub fn run_item(&self, token: &str, staff: &StaffId) -> Result<Option<RunItem>, Error> {
        let sql = "select * from run_items where token = ?1 and staff = ?2";
        first(self.connection, sql, params![token, staff.as_str()], item)
    }

    /// Values of a field that wait for a first keying, those that most fields share first.
    ///
    /// # Errors
    /// The database failed.
    pub fn groups(&self, form: &FormId, field: &FieldId, staff: &StaffId) -> Result<Vec<Group>, Error> {
        let sql = format!(
            "select v.machine_value, count(*) as fields
             from field_work w join field_values v on v.page = w.page and v.field = w.field
             where w.pass = 'first' and w.form = :form and w.field = :field and {RUNNABLE}
             group by v.machine_value order by fields desc, v.machine_value"
        );
        let chosen =
            named_params! { ":form": form.as_str(), ":field": field.as_str(), ":staff": staff.as_str() };
        all(self.connection, &sql, chosen, |row| {
            Ok(Group { value: row.json("machine_value")?, fields: row.col("fields")? })
        })
    }

    /// Work on the fields that were read as `value`, the surest first: what this person may take. At most `limit`.
    ///
    /// # Errors
    /// The database failed.
    pub fn group_work(
        &self,
        form: &FormId,
        field: &FieldId,
        value: &Value,
        staff: &StaffId,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<FieldWork>, Error> {
        let sql = format!(
            "select w.* from field_work w join field_values v on v.page = w.page and v.field = w.field
             where w.pass = 'first' and w.form = :form and w.field = :field and v.machine_value = :value
               and {RUNNABLE} and {FREE}
             order by v.confidence desc, w.page limit :limit"
        );
        let chosen = named_params! {
            ":form": form.as_str(), ":field": field.as_str(), ":value": json("value", value)?,
            ":staff": staff.as_str(), ":now": ms(now), ":limit": limit,
        };
        all(self.connection, &sql, chosen, work)
    }

    /// A page on which this field is known to say something else than `value`, drawn anew every time.
    ///
    /// # Errors
    /// The database failed.
    pub fn odd_one(
        &self,
        form: &FormId,
        field: &FieldId,
        value: &Value,
    ) -> Result<Option<(PageId, Value)>, Error> {
        let sql = "select v.page, v.final_value
                   from (select page, state from pages where form = ?1 order by updated_at desc limit ?4) p
                   join field_values v on v.page = p.page and v.field = ?2
                   where p.state = 'committed' and v.final_value is not null and v.final_value <> ?3
                     and v.final_value <> 'null' and (v.staff <> 'system' or v.confidence >= ?5)
                   order by random() limit 1";
        let chosen =
            params![form.as_str(), field.as_str(), json("value", value)?, CONTROLS_FROM, CONTROL_SURE];
        first(self.connection, sql, chosen, |row| Ok((row.id("page")?, row.json("final_value")?)))
    }
}

impl Writer<'_> {
    /// Puts a field onto this person's screen; its token.
    ///
    /// # Errors
    /// The database failed.
    pub fn put_on_screen(
        &self,
        work: &FieldWork,
        shown: Option<&Value>,
        control: bool,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Token, Error> {
        run(self.connection, "delete from run_items where at < ?1", [ms(now - TOKENS_KEPT)])?;
        let sql = "insert into run_items (token, staff, page, request, field, pass, form, shown, control, at)
                   values (lower(hex(randomblob(16))), :staff, :page, :request, :field, :pass, :form, :shown,
                           :control, :now)
                   returning token";
        let shown = shown.map(|value| json("shown", value)).transpose()?;
        let values = named_params! {
            ":staff": actor.staff.as_str(), ":page": work.page.as_str(), ":request": work.request,
            ":field": work.field.as_str(), ":pass": work.pass.as_str(), ":form": work.form.as_str(),
            ":shown": shown, ":control": control, ":now": ms(now),
        };
        let token = first(self.connection, sql, values, |row| row.col("token"))?;
        token.ok_or(Error::Missing { what: "token" })
    }

    /// Remembers what became of a field on a screen (`None`: it was taken back).
    ///
    /// # Errors
    /// The database failed.
    pub fn note_run_save(&self, token: &str, save: Option<SaveId>) -> Result<(), Error> {
        run(self.connection, "update run_items set save = ?2 where token = ?1", params![token, save])?;
        Ok(())
    }

    /// Remembers whether a planted crop was seen.
    ///
    /// # Errors
    /// The database failed.
    pub fn note_control(
        &self,
        item: &RunItem,
        caught: bool,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), Error> {
        let sql = "insert into run_controls (staff, form, field, caught, at) values (?1, ?2, ?3, ?4, ?5)";
        let (form, field) = (item.work.form.as_str(), item.work.field.as_str());
        run(self.connection, sql, params![actor.staff.as_str(), form, field, caught, ms(now)])?;
        // Once judged, it counts no second time.
        run(self.connection, "delete from run_items where token = ?1", [&item.token])?;
        Ok(())
    }
}

fn item(row: &Row) -> Result<RunItem, Error> {
    Ok(RunItem {
        token: row.col("token")?,
        work: work(row)?,
        shown: row.json_or_none("shown")?,
        control: row.col("control")?,
        save: row.col("save")?,
    })
}
