//! What parent and child say to each other: one frame a request, one frame an answer.
//!
//! A frame is 8 bytes of magic, a length (u32, little-endian) and that many bytes. The magic lets the parent
//! pass over whatever a C library prints to the standard output in between.

use std::io::{self, ErrorKind, Read, Write};

/// Largest frame: a full A4 page at 600 dpi, grey.
const MOST_BYTES: u32 = 40_000_000;
/// Stray bytes passed over in search of a frame before the stream is given up.
const MOST_STRAY: usize = 1 << 20;

const MAGIC: [u8; 8] = *b"\x89YMOCR\r\n";

/// How the text lies in the crop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One line.
    Line,
    /// Lines one below the other.
    Block,
}

/// What was read.
#[derive(Clone, PartialEq)]
pub struct Text {
    /// As tesseract writes it.
    pub text: String,
    /// Its own mean word confidence, 0..=100. Not a probability.
    pub confidence: f64,
}

impl std::fmt::Debug for Text {
    /// The text may name a person.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Text {{ text: ***, confidence: {} }}", self.confidence)
    }
}

/// One crop to read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Request {
    /// Tesseract's name of the language, such as `jpn`.
    pub language: String,
    pub layout: Layout,
    pub width: u32,
    /// Grey, row by row; a whole number of rows.
    pub pixels: Vec<u8>,
}

fn bad(what: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}

/// Writes one frame and flushes.
pub(super) fn write_frame(to: &mut impl Write, body: &[u8]) -> io::Result<()> {
    let length =
        u32::try_from(body.len()).ok().filter(|&n| n <= MOST_BYTES).ok_or_else(|| bad("frame too large"))?;
    to.write_all(&MAGIC)?;
    to.write_all(&length.to_le_bytes())?;
    to.write_all(body)?;
    to.flush()
}

/// Reads one frame; `None` when the stream ended before one began.
pub(super) fn read_frame(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut window = [0; MAGIC.len()];
    let mut seen = 0;
    while seen < MAGIC.len() || window != MAGIC {
        let mut byte = [0];
        if from.read(&mut byte)? == 0 {
            return if window == MAGIC { Err(bad("frame cut off")) } else { Ok(None) };
        }
        window.rotate_left(1);
        window[MAGIC.len() - 1] = byte[0];
        seen += 1;
        if seen > MOST_STRAY {
            return Err(bad("no frame in sight"));
        }
    }
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    if length > MOST_BYTES {
        return Err(bad("frame too large"));
    }
    let mut body = vec![0; length as usize];
    from.read_exact(&mut body)?;
    Ok(Some(body))
}

impl Request {
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![self.language.len() as u8];
        bytes.extend_from_slice(self.language.as_bytes());
        bytes.push(match self.layout {
            Layout::Line => 0,
            Layout::Block => 1,
        });
        bytes.extend_from_slice(&self.width.to_le_bytes());
        bytes.extend_from_slice(&self.pixels);
        bytes
    }

    pub fn from_bytes(bytes: &[u8]) -> io::Result<Self> {
        let short = || bad("request cut off");
        let (&length, rest) = bytes.split_first().ok_or_else(short)?;
        let (language, rest) = rest.split_at_checked(usize::from(length)).ok_or_else(short)?;
        let language = std::str::from_utf8(language).map_err(|_| bad("language is no text"))?.to_owned();
        let (&layout, rest) = rest.split_first().ok_or_else(short)?;
        let layout = match layout {
            0 => Layout::Line,
            1 => Layout::Block,
            _ => return Err(bad("unknown layout")),
        };
        let (width, pixels) = rest.split_first_chunk::<4>().ok_or_else(short)?;
        let width = u32::from_le_bytes(*width);
        if width == 0 || pixels.is_empty() || !pixels.len().is_multiple_of(width as usize) {
            return Err(bad("pixels do not fill rows"));
        }
        Ok(Self { language, layout, width, pixels: pixels.to_vec() })
    }
}

/// `Err` is what the child could not do, for people.
pub(super) fn answer_to_bytes(answer: &Result<Text, String>) -> Vec<u8> {
    let (status, confidence, text) = match answer {
        Ok(text) => (0, text.confidence as f32, &text.text),
        Err(reason) => (1, 0.0, reason),
    };
    let mut bytes = vec![status];
    bytes.extend_from_slice(&confidence.to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

pub(super) fn answer_from_bytes(bytes: &[u8]) -> io::Result<Result<Text, String>> {
    let short = || bad("answer cut off");
    let (&status, rest) = bytes.split_first().ok_or_else(short)?;
    let (confidence, text) = rest.split_first_chunk::<4>().ok_or_else(short)?;
    let text = std::str::from_utf8(text).map_err(|_| bad("answer is no text"))?.to_owned();
    let confidence = f64::from(f32::from_le_bytes(*confidence)).clamp(0.0, 100.0);
    Ok(if status == 0 { Ok(Text { text, confidence }) } else { Err(text) })
}
