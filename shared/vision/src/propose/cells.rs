//! Rectangles that rules enclose.

use super::Rule;
use domain::geometry::RectMm;

/// Lines that end this near to each other meet, mm: thick pens, rounded corners, a torn corner.
const MEET_MM: f64 = 0.6;
/// Smaller rectangles are letters, mm.
pub(super) const SMALLEST_MM: f64 = 2.2;

/// A rectangle between four rules.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cell {
    /// Along the middle of its lines.
    pub rect: RectMm,
    /// The thickest of its lines, mm.
    pub line: f64,
    /// How far its lines go on beyond its corners, mm, the furthest: 0 for a box that stands alone.
    pub beyond: f64,
}

/// Every smallest rectangle: no rule runs through it from side to side.
pub(super) fn between(level: &[Rule], upright: &[Rule]) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::new();
    for (index, top) in level.iter().enumerate() {
        let mut down: Vec<&Rule> = upright
            .iter()
            .filter(|wall| {
                wall.at > top.from - MEET_MM
                    && wall.at < top.to + MEET_MM
                    && wall.from < top.at + MEET_MM
                    && wall.to > top.at + SMALLEST_MM - MEET_MM
            })
            .collect();
        down.sort_by(|a, b| a.at.total_cmp(&b.at));
        for (at, left) in down.iter().enumerate() {
            let closed = down[at + 1..]
                .iter()
                .filter(|right| right.at - left.at > SMALLEST_MM)
                .find_map(|right| closed(top, left, right, &level[index + 1..]));
            if let Some(cell) = closed
                && !is_between_boxes(&cell, &down, level)
                && !cells.iter().any(|known| same(&known.rect, &cell.rect))
            {
                cells.push(cell);
            }
        }
    }
    cells
}

/// Two boxes side by side, or a double frame: a second line runs just inside the first, all the way.
fn is_between_boxes(cell: &Cell, down: &[&Rule], level: &[Rule]) -> bool {
    let rect = &cell.rect;
    let just_inside = |at: f64, edge: f64| at > edge + 0.05 && at < edge + SMALLEST_MM;
    down.iter().any(|wall| just_inside(wall.at, rect.x) && wall.to > rect.bottom() - MEET_MM)
        || level.iter().any(|rule| {
            just_inside(rule.at, rect.y) && rule.from < rect.x + MEET_MM && rule.to > rect.right() - MEET_MM
        })
}

fn same(a: &RectMm, b: &RectMm) -> bool {
    let near = |a: f64, b: f64| (a - b).abs() < MEET_MM;
    near(a.x, b.x) && near(a.y, b.y) && near(a.right(), b.right()) && near(a.bottom(), b.bottom())
}

fn closed(top: &Rule, left: &Rule, right: &Rule, below: &[Rule]) -> Option<Cell> {
    let reach = left.to.min(right.to) + MEET_MM;
    let bottom = below.iter().take_while(|rule| rule.at < reach).find(|rule| {
        rule.at - top.at > SMALLEST_MM && rule.from < left.at + MEET_MM && rule.to > right.at - MEET_MM
    })?;
    let rect = RectMm::new(left.at, top.at, right.at - left.at, bottom.at - top.at);
    let beyond = [
        rect.x - top.from.min(bottom.from),
        top.to.max(bottom.to) - rect.right(),
        rect.y - left.from.min(right.from),
        left.to.max(right.to) - rect.bottom(),
    ];
    let line = [top, left, right, bottom].iter().map(|rule| rule.width).fold(0.0, f64::max);
    Some(Cell { rect, line, beyond: beyond.into_iter().fold(0.0, f64::max) })
}
