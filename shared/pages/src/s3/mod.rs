//! The engine for many machines: an S3-compatible store over the network, `<prefix>/<hash>` in a bucket.
//!
//! Failing requests are tried again with growing pauses for [`PATIENCE`]; what fails then is temporary for the caller,
//! also when the server refuses: keys, clocks and buckets are put right while pages wait, and no page is at fault.

mod access;
mod words;

pub use access::Access;

use crate::PagesError;
use crate::contract::{LISTED, is_name};
use crate::engine::{Engine, check_extension, check_name};
use async_trait::async_trait;
use domain::ids::ImageHash;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::list::{PaginatedListOptions, PaginatedListStore};
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, BackoffConfig, Certificate, ClientOptions, Error, ObjectStore, ObjectStoreExt,
    PutMode, PutOptions, RetryConfig,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use words::{is_missing_bucket, is_unknown_condition, problem};

/// A connection that does not come up by then will not. 5 s: the farthest data centre answers in one.
const CONNECT: Duration = Duration::from_secs(5);
/// A server that sends nothing for so long has gone away.
const SILENCE: Duration = Duration::from_secs(10);
/// The longest that one request may take. 45 s: a picture of 20 MB over 4 Mbit/s.
const REQUEST: Duration = Duration::from_secs(45);
/// After so long no request is begun again; half of the time that a page is on loan to a reader.
const PATIENCE: Duration = Duration::from_secs(30);
/// A request is begun again so often: with the pauses below, some 3 s when every answer is a failure at once.
const AGAIN: usize = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Page pictures in a bucket.
#[derive(Clone)]
pub struct S3 {
    store: AmazonS3,
    /// Before every name: empty, or ending with `/`.
    prefix: String,
    /// For people: `s3://bucket/prefix`.
    place: String,
    /// Whether the server knows "only if there is none yet". Not all compatible ones do.
    knows_conditions: Arc<AtomicBool>,
}

impl S3 {
    /// The store at `place` (`bucket` or `bucket/prefix`). Nothing is sent yet.
    ///
    /// # Errors
    /// `place` or `access` is not right.
    pub fn open(place: &str, access: &Access) -> Result<Self, PagesError> {
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        let parts: Vec<&str> = prefix.split('/').filter(|part| !part.is_empty()).collect();
        let plain = |part: &&str| {
            *part != "."
                && *part != ".."
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        };
        if bucket.is_empty() || !std::iter::once(&bucket).chain(&parts).all(plain) {
            return Err(PagesError::Settings(format!(
                "s3://{place} is no bucket with a prefix: use s3://bucket/prefix, with letters, digits, -, _ and ."
            )));
        }
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region(&access.region)
            .with_access_key_id(&access.access_key)
            .with_secret_access_key(&access.secret_key)
            .with_disable_bulk_delete(true)
            .with_client_options(client(access)?)
            .with_retry(RetryConfig {
                backoff: BackoffConfig { init_backoff: FIRST_PAUSE, max_backoff: LONGEST_PAUSE, base: 2.0 },
                max_retries: AGAIN,
                retry_timeout: PATIENCE,
            });
        if let Some(endpoint) = &access.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        if let Some(token) = &access.token {
            builder = builder.with_token(token);
        }
        let store = builder.build().map_err(|error| PagesError::Settings(problem(&error)))?;
        let prefix: String = parts.iter().map(|part| format!("{part}/")).collect();
        let place = format!("s3://{bucket}/{prefix}");
        Ok(Self { store, prefix, place, knows_conditions: Arc::new(true.into()) })
    }

    fn path(&self, name: &ImageHash) -> Result<Path, PagesError> {
        Ok(Path::from(format!("{}{}", self.prefix, check_name(name)?)))
    }

    async fn put(
        &self,
        name: &ImageHash,
        bytes: Vec<u8>,
        extension: &str,
        mode: PutMode,
    ) -> Result<(), Error> {
        let path = Path::from(format!("{}{name}", self.prefix));
        let attributes = Attributes::from_iter([(Attribute::ContentType, media_type(extension))]);
        let options = PutOptions { mode, attributes, ..PutOptions::default() };
        self.store.put_opts(&path, bytes.into(), options).await.map(drop)
    }

    /// One answer of the server's list.
    async fn some_names(
        &self,
        after: Option<&ImageHash>,
        most: usize,
        page: Option<String>,
    ) -> Result<(Vec<ImageHash>, Option<String>), PagesError> {
        let options = PaginatedListOptions {
            offset: after.map(|after| format!("{}{after}", self.prefix)),
            max_keys: Some(most),
            page_token: page,
            ..PaginatedListOptions::default()
        };
        let prefix = (!self.prefix.is_empty()).then_some(self.prefix.as_str());
        let answer = self.store.list_paginated(prefix, options).await.map_err(self.failed("list"))?;
        let keys = answer.result.objects.iter().map(|object| object.location.as_ref());
        // Somebody else may keep other things in the same bucket.
        let names =
            keys.filter_map(|key| key.strip_prefix(self.prefix.as_str())).filter(|name| is_name(name));
        let mut names: Vec<ImageHash> = names.map(ImageHash::from).collect();
        names.sort_unstable();
        Ok((names, answer.page_token))
    }

