//! A sheet of paper as grey pixels, and ink on it.

use domain::geometry::PointMm;
use image::GrayImage;

/// One side of a paper sheet, upright, at [`Sheet::px_per_mm`].
#[derive(Clone, Debug)]
pub struct Sheet {
    /// 0 black, 255 white.
    pub picture: GrayImage,
    /// Pixels per millimetre.
    pub px_per_mm: f64,
}

/// How ink lies: width and darkness may change along a stroke.
#[derive(Clone, Copy, Debug)]
pub struct Ink {
    /// Width of the line, mm.
    pub width_mm: f64,
    /// 0 (none) to 1 (black).
    pub darkness: f64,
    /// Share of paper grain that stays uninked, 0 (ball pen) to 0.5 (light pencil).
    pub grain: f64,
}

impl Sheet {
    /// A sheet around a picture whose pixels fill `paper_mm`.
    pub fn new(picture: GrayImage, paper_mm: [f64; 2]) -> Self {
        let px_per_mm = f64::from(picture.width()) / paper_mm[0];
        Self { picture, px_per_mm }
    }

    /// Draws a line through `points` (mm), round ends and joints.
    pub fn stroke(&mut self, points: &[PointMm], ink: Ink) {
        let step = 0.35 / self.px_per_mm;
        for pair in points.windows(2) {
            let (dx, dy) = (pair[1].x - pair[0].x, pair[1].y - pair[0].y);
            let dots = (dx.hypot(dy) / step).ceil().max(1.0);
            for i in 0..=dots as usize {
                let t = i as f64 / dots;
                self.dot(PointMm::new(pair[0].x + t * dx, pair[0].y + t * dy), ink);
            }
        }
    }

    /// One round dot of ink with an anti-aliased edge.
    fn dot(&mut self, at: PointMm, ink: Ink) {
        let radius = ink.width_mm * self.px_per_mm / 2.0;
        let (cx, cy) = (at.x * self.px_per_mm, at.y * self.px_per_mm);
        let reach = radius + 1.0;
        for y in (cy - reach).floor() as i64..=(cy + reach).ceil() as i64 {
            for x in (cx - reach).floor() as i64..=(cx + reach).ceil() as i64 {
                let distance = (x as f64 + 0.5 - cx).hypot(y as f64 + 0.5 - cy);
                let cover = (radius + 0.5 - distance).clamp(0.0, 1.0);
                self.darken(x, y, cover, ink);
            }
        }
    }

    /// Darkens one pixel to at most what `cover` of the ink allows; dots over dots do not add up.
    pub(crate) fn darken(&mut self, x: i64, y: i64, cover: f64, ink: Ink) {
        if cover <= 0.0
            || x < 0
            || y < 0
            || x >= i64::from(self.picture.width())
            || y >= i64::from(self.picture.height())
        {
            return;
        }
        let grained = if ink.grain > 0.0 && grain(x, y) < ink.grain { 0.35 } else { 1.0 };
        let target = 255.0 * (1.0 - cover * ink.darkness * grained);
        let pixel = self.picture.get_pixel_mut(x as u32, y as u32);
        pixel.0[0] = pixel.0[0].min(target.round() as u8);
    }
}

/// Paper grain: a fixed pseudo-random height of the paper at a pixel, 0..1.
fn grain(x: i64, y: i64) -> f64 {
    let mut hash =
        (x as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (y as u64).wrapping_mul(0xC2B2_AE3D_27D4_EB4F);
    hash ^= hash >> 29;
    hash = hash.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (hash >> 40) as f64 / f64::from(1u32 << 24)
}
