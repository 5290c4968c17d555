//! Taking a scanned picture out of its PDF as a file of its own.

use hayro::hayro_syntax::object::stream::ImageDecodeParams;
use hayro::hayro_syntax::object::{Array, Dict, Name, Object};
use png::{BitDepth, ColorType, Compression, Encoder};

use super::super::orientation::Orientation;
use super::super::png::pixel_dims;
use super::super::tiff::{self, Chunks, Field, Order, tag};
use super::super::{DecodeError, Media, jpeg};
use super::content::Placed;

/// The picture as a file: a JPEG or Group 4 picture with its very bytes, rows of samples as PNG.
/// `None` for a picture that has to be drawn. Errors: the picture's data ends too early.
pub(super) fn lift(placed: &Placed<'_>) -> Result<Option<(Media, Vec<u8>)>, DecodeError> {
    let dict = placed.stream.dict();
    let masked = ["SMask", "Mask"].iter().any(|key| dict.contains_key(key));
    if masked || dict.contains_key("Alternates") || (is_stencil(dict) && placed.coloured) {
        return Ok(None);
    }
    match (last_filter(dict).as_ref().map(Name::as_ref), filters(dict)) {
        (Some(b"DCTDecode"), 1) => lift_jpeg(placed),
        (Some(b"DCTDecode" | b"JPXDecode"), _) => Ok(None),
        (Some(b"CCITTFaxDecode"), 1) if is_group_4(placed) => Ok(Some(lift_group_4(placed))),
        _ if placed.orientation == Orientation::Upright => lift_samples(placed),
        _ => Ok(None),
    }
}

/// Whether the picture is a stencil through which the page's colour is painted.
fn is_stencil(dict: &Dict<'_>) -> bool {
    dict.get::<bool>("ImageMask").unwrap_or(false)
}

fn filters(dict: &Dict<'_>) -> usize {
    match dict.get::<Array<'_>>("Filter") {
        Some(list) => list.raw_iter().count(),
        None => usize::from(dict.contains_key("Filter")),
    }
}

/// The filter that encodes the picture itself; others before it only wrap its bytes.
pub(super) fn last_filter<'a>(dict: &Dict<'a>) -> Option<Name<'a>> {
    let filter = |key: &str| {
        let list = dict.get::<Array<'a>>(key);
        dict.get::<Name<'a>>(key).or_else(|| list.and_then(|list| list.iter::<Name<'a>>().last()))
    };
    filter("Filter").or_else(|| filter("F"))
}

