//! No bytes do harm: bombs, loops, foreign and cut files, random damage.

use std::panic::{self, Location};
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::tiff::{Field, Order, tag};
use super::super::{DecodeError, Limits, decode, decode_pages, encode_jpeg, encode_png, split};
use super::made::{
    PdfPage, TiffPlan, bilevel_form, deflate, form, full_page, only_strip, pdf, pdf_of, plain_tiff, png_file,
    stream, tiffcp,
};
use super::refusal;

#[test]
fn foreign_files_are_named() {
    for (bytes, name) in [
        (&b"PK\x03\x04rest of an archive"[..], "ZIPまたはOffice文書"),
        ("受付番号,氏名\n1,架空花子\n".as_bytes(), "文字のファイル"),
        (b"GIF89a\x01\x00", "GIF"),
        (b"BM\x36\x00", "BMP"),
        (b"\x00\x00\x00\x20ftypheic", "HEICまたは動画"),
        (b"RIFF\x10\x00\x00\x00WEBP", "WebP"),
        (&[0; 100], "不明な形式"),
    ] {
        let error = refusal(bytes, &Limits::default());
        assert_eq!(error, DecodeError::NotAnImage(name));
        assert!(error.to_string().contains("TIFF・JPEG・PNG・PDF"), "says what to send: {error}");
    }
    assert_eq!(refusal(b"", &Limits::default()), DecodeError::Empty);
}

#[test]
fn files_with_too_many_bytes_or_pages_are_refused() {
    let page = plain_tiff(&bilevel_form(64, 64));
    let three = tiffcp(&["-c", "g4"], &[&page, &page, &page]);
    let limits = Limits { max_pages: 2, ..Limits::default() };
    assert_eq!(refusal(&three, &limits), DecodeError::TooManyPages { limit: 2 });
    let blank = || PdfPage { entries: "/MediaBox[0 0 72 72]", content: "", picture: None };
    assert_eq!(refusal(&pdf(&[blank(), blank(), blank()]), &limits), DecodeError::TooManyPages { limit: 2 });
    let limits = Limits { max_file_bytes: 100, ..Limits::default() };
    assert_eq!(refusal(&three, &limits), DecodeError::TooManyBytes { limit: 100 });
}

/// A JPEG with nothing but a header of that size.
fn jpeg_header(width: u16, height: u16) -> Vec<u8> {
    let [w, h] = [width, height].map(u16::to_be_bytes);
    let frame = [&[0xff, 0xd8, 0xff, 0xc0, 0, 11, 8][..], &h, &w, &[1, 1, 0x11, 0]].concat();
    [&frame[..], &[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 1, 2, 3, 0xff, 0xd9]].concat()
}

fn png_header(width: u32, height: u32) -> Vec<u8> {
    [&width.to_be_bytes()[..], &height.to_be_bytes(), &[1, 0, 0, 0, 0]].concat()
}

#[test]
fn two_hundred_megapixels_are_refused_from_the_header() {
    let order = Order::Little;
    let tiff = TiffPlan::new(order, [20_000, 10_000], 8, 1, 1)
        .with(Field::short(order, tag::COMPRESSION, 8))
        .strips(&deflate(&[0; 10_000]), 10_000);
    let png =
        png_file(&[(b"IHDR", &png_header(20_000, 10_000)), (b"IDAT", &deflate(&[0; 9])), (b"IEND", &[])]);
    let picture = "/Width 20000/Height 10000/BitsPerComponent 1/ColorSpace/DeviceGray/Filter/CCITTFaxDecode\
                   /DecodeParms<</K -1/Columns 20000>>";
    let (content, entries) = (full_page(960.0, 480.0), "/MediaBox[0 0 960 480]");
    let embedded = pdf(&[PdfPage { entries, content: &content, picture: Some((picture, &[0, 1, 2])) }]);
    for (kind, file) in
        [("JPEG", jpeg_header(20_000, 10_000)), ("PNG", png), ("TIFF", tiff), ("PDF", embedded)]
    {
        let expected = DecodeError::TooManyPixels { width: 20_000, height: 10_000, limit: 100_000_000 };
        assert_eq!(refusal(&file, &Limits::default()), expected, "{kind}");
    }
}

#[test]
fn a_pdf_page_of_many_metres_is_refused() {
    let blank = PdfPage { entries: "/MediaBox[0 0 14400 14400]", content: "0 0 9 9 re f", picture: None };
    let error = refusal(&pdf(&[blank]), &Limits::default());
    assert_eq!(error, DecodeError::TooManyPixels { width: 60_000, height: 60_000, limit: 100_000_000 });
}

