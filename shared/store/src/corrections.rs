//! Corrections: asked for, keyed a second time, decided; the record changes in the transaction that ends them.

use crate::columns::{Columns, all, first, json, ms, run};
use crate::events::About;
use crate::{Committed, Error, KeyingTaken, NewKeying, Record, RecordId, Rows, Writer};
use domain::actor::Actor;
use domain::correction::CorrectionGround;
use domain::form::Form;
use domain::ids::{FieldId, PageId, StaffId};
use domain::keying::Keying;
use domain::record::ProvenSlip;
use jiff::Timestamp;
use rusqlite::{Row, named_params, params};

/// The number of a correction, and of its keyings (`request`).
pub type CorrectionId = i64;

/// 訂正. One row.
#[derive(Clone, Debug, PartialEq)]
pub struct Correction {
    /// Its number.
    pub id: CorrectionId,
    /// The entry that it is about.
    pub record: RecordId,
    /// The page that proves it.
    pub page: PageId,
    /// What is keyed.
    pub fields: Vec<FieldId>,
    /// Why.
    pub ground: CorrectionGround,
    /// ... in the asker's own words.
    pub words: String,
    /// Who asked.
    pub staff: StaffId,
    /// When.
    pub asked_at: Timestamp,
    /// How it ended, by whom and when; `None` while it is open.
    pub end: Option<CorrectionEnd>,
}

/// How a correction ended.
#[derive(Clone, Debug, PartialEq)]
pub struct CorrectionEnd {
    /// What came of it.
    pub outcome: CorrectionOutcome,
    /// The new entry, when there is one.
    pub entry: Option<RecordId>,
    /// Who was last.
    pub staff: StaffId,
    /// When.
    pub at: Timestamp,
}

/// What came of a correction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CorrectionOutcome {
    /// 訂正した. Reversal and new entry.
    Corrected,
    /// 取り消した. Reversal alone; the page waits for a person again.
    TakenBack,
    /// そのまま残した. The record was right.
    Kept,
    /// 取り下げた. By whoever asked.
    Withdrawn,
}

impl CorrectionOutcome {
    const ALL: [CorrectionOutcome; 4] = [
        CorrectionOutcome::Corrected,
        CorrectionOutcome::TakenBack,
        CorrectionOutcome::Kept,
        CorrectionOutcome::Withdrawn,
    ];

    fn as_str(self) -> &'static str {
        match self {
            CorrectionOutcome::Corrected => "corrected",
            CorrectionOutcome::TakenBack => "taken_back",
            CorrectionOutcome::Kept => "kept",
            CorrectionOutcome::Withdrawn => "withdrawn",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == word)
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            CorrectionOutcome::Corrected => "訂正しました",
            CorrectionOutcome::TakenBack => "取り消しました",
            CorrectionOutcome::Kept => "訂正しませんでした",
            CorrectionOutcome::Withdrawn => "取り下げました",
        }
    }
}

/// A correction that is asked for.
#[derive(Clone, Debug)]
pub struct NewCorrection {
    /// The standing entry.
    pub record: RecordId,
    /// Why.
    pub ground: CorrectionGround,
    /// ... in the asker's own words; may be empty.
    pub words: String,
    /// What is keyed, acceptances of findings included.
    pub keyings: Vec<NewKeying>,
}

/// Whether a correction could be asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum CorrectionAsked {
    /// It waits for another person.
    Done(CorrectionId),
    /// The record does not stand any more.
    NotStanding,
    /// One is open already.
    Open(CorrectionId),
    /// Its keyings were not taken; nothing was written.
    NotKeyed(KeyingTaken),
}

/// How an open correction is to end.
#[derive(Clone, Debug)]
pub enum CorrectionEnding<'a> {
    /// Reversal and this new entry.
    Corrected(&'a ProvenSlip),
    /// Reversal alone.
    TakenBack,
    /// The record was right.
    Kept,
}

