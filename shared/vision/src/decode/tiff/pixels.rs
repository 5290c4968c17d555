//! Strips and tiles to one grey page.

use std::borrow::Cow;

use super::super::DecodeError;
use super::super::fax::{self, Levels, Scheme};
use super::super::jpeg::{self, Colour};
use super::super::samples::{Ink, ToGrey};
use super::codec::{self, compression};
use super::picture::Picture;
use crate::GrayPage;

/// The picture as an upright grey page.
pub(super) fn decode(picture: &Picture<'_>) -> Result<GrayPage, DecodeError> {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let mut pixels = vec![0; width * height];
    let to_grey = ToGrey::new(
        picture.bits,
        picture.samples,
        picture.order == super::Order::Big,
        picture.ink.clone(),
        picture.alpha,
    )?;
    let chunk_width = picture.chunk[0] as usize;
    if picture.tiled {
        let mut tile = vec![0; chunk_width * picture.chunk[1] as usize];
        for index in 0..picture.per_plane() {
            decode_chunk(picture, &to_grey, index, &mut tile)?;
            let left = index % picture.across() * chunk_width;
            let top = index / picture.across() * picture.chunk[1] as usize;
            let visible = chunk_width.min(width - left);
            let rows = pixels.chunks_exact_mut(width).skip(top);
            for (row, tile_row) in rows.zip(tile.chunks_exact(chunk_width)) {
                row[left..left + visible].copy_from_slice(&tile_row[..visible]);
            }
        }
    } else {
        for (index, strip) in pixels.chunks_mut(width * picture.chunk[1] as usize).enumerate() {
            decode_chunk(picture, &to_grey, index, strip)?;
        }
    }
    let page = GrayPage {
        width: picture.width,
        height: picture.height,
        pixels,
        dpi: picture.dpi,
        bilevel: picture.bits == 1 && picture.samples == 1,
    };
    Ok(picture.orientation.apply(page))
}

/// One strip or tile into `grey`, whose rows are as wide as the chunk.
fn decode_chunk(
    picture: &Picture<'_>,
    to_grey: &ToGrey,
    index: usize,
    grey: &mut [u8],
) -> Result<(), DecodeError> {
    match picture.compression {
        compression::MODIFIED_HUFFMAN | compression::GROUP_3 | compression::GROUP_4 => {
            let data = bit_ordered(picture, picture.data[index]);
            let Ink::Levels(levels) = &picture.ink else {
                return Err(DecodeError::Broken("TIFFの色の構成"));
            };
            // Fax codes write white as 0; what 0 looks like is the picture's to say.
            let levels = Levels { white: levels[0], black: levels[1] };
            fax::decode(&data, fax_scheme(picture)?, picture.chunk[0], levels, grey)
        }
        compression::JPEG => decode_jpeg(picture, index, grey),
        _ if picture.photometric == YCBCR => Err(DecodeError::Unsupported("YCbCr色のTIFF".into())),
        _ => {
            let width = picture.chunk[0] as usize;
            let row_bytes = to_grey.row_bytes(width);
            let rows = unpack_rows(picture, index, row_bytes, grey.len() / width)?;
            for (row, grey) in rows.chunks_exact(row_bytes).zip(grey.chunks_exact_mut(width)) {
                to_grey.row(row, grey);
            }
            Ok(())
        }
    }
}

/// Photometric interpretation: brightness and two colour differences, the second and third often coarser.
const YCBCR: u64 = 6;

fn fax_scheme(picture: &Picture<'_>) -> Result<Scheme, DecodeError> {
    const TWO_DIMENSIONAL: u64 = 1;
    const UNCOMPRESSED_MODE: u64 = 2;
    match picture.compression {
        compression::MODIFIED_HUFFMAN => Ok(Scheme::ModifiedHuffman),
        compression::GROUP_4 => Ok(Scheme::Group4),
        _ if picture.t4_options & UNCOMPRESSED_MODE != 0 => {
            Err(DecodeError::Unsupported("FAX符号の非圧縮モード".into()))
        }
        _ if picture.t4_options & TWO_DIMENSIONAL != 0 => Ok(Scheme::Group3TwoDimensional),
        _ => Ok(Scheme::Group3),
    }
}

fn bit_ordered<'a>(picture: &Picture<'_>, data: &'a [u8]) -> Cow<'a, [u8]> {
    if picture.lsb_first { Cow::Owned(codec::reverse_bits(data)) } else { Cow::Borrowed(data) }
}

