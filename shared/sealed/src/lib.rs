//! Owns: one SQLite file at rest: its key (SQLCipher), who has it open, and its way from one key to the next.
//! Never: knows a table, keeps a key longer than its file is open, or leaves a plain copy behind.
//! Start reading at: [`File::open`] (which refuses what does not fit its keys), then [`reseal`].

mod error;
mod file;
mod reseal;

pub use error::SealError;
pub use file::{File, Opening, SealedWith, sealed_with};
pub use reseal::{Resealed, reseal};

#[cfg(test)]
mod tests;
