//! PDFs of scanners give their pictures untouched; printed ones are drawn.

use super::super::tiff::{self, Reader};
use super::super::{Limits, Media, decode, decode_pages, encode_jpeg, split};
use super::made::{
    PdfPage, bilevel_form, deflate, form, full_page, only_strip, pack, pdf, pdf_of, stream, tiffcp,
};
use super::{page_of, pages_of, worst_difference};
use crate::GrayPage;
use crate::decode::orientation::Orientation;

/// Pixels of the pictures here, and points of a page at 300 dpi of them.
const SIZE: [u32; 2] = [400, 300];
const POINTS: [f64; 2] = [96.0, 72.0];

fn entries(more: &str) -> String {
    format!("/MediaBox[0 0 {} {}]{more}", POINTS[0], POINTS[1])
}

/// A page that shows the picture in full, with more entries in the page's dictionary.
fn scan(dict: &str, data: &[u8], more: &str) -> Vec<u8> {
    let dict = format!("/Width {}/Height {}{dict}", SIZE[0], SIZE[1]);
    let content = full_page(POINTS[0], POINTS[1]);
    pdf(&[PdfPage { entries: &entries(more), content: &content, picture: Some((&dict, data)) }])
}

fn group_4(page: &GrayPage) -> Vec<u8> {
    only_strip(&tiffcp(&["-c", "g4", "-r", "10000"], &[&plain_tiff_min_is_white(page)]))
}

/// Fax codes begin with white as 0, so the source says the same.
fn plain_tiff_min_is_white(page: &GrayPage) -> Vec<u8> {
    super::made::TiffPlan::new(tiff::Order::Little, [page.width, page.height], 1, 1, 0)
        .strips(&pack(page, 1), page.height as usize)
}

const GREY_1_BIT: &str = "/BitsPerComponent 1/ColorSpace/DeviceGray";

#[test]
fn group_4_is_lifted_with_its_very_codes() {
    let page = bilevel_form(SIZE[0], SIZE[1]);
    let codes = group_4(&page);
    let normal = "/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 400/Rows 300>>";
    let inverted = "/Filter[/CCITTFaxDecode]/DecodeParms[<</K -1/Columns 400/BlackIs1 true>>]";
    let negative = GrayPage { pixels: page.pixels.iter().map(|l| 255 - l).collect(), ..page.clone() };
    for (dict, expected) in [
        (format!("{GREY_1_BIT}{normal}"), &page),
        (format!("{GREY_1_BIT}{inverted}/Decode[1 0]"), &page),
        (format!("{GREY_1_BIT}{inverted}"), &negative),
        (format!("/BitsPerComponent 1/ImageMask true{normal}"), &page),
    ] {
        let file = scan(&dict, &codes, "");
        let part = split(&file, &Limits::default()).unwrap().remove(0).unwrap();
        assert_eq!(part.media, Media::Tiff, "{dict}");
        assert!(only_strip(&part.bytes) == codes, "{dict}");
        let found = page_of(&file);
        assert!(found.pixels == expected.pixels && found.bilevel, "{dict}");
        assert_eq!(found.dpi, Some([300.0, 300.0]), "{dict}");
    }
}

#[test]
fn other_fax_codes_become_a_picture_of_the_same_pixels() {
    let page = bilevel_form(SIZE[0], SIZE[1]);
    let codes = only_strip(&tiffcp(&["-c", "g3:1d", "-r", "10000"], &[&plain_tiff_min_is_white(&page)]));
    let dict = format!("{GREY_1_BIT}/Filter/CCITTFaxDecode/DecodeParms<</K 0/Columns 400/EndOfLine true>>");
    let found = page_of(&scan(&dict, &codes, ""));
    assert!(found.pixels == page.pixels && found.bilevel);
}

#[test]
fn a_jpeg_is_lifted_and_turned_as_its_page_is() {
    let mut page = form(SIZE[0], SIZE[1]);
    page.pixels.iter_mut().for_each(|level| *level = 128 + *level / 4);
    let jpeg = encode_jpeg(&GrayPage { dpi: Some([72.0, 72.0]), ..page }, 90);
    let plain = GrayPage { dpi: Some([300.0, 300.0]), ..decode(&jpeg, &Limits::default()).unwrap() };
    let dict = "/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/DCTDecode";
    for (rotate, tag) in [(0, 1), (90, 6), (180, 3), (270, 8)] {
        let file = scan(dict, &jpeg, &format!("/Rotate {rotate}"));
        let part = split(&file, &Limits::default()).unwrap().remove(0).unwrap();
        assert_eq!(part.media, Media::Jpeg);
        assert!(part.bytes.ends_with(&jpeg[2..]), "the scanner's bytes are all there");
        assert!(page_of(&file) == Orientation::from_tag(tag).apply(plain.clone()), "turned by {rotate}");
    }
}

