//! Milliseconds by stage, and the whole against decoding alone: one thread, nothing else running, the fastest of
//! three rounds of every page.

use crate::engine::Engine;
use anyhow::Result;
use domain::message::Milliseconds;
use domain::reading::PageReading;
use serde::Serialize;
use std::collections::BTreeMap;

/// Files of each format that are timed: medians no longer move much beyond that.
const FILES: usize = 16;
/// Rounds of a page, the fastest of which counts: the others were disturbed.
const ROUNDS: usize = 3;

/// Files kept for timing, by format.
#[derive(Default)]
pub struct Kept(BTreeMap<String, Vec<Vec<u8>>>);

/// Medians over the pages of one format that were read as a form.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Times {
    /// Pages measured.
    pub n: usize,
    /// Median milliseconds.
    #[serde(flatten)]
    pub milliseconds: Milliseconds,
    /// Median of the whole divided by decoding alone.
    pub ratio: f64,
}

/// The times of a bench.
#[derive(Default)]
pub struct Measured {
    /// By format.
    pub formats: BTreeMap<String, Times>,
    /// Of A4 pages at 300 dpi in grey JPEG.
    pub jpeg_a4: Times,
}

impl Kept {
    /// Keeps a file, if more of its format are wanted.
    pub fn offer(&mut self, format: &str, bytes: &[u8]) {
        let files = self.0.entry(format.to_owned()).or_default();
        if files.len() < FILES {
            files.push(bytes.to_vec());
        }
    }

    /// Reads what was kept again and again.
    ///
    /// # Errors
    /// When the engine breaks.
    pub fn measure(&self, engine: &mut Engine) -> Result<Measured> {
        let mut measured = Measured::default();
        let mut jpeg_a4 = Vec::new();
        for (format, files) in &self.0 {
            let mut pages = Vec::new();
            for file in files {
                pages.extend(fastest(engine, file)?);
            }
            if format == "jpeg" {
                jpeg_a4.extend(pages.iter().filter(|(_, a4_300)| *a4_300).map(|(times, _)| *times));
            }
            let times: Vec<Milliseconds> = pages.into_iter().map(|(times, _)| times).collect();
            measured.formats.insert(format.clone(), medians(&times));
        }
        measured.jpeg_a4 = medians(&jpeg_a4);
        Ok(measured)
    }
}

/// The fastest round of each page of a file that is read as a form, and whether it is A4 at 300 dpi.
fn fastest(engine: &mut Engine, file: &[u8]) -> Result<Vec<(Milliseconds, bool)>> {
    let mut best: BTreeMap<u32, (Milliseconds, bool)> = BTreeMap::new();
    for _ in 0..ROUNDS {
        engine.read_file(file, &mut |number, page| {
            if matches!(page.reading, PageReading::Read(_)) {
                let [width, height] = page.size_px;
                // 2480 x 3508 pixels; scanners cut a few.
                let a4_300 = width.abs_diff(2480) < 40 && height.abs_diff(3508) < 40;
                let best = best.entry(number).or_insert((page.milliseconds, a4_300));
                if page.milliseconds.total < best.0.total {
                    best.0 = page.milliseconds;
                }
            }
            Ok(())
        })?;
    }
    Ok(best.into_values().collect())
}

fn medians(times: &[Milliseconds]) -> Times {
    let median = |of: &dyn Fn(&Milliseconds) -> f64| {
        let mut values: Vec<f64> = times.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).map_or(0.0, |value| (value * 100.0).round() / 100.0)
    };
    let milliseconds = Milliseconds {
        decode: median(&|t| t.decode),
        register: median(&|t| t.register),
        read: median(&|t| t.read),
        total: median(&|t| t.total),
    };
    let ratio = median(&|t| if t.decode > 0.0 { t.total / t.decode } else { 0.0 });
    Times { n: times.len(), milliseconds, ratio }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_that_of_the_page_in_the_middle() {
        let page = |decode, total| Milliseconds { decode, total, ..Milliseconds::default() };
        let times = medians(&[page(10.0, 20.0), page(5.0, 20.0), page(8.0, 24.0)]);
        assert_eq!((times.n, times.milliseconds.decode, times.ratio), (3, 8.0, 3.0));
        assert_eq!(medians(&[]).ratio, 0.0);
    }
}
