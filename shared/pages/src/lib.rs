//! Owns: page pictures, each under the hash of its bytes: one contract ([`PageStore`]) and its engines.
//! Never: looks at a picture, changes one, or hands out one that is not what was put in.
//! Start reading at: [`contract`] (the verbs and what they promise), then [`folder`] (the default engine).

pub mod address;
pub mod contract;
pub mod error;
pub mod folder;

pub use address::open;
pub use contract::{LISTED, Names, PageStore, hash_of};
pub use error::PagesError;
pub use folder::Folder;
