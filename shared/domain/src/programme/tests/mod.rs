//! Every programme on every boundary day: who, which dose, how far apart, when, with what.

mod between;
mod doses;
mod files;
mod people;

use super::*;
use crate::lot::Lot;
use crate::personal::Personal;
use crate::resident::Resident;
use crate::sample;

/// One service; each test changes what it is about.
#[derive(Clone)]
struct Service {
    programme: &'static str,
    birth: &'static str,
    sex: Sex,
    day: &'static str,
    round: Option<u8>,
    vaccine: Option<&'static str>,
    method: Option<&'static str>,
    volume: Option<f64>,
    lot: Option<&'static str>,
    lots: Vec<Lot>,
    postponed: bool,
    history: Vec<(&'static str, Option<u8>, &'static str)>,
}

fn service(programme: &'static str, birth: &'static str, day: &'static str) -> Service {
    Service {
        programme,
        birth,
        sex: Sex::F,
        day,
        round: None,
        vaccine: None,
        method: None,
        volume: None,
        lot: None,
        lots: Vec::new(),
        postponed: false,
        history: Vec::new(),
    }
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

impl Service {
    fn round(mut self, round: u8) -> Self {
        self.round = Some(round);
        self
    }

    /// Earlier or later services of the same programme: round and day.
    fn had(mut self, past: &[(u8, &'static str)]) -> Self {
        self.history.extend(past.iter().map(|(round, day)| (self.programme, Some(*round), *day)));
        self
    }

    fn other(mut self, programme: &'static str, day: &'static str) -> Self {
        self.history.push((programme, None, day));
        self
    }

    fn judged(&self, programmes: &Programmes) -> Vec<Finding> {
        let resident =
            Resident { birth_date: Personal::new(day(self.birth)), sex: self.sex, ..sample::resident() };
        let past = |(programme, round, on): &(&str, Option<u8>, &str)| PastService {
            programme: (*programme).into(),
            round: *round,
            vaccine: None,
            day: day(on),
            page: None,
        };
        let history: Vec<PastService> = self.history.iter().map(past).collect();
        judge(
            programmes,
            &Judged {
                form: &sample::form(),
                programme: &self.programme.into(),
                round: self.round,
                vaccine: self.vaccine,
                method: self.method,
                volume: self.volume,
                lot: self.lot,
                lots: &self.lots,
                day: day(self.day),
                postponed: self.postponed,
                resident: Some(&resident),
                history: &history,
            },
        )
    }

    /// Judges by the built-in rules: a part of every sentence, in order; notices begin with `…`.
    fn says(&self, expected: &[&str]) {
        let found = self.judged(&Programmes::built_in());
        let told: Vec<String> =
            found.iter().map(|one| format!("{}{}", if one.notice { "…" } else { "" }, one.text)).collect();
        let fits = |(told, part): (&String, &&str)| match part.strip_prefix('…') {
            Some(part) => told.starts_with('…') && told.contains(part),
            None => !told.starts_with('…') && told.contains(part),
        };
        let context = format!("{} born {} on {} {:?}", self.programme, self.birth, self.day, self.history);
        assert_eq!(told.len(), expected.len(), "{context}: {told:#?}");
        assert!(told.iter().zip(expected).all(fits), "{context}: {told:#?} {expected:?}");
        assert!(
            found.iter().all(|one| one.text.ends_with('。') && !one.source.is_empty() && one.field.is_some())
        );
    }
}
