//! JPEG and PNG as scanners and image programs write them.

use image::{ExtendedColorType, ImageEncoder};

use super::super::{Limits, Media, encode_jpeg, encode_png, jpeg, split};
use super::made::{bilevel_form, deflate, form, png_file};
use super::{page_of, worst_difference};
use crate::GrayPage;
use crate::decode::orientation::Orientation;

fn jpeg_of(samples: &[u8], size: [u32; 2], colour: ExtendedColorType) -> Vec<u8> {
    let mut file = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, 98);
    encoder.write_image(samples, size[0], size[1], colour).unwrap();
    file
}

fn png_of(
    colour: png::ColorType,
    depth: png::BitDepth,
    size: [u32; 2],
    data: &[u8],
    more: &[(&str, &[u8])],
) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, size[0], size[1]);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    for (name, value) in more {
        match *name {
            "palette" => encoder.set_palette(value.to_vec()),
            _ => encoder.set_trns(value.to_vec()),
        }
    }
    encoder.write_header().unwrap().write_image_data(data).unwrap();
    file
}

/// Strokes soft enough for JPEG.
fn soft_form(width: u32, height: u32) -> GrayPage {
    let mut page = form(width, height);
    page.pixels.iter_mut().for_each(|level| *level = 128 + *level / 4);
    page
}

#[test]
fn grey_and_colour_jpegs_are_as_bright_as_they_were() {
    let page = soft_form(173, 119);
    let grey = page_of(&jpeg_of(&page.pixels, [173, 119], ExtendedColorType::L8));
    assert!(worst_difference(&grey, &page) < 12, "{}", worst_difference(&grey, &page));
    let rgb: Vec<u8> = page.pixels.iter().flat_map(|&level| [level; 3]).collect();
    let colour = page_of(&jpeg_of(&rgb, [173, 119], ExtendedColorType::Rgb8));
    assert!(worst_difference(&colour, &page) < 12);
}

#[test]
fn a_jpeg_is_kept_byte_for_byte_and_its_resolution_read() {
    let mut page = soft_form(160, 120);
    page.dpi = Some([200.0, 200.0]);
    let file = encode_jpeg(&page, 90);
    let kept = split(&file, &Limits::default()).unwrap().remove(0).unwrap();
    assert_eq!((kept.number, kept.media, kept.bytes == file), (1, Media::Jpeg, true));
    assert_eq!(page_of(&file).dpi, Some([200.0, 200.0]));
}

#[test]
fn exif_turns_a_jpeg_upright() {
    let page = soft_form(64, 48);
    let file = encode_jpeg(&page, 95);
    let plain = page_of(&file);
    for value in 1..=8 {
        let orientation = Orientation::from_tag(value);
        let found = page_of(&jpeg::with_exif(&file, [300.0, 150.0], orientation));
        let expected = orientation.apply(GrayPage { dpi: Some([300.0, 150.0]), ..plain.clone() });
        assert!(found == expected, "orientation {value}");
    }
}

#[test]
fn an_inverted_adobe_cmyk_jpeg_has_white_paper() {
    // Eight white columns, then eight black ones, in four inks as image programs save them.
    let file = include_bytes!("cmyk.jpg");
    let page = page_of(file);
    assert_eq!((page.width, page.height), (16, 8));
    assert!(page.at(2, 2) > 245 && page.at(13, 2) < 10, "{} {}", page.at(2, 2), page.at(13, 2));
}

#[test]
fn every_kind_of_png_becomes_grey() {
    use png::{BitDepth as Depth, ColorType as Colour};
    let levels = [0u8, 85, 170, 255];
    /// Colour type, depth, samples, more chunks, and the grey levels of four pixels.
    type Case = (Colour, Depth, Vec<u8>, Vec<(&'static str, &'static [u8])>, [u8; 4]);
    let cases: [Case; 9] = [
        (Colour::Grayscale, Depth::One, vec![0b0110_0000], vec![], [0, 255, 255, 0]),
        (Colour::Grayscale, Depth::Two, vec![0b00_01_10_11], vec![], levels),
        (Colour::Grayscale, Depth::Four, vec![0x05, 0xaf], vec![], levels),
        (Colour::Grayscale, Depth::Eight, levels.to_vec(), vec![], levels),
        (Colour::Grayscale, Depth::Sixteen, levels.iter().flat_map(|&l| [l, 7]).collect(), vec![], levels),
        (
            Colour::GrayscaleAlpha,
            Depth::Eight,
            vec![0, 0, 85, 255, 170, 255, 0, 51],
            vec![],
            [255, 85, 170, 204],
        ),
        (Colour::Rgb, Depth::Eight, levels.iter().flat_map(|&l| [l; 3]).collect(), vec![], levels),
        (
            Colour::Indexed,
            Depth::One,
            vec![0b0110_0000],
            vec![("palette", &[255, 255, 255, 10, 10, 10])],
            [255, 10, 10, 255],
        ),
        (
            Colour::Indexed,
            Depth::Eight,
            vec![0, 1, 1, 0],
            vec![("palette", &[0, 0, 0, 9, 9, 9]), ("trns", &[0, 255])],
            [255, 9, 9, 255],
        ),
    ];
    for (colour, depth, data, more, expected) in cases {
        let page = page_of(&png_of(colour, depth, [4, 1], &data, &more));
        assert_eq!(page.pixels, expected, "{colour:?} {depth:?}");
        assert_eq!(page.bilevel, depth == Depth::One, "{colour:?} {depth:?}");
    }
}

#[test]
fn an_interlaced_png_is_put_together() {
    let levels: Vec<u8> = (0..64).map(|i| i * 4).collect();
    // First column, first row, steps right and down of the seven passes of Adam7.
    const PASSES: [[usize; 4]; 7] =
        [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]];
    let mut rows = Vec::new();
    for [left, top, right, down] in PASSES {
        for y in (top..8).step_by(down) {
            rows.push(0);
            rows.extend((left..8).step_by(right).map(|x| levels[y * 8 + x]));
        }
    }
    let header = [&8u32.to_be_bytes()[..], &8u32.to_be_bytes(), &[8, 0, 0, 0, 1]].concat();
    let page = page_of(&png_file(&[(b"IHDR", &header), (b"IDAT", &deflate(&rows)), (b"IEND", &[])]));
    assert_eq!((page.width, page.pixels), (8, levels));
}

#[test]
fn pages_written_as_png_come_back_the_same() {
    for mut page in [form(61, 40), bilevel_form(61, 40)] {
        page.dpi = Some([300.0, 300.0]);
        assert!(page_of(&encode_png(&page)) == page);
    }
}

#[test]
fn a_snippet_written_as_jpeg_looks_the_same() {
    let page = soft_form(90, 50);
    assert!(worst_difference(&page_of(&encode_jpeg(&page, 95)), &page) < 16);
}