const CORRECTIONS: &str = "select c.*, e.outcome, e.entry, e.staff as ended_by, e.at as ended_at
                           from corrections c left join correction_ends e on e.correction = c.id";

impl Rows<'_> {
    /// One correction.
    ///
    /// # Errors
    /// The database failed.
    pub fn correction(&self, id: CorrectionId) -> Result<Option<Correction>, Error> {
        first(self.connection, &format!("{CORRECTIONS} where c.id = ?1"), [id], correction)
    }

    /// Corrections that wait for somebody, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn open_corrections(&self) -> Result<Vec<Correction>, Error> {
        let sql = format!("{CORRECTIONS} where e.correction is null order by c.id");
        all(self.connection, &sql, [], correction)
    }

    /// Corrections that ended since `since`, newest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn ended_corrections(&self, since: Timestamp) -> Result<Vec<Correction>, Error> {
        let sql = format!("{CORRECTIONS} where e.at >= ?1 order by e.at desc, c.id desc");
        all(self.connection, &sql, [ms(since)], correction)
    }

    /// Every correction that was asked for a record, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn corrections_of(&self, record: RecordId) -> Result<Vec<Correction>, Error> {
        let sql = format!("{CORRECTIONS} where c.record = ?1 order by c.id");
        all(self.connection, &sql, [record], correction)
    }

    /// The correction from which an entry came.
    ///
    /// # Errors
    /// The database failed.
    pub fn correction_behind(&self, entry: RecordId) -> Result<Option<Correction>, Error> {
        first(self.connection, &format!("{CORRECTIONS} where e.entry = ?1"), [entry], correction)
    }

    /// What was keyed for a correction, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn correction_keyings(&self, correction: &Correction) -> Result<Vec<Keying>, Error> {
        let mut keyings = self.keyings(&correction.page)?;
        keyings.retain(|one| one.request == correction.id);
        Ok(keyings)
    }
}

