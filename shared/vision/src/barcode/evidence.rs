//! 棒の証拠. What the bars of NW-7 say digit by digit, when their place on the paper is known.
//!
//! A decoder of codes needs every bar; one blot, streak or fold and it says nothing at all. But all digits of NW-7 are
//! equally wide, so that the place of each is known beforehand and each can be compared with its ten patterns by
//! itself: what is spoilt says nothing, and the rest still bears witness. Nothing is accepted by this alone.

use crate::registered::RegisteredPage;
use domain::geometry::{PointMm, RectMm};

/// What the bars say of one digit: a probability for each; all alike where they are spoilt.
pub(crate) type Weights = [f64; 10];

/// The digits: bar, space, bar, …; a set bit is wide, highest first (JIS X 0506).
const PATTERNS: [u8; 10] = [
    0b000_0011, 0b000_0110, 0b000_1001, 0b110_0000, 0b001_0010, 0b100_0010, 0b010_0001, 0b010_0100,
    0b011_0000, 0b100_1000,
];
/// Elements of a character.
const ELEMENTS: usize = 7;
/// Wide elements of a digit, and of a start or stop character.
const WIDE_IN_DIGIT: f64 = 2.0;
const WIDE_IN_STOP: f64 = 3.0;
/// Narrow elements in a wide one: ours first, then what others print.
const RATIOS: [f64; 4] = [2.5, 2.0, 2.25, 3.0];
/// Samples along the bars, per module.
const PER_MODULE: f64 = 4.0;
/// Bands across the bars, each the mean of so many points: a blot spoils some, a streak along them all.
const BANDS: usize = 8;
const BAND_POINTS: usize = 5;
/// The bars lie at most so far from where the registration puts them, mm.
const OFF_MM: f64 = 1.0;
/// ... and are at most this much longer or shorter, share; tried in so many steps.
const STRETCH: f64 = 0.015;
const STRETCHES: i32 = 6;
/// Bars come out thicker or thinner than printed by ink, light and threshold, modules on either side.
const GAINS: [f64; 6] = [-0.5, -0.25, -0.125, 0.0, 0.125, 0.25];
/// Grey levels between paper and bars; with less there are no bars.
const CONTRAST: f64 = 30.0;
/// Independent looks at a character in one band: one a module, as blur binds what is nearer.
const LOOKS: f64 = 10.0;
/// Variance of the ink share around its pattern on a fair scan.
const VARIANCE: f64 = 0.04;
/// Mean square by which spoilt places miss every pattern.
const SPOILT_SQUARE: f64 = 0.16;
/// How often a character is spoilt in a band.
const SPOILT: f64 = 0.02;
/// Bands that count as independent: dirt and folds run across several.
const INDEPENDENT: f64 = 2.5;
/// Doubt that stays with every digit, whatever its bars say.
const FLOOR: f64 = 1e-4;
/// With fewer digits than this share told apart, the place of the bars was not found.
const TOLD: f64 = 0.25;

/// Weighs the digits in the bars of `rect`, `length` of them between a start and a stop character. `None` when no
/// bars are found there.
pub(crate) fn digits(page: &RegisteredPage, rect: RectMm, length: usize, ours: bool) -> Option<Vec<Weights>> {
    let ratios = if ours { &RATIOS[..1] } else { &RATIOS[..] };
    let fits = ratios.iter().filter_map(|&ratio| Bars::sample(page, rect, length, ratio)?.fit());
    let best = fits.min_by(|a, b| a.miss.total_cmp(&b.miss))?;
    let weights = best.weights();
    let told = weights.iter().filter(|weights| weights.iter().any(|&p| p > 0.9)).count();
    (told as f64 >= TOLD * length as f64).then_some(weights)
}

/// The ink along the bars: [`BANDS`] rows and their mean.
struct Bars {
    length: usize,
    ratio: f64,
    /// Width of a narrow element where nothing is stretched, samples.
    module: f64,
    /// Where the first bar should begin, and how far off it may be, samples.
    start: f64,
    off: f64,
    bands: Vec<Vec<f32>>,
    mean: Vec<f32>,
    /// Width over which the scan blurs an edge, samples.
    blur: f64,
}

/// Bars that were found.
struct Fit {
    bars: Bars,
    place: Place,
    miss: f64,
}

#[derive(Clone, Copy)]
struct Place {
    start: f64,
    module: f64,
    gain: f64,
}

