//! Two-dimensional codes and Code 128 as dark modules, from zxing-cpp's bit matrix.

use domain::form::Symbology;
use domain::geometry::RectMm;
use zxingcpp::BarcodeFormat;

/// The dark modules of a code as rectangles that fill `place`, neighbours in a row joined.
///
/// # Errors
/// What zxing-cpp says of a text that the code can not hold.
pub(crate) fn modules(symbology: Symbology, text: &str, place: &RectMm) -> Result<Vec<RectMm>, String> {
    // A QR code of level M survives a stamp or a punched hole; a form code must be square to fill its place.
    let (format, options) = match symbology {
        Symbology::Nw7 => (BarcodeFormat::Codabar, ""),
        Symbology::Code128 => (BarcodeFormat::Code128, ""),
        Symbology::Qr => (BarcodeFormat::QRCode, "ecLevel=M"),
        Symbology::DataMatrix => (BarcodeFormat::DataMatrix, "forceSquare"),
    };
    let barcode = zxingcpp::create(format).options(options).from_str(text).map_err(|e| e.to_string())?;
    let writer = zxingcpp::write().scale(1).add_quiet_zones(false);
    let image = barcode.to_image_with(&writer).map_err(|e| e.to_string())?;
    let (columns, rows) = (image.width() as usize, image.height() as usize);
    let pixels = image.data();
    // A linear code is a picture of equal rows: one row, as tall as the place.
    let rows = if symbology == Symbology::Code128 { 1 } else { rows };
    let (w, h) = (place.w / columns as f64, place.h / rows as f64);
    let mut dark = Vec::new();
    for row in 0..rows {
        let line = &pixels[row * columns..(row + 1) * columns];
        let mut column = 0;
        while column < columns {
            let run = line[column..].iter().take_while(|&&p| p < 128).count();
            if run > 0 {
                let (x, y) = (place.x + column as f64 * w, place.y + row as f64 * h);
                dark.push(RectMm::new(x, y, run as f64 * w, h));
            }
            column += run.max(1);
        }
    }
    Ok(dark)
}
