//! 印字認識. Tesseract, in a child process of the same program: it may crash or hang, the reader may not.
//!
//! Start reading at: [`Ocr`] (the parent's handle), then [`serve`] (the child's loop), then `protocol` between them.

mod client;
mod protocol;
mod server;
#[cfg(test)]
mod tests;

pub use client::{Ocr, OcrError};
pub use protocol::{Layout, Text};
pub use server::serve;
