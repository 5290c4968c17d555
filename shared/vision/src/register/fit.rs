//! Small parts of the empty sheet found again on the page: the map made exact, and whether it is this sheet at all.

use crate::affine::Affine;
use crate::fields::sampler::{Cut, sample};
use crate::registered::RegisteredPage;
use crate::template::Blank;
use domain::form::Form;
use domain::geometry::{PointMm, RectMm};

/// Edge of a part, mm: a few characters, or where lines meet.
const EDGE_MM: f64 = 7.0;
/// Parts are chosen from places this far apart, mm.
const STEP_MM: f64 = 3.5;
/// Zones across and down of an A4 page, two to four parts each.
const ZONE_MM: f64 = 42.0;
const PARTS_A_ZONE: usize = 3;
/// Pixels per mm of the first looks and of the last.
const PPM: [f64; 2] = [2.5, 5.0];
/// A part that looks like this at another place near it is no landmark (a line along itself, rows of equal signs).
const LIKE_ITSELF: f32 = 0.78;
/// ... from this distance on, mm, ...
const LIKE_BEYOND_MM: f64 = 0.7;
/// ... up to this one, mm: as far as the first look searches.
const REACH_MM: f64 = 2.0;
/// A part has at least this much between its dark and its light pixels (standard deviation, grey levels).
const MIN_CONTRAST: f32 = 22.0;
/// Correlation from which a part is found again. Handwriting and dirt over it lower it to 0.6, other print has 0.45.
const FOUND: f32 = 0.55;
/// A part that a pale scan has lost half of is found by this much, when nearly all that is there belongs to it.
const FOUND_PALE: f32 = 0.30;
const BELONGS: f32 = 0.85;
/// Print belongs to a part within this of its print, pixels of the last look (0.2 mm).
const BESIDE: usize = 1;
/// Darker than paper by less is noise, grey levels.
const NOISE: f32 = 30.0;
/// A part lies where the map says within this, mm.
const AGREES_MM: f64 = 0.45;

/// The landmarks of one empty side.
#[derive(Clone, Debug, Default)]
pub(super) struct Parts {
    list: Vec<Part>,
}

#[derive(Clone, Debug)]
struct Part {
    rect: RectMm,
    /// At each of [`PPM`].
    looks: [Look; 2],
}

/// Grey values around a mean of zero, of length one.
#[derive(Clone, Debug)]
struct Look {
    width: usize,
    height: usize,
    values: Vec<f32>,
    /// Where its print may lie.
    near: Vec<bool>,
}

/// A part as it was found.
#[derive(Clone, Copy)]
struct Seen {
    /// Shift from its place, mm.
    shift: [f64; 2],
    /// Correlation there, and the share of the page's print there that belongs to it.
    likeness: f32,
    belongs: f32,
}

impl Seen {
    fn is_found(&self) -> bool {
        self.likeness >= FOUND || (self.likeness >= FOUND_PALE && self.belongs >= BELONGS)
    }
}

/// A part's middle, mm, where it is in the picture, and how it was found.
type Place = (PointMm, [f64; 2], Seen);

/// How well an empty side lies on the page.
#[derive(Clone, Debug)]
pub(super) struct Fit {
    pub px_from_mm: Affine,
    /// Root mean square distance of the parts that agree, mm.
    pub residual_mm: f64,
    /// Parts that agree, and parts that are in the picture.
    pub agree: usize,
    pub seen: usize,
    /// Share that agrees in the worst quarter of the paper.
    pub worst_quarter: f64,
    /// Share of all parts that are in the picture.
    pub in_picture: f64,
}

