//! One round through the inbox: claim, split, store, commit, put away; two files are split while a third is
//! committed, and they are committed in their order, for a batch ticket owns the slips that follow it.

use crate::claim::Claim;
use crate::files::{move_into, move_with_reason, seal_into};
use crate::headway::Headway;
use crate::inbox::{Found, Inbox, Stray, StrayKind};
use crate::names::FAILED;
use crate::split::{Prepared, prepare};
use crate::{Config, Deps, stopping};
use anyhow::{Context, Result, anyhow};
use domain::ids::ScanId;
use jiff::Timestamp;
use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::{FileState, NewFile, Rows, TakenFile};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// Files being read and split at the same time: a file may be 512 MiB, and its pages as much again.
const AHEAD: usize = 2;
/// Ends of the program in the middle of one file before the file is held to be the cause. 5: an unlucky week of
/// power cuts does not reach it.
const MOST_CRASHES: u32 = 5;
/// Latest arrivals among which that of an interrupted file is looked for; it is one of the last few.
const LATEST: u32 = 50;

const CRASHES: &str = "このファイルの取込中にプログラムが繰り返し停止しました。別の形式（TIFF・JPEG・PDF）で再スキャンし、システム管理者に連絡してください";

const UNFINISHED: &str = "書込み途中を表す名前（末尾が .tmp や .part など）のまま、長い時間変わりませんでした。送信が途中で切れた可能性があります。もう一度送るか、正しい名前にして入れ直してください";
const NO_FILE: &str = "ファイルではなく、リンク（ショートカット）などです。もとのファイルを入れてください";

/// What a round needs.
pub(crate) struct Round {
    config: Config,
    deps: Deps,
    inbox: Arc<Mutex<Inbox>>,
    headway: Headway,
    /// Told at every commit: there is something in the outbox.
    committed: Arc<Notify>,
}

/// A claimed file that is being prepared.
type Ahead = (Arc<Claim>, JoinHandle<Result<Prepared>>);

impl Round {
    pub(crate) fn new(config: Config, deps: Deps, committed: Arc<Notify>) -> Self {
        let inbox = Arc::new(Mutex::new(Inbox::new(&config.inbox, config.settle, config.abandoned)));
        let headway = Headway::new(&config, deps.store.clone());
        Self { config, deps, inbox, headway, committed }
    }

    /// Takes everything that is whole; what is already in hand first. Gives when to look again because of an
    /// unfinished file. An error is the machine's: what is in hand stays there for the next round.
    pub(crate) async fn take_all(&self, shutdown: &watch::Receiver<bool>) -> Result<Option<Duration>> {
        for claim in Claim::leftovers(&self.config.inbox).context("the files in hand cannot be listed")? {
            if stopping(shutdown) {
                return Ok(None);
            }
            self.take_again(claim).await?;
        }
        let inbox = self.inbox.clone();
        let look = aside(move || inbox.lock().unwrap_or_else(PoisonError::into_inner).look());
        let look = look.await.context("the inbox cannot be opened")?;
        let full = self.take_new(look.whole, shutdown).await?;
        for stray in look.strays {
            self.put_stray_aside(stray).await?;
        }
        Ok(full.or(look.due))
    }

    /// Takes what is whole, as long as readers keep up; else gives when to look again.
    async fn take_new(
        &self,
        whole: Vec<Found>,
        shutdown: &watch::Receiver<bool>,
    ) -> Result<Option<Duration>> {
        let mut whole = whole.into_iter();
        let (mut ahead, mut full) = (VecDeque::new(), None);
        loop {
            while ahead.len() < AHEAD && full.is_none() && !stopping(shutdown) {
                let Some(found) = whole.next() else { break };
                full = self.headway.wait(ahead.len()).await?;
                if full.is_none() {
                    ahead.extend(self.start(found).await?);
                }
            }
            let Some((claim, preparing)) = ahead.pop_front() else {
                return Ok(full);
            };
            if let Err(error) = self.conclude(&claim, preparing, false).await {
                // Their order is kept: none of them is concluded before this one.
                for (_, preparing) in ahead {
                    let _ = preparing.await;
                }
                return Err(error);
            }
        }
    }

