//! Solid ink that could be a corner mark: connected, as wide as high, and filled like a square.

use super::reduced::Reduced;

/// Least edge of a mark, reduced pixels after thinning: below this a square and a letter look alike.
const MIN_EDGE: f64 = 3.0;
/// Greatest edge, as a share of the picture's shorter side: a mark of 10 mm on a slip of 100 mm.
const MAX_EDGE_SHARE: f64 = 0.12;
/// Variance over area of a filled square is 1/6 however it is turned (a disc has 0.159, an L has 0.3).
/// The band lets through squares with a bitten corner and ones of a few pixels.
const SPREAD: std::ops::Range<f64> = 0.150..0.185;
/// Longer over shorter axis, squared: 1.25 covers unknown pixel shapes of 204x196 dpi and stretch.
const MAX_ELONGATION: f64 = 1.25 * 1.25;
/// A mark that the edge of the picture cuts must show this share of itself: its inner edge with 1 mm behind it.
const MIN_SEEN: f64 = 0.2;
/// ... and fill this share of the rectangle around it; turned by 10 degrees it fills 0.75.
const MIN_FILL: f64 = 0.7;
/// A cut mark is believed after every whole one.
const CUT_MISFIT: f64 = 1.0;
/// Candidates kept, best first: four are wanted, and pairs of all are tried.
const MAX_CANDIDATES: usize = 48;

/// A candidate for a corner mark, in pixels of the full picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Blob {
    /// Its centre.
    pub center: [f64; 2],
    /// Edge of the square of the same area, as if pixels were square with the denser axis divided down.
    pub edge: f64,
    /// How far its shape is from a square, 0 best.
    pub misfit: f64,
}

/// Sums over the pixels of one connected piece.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    n: f64,
    x: f64,
    y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
    /// First and last column, first and last row.
    columns: [f64; 2],
    rows: [f64; 2],
}

/// A run of ink in one row.
#[derive(Clone, Copy)]
struct Run {
    start: usize,
    end: usize,
    piece: usize,
}

/// Squarish pieces of `solid` (from [`Reduced::solid_ink`]), best first.
/// `unit` is the size of a reduced pixel across and down in units of the square-pixel picture.
pub(super) fn squares(reduced: &Reduced, solid: &[u8], unit: [f64; 2]) -> Vec<Blob> {
    let shorter = (reduced.width as f64 * unit[0]).min(reduced.height as f64 * unit[1]);
    let mut found: Vec<Blob> = pieces(solid, reduced.width)
        .iter()
        .filter_map(|sums| sums.as_cut_square(reduced, unit).or_else(|| sums.as_square(reduced, unit)))
        .filter(|blob| blob.edge < MAX_EDGE_SHARE * shorter)
        .collect();
    found.sort_by(|a, b| a.misfit.total_cmp(&b.misfit));
    found.truncate(MAX_CANDIDATES);
    found
}

impl Sums {
    fn add(&mut self, run: Run, row: usize) {
        let n = (run.end - run.start) as f64;
        let first = run.start as f64;
        let (y, mean) = (row as f64, first + (n - 1.0) / 2.0);
        self.join(Sums {
            n,
            x: n * mean,
            y: n * y,
            xx: n * (mean * mean + (n * n - 1.0) / 12.0),
            yy: n * y * y,
            xy: n * mean * y,
            columns: [first, first + n - 1.0],
            rows: [y, y],
        });
    }

    fn join(&mut self, other: Sums) {
        if self.n == 0.0 {
            *self = other;
            return;
        }
        let around = |a: [f64; 2], b: [f64; 2]| [a[0].min(b[0]), a[1].max(b[1])];
        self.columns = around(self.columns, other.columns);
        self.rows = around(self.rows, other.rows);
        self.n += other.n;
        self.x += other.x;
        self.y += other.y;
        self.xx += other.xx;
        self.yy += other.yy;
        self.xy += other.xy;
    }

    fn as_square(&self, reduced: &Reduced, unit: [f64; 2]) -> Option<Blob> {
        if self.n < MIN_EDGE * MIN_EDGE {
            return None;
        }
        let (mx, my) = (self.x / self.n, self.y / self.n);
        // A pixel is a square itself: 1/12 on each axis.
        let vx = (self.xx / self.n - mx * mx + 1.0 / 12.0) * unit[0] * unit[0];
        let vy = (self.yy / self.n - my * my + 1.0 / 12.0) * unit[1] * unit[1];
        let vxy = (self.xy / self.n - mx * my) * unit[0] * unit[1];
        let area = self.n * unit[0] * unit[1];
        let spread = (vx + vy) / area;
        let (half, apart) = ((vx + vy) / 2.0, ((vx - vy) / 2.0).hypot(vxy));
        if !SPREAD.contains(&spread) || half + apart > MAX_ELONGATION * (half - apart) {
            return None;
        }
        // Thinning took about one pixel from each side; more from a turned square.
        let edge = area.sqrt() + (unit[0] + unit[1]) * 1.05;
        let [across, down] = reduced.factor.map(|n| n as f64);
        Some(Blob {
            center: [(mx + 0.5) * across, (my + 0.5) * down],
            edge,
            misfit: (spread * 6.0 - 1.0).abs() + apart / half,
        })
    }

