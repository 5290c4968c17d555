//! TIFFs of every encoding that scanners and faxes write come out with the pixels that went in.

use super::super::tiff::{Chunks, Field, Order, tag};
use super::super::{DecodeError, Limits, decode_pages, split};
use super::made::{TiffPlan, bilevel_form, form, only_strip, pack, plain_tiff, tiffcp};
use super::{page_of, pages_of, worst_difference};
use crate::GrayPage;

#[test]
fn black_and_white_pages_survive_every_lossless_encoding() {
    let pages = [bilevel_form(253, 170), bilevel_form(128, 64), bilevel_form(97, 301)];
    let plain = pages.each_ref().map(plain_tiff);
    let files = plain.each_ref().map(Vec::as_slice);
    for encoding in ["none", "packbits", "lzw", "zip", "g3:1d", "g3:1d:fill", "g3:2d", "g3:2d:fill", "g4"] {
        for more in [&["-f", "msb2lsb"][..], &["-f", "lsb2msb"], &["-B"], &["-L"], &["-8"], &["-r", "9"]] {
            let options = [&["-c", encoding], more].concat();
            let found = pages_of(&tiffcp(&options, &files));
            assert_eq!(found.len(), 3, "{options:?}");
            for (found, page) in found.iter().zip(&pages) {
                assert!(found.bilevel && found.pixels == page.pixels, "{options:?}");
                assert_eq!(found.dpi, Some([300.0, 300.0]), "{options:?}");
            }
        }
    }
}

#[test]
fn grey_pages_survive_every_lossless_encoding() {
    let page = form(211, 149);
    let plain = plain_tiff(&page);
    for encoding in ["none", "packbits", "lzw", "lzw:2", "zip", "zip:2"] {
        for more in [&["-B"][..], &["-8"], &["-r", "7"], &["-t", "-w", "64", "-l", "32"]] {
            let options = [&["-c", encoding], more].concat();
            let found = page_of(&tiffcp(&options, &[&plain]));
            assert!(!found.bilevel && found.pixels == page.pixels, "{options:?}");
        }
    }
}

#[test]
fn group_4_tiles_are_put_together() {
    let page = bilevel_form(300, 200);
    let file = tiffcp(&["-c", "g4", "-t", "-w", "64", "-l", "48"], &[&plain_tiff(&page)]);
    assert!(page_of(&file).pixels == page.pixels);
}

#[test]
fn modified_huffman_rows_begin_on_bytes() {
    // libtiff names compression 2 only through this option of its fax tool, so the codes are made by hand:
    // a white row of 8 (10011), then 3 white, 5 black (1000 0011).
    let order = Order::Little;
    let plan = TiffPlan::new(order, [8, 2], 1, 1, 0).with(Field::short(order, tag::COMPRESSION, 2));
    let file = plan.strips(&[0b1001_1000, 0b1000_0011], 2);
    assert_eq!(page_of(&file).pixels, [[255; 8], [255, 255, 255, 0, 0, 0, 0, 0]].concat());
}

/// A colour page whose grey version is `form`'s levels, tinted.
fn colour_samples(page: &GrayPage) -> Vec<u8> {
    page.pixels.iter().flat_map(|&level| [level, level.saturating_sub(9), level / 2]).collect()
}

fn luma_of(rgb: &[u8]) -> Vec<u8> {
    let level = |p: &[u8]| 0.299 * f64::from(p[0]) + 0.587 * f64::from(p[1]) + 0.114 * f64::from(p[2]);
    rgb.chunks(3).map(|p| level(p).round() as u8).collect()
}

#[test]
fn colour_becomes_brightness_whatever_the_layout() {
    let page = form(120, 80);
    let rgb = colour_samples(&page);
    let plain = TiffPlan::new(Order::Little, [120, 80], 8, 3, 2).strips(&rgb, 80);
    let expected = GrayPage { pixels: luma_of(&rgb), ..page };
    for options in
        [&["-c", "none"][..], &["-c", "lzw:2"], &["-p", "separate", "-c", "zip:2"], &["-c", "zip", "-B"]]
    {
        let found = page_of(&tiffcp(options, &[&plain]));
        assert!(worst_difference(&found, &expected) <= 1, "{options:?}");
    }
}