    fn failed(&self, doing: &'static str) -> impl FnOnce(Error) -> PagesError {
        let place = self.place.clone();
        move |error| PagesError::Remote { doing, place, problem: problem(&error) }
    }
}

#[async_trait]
impl Engine for S3 {
    async fn write_new(&self, name: &ImageHash, bytes: Vec<u8>, extension: &str) -> Result<bool, PagesError> {
        check_name(name)?;
        check_extension(extension)?;
        if self.knows_conditions.load(Ordering::Relaxed) {
            match self.put(name, bytes.clone(), extension, PutMode::Create).await {
                Ok(()) => return Ok(true),
                Err(Error::AlreadyExists { .. }) => return Ok(false),
                Err(error) if is_unknown_condition(&error) => {
                    self.knows_conditions.store(false, Ordering::Relaxed);
                }
                // No answer, or a bad one: it may be there or not, and looking is safe.
                Err(Error::Generic { .. }) => {}
                Err(error) => return Err(self.failed("write into")(error)),
            }
        }
        if self.holds(name).await? {
            return Ok(false);
        }
        // Two writers at once write the same picture: whoever is last changes nothing.
        self.replace(name, bytes, extension).await.map(|()| true)
    }

    async fn replace(&self, name: &ImageHash, bytes: Vec<u8>, extension: &str) -> Result<(), PagesError> {
        check_name(name)?;
        check_extension(extension)?;
        self.put(name, bytes, extension, PutMode::Overwrite).await.map_err(self.failed("write into"))
    }

    async fn read(&self, name: &ImageHash) -> Result<Vec<u8>, PagesError> {
        let answer = match self.store.get(&self.path(name)?).await {
            Ok(answer) => answer.bytes().await,
            Err(error) => Err(error),
        };
        match answer {
            Ok(bytes) => Ok(bytes.into()),
            Err(error @ Error::NotFound { .. }) if !is_missing_bucket(&error) => {
                Err(PagesError::Missing(name.clone()))
            }
            Err(error) => Err(self.failed("read from")(error)),
        }
    }

    async fn front(&self, name: &ImageHash, length: usize) -> Result<Vec<u8>, PagesError> {
        match self.store.get_range(&self.path(name)?, 0..length as u64).await {
            Ok(bytes) => Ok(bytes.into()),
            // Some servers refuse a range that is longer than the object.
            Err(_) => self.read(name).await,
        }
    }

    async fn holds(&self, name: &ImageHash) -> Result<bool, PagesError> {
        match self.store.head(&self.path(name)?).await {
            Ok(_) => Ok(true),
            // The answer has no body that would tell a missing bucket from a missing picture; the list does.
            Err(Error::NotFound { .. }) => self.some_names(None, 1, None).await.map(|_| false),
            Err(error) => Err(self.failed("look into")(error)),
        }
    }

    async fn remove(&self, name: &ImageHash) -> Result<bool, PagesError> {
        if !self.holds(name).await? {
            return Ok(false);
        }
        match self.store.delete(&self.path(name)?).await {
            Ok(()) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(self.failed("delete from")(error)),
        }
    }

    async fn names(&self, after: Option<&ImageHash>) -> Result<Vec<ImageHash>, PagesError> {
        after.map(check_name).transpose()?;
        let mut page = None;
        loop {
            let (names, next) = self.some_names(after, LISTED, page).await?;
            if !names.is_empty() || next.is_none() {
                return Ok(names);
            }
            page = next;
        }
    }
}

fn client(access: &Access) -> Result<ClientOptions, PagesError> {
    let mut client = ClientOptions::new()
        .with_connect_timeout(CONNECT)
        .with_read_timeout(SILENCE)
        .with_timeout(REQUEST)
        .with_allow_http(access.plain_http());
    if let Some(pem) = &access.ca {
        let unusable = || PagesError::Settings(access::CA_NOT_RIGHT.to_owned());
        let certificates = Certificate::from_pem_bundle(pem).map_err(|_| unusable())?;
        if certificates.is_empty() {
            return Err(unusable());
        }
        client = certificates.into_iter().fold(client, ClientOptions::with_root_certificate);
    }
    Ok(client)
}

/// For people who look into the bucket.
fn media_type(extension: &str) -> &'static str {
    match extension {
        "tif" => "image/tiff",
        "jpg" => "image/jpeg",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}
