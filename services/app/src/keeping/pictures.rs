//! Pictures from one page store into another, several at a time, each proven on its way.

use super::bar;
use anyhow::{Context, Result};
use domain::ids::{ImageHash, PageId};
use pages::{Names, PageStore, PagesError};
use std::collections::HashSet;
use std::sync::Arc;
use store::{Picture, Store};
use tokio::task::JoinSet;

/// Pictures on their way at once: enough to hide a disk's or a network's wait.
const AT_ONCE: usize = 8;
/// Pictures asked of the rows at once.
const ROWS: u32 = 1000;

/// What became of the pictures that rows speak of.
#[derive(Debug, Default)]
pub struct Carried {
    /// Of how many.
    pub all: u64,
    /// Newly written.
    pub copied: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Pages whose pictures are missing or damaged at their source.
    pub missing: Vec<PageId>,
}

/// What became of one.
enum Outcome {
    Copied(u64),
    Lost(PageId),
}

/// Brings every picture that `rows` speak of from `from` to `to`, those that are not there already; with `proven` those
/// that are there are read, too, and brought anew when they are damaged.
///
/// # Errors
/// A store failed in a way that may heal, or cannot be written; what was brought stays.
pub async fn carry(
    rows: &Store,
    from: &Arc<dyn PageStore>,
    to: &Arc<dyn PageStore>,
    proven: bool,
) -> Result<Carried> {
    let present = if proven { HashSet::new() } else { names(&**to).await? };
    let progress = bar("pictures", rows.read(|rows| rows.picture_count())?)?;
    let (mut carried, mut tasks) = (Carried::default(), JoinSet::new());
    let mut after: Option<ImageHash> = None;
    loop {
        let next = rows.read(|rows| rows.pictures(after.as_ref(), ROWS))?;
        let Some(last) = next.last() else { break };
        after = Some(last.image.clone());
        for picture in next {
            carried.all += 1;
            progress.set_position(carried.all);
            if present.contains(&picture.image) {
                continue;
            }
            if tasks.len() >= AT_ONCE {
                take(&mut tasks, &mut carried).await?;
            }
            tasks.spawn(one(picture, from.clone(), to.clone()));
        }
    }
    while !tasks.is_empty() {
        take(&mut tasks, &mut carried).await?;
    }
    progress.finish_and_clear();
    carried.missing.sort();
    Ok(carried)
}

async fn take(tasks: &mut JoinSet<Result<Option<Outcome>>>, carried: &mut Carried) -> Result<()> {
    if let Some(ended) = tasks.join_next().await {
        match ended.context("copying a picture broke off")?? {
            Some(Outcome::Copied(bytes)) => {
                carried.copied += 1;
                carried.bytes += bytes;
            }
            Some(Outcome::Lost(page)) => carried.missing.push(page),
            None => {}
        }
    }
    Ok(())
}

/// `None` when it is there already.
async fn one(picture: Picture, from: Arc<dyn PageStore>, to: Arc<dyn PageStore>) -> Result<Option<Outcome>> {
    if to.get(&picture.image).await.is_ok() {
        return Ok(None);
    }
    match from.get(&picture.image).await {
        Ok(bytes) => {
            let length = bytes.len() as u64;
            to.put(bytes, extension(picture.media.as_deref())).await?;
            Ok(Some(Outcome::Copied(length)))
        }
        Err(PagesError::Missing(_) | PagesError::Damaged(_)) => Ok(Some(Outcome::Lost(picture.page))),
        Err(error) => Err(error).with_context(|| format!("the picture of page {}", picture.page)),
    }
}

/// Every name in a store.
///
/// # Errors
/// It cannot be listed.
async fn names(store: &dyn PageStore) -> Result<HashSet<ImageHash>> {
    let (mut all, mut names) = (HashSet::new(), Names::new(store, None));
    while let Some(name) = names.next().await? {
        all.insert(name);
    }
    Ok(all)
}

fn extension(media: Option<&str>) -> &'static str {
    match media {
        Some("image/jpeg") => "jpg",
        Some("image/png") => "png",
        Some("application/pdf") => "pdf",
        _ => "tif",
    }
}