/// A chunk that is a JPEG stream, with its tables perhaps in the directory.
fn decode_jpeg(picture: &Picture<'_>, index: usize, grey: &mut [u8]) -> Result<(), DecodeError> {
    const END_MARKER: usize = 2;
    if picture.planar {
        return Err(DecodeError::Unsupported("色別に保存されたJPEG圧縮のTIFF".into()));
    }
    let mut stream = Cow::Borrowed(picture.data[index]);
    if let Some(tables) = picture.jpeg_tables.filter(|tables| tables.len() > 2 * END_MARKER) {
        // Tables and picture are both whole streams: one's end and the other's start marker go.
        let picture = stream.get(END_MARKER..).unwrap_or_default();
        stream = Cow::Owned([&tables[..tables.len() - END_MARKER], picture].concat());
    }
    let header = jpeg::Header::parse(&stream)?;
    let rows = grey.len() / picture.chunk[0] as usize;
    if header.width != picture.chunk[0] || (header.height as usize) < rows {
        return Err(DecodeError::Broken("TIFFの中のJPEGの寸法"));
    }
    if header.height as usize > picture.chunk[1] as usize {
        return Err(DecodeError::Broken("TIFFの中のJPEGの寸法"));
    }
    let colour = match (&picture.ink, header.components) {
        (Ink::Rgb, 3) => Colour::Rgb,
        (Ink::Cmyk, 4) => Colour::Cmyk { inverted: false },
        (Ink::Levels(_), 1 | 3) => Colour::Luma,
        _ => return Err(DecodeError::Broken("TIFFの中のJPEGの色")),
    };
    let size = header.width as usize * header.height as usize;
    if size == grey.len() {
        jpeg::decode_pixels(&stream, &header, colour, grey)?;
    } else {
        // Some writers pad the last strip to full height.
        let mut padded = vec![0; size];
        jpeg::decode_pixels(&stream, &header, colour, &mut padded)?;
        grey.copy_from_slice(&padded[..grey.len()]);
    }
    if let Ink::Levels(levels) = &picture.ink {
        grey.iter_mut().for_each(|pixel| *pixel = levels[usize::from(*pixel)]);
    }
    Ok(())
}

/// The raw rows of a chunk, samples interleaved.
fn unpack_rows<'a>(
    picture: &Picture<'a>,
    index: usize,
    row_bytes: usize,
    rows: usize,
) -> Result<Cow<'a, [u8]>, DecodeError> {
    if !picture.planar {
        return unpack_plane(picture, index, picture.samples, row_bytes, rows);
    }
    let width = picture.chunk[0] as usize;
    if picture.bits < 8 {
        return Err(DecodeError::Unsupported(format!("色別に保存された{}ビットのTIFF", picture.bits)));
    }
    let bytes = usize::from(picture.bits) / 8;
    let mut interleaved = vec![0; row_bytes * rows];
    for plane in 0..picture.samples {
        let data = unpack_plane(picture, plane * picture.per_plane() + index, 1, width * bytes, rows)?;
        let pixels = interleaved.chunks_exact_mut(picture.samples * bytes);
        for (pixel, sample) in pixels.zip(data.chunks_exact(bytes)) {
            pixel[plane * bytes..(plane + 1) * bytes].copy_from_slice(sample);
        }
    }
    Ok(Cow::Owned(interleaved))
}

/// One packed chunk as rows of raw samples, its predictor undone.
fn unpack_plane<'a>(
    picture: &Picture<'a>,
    index: usize,
    samples: usize,
    row_bytes: usize,
    rows: usize,
) -> Result<Cow<'a, [u8]>, DecodeError> {
    const NO_PREDICTOR: u64 = 1;
    const DIFFERENCES: u64 = 2;
    let length = row_bytes * rows;
    let packed = picture.data[index];
    let mut data = if picture.lsb_first {
        Cow::Owned(codec::unpack(picture.compression, &codec::reverse_bits(packed), length)?.into_owned())
    } else {
        codec::unpack(picture.compression, packed, length)?
    };
    match picture.predictor {
        NO_PREDICTOR => {}
        DIFFERENCES if picture.bits >= 8 => {
            for row in data.to_mut().chunks_exact_mut(row_bytes) {
                codec::undo_differences(row, picture.bits, samples, picture.order);
            }
        }
        other => return Err(DecodeError::Unsupported(format!("TIFFの予測方式{other}"))),
    }
    Ok(data)
}