impl Parts {
    /// Landmarks of `blank`, spread over the paper, away from what differs from sheet to sheet.
    pub fn of(blank: &Blank, form: &Form, side: u8) -> Self {
        let page = RegisteredPage { page: &blank.picture, px_from_mm: Affine::scale(blank.px_per_mm) };
        let changing = super::structure::changing(form, side);
        let written: Vec<RectMm> = form.fields_on(side).map(|field| field.area()).collect();
        let [w, h] = form.paper_mm;
        let zones = [w, h].map(|mm| (mm / ZONE_MM).round().max(2.0));
        let mut list = Vec::new();
        for row in 0..zones[1] as usize {
            for column in 0..zones[0] as usize {
                let zone = RectMm::new(
                    column as f64 * w / zones[0],
                    row as f64 * h / zones[1],
                    w / zones[0],
                    h / zones[1],
                );
                let mut candidates = Vec::new();
                for rect in places(zone, form.paper_mm) {
                    if changing.iter().any(|place| place.overlaps(&rect)) {
                        continue;
                    }
                    if let Some(part) = part(&page, rect) {
                        let written = written.iter().any(|place| place.overlaps(&rect));
                        candidates.push((part.1 + if written { 0.25 } else { 0.0 }, part.0));
                    }
                }
                candidates.sort_by(|a, b| a.0.total_cmp(&b.0));
                let mut chosen: Vec<Part> = Vec::new();
                for (_, part) in candidates {
                    if chosen.len() < PARTS_A_ZONE
                        && chosen.iter().all(|other| !other.rect.overlaps(&part.rect))
                    {
                        chosen.push(part);
                    }
                }
                list.append(&mut chosen);
            }
        }
        Self { list }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Makes `guess` exact; `None` when too few parts are found to say anything.
    pub fn fit(&self, page: &crate::GrayPage, guess: Affine, paper_mm: [f64; 2]) -> Option<Fit> {
        let mut map = guess;
        let mut cut = Cut::default();
        let mut found = Vec::new();
        for (look, reach) in [(0, REACH_MM), (0, 0.8), (1, 0.5), (1, 0.4)] {
            let registered = RegisteredPage { page, px_from_mm: map };
            found = self
                .list
                .iter()
                .filter(|part| inside(page, &map, &part.rect))
                .map(|part| {
                    let seen = part.looks[look].search(&registered, part.rect, PPM[look], reach, &mut cut);
                    let from = part.rect.center();
                    let to = map.apply(PointMm::new(from.x + seen.shift[0], from.y + seen.shift[1]));
                    (from, to, seen)
                })
                .collect();
            map = robust(&found)?;
        }
        self.verdict(map, &found, paper_mm)
    }

    fn verdict(&self, map: Affine, found: &[Place], [w, h]: [f64; 2]) -> Option<Fit> {
        let back = map.inverse()?;
        let mut quarters = [[0usize; 2]; 4];
        let (mut agree, mut squares) = (0, 0.0);
        for (from, to, seen) in found {
            let [x, y] = back.apply(PointMm::new(to[0], to[1]));
            let off = (x - from.x).hypot(y - from.y);
            let quarter = &mut quarters[usize::from(from.x > w / 2.0) + 2 * usize::from(from.y > h / 2.0)];
            quarter[1] += 1;
            if seen.is_found() && off <= AGREES_MM {
                quarter[0] += 1;
                agree += 1;
                squares += off * off;
            }
        }
        let share = |[agree, seen]: [usize; 2]| agree as f64 / seen as f64;
        Some(Fit {
            px_from_mm: map,
            residual_mm: (squares / (agree.max(1) as f64)).sqrt(),
            agree,
            seen: found.len(),
            worst_quarter: quarters.into_iter().filter(|q| q[1] >= 4).map(share).fold(1.0, f64::min),
            in_picture: found.len() as f64 / self.list.len().max(1) as f64,
        })
    }
}

/// Whether all of `rect` is in the picture.
fn inside(page: &crate::GrayPage, map: &Affine, rect: &RectMm) -> bool {
    let corners =
        [(rect.x, rect.y), (rect.right(), rect.y), (rect.right(), rect.bottom()), (rect.x, rect.bottom())];
    corners.iter().all(|(x, y)| {
        let [x, y] = map.apply(PointMm::new(*x, *y));
        x >= 0.0 && y >= 0.0 && x < f64::from(page.width) && y < f64::from(page.height)
    })
}

/// The map that the parts found agree on: those that lie far from it are left out, step by step.
fn robust(found: &[Place]) -> Option<Affine> {
    let mut pairs: Vec<(PointMm, [f64; 2])> =
        found.iter().filter(|(_, _, seen)| seen.is_found()).map(|(from, to, _)| (*from, *to)).collect();
    let all = pairs.clone();
    for step in 0..6 {
        let map = Affine::fit(&pairs)?;
        let back = map.inverse()?;
        let off = |(from, to): &(PointMm, [f64; 2])| {
            let [x, y] = back.apply(PointMm::new(to[0], to[1]));
            (x - from.x).hypot(y - from.y)
        };
        let mut offs: Vec<f64> = pairs.iter().map(off).collect();
        offs.sort_unstable_by(f64::total_cmp);
        let limit = (2.5 * offs[offs.len() / 2]).clamp(0.15, 3.0);
        let near: Vec<_> = all.iter().filter(|pair| off(pair) <= limit).copied().collect();
        if step > 0 && near.len() == pairs.len() {
            return Some(map);
        }
        pairs = near;
    }
    Affine::fit(&pairs)
}

/// Places of parts in a zone.
fn places(zone: RectMm, [w, h]: [f64; 2]) -> Vec<RectMm> {
    let mut places = Vec::new();
    let mut y = zone.y.max(4.0);
    while y + EDGE_MM <= (zone.bottom() + EDGE_MM / 2.0).min(h - 4.0) {
        let mut x = zone.x.max(4.0);
        while x + EDGE_MM <= (zone.right() + EDGE_MM / 2.0).min(w - 4.0) {
            places.push(RectMm::new(x, y, EDGE_MM, EDGE_MM));
            x += STEP_MM;
        }
        y += STEP_MM;
    }
    places
}

/// The part at `rect` with how much it is like another place near it; `None` when it is no landmark.
fn part(blank: &RegisteredPage, rect: RectMm) -> Option<(Part, f32)> {
    let mut cut = Cut::default();
    let [coarse, fine] = PPM.map(|ppm| {
        sample(blank, rect, ppm, &mut cut);
        Look::of(&cut)
    });
    let (coarse, fine) = (coarse?, fine?);
    let steps = (REACH_MM * PPM[0]).round() as usize;
    let margin = steps as f64 / PPM[0];
    sample(blank, rect.grown(margin), PPM[0], &mut cut);
    let mut like = f32::MIN;
    for dy in 0..=2 * steps {
        for dx in 0..=2 * steps {
            let far = (dx as f64 - steps as f64).hypot(dy as f64 - steps as f64) / PPM[0];
            if far > LIKE_BEYOND_MM {
                like = like.max(coarse.likeness(&cut, dx, dy));
            }
        }
    }
    (like <= LIKE_ITSELF).then_some((Part { rect, looks: [coarse, fine] }, like))
}

impl Look {
    fn of(cut: &Cut) -> Option<Self> {
        let n = cut.grey.len() as f32;
        let mean = cut.grey.iter().map(|&grey| f32::from(grey)).sum::<f32>() / n;
        let values: Vec<f32> = cut.grey.iter().map(|&grey| f32::from(grey) - mean).collect();
        let length = values.iter().map(|v| v * v).sum::<f32>().sqrt();
        let contrast = length / n.sqrt();
        let mut near: Vec<bool> = values.iter().map(|v| *v < -0.5 * contrast).collect();
        for _ in 0..BESIDE {
            crate::fields::spread(&mut near, cut.width);
        }
        let values = values.into_iter().map(|v| v / length).collect();
        (contrast >= MIN_CONTRAST).then_some(Self { width: cut.width, height: cut.height, values, near })
    }