impl Writer<'_> {
    /// Asks for a correction and takes the asker's keyings in. Whoever asked keyed first.
    ///
    /// # Errors
    /// There is no such record, or the database failed.
    pub fn ask_correction(
        &self,
        form: &Form,
        new: &NewCorrection,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<CorrectionAsked, Error> {
        let record = self.record(new.record)?.ok_or(Error::Missing { what: "record" })?;
        if !record.stands {
            return Ok(CorrectionAsked::NotStanding);
        }
        if let Some(open) = self.corrections_of(record.id)?.into_iter().find(|one| one.end.is_none()) {
            return Ok(CorrectionAsked::Open(open.id));
        }
        let fields: Vec<&FieldId> = new
            .keyings
            .iter()
            .map(|one| &one.field)
            .filter(|field| domain::keying::accepted_rule(field).is_none())
            .collect();
        // Drawn beforehand, so that nothing is written when the keyings are not taken: rows never vanish.
        let sql = "select coalesce(max(id), 0) + 1 as id from corrections";
        let id = first(self.connection, sql, [], |row| row.col("id"))?.unwrap_or(1);
        match self.key(form, &record.page, id, &new.keyings, actor, now)? {
            KeyingTaken::Saved { .. } => {}
            other => return Ok(CorrectionAsked::NotKeyed(other)),
        }
        run(
            self.connection,
            "insert into corrections (id, record, page, fields, ground, words, staff, terminal, asked_at)
             values (:id, :record, :page, :fields, :ground, :words, :staff, :terminal, :now)",
            named_params! {
                ":id": id, ":record": record.id, ":page": record.page.as_str(),
                ":fields": json("fields", &fields)?, ":ground": new.ground.as_str(), ":words": new.words,
                ":staff": actor.staff.as_str(), ":terminal": actor.terminal, ":now": ms(now),
            },
        )?;
        self.note_correction("correction_asked", &record, actor, now)?;
        Ok(CorrectionAsked::Done(id))
    }

    /// Takes a correction back before it ends. Only whoever asked may; `false` when somebody else did, or it ended.
    ///
    /// # Errors
    /// There is no such correction, or the database failed.
    pub fn withdraw_correction(
        &self,
        id: CorrectionId,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let (correction, record) = self.open_correction(id)?;
        if correction.end.is_some() || correction.staff != actor.staff {
            return Ok(false);
        }
        self.write_end(id, CorrectionOutcome::Withdrawn, None, actor, now)?;
        self.note_correction("correction_withdrawn", &record, actor, now)?;
        Ok(true)
    }

    /// Ends an open correction: the record changes in this very transaction, or stays as it was.
    ///
    /// # Errors
    /// There is no such correction, it ended before, or the database failed.
    pub fn end_correction(
        &self,
        id: CorrectionId,
        ending: &CorrectionEnding,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Committed, Error> {
        let (correction, record) = self.open_correction(id)?;
        if correction.end.is_some() {
            return Err(Error::Missing { what: "open correction" });
        }
        let reason = correction.reason();
        let (committed, outcome) = match ending {
            CorrectionEnding::Corrected(slip) => {
                let done = self.correct_record(record.id, slip, &reason, actor, now)?;
                (done, CorrectionOutcome::Corrected)
            }
            CorrectionEnding::TakenBack => {
                (self.reverse_record(record.id, &reason, actor, now)?, CorrectionOutcome::TakenBack)
            }
            CorrectionEnding::Kept => {
                self.note_correction("correction_kept", &record, actor, now)?;
                (Committed::Done(record.id), CorrectionOutcome::Kept)
            }
        };
        if let Committed::Done(entry) = committed {
            let entry = (outcome == CorrectionOutcome::Corrected).then_some(entry);
            self.write_end(id, outcome, entry, actor, now)?;
        }
        Ok(committed)
    }

    fn open_correction(&self, id: CorrectionId) -> Result<(Correction, Record), Error> {
        let correction = self.correction(id)?.ok_or(Error::Missing { what: "correction" })?;
        let record = self.record(correction.record)?.ok_or(Error::Missing { what: "record" })?;
        Ok((correction, record))
    }

    fn write_end(
        &self,
        id: CorrectionId,
        outcome: CorrectionOutcome,
        entry: Option<RecordId>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), Error> {
        run(
            self.connection,
            "insert into correction_ends (correction, outcome, entry, staff, terminal, at)
             values (?1, ?2, ?3, ?4, ?5, ?6)",
            params![id, outcome.as_str(), entry, actor.staff.as_str(), actor.terminal, ms(now)],
        )?;
        Ok(())
    }

    fn note_correction(
        &self,
        what: &str,
        record: &Record,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), Error> {
        let about = About { page: Some(&record.page), resident: Some(&record.resident), detail: None };
        self.note(what, about, actor, now)?;
        Ok(())
    }
}

impl Correction {
    /// Ground and words, as they go with the record.
    pub fn reason(&self) -> String {
        match self.words.as_str() {
            "" => self.ground.label().to_owned(),
            words => format!("{}：{words}", self.ground.label()),
        }
    }
}

fn correction(row: &Row) -> Result<Correction, Error> {
    let outcome = row.word_or_none("outcome", CorrectionOutcome::parse)?;
    let end = match outcome {
        None => None,
        Some(outcome) => Some(CorrectionEnd {
            outcome,
            entry: row.col("entry")?,
            staff: row.id("ended_by")?,
            at: row.moment("ended_at")?,
        }),
    };
    Ok(Correction {
        id: row.col("id")?,
        record: row.col("record")?,
        page: row.id("page")?,
        fields: row.json("fields")?,
        ground: row.word("ground", CorrectionGround::parse)?,
        words: row.col("words")?,
        staff: row.id("staff")?,
        asked_at: row.moment("asked_at")?,
        end,
    })
}
