//! 確定. From what people keyed to a committed record: the one way, whatever screen the last value came from.

use domain::actor::Actor;
use domain::form::Form;
use domain::ids::PageId;
use domain::keying::{Progress, Stage};
use domain::programme::Programmes;
use domain::record::{self, CommitRefused, ProvenSlip, SlipDraft};
use jiff::Timestamp;
use store::{Committed, Error, Writer};

/// What became of a page after a keying.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Settled {
    /// Somebody else goes on with it.
    Waits(Stage),
    /// It is a record now.
    Committed,
    /// Every value is decided, but they make no record: an arbiter looks.
    Refused(Refusal),
}

/// Why values make no record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Refusal {
    /// The chosen resident is not in the register any more, or none was chosen.
    NoPerson,
    /// No slip was issued under the number.
    NumberUnknown,
    /// The slip of the number was issued to somebody else.
    NumberOfOther,
    /// The rules, or the rows.
    Commit(CommitRefused),
}

/// 帳票と規則. What values are proven by.
#[derive(Clone, Copy)]
pub(crate) struct Ruled<'a> {
    /// The form of the page.
    pub form: &'a Form,
    /// The rules of every programme.
    pub programmes: &'a Programmes,
}

/// Commits a page whose values are all decided; call it in the transaction of the keying, whoever keyed it.
pub(crate) fn settle(
    rows: &Writer,
    ruled: Ruled,
    page: &PageId,
    actor: &Actor,
    now: Timestamp,
) -> Result<Settled, Error> {
    let Some(progress) = rows.progress(ruled.form, page)? else {
        return Ok(Settled::Refused(Refusal::Commit(CommitRefused::NotOpen)));
    };
    if progress.stage != Stage::Ready {
        return Ok(Settled::Waits(progress.stage));
    }
    let slip = match prove(rows, ruled, page, &progress)? {
        Ok(slip) => slip,
        Err(refusal) => return Ok(Settled::Refused(refusal)),
    };
    Ok(match rows.commit(page, &slip, actor, now)? {
        Committed::Done(_) => Settled::Committed,
        Committed::Refused(refused) => Settled::Refused(Refusal::Commit(refused)),
    })
}

/// Proves the values as they stand so far; nothing is written.
pub(super) fn prove(
    rows: &Writer,
    ruled: Ruled,
    page: &PageId,
    progress: &Progress,
) -> Result<Result<ProvenSlip, Refusal>, Error> {
    let form = ruled.form;
    let resident = progress.resident().map(|id| rows.resident(&id)).transpose()?.flatten();
    let (Some(resident), Some(row)) = (resident, rows.page(page)?) else {
        return Ok(Err(Refusal::NoPerson));
    };
    let number = progress.number(form);
    let slip = match &number {
        None => None,
        Some(number) => match rows.slip(number)? {
            None => return Ok(Err(Refusal::NumberUnknown)),
            Some(slip) if slip.resident != resident.id => return Ok(Err(Refusal::NumberOfOther)),
            found => found,
        },
    };
    let history = rows.history(&resident.id, page)?;
    let values = progress.values(form);
    let lots = rows.known_lots(&values, row.form_read())?;
    let draft = SlipDraft {
        form,
        number,
        resident: &resident,
        values,
        history: &history,
        programmes: ruled.programmes,
        lots: &lots,
        issued_on: slip.map(|slip| slip.issued_on),
        scanned_on: row.arrived_at.to_zoned(crate::words::japan()).date(),
        accepted: &progress.accepted,
    };
    let proven = match record::commit(draft) {
        Ok(proven) => proven,
        Err(refused) => return Ok(Err(Refusal::Commit(refused))),
    };
    Ok(match rows.number_refused(&proven, page)? {
        Some(refused) => Err(Refusal::Commit(refused)),
        None => Ok(proven),
    })
}
