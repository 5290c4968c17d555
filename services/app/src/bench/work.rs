//! Reads cases on several threads and hands the pages back in their order.

use super::case::Case;
use super::gallery::Gallery;
use super::value::{self, PageSeen};
use crate::engine::Engine;
use anyhow::{Context, Result};
use domain::form::Form;
use domain::reading::PageReading;
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use vision::Template;

/// Threads at most: beyond that, drawing the simulated pages takes longer than reading them.
const MOST: usize = 8;

/// One file to read.
pub struct Job {
    /// Name of the case.
    pub name: String,
    /// What stands on its pages.
    pub case: Case,
    /// The file.
    pub bytes: Vec<u8>,
}

/// What the readers need.
pub struct Work<'a> {
    /// Forms and their empty sheets; one reader a thread.
    pub templates: &'a [Template],
    /// The same forms, to know the kind of a field that was never read.
    pub forms: &'a [Form],
    /// Where crops go, if anybody wants to look at them.
    pub gallery: Option<&'a Gallery>,
}

type Answer = (usize, Result<Vec<PageSeen>>);

impl Work<'_> {
    /// Reads what `source` sends, calls `done` after every file, and returns the pages in the order they were sent.
    ///
    /// # Errors
    /// Those of `source`, or of a reader.
    pub fn read(
        &self,
        source: impl FnOnce(&mut dyn FnMut(Job) -> Result<()>) -> Result<()>,
        done: &(dyn Fn() + Sync),
    ) -> Result<Vec<PageSeen>> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MOST);
        let (jobs, waiting) = mpsc::sync_channel::<(usize, Job)>(2 * threads);
        let waiting = Mutex::new(waiting);
        let (answers, answered) = mpsc::channel::<Answer>();
        std::thread::scope(|scope| {
            for _ in 0..threads {
                let (waiting, answers) = (&waiting, answers.clone());
                scope.spawn(move || self.reader(waiting, &answers, done));
            }
            drop(answers);
            let sent = send(source, jobs);
            let mut pages: Vec<(usize, Vec<PageSeen>)> = Vec::new();
            for (index, answer) in &answered {
                pages.push((index, answer?));
            }
            sent?;
            pages.sort_by_key(|(index, _)| *index);
            Ok(pages.into_iter().flat_map(|(_, pages)| pages).collect())
        })
    }

    /// Reads until nothing waits any more, or something breaks.
    fn reader(
        &self,
        waiting: &Mutex<Receiver<(usize, Job)>>,
        answers: &Sender<Answer>,
        done: &(dyn Fn() + Sync),
    ) {
        let mut engine = match Engine::with(self.templates.to_vec()) {
            Ok(engine) => engine,
            // The receiver only goes away when another thread has failed already.
            Err(error) => return answers.send((0, Err(error))).unwrap_or_default(),
        };
        loop {
            let Ok(Ok((index, job))) = waiting.lock().map(|jobs| jobs.recv()) else { return };
            let pages = self.pages(&mut engine, &job);
            let failed = pages.is_err();
            if answers.send((index, pages)).is_err() || failed {
                // Nobody reads the rest: take it, so that the sender is not left waiting.
                while waiting.lock().is_ok_and(|jobs| jobs.recv().is_ok()) {}
                return;
            }
            done();
        }
    }

    fn pages(&self, engine: &mut Engine, job: &Job) -> Result<Vec<PageSeen>> {
        let mut readings = Vec::new();
        engine.read_file(&job.bytes, &mut |_, page| {
            readings.push(page.reading);
            Ok(())
        })?;
        // Pages that never came out of a file are pages that were not read.
        let missing = || PageReading::Unreadable { reason: "missing".to_owned() };
        readings.resize_with(readings.len().max(job.case.pages.len()), missing);
        let pages = job.case.pages.iter().zip(&readings).enumerate();
        let mut pages: Vec<PageSeen> = pages
            .map(|(at, (expected, reading))| {
                let name = format!("{} p.{}", job.name, at + 1);
                value::judge(&name, &job.case, expected, reading, self.forms)
            })
            .collect();
        if let Some(gallery) = self.gallery {
            gallery.cut(&job.bytes, &readings, &mut pages).context("the gallery cannot be written")?;
        }
        Ok(pages)
    }
}

/// Sends everything that `source` has; ends early, without an error of its own, when the readers are gone.
fn send(
    source: impl FnOnce(&mut dyn FnMut(Job) -> Result<()>) -> Result<()>,
    jobs: SyncSender<(usize, Job)>,
) -> Result<()> {
    let mut count = 0;
    source(&mut |job| {
        jobs.send((count, job)).context("the readers stopped")?;
        count += 1;
        Ok(())
    })
}
