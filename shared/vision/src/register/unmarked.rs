//! 第三者の用紙. Paper without our marks, known by the print of its empty sheet: [`super::features`] that look alike ->
//! [`super::pairs`] that agree on a map -> [`super::fit`] of many small parts, which may refuse.

use super::apart::{self, Rivals};
use super::features::{Feature, Picture, Places};
use super::fit::{Fit, Parts};
use super::pairs;
use super::pose::{MIN_DPI, Pose, is_scan};
use super::reasons;
use super::reduced::Reduced;
use super::{Registered, Registrar};
use crate::affine::Affine;
use crate::gray::GrayPage;
use crate::template::Template;
use domain::geometry::PointMm;
use domain::ids::FormId;
use domain::reading::{Registration, RegistrationMethod};

/// Pixels per mm of the small pictures that features are taken from: 76 dpi, where characters of 9 points are 10
/// pixels high; small paper has fewer of them and needs more pixels.
const PPM: [f64; 2] = [3.0, 5.0];
/// Longest side of a small picture of the paper, pixels.
const LONGEST_SIDE: f64 = 890.0;
/// Features of an empty sheet: the strongest of each cell of this many pixels; of a page more, so that they are among them.
const BLANK_CELL: usize = 22;
const PAGE_CELL: usize = 12;
const PAGE_MOST: usize = 3;
/// How far from the middle of the picture's own place paper may lie, mm: feeders shift by 5, five degrees move the
/// corners of an A4 page by 13.
const REACH_MM: f64 = 24.0;
/// Pairs that must agree before parts are looked at: strangers reach 5.
const MIN_AGREE: usize = 8;
/// Guesses of the resolution nearer than this to one another are one.
const SAME_GUESS: f64 = 0.06;
/// Believable resolutions of a file's tag, dots per inch.
const BELIEVABLE_DPI: std::ops::Range<f64> = 70.0..1300.0;

/// Share of the parts in the picture that must be found where the map says: filled-in, stamped and worn sheets keep
/// more, other forms of the same office fewer.
const MIN_SHARE: f64 = 0.70;
/// ... in each quarter of the paper.
const MIN_QUARTER: f64 = 0.45;
/// A sheet with this share of its own may be the one when another has more.
const RIVAL_SHARE: f64 = 0.50;
/// Share of all parts that must be in the picture: a sheet cut off further is scanned again.
const MIN_IN_PICTURE: f64 = 0.70;
/// Fewest parts that say anything.
const MIN_PARTS: usize = 10;
/// Greatest root mean square distance of the parts, mm.
const MAX_RESIDUAL_MM: f64 = 0.30;

/// What is known of one side before any page comes.
#[derive(Clone, Debug)]
pub(super) struct Side {
    template: usize,
    side: u8,
    paper_mm: [f64; 2],
    ppm: f64,
    /// For each quarter turn clockwise: places of the paper, mm, with what is seen of them in the turned picture.
    quarters: [Vec<(PointMm, Feature)>; 4],
    /// Width and height of the small picture, pixels.
    size: [usize; 2],
    parts: Parts,
}

/// A side that seems to lie on the page.
struct Lying<'a> {
    side: &'a Side,
    fit: Fit,
    /// Whether it does for all that its own print says.
    sure: bool,
}

impl Side {
    /// Every side of `template` (at this index), when it is paper that others print and has pictures.
    pub fn of(index: usize, template: &Template) -> Vec<Self> {
        if !template.form.is_third_party() {
            return Vec::new();
        }
        let sides = (1u8..).zip(template.blanks.iter());
        sides
            .map(|(side, blank)| {
                let paper_mm = template.form.paper_mm;
                let ppm = (LONGEST_SIDE / paper_mm[0].max(paper_mm[1])).clamp(PPM[0], PPM[1]);
                let picture = Picture::of(&blank.picture, [blank.px_per_mm; 2], ppm);
                let size = [picture.width, picture.height];
                Self {
                    template: index,
                    side,
                    paper_mm,
                    ppm,
                    quarters: quarters(picture),
                    size,
                    parts: Parts::of(blank, &template.form, side),
                }
            })
            .collect()
    }
}

/// Features of the upright picture and of its turns.
fn quarters(picture: Picture) -> [Vec<(PointMm, Feature)>; 4] {
    let mut turned = picture;
    std::array::from_fn(|quarter| {
        if quarter > 0 {
            turned = turned.turned();
        }
        let (width, height) = (turned.width as f64, turned.height as f64);
        let upright = |feature: &Feature| {
            let [x, y] = feature.at.map(|v| f64::from(v) + 0.5);
            let [x, y] = match quarter {
                0 => [x, y],
                1 => [y, width - x],
                2 => [width - x, height - y],
                _ => [height - y, x],
            };
            PointMm::new(x / turned.px_per_mm, y / turned.px_per_mm)
        };
        turned.features(BLANK_CELL, 1).into_iter().map(|feature| (upright(&feature), feature)).collect()
    })
}

