//! Owns: file bytes -> grey page -> registered page -> field readings. All pixels live here.
//! Never: opens a file of its own, touches a network, runs async, or knows a person.
//! Start reading at: [`gray`] (the picture), [`registered`] (paper on the picture), then the readers.

pub mod affine;
pub mod barcode;
pub mod decode;
pub mod fields;
pub mod gray;
pub mod net;
pub mod number;
pub mod ocr;
pub mod propose;
pub mod reader;
pub mod register;
pub mod registered;
pub mod scanned;
pub mod template;

pub use affine::Affine;
pub use decode::{
    DecodeError, Limits, Media, PageImage, decode, decode_pages, encode_jpeg, encode_png, split,
};
pub use gray::GrayPage;
pub use reader::{PageReader, snippet};
pub use registered::{Patch, RegisteredPage};
pub use template::{Blank, Template};