    /// Claims a file and begins to prepare it; `None` when it went away.
    async fn start(&self, found: Found) -> Result<Option<Ahead>> {
        let (inbox, now) = (self.config.inbox.clone(), (self.deps.now)());
        let claim =
            aside(move || Claim::take(&inbox, &found, now)).await.context("a file cannot be claimed")?;
        Ok(claim.map(|claim| self.prepare(Arc::new(claim))))
    }

    fn prepare(&self, claim: Arc<Claim>) -> Ahead {
        let preparing = tokio::spawn(prepare(claim.clone(), self.deps.pages.clone()));
        (claim, preparing)
    }

    /// A file that was in hand when something failed. If it is what ends the program, that is seen in the end.
    async fn take_again(&self, mut claim: Claim) -> Result<()> {
        let crashes = claim.crashes();
        if crashes >= MOST_CRASHES {
            let bytes = claim.path().metadata().map_or(0, |metadata| metadata.len());
            return self.refuse(&Arc::new(claim), bytes, CRASHES.into()).await;
        }
        claim.set_crashes(crashes + 1)?;
        let (claim, preparing) = self.prepare(Arc::new(claim));
        let result = self.conclude(&claim, preparing, true).await;
        if let (Err(_), Some(mut claim)) = (&result, Arc::into_inner(claim)) {
            claim.set_crashes(crashes)?;
        }
        result
    }

    /// Commits what was prepared, then puts the file away.
    async fn conclude(
        &self,
        claim: &Arc<Claim>,
        preparing: JoinHandle<Result<Prepared>>,
        again: bool,
    ) -> Result<()> {
        match preparing.await.context("the preparation of a file broke off")?? {
            Prepared::Gone => {
                tracing::info!("a file was taken away before it could be read");
                claim.clear();
                Ok(())
            }
            Prepared::Bad { bytes, reason } => self.refuse(claim, bytes, reason).await,
            Prepared::Good(file) => {
                let scan = file.scan.clone();
                self.commit(claim, file, again).await?;
                self.put_away(claim.clone(), scan).await
            }
        }
    }

    async fn commit(&self, claim: &Claim, file: NewFile, again: bool) -> Result<()> {
        let (now, since) = ((self.deps.now)(), claim.at());
        let scan = file.scan.clone();
        let take = move |rows: &store::Writer| {
            if again && arrived(rows, &file, since)? {
                return Ok(None);
            }
            rows.take_file(&file, now).map(Some)
        };
        match self.deps.store.write_async(take).await.map_err(machine)? {
            Some(TakenFile::Taken { file, pages }) => {
                metrics::counter!("yomitori_files_total", "outcome" => "taken").increment(1);
                tracing::info!(file.seq = file, file.scan = %scan, file.pages = pages.len(), "file taken");
                for (page, state) in pages {
                    tracing::info!(page.id = %page, file.seq = file, state = state.as_str(), "page received");
                }
                self.committed.notify_one();
            }
            Some(TakenFile::Duplicate { file, of }) => {
                metrics::counter!("yomitori_files_total", "outcome" => "duplicate").increment(1);
                tracing::info!(file.seq = file, file.duplicate_of = of, file.scan = %scan, "file came before");
            }
            None => tracing::info!(file.scan = %scan, "file was already taken before the interruption"),
        }
        Ok(())
    }

    /// Moves the file to the day's folder of `scans`, or seals it there.
    async fn put_away(&self, claim: Arc<Claim>, scan: ScanId) -> Result<()> {
        let day = claim.at().to_zoned(self.config.time_zone.clone()).date().to_string();
        let folder = self.config.scans.join(day).join(claim.stream());
        let keys = self.config.keys.clone();
        let put = move || {
            let (name, path) = (claim.name(), claim.path());
            match &keys {
                Some(keys) => seal_into(&folder, name, &path, &scan, keys).map_err(io::Error::other)?,
                None => drop(move_into(&folder, name, &path)?),
            }
            claim.clear();
            Ok(())
        };
        aside(put).await.context("a file that was taken cannot be put away")
    }

