//! Pixels to bytes, in the encodings that office scanners write.

use fax::{Color, VecWriter, encoder::Encoder};
use image::codecs::jpeg::{JpegEncoder, PixelDensity};
use image::{ExtendedColorType, GrayImage, ImageEncoder};

/// ファイル形式.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileFormat {
    /// JPEG, grey, quality 75.
    Jpeg,
    /// PNG, 8-bit grey.
    Png,
    /// TIFF, one bit, CCITT Group 4.
    TiffG4,
    /// TIFF, 8-bit grey, LZW.
    TiffLzw,
    /// TIFF, 8-bit grey, JPEG inside.
    TiffJpeg,
    /// PDF around JPEG pictures.
    Pdf,
}

impl FileFormat {
    /// All formats.
    pub const ALL: [FileFormat; 6] = [
        FileFormat::Jpeg,
        FileFormat::Png,
        FileFormat::TiffG4,
        FileFormat::TiffLzw,
        FileFormat::TiffJpeg,
        FileFormat::Pdf,
    ];

    /// The usual file name ending.
    pub fn extension(self) -> &'static str {
        match self {
            FileFormat::Jpeg => "jpg",
            FileFormat::Png => "png",
            FileFormat::Pdf => "pdf",
            _ => "tif",
        }
    }

    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            FileFormat::Jpeg => "jpeg",
            FileFormat::Png => "png",
            FileFormat::TiffG4 => "tiff-g4",
            FileFormat::TiffLzw => "tiff-lzw",
            FileFormat::TiffJpeg => "tiff-jpeg",
            FileFormat::Pdf => "pdf",
        }
    }

    /// Whether one file may hold several pages.
    pub fn holds_many(self) -> bool {
        !matches!(self, FileFormat::Jpeg | FileFormat::Png)
    }
}

/// Encodes `pages` as one file. JPEG and PNG take the first page only.
///
/// # Panics
/// When `pages` is empty.
pub fn encode(pages: &[GrayImage], dpi: f64, format: FileFormat) -> Vec<u8> {
    match format {
        FileFormat::Jpeg => jpeg(&pages[0], dpi),
        FileFormat::Png => png(&pages[0]),
        FileFormat::TiffG4 => tiff(&strips(pages, g4), dpi, 4),
        FileFormat::TiffLzw => tiff(&strips(pages, lzw), dpi, 5),
        FileFormat::TiffJpeg => tiff(&strips(pages, |page| jpeg(page, dpi)), dpi, 7),
        FileFormat::Pdf => pdf(pages, dpi),
    }
}

fn jpeg(page: &GrayImage, dpi: f64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 75);
    encoder.set_pixel_density(PixelDensity::dpi(dpi.round() as u16));
    encoder
        .encode(page.as_raw(), page.width(), page.height(), ExtendedColorType::L8)
        .expect("writing JPEG to memory cannot fail below 65,535 pixels an edge");
    bytes
}

fn png(page: &GrayImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    image::codecs::png::PngEncoder::new(&mut bytes)
        .write_image(page.as_raw(), page.width(), page.height(), ExtendedColorType::L8)
        .expect("writing PNG to memory cannot fail");
    bytes
}

fn g4(page: &GrayImage) -> Vec<u8> {
    let mut encoder = Encoder::new(VecWriter::new());
    for row in page.as_raw().chunks_exact(page.width() as usize) {
        let colors = row.iter().map(|&p| if p < 128 { Color::Black } else { Color::White });
        encoder.encode_line(colors, page.width() as u16).expect("writing to memory cannot fail");
    }
    encoder.finish().expect("writing to memory cannot fail").finish()
}

fn lzw(page: &GrayImage) -> Vec<u8> {
    weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8)
        .encode(page.as_raw())
        .expect("8-bit samples fit 8-bit codes")
}

/// A packed page: pixels across and down, and its bytes.
pub type Strip = ((u32, u32), Vec<u8>);

fn strips(pages: &[GrayImage], pack: impl Fn(&GrayImage) -> Vec<u8>) -> Vec<Strip> {
    pages.iter().map(|page| (page.dimensions(), pack(page))).collect()
}

/// A one-bit TIFF of pages that are packed as Group 4 already.
pub fn tiff_of_g4(pages: &[Strip], dpi: f64) -> Vec<u8> {
    tiff(pages, dpi, 4)
}

