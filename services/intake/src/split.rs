//! From a file in hand to pictures in the page store: everything that has to be safe before the rows are written.

use crate::claim::Claim;
use anyhow::{Context, Result};
use domain::ids::ScanId;
use pages::PageStore;
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{NewFile, NewImage, NewPage};
use vision::decode::{DecodeError, Limits, Media, PageImage};

/// How often a file is read before it counts as unreadable, and the pause in between: a share may hiccup.
const READINGS: u32 = 3;
const BETWEEN_READINGS: Duration = Duration::from_secs(1);

const FORBIDDEN: &str = "ファイルを読む権限がありません。スキャナーまたは共有フォルダの権限を確認してから、もう一度入れてください";
const NOT_READ: &str =
    "ファイルを最後まで読めませんでした。保存先の装置を確認し、もう一度送るか再スキャンしてください";
const NO_PAGES: &str = "ファイルにページがありません。再スキャンしてください";
const BROKE: &str = "ファイルを開く途中でプログラムの異常が起きました。別の形式（TIFF・JPEG・PDF）で再スキャンし、システム管理者に連絡してください";

/// What a file turned out to be.
pub(crate) enum Prepared {
    /// Its pictures are stored.
    Good(NewFile),
    /// It cannot be taken.
    Bad {
        /// Size.
        bytes: u64,
        /// Why, for people.
        reason: String,
    },
    /// Somebody deleted it.
    Gone,
}

/// A file on its way through.
struct Opened {
    scan: ScanId,
    bytes: u64,
    pages: Vec<Result<PageImage, DecodeError>>,
}

/// Why there is nothing [`Opened`].
enum Refused {
    Bad { bytes: u64, reason: String },
    Gone,
}

/// Reads, hashes and splits the file, and stores its pictures. An error is the machine's: to be tried again.
pub(crate) async fn prepare(claim: Arc<Claim>, pages: Arc<dyn PageStore>) -> Result<Prepared> {
    let (path, started) = (claim.path(), Instant::now());
    let opened = match tokio::task::spawn_blocking(move || open(&path)).await {
        Ok(Ok(opened)) => opened,
        Ok(Err(Refused::Gone)) => return Ok(Prepared::Gone),
        Ok(Err(Refused::Bad { bytes, reason })) => return Ok(Prepared::Bad { bytes, reason }),
        Err(_) => return Ok(Prepared::Bad { bytes: 0, reason: BROKE.into() }),
    };
    metrics::histogram!("yomitori_stage_seconds", "stage" => "take").record(started.elapsed());
    let mut stored = Vec::with_capacity(opened.pages.len());
    for (page, number) in opened.pages.into_iter().zip(1..) {
        let image = match page {
            Ok(page) => {
                let media = media_type(page.media).to_owned();
                let started = Instant::now();
                let image = pages.put(page.bytes, page.media.extension()).await;
                metrics::histogram!("yomitori_stage_seconds", "stage" => "store").record(started.elapsed());
                NewImage::Stored { image: image.context("a page picture cannot be stored")?, media }
            }
            Err(error) => NewImage::Failed { reason: error.to_string() },
        };
        stored.push(NewPage { number, image });
    }
    Ok(Prepared::Good(NewFile {
        scan: opened.scan,
        name: claim.name().to_string_lossy().into_owned(),
        folder: claim.stream(),
        bytes: opened.bytes,
        pages: stored,
    }))
}

fn open(path: &Path) -> Result<Opened, Refused> {
    let limits = Limits::default();
    let bytes = read(path, &limits)?;
    let size = bytes.len() as u64;
    let bad = |reason: String| Refused::Bad { bytes: size, reason };
    let pages = vision::decode::split(&bytes, &limits).map_err(|error| bad(error.to_string()))?;
    if pages.is_empty() {
        return Err(bad(NO_PAGES.into()));
    }
    Ok(Opened { scan: ScanId(blake3::hash(&bytes).to_hex().to_string()), bytes: size, pages })
}

/// All bytes, unless there are too many.
fn read(path: &Path, limits: &Limits) -> Result<Vec<u8>, Refused> {
    let mut readings = 0;
    loop {
        readings += 1;
        let error = match read_once(path, limits.max_file_bytes) {
            Ok((size, _)) if size > limits.max_file_bytes => {
                let reason = DecodeError::TooManyBytes { limit: limits.max_file_bytes }.to_string();
                return Err(Refused::Bad { bytes: size, reason });
            }
            Ok((_, bytes)) => return Ok(bytes),
            Err(error) => error,
        };
        let bytes = path.metadata().map_or(0, |metadata| metadata.len());
        match error.kind() {
            ErrorKind::NotFound => return Err(Refused::Gone),
            ErrorKind::PermissionDenied => return Err(Refused::Bad { bytes, reason: FORBIDDEN.into() }),
            _ if readings == READINGS => return Err(Refused::Bad { bytes, reason: NOT_READ.into() }),
            _ => std::thread::sleep(BETWEEN_READINGS),
        }
    }
}

/// The size, and the bytes unless they are more than `limit`.
fn read_once(path: &Path, limit: u64) -> io::Result<(u64, Vec<u8>)> {
    let file = std::fs::File::open(path)?;
    let size = file.metadata()?.len();
    let mut bytes = Vec::new();
    if size <= limit {
        bytes.reserve_exact(size as usize);
        file.take(limit + 1).read_to_end(&mut bytes)?;
    }
    Ok((size.max(bytes.len() as u64), bytes))
}

fn media_type(media: Media) -> &'static str {
    match media {
        Media::Jpeg => "image/jpeg",
        Media::Png => "image/png",
        Media::Tiff => "image/tiff",
    }
}