/// Looks for all paper of others on a page; `None` when none of it is there. `dense` divides pixels into square ones.
pub(super) fn search(
    registrar: &Registrar,
    page: &GrayPage,
    reduced: &Reduced,
    dense: [f64; 2],
    templates: &[Template],
    assigned: Option<&FormId>,
) -> Option<Registered> {
    let wanted = |side: &&Side| assigned.is_none_or(|id| templates[side.template].form.id == *id);
    let sides: Vec<&Side> = registrar.unmarked.iter().filter(wanted).collect();
    let mut looks: Vec<(f64, f64, Look)> = Vec::new();
    let mut lying: Vec<Lying> = Vec::new();
    for side in sides {
        for dpmm in guesses(page, dense, side.paper_mm) {
            let known = looks.iter().position(|(ppm, guess, _)| *ppm == side.ppm && *guess == dpmm);
            let at = known.unwrap_or_else(|| {
                looks.push((side.ppm, dpmm, Look::new(reduced, dense, dpmm, side.ppm)));
                looks.len() - 1
            });
            if let Some(fit) = looks[at].2.find(page, side, dense, dpmm) {
                let sure = believable(&fit, side);
                lying.push(Lying { side, fit, sure });
                if sure {
                    break;
                }
            }
        }
    }
    decide(page, dense, templates, lying)
}

/// Pixels per mm (square ones) that the page may have: what the file says, and what fills the picture with the paper.
fn guesses(page: &GrayPage, dense: [f64; 2], paper_mm: [f64; 2]) -> Vec<f64> {
    let longest = (f64::from(page.width) / dense[0]).max(f64::from(page.height) / dense[1]);
    let by_size = longest / paper_mm[0].max(paper_mm[1]);
    let tagged = page.dpi.map(|[x, y]| (f64::from(x) / dense[0] * f64::from(y) / dense[1]).sqrt());
    let mut guesses: Vec<f64> = Vec::new();
    for guess in
        tagged.filter(|dpi| BELIEVABLE_DPI.contains(dpi)).map(|dpi| dpi / 25.4).into_iter().chain([by_size])
    {
        if guesses.iter().all(|known| (known / guess).ln().abs() > SAME_GUESS) {
            guesses.push(guess);
        }
    }
    guesses
}

/// A page as a small picture with its features.
struct Look {
    places: Places,
    size: [usize; 2],
    ppm: f64,
}

impl Look {
    fn new(reduced: &Reduced, dense: [f64; 2], dpmm: f64, ppm: f64) -> Self {
        let (width, height) = (reduced.width as u32, reduced.height as u32);
        let small = GrayPage { width, height, pixels: reduced.pixels.clone(), dpi: None, bilevel: false };
        let own = [0, 1].map(|axis| dpmm * dense[axis] / reduced.factor[axis] as f64);
        let picture = Picture::of(&small, own, ppm);
        let size = [picture.width, picture.height];
        Self { places: Places::new(picture.features(PAGE_CELL, PAGE_MOST), &picture), size, ppm }
    }

    /// Where `side` lies, if its features and its parts say so.
    fn find(&self, page: &GrayPage, side: &Side, dense: [f64; 2], dpmm: f64) -> Option<Fit> {
        let mut found: Vec<(usize, Affine)> = Vec::new();
        for quarter in self.quarters(side) {
            let pairs = self.pairs(side, quarter);
            if let Some((map, agree)) =
                pairs::agreed(&pairs, quarter).filter(|(_, agree)| *agree >= MIN_AGREE)
            {
                found.push((agree, map));
            }
        }
        found.sort_by_key(|(agree, _)| std::cmp::Reverse(*agree));
        let fits = found.into_iter().filter_map(|(_, map)| {
            let [a, b, c, d, e, f] = map.0;
            let [x, y] = dense.map(|dense| dense * dpmm);
            side.parts.fit(page, Affine([a * x, b * x, c * x, d * y, e * y, f * y]), side.paper_mm)
        });
        let fits = fits.filter(|fit| is_scan(&fit.px_from_mm, dense) && is_rival(fit, side));
        fits.max_by(|a, b| share(a).total_cmp(&share(b)))
    }

