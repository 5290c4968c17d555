//! Grey pages back to files: PNG to keep, JPEG to look at.

use image::codecs::jpeg::{JpegEncoder, PixelDensity, PixelDensityUnit};
use image::{ExtendedColorType, ImageEncoder};
use png::{BitDepth, ColorType, Compression, Encoder};

use super::png::pixel_dims;
use crate::GrayPage;

/// A grey page as PNG with its resolution: one bit a pixel if the page is bilevel (128 and above is white),
/// else eight. Packed fast rather than small.
pub fn encode_png(page: &GrayPage) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, page.width, page.height);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_compression(Compression::Fast);
    encoder.set_pixel_dims(page.dpi.map(|dpi| pixel_dims(dpi.map(f64::from))));
    let packed;
    let data = if page.bilevel {
        encoder.set_depth(BitDepth::One);
        packed = pack(page);
        &packed
    } else {
        encoder.set_depth(BitDepth::Eight);
        &page.pixels
    };
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(data));
    // Writing to memory cannot fail, and a GrayPage's pixels always match its size, which is not zero.
    written.expect("a grey page is a valid PNG");
    file
}

/// Eight pixels a byte, each row beginning a byte.
fn pack(page: &GrayPage) -> Vec<u8> {
    let row_bytes = (page.width as usize).div_ceil(8);
    let mut packed = Vec::with_capacity(row_bytes * page.height as usize);
    for row in page.pixels.chunks_exact(page.width as usize) {
        packed.extend(
            row.chunks(8).map(|eight| {
                eight.iter().enumerate().fold(0, |byte, (x, &level)| byte | (level & 0x80) >> x)
            }),
        );
    }
    packed
}

/// A grey page as JPEG, `quality` from 1 (small) to 100 (fine), for snippets on screens.
pub fn encode_jpeg(page: &GrayPage, quality: u8) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut file, quality.clamp(1, 100));
    if let Some(dpi) = page.dpi {
        let density = dpi.map(|axis| axis.round() as u16);
        encoder.set_pixel_density(PixelDensity {
            density: (density[0], density[1]),
            unit: PixelDensityUnit::Inches,
        });
    }
    let written = encoder.write_image(&page.pixels, page.width, page.height, ExtendedColorType::L8);
    // A page is at most 65,535 pixels wide and high: a scanner's A3 at 2400 dpi is 40,000.
    written.expect("a grey page is a valid JPEG");
    file
}
