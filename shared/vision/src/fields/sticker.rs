//! ロット番号ラベル. Lot labels stuck on by the clinic: their GS1 codes if there are any, else print for people.

use super::calibration as c;
use super::finding::Finding;
use super::mark::MISSING;
use super::presence;
use super::region::{COARSE_PPM, Region};
use super::sampler::{Cut, sample};
use super::sheet::Sheet;
use crate::barcode::gs1::{self, Refused};
use crate::ocr::{Layout, Ocr};
use domain::form::Field;
use domain::geometry::RectMm;
use domain::reading::{LotLabel, Value};
use zxingcpp::{BarcodeFormat, Binarizer, ImageFormat, ImageView, TextMode};

/// The codes that carry GS1 data on vaccine labels (医療用医薬品の新バーコード表示), and JAN, which carries none.
const FORMATS: [BarcodeFormat; 10] = [
    BarcodeFormat::DataMatrix,
    BarcodeFormat::QRCode,
    BarcodeFormat::DataBarOmni,
    BarcodeFormat::DataBarLtd,
    BarcodeFormat::DataBarStk,
    BarcodeFormat::DataBarStkOmni,
    BarcodeFormat::DataBarExp,
    BarcodeFormat::DataBarExpStk,
    BarcodeFormat::Code128,
    BarcodeFormat::EAN13,
];
/// Looks at a label: pixels per pixel of the scan, and how black is told from white. Bars of 0.17 mm are two pixels of
/// a usual scan: they are only told apart when it is enlarged.
const LOOKS: [(f64, Binarizer); 3] =
    [(1.0, Binarizer::LocalAverage), (2.0, Binarizer::LocalAverage), (2.0, Binarizer::GlobalHistogram)];
/// Between the lots of two labels in one value.
const BETWEEN: &str = " / ";
/// Words before a lot number in print, as tesseract gives them.
const LOT_WORDS: [&str; 4] = ["LOT", "製造番号", "ロット", "NO."];

const CONFIRM: &str = "ロット番号を画像で確認してください";
const CONFIRM_PRINT: &str = "ロット番号はラベルの文字から読みました。画像で確認してください";
const SEVERAL: &str = "ラベルが二枚以上あります。それぞれのロット番号を確認してください";
const NO_LOT: &str = "ラベルのコードにロット番号がありません。画像で確認してください";

/// Reads a label area. The value is the lot number; that a code says otherwise than it was printed is as rare as its
/// error correction fails. Print alone is never accepted.
pub(crate) fn read(sheet: &mut Sheet, region: &mut Region, ocr: Option<&mut Ocr>, field: &Field) -> Finding {
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
    let place = RectMm::new(area.x + dx, area.y + dy, area.w, area.h);
    let finding = decide(codes(sheet, place), presence.wrong);
    if finding.value.text() != Some(PRESENT) {
        return finding;
    }
    match ocr.and_then(|ocr| print(sheet, place, ocr)) {
        Some(lot) => {
            let doubt = finding.doubt.filter(|doubt| doubt != CONFIRM).unwrap_or(CONFIRM_PRINT.to_owned());
            Finding { value: Value::Text(lot), wrong: c::LABEL_PRINT_WRONG, doubt: Some(doubt), ..finding }
        }
        None => finding,
    }
}

/// The value of a label whose lot is for people to read.
const PRESENT: &str = "present";

/// What the codes in a label area make of it; `wrong` is the probability that there is no label at all.
fn decide(codes: Vec<Result<LotLabel, Refused>>, wrong: f64) -> Finding {
    let present = |doubt| Finding::new(Value::Text(PRESENT.to_owned()), wrong).doubted(Some(doubt));
    let mut labels: Vec<LotLabel> = Vec::new();
    let mut refused = None;
    for code in codes {
        match code {
            // One label may bear the same code twice, or its product in a code of its own.
            Ok(code) => match labels.iter_mut().find(|label| goes_with(label, &code)) {
                Some(label) => complete(label, code),
                None => labels.push(code),
            },
            Err(why) => refused = refused.or(Some(why)),
        }
    }
    let lots: Vec<&str> = labels.iter().filter_map(|label| label.lot.as_deref()).collect();
    let finding = match (&lots[..], labels.len(), refused) {
        ([lot], 1, None) => Finding::new(Value::Text((*lot).to_owned()), c::CODE_WRONG),
        ([], _, Some(why)) => present(why.text()),
        ([], 0, None) => present(CONFIRM),
        ([], _, None) => present(NO_LOT),
        ([_], 1, Some(why)) => several(&lots).doubted(Some(why.text())),
        _ => several(&lots),
    };
    Finding { labels, ..finding }
}

