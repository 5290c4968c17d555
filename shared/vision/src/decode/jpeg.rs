//! JPEG: baseline and progressive, straight to grey; orientation and resolution from EXIF and JFIF.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::orientation::Orientation;
use super::resolution::{CM_PER_INCH, believable};
use super::samples::{cmyk_to_rgb, luma};
use super::tiff::{Directory, Field, Order, Reader, tag};
use super::{DecodeError, Limits};
use crate::GrayPage;

/// What the components of a JPEG are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colour {
    /// The first component is brightness: grey alone, or the Y of YCbCr.
    Luma,
    /// Red, green, blue as they are.
    Rgb,
    /// Four inks; Adobe stores them inverted (255 is no ink).
    Cmyk { inverted: bool },
    /// Adobe's YCbCr with black.
    Ycck,
}

/// What stands before the pixels.
#[derive(Debug)]
pub(super) struct Header<'a> {
    pub width: u32,
    pub height: u32,
    pub components: usize,
    /// Transform of the Adobe marker, if there is one.
    pub adobe: Option<u8>,
    jfif: bool,
    jfif_dpi: Option<[f64; 2]>,
    exif: Option<&'a [u8]>,
    rgb_names: bool,
    /// Whether the end marker was found.
    pub complete: bool,
}

impl<'a> Header<'a> {
    /// Walks the markers up to the pixels. Errors: no JPEG, cut short before the pixels, or of a kind that no
    /// scanner writes (lossless, arithmetic coding, 12 bits).
    pub fn parse(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut header = Header {
            width: 0,
            height: 0,
            components: 0,
            adobe: None,
            jfif: false,
            jfif_dpi: None,
            exif: None,
            rgb_names: false,
            complete: false,
        };
        let mut rest = bytes.get(2..).ok_or(CUT)?;
        loop {
            let (marker, payload, after) = next_segment(rest)?;
            rest = after;
            match marker {
                0xc0..=0xc2 => header.frame(payload)?,
                0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                    return Err(DecodeError::Unsupported("可逆または算術符号のJPEG".into()));
                }
                0xda => break,
                0xd9 => return Err(DecodeError::Broken("画素のないJPEG")),
                0xe0 => header.jfif(payload),
                0xe1 if header.exif.is_none() => header.exif = payload.strip_prefix(b"Exif\0\0"),
                0xee if payload.starts_with(b"Adobe") => header.adobe = payload.get(11).copied(),
                _ => {}
            }
        }
        if header.width == 0 || header.height == 0 {
            return Err(DecodeError::Broken("JPEGの寸法"));
        }
        // Inside the pixels 0xff is always followed by 0 or a restart, so the pair is the end marker.
        header.complete = memchr::memmem::rfind(rest, &[0xff, 0xd9]).is_some();
        Ok(header)
    }

    fn frame(&mut self, payload: &[u8]) -> Result<(), DecodeError> {
        let &[precision, h1, h0, w1, w0, components, ..] = payload else { return Err(CUT) };
        if precision != 8 {
            return Err(DecodeError::Unsupported(format!("{precision}ビットのJPEG")));
        }
        self.height = u32::from(u16::from_be_bytes([h1, h0]));
        self.width = u32::from(u16::from_be_bytes([w1, w0]));
        self.components = usize::from(components);
        self.rgb_names = payload[6..].chunks(3).map(|component| component[0]).eq(*b"RGB");
        Ok(())
    }

    fn jfif(&mut self, payload: &[u8]) {
        if let Some(&[_, _, unit, x1, x0, y1, y0, ..]) = payload.strip_prefix(b"JFIF\0") {
            self.jfif = true;
            let density = [[x1, x0], [y1, y0]].map(|b| f64::from(u16::from_be_bytes(b)));
            self.jfif_dpi = match unit {
                1 => Some(density),
                2 => Some(density.map(|per_cm| per_cm * CM_PER_INCH)),
                _ => None,
            };
        }
    }

    /// What the components mean in a file of its own, after libjpeg's rules.
    pub fn colour(&self) -> Result<Colour, DecodeError> {
        match (self.components, self.adobe) {
            (1, _) => Ok(Colour::Luma),
            (3, _) if self.jfif => Ok(Colour::Luma),
            (3, Some(0)) => Ok(Colour::Rgb),
            (3, None) if self.rgb_names => Ok(Colour::Rgb),
            (3, _) => Ok(Colour::Luma),
            (4, Some(2)) => Ok(Colour::Ycck),
            (4, adobe) => Ok(Colour::Cmyk { inverted: adobe.is_some() }),
            (count, _) => Err(DecodeError::Unsupported(format!("{count}色のJPEG"))),
        }
    }

    fn orientation(&self) -> Orientation {
        let tag = self.exif_directory().and_then(|exif| exif.uint(tag::ORIENTATION));
        Orientation::from_tag(tag.unwrap_or(1))
    }

    /// EXIF's resolution where it can be true, else JFIF's: editors and cameras leave 72 in either.
    fn dpi(&self) -> Option<[f32; 2]> {
        let keep = |dpi| believable(dpi, self.width, self.height);
        self.exif_directory()
            .and_then(|exif| exif.dpi())
            .and_then(keep)
            .or_else(|| self.jfif_dpi.and_then(keep))
    }

    fn exif_directory(&self) -> Option<Directory<'a>> {
        Reader::open(self.exif?).ok()?.first()
    }
}

