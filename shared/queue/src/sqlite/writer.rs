//! One thread that owns the connection and commits what came together in one go: each commit waits for the disk,
//! so a crowd of callers shares the wait.

use crate::QueueError;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Calls in one transaction at most: bounds what a failed commit makes others repeat.
const BATCH: usize = 256;

/// Hands work to the thread. The thread ends when this is dropped.
pub(super) struct Writer {
    jobs: mpsc::UnboundedSender<Box<dyn Job>>,
}

/// One call: first its work inside the transaction, then, once that is on disk or has failed, its answer.
trait Job: Send {
    fn work(&mut self, tx: &Transaction) -> rusqlite::Result<()>;
    fn answer(self: Box<Self>, committed: Result<(), QueueError>);
}

struct Call<F, T> {
    work: F,
    value: Option<T>,
    caller: oneshot::Sender<Result<T, QueueError>>,
}

impl<F, T> Job for Call<F, T>
where
    F: FnMut(&Transaction) -> rusqlite::Result<T> + Send,
    T: Send,
{
    fn work(&mut self, tx: &Transaction) -> rusqlite::Result<()> {
        self.value = Some((self.work)(tx)?);
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<(), QueueError>) {
        let Call { value, caller, .. } = *self;
        // A caller that no longer waits needs no answer.
        let _ = caller.send(committed.and_then(|()| value.ok_or(QueueError::Closed)));
    }
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Result<Self, QueueError> {
        let (jobs, inbox) = mpsc::unbounded_channel();
        std::thread::Builder::new()
            .name("queue".into())
            .spawn(move || serve(connection, inbox))
            .map_err(|source| QueueError::Thread { source: Arc::new(source) })?;
        Ok(Self { jobs })
    }

    /// Runs `work` in a transaction; returns when it is on disk.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T, QueueError>
    where
        F: FnMut(&Transaction) -> rusqlite::Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let (caller, answer) = oneshot::channel();
        let call = Call { work, value: None, caller };
        self.jobs.send(Box::new(call)).map_err(|_| QueueError::Closed)?;
        answer.await.map_err(|_| QueueError::Closed)?
    }
}

fn serve(mut connection: Connection, mut inbox: mpsc::UnboundedReceiver<Box<dyn Job>>) {
    let mut jobs = Vec::with_capacity(BATCH);
    while let Some(first) = inbox.blocking_recv() {
        jobs.push(first);
        while jobs.len() < BATCH
            && let Ok(job) = inbox.try_recv()
        {
            jobs.push(job);
        }
        let committed = commit(&mut connection, &mut jobs).map_err(QueueError::from);
        for job in jobs.drain(..) {
            job.answer(committed.clone());
        }
    }
}

/// All of `jobs` or none. `immediate`: a transaction that reads first could not become a writing one in a crowd.
fn commit(connection: &mut Connection, jobs: &mut [Box<dyn Job>]) -> rusqlite::Result<()> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for job in jobs {
        job.work(&tx)?;
    }
    tx.commit()
}
