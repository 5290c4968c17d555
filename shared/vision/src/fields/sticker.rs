//! ロット番号ラベル. A lot label stuck on by the clinic: its GS1 code if there is one, else for people.

use super::calibration as c;
use super::finding::Finding;
use super::mark::MISSING;
use super::presence;
use super::region::{COARSE_PPM, Region};
use super::sampler::{Cut, sample};
use super::sheet::Sheet;
use domain::form::Field;
use domain::geometry::RectMm;
use domain::reading::Value;
use zxingcpp::{BarcodeFormat, ImageFormat, ImageView, TextMode};

/// The codes that carry GS1 data on vaccine labels (医療用医薬品の新バーコード表示 and its composites).
const FORMATS: [BarcodeFormat; 6] = [
    BarcodeFormat::DataMatrix,
    BarcodeFormat::DataBarLtd,
    BarcodeFormat::DataBarStk,
    BarcodeFormat::DataBarExp,
    BarcodeFormat::DataBarExpStk,
    BarcodeFormat::Code128,
];

/// Reads a label area. The value is the lot number; that a code says otherwise than it was printed is as rare as
/// its error correction fails.
pub(crate) fn read(sheet: &mut Sheet, region: &mut Region, field: &Field) -> Finding {
    let Some(&area) = field.boxes.first() else {
        return Finding::doubtful(MISSING);
    };
    let found = region.look(sheet, area.grown(c::AREA_MARGIN_MM), COARSE_PPM);
    if found.is_missing() {
        return Finding::doubtful(MISSING);
    }
    let presence = presence::decide(presence::measure(region, area), presence::Wording::Image);
    if presence.value.is_blank() {
        return presence;
    }
    let [dx, dy] = found.shift();
    match lot(sheet, RectMm::new(area.x + dx, area.y + dy, area.w, area.h)) {
        Some(lot) => Finding::new(Value::Text(lot), c::CODE_WRONG),
        None => Finding::new(Value::Text("present".to_owned()), presence.wrong)
            .doubted(Some("ロット番号を画像で確認してください")),
    }
}

/// The lot number in a GS1 code within `area`.
fn lot(sheet: &Sheet, area: RectMm) -> Option<String> {
    let mut cut = Cut::default();
    let ppm = sheet.page.px_from_mm.mean_scale().min(c::CODE_PPM);
    sample(sheet.page, area, ppm, &mut cut);
    let reader = zxingcpp::read().formats(FORMATS).text_mode(TextMode::HRI);
    let view = ImageView::from_slice(&cut.grey, cut.width, cut.height, ImageFormat::Lum).ok()?;
    let codes = reader.from(view).ok()?;
    codes.iter().filter(|code| code.is_valid()).find_map(|code| element(&code.text(), "10"))
}

/// The value of one GS1 element of a text such as `(01)04987…(17)261130(10)AB12`.
fn element(text: &str, identifier: &str) -> Option<String> {
    let start = text.find(&format!("({identifier})"))? + identifier.len() + 2;
    let value = text[start..].split('(').next()?.trim();
    // GS1 General Specifications: a batch number has 1 to 20 characters.
    ((1..=20).contains(&value.len()) && value.is_ascii()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Affine, GrayPage, RegisteredPage};

    /// A label area with a GS1 Data Matrix of 0.5 mm modules (8 pixels a mm), or without.
    fn page(text: Option<&str>) -> GrayPage {
        let mut page = GrayPage::white(600, 300);
        let Some(text) = text else { return page };
        let creator = zxingcpp::create(BarcodeFormat::DataMatrix).options("gs1");
        let code = creator.from_str(text).unwrap();
        let writer = zxingcpp::write().scale(4).add_quiet_zones(false);
        let image = code.to_image_with(&writer).unwrap();
        for y in 0..image.height() as usize {
            for x in 0..image.width() as usize {
                page.pixels[(80 + y) * 600 + 200 + x] = image.data()[y * image.width() as usize + x];
            }
        }
        page
    }

    #[test]
    fn the_lot_of_a_gs1_code_is_read() {
        let page = page(Some("(01)04912345678904(17)261130(10)AB12"));
        let registered = RegisteredPage { page: &page, px_from_mm: Affine::scale(8.0) };
        let sheet = Sheet::new(&registered, None, Vec::new());
        assert_eq!(lot(&sheet, RectMm::new(5.0, 5.0, 60.0, 28.0)).as_deref(), Some("AB12"));
    }

    #[test]
    fn other_texts_have_no_lot() {
        assert_eq!(element("(01)04912345678904(17)261130", "10"), None);
        assert_eq!(element("4912345678904", "10"), None);
        assert_eq!(element("(10)", "10"), None);
        assert_eq!(element("(10)ABC(21)9", "10").as_deref(), Some("ABC"));
    }
}
