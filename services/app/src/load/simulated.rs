//! Simulated readers, for as many machines as nobody has here. Each has its own connections to queue and page store and
//! the real reader's loop; only the pixels are not read: the picture is fetched, a measured time passes without a core
//! being used, and the answer is what a reader saw on such a page.

use super::city::City;
use super::mail::{PER_FILE, files};
use crate::config::Config;
use crate::hub;
use anyhow::{Context, Result};
use domain::message::{Milliseconds, ReadPage};
use domain::personal::Personal;
use domain::reading::{FormReading, PageReading};
use reader::recogniser::{Recogniser, RecogniserFactory};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Readers at work.
pub struct Simulated {
    runtime: Runtime,
    readers: JoinSet<Result<()>>,
    stop: watch::Sender<bool>,
}

/// What a page says, by the name of its file.
struct Answers {
    numbers: Vec<String>,
    readings: Vec<FormReading>,
    /// First page of each file of the mail.
    first: HashMap<String, usize>,
}

impl Simulated {
    /// Starts `count` readers; `names` are the hashes of the mail's files in their order.
    ///
    /// # Errors
    /// Queue or page store cannot be opened.
    pub fn start(
        config: &Config,
        city: &City,
        names: &[String],
        count: u16,
        takes: Duration,
    ) -> Result<Self> {
        let runtime = Runtime::new()?;
        let (stop, signal) = watch::channel(false);
        debug_assert_eq!(names.len(), files(city));
        let answers = Arc::new(Answers {
            numbers: city.numbers.clone(),
            readings: city.bases.iter().map(|base| base.reading.clone()).collect(),
            first: names.iter().enumerate().map(|(at, name)| (name.clone(), at * PER_FILE)).collect(),
        });
        let mut readers = JoinSet::new();
        let edition = crate::edition::of(&config.templates)?;
        for number in 1..=count {
            let _inside = runtime.enter();
            let deps = reader::Deps {
                queue: hub::open_queue(config)?,
                pages: hub::open_pages(config)?,
                recognisers: recogniser(answers.clone(), takes),
            };
            let settings = reader::Config {
                threads: 1,
                lease: config.lease,
                signature: "simulated".into(),
                name: format!("simulated-{number}"),
                edition: edition.clone(),
                ..reader::Config::default()
            };
            readers.spawn_on(reader::run(settings, deps, signal.clone()), runtime.handle());
        }
        Ok(Self { runtime, readers, stop })
    }

    /// Lets every reader finish what it has in hand.
    ///
    /// # Errors
    /// A reader that failed.
    pub fn stop(mut self) -> Result<()> {
        // A closed channel says the same as the signal.
        let _ = self.stop.send(true);
        self.runtime.block_on(async {
            while let Some(ended) = self.readers.join_next().await {
                ended.context("a simulated reader broke off")??;
            }
            Ok(())
        })
    }
}

fn recogniser(answers: Arc<Answers>, takes: Duration) -> RecogniserFactory {
    Arc::new(move || {
        let answers = answers.clone();
        let read: Recogniser = Box::new(move |_, request| {
            std::thread::sleep(takes);
            let total = takes.as_secs_f64() * 1000.0;
            (answers.of(request), Milliseconds { total, ..Milliseconds::default() })
        });
        Ok(read)
    })
}

impl Answers {
    fn of(&self, request: &ReadPage) -> PageReading {
        let place = request.page.as_str().rsplit_once('-').and_then(|(scan, page)| {
            let at = self.first.get(scan)? + page.parse::<usize>().ok()?.checked_sub(1)?;
            Some((self.numbers.get(at)?, at))
        });
        let Some((number, at)) = place else {
            return PageReading::Unreadable { reason: "負荷試験の頁ではありません".into() };
        };
        let mut reading = self.readings[at % self.readings.len()].clone();
        if let Some(read) = &mut reading.management_number {
            read.value = Some(Personal::new(number.clone()));
        }
        if let Some(field) = reading.fields.iter_mut().find(|field| field.id.as_str() == "management_number")
        {
            field.value = domain::reading::Value::Text(number.clone());
        }
        PageReading::Read(Box::new(reading))
    }
}
