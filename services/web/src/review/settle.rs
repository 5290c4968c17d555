//! 確定. From what people keyed to a committed record: the one way, whatever screen the last value came from.

use domain::actor::Actor;
use domain::claim::Claim;
use domain::form::Form;
use domain::ids::PageId;
use domain::keying::{Progress, Stage};
use domain::programme::Programmes;
use domain::record::{self, CommitRefused, ProvenSlip, SlipDraft};
use jiff::Timestamp;
use store::{ClaimEntered, Committed, Error, PageClaimed, Rows, Writer};

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
    /// The values make no claim, or the clinic's month takes none; in words.
    Claim(String),
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
    if ruled.form.claim.is_some() {
        return settle_claim(rows, ruled.form, page, &progress, actor, now);
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

const NO_CLINIC: &str = "この医療機関コードの医療機関は登録されていません。コードを画像で確かめるか、医療機関を登録してから保存してください。";

/// 請求書. What people keyed becomes the clinic's claim, as it is written.
fn settle_claim(
    rows: &Writer,
    form: &Form,
    page: &PageId,
    progress: &Progress,
    actor: &Actor,
    now: Timestamp,
) -> Result<Settled, Error> {
    let claim = match read_claim(rows, form, page, progress)? {
        Ok(claim) => claim,
        Err(refusal) => return Ok(Settled::Refused(refusal)),
    };
    let label = || claim.of.month.label();
    let words = match rows.commit_claim(page, &claim, &progress.values(form), actor, now)? {
        PageClaimed::Done(_) => return Ok(Settled::Committed),
        PageClaimed::Refused(refused) => return Ok(Settled::Refused(Refusal::Commit(refused))),
        PageClaimed::NotEntered(ClaimEntered::NoSuchClinic) => NO_CLINIC.to_owned(),
        PageClaimed::NotEntered(_) => {
            format!("{}の請求は確定しています。管理者が確定を解除するまで、請求書は変えられません。", label())
        }
    };
    Ok(Settled::Refused(Refusal::Claim(words)))
}

/// Why the values as they stand so far make neither record nor claim; nothing is written.
pub(super) fn refusal(
    rows: &Writer,
    ruled: Ruled,
    page: &PageId,
    progress: &Progress,
) -> Result<Option<Refusal>, Error> {
    if ruled.form.claim.is_some() {
        return Ok(read_claim(rows, ruled.form, page, progress)?.err());
    }
    // Nobody is chosen yet: there is nothing to prove.
    match progress.resident() {
        None => Ok(None),
        Some(_) => Ok(prove(rows, ruled, page, progress)?.err()),
    }
}

/// The claim that the values are so far; nothing is written.
fn read_claim(
    rows: &Rows,
    form: &Form,
    page: &PageId,
    progress: &Progress,
) -> Result<Result<Claim, Refusal>, Error> {
    let (Some(sheet), Some(row)) = (&form.claim, rows.page(page)?) else {
        return Ok(Err(Refusal::Commit(CommitRefused::NotOpen)));
    };
    let received_on = row.arrived_at.to_zoned(crate::words::japan()).date();
    Ok(match sheet.read(form, &progress.values(form), page, received_on) {
        Err(words) => Err(Refusal::Claim(words)),
        Ok(claim) if rows.clinic(&claim.of.clinic)?.is_none() => Err(Refusal::Claim(NO_CLINIC.into())),
        Ok(claim) => Ok(claim),
    })
}

/// Proves the values as they stand so far; nothing is written.
fn prove(
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
