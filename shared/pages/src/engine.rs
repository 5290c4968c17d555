//! What an engine does: it keeps bytes under names and knows nothing about them. That names fit their bytes, and that
//! bytes are sealed, is the same for all engines and stands in [`crate::pictures`].

use crate::contract::is_name;
use crate::{PageStore, PagesError, pictures};
use async_trait::async_trait;
use domain::ids::ImageHash;

/// A place for bytes under the names of pictures. Every verb refuses what is no such name ([`PagesError::Name`]).
#[async_trait]
pub trait Engine: Send + Sync {
    /// Keeps `bytes` under `name`, whole or not at all, unless something is there already: says whether it did. On
    /// `Ok` they survive a power cut. `extension` tells people what it is.
    async fn write_new(&self, name: &ImageHash, bytes: Vec<u8>, extension: &str) -> Result<bool, PagesError>;

    /// As [`Engine::write_new`], in the place of what is there. Readers meet the former bytes or the new ones.
    async fn replace(&self, name: &ImageHash, bytes: Vec<u8>, extension: &str) -> Result<(), PagesError>;

    /// The bytes as they lie there; [`PagesError::Missing`] when there are none.
    async fn read(&self, name: &ImageHash) -> Result<Vec<u8>, PagesError>;

    /// At least the first `length` bytes, or all where there are fewer: for looking at how it begins.
    async fn front(&self, name: &ImageHash, length: usize) -> Result<Vec<u8>, PagesError>;

    /// Whether something is there.
    async fn holds(&self, name: &ImageHash) -> Result<bool, PagesError>;

    /// Removes what is there: says whether there was something.
    async fn remove(&self, name: &ImageHash) -> Result<bool, PagesError>;

    /// The names after `after` in ascending order, at most [`crate::LISTED`]; none only when no more follow.
    async fn names(&self, after: Option<&ImageHash>) -> Result<Vec<ImageHash>, PagesError>;
}

/// An engine by itself keeps pictures as they are, and cannot open those that are sealed.
#[async_trait]
impl<E: Engine> PageStore for E {
    async fn put(&self, bytes: Vec<u8>, extension: &str) -> Result<ImageHash, PagesError> {
        pictures::put(self, None, bytes, extension).await
    }

    async fn get(&self, hash: &ImageHash) -> Result<Vec<u8>, PagesError> {
        pictures::get(self, None, hash).await
    }

    async fn exists(&self, hash: &ImageHash) -> Result<bool, PagesError> {
        self.holds(hash).await
    }

    async fn delete(&self, hash: &ImageHash, reason: &str) -> Result<(), PagesError> {
        pictures::delete(self, hash, reason).await
    }

    async fn list(&self, after: Option<&ImageHash>) -> Result<Vec<ImageHash>, PagesError> {
        self.names(after).await
    }
}

/// Refuses what is not the name of a picture: it would lead out of the store.
pub(crate) fn check_name(name: &ImageHash) -> Result<&str, PagesError> {
    if is_name(name.as_str()) { Ok(name.as_str()) } else { Err(PagesError::Name) }
}

/// Refuses what is not 1 to 5 of a-z and 0-9.
pub(crate) fn check_extension(extension: &str) -> Result<(), PagesError> {
    let plain = extension.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if plain && (1..=5).contains(&extension.len()) { Ok(()) } else { Err(PagesError::Extension) }
}
