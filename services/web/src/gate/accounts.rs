//! What an administrator does with accounts, on the screen and on the command line.

use super::secrets;
use crate::words::is_line;
use anyhow::{Result, bail};
use domain::account::{ChangeRefused, IdRefused, SETUP_LASTS, check_change, check_id};
use domain::actor::Actor;
use domain::duty::Duty;
use domain::ids::StaffId;
use jiff::Timestamp;
use store::{Account, AccountData, Setup, Store, Writer};

/// Why an account is not as wished, in words for people.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// It makes no sense, or is forbidden.
    #[error("{0}")]
    Refused(&'static str),
    /// The rows failed.
    #[error(transparent)]
    Rows(#[from] store::Error),
}

impl From<ChangeRefused> for AccountError {
    fn from(refused: ChangeRefused) -> Self {
        Self::Refused(refused.words())
    }
}

/// A code that is shown once, and what is kept of it.
fn new_setup(now: Timestamp) -> (String, Setup) {
    let code = secrets::code();
    let setup = Setup { hash: secrets::digest(&code), until: now + SETUP_LASTS };
    (code, setup)
}

/// Makes an account; the one-time code with which its person chooses a password within 24 hours.
///
/// # Errors
/// The id cannot be used or is taken, there is no name or duty, or the rows fail.
pub fn add(
    store: &Store,
    id: &str,
    data: &AccountData,
    actor: &Actor,
    now: Timestamp,
) -> Result<String, AccountError> {
    check_id(id).map_err(|refused| {
        AccountError::Refused(match refused {
            IdRefused::Letters => {
                "職員IDは半角の英小文字で始まる2〜32文字（英小文字・数字・.・_・-）にしてください。"
            }
            IdRefused::Reserved => "この職員IDは使えません。別のIDにしてください。",
        })
    })?;
    check_data(data)?;
    let (code, setup) = new_setup(now);
    let added = store.write(|rows| rows.add_account(&id.into(), data, &setup, actor, now))?;
    if added {
        Ok(code)
    } else {
        Err(AccountError::Refused("この職員IDはすでにあります。別のIDにしてください。"))
    }
}

fn check_data(data: &AccountData) -> Result<(), AccountError> {
    if data.name.trim().is_empty() || !is_line(&data.name, 40) {
        return Err(AccountError::Refused("名前を40文字以内で入力してください。"));
    }
    if !is_line(&data.section, 40) {
        return Err(AccountError::Refused("所属は40文字以内で入力してください。"));
    }
    if data.duties.is_empty() {
        return Err(ChangeRefused::NoDuty.into());
    }
    Ok(())
}

/// Changes name, section and duties.
///
/// # Errors
/// The change is refused, or the rows fail.
pub fn change(
    store: &Store,
    id: &StaffId,
    data: &AccountData,
    actor: &Actor,
    now: Timestamp,
) -> Result<(), AccountError> {
    check_data(data)?;
    in_turn(store, |rows| {
        let (account, others) = account(rows, id)?;
        if account.duties != data.duties {
            check_change(&account.duties, Some(&data.duties), *id == actor.staff, others)?;
        }
        Ok(rows.change_account(id, data, actor, now)?)
    })
}

/// Lets a person in again, or shuts a leaver out at once.
///
/// # Errors
/// The change is refused, or the rows fail.
pub fn enable(
    store: &Store,
    id: &StaffId,
    enabled: bool,
    actor: &Actor,
    now: Timestamp,
) -> Result<(), AccountError> {
    in_turn(store, |rows| {
        let (account, others) = account(rows, id)?;
        if account.enabled == enabled {
            return Ok(());
        }
        if !enabled {
            check_change(&account.duties, None, *id == actor.staff, others)?;
        }
        Ok(rows.enable_account(id, enabled, actor, now)?)
    })
}

/// Takes a person's password away; the one-time code for a new one.
///
/// # Errors
/// There is no such account, or the rows fail.
pub fn reset_password(
    store: &Store,
    id: &StaffId,
    actor: &Actor,
    now: Timestamp,
) -> Result<String, AccountError> {
    let (code, setup) = new_setup(now);
    in_turn(store, |rows| {
        let (account, _) = account(rows, id)?;
        if !account.enabled {
            return Err(AccountError::Refused("停止中の職員です。先に利用を再開してください。"));
        }
        Ok(rows.reset_password(id, &setup, actor, now)?)
    })?;
    Ok(code)
}

/// Takes a person's second factor away; it is set up anew at the next log-in.
///
/// # Errors
/// There is no such account, or the rows fail.
pub fn reset_second_factor(
    store: &Store,
    id: &StaffId,
    actor: &Actor,
    now: Timestamp,
) -> Result<(), AccountError> {
    in_turn(store, |rows| {
        account(rows, id)?;
        Ok(rows.reset_second_factor(id, true, actor, now)?)
    })
}

/// Makes an account that is ready to log in, for an office that is made up.
///
/// # Errors
/// The account is refused, or the rows fail.
pub fn make_up(store: &Store, id: &str, data: &AccountData, actor: &Actor, now: Timestamp) -> Result<String> {
    if let Err(refused) = add(store, id, data, actor, now) {
        bail!("no account {id}: {refused}");
    }
    let password = secrets::code();
    let hash = secrets::hash_password(&password)?;
    store.write(|rows| rows.set_password(&id.into(), &hash, None, actor, now))?;
    Ok(password)
}

/// The account, and how many enabled administrators there are beside it.
fn account(rows: &Writer, id: &StaffId) -> Result<(Account, u32), AccountError> {
    let all = rows.accounts()?;
    let others = all
        .iter()
        .filter(|other| other.id != *id && other.enabled && other.duties.contains(&Duty::Administrator));
    let others = u32::try_from(others.count()).unwrap_or(u32::MAX);
    let account = all.into_iter().find(|account| account.id == *id);
    Ok((account.ok_or(AccountError::Refused("この職員IDはありません。"))?, others))
}

/// Runs `work` in one transaction that leaves no trace when it refuses.
fn in_turn(
    store: &Store,
    work: impl FnOnce(&Writer) -> Result<(), AccountError>,
) -> Result<(), AccountError> {
    let mut refusal = None;
    let written = store.write(|rows| match work(rows) {
        Ok(()) => Ok(()),
        Err(AccountError::Rows(error)) => Err(error),
        Err(AccountError::Refused(words)) => {
            // Nothing was written before a refusal, so that an empty commit is as good as none.
            refusal = Some(words);
            Ok(())
        }
    });
    written?;
    refusal.map_or(Ok(()), |words| Err(AccountError::Refused(words)))
}
