//! `yomitori check --deep`: every hash, every count, every reference. Reads everything, changes nothing.

use super::bar;
use crate::commands::audit;
use crate::config::Config;
use crate::hub;
use crate::print_line;
use anyhow::{Context, Result, bail, ensure};
use domain::ids::ImageHash;
use pages::{Names, PageStore, PagesError};
use serde::Serialize;
use std::path::Path;
use std::sync::Arc;
use store::{Fault, Picture, Store};
use tokio::task::JoinSet;

/// Pictures read at once.
const AT_ONCE: usize = 8;
/// Pictures asked of the rows at once.
const ROWS: u32 = 1000;
/// Faults of one kind told one by one.
const TOLD: usize = 20;

/// One thing that was looked through.
#[derive(Serialize)]
struct Finding {
    what: &'static str,
    ok: bool,
    /// What was found, in a line.
    found: String,
    faults: Vec<Wrong>,
}

/// One thing that is wrong.
#[derive(Serialize)]
struct Wrong {
    words: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    example: Option<String>,
}

impl Wrong {
    fn new(words: impl Into<String>) -> Self {
        Self { words: words.into(), example: None }
    }
}

impl From<Fault> for Wrong {
    fn from(fault: Fault) -> Self {
        Self { words: fault.words, example: fault.example }
    }
}

/// Runs it; fails when anything is wrong.
pub fn run(config: &Config, as_json: bool) -> Result<()> {
    ensure!(
        config.data_dir.join(super::DATABASE).is_file(),
        "there is no data in {}; name another directory with --data-dir",
        config.data_dir.display()
    );
    let store = hub::open_store(config)?;
    let pages = hub::open_pages(config)?;
    let rows = rows(&store)?;
    let (pictures, strays) = tokio::runtime::Runtime::new()?.block_on(async {
        // Names first: a picture is stored before its row is written, so that one without a row has had its time.
        let names = names(&*pages).await?;
        anyhow::Ok((pictures(&store, &pages).await?, strays(config, &store, &names)?))
    })?;
    let findings = [rows, pictures, strays, access_log(config, &store)?];
    for finding in &findings {
        tell(finding, as_json)?;
    }
    let wrong: usize = findings.iter().map(|finding| finding.faults.len()).sum();
    if wrong > 0 {
        bail!(
            "{wrong} faults; nothing was changed. Stop the roles, keep a copy of the data directory, and bring back what \
             the lines above name from a backup (`yomitori restore` into a new directory, docs/keeping.md)"
        );
    }
    Ok(())
}

fn tell(finding: &Finding, as_json: bool) -> Result<()> {
    if as_json {
        return print_line(&serde_json::to_string(finding)?);
    }
    let mark = if finding.ok { "ok  " } else { "BAD " };
    print_line(&format!("{mark} {}: {}", finding.what, finding.found))?;
    for wrong in finding.faults.iter().take(TOLD) {
        let example = wrong.example.as_ref().map(|it| format!(" (for example {it})")).unwrap_or_default();
        print_line(&format!("     {}{example}", wrong.words))?;
    }
    match finding.faults.len().saturating_sub(TOLD) {
        0 => Ok(()),
        more => print_line(&format!("     and {more} more; --json tells all")),
    }
}

fn finding(what: &'static str, sound: String, faults: Vec<Wrong>) -> Finding {
    let found = if faults.is_empty() { sound } else { format!("{} faults", faults.len()) };
    Finding { what, ok: faults.is_empty(), found, faults }
}

fn rows(store: &Store) -> Result<Finding> {
    let progress = bar("rows", 0)?;
    let faults = store.examine(&mut |what, done, all| {
        progress.set_length(all);
        progress.set_position(done);
        progress.set_message(what.to_owned());
    })?;
    progress.finish_and_clear();
    let sound = match faults.is_empty() {
        true => {
            format!("{} rows, every reference and every count", store.counted()?.rows.values().sum::<u64>())
        }
        false => String::new(),
    };
    Ok(finding("rows", sound, faults.into_iter().map(Wrong::from).collect()))
}

