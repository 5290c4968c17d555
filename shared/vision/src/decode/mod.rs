//! Files from scanners to grey pages: JPEG, PNG, TIFF and PDF, whatever is inside them. No bytes can make it
//! panic or take more memory than [`Limits`] say; what cannot be opened says why, in Japanese.
//!
//! [`split`] takes a file apart into one picture a page, in the scanner's own encoding; [`decode`] turns such a
//! picture into pixels; [`decode_pages`] does both for a whole file, one page at a time.

mod encode;
mod error;
mod fax;
mod jpeg;
mod orientation;
mod pdf;
mod png;
mod resolution;
mod samples;
#[cfg(test)]
mod tests;
mod tiff;

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub use self::encode::{encode_jpeg, encode_png};
pub use self::error::DecodeError;
use self::pdf::PdfFile;
use self::tiff::TiffFile;
use crate::GrayPage;

/// 上限. What a file may ask for before it is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a file.
    pub max_file_bytes: u64,
    /// Pixels of a page.
    pub max_pixels: u64,
    /// Pages of a file.
    pub max_pages: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // 2,000 pages at 250 kB, a full day of a feeder in one file.
            max_file_bytes: 512 << 20,
            // A3 at 600 dpi is 70 million; forms are A4 at 300 dpi, 9 million.
            max_pixels: 100_000_000,
            // Four fillings of a 500-sheet feeder.
            max_pages: 2000,
        }
    }
}

impl Limits {
    /// Whether a page of that size may be unpacked.
    fn check_pixels(&self, width: u64, height: u64) -> Result<(), DecodeError> {
        if width == 0 || height == 0 {
            return Err(DecodeError::Broken("画像の寸法が0です"));
        }
        match width.checked_mul(height) {
            Some(pixels) if pixels <= self.max_pixels => Ok(()),
            _ => Err(DecodeError::TooManyPixels { width, height, limit: self.max_pixels }),
        }
    }
}

/// 画像の形式. How the picture of one page is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// JPEG: grey and colour scans.
    Jpeg,
    /// PNG.
    Png,
    /// TIFF: black and white scans and faxes.
    Tiff,
}

impl Media {
    /// The ending of a file's name, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Media::Jpeg => "jpg",
            Media::Png => "png",
            Media::Tiff => "tif",
        }
    }

    /// The format that the first bytes of a file tell, whatever its name.
    pub fn sniff(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Some(Media::Jpeg),
            [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Some(Media::Tiff),
            _ if bytes.starts_with(&png::SIGNATURE) => Some(Media::Png),
            _ => None,
        }
    }
}

/// ページ画像. The picture of one page as a file of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct PageImage {
    /// Place in the file, from 1.
    pub number: u32,
    /// What `bytes` are.
    pub media: Media,
    /// A file that holds this page alone.
    pub bytes: Vec<u8>,
}

/// Takes a file apart into its pages, without touching their encoding where that is possible: a file of one
/// picture is kept byte for byte, a TIFF's strips move into a TIFF of their own, a PDF's full-page picture is
/// lifted out; other PDF pages are drawn at 300 dpi.
///
/// Errors: the outer one means that the whole file is bad, an inner one that this page is and its neighbours
/// are fine. The pixels themselves are not looked at: damage inside them shows in [`decode`].
pub fn split(bytes: &[u8], limits: &Limits) -> Result<Vec<Result<PageImage, DecodeError>>, DecodeError> {
    let file = Container::open(bytes, limits)?;
    let page = |index| -> Result<PageImage, DecodeError> {
        let (media, bytes) = file.page(index, limits)?;
        Ok(PageImage { number: index as u32 + 1, media, bytes: bytes.into_owned() })
    };
    let pages: Vec<_> = (0..file.len()).map(page).collect();
    match pages.as_slice() {
        // If the only page of a file is bad, the file is.
        [Err(error)] => Err(error.clone()),
        _ => Ok(pages),
    }
}

/// A picture of one page, such as [`split`] gives, as upright grey pixels with the resolution of the paper if
/// the file states one that can be true. Of a file with more pages, the first.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<GrayPage, DecodeError> {
    let file = Container::open(bytes, limits)?;
    file.grey(0, limits)
}

/// Every page of any file as grey pixels. Pages are unpacked as the iterator is asked for them.
///
/// Errors as in [`split`], but a page with damaged pixels is an inner error here.
pub fn decode_pages<'a>(
    bytes: &'a [u8],
    limits: &'a Limits,
) -> Result<impl Iterator<Item = Result<GrayPage, DecodeError>> + 'a, DecodeError> {
    let file = Container::open(bytes, limits)?;
    Ok((0..file.len()).map(move |index| file.grey(index, limits)))
}

