use super::super::*;
use super::made::*;
use std::time::Instant;
#[test]
#[ignore]
fn bench() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/real-scans/expo/20171013153855056_0001.tif");
    let file = std::fs::read(path).unwrap();
    let limits = Limits::default();
    let bw = decode(&file, &limits).unwrap();
    let mut grey = bw.clone();
    let (w, h) = (bw.width as i64, bw.height as i64);
    let mut seed = 1u32;
    for y in 0..h { for x in 0..w {
        let mut sum = 0i32;
        for dy in -1..=1 { for dx in -1..=1 { sum += i32::from(bw.at(x + dx, y + dy)); } }
        seed = seed.wrapping_mul(1664525).wrapping_add(1013904223);
        let noise = (seed >> 28) as i32 - 8;
        grey.pixels[(y * w + x) as usize] = (20 + sum / 9 * 220 / 255 + noise).clamp(0, 255) as u8;
    } }
    grey.bilevel = false;
    let jpeg = encode_jpeg(&grey, 85);
    let rgb_jpeg = { let rgb: Vec<u8> = grey.pixels.iter().flat_map(|&l| [l, l, l.saturating_sub(10)]).collect(); let mut f = Vec::new(); use image::ImageEncoder; image::codecs::jpeg::JpegEncoder::new_with_quality(&mut f, 85).write_image(&rgb, grey.width, grey.height, image::ExtendedColorType::Rgb8).unwrap(); f };
    let plain_bw = plain_tiff(&bw); let plain_grey = plain_tiff(&grey);
    let g4 = tiffcp(&["-c", "g4", "-r", "10000", "-f", "msb2lsb"], &[&plain_bw]);
    let zero = tiffcp(&["-c", "none", "-r", "10000"], &[&plain_bw]);
    let codes = { let p = TiffPlan::new(super::super::tiff::Order::Little, [bw.width, bw.height], 1, 1, 0).strips(&pack(&bw, 1), 5000); only_strip(&tiffcp(&["-c", "g4", "-r", "10000"], &[&p])) };
    let dims = format!("/Width {}/Height {}", bw.width, bw.height);
    let content = full_page(595.2, 841.92);
    let pdf1 = |d: &str, data: &[u8]| { let d = format!("{dims}{d}"); pdf(&[PdfPage { entries: "/MediaBox[0 0 595.2 841.92]", content: &content, picture: Some((&d, data)) }]) };
    let pdfg4 = pdf1("/BitsPerComponent 1/ColorSpace/DeviceGray/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 2480>>", &codes);
    let pdfjpg = pdf1("/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/DCTDecode", &jpeg);
    let pdfflate = pdf1("/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/FlateDecode", &deflate(&grey.pixels));
    let drawn = pdf(&[PdfPage { entries: "/MediaBox[0 0 595.2 841.92]", content: "1 w 50 50 400 600 re S 0 0 300 300 re f", picture: None }]);
    let png8 = encode_png(&grey); let png1 = encode_png(&bw);
    let lzw = tiffcp(&["-c", "lzw"], &[&plain_grey]); let lzw2 = tiffcp(&["-c", "lzw:2"], &[&plain_grey]);
    let zip = tiffcp(&["-c", "zip:2"], &[&plain_grey]);
    let tj = tiffcp(&["-c", "jpeg:85", "-r", "3520"], &[&plain_grey]);
    for (name, f) in [("jpeg grey", &jpeg), ("jpeg rgb", &rgb_jpeg), ("g4 lsb(real)", &file), ("g4", &g4), ("1bit none", &zero), ("lzw", &lzw), ("lzw:2", &lzw2), ("zip:2", &zip), ("tiff jpeg", &tj), ("png8", &png8), ("png1", &png1), ("pdf g4", &pdfg4), ("pdf jpeg", &pdfjpg), ("pdf flate", &pdfflate), ("pdf drawn", &drawn)] {
        let (mut best, mut bs, mut med) = (f64::MAX, f64::MAX, vec![]);
        for _ in 0..9 {
            let t = Instant::now(); let n = decode_pages(f, &limits).unwrap().map(Result::unwrap).count(); assert_eq!(n, 1);
            let ms = t.elapsed().as_secs_f64() * 1e3; best = best.min(ms); med.push(ms);
            let t = Instant::now(); split(f, &limits).unwrap(); bs = bs.min(t.elapsed().as_secs_f64() * 1e3);
        }
        med.sort_by(f64::total_cmp);
        eprintln!("{name:12} {:8} bytes  decode best {best:6.1} median {:6.1} ms  split {bs:6.2} ms", f.len(), med[4]);
    }
}
