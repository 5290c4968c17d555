//! The page at a few pixels a millimetre: enough to find marks and to know printed structure,
//! for a sixteenth of the pixels.

use crate::affine::Affine;
use crate::gray::GrayPage;
use domain::geometry::PointMm;

/// Longest side of the reduced picture, pixels: between this and twice this. An A4 page then has about
/// 3 pixels a mm, and a mark of 5 mm is 15 pixels wide: its centre is found to a tenth of a millimetre.
const LONGEST_SIDE: f64 = 800.0;
/// Edge of a tile of the background, reduced pixels: about 8 mm, wider than any mark, so that a
/// tile or its neighbour always shows some paper.
const TILE: usize = 24;
/// A tile's paper is as bright as this share of its pixels is not: text covers less than a third of a tile.
const PAPER_SHARE: f64 = 0.75;
/// Most pixels in one cell: their sum must fit 16 bits.
const MAX_CELL: usize = 256;

/// A page reduced by whole factors, with the brightness of its paper.
#[derive(Debug)]
pub(super) struct Reduced {
    /// Reduced pixels across and down.
    pub width: usize,
    pub height: usize,
    /// Mean grey of each cell, rows top to bottom.
    pub pixels: Vec<u8>,
    /// Page pixels across and down in one reduced pixel.
    pub factor: [usize; 2],
    /// Brightness of the paper, one value a tile.
    paper: Vec<u8>,
    tiles_across: usize,
}

impl Reduced {
    /// Reduces `page`, whose pixels are `aspect` times as dense across as down (204x98 dpi: 2.08).
    /// `None` for a page too small to hold a form.
    pub fn new(page: &GrayPage, aspect: f64) -> Option<Self> {
        let dense = if aspect >= 1.0 { [aspect, 1.0] } else { [1.0, 1.0 / aspect] };
        let longest = (f64::from(page.width) / dense[0]).max(f64::from(page.height) / dense[1]);
        let base = (longest / LONGEST_SIDE).floor().clamp(1.0, 15.0);
        let factor = dense.map(|d| ((base * d).round() as usize).clamp(1, 16));
        let (width, height) = (page.width as usize / factor[0], page.height as usize / factor[1]);
        if width < 2 * TILE || height < 2 * TILE || factor[0] * factor[1] > MAX_CELL {
            return None;
        }
        let pixels = box_means(page, factor, width, height);
        let tiles_across = width.div_ceil(TILE);
        let paper = paper_of_tiles(&pixels, width, height);
        Some(Self { width, height, pixels, factor, paper, tiles_across })
    }

    /// Where a pixel is ink (darker than `level` times the paper around it) together with its eight
    /// neighbours: 1, else 0. Lines and strokes up to two reduced pixels wide vanish.
    pub fn solid_ink(&self, level: f64) -> Vec<u8> {
        let mut ink = vec![0u8; self.pixels.len()];
        for y in 0..self.height {
            let row = y * self.width..(y + 1) * self.width;
            let tiles = &self.paper[y / TILE * self.tiles_across..];
            let segments = self.pixels[row.clone()].chunks(TILE).zip(ink[row].chunks_mut(TILE));
            for ((from, to), &paper) in segments.zip(tiles) {
                let limit = (f64::from(paper) * level) as u8;
                for (v, out) in from.iter().zip(to) {
                    *out = u8::from(*v < limit);
                }
            }
        }
        eroded(&ink, self.width)
    }

    /// Darkness 0..=1 at `point` of the paper against the paper around it; `None` outside the picture.
    /// `map` takes paper mm to pixels of the reduced picture.
    #[inline]
    pub fn darkness(&self, map: &Affine, point: PointMm) -> Option<f32> {
        let [x, y] = map.apply(point);
        let (x, y) = (x - 0.5, y - 0.5);
        if x < 0.0 || y < 0.0 || x >= (self.width - 1) as f64 || y >= (self.height - 1) as f64 {
            return None;
        }
        let (column, row) = (x as usize, y as usize);
        let (fx, fy) = ((x - column as f64) as f32, (y - row as f64) as f32);
        let at = row * self.width + column;
        let (up, down) = (&self.pixels[at..at + 2], &self.pixels[at + self.width..at + self.width + 2]);
        let mix = |row: &[u8]| f32::from(row[0]) * (1.0 - fx) + f32::from(row[1]) * fx;
        let grey = mix(up) * (1.0 - fy) + mix(down) * fy;
        let paper = f32::from(self.paper[row / TILE * self.tiles_across + column / TILE]);
        Some((1.0 - grey / paper).clamp(0.0, 1.0))
    }