#[test]
fn a_group_4_page_is_turned_by_its_orientation_tag() {
    let page = bilevel_form(SIZE[0], SIZE[1]);
    let dict = format!("{GREY_1_BIT}/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 400>>");
    let found = page_of(&scan(&dict, &group_4(&page), "/Rotate 90"));
    let expected = Orientation::TurnRight.apply(page);
    assert!(found.pixels == expected.pixels);
    assert_eq!((found.width, found.height), (300, 400));
}

#[test]
fn rows_of_samples_become_png_without_loss() {
    let page = form(SIZE[0], SIZE[1]);
    let black_and_white = bilevel_form(SIZE[0], SIZE[1]);
    let rgb: Vec<u8> = page.pixels.iter().flat_map(|&level| [level; 3]).collect();
    let (packed, reversed) = (pack(&black_and_white, 0), pack(&black_and_white, 1));
    let flate = "/Filter/FlateDecode";
    for (dict, data, expected) in [
        (format!("/BitsPerComponent 8/ColorSpace/DeviceGray{flate}"), &page.pixels, &page),
        (format!("/BitsPerComponent 8/ColorSpace[/CalRGB<<>>]{flate}"), &rgb, &page),
        (format!("{GREY_1_BIT}{flate}"), &packed, &black_and_white),
        (format!("{GREY_1_BIT}/Decode[1 0]{flate}"), &reversed, &black_and_white),
        (
            format!("/BitsPerComponent 1/ColorSpace[/Indexed/DeviceRGB 1<FFFFFF000000>]{flate}"),
            &reversed,
            &black_and_white,
        ),
    ] {
        let file = scan(&dict, &deflate(data), "");
        let part = split(&file, &Limits::default()).unwrap().remove(0).unwrap();
        assert_eq!(part.media, Media::Png, "{dict}");
        let found = page_of(&file);
        assert!(found.pixels == expected.pixels, "{dict}");
        assert_eq!(found.dpi, Some([300.0, 300.0]), "{dict}");
    }
}

#[test]
fn recognised_text_under_a_scan_does_not_hide_it() {
    let page = bilevel_form(SIZE[0], SIZE[1]);
    let dict =
        format!("/Width 400/Height 300{GREY_1_BIT}/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 400>>");
    let codes = group_4(&page);
    let text = "BT /F1 9 Tf 3 Tr 10 10 Td (invisible) Tj ET";
    let clip = "0 0 96 72 re W n";
    let media = |content: &str| {
        let file = pdf(&[PdfPage { entries: &entries(""), content, picture: Some((&dict, &codes)) }]);
        split(&file, &Limits::default()).unwrap().remove(0).unwrap().media
    };
    let picture = full_page(POINTS[0], POINTS[1]);
    assert_eq!(media(&format!("{text} q {clip} {picture} Q")), Media::Tiff);
    // Whatever else is visible must stay visible: then the page is drawn.
    for more in ["0 0 20 20 re f", "BT 1 Tr (seen) Tj ET", "q 10 0 0 10 0 0 cm /Im0 Do Q", "9 9 9 9 re W n"] {
        assert_eq!(media(&format!("{more} {picture}")), Media::Png, "{more}");
    }
}

#[test]
fn a_scan_that_must_be_drawn_keeps_its_pixels() {
    let page = bilevel_form(SIZE[0], SIZE[1]);
    let dict = format!("{GREY_1_BIT}/Filter/FlateDecode");
    let found = page_of(&scan(&dict, &deflate(&pack(&page, 0)), "/Rotate 180"));
    let expected = Orientation::UpsideDown.apply(page);
    assert_eq!((found.width, found.height), (400, 300));
    let different = found.pixels.iter().zip(&expected.pixels).filter(|(a, b)| a.abs_diff(**b) > 64).count();
    assert!(different < 1200, "{different} of 120000 pixels differ");
}

