//! What every engine promises: a picture is written once and comes back unchanged, or not at all.

use crate::PagesError;
use async_trait::async_trait;
use domain::ids::ImageHash;

/// A store of page pictures by content.
#[async_trait]
pub trait PageStore: Send + Sync {
    /// Keeps `bytes` and gives their name. On `Ok` they survive a power cut; putting the same bytes again
    /// changes nothing, and heals a damaged copy. `extension` (`tif`, `jpg`; 1 to 5 of a-z and 0-9) is for
    /// people who look into the store.
    async fn put(&self, bytes: Vec<u8>, extension: &str) -> Result<ImageHash, PagesError>;

    /// The bytes, checked against their name: [`PagesError::Damaged`] when they changed,
    /// [`PagesError::Missing`] when there are none.
    async fn get(&self, hash: &ImageHash) -> Result<Vec<u8>, PagesError>;

    /// Whether there is such a picture (unchecked).
    async fn exists(&self, hash: &ImageHash) -> Result<bool, PagesError>;

    /// Removes the picture; none there is no error. `reason` (why, no personal values) goes to the log.
    async fn delete(&self, hash: &ImageHash, reason: &str) -> Result<(), PagesError>;
}

/// The name of a picture: BLAKE3 of its bytes, 64 lower-case hex digits.
pub fn hash_of(bytes: &[u8]) -> ImageHash {
    ImageHash(blake3::hash(bytes).to_hex().to_string())
}
