//! The score as text.

use super::curve::Point;
use super::score::{Score, Tally};
use crate::print_line;
use anyhow::Result;

/// Clinics shown at most: those that differ most.
const CLINICS: usize = 10;

/// Prints everything but the curves by form, format and condition, which only `--json` has.
pub fn print(score: &Score) -> Result<()> {
    let pages = &score.pages;
    print_line(&format!(
        "pages       {}: slips read {}, not read {}, read as another form {}; foreign {}, of them read as a form {}",
        pages.n, pages.read, pages.unread, pages.wrong_form, pages.foreign, pages.foreign_read
    ))?;
    for (form, placed) in &score.registration {
        let exactly = match placed.worst_mm > 0.0 {
            true => format!(
                "; worst corner {:.2} mm off on the middle page, {:.2} on the worst",
                placed.median_mm, placed.worst_mm
            ),
            // Nobody knows where the paper of a real scan lies.
            false => String::new(),
        };
        print_line(&format!("registered  {form}: {} of {}{exactly}", placed.registered, placed.n))?;
    }
    print_line("                        n accepted  wrong among them  to people  on unread pages")?;
    line("number", &score.management_numbers)?;
    for (name, tally) in score.kinds.iter().chain(&score.forms).chain(&score.conditions) {
        line(name, tally)?;
    }
    for (reason, count) in &score.reasons {
        print_line(&format!("to people {count:>6}  {reason}"))?;
    }
    curves(score)?;
    reliability(score)?;
    clinics(score)?;
    times(score)?;
    for page in &score.unread {
        print_line(&format!("unread {page}"))?;
    }
    for fault in &score.faults {
        print_line(&format!("FAULT {fault}"))?;
    }
    Ok(())
}

fn line(name: &str, tally: &Tally) -> Result<()> {
    print_line(&format!(
        "{name:<18} {:>6} {:>6} {:>6} {:>6} {:>6}",
        tally.n, tally.accepted, tally.wrong, tally.review, tally.unread
    ))
}

fn curves(score: &Score) -> Result<()> {
    print_line("threshold moved: share accepted % / wrong among them")?;
    let cells = |points: &[Point], cell: &dyn Fn(&Point) -> String| -> String {
        points.iter().map(|point| format!(" {:>12}", cell(point))).collect()
    };
    print_line(&format!("{:<18}{}", "", cells(&score.curves.all, &|point| point.threshold.to_string())))?;
    let all = ("all".to_owned(), score.curves.all.clone());
    for (kind, points) in std::iter::once((&all.0, &all.1)).chain(&score.curves.kind) {
        let share = |point: &Point| format!("{:.1} / {}", 100.0 * point.automation, point.wrong);
        print_line(&format!("{kind:<18}{}", cells(points, &share)))?;
    }
    Ok(())
}

fn reliability(score: &Score) -> Result<()> {
    print_line("claimed probability     n    claimed  measured right [95 % interval]")?;
    for (kind, rows) in &score.reliability {
        for row in rows {
            let [low, high] = row.measured_95;
            let verdict = if row.claims_too_much() { "  CLAIMS TOO MUCH" } else { "" };
            print_line(&format!(
                "{kind:<10} {:>6} – {:<6} {:>5}  {:.5}  {:.5} [{low:.5}, {high:.5}]{verdict}",
                row.from, row.to, row.n, row.claimed, row.measured
            ))?;
        }
    }
    Ok(())
}

fn clinics(score: &Score) -> Result<()> {
    if score.clinics.is_empty() {
        return Ok(());
    }
    print_line("clinics that differ most: values, mean confidence / of the rest, to people % / of the rest")?;
    for clinic in score.clinics.iter().take(CLINICS) {
        let verdict = if clinic.stands_out { "  STANDS OUT" } else { "" };
        print_line(&format!(
            "{:<12} {:>5}  {:.4} / {:.4}  {:>5.1} / {:.1}  {:+.1} standard errors{verdict}",
            clinic.clinic,
            clinic.n,
            clinic.mean_confidence,
            clinic.mean_confidence_of_the_rest,
            100.0 * clinic.review_share,
            100.0 * clinic.review_share_of_the_rest,
            clinic.standard_errors
        ))?;
    }
    Ok(())
}

fn times(score: &Score) -> Result<()> {
    print_line(
        "milliseconds a page (medians, one thread)  decode register    read   total  total/decode  accepted, wrong",
    )?;
    for (format, of) in &score.formats {
        let t = &of.times.milliseconds;
        let (accepted, wrong) = (of.fields.accepted, of.fields.wrong);
        print_line(&format!(
            "{format:<10} {:>6} pages {:>30.1} {:>8.1} {:>7.1} {:>7.1} {:>10.2}    {accepted}/{} wrong {wrong}",
            of.times.n, t.decode, t.register, t.read, t.total, of.times.ratio, of.fields.n
        ))?;
    }
    let t = &score.milliseconds;
    print_line(&format!(
        "A4 300 dpi grey JPEG {:>30.1} {:>8.1} {:>7.1} {:>7.1} {:>10.2}",
        t.decode, t.register, t.read, t.total, score.ratio
    ))
}