#[test]
fn a_printed_page_is_drawn_at_300_dpi() {
    // A black square of one inch, its lower left corner one inch from the page's, on A4.
    let content = "0 g 72 72 72 72 re f";
    let file = pdf(&[PdfPage { entries: "/MediaBox[0 0 595.276 841.89]", content, picture: None }]);
    let page = page_of(&file);
    assert_eq!((page.width, page.height), (2480, 3508));
    let dpi = page.dpi.unwrap();
    assert!(dpi.iter().all(|dpi| (dpi - 300.0).abs() < 0.1), "{dpi:?}");
    for (x, y, level) in
        [(450, 3508 - 450, 0), (298, 3508 - 450, 255), (450, 3508 - 298, 255), (602, 3508 - 602, 255)]
    {
        assert_eq!(page.at(x, y), level, "at {x}, {y}");
    }
    assert_eq!(page.at(302, 3508 - 598), 0);
}

#[test]
fn pages_of_every_kind_stay_in_order() {
    let page = bilevel_form(SIZE[0], SIZE[1]);
    let dict =
        format!("/Width 400/Height 300{GREY_1_BIT}/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 400>>");
    let (codes, content, entries) = (group_4(&page), full_page(POINTS[0], POINTS[1]), entries(""));
    let scan = || PdfPage { entries: &entries, content: &content, picture: Some((&dict, &codes)) };
    let blank = || PdfPage { entries: &entries, content: "", picture: None };
    let pages = pages_of(&pdf(&[scan(), blank(), scan()]));
    assert_eq!(pages.len(), 3);
    assert!(pages[0].pixels == page.pixels && pages[2].pixels == page.pixels);
    assert!(pages[1].pixels.iter().all(|&level| level == 255));
}

#[test]
fn a_cut_off_picture_spoils_only_its_own_page() {
    let page = form(SIZE[0], SIZE[1]);
    let jpeg = encode_jpeg(&page, 90);
    let dict = "/Width 400/Height 300/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/DCTDecode";
    let (content, entries) = (full_page(POINTS[0], POINTS[1]), entries(""));
    let part = |data| PdfPage { entries: &entries, content: &content, picture: Some((dict, data)) };
    let file = pdf(&[part(&jpeg[..jpeg.len() / 2]), part(&jpeg)]);
    let parts = split(&file, &Limits::default()).unwrap();
    assert!(parts[0].is_err() && parts[1].is_ok());
    let limits = Limits::default();
    assert_eq!(decode_pages(&file, &limits).unwrap().filter(Result::is_ok).count(), 1);
}

#[test]
fn nested_page_trees_and_inherited_boxes_are_followed() {
    let mut objects = vec![b"<</Type/Catalog/Pages 2 0 R>>".to_vec()];
    objects.push(b"<</Type/Pages/Count 1/Kids[3 0 R]/MediaBox[0 0 72 144]/Rotate 90>>".to_vec());
    objects.push(b"<</Type/Pages/Count 1/Parent 2 0 R/Kids[4 0 R 2 0 R 3 0 R]>>".to_vec());
    objects.push(b"<</Type/Page/Parent 3 0 R/Contents 5 0 R>>".to_vec());
    objects.push(stream("", b"0 0 36 144 re f"));
    let page = page_of(&pdf_of(&objects, ""));
    assert_eq!((page.width, page.height), (600, 300), "turned");
    assert_eq!((page.at(300, 30), page.at(300, 270)), (0, 255), "its left half is on top now");
}

#[test]
fn the_lifted_jpeg_says_its_resolution_to_other_programs() {
    let jpeg = encode_jpeg(&form(SIZE[0], SIZE[1]), 90);
    let dict = "/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/DCTDecode";
    let part = split(&scan(dict, &jpeg, ""), &Limits::default()).unwrap().remove(0).unwrap();
    let exif = Reader::open(&part.bytes[12..]).unwrap().first().unwrap();
    assert_eq!(exif.dpi(), Some([300.0, 300.0]));
    let with_image_crate = image::load_from_memory(&part.bytes).unwrap().into_luma8();
    let ours = decode(&part.bytes, &Limits::default()).unwrap();
    let other = GrayPage { pixels: with_image_crate.into_raw(), ..ours.clone() };
    assert!(worst_difference(&ours, &other) <= 1);
}
