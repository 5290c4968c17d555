//! Rectangles -> combs, boxes to mark, frames.

use super::cells::Cell;
use super::ink::Sums;
use super::{Proposal, Rule, Shape};
use domain::geometry::RectMm;

/// Writing boxes for one digit, mm: narrowest and widest, lowest and highest (coupons 4 x 5, our slips 6 x 8).
const DIGIT_WIDTH_MM: [f64; 2] = [2.8, 11.0];
const DIGIT_HEIGHT_MM: [f64; 2] = [3.5, 15.0];
/// Height over width of a digit box; a flatter one is a cell of a table.
const DIGIT_RATIO: [f64; 2] = [0.8, 3.2];
/// Boxes to mark, mm, and how square they are.
const MARK_MM: [f64; 2] = [2.4, 6.3];
const MARK_RATIO: [f64; 2] = [0.85, 1.18];
/// Frames to write, sign or stick in, mm: anything smaller is no room for a word.
const FRAME_MM: [f64; 2] = [12.0, 5.5];
/// A frame larger than this share of the paper is the border of the page.
const FRAME_MOST: f64 = 0.6;
/// Boxes of one comb are as large as each other, and level, to this many mm.
const ALIKE_MM: f64 = 0.5;
/// Boxes that stand together are at most this far apart, mm.
const TOGETHER_MM: f64 = 1.3;
/// Between groups of a comb stands 年, a point or a dash: this much room at most, mm, and in widths of a box.
const GROUP_GAP_MM: f64 = 9.0;
const GROUP_GAP_BOXES: f64 = 1.6;
/// A gap wider than this, in widths of a box, holds a word: 年 and 月 of a date, × and 円 of a claim. A decimal point
/// needs half of it.
const WIDE_GAP_BOXES: f64 = 0.9;
/// Print in a box that is still one to write in, share of ink: a pale hint, a dotted middle line.
const CLEAN: f64 = 0.03;
const CLEAN_FRAME: f64 = 0.004;
/// Lines of a box to mark go on beyond its corners by this much at most, mm; else it is a corner of a table.
const ALONE_MM: f64 = 0.7;
/// Boxes to mark in one row belong together up to this gap, mm.
const CHOICE_GAP_MM: f64 = 60.0;

/// Proposals in reading order.
pub(super) fn group(cells: &[Cell], ink: &Sums, upright: &[Rule]) -> Vec<Proposal> {
    let paper = ink.paper();
    let mut digits: Vec<&Cell> = cells.iter().filter(|cell| is_digit(cell, ink)).collect();
    digits.sort_by(|a, b| a.rect.y.total_cmp(&b.rect.y).then(a.rect.x.total_cmp(&b.rect.x)));
    let mut proposals = Vec::new();
    let mut marks = Vec::new();
    for row in combs(digits, ink, upright).into_iter().flat_map(parted) {
        match row.as_slice() {
            [one] if is_square(&one.rect) => {
                if is_mark(one, ink) {
                    marks.push(one.rect);
                }
            }
            // One box whose lines go on is a narrow column of a table.
            [one] if one.beyond > ALONE_MM => {}
            [_] => proposals.push(comb(&row, 0.7)),
            _ => proposals.push(comb(&row, 0.95)),
        }
    }
    proposals.extend(choices(marks, upright));
    let taken: Vec<RectMm> = proposals.iter().flat_map(|proposal| proposal.boxes.clone()).collect();
    let frames = cells.iter().filter(|cell| {
        let rect = &cell.rect;
        let large = rect.w >= FRAME_MM[0] && rect.h >= FRAME_MM[1];
        large
            && rect.w * rect.h < FRAME_MOST * paper.w * paper.h
            && ink.share(&inside(cell)) < CLEAN_FRAME
            && !taken.iter().any(|taken| taken.overlaps(&rect.grown(-0.5)))
            && !holds_other(cell, cells)
    });
    proposals.extend(frames.map(|cell| Proposal {
        shape: Shape::Frame,
        boxes: vec![cell.rect],
        groups: vec![1],
        label: None,
        words: Vec::new(),
        sure: if cell.beyond > ALONE_MM { 0.5 } else { 0.7 },
    }));
    in_reading_order(proposals)
}

