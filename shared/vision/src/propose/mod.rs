//! 項目の候補. What an empty sheet asks for, as far as its rules tell: combs, boxes to mark, frames.
//!
//! Pixels -> [`Rule`]s -> rectangles between them -> [`Proposal`]s in reading order, all in millimetres. Nothing
//! here decides what a field means: a planner takes a proposal, names it, or throws it away.

mod boxes;
mod cells;
mod fields;
mod ink;
mod labels;
mod rules;
mod sheet;
mod straighten;
#[cfg(test)]
mod tests;

use fields::fields;
pub use sheet::{EmptySheet, EmptySide, SheetError};
pub use straighten::{Straightened, straighten};

use crate::gray::GrayPage;
use domain::geometry::RectMm;
use ink::Ink;

/// 罫線. A straight printed line, upright or level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// Its middle, mm: y of a level rule, x of an upright one.
    pub at: f64,
    /// Where it begins, mm: x of a level rule, y of an upright one.
    pub from: f64,
    /// Where it ends, mm.
    pub to: f64,
    /// Pen width, mm.
    pub width: f64,
}

/// What a proposal looks like on the paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A row of writing boxes, one a digit.
    Comb,
    /// One small box to mark.
    Mark,
    /// Boxes to mark in one row, each with words behind it.
    Choice,
    /// An empty frame to write, sign or stick something in.
    Frame,
}

/// 候補. Something that may be a field.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// What it looks like.
    pub shape: Shape,
    /// Its boxes in reading order, mm, along the middle of their lines.
    pub boxes: Vec<RectMm>,
    /// How many boxes stand together: `[2, 2, 2]` for a date; `[n]` when there is no gap.
    pub groups: Vec<u8>,
    /// The print that seems to name it, mm: left of it, or above.
    pub label: Option<RectMm>,
    /// The print beside each box of a mark or choice, mm.
    pub words: Vec<Option<RectMm>>,
    /// How sure it looks, 0..=1; an order, not a probability.
    pub sure: f64,
}

/// Everything found on one side.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Level rules of 2 mm and more, from top to bottom.
    pub level: Vec<Rule>,
    /// Upright rules of 2 mm and more, from left to right.
    pub upright: Vec<Rule>,
    /// Proposals in reading order.
    pub proposals: Vec<Proposal>,
}

/// Finer pictures than this are reduced first, pixels per mm (400 dpi is 15.7): finer lines help nobody.
const FINEST_PX_PER_MM: f64 = 16.0;

/// Finds the writing places of an empty sheet that lies straight (see [`straighten`]) and fills the picture.
/// `px_per_mm` is the picture's resolution; below 4 px/mm (100 dpi) small boxes are lost.
pub fn propose(page: &GrayPage, px_per_mm: f64) -> Found {
    let reduced;
    let (page, px_per_mm) = if px_per_mm > FINEST_PX_PER_MM {
        reduced = straighten::resampled(page, px_per_mm, FINEST_PX_PER_MM / 2.0);
        (&reduced, FINEST_PX_PER_MM / 2.0)
    } else {
        (page, px_per_mm)
    };
    if page.width < 8 || page.height < 8 {
        return Found::default();
    }
    let ink = Ink::of(page, px_per_mm);
    let level = rules::level(&ink);
    let upright = rules::level(&ink.transposed());
    let cells = cells::between(&level, &upright);
    let sums = ink.sums();
    let mut proposals = boxes::group(&cells, &sums, &upright);
    labels::name(&mut proposals, &sums, &level, &upright);
    Found { level, upright, proposals }
}