    /// Quarter turns worth a look: paper lies as the picture does, or on a larger bed as it likes.
    fn quarters(&self, side: &Side) -> Vec<usize> {
        let [w, h] = self.size;
        let [pw, ph] = side.size;
        let fits = |w: usize, h: usize| pw.abs_diff(w).max(ph.abs_diff(h)) as f64 <= 0.12 * pw.max(ph) as f64;
        match (fits(w, h), fits(h, w)) {
            (true, false) => vec![0, 2],
            (false, true) => vec![1, 3],
            _ => vec![0, 2, 1, 3],
        }
    }

    /// Places of the paper with the places of the page that look like them, both in mm.
    fn pairs(&self, side: &Side, quarter: usize) -> Vec<(PointMm, [f64; 2])> {
        let blank = if quarter.is_multiple_of(2) { side.size } else { [side.size[1], side.size[0]] };
        let middle = [0, 1].map(|axis| (self.size[axis] as f32 - blank[axis] as f32) / 2.0);
        let reach = middle.map(|off| off.abs() + (REACH_MM * self.ppm) as f32);
        let pair = |(place, feature): &(PointMm, Feature)| {
            let at = [0, 1].map(|axis| feature.at[axis] + middle[axis]);
            let like = self.places.like(feature, at, reach)?;
            Some((*place, like.at.map(|v| (f64::from(v) + 0.5) / self.ppm)))
        };
        side.quarters[quarter].iter().filter_map(pair).collect()
    }
}

fn share(fit: &Fit) -> f64 {
    fit.agree as f64 / fit.seen.max(1) as f64
}

/// Whether so much of the empty sheet is on the page that it is this sheet.
fn believable(fit: &Fit, side: &Side) -> bool {
    side.parts.len() >= MIN_PARTS
        && fit.agree >= MIN_PARTS
        && share(fit) >= MIN_SHARE
        && fit.worst_quarter >= MIN_QUARTER
        && fit.in_picture >= MIN_IN_PICTURE
        && fit.residual_mm <= MAX_RESIDUAL_MM
}

/// Whether so much of it is there that the page may be this sheet rather than a sure one, which it must then be told from.
fn is_rival(fit: &Fit, side: &Side) -> bool {
    side.parts.len() >= MIN_PARTS && fit.agree >= MIN_PARTS && share(fit) >= RIVAL_SHARE
}

/// The one that lies on the page, or that several may.
fn decide(page: &GrayPage, dense: [f64; 2], templates: &[Template], lying: Vec<Lying>) -> Option<Registered> {
    if !lying.iter().any(|lying| lying.sure) {
        return None;
    }
    let wins = |one: &Lying, other: &Lying| -> bool {
        std::ptr::eq(one.side, other.side) || beats(page, templates, one, other)
    };
    let Some(chosen) =
        lying.iter().filter(|one| one.sure).find(|one| lying.iter().all(|other| wins(one, other)))
    else {
        let titles = lying.iter().map(|lying| templates[lying.side.template].form.title.as_str());
        return Some(Registered::Unreadable { reason: reasons::look_alike(titles) });
    };
    let fit = &chosen.fit;
    let registration = registration(page, dense, fit);
    let [a, b, _, d, e, _] = fit.px_from_mm.0;
    let dpi = a.hypot(d).min(b.hypot(e)) * 25.4;
    if dpi < MIN_DPI {
        return Some(Registered::Unreadable { reason: reasons::coarse(dpi) });
    }
    Some(Registered::Found { template: chosen.side.template, side: chosen.side.side, registration })
}

/// Whether the page is `one` rather than `other`. Two pictures of one sheet (with the print that a scanner may lose and
/// without it) are both right in case of doubt: then the one with more print hides more, and comes first.
fn beats(page: &GrayPage, templates: &[Template], one: &Lying, other: &Lying) -> bool {
    let [first, second] = [one, other].map(|lying| &templates[lying.side.template]);
    let blank = |lying: &Lying| templates[lying.side.template].blanks.get(usize::from(lying.side.side) - 1);
    let (Some(a), Some(b)) = (blank(one), blank(other)) else { return false };
    let rivals = Rivals { blanks: [a, b], fits: [&one.fit, &other.fit], paper_mm: one.side.paper_mm };
    let same = first.form.id == second.form.id && one.side.side == other.side.side;
    match apart::which(page, &rivals) {
        Some(winner) => winner == 0,
        None => same && (one.side.template < other.side.template || !other.sure),
    }
}

fn registration(page: &GrayPage, dense: [f64; 2], fit: &Fit) -> Registration {
    let pose = Pose {
        layout: 0,
        px_from_mm: fit.px_from_mm,
        marks: fit.agree as u32,
        residual_mm: fit.residual_mm,
        dpi: 0.0,
    };
    Registration { method: RegistrationMethod::Features, ..pose.registration(page, dense) }
}
