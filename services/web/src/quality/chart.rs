//! The weekly chart: where the share of errors lies, with its interval, on a scale of powers of ten.

use super::figures::{grouped, machine, share};
use crate::words::japan;
use domain::share::Estimate;
use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, ToSpan};
use std::collections::BTreeMap;
use store::screens::SettledSample;

/// Size of the drawing and its margins, in its own units (pixels at usual size).
const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 64.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 34.0;
/// The scale: shares from 0.3 in ten thousand (drawn as nothing) up to all of them.
const LOWEST: f64 = 0.3e-4;
/// Most week labels that fit side by side.
const LABELS: usize = 13;

/// The chart.
pub struct Chart {
    /// `0 0 w h`.
    pub view: String,
    /// Lines of the scale.
    pub scale: Vec<Scale>,
    /// Weeks with samples.
    pub weeks: Vec<Week>,
    /// Week labels.
    pub labels: Vec<(String, String)>,
    /// The right end of the scale's lines.
    pub right: String,
    /// Where labels of weeks stand.
    pub foot: String,
}

/// One line of the scale.
pub struct Scale {
    /// Place.
    pub y: String,
    /// So many of ten thousand.
    pub label: String,
}

/// One week.
pub struct Week {
    /// Middle.
    pub x: String,
    /// The estimate's place.
    pub y: String,
    /// Ends of the interval.
    pub low: String,
    /// Upper one.
    pub high: String,
    /// What it says, for the pointer and for screen readers.
    pub words: String,
    /// Whether an error was found.
    pub found: bool,
}

impl Chart {
    /// The weeks from `since` to `now`.
    pub fn of(samples: &[SettledSample], since: Timestamp, now: Timestamp) -> Self {
        let mut weeks: BTreeMap<Date, Vec<&SettledSample>> = BTreeMap::new();
        for sample in samples {
            weeks.entry(monday(sample.drawn_at)).or_default().push(sample);
        }
        let all: Vec<Date> = std::iter::successors(Some(monday(since)), |day| day.checked_add(1.week()).ok())
            .take_while(|day| *day <= monday(now))
            .collect();
        let step = (WIDTH - LEFT) / all.len().max(1) as f64;
        let middle = |at: usize| LEFT + step * (at as f64 + 0.5);
        let drawn = all.iter().enumerate().filter_map(|(at, day)| {
            let estimate = machine(weeks.get(day)?.iter().copied());
            (estimate.n > 0).then(|| Week::of(*day, middle(at), &estimate))
        });
        let every = all.len().div_ceil(LABELS).max(1);
        let labels = all.iter().enumerate().filter(|(at, _)| at % every == 0);
        Self {
            view: format!("0 0 {WIDTH} {HEIGHT}"),
            scale: [1e-4, 1e-3, 1e-2, 1e-1, 1.0]
                .map(|share| Scale { y: px(y(share)), label: grouped((share * 1e4).round() as u64) })
                .into(),
            weeks: drawn.collect(),
            labels: labels
                .map(|(at, day)| (px(middle(at)), format!("{}/{}", day.month(), day.day())))
                .collect(),
            right: px(WIDTH),
            foot: px(HEIGHT - 10.0),
        }
    }
}

impl Week {
    fn of(day: Date, x: f64, estimate: &Estimate) -> Self {
        let [low, high] = estimate.interval;
        Self {
            x: px(x),
            y: px(y(estimate.share)),
            low: px(y(low)),
            high: px(y(high)),
            words: format!(
                "{}月{}日の週：抜取{}件、1万件あたり {}",
                day.month(),
                day.day(),
                estimate.n,
                share(estimate)
            ),
            found: estimate.hits > 0,
        }
    }
}

fn monday(at: Timestamp) -> Date {
    let day = at.to_zoned(japan()).date();
    let back = day.weekday().since(Weekday::Monday);
    day.checked_sub(i64::from(back).days()).unwrap_or(day)
}

/// The height of a share: powers of ten from the bottom up.
fn y(share: f64) -> f64 {
    let at = (share.max(LOWEST) / LOWEST).ln() / (1.0 / LOWEST).ln();
    HEIGHT - BOTTOM - at * (HEIGHT - BOTTOM - TOP)
}

fn px(at: f64) -> String {
    format!("{at:.1}")
}
