//! `yomitori bench`: how right, how automatic, how honest, how fast; on labelled samples and on simulated mail.

mod case;
mod curve;
mod drift;
mod engines;
mod gallery;
mod gather;
#[cfg(test)]
mod geometry;
mod print;
mod reliability;
mod score;
mod screens;
mod season;
mod simulate;
mod times;
mod value;
mod work;

use crate::cli::BenchArgs;
use crate::config::Config;
use crate::engine::Engine;
use crate::templates;
use anyhow::{Context, Result};
use gallery::Gallery;
use indicatif::{ProgressBar, ProgressStyle};
use score::Score;
use times::Kept;
use work::{Job, Work};

/// Runs it: the samples of a folder, simulated pages, or both; without either, the samples beside the program's source.
pub fn run(config: &Config, args: &BenchArgs) -> Result<()> {
    if let Some(pages) = args.engines {
        return engines::run(config, pages as usize, args);
    }
    let forms = templates::forms(&config.templates)?;
    let templates = templates::templates(&config.templates, forms.clone())?;
    if args.screens.is_some() {
        return screens::run(config, &templates, args);
    }
    if let Some(folder) = &args.write_samples {
        return gather::write(&templates, &args.form, folder, args.seed);
    }
    let here = std::path::PathBuf::from("samples");
    let samples = args.samples.clone().or_else(|| (args.simulate == 0 && here.is_dir()).then_some(here));
    let simulated = if samples.is_none() && args.simulate == 0 { 60 } else { args.simulate };
    let gallery = args.gallery.as_deref().map(|folder| Gallery::new(folder, &forms)).transpose()?;
    let work = Work { templates: &templates, forms: &forms, gallery: gallery.as_ref() };
    let cases = samples.as_deref().map(case::load).transpose()?.unwrap_or_default();
    let bar = ProgressBar::new(cases.len() as u64 + u64::from(simulated));
    bar.set_style(ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} files, {eta} left")?);
    bar.set_message("reading");
    let mut kept = Kept::default();
    let source = |send: &mut dyn FnMut(Job) -> Result<()>| {
        for (name, case, bytes) in cases {
            kept.offer(&case.format, &bytes);
            send(Job { name, case, bytes })?;
        }
        simulate::each(&templates, simulated, args, &mut |name, case, bytes| {
            kept.offer(&case.format, bytes);
            send(Job { name: name.to_owned(), case: case.clone(), bytes: bytes.to_vec() })
        })
    };
    let mut score = Score::default();
    for page in work.read(source, &|| bar.inc(1))? {
        score.add(page);
    }
    bar.set_message("timing");
    score.finish(kept.measure(&mut Engine::with(templates.clone())?)?);
    bar.finish_and_clear();
    if let Some(gallery) = &gallery {
        gallery.write(&score.values)?;
    }
    if let Some(file) = &args.values {
        write_values(file, &score.values)?;
    }
    if args.json { crate::print_line(&serde_json::to_string(&score)?) } else { print::print(&score) }
}

/// One JSON line a value.
fn write_values(file: &std::path::Path, values: &[value::Seen]) -> Result<()> {
    let lines: Result<Vec<String>, _> = values.iter().map(serde_json::to_string).collect();
    std::fs::write(file, lines?.join("\n")).with_context(|| format!("cannot write {}", file.display()))
}
