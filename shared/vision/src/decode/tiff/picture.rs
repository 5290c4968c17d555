//! One picture of a TIFF: its description checked against the file, and its pixels.

use super::super::orientation::Orientation;
use super::super::resolution::{CM_PER_INCH, believable};
use super::super::samples::{Alpha, Ink};
use super::super::{DecodeError, Limits};
use super::codec::compression;
use super::directory::{Directory, Order, Reader};
use super::tag;

/// Most strips or tiles of a page: one a row of A3 at 600 dpi would be 9,900.
const MAX_CHUNKS: u64 = 1 << 20;
/// Most bits a pixel on a page that uses up its pixels: three colours and alpha at 8 bits.
const MAX_PIXEL_BITS: u64 = 32;

/// 写真の構成. How a picture lies in the file.
pub(super) struct Picture<'a> {
    pub order: Order,
    pub width: u32,
    pub height: u32,
    pub bits: u8,
    pub samples: usize,
    pub compression: u64,
    pub photometric: u64,
    /// Each colour in strips of its own.
    pub planar: bool,
    pub predictor: u64,
    /// Bits of each byte in opposite order.
    pub lsb_first: bool,
    pub t4_options: u64,
    /// Tables shared by the JPEG streams of all chunks.
    pub jpeg_tables: Option<&'a [u8]>,
    pub ink: Ink,
    pub alpha: Alpha,
    pub tiled: bool,
    /// Size of a strip or tile in pixels; the last strip of a plane may be shorter.
    pub chunk: [u32; 2],
    /// Packed strips or tiles in the order of the file's list, as many as the picture needs.
    pub data: Vec<&'a [u8]>,
    pub orientation: Orientation,
    pub dpi: Option<[f32; 2]>,
}

impl<'a> Picture<'a> {
    /// Reads a directory. Errors: too large, data outside the file, or values that contradict each other.
    pub fn parse(file: &Reader<'a>, directory: &Directory<'a>, limits: &Limits) -> Result<Self, DecodeError> {
        let size = |tag| directory.uint(tag).filter(|&v| v > 0).ok_or(DecodeError::Broken("TIFFの寸法"));
        let (width, height) = (size(tag::WIDTH)?, size(tag::HEIGHT)?);
        limits.check_pixels(width, height)?;
        let uint = |tag, default| directory.uint(tag).unwrap_or(default);
        let compression = uint(tag::COMPRESSION, compression::NONE);
        let is_fax = matches!(compression, 2..=4);
        let samples = uint(tag::SAMPLES, 1);
        let bits = depth(directory)?;
        if samples == 0 || (is_fax && (bits, samples) != (1, 1)) {
            return Err(DecodeError::Broken("TIFFの色の構成"));
        }
        let most = limits.max_pixels.saturating_mul(MAX_PIXEL_BITS);
        if (width * height).saturating_mul(samples).saturating_mul(bits.into()) > most {
            return Err(DecodeError::TooManyBytes { limit: most / 8 });
        }
        let photometric = uint(tag::PHOTOMETRIC, if is_fax { 0 } else { 1 });
        let planar = uint(tag::PLANAR, 1) == 2 && samples > 1;
        let planes = if planar { samples } else { 1 };
        let chunks = ChunkGrid::parse(directory, width, height, limits)?;
        Ok(Self {
            order: directory.order,
            width: width as u32,
            height: height as u32,
            bits,
            samples: samples as usize,
            compression,
            photometric,
            planar,
            predictor: uint(tag::PREDICTOR, 1),
            lsb_first: uint(tag::FILL_ORDER, 1) == 2,
            t4_options: uint(tag::T4_OPTIONS, 0),
            jpeg_tables: directory.bytes(tag::JPEG_TABLES),
            ink: ink(directory, photometric, bits)?,
            alpha: alpha(directory, samples),
            tiled: chunks.tiled,
            chunk: chunks.size,
            data: chunks.data(file, directory, planes)?,
            orientation: Orientation::from_tag(uint(tag::ORIENTATION, 1)),
            dpi: directory.dpi().and_then(|dpi| believable(dpi, width as u32, height as u32)),
        })
    }

    /// Chunks side by side.
    pub fn across(&self) -> usize {
        self.width.div_ceil(self.chunk[0]) as usize
    }

    /// Chunks of one plane.
    pub fn per_plane(&self) -> usize {
        self.across() * self.height.div_ceil(self.chunk[1]) as usize
    }
}

impl Directory<'_> {
    /// The stated dots per inch across and down, if any.
    pub fn dpi(&self) -> Option<[f64; 2]> {
        const NO_UNIT: u64 = 1;
        const CENTIMETRE: u64 = 3;
        let stated = [self.real(tag::X_RESOLUTION)?, self.real(tag::Y_RESOLUTION)?];
        match self.uint(tag::RESOLUTION_UNIT) {
            Some(NO_UNIT) => None,
            Some(CENTIMETRE) => Some(stated.map(|per_cm| per_cm * CM_PER_INCH)),
            _ => Some(stated),
        }
    }

    /// Whether this is no page but a thumbnail or a mask of another one.
    pub fn is_companion(&self) -> bool {
        const THUMBNAIL: u64 = 1;
        const MASK: u64 = 4;
        const OLD_THUMBNAIL: u64 = 2;
        self.uint(tag::NEW_SUBFILE_TYPE).is_some_and(|flags| flags & (THUMBNAIL | MASK) != 0)
            || self.uint(tag::SUBFILE_TYPE) == Some(OLD_THUMBNAIL)
    }
}

