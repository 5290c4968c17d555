//! Owns: what every fuzz target checks of a decoded file, and the page that `read` starts from.
//! Never: built with the house; only `make fuzz` builds it.
//! Start reading at: [`decode_whole`], [`reader`].

use domain::form::Form;
use domain::reading::PageReading;
use std::path::{Path, PathBuf};
use vision::fields::{Params, Tools};
use vision::{Blank, GrayPage, Limits, PageReader, Template};

/// Small enough that a fuzzer tries hundreds of files a second, large enough for every code path; the shipped
/// limits differ in nothing else.
pub fn limits() -> Limits {
    Limits { max_file_bytes: 4 << 20, max_pixels: 4_000_000, max_pages: 8 }
}

/// Does with a file all that the product does: splits it, decodes every part, decodes every page directly; and
/// checks that what comes out keeps its promises.
pub fn decode_whole(bytes: &[u8]) {
    let limits = limits();
    let direct: Vec<_> = match vision::decode_pages(bytes, &limits) {
        Ok(pages) => pages.collect(),
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    assert!(direct.len() <= limits.max_pages as usize);
    for page in direct.iter().flatten() {
        sound(page, &limits);
    }
    // The first error of a file with one page is the file's.
    let Ok(parts) = vision::split(bytes, &limits) else { return };
    assert_eq!(parts.len(), direct.len());
    for part in parts.into_iter().flatten() {
        assert_eq!(vision::Media::sniff(&part.bytes), Some(part.media));
        if let Ok(page) = vision::decode(&part.bytes, &limits) {
            sound(&page, &limits);
        }
    }
}

fn sound(page: &GrayPage, limits: &Limits) {
    let pixels = u64::from(page.width) * u64::from(page.height);
    assert!(pixels > 0 && pixels <= limits.max_pixels);
    assert_eq!(page.pixels.len() as u64, pixels);
    if let Some(dpi) = page.dpi {
        assert!(dpi.iter().all(|dpi| dpi.is_finite() && *dpi > 0.0));
    }
}

/// The seeds that `make fuzz` lays beside the samples.
fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A reader for one form, and a slip of it to start from.
///
/// # Panics
/// When `make fuzz` has not made the seeds.
pub fn reader() -> (PageReader, GrayPage) {
    const FORM: &str = "influenza-elderly";
    let read = |path: PathBuf| {
        std::fs::read(&path).unwrap_or_else(|_| panic!("{} is missing: run `make fuzz`", path.display()))
    };
    let page = |bytes: &[u8]| {
        let limits = Limits::default();
        let mut pages = vision::decode_pages(bytes, &limits).expect("a seed opens");
        pages.next().expect("a seed has a page").expect("a seed decodes")
    };
    let text = String::from_utf8(read(folder(&format!("../templates/{FORM}/form.toml")))).expect("UTF-8");
    let form = Form::parse(FORM, &text).expect("a shipped form is sound");
    let picture = page(&read(folder(&format!("seeds/{FORM}.pdf"))));
    let blank = Blank { px_per_mm: f64::from(picture.width) / form.paper_mm[0], picture };
    let start = page(&read(folder(&format!("../samples/{FORM}-clean-png/page.png"))));
    let tools = Tools::new(Params::default(), None);
    let mut reader = PageReader::new(vec![Template { form, blanks: vec![blank] }], tools);
    let untouched = reader.read(&start, None).0;
    assert!(matches!(untouched, PageReading::Read(_)), "the slip to start from is not read: {untouched:?}");
    (reader, start)
}
