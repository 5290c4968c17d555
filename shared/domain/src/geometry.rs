//! Millimetres on paper. Origin: top left corner of the paper, x right, y down.

use serde::{Deserialize, Serialize};

/// A point in millimetres.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f64; 2]", into = "[f64; 2]")]
pub struct PointMm {
    /// Right of the left paper edge, mm.
    pub x: f64,
    /// Below the top paper edge, mm.
    pub y: f64,
}

/// A rectangle in millimetres, written `[x, y, width, height]`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f64; 4]", into = "[f64; 4]")]
pub struct RectMm {
    /// Left edge, mm.
    pub x: f64,
    /// Top edge, mm.
    pub y: f64,
    /// Width, mm, positive.
    pub w: f64,
    /// Height, mm, positive.
    pub h: f64,
}

impl PointMm {
    /// A point at `x`, `y` mm.
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }
}

impl RectMm {
    /// A rectangle with its top left corner at `x`, `y`.
    pub const fn new(x: f64, y: f64, w: f64, h: f64) -> Self {
        Self { x, y, w, h }
    }

    /// The right edge, mm.
    pub fn right(&self) -> f64 {
        self.x + self.w
    }

    /// The bottom edge, mm.
    pub fn bottom(&self) -> f64 {
        self.y + self.h
    }

    /// The middle.
    pub fn center(&self) -> PointMm {
        PointMm::new(self.x + self.w / 2.0, self.y + self.h / 2.0)
    }

    /// Grown by `margin` mm on all four sides (shrunk when negative, never below zero size).
    pub fn grown(&self, margin: f64) -> Self {
        Self {
            x: self.x - margin,
            y: self.y - margin,
            w: (self.w + 2.0 * margin).max(0.0),
            h: (self.h + 2.0 * margin).max(0.0),
        }
    }

    /// Whether the two rectangles share some area.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }

    /// The smallest rectangle around all of `rects`; `None` for none.
    pub fn around<'a>(rects: impl IntoIterator<Item = &'a RectMm>) -> Option<Self> {
        rects.into_iter().copied().reduce(|a, b| {
            let (x, y) = (a.x.min(b.x), a.y.min(b.y));
            Self { x, y, w: a.right().max(b.right()) - x, h: a.bottom().max(b.bottom()) - y }
        })
    }
}

impl From<[f64; 2]> for PointMm {
    fn from([x, y]: [f64; 2]) -> Self {
        Self { x, y }
    }
}

impl From<PointMm> for [f64; 2] {
    fn from(p: PointMm) -> Self {
        [p.x, p.y]
    }
}

impl From<[f64; 4]> for RectMm {
    fn from([x, y, w, h]: [f64; 4]) -> Self {
        Self { x, y, w, h }
    }
}

impl From<RectMm> for [f64; 4] {
    fn from(r: RectMm) -> Self {
        [r.x, r.y, r.w, r.h]
    }
}
