//! A page as grey pixels.

/// 階調画像. One page, 8 bits a pixel, rows top to bottom without padding; 0 black, 255 white.
#[derive(Clone, Debug, PartialEq)]
pub struct GrayPage {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// `width * height` bytes.
    pub pixels: Vec<u8>,
    /// Dots per inch across and down as the file says, when it says so believably.
    pub dpi: Option<[f32; 2]>,
    /// Whether the file held one bit a pixel.
    pub bilevel: bool,
}

impl GrayPage {
    /// A white page of the given size.
    pub fn white(width: u32, height: u32) -> Self {
        Self { width, height, pixels: vec![255; width as usize * height as usize], dpi: None, bilevel: false }
    }

    /// The page turned clockwise by `degrees`, a multiple of 90; anything else counts as the multiple below it.
    pub fn turned(self, degrees: u16) -> Self {
        let (width, height) = (self.width as usize, self.height as usize);
        let pixels = match degrees / 90 % 4 {
            0 => return self,
            2 => self.pixels.iter().rev().copied().collect(),
            quarter => {
                let mut pixels = Vec::with_capacity(width * height);
                for column in 0..width {
                    // A column, read from the bottom, becomes a row; the other way round it is the last one first.
                    let column = if quarter == 1 { column } else { width - 1 - column };
                    let from_top = self.pixels.iter().skip(column).step_by(width).copied();
                    let start = pixels.len();
                    pixels.extend(from_top);
                    if quarter == 1 {
                        pixels[start..].reverse();
                    }
                }
                pixels
            }
        };
        if (degrees / 90).is_multiple_of(2) {
            return Self { pixels, ..self };
        }
        let dpi = self.dpi.map(|[across, down]| [down, across]);
        Self { width: self.height, height: self.width, pixels, dpi, bilevel: self.bilevel }
    }

    /// The part of the page from `left`, `top` on, `width` by `height` pixels, as far as it reaches.
    pub fn part(&self, left: u32, top: u32, width: u32, height: u32) -> Self {
        let (left, top) = (left.min(self.width), top.min(self.height));
        let (width, height) = (width.min(self.width - left), height.min(self.height - top));
        let rows =
            self.pixels.chunks_exact(self.width.max(1) as usize).skip(top as usize).take(height as usize);
        let pixels = rows.flat_map(|row| &row[left as usize..(left + width) as usize]).copied().collect();
        Self { width, height, pixels, dpi: self.dpi, bilevel: self.bilevel }
    }

    /// The pixel at column `x`, row `y`; white outside the picture.
    #[inline]
    pub fn at(&self, x: i64, y: i64) -> u8 {
        if x < 0 || y < 0 || x >= i64::from(self.width) || y >= i64::from(self.height) {
            return 255;
        }
        self.pixels[y as usize * self.width as usize + x as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> GrayPage {
        GrayPage {
            width: 3,
            height: 2,
            pixels: vec![1, 2, 3, 4, 5, 6],
            dpi: Some([300.0, 200.0]),
            bilevel: false,
        }
    }

    #[test]
    fn four_quarter_turns_lead_back() {
        let right = page().turned(90);
        assert_eq!((right.width, right.height, right.dpi), (2, 3, Some([200.0, 300.0])));
        assert_eq!(right.pixels, [4, 1, 5, 2, 6, 3]);
        assert_eq!(page().turned(180).pixels, [6, 5, 4, 3, 2, 1]);
        assert_eq!(page().turned(270).pixels, [3, 6, 2, 5, 1, 4]);
        assert_eq!(right.turned(270), page());
        assert_eq!(page().turned(0), page());
    }

    #[test]
    fn two_parts_hold_every_pixel_once() {
        let (left, right) = (page().part(0, 0, 2, 2), page().part(2, 0, 9, 9));
        assert_eq!((left.pixels, right.pixels), (vec![1, 2, 4, 5], vec![3, 6]));
        assert_eq!(page().part(5, 5, 1, 1).pixels, Vec::<u8>::new());
    }
}
