//! Scans that differ in one band of lines, packed so that only the band is packed anew: mail by the ten thousand.
//!
//! Group 4 codes each line by the one before it (ITU-T T.6), so the bits of the lines above and below a band stay what
//! they are, as long as the band's last line does.

use fax::{BitWriter, Bits, Color, encoder::Encoder};
use image::GrayImage;
use std::convert::Infallible;
use std::ops::Range;

/// A one-bit page with a band that can be replaced.
pub struct Banded {
    page: GrayImage,
    band: Range<u32>,
    above: Tape,
    below: Tape,
}

/// Bits one after another.
#[derive(Clone, Default)]
struct Tape {
    bytes: Vec<u8>,
    /// Bits of the last byte that are used, 0 when it is full.
    used: u8,
}

impl BitWriter for &mut Tape {
    type Error = Infallible;

    fn write(&mut self, bits: Bits) -> Result<(), Infallible> {
        self.push(bits.data, bits.len);
        Ok(())
    }
}

impl Tape {
    /// The lower `count` bits of `data`, highest first.
    fn push(&mut self, data: u16, count: u8) {
        for at in (0..count).rev() {
            if self.used == 0 {
                self.bytes.push(0);
            }
            let bit = (data >> at & 1) as u8;
            if let Some(last) = self.bytes.last_mut() {
                *last |= bit << (7 - self.used);
            }
            self.used = (self.used + 1) % 8;
        }
    }

    fn extend(&mut self, other: &Tape) {
        let Some((last, whole)) = other.bytes.split_last() else { return };
        let shift = self.used;
        if shift == 0 {
            self.bytes.extend_from_slice(whole);
        } else {
            for byte in whole {
                if let Some(open) = self.bytes.last_mut() {
                    *open |= byte >> shift;
                }
                self.bytes.push(byte << (8 - shift));
            }
        }
        let left = if other.used == 0 { 8 } else { other.used };
        self.push(u16::from(*last) >> (8 - left), left);
    }

    /// The bits from `from` on.
    fn since(&self, from: usize) -> Tape {
        let mut rest = Tape::default();
        for at in from..self.len() {
            rest.push(u16::from(self.bytes[at / 8] >> (7 - at % 8)), 1);
        }
        rest
    }

    fn len(&self) -> usize {
        let open = if self.used == 0 { 0 } else { 8 - usize::from(self.used) };
        self.bytes.len() * 8 - open
    }
}

impl Banded {
    /// A page whose lines `band` will be replaced; neither the first nor the last line may be among them.
    ///
    /// # Panics
    /// When the band is empty or touches an edge.
    pub fn new(page: GrayImage, band: Range<u32>) -> Self {
        assert!(
            band.start > 0 && band.start < band.end && band.end < page.height(),
            "a band within the page"
        );
        let above = lines(&page, 0..band.start, None);
        let mut below = lines(&page, band.end..page.height(), Some(band.end - 1));
        // End of the page: two end-of-line codes.
        for _ in 0..2 {
            below.push(1, 12);
        }
        Self { page, band, above, below }
    }

    /// Pixels across and down.
    pub fn size(&self) -> (u32, u32) {
        self.page.dimensions()
    }

    /// The page as Group 4 with what `draw` makes of its band; `draw` must leave the last line of the band as it is.
    pub fn pack(&self, draw: impl FnOnce(&mut GrayImage)) -> Vec<u8> {
        let (width, top) = (self.page.width(), self.band.start - 1);
        // One line more: the band's first line is coded by the line above it.
        let height = self.band.end - top;
        let mut band = image::imageops::crop_imm(&self.page, 0, top, width, height).to_image();
        draw(&mut band);
        let mut packed = self.above.clone();
        packed.extend(&lines(&band, 1..height, Some(0)));
        packed.extend(&self.below);
        packed.bytes
    }

    /// First line of what `draw` of [`Banded::pack`] gets, in pixels from the top of the page.
    pub fn top(&self) -> u32 {
        self.band.start - 1
    }
}

/// Codes lines, the first of them by line `reference`.
fn lines(page: &GrayImage, range: Range<u32>, reference: Option<u32>) -> Tape {
    let mut tape = Tape::default();
    let width = page.width() as usize;
    let colors = |line: u32| {
        let row = &page.as_raw()[line as usize * width..][..width];
        row.iter().map(|&p| if p < 128 { Color::Black } else { Color::White })
    };
    let mut encoder = Encoder::new(&mut tape);
    let mut skipped = 0;
    if let Some(reference) = reference {
        let mut alone = Tape::default();
        let Ok(()) = Encoder::new(&mut alone).encode_line(colors(reference), width as u16);
        skipped = alone.len();
        let Ok(()) = encoder.encode_line(colors(reference), width as u16);
    }
    for line in range {
        let Ok(()) = encoder.encode_line(colors(line), width as u16);
    }
    drop(encoder);
    if skipped == 0 { tape } else { tape.since(skipped) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::{self, FileFormat};
    use image::Luma;

    #[test]
    fn a_page_with_a_new_band_is_the_page_packed_whole() {
        let ink = |x: u32, y: u32| Luma([if (x * x + 3 * y) % 17 < 4 { 0 } else { 255 }]);
        let page = GrayImage::from_fn(203, 150, ink);
        let banded = Banded::new(page.clone(), 40..61);
        for number in 0..5 {
            let mut whole = page.clone();
            let packed = banded.pack(|band| {
                for (x, y) in (0..50).flat_map(|x| (0..18).map(move |y| (x, y))) {
                    let ink = Luma([if (x / (number + 1) + y) % 3 == 0 { 0 } else { 255 }]);
                    band.put_pixel(30 + x, y + 1, ink);
                    whole.put_pixel(30 + x, banded.top() + y + 1, ink);
                }
            });
            let together = file::encode(&[whole], 200.0, FileFormat::TiffG4);
            let alone = file::tiff_of_g4(&[(banded.size(), packed)], 200.0);
            assert_eq!(alone, together, "band {number}");
        }
    }
}
