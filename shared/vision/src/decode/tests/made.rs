//! Pictures, TIFFs and PDFs made by hand.

use std::fs;
use std::process::Command;

use super::super::tiff::{Chunks, Field, Order, tag, write};
use crate::GrayPage;

/// A small form: a frame, rulings, writing-like strokes and a soft gradient, with no symmetry at all.
pub fn form(width: u32, height: u32) -> GrayPage {
    let mut page = GrayPage::white(width, height);
    for y in 0..height {
        for x in 0..width {
            let frame = x == 3 || y == 5 || x + 8 == width;
            let rule = y % 17 == 0 && x > width / 4;
            let stroke = (x * 7 + y * 3) % 61 < 4 && (x / 19 + y / 11) % 3 == 0;
            let paper = 255 - (x * 20 / width + y * 10 / height) as u8;
            page.pixels[(y * width + x) as usize] = if frame || rule || stroke { 20 } else { paper };
        }
    }
    page
}

/// The form in black and white.
pub fn bilevel_form(width: u32, height: u32) -> GrayPage {
    let mut page = form(width, height);
    page.pixels.iter_mut().for_each(|level| *level = if *level < 128 { 0 } else { 255 });
    page.bilevel = true;
    page
}

/// Eight pixels a byte; `black` is the bit of a black pixel.
pub fn pack(page: &GrayPage, black: u8) -> Vec<u8> {
    let bit = |level: u8| if level < 128 { black } else { 1 - black };
    let rows = page.pixels.chunks(page.width as usize);
    rows.flat_map(|row| {
        row.chunks(8).map(|b| b.iter().enumerate().fold(0, |byte, (i, &l)| byte | bit(l) << (7 - i)))
    })
    .collect()
}

/// The tags of a TIFF to be made.
pub struct TiffPlan {
    pub order: Order,
    pub size: [u32; 2],
    pub bits: u16,
    pub samples: u16,
    pub photometric: u16,
    pub extra: Vec<Field>,
}

impl TiffPlan {
    pub fn new(order: Order, size: [u32; 2], bits: u16, samples: u16, photometric: u16) -> Self {
        Self { order, size, bits, samples, photometric, extra: Vec::new() }
    }

    pub fn with(mut self, field: Field) -> Self {
        self.extra.push(field);
        self
    }

    /// An uncompressed file of strips of `rows` rows.
    pub fn strips(self, samples: &[u8], rows: usize) -> Vec<u8> {
        // Too few samples, for headers that promise more than there is, make one short strip.
        let row_bytes = (samples.len() / self.size[1] as usize).max(1);
        let data = samples.chunks(row_bytes * rows).collect();
        let rows_per_strip = Field::longs(self.order, tag::ROWS_PER_STRIP, [rows as u32]);
        let chunks = Chunks { offsets_tag: tag::STRIP_OFFSETS, lengths_tag: tag::STRIP_LENGTHS, data };
        self.with(rows_per_strip).file(chunks)
    }

    pub fn file(self, chunks: Chunks<'_>) -> Vec<u8> {
        let order = self.order;
        let bits: Vec<u8> = (0..self.samples).flat_map(|_| order.short(self.bits)).collect();
        let mut fields = vec![
            Field::longs(order, tag::WIDTH, [self.size[0]]),
            Field::longs(order, tag::HEIGHT, [self.size[1]]),
            Field::raw(tag::BITS, 3, bits),
            Field::short(order, tag::PHOTOMETRIC, self.photometric),
            Field::short(order, tag::SAMPLES, self.samples),
        ];
        fields.extend(self.extra);
        write(order, fields, Some(chunks))
    }
}

/// An uncompressed TIFF of a page, one bit if it is bilevel, at 300 dpi.
pub fn plain_tiff(page: &GrayPage) -> Vec<u8> {
    let order = Order::Little;
    let bits = if page.bilevel { 1 } else { 8 };
    let samples = if page.bilevel { pack(page, 0) } else { page.pixels.clone() };
    TiffPlan::new(order, [page.width, page.height], bits, 1, 1)
        .with(Field::rational(order, tag::X_RESOLUTION, 300.0))
        .with(Field::rational(order, tag::Y_RESOLUTION, 300.0))
        .strips(&samples, 16)
}

