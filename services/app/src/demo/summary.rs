//! What became of the mail, and whether it adds up.

use super::mail::Dropped;
use crate::hub::Hub;
use anyhow::Result;
use domain::ids::ResidentId;
use domain::page::PageState;
use domain::reading::Value;
use simulator::answers::UNCLEAR;
use store::{Counts, Record};

/// The end of the day.
pub struct Summary {
    counts: Counts,
    imbalances: Vec<String>,
    dropped_pages: u64,
    broken_files: u64,
    duplicate_files: u64,
    lines: Vec<String>,
    truth: TruthCheck,
}

/// Committed records against what the simulated pens wrote.
#[derive(Clone, Debug, Default)]
struct TruthCheck {
    values: u64,
    wrong: u64,
    /// Form and field of each wrong value, to look for it.
    places: Vec<String>,
    wrong_numbers: u64,
}

/// Pages that the machine has done with.
pub fn handled(counts: &Counts) -> u64 {
    counts.pages.paper() - counts.pages.unhandled()
}

/// Files that arrived, in whatever state.
pub fn files(counts: &Counts) -> u64 {
    u64::from(counts.files.taken) + u64::from(counts.files.duplicate) + u64::from(counts.files.failed)
}

impl Summary {
    /// Asks the store.
    ///
    /// # Errors
    /// When the database fails.
    pub fn make(hub: &Hub, dropped: &Dropped) -> Result<Self> {
        let (counts, imbalances, envelopes) =
            hub.store.read(|rows| Ok((rows.counts()?, rows.imbalances()?, rows.envelopes()?)))?;
        let lines = envelopes.iter().map(|envelope| {
            let declared = envelope.declared.map_or("-".to_owned(), |declared| declared.to_string());
            let clinic = envelope.clinic.as_ref().map_or("(no ticket)", |clinic| clinic.as_str());
            let states: Vec<String> = PageState::ALL
                .into_iter()
                .filter(|state| envelope.counts.of(*state) > 0)
                .map(|state| format!("{} {}", state.as_str(), envelope.counts.of(state)))
                .collect();
            let note = if declared == envelope.seen().to_string() {
                ""
            } else {
                "  <- differs from the declared count"
            };
            format!(
                "  {clinic:<12} declared {declared:>3}  seen {:>3}  {}{note}",
                envelope.seen(),
                states.join(", ")
            )
        });
        Ok(Self {
            lines: lines.collect(),
            truth: check_truth(hub, dropped)?,
            counts,
            imbalances,
            dropped_pages: dropped.pages,
            broken_files: dropped.broken_files,
            duplicate_files: dropped.duplicate_files,
        })
    }

    /// Whether paper = pages, every page is handled, bad and doubled files were noticed, and the rows agree among themselves.
    pub fn adds_up(&self) -> bool {
        self.counts.pages.paper() == self.dropped_pages
            && handled(&self.counts) == self.dropped_pages
            && u64::from(self.counts.files.failed) == self.broken_files
            && u64::from(self.counts.files.duplicate) == self.duplicate_files
            && self.imbalances.is_empty()
    }

    /// Prints it.
    ///
    /// # Errors
    /// When standard output is gone.
    pub fn print(&self) -> Result<()> {
        let line = |text: String| crate::print_line(&text);
        line("pages".into())?;
        for state in PageState::ALL {
            line(format!("  {:<10} {:>6}  {}", state.as_str(), self.counts.pages.of(state), state.label()))?;
        }
        line(format!(
            "  {:<10} {:>6}  of {} dropped",
            "total",
            self.counts.pages.paper(),
            self.dropped_pages
        ))?;
        let files = &self.counts.files;
        line(format!(
            "files       taken {}, duplicate {} (of {} dropped), failed {} (of {} dropped)",
            files.taken, files.duplicate, self.duplicate_files, files.failed, self.broken_files
        ))?;
        line(format!("records     {}", self.counts.records))?;
        line("envelopes".into())?;
        for envelope in &self.lines {
            line(envelope.clone())?;
        }
        let truth = &self.truth;
        line(format!(
            "truth       {} committed values compared with what was written: {} wrong, {} wrong numbers",
            truth.values, truth.wrong, truth.wrong_numbers
        ))?;
        for place in &truth.places {
            line(format!("wrong       {place}"))?;
        }
        for imbalance in &self.imbalances {
            line(format!("imbalance   {imbalance}"))?;
        }
        line(if self.adds_up() { "The counts add up.".into() } else { "THE COUNTS DO NOT ADD UP.".into() })
    }
}

/// Compares every record with what was written on the slip of its number.
fn check_truth(hub: &Hub, dropped: &Dropped) -> Result<TruthCheck> {
    let mut check = TruthCheck::default();
    let mut found = 0;
    for truth in &dropped.truths {
        let id = ResidentId(truth.resident.clone());
        let (ledger, owner) = hub.store.read(|rows| Ok((rows.ledger(&id)?, rows.resident(&id)?)))?;
        let born = owner.map(|owner| Value::Text(owner.birth_date.reveal().to_string()));
        // The register tells a birth date whose era a clerk would ask about.
        let vouched = |value: &Value, committed: &Value| {
            *value == Value::Text(UNCLEAR.to_owned()) && born.as_ref() == Some(committed)
        };
        let number = truth.management_number.as_deref();
        let same = |record: &&Record| {
            record.stands && record.management_number.as_ref().map(|n| n.0.as_str()) == number
        };
        for record in ledger.iter().filter(same) {
            found += 1;
            for (id, value) in &truth.fields {
                if let Some(committed) = record.values.get(id) {
                    check.values += 1;
                    if committed != value && !vouched(value, committed) {
                        check.wrong += 1;
                        check.places.push(format!("{} {id}", truth.form));
                    }
                }
            }
        }
    }
    let records = u64::from(hub.store.read(|rows| rows.counts())?.records);
    check.wrong_numbers = records.saturating_sub(found);
    Ok(check)
}
