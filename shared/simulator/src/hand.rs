//! Who writes, and with what.

use crate::Rng;
use crate::canvas::{Ink, Sheet};
use crate::glyph;
use crate::marks;
use domain::geometry::{PointMm, RectMm};
use rand::RngExt;

/// 筆記具.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pen {
    /// ボールペン, 0.4–0.6 mm, dark.
    BallPen,
    /// 鉛筆, 0.5–0.8 mm, grey and grained.
    Pencil,
    /// 硬い鉛筆, 0.4–0.6 mm, so light that a 1-bit scan may lose it.
    HardPencil,
    /// サインペン, 0.8–1.1 mm, black.
    FeltPen,
    /// 太いマーカー, 1.2–1.7 mm, black.
    Marker,
}

impl Pen {
    /// A pen as offices see them: mostly ball pens.
    pub fn draw(rng: &mut Rng) -> Self {
        match rng.random_range(0..100) {
            0..70 => Pen::BallPen,
            70..87 => Pen::Pencil,
            87..90 => Pen::HardPencil,
            90..98 => Pen::FeltPen,
            _ => Pen::Marker,
        }
    }

    /// Its ink on this sheet.
    pub fn ink(self, rng: &mut Rng) -> Ink {
        match self {
            Pen::BallPen => Ink {
                width_mm: rng.random_range(0.4..0.6),
                darkness: rng.random_range(0.75..0.95),
                grain: 0.03,
            },
            Pen::Pencil => Ink {
                width_mm: rng.random_range(0.5..0.8),
                darkness: rng.random_range(0.45..0.7),
                grain: 0.2,
            },
            Pen::HardPencil => Ink {
                width_mm: rng.random_range(0.4..0.6),
                darkness: rng.random_range(0.3..0.45),
                grain: 0.25,
            },
            Pen::Marker => Ink {
                width_mm: rng.random_range(1.2..1.7),
                darkness: rng.random_range(0.88..1.0),
                grain: 0.0,
            },
            Pen::FeltPen => Ink {
                width_mm: rng.random_range(0.8..1.1),
                darkness: rng.random_range(0.88..1.0),
                grain: 0.0,
            },
        }
    }
}

/// Pictures of real handwritten digits, for benches on machines that have such data.
///
/// Every picture is square, `side * side` bytes, 255 ink, 0 paper.
#[derive(Clone, Debug, Default)]
pub struct Handwriting {
    side: usize,
    by_digit: [Vec<Vec<u8>>; 10],
}

impl Handwriting {
    /// Pictures from IDX bytes (images and labels as MNIST has them, unpacked), the half that `keep` selects by index.
    /// `None` when the bytes are no such files or hold no digit.
    pub fn from_idx(images: &[u8], labels: &[u8], keep: impl Fn(usize) -> bool) -> Option<Self> {
        let word = |bytes: &[u8], at: usize| {
            Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize)
        };
        let (count, rows, columns) = (word(images, 4)?, word(images, 8)?, word(images, 12)?);
        if word(images, 0)? != 0x803
            || word(labels, 0)? != 0x801
            || rows != columns
            || word(labels, 4)? != count
        {
            return None;
        }
        let mut found = Self { side: rows, by_digit: Default::default() };
        for index in (0..count).filter(|&i| keep(i)) {
            let label = usize::from(*labels.get(8 + index)?);
            let picture = images.get(16 + index * rows * rows..16 + (index + 1) * rows * rows)?;
            if let Some(list) = found.by_digit.get_mut(label) {
                list.push(picture.to_vec());
            }
        }
        found.by_digit.iter().all(|list| !list.is_empty()).then_some(found)
    }
}

/// 筆跡. One person's hand for one sheet: pen, slant, size, habits.
#[derive(Clone, Debug)]
pub struct Hand<'a> {
    ink: Ink,
    slant: f64,
    size: f64,
    wobble: f64,
    ways: [usize; 10],
    pictures: Option<&'a Handwriting>,
}

impl<'a> Hand<'a> {
    /// A hand drawn from `rng`; with `pictures` its digits are real ones.
    pub fn draw(rng: &mut Rng, pictures: Option<&'a Handwriting>) -> Self {
        let ink = Pen::draw(rng).ink(rng);
        let mut ways = [0; 10];
        for (digit, way) in ways.iter_mut().enumerate() {
            *way = rng.random_range(0..glyph::ways(digit as u8).len());
        }
        Self {
            ink,
            slant: rng.random_range(-0.12..0.22),
            size: rng.random_range(0.62..0.85),
            wobble: rng.random_range(0.01..0.035),
            ways,
            pictures,
        }
    }

    /// The ink of this hand.
    pub fn ink(&self) -> Ink {
        self.ink
    }

    /// A point near `point`, off by at most `mm` both ways.
    pub fn near(&self, point: PointMm, mm: f64, rng: &mut Rng) -> PointMm {
        PointMm::new(point.x + rng.random_range(-mm..=mm), point.y + rng.random_range(-mm..=mm))
    }

