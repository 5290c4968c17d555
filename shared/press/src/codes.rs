//! Codes as solid rectangles: NW-7 as our own exact bars, all others from zxing-cpp's bit matrix.

use crate::bars;
use domain::form::Symbology;
use domain::geometry::RectMm;
use zxingcpp::BarcodeFormat;

/// The dark parts of a code that fills `place` (without its quiet zone), neighbours in a row joined.
///
/// # Errors
/// Why the text can not be coded there, for the author of the form.
pub fn dark_parts(symbology: Symbology, text: &str, place: &RectMm) -> Result<Vec<RectMm>, String> {
    // A QR code of level M survives a stamp or a punched hole; a form code must be square to fill its place.
    let (format, options) = match symbology {
        Symbology::Nw7 => return bars::nw7(text, place),
        Symbology::Code128 => (BarcodeFormat::Code128, ""),
        Symbology::Qr => (BarcodeFormat::QRCode, "ecLevel=M"),
        Symbology::DataMatrix => (BarcodeFormat::DataMatrix, "forceSquare"),
    };
    let barcode = zxingcpp::create(format).options(options).from_str(text).map_err(|e| e.to_string())?;
    let writer = zxingcpp::write().scale(1).add_quiet_zones(false);
    let image = barcode.to_image_with(&writer).map_err(|e| e.to_string())?;
    let (columns, rows) = (image.width() as usize, image.height() as usize);
    // A linear code is a picture of equal rows: one of them, as tall as the place.
    let rows = if symbology == Symbology::Code128 { 1 } else { rows };
    let (w, h) = (place.w / columns as f64, place.h / rows as f64);
    bars::wide_enough(w, place)?;
    let rect = |row: usize, start: usize, run: usize| {
        RectMm::new(place.x + start as f64 * w, place.y + row as f64 * h, run as f64 * w, h)
    };
    let pixels = image.data();
    let lines = pixels.chunks_exact(columns).take(rows).enumerate();
    Ok(lines.flat_map(|(row, line)| runs(line).map(move |(start, run)| rect(row, start, run))).collect())
}

/// The dark parts of a QR code that fills a square of `side` millimetres, for screens.
///
/// # Errors
/// Why the text can not be coded there.
pub fn qr_code(text: &str, side: f64) -> Result<Vec<RectMm>, String> {
    dark_parts(Symbology::Qr, text, &RectMm::new(0.0, 0.0, side, side))
}

/// Start and length of every run of dark pixels.
fn runs(line: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    let is_dark = |at: usize| line.get(at).is_some_and(|&pixel| pixel < 128);
    (0..line.len())
        .filter(move |&at| is_dark(at) && !(at > 0 && is_dark(at - 1)))
        .map(move |start| (start, (start..).take_while(|&at| is_dark(at)).count()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_fills_its_place_and_a_crowded_one_is_refused() {
        let place = RectMm::new(10.0, 20.0, 9.0, 9.0);
        let dark = dark_parts(Symbology::DataMatrix, "YF01.1.1", &place).unwrap();
        let around = RectMm::around(&dark).unwrap();
        assert!((around.right() - 19.0).abs() < 1e-9 && (around.bottom() - 29.0).abs() < 1e-9, "{around:?}");
        let refused =
            dark_parts(Symbology::Code128, "01000000018", &RectMm::new(0.0, 0.0, 20.0, 9.0)).unwrap_err();
        assert!(refused.contains("mm wide"), "{refused}");
    }

    #[test]
    fn runs_are_found_at_both_ends() {
        assert_eq!(runs(&[0, 0, 255, 0, 255, 255, 0]).collect::<Vec<_>>(), [(0, 2), (3, 1), (6, 1)]);
        assert_eq!(runs(&[255, 255]).count(), 0);
    }
}