async fn names(pages: &dyn PageStore) -> Result<Vec<ImageHash>> {
    let (mut all, mut names) = (Vec::new(), Names::new(pages, None));
    while let Some(name) = names.next().await.context("the page store cannot be listed")? {
        all.push(name);
    }
    Ok(all)
}

/// Reads every picture that rows speak of.
async fn pictures(store: &Store, pages: &Arc<dyn PageStore>) -> Result<Finding> {
    let progress = bar("pictures", store.read(|rows| rows.picture_count())?)?;
    let (mut faults, mut tasks, mut read) = (Vec::new(), JoinSet::new(), 0_u64);
    let mut after: Option<ImageHash> = None;
    loop {
        let next = store.read(|rows| rows.pictures(after.as_ref(), ROWS))?;
        let Some(last) = next.last() else { break };
        after = Some(last.image.clone());
        for picture in next {
            if tasks.len() >= AT_ONCE {
                faults.extend(one_done(&mut tasks).await?);
            }
            tasks.spawn(look(picture, pages.clone()));
            read += 1;
            progress.set_position(read);
        }
    }
    while !tasks.is_empty() {
        faults.extend(one_done(&mut tasks).await?);
    }
    progress.finish_and_clear();
    Ok(finding("pictures", format!("{read} read, every hash right"), faults))
}

async fn one_done(tasks: &mut JoinSet<Result<Option<Wrong>>>) -> Result<Option<Wrong>> {
    match tasks.join_next().await {
        Some(ended) => ended.context("looking at a picture broke off")?,
        None => Ok(None),
    }
}

async fn look(picture: Picture, pages: Arc<dyn PageStore>) -> Result<Option<Wrong>> {
    let what = match pages.get(&picture.image).await {
        Ok(_) => return Ok(None),
        Err(PagesError::Missing(_)) => "is missing",
        Err(PagesError::Damaged(_)) => "is damaged",
        // The store is away: nothing can be said about any picture.
        Err(error) if error.is_temporary() => return Err(error.into()),
        Err(error) => {
            return Ok(Some(Wrong::new(format!(
                "the picture of page {} cannot be opened: {error}",
                picture.page
            ))));
        }
    };
    Ok(Some(Wrong::new(format!("the picture {} of page {} {what}", picture.image, picture.page))))
}

/// Pictures without a row: a page whose row was lost, unless intake has its file in hand or could not take it whole.
fn strays(config: &Config, store: &Store, names: &[ImageHash]) -> Result<Finding> {
    let mut alone = Vec::new();
    for name in names {
        if !store.read(|rows| rows.shows(name))? {
            alone.push(name);
        }
    }
    let inbox = hub::inbox(config);
    let explained = holds_files(&inbox.join(".claimed")) || holds_files(&inbox.join("failed"));
    if explained {
        let sound = format!(
            "{} in the store, {} of them of files that are in hand or in inbox/failed",
            names.len(),
            alone.len()
        );
        return Ok(finding("pictures without a page", sound, Vec::new()));
    }
    let faults = alone.iter().map(|name| {
        Wrong::new(format!(
            "the picture {name} belongs to no page: a row was lost, or its file was never taken whole"
        ))
    });
    Ok(finding("pictures without a page", format!("none of {}", names.len()), faults.collect()))
}

fn holds_files(folder: &Path) -> bool {
    folder.read_dir().is_ok_and(|mut entries| entries.next().is_some())
}

fn access_log(config: &Config, store: &Store) -> Result<Finding> {
    let proof = audit::prove(config, store, &[])?;
    let faults = proof.broken.iter().map(|broken| {
        Wrong::new(format!("the access log is broken at line {}: {}", broken.seq(), broken.text()))
    });
    let sound = format!("{} lines follow each other", proof.reached.seq - proof.start.seq);
    Ok(finding("access log", sound, faults.collect()))
}
