//! `yomitori backup`: everything that cannot be scanned again, copied while everybody goes on working.

use super::files::{self, Entry};
use super::manifest::{Manifest, generations};
use super::pictures::{self, Carried};
use super::{DATABASE, FILES, GENERATIONS, PAGES, SCANS, bar};
use crate::cli::BackupArgs;
use crate::commands::import::actor;
use crate::config::Config;
use crate::{hub, print_line};
use anyhow::{Context, Result, bail, ensure};
use jiff::Timestamp;
use serde_json::json;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::Store;

/// What is kept of the data directory beside rows and pictures. Keys and certificates are not: they belong elsewhere.
const KEPT: &[&str] = &["yomitori.toml", "programmes.toml", "templates", "form-drafts", "access-archive"];
/// How the folder of a generation is called until it is whole.
const UNFINISHED: &str = "unfinished";

/// Runs it.
pub fn run(config: &Config, args: &BackupArgs) -> Result<()> {
    ensure!(
        config.data_dir.join(DATABASE).is_file(),
        "there is no data in {}; name another directory with --data-dir",
        config.data_dir.display()
    );
    let target = Target::open(&args.dir, &config.data_dir)?;
    let store = hub::open_store(config)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let (folder, manifest, carried) = runtime.block_on(make(config, args, &target, &store))?;
    let removed = target.forget(args.keep)?;
    let summary = format!("{} pages, {} pictures copied", count(&manifest, "pages"), carried.copied);
    store.write(|rows| rows.backup_made(&summary, &actor(), Timestamp::now()))?;
    tell(args, &folder, &manifest, &carried, removed)?;
    if let Some(page) = manifest.missing.first() {
        bail!(
            "the backup is kept, but {} pictures were missing or damaged (the first: page {page}); run `yomitori check \
             --deep`, and scan those pages again",
            manifest.missing.len()
        );
    }
    Ok(())
}

/// Where a backup goes. Only one at a time is made there.
struct Target {
    dir: PathBuf,
    _lock: File,
}

impl Target {
    fn open(dir: &Path, data_dir: &Path) -> Result<Self> {
        let ours = dir.join(GENERATIONS);
        let foreign = !ours.is_dir() && dir.read_dir().is_ok_and(|mut entries| entries.next().is_some());
        ensure!(
            !foreign,
            "{} holds something that is no backup; name an empty folder or one that a backup was made in",
            dir.display()
        );
        hub::make_private(&ours)?;
        let (inside, data) = (dir.canonicalize()?, data_dir.canonicalize()?);
        ensure!(
            !inside.starts_with(&data),
            "{} lies in the data directory and would be lost with it; name a folder on another disk",
            dir.display()
        );
        let lock = File::create(dir.join("backup.lock"))
            .with_context(|| format!("cannot write into {}", dir.display()))?;
        ensure!(lock.try_lock().is_ok(), "another backup is being made in {}; wait for it", dir.display());
        let target = Self { dir: dir.to_owned(), _lock: lock };
        target.sweep()?;
        Ok(target)
    }

    /// Removes what a backup that broke off has left; its pictures stay.
    fn sweep(&self) -> Result<()> {
        let unfinished = self.dir.join(UNFINISHED);
        if unfinished.is_dir() {
            fs::remove_dir_all(&unfinished)
                .with_context(|| format!("cannot remove {}", unfinished.display()))?;
        }
        Ok(())
    }

    /// Removes all but the newest `keep` generations; how many. Pictures stay: no page ever leaves the rows.
    fn forget(&self, keep: Option<u32>) -> Result<usize> {
        let Some(keep) = keep else { return Ok(0) };
        let all = generations(&self.dir)?;
        let old = &all[..all.len().saturating_sub(keep as usize)];
        for folder in old {
            fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
        }
        Ok(old.len())
    }
}

