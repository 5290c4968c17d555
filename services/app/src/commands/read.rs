//! `yomitori read`: files to readings, with no database at all.

use crate::cli::ReadArgs;
use crate::config::Config;
use crate::engine::{Engine, Page};
use crate::report::PageReport;
use anyhow::{Result, bail};
use domain::reading::{Decision, PageReading};

/// Runs it. A page that cannot be read is a result; a file that is not there is a failure, after all others were read.
pub fn run(config: &Config, args: &ReadArgs) -> Result<()> {
    let mut engine = Engine::start(&config.templates)?;
    let mut missing = Vec::new();
    for file in &args.files {
        let name = file.display().to_string();
        match std::fs::read(file) {
            Err(error) => {
                eprintln!("yomitori: cannot read {name}: {error}");
                missing.push(name);
            }
            Ok(bytes) => {
                engine.read_file(&bytes, &mut |number, page| print(args.json, &name, number, &page))?
            }
        }
    }
    if !missing.is_empty() {
        bail!("{} of {} files could not be opened", missing.len(), args.files.len());
    }
    Ok(())
}

fn print(json: bool, name: &str, number: u32, page: &Page) -> Result<()> {
    if json {
        let report = PageReport::new(name, number, &page.reading, page.milliseconds);
        return crate::print_line(&serde_json::to_string(&report)?);
    }
    match &page.reading {
        PageReading::Unrecognised { reason } | PageReading::Unreadable { reason } => {
            crate::print_line(&format!("{name} p.{number}: {reason}"))
        }
        PageReading::Read(form) => {
            crate::print_line(&format!(
                "{name} p.{number}: {} ({:.0} ms)",
                form.form, page.milliseconds.total
            ))?;
            if let Some(number) = &form.management_number {
                let value = number.value.as_ref().map_or("-", |value| value.reveal());
                print_value(
                    "management_number",
                    value,
                    number.decision,
                    number.confidence,
                    number.reason.as_deref(),
                )?;
            }
            for field in &form.fields {
                let value = serde_json::to_string(&field.value)?;
                print_value(
                    field.id.as_str(),
                    &value,
                    field.decision,
                    field.confidence,
                    field.reason.as_deref(),
                )?;
            }
            Ok(())
        }
    }
}

fn print_value(
    id: &str,
    value: &str,
    decision: Decision,
    confidence: f64,
    reason: Option<&str>,
) -> Result<()> {
    let mark = if decision == Decision::Accept { ' ' } else { '?' };
    crate::print_line(&format!("  {mark} {id:<22} {value:<24} {confidence:.5}  {}", reason.unwrap_or("")))
}
