//! `yomitori issue`: slips with new numbers, as one PDF and a manifest.

use crate::cli::IssueArgs;
use crate::commands::import;
use crate::config::Config;
use crate::{hub, templates};
use anyhow::{Context, Result, bail, ensure};
use domain::actor::Actor;
use domain::form::{Form, PrintSource};
use domain::ids::{ManagementNumber, ResidentId};
use domain::resident::{Resident, Sex};
use domain::wareki;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use press::{Fonts, Printer, Slip};
use serde_json::json;
use std::fmt::Write;
use std::path::Path;
use store::{ImportMode, Store};

/// Runs it. Numbers that were drawn are used up, even when printing fails afterwards: they are never given twice.
pub fn run(config: &Config, args: &IssueArgs) -> Result<()> {
    let form = templates::form(&config.templates, &args.form)?;
    ensure!(
        !form.is_third_party(),
        "{} is paper that others print: yomitori reads it, but has nothing to issue",
        form.id
    );
    ensure!(form.number_field().is_some(), "{} has no management number to issue", form.id);
    let printer = Printer::new(Fonts::find()?);
    let bytes = std::fs::read(&args.residents)
        .with_context(|| format!("cannot read {}", args.residents.display()))?;
    let (residents, refused) = import::parse_residents(&bytes)?;
    if !refused.is_empty() {
        import::report(&refused);
        bail!("{} lines were refused and nothing was printed; correct them and issue again", refused.len());
    }
    may_be_written(&args.out)?;
    may_be_written(&args.manifest)?;
    let store = hub::open_store(config)?;
    let (actor, now) = (import::actor(), Timestamp::now());
    store.write(|rows| rows.import_residents(&residents, ImportMode::Diff, &actor, now))?;
    let ids: Vec<ResidentId> = residents.into_iter().map(|resident| resident.id).collect();
    let slips = slips(&store, &form, &ids, &actor, now)?;
    let manifest = manifest(&form, &slips, &ids);
    let bar = ProgressBar::new(slips.len() as u64);
    bar.set_style(ProgressStyle::with_template("printing [{bar:30}] {pos}/{len} slips, {eta} left")?);
    let pdf = printer.document(&form, slips.into_iter().map(|(_, slip)| slip), &mut |done| {
        bar.set_position(done as u64)
    })?;
    bar.finish_and_clear();
    std::fs::write(&args.out, pdf).with_context(|| format!("cannot write {}", args.out.display()))?;
    std::fs::write(&args.manifest, manifest)
        .with_context(|| format!("cannot write {}", args.manifest.display()))?;
    eprintln!("{} slips: {}", ids.len(), args.out.display());
    Ok(())
}

/// Numbers are spent for good: before that, see that what they are printed into can be written.
fn may_be_written(path: &Path) -> Result<()> {
    let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
    file.map(drop).with_context(|| format!("cannot write {}; no number was used", path.display()))
}

/// Draws a number for every resident and prepares what is printed.
///
/// # Errors
/// When a resident is not in the register or the database fails.
pub fn slips(
    store: &Store,
    form: &Form,
    ids: &[ResidentId],
    actor: &Actor,
    now: Timestamp,
) -> Result<Vec<(ManagementNumber, Slip)>> {
    let numbers = store.write(|rows| rows.issue_slips(form, ids, actor, now))?;
    let slip = |(number, id): (ManagementNumber, ResidentId)| {
        let resident =
            store.read(|rows| rows.resident(&id))?.context("a resident has left the register meanwhile")?;
        Ok((number.clone(), slip(number, &resident)))
    };
    numbers.into_iter().map(slip).collect()
}

fn slip(number: ManagementNumber, resident: &Resident) -> Slip {
    let sex = match resident.sex {
        Sex::F => "女",
        Sex::M => "男",
        Sex::X => "",
    };
    // The address of a protected person is on no paper that leaves the house.
    let (postal_code, address) = if resident.protected {
        (String::new(), String::new())
    } else {
        (resident.postal_code.reveal().clone(), resident.address.reveal().clone())
    };
    Slip::numbered(number)
        .with(PrintSource::Name, resident.name.reveal().clone())
        .with(PrintSource::Kana, resident.kana.reveal().clone())
        .with(PrintSource::Address, address)
        .with(PrintSource::PostalCode, postal_code)
        .with(PrintSource::BirthDate, wareki::format(*resident.birth_date.reveal()))
        .with(PrintSource::Sex, sex)
}

/// One JSON line a slip: number, resident, form, first page in the PDF (from 1).
fn manifest(form: &Form, slips: &[(ManagementNumber, Slip)], residents: &[ResidentId]) -> String {
    let mut text = String::new();
    for (index, ((number, _), resident)) in slips.iter().zip(residents).enumerate() {
        let line = json!({
            "management_number": number.0,
            "resident_id": resident.0,
            "form": form.id,
            "page": index * usize::from(form.sides) + 1,
        });
        let _ = writeln!(text, "{line}");
    }
    text
}