impl Bars {
    fn sample(page: &RegisteredPage, rect: RectMm, length: usize, ratio: f64) -> Option<Self> {
        let narrow = |wide: f64| ELEMENTS as f64 + wide * (ratio - 1.0);
        // Every character but the last has a gap of one module behind it.
        let modules =
            2.0 * narrow(WIDE_IN_STOP) + length as f64 * narrow(WIDE_IN_DIGIT) + length as f64 + 1.0;
        let step = rect.w / modules / PER_MODULE;
        let margin = OFF_MM + rect.w * STRETCH;
        let columns = ((rect.w + 2.0 * margin) / step) as usize;
        let (top, down) = (rect.y + rect.h / 10.0, rect.h * 0.8);
        let mut bands = Vec::with_capacity(BANDS);
        for band in 0..BANDS {
            let ys = (0..BAND_POINTS).map(|k| (band * BAND_POINTS + k) as f64 + 0.5);
            let ys: Vec<f64> = ys.map(|k| top + down * k / (BANDS * BAND_POINTS) as f64).collect();
            let grey = |column: usize| {
                let x = rect.x - margin + (column as f64 + 0.5) * step;
                ys.iter().map(|&y| page.bilinear(PointMm::new(x, y))).sum::<f64>() / BAND_POINTS as f64
            };
            bands.push((0..columns).map(|column| grey(column) as f32).collect::<Vec<f32>>());
        }
        let mut sorted: Vec<f32> = bands.concat();
        sorted.sort_unstable_by(f32::total_cmp);
        let level = |share: f64| sorted.get((sorted.len() as f64 * share) as usize).copied();
        let (black, paper) = (level(0.1)?, level(0.9)?);
        if f64::from(paper - black) < CONTRAST {
            return None;
        }
        for grey in bands.iter_mut().flatten() {
            *grey = ((paper - *grey) / (paper - black)).clamp(-0.1, 1.1);
        }
        let mean = (0..columns).map(|x| bands.iter().map(|band| band[x]).sum::<f32>() / BANDS as f32);
        let mean = mean.collect();
        let blur = (1.3 / page.px_from_mm.mean_scale() / step).max(1.0);
        Some(Self {
            length,
            ratio,
            module: PER_MODULE,
            start: margin / step,
            off: OFF_MM / step,
            bands,
            mean,
            blur,
        })
    }

    /// Where the bars lie: the place at which every digit looks most like one of the ten.
    fn fit(self) -> Option<Fit> {
        let shifts = self.off.ceil() as i32;
        let modules = (-STRETCHES..=STRETCHES).map(|step| self.stretched(self.module, f64::from(step)));
        let coarse = modules.flat_map(|module| {
            let start = self.start;
            (-shifts..=shifts).map(move |shift| Place { start: start + f64::from(shift), module, gain: 0.0 })
        });
        let (_, coarse) = self.best(coarse)?;
        let halves = [-0.5, 0.0, 0.5];
        let fine = GAINS.into_iter().flat_map(|gain| {
            halves
                .into_iter()
                .flat_map(move |shift| halves.into_iter().map(move |stretch| (gain, shift, stretch)))
        });
        let fine = fine.map(|(gain, shift, stretch)| Place {
            start: coarse.start + shift,
            module: self.stretched(coarse.module, stretch),
            gain,
        });
        let (miss, place) = self.best(fine)?;
        Some(Fit { bars: self, place, miss })
    }

    fn stretched(&self, module: f64, steps: f64) -> f64 {
        module * (1.0 + STRETCH * steps / f64::from(STRETCHES))
    }

    fn best(&self, places: impl Iterator<Item = Place>) -> Option<(f64, Place)> {
        places.map(|place| (self.miss(&place), place)).min_by(|a, b| a.0.total_cmp(&b.0))
    }

    /// Mean square by which the best pattern of each digit misses the mean of the bands; spoilt digits count alike.
    fn miss(&self, place: &Place) -> f64 {
        let patterns = self.patterns(place);
        let least = |at: usize| {
            let squares =
                patterns.iter().map(|pattern| square(&self.mean, self.digit_at(place, at), pattern));
            squares.fold(f64::INFINITY, f64::min).min(SPOILT_SQUARE)
        };
        (0..self.length).map(least).sum::<f64>() / self.length as f64
    }

    /// Modules of a digit without its gap.
    fn digit_modules(&self) -> f64 {
        ELEMENTS as f64 + WIDE_IN_DIGIT * (self.ratio - 1.0)
    }

    /// The sample at which the `at`th digit begins.
    fn digit_at(&self, place: &Place, at: usize) -> f64 {
        let stop = ELEMENTS as f64 + WIDE_IN_STOP * (self.ratio - 1.0) + 1.0;
        place.start + place.module * (stop + at as f64 * (self.digit_modules() + 1.0))
    }

    /// The ink share of every digit's samples, half a module of gap on either side.
    fn patterns(&self, place: &Place) -> Vec<Vec<f32>> {
        let samples = ((self.digit_modules() + 1.0) * place.module).round() as usize;
        let pattern = |bits: &u8| {
            let mut edges = Vec::with_capacity(ELEMENTS / 2 + 1);
            let mut x = 0.0;
            for element in 0..ELEMENTS {
                let wide = bits >> (ELEMENTS - 1 - element) & 1 == 1;
                let w = if wide { self.ratio } else { 1.0 } * place.module;
                if element % 2 == 0 {
                    let gain = place.gain * place.module / 2.0;
                    edges.push((x - gain, x + w + gain));
                }
                x += w;
            }
            let share = |sample: usize| {
                let middle = sample as f64 + 0.5 - place.module / 2.0;
                let (from, to) = (middle - self.blur / 2.0, middle + self.blur / 2.0);
                let inked: f64 = edges.iter().map(|&(a, b)| (b.min(to) - a.max(from)).max(0.0)).sum();
                (inked / self.blur).min(1.0) as f32
            };
            (0..samples).map(share).collect()
        };
        PATTERNS.iter().map(pattern).collect()
    }
}

