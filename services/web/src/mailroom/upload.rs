//! アップロード. A file from a browser into the inbox, where intake finds it like any scanner's: written elsewhere first
//! and put there whole, or not at all.

use crate::Screens;
use crate::frame::Person;
use axum::Json;
use axum::body::{Body, HttpBody};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::inbox;
use serde_json::json;
use std::future::poll_fn;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use vision::decode::Limits;

/// Where files lie until they are whole: within the inbox, so that a rename is enough; hidden, so that nobody takes them.
const UNFINISHED: &str = ".upload";
/// A browser that sends nothing for so long has gone.
const SILENCE: Duration = Duration::from_secs(60);
/// No upload takes so long.
const FORGOTTEN: Duration = Duration::from_secs(24 * 3600);
/// Room that stays free on the disk: the database, its log and the pictures of what is being read.
const RESERVE: u64 = 512 << 20;
/// Files in one folder that wait to be taken; more is a mistake or an attack.
const MOST_WAITING: usize = 2000;
/// Longest header that is read as a name, bytes of its encoding.
const LONGEST_HEADER: usize = 2000;

/// Why a file is not taken: the status, and words for a clerk.
type Refused = (StatusCode, String);

/// A file that is not whole yet; gone when it is dropped.
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        // After the rename there is nothing to remove.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// `POST /inbox/upload`: one file as the body. Its name and folder stand percent-encoded in `x-file-name` and
/// `x-folder`: names of files may be names of people, and addresses are written to logs.
pub async fn upload(
    State(screens): State<Screens>,
    person: Person,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match take(&screens, &headers, body).await {
        Ok((name, bytes)) => {
            tracing::info!(bytes, staff = %person.actor.staff, "a file was uploaded");
            Json(json!({ "name": name, "bytes": bytes })).into_response()
        }
        Err((status, words)) => (status, Json(json!({ "wrong": words }))).into_response(),
    }
}

async fn take(screens: &Screens, headers: &HeaderMap, body: Body) -> Result<(String, u64), Refused> {
    let room = &screens.mailroom;
    let size = declared(headers)?;
    let typed = text(headers, "x-file-name");
    let folder = folder(&text(headers, "x-folder"))?;
    let _turn = room.turns.acquire().await.map_err(|_| trouble("closing"))?;
    let (inbox, target) = (room.inbox.clone(), room.inbox.join(&folder));
    let check = move || prepare(&inbox, &target, size);
    let unfinished = tokio::task::spawn_blocking(check).await.map_err(trouble)??;
    let ending = write(&unfinished.0, body, size).await?;
    let name = inbox::safe_name(&typed, ending);
    let target = room.inbox.join(&folder);
    let put = move || put(&unfinished, &target, &name).map_err(trouble);
    let name = tokio::task::spawn_blocking(put).await.map_err(trouble)??;
    Ok((name, size))
}

/// The size that the browser declares, if it may be sent.
fn declared(headers: &HeaderMap) -> Result<u64, Refused> {
    let size = headers.get(header::CONTENT_LENGTH).and_then(|size| size.to_str().ok()?.parse::<u64>().ok());
    let limit = Limits::default().max_file_bytes;
    match size {
        None => Err((
            StatusCode::LENGTH_REQUIRED,
            "ファイルの大きさが分からないため、受け付けませんでした。".into(),
        )),
        Some(0) => Err((StatusCode::BAD_REQUEST, "空のファイルです。スキャンし直してください。".into())),
        Some(size) if size > limit => Err((
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("大きすぎます（1ファイル {} MB まで）。分けて送ってください。", limit >> 20),
        )),
        Some(size) => Ok(size),
    }
}

