//! The parent's handle: starts the child, asks, waits no longer than allowed, starts it again when it died.

use super::protocol::{Layout, Request, Text, answer_from_bytes, read_frame, write_frame};
use std::fmt;
use std::io;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// A line takes 20 ms, a cold start 0.3 s; on a machine that is busy with everything else both take longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why a crop could not be read. None of these says anything about the text.
#[derive(Debug)]
pub enum OcrError {
    /// The child could not be started, or its streams failed twice.
    Child(io::Error),
    /// It gave no answer in time and was ended.
    Timeout,
    /// It works, but tesseract does not: no language data, most likely.
    Tesseract(String),
}

impl fmt::Display for OcrError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OcrError::Child(error) => write!(f, "the OCR process failed: {error}"),
            OcrError::Timeout => write!(f, "the OCR process gave no answer in time"),
            OcrError::Tesseract(reason) => write!(f, "OCR failed: {reason}"),
        }
    }
}

impl std::error::Error for OcrError {}

/// A child process that reads print.
#[derive(Debug)]
pub struct Ocr {
    command: Command,
    patience: Duration,
    worker: Option<Worker>,
}

/// A running child; dropping it ends it.
#[derive(Debug)]
struct Worker {
    child: Child,
    requests: Sender<Vec<u8>>,
    answers: Receiver<io::Result<Vec<u8>>>,
}

impl Ocr {
    /// A handle on `command`, which must run [`super::serve`] on its standard streams.
    /// The child is started now, so that it is warm when the first page comes.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn spawn(mut command: Command) -> Result<Self, OcrError> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // Read by OpenMP before main: four threads for one line of text cost four times the time.
        command.env("OMP_THREAD_LIMIT", "1");
        let worker = Worker::start(&mut command).map_err(OcrError::Child)?;
        Ok(Self { command, patience: PATIENCE, worker: Some(worker) })
    }

    /// The same, waiting at most this long for an answer.
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Reads a grey crop `width` pixels across, at about 300 dpi. `language` is tesseract's name, such as `jpn`.
    ///
    /// # Errors
    /// See [`OcrError`]; after each of them the handle can be asked again.
    ///
    /// # Panics
    /// When `pixels` is no whole number of rows.
    pub fn read(
        &mut self,
        pixels: &[u8],
        width: usize,
        language: &str,
        layout: Layout,
    ) -> Result<Text, OcrError> {
        assert!(
            width > 0 && !pixels.is_empty() && pixels.len().is_multiple_of(width),
            "pixels must fill rows"
        );
        let request =
            Request { language: language.to_owned(), layout, width: width as u32, pixels: pixels.to_vec() };
        let bytes = request.to_bytes();
        match self.ask(bytes.clone()) {
            // It may have died since it was last asked: once more with a new one.
            Err(OcrError::Child(_)) => self.ask(bytes),
            answer => answer,
        }
    }

    #[cfg(test)]
    pub(super) fn kill_child(&mut self) {
        if let Some(worker) = &mut self.worker {
            worker.child.kill().expect("a child of ours can be killed");
        }
    }

    fn ask(&mut self, request: Vec<u8>) -> Result<Text, OcrError> {
        let ended = || OcrError::Child(io::ErrorKind::UnexpectedEof.into());
        let worker = match self.worker.take() {
            Some(worker) => worker,
            None => Worker::start(&mut self.command).map_err(OcrError::Child)?,
        };
        worker.requests.send(request).map_err(|_| ended())?;
        let frame = match worker.answers.recv_timeout(self.patience) {
            Ok(frame) => frame.map_err(OcrError::Child)?,
            Err(RecvTimeoutError::Timeout) => return Err(OcrError::Timeout),
            Err(RecvTimeoutError::Disconnected) => return Err(ended()),
        };
        let answer = answer_from_bytes(&frame).map_err(OcrError::Child)?;
        // Only a child that answered as it should is asked again.
        self.worker = Some(worker);
        answer.map_err(OcrError::Tesseract)
    }
}

impl Worker {
    fn start(command: &mut Command) -> io::Result<Self> {
        let mut child = command.spawn()?;
        let (Some(mut input), Some(mut output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let (requests, waiting) = channel::<Vec<u8>>();
        let (send, answers) = channel();
        // Writing may block as well as reading. Ends with the child (its streams close) or with the handle.
        std::thread::spawn(move || {
            for request in waiting {
                let answer = write_frame(&mut input, &request)
                    .and_then(|()| read_frame(&mut output)?.ok_or(io::ErrorKind::UnexpectedEof.into()));
                let failed = answer.is_err();
                if send.send(answer).is_err() || failed {
                    return;
                }
            }
        });
        Ok(Self { child, requests, answers })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
