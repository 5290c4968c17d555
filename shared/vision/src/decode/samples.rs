//! Rows of raw samples, as TIFF, PNG and PDF hold them, to 8-bit grey.

use super::DecodeError;

/// What the samples of a pixel mean.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ink {
    /// The first sample stands for a grey level; the table has the level of each value of up to 8 bits.
    /// Samples of 16 bits are looked up by their high byte.
    Levels(Box<[u8; 256]>),
    /// Red, green, blue.
    Rgb,
    /// Cyan, magenta, yellow, black; 0 is no ink.
    Cmyk,
}

impl Ink {
    /// Levels from black (0) to white for samples of `bits` bits; the other way round if `inverted`.
    pub fn grey(bits: u8, inverted: bool) -> Self {
        let most = (1u32 << bits.min(8)) - 1;
        Ink::Levels(Box::new(std::array::from_fn(|value| {
            let level = ((value as u32).min(most) * 255 / most) as u8;
            if inverted { 255 - level } else { level }
        })))
    }

    /// Levels through a palette of 8-bit colours; values beyond it are white.
    pub fn palette(colours: impl IntoIterator<Item = [u8; 3]>) -> Self {
        let mut levels = Box::new([255; 256]);
        for (level, colour) in levels.iter_mut().zip(colours) {
            *level = luma(colour);
        }
        Ink::Levels(levels)
    }

    /// Samples of a pixel that this ink uses.
    pub fn samples(&self) -> usize {
        match self {
            Ink::Levels(_) => 1,
            Ink::Rgb => 3,
            Ink::Cmyk => 4,
        }
    }
}

/// What the sample after the ink is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alpha {
    /// No alpha, or one that is to be ignored.
    None,
    /// Opacity; the colour is as if opaque.
    Straight,
    /// Opacity that has already been multiplied into the colour.
    Premultiplied,
}

/// Brightness of an RGB pixel after ITU-R BT.601, the same weights as the Y of a JPEG: blue and black ink
/// come out dark, red print lighter.
#[inline]
pub(super) fn luma([red, green, blue]: [u8; 3]) -> u8 {
    // 0.299, 0.587, 0.114 in 1/65536; half of that for rounding.
    ((u32::from(red) * 19595 + u32::from(green) * 38470 + u32::from(blue) * 7471 + 32768) >> 16) as u8
}

/// How a row of samples becomes grey.
pub(super) struct ToGrey {
    bits: u8,
    samples: usize,
    big_endian: bool,
    ink: Ink,
    alpha: Alpha,
    /// The eight pixels of each byte, for one-bit rows.
    bytes: Option<Box<[[u8; 8]; 256]>>,
}

impl ToGrey {
    /// `samples` interleaved samples of `bits` bits a pixel, the ink's first, then perhaps alpha, then any
    /// others, which are ignored. `big_endian` says how 16-bit samples lie.
    /// Errors: a depth that is not 1, 2, 4, 8 or 16, or fewer samples than the ink needs.
    pub fn new(
        bits: u8,
        samples: usize,
        big_endian: bool,
        ink: Ink,
        alpha: Alpha,
    ) -> Result<Self, DecodeError> {
        if !matches!(bits, 1 | 2 | 4 | 8 | 16) {
            return Err(DecodeError::Unsupported(format!("{bits}ビットの画像")));
        }
        let needed = ink.samples() + usize::from(alpha != Alpha::None);
        if samples < needed {
            return Err(DecodeError::Broken("色の数が合いません"));
        }
        let bytes = match &ink {
            Ink::Levels(levels) if bits == 1 && samples == 1 => Some(Box::new(std::array::from_fn(|byte| {
                std::array::from_fn(|pixel| levels[byte >> (7 - pixel) & 1])
            }))),
            _ => None,
        };
        Ok(Self { bits, samples, big_endian, ink, alpha, bytes })
    }

    /// Bytes of a row of `width` pixels.
    pub fn row_bytes(&self, width: usize) -> usize {
        (width * self.samples * usize::from(self.bits)).div_ceil(8)
    }

    /// Turns one row into grey. `row` holds at least [`ToGrey::row_bytes`] of `grey.len()` pixels.
    pub fn row(&self, row: &[u8], grey: &mut [u8]) {
        match (&self.ink, self.bits, self.samples) {
            (Ink::Levels(_), 1, 1) => self.one_bit(row, grey),
            (Ink::Levels(levels), 8, 1) => {
                for (pixel, sample) in grey.iter_mut().zip(row) {
                    *pixel = levels[usize::from(*sample)];
                }
            }
            (Ink::Rgb, 8, 3) => {
                for (pixel, sample) in grey.iter_mut().zip(row.as_chunks::<3>().0) {
                    *pixel = luma(*sample);
                }
            }
            _ => self.any(row, grey),
        }
    }

