//! Sheets that the office keeps or sends: as many pages as it takes, and a picture that stays one.

use super::*;
use crate::{Column, Letter, Picture, Report};

fn report(rows: usize) -> Report {
    let column = |label: &str, width_mm| Column { label: label.into(), width_mm, figures: false };
    let row = |at: usize| vec![format!("医療機関 {at} {}", "長い名前".repeat(20)), "\u{10FFFD}".to_owned()];
    Report {
        title: "日計表".into(),
        subtitle: "令和8年11月21日".into(),
        notes: vec!["合計が合っています。".into()],
        columns: vec![column("医療機関", 200.0), column("差", 71.0)],
        rows: (0..rows).map(row).collect(),
        total: vec!["合計".into(), "0".into()],
        signatures: vec!["作成者".into(), "確認者".into()],
    }
}

#[test]
fn a_day_of_any_length_is_printed_whole() {
    for (rows, pages) in [(0, 1), (3, 1), (60, 4)] {
        let pdf = printer().report(&report(rows)).unwrap();
        assert_eq!(Pdf::new(pdf).unwrap().pages().len(), pages, "{rows} rows");
    }
}

#[test]
fn the_picture_of_a_letter_is_as_dark_as_it_was() {
    // Left half black, right half paper.
    let row: Vec<u8> = [[0; 40], [250; 40]].concat();
    let letter = Letter {
        title: "照会".into(),
        to: "星見内科クリニック　御中".into(),
        reference: vec!["問合せ番号 1".into()],
        paragraphs: vec!["確認したいことがあります。".into()],
        facts: vec![("項目".into(), "接種年月日".into())],
        picture: Some(Picture { caption: "記入".into(), width: 80, pixels: row.repeat(20) }),
        answer: vec!["回答した日".into()],
    };
    let with = dark(printer().letter(&letter).unwrap());
    let without = dark(printer().letter(&Letter { picture: None, ..letter }).unwrap());
    // 174 mm wide and 43.5 mm high, half of it black.
    let expected = 174.0 / 2.0 * 43.5;
    assert!((with - without - expected).abs() < expected / 20.0, "{with} {without} {expected}");
}

/// Ink on the first page, square millimetres.
fn dark(pdf: Vec<u8>) -> f64 {
    Raster::of(&pdf, 0, 100.0).ink(&RectMm::new(0.0, 0.0, 209.0, 296.0)).0
}
