//! 白紙の画像. A scanned empty sheet made as good as a printed one: its ground white, its print black, and the boxes of
//! the form where the picture has them.

use crate::GrayPage;
use crate::template::Blank;
use domain::form::{FieldKind, Form, MarkStyle};
use domain::geometry::RectMm;

/// Edge of a tile of the ground, mm: wider than most bands and words.
const TILE_MM: f64 = 8.0;
/// A tile's paper is as bright as this share of its pixels is not.
const PAPER_SHARE: f64 = 0.75;
/// Brightness, share of the paper's, below which a pixel is surely print; from which on it is paper and its noise.
const PRINT_BELOW: f64 = 0.6;
const PAPER_FROM: f64 = 0.93;
/// Print as dark as this part of the median print is black: half of print is soft edges.
const BLACK_PART: f64 = 0.8;

/// How far a box may be drawn from where the picture has it, mm.
const OFF_MM: f64 = 0.9;
/// ... and one box of a row from where the row is.
const OFF_IN_ROW_MM: f64 = 0.3;
const STEP_MM: f64 = 0.1;
/// A box is there when its outline is this dark on average, 0 to 1: hair lines of a coarse scan are half grey.
const OUTLINE: f64 = 0.45;
/// ... and moves only for this much more than it has where it is drawn.
const BETTER: f64 = 0.04;

/// The picture with white ground and black print.
pub fn cleaned(picture: GrayPage, px_per_mm: f64) -> GrayPage {
    if picture.bilevel {
        return picture;
    }
    let (width, height) = (picture.width as usize, picture.height as usize);
    let tile = ((TILE_MM * px_per_mm) as usize).max(8);
    let across = width.div_ceil(tile);
    let paper = paper(&picture, tile);
    let ratio = |at: usize| {
        let ground = paper[at / width / tile * across + at % width / tile];
        f64::from(picture.pixels[at]) / f64::from(ground)
    };
    let mut print: Vec<f64> =
        (0..width * height).step_by(3).map(ratio).filter(|r| *r < PRINT_BELOW).collect();
    print.sort_unstable_by(f64::total_cmp);
    let black = BLACK_PART * print.get(print.len() / 2).copied().unwrap_or(0.0);
    let level = |at: usize| {
        let grey = (ratio(at) - black) / (PAPER_FROM - black);
        (255.0 * grey).clamp(0.0, 255.0) as u8
    };
    GrayPage { pixels: (0..width * height).map(level).collect(), ..picture }
}

/// Brightness of the paper by tiles: that of the brightest neighbour, never below half of what the page has.
fn paper(picture: &GrayPage, tile: usize) -> Vec<u8> {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let (across, down) = (width.div_ceil(tile), height.div_ceil(tile));
    let bright = |at: usize| {
        let (x0, y0) = (at % across * tile, at / across * tile);
        let rows = (y0..(y0 + tile).min(height)).step_by(2);
        let mut greys: Vec<u8> = rows
            .flat_map(|y| picture.pixels[y * width + x0..y * width + (x0 + tile).min(width)].iter().copied())
            .collect();
        greys.sort_unstable();
        greys[(greys.len() as f64 * PAPER_SHARE) as usize]
    };
    let tiles: Vec<u8> = (0..across * down).map(bright).collect();
    let mut sorted = tiles.clone();
    sorted.sort_unstable();
    let floor = (sorted[sorted.len() / 2] / 2).max(16);
    let brightest = |at: usize| {
        let (x, y) = (at % across, at / across);
        let rows = y.saturating_sub(1)..(y + 2).min(down);
        let near = rows.flat_map(|y| (x.saturating_sub(1)..(x + 2).min(across)).map(move |x| y * across + x));
        near.map(|at| tiles[at]).max().unwrap_or(255).max(floor)
    };
    (0..across * down).map(brightest).collect()
}

