//! `yomitori form …`.

use crate::blanks::{self, Folder};
use crate::cli::FormCommand;
use crate::config::Config;
use crate::preview;
use crate::templates::{self, FormFile, Source};
use anyhow::{Context, Result, bail};
use domain::form::Form;
use press::{Fonts, Printer};
use std::path::{Path, PathBuf};

/// Runs it.
pub fn run(config: &Config, command: FormCommand) -> Result<()> {
    let source = &config.templates;
    match command {
        FormCommand::List { json } => list(source, json),
        FormCommand::Check { paths } => check(source, &paths),
        FormCommand::Show { id, json } => show(&templates::form(source, &id)?, json),
        FormCommand::New(args) => super::form_new::run(config, &args),
        FormCommand::Preview { id, out } => preview(source, &templates::form(source, &id)?, &out),
    }
}

fn list(source: &Source, json: bool) -> Result<()> {
    for form in templates::forms(source)? {
        if json {
            crate::print_line(&serde_json::json!({ "id": form.id, "version": form.version, "number": form.number, "title": form.title }).to_string())?;
        } else {
            crate::print_line(&format!(
                "{:02}  {:<24} v{:<3} {}",
                form.number,
                form.id.as_str(),
                form.version,
                form.title
            ))?;
        }
    }
    Ok(())
}

fn check(source: &Source, paths: &[PathBuf]) -> Result<()> {
    let files = if paths.is_empty() {
        templates::files(source)?
    } else {
        paths.iter().map(|path| templates::file(path)).collect::<Result<_>>()?
    };
    let mut mistakes = 0;
    for FormFile { name, form, folder, .. } in files {
        match form {
            Ok(form) => match blanks::pictures(&folder, &form) {
                Ok(_) => crate::print_line(&format!("ok   {name}: {} fields", form.fields.len()))?,
                Err(error) => {
                    mistakes += 1;
                    crate::print_line(&format!("bad  {name}: {error:#}"))?;
                }
            },
            Err(errors) => {
                mistakes += errors.len();
                for error in errors {
                    crate::print_line(&format!("bad  {name}, {error}"))?;
                }
            }
        }
    }
    if mistakes > 0 {
        bail!("{mistakes} mistakes; correct the lines named above and check again");
    }
    Ok(())
}

fn show(form: &Form, json: bool) -> Result<()> {
    let geometry = form.geometry();
    if json {
        return crate::print_line(&serde_json::to_string(&geometry)?);
    }
    let [w, h] = geometry.paper_mm;
    crate::print_line(&format!(
        "{}  {}  version {}, {w} x {h} mm, {} side(s)",
        geometry.id, geometry.title, geometry.version, geometry.sides
    ))?;
    for field in &geometry.fields {
        let flags =
            [(field.required, "required"), (field.critical, "critical"), (field.prefilled, "prefilled")];
        let flags: Vec<&str> = flags.into_iter().filter_map(|(on, word)| on.then_some(word)).collect();
        crate::print_line(&format!(
            "  {:<22} {:<8} {}  {}",
            field.id,
            field.kind,
            field.label,
            flags.join(" ")
        ))?;
    }
    Ok(())
}

/// All sides of the empty sheet, one PDF page each; of paper that others print, its picture with the places of the fields.
fn preview(source: &Source, form: &Form, out: &Path) -> Result<()> {
    let pdf = if form.is_third_party() {
        let blanks = blanks::pictures(&Folder::of(source, form.id.as_str()), form)?;
        preview::pdf(form, &blanks)
    } else {
        Printer::new(Fonts::find()?).preview(form)?
    };
    std::fs::write(out, pdf).with_context(|| format!("cannot write {}", out.display()))
}
