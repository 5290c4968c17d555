//! Drawing in millimetres from the top left corner of the paper.

use crate::fit::{Fitted, MM_PER_PT, base_lines};
use crate::fonts::{Fonts, Line, MissingGlyph};
use domain::form::Align;
use domain::geometry::{PointMm, RectMm};
use krilla::color::luma;
use krilla::geom::{Path, PathBuilder, Point, Rect};
use krilla::num::NormalizedF32;
use krilla::paint::{Fill, FillRule, Stroke};
use krilla::surface::Surface;

/// Steps of grey in a picture; the last one is the paper itself.
const GREYS: u8 = 8;

/// Which step of grey a pixel is nearest to.
fn grey_step(level: u8) -> u8 {
    // 32 levels a step; paper is never quite white in a scan.
    (level / 32).min(GREYS - 1)
}

/// A side of paper being drawn.
pub(crate) struct Canvas<'a, 'b> {
    surface: &'a mut Surface<'b>,
    fonts: &'a Fonts,
}

/// Points of a length in millimetres.
pub(crate) fn pt(mm: f64) -> f32 {
    (mm / MM_PER_PT) as f32
}

impl<'a, 'b> Canvas<'a, 'b> {
    pub(crate) fn new(surface: &'a mut Surface<'b>, fonts: &'a Fonts) -> Self {
        Self { surface, fonts }
    }

    pub(crate) fn fonts(&self) -> &'a Fonts {
        self.fonts
    }

    /// Solid black rectangles, drawn as one shape so that no white seam shows between neighbours.
    pub(crate) fn fill(&mut self, rects: &[RectMm]) {
        if let Some(path) = path(rects) {
            self.pen(Some(luma::Color::black()), None);
            self.surface.draw_path(&path);
        }
    }

    /// A grey picture (rows top to bottom, 0 black) in eight steps of grey, as bars: sharp at any size, and a fax
    /// machine has no more steps.
    pub(crate) fn picture(&mut self, place: &RectMm, width: usize, pixels: &[u8]) {
        let rows = pixels.len() / width.max(1);
        let (w, h) = (place.w / width.max(1) as f64, place.h / rows.max(1) as f64);
        for step in 0..GREYS - 1 {
            let mut bars = Vec::new();
            for (y, row) in pixels.chunks_exact(width.max(1)).enumerate() {
                let mut x = 0;
                for run in row.chunk_by(|a, b| grey_step(*a) == grey_step(*b)) {
                    if grey_step(run[0]) == step {
                        let (left, top) = (place.x + x as f64 * w, place.y + y as f64 * h);
                        bars.push(RectMm::new(left, top, run.len() as f64 * w, h));
                    }
                    x += run.len();
                }
            }
            if let Some(path) = path(&bars) {
                let level = (u16::from(step) * 255 / u16::from(GREYS - 1)) as u8;
                self.pen(Some(luma::Color::new(level)), None);
                self.surface.draw_path(&path);
            }
        }
    }

    /// Outlines; the middle of the pen runs along the rectangles.
    pub(crate) fn outline(&mut self, rects: &[RectMm], width_mm: f64) {
        if let Some(path) = path(rects) {
            self.pen(None, Some(width_mm));
            self.surface.draw_path(&path);
        }
    }

    pub(crate) fn line(&mut self, from: PointMm, to: PointMm, width_mm: f64) {
        let mut builder = PathBuilder::new();
        builder.move_to(pt(from.x), pt(from.y));
        builder.line_to(pt(to.x), pt(to.y));
        if let Some(path) = builder.finish() {
            self.pen(None, Some(width_mm));
            self.surface.draw_path(&path);
        }
    }

    /// A solid round dot.
    pub(crate) fn dot(&mut self, center: PointMm, radius: f64) {
        // The usual approximation of a quarter circle by a cubic curve, off by 0.03 %.
        const HANDLE: f64 = 0.552_285;
        let p = |dx: f64, dy: f64| (pt(center.x + dx * radius), pt(center.y + dy * radius));
        let mut builder = PathBuilder::new();
        let start = p(1.0, 0.0);
        builder.move_to(start.0, start.1);
        let mut corner = (1.0, 0.0);
        for _ in 0..4 {
            let next = (-corner.1, corner.0);
            let a = p(corner.0 + HANDLE * next.0, corner.1 + HANDLE * next.1);
            let b = p(next.0 + HANDLE * corner.0, next.1 + HANDLE * corner.1);
            let end = p(next.0, next.1);
            builder.cubic_to(a.0, a.1, b.0, b.1, end.0, end.1);
            corner = next;
        }
        builder.close();
        if let Some(path) = builder.finish() {
            self.pen(Some(luma::Color::black()), None);
            self.surface.draw_path(&path);
        }
    }

    /// One line of black text with its base line at `at`.
    pub(crate) fn text(
        &mut self,
        at: PointMm,
        size_pt: f64,
        text: &str,
        align: Align,
    ) -> Result<(), MissingGlyph> {
        self.pen(Some(luma::Color::black()), None);
        let line = self.fonts.line(text)?;
        self.set(&line, at, size_pt, align);
        Ok(())
    }

    /// A black bar with white text in the middle of its height.
    pub(crate) fn band(&mut self, bar: &RectMm, size_pt: f64, text: &str) -> Result<(), MissingGlyph> {
        self.fill(&[*bar]);
        let line = self.fonts.line(text)?;
        let inset = bar.h / 2.0;
        for base in base_lines(bar, 1, size_pt) {
            self.pen(Some(luma::Color::white()), None);
            self.set(&line, PointMm::new(bar.x + inset, base), size_pt, Align::Left);
        }
        Ok(())
    }

    /// Fitted lines, black, in the middle of the height of `place`.
    pub(crate) fn fitted(&mut self, fitted: &Fitted, place: &RectMm, align: Align) {
        self.pen(Some(luma::Color::black()), None);
        let x = match align {
            Align::Left => place.x,
            Align::Center => place.center().x,
            Align::Right => place.right(),
        };
        for (line, base) in fitted.lines.iter().zip(base_lines(place, fitted.lines.len(), fitted.size_pt)) {
            self.set(line, PointMm::new(x, base), fitted.size_pt, align);
        }
    }

    fn set(&mut self, line: &Line, at: PointMm, size_pt: f64, align: Align) {
        let size_mm = size_pt * MM_PER_PT;
        let left = match align {
            Align::Left => at.x,
            Align::Center => at.x - line.width_em * size_mm / 2.0,
            Align::Right => at.x - line.width_em * size_mm,
        };
        for run in &line.runs {
            let start = Point::from_xy(pt(left + run.start_em * size_mm), pt(at.y));
            let font = run.font.clone();
            self.surface.draw_glyphs(start, &run.glyphs, font, &run.text, size_pt as f32, false);
        }
    }

    fn pen(&mut self, fill: Option<luma::Color>, stroke_mm: Option<f64>) {
        let rule = FillRule::NonZero;
        self.surface.set_fill(fill.map(|color| Fill {
            paint: color.into(),
            opacity: NormalizedF32::ONE,
            rule,
        }));
        self.surface.set_stroke(stroke_mm.map(|mm| Stroke { width: pt(mm), ..Stroke::default() }));
    }
}

fn path(rects: &[RectMm]) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for r in rects {
        // Left, top, right and bottom are rounded each on its own, so that neighbours share an edge.
        let rect = Rect::from_ltrb(pt(r.x), pt(r.y), pt(r.right()), pt(r.bottom()))?;
        builder.push_rect(rect);
    }
    builder.finish()
}
