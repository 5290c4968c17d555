//! Keyings: what people keyed, who may key what next, and taking one's own last save back.
//!
//! Every way of working (a slip at a time, one field over many slips, groups, samples, corrections) writes here, in
//! one transaction of [`crate::Store::write`]:
//!
//! 1. `rows.key(&form, &page, request, &[NewKeying], &actor, now)`: all of them or none. [`KeyingTaken`] says who was
//!    faster, who may not (never the same person twice), or who has the page or the field on the screen.
//! 2. `rows.plan_work(&form, &page)` is done by `key` and gives the [`Progress`]: when its stage is `Ready`, prove and
//!    commit in the same closure. The matcher calls it when a page begins to wait; call it again whenever something
//!    else that decides progress has changed (a setting, the reasons, the form).
//!
//! `request` is 0 for a page's own keying. A correction of a committed record has a number of its own: the proposer
//! keys [`Pass::Correction`], another person [`Pass::Second`] of the same request, an arbiter [`Pass::Third`]; compare
//! them with `domain::keying::same`. A sample is keyed as [`Pass::Sample`] of request 0, also on committed pages.
//! The work that is left, with leases, is in `work.rs`: corrections and samples are put there by [`Writer::add_work`].

use crate::columns::{Columns, all, first, json, ms, run};
use crate::events::About;
use crate::{Error, Rows, Writer};
use domain::actor::Actor;
use domain::form::Form;
use domain::ids::{FieldId, FormId, PageId, StaffId};
use domain::keying::{Facts, Keyed, Keying, Pass, Progress, Settings, may_key, progress};
use domain::page::PageState;
use domain::reading::PageReading;
use jiff::Timestamp;
use rusqlite::{Row, named_params, params};
use std::collections::BTreeMap;

/// One field as a person keyed it.
#[derive(Clone, Debug, PartialEq)]
pub struct NewKeying {
    /// Which field, or `@person`, or `@accept.<rule>`.
    pub field: FieldId,
    /// In which pass.
    pub pass: Pass,
    /// What.
    pub keyed: Keyed,
}

/// A keying that stands or was taken back.
#[derive(Clone, Debug, PartialEq)]
pub struct PastKeying {
    /// As it was made.
    pub keying: Keying,
    /// Who took it back, and when.
    pub undone: Option<(StaffId, Timestamp)>,
}

/// The number of one save: all keyings of one press of a button.
pub type SaveId = i64;

/// What became of keyings.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyingTaken {
    /// They stand; where the page is now (`None` for another request, or a page without a reading).
    Saved {
        /// For taking it back.
        save: SaveId,
        /// Where the page stands.
        progress: Option<Progress>,
    },
    /// Somebody was faster with these fields; nothing was written.
    Already(Vec<FieldId>),
    /// This person keyed these fields before; nothing was written.
    SamePerson(Vec<FieldId>),
    /// Somebody else has the page or a field of it on the screen; nothing was written.
    Held {
        /// Who.
        by: StaffId,
    },
    /// The page does not wait, or is of another form by now; nothing was written.
    NotOpen,
}

/// One's own last save.
#[derive(Clone, Debug, PartialEq)]
pub struct Save {
    /// Its number.
    pub id: SaveId,
    /// Of which page.
    pub page: PageId,
    /// When.
    pub at: Timestamp,
    /// The fields of it.
    pub fields: u32,
}

/// Whether a save could be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SaveUndone {
    /// It is, and its page waits as before.
    Done {
        /// That page.
        page: PageId,
    },
    /// It is not this person's, was taken back before, or is too old.
    TooLate,
    /// Somebody else has built on it: keyed the page again, or corrected the record.
    BuiltOn,
}

