//! PNG: every colour type and depth to grey, and grey pages back to PNG.

use std::io::{BufRead, Cursor, Seek};

use png::{BitDepth, ColorType, Decoder, PixelDimensions, Transformations, Unit};

use super::orientation::Orientation;
use super::resolution::{M_PER_INCH, believable};
use super::samples::{Alpha, Ink, ToGrey};
use super::tiff::{Reader, tag};
use super::{DecodeError, Limits};
use crate::GrayPage;

/// First eight bytes of every PNG.
pub(super) const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// Checks a PNG without decoding its pixels: size within the limits, and all of its chunks are there.
/// Says whether it has transparency (a `tRNS` chunk).
pub(super) fn check(bytes: &[u8], limits: &Limits) -> Result<bool, DecodeError> {
    const CUT: DecodeError = DecodeError::Truncated("PNGの終わりがありません");
    let number = |at: usize| -> Result<u32, DecodeError> {
        let four = bytes.get(at..).and_then(|b| b.first_chunk::<4>()).ok_or(CUT)?;
        Ok(u32::from_be_bytes(*four))
    };
    if bytes.get(12..16) != Some(b"IHDR") {
        return Err(DecodeError::Broken("PNGの先頭"));
    }
    limits.check_pixels(number(16)?.into(), number(20)?.into())?;
    let (mut at, mut transparency) = (SIGNATURE.len(), false);
    loop {
        let length = number(at)? as usize;
        let name = bytes.get(at + 4..at + 8).ok_or(CUT)?;
        // Length, name and checksum are four bytes each.
        at += 12 + length;
        if at > bytes.len() {
            return Err(CUT);
        }
        transparency |= name == b"tRNS";
        if name == b"IEND" {
            return Ok(transparency);
        }
    }
}

/// A PNG file as an upright grey page.
pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<GrayPage, DecodeError> {
    let transparency = check(bytes, limits)?;
    let mut decoder = Decoder::new(Cursor::new(bytes));
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(match transparency {
        true => Transformations::EXPAND,
        false => Transformations::IDENTITY,
    });
    let mut reader = decoder.read_info().map_err(broken)?;
    let to_grey = to_grey(&reader)?;
    let info = reader.info();
    let page = GrayPage {
        width: info.width,
        height: info.height,
        pixels: vec![0; info.width as usize * info.height as usize],
        dpi: dpi(info),
        bilevel: info.bit_depth == BitDepth::One,
    };
    let exif = info.exif_metadata.as_deref().and_then(|exif| Reader::open(exif).ok()?.first());
    let orientation = Orientation::from_tag(exif.and_then(|exif| exif.uint(tag::ORIENTATION)).unwrap_or(1));
    let page = fill(&mut reader, &to_grey, page)?;
    Ok(orientation.apply(page))
}

fn broken(_: png::DecodingError) -> DecodeError {
    DecodeError::Broken("PNGの画素")
}

/// What the rows that the reader gives mean.
fn to_grey<R: BufRead + Seek>(reader: &png::Reader<R>) -> Result<ToGrey, DecodeError> {
    let (colour, depth) = reader.output_color_type();
    let bits = depth as u8;
    let (ink, alpha) = match colour {
        ColorType::Grayscale => (Ink::grey(bits, false), Alpha::None),
        ColorType::GrayscaleAlpha => (Ink::grey(bits, false), Alpha::Straight),
        ColorType::Rgb => (Ink::Rgb, Alpha::None),
        ColorType::Rgba => (Ink::Rgb, Alpha::Straight),
        ColorType::Indexed => {
            let palette = reader.info().palette.as_deref().unwrap_or_default();
            (Ink::palette(palette.as_chunks::<3>().0.iter().copied()), Alpha::None)
        }
    };
    ToGrey::new(bits, colour.samples(), true, ink, alpha)
}

/// Row by row; an interlaced picture has to be put together first.
fn fill<R: BufRead + Seek>(
    reader: &mut png::Reader<R>,
    to_grey: &ToGrey,
    mut page: GrayPage,
) -> Result<GrayPage, DecodeError> {
    let width = page.width as usize;
    if reader.info().interlaced {
        let size = reader.output_buffer_size().ok_or(DecodeError::Broken("PNGの寸法"))?;
        let mut frame = vec![0; size];
        let line = reader.next_frame(&mut frame).map_err(broken)?.line_size;
        for (row, grey) in frame.chunks_exact(line).zip(page.pixels.chunks_exact_mut(width)) {
            to_grey.row(row, grey);
        }
    } else {
        for grey in page.pixels.chunks_exact_mut(width) {
            let row = reader.next_row().map_err(broken)?.ok_or(DecodeError::Truncated("PNGの画素"))?;
            to_grey.row(row.data(), grey);
        }
    }
    Ok(page)
}

fn dpi(info: &png::Info<'_>) -> Option<[f32; 2]> {
    let dims = info.pixel_dims.filter(|dims| dims.unit == Unit::Meter)?;
    believable([dims.xppu, dims.yppu].map(|per_m| f64::from(per_m) * M_PER_INCH), info.width, info.height)
}

/// The dots per metre of a resolution in dots per inch.
pub(super) fn pixel_dims(dpi: [f64; 2]) -> PixelDimensions {
    let [xppu, yppu] = dpi.map(|axis| (axis / M_PER_INCH).round() as u32);
    PixelDimensions { xppu, yppu, unit: Unit::Meter }
}