/// A percent-encoded header as text; empty when it is missing or cannot be read.
fn text(headers: &HeaderMap, name: &str) -> String {
    let encoded = headers.get(name).map(|value| value.as_bytes()).unwrap_or_default();
    let encoded = &encoded[..encoded.len().min(LONGEST_HEADER)];
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some((&byte, tail)) = rest.split_first() {
        let digits = (byte == b'%').then(|| tail.get(..2)).flatten();
        let value = digits.and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        bytes.push(value.unwrap_or(byte));
        rest = if value.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn folder(typed: &str) -> Result<PathBuf, Refused> {
    if typed.is_empty() {
        return Ok(PathBuf::new());
    }
    let sound = typed.split('/').map(inbox::safe_folder).collect::<Option<PathBuf>>();
    sound.ok_or((StatusCode::BAD_REQUEST, "そのフォルダー名は使えません。選び直してください。".into()))
}

/// Looks at the disk and the folders before a byte is written; the place for the unfinished file.
fn prepare(inbox: &Path, target: &Path, size: u64) -> Result<Unfinished, Refused> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    std::fs::create_dir_all(target).map_err(trouble)?;
    // A link in the inbox must not lead an upload out of it.
    let inside = |path: &Path| Ok::<_, io::Error>(path.canonicalize()?.starts_with(inbox.canonicalize()?));
    if !inside(target).map_err(trouble)? {
        return Err((
            StatusCode::BAD_REQUEST,
            "そのフォルダーには入れられません。選び直してください。".into(),
        ));
    }
    if std::fs::read_dir(target).map_err(trouble)?.take(MOST_WAITING + 1).count() > MOST_WAITING {
        let words = "このフォルダーには取込を待つファイルが多すぎます。取り込まれてから送ってください。";
        return Err((StatusCode::SERVICE_UNAVAILABLE, words.into()));
    }
    let disk = rustix::fs::statvfs(inbox).map_err(trouble)?;
    // The file itself and, until it is put away, the pictures of its pages.
    if disk.f_bavail.saturating_mul(disk.f_frsize) < size.saturating_mul(2) + RESERVE {
        let words = "保存先の空き容量が足りません。管理者へ連絡してください。";
        return Err((StatusCode::INSUFFICIENT_STORAGE, words.into()));
    }
    let folder = inbox.join(UNFINISHED);
    std::fs::create_dir_all(&folder).map_err(trouble)?;
    sweep(&folder);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    Ok(Unfinished(folder.join(format!("{}-{number}", std::process::id()))))
}

/// Removes what a program that was killed in the middle of an upload has left.
fn sweep(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let changed = entry.metadata().and_then(|metadata| metadata.modified());
        let age = changed.ok().and_then(|changed| changed.elapsed().ok());
        if age.is_some_and(|age| age > FORGOTTEN) {
            // Another upload may be at it; what stays is met again.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Writes the body, exactly `size` bytes; what kind of file it is by its first bytes.
async fn write(path: &Path, mut body: Body, size: u64) -> Result<&'static str, Refused> {
    let path = path.to_owned();
    let create = move || std::fs::File::create(path).map_err(trouble);
    let mut file = tokio::task::spawn_blocking(create).await.map_err(trouble)??;
    let (mut written, mut head, mut ending) = (0_u64, Vec::with_capacity(HEAD), None);
    loop {
        let next = poll_fn(|context| Pin::new(&mut body).poll_frame(context));
        let frame = tokio::time::timeout(SILENCE, next).await.map_err(|_| broken_off())?;
        let Some(frame) = frame else { break };
        let Ok(bytes) = frame.map_err(|_| broken_off())?.into_data() else { continue };
        written += bytes.len() as u64;
        if written > size {
            return Err((
                StatusCode::BAD_REQUEST,
                "申告より大きいファイルです。受け付けませんでした。".into(),
            ));
        }
        if ending.is_none() {
            head.extend_from_slice(&bytes[..bytes.len().min(HEAD - head.len())]);
            if head.len() == HEAD || written == size {
                ending = Some(kind(&head)?);
            }
        }
        let add = move || file.write_all(&bytes).map(|()| file).map_err(trouble);
        file = tokio::task::spawn_blocking(add).await.map_err(trouble)??;
    }
    if written < size {
        return Err(broken_off());
    }
    let keep = move || file.sync_all().map_err(trouble);
    tokio::task::spawn_blocking(keep).await.map_err(trouble)??;
    ending.ok_or_else(broken_off)
}

/// First bytes that tell the kinds apart.
const HEAD: usize = 8;

/// The ending that belongs to the first bytes of a file.
fn kind(head: &[u8]) -> Result<&'static str, Refused> {
    let kinds: [(&[u8], &str); 5] = [
        (b"\xff\xd8\xff", ".jpg"),
        (b"\x89PNG", ".png"),
        (b"II*\0", ".tif"),
        (b"MM\0*", ".tif"),
        (b"%PDF-", ".pdf"),
    ];
    let known = kinds.into_iter().find(|(start, _)| head.starts_with(start));
    let words = "TIFF・JPEG・PNG・PDF のファイルだけを受け付けます。";
    known.map(|(_, ending)| ending).ok_or((StatusCode::UNSUPPORTED_MEDIA_TYPE, words.into()))
}

/// Puts the whole file into its folder at once, under a name that is free there.
fn put(unfinished: &Unfinished, folder: &Path, name: &str) -> io::Result<String> {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, "jpg"));
    let names = (1..).map(|number: u32| match number {
        1 => name.to_owned(),
        _ => format!("{stem}-{number}.{ending}"),
    });
    for name in names.take(MOST_WAITING) {
        let to = folder.join(&name);
        // A link fails when somebody (a scanner, another browser) has taken the name; a rename would overwrite.
        match std::fs::hard_link(&unfinished.0, &to) {
            Ok(()) => return Ok(name),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            // Some shares know no second name for a file.
            Err(_) if !to.exists() => return std::fs::rename(&unfinished.0, &to).map(|()| name),
            Err(_) => {}
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn broken_off() -> Refused {
    (StatusCode::BAD_REQUEST, "送信が途中で切れました。何も残していません。もう一度送ってください。".into())
}

fn trouble(error: impl std::fmt::Display) -> Refused {
    tracing::error!(%error, "an upload could not be written");
    let words = "受信フォルダーに書き込めませんでした。もう一度試し、続くときは管理者へ連絡してください。";
    (StatusCode::INTERNAL_SERVER_ERROR, words.into())
}
