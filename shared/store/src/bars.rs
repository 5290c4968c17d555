//! Bars: how sure a value of one field must be, as the office set it.

use crate::columns::{Columns, all, first, run};
use crate::events::About;
use crate::{Error, Rows, Writer};
use domain::actor::Actor;
use domain::form::{Field, Form};
use domain::ids::{FieldId, FormId};
use domain::quality::{Bar, Effect, effect};
use domain::reading::Decision;
use jiff::Timestamp;
use rusqlite::{Row, params};
use std::collections::BTreeMap;

/// What a bar would have done to the values that are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Foreseen {
    /// Values looked at.
    pub values: u32,
    /// Values that would go to a person and did not.
    pub more: u32,
    /// Values that would stand and went to a person.
    pub fewer: u32,
    /// Pages committed without a person that would not have been.
    pub pages_more: u32,
    /// Errors that the sample found in this field and that the machine had accepted.
    pub errors: u32,
    /// Of these, how many would have gone to a person.
    pub caught: u32,
}

impl Rows<'_> {
    /// The bars of a form, as set.
    ///
    /// # Errors
    /// The database failed.
    pub fn bars(&self, form: &Form) -> Result<BTreeMap<FieldId, Bar>, Error> {
        let sql = "select field, wrong from bars where form = ?1";
        let set = all(self.connection, sql, [form.id.as_str()], |row| {
            Ok((row.id::<FieldId>("field")?, row.col::<f64>("wrong")?))
        })?;
        // A field that became critical since keeps no bar that is too wide for it.
        let bar = |(id, wrong): (FieldId, f64)| {
            let field = form.field(id.as_str())?;
            Some((id, Bar::new(field, wrong.min(domain::quality::loosest(field))).ok()?))
        };
        Ok(set.into_iter().filter_map(bar).collect())
    }

    /// What `bar` (none: the reader alone) would do to a field on the last `most` pages of its form, and to the errors
    /// found in it.
    ///
    /// # Errors
    /// The database failed.
    pub fn foresee(
        &self,
        form: &FormId,
        field: &FieldId,
        bar: Option<Bar>,
        most: u32,
    ) -> Result<Foreseen, Error> {
        let sql = "select v.decision, v.reason, v.confidence,
                          not exists (select 1 from review_items i where i.page = v.page) as automatic
                   from (select page from pages where form = ?1 order by updated_at desc limit ?3) p
                   join field_values v on v.page = p.page and v.field = ?2";
        let values = all(self.connection, sql, params![form.as_str(), field.as_str(), most], |row| {
            Ok((foreseen(row, bar)?, row.col::<bool>("automatic")?))
        })?;
        let count = |wanted: Effect| values.iter().filter(|(effect, _)| *effect == wanted).count() as u32;
        let pages_more = values.iter().filter(|value| **value == (Effect::ToPerson, true)).count() as u32;
        let sql = "select confidence from samples where form = ?1 and field = ?2 and verdict = 'wrong'";
        let errors: Vec<f64> =
            all(self.connection, sql, params![form.as_str(), field.as_str()], |row| row.col("confidence"))?;
        let caught =
            |confidence: &&f64| effect(bar, Decision::Accept, None, **confidence) == Effect::ToPerson;
        Ok(Foreseen {
            values: values.len() as u32,
            more: count(Effect::ToPerson),
            fewer: count(Effect::Stands),
            pages_more,
            errors: errors.len() as u32,
            caught: errors.iter().filter(caught).count() as u32,
        })
    }
}

impl Writer<'_> {
    /// Sets the bar of a field (none: the reader decides alone); the event has old and new.
    ///
    /// # Errors
    /// The database failed.
    pub fn set_bar(
        &self,
        form: &FormId,
        field: &Field,
        bar: Option<Bar>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), Error> {
        let key = params![form.as_str(), field.id.as_str()];
        let sql = "select wrong from bars where form = ?1 and field = ?2";
        let old: Option<f64> = first(self.connection, sql, key, |row| row.col("wrong"))?;
        if old == bar.map(Bar::wrong) {
            return Ok(());
        }
        match bar {
            None => {
                run(self.connection, "delete from bars where form = ?1 and field = ?2", key)?;
            }
            Some(bar) => {
                let sql = "insert into bars (form, field, wrong) values (?1, ?2, ?3)
                           on conflict (form, field) do update set wrong = excluded.wrong";
                run(self.connection, sql, params![form.as_str(), field.id.as_str(), bar.wrong()])?;
            }
        }
        let words = |wrong: Option<f64>| wrong.map_or("reader".to_owned(), |wrong| wrong.to_string());
        let detail = format!("{form}/{}: {} -> {}", field.id, words(old), words(bar.map(Bar::wrong)));
        self.note("bar_set", About { detail: Some(&detail), ..About::default() }, actor, now)?;
        Ok(())
    }
}

fn foreseen(row: &Row, bar: Option<Bar>) -> Result<Effect, Error> {
    let decision = row.word("decision", |word| match word {
        "accept" => Some(Decision::Accept),
        "review" => Some(Decision::Review),
        _ => None,
    })?;
    let reason: Option<String> = row.col("reason")?;
    Ok(effect(bar, decision, reason.as_deref(), row.col("confidence")?))
}
