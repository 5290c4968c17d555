//! Dots per inch as files state them: often wrong, so only kept where the paper they imply can exist.

/// Least and most dots per inch of a scanner or fax that forms come from (coarsest fax line pitch is 98).
const DPI_RANGE: std::ops::RangeInclusive<f32> = 50.0..=2400.0;
/// Longest paper side in mm: A3 is 420, and scanners add a margin around it.
const LONGEST_PAPER_MM: f32 = 460.0;
/// Greatest ratio between the axes: fax "standard" is 204 x 98, and 408 x 98 exists on paper.
const MAX_ANISOTROPY: f32 = 4.3;
/// A stated value this near to a whole number is that number: PNG counts dots per metre, 300 dpi is 299.9994.
const ROUNDING_DPI: f32 = 0.02;

/// Centimetres in an inch.
pub(super) const CM_PER_INCH: f64 = 2.54;
/// Metres in an inch.
pub(super) const M_PER_INCH: f64 = 0.0254;

/// The stated dots per inch (across, down) of a picture of `width` by `height` pixels, if a scanner can have
/// made it from paper up to A3. A large picture that says 72 or 96 only repeats its software's default.
pub(super) fn believable(dpi: [f64; 2], width: u32, height: u32) -> Option<[f32; 2]> {
    let dpi = dpi.map(|axis| {
        let axis = axis as f32;
        if (axis - axis.round()).abs() < ROUNDING_DPI { axis.round() } else { axis }
    });
    let paper_mm = (width as f32 / dpi[0]).max(height as f32 / dpi[1]) * 25.4;
    let ratio = (dpi[0] / dpi[1]).max(dpi[1] / dpi[0]);
    let possible = dpi.iter().all(|axis| DPI_RANGE.contains(axis))
        && paper_mm <= LONGEST_PAPER_MM
        && ratio <= MAX_ANISOTROPY;
    possible.then_some(dpi)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_resolutions_of_real_paper_are_kept() {
        let a4 = (2481, 3508);
        for (dpi, kept) in [
            ([300.0, 300.0], Some([300.0, 300.0])),
            ([299.9994, 299.9994], Some([300.0, 300.0])),
            ([0.0, 0.0], None),
            ([1.0, 1.0], None),
            ([72.0, 72.0], None),
            ([96.0, 96.0], None),
            ([300.0, 0.0], None),
            ([f64::NAN, 300.0], None),
            ([f64::INFINITY, 300.0], None),
            ([1e9, 1e9], None),
        ] {
            assert_eq!(believable(dpi, a4.0, a4.1), kept, "{dpi:?}");
        }
        assert_eq!(believable([204.0, 98.0], 1728, 1145), Some([204.0, 98.0]), "fax");
        assert_eq!(believable([72.0, 72.0], 595, 842), Some([72.0, 72.0]), "a small picture may be 72 dpi");
    }
}