/// What libtiff's `tiffcp` makes of the files, one output with all their pages.
pub fn tiffcp(options: &[&str], files: &[&[u8]]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out.tif");
    let mut command = Command::new("tiffcp");
    command.args(options);
    for (index, bytes) in files.iter().enumerate() {
        let input = folder.path().join(format!("{index}.tif"));
        fs::write(&input, bytes).unwrap();
        command.arg(input);
    }
    let run = command.arg(&output).output().expect("tiffcp of libtiff-tools is installed");
    assert!(run.status.success(), "tiffcp {options:?}: {}", String::from_utf8_lossy(&run.stderr));
    fs::read(output).unwrap()
}

/// The bare codes of the only strip of a TIFF.
pub fn only_strip(file: &[u8]) -> Vec<u8> {
    let reader = super::super::tiff::Reader::open(file).unwrap();
    let directory = reader.first().unwrap();
    let at = |tag| directory.uints(tag).try_into().map(|[v]: [u64; 1]| v as usize).expect("one strip");
    let (offset, length) = (at(tag::STRIP_OFFSETS), at(tag::STRIP_LENGTHS));
    file[offset..offset + length].to_vec()
}

/// A PDF of the objects, numbered from 1; the first is the catalogue. `trailer` goes into the trailer.
pub fn pdf_of(objects: &[Vec<u8>], trailer: &str) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n".to_vec();
    let mut offsets = Vec::new();
    for (number, object) in (1..).zip(objects) {
        offsets.push(file.len());
        file.extend(format!("{number} 0 obj\n").bytes());
        file.extend(object);
        file.extend(b"\nendobj\n");
    }
    let start = file.len();
    file.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    offsets.iter().for_each(|offset| file.extend(format!("{offset:010} 00000 n \n").bytes()));
    let size = objects.len() + 1;
    file.extend(
        format!("trailer\n<</Size {size}/Root 1 0 R{trailer}>>\nstartxref\n{start}\n%%EOF\n").bytes(),
    );
    file
}

/// A stream object.
pub fn stream(dict: &str, data: &[u8]) -> Vec<u8> {
    let head = format!("<<{dict}/Length {}>>\nstream\n", data.len());
    [head.as_bytes(), data, b"\nendstream"].concat()
}

/// One page of a PDF: its dictionary's entries, its content, and its picture `/Im0` (dictionary and data).
pub struct PdfPage<'a> {
    pub entries: &'a str,
    pub content: &'a str,
    pub picture: Option<(&'a str, &'a [u8])>,
}

/// A PDF of pages; pictures are XObjects.
pub fn pdf(pages: &[PdfPage<'_>]) -> Vec<u8> {
    let first = |page: usize| 3 + page * 3;
    let kids: Vec<String> = (0..pages.len()).map(|page| format!("{} 0 R", first(page))).collect();
    let mut objects = vec![
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        format!("<</Type/Pages/Count {}/Kids[{}]>>", pages.len(), kids.join(" ")).into_bytes(),
    ];
    for (index, page) in pages.iter().enumerate() {
        let (content, picture) = (first(index) + 1, first(index) + 2);
        let resources = format!("/Resources<</XObject<</Im0 {picture} 0 R>>>>");
        let page_dict =
            format!("<</Type/Page/Parent 2 0 R{}{resources}/Contents {content} 0 R>>", page.entries);
        objects.push(page_dict.into_bytes());
        objects.push(stream("", page.content.as_bytes()));
        objects.push(page.picture.map_or(b"null".to_vec(), |(dict, data)| {
            stream(&format!("/Type/XObject/Subtype/Image{dict}"), data)
        }));
    }
    pdf_of(&objects, "")
}

/// Content that draws `/Im0` over a page of that many points.
pub fn full_page(width: f64, height: f64) -> String {
    format!("q {width} 0 0 {height} 0 0 cm /Im0 Do Q")
}

/// Data deflated the way PDF and TIFF hold it.
pub fn deflate(data: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// A PNG of the chunks.
pub fn png_file(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut file = super::super::png::SIGNATURE.to_vec();
    for (name, data) in chunks {
        let mut sum = flate2::Crc::new();
        sum.update(*name);
        sum.update(data);
        file.extend((data.len() as u32).to_be_bytes());
        file.extend(*name);
        file.extend(*data);
        file.extend(sum.sum().to_be_bytes());
    }
    file
}
