//! The finder on drawn sheets.

use super::*;
use crate::affine::Affine;
use crate::registered::RegisteredPage;

const PAPER: [f64; 2] = [148.0, 210.0];

/// A drawn sheet at any resolution.
struct Sheet {
    page: GrayPage,
    px: f64,
    grey: u8,
}

impl Sheet {
    fn new(dpi: f64) -> Self {
        let px = dpi / 25.4;
        let page = GrayPage::white((PAPER[0] * px).round() as u32, (PAPER[1] * px).round() as u32);
        Self { page, px, grey: 0 }
    }

    fn fill(&mut self, x: f64, y: f64, w: f64, h: f64) {
        let [left, right] = [x, x + w].map(|mm| (mm * self.px).round() as usize);
        let [top, bottom] = [y, y + h].map(|mm| (mm * self.px).round() as usize);
        for row in top..bottom.max(top + 1) {
            let start = row * self.page.width as usize;
            self.page.pixels[start + left..start + right.max(left + 1)].fill(self.grey);
        }
    }

    /// A frame of 0.25 mm lines along `rect`.
    fn frame(&mut self, [x, y, w, h]: [f64; 4]) {
        let pen = 0.25;
        let half = pen / 2.0;
        self.fill(x - half, y - half, w + pen, pen);
        self.fill(x - half, y + h - half, w + pen, pen);
        self.fill(x - half, y - half, pen, h + pen);
        self.fill(x + w - half, y - half, pen, h + pen);
    }

    /// Strokes such as letters have, too short for rules.
    fn word(&mut self, x: f64, y: f64, letters: usize) {
        for letter in 0..letters {
            let x = x + letter as f64 * 3.2;
            self.fill(x, y + 0.6, 1.6, 0.3);
            self.fill(x + 0.8, y, 0.3, 1.8);
            self.fill(x + 0.2, y + 2.2, 1.7, 0.3);
        }
    }

    fn found(&self) -> Found {
        propose(&self.page, self.px)
    }
}

/// A sheet with one of each.
fn sheet(dpi: f64) -> Sheet {
    let mut sheet = Sheet::new(dpi);
    // A date: three groups with words between them.
    for (group, x) in [50.0, 69.5, 89.0].into_iter().enumerate() {
        sheet.frame([x, 30.0, 6.0, 8.0]);
        sheet.frame([x + 6.5, 30.0, 6.0, 8.0]);
        if group < 2 {
            sheet.word(x + 14.5, 33.0, 1);
        }
    }
    sheet.word(15.0, 32.0, 5);
    // A ladder with shared walls, as on coupons.
    for n in 0..10 {
        sheet.frame([40.0 + 4.0 * f64::from(n), 50.0, 4.0, 5.0]);
    }
    // Three answers in a row, and one lone box to tick.
    for x in [40.0, 65.0, 90.0] {
        sheet.frame([x, 70.0, 3.5, 3.5]);
        sheet.word(x + 5.0, 70.5, 3);
    }
    sheet.frame([40.0, 80.0, 4.0, 4.0]);
    // Room for a signature, and a table with one empty column.
    sheet.frame([40.0, 95.0, 70.0, 12.0]);
    for row in 0..3 {
        sheet.frame([20.0, 120.0 + 9.0 * f64::from(row), 30.0, 9.0]);
        sheet.word(23.0, 123.0 + 9.0 * f64::from(row), 6);
        sheet.frame([50.0, 120.0 + 9.0 * f64::from(row), 60.0, 9.0]);
    }
    sheet
}

fn shapes(found: &Found) -> Vec<(Shape, Vec<u8>)> {
    found.proposals.iter().map(|proposal| (proposal.shape, proposal.groups.clone())).collect()
}

fn expected() -> Vec<(Shape, Vec<u8>)> {
    let mut expected = vec![
        (Shape::Comb, vec![2, 2, 2]),
        (Shape::Comb, vec![10]),
        (Shape::Choice, vec![3]),
        (Shape::Mark, vec![1]),
        (Shape::Frame, vec![1]),
    ];
    expected.extend(vec![(Shape::Frame, vec![1]); 3]);
    expected
}

#[test]
fn combs_marks_and_frames_are_found_in_reading_order_at_every_resolution() {
    for dpi in [150.0, 200.0, 300.0, 400.0, 600.0] {
        let found = sheet(dpi).found();
        assert_eq!(shapes(&found), expected(), "{dpi} dpi");
        let date = &found.proposals[0].boxes;
        for (rect, x) in date.iter().zip([50.0, 56.5, 69.5, 76.0, 89.0, 95.5]) {
            let off = [rect.x - x, rect.y - 30.0, rect.w - 6.0, rect.h - 8.0];
            assert!(off.iter().all(|off| off.abs() < 0.15), "{dpi} dpi: {rect:?} is not at {x}");
        }
        let label = found.proposals[0].label.unwrap();
        assert!(label.x < 16.0 && label.right() > 28.0 && label.right() < 40.0, "{label:?}");
        let words = &found.proposals[2].words;
        assert!(words.iter().all(|words| words.is_some_and(|words| words.w > 7.0 && words.w < 12.0)));
    }
}