/// Bits of a sample; all samples must be equally deep and whole numbers.
fn depth(directory: &Directory<'_>) -> Result<u8, DecodeError> {
    const UNSIGNED: u64 = 1;
    const UNDEFINED: u64 = 4;
    let bits = directory.uints(tag::BITS);
    let first = bits.first().copied().unwrap_or(1);
    let whole = directory.uints(tag::SAMPLE_FORMAT).iter().all(|&f| f == UNSIGNED || f == UNDEFINED);
    if !whole || bits.iter().any(|&b| b != first) || !matches!(first, 1 | 2 | 4 | 8 | 16) {
        return Err(DecodeError::Unsupported(format!("{first}ビットのTIFF")));
    }
    Ok(first as u8)
}

fn ink(directory: &Directory<'_>, photometric: u64, bits: u8) -> Result<Ink, DecodeError> {
    match photometric {
        0 => Ok(Ink::grey(bits, true)),
        // The first sample of YCbCr is brightness.
        1 | 6 => Ok(Ink::grey(bits, false)),
        2 => Ok(Ink::Rgb),
        3 => palette(directory, bits),
        5 => Ok(Ink::Cmyk),
        other => Err(DecodeError::Unsupported(format!("TIFFの色の方式{other}"))),
    }
}

/// All reds, then all greens, then all blues, 16 bits each; some writers only use the low eight.
fn palette(directory: &Directory<'_>, bits: u8) -> Result<Ink, DecodeError> {
    let map = directory.uints(tag::COLOUR_MAP);
    let colours = 1usize << bits.min(8);
    if bits > 8 || map.len() < colours * 3 {
        return Err(DecodeError::Broken("TIFFの色の表"));
    }
    let shift = if map.iter().any(|&level| level > 255) { 8 } else { 0 };
    let level = |at: usize| (map[at] >> shift) as u8;
    Ok(Ink::palette((0..colours).map(|i| [level(i), level(colours + i), level(colours * 2 + i)])))
}

fn alpha(directory: &Directory<'_>, samples: u64) -> Alpha {
    let extra = directory.uints(tag::EXTRA_SAMPLES);
    match extra.first() {
        _ if extra.len() as u64 >= samples => Alpha::None,
        Some(1) => Alpha::Premultiplied,
        Some(2) => Alpha::Straight,
        _ => Alpha::None,
    }
}

/// How the picture is cut into strips or tiles.
struct ChunkGrid {
    tiled: bool,
    size: [u32; 2],
    per_plane: u64,
}

impl ChunkGrid {
    fn parse(
        directory: &Directory<'_>,
        width: u64,
        height: u64,
        limits: &Limits,
    ) -> Result<Self, DecodeError> {
        let tiled = directory.uint(tag::TILE_WIDTH).is_some();
        let [across, down] = if tiled {
            let [w, h] = [tag::TILE_WIDTH, tag::TILE_HEIGHT].map(|tag| directory.uint(tag).unwrap_or(0));
            limits.check_pixels(w, h)?;
            [w, h]
        } else {
            [width, directory.uint(tag::ROWS_PER_STRIP).unwrap_or(height).min(height)]
        };
        if across == 0 || down == 0 {
            return Err(DecodeError::Broken("TIFFの区画"));
        }
        let per_plane = width.div_ceil(across) * height.div_ceil(down);
        if per_plane > MAX_CHUNKS {
            return Err(DecodeError::Broken("TIFFの区画が多すぎます"));
        }
        Ok(Self { tiled, size: [across as u32, down as u32], per_plane })
    }

    /// The packed chunks of all planes.
    fn data<'a>(
        &self,
        file: &Reader<'a>,
        directory: &Directory<'a>,
        planes: u64,
    ) -> Result<Vec<&'a [u8]>, DecodeError> {
        const CUT: DecodeError = DecodeError::Truncated("TIFFの画素");
        let (offsets_tag, lengths_tag) = chunk_tags(self.tiled);
        let (offsets, lengths) = (directory.uints(offsets_tag), directory.uints(lengths_tag));
        let needed = (self.per_plane * planes) as usize;
        if offsets.len() < needed {
            return Err(DecodeError::Broken("TIFFの区画の一覧"));
        }
        // Old writers leave the length of a single strip out: it goes to the end of the file.
        if lengths.is_empty() && needed == 1 {
            return file.tail(offsets[0]).map(|data| vec![data]).ok_or(CUT);
        }
        if lengths.len() < needed {
            return Err(DecodeError::Broken("TIFFの区画の一覧"));
        }
        let slices = offsets.iter().zip(&lengths).take(needed);
        slices.map(|(&offset, &length)| file.slice(offset, length).ok_or(CUT)).collect()
    }
}

/// The tags that list offsets and lengths of tiles, or of strips.
pub(super) fn chunk_tags(tiled: bool) -> (u16, u16) {
    if tiled { (tag::TILE_OFFSETS, tag::TILE_LENGTHS) } else { (tag::STRIP_OFFSETS, tag::STRIP_LENGTHS) }
}
