//! Samples: accepted values that go to people as blind work, and what comes of them.

use crate::columns::{Columns, all, first, json, ms, run};
use crate::events::About;
use crate::{Error, KeyingTaken, NewKeying, Rows, SaveId, SaveUndone, Writer};
use domain::actor::Actor;
use domain::form::{Field, Form};
use domain::ids::{FieldId, FormId, PageId, StaffId};
use domain::keying::{Keyed, Pass};
use domain::quality::{Plan, Secret, Verdict, is_drawn};
use domain::reading::Value;
use jiff::Timestamp;
use rusqlite::{Row, named_params, params};
use std::collections::BTreeMap;

/// 抜取. One accepted value that was drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Its number.
    pub id: i64,
    /// The page.
    pub page: PageId,
    /// The reading that accepted it.
    pub round: u32,
    /// The field.
    pub field: FieldId,
    /// The form.
    pub form: FormId,
    /// What the machine accepted.
    pub machine_value: Value,
    /// Calibrated probability of it, 0..=1.
    pub confidence: f64,
    /// Who keyed it blind, and what.
    pub keyed: Option<(StaffId, Keyed)>,
    /// What it turned out to be, once that is known.
    pub verdict: Option<Verdict>,
}

/// An accepted value that may be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawable {
    /// The field.
    pub field: FieldId,
    /// The word for its kind.
    pub kind: &'static str,
    /// The value.
    pub value: Value,
    /// Calibrated probability of it, 0..=1.
    pub confidence: f64,
}

const COLUMNS: &str = "select s.* from samples s";

impl Rows<'_> {
    /// How much is drawn of each kind of field that has a plan of its own.
    ///
    /// # Errors
    /// The database failed.
    pub fn sample_plans(&self) -> Result<BTreeMap<String, Plan>, Error> {
        let plans = all(self.connection, "select * from sample_plans", [], |row| {
            Ok((row.col("kind")?, Plan { share: row.col("share")?, floor: row.col("floor")? }))
        })?;
        Ok(plans.into_iter().collect())
    }

    /// One sample.
    ///
    /// # Errors
    /// The database failed.
    pub fn sample(&self, id: i64) -> Result<Option<Sample>, Error> {
        first(self.connection, &format!("{COLUMNS} where s.id = ?1"), [id], sample)
    }

    /// The sample of one field of the reading that a page has now.
    ///
    /// # Errors
    /// The database failed.
    pub fn sample_of(&self, page: &PageId, field: &FieldId) -> Result<Option<Sample>, Error> {
        let sql = format!(
            "{COLUMNS} join pages p on p.page = s.page and p.round = s.round where s.page = ?1 and s.field = ?2"
        );
        first(self.connection, &sql, params![page.as_str(), field.as_str()], sample)
    }

    /// Whether this person may have seen what a page says when it was not only its picture: looked at its screen, or
    /// keyed any field of it. Such a person is no blind keyer.
    ///
    /// # Errors
    /// The database failed.
    pub fn knows_page(&self, page: &PageId, staff: &StaffId) -> Result<bool, Error> {
        let sql = "select 1 from keyings where page = ?1 and staff = ?2 union all
                   select 1 from access_log where page = ?1 and staff = ?2 and act = 'view' and screen <> 'picture'
                   limit 1";
        Ok(first(self.connection, sql, params![page.as_str(), staff.as_str()], |_| Ok(()))?.is_some())
    }

    /// Samples that differ from what was keyed and wait for a third person, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn samples_to_decide(&self, limit: u32) -> Result<Vec<Sample>, Error> {
        let sql =
            format!("{COLUMNS} where s.verdict is null and s.keyed_at is not null order by s.id limit ?1");
        all(self.connection, &sql, [limit], sample)
    }

    /// What the drawing and the pseudonyms are keyed with.
    ///
    /// # Errors
    /// The database failed.
    pub fn quality_secret(&self) -> Result<Secret, Error> {
        let blob: Option<Vec<u8>> =
            first(self.connection, "select secret from quality_secret", [], |row| row.col("secret"))?;
        let secret = blob.and_then(|blob| blob.try_into().ok()).ok_or(Error::Damaged { column: "secret" })?;
        Ok(Secret(secret))
    }

    /// Samples of a kind in a month, counted no further than `most`.
    fn drawn(&self, month: &str, kind: &str, most: u32) -> Result<u32, Error> {
        let sql = "select count(*) as n from (select 1 from samples where month = ?1 and kind = ?2 limit ?3)";
        Ok(first(self.connection, sql, params![month, kind, most], |row| row.col("n"))?.unwrap_or(0))
    }
}

