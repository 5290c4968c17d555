//! Readings against the truth: what was accepted, what of it is wrong, what goes to people, what was not read at all.

use super::curve::Curves;
use super::drift::{self, Clinic};
use super::reliability::{self, Row};
use super::times::{Measured, Times};
use super::value::{NUMBER, Outcome, PageSeen, Seen};
use domain::message::Milliseconds;
use domain::reading::Decision;
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

/// How exactly simulated pages of one form were registered.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Placed {
    /// Pages there are, and pages that were registered as this form.
    pub n: u64,
    pub registered: u64,
    /// Distance of the worst corner of a page from where it lies, mm: of the middle page, of the worst page.
    pub median_mm: f64,
    pub worst_mm: f64,
    #[serde(skip)]
    off: Vec<f64>,
}

/// One file format.
#[derive(Clone, Debug, Default, Serialize)]
pub struct FormatScore {
    /// Medians, and how many pages they are taken over.
    #[serde(flatten)]
    pub times: Times,
    /// Values of all kinds.
    pub fields: Tally,
}

/// The score of a bench.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Score {
    /// Pages.
    pub pages: PageTally,
    /// Pages by form: found, and (simulated ones) how exactly.
    pub registration: BTreeMap<String, Placed>,
    /// Management numbers.
    pub management_numbers: Tally,
    /// Field values by kind.
    pub kinds: BTreeMap<String, Tally>,
    /// Field values by form.
    pub forms: BTreeMap<String, Tally>,
    /// Field values by what the scanner did.
    pub conditions: BTreeMap<String, Tally>,
    /// Why values went to people: kind and reason, with how many.
    pub reasons: BTreeMap<String, u64>,
    /// By file format.
    pub formats: BTreeMap<String, FormatScore>,
    /// Medians over A4 300-dpi grey JPEG, one core.
    pub milliseconds: Milliseconds,
    /// The whole of such a page divided by decoding alone.
    pub ratio: f64,
    /// What other thresholds would accept, and how much of it wrongly.
    pub curves: Curves,
    /// Claimed against measured probability, by field kind.
    pub reliability: BTreeMap<String, Vec<Row>>,
    /// Clinics against the rest, the most different first.
    pub clinics: Vec<Clinic>,
    /// Every accepted wrong value and every page read as a wrong form, by case.
    pub faults: Vec<String>,
    /// Every slip that was not read, with the reason that people would see.
    pub unread: Vec<String>,
    /// Every value, for the gallery.
    #[serde(skip)]
    pub values: Vec<Seen>,
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
    pub fn add(&mut self, page: PageSeen) {
        self.pages.n += 1;
        let name = &page.name;
        match &page.outcome {
            Outcome::Read => self.pages.read += 1,
            Outcome::Unread(reason) => {
                self.pages.unread += 1;
                self.unread.push(format!("{name}: {reason}"));
            }
            Outcome::WrongForm(form) => {
                self.pages.wrong_form += 1;
                self.faults.push(format!("{name}: was read as {form}"));
            }
            Outcome::Foreign => self.pages.foreign += 1,
            Outcome::ForeignRead(form) => {
                self.pages.foreign += 1;
                self.pages.foreign_read += 1;
                self.faults.push(format!("{name}: a foreign page was read as {form}"));
            }
        }
        if let Some(form) = &page.form {
            let placed = self.registration.entry(form.clone()).or_default();
            placed.n += 1;
            placed.registered += u64::from(page.outcome == Outcome::Read);
            placed.off.extend(page.off_mm);
        }
        for value in page.values {
            self.add_value(&value);
            self.values.push(value);
        }
    }

    fn add_value(&mut self, value: &Seen) {
        let count = |tally: &mut Tally| tally.add(value.decision, value.right);
        if value.kind == NUMBER {
            count(&mut self.management_numbers);
        } else {
            count(self.kinds.entry(value.kind.clone()).or_default());
            count(self.forms.entry(value.form.clone()).or_default());
            count(self.conditions.entry(value.condition.clone()).or_default());
            count(&mut self.formats.entry(value.format.clone()).or_default().fields);
        }
        if let Some(reason) = &value.reason {
            *self.reasons.entry(format!("{}: {reason}", value.kind)).or_default() += 1;
        }
        if value.decision == Some(Decision::Accept) && !value.right {
            self.faults.push(format!("{}: {} accepted wrongly", value.case, value.field));
        }
    }

    /// Works out what needs all pages; call it when every page has been added.
    pub fn finish(&mut self, measured: Measured) {
        for placed in self.registration.values_mut() {
            placed.off.sort_unstable_by(f64::total_cmp);
            placed.median_mm = placed.off.get(placed.off.len() / 2).copied().unwrap_or_default();
            placed.worst_mm = placed.off.last().copied().unwrap_or_default();
        }
        for (format, times) in measured.formats {
            self.formats.entry(format).or_default().times = times;
        }
        self.milliseconds = measured.jpeg_a4.milliseconds;
        self.ratio = measured.jpeg_a4.ratio;
        let fields: Vec<Seen> = self.values.iter().filter(|value| value.kind != NUMBER).cloned().collect();
        self.curves = Curves::of(&fields);
        self.reliability = reliability::tables(&self.values);
        self.clinics = drift::clinics(&fields);
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