    /// Writes one digit into `cell`.
    pub fn digit(&self, sheet: &mut Sheet, digit: u8, cell: RectMm, rng: &mut Rng) {
        match self.pictures {
            Some(pictures) => self.stamp_picture(sheet, pictures, digit, cell, rng),
            None => self.draw_strokes(sheet, digit, cell, rng),
        }
    }

    fn draw_strokes(&self, sheet: &mut Sheet, digit: u8, cell: RectMm, rng: &mut Rng) {
        let height = cell.h * (self.size + rng.random_range(-0.06..0.06));
        let width = height * rng.random_range(0.82..1.02);
        let center = self.near(cell.center(), 0.06 * cell.w, rng);
        let slant = self.slant + rng.random_range(-0.06..0.06);
        for stroke in glyph::ways(digit)[self.ways[usize::from(digit)]] {
            let mut points = stroke.to_vec();
            for point in &mut points {
                point.0 += rng.random_range(-self.wobble..=self.wobble);
                point.1 += rng.random_range(-self.wobble..=self.wobble);
            }
            let line: Vec<PointMm> = glyph::smooth(&points)
                .into_iter()
                .map(|(x, y)| {
                    PointMm::new(
                        center.x + (x - 0.33 - slant * (y - 0.5)) * width,
                        center.y + (y - 0.5) * height,
                    )
                })
                .collect();
            sheet.stroke(&line, self.ink);
        }
    }

    /// Puts a picture of a real digit into the cell, its ink box about as tall as this hand writes.
    fn stamp_picture(
        &self,
        sheet: &mut Sheet,
        pictures: &Handwriting,
        digit: u8,
        cell: RectMm,
        rng: &mut Rng,
    ) {
        let choices = &pictures.by_digit[usize::from(digit)];
        let (picture, side) = (&choices[rng.random_range(0..choices.len())], pictures.side);
        // Data sets scale the ink to 20 of 28 pixels: undo that, so that the ink fills the cell as the hand wants.
        let edge = cell.h * (self.size + rng.random_range(-0.06..0.06)) * side as f64 / 20.0
            * (28.0 / side as f64).min(1.2);
        let center = self.near(cell.center(), 0.06 * cell.w, rng);
        let (left, top, scale) = (center.x - edge / 2.0, center.y - edge / 2.0, sheet.px_per_mm);
        let at = |x: i64, y: i64| {
            let inside = (0..side as i64).contains(&x) && (0..side as i64).contains(&y);
            if inside { f64::from(picture[y as usize * side + x as usize]) / 255.0 } else { 0.0 }
        };
        for py in (top * scale).floor() as i64..=((top + edge) * scale).ceil() as i64 {
            for px in (left * scale).floor() as i64..=((left + edge) * scale).ceil() as i64 {
                let x = ((px as f64 + 0.5) / scale - left) / edge * side as f64 - 0.5;
                let y = ((py as f64 + 0.5) / scale - top) / edge * side as f64 - 0.5;
                let (x0, y0) = (x.floor(), y.floor());
                let (fx, fy, x0, y0) = (x - x0, y - y0, x0 as i64, y0 as i64);
                let value = (at(x0, y0) * (1.0 - fx) + at(x0 + 1, y0) * fx) * (1.0 - fy)
                    + (at(x0, y0 + 1) * (1.0 - fx) + at(x0 + 1, y0 + 1) * fx) * fy;
                // A steep edge, as a pen has one: half covered at 0.4.
                sheet.darken(px, py, ((value - 0.4) * 5.0 + 0.5).clamp(0.0, 1.0), self.ink);
            }
        }
    }

    /// Something like a name or a note: joined short strokes along the middle of `area`.
    pub fn scribble(&self, sheet: &mut Sheet, area: RectMm, rng: &mut Rng) {
        let size = (area.h * 0.55).clamp(2.5, 8.0);
        let letters = ((area.w * 0.6 / size) as usize).clamp(1, 8);
        for letter in 0..letters {
            let left = area.x + area.w * 0.08 + letter as f64 * size * 1.15;
            let top = area.center().y - size / 2.0;
            for _ in 0..rng.random_range(3..7) {
                let points: Vec<(f64, f64)> =
                    (0..3).map(|_| (rng.random_range(0.0..1.0), rng.random_range(0.0..1.0))).collect();
                let line: Vec<PointMm> = glyph::smooth(&points)
                    .into_iter()
                    .map(|(x, y)| PointMm::new(left + x * size, top + y * size))
                    .collect();
                sheet.stroke(&line, self.ink);
            }
        }
    }

    /// A personal seal in `area`.
    pub fn seal(&self, sheet: &mut Sheet, area: RectMm, rng: &mut Rng) {
        let radius = (area.h * 0.4).min(area.w * 0.4).clamp(3.0, 6.0);
        let center = self.near(area.center(), 1.0, rng);
        marks::seal(sheet, center, radius, rng);
    }
}