impl Rows<'_> {
    /// Keyings of a page that stand, of every request, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn keyings(&self, page: &PageId) -> Result<Vec<Keying>, Error> {
        let sql = "select * from standing_keyings where page = ?1 order by id";
        all(self.connection, sql, [page.as_str()], keying)
    }

    /// Keyings of a page with those taken back, oldest first; with who took it back, and when.
    ///
    /// # Errors
    /// The database failed.
    pub fn keying_history(&self, page: &PageId) -> Result<Vec<PastKeying>, Error> {
        let sql = "select k.*, u.staff as undone_by, u.at as undone_at
                   from keyings k left join keyings_undone u on u.keying = k.id where k.page = ?1 order by k.id";
        all(self.connection, sql, [page.as_str()], |row| {
            let undone = row.id_or_none("undone_by")?.zip(row.moment_or_none("undone_at")?);
            Ok(PastKeying { keying: keying(row)?, undone })
        })
    }

    /// Which fields are keyed twice, where the office departs from the forms.
    ///
    /// # Errors
    /// The database failed.
    pub fn second_keying(&self) -> Result<Settings, Error> {
        let rows = all(self.connection, "select form, field, needed from second_keying", [], |row| {
            Ok(((row.id::<FormId>("form")?, row.id::<FieldId>("field")?), row.col::<bool>("needed")?))
        })?;
        Ok(Settings(BTreeMap::from_iter(rows)))
    }

    /// Where a page stands; `None` when it was not read as `form`, or never waited.
    ///
    /// # Errors
    /// There is no such page, or the database failed.
    pub fn progress(&self, form: &Form, page: &PageId) -> Result<Option<Progress>, Error> {
        self.progress_with(form, page, &[], &StaffId::from(""))
    }

    /// Where a page would stand if `staff` keyed `new` of it, too: nothing is written.
    ///
    /// # Errors
    /// There is no such page, or the database failed.
    pub fn progress_with(
        &self,
        form: &Form,
        page: &PageId,
        new: &[NewKeying],
        staff: &StaffId,
    ) -> Result<Option<Progress>, Error> {
        let row = self.known_page(page)?;
        let Some(PageReading::Read(reading)) = &row.reading else { return Ok(None) };
        if reading.form != form.id || reading.form_version != form.version {
            return Ok(None);
        }
        let Some(item) = self.review_item(page)? else { return Ok(None) };
        let (mut keyings, settings) = (self.keyings(page)?, self.second_keying()?);
        keyings.extend(new.iter().map(|new| Keying {
            id: i64::MAX,
            round: row.round,
            form: form.id.clone(),
            form_version: form.version,
            request: 0,
            field: new.field.clone(),
            pass: new.pass,
            keyed: new.keyed.clone(),
            staff: staff.clone(),
            terminal: String::new(),
            at: row.updated_at,
        }));
        Ok(Some(progress(&Facts {
            form,
            reading,
            reasons: &item.reasons,
            outcome: &item.outcome,
            keyings: &keyings,
            settings: &settings,
        })))
    }

    /// The last save of a person that stands, since `since`. What was keyed in a run is taken back there: offered here,
    /// it would say whether it was a sample.
    ///
    /// # Errors
    /// The database failed.
    pub fn last_save(&self, staff: &StaffId, since: Timestamp) -> Result<Option<Save>, Error> {
        let sql = "select save, page, at,
                          (select count(*) from standing_keyings s where s.save = k.save) as fields
                   from standing_keyings k where staff = ?1 and at >= ?2 and pass <> 'correction'
                     and not exists (select 1 from run_items r where r.save = k.save)
                   order by id desc limit 1";
        first(self.connection, sql, params![staff.as_str(), ms(since)], |row| {
            Ok(Save {
                id: row.col("save")?,
                page: row.id("page")?,
                at: row.moment("at")?,
                fields: row.col("fields")?,
            })
        })
    }
}

