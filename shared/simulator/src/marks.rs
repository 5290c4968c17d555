//! 印. How people mark boxes and words, tidy or not, and how they take a mark back.

use crate::Rng;
use crate::canvas::{Ink, Sheet};
use crate::hand::Hand;
use domain::geometry::{PointMm, RectMm};
use rand::RngExt;
use std::f64::consts::TAU;

/// One mark in two hundred is one that a careful clerk would ask about.
const UNCLEAR: f64 = 0.005;

/// What a careful clerk says of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clarity {
    /// Nobody doubts it.
    Clear,
    /// Only the writer knows: no value that is read without a doubt is right.
    Unclear,
}

/// A place relative to a rectangle: 0..1 from left to right and from top to bottom.
fn at(rect: RectMm, (x, y): (f64, f64)) -> PointMm {
    PointMm::new(rect.x + x * rect.w, rect.y + y * rect.h)
}

impl Hand<'_> {
    fn shaky(&self, sheet: &mut Sheet, square: RectMm, points: &[(f64, f64)], rng: &mut Rng) {
        let points: Vec<_> = points.iter().map(|&p| self.near(at(square, p), 0.07 * square.w, rng)).collect();
        sheet.stroke(&points, self.ink());
    }

    /// Marks a box: ticks of every size, crosses, slashes, fills, dots, rings; rarely something unclear.
    pub fn mark(&self, sheet: &mut Sheet, square: RectMm, rng: &mut Rng) -> Clarity {
        if rng.random_bool(UNCLEAR) {
            self.doubtful_mark(sheet, square, rng);
            return Clarity::Unclear;
        }
        match rng.random_range(0..100) {
            0..38 => self.shaky(sheet, square, &[(0.1, 0.5), (0.4, 0.9), (1.1, -0.15)], rng),
            // A small one inside, and one that goes far beyond the box.
            38..50 => self.shaky(sheet, square, &[(0.2, 0.5), (0.42, 0.78), (0.85, 0.2)], rng),
            50..60 => {
                let far = rng.random_range(1.3..2.2);
                self.shaky(sheet, square, &[(-0.1, 0.4), (0.35, 1.05), (far, -0.5 * far)], rng);
            }
            60..76 => {
                let out = rng.random_range(-0.1..0.2);
                self.shaky(sheet, square, &[(-out, -out), (1.0 + out, 1.0 + out)], rng);
                self.shaky(sheet, square, &[(1.0 + out, -out), (-out, 1.0 + out)], rng);
            }
            76..84 => self.shaky(sheet, square, &[(0.95, 0.0), (0.05, 1.0)], rng),
            84..91 => {
                let rows = (square.h / self.ink().width_mm).ceil() as usize;
                let (low, high) = (rng.random_range(0.0..0.2), rng.random_range(0.8..1.0));
                let x = |row: usize| if row.is_multiple_of(2) { low } else { high };
                let zigzag: Vec<_> =
                    (0..=rows).map(|row| (x(row), 0.12 + 0.76 * row as f64 / rows as f64)).collect();
                self.shaky(sheet, square, &zigzag, rng);
            }
            // A thick dot: the pen goes round and round.
            91..93 => {
                let size = rng.random_range(0.16..0.3);
                let turn = |i: u32| f64::from(i) * 0.8;
                let spot: Vec<_> = (0..24u32)
                    .map(|i| (i, size * f64::from(i % 8) / 8.0))
                    .map(|(i, far)| (0.5 + far * turn(i).cos(), 0.5 + far * turn(i).sin()))
                    .collect();
                self.shaky(sheet, square, &spot, rng);
            }
            _ => {
                let size = rng.random_range(0.28..0.42);
                let ring: Vec<_> = (0..=24)
                    .map(|i| f64::from(i) / 23.0 * TAU)
                    .map(|a| at(square, (0.5 + size * a.cos(), 0.5 + size * a.sin())))
                    .collect();
                sheet.stroke(&ring, self.ink());
            }
        }
        Clarity::Clear
    }

    /// A mark beside the box, a slip of the pen in it, a mark blotted out.
    fn doubtful_mark(&self, sheet: &mut Sheet, square: RectMm, rng: &mut Rng) {
        match rng.random_range(0..4) {
            0 | 1 => {
                let aside = if rng.random_bool(0.5) { -1.0 } else { 1.0 };
                let beside = RectMm { x: square.x + aside * square.w * rng.random_range(0.8..1.1), ..square };
                self.shaky(sheet, beside, &[(0.1, 0.5), (0.4, 0.9), (1.0, 0.0)], rng);
            }
            2 => {
                let from = self.near(square.center(), 0.2 * square.w, rng);
                let to = self.near(from, 0.35, rng);
                sheet.stroke(&[from, to], self.ink());
            }
            _ => {
                let blot = square.grown(0.9);
                let rows = (blot.h / self.ink().width_mm * 1.4).ceil() as usize;
                let x = |row: usize| if row.is_multiple_of(2) { 0.0 } else { 1.0 };
                let zigzag: Vec<_> = (0..=rows).map(|row| (x(row), row as f64 / rows as f64)).collect();
                self.shaky(sheet, blot, &zigzag, rng);
            }
        }
    }

    /// Circles a word: closed or nearly so, tight or large, once or twice, with or without a tail; rarely something
    /// unclear instead.
    pub fn circle(&self, sheet: &mut Sheet, word: RectMm, rng: &mut Rng) -> Clarity {
        if rng.random_bool(UNCLEAR) {
            self.doubtful_circle(sheet, word, rng);
            return Clarity::Unclear;
        }
        let (rx, ry) = match rng.random_range(0..20) {
            // Cuts the word, as a hurried hand does.
            0 => (rng.random_range(-0.6..0.2), rng.random_range(-0.6..0.1)),
            1 => (rng.random_range(1.2..2.0), rng.random_range(1.0..1.6)),
            _ => (rng.random_range(0.2..1.4), rng.random_range(0.1..1.1)),
        };
        let turns = match rng.random_range(0..20) {
            0 => rng.random_range(0.86..0.93),
            1 => rng.random_range(1.6..2.1),
            _ => rng.random_range(0.93..1.12),
        };
        self.ring(sheet, word, [rx, ry], turns, rng);
        Clarity::Clear
    }

    fn ring(&self, sheet: &mut Sheet, word: RectMm, out: [f64; 2], turns: f64, rng: &mut Rng) {
        const POINTS: usize = 60;
        let (rx, ry) = (word.w / 2.0 + out[0], word.h / 2.0 + out[1]);
        let center = self.near(word.center(), 0.6, rng);
        let start = rng.random_range(-2.4..-0.6);
        let (bulge, phase) = (rng.random_range(0.0..0.07), rng.random_range(0.0..6.3));
        // A second turn does not meet the first.
        let spread = rng.random_range(-0.06..0.1);
        let points: Vec<PointMm> = (0..=POINTS * 2)
            .map(|i| {
                let part = turns * i as f64 / (POINTS * 2) as f64;
                let angle: f64 = start + TAU * part;
                let swell = 1.0 + bulge * (2.0 * angle + phase).sin() + spread * (part - 0.5);
                PointMm::new(center.x + rx * swell * angle.cos(), center.y + ry * swell * angle.sin())
            })
            .collect();
        sheet.stroke(&points, self.ink());
    }

    /// An underline, a tick over the word, half a circle, a line through it.
    fn doubtful_circle(&self, sheet: &mut Sheet, word: RectMm, rng: &mut Rng) {
        match rng.random_range(0..4) {
            0 => {
                let from = self.near(PointMm::new(word.x, word.bottom() + 0.5), 0.3, rng);
                let to = self.near(PointMm::new(word.right(), word.bottom() + 0.5), 0.3, rng);
                sheet.stroke(&[from, to], self.ink());
            }
            1 => self.shaky(sheet, word, &[(0.2, 0.5), (0.45, 1.0), (0.95, -0.2)], rng),
            2 => {
                let turns = rng.random_range(0.4..0.6);
                self.ring(sheet, word, [0.8, 0.6], turns, rng);
            }
            _ => self.shaky(sheet, word, &[(-0.1, 0.5), (1.1, 0.5)], rng),
        }
    }

    /// Two lines through something that was written by mistake, one time in six with a seal of correction (訂正印).
    pub fn strike(&self, sheet: &mut Sheet, what: RectMm, rng: &mut Rng) {
        let out = rng.random_range(0.4..1.4);
        for y in [0.36, 0.64] {
            let from = self.near(PointMm::new(what.x - out, what.y + y * what.h), 0.3, rng);
            let to = self.near(PointMm::new(what.right() + out, what.y + y * what.h), 0.3, rng);
            sheet.stroke(&[from, to], self.ink());
        }
        if rng.random_bool(0.17) {
            let place = self.near(what.center(), 1.5, rng);
            seal(sheet, place, rng.random_range(2.5..3.5), rng);
        }
    }
}

/// 印影. A round seal, paler than ink, as red is in grey.
pub fn seal(sheet: &mut Sheet, center: PointMm, radius: f64, rng: &mut Rng) {
    let width_mm = (radius * 0.12).clamp(0.35, 0.6);
    let ink = Ink { width_mm, darkness: rng.random_range(0.4..0.6), grain: 0.08 };
    let ring: Vec<PointMm> = (0..=48)
        .map(|i| f64::from(i) * TAU / 48.0)
        .map(|a| PointMm::new(center.x + radius * a.cos(), center.y + radius * a.sin()))
        .collect();
    sheet.stroke(&ring, ink);
    let mut near = || {
        let mut off = || rng.random_range(-0.55..0.55) * radius;
        PointMm::new(center.x + off(), center.y + off())
    };
    for _ in 0..6 {
        sheet.stroke(&[near(), near()], ink);
    }
}
