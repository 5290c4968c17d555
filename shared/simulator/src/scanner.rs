//! Paper to pixels, as office scanners do it on good and bad days.

use crate::Rng;
use crate::canvas::Sheet;
use image::GrayImage;
use rand::RngExt;

/// How one pass through the scanner went. Everything is drawn by [`Scanner::draw`] or set by hand.
#[derive(Clone, Debug, PartialEq)]
pub struct Scanner {
    /// Dots per inch.
    pub dpi: f64,
    /// Clockwise turn, degrees.
    pub rotation_deg: f64,
    /// Fed the wrong way round.
    pub upside_down: bool,
    /// Size on the picture per size on paper, across and down.
    pub stretch: [f64; 2],
    /// Shift of the paper, mm.
    pub shift_mm: [f64; 2],
    /// Shear, mm of x per mm of y.
    pub shear: f64,
    /// Radius of the blur, pixels (standard deviation).
    pub blur: f64,
    /// Standard deviation of the noise, grey levels.
    pub noise: f64,
    /// Grey level of white paper and of black ink.
    pub levels: [f64; 2],
    /// Threshold of a 1-bit scan, grey level; `None` for grey.
    pub threshold: Option<f64>,
    /// Share of pixels that are dust, black.
    pub dust: f64,
    /// Dark one-pixel lines along the feed, as dirt on the sensor leaves them.
    pub streaks: u32,
    /// A corner that is torn off (0 top left, clockwise), with its size in mm.
    pub torn: Option<(u8, f64)>,
}

/// 状態. Kinds of days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// A well-kept scanner.
    Clean,
    /// What a mailroom sees most days.
    Everyday,
    /// What goes wrong on bad days: skew, streaks, dark or pale, torn corners.
    Rough,
}

impl Scanner {
    /// A flawless pass at `dpi`.
    pub fn perfect(dpi: f64) -> Self {
        Self {
            dpi,
            rotation_deg: 0.0,
            upside_down: false,
            stretch: [1.0, 1.0],
            shift_mm: [0.0, 0.0],
            shear: 0.0,
            blur: 0.0,
            noise: 0.0,
            levels: [255.0, 0.0],
            threshold: None,
            dust: 0.0,
            streaks: 0,
            torn: None,
        }
    }

    /// A pass under `condition`.
    pub fn draw(condition: Condition, rng: &mut Rng) -> Self {
        let (angle, off, dirt) = match condition {
            Condition::Clean => (0.3, 0.5, 0.0),
            Condition::Everyday => (1.5, 1.5, 0.3),
            Condition::Rough => (5.0, 3.0, 1.0),
        };
        let dpi = [200.0, 300.0, 300.0, 300.0, 400.0][rng.random_range(0..5)];
        let bilevel = condition != Condition::Clean && rng.random_bool(0.35);
        let stretch = 1.0 + rng.random_range(-0.006..0.006) * (0.3 + dirt);
        Self {
            dpi,
            rotation_deg: rng.random_range(-angle..angle),
            upside_down: rng.random_bool(0.1 * (0.2 + dirt)),
            stretch: [stretch, stretch * (1.0 + rng.random_range(-0.003..0.003) * dirt)],
            shift_mm: [rng.random_range(-off..off), rng.random_range(-off..off)],
            shear: rng.random_range(-0.002..0.002) * dirt,
            blur: rng.random_range(0.3..0.8 + 0.4 * dirt) * dpi / 300.0,
            noise: rng.random_range(1.0..3.0 + 8.0 * dirt),
            levels: [
                255.0 - rng.random_range(0.0..12.0 + 40.0 * dirt),
                rng.random_range(10.0..30.0 + 50.0 * dirt),
            ],
            threshold: bilevel.then(|| rng.random_range(110.0..165.0)),
            dust: if rng.random_bool(0.5) { 0.0 } else { 0.00005 * dirt },
            streaks: if rng.random_bool(0.15 * dirt) { rng.random_range(1..3) } else { 0 },
            torn: (condition == Condition::Rough && rng.random_bool(0.1))
                .then(|| (rng.random_range(0..4), rng.random_range(14.0..22.0))),
        }
    }

    /// Scans the sheet.
    pub fn scan(&self, sheet: &Sheet, rng: &mut Rng) -> GrayImage {
        let fine = sheet.px_per_mm;
        let [paper_w, paper_h] =
            [sheet.picture.width(), sheet.picture.height()].map(|px| f64::from(px) / fine);
        let scale = self.dpi / 25.4;
        let (width, height) = ((paper_w * scale).round() as u32, (paper_h * scale).round() as u32);
        // One blur for the lens and for the coarser grid together.
        let grid = if scale < fine { 0.4 * fine / scale } else { 0.0 };
        let paper = soften(&sheet.picture, grid.hypot(self.blur * fine / scale));
        let turn = self.rotation_deg.to_radians() + if self.upside_down { std::f64::consts::PI } else { 0.0 };
        let (sin, cos) = turn.sin_cos();
        // From the picture back to the paper: unshift, unturn around the middle, unshear, unstretch.
        let to_paper = |column: f64, row: f64| {
            let x = (column + 0.5) / scale - paper_w / 2.0 - self.shift_mm[0];
            let y = (row + 0.5) / scale - paper_h / 2.0 - self.shift_mm[1];
            let (x, y) = (cos * x + sin * y, -sin * x + cos * y);
            ((x - self.shear * y) / self.stretch[0] + paper_w / 2.0, y / self.stretch[1] + paper_h / 2.0)
        };
        let mut picture = GrayImage::new(width, height);
        for (row, line) in picture.as_mut().chunks_exact_mut(width as usize).enumerate() {
            let (mut x, mut y) = to_paper(0.0, row as f64);
            let (next_x, next_y) = to_paper(1.0, row as f64);
            let (dx, dy) = (next_x - x, next_y - y);
            for pixel in line {
                let torn = self.torn.is_some() && self.is_torn(x, y, paper_w, paper_h);
                *pixel = if torn { 255 } else { sample(&paper, (x * fine) as f32, (y * fine) as f32) };
                x += dx;
                y += dy;
            }
        }
        self.expose(&mut picture, rng);
        picture
    }

