//! The child: reads crops from its standard input until it closes.

use super::protocol::{Layout, Request, Text, answer_to_bytes, read_frame, write_frame};
use leptess::Variable;
use leptess::tesseract::TessApi;
use std::collections::HashMap;
use std::ffi::CString;
use std::io::{self, Read, Write};

/// White paper around a crop, pixels: tesseract loses characters that touch the edge.
const PADDING: usize = 12;
/// What tesseract is told of the crop, dots per inch; it only steers its guesses about size.
const DPI: i32 = 300;

/// Serves requests from `input` until it ends; answers go to `output`. Engines are kept per language.
///
/// Run this in a process of its own whose environment says `OMP_THREAD_LIMIT=1` (see [`super::Ocr::spawn`]).
///
/// # Errors
/// When the streams fail or carry something else.
pub fn serve(mut input: impl Read, mut output: impl Write) -> io::Result<()> {
    let mut engines = HashMap::new();
    while let Some(frame) = read_frame(&mut input)? {
        let request = Request::from_bytes(&frame)?;
        let answer = recognise(&mut engines, &request);
        write_frame(&mut output, &answer_to_bytes(&answer))?;
    }
    Ok(())
}

fn recognise(engines: &mut HashMap<String, TessApi>, request: &Request) -> Result<Text, String> {
    if !engines.contains_key(&request.language) {
        // A language is a file name: no way out of the data folder, and no NUL, which would panic.
        if request.language.is_empty()
            || !request.language.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'+')
        {
            return Err("no such language".to_owned());
        }
        let engine = TessApi::new(None, &request.language)
            .map_err(|_| format!("tesseract has no data for {}", request.language))?;
        engines.insert(request.language.clone(), engine);
    }
    let engine = engines.get_mut(&request.language).ok_or("no engine")?;
    let mode = match request.layout {
        Layout::Line => c"7",
        Layout::Block => c"6",
    };
    let name: CString = Variable::TesseditPagesegMode.as_cstr().to_owned();
    engine.raw.set_variable(&name, mode).map_err(|_| "tesseract refuses its settings")?;
    let (pixels, width, height) = padded(request);
    let side = |n: usize| i32::try_from(n).map_err(|_| "crop too large");
    let (width, height) = (side(width)?, side(height)?);
    engine.raw.set_image(&pixels, width, height, 1, width).map_err(|_| "tesseract refuses the crop")?;
    engine.set_source_resolution(DPI);
    if engine.recognize() != 0 {
        return Err("tesseract failed".to_owned());
    }
    let text = engine.get_utf8_text().map_err(|_| "tesseract gave no text")?;
    Ok(Text { text, confidence: f64::from(engine.mean_text_conf()) })
}

/// The crop on white paper.
fn padded(request: &Request) -> (Vec<u8>, usize, usize) {
    let width = request.width as usize;
    let (wide, high) = (width + 2 * PADDING, request.pixels.len() / width + 2 * PADDING);
    let mut pixels = vec![255; wide * high];
    for (y, row) in request.pixels.chunks_exact(width).enumerate() {
        pixels[(y + PADDING) * wide + PADDING..][..width].copy_from_slice(row);
    }
    (pixels, wide, high)
}
