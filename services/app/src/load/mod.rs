//! `yomitori load`: a season's mail at a given pace through real roles, and what it costs.
//!
//! A few slips are really printed, filled in and scanned; every page is one of them with a number of its own, packed as
//! the scanner would. Their residents are registered alike, so that the pages commit by themselves.

mod city;
mod leg;
mod mail;
mod outcome;
mod simulated;
mod staff;

use crate::cli::LoadArgs;
use crate::config::Config;
use crate::hub;
use crate::templates::Source;
use anyhow::{Context, Result, ensure};
use city::City;
use leg::Leg;
use outcome::Outcome;

/// Runs it.
pub fn run(config: &Config, args: &LoadArgs) -> Result<()> {
    // The forms that come with the program: every role of a run must read with the same.
    let config = &Config { templates: Source { instead: None, added: None }, ..config.clone() };
    let spare = tempfile::tempdir().context("cannot make a directory for the load")?;
    let folder = args.keep.clone().unwrap_or_else(|| spare.path().to_owned());
    hub::make_private(&folder)?;
    let city = City::found_or_made(config, &folder.join("city"), args.pages)?;
    let queues = if args.queue.is_empty() { vec![config.queue.clone()] } else { args.queue.clone() };
    let mut outcomes: Vec<Outcome> = Vec::new();
    for queue in &queues {
        for readers in &args.readers {
            let leg = Leg { config, args, city: &city, queue, readers: (*readers).max(1), folder: &folder };
            let outcome = leg.run().with_context(|| format!("the run with {readers} readers"))?;
            if args.json {
                crate::print_line(&serde_json::to_string(&outcome)?)?;
            } else {
                outcome.print()?;
            }
            outcomes.push(outcome);
        }
    }
    ensure!(outcomes.iter().all(Outcome::is_sound), "not every page became exactly one record; see above");
    Ok(())
}