fn inside(cell: &Cell) -> RectMm {
    cell.rect.grown(-(cell.line / 2.0 + 0.35))
}

fn holds_other(cell: &Cell, cells: &[Cell]) -> bool {
    let within = cell.rect.grown(-0.4);
    cells.iter().any(|other| {
        let middle = other.rect.center();
        other.rect.w * other.rect.h < within.w * within.h
            && middle.x > within.x
            && middle.x < within.right()
            && middle.y > within.y
            && middle.y < within.bottom()
    })
}

fn between(value: f64, [low, high]: [f64; 2]) -> bool {
    value >= low && value <= high
}

fn is_digit(cell: &Cell, ink: &Sums) -> bool {
    let rect = &cell.rect;
    let digit = between(rect.w, DIGIT_WIDTH_MM)
        && between(rect.h, DIGIT_HEIGHT_MM)
        && between(rect.h / rect.w, DIGIT_RATIO);
    let mark = between(rect.w, MARK_MM) && is_square(rect);
    (digit || mark) && ink.share(&inside(cell)) < CLEAN
}

fn is_square(rect: &RectMm) -> bool {
    rect.w <= MARK_MM[1] && between(rect.h / rect.w, MARK_RATIO)
}

/// A lone square; the character 口 has legs below its lowest line.
fn is_mark(cell: &Cell, ink: &Sums) -> bool {
    let rect = &cell.rect;
    let below = rect.bottom() + cell.line / 2.0;
    let (leg, pixel) = (cell.line.max(0.15), ink.pixel_mm());
    let leg_at =
        |x: f64| ink.share(&RectMm::new(x - leg / 2.0, below + pixel, leg, leg.max(2.0 * pixel))) > 0.5;
    let foot = RectMm::new(rect.x + 0.5, below + pixel, rect.w - 1.0, 0.25);
    let legs = leg_at(rect.x) && leg_at(rect.right()) && ink.share(&foot) < 0.1;
    cell.beyond <= ALONE_MM && !legs
}

/// Equal boxes in one row, near to each other.
fn combs<'a>(mut cells: Vec<&'a Cell>, ink: &Sums, upright: &[Rule]) -> Vec<Vec<&'a Cell>> {
    let mut rows = Vec::new();
    while !cells.is_empty() {
        let mut row = vec![cells.remove(0)];
        loop {
            let (first, last) = (row[0].rect, row[row.len() - 1].rect);
            let before = nearest(&cells, |cell| {
                (alike(&first, cell) && follows(cell, &first, ink, upright)).then_some(first.x - cell.x)
            });
            if let Some(at) = before {
                row.insert(0, cells.remove(at));
                continue;
            }
            let behind = nearest(&cells, |cell| {
                (alike(&last, cell) && follows(&last, cell, ink, upright)).then_some(cell.x - last.x)
            });
            let Some(at) = behind else { break };
            row.push(cells.remove(at));
        }
        rows.push(row);
    }
    rows
}

/// The cell with the least distance, of those that have one.
fn nearest(cells: &[&Cell], distance: impl Fn(&RectMm) -> Option<f64>) -> Option<usize> {
    let all = cells.iter().enumerate().filter_map(|(at, cell)| Some((at, distance(&cell.rect)?)));
    all.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| at)
}

fn alike(a: &RectMm, b: &RectMm) -> bool {
    let near = |a: f64, b: f64, most: f64| (a - b).abs() < most;
    near(a.y, b.y, ALIKE_MM) && near(a.h, b.h, ALIKE_MM) && near(a.w, b.w, ALIKE_MM.max(a.w * 0.1))
}

