//! `cargo bench -p vision`: the stages that stand on their own. The way of a whole page, stage by stage, is measured
//! by `yomitori bench`, which prints the blanks that a reader needs.

use divan::{Bencher, black_box};
use std::path::Path;
use vision::net::{Network, SIDE};
use vision::{Limits, decode};

fn main() {
    divan::main();
}

/// A shipped sample.
fn sample(path: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples").join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// One page from bytes to grey pixels, in every encoding.
#[divan::bench(args = [
    "influenza-elderly-clean-jpeg/page.jpg",
    "influenza-elderly-noisy/page.jpg",
    "influenza-elderly-clean-png/page.png",
    "influenza-elderly-g4-300/page.tif",
    "influenza-elderly-lzw/page.tif",
    "influenza-elderly-jpeg-in-tiff/page.tif",
    "influenza-elderly-pdf/page.pdf",
])]
fn page(bencher: Bencher, path: &str) {
    let (file, limits) = (sample(path), Limits::default());
    bencher.bench(|| decode(black_box(&file), &limits).expect("a sample decodes"));
}

/// One digit through the network.
#[divan::bench]
fn glyph(bencher: Bencher) {
    let mut network = Network::digits();
    // A slanted stroke: as many inked pixels as a digit has.
    let stroke: [u8; SIDE * SIDE] = std::array::from_fn(|at| {
        let (x, y) = (at % SIDE, at / SIDE);
        if (4..28).contains(&y) && (x + y / 3).abs_diff(20) < 3 { 255 } else { 0 }
    });
    bencher.bench_local(|| network.logits(black_box(&stroke)));
}