    /// Notes a bad file, and moves it to `failed` with a note for people.
    async fn refuse(&self, claim: &Arc<Claim>, bytes: u64, reason: String) -> Result<()> {
        let now = (self.deps.now)();
        let name = claim.name().to_string_lossy().into_owned();
        let stream = claim.stream();
        let note = self.note((&name, &stream), claim.at(), &reason);
        let fail = move |rows: &store::Writer| rows.fail_file(&stream, &name, bytes, &reason, now);
        let seq = self.deps.store.write_async(fail).await.map_err(machine)?;
        metrics::counter!("yomitori_files_total", "outcome" => "failed").increment(1);
        tracing::warn!(file.seq = seq, "file failed; the reason lies beside it");
        let (failed, claim) = (self.config.inbox.join(FAILED), claim.clone());
        let put = move || {
            move_with_reason(&failed, claim.name(), &claim.path(), &note)?;
            claim.clear();
            Ok(())
        };
        aside(put).await.context("a bad file cannot be put aside")
    }

    /// Notes what lies in the inbox and never becomes a scan, and moves it to `failed` with a note for people.
    async fn put_stray_aside(&self, stray: Stray) -> Result<()> {
        let reason = match stray.why {
            StrayKind::Unfinished => UNFINISHED,
            StrayKind::NoFile => NO_FILE,
        };
        let (now, from) = ((self.deps.now)(), self.config.inbox.join(&stray.relative));
        let name = stray.relative.file_name().unwrap_or_default().to_owned();
        let folder = stray.relative.parent().unwrap_or(Path::new("")).to_string_lossy().into_owned();
        let told = name.to_string_lossy().into_owned();
        let note = self.note((&told, &folder), now, reason);
        let bytes = from.symlink_metadata().map_or(0, |metadata| metadata.len());
        let failed = self.config.inbox.join(FAILED);
        // Somebody may have finished, renamed or removed it in this very moment.
        let moved = aside(move || match from.symlink_metadata() {
            Ok(_) => move_with_reason(&failed, &name, &from, &note).map(|()| true),
            Err(_) => Ok(false),
        });
        if moved.await.context("what is no scan cannot be put aside")? {
            let fail = move |rows: &store::Writer| rows.fail_file(&folder, &told, bytes, reason, now);
            let seq = self.deps.store.write_async(fail).await.map_err(machine)?;
            tracing::warn!(file.seq = seq, "no scan; the reason lies beside it");
        }
        Ok(())
    }

    fn note(&self, (name, stream): (&str, &str), at: Timestamp, reason: &str) -> String {
        let at = at.to_zoned(self.config.time_zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
        let folder = if stream.is_empty() { "inbox" } else { stream };
        format!(
            "ファイル　: {name}\n入れた場所: {folder}\n受付日時　: {at}\n\n取り込めませんでした。\n{reason}。\n\n\
             このファイルは消さずにここに残しています。直したファイルは inbox に入れ直してください。\n"
        )
    }
}

/// Whether `file` is already among the arrivals since it was claimed: it was interrupted after its commit.
fn arrived(rows: &Rows, file: &NewFile, since: jiff::Timestamp) -> Result<bool, store::Error> {
    let latest = rows.scan_files(None, LATEST)?;
    Ok(latest.iter().any(|row| {
        row.state != FileState::Failed
            && row.scan.as_ref() == Some(&file.scan)
            && (&row.name, &row.folder) == (&file.name, &file.folder)
            && row.arrived_at >= since
    }))
}

/// Runs `work` where waiting for a disk or a share stops nobody.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T> {
    Ok(tokio::task::spawn_blocking(work).await??)
}

fn machine(error: store::Error) -> anyhow::Error {
    let temporary = error.is_temporary();
    anyhow!(error).context(if temporary { "the database is busy or full" } else { "the database refuses" })
}