/// The form with every box that the picture shows moved to where the picture has it: people draw boxes by eye.
pub fn settled(mut form: Form, blanks: &[Blank]) -> Form {
    for field in &mut form.fields {
        let Some(blank) = usize::from(field.side).checked_sub(1).and_then(|side| blanks.get(side)) else {
            continue;
        };
        match field.kind {
            FieldKind::Digits(_) | FieldKind::Date(_) | FieldKind::Mark => {
                settle_row(blank, &mut field.boxes)
            }
            FieldKind::Choice { .. } if field.style == MarkStyle::Box => {
                field.options.iter_mut().for_each(|option| {
                    settle_row(blank, std::slice::from_mut(&mut option.rect));
                });
            }
            _ => {}
        }
    }
    form
}

/// Moves boxes together, then each a little.
fn settle_row(blank: &Blank, boxes: &mut [RectMm]) {
    let outline = |boxes: &[RectMm], by: [f64; 2]| {
        let sum: f64 = boxes.iter().map(|rect| darkness(blank, &moved(rect, by))).sum();
        sum / boxes.len().max(1) as f64
    };
    let together = best(OFF_MM, |by| outline(boxes, by));
    if let Some(by) = together {
        boxes.iter_mut().for_each(|rect| *rect = moved(rect, by));
    }
    for rect in boxes.iter_mut() {
        if let Some(by) = best(OFF_IN_ROW_MM, |by| darkness(blank, &moved(rect, by))) {
            *rect = moved(rect, by);
        }
    }
}

fn moved(rect: &RectMm, [dx, dy]: [f64; 2]) -> RectMm {
    RectMm::new(rect.x + dx, rect.y + dy, rect.w, rect.h)
}

/// The shift within `reach` with the darkest outline, when it is dark enough and better than none.
fn best(reach: f64, outline: impl Fn([f64; 2]) -> f64) -> Option<[f64; 2]> {
    let steps = (reach / STEP_MM).round() as i32;
    let here = outline([0.0, 0.0]);
    let mut best = (here + BETTER, None);
    for dy in -steps..=steps {
        for dx in -steps..=steps {
            let by = [dx, dy].map(|n| f64::from(n) * STEP_MM);
            // Of two places that fit alike, the nearer one.
            let dark = outline(by) - 0.005 * by[0].hypot(by[1]);
            if dark > best.0 && dark >= OUTLINE {
                best = (dark, Some(by));
            }
        }
    }
    best.1
}