    /// A square of which one edge of the picture cuts a part off: what is left says how large and where it is.
    fn as_cut_square(&self, reduced: &Reduced, unit: [f64; 2]) -> Option<Blob> {
        let size = [reduced.width, reduced.height].map(|n| n as f64);
        let spans = [self.columns, self.rows];
        // Thinning takes one pixel from every side, from that at the edge of the picture too.
        let at_low = [0, 1].map(|axis| spans[axis][0] <= 1.0);
        let at_high = [0, 1].map(|axis| spans[axis][1] >= size[axis] - 2.0);
        let axis = match [0, 1].map(|axis| at_low[axis] != at_high[axis]) {
            [true, false] if !at_low[1] => 0,
            [false, true] if !at_low[0] => 1,
            _ => return None,
        };
        let length = |axis: usize| spans[axis][1] - spans[axis][0] + 1.0;
        let edge = (length(1 - axis) + 2.0) * unit[1 - axis];
        let seen = (length(axis) + 2.0) * unit[axis] / edge;
        if !(MIN_SEEN..1.1).contains(&seen) || self.n < MIN_FILL * length(0) * length(1) {
            return None;
        }
        let mut center = [0, 1].map(|axis| (spans[axis][0] + spans[axis][1] + 1.0) / 2.0);
        let half = edge / unit[axis] / 2.0;
        center[axis] = if at_high[axis] { spans[axis][0] - 1.0 + half } else { spans[axis][1] + 2.0 - half };
        let [across, down] = reduced.factor.map(|n| n as f64);
        Some(Blob { center: [center[0] * across, center[1] * down], edge, misfit: CUT_MISFIT })
    }
}

/// The connected pieces (8 neighbours) of the picture of ones.
fn pieces(solid: &[u8], width: usize) -> Vec<Sums> {
    let mut parents: Vec<usize> = Vec::new();
    let mut sums: Vec<Sums> = Vec::new();
    let mut above: Vec<Run> = Vec::new();
    for (row, pixels) in solid.chunks_exact(width).enumerate() {
        let mut here = runs(pixels);
        let mut next = 0;
        for run in &mut here {
            while next < above.len() && above[next].end < run.start {
                next += 1;
            }
            run.piece = parents.len();
            for touching in above[next..].iter().take_while(|other| other.start <= run.end) {
                let root = root(&mut parents, touching.piece);
                if run.piece == parents.len() {
                    run.piece = root;
                } else if root != run.piece {
                    parents[root] = run.piece;
                    let taken = std::mem::take(&mut sums[root]);
                    sums[run.piece].join(taken);
                }
            }
            if run.piece == parents.len() {
                parents.push(run.piece);
                sums.push(Sums::default());
            }
            sums[run.piece].add(*run, row);
        }
        above = here;
    }
    sums.retain(|sums| sums.n > 0.0);
    sums
}

fn root(parents: &mut [usize], mut piece: usize) -> usize {
    while parents[piece] != piece {
        parents[piece] = parents[parents[piece]];
        piece = parents[piece];
    }
    piece
}

/// The runs of ones in a row.
fn runs(pixels: &[u8]) -> Vec<Run> {
    let mut found = Vec::new();
    let mut x = 0;
    while x < pixels.len() {
        // Most rows are empty: look at eight pixels at once.
        if let Some(eight) = pixels[x..].first_chunk::<8>()
            && u64::from_ne_bytes(*eight) == 0
        {
            x += 8;
            continue;
        }
        if pixels[x] == 0 {
            x += 1;
            continue;
        }
        let start = x;
        while x < pixels.len() && pixels[x] != 0 {
            x += 1;
        }
        found.push(Run { start, end: x, piece: usize::MAX });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gray::GrayPage;

    #[test]
    fn squares_are_found_at_any_angle_and_bars_rings_and_letters_are_not() {
        let mut page = GrayPage::white(800, 1000);
        let mut fill = |inside: &dyn Fn(f64, f64) -> bool| {
            for y in 0..1000 {
                for x in 0..800 {
                    if inside(f64::from(x) + 0.5, f64::from(y) + 0.5) {
                        page.pixels[y as usize * 800 + x as usize] = 0;
                    }
                }
            }
        };
        for (turn, at) in [(0.0f64, [100.0, 100.0]), (8.0, [300.0, 100.0]), (45.0, [500.0, 100.0])] {
            let (sin, cos) = turn.to_radians().sin_cos();
            fill(&|x, y| {
                let (dx, dy) = (x - at[0], y - at[1]);
                (dx * cos + dy * sin).abs() < 10.0 && (dy * cos - dx * sin).abs() < 10.0
            });
        }
        fill(&|x, y| (x - 100.0).abs() < 30.0 && (y - 400.0).abs() < 8.0);
        fill(&|x, y| (10.0..18.0).contains(&(x - 300.0).hypot(y - 400.0)));
        fill(&|x, y| (500.0..530.0).contains(&x) && (380.0..410.0).contains(&y) && (x < 508.0 || y > 402.0));
        let reduced = Reduced::new(&page, 1.0).unwrap();
        let found = squares(&reduced, &reduced.solid_ink(0.5), [1.0, 1.0]);
        assert_eq!(found.len(), 3, "{found:?}");
        for blob in found {
            assert!((blob.edge - 20.0).abs() < 1.5 && (blob.center[1] - 100.0).abs() < 0.3, "{blob:?}");
        }
    }
}
