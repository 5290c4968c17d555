//! The pixels get a thread of their own: a page takes a core for a while, its code may panic, and what it holds
//! (tables, instances of other programs) stays where it was made.

use anyhow::{Context, Result};
use domain::message::{Milliseconds, ReadPage};
use domain::reading::PageReading;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use tokio::sync::oneshot;

/// Bytes of a picture and the request for it -> what is on it, and how long that took. What cannot be read is a
/// value ([`PageReading::Unreadable`]); a panic is a failure of the machine.
pub type Recogniser = Box<dyn FnMut(&[u8], &ReadPage) -> (PageReading, Milliseconds)>;

/// Makes a [`Recogniser`] in the thread where it will be used.
pub type RecogniserFactory = Arc<dyn Fn() -> Result<Recogniser> + Send + Sync>;

/// What a reading may end in.
pub(crate) enum Outcome {
    /// What was seen.
    Seen(PageReading, Milliseconds),
    /// The recogniser panicked; the thread is gone.
    Broken,
}

/// A thread with a recogniser in it. Dropping it lets the thread end after the page in hand.
pub(crate) struct RecogniserThread {
    jobs: mpsc::Sender<Job>,
}

struct Job {
    picture: Vec<u8>,
    request: ReadPage,
    answer: oneshot::Sender<(PageReading, Milliseconds)>,
}

impl RecogniserThread {
    /// Starts the thread and waits until its recogniser is made.
    pub(crate) async fn start(factory: &RecogniserFactory) -> Result<Self> {
        let factory = factory.clone();
        let (jobs, inbox) = mpsc::channel();
        let (made, ready) = oneshot::channel();
        std::thread::Builder::new()
            .name("recogniser".into())
            .spawn(move || match factory() {
                Ok(recogniser) => {
                    // Whoever waited may have been stopped meanwhile; then the inbox is closed too.
                    let _ = made.send(Ok(()));
                    serve(recogniser, &inbox);
                }
                Err(error) => {
                    let _ = made.send(Err(error));
                }
            })
            .context("no thread for the page reader")?;
        ready.await.context("the page reader broke off while it was made")??;
        Ok(Self { jobs })
    }

    /// Hands over a page; the receiver gets the reading, or an error when the recogniser panicked.
    pub(crate) fn read(&self, picture: Vec<u8>, request: ReadPage) -> Reading {
        let (answer, reading) = oneshot::channel();
        // A closed inbox drops the job and with it the answer: seen by the caller as a broken recogniser.
        let _ = self.jobs.send(Job { picture, request, answer });
        Reading(reading)
    }
}

/// A reading under way.
pub(crate) struct Reading(oneshot::Receiver<(PageReading, Milliseconds)>);

impl Reading {
    /// Waits for the end. May be dropped and called again.
    pub(crate) async fn outcome(&mut self) -> Outcome {
        match (&mut self.0).await {
            Ok((reading, milliseconds)) => Outcome::Seen(reading, milliseconds),
            Err(_) => Outcome::Broken,
        }
    }
}

/// Reads until nobody asks any more, or until the first panic: after one, what the recogniser holds is not trusted.
fn serve(mut recogniser: Recogniser, inbox: &mpsc::Receiver<Job>) {
    while let Ok(job) = inbox.recv() {
        let read = AssertUnwindSafe(|| recogniser(&job.picture, &job.request));
        let Ok(seen) = catch_unwind(read) else {
            return;
        };
        // Nobody may wait any more: the page was given back.
        let _ = job.answer.send(seen);
    }
}