/// Mean darkness along the outline of a box: of its lightest side, so that one line of a table is no box.
fn darkness(blank: &Blank, rect: &RectMm) -> f64 {
    let side = |from: [f64; 2], to: [f64; 2]| {
        let count = ((to[0] - from[0]).hypot(to[1] - from[1]) / 0.2).ceil().max(2.0);
        let dark = |i: f64| {
            let at = [0, 1].map(|axis| from[axis] + (to[axis] - from[axis]) * (i + 0.5) / count);
            let [x, y] = at.map(|mm| mm * blank.px_per_mm - 0.5);
            let (left, top) = (x.floor(), y.floor());
            let (fx, fy) = (x - left, y - top);
            let grey = |dx: i64, dy: i64| f64::from(blank.picture.at(left as i64 + dx, top as i64 + dy));
            let mix = (grey(0, 0) * (1.0 - fx) + grey(1, 0) * fx) * (1.0 - fy)
                + (grey(0, 1) * (1.0 - fx) + grey(1, 1) * fx) * fy;
            1.0 - mix / 255.0
        };
        (0..count as usize).map(|i| dark(i as f64)).sum::<f64>() / count
    };
    let (l, t, r, b) = (rect.x, rect.y, rect.right(), rect.bottom());
    let sides = [side([l, t], [r, t]), side([r, t], [r, b]), side([l, b], [r, b]), side([l, t], [l, b])];
    0.5 * (sides.iter().sum::<f64>() / 4.0 + sides.into_iter().fold(1.0, f64::min))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = r#"version = 1
number = 7
title = "よその票"
paper_mm = [105, 148]
[[field]]
id = "temperature"
kind = "digits"
label = "体温"
comb = { at = [20, 40], box = [6, 8], pitch = 6, groups = [3] }
[[field]]
id = "consent"
kind = "choice"
label = "同意"
options = [
    { value = "yes", label = "はい", box = [30, 80, 4, 4] },
    { value = "no", label = "いいえ", box = [60, 80, 4, 4] },
]
"#;
    const PX_PER_MM: f64 = 8.0;

    /// Lines of 0.25 mm around boxes, on a ground that darkens to the right, with noise.
    fn scan(boxes: &[RectMm], ink: u8) -> GrayPage {
        let mut page = GrayPage::white(840, 1184);
        let on_line = |x: f64, y: f64| {
            boxes.iter().any(|rect| {
                let near = |at: f64, line: f64| (at - line).abs() <= 0.125;
                let across = (rect.x..=rect.right()).contains(&x);
                let down = (rect.y..=rect.bottom()).contains(&y);
                (across && (near(y, rect.y) || near(y, rect.bottom())))
                    || (down && (near(x, rect.x) || near(x, rect.right())))
            })
        };
        for (at, grey) in page.pixels.iter_mut().enumerate() {
            let [x, y] = [at % 840, at / 840].map(|px| (px as f64 + 0.5) / PX_PER_MM);
            let paper = 225 - (x * 0.3) as u8;
            *grey = if on_line(x, y) { ink } else { paper } - (at * 7919 % 9) as u8;
        }
        page
    }

    fn moved_boxes(by: [f64; 2]) -> Vec<RectMm> {
        let form = Form::parse("other", FORM).unwrap();
        let all = form.fields.iter().flat_map(|f| f.boxes.iter().chain(f.options.iter().map(|o| &o.rect)));
        all.map(|rect| moved(rect, by)).collect()
    }

    #[test]
    fn a_grey_scan_gets_white_paper_and_black_print() {
        let boxes = moved_boxes([0.0, 0.0]);
        let clean = cleaned(scan(&boxes, 110), PX_PER_MM);
        let at = |x: f64, y: f64| clean.at((x * PX_PER_MM) as i64, (y * PX_PER_MM) as i64);
        for x in [5.0, 50.0, 100.0] {
            assert!(at(x, 120.0) > 250, "{x}: {}", at(x, 120.0));
        }
        assert!(at(20.0, 44.0) < 60 && at(62.0, 80.0) < 60, "{} {}", at(20.0, 44.0), at(62.0, 80.0));
        let white = GrayPage::white(100, 100);
        assert_eq!(cleaned(white.clone(), PX_PER_MM), white);
    }

    #[test]
    fn boxes_that_were_drawn_by_eye_settle_where_the_picture_has_them() {
        for by in [[0.5, -0.4], [-0.3, 0.5], [0.0, 0.0]] {
            let truth = moved_boxes(by);
            let picture = cleaned(scan(&truth, 60), PX_PER_MM);
            let blank = Blank { picture, px_per_mm: PX_PER_MM };
            let form = settled(Form::parse("other", FORM).unwrap(), &[blank]);
            let all =
                form.fields.iter().flat_map(|f| f.boxes.iter().chain(f.options.iter().map(|o| &o.rect)));
            for (rect, truth) in all.zip(&truth) {
                let off = (rect.x - truth.x).hypot(rect.y - truth.y);
                assert!(off <= 0.16, "{by:?}: {rect:?} is {off:.2} mm off {truth:?}");
            }
        }
        // Where no box is printed, it stays where it was drawn.
        let blank = Blank { picture: scan(&[], 60), px_per_mm: PX_PER_MM };
        let drawn = Form::parse("other", FORM).unwrap();
        assert_eq!(settled(drawn.clone(), &[blank]), drawn);
    }
}