async fn make(
    config: &Config,
    args: &BackupArgs,
    target: &Target,
    store: &Store,
) -> Result<(PathBuf, Manifest, Carried)> {
    let from = hub::open_pages(config)?;
    let unfinished = target.dir.join(UNFINISHED);
    hub::make_private(&unfinished)?;
    let made_at = Timestamp::now();
    let copied = copy_rows(store, &unfinished)?;
    let database = Entry::of(&unfinished, Path::new(DATABASE))?;
    let mut manifest = Manifest::new(made_at, store.key_id(), database, copied);
    // After the rows: whatever they speak of is there by now.
    manifest.files = keep_files(&config.data_dir, &unfinished.join(FILES))?;
    let to = picture_store(config, &target.dir)?;
    let carried = pictures::carry(store, &from, &to, args.verify).await?;
    manifest.pictures = carried.all;
    manifest.missing.clone_from(&carried.missing);
    if args.scans {
        copy_scans(&config.data_dir.join(SCANS), &target.dir.join(SCANS))?;
    }
    manifest.write(&unfinished)?;
    let folder = target.dir.join(GENERATIONS).join(name(made_at));
    fs::rename(&unfinished, &folder).with_context(|| format!("cannot make {}", folder.display()))?;
    files::sync(&target.dir.join(GENERATIONS))?;
    Ok((folder, manifest, carried))
}

/// A generation's name: sorts as time does, and suits every file system.
fn name(at: Timestamp) -> String {
    let millisecond = at.as_millisecond().rem_euclid(1000);
    format!("{}.{millisecond:03}Z", at.strftime("%Y-%m-%dT%H%M%S"))
}

/// The pictures of a backup: a folder, sealed as the house's own are.
///
/// # Errors
/// It cannot be made.
pub fn picture_store(config: &Config, backup: &Path) -> Result<Arc<dyn pages::PageStore>> {
    let here = Config { data_dir: backup.to_owned(), pages: format!("file:{PAGES}"), ..config.clone() };
    hub::open_pages(&here)
}

fn copy_rows(store: &Store, folder: &Path) -> Result<store::Copied> {
    let progress = bar("rows", 0)?;
    let copied = store.copy_to(&folder.join(DATABASE), &mut |done, all| {
        progress.set_length(all);
        progress.set_position(done);
    });
    progress.finish_and_clear();
    let copied = copied.context("the rows could not be copied")?;
    files::sync(&folder.join(DATABASE))?;
    Ok(copied)
}

fn keep_files(data_dir: &Path, to: &Path) -> Result<Vec<Entry>> {
    let mut kept = Vec::new();
    for name in KEPT {
        let path = data_dir.join(name);
        let paths = match path.is_file() {
            true => vec![PathBuf::from(name)],
            false => files::below(&path)?.into_iter().map(|below| Path::new(name).join(below)).collect(),
        };
        for path in paths {
            files::copy(&data_dir.join(&path), &to.join(&path))?;
            kept.push(Entry::of(to, &path)?);
        }
    }
    Ok(kept)
}

/// Scans are written once under their names: one of the same size is the same.
fn copy_scans(from: &Path, to: &Path) -> Result<()> {
    let scans = files::below(from)?;
    let progress = bar("scans", scans.len() as u64)?;
    for scan in scans {
        let size = |folder: &Path| folder.join(&scan).metadata().map(|meta| meta.len()).ok();
        if size(from) != size(to) {
            files::copy(&from.join(&scan), &to.join(&scan))?;
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    Ok(())
}

fn count(manifest: &Manifest, table: &str) -> u64 {
    manifest.rows.get(table).copied().unwrap_or(0)
}

fn tell(
    args: &BackupArgs,
    folder: &Path,
    manifest: &Manifest,
    carried: &Carried,
    removed: usize,
) -> Result<()> {
    if args.json {
        return print_line(
            &json!({
                "generation": folder.file_name().map(|name| name.to_string_lossy()),
                "made_at": manifest.made_at, "key": manifest.key, "schema": manifest.schema,
                "database_bytes": manifest.database.bytes,
                "pages": count(manifest, "pages"), "record_rows": count(manifest, "records"),
                "pictures": carried.all, "pictures_copied": carried.copied, "picture_bytes": carried.bytes,
                "missing": carried.missing, "removed_generations": removed,
            })
            .to_string(),
        );
    }
    print_line(&format!("backup   {}", folder.display()))?;
    print_line(&format!(
        "rows     {} pages, {} entries and reversals of records, {:.1} MB",
        count(manifest, "pages"),
        count(manifest, "records"),
        manifest.database.bytes as f64 / 1e6
    ))?;
    print_line(&format!(
        "pictures {}, of which {} newly copied ({:.1} MB)",
        carried.all,
        carried.copied,
        carried.bytes as f64 / 1e6
    ))?;
    match &manifest.key {
        Some(key) => {
            print_line(&format!("key      {key}; keep the key file elsewhere: without it nobody opens this"))
        }
        None => print_line("key      none: whoever holds this folder can read it"),
    }
}