    /// Where a point of paper of this size lies in the picture: `[a, b, c, d, e, f]` take mm x, y to the pixels
    /// a*x + b*y + c, d*x + e*y + f; the corner of the first pixel is 0, 0.
    pub fn px_from_mm(&self, [w, h]: [f64; 2]) -> [f64; 6] {
        let turn = self.rotation_deg.to_radians() + if self.upside_down { std::f64::consts::PI } else { 0.0 };
        let (sin, cos) = turn.sin_cos();
        let scale = self.dpi / 25.4;
        let [sx, sy] = self.stretch;
        let (lean, shift) = (self.shear * sy, self.shift_mm);
        let [a, b, d, e] =
            [cos * sx, cos * lean - sin * sy, sin * sx, sin * lean + cos * sy].map(|v| v * scale);
        let c = (w / 2.0 + shift[0]) * scale - a * w / 2.0 - b * h / 2.0;
        let f = (h / 2.0 + shift[1]) * scale - d * w / 2.0 - e * h / 2.0;
        [a, b, c, d, e, f]
    }

    fn is_torn(&self, x: f64, y: f64, w: f64, h: f64) -> bool {
        let Some((corner, size)) = self.torn else {
            return false;
        };
        let from_x = if corner == 1 || corner == 2 { w - x } else { x };
        let from_y = if corner >= 2 { h - y } else { y };
        from_x + from_y < size * 1.6
    }

    /// Levels, noise, dust, streaks, threshold.
    fn expose(&self, picture: &mut GrayImage, rng: &mut Rng) {
        let [white, black] = self.levels;
        let levels: Vec<f32> =
            (0..256).map(|p| (black + (white - black) * f64::from(p) / 255.0) as f32).collect();
        let noise = self.noise_table(rng);
        let width = picture.width() as usize;
        for row in picture.as_mut().chunks_exact_mut(width) {
            let start = rng.random_range(0..NOISE_TABLE);
            for (i, pixel) in row.iter_mut().enumerate() {
                *pixel =
                    (levels[usize::from(*pixel)] + noise[(start + i) % NOISE_TABLE]).clamp(0.0, 255.0) as u8;
            }
        }
        self.dirty(picture, black as u8, rng);
        if let Some(threshold) = self.threshold {
            picture.as_mut().iter_mut().for_each(|p| *p = if f64::from(*p) < threshold { 0 } else { 255 });
        }
    }

    /// A stretch of sensor noise, grey levels; every row of the picture takes its own part of it.
    fn noise_table(&self, rng: &mut Rng) -> Vec<f32> {
        // The sum of two uniform draws is near enough to a bell: its deviation is 0.816.
        let mut draw = || (rng.random_range(-1.0..1.0f64) + rng.random_range(-1.0..1.0)) / 0.816;
        (0..NOISE_TABLE).map(|_| (draw() * self.noise) as f32).collect()
    }

    fn dirty(&self, picture: &mut GrayImage, black: u8, rng: &mut Rng) {
        let (width, height) = picture.dimensions();
        let specks = (f64::from(width) * f64::from(height) * self.dust) as usize;
        for _ in 0..specks {
            picture.get_pixel_mut(rng.random_range(0..width), rng.random_range(0..height)).0[0] = black;
        }
        for _ in 0..self.streaks {
            let column = rng.random_range(0..width);
            for row in 0..height {
                let pixel = picture.get_pixel_mut(column, row);
                pixel.0[0] = pixel.0[0].saturating_sub(90);
            }
        }
    }
}

/// Entries of the noise table: many more than a row is wide, and a prime, so that no pattern shows.
const NOISE_TABLE: usize = 65_521;

pub(crate) fn soften(picture: &GrayImage, sigma: f64) -> GrayImage {
    if sigma < 0.2 { picture.clone() } else { image::imageops::fast_blur(picture, sigma as f32) }
}

/// Bilinear; white outside.
#[inline]
fn sample(picture: &GrayImage, x: f32, y: f32) -> u8 {
    let (width, height) = picture.dimensions();
    let (x, y) = (x - 0.5, y - 0.5);
    if x < 0.0 || y < 0.0 || x >= (width - 1) as f32 || y >= (height - 1) as f32 {
        return 255;
    }
    let (x0, y0) = (x as usize, y as usize);
    let (fx, fy) = (x - x0 as f32, y - y0 as f32);
    let pixels = picture.as_raw();
    let at = y0 * width as usize + x0;
    let row = |at: usize| f32::from(pixels[at]) * (1.0 - fx) + f32::from(pixels[at + 1]) * fx;
    (row(at) * (1.0 - fy) + row(at + width as usize) * fy + 0.5) as u8
}