/// All lots in one value, for a person to take or change.
fn several(lots: &[&str]) -> Finding {
    Finding::new(Value::Text(lots.join(BETWEEN)), c::CODE_WRONG).doubted(Some(SEVERAL))
}

/// Whether two codes may stand on one label: neither contradicts the other, and one says nothing but the product.
fn goes_with(one: &LotLabel, other: &LotLabel) -> bool {
    let fits = |a: &Option<String>, b: &Option<String>| a.is_none() || b.is_none() || a == b;
    let same_day = one.expiry.is_none() || other.expiry.is_none() || one.expiry == other.expiry;
    fits(&one.gtin, &other.gtin) && fits(&one.lot, &other.lot) && same_day
}

fn complete(label: &mut LotLabel, code: LotLabel) {
    label.gtin = label.gtin.take().or(code.gtin);
    label.lot = label.lot.take().or(code.lot);
    label.expiry = label.expiry.or(code.expiry);
}

/// Every code within `area`, as labels or with what is wrong with them. The look that sees most codes counts.
fn codes(sheet: &Sheet, area: RectMm) -> Vec<Result<LotLabel, Refused>> {
    let scale = sheet.page.px_from_mm.mean_scale().min(c::CODE_PPM);
    let mut cut = Cut::default();
    for (zoom, binarizer) in LOOKS {
        sample(sheet.page, area, scale * zoom, &mut cut);
        let reader = zxingcpp::read().formats(FORMATS).binarizer(binarizer).text_mode(TextMode::Plain);
        let Ok(view) = ImageView::from_slice(&cut.grey, cut.width, cut.height, ImageFormat::Lum) else {
            return Vec::new();
        };
        let found = reader.from(view).unwrap_or_default();
        let mut found: Vec<_> = found.iter().filter(|code| code.is_valid()).collect();
        // JAN is the shop's word for the product; beside a code of the label it says nothing new.
        if found.iter().any(|code| code.format() != BarcodeFormat::EAN13) {
            found.retain(|code| code.format() != BarcodeFormat::EAN13);
        }
        if !found.is_empty() {
            return found.iter().map(|code| gs1::parse(&elements(code.format(), code.text()))).collect();
        }
    }
    Vec::new()
}

/// The element string of a code: the plain DataBars and JAN hold a product and nothing else.
fn elements(format: BarcodeFormat, text: String) -> String {
    use BarcodeFormat::{DataBarLtd, DataBarOmni, DataBarStk, DataBarStkOmni, EAN13};
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    match format {
        DataBarLtd | DataBarOmni | DataBarStk | DataBarStkOmni | EAN13 if digits && text.len() <= 14 => {
            format!("01{text:0>14}")
        }
        _ => text,
    }
}

/// The lot number in the print of a label.
fn print(sheet: &Sheet, area: RectMm, ocr: &mut Ocr) -> Option<String> {
    let mut cut = Cut::default();
    sample(sheet.page, area, c::TEXT_PPM, &mut cut);
    let text = ocr.read(&cut.grey, cut.width, "eng", Layout::Block).ok()?;
    printed_lot(&text.text)
}