/// A little-endian TIFF with one strip a page.
fn tiff(pages: &[Strip], dpi: f64, compression: u16) -> Vec<u8> {
    const SHORT: u16 = 3;
    const LONG: u16 = 4;
    const RATIONAL: u16 = 5;
    let mut file = b"II*\0\0\0\0\0".to_vec();
    let mut link = 4;
    for ((width, height), data) in pages {
        let data_at = file.len() as u32;
        file.extend_from_slice(data);
        file.resize(file.len().next_multiple_of(2), 0);
        let dpi_at = file.len() as u32;
        file.extend_from_slice(&((dpi * 100.0).round() as u32).to_le_bytes());
        file.extend_from_slice(&100u32.to_le_bytes());
        let ifd_at = file.len() as u32;
        file[link..link + 4].copy_from_slice(&ifd_at.to_le_bytes());
        let bits = if compression == 4 { 1 } else { 8 };
        let photometric = if compression == 4 { 0 } else { 1 };
        let entries: [(u16, u16, u32); 11] = [
            (256, LONG, *width),
            (257, LONG, *height),
            (258, SHORT, bits),
            (259, SHORT, u32::from(compression)),
            (262, SHORT, photometric),
            (273, LONG, data_at),
            (277, SHORT, 1),
            (278, LONG, *height),
            (279, LONG, data.len() as u32),
            (282, RATIONAL, dpi_at),
            (283, RATIONAL, dpi_at),
        ];
        file.extend_from_slice(&(entries.len() as u16).to_le_bytes());
        for (tag, kind, value) in entries {
            file.extend_from_slice(&tag.to_le_bytes());
            file.extend_from_slice(&kind.to_le_bytes());
            file.extend_from_slice(&1u32.to_le_bytes());
            file.extend_from_slice(&value.to_le_bytes());
        }
        link = file.len();
        file.extend_from_slice(&[0; 4]);
    }
    file
}

/// A PDF with one JPEG a page that fills it.
fn pdf(pages: &[GrayImage], dpi: f64) -> Vec<u8> {
    let mut file = b"%PDF-1.4\n".to_vec();
    let mut offsets = Vec::new();
    let mut object = |file: &mut Vec<u8>, head: String, stream: Option<&[u8]>| {
        offsets.push(file.len());
        file.extend_from_slice(format!("{} 0 obj\n{head}\n", offsets.len()).as_bytes());
        if let Some(stream) = stream {
            file.extend_from_slice(b"stream\n");
            file.extend_from_slice(stream);
            file.extend_from_slice(b"\nendstream\n");
        }
        file.extend_from_slice(b"endobj\n");
    };
    let kids: String = (0..pages.len()).map(|i| format!("{} 0 R ", 3 + 3 * i)).collect();
    object(&mut file, "<< /Type /Catalog /Pages 2 0 R >>".into(), None);
    object(&mut file, format!("<< /Type /Pages /Count {} /Kids [{kids}] >>", pages.len()), None);
    for (i, page) in pages.iter().enumerate() {
        let (w, h) = (f64::from(page.width()) * 72.0 / dpi, f64::from(page.height()) * 72.0 / dpi);
        let picture = jpeg(page, dpi);
        let paint = format!("q {w:.3} 0 0 {h:.3} 0 0 cm /Im0 Do Q");
        let first = 3 + 3 * i;
        let resources = format!("<< /XObject << /Im0 {} 0 R >> >>", first + 1);
        object(
            &mut file,
            format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {w:.3} {h:.3}] /Resources {resources} /Contents {} 0 R >>",
                first + 2
            ),
            None,
        );
        object(
            &mut file,
            format!(
                "<< /Type /XObject /Subtype /Image /Width {} /Height {} /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /DCTDecode /Length {} >>",
                page.width(),
                page.height(),
                picture.len()
            ),
            Some(&picture),
        );
        object(&mut file, format!("<< /Length {} >>", paint.len()), Some(paint.as_bytes()));
    }
    let start = file.len();
    file.extend_from_slice(format!("xref\n0 {}\n0000000000 65535 f \n", offsets.len() + 1).as_bytes());
    for offset in &offsets {
        file.extend_from_slice(format!("{offset:010} 00000 n \n").as_bytes());
    }
    file.extend_from_slice(
        format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n", offsets.len() + 1)
            .as_bytes(),
    );
    file
}