#[test]
fn a_huge_picture_hidden_inside_a_form_is_found() {
    let hidden = stream(
        "/Type/XObject/Subtype/Image/Width 50000/Height 50000/BitsPerComponent 8/ColorSpace/DeviceGray\
         /Filter/FlateDecode",
        &deflate(&[0; 1000]),
    );
    let objects = [
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>".to_vec(),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]/Contents 4 0 R/Resources<</XObject<</F 5 0 R>>>>>>"
            .to_vec(),
        stream("", b"/F Do"),
        stream(
            "/Type/XObject/Subtype/Form/BBox[0 0 72 72]/Resources<</XObject<</I 6 0 R/F 5 0 R>>>>",
            b"72 0 0 72 0 0 cm /I Do /F Do",
        ),
        hidden,
    ];
    let error = refusal(&pdf_of(&objects, ""), &Limits::default());
    assert!(matches!(error, DecodeError::TooManyPixels { width: 50_000, .. }), "{error:?}");
}

#[test]
fn a_form_that_draws_itself_ends() {
    let objects = [
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>".to_vec(),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]/Contents 4 0 R/Resources<</XObject<</F 5 0 R>>>>>>"
            .to_vec(),
        stream("", b"/F Do"),
        stream(
            "/Type/XObject/Subtype/Form/BBox[0 0 72 72]/Resources<</XObject<</F 5 0 R>>>>",
            b"0 0 36 72 re f /F Do",
        ),
    ];
    let page = decode(&pdf_of(&objects, ""), &Limits::default()).unwrap();
    assert_eq!((page.at(30, 30), page.at(200, 30)), (0, 255));
}

#[test]
fn deeply_nested_objects_are_refused_or_ignored() {
    for depth in [1_000, 200_000] {
        let nest = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let entries = format!("/MediaBox[0 0 72 72]/Annots{nest}/Deep {nest}");
        let file = pdf(&[PdfPage { entries: &entries, content: &nest, picture: None }]);
        let _either_way = split(&file, &Limits::default());
    }
}

#[test]
fn deflated_bombs_stay_packed() {
    let limits = Limits { max_pixels: 1_000_000, ..Limits::default() };
    let bomb = deflate(&vec![b' '; 8 << 20]);
    let objects = [
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>".to_vec(),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]/Contents 4 0 R>>".to_vec(),
        stream("/Filter/FlateDecode", &bomb),
    ];
    assert_eq!(refusal(&pdf_of(&objects, ""), &limits), DecodeError::TooManyBytes { limit: 4_000_000 });

    let order = Order::Big;
    let plan = TiffPlan::new(order, [10, 10], 8, 1, 1).with(Field::short(order, tag::COMPRESSION, 8));
    let strip = TiffPlan { size: [10, 1], ..plan }.strips(&bomb, 1);
    assert_eq!(decode(&strip, &limits).unwrap().pixels, [b' '; 10]);

    let png = png_file(&[
        (b"IHDR", &png_header(8, 1)),
        (b"iCCP", &[b"name\0\0".as_slice(), &deflate(&vec![7; 100 << 20])].concat()),
        (b"IDAT", &deflate(&vec![0; 8 << 20])),
        (b"IEND", &[]),
    ]);
    assert_eq!(decode(&png, &limits).unwrap().pixels, [0; 8]);
    let wide = png_file(&[(b"IHDR", &png_header(1001, 1000)), (b"IDAT", &bomb), (b"IEND", &[])]);
    assert!(matches!(refusal(&wide, &limits), DecodeError::TooManyPixels { .. }));
}

#[test]
fn a_chain_of_directories_that_loops_ends_with_an_error() {
    let page = plain_tiff(&bilevel_form(64, 64));
    let mut file = tiffcp(&["-c", "g4"], &[&page, &page]);
    let long = |file: &[u8], at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap()) as usize;
    let next = |file: &[u8], directory: usize| {
        directory + 2 + 12 * usize::from(u16::from_le_bytes([file[directory], file[directory + 1]]))
    };
    let first = long(&file, 4);
    let second = long(&file, next(&file, first));
    let end = next(&file, second);
    file[end..end + 4].copy_from_slice(&(first as u32).to_le_bytes());
    let parts = split(&file, &Limits::default()).unwrap();
    assert_eq!(parts.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, false]);
}

#[test]
fn absurd_strips_and_tiles_are_refused() {
    let order = Order::Little;
    let plan = || TiffPlan::new(order, [5000, 5000], 1, 1, 1);
    let tall = plan().with(Field::longs(order, tag::ROWS_PER_STRIP, [0])).file(chunks());
    let tiles = plan()
        .with(Field::longs(order, tag::TILE_WIDTH, [1]))
        .with(Field::longs(order, tag::TILE_HEIGHT, [1]))
        .file(chunks());
    let wide = plan()
        .with(Field::longs(order, tag::TILE_WIDTH, [u32::MAX]))
        .with(Field::longs(order, tag::TILE_HEIGHT, [u32::MAX]))
        .file(chunks());
    for file in [tall, tiles, wide] {
        refusal(&file, &Limits::default());
    }
}

fn chunks() -> super::super::tiff::Chunks<'static> {
    let (offsets_tag, lengths_tag) = (tag::STRIP_OFFSETS, tag::STRIP_LENGTHS);
    super::super::tiff::Chunks { offsets_tag, lengths_tag, data: vec![&[0; 16]] }
}