/// The word behind `Lot`: three to twelve capitals and figures, at least one figure among them.
fn printed_lot(text: &str) -> Option<String> {
    let text = text.to_uppercase();
    let behind = LOT_WORDS.iter().find_map(|word| text.split_once(word))?.1;
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let words = behind.split(|c: char| !is_part(c)).filter(|word| !word.is_empty());
    let mut words = words.skip_while(|word| ["NO", "NUMBER"].contains(word));
    let lot = words.next().map(|word| word.trim_matches('-'))?;
    let sound = (3..=12).contains(&lot.len()) && lot.bytes().any(|b| b.is_ascii_digit());
    sound.then(|| lot.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::drawing::Scan;
    use crate::{GrayPage, RegisteredPage};

    const AREA: RectMm = RectMm::new(1.0, 4.0, 78.0, 33.0);

    /// Draws a code with modules of `module` mm at `x`, `y` mm.
    fn draw(page: &mut GrayPage, format: BarcodeFormat, text: &str, module: f64, [x, y]: [f64; 2]) {
        let options = if text.starts_with('(') { "gs1" } else { "" };
        let code = zxingcpp::create(format).options(options).from_str(text).unwrap();
        let writer = zxingcpp::write().scale(1).add_quiet_zones(false);
        let image = code.to_image_with(&writer).unwrap();
        let (columns, rows) = (image.width() as usize, image.height() as usize);
        for (i, _) in image.data().iter().enumerate().filter(|(_, v)| **v < 128) {
            let at = |step: usize| step as f64 * module;
            let place = RectMm::new(x + at(i % columns), y + at(i / columns), module, module);
            crate::register::drawing::fill(page, place);
        }
        assert!(x + columns as f64 * module < 78.0 && y + rows as f64 * module < 38.0, "{columns} x {rows}");
    }

    fn read(labels: &[(BarcodeFormat, &str, f64, [f64; 2])], turn_deg: f64) -> Finding {
        let mut paper = GrayPage::white(960, 480);
        for (format, text, module, at) in labels {
            draw(&mut paper, *format, text, *module, *at);
        }
        let scan = Scan { turn_deg, border_mm: 5.0, ..Scan::default() };
        let (page, px_from_mm) = scan.of(&paper);
        let registered = RegisteredPage { page: &page, px_from_mm };
        decide(codes(&Sheet::new(&registered, None, Vec::new()), AREA), 1e-6)
    }

    const WHOLE: &str = "(01)04912345678904(17)261130(10)AB12";

    #[test]
    fn every_kind_of_code_gives_product_lot_and_expiry() {
        let kinds = [
            (BarcodeFormat::DataMatrix, 0.4),
            (BarcodeFormat::QRCode, 0.4),
            (BarcodeFormat::DataBarExp, 0.25),
            (BarcodeFormat::DataBarExpStk, 0.25),
            (BarcodeFormat::Code128, 0.25),
        ];
        for (format, module) in kinds {
            for turn in [0.0, 4.0, 181.0] {
                let found = read(&[(format, WHOLE, module, [5.0, 10.0])], turn);
                assert_eq!((found.value.text(), &found.doubt), (Some("AB12"), &None), "{format} {turn}");
                let label = &found.labels[0];
                assert_eq!(label.gtin.as_deref(), Some("04912345678904"), "{format}");
                assert_eq!(label.expiry, Some(jiff::civil::date(2026, 11, 30)), "{format}");
                assert!(found.wrong <= 1e-4);
            }
        }
    }

    #[test]
    fn a_product_alone_or_a_foreign_code_asks_for_the_lot() {
        for (format, text, gtin) in [
            (BarcodeFormat::DataBarLtd, "04912345678904", true),
            (BarcodeFormat::DataBarOmni, "04912345678904", true),
            (BarcodeFormat::EAN13, "4912345678904", true),
            (BarcodeFormat::QRCode, "https://example.org", false),
            (BarcodeFormat::Code128, "01000000018", false),
        ] {
            let found = read(&[(format, text, 0.33, [8.0, 10.0])], 0.0);
            assert_eq!(found.value.text(), Some(PRESENT), "{format}");
            let product = found.labels.iter().any(|label| label.gtin.as_deref() == Some("04912345678904"));
            assert!(found.doubt.is_some() && product == gtin, "{format}: {:?}", found.labels);
        }
    }

    #[test]
    fn two_labels_are_both_shown_and_one_label_with_two_codes_is_one() {
        let other = "(01)04912345678904(17)261130(10)CD34";
        let matrix = |text, x| (BarcodeFormat::DataMatrix, text, 0.4, [x, 10.0]);
        let found = read(&[matrix(WHOLE, 8.0), matrix(other, 40.0)], 0.0);
        let value = found.value.text().unwrap();
        assert!(value.contains("AB12") && value.contains("CD34") && found.doubt.is_some(), "{value}");
        assert_eq!(found.labels.len(), 2);
        let limited = (BarcodeFormat::DataBarLtd, "04912345678904", 0.33, [36.0, 10.0]);
        let found = read(&[matrix(WHOLE, 8.0), limited], 0.0);
        assert_eq!((found.value.text(), found.labels.len(), found.doubt), (Some("AB12"), 1, None));
    }

    #[test]
    fn a_lot_in_print_is_found_behind_its_word() {
        for (text, lot) in [
            ("Influenza HA\nLot No. AB123\nExp 2026.11", Some("AB123")),
            ("LOT: 5K-07A", Some("5K-07A")),
            ("lot ab12", Some("AB12")),
            ("Lot No.", None),
            ("Influenza AB123", None),
            ("Lot ABC", None),
        ] {
            assert_eq!(printed_lot(text).as_deref(), lot, "{text}");
        }
    }
}