#[test]
fn jpeg_in_tiff_is_as_bright_as_it_was() {
    let page = form(128, 96);
    let rgb = colour_samples(&page);
    let smooth: Vec<u8> = rgb.iter().map(|level| 128 + level / 4).collect();
    let plain = TiffPlan::new(Order::Little, [128, 96], 8, 3, 2).strips(&smooth, 96);
    let expected = luma_of(&smooth);
    for options in
        [["-c", "jpeg:95", "-r", "96"], ["-c", "jpeg:95:r", "-r", "96"], ["-c", "jpeg:95", "-r", "64"]]
    {
        let found = page_of(&tiffcp(&options, &[&plain]));
        let sum: u32 = found.pixels.iter().zip(&expected).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
        let mean = f64::from(sum) / expected.len() as f64;
        assert!(mean < 2.0, "{options:?}: mean difference {mean}");
    }
    let grey = tiffcp(&["-c", "jpeg:95", "-t", "-w", "64", "-l", "64"], &[&plain_tiff(&form(128, 96))]);
    assert!(worst_difference(&page_of(&grey), &form(128, 96)) < 60, "only the edges of strokes may blur");
}

#[test]
fn white_may_be_zero_or_one() {
    let page = bilevel_form(67, 31);
    for (photometric, black) in [(0, 1), (1, 0)] {
        let file = TiffPlan::new(Order::Big, [67, 31], 1, 1, photometric).strips(&pack(&page, black), 10);
        assert!(page_of(&file).pixels == page.pixels, "photometric {photometric}");
    }
    let inverted: Vec<u8> = form(40, 30).pixels.iter().map(|level| 255 - level).collect();
    let file = TiffPlan::new(Order::Little, [40, 30], 8, 1, 0).strips(&inverted, 30);
    assert!(page_of(&file).pixels == form(40, 30).pixels);
}

#[test]
fn sixteen_bits_palettes_and_alpha_become_eight_bits_of_grey() {
    let levels = [0u8, 60, 200, 255];
    for order in [Order::Little, Order::Big] {
        let deep: Vec<u8> = levels.iter().flat_map(|&l| order.short(u16::from(l) << 8 | 0x42)).collect();
        assert_eq!(page_of(&TiffPlan::new(order, [4, 1], 16, 1, 1).strips(&deep, 1)).pixels, levels);

        let map = (0..3).flat_map(|_| levels.iter().flat_map(|&l| order.short(u16::from(l) * 257))).collect();
        let plan = TiffPlan::new(order, [4, 1], 2, 1, 3).with(Field::raw(tag::COLOUR_MAP, 3, map));
        assert_eq!(page_of(&plan.strips(&[0b00_01_10_11], 1)).pixels, levels, "palette");

        let straight = Field::short(order, tag::EXTRA_SAMPLES, 2);
        let plan = TiffPlan::new(order, [2, 1], 8, 4, 2).with(straight);
        assert_eq!(
            page_of(&plan.strips(&[0, 0, 0, 0, 0, 0, 0, 255], 1)).pixels,
            [255, 0],
            "alpha over paper"
        );
    }
}

#[test]
fn every_orientation_is_turned_upright() {
    let order = Order::Little;
    let stored = ["abcdef", "badcfe", "fedcba", "efcdab", "acebdf", "bdface", "fdbeca", "ecafdb"];
    for (value, rows) in (1..).zip(stored) {
        let size = if value <= 4 { [2, 3] } else { [3, 2] };
        let plan = TiffPlan::new(order, size, 8, 1, 1).with(Field::short(order, tag::ORIENTATION, value));
        let page = page_of(&plan.strips(rows.as_bytes(), 2));
        assert_eq!(
            (page.width, page.height, page.pixels.as_slice()),
            (2, 3, b"abcdef".as_slice()),
            "tag {value}"
        );
    }
}

#[test]
fn resolution_is_kept_where_it_can_be_true() {
    let order = Order::Big;
    let cases = [
        ([300.0, 300.0], Some(2), Some([300.0, 300.0])),
        ([118.11, 118.11], Some(3), Some([300.0, 300.0])),
        ([204.0, 98.0], Some(2), Some([204.0, 98.0])),
        ([300.0, 300.0], None, Some([300.0, 300.0])),
        ([300.0, 300.0], Some(1), None),
        ([72.0, 72.0], Some(2), None),
        ([1.0, 1.0], Some(2), None),
        ([0.0, 0.0], Some(2), None),
    ];
    for (stated, unit, kept) in cases {
        let mut plan = TiffPlan::new(order, [1728, 1145], 1, 1, 1)
            .with(Field::rational(order, tag::X_RESOLUTION, stated[0]))
            .with(Field::rational(order, tag::Y_RESOLUTION, stated[1]));
        if let Some(unit) = unit {
            plan = plan.with(Field::short(order, tag::RESOLUTION_UNIT, unit));
        }
        let page = page_of(&plan.strips(&vec![255; 216 * 1145], 1145));
        assert_eq!(page.dpi, kept, "{stated:?} in unit {unit:?}");
    }
}

