//! 筋. Dirt on the scanner's sensor draws thin straight lines along the feed, through everything: they are no ink.

use super::calibration as c;
use super::sampler::Cut;

/// Where the pixels of a picture lie on the paper.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Picture {
    /// Left and top edge, mm.
    pub origin: [f64; 2],
    /// Pixels across and down.
    pub width: usize,
    pub height: usize,
    /// Pixels per mm.
    pub ppm: f64,
}

impl Picture {
    /// The middle of pixel `at`, mm.
    pub fn mm(&self, at: usize) -> [f64; 2] {
        let (x, y) = (at % self.width, at / self.width);
        [self.origin[0] + (x as f64 + 0.5) / self.ppm, self.origin[1] + (y as f64 + 0.5) / self.ppm]
    }
}

/// The dirt lines of a region.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Streaks {
    /// Direction of the feed on the paper, length 1.
    feed: [f64; 2],
    /// Each from where to where across the feed, mm.
    lines: Vec<[f64; 2]>,
}

impl Streaks {
    /// Finds thin lines along `feed` that run through the whole picture. `open` says of a pixel whether
    /// print leaves it to be seen, `inked` whether it is dark.
    pub fn find(
        picture: Picture,
        feed: [f64; 2],
        open: impl Fn(usize) -> bool,
        inked: impl Fn(usize) -> bool,
    ) -> Self {
        let pixels = picture.width * picture.height;
        let none = Self { feed, lines: Vec::new() };
        let length = if feed[1].abs() > feed[0].abs() { picture.height } else { picture.width };
        if (0..pixels).filter(|&at| inked(at)).count() * 2 < length {
            return none;
        }
        let across = |[x, y]: [f64; 2]| feed[1] * x - feed[0] * y;
        let [x0, y0] = picture.origin;
        let (x1, y1) = (x0 + picture.width as f64 / picture.ppm, y0 + picture.height as f64 / picture.ppm);
        let ends = [[x0, y0], [x1, y0], [x0, y1], [x1, y1]].map(across);
        let low = ends.into_iter().fold(f64::MAX, f64::min);
        let high = ends.into_iter().fold(f64::MIN, f64::max);
        // A leaning line changes columns: a pixel counts as inked when its neighbour across the feed is.
        let step = if feed[1].abs() > feed[0].abs() { 1 } else { picture.width };
        let near =
            |at: usize| inked(at) || at >= step && inked(at - step) || at + step < pixels && inked(at + step);
        let mut counts = vec![(0u32, 0u32); ((high - low) * picture.ppm) as usize + 1];
        for at in (0..pixels).filter(|&at| open(at)) {
            let bin = ((across(picture.mm(at)) - low) * picture.ppm) as usize;
            if let Some(count) = counts.get_mut(bin) {
                *count = (count.0 + 1, count.1 + u32::from(near(at)));
            }
        }
        let full: Vec<bool> = counts
            .into_iter()
            .map(|(open, inked)| {
                f64::from(open) > c::STREAK_OPEN * length as f64
                    && f64::from(inked) > c::STREAK_INKED * f64::from(open)
            })
            .collect();
        let mut lines = Vec::new();
        let mut at = 0;
        for run in full.chunk_by(|a, b| a == b) {
            // Both sides are one pixel too wide, which covers the line's soft edges.
            if run[0] && run.len() as f64 - 2.0 <= c::STREAK_WIDE_MM * picture.ppm {
                lines.push([at, at + run.len()].map(|bin| low + bin as f64 / picture.ppm));
            }
            at += run.len();
        }
        Self { feed, lines }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The line over a point of the paper: how far the point is from its two sides, mm.
    pub fn cover(&self, x: f64, y: f64) -> Option<[f64; 2]> {
        let across = self.feed[1] * x - self.feed[0] * y;
        let line = self.lines.iter().find(|[low, high]| (*low..*high).contains(&across));
        line.map(|[low, high]| [across - low, high - across])
    }

    /// Paints the lines over with what lies beside them, so that strokes they cross go on.
    pub fn erase(&self, cut: &mut Cut, picture: Picture) {
        if self.is_empty() {
            return;
        }
        let old = cut.grey.clone();
        let upright = self.feed[1].abs() > self.feed[0].abs();
        let steep = if upright { self.feed[1] } else { -self.feed[0] };
        for at in 0..old.len() {
            let [x, y] = picture.mm(at);
            let Some([to_low, to_high]) = self.cover(x, y) else {
                continue;
            };
            // Towards lower and higher values across, in pixels along the rows (or columns).
            let beside = |mm: f64| {
                let pixels = (mm / steep * picture.ppm).round() as isize + mm.signum() as isize;
                let (x, y) = ((at % picture.width) as isize, (at / picture.width) as isize);
                let (x, y) = if upright { (x + pixels, y) } else { (x, y + pixels) };
                let x = x.clamp(0, picture.width as isize - 1) as usize;
                let y = y.clamp(0, picture.height as isize - 1) as usize;
                f64::from(old[y * picture.width + x])
            };
            let (low, high) = (beside(-to_low), beside(to_high));
            cut.grey[at] = ((low * to_high + high * to_low) / (to_low + to_high)).round() as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A white picture, 10 x 12 mm, with a line down at x = 4 mm that leans by `lean` mm over its height, and a
    /// cross stroke at y = 6 mm.
    fn picture(lean: f64, line: bool) -> (Cut, Picture) {
        let picture = Picture { origin: [30.0, 50.0], width: 80, height: 96, ppm: 8.0 };
        let mut cut = Cut { width: 80, height: 96, grey: vec![250; 80 * 96] };
        for y in 0..96 {
            if line {
                cut.grey[y * 80 + (32.0 + lean * 8.0 * y as f64 / 96.0) as usize] = 90;
            }
            if (46..49).contains(&y) {
                cut.grey[y * 80 + 20..y * 80 + 60].fill(30);
            }
        }
        (cut, picture)
    }

    fn streaks(cut: &Cut, picture: Picture, lean: f64) -> Streaks {
        let length = lean.hypot(12.0);
        Streaks::find(picture, [lean / length, 12.0 / length], |_| true, |at| cut.grey[at] < 200)
    }

    #[test]
    fn a_line_through_everything_goes_and_the_stroke_it_crosses_stays() {
        for lean in [0.0, 0.9, -0.9] {
            let (mut cut, place) = picture(lean, true);
            let found = streaks(&cut, place, lean);
            assert_eq!(found.lines.len(), 1);
            found.erase(&mut cut, place);
            assert!(cut.grey == picture(lean, false).0.grey, "lean {lean}");
        }
    }

    #[test]
    fn a_stroke_that_ends_is_no_streak() {
        let (mut cut, place) = picture(0.0, false);
        for y in 20..70 {
            cut.grey[y * 80 + 32] = 20;
        }
        assert!(streaks(&cut, place, 0.0).is_empty());
    }
}