    fn one_bit(&self, row: &[u8], grey: &mut [u8]) {
        let Some(table) = &self.bytes else { return };
        let (whole, rest) = grey.as_chunks_mut::<8>();
        for (pixels, byte) in whole.iter_mut().zip(row) {
            *pixels = table[usize::from(*byte)];
        }
        if let Some(byte) = row.get(whole.len()) {
            rest.copy_from_slice(&table[usize::from(*byte)][..rest.len()]);
        }
    }

    fn any(&self, row: &[u8], grey: &mut [u8]) {
        for (x, pixel) in grey.iter_mut().enumerate() {
            let at = |sample: usize| self.sample(row, x * self.samples + sample);
            let full = |sample: usize| self.full_scale(at(sample));
            let level = match &self.ink {
                Ink::Levels(levels) => levels[usize::from(at(0))],
                Ink::Rgb => luma([full(0), full(1), full(2)]),
                Ink::Cmyk => luma(cmyk_to_rgb([full(0), full(1), full(2), full(3)])),
            };
            *pixel = match self.alpha {
                Alpha::None => level,
                Alpha::Straight => over_white(level, full(self.ink.samples())),
                Alpha::Premultiplied => level.saturating_add(255 - full(self.ink.samples())),
            };
        }
    }

    /// The `index`-th sample of a row, as its value up to 8 bits, or the high byte of 16.
    #[inline]
    fn sample(&self, row: &[u8], index: usize) -> u8 {
        match self.bits {
            16 => row[index * 2 + usize::from(!self.big_endian)],
            8 => row[index],
            bits => {
                let per_byte = 8 / usize::from(bits);
                let shift = (per_byte - 1 - index % per_byte) * usize::from(bits);
                row[index / per_byte] >> shift & ((1 << bits) - 1)
            }
        }
    }

    /// A sample stretched to 0..=255.
    #[inline]
    fn full_scale(&self, sample: u8) -> u8 {
        match self.bits {
            8 | 16 => sample,
            bits => sample * (255 / ((1 << bits) - 1)),
        }
    }
}

/// Ink on white paper as light.
pub(super) fn cmyk_to_rgb([cyan, magenta, yellow, black]: [u8; 4]) -> [u8; 3] {
    [cyan, magenta, yellow].map(|ink| over_black(255 - ink, 255 - black))
}

fn over_black(level: u8, opacity: u8) -> u8 {
    ((u32::from(level) * u32::from(opacity) + 127) / 255) as u8
}

/// A level of the given opacity on white paper.
fn over_white(level: u8, opacity: u8) -> u8 {
    255 - over_black(255 - level, opacity)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(bits: u8, samples: usize, ink: Ink, alpha: Alpha, row: &[u8], width: usize) -> Vec<u8> {
        let mut out = vec![7; width];
        ToGrey::new(bits, samples, true, ink, alpha).unwrap().row(row, &mut out);
        out
    }

    #[test]
    fn one_bit_rows_expand_to_black_and_white_whatever_their_width() {
        assert_eq!(
            grey(1, 1, Ink::grey(1, false), Alpha::None, &[0b1010_0000, 0b1100_0000], 10),
            [255, 0, 255, 0, 0, 0, 0, 0, 255, 255]
        );
        assert_eq!(grey(1, 1, Ink::grey(1, true), Alpha::None, &[0b1000_0000], 2), [0, 255]);
    }

    #[test]
    fn every_depth_reaches_full_black_and_full_white() {
        for (bits, row) in
            [(2u8, vec![0b0011_0000]), (4, vec![0x0f]), (8, vec![0, 255]), (16, vec![0, 0, 255, 255])]
        {
            assert_eq!(grey(bits, 1, Ink::grey(bits, false), Alpha::None, &row, 2), [0, 255], "{bits} bits");
            assert_eq!(grey(bits, 1, Ink::grey(bits, true), Alpha::None, &row, 2), [255, 0], "{bits} bits");
        }
    }

    #[test]
    fn inks_keep_their_darkness() {
        let blue_ink = luma([20, 30, 150]);
        let red_print = luma([230, 60, 60]);
        assert!(blue_ink < 50 && red_print > 100, "{blue_ink} {red_print}");
        assert_eq!(luma([255, 255, 255]), 255);
        assert_eq!(luma([0, 0, 0]), 0);
    }

    #[test]
    fn transparent_pixels_are_paper() {
        let row = [0, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 51];
        assert_eq!(grey(8, 4, Ink::Rgb, Alpha::Straight, &row, 3), [255, 0, 204]);
        assert_eq!(grey(8, 2, Ink::grey(8, false), Alpha::Premultiplied, &[0, 0, 100, 155], 2), [255, 200]);
    }

    #[test]
    fn cmyk_is_ink_on_paper() {
        let row = [0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 0];
        assert_eq!(grey(8, 4, Ink::Cmyk, Alpha::None, &row, 3), [255, 0, 0]);
    }

    #[test]
    fn an_impossible_depth_or_count_is_refused() {
        assert!(ToGrey::new(12, 1, true, Ink::grey(8, false), Alpha::None).is_err());
        assert!(ToGrey::new(8, 3, true, Ink::Rgb, Alpha::Straight).is_err());
    }
}