/// The parameters of the last filter.
fn parameters<'a>(dict: &Dict<'a>) -> Option<Dict<'a>> {
    let find = |key: &str| {
        let list = dict.get::<Array<'a>>(key);
        dict.get::<Dict<'a>>(key)
            .or_else(|| list.and_then(|list| list.iter::<Object<'a>>().last()).and_then(Object::into_dict))
    };
    find("DecodeParms").or_else(|| find("DP"))
}

/// Columns that fax codes say they have, whatever the picture's width is.
pub(super) fn fax_columns(dict: &Dict<'_>) -> Option<u32> {
    parameters(dict)?.get::<u32>("Columns")
}

/// Whether `Decode` swaps black and white; `None` if it does anything else.
fn inverted(dict: &Dict<'_>) -> Option<bool> {
    let Some(decode) = dict.get::<Array<'_>>("Decode") else { return Some(false) };
    let ends: Vec<f32> = decode.iter::<f32>().collect();
    match ends.as_slice() {
        [1.0, 0.0] => Some(true),
        ends if ends.chunks(2).all(|pair| pair == [0.0, 1.0]) => Some(false),
        _ => None,
    }
}

fn lift_jpeg(placed: &Placed<'_>) -> Result<Option<(Media, Vec<u8>)>, DecodeError> {
    let dict = placed.stream.dict();
    let data = placed.stream.raw_data();
    let Ok(header) = jpeg::Header::parse(&data) else { return Ok(None) };
    if !header.complete {
        return Err(DecodeError::Truncated("PDFの中のJPEG"));
    }
    let space = Space::of(placed);
    let plain = space.is_some_and(|space| space.palette.is_none() && space.components == header.components);
    let own_transform = parameters(dict).is_some_and(|p| p.contains_key("ColorTransform"));
    if !plain
        || own_transform
        || inverted(dict) != Some(false)
        || [header.width, header.height] != placed.size
    {
        return Ok(None);
    }
    Ok(Some((Media::Jpeg, jpeg::with_exif(&data, placed.dpi, placed.orientation))))
}

fn is_group_4(placed: &Placed<'_>) -> bool {
    let dict = placed.stream.dict();
    let Some(parameters) = parameters(dict) else { return false };
    let plain = Space::of(placed).is_some_and(|space| space.palette.is_none() && space.components == 1);
    parameters.get::<i32>("K").is_some_and(|k| k < 0)
        && !parameters.get::<bool>("EncodedByteAlign").unwrap_or(false)
        // The specification's default, the width of a fax page.
        && parameters.get::<u32>("Columns").unwrap_or(1728) == placed.size[0]
        && inverted(dict).is_some()
        && (plain || is_stencil(dict))
}

/// The bare codes in a TIFF of one strip.
fn lift_group_4(placed: &Placed<'_>) -> (Media, Vec<u8>) {
    const GROUP_4: u16 = 4;
    const INCH: u16 = 2;
    const WHITE_IS_ZERO: u16 = 0;
    const BLACK_IS_ZERO: u16 = 1;
    let dict = placed.stream.dict();
    let black_is_1 = parameters(dict).and_then(|p| p.get::<bool>("BlackIs1")).unwrap_or(false);
    // Fax black is 0 in a PDF unless BlackIs1, and 0 is drawn black unless Decode says otherwise.
    let shows_black = black_is_1 == inverted(dict).unwrap_or(false);
    let order = Order::Little;
    let [width, height] = placed.size;
    let data = placed.stream.raw_data();
    let fields = vec![
        Field::longs(order, tag::WIDTH, [width]),
        Field::longs(order, tag::HEIGHT, [height]),
        Field::short(order, tag::BITS, 1),
        Field::short(order, tag::COMPRESSION, GROUP_4),
        Field::short(order, tag::PHOTOMETRIC, if shows_black { WHITE_IS_ZERO } else { BLACK_IS_ZERO }),
        Field::short(order, tag::ORIENTATION, placed.orientation.tag()),
        Field::short(order, tag::SAMPLES, 1),
        Field::longs(order, tag::ROWS_PER_STRIP, [height]),
        Field::rational(order, tag::X_RESOLUTION, placed.dpi[0]),
        Field::rational(order, tag::Y_RESOLUTION, placed.dpi[1]),
        Field::short(order, tag::RESOLUTION_UNIT, INCH),
    ];
    let chunks = Chunks {
        offsets_tag: tag::STRIP_OFFSETS,
        lengths_tag: tag::STRIP_LENGTHS,
        data: vec![data.as_ref()],
    };
    (Media::Tiff, tiff::write(order, fields, Some(chunks)))
}

/// Any other filter: the unpacked rows as PNG, colours kept.
fn lift_samples(placed: &Placed<'_>) -> Result<Option<(Media, Vec<u8>)>, DecodeError> {
    let dict = placed.stream.dict();
    let (Some(space), Some(inverted)) = (Space::of(placed), inverted(dict)) else { return Ok(None) };
    let fax =
        matches!(last_filter(dict).as_ref().map(Name::as_ref), Some(b"CCITTFaxDecode" | b"JBIG2Decode"));
    let bits = if fax || is_stencil(dict) { 1 } else { dict.get::<u8>("BitsPerComponent").unwrap_or(8) };
    let Some(depth) = BitDepth::from_u8(bits) else { return Ok(None) };
    let colour = match (&space.palette, space.components) {
        (Some(_), _) if bits <= 8 => ColorType::Indexed,
        (None, 1) => ColorType::Grayscale,
        (None, 3) if bits >= 8 => ColorType::Rgb,
        _ => return Ok(None),
    };
    if inverted && colour != ColorType::Grayscale {
        return Ok(None);
    }
    let [width, height] = placed.size;
    let row_bytes = (width as usize * colour.samples() * usize::from(bits)).div_ceil(8);
    let length = row_bytes * height as usize;
    let Some(mut samples) = unpack(placed, &space, bits, length) else { return Ok(None) };
    if samples.len() < length {
        return Err(DecodeError::Truncated("PDFの中の画像"));
    }
    samples.truncate(length);
    if inverted {
        samples.iter_mut().for_each(|byte| *byte = !*byte);
    }
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width, height);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    encoder.set_compression(Compression::Fast);
    encoder.set_pixel_dims(Some(pixel_dims(placed.dpi)));
    if let Some(palette) = space.palette {
        encoder.set_palette(palette);
    }
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&samples));
    Ok(written.is_ok().then_some((Media::Png, file)))
}

