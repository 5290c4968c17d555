//! Setting a value into its box: as large as the form asks, smaller or in two lines if need be, never cut.

use crate::fonts::{Fonts, Line, MissingGlyph};
use domain::geometry::RectMm;

/// Nothing smaller is printed: elderly people and OCR both fail below.
const SMALLEST_PT: f64 = 6.0;
/// Sizes tried are this far apart, points.
const STEP_PT: f64 = 0.5;
/// From base line to base line, as a multiple of the size.
const LEADING: f64 = 1.15;
/// Millimetres in a point.
pub(crate) const MM_PER_PT: f64 = 25.4 / 72.0;

/// Lines set at one size.
pub(crate) struct Fitted {
    pub(crate) lines: Vec<Line>,
    pub(crate) size_pt: f64,
}

/// Why a value can not be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    TooLong,
    MissingGlyph,
}

impl From<MissingGlyph> for Misfit {
    fn from(_: MissingGlyph) -> Self {
        Misfit::MissingGlyph
    }
}

/// The largest setting of `text` in `place`, from `size_pt` downwards, in one line or else in two.
pub(crate) fn fit(fonts: &Fonts, text: &str, place: &RectMm, size_pt: f64) -> Result<Fitted, Misfit> {
    let whole = fonts.line(text)?;
    let mut size = size_pt;
    while size >= SMALLEST_PT {
        let size_mm = size * MM_PER_PT;
        if whole.width_em * size_mm <= place.w && size_mm <= place.h {
            return Ok(Fitted { lines: vec![whole], size_pt: size });
        }
        if size_mm * (1.0 + LEADING) <= place.h
            && let Some((first, second)) = split(fonts, text, place.w / size_mm)?
        {
            return Ok(Fitted { lines: vec![first, second], size_pt: size });
        }
        size -= STEP_PT;
    }
    Err(Misfit::TooLong)
}

/// The base lines of `lines` lines of `size_pt` set in the middle of `place`, mm from the paper's top.
pub(crate) fn base_lines(place: &RectMm, lines: usize, size_pt: f64) -> impl Iterator<Item = f64> {
    let size = size_pt * MM_PER_PT;
    let block = size * (1.0 + LEADING * (lines as f64 - 1.0));
    let top = place.center().y - block / 2.0;
    (0..lines).map(move |line| top + size * (BASE_LINE + LEADING * line as f64))
}

/// The base line lies 0.88 em below the top of a Japanese character's square.
const BASE_LINE: f64 = 0.88;

/// Two lines of at most `width_em`: broken at the last space for which both fit, else as late as possible
/// without parting a house number (`23番4号`) or beginning a line with a mark that belongs to the one before.
fn split(fonts: &Fonts, text: &str, width_em: f64) -> Result<Option<(Line, Line)>, Misfit> {
    let breaks: Vec<usize> = text.char_indices().map(|(i, _)| i).skip(1).collect();
    let is_space = |&&at: &&usize| text[at..].starts_with([' ', '　']);
    let is_sound = |&&at: &&usize| {
        let before = text[..at].chars().next_back().is_some_and(|c| c.is_numeric() || "（(「".contains(c));
        let after = text[at..].chars().next().is_some_and(|c| "ー－-、。）)」".contains(c));
        !(before || after)
    };
    let spaces = breaks.iter().rev().filter(is_space);
    for &at in spaces.chain(breaks.iter().rev().filter(is_sound)) {
        let first = fonts.line(text[..at].trim_end())?;
        if first.width_em > width_em {
            continue;
        }
        let second = fonts.line(text[at..].trim_start())?;
        if second.width_em <= width_em {
            return Ok(Some((first, second)));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str, w: f64, h: f64) -> Result<(Vec<String>, f64), Misfit> {
        let fonts = Fonts::find().unwrap();
        let fitted = fit(&fonts, text, &RectMm::new(0.0, 0.0, w, h), 10.0)?;
        let words = |line: &Line| line.runs.iter().map(|run| run.text.as_str()).collect();
        Ok((fitted.lines.iter().map(words).collect(), fitted.size_pt))
    }

    #[test]
    fn a_long_value_shrinks_then_wraps_and_is_never_cut() {
        assert_eq!(set("東町1番地", 40.0, 5.0).unwrap(), (vec!["東町1番地".into()], 10.0));
        let long = "星見市中央区東町一丁目二十三番地の四";
        let (lines, size) = set(long, 50.0, 5.0).unwrap();
        assert!(lines == [long] && size < 10.0, "one low box: smaller, not wrapped: {size}");
        let (lines, size) = set("星見市中央区東町一丁目12番地 ひかり荘203号", 52.0, 9.0).unwrap();
        assert_eq!(
            (lines, size),
            (vec!["星見市中央区東町一丁目12番地".into(), "ひかり荘203号".into()], 10.0)
        );
        let (lines, _) = set("星見市中央区東町一丁目1234番地", 45.0, 9.0).unwrap();
        assert_eq!(lines, ["星見市中央区東町一丁目", "1234番地"], "a house number is not parted");
        assert_eq!(set(&"長".repeat(60), 40.0, 9.0), Err(Misfit::TooLong));
        assert_eq!(set("\u{10FFFD}", 40.0, 9.0), Err(Misfit::MissingGlyph));
    }
}