    /// Share of the print in the part of `cut` whose upper left corner is at `[x, y]` that belongs here.
    fn belongs(&self, cut: &Cut, [x, y]: [usize; 2]) -> f32 {
        let paper = f32::from(cut.grey.iter().copied().max().unwrap_or(255));
        let (mut all, mut own) = (0.0, 0.0);
        for (row, near) in self.near.chunks_exact(self.width).enumerate() {
            let grey = &cut.grey[(y + row) * cut.width + x..][..self.width];
            for (near, &grey) in near.iter().zip(grey) {
                let dark = (paper - f32::from(grey) - NOISE).max(0.0);
                all += dark;
                own += if *near { dark } else { 0.0 };
            }
        }
        if all > 0.0 { own / all } else { 0.0 }
    }

    /// Correlation with the part of `cut` whose upper left corner is at `[x, y]`.
    fn likeness(&self, cut: &Cut, x: usize, y: usize) -> f32 {
        let (mut dot, mut sum, mut squares) = (0.0f32, 0u32, 0u32);
        for (row, values) in self.values.chunks_exact(self.width).enumerate() {
            let grey = &cut.grey[(y + row) * cut.width + x..][..self.width];
            for (value, &grey) in values.iter().zip(grey) {
                dot += value * f32::from(grey);
                sum = sum.wrapping_add(u32::from(grey));
                squares = squares.wrapping_add(u32::from(grey) * u32::from(grey));
            }
        }
        let n = self.values.len() as f32;
        let variance = squares as f32 - sum as f32 * sum as f32 / n;
        // Paper with hardly anything on it correlates with its own noise.
        if variance < n * 36.0 { 0.0 } else { dot / variance.sqrt() }
    }

    /// Where within `reach` of its place the look is best, mm, and how like it is there.
    fn search(&self, page: &RegisteredPage, rect: RectMm, ppm: f64, reach: f64, cut: &mut Cut) -> Seen {
        let steps = (reach * ppm).round() as usize;
        sample(page, rect.grown(steps as f64 / ppm), ppm, cut);
        let across = (2 * steps + 1).min(cut.width + 1 - self.width.min(cut.width));
        let down = (2 * steps + 1).min(cut.height + 1 - self.height.min(cut.height));
        let mut table = vec![0.0f32; across * down];
        let (mut best, mut at) = (f32::MIN, (0, 0));
        for y in 0..down {
            for x in 0..across {
                let like = self.likeness(cut, x, y);
                table[y * across + x] = like;
                if like > best {
                    (best, at) = (like, (x, y));
                }
            }
        }
        let get = |x: usize, y: usize| table[y * across + x];
        // The top of the parabola through the best and its neighbours.
        let top = |before: f32, here: f32, after: f32| {
            let bend = before - 2.0 * here + after;
            if bend < -1e-6 { f64::from(0.5 * (before - after) / bend).clamp(-0.5, 0.5) } else { 0.0 }
        };
        let (x, y) = at;
        let fx = if x > 0 && x + 1 < across { top(get(x - 1, y), best, get(x + 1, y)) } else { 0.0 };
        let fy = if y > 0 && y + 1 < down { top(get(x, y - 1), best, get(x, y + 1)) } else { 0.0 };
        let shift = [(x as f64 + fx - steps as f64) / ppm, (y as f64 + fy - steps as f64) / ppm];
        Seen { shift, likeness: best, belongs: self.belongs(cut, [x, y]) }
    }
}
