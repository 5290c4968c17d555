//! `yomitori claims bank-file`: what is locked and not paid yet, as the file that the bank takes. Each clinic-month once.

use crate::cli::BankFileArgs;
use crate::config::Config;
use crate::{hub, print_line};
use anyhow::{Context, Result, bail, ensure};
use domain::actor::Actor;
use domain::duty::Right;
use domain::ids::{ClinicCode, StaffId};
use jiff::Timestamp;
use serde_json::json;
use std::io::Write;
use store::{BankFile, BankOrder, Store};

/// Runs it. Nothing is recorded before every name can be written and all sums agree.
pub fn run(config: &Config, args: &BankFileArgs) -> Result<()> {
    ensure!(!args.reason.trim().is_empty(), "say why with --reason: the export is recorded with it");
    let store = hub::open_store(config)?;
    let actor = paymaster(&store, &args.staff)?;
    let clinic = args.clinic.as_deref().map(ClinicCode::from);
    if let Some(code) = &clinic {
        ensure!(store.read(|rows| rows.clinic(code))?.is_some(), "there is no clinic {code}");
    }
    let order = BankOrder {
        month: args.month,
        clinic: clinic.as_ref(),
        pay_on: args.pay_on,
        office: &config.payment,
        reason: args.reason.trim(),
    };
    let file = match store.write(|rows| rows.bank_file(&order, &actor, Timestamp::now()))? {
        Ok(file) => file,
        Err(refused) => {
            for line in refused.lines() {
                eprintln!("{line}");
            }
            bail!("no bank file was made");
        }
    };
    // Recorded first: should the disk be full, asking again gives the same bytes, and nobody is paid twice.
    let mut out =
        std::fs::File::create(&args.out).with_context(|| format!("cannot write {}", args.out.display()))?;
    out.write_all(&file.bytes)
        .and_then(|()| out.sync_all())
        .with_context(|| format!("cannot write {}; ask again, the same file comes", args.out.display()))?;
    told(args, &file)
}

/// An enabled account that may work on claims and take files out; a command line has no log-in, so the person is named
/// beside the account of the operating system.
fn paymaster(store: &Store, staff: &str) -> Result<Actor> {
    let id = StaffId::from(staff);
    let account = store.read(|rows| rows.account(&id))?.filter(|account| account.enabled);
    let account =
        account.with_context(|| format!("there is no enabled account {staff} (yomitori users list)"))?;
    let may = |right| account.duties.iter().any(|duty| duty.may(right));
    ensure!(
        may(Right::HandleClaims) && may(Right::Export),
        "{staff} may not pay clinics: the duty `payment` is needed"
    );
    Ok(Actor::new(id, "command line"))
}

fn told(args: &BankFileArgs, file: &BankFile) -> Result<()> {
    if args.json {
        let line = json!({
            "month": args.month, "pay_on": args.pay_on, "export": file.export, "again": file.again,
            "transfers": file.transfers.len(), "bank_total": file.total, "payments_total": file.total,
            "ledger_total": file.total, "digest": file.digest, "file": args.out,
        });
        return print_line(&line.to_string());
    }
    print_line(&format!("transfers  {}", file.transfers.len()))?;
    print_line(&format!("total      {} yen (file = payments = ledger)", file.total))?;
    print_line(&format!("digest     {}", file.digest))?;
    match file.again {
        Some(first) => {
            print_line(&format!("again      the same bytes as export {first}; nothing new is paid"))
        }
        None => print_line(&format!("export     {}", file.export)),
    }
}
