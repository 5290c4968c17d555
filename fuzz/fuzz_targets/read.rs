//! A slip that a vandal has been at: moved, stretched, blotted, cut, turned to one bit; whatever is done to it, it
//! must be read or refused, and every value must be sound.
#![no_main]

use domain::reading::PageReading;
use libfuzzer_sys::{Corpus, fuzz_target};
use std::cell::RefCell;
use vision::{GrayPage, PageReader};

thread_local! {
    static START: RefCell<(PageReader, GrayPage)> = RefCell::new(fuzz::reader());
}

fuzz_target!(|bytes: &[u8]| -> Corpus {
    if bytes.len() < 8 {
        return Corpus::Reject;
    }
    START.with_borrow_mut(|(reader, start)| {
        let page = spoiled(start, bytes);
        let (reading, _) = reader.read(&page, None);
        check(&reading);
    });
    Corpus::Keep
});

/// Eight bytes move the whole page, then every six paint one rectangle.
fn spoiled(start: &GrayPage, bytes: &[u8]) -> GrayPage {
    let (head, blots) = bytes.split_at(8);
    let signed = |at: usize, unit: f64| f64::from(head[at] as i8) * unit;
    let (sin, cos) = signed(0, 0.5).to_radians().sin_cos();
    let (zoom, shear) = (1.0 + signed(1, 0.002), signed(2, 0.0005));
    let (dx, dy) = (signed(3, 3.0), signed(4, 3.0));
    let cut = 16 + usize::from(head[5]) * start.height as usize / 256;
    let mut page = GrayPage { pixels: Vec::new(), ..start.clone() };
    page.height = (cut as u32).min(start.height);
    page.bilevel = head[6] & 1 == 1;
    if head[6] & 2 == 2 {
        page.dpi = None;
    }
    for y in 0..page.height {
        for x in 0..page.width {
            let (x, y) = (f64::from(x) - 800.0, f64::from(y) - 1100.0);
            let from = [(cos * x - sin * y) * zoom + shear * y + dx, (sin * x + cos * y) * zoom + dy];
            let grey = start.at((from[0] + 800.0) as i64, (from[1] + 1100.0) as i64);
            page.pixels.push(if page.bilevel { if grey < head[7].max(1) { 0 } else { 255 } } else { grey });
        }
    }
    let (width, height) = (page.width as usize, page.height as usize);
    for blot in blots.chunks_exact(6) {
        let part = |at: usize, size: usize| usize::from(blot[at]) * size / 256;
        let (x, y, w, h) = (part(0, width), part(1, height), part(2, width / 4), part(3, height / 4));
        for row in page.pixels.chunks_exact_mut(width).skip(y).take(h.max(1)) {
            for (at, pixel) in row.iter_mut().enumerate().skip(x).take(w.max(1)) {
                *pixel = if blot[5] & 1 == 1 && at % 2 == 0 { *pixel } else { blot[4] };
            }
        }
    }
    page
}

fn check(reading: &PageReading) {
    match reading {
        PageReading::Read(found) => {
            let p = |p: f64| assert!((0.0..=1.0).contains(&p), "a probability of {p}");
            found.fields.iter().for_each(|field| p(field.confidence));
            found.management_number.iter().for_each(|number| p(number.confidence));
        }
        PageReading::Unrecognised { reason } | PageReading::Unreadable { reason } => {
            assert!(!reason.is_empty())
        }
    }
}
