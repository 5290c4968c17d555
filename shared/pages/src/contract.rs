//! What every engine promises: a picture is written once and comes back unchanged, or not at all.

use crate::PagesError;
use async_trait::async_trait;
use domain::ids::ImageHash;
use std::collections::VecDeque;

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

    /// Names of pictures (unchecked) in ascending order, those after `after` only: at most [`LISTED`] at once, and
    /// none only when no more follow. What is put or deleted meanwhile may be among them or not; [`Names`] asks on.
    async fn list(&self, after: Option<&ImageHash>) -> Result<Vec<ImageHash>, PagesError>;
}

/// Most names that one [`PageStore::list`] gives: as many as S3 gives in one answer.
pub const LISTED: usize = 1000;

/// Every name of a store in ascending order, some [`LISTED`] in memory at a time.
pub struct Names<'a> {
    store: &'a dyn PageStore,
    ahead: VecDeque<ImageHash>,
    last: Option<ImageHash>,
}

impl<'a> Names<'a> {
    /// The names after `after`; all when there is none.
    pub fn new(store: &'a dyn PageStore, after: Option<ImageHash>) -> Self {
        Self { store, ahead: VecDeque::new(), last: after }
    }

    /// The next name, `None` after the last.
    ///
    /// # Errors
    /// The store cannot be listed; asking again goes on at the same place.
    pub async fn next(&mut self) -> Result<Option<ImageHash>, PagesError> {
        if self.ahead.is_empty() {
            self.ahead = self.store.list(self.last.as_ref()).await?.into();
        }
        let name = self.ahead.pop_front();
        self.last = name.clone().or(self.last.take());
        Ok(name)
    }
}

/// Hex digits of a name.
const NAME_LENGTH: usize = 64;

/// Whether this is the name of a picture. Names come from messages, addresses and folders.
pub(crate) fn is_name(name: &str) -> bool {
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    name.len() == NAME_LENGTH && name.bytes().all(hex)
}

/// The name of a picture: BLAKE3 of its bytes, 64 lower-case hex digits.
pub fn hash_of(bytes: &[u8]) -> ImageHash {
    ImageHash(blake3::hash(bytes).to_hex().to_string())
}
