//! 桁枠. A row of boxes with one digit each: what the ink of every cell may be.

use super::calibration as c;
use super::cell::{Cell, Prepared, Preparer};
use super::region::{COARSE_PPM, Region};
use super::sampler::{Cut, sample};
use super::sheet::Sheet;
use super::streak::Streaks;
use crate::net::{CLASSES, Network, Quality, REJECT};
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

impl Belief {
    /// The weight of a digit when whole values are compared: ink that is no clean digit means the one it looks like,
    /// or any.
    pub fn weight(&self, digit: usize) -> f64 {
        let among = self.digits[digit] / self.digits.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        let alike = c::REFUSED_MEANS_ITS_LIKENESS;
        self.digits[digit] + self.refused * (alike * among + (1.0 - alike) / 10.0)
    }

    /// Whether nothing counts as written here.
    pub fn is_blank(&self) -> bool {
        self.blank > 0.5
    }
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

    /// Locates a comb and reads its cells in order; `None` when its boxes are not where they should be.
    pub fn read_comb(
        &mut self,
        sheet: &mut Sheet,
        region: &mut Region,
        cells: &[RectMm],
    ) -> Option<Vec<Belief>> {
        // Cells are cut finer below; here only the place of the boxes is looked for.
        let found = region.look(sheet, RectMm::around(cells)?.grown(c::COMB_MARGIN_MM), COARSE_PPM);
        if found.is_missing() {
            return None;
        }
        let [dx, dy] = found.shift();
        let beliefs = cells.iter().map(|cell| {
            let place = RectMm::new(cell.x + dx, cell.y + dy, cell.w, cell.h).grown(-c::CELL_INSET_MM);
            belief(&self.prepare(sheet.page, place, &sheet.streaks), &mut self.network)
        });
        Some(beliefs.collect())
    }

    /// The network's answer to a cell without lines around it (print); blank counts as refused.
    pub fn classes(&mut self, page: &RegisteredPage, cell: RectMm) -> [f32; CLASSES] {
        let prepared = self.prepare(page, cell, &Streaks::default());
        match prepared.picture {
            Some(picture) => self.network.probabilities(&picture, prepared.quality),
            None => std::array::from_fn(|class| if class == REJECT { 1.0 } else { 0.0 }),
        }
    }

    /// Cuts the cell whose inside lies at `interior`.
    fn prepare(&mut self, page: &RegisteredPage, interior: RectMm, streaks: &Streaks) -> Prepared {
        let [least, most] = c::CELL_PPM;
        let ppm = page.px_from_mm.mean_scale().clamp(least, most);
        let place = interior.grown(c::CELL_MARGIN_MM);
        sample(page, place, ppm, &mut self.cut);
        streaks.erase(page, place, ppm, &mut self.cut);
        let edge = c::CELL_MARGIN_MM * ppm;
        self.preparer.prepare(Cell {
            grey: &self.cut.grey,
            width: self.cut.width,
            interior: [edge, edge, edge + interior.w * ppm, edge + interior.h * ppm],
            ppm,
        })
    }
}

/// The network's probabilities, with what no network can know.
fn belief(prepared: &Prepared, network: &mut Network) -> Belief {
    let Some(picture) = &prepared.picture else {
        return Belief {
            digits: [c::CELL_BLANK_WRONG / 20.0; 10],
            blank: 1.0 - c::CELL_BLANK_WRONG,
            refused: c::CELL_BLANK_WRONG / 2.0,
        };
    };
    let classes = network.probabilities(picture, prepared.quality).map(f64::from);
    let doubt = match prepared.quality {
        Quality::Degraded => c::CELL_DOUBT_DEGRADED,
        Quality::Clean | Quality::OneBit => c::CELL_DOUBT,
    };
    let blank = c::CELL_SPECK_BY_AREA.at(prepared.ink_mm2);
    // The model saw far more ink that is no digit than forms have: weigh its answer by what is usual here.
    let refused = classes[REJECT] * c::REFUSED_SHARE;
    let refused = refused / (refused + (1.0 - classes[REJECT]) * (1.0 - c::REFUSED_SHARE));
    let among: f64 = classes[..10].iter().sum::<f64>().max(f64::MIN_POSITIVE);
    let seen = (1.0 - blank) * (1.0 - refused);
    let digits = std::array::from_fn(|d| seen * ((1.0 - doubt) * classes[d] / among + doubt / 10.0));
    Belief { digits, blank, refused: (1.0 - blank) * refused }
}
