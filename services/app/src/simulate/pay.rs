//! The office's way with a claim: everything that was found is decided, two people confirm, the bank is handed its file.

use super::write::{Office, account};
use anyhow::{Result, anyhow, bail, ensure};
use domain::actor::Actor;
use domain::claim::{ClaimReason, ClaimStep, ClinicMonth, SlipDecision, SlipKey};
use domain::month::Month;
use domain::yen::Yen;
use domain::zengin::{LineEnds, Payer, PaymentOffice};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeMap;
use store::{BankOrder, ClaimFile, Rulebook, StepTaken};

/// Decides what was found on slips and lines, confirms by two people, and so locks.
pub fn settle(office: &Office, rulebook: &Rulebook, file: &ClaimFile, now: Timestamp) -> Result<()> {
    let of = &file.report.of;
    let clerk = Actor::new("clerk", "simulation");
    let step = |step: ClaimStep, actor: &Actor| take(office, rulebook, of, step, actor, now);
    let mut steps = 0;
    for slip in file.report.slips.iter().filter(|slip| slip.must_be_decided()) {
        steps += 1;
        let (reason, words) = (ClaimReason::Other, "試算".to_owned());
        let decision = match steps % 2 {
            0 => SlipDecision::Return { reason, words },
            _ => SlipDecision::Cut { reason, words },
        };
        step(ClaimStep::Decide { slip: slip.slip.key.clone(), decision, seen: None }, &clerk)?;
    }
    for line in file.settlement.unsettled(&file.report) {
        steps += 1;
        step(ClaimStep::SettleLine { line, words: "票の枚数による".into(), seen: None }, &clerk)?;
    }
    // Both confirm what stands after all decisions.
    let digest = match steps {
        0 => file.digest.clone(),
        _ => office.store.read(|rows| rows.claim_file(of, rulebook))?.digest,
    };
    for person in ["clerk", "second"] {
        step(ClaimStep::Confirm { digest: digest.clone() }, &Actor::new(person, "simulation"))?;
    }
    Ok(())
}

fn take(
    office: &Office,
    rulebook: &Rulebook,
    of: &ClinicMonth,
    step: ClaimStep,
    actor: &Actor,
    now: Timestamp,
) -> Result<()> {
    match office.store.write(|rows| rows.take_step(of, step, rulebook, actor, now))? {
        StepTaken::Done { .. } => Ok(()),
        StepTaken::Refused(refused) => Err(anyhow!("{} {}: {}", of.clinic, of.month, refused.text())),
    }
}

/// What the bank's file of a month comes to, read from its bytes, and what the payments come to.
pub fn bank(office: &Office, month: Month, pay_on: Date, now: Timestamp) -> Result<(Yen, Yen)> {
    let account = account("7654321".into(), "ﾖﾐﾄﾘｼ".into());
    let payer = Payer { code: "0123456789".into(), account };
    let treasury = PaymentOffice { payer: Some(payer), ends: LineEnds::None, letterhead: Vec::new() };
    let order = BankOrder { month, clinic: None, pay_on, office: &treasury, reason: "試算" };
    let actor = Actor::new("clerk", "simulation");
    let file = match office.store.write(|rows| rows.bank_file(&order, &actor, now))? {
        Ok(file) => file,
        Err(refused) => bail!("no bank file of {month}: {}", refused.lines().join(" ")),
    };
    let again = office.store.write(|rows| rows.bank_file(&order, &actor, now))?;
    ensure!(
        again.is_ok_and(|again| again.bytes == file.bytes),
        "the bank file of {month} did not come again"
    );
    let ledger = office.store.read(|rows| rows.month_payments(month, None))?;
    Ok((Yen(transferred(&file.bytes)?), ledger.iter().map(|payment| payment.row.amount).sum()))
}

/// The amounts of the data records, added up.
fn transferred(bytes: &[u8]) -> Result<i64> {
    let mut sum = 0;
    for record in bytes.chunks(120).filter(|record| record.first() == Some(&b'2')) {
        let digits = record.get(80..90).and_then(|digits| std::str::from_utf8(digits).ok());
        sum += digits
            .and_then(|digits| digits.parse::<i64>().ok())
            .ok_or_else(|| anyhow!("a record without an amount"))?;
    }
    Ok(sum)
}

/// How many acts were paid more than once. `acts` says which act a slip proves.
pub fn paid_twice(office: &Office, months: &[Month], acts: &BTreeMap<SlipKey, u32>) -> Result<u64> {
    let mut times: BTreeMap<u32, i64> = BTreeMap::new();
    for month in months {
        for payment in office.store.read(|rows| rows.month_payments(*month, None))? {
            let act = payment
                .row
                .slip
                .as_ref()
                .filter(|_| payment.row.amount > Yen::ZERO)
                .and_then(|slip| acts.get(slip));
            if let Some(act) = act {
                *times.entry(*act).or_default() += 1;
            }
        }
    }
    Ok(times.values().filter(|times| **times > 1).count() as u64)
}