impl Writer<'_> {
    /// Takes keyings of one page in, all or none, and writes down what work is left.
    ///
    /// # Errors
    /// There is no such page, or the database failed.
    pub fn key(
        &self,
        form: &Form,
        page: &PageId,
        request: i64,
        new: &[NewKeying],
        actor: &Actor,
        now: Timestamp,
    ) -> Result<KeyingTaken, Error> {
        let row = self.known_page(page)?;
        let own = request == 0 && new.iter().all(|keying| keying.pass != Pass::Sample);
        let of_form = matches!(&row.reading, Some(PageReading::Read(reading))
            if reading.form == form.id && reading.form_version == form.version);
        if !of_form || (own && row.state != PageState::InReview) {
            return Ok(KeyingTaken::NotOpen);
        }
        if let Some(by) = self.keying_held(page, request, new, actor, now)? {
            return Ok(KeyingTaken::Held { by });
        }
        let mut standing = self.keyings(page)?;
        standing
            .retain(|one| one.request == request && one.form == form.id && one.form_version == form.version);
        let fields = |wrong: &dyn Fn(&NewKeying) -> bool| -> Vec<FieldId> {
            new.iter().filter(|one| wrong(one)).map(|one| one.field.clone()).collect()
        };
        let already =
            fields(&|new| standing.iter().any(|one| one.field == new.field && one.pass == new.pass));
        if !already.is_empty() {
            return Ok(KeyingTaken::Already(already));
        }
        let same = fields(&|new| !may_key(new.pass, &new.field, &actor.staff, &standing));
        if !same.is_empty() {
            return Ok(KeyingTaken::SamePerson(same));
        }
        let save = self.note_save(page, new, actor, now)?;
        for one in new {
            run(
                self.connection,
                "insert into keyings (save, page, round, form, form_version, request, field, pass, value,
                                      staff, terminal, at)
                 values (:save, :page, :round, :form, :version, :request, :field, :pass, :value,
                         :staff, :terminal, :at)",
                named_params! {
                    ":save": save, ":page": page.as_str(), ":round": row.round, ":form": form.id.as_str(),
                    ":version": form.version, ":request": request, ":field": one.field.as_str(),
                    ":pass": one.pass.as_str(), ":value": json("value", &one.keyed)?,
                    ":staff": actor.staff.as_str(), ":terminal": actor.terminal, ":at": ms(now),
                },
            )?;
            self.work_done(page, request, &one.field, one.pass)?;
        }
        let progress = if own { self.plan_work(form, page)? } else { None };
        Ok(KeyingTaken::Saved { save, progress })
    }

    fn note_save(
        &self,
        page: &PageId,
        new: &[NewKeying],
        actor: &Actor,
        now: Timestamp,
    ) -> Result<SaveId, Error> {
        let pass = new.first().map_or("", |one| one.pass.as_str());
        let detail = format!("{pass} {}", new.len());
        self.note(
            "page_keyed",
            About { page: Some(page), detail: Some(&detail), ..About::default() },
            actor,
            now,
        )
    }

    /// Takes a whole save back: its keyings count no more, and a record that this very save committed is reversed.
    /// Possible for whoever saved it, `since` or later, while nobody else keyed the page after it.
    ///
    /// # Errors
    /// The database failed.
    pub fn undo_save(
        &self,
        save: SaveId,
        form: &Form,
        actor: &Actor,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<SaveUndone, Error> {
        let sql = "select * from standing_keyings where save = ?1 and staff = ?2 and at >= ?3 order by id";
        let mine = params![save, actor.staff.as_str(), ms(since)];
        let saved = all(self.connection, sql, mine, |row| Ok((row.id::<PageId>("page")?, keying(row)?)))?;
        let Some((page, last)) = saved.last().cloned() else { return Ok(SaveUndone::TooLate) };
        let later =
            self.keyings(&page)?.into_iter().any(|one| one.id > last.id && one.request == last.request);
        if later || last.request != 0 {
            return Ok(SaveUndone::BuiltOn);
        }
        match self.known_page(&page)?.state {
            PageState::InReview => {}
            PageState::Committed => {
                // Only the record that came of this very save: anything later is somebody's decision.
                let record = self.record_of_page(&page)?;
                let Some(record) = record.filter(|r| r.staff == actor.staff && r.committed_at == last.at)
                else {
                    return Ok(SaveUndone::BuiltOn);
                };
                self.take_back(record.id, "取消", actor, now)?;
                self.reopen_as_before(&page, now)?;
                let about =
                    About { page: Some(&page), resident: Some(&record.resident), detail: Some("取消") };
                self.note("record_reversed", about, actor, now)?;
            }
            _ => return Ok(SaveUndone::BuiltOn),
        }
        let sql = "insert into keyings_undone (keying, staff, terminal, at)
                   select id, ?2, ?3, ?4 from standing_keyings where save = ?1";
        run(self.connection, sql, params![save, actor.staff.as_str(), actor.terminal, ms(now)])?;
        self.note("save_undone", About { page: Some(&page), ..About::default() }, actor, now)?;
        self.plan_work(form, &page)?;
        Ok(SaveUndone::Done { page })
    }

    /// Says whether values of a field that people decide are keyed twice; `None` leaves it to the form. Pages that
    /// wait take it up when they are next planned.
    ///
    /// # Errors
    /// The database failed.
    pub fn set_second_keying(
        &self,
        form: &FormId,
        field: &FieldId,
        needed: Option<bool>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), Error> {
        let word = match needed {
            Some(true) => "always",
            Some(false) => "never",
            None => "as_form",
        };
        run(
            self.connection,
            "delete from second_keying where form = ?1 and field = ?2",
            params![form.as_str(), field.as_str()],
        )?;
        if let Some(needed) = needed {
            let sql =
                "insert into second_keying (form, field, needed, staff, at) values (?1, ?2, ?3, ?4, ?5)";
            let who = actor.staff.as_str();
            run(self.connection, sql, params![form.as_str(), field.as_str(), needed, who, ms(now)])?;
        }
        let detail = format!("{form}/{field} {word}");
        self.note("second_keying_set", About { detail: Some(&detail), ..About::default() }, actor, now)?;
        Ok(())
    }
}

pub(crate) fn keying(row: &Row) -> Result<Keying, Error> {
    Ok(Keying {
        id: row.col("id")?,
        round: row.col("round")?,
        form: row.id("form")?,
        form_version: row.col("form_version")?,
        request: row.col("request")?,
        field: row.id("field")?,
        pass: row.word("pass", Pass::parse)?,
        keyed: row.json("value")?,
        staff: row.id("staff")?,
        terminal: row.col("terminal")?,
        at: row.moment("at")?,
    })
}
