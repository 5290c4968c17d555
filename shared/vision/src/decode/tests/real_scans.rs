//! Scans made by real machines, where they lie beside the repository.

use std::fs;
use std::path::{Path, PathBuf};

use super::made::tiffcp;
use super::page_of;

fn scans(ending: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/real-scans");
    let folders = fs::read_dir(root).into_iter().flatten().flatten();
    let files = folders.filter_map(|folder| fs::read_dir(folder.path()).ok()).flatten().flatten();
    let mut paths: Vec<PathBuf> = files.map(|file| file.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|found| found == ending));
    paths.sort();
    paths
}

#[test]
fn real_pages_are_mostly_paper_with_some_ink() {
    for path in ["tif", "jpg", "png"].into_iter().flat_map(scans) {
        let page = page_of(&fs::read(&path).unwrap());
        let dark = page.pixels.iter().filter(|&&level| level < 100).count() as f64 / page.pixels.len() as f64;
        assert!((0.002..0.2).contains(&dark), "{}: {dark:.3} dark", path.display());
        assert!(page.width > 1000 && page.height > page.width, "{}", path.display());
        let portrait_mm = page.dpi.map(|dpi| page.height as f32 / dpi[1] * 25.4);
        assert!(
            portrait_mm.is_none_or(|mm| (200.0..430.0).contains(&mm)),
            "{}: {portrait_mm:?}",
            path.display()
        );
    }
}

#[test]
fn real_faxes_read_as_libtiff_reads_them() {
    for path in scans("tif") {
        let file = fs::read(&path).unwrap();
        let unpacked = tiffcp(&["-c", "none", "-f", "msb2lsb"], &[&file]);
        assert!(page_of(&file).pixels == page_of(&unpacked).pixels, "{}", path.display());
    }
}
