//! One thread that owns the connection and commits what came together in one go: a commit that waits for the disk
//! takes milliseconds, and a crowd of callers shares the wait.

use crate::QueueError;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use sealed::File;
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
    /// Whether the answer promises that a power cut changes nothing any more.
    fn to_disk(&self) -> bool;
    fn work(&mut self, tx: &Transaction) -> rusqlite::Result<()>;
    fn answer(self: Box<Self>, committed: Result<(), QueueError>);
}

struct Call<F, T> {
    to_disk: bool,
    work: F,
    value: Option<T>,
    caller: oneshot::Sender<Result<T, QueueError>>,
}

impl<F, T> Job for Call<F, T>
where
    F: FnMut(&Transaction) -> rusqlite::Result<T> + Send,
    T: Send,
{
    fn to_disk(&self) -> bool {
        self.to_disk
    }

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
    /// `file` is in use for as long as the thread lives.
    pub(super) fn start(file: File, connection: Connection) -> Result<Self, QueueError> {
        let (jobs, inbox) = mpsc::unbounded_channel();
        std::thread::Builder::new()
            .name("queue".into())
            .spawn(move || {
                serve(connection, inbox);
                drop(file);
            })
            .map_err(|source| QueueError::Thread { source: Arc::new(source) })?;
        Ok(Self { jobs })
    }

    /// Runs `work` in a transaction; returns when it survives a power cut.
    pub(super) async fn run_to_disk<T, F>(&self, work: F) -> Result<T, QueueError>
    where
        F: FnMut(&Transaction) -> rusqlite::Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.call(true, work).await
    }

    /// Runs `work` in a transaction; returns when it survives the end of the process. After a power cut it may
    /// never have happened: good enough for loans and their ends, which only makes a message come once more.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T, QueueError>
    where
        F: FnMut(&Transaction) -> rusqlite::Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.call(false, work).await
    }

    async fn call<T, F>(&self, to_disk: bool, work: F) -> Result<T, QueueError>
    where
        F: FnMut(&Transaction) -> rusqlite::Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let (caller, answer) = oneshot::channel();
        let call = Call { to_disk, work, value: None, caller };
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
    // In WAL mode `full` waits for the disk at each commit (and takes all earlier ones along), `normal` does not.
    let wait = if jobs.iter().any(|job| job.to_disk()) { "full" } else { "normal" };
    connection.pragma_update(None, "synchronous", wait)?;
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for job in jobs {
        job.work(&tx)?;
    }
    tx.commit()
}