/// An opened file.
enum Container<'a> {
    Single(Media, &'a [u8]),
    Tiff(&'a [u8], TiffFile<'a>),
    Pdf(Box<PdfFile>),
}

impl<'a> Container<'a> {
    fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, DecodeError> {
        if bytes.is_empty() {
            return Err(DecodeError::Empty);
        }
        if bytes.len() as u64 > limits.max_file_bytes {
            return Err(DecodeError::TooManyBytes { limit: limits.max_file_bytes });
        }
        guarded(|| match Media::sniff(bytes) {
            Some(Media::Tiff) => Ok(Container::Tiff(bytes, TiffFile::open(bytes, limits)?)),
            Some(media) => Ok(Container::Single(media, bytes)),
            None if pdf::sniff(bytes) => Ok(Container::Pdf(Box::new(PdfFile::open(bytes, limits)?))),
            None => Err(DecodeError::NotAnImage(foreign_format(bytes))),
        })
    }

    fn len(&self) -> usize {
        match self {
            Container::Single(..) => 1,
            Container::Tiff(_, file) => file.len(),
            Container::Pdf(file) => file.len(),
        }
    }

    /// The picture of a page, from 0.
    fn page(&self, index: usize, limits: &Limits) -> Result<(Media, Cow<'a, [u8]>), DecodeError> {
        guarded(|| match self {
            Container::Single(Media::Png, bytes) => {
                png::check(bytes, limits).map(|_| (Media::Png, Cow::Borrowed(*bytes)))
            }
            Container::Single(media, bytes) => {
                jpeg::check(bytes, limits).map(|_| (*media, Cow::Borrowed(*bytes)))
            }
            Container::Tiff(bytes, file) if file.len() == 1 => {
                file.check(0, limits).map(|()| (Media::Tiff, Cow::Borrowed(*bytes)))
            }
            Container::Tiff(_, file) => Ok((Media::Tiff, Cow::Owned(file.split_off(index, limits)?))),
            Container::Pdf(file) => file.page(index, limits).map(|(media, bytes)| (media, Cow::Owned(bytes))),
        })
    }

    /// A page, from 0, as grey pixels.
    fn grey(&self, index: usize, limits: &Limits) -> Result<GrayPage, DecodeError> {
        guarded(|| match self {
            Container::Single(Media::Png, bytes) => png::decode(bytes, limits),
            Container::Single(_, bytes) => jpeg::decode(bytes, limits),
            Container::Tiff(_, file) => file.decode(index, limits),
            Container::Pdf(file) => decode(&file.page(index, limits)?.1, limits),
        })
    }
}

/// Runs a decoder over bytes from outside. The decoders of others are careful but not proven: a panic in one
/// of them is a broken picture here, not the end of the program. Nothing they held is used afterwards.
fn guarded<T>(work: impl FnOnce() -> Result<T, DecodeError>) -> Result<T, DecodeError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or(Err(DecodeError::Broken("読み取り中に矛盾が見つかりました")))
}

/// What a file is that is no picture of ours, as far as its first bytes tell.
fn foreign_format(bytes: &[u8]) -> &'static str {
    const KNOWN: [(&[u8], &str); 9] = [
        (b"PK\x03\x04", "ZIPまたはOffice文書"),
        (b"GIF8", "GIF"),
        (b"BM", "BMP"),
        (b"\xd0\xcf\x11\xe0", "古いOffice文書"),
        (b"\x00\x00\x00\x0cjP  ", "JPEG2000"),
        (b"\xff\x4f\xff\x51", "JPEG2000"),
        (b"\x1f\x8b", "圧縮ファイル"),
        (b"7z\xbc\xaf\x27\x1c", "圧縮ファイル"),
        (b"II\xbc", "JPEG XR"),
    ];
    if let Some((_, name)) = KNOWN.iter().find(|(start, _)| bytes.starts_with(start)) {
        return name;
    }
    match (bytes.get(..4), bytes.get(4..8), bytes.get(8..12)) {
        (Some(b"RIFF"), _, Some(b"WEBP")) => "WebP",
        (_, Some(b"ftyp"), _) => "HEICまたは動画",
        _ if bytes.iter().take(512).all(|&b| b >= 0x20 || matches!(b, b'\t' | b'\n' | b'\r')) => {
            "文字のファイル"
        }
        _ => "不明な形式",
    }
}