#[test]
fn a_locked_pdf_asks_for_its_password_to_be_removed() {
    let objects = [
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>".to_vec(),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>".to_vec(),
        format!("<</Filter/Standard/V 1/R 2/P -1/O<{0}>/U<{0}>>>", "5a".repeat(32)).into_bytes(),
    ];
    let id = format!("/Encrypt 4 0 R/ID[<{0}><{0}>]", "00".repeat(16));
    let error = refusal(&pdf_of(&objects, &id), &Limits::default());
    assert_eq!(error, DecodeError::Encrypted);
    assert!(error.to_string().contains("パスワードを外して"));
}

/// One small file of every kind.
fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let (grey, black) = (form(150, 110), bilevel_form(150, 110));
    let (grey_tiff, black_tiff) = (plain_tiff(&grey), plain_tiff(&black));
    let codes = only_strip(&tiffcp(&["-c", "g4", "-r", "1000"], &[&black_tiff]));
    let jpeg = encode_jpeg(&grey, 80);
    let (content, entries) = (full_page(36.0, 26.4), "/MediaBox[0 0 36 26.4]");
    let scan = |dict: &str, data: &[u8]| {
        let dict = format!("/Width 150/Height 110{dict}");
        pdf(&[PdfPage { entries, content: &content, picture: Some((&dict, data)) }])
    };
    let drawn = "0.5 w 3 3 20 10 re S q 1 0 0 1 5 5 cm 0 0 m 9 9 l S Q BT /F1 8 Tf (text) Tj ET";
    vec![
        ("g4", tiffcp(&["-c", "g4", "-r", "30"], &[&black_tiff, &black_tiff])),
        ("g3", tiffcp(&["-c", "g3:2d", "-f", "lsb2msb"], &[&black_tiff])),
        ("lzw", tiffcp(&["-c", "lzw:2", "-B"], &[&grey_tiff])),
        ("zip", tiffcp(&["-c", "zip", "-8"], &[&grey_tiff])),
        ("packbits", tiffcp(&["-c", "packbits"], &[&black_tiff])),
        ("jpeg in tiff", tiffcp(&["-c", "jpeg:80", "-t", "-w", "64", "-l", "64"], &[&grey_tiff])),
        ("plain", grey_tiff.clone()),
        ("png", encode_png(&grey)),
        ("png 1", encode_png(&black)),
        ("pdf jpeg", scan("/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/DCTDecode", &jpeg)),
        (
            "pdf g4",
            scan(
                "/BitsPerComponent 1/ColorSpace/DeviceGray/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 150>>",
                &codes,
            ),
        ),
        (
            "pdf flate",
            scan("/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/FlateDecode", &deflate(&grey.pixels)),
        ),
        ("pdf drawn", pdf(&[PdfPage { entries, content: drawn, picture: None }])),
        ("jpeg", jpeg),
    ]
}

/// Panics in the code of this folder; those of other people's decoders are caught and expected.
static OWN_PANICS: AtomicUsize = AtomicUsize::new(0);

/// From now on counts panics that begin in this folder, its tests aside.
fn watch_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let file = info.location().map_or("", Location::file);
            if file.contains("src/decode/") && !file.contains("decode/tests/") {
                OWN_PANICS.fetch_add(1, Ordering::SeqCst);
            }
            report(info);
        }));
    });
}

/// Opens bytes in every way; the number of pages that came out.
fn open(bytes: &[u8]) -> usize {
    // Small, so that damaged sizes are refused and the test stays quick.
    let limits = Limits { max_pixels: 1_000_000, ..Limits::default() };
    if let Ok(parts) = split(bytes, &limits) {
        for part in parts.into_iter().flatten() {
            let _may_fail = decode(&part.bytes, &limits);
        }
    }
    decode_pages(bytes, &limits).map_or(0, |pages| pages.filter(Result::is_ok).count())
}

#[test]
fn cut_files_are_errors_and_never_panics() {
    watch_panics();
    for (kind, file) in samples() {
        let whole = open(&file);
        assert!(whole > 0, "{kind}");
        for cut in (0..24).map(|step| file.len() * step / 24).chain([1, 2, 3, 4, 8, 9, 16, file.len() - 3]) {
            assert!(open(&file[..cut]) < whole, "{kind} cut at {cut} of {}", file.len());
        }
    }
    assert_eq!(OWN_PANICS.load(Ordering::SeqCst), 0);
}

#[test]
fn damaged_files_never_panic() {
    watch_panics();
    // Numerical Recipes' generator: the same damage in every run.
    let mut seed = 20_261_001u32;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as usize % below
    };
    for (_, file) in samples() {
        for round in 0..300 {
            let mut damaged = file.clone();
            for _ in 0..=round % 6 {
                // Most structure stands in the first and the last bytes.
                let reach = if round % 2 == 0 { damaged.len() } else { damaged.len().min(300) };
                let at = random(reach);
                let at = if round % 4 == 3 { damaged.len() - 1 - at } else { at };
                damaged[at] = random(256) as u8;
            }
            open(&damaged);
        }
    }
    assert_eq!(OWN_PANICS.load(Ordering::SeqCst), 0);
}
