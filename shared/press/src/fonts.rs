//! Fonts: a Japanese one, and others for the characters that it lacks.

use crate::error::PressError;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use std::path::Path;
use std::sync::Arc;
use ttf_parser::{Face, GlyphId as FaceGlyph};

/// Where IPAexGothic lies on common systems, best first; the last is a stand-in for all of it.
pub const JAPANESE_FONTS: [&str; 4] = [
    "/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf",
    "/usr/share/fonts/ipaexfont-gothic/ipaexg.ttf",
    "/usr/share/fonts/ipa-ex-gothic-fonts/ipaexg.ttf",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
];
/// Where fonts lie that have the names which IPAexGothic lacks (𠮷), best first.
pub const FALLBACK_FONTS: [&str; 3] = [
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
];

/// The fonts of a printer. Cloning is cheap.
#[derive(Clone)]
pub struct Fonts {
    sources: Vec<Source>,
}

#[derive(Clone)]
struct Source {
    data: Arc<Vec<u8>>,
    font: Font,
}

/// A character that no font has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MissingGlyph;

/// A line of text as glyphs.
#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) runs: Vec<Run>,
    /// Width as a multiple of the font size.
    pub(crate) width_em: f64,
}

/// Neighbouring glyphs of one font.
#[derive(Clone)]
pub(crate) struct Run {
    pub(crate) font: Font,
    pub(crate) text: String,
    pub(crate) glyphs: Vec<KrillaGlyph>,
    /// Where the run begins, as a multiple of the font size.
    pub(crate) start_em: f64,
}

impl Fonts {
    /// The fonts of this machine.
    ///
    /// # Errors
    /// [`PressError::NoFont`] names the package to install. A missing fallback font is no error:
    /// it is one when a character needs it.
    pub fn find() -> Result<Self, PressError> {
        let read = |paths: &[&str]| paths.iter().find_map(|path| std::fs::read(Path::new(path)).ok());
        let japanese =
            read(&JAPANESE_FONTS).ok_or_else(|| PressError::NoFont { tried: JAPANESE_FONTS.join(", ") })?;
        Self::from_bytes(std::iter::once(japanese).chain(read(&FALLBACK_FONTS)))
    }

    /// Fonts from the bytes of TrueType or OpenType files (of a collection, the first face);
    /// each serves the characters that those before it lack.
    ///
    /// # Errors
    /// [`PressError::BadFont`] for anything else.
    pub fn from_bytes(files: impl IntoIterator<Item = Vec<u8>>) -> Result<Self, PressError> {
        let source = |(i, data): (usize, Vec<u8>)| {
            let bad = || PressError::BadFont(format!("font {}", i + 1));
            Face::parse(&data, 0).map_err(|_| bad())?;
            let data = Arc::new(data);
            let font = Font::new(Arc::clone(&data).into(), 0).ok_or_else(bad)?;
            Ok(Source { data, font })
        };
        let sources: Vec<Source> = files.into_iter().enumerate().map(source).collect::<Result<_, _>>()?;
        if sources.is_empty() {
            return Err(PressError::BadFont("an empty list".into()));
        }
        Ok(Self { sources })
    }

    /// Sets one line, character by character; Japanese needs no shaping beyond that.
    pub(crate) fn line(&self, text: &str) -> Result<Line, MissingGlyph> {
        let faces: Vec<Face> = self.sources.iter().map(Source::face).collect();
        let mut line = Line { runs: Vec::new(), width_em: 0.0 };
        let mut current = usize::MAX;
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            let selector = characters.next_if(|&c| is_variation_selector(c));
            let (at, glyph) = find_glyph(&faces, character, selector).ok_or(MissingGlyph)?;
            let face = &faces[at];
            let advance = f64::from(face.glyph_hor_advance(glyph).unwrap_or(0));
            let advance = advance / f64::from(face.units_per_em());
            if current != at {
                let font = self.sources[at].font.clone();
                let start_em = line.width_em;
                line.runs.push(Run { font, text: String::new(), glyphs: Vec::new(), start_em });
                current = at;
            }
            let run = line.runs.last_mut().expect("a run was just begun");
            let start = run.text.len();
            run.text.push(character);
            let range = start..run.text.len();
            let id = GlyphId::new(u32::from(glyph.0));
            run.glyphs.push(KrillaGlyph::new(id, advance as f32, 0.0, 0.0, 0.0, range, None));
            line.width_em += advance;
        }
        Ok(line)
    }
}

impl Source {
    fn face(&self) -> Face<'_> {
        Face::parse(&self.data, 0).expect("the bytes were parsed when the font was loaded")
    }
}

/// The first face that has the character, in the variant asked for if one has it.
fn find_glyph(faces: &[Face], character: char, selector: Option<char>) -> Option<(usize, FaceGlyph)> {
    let variant = selector.and_then(|selector| {
        let mut found = faces.iter().enumerate();
        found.find_map(|(i, face)| Some((i, face.glyph_variation_index(character, selector)?)))
    });
    variant.or_else(|| {
        let mut found = faces.iter().enumerate();
        found.find_map(|(i, face)| Some((i, face.glyph_index(character)?)))
    })
}

/// Selectors of a written variant (IVS); they follow their character and have no width.
fn is_variation_selector(character: char) -> bool {
    matches!(character, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_names_fall_back_and_unknown_characters_are_refused() {
        let fonts = Fonts::find().unwrap();
        let line = fonts.line("𠮷田").unwrap();
        assert_eq!(line.runs.len(), 2, "IPAexGothic has no 𠮷");
        assert!((line.width_em - 2.0).abs() < 1e-6);
        let plain = fonts.line("葛\u{E0100}城").unwrap();
        assert!((plain.width_em - 2.0).abs() < 1e-6, "a selector has no width");
        assert!(fonts.line("\u{10FFFD}").is_err());
        assert!(fonts.line("一\n二").is_err());
    }

    #[test]
    fn rubbish_is_no_font() {
        assert!(matches!(Fonts::from_bytes([vec![1, 2, 3]]), Err(PressError::BadFont(_))));
        assert!(matches!(Fonts::from_bytes([]), Err(PressError::BadFont(_))));
    }
}