#[test]
fn a_single_page_is_kept_byte_for_byte_and_many_keep_their_codes() {
    let page = plain_tiff(&bilevel_form(253, 170));
    let one = tiffcp(&["-c", "g4", "-r", "1000"], &[&page]);
    let kept = split(&one, &Limits::default()).unwrap().remove(0).unwrap();
    assert_eq!((kept.media.extension(), kept.bytes == one), ("tif", true));

    let two = tiffcp(&["-c", "g4", "-r", "1000"], &[&page, &page]);
    for part in split(&two, &Limits::default()).unwrap() {
        assert!(only_strip(&part.unwrap().bytes) == only_strip(&one), "codes are not touched");
    }
}

#[test]
fn thumbnails_are_not_pages() {
    let order = Order::Little;
    let plan =
        |kind| TiffPlan::new(order, [8, 1], 8, 1, 1).with(Field::longs(order, tag::NEW_SUBFILE_TYPE, [kind]));
    let (page, thumbnail) = (plan(2).strips(&[9; 8], 1), plan(1).strips(&[7; 8], 1));
    let both = tiffcp(&["-c", "none"], &[&thumbnail, &page, &thumbnail]);
    assert_eq!(page_of(&both).pixels, [9; 8]);
    assert_eq!(page_of(&thumbnail).pixels, [7; 8], "but a lone one is");
}

#[test]
fn a_bad_page_leaves_its_neighbours_alone() {
    let pages = [bilevel_form(100, 80), bilevel_form(90, 70), bilevel_form(80, 60)];
    let plain = pages.each_ref().map(plain_tiff);
    let mut file = tiffcp(&["-c", "g4", "-r", "1000"], &plain.each_ref().map(Vec::as_slice));
    // The second page claims to be 20,000 pixels high.
    let entry = second_directory_entry(&file, tag::HEIGHT);
    file[entry + 2..entry + 4].copy_from_slice(&4u16.to_le_bytes());
    file[entry + 8..entry + 12].copy_from_slice(&20_000_000u32.to_le_bytes());
    let parts = split(&file, &Limits::default()).unwrap();
    assert_eq!(parts.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    assert!(matches!(parts[1], Err(DecodeError::TooManyPixels { .. })));
    let limits = Limits::default();
    let read: Vec<_> = decode_pages(&file, &limits).unwrap().collect();
    assert!(read[0].as_ref().unwrap().pixels == pages[0].pixels);
    assert!(read[1].is_err());
    assert!(read[2].as_ref().unwrap().pixels == pages[2].pixels);
}

/// Where the second directory of a little-endian file has that tag.
fn second_directory_entry(file: &[u8], tag: u16) -> usize {
    let long = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap()) as usize;
    let short = |at: usize| u16::from_le_bytes(file[at..at + 2].try_into().unwrap());
    let first = long(4);
    let second = long(first + 2 + 12 * usize::from(short(first)));
    (0..usize::from(short(second))).map(|i| second + 2 + 12 * i).find(|&at| short(at) == tag).unwrap()
}

#[test]
fn a_strip_without_a_length_goes_to_the_end() {
    let order = Order::Little;
    let data = Chunks { offsets_tag: tag::STRIP_OFFSETS, lengths_tag: 65000, data: vec![&[1, 2, 3, 4]] };
    let file = TiffPlan::new(order, [4, 1], 8, 1, 1).file(data);
    assert_eq!(page_of(&file).pixels, [1, 2, 3, 4]);
}

#[test]
fn an_encoding_that_is_not_read_is_named() {
    let order = Order::Little;
    let plan = TiffPlan::new(order, [4, 1], 8, 1, 1).with(Field::short(order, tag::COMPRESSION, 34712));
    let error = super::super::decode(&plan.strips(&[0; 4], 1), &Limits::default()).unwrap_err();
    assert_eq!(error, DecodeError::Unsupported("JPEG2000圧縮のTIFF".into()));
    assert!(error.to_string().contains("再スキャン"), "{error}");
}
