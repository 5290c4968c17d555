//! What the quality screen shows: settled samples, and what waits.

use crate::columns::{Columns, all, first, ms};
use crate::{Error, Rows};
use domain::ids::{FieldId, FormId, PageId, StaffId};
use domain::keying::{Keyed, Pass};
use domain::quality::Verdict;
use domain::reading::Value;
use jiff::Timestamp;
use rusqlite::Row;

/// A settled sample, as far as shares are counted from it.
#[derive(Clone, Debug, PartialEq)]
pub struct SettledSample {
    /// The form.
    pub form: FormId,
    /// The field.
    pub field: FieldId,
    /// The word for its kind.
    pub kind: String,
    /// The clinic of its envelope: code or name; `None` without a ticket.
    pub clinic: Option<String>,
    /// When it was accepted and drawn.
    pub drawn_at: Timestamp,
    /// The chance with which it was drawn, above 0 and at most 1.
    pub chance: f64,
    /// What it turned out to be.
    pub verdict: Verdict,
}

/// An accepted value that the sample found wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundError {
    /// The page.
    pub page: PageId,
    /// The form.
    pub form: FormId,
    /// The field.
    pub field: FieldId,
    /// What the machine had accepted, and how sure it was (0..=1).
    pub machine: (Value, f64),
    /// What stands there.
    pub decided: Keyed,
    /// Who keyed it blind and who decided.
    pub staff: [StaffId; 2],
    /// When it was decided.
    pub decided_at: Timestamp,
}

/// How many samples there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SampleCounts {
    /// Wait for a blind keying.
    pub to_key: u32,
    /// Wait for a third person.
    pub to_decide: u32,
}

/// One keying held against what another person, or the third, said of the same field.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Who keyed it.
    pub staff: StaffId,
    /// In which pass.
    pub pass: Pass,
    /// The form.
    pub form: FormId,
    /// The field.
    pub field: FieldId,
    /// What this person keyed.
    pub keyed: Keyed,
    /// What it is held against.
    pub against: Keyed,
    /// Whether `against` is a decision; else it is another blind keying, and only agreement says anything.
    pub decided: bool,
}

/// How a person did with the known odd crops of groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attention {
    /// Who.
    pub staff: StaffId,
    /// Crops that were planted.
    pub planted: u32,
    /// Of these, how many were taken for one of the group.
    pub missed: u32,
}

impl Rows<'_> {
    /// Keyings since `since` that can be judged: those of a field that two people or more have keyed.
    ///
    /// # Errors
    /// The database failed.
    pub fn judged_keyings(&self, since: Timestamp) -> Result<Vec<Judged>, Error> {
        let sql = "select k.staff, k.pass, k.form, k.field, k.value, t.value as against, 1 as decided
                   from standing_keyings t
                   join standing_keyings k on k.page = t.page and k.request = t.request and k.field = t.field
                        and k.form = t.form and k.form_version = t.form_version and k.pass in ('first', 'second')
                   where t.pass = 'third' and t.request >= 0 and t.at >= ?1 and t.field not like '@%'
                   union all
                   select k.staff, k.pass, k.form, k.field, k.value, o.value, 0
                   from standing_keyings k
                   join standing_keyings o on o.page = k.page and o.request = k.request and o.field = k.field
                        and o.form = k.form and o.form_version = k.form_version
                   where k.at >= ?1 and k.field not like '@%'
                     and ((k.pass = 'first' and o.pass = 'second') or (k.pass = 'second' and o.pass = 'first'))
                     and not exists (select 1 from standing_keyings t where t.page = k.page and t.field = k.field
                                     and t.request = k.request and t.pass = 'third')
                   union all
                   select s.keyed_by, 'sample', s.form, s.field, s.keyed_value,
                          coalesce(s.decided_value, s.keyed_value), 1
                   from samples s where s.verdict is not null and s.keyed_at >= ?1";
        all(self.connection, sql, [ms(since)], |row| {
            Ok(Judged {
                staff: row.id("staff")?,
                pass: row.word("pass", Pass::parse)?,
                form: row.id("form")?,
                field: row.id("field")?,
                keyed: row.json("value")?,
                against: row.json("against")?,
                decided: row.col("decided")?,
            })
        })
    }

    /// How people did with planted crops since `since`.
    ///
    /// # Errors
    /// The database failed.
    pub fn attention(&self, since: Timestamp) -> Result<Vec<Attention>, Error> {
        let sql = "select staff, count(*) as planted, count(*) filter (where caught = 0) as missed
                   from run_controls where at >= ?1 group by staff";
        all(self.connection, sql, [ms(since)], |row| {
            Ok(Attention {
                staff: row.id("staff")?,
                planted: row.col("planted")?,
                missed: row.col("missed")?,
            })
        })
    }

    /// Samples drawn since `since` that are settled, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn settled_samples(&self, since: Timestamp) -> Result<Vec<SettledSample>, Error> {
        let sql = "select s.form, s.field, s.kind, s.drawn_at, s.chance, s.verdict,
                          coalesce(c.name, e.clinic) as clinic
                   from samples s
                   join pages p on p.page = s.page
                   join envelopes e on e.id = p.envelope
                   left join clinics c on c.code = e.clinic
                   where s.verdict is not null and s.drawn_at >= ?1 order by s.drawn_at";
        all(self.connection, sql, [ms(since)], |row| {
            Ok(SettledSample {
                form: row.id("form")?,
                field: row.id("field")?,
                kind: row.col("kind")?,
                clinic: row.col("clinic")?,
                drawn_at: row.moment("drawn_at")?,
                chance: row.col("chance")?,
                verdict: row.word("verdict", Verdict::parse)?,
            })
        })
    }

    /// The errors found last, newest first, at most `limit`.
    ///
    /// # Errors
    /// The database failed.
    pub fn found_errors(&self, limit: u32) -> Result<Vec<FoundError>, Error> {
        let sql = "select * from samples where verdict = 'wrong' order by decided_at desc, id desc limit ?1";
        all(self.connection, sql, [limit], found)
    }

    /// How many samples wait.
    ///
    /// # Errors
    /// The database failed.
    pub fn samples_waiting(&self) -> Result<SampleCounts, Error> {
        let sql = "select count(*) filter (where s.keyed_at is null and p.round = s.round) as to_key,
                          count(*) filter (where s.keyed_at is not null) as to_decide
                   from samples s join pages p on p.page = s.page where s.verdict is null";
        let counts = first(self.connection, sql, [], |row| {
            Ok(SampleCounts { to_key: row.col("to_key")?, to_decide: row.col("to_decide")? })
        })?;
        Ok(counts.unwrap_or_default())
    }
}

fn found(row: &Row) -> Result<FoundError, Error> {
    Ok(FoundError {
        page: row.id("page")?,
        form: row.id("form")?,
        field: row.id("field")?,
        machine: (row.json("machine_value")?, row.col("confidence")?),
        decided: row.json("decided_value")?,
        staff: [row.id("keyed_by")?, row.id("decided_by")?],
        decided_at: row.moment("decided_at")?,
    })
}
