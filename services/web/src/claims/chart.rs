//! Bars: drawn here as SVG, with their numbers in words for the pointer and for screen readers.

/// Size of the drawing and its margins, in its own units (pixels at usual size).
const WIDTH: f64 = 640.0;
const LEFT: f64 = 52.0;
const TOP: f64 = 18.0;
const FOOT: f64 = 26.0;
const HEIGHT: f64 = 220.0;
/// Of the room of a bar, what the bar takes.
const FILLED: f64 = 0.62;
/// Lines of the scale, about.
const LINES: f64 = 4.0;

/// A chart of upright bars.
pub struct Chart {
    /// `0 0 w h`.
    pub view: String,
    /// Lines of the scale: place and label.
    pub scale: Vec<(String, String)>,
    /// The bars.
    pub bars: Vec<Bar>,
    /// A line that should not be passed: place and label.
    pub limit: Option<(String, String)>,
    /// Left end of the scale's lines.
    pub left: String,
    /// Their right end.
    pub right: String,
    /// Where labels stand.
    pub foot: String,
}

/// One bar, of one or two parts.
pub struct Bar {
    /// Middle.
    pub middle: String,
    /// Left edge.
    pub x: String,
    /// Breadth.
    pub width: String,
    /// Its parts from the bottom up: top edge, height, class.
    pub parts: Vec<(String, String, &'static str)>,
    /// Where its number stands.
    pub top: String,
    /// Its number; empty for none.
    pub value: String,
    /// What it is of.
    pub label: String,
    /// All of it in words.
    pub words: String,
}

/// What one bar shows.
pub struct Given {
    /// What it is of.
    pub label: String,
    /// Amounts of its parts with their classes; `None` when nothing is known.
    pub parts: Option<Vec<(f64, &'static str)>>,
    /// As it stands above the bar.
    pub value: String,
    /// In words.
    pub words: String,
}

impl Chart {
    /// The bars of `given`, with a line at `limit`.
    pub fn of(given: Vec<Given>, limit: Option<(f64, &str)>) -> Self {
        let sum = |one: &Given| one.parts.iter().flatten().map(|(amount, _)| amount).sum::<f64>();
        let most = given.iter().map(sum).chain(limit.map(|(at, _)| at)).fold(0.0, f64::max);
        let step = step(most);
        let top = (most / step).ceil().max(1.0) * step;
        let y = |amount: f64| HEIGHT - FOOT - amount / top * (HEIGHT - FOOT - TOP);
        let room = (WIDTH - LEFT) / given.len().max(1) as f64;
        let bar = |(at, one): (usize, Given)| {
            let middle = LEFT + room * (at as f64 + 0.5);
            let mut below = 0.0;
            let parts = one.parts.iter().flatten().map(|&(amount, class)| {
                below += amount;
                (px(y(below)), px(y(0.0) - y(amount)), class)
            });
            let parts: Vec<_> = parts.collect();
            Bar {
                middle: px(middle),
                x: px(middle - room * FILLED / 2.0),
                width: px(room * FILLED),
                top: px(y(below) - 5.0),
                parts,
                value: one.value,
                label: one.label,
                words: one.words,
            }
        };
        let lines = (0..=(top / step).round() as u32).map(|at| f64::from(at) * step);
        Self {
            view: format!("0 0 {WIDTH} {HEIGHT}"),
            scale: lines.map(|amount| (px(y(amount)), told(amount))).collect(),
            limit: limit.map(|(at, label)| (px(y(at)), label.to_owned())),
            bars: given.into_iter().enumerate().map(bar).collect(),
            left: px(LEFT - 4.0),
            right: px(WIDTH),
            foot: px(HEIGHT - 8.0),
        }
    }
}

/// A round step of the scale: 1, 2 or 5 times a power of ten.
fn step(most: f64) -> f64 {
    if most <= 0.0 {
        return 1.0;
    }
    let rough = most / LINES;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|times| times * power).find(|step| *step >= rough);
    step.unwrap_or(power * 10.0)
}

fn told(amount: f64) -> String {
    if amount.fract() == 0.0 { format!("{amount:.0}") } else { format!("{amount:.1}") }
}

fn px(at: f64) -> String {
    format!("{at:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stand_on_the_ground_and_reach_the_scale() {
        let given = |amount: f64| Given {
            label: "10月".into(),
            parts: Some(vec![(amount, "one"), (amount, "two")]),
            value: String::new(),
            words: String::new(),
        };
        let chart = Chart::of(vec![given(0.0), given(20.0)], Some((30.0, "30日")));
        assert_eq!(chart.bars[0].parts[0].1, "0.0");
        // Forty of forty: both parts together reach the uppermost line.
        assert_eq!(chart.bars[1].parts[1].0, chart.scale.last().unwrap().0);
        assert_eq!(chart.scale.last().unwrap().1, "40");
        for (most, expected) in
            [(0.0, 1.0), (3.0, 1.0), (7.0, 2.0), (39.0, 10.0), (1200.0, 500.0), (1.5, 0.5)]
        {
            assert!((step(most) - expected).abs() < 1e-9, "{most}");
        }
    }
}