/// The rows of samples, `length` bytes of them or fewer; `None` if they come in another shape.
fn unpack(placed: &Placed<'_>, space: &Space, bits: u8, length: usize) -> Option<Vec<u8>> {
    let [width, height] = placed.size;
    let dict = placed.stream.dict();
    let only_deflated = filters(dict) == 1
        && last_filter(dict).is_some_and(|name| name.as_ref() == b"FlateDecode")
        && parameters(dict).is_none_or(|p| p.get::<u8>("Predictor").unwrap_or(1) == 1);
    if only_deflated {
        // Four times as fast as the PDF library's own.
        return tiff::inflate(&placed.stream.raw_data(), length);
    }
    let wanted = ImageDecodeParams {
        // Asks the fax decoders for packed bits in place of a byte a pixel.
        is_indexed: bits == 1 || space.palette.is_some(),
        bpc: Some(bits),
        num_components: Some(if space.palette.is_some() { 1 } else { space.components as u8 }),
        target_dimension: None,
        width,
        height,
    };
    let decoded = placed.stream.decoded_image(&wanted).ok()?;
    let as_wanted = decoded
        .image_data
        .as_ref()
        .is_none_or(|d| (d.width, d.height, d.bits_per_component) == (width, height, bits));
    as_wanted.then(|| decoded.data.into_owned())
}

/// What the samples of a picture mean.
struct Space {
    components: usize,
    /// Red, green and blue of each entry.
    palette: Option<Vec<u8>>,
}

impl Space {
    /// Grey, RGB, or a palette of these; `None` for anything that has to be converted.
    fn of(placed: &Placed<'_>) -> Option<Space> {
        let dict = placed.stream.dict();
        if is_stencil(dict) {
            return Some(Space { components: 1, palette: None });
        }
        Self::parse(dict.get::<Object<'_>>("ColorSpace")?, true)
    }

    fn parse(object: Object<'_>, may_be_indexed: bool) -> Option<Space> {
        let plain = |components| Some(Space { components, palette: None });
        let list = match object {
            Object::Name(name) => return plain(device_components(name.as_ref())?),
            Object::Array(list) => list,
            _ => return None,
        };
        let mut items = list.iter::<Object<'_>>();
        let kind = items.next()?.into_name()?;
        match kind.as_ref() {
            b"ICCBased" => match items.next()?.into_stream()?.dict().get::<u8>("N")? {
                count @ (1 | 3) => plain(count.into()),
                _ => None,
            },
            b"CalGray" => plain(1),
            b"CalRGB" => plain(3),
            b"Indexed" | b"I" if may_be_indexed => {
                let base = Self::parse(items.next()?, false)?;
                let _highest = items.next()?;
                let table = match items.next()? {
                    Object::String(bytes) => bytes.as_bytes().to_vec(),
                    Object::Stream(stream) => stream.decoded_data().ok()?.into_owned(),
                    _ => return None,
                };
                Some(Space { components: 1, palette: Some(rgb_table(&table, base.components)) })
            }
            name => plain(device_components(name)?),
        }
    }
}

fn device_components(name: &[u8]) -> Option<usize> {
    match name {
        b"DeviceGray" | b"G" => Some(1),
        b"DeviceRGB" | b"RGB" => Some(3),
        _ => None,
    }
}

/// A palette's table as RGB, at most the 256 entries of a byte.
fn rgb_table(table: &[u8], components: usize) -> Vec<u8> {
    let entries = table.chunks_exact(components).take(256);
    entries.flat_map(|entry| [entry[0], entry[components / 2], entry[components - 1]]).collect()
}