/// Whether `next` is the box behind `last` in one comb.
fn follows(last: &RectMm, next: &RectMm, ink: &Sums, upright: &[Rule]) -> bool {
    let gap = next.x - last.right();
    if gap < -ALIKE_MM {
        return false;
    }
    if gap < TOGETHER_MM {
        return true;
    }
    // Squares with room between them are boxes to mark with words behind them.
    let squares = is_square(last);
    let room = if squares { TOGETHER_MM } else { GROUP_GAP_MM.min(GROUP_GAP_BOXES * last.w) };
    let (left, right) = (last.right() + 0.6, next.x - 0.6);
    let divided = upright.iter().any(|wall| {
        wall.at > left && wall.at < right && wall.from < last.y + 1.0 && wall.to > last.bottom() - 1.0
    });
    let print = ink.share(&RectMm::new(left, last.y, (right - left).max(0.1), last.h));
    gap <= room && !divided && print < 0.35
}

/// A row with gaps as wide as a character is one comb when it is a date; else it is several, such as count and price.
fn parted(row: Vec<&Cell>) -> Vec<Vec<&Cell>> {
    let is_wide = |pair: &[&Cell]| pair[1].rect.x - pair[0].rect.right() > WIDE_GAP_BOXES * pair[0].rect.w;
    let dates: [&[u8]; 4] = [&[2, 2, 2], &[4, 2, 2], &[2, 2], &[4, 2]];
    if !row.windows(2).any(is_wide) || dates.contains(&groups(&row).as_slice()) {
        return vec![row];
    }
    row.chunk_by(|a, b| !is_wide(&[a, b])).map(<[&Cell]>::to_vec).collect()
}

/// How many boxes stand together.
fn groups(row: &[&Cell]) -> Vec<u8> {
    let mut groups: Vec<u8> = vec![1];
    for pair in row.windows(2) {
        let gap = pair[1].rect.x - pair[0].rect.right();
        match groups.last_mut() {
            Some(count) if gap < TOGETHER_MM => *count = count.saturating_add(1),
            _ => groups.push(1),
        }
    }
    groups
}

fn comb(row: &[&Cell], sure: f64) -> Proposal {
    let groups = groups(row);
    let boxes = row.iter().map(|cell| cell.rect).collect();
    Proposal { shape: Shape::Comb, boxes, groups, label: None, words: Vec::new(), sure }
}

/// Boxes to mark that stand in one row with no wall between them are answers to one question.
fn choices(mut marks: Vec<RectMm>, upright: &[Rule]) -> Vec<Proposal> {
    // From left to right: of one row the first comes first.
    marks.sort_by(|a, b| a.x.total_cmp(&b.x));
    let mut proposals = Vec::new();
    while !marks.is_empty() {
        let mut row = vec![marks.remove(0)];
        while let Some(at) = marks.iter().position(|mark| {
            let last = &row[row.len() - 1];
            let gap = mark.x - last.right();
            let divided = upright.iter().any(|wall| {
                wall.at > last.right() + 0.3
                    && wall.at < mark.x - 0.3
                    && wall.from < last.y
                    && wall.to > last.bottom()
            });
            alike(last, mark) && gap > 0.0 && gap < CHOICE_GAP_MM && !divided
        }) {
            row.push(marks.remove(at));
        }
        let shape = if row.len() > 1 { Shape::Choice } else { Shape::Mark };
        let groups = vec![row.len().min(255) as u8];
        proposals.push(Proposal { shape, boxes: row, groups, label: None, words: Vec::new(), sure: 0.85 });
    }
    proposals
}

/// Line by line; what starts within a few millimetres of height is one line.
fn in_reading_order(mut proposals: Vec<Proposal>) -> Vec<Proposal> {
    const LINE_MM: f64 = 4.0;
    proposals.sort_by(|a, b| a.boxes[0].y.total_cmp(&b.boxes[0].y));
    let mut ordered: Vec<Proposal> = Vec::with_capacity(proposals.len());
    let mut line: Vec<Proposal> = Vec::new();
    for proposal in proposals {
        if line.first().is_some_and(|first| proposal.boxes[0].y - first.boxes[0].y > LINE_MM) {
            line.sort_by(|a, b| a.boxes[0].x.total_cmp(&b.boxes[0].x));
            ordered.append(&mut line);
        }
        line.push(proposal);
    }
    line.sort_by(|a, b| a.boxes[0].x.total_cmp(&b.boxes[0].x));
    ordered.append(&mut line);
    ordered
}