impl Writer<'_> {
    /// Draws from the accepted values of a reading; how many were drawn. The same reading is never drawn from twice.
    ///
    /// # Errors
    /// The database failed.
    pub fn draw_samples(
        &self,
        page: &PageId,
        round: u32,
        form: &Form,
        values: &[Drawable],
        now: Timestamp,
    ) -> Result<u32, Error> {
        let (plans, secret) = (self.sample_plans()?, self.quality_secret()?);
        // What an older reading drew and nobody keyed is nothing to key any more.
        run(self.connection, "delete from field_work where page = ?1 and pass = 'sample'", [page.as_str()])?;
        let keyed = self.keyings(page)?;
        let keyed = |field: &FieldId| keyed.iter().any(|one| one.pass == Pass::Sample && one.field == *field);
        let day = crate::columns::day(now);
        let month = format!("{:04}-{:02}", day.year(), day.month());
        let mut count = 0;
        for value in values.iter().filter(|value| !keyed(&value.field)) {
            let plan = plans.get(value.kind).copied().unwrap_or_default();
            let chance = plan.chance(self.drawn(&month, value.kind, plan.floor)?);
            if !is_drawn(&secret, page, round, &value.field, chance) {
                continue;
            }
            let new = run(
                self.connection,
                "insert into samples (page, round, field, form, kind, month, chance, machine_value, confidence,
                                      drawn_at)
                 values (:page, :round, :field, :form, :kind, :month, :chance, :value, :confidence, :now)
                 on conflict do nothing",
                named_params! {
                    ":page": page.as_str(), ":round": round, ":field": value.field.as_str(),
                    ":form": form.id.as_str(), ":kind": value.kind, ":month": month, ":chance": chance,
                    ":value": json("machine_value", &value.value)?, ":confidence": value.confidence,
                    ":now": ms(now),
                },
            )?;
            count += new;
            let open = self.sample_of(page, &value.field)?.is_some_and(|sample| sample.keyed.is_none());
            if open {
                self.add_work(form, page, 0, &value.field, Pass::Sample, &[])?;
            }
        }
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// Writes a blind keying of a drawn value down. The same as the machine's value settles the sample; anything else
    /// becomes work for a third person, under the request number `-id`.
    ///
    /// # Errors
    /// There is no such page, or the database failed.
    pub fn key_sample(
        &self,
        form: &Form,
        page: &PageId,
        field: &Field,
        keyed: &Keyed,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<KeyingTaken, Error> {
        let open = self.sample_of(page, &field.id)?.filter(|sample| sample.keyed.is_none());
        let Some(sample) = open else { return Ok(KeyingTaken::NotOpen) };
        let new = NewKeying { field: field.id.clone(), pass: Pass::Sample, keyed: keyed.clone() };
        let taken = self.key(form, page, 0, &[new], actor, now)?;
        if !matches!(taken, KeyingTaken::Saved { .. }) {
            return Ok(taken);
        }
        let verdict = Verdict::of_keying(field, &sample.machine_value, keyed);
        run(
            self.connection,
            "update samples set keyed_value = ?2, keyed_by = ?3, keyed_at = ?4, verdict = ?5 where id = ?1",
            params![
                sample.id,
                json("keyed_value", keyed)?,
                actor.staff.as_str(),
                ms(now),
                verdict.map(Verdict::as_str)
            ],
        )?;
        if verdict.is_none() {
            let not_by = [actor.staff.clone()];
            self.add_work(form, page, -sample.id, &field.id, Pass::Third, &not_by)?;
        }
        Ok(taken)
    }

    /// Takes one's own keying of a sample back, made `since` or later, as long as nobody decided on it.
    ///
    /// # Errors
    /// The database failed.
    pub fn undo_sample(
        &self,
        save: SaveId,
        form: &Form,
        actor: &Actor,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<SaveUndone, Error> {
        let sql = format!(
            "{COLUMNS} join standing_keyings k on k.page = s.page and k.field = s.field and k.pass = 'sample'
             where k.save = ?1 and k.staff = ?2 and k.at >= ?3 and s.keyed_by = k.staff"
        );
        let mine = params![save, actor.staff.as_str(), ms(since)];
        let Some(sample) = first(self.connection, &sql, mine, sample)? else {
            return Ok(SaveUndone::TooLate);
        };
        let sql = "update samples set keyed_value = null, keyed_by = null, keyed_at = null, verdict = null
                   where id = ?1 and decided_at is null";
        if run(self.connection, sql, [sample.id])? == 0 {
            return Ok(SaveUndone::BuiltOn);
        }
        let sql = "insert into keyings_undone (keying, staff, terminal, at)
                   select id, staff, ?2, ?3 from standing_keyings where save = ?1";
        run(self.connection, sql, params![save, actor.terminal, ms(now)])?;
        self.work_done(&sample.page, -sample.id, &sample.field, Pass::Third)?;
        self.add_work(form, &sample.page, 0, &sample.field, Pass::Sample, &[])?;
        self.note("save_undone", About { page: Some(&sample.page), ..About::default() }, actor, now)?;
        Ok(SaveUndone::Done { page: sample.page })
    }

    /// Writes a third person's decision about a sample down; what it proves of the machine.
    ///
    /// # Errors
    /// There is no such sample, or the database failed.
    pub fn decide_sample(
        &self,
        id: i64,
        form: &Form,
        field: &Field,
        decided: &Keyed,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Result<Verdict, KeyingTaken>, Error> {
        let sample = self.sample(id)?.ok_or(Error::Missing { what: "sample" })?;
        let Some((keyer, _)) = sample.keyed.as_ref().filter(|_| sample.verdict.is_none()) else {
            return Ok(Err(KeyingTaken::NotOpen));
        };
        if *keyer == actor.staff {
            return Ok(Err(KeyingTaken::SamePerson(vec![field.id.clone()])));
        }
        let new = NewKeying { field: field.id.clone(), pass: Pass::Third, keyed: decided.clone() };
        let taken = self.key(form, &sample.page, -id, &[new], actor, now)?;
        if !matches!(taken, KeyingTaken::Saved { .. }) {
            return Ok(Err(taken));
        }
        let verdict = Verdict::of_decision(field, &sample.machine_value, decided);
        run(
            self.connection,
            "update samples set decided_value = ?2, decided_by = ?3, decided_at = ?4, verdict = ?5 where id = ?1",
            params![id, json("decided_value", decided)?, actor.staff.as_str(), ms(now), verdict.as_str()],
        )?;
        Ok(Ok(verdict))
    }

    /// Sets how much is drawn of a kind of field; the event has old and new.
    ///
    /// # Errors
    /// The database failed.
    pub fn set_sample_plan(
        &self,
        kind: &str,
        plan: Plan,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), Error> {
        let old = self.sample_plans()?.get(kind).copied().unwrap_or_default();
        if old == plan {
            return Ok(());
        }
        let sql = "insert into sample_plans (kind, share, floor) values (?1, ?2, ?3)
                   on conflict (kind) do update set share = excluded.share, floor = excluded.floor";
        run(self.connection, sql, params![kind, plan.share, plan.floor])?;
        let words = |plan: Plan| format!("{}% floor {}", plan.share * 100.0, plan.floor);
        let detail = format!("{kind}: {} -> {}", words(old), words(plan));
        self.note("sample_plan_set", About { detail: Some(&detail), ..About::default() }, actor, now)?;
        Ok(())
    }
}

fn sample(row: &Row) -> Result<Sample, Error> {
    let keyer: Option<StaffId> = row.id_or_none("keyed_by")?;
    Ok(Sample {
        id: row.col("id")?,
        page: row.id("page")?,
        round: row.col("round")?,
        field: row.id("field")?,
        form: row.id("form")?,
        machine_value: row.json("machine_value")?,
        confidence: row.col("confidence")?,
        keyed: keyer.zip(row.json_or_none("keyed_value")?),
        verdict: row.word_or_none("verdict", Verdict::parse)?,
    })
}
