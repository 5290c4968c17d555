//! What a run came to.

use super::staff::Usage;
use anyhow::Result;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// The queue's engine.
    pub queue: String,
    /// Reader processes, or simulated readers.
    pub readers: u16,
    /// Whether the readers were simulated.
    pub simulated: bool,
    /// Threads of each.
    pub threads: u16,
    /// Cores that all roles shared; 0 for all there are.
    pub cores: u16,
    /// Pages of the run.
    pub pages: u64,
    /// Pages fed a minute; 0 for all at once.
    pub per_minute: u32,
    /// From the first file in the inbox to the last page handled, s; only what this process saw of a run that goes on.
    pub seconds: f64,
    /// Pages handled a second, in that time.
    pub pages_per_second: f64,
    /// Pages that went to a person, and records.
    pub in_review: u64,
    /// Entries that stand.
    pub records: u64,
    /// What the rows find wrong among themselves.
    pub imbalances: Vec<String>,
    /// Most pages that waited for the machine at one moment, and whether intake held back for it.
    pub most_waiting: u64,
    /// How long intake held back, s.
    pub held_back_seconds: f64,
    /// Memory by role.
    pub memory: BTreeMap<String, Memory>,
    /// CPU by role; `load` is this process (feeding, watching, simulated readers), `others` everything else on the
    /// machine, a broker too.
    pub cpu: BTreeMap<String, Cpu>,
}

/// Resident memory of a role with its children, MB of 1,048,576 bytes.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Memory {
    /// When the first thousand pages were handled.
    pub after_1000_mb: f64,
    /// At half of the pages.
    pub half_way_mb: f64,
    /// At the end.
    pub end_mb: f64,
    /// The most that was seen.
    pub most_mb: f64,
}

/// CPU of a role.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Cpu {
    /// For one page, ms.
    pub ms_a_page: f64,
    /// Share of one core, over the run.
    pub of_a_core: f64,
}

impl Outcome {
    /// Whether every page became exactly one record.
    pub fn is_sound(&self) -> bool {
        self.records + self.in_review == self.pages && self.imbalances.is_empty()
    }

    /// Notes what the roles hold with `handled` pages done.
    pub fn sample(&mut self, handled: u64, usage: &BTreeMap<String, Usage>) {
        for (role, usage) in usage {
            let mb = (usage.memory as f64 / 1_048_576.0 * 10.0).round() / 10.0;
            let memory = self.memory.entry(role.clone()).or_default();
            if handled >= 1000 && memory.after_1000_mb == 0.0 {
                memory.after_1000_mb = mb;
            }
            if handled * 2 >= self.pages && memory.half_way_mb == 0.0 {
                memory.half_way_mb = mb;
            }
            memory.end_mb = mb;
            memory.most_mb = memory.most_mb.max(mb);
        }
    }

    /// Prints it for people.
    ///
    /// # Errors
    /// When standard output is gone.
    pub fn print(&self) -> Result<()> {
        let kind = if self.simulated { "simulated readers" } else { "reader processes" };
        crate::print_line(&format!(
            "{}: {} {kind}, {} pages in {:.1} s = {:.1} pages/s; {} records, {} for people",
            self.queue,
            self.readers,
            self.pages,
            self.seconds,
            self.pages_per_second,
            self.records,
            self.in_review
        ))?;
        crate::print_line(&format!(
            "  at most {} pages waited; intake held back for {:.0} s",
            self.most_waiting, self.held_back_seconds
        ))?;
        for (role, memory) in &self.memory {
            let cpu = self.cpu.get(role).copied().unwrap_or_default();
            crate::print_line(&format!(
                "  {role:<12} {:>6.1} MB after 1,000 pages, {:>6.1} half-way, {:>6.1} at the end, {:>6.1} at most; \
                 {:>6.1} ms a page, {:>4.2} of a core",
                memory.after_1000_mb,
                memory.half_way_mb,
                memory.end_mb,
                memory.most_mb,
                cpu.ms_a_page,
                cpu.of_a_core
            ))?;
        }
        for name in ["load", "others"] {
            let Some(cpu) = self.cpu.get(name) else { continue };
            crate::print_line(&format!(
                "  {name:<12} {:.1} ms a page, {:.2} of a core",
                cpu.ms_a_page, cpu.of_a_core
            ))?;
        }
        for imbalance in &self.imbalances {
            crate::print_line(&format!("  imbalance: {imbalance}"))?;
        }
        Ok(())
    }
}
