//! A correction with everything around it, and the proof of what a record would become.

use crate::error::ScreenError;
use crate::frame::Person;
use crate::{Screens, protected, words};
use domain::correction::{self, Corrected, CorrectionStage};
use domain::duty::Right;
use domain::form::Form;
use domain::ids::FieldId;
use domain::keying::{Keyed, Keying, Pass};
use domain::programme::Programmes;
use domain::reading::PageReading;
use domain::record::{self, CommitRefused, ProvenSlip, SlipDraft};
use domain::rules::RuleCode;
use std::sync::Arc;
use store::{Correction, CorrectionId, Error, Page, Record, RecordId, Rows};

/// A record with its page and form.
#[derive(Clone)]
pub struct Ground {
    /// The entry.
    pub record: Record,
    /// Its page.
    pub page: Page,
    /// Its form, as it was read.
    pub form: Form,
    /// The side that was read.
    pub side: u8,
    /// Whether the address must not show.
    pub hidden: bool,
    /// The rules of every programme.
    pub programmes: Arc<Programmes>,
}

/// An open or ended correction on its ground.
pub struct Case {
    /// What it is about.
    pub ground: Ground,
    /// The correction.
    pub correction: Correction,
    /// What was keyed for it.
    pub keyings: Vec<Keying>,
    /// Where it stands.
    pub stage: CorrectionStage,
}

/// The record `id` on its ground.
///
/// # Errors
/// There is none, or its form is not the one in use any more.
pub async fn ground(screens: &Screens, person: &Person, id: RecordId) -> Result<Ground, ScreenError> {
    let found = screens.store.read_async(move |rows| {
        let Some(record) = rows.record(id)?.filter(|record| record.reverses.is_none()) else {
            return Ok(None);
        };
        let Some(page) = rows.page(&record.page)? else { return Ok(None) };
        let hidden = protected::is_protected(rows, &page)?;
        Ok(Some((record, page, hidden)))
    });
    let (record, page, hidden) = found.await?.ok_or(ScreenError::NotFound)?;
    let older = "この記録の帳票は、いまの版と異なるため、画面では訂正できません。管理者に相談してください。";
    let Some(PageReading::Read(reading)) = &page.reading else {
        return Err(ScreenError::Refused(older.into()));
    };
    let side = reading.side;
    let form = screens.form(reading.form.as_str()).filter(|form| form.version == reading.form_version);
    let form = form.cloned().ok_or_else(|| ScreenError::Refused(older.into()))?;
    let hidden = hidden && !person.may(Right::SeeProtected);
    Ok(Ground { record, page, form, side, hidden, programmes: screens.programmes.clone() })
}

/// The correction `id`.
///
/// # Errors
/// There is none.
pub async fn case(screens: &Screens, person: &Person, id: CorrectionId) -> Result<Case, ScreenError> {
    let found = screens.store.read_async(move |rows| {
        let Some(correction) = rows.correction(id)? else { return Ok(None) };
        let keyings = rows.correction_keyings(&correction)?;
        Ok(Some((correction, keyings)))
    });
    let (correction, keyings) = found.await?.ok_or(ScreenError::NotFound)?;
    let ground = ground(screens, person, correction.record).await?;
    let stage =
        correction::stage(&ground.form, &correction.fields, id, &keyings).ok_or(ScreenError::NotFound)?;
    Ok(Case { ground, correction, keyings, stage })
}

impl Case {
    /// What was keyed for a field in a pass.
    pub fn keyed(&self, field: &FieldId, pass: Pass) -> Option<&Keyed> {
        let one = self.keyings.iter().find(|one| one.field == *field && one.pass == pass);
        one.map(|keying| &keying.keyed)
    }
}

/// Why a record could not become what was keyed.
pub enum Unproven {
    /// Nobody of this number is in the register.
    Nobody,
    /// Rules or values stand against it.
    Refused(CommitRefused),
}

impl Unproven {
    /// For people.
    pub fn text(&self) -> String {
        match self {
            Unproven::Nobody => "この宛名番号の住民はいません。台帳で確かめてください。".to_owned(),
            Unproven::Refused(refused) => refused.text(),
        }
    }
}

/// Proves what `record` would become, by the register and the history of this very moment. Findings that were accepted
/// with the record stay accepted.
///
/// # Errors
/// The database failed.
pub fn prove(
    rows: &Rows,
    ground: &Ground,
    corrected: &Corrected,
    accepted: &[RuleCode],
) -> Result<Result<ProvenSlip, Unproven>, Error> {
    let Some(resident) = rows.resident(&corrected.resident)? else { return Ok(Err(Unproven::Nobody)) };
    let slip = corrected.number.as_ref().map(|number| rows.slip(number)).transpose()?.flatten();
    let history = rows.history(&resident.id, &ground.record.page)?;
    let lots = rows.known_lots(&corrected.values, ground.page.form_read())?;
    let known = ground.record.findings.iter().map(|finding| finding.rule);
    let accepted: Vec<RuleCode> = accepted.iter().copied().chain(known).collect();
    let proven = record::commit(SlipDraft {
        form: &ground.form,
        number: corrected.number.clone(),
        resident: &resident,
        values: corrected.values.clone(),
        history: &history,
        programmes: &ground.programmes,
        lots: &lots,
        issued_on: slip.map(|slip| slip.issued_on),
        scanned_on: ground.page.arrived_at.to_zoned(words::japan()).date(),
        accepted: &accepted,
    });
    Ok(proven.map_err(Unproven::Refused))
}