    /// The map of the full picture taken to the reduced one.
    pub fn map(&self, px_from_mm: &Affine) -> Affine {
        let [a, b, c, d, e, f] = px_from_mm.0;
        let [across, down] = self.factor.map(|n| n as f64);
        Affine([a / across, b / across, c / across, d / down, e / down, f / down])
    }

    /// Share of the picture, without its outer tenth, that is darker than `level` times the paper around it.
    pub fn ink_share(&self, level: f64) -> f64 {
        let (across, down) = (self.width / 10, self.height / 10);
        let mut count = 0u32;
        for y in down..self.height - down {
            let tiles = &self.paper[y / TILE * self.tiles_across..];
            let row = &self.pixels[y * self.width..(y + 1) * self.width];
            for x in across..self.width - across {
                count += u32::from(f64::from(row[x]) < level * f64::from(tiles[x / TILE]));
            }
        }
        f64::from(count) / ((self.width - 2 * across) * (self.height - 2 * down)) as f64
    }
}

/// The mean of every cell of `factor` pixels.
fn box_means(page: &GrayPage, factor: [usize; 2], width: usize, height: usize) -> Vec<u8> {
    let across = page.width as usize;
    let used = width * factor[0];
    let mut sums = vec![0u16; used];
    let mut pixels = vec![0u8; width * height];
    for (row, out) in pixels.chunks_exact_mut(width).enumerate() {
        let first = row * factor[1] * across;
        for (sum, &v) in sums.iter_mut().zip(&page.pixels[first..first + used]) {
            *sum = u16::from(v);
        }
        for line in 1..factor[1] {
            let start = first + line * across;
            for (sum, &v) in sums.iter_mut().zip(&page.pixels[start..start + used]) {
                // At most MAX_CELL / factor[0] * 255: no wrap happens, but a check would cost the vector unit.
                *sum = sum.wrapping_add(u16::from(v));
            }
        }
        let cell = factor[0] * factor[1];
        match factor[0] {
            1 => cell_means::<1>(&sums, out, cell),
            2 => cell_means::<2>(&sums, out, cell),
            3 => cell_means::<3>(&sums, out, cell),
            4 => cell_means::<4>(&sums, out, cell),
            5 => cell_means::<5>(&sums, out, cell),
            6 => cell_means::<6>(&sums, out, cell),
            8 => cell_means::<8>(&sums, out, cell),
            n => {
                for (out, cells) in out.iter_mut().zip(sums.chunks_exact(n)) {
                    *out = (cells.iter().map(|&v| usize::from(v)).sum::<usize>() / cell) as u8;
                }
            }
        }
    }
    pixels
}

/// Adds up `N` neighbours and divides by `cell`; `N` known at compile time makes it three times as fast.
fn cell_means<const N: usize>(sums: &[u16], out: &mut [u8], cell: usize) {
    let share = 65536 / cell as u32 + 1;
    for (out, cells) in out.iter_mut().zip(sums.as_chunks::<N>().0) {
        let sum = cells.iter().fold(0u32, |sum, &v| sum.wrapping_add(u32::from(v)));
        *out = (sum.wrapping_mul(share) >> 16).min(255) as u8;
    }
}

/// The paper's brightness in each tile: a high percentile of it and its neighbours, so that neither a mark nor a
/// black scanner border hides the paper beside it.
fn paper_of_tiles(pixels: &[u8], width: usize, height: usize) -> Vec<u8> {
    let (across, down) = (width.div_ceil(TILE), height.div_ceil(TILE));
    let mut bright = vec![0u8; across * down];
    for tile_row in 0..down {
        // Sixteen grey levels a bin are too coarse for a threshold, eight are not.
        let mut bins = vec![[0u16; 32]; across];
        // Every second pixel of every second row: a quarter of the work, the same percentile.
        for y in (tile_row * TILE..((tile_row + 1) * TILE).min(height)).step_by(2) {
            for (tile, cells) in pixels[y * width..(y + 1) * width].chunks(TILE).enumerate() {
                for &v in cells.iter().step_by(2) {
                    let bin = &mut bins[tile][usize::from(v >> 3)];
                    *bin = bin.wrapping_add(1);
                }
            }
        }
        for (tile, bins) in bins.iter().enumerate() {
            bright[tile_row * across + tile] = percentile(bins, PAPER_SHARE);
        }
    }
    spread(&bright, across, down)
}

