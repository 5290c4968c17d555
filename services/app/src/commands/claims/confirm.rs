//! `yomitori claims confirm` and `lock`: two people confirm, in two runs; the second locks.

use super::Office;
use crate::cli::MonthArgs;
use crate::print_line;
use anyhow::{Context, Result, bail, ensure};
use domain::actor::Actor;
use domain::claim::settlement::ClaimState;
use domain::claim::{ClaimStep, StepRefused};
use domain::duty::Right;
use domain::ids::StaffId;
use jiff::Timestamp;
use store::StepTaken;

/// Confirms every month that is meant in the name of `staff`. What the same person confirmed before, and what is locked,
/// stays as it is.
pub fn confirm(office: &Office, args: &MonthArgs, staff: &str) -> Result<()> {
    let staff = StaffId::from(staff);
    let account = office.store.read(|rows| rows.account(&staff))?;
    let account = account.with_context(|| format!("there is no account {staff}"))?;
    ensure!(account.enabled, "the account {staff} is disabled");
    ensure!(
        account.duties.iter().any(|duty| duty.may(Right::ConfirmClaims)),
        "{staff} may not confirm claims: that needs the duty `payment`"
    );
    let (actor, rulebook) = (Actor::new(staff, "command line"), office.rulebook());
    let mut left = 0;
    for row in office.month(args)? {
        if row.summary.state == ClaimState::Locked {
            continue;
        }
        let taken = office.store.write(|rows| {
            let digest = rows.claim_file(&row.of, &rulebook)?.digest;
            rows.take_step(&row.of, ClaimStep::Confirm { digest }, &rulebook, &actor, Timestamp::now())
        })?;
        let said = match taken {
            StepTaken::Done { locked: true } => "確定しました".to_owned(),
            StepTaken::Done { locked: false } => "一人目の確認をしました".to_owned(),
            StepTaken::Refused(refused) => {
                left += usize::from(refused != StepRefused::SamePerson);
                refused.text()
            }
        };
        print_line(&format!("{}  {said}", row.of.clinic))?;
    }
    if left > 0 {
        bail!("{left} clinics could not be confirmed; the lines above say why");
    }
    Ok(())
}

/// Says what is locked. Locking happens with the second confirmation, so that this only fails while one is missing.
pub fn lock(office: &Office, args: &MonthArgs) -> Result<()> {
    let (mut open, mut locked) = (0, 0);
    for row in office.month(args)? {
        let state = row.summary.state;
        if state == ClaimState::Locked {
            locked += 1;
        } else {
            open += 1;
            print_line(&format!("{}  {}", row.of.clinic, state.label()))?;
        }
    }
    if open > 0 {
        bail!("{open} clinics are not locked: two people have to confirm them (`yomitori claims confirm`)");
    }
    print_line(&format!("{locked} 医療機関がすべて確定しています"))
}
