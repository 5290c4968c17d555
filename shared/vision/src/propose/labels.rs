//! The print that names a writing place: left of it, above it, or behind a box to mark.

use super::ink::Sums;
use super::{Proposal, Rule, Shape};
use domain::geometry::RectMm;

/// How far a label is looked for to the left, mm.
const LEFT_MM: f64 = 45.0;
/// How far words are looked for behind a box to mark, mm.
const BEHIND_MM: f64 = 9.0;
/// White that ends a label, mm, and the words of one answer.
const LABEL_GAP_MM: f64 = 5.0;
const WORD_GAP_MM: f64 = 2.2;
/// Longest words behind a box, mm.
const WORDS_MM: f64 = 50.0;
/// A label has so many lines above and below the middle of its place at most, mm.
const HIGH_MM: f64 = 7.0;
/// Step of the search, mm: finer than a letter's stroke.
const STEP_MM: f64 = 0.25;
/// A strip with more ink than this holds print.
const PRINT: f64 = 0.01;
/// Room between a place and its label, mm.
const ROOM_MM: f64 = 0.6;

/// Finds the label of each proposal and the words of each box to mark.
pub(super) fn name(proposals: &mut [Proposal], ink: &Sums, level: &[Rule], upright: &[Rule]) {
    let all: Vec<RectMm> = proposals.iter().flat_map(|proposal| proposal.boxes.clone()).collect();
    for proposal in proposals {
        let first = proposal.boxes[0];
        let band = band(&first, level);
        proposal.label = left_of(&first, band, ink, upright, &all).or_else(|| above(&first, ink, level));
        if matches!(proposal.shape, Shape::Mark | Shape::Choice) {
            proposal.words = proposal.boxes.iter().map(|place| behind(place, ink, upright, &all)).collect();
        }
    }
}

/// From which y to which y print beside `rect` belongs to it: up to the next rules, a few lines at most.
fn band(rect: &RectMm, level: &[Rule]) -> [f64; 2] {
    let middle = rect.center().y;
    let left = rect.x - 3.0;
    let passing = |rule: &&Rule| rule.from < left && rule.to > left;
    let top = level.iter().filter(passing).map(|rule| rule.at).filter(|&at| at < middle).fold(0.0, f64::max);
    let bottom = level.iter().filter(passing).map(|rule| rule.at).find(|&at| at > middle);
    let high = HIGH_MM.max(rect.h / 2.0);
    [top.max(middle - high) + 0.4, bottom.unwrap_or(f64::MAX).min(middle + high) - 0.4]
}

fn left_of(
    rect: &RectMm,
    [top, bottom]: [f64; 2],
    ink: &Sums,
    upright: &[Rule],
    all: &[RectMm],
) -> Option<RectMm> {
    if bottom - top < 1.0 {
        return None;
    }
    let walls: Vec<f64> = upright
        .iter()
        .filter(|wall| wall.from < top + 0.5 && wall.to > bottom - 0.5 && wall.at < rect.x - 0.3)
        .map(|wall| wall.at)
        .collect();
    let mut end: Option<f64> = None;
    let mut start = rect.x;
    let mut x = rect.x - ROOM_MM - STEP_MM;
    while x > (rect.x - LEFT_MM).max(0.0) {
        let strip = RectMm::new(x, top, STEP_MM, bottom - top);
        let wall = walls.iter().any(|&at| (at - x - STEP_MM / 2.0).abs() < 0.5);
        if all.iter().any(|place| place.overlaps(&strip)) || (wall && end.is_some()) {
            break;
        }
        if !wall && ink.share(&strip) > PRINT {
            end = end.or(Some(x + STEP_MM));
            start = x;
        } else if end.is_some() && start - x > LABEL_GAP_MM {
            break;
        }
        x -= STEP_MM;
    }
    end.map(|end| tight(RectMm::new(start, top, end - start, bottom - top), ink))
}

fn above(rect: &RectMm, ink: &Sums, level: &[Rule]) -> Option<RectMm> {
    let ceiling = level
        .iter()
        .filter(|rule| rule.at < rect.y - 0.8 && rule.from < rect.x + 1.0 && rule.to > rect.x + 1.0)
        .map(|rule| rule.at)
        .fold(0.0, f64::max);
    let top = ceiling.max(rect.y - 6.0) + 0.4;
    let room = RectMm::new(rect.x, top, rect.w.clamp(8.0, 60.0), rect.y - ROOM_MM - top);
    (room.h > 1.5 && ink.share(&room) > PRINT).then(|| tight(room, ink))
}

fn behind(place: &RectMm, ink: &Sums, upright: &[Rule], all: &[RectMm]) -> Option<RectMm> {
    let (top, bottom) = (place.y - 0.6, place.bottom() + 0.6);
    let mut start: Option<f64> = None;
    let mut end = place.right();
    let mut x = place.right() + ROOM_MM;
    while x < place.right() + WORDS_MM {
        let strip = RectMm::new(x, top, STEP_MM, bottom - top);
        let wall = upright
            .iter()
            .any(|wall| (wall.at - x).abs() < 0.4 && wall.from < top + 0.5 && wall.to > bottom - 0.5);
        if wall || all.iter().any(|other| other.overlaps(&strip)) {
            break;
        }
        if ink.share(&strip) > PRINT {
            start = start.or(Some(x));
            end = x + STEP_MM;
        } else if (start.is_some() && x - end > WORD_GAP_MM)
            || x - place.right() > BEHIND_MM && start.is_none()
        {
            break;
        }
        x += STEP_MM;
    }
    start.map(|start| tight(RectMm::new(start, top, end - start, bottom - top), ink))
}

/// White rows above and below cut off.
fn tight(rect: RectMm, ink: &Sums) -> RectMm {
    let row = |y: f64| ink.share(&RectMm::new(rect.x, y, rect.w, STEP_MM)) > PRINT / 4.0;
    let (mut top, mut bottom) = (rect.y, rect.bottom());
    while bottom - top > 1.0 && !row(top) {
        top += STEP_MM;
    }
    while bottom - top > 1.0 && !row(bottom - STEP_MM) {
        bottom -= STEP_MM;
    }
    RectMm::new(rect.x, top, rect.w, bottom - top)
}
