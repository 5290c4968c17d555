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

    /// The pixel at column `x`, row `y`; white outside the picture.
    #[inline]
    pub fn at(&self, x: i64, y: i64) -> u8 {
        if x < 0 || y < 0 || x >= i64::from(self.width) || y >= i64::from(self.height) {
            return 255;
        }
        self.pixels[y as usize * self.width as usize + x as usize]
    }
}
