//! Owns: page pictures, each under the hash of its bytes: one contract ([`PageStore`]) and its engines.
//! Never: looks at a picture, changes one, or hands out one that is not what was put in.
//! Start reading at: [`contract`] (the verbs and what they promise), then [`pictures`] (names, seals) over [`engine`]s.

pub mod address;
pub mod contract;
pub mod engine;
pub mod error;
pub mod folder;
pub mod pictures;
pub mod s3;
mod seal;
pub mod sealed_file;

#[cfg(test)]
mod tests;

pub use address::{open, open_pictures};
pub use contract::{LISTED, Names, PageStore, hash_of};
pub use engine::Engine;
pub use error::PagesError;
pub use folder::Folder;
pub use pictures::{Lying, Pictures};
pub use s3::{Access, S3};
