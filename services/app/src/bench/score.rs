//! Readings against the truth: what was accepted, what of it is wrong, what goes to people, what was not read at all.

use super::case::ExpectedPage;
use domain::message::Milliseconds;
use domain::reading::{Decision, FormReading, PageReading};
use serde::Serialize;
use std::collections::BTreeMap;

/// How values of one sort fared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Values there are.
    pub n: u64,
    /// Accepted without a person.
    pub accepted: u64,
    /// Accepted and wrong: the number that must be 0.
    pub wrong: u64,
    /// Sent to people.
    pub review: u64,
    /// On pages that were not read at all.
    pub unread: u64,
}

/// How pages fared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PageTally {
    /// Pages there are.
    pub n: u64,
    /// Slips read as the form they are.
    pub read: u64,
    /// Slips not read: unrecognised or unreadable.
    pub unread: u64,
    /// Slips read as another form: must be 0.
    pub wrong_form: u64,
    /// Foreign, blank or broken pages.
    pub foreign: u64,
    /// Foreign pages read as a form: must be 0.
    pub foreign_read: u64,
}

/// Medians over pages.
#[derive(Clone, Debug, Default, Serialize)]
pub struct FormatScore {
    /// Pages measured.
    pub n: usize,
    /// Median milliseconds.
    #[serde(flatten)]
    pub milliseconds: Milliseconds,
    /// Values of all kinds.
    pub fields: Tally,
}

/// The score of a bench.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Score {
    /// Pages.
    pub pages: PageTally,
    /// Management numbers.
    pub management_numbers: Tally,
    /// Field values by kind.
    pub kinds: BTreeMap<String, Tally>,
    /// Field values by form.
    pub forms: BTreeMap<String, Tally>,
    /// Why values went to people: kind and reason, with how many.
    pub reasons: BTreeMap<String, u64>,
    /// By file format.
    pub formats: BTreeMap<String, FormatScore>,
    /// Medians over A4 300-dpi grey JPEG, one core.
    pub milliseconds: Milliseconds,
    /// Every accepted wrong value and every page read as a wrong form, by case.
    pub faults: Vec<String>,
    /// Every slip that was not read, with the reason that people would see.
    pub unread: Vec<String>,
    #[serde(skip)]
    times: BTreeMap<String, Vec<Milliseconds>>,
    #[serde(skip)]
    jpeg_a4: Vec<Milliseconds>,
}

/// One page that was read for the bench.
pub struct Trial<'a> {
    /// Where it came from, for the list of faults.
    pub name: &'a str,
    /// Encoding of its file.
    pub format: &'a str,
    /// The truth.
    pub expected: &'a ExpectedPage,
    /// The answer.
    pub reading: &'a PageReading,
    /// The price.
    pub milliseconds: Milliseconds,
    /// Whether it is an A4 300-dpi grey page.
    pub a4_300: bool,
}

impl Tally {
    fn add(&mut self, decision: Option<Decision>, right: bool) {
        self.n += 1;
        match decision {
            None => self.unread += 1,
            Some(Decision::Review) => self.review += 1,
            Some(Decision::Accept) => {
                self.accepted += 1;
                self.wrong += u64::from(!right);
            }
        }
    }
}

impl Score {
    /// Counts one page.
    pub fn add(&mut self, trial: &Trial) {
        self.times.entry(trial.format.to_owned()).or_default().push(trial.milliseconds);
        if trial.a4_300 && trial.format == "jpeg" {
            self.jpeg_a4.push(trial.milliseconds);
        }
        self.pages.n += 1;
        let Some(form) = &trial.expected.form else {
            self.pages.foreign += 1;
            if let PageReading::Read(found) = trial.reading {
                self.pages.foreign_read += 1;
                self.faults.push(format!("{}: a foreign page was read as {}", trial.name, found.form));
            }
            return;
        };
        let found = match trial.reading {
            PageReading::Read(found) if found.form.as_str() == form => {
                self.pages.read += 1;
                Some(found.as_ref())
            }
            PageReading::Read(found) => {
                self.pages.wrong_form += 1;
                self.faults.push(format!("{}: {form} was read as {}", trial.name, found.form));
                None
            }
            PageReading::Unrecognised { reason } | PageReading::Unreadable { reason } => {
                self.pages.unread += 1;
                self.unread.push(format!("{}: {reason}", trial.name));
                None
            }
        };
        self.add_number(trial, found);
        self.add_fields(trial, form, found);
    }

    fn add_number(&mut self, trial: &Trial, found: Option<&FormReading>) {
        let Some(expected) = &trial.expected.management_number else {
            return;
        };
        let number = found.and_then(|found| found.management_number.as_ref());
        let right =
            number.and_then(|number| number.value.as_ref()).is_some_and(|value| value.reveal() == expected);
        let decision = found.map(|_| number.map_or(Decision::Review, |number| number.decision));
        self.management_numbers.add(decision, right);
        if decision == Some(Decision::Accept) && !right {
            self.faults.push(format!("{}: wrong management number accepted", trial.name));
        }
    }

    fn add_fields(&mut self, trial: &Trial, form: &str, found: Option<&FormReading>) {
        for (id, expected) in &trial.expected.fields {
            let field = found.and_then(|found| found.field(id.as_str()));
            let right = field.is_some_and(|field| field.value == *expected);
            let decision = found.map(|_| field.map_or(Decision::Review, |field| field.decision));
            let kind = field.map_or("unknown", |field| field.kind.as_str()).to_owned();
            if let Some(reason) = field.and_then(|field| field.reason.as_deref()) {
                *self.reasons.entry(format!("{kind}: {reason}")).or_default() += 1;
            }
            let format = self.formats.entry(trial.format.to_owned()).or_default();
            format.fields.add(decision, right);
            self.kinds.entry(kind).or_default().add(decision, right);
            self.forms.entry(form.to_owned()).or_default().add(decision, right);
            if decision == Some(Decision::Accept) && !right {
                self.faults.push(format!("{}: {id} accepted wrongly", trial.name));
            }
        }
    }

    /// Works out the medians; call it when every page has been added.
    pub fn finish(&mut self) {
        for (format, times) in &self.times {
            let score = self.formats.entry(format.clone()).or_default();
            score.n = times.len();
            score.milliseconds = medians(times);
        }
        self.milliseconds = medians(&self.jpeg_a4);
    }
}

fn medians(times: &[Milliseconds]) -> Milliseconds {
    let median = |stage: fn(&Milliseconds) -> f64| {
        let mut values: Vec<f64> = times.iter().map(stage).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).map_or(0.0, |value| (value * 100.0).round() / 100.0)
    };
    Milliseconds {
        decode: median(|t| t.decode),
        register: median(|t| t.register),
        read: median(|t| t.read),
        total: median(|t| t.total),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_value_counts_only_when_it_was_accepted() {
        let mut tally = Tally::default();
        tally.add(Some(Decision::Accept), true);
        tally.add(Some(Decision::Accept), false);
        tally.add(Some(Decision::Review), false);
        tally.add(None, false);
        assert_eq!(tally, Tally { n: 4, accepted: 2, wrong: 1, review: 1, unread: 1 });
    }
}
