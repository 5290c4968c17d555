//! TIFF, single and multi-page: the directories, each page's pixels, and pages split off untouched.

mod codec;
mod directory;
mod picture;
mod pixels;
mod write;

pub(super) use codec::inflate;
pub(super) use directory::{Directory, Order, Reader};
pub(super) use write::{Chunks, Field, write};

use self::picture::{Picture, chunk_tags};
use super::{DecodeError, Limits};
use crate::GrayPage;

/// Numbers of the tags that are read or written.
pub(super) mod tag {
    pub const NEW_SUBFILE_TYPE: u16 = 254;
    pub const SUBFILE_TYPE: u16 = 255;
    pub const WIDTH: u16 = 256;
    pub const HEIGHT: u16 = 257;
    pub const BITS: u16 = 258;
    pub const COMPRESSION: u16 = 259;
    pub const PHOTOMETRIC: u16 = 262;
    pub const FILL_ORDER: u16 = 266;
    pub const STRIP_OFFSETS: u16 = 273;
    pub const ORIENTATION: u16 = 274;
    pub const SAMPLES: u16 = 277;
    pub const ROWS_PER_STRIP: u16 = 278;
    pub const STRIP_LENGTHS: u16 = 279;
    pub const X_RESOLUTION: u16 = 282;
    pub const Y_RESOLUTION: u16 = 283;
    pub const PLANAR: u16 = 284;
    pub const T4_OPTIONS: u16 = 292;
    pub const T6_OPTIONS: u16 = 293;
    pub const RESOLUTION_UNIT: u16 = 296;
    pub const PREDICTOR: u16 = 317;
    pub const COLOUR_MAP: u16 = 320;
    pub const TILE_WIDTH: u16 = 322;
    pub const TILE_HEIGHT: u16 = 323;
    pub const TILE_OFFSETS: u16 = 324;
    pub const TILE_LENGTHS: u16 = 325;
    pub const INK_SET: u16 = 332;
    pub const EXTRA_SAMPLES: u16 = 338;
    pub const SAMPLE_FORMAT: u16 = 339;
    pub const JPEG_TABLES: u16 = 347;
    pub const YCBCR_COEFFICIENTS: u16 = 529;
    pub const YCBCR_SUBSAMPLING: u16 = 530;
    pub const YCBCR_POSITIONING: u16 = 531;
    pub const REFERENCE_BLACK_WHITE: u16 = 532;
}

/// Tags that a page needs when it stands alone; those of its strips and tiles are written anew.
const KEPT: [u16; 27] = [
    tag::WIDTH,
    tag::HEIGHT,
    tag::BITS,
    tag::COMPRESSION,
    tag::PHOTOMETRIC,
    tag::FILL_ORDER,
    tag::ORIENTATION,
    tag::SAMPLES,
    tag::ROWS_PER_STRIP,
    tag::X_RESOLUTION,
    tag::Y_RESOLUTION,
    tag::PLANAR,
    tag::T4_OPTIONS,
    tag::T6_OPTIONS,
    tag::RESOLUTION_UNIT,
    tag::PREDICTOR,
    tag::COLOUR_MAP,
    tag::TILE_WIDTH,
    tag::TILE_HEIGHT,
    tag::INK_SET,
    tag::EXTRA_SAMPLES,
    tag::SAMPLE_FORMAT,
    tag::JPEG_TABLES,
    tag::YCBCR_COEFFICIENTS,
    tag::YCBCR_SUBSAMPLING,
    tag::YCBCR_POSITIONING,
    tag::REFERENCE_BLACK_WHITE,
];

/// A TIFF file and the places of its pages.
pub(super) struct TiffFile<'a> {
    reader: Reader<'a>,
    pages: Vec<Result<Directory<'a>, DecodeError>>,
}

impl<'a> TiffFile<'a> {
    /// Finds the pages. Errors: no TIFF, no page, or more of them than allowed.
    pub fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, DecodeError> {
        let reader = Reader::open(bytes)?;
        // A page may have a thumbnail and a mask beside it.
        let all = reader.directories(3 * limits.max_pages as usize + 1);
        let is_page = |found: &Result<Directory<'_>, _>| !found.as_ref().is_ok_and(Directory::is_companion);
        let pages: Vec<_> = match all.iter().any(is_page) {
            true => all.into_iter().filter(is_page).collect(),
            false => all,
        };
        if pages.is_empty() {
            return Err(DecodeError::Truncated("TIFFにページがありません"));
        }
        if pages.len() > limits.max_pages as usize {
            return Err(DecodeError::TooManyPages { limit: limits.max_pages });
        }
        Ok(Self { reader, pages })
    }

    /// Pages in the file, readable or not.
    pub fn len(&self) -> usize {
        self.pages.len()
    }

    /// A page, from 0, as grey pixels.
    pub fn decode(&self, index: usize, limits: &Limits) -> Result<GrayPage, DecodeError> {
        pixels::decode(&self.picture(index, limits)?)
    }

    /// Checks a page without unpacking it: size within the limits, all of its data in the file.
    pub fn check(&self, index: usize, limits: &Limits) -> Result<(), DecodeError> {
        self.picture(index, limits).map(|_| ())
    }

    /// A file of that page alone, around the very bytes of its strips or tiles.
    pub fn split_off(&self, index: usize, limits: &Limits) -> Result<Vec<u8>, DecodeError> {
        let picture = self.picture(index, limits)?;
        let directory = self.pages[index].as_ref().map_err(Clone::clone)?;
        let kept = directory.entries.iter().filter(|entry| KEPT.contains(&entry.tag));
        let fields = kept.map(|entry| Field::copy(directory.order, entry)).collect();
        let (offsets_tag, lengths_tag) = chunk_tags(picture.tiled);
        Ok(write(directory.order, fields, Some(Chunks { offsets_tag, lengths_tag, data: picture.data })))
    }

    fn picture(&self, index: usize, limits: &Limits) -> Result<Picture<'a>, DecodeError> {
        let directory = self.pages[index].as_ref().map_err(Clone::clone)?;
        Picture::parse(&self.reader, directory, limits)
    }
}