/// Mean square difference between `pattern` and the row, whose digit begins at `start` (the pattern half a module
/// before it, as [`Bars::patterns`] has it).
fn square(row: &[f32], start: f64, pattern: &[f32]) -> f64 {
    let first = (start - PER_MODULE / 2.0).round();
    if first < 0.0 || first as usize + pattern.len() > row.len() {
        return SPOILT_SQUARE;
    }
    let seen = &row[first as usize..first as usize + pattern.len()];
    let sum: f32 = seen.iter().zip(pattern).map(|(a, b)| (a - b) * (a - b)).sum();
    f64::from(sum) / pattern.len() as f64
}

impl Fit {
    fn weights(&self) -> Vec<Weights> {
        let patterns = self.bars.patterns(&self.place);
        (0..self.bars.length).map(|at| self.digit(at, &patterns)).collect()
    }

    /// What all bands together say of one digit.
    fn digit(&self, at: usize, patterns: &[Vec<f32>]) -> Weights {
        let start = self.bars.digit_at(&self.place, at);
        let mut log = [0.0; 10];
        for band in &self.bars.bands {
            let likelihood = |square: f64| (-square * LOOKS / (2.0 * VARIANCE)).exp();
            let spoilt = SPOILT * likelihood(SPOILT_SQUARE);
            let seen: Weights = std::array::from_fn(|d| {
                // The paper may be pulled a little within the code: each digit is looked for a sample to either side.
                let near = [-1.0, 0.0, 1.0].map(|off| square(band, start + off, &patterns[d]));
                (1.0 - SPOILT) * likelihood(near.into_iter().fold(f64::INFINITY, f64::min)) + spoilt
            });
            let all: f64 = seen.iter().sum();
            for (log, seen) in log.iter_mut().zip(seen) {
                *log += (seen / all).ln() * INDEPENDENT / BANDS as f64;
            }
        }
        let most = log.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let weights = log.map(|log| (log - most).exp());
        let all: f64 = weights.iter().sum();
        weights.map(|weight| (1.0 - FLOOR) * weight / all + FLOOR / 10.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gray::GrayPage;
    use crate::register::drawing::{Scan, code, paint};
    use domain::form::Symbology;

    const PLACE: RectMm = RectMm::new(30.0, 20.0, 44.0, 9.0);
    const NUMBER: &str = "07000000013";

    /// The likeliest digit of each place, `?` where the bars do not say.
    fn read(spoil: impl Fn(&mut GrayPage)) -> String {
        let mut paper = GrayPage::white(1440, 600);
        code(&mut paper, NUMBER, Symbology::Nw7, PLACE);
        spoil(&mut paper);
        let (page, px_from_mm) = Scan { turn_deg: 1.0, border_mm: 6.0, ..Scan::default() }.of(&paper);
        let page = RegisteredPage { page: &page, px_from_mm };
        let Some(weights) = digits(&page, PLACE, NUMBER.len(), false) else { return String::new() };
        let told = |weights: &Weights| weights.iter().position(|&p| p > 0.9);
        let letter = |digit: Option<usize>| digit.and_then(|d| char::from_digit(d as u32, 10)).unwrap_or('?');
        weights.iter().map(|weights| letter(told(weights))).collect()
    }

    #[test]
    fn whole_bars_are_told_digit_by_digit() {
        assert_eq!(read(|_| {}), NUMBER);
    }

    #[test]
    fn what_is_spoilt_says_nothing_and_the_rest_stays() {
        // A blot over the middle, a tear at the left end that takes the start character with it.
        let spoilt = read(|paper| {
            paint(paper, RectMm::new(48.0, 18.0, 7.0, 13.0), 0);
            paint(paper, RectMm::new(28.0, 18.0, 5.0, 13.0), 255);
        });
        assert_eq!(spoilt.len(), NUMBER.len(), "{spoilt}");
        for (read, truth) in spoilt.chars().zip(NUMBER.chars()) {
            assert!(read == truth || read == '?', "{spoilt}");
        }
        let told = spoilt.chars().filter(|&c| c != '?').count();
        assert!((5..=10).contains(&told), "{spoilt}");
    }

    #[test]
    fn no_bars_are_no_evidence() {
        assert_eq!(read(|paper| paint(paper, PLACE.grown(3.0), 255)), "");
        assert_eq!(read(|paper| paint(paper, PLACE.grown(3.0), 0)), "");
    }
}
