//! Pictures over an engine: what is put comes back unchanged or not at all, sealed where the installation has keys.

use crate::engine::{Engine, check_extension};
use crate::seal::{self, SealFault};
use crate::{PageStore, PagesError, hash_of};
use async_trait::async_trait;
use domain::ids::ImageHash;
use domain::key::Keyring;
use std::io;
use std::sync::Arc;

/// Page pictures in any engine, with the keys of the installation.
#[derive(Clone)]
pub struct Pictures {
    engine: Arc<dyn Engine>,
    keys: Option<Keyring>,
}

/// How a picture lies in the store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lying {
    /// As it came.
    Plain,
    /// Sealed with the key of this [`domain::key::Key::id`].
    Sealed(String),
}

impl Pictures {
    /// Pictures in `engine`: with `keys`, new ones are sealed with the current key, and those sealed with any of them
    /// are opened; plain ones can be read either way.
    pub fn new(engine: Arc<dyn Engine>, keys: Option<Keyring>) -> Self {
        Self { engine, keys }
    }

    /// How the picture lies there (its bytes are not checked).
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn lying(&self, hash: &ImageHash) -> Result<Lying, PagesError> {
        let front = self.engine.front(hash, seal::HEAD).await?;
        Ok(match seal::key_of(&front) {
            Ok(key) => Lying::Sealed(key),
            Err(SealFault::NotSealed) => Lying::Plain,
            Err(fault) => return Err(fault.of_picture(hash)),
        })
    }

    /// Seals the picture with the current key unless it is so already: says whether it was done. A crash leaves the
    /// picture as it was or as it shall be.
    ///
    /// # Errors
    /// There are no keys, the picture cannot be opened (its key is gone, it is damaged), or the store refuses.
    pub async fn reseal(&self, hash: &ImageHash) -> Result<bool, PagesError> {
        let keys = self.keys.as_ref().ok_or(PagesError::NoKeys)?;
        let front = self.engine.front(hash, seal::HEAD).await?;
        if seal::key_of(&front).is_ok_and(|key| key == keys.current().id()) {
            return Ok(false);
        }
        let stored = self.engine.read(hash).await?;
        let (hash, keys) = (hash.clone(), keys.clone());
        let again = move || {
            let plain = open(stored, Some(&keys), &hash)?;
            let sealed =
                seal::seal(&plain, &hash, keys.current()).map_err(|fault| fault.of_picture(&hash))?;
            Ok((hash, sealed))
        };
        let (hash, sealed) = aside(again).await?;
        self.engine.replace(&hash, sealed, RESEALED).await?;
        Ok(true)
    }
}

/// Extension where the one that the picture came with is not known. A folder keeps that of the file it replaces.
const RESEALED: &str = "img";

#[async_trait]
impl PageStore for Pictures {
    async fn put(&self, bytes: Vec<u8>, extension: &str) -> Result<ImageHash, PagesError> {
        put(&*self.engine, self.keys.as_ref(), bytes, extension).await
    }

    async fn get(&self, hash: &ImageHash) -> Result<Vec<u8>, PagesError> {
        get(&*self.engine, self.keys.as_ref(), hash).await
    }

    async fn exists(&self, hash: &ImageHash) -> Result<bool, PagesError> {
        self.engine.holds(hash).await
    }

    async fn delete(&self, hash: &ImageHash, reason: &str) -> Result<(), PagesError> {
        delete(&*self.engine, hash, reason).await
    }

    async fn list(&self, after: Option<&ImageHash>) -> Result<Vec<ImageHash>, PagesError> {
        self.engine.names(after).await
    }
}

/// Keeps `bytes` under their hash, sealed with the current key. What lies there already is read: a sound copy stays, a
/// damaged one is replaced.
pub(crate) async fn put(
    engine: &dyn Engine,
    keys: Option<&Keyring>,
    bytes: Vec<u8>,
    extension: &str,
) -> Result<ImageHash, PagesError> {
    check_extension(extension)?;
    let current = keys.map(|keys| keys.current().clone());
    let (hash, stored) = aside(move || {
        let hash = hash_of(&bytes);
        let stored = match current {
            Some(key) => seal::seal(&bytes, &hash, &key).map_err(|fault| fault.of_picture(&hash))?,
            None => bytes,
        };
        Ok((hash, stored))
    })
    .await?;
    // A copy is cheap beside the disk or the network, and mostly the picture is new.
    if engine.write_new(&hash, stored.clone(), extension).await? {
        return Ok(hash);
    }
    match get(engine, keys, &hash).await {
        Ok(_) => Ok(hash),
        // Damaged, or deleted in this very moment: the bytes in hand are right.
        Err(PagesError::Damaged(_) | PagesError::Missing(_)) => {
            engine.replace(&hash, stored, extension).await?;
            tracing::warn!(image.hash = %hash, "a damaged page picture was replaced by a sound one");
            Ok(hash)
        }
        Err(error) => Err(error),
    }
}

/// The picture, opened and held against its name.
pub(crate) async fn get(
    engine: &dyn Engine,
    keys: Option<&Keyring>,
    hash: &ImageHash,
) -> Result<Vec<u8>, PagesError> {
    let stored = engine.read(hash).await?;
    let (hash, keys) = (hash.clone(), keys.cloned());
    aside(move || open(stored, keys.as_ref(), &hash)).await
}

/// Removes the picture, and says so in the log.
pub(crate) async fn delete(engine: &dyn Engine, hash: &ImageHash, reason: &str) -> Result<(), PagesError> {
    if engine.remove(hash).await? {
        tracing::info!(image.hash = %hash, reason, "page picture deleted");
    }
    Ok(())
}

fn open(stored: Vec<u8>, keys: Option<&Keyring>, hash: &ImageHash) -> Result<Vec<u8>, PagesError> {
    let plain = match seal::open(&stored, keys) {
        Ok(plain) => plain,
        Err(SealFault::NotSealed) => stored,
        Err(fault) => return Err(fault.of_picture(hash)),
    };
    if hash_of(&plain) == *hash { Ok(plain) } else { Err(PagesError::Damaged(hash.clone())) }
}

/// Runs `work` on many bytes where it stops nobody.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PagesError> + Send + 'static,
) -> Result<T, PagesError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|stopped| {
        Err(PagesError::Io {
            doing: "check",
            path: "a page picture".into(),
            source: io::Error::other(stopped),
        })
    })
}