/// The brightest of each tile and its neighbours; never below half of what the page has in the middle.
fn spread(bright: &[u8], across: usize, down: usize) -> Vec<u8> {
    let mut sorted = bright.to_vec();
    sorted.sort_unstable();
    let floor = (sorted[sorted.len() / 2] / 2).max(16);
    let mut paper = vec![floor; bright.len()];
    for y in 0..down {
        for x in 0..across {
            for row in y.saturating_sub(1)..(y + 2).min(down) {
                let near = &bright[row * across + x.saturating_sub(1)..row * across + (x + 2).min(across)];
                let brightest = near.iter().copied().max().unwrap_or(0);
                paper[y * across + x] = paper[y * across + x].max(brightest);
            }
        }
    }
    paper
}

/// The grey value below which `share` of the counted pixels lie.
fn percentile(bins: &[u16; 32], share: f64) -> u8 {
    let total: u32 = bins.iter().map(|&n| u32::from(n)).sum();
    let wanted = (f64::from(total) * share) as u32;
    let mut seen = 0;
    let bin = bins.iter().position(|&n| {
        seen += u32::from(n);
        seen > wanted
    });
    (bin.unwrap_or(31) * 8 + 4) as u8
}

/// Keeps a 1 only where all eight neighbours are 1 too.
fn eroded(ink: &[u8], width: usize) -> Vec<u8> {
    let mut out = vec![0u8; ink.len()];
    let mut column = vec![0u8; width];
    for y in 1..(ink.len() / width).saturating_sub(1) {
        let [above, here, below] = [y - 1, y, y + 1].map(|row| &ink[row * width..(row + 1) * width]);
        for (((out, a), b), c) in column.iter_mut().zip(above).zip(here).zip(below) {
            *out = a & b & c;
        }
        let inner = out[y * width + 1..(y + 1) * width - 1].iter_mut();
        for (((out, a), b), c) in inner.zip(&column).zip(&column[1..]).zip(&column[2..]) {
            *out = a & b & c;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_means_for_every_factor() {
        let mut page = GrayPage::white(1700, 1900);
        for (i, v) in page.pixels.iter_mut().enumerate() {
            *v = (i * 7 % 251) as u8;
        }
        for (aspect, factor) in [(1.0, [2, 2]), (2.0, [4, 2]), (3.4, [7, 2])] {
            let reduced = Reduced::new(&page, aspect).unwrap();
            assert_eq!(reduced.factor, factor);
            for (x, y) in [(0, 0), (17, 40), (reduced.width - 1, reduced.height - 1)] {
                let mut sum = 0;
                for dy in 0..factor[1] {
                    for dx in 0..factor[0] {
                        sum += i32::from(page.at((x * factor[0] + dx) as i64, (y * factor[1] + dy) as i64));
                    }
                }
                let mean = sum / (factor[0] * factor[1]) as i32;
                assert!((i32::from(reduced.pixels[y * reduced.width + x]) - mean).abs() <= 1);
            }
        }
    }

    #[test]
    fn thin_lines_vanish_and_solid_squares_stay_even_beside_a_black_border() {
        let mut page = GrayPage::white(900, 900);
        for y in 0..900 {
            for x in 0..900 {
                let border = x < 60;
                let square = (70..90).contains(&x) && (300..320).contains(&y);
                let line = (500..502).contains(&x);
                if border || square || line {
                    page.pixels[y * 900 + x] = 20;
                }
            }
        }
        let reduced = Reduced::new(&page, 1.0).unwrap();
        let solid = reduced.solid_ink(0.5);
        assert_eq!(solid[310 * 900 + 80], 1);
        assert_eq!(solid[310 * 900 + 500], 0);
        assert_eq!(solid[310 * 900 + 64], 0);
    }
}