#[test]
fn pale_and_one_bit_sheets_give_the_same() {
    let mut pale = Sheet { grey: 222, ..Sheet::new(300.0) };
    let black = sheet(300.0);
    let page = &mut pale.page;
    for (to, &from) in page.pixels.iter_mut().zip(&black.page.pixels) {
        *to = if from == 0 { 222 } else { 250 };
    }
    assert_eq!(shapes(&pale.found()), expected(), "pale");
    let mut bits = sheet(200.0);
    bits.page.bilevel = true;
    assert_eq!(shapes(&bits.found()), expected(), "one bit");
}

#[test]
fn a_sheet_that_lay_askew_is_laid_straight() {
    let drawn = sheet(300.0);
    for degrees in [-2.3_f64, 0.4, 1.7] {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (cx, cy) = (PAPER[0] / 2.0, PAPER[1] / 2.0);
        let px = drawn.px;
        let turn = Affine([
            px * cos,
            px * sin,
            px * (cx - cos * cx - sin * cy),
            -px * sin,
            px * cos,
            px * (cy + sin * cx - cos * cy),
        ]);
        let scan = RegisteredPage { page: &drawn.page, px_from_mm: turn };
        let patch = scan.sample(RectMm::new(0.0, 0.0, PAPER[0], PAPER[1]), px);
        let scan = GrayPage {
            pixels: patch.pixels,
            width: patch.width as u32,
            height: patch.height as u32,
            dpi: None,
            bilevel: false,
        };
        let straight = straighten(&scan, [px, px], PAPER);
        assert!((straight.turned_deg - degrees).abs() < 0.08, "{degrees}: {}", straight.turned_deg);
        let found = propose(&straight.page, straight.px_per_mm);
        assert_eq!(shapes(&found), expected(), "{degrees} degrees");
        let first = found.proposals[0].boxes[0];
        assert!((first.x - 50.0).abs() < 0.3 && (first.y - 30.0).abs() < 0.3, "{first:?}");
    }
}

#[test]
fn letters_and_bars_are_no_boxes() {
    let mut sheet = Sheet::new(300.0);
    // 口 with its legs, 日 with its middle stroke, a solid bar, a line of text.
    sheet.frame([20.0, 20.0, 3.2, 3.2]);
    sheet.fill(19.9, 23.2, 0.25, 0.6);
    sheet.fill(23.1, 23.2, 0.25, 0.6);
    sheet.frame([30.0, 20.0, 3.0, 3.4]);
    sheet.fill(30.0, 21.6, 3.0, 0.25);
    sheet.fill(20.0, 40.0, 100.0, 5.0);
    sheet.word(20.0, 60.0, 25);
    assert_eq!(shapes(&sheet.found()), Vec::new());
    assert_eq!(Sheet::new(150.0).found(), Found::default(), "white paper");
    assert_eq!(propose(&GrayPage::white(3, 3), 10.0), Found::default(), "hardly a picture");
}

#[test]
fn a_dashed_divider_parts_the_boxes_of_a_comb() {
    let mut sheet = Sheet::new(300.0);
    sheet.frame([40.0, 50.0, 30.0, 8.0]);
    for wall in 1..5 {
        let mut y = 50.2;
        while y < 57.5 {
            sheet.fill(40.0 + 6.0 * f64::from(wall) - 0.1, y, 0.2, 0.7);
            y += 1.5;
        }
    }
    assert_eq!(shapes(&sheet.found()), vec![(Shape::Comb, vec![5])]);
}
#[test]
fn a_bar_that_hangs_on_a_frame_casts_no_wall_through_it() {
    // The head of a section: black from edge to edge but for the white words in it.
    let mut sheet = Sheet::new(300.0);
    sheet.frame([15.0, 30.0, 118.0, 60.0]);
    sheet.fill(15.0, 30.0, 118.0, 5.5);
    sheet.grey = 255;
    sheet.fill(70.0, 31.5, 2.0, 2.5);
    sheet.grey = 0;
    sheet.frame([66.0, 50.0, 6.0, 8.0]);
    sheet.frame([72.5, 50.0, 6.0, 8.0]);
    assert_eq!(shapes(&sheet.found()), vec![(Shape::Comb, vec![2])]);
}

#[test]
fn two_numbers_in_a_row_are_two_combs_but_a_decimal_point_parts_none() {
    let mut sheet = Sheet::new(300.0);
    // A count of four boxes, eight millimetres, a price of five; below, 36.5.
    for x in [30.0, 36.5, 43.0, 49.5, 63.5, 70.0, 76.5, 83.0, 89.5] {
        sheet.frame([x, 40.0, 6.0, 8.0]);
    }
    for x in [30.0, 36.5, 46.5] {
        sheet.frame([x, 60.0, 6.0, 8.0]);
    }
    let expected = vec![(Shape::Comb, vec![4]), (Shape::Comb, vec![5]), (Shape::Comb, vec![2, 1])];
    assert_eq!(shapes(&sheet.found()), expected);
}
