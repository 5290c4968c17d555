//! 桁枠. A row of boxes with one digit each: what the ink of every cell may be.

use super::calibration as c;
use super::cell::{Cell, Preparer};
use super::region::{PPM, Region};
use super::sampler::{Cut, sample};
use super::sheet::Sheet;
use crate::net::{CLASSES, Network, REJECT};
use crate::registered::RegisteredPage;
use domain::geometry::RectMm;

/// What one cell may hold; the parts sum to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Belief {
    /// Per digit.
    pub digits: [f64; 10],
    /// Nothing is written.
    pub blank: f64,
    /// Ink that is not one clean digit: struck out, two digits, a letter.
    pub refused: f64,
}

/// Network, memory and preprocessing of cells.
#[derive(Debug)]
pub(crate) struct CellReader {
    network: Network,
    preparer: Preparer,
    cut: Cut,
}

impl CellReader {
    pub fn new() -> Self {
        Self { network: Network::digits(), preparer: Preparer::default(), cut: Cut::default() }
    }

    /// Reads the cells of a comb whose region has been looked at; they lie `shift` mm from where the
    /// registration puts them.
    pub fn read(&mut self, sheet: &Sheet, region: &Region, cells: &[RectMm], shift: [f64; 2]) -> Vec<Belief> {
        let cells = cells.iter().map(|cell| {
            let place = RectMm::new(cell.x + shift[0], cell.y + shift[1], cell.w, cell.h);
            self.cut(sheet.page, place.grown(-c::CELL_INSET_MM));
            region.erase_streaks(&mut self.cut, *cell, sheet.feed());
            self.belief(place)
        });
        cells.collect()
    }

    /// The network's answer to one cell without lines around it (print); blank counts as refused.
    pub fn classes(&mut self, page: &RegisteredPage, cell: RectMm) -> [f32; CLASSES] {
        let ppm = self.cut(page, cell);
        let prepared = self.preparer.prepare(as_cell(&self.cut, cell, ppm));
        match prepared.picture {
            Some(picture) => self.network.probabilities(&picture, prepared.quality),
            None => std::array::from_fn(|class| if class == REJECT { 1.0 } else { 0.0 }),
        }
    }

    /// Cuts a cell whose inside is `interior`; returns pixels per mm.
    fn cut(&mut self, page: &RegisteredPage, interior: RectMm) -> f64 {
        let [least, most] = c::CELL_PPM;
        let ppm = page.px_from_mm.mean_scale().clamp(least, most);
        sample(page, interior.grown(c::CELL_MARGIN_MM), ppm, &mut self.cut);
        ppm
    }
}
