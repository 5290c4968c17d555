//! The reader's engine: forms, empty sheets, digit network and OCR child put together.

use crate::templates::{self, Source};
use anyhow::{Context, Result};
use domain::message::{Milliseconds, ReadPage};
use domain::reading::PageReading;
use reader::recogniser::{Recogniser, RecogniserFactory};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;
use vision::decode::{self, DecodeError, Limits};
use vision::fields::{Params, Tools};
use vision::ocr::{self, Ocr};
use vision::{GrayPage, PageReader, Template};

/// Reads files and pages; one per thread.
pub struct Engine {
    reader: PageReader,
    limits: Limits,
}

/// One page that was read.
pub struct Page {
    /// What was seen.
    pub reading: PageReading,
    /// What it took.
    pub milliseconds: Milliseconds,
    /// Pixels across and down; zero when it could not be opened.
    pub size_px: [u32; 2],
}

impl Engine {
    /// An engine for the forms of `source`.
    ///
    /// # Errors
    /// When the forms or fonts are not right, or the OCR child does not start.
    pub fn start(source: &Source) -> Result<Self> {
        Self::with(templates::templates(source, templates::forms(source)?)?)
    }

    /// An engine for templates that are loaded already.
    ///
    /// # Errors
    /// When the OCR child does not start.
    pub fn with(templates: Vec<Template>) -> Result<Self> {
        let tools = Tools::new(Params::default(), Some(spawn_ocr()?));
        Ok(Self { reader: PageReader::new(templates, tools), limits: Limits::default() })
    }

    /// Reads every page of a file; a page or file that cannot be opened is unreadable, not an error.
    ///
    /// # Errors
    /// Those of `each`.
    pub fn read_file(&mut self, bytes: &[u8], each: &mut dyn FnMut(u32, Page) -> Result<()>) -> Result<()> {
        let start = Instant::now();
        let limits = self.limits.clone();
        match decode::decode_pages(bytes, &limits) {
            Err(error) => each(1, unreadable(&error, start)),
            Ok(mut pages) => {
                let mut number = 0;
                loop {
                    let start = Instant::now();
                    let Some(page) = pages.next() else {
                        return Ok(());
                    };
                    number += 1;
                    each(number, self.read_decoded(page, None, start))?;
                }
            }
        }
    }

    fn read_decoded(
        &mut self,
        page: Result<GrayPage, DecodeError>,
        request: Option<&ReadPage>,
        start: Instant,
    ) -> Page {
        let page = match page {
            Ok(page) => page.turned(request.map_or(0, |request| request.turn)),
            Err(error) => return unreadable(&error, start),
        };
        let decode = ms(start);
        let assigned = request.and_then(|request| request.form.as_ref());
        let (reading, spent) = self.reader.read(&page, assigned);
        let milliseconds = Milliseconds { decode, total: decode + spent.register + spent.read, ..spent };
        Page { reading, milliseconds, size_px: [page.width, page.height] }
    }
}

fn unreadable(error: &DecodeError, start: Instant) -> Page {
    let decode = ms(start);
    Page {
        reading: PageReading::Unreadable { reason: error.to_string() },
        milliseconds: Milliseconds { decode, total: decode, ..Milliseconds::default() },
        size_px: [0, 0],
    }
}

fn ms(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1000.0
}

/// Makes one engine per reader thread; the templates are loaded once.
///
/// # Errors
/// When the forms or fonts are not right.
pub fn recognisers(source: &Source) -> Result<RecogniserFactory> {
    let templates = templates::templates(source, templates::forms(source)?)?;
    Ok(Arc::new(move || {
        let mut engine = Engine::with(templates.clone())?;
        let recogniser: Recogniser = Box::new(move |bytes, request| {
            let start = Instant::now();
            let page = engine.read_decoded(decode::decode(bytes, &engine.limits), Some(request), start);
            (page.reading, page.milliseconds)
        });
        Ok(recogniser)
    }))
}

/// Starts a process that reads print.
///
/// # Errors
/// When it does not start.
pub fn spawn_ocr() -> Result<Ocr> {
    let program = std::env::current_exe().context("the program does not know its own path")?;
    let mut command = Command::new(program);
    command.arg("ocr-child");
    Ocr::spawn(command).context("the OCR child does not start")
}

/// The child's side of it: reads print until its standard input ends.
///
/// # Errors
/// When a pipe breaks.
pub fn serve_ocr() -> Result<()> {
    ocr::serve(std::io::stdin().lock(), std::io::stdout().lock()).context("the OCR child broke off")
}
