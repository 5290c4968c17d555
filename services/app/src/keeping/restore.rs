//! `yomitori restore`: a generation becomes a data directory again. Never over data; under its name only when whole.

use super::backup::picture_store;
use super::manifest::{Manifest, choose};
use super::pictures::{self, Carried};
use super::{DATABASE, FILES, SCANS, files};
use crate::cli::RestoreArgs;
use crate::commands::import::actor;
use crate::config::Config;
use crate::{hub, print_line};
use anyhow::{Context, Result, bail, ensure};
use jiff::Timestamp;
use serde_json::json;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use store::Store;

/// Pages asked for anew in one transaction.
const AT_ONCE: usize = 200;

/// Runs it.
pub fn run(config: &Config, args: &RestoreArgs) -> Result<()> {
    let generation = choose(&args.dir, args.generation.as_deref())?;
    let manifest = Manifest::read(&generation)?;
    fits(config, &manifest)?;
    let staging = Staging::open(&config.data_dir)?;
    manifest.database.bring(&generation, &staging.dir)?;
    for file in &manifest.files {
        file.bring(&generation.join(FILES), &staging.dir)?;
    }
    let here = Config { data_dir: staging.dir.clone(), ..config.clone() };
    let store = hub::open_store(&here).context("the rows of the backup")?;
    same_rows(&store, &manifest)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let carried = runtime.block_on(async {
        let (from, to) = (picture_store(config, &args.dir)?, hub::open_pages(&here)?);
        pictures::carry(&store, &from, &to, false).await
    })?;
    if args.scans {
        for scan in files::below(&args.dir.join(SCANS))? {
            files::copy(&args.dir.join(SCANS).join(&scan), &staging.dir.join(SCANS).join(&scan))?;
        }
    }
    let asked = ask_anew(&store, &manifest)?;
    let faults = store.examine(&mut |_, _, _| {})?;
    drop(store);
    staging.finish()?;
    tell(config, args, &generation, &manifest, &carried, asked)?;
    let lost = carried.missing.len();
    if let Some(fault) = faults.first() {
        bail!("restored, but not everything is sound: {}; run `yomitori check --deep`", fault.words);
    }
    if lost > 0 {
        bail!("restored, but the pictures of {lost} pages are not in the backup; scan those pages again");
    }
    Ok(())
}

/// The backup needs the key that it was made with, and no other kind of house.
fn fits(config: &Config, manifest: &Manifest) -> Result<()> {
    match (&manifest.key, &config.keys) {
        (None, None) => Ok(()),
        (None, Some(_)) => bail!(
            "this backup was made without a key: restore it without YOMITORI_KEY and YOMITORI_KEY_FILE, and seal it \
             afterwards by `yomitori keys rotate`"
        ),
        (Some(id), None) => bail!(
            "this backup is sealed with the key {id}: name the key file by YOMITORI_KEY_FILE; without it nobody can \
             open the backup"
        ),
        (Some(id), Some(keys)) => {
            ensure!(
                keys.rows.find(id).is_some(),
                "this backup is sealed with the key {id}, which is not in the key file: add its line below the newest"
            );
            Ok(())
        }
    }
}

/// Where a data directory is put together, beside its place.
struct Staging {
    dir: PathBuf,
    place: PathBuf,
    _lock: File,
}

impl Staging {
    fn open(place: &Path) -> Result<Self> {
        let taken = place.read_dir().is_ok_and(|mut entries| entries.next().is_some());
        ensure!(
            !taken,
            "{} holds data, and nothing is ever restored over data: name a new directory with --data-dir",
            place.display()
        );
        let mut name = place.file_name().context("--data-dir names no directory")?.to_owned();
        name.push(".restoring");
        let dir = place.with_file_name(name);
        hub::make_private(&dir)?;
        let lock = File::create(dir.join("restore.lock"))
            .with_context(|| format!("cannot write into {}", dir.display()))?;
        ensure!(lock.try_lock().is_ok(), "another restore is writing {}; wait for it", dir.display());
        // Pictures that a restore which broke off has brought are kept; rows begin anew.
        for file in ["", "-wal", "-shm", "-journal"] {
            match fs::remove_file(dir.join(format!("{DATABASE}{file}"))) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error)
                        .with_context(|| format!("cannot remove {DATABASE} in {}", dir.display()));
                }
                _ => {}
            }
        }
        Ok(Self { dir, place: place.to_owned(), _lock: lock })
    }

    /// Gives the whole directory its name.
    fn finish(self) -> Result<()> {
        for name in ["restore.lock", "yomitori.lock", "yomitori.in-use"] {
            // What is not there needs no removing.
            let _ = fs::remove_file(self.dir.join(name));
        }
        if self.place.is_dir() {
            fs::remove_dir(&self.place)
                .with_context(|| format!("cannot replace the empty {}", self.place.display()))?;
        }
        fs::rename(&self.dir, &self.place)
            .with_context(|| format!("cannot rename {} to {}", self.dir.display(), self.place.display()))?;
        let folder = self.place.parent().filter(|folder| !folder.as_os_str().is_empty());
        files::sync(folder.unwrap_or(Path::new(".")))
    }
}

/// Every table has as many rows as when the backup was made.
fn same_rows(store: &Store, manifest: &Manifest) -> Result<()> {
    let now = store.counted()?.rows;
    for (table, rows) in &manifest.rows {
        ensure!(
            now.get(table) == Some(rows),
            "the backup is not whole: {table} should have {rows} rows; take another generation"
        );
    }
    Ok(())
}

/// What was in flight when the house was lost is asked for with new rounds: late answers count for nothing.
fn ask_anew(store: &Store, manifest: &Manifest) -> Result<u64> {
    let now = Timestamp::now();
    let mut asked = 0;
    for pages in store.read(|rows| rows.unread_pages())?.chunks(AT_ONCE) {
        asked += u64::from(store.write(|rows| rows.requeue_restored(pages, &actor(), now))?);
    }
    let detail = format!("rows of {}, {asked} pages asked for anew", manifest.made_at);
    store.write(|rows| rows.backup_restored(&detail, &actor(), now))?;
    Ok(asked)
}

fn tell(
    config: &Config,
    args: &RestoreArgs,
    generation: &Path,
    manifest: &Manifest,
    carried: &Carried,
    asked: u64,
) -> Result<()> {
    let count = |table: &str| manifest.rows.get(table).copied().unwrap_or(0);
    if args.json {
        return print_line(
            &json!({
                "data_dir": config.data_dir, "generation": generation.file_name().map(|name| name.to_string_lossy()),
                "made_at": manifest.made_at, "pages": count("pages"), "record_rows": count("records"),
                "pictures": carried.all, "missing": carried.missing, "asked_anew": asked,
            })
            .to_string(),
        );
    }
    print_line(&format!("restored {} as of {}", config.data_dir.display(), manifest.made_at))?;
    print_line(&format!(
        "rows     {} pages, {} entries and reversals of records",
        count("pages"),
        count("records")
    ))?;
    print_line(&format!("pictures {}", carried.all))?;
    print_line(&format!(
        "unread   {asked} pages are asked for anew; answers to the lost house count for nothing"
    ))?;
    print_line(
        "next     put every file that was scanned since then into the inbox again: what is known is recognised. \
         Keys, certificates and the queue's own settings are in no backup.",
    )
}
