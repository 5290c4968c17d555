//! `yomitori bench`: how right, how automatic, how fast; on shipped samples and on simulated mail.

mod case;
mod gather;
mod score;
mod simulate;

use crate::cli::BenchArgs;
use crate::config::Config;
use crate::engine::{Engine, Page};
use crate::templates;
use anyhow::Result;
use case::{Case, ExpectedPage};
use domain::reading::PageReading;
use score::{Score, Tally, Trial};

/// Runs it: the samples of a folder, simulated pages, or both; without either, the samples beside the program's source.
pub fn run(config: &Config, args: &BenchArgs) -> Result<()> {
    let forms = templates::forms(config.templates.as_deref())?;
    if let Some(folder) = &args.write_samples {
        return gather::write(&forms, folder, args.seed);
    }
    let mut engine = Engine::with(templates::templates(forms.clone())?)?;
    let mut score = Score::default();
    let here = std::path::PathBuf::from("samples");
    let samples = args.samples.clone().or_else(|| (args.simulate == 0 && here.is_dir()).then_some(here));
    if let Some(folder) = &samples {
        for (name, case, bytes) in case::load(folder)? {
            try_case(&mut engine, &mut score, &name, &case, &bytes)?;
        }
    }
    let simulated = if samples.is_none() && args.simulate == 0 { 60 } else { args.simulate };
    simulate::each(&forms, simulated, args, &mut |name, case, bytes| {
        try_case(&mut engine, &mut score, name, case, bytes)
    })?;
    score.finish();
    if args.json { crate::print_line(&serde_json::to_string(&score)?) } else { print(&score) }
}

fn try_case(engine: &mut Engine, score: &mut Score, name: &str, case: &Case, bytes: &[u8]) -> Result<()> {
    let mut read = 0;
    engine.read_file(bytes, &mut |number, page| {
        read = number as usize;
        if let Some(expected) = case.pages.get(read - 1) {
            score.add(&trial(&format!("{name} p.{number}"), case, expected, &page));
        }
        Ok(())
    })?;
    // Pages that never came out of a file are pages that were not read.
    let reading = PageReading::Unreadable { reason: "missing".to_owned() };
    let lost = Page { reading, milliseconds: Default::default(), size_px: [0, 0] };
    for expected in case.pages.iter().skip(read) {
        score.add(&trial(name, case, expected, &lost));
    }
    Ok(())
}

fn trial<'a>(name: &'a str, case: &'a Case, expected: &'a ExpectedPage, page: &'a Page) -> Trial<'a> {
    let [width, height] = page.size_px;
    Trial {
        name,
        format: &case.format,
        expected,
        reading: &page.reading,
        milliseconds: page.milliseconds,
        // 2480 x 3508 pixels; scanners cut a few.
        a4_300: width.abs_diff(2480) < 40 && height.abs_diff(3508) < 40,
    }
}

fn print(score: &Score) -> Result<()> {
    let pages = &score.pages;
    crate::print_line(&format!(
        "pages       {}: slips read {}, not read {}, read as another form {}; foreign {}, of them read as a form {}",
        pages.n, pages.read, pages.unread, pages.wrong_form, pages.foreign, pages.foreign_read
    ))?;
    crate::print_line("            n  accepted  wrong among them  to people  on unread pages")?;
    line("number", &score.management_numbers)?;
    for (kind, tally) in &score.kinds {
        line(kind, tally)?;
    }
    for (form, tally) in &score.forms {
        line(form, tally)?;
    }
    crate::print_line("milliseconds a page (medians): decode, register, read, total; accepted, wrong")?;
    for (format, of) in &score.formats {
        let t = &of.milliseconds;
        let (accepted, wrong) = (of.fields.accepted, of.fields.wrong);
        crate::print_line(&format!(
            "{format:<10} {:>6} pages {:>7.1} {:>7.1} {:>7.1} {:>7.1}   {accepted}/{} wrong {wrong}",
            of.n, t.decode, t.register, t.read, t.total, of.fields.n
        ))?;
    }
    for (reason, count) in &score.reasons {
        crate::print_line(&format!("to people {count:>6}  {reason}"))?;
    }
    for page in &score.unread {
        crate::print_line(&format!("unread {page}"))?;
    }
    for fault in &score.faults {
        crate::print_line(&format!("FAULT {fault}"))?;
    }
    Ok(())
}

fn line(name: &str, tally: &Tally) -> Result<()> {
    crate::print_line(&format!(
        "{name:<18} {:>6} {:>6} {:>6} {:>6} {:>6}",
        tally.n, tally.accepted, tally.wrong, tally.review, tally.unread
    ))
}
