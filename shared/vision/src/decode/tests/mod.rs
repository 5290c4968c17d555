//! Files made here, so that every pixel of them is known, and real scans where they lie beside the repository.

mod hostile;
mod jpeg_png;
mod lossless;
mod made;
mod pdf;
mod real_scans;
mod tiff;

use super::{DecodeError, Limits, PageImage, decode, decode_pages, split};
use crate::GrayPage;

/// The pages of a file, each split off and then decoded.
fn split_then_decode(file: &[u8]) -> Vec<GrayPage> {
    let pages: Vec<PageImage> =
        split(file, &Limits::default()).unwrap().into_iter().map(Result::unwrap).collect();
    for (number, page) in (1..).zip(&pages) {
        assert_eq!(page.number, number);
        assert_eq!(super::Media::sniff(&page.bytes), Some(page.media), "page {number} says what it is");
    }
    pages.iter().map(|page| decode(&page.bytes, &Limits::default()).unwrap()).collect()
}

/// The pages of a file, having made sure that splitting it changes nothing.
fn pages_of(file: &[u8]) -> Vec<GrayPage> {
    let limits = Limits::default();
    let direct: Vec<GrayPage> = decode_pages(file, &limits).unwrap().map(Result::unwrap).collect();
    assert!(direct == split_then_decode(file), "split pages differ from the file's");
    direct
}

/// The only page of a file.
fn page_of(file: &[u8]) -> GrayPage {
    let mut pages = pages_of(file);
    assert_eq!(pages.len(), 1);
    pages.remove(0)
}

/// The error of a file that cannot be opened at all.
fn refusal(file: &[u8], limits: &Limits) -> DecodeError {
    let split = split(file, limits).map(|_| ()).unwrap_err();
    let decoded = decode(file, limits).map(|_| ()).unwrap_err();
    assert_eq!(split, decoded, "split and decode agree why");
    split
}

/// Greatest difference between two pages of the same size.
fn worst_difference(a: &GrayPage, b: &GrayPage) -> u8 {
    assert_eq!((a.width, a.height), (b.width, b.height));
    a.pixels.iter().zip(&b.pixels).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0)
}
