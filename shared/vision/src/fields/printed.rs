//! 印字. Printed text: a crop for tesseract, and what its answer means.

use super::calibration as c;
use super::finding::Finding;
use super::region::{COARSE_PPM, Region};
use super::sampler::{Cut, sample};
use super::sheet::Sheet;
use crate::ocr::{Layout, Ocr, Text};
use domain::form::{Field, PrintSource};
use domain::geometry::RectMm;
use domain::reading::Value;
use domain::wareki::Era;
use unicode_normalization::UnicodeNormalization;

/// Reads printed text.
pub(crate) fn read(
    sheet: &mut Sheet,
    region: &mut Region,
    ocr: Option<&mut Ocr>,
    field: &Field,
    source: Option<PrintSource>,
    size_pt: f64,
) -> Finding {
    let Some(&area) = field.boxes.first() else {
        return Finding::doubtful("印字の場所がありません");
    };
    let shift = region.look(sheet, area.grown(c::AREA_MARGIN_MM), COARSE_PPM).shift();
    let ink = text_ink(region, area);
    if ink < c::TEXT_LEAST_MM2 {
        return Finding::new(Value::Blank, c::EMPTY_BY_AREA.at(ink));
    }
    let Some(ocr) = ocr else {
        return Finding::doubtful("文字認識が使えません");
    };
    let (pixels, width) = crop(sheet, region, area, shift);
    let lines = area.h / (size_pt * c::MM_PER_POINT * c::LINE_HEIGHT);
    let layout = if lines >= 2.0 { Layout::Block } else { Layout::Line };
    let language = if source == Some(PrintSource::PostalCode) { "eng" } else { "jpn" };
    match ocr.read(&pixels, width, language, layout) {
        Ok(text) => decide(&text, source),
        Err(_) => Finding::doubtful("文字認識が動きません"),
    }
}

/// Ink within the area that print of the empty sheet does not explain, mm².
fn text_ink(region: &Region, area: RectMm) -> f64 {
    let inner = region.pixels(area);
    let pixels = (inner.y0..inner.y1).flat_map(|y| (inner.x0..inner.x1).map(move |x| (x, y)));
    pixels.filter(|&(x, y)| region.stroke_at(x, y).is_some()).count() as f64 / region.ppm.powi(2)
}

/// The area at 300 dpi, without what is printed on every sheet.
fn crop(sheet: &Sheet, region: &Region, area: RectMm, [dx, dy]: [f64; 2]) -> (Vec<u8>, usize) {
    let mut cut = Cut::default();
    sample(sheet.page, RectMm::new(area.x + dx, area.y + dy, area.w, area.h), c::TEXT_PPM, &mut cut);
    let width = cut.width;
    for (at, grey) in cut.grey.iter_mut().enumerate() {
        let x = area.x + ((at % width) as f64 + 0.5) / c::TEXT_PPM;
        let y = area.y + ((at / width) as f64 + 0.5) / c::TEXT_PPM;
        if region.pixel(x, y).is_some_and(|(x, y)| region.is_hidden(x, y)) {
            *grey = 255;
        }
    }
    (cut.grey, width)
}

/// What a text means in a field of this source.
pub(crate) fn decide(text: &Text, source: Option<PrintSource>) -> Finding {
    let plain = normalised(&text.text);
    let wrong = c::TEXT_WRONG.at(text.confidence);
    let found = match source {
        _ if plain.is_empty() => return Finding::doubtful("印字を読めません"),
        Some(PrintSource::BirthDate) => date(&plain).map(|date| (date, wrong * c::PRINTED_SHAPE_FACTOR)),
        Some(PrintSource::PostalCode) => postal(&plain).map(|code| (code, wrong * c::PRINTED_SHAPE_FACTOR)),
        _ => Some((plain.clone(), wrong)),
    };
    match found {
        Some((value, wrong)) => Finding::new(Value::Text(value), wrong),
        None => Finding::new(Value::Text(plain), wrong.max(0.5)).doubted(Some("印字の形が違います")),
    }
}

/// NFKC, without the spaces that tesseract puts between Japanese characters.
fn normalised(text: &str) -> String {
    let wide: Vec<char> = text.nfkc().collect();
    let joins = |ch: Option<&char>| ch.is_none_or(|ch| !ch.is_ascii_alphanumeric());
    let mut plain = String::new();
    for (i, &ch) in wide.iter().enumerate() {
        if !ch.is_whitespace() {
            plain.push(ch);
            continue;
        }
        let before = plain.chars().next_back();
        let after = wide[i..].iter().find(|ch| !ch.is_whitespace());
        // Between two Latin words or numbers a space means something.
        if !joins(before.as_ref()) && !joins(after) && !plain.ends_with(' ') {
            plain.push(' ');
        }
    }
    plain
}

/// `昭和25年3月4日` or `1950年3月4日` as an ISO date.
fn date(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|ch| !ch.is_whitespace()).collect();
    let era = Era::ALL.into_iter().find(|era| text.starts_with(era.label()));
    let rest = era.map_or(text.as_str(), |era| &text[era.label().len()..]);
    let (year, rest) = rest.split_once('年')?;
    let (month, rest) = rest.split_once('月')?;
    let (day, rest) = rest.split_once('日')?;
    let year: i16 = if year == "元" { 1 } else { year.parse().ok()? };
    let (month, day) = (month.parse().ok()?, day.parse().ok()?);
    let date = match era {
        Some(era) => era.date(year, month, day).filter(|&date| era.contains(date)),
        None => jiff::civil::Date::new(year, month, day).ok(),
    };
    date.filter(|_| rest.is_empty()).map(|date| date.to_string())
}

/// Seven digits as `123-4567`, whatever the 〒 was taken for.
fn postal(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    (digits.len() == 7).then(|| format!("{}-{}", &digits[..3], &digits[3..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, source: PrintSource) -> Finding {
        decide(&Text { text: text.to_owned(), confidence: 95.0 }, Some(source))
    }

    #[test]
    fn spaces_between_japanese_characters_go() {
        for (from, to) in [
            ("山 田  花 子\n", "山田花子"),
            ("星見市 本町 1 丁目 2番 3 号\n", "星見市本町1丁目2番3号"),
            ("ﾔﾏﾀﾞ ﾊﾅｺ", "ヤマダハナコ"),
            ("ABC DEF １２", "ABC DEF 12"),
        ] {
            assert_eq!(read(from, PrintSource::Name).value.text(), Some(to));
        }
    }

    #[test]
    fn dates_and_postal_codes_take_their_shape_or_are_doubted() {
        for (from, to) in [
            ("昭和 25 年 3 月 4 日\n", "1950-03-04"),
            ("令和元年5月1日", "2019-05-01"),
            ("1950年12月31日", "1950-12-31"),
        ] {
            let found = read(from, PrintSource::BirthDate);
            assert_eq!((found.value.text(), found.doubt), (Some(to), None), "{from}");
        }
        for wrong in ["昭和25年13月4日", "昭和64年2月1日", "25年3月", "昭和25年3月4日生", "日"]
        {
            assert!(read(wrong, PrintSource::BirthDate).doubt.is_some(), "{wrong}");
        }
        assert_eq!(read("T 123-4567", PrintSource::PostalCode).value.text(), Some("123-4567"));
        assert!(read("123-456", PrintSource::PostalCode).doubt.is_some());
    }

    #[test]
    fn what_tesseract_is_sure_of_still_needs_the_register() {
        assert!(read("山田花子", PrintSource::Name).wrong > 1e-3);
    }
}