const CUT: DecodeError = DecodeError::Truncated("JPEGの先頭");

/// The next marker, what belongs to it, and what follows it.
fn next_segment(bytes: &[u8]) -> Result<(u8, &[u8], &[u8]), DecodeError> {
    let mut rest = bytes;
    loop {
        // Stray bytes before a marker are skipped, as every viewer does; 0xff may be repeated as fill.
        let at =
            rest.windows(2).position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff)).ok_or(CUT)?;
        let marker = rest[at + 1];
        rest = &rest[at + 2..];
        match marker {
            0x01 | 0xd0..=0xd8 => {}
            0xd9 => return Ok((marker, &[], rest)),
            _ => {
                let length =
                    rest.get(..2).map(|b| usize::from(u16::from_be_bytes([b[0], b[1]]))).ok_or(CUT)?;
                let payload = rest.get(2..length).ok_or(CUT)?;
                return Ok((marker, payload, &rest[length..]));
            }
        }
    }
}

/// Checks a JPEG without decoding its pixels: size within the limits, and its end is there.
pub(super) fn check<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Header<'a>, DecodeError> {
    let header = Header::parse(bytes)?;
    limits.check_pixels(header.width.into(), header.height.into())?;
    if !header.complete {
        return Err(DecodeError::Truncated("JPEGの終わりがありません"));
    }
    Ok(header)
}

/// A JPEG file as an upright grey page.
pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<GrayPage, DecodeError> {
    let header = check(bytes, limits)?;
    let mut page = GrayPage {
        width: header.width,
        height: header.height,
        pixels: vec![0; header.width as usize * header.height as usize],
        dpi: header.dpi(),
        bilevel: false,
    };
    decode_pixels(bytes, &header, header.colour()?, &mut page.pixels)?;
    Ok(header.orientation().apply(page))
}

/// Decodes into `grey`, which has a byte for each pixel of the header. A stream with a damaged code is refused:
/// what a decoder would guess from there on is not what is on the paper.
pub(super) fn decode_pixels(
    bytes: &[u8],
    header: &Header<'_>,
    colour: Colour,
    grey: &mut [u8],
) -> Result<(), DecodeError> {
    let broken = |_| DecodeError::Broken("JPEGの画素");
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(header.width as usize)
        .set_max_height(header.height as usize);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(broken)?;
    let stored = decoder.input_colorspace().ok_or(DecodeError::Broken("JPEGの色"))?;
    let wanted = match (colour, stored) {
        (Colour::Luma, ColorSpace::YCbCr | ColorSpace::Luma) => ColorSpace::Luma,
        (Colour::Ycck, ColorSpace::YCCK) => ColorSpace::RGB,
        _ => stored,
    };
    decoder.set_options(options.jpeg_set_out_colorspace(wanted));
    let channels = wanted.num_components();
    if channels == 1 {
        return decoder.decode_into(grey).map_err(broken);
    }
    let mut samples = vec![0; grey.len() * channels];
    decoder.decode_into(&mut samples).map_err(broken)?;
    for (pixel, sample) in grey.iter_mut().zip(samples.chunks_exact(channels)) {
        *pixel = match (colour, sample) {
            (Colour::Rgb | Colour::Ycck, &[r, g, b, ..]) => luma([r, g, b]),
            (Colour::Cmyk { inverted }, &[c, m, y, k]) => {
                let flip = if inverted { 255 } else { 0 };
                luma(cmyk_to_rgb([c ^ flip, m ^ flip, y ^ flip, k ^ flip]))
            }
            (_, sample) => sample[0],
        };
    }
    Ok(())
}

/// The same JPEG with an EXIF block in front that states resolution and orientation: what the PDF around it
/// said, for whoever opens the picture alone. An EXIF block of its own comes later, and the first one counts.
pub(super) fn with_exif(bytes: &[u8], dpi: [f64; 2], orientation: Orientation) -> Vec<u8> {
    const INCH: u16 = 2;
    let order = Order::Big;
    let fields = vec![
        Field::short(order, tag::ORIENTATION, orientation.tag()),
        Field::rational(order, tag::X_RESOLUTION, dpi[0]),
        Field::rational(order, tag::Y_RESOLUTION, dpi[1]),
        Field::short(order, tag::RESOLUTION_UNIT, INCH),
    ];
    let block = [b"Exif\0\0".as_slice(), &super::tiff::write(order, fields, None)].concat();
    let length = (block.len() as u16 + 2).to_be_bytes();
    let (start, rest) = bytes.split_at(bytes.len().min(2));
    [start, &[0xff, 0xe1], &length, &block, rest].concat()
}
