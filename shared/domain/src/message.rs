//! Messages between services: ids, hashes and readings; never pictures, never register data.

use crate::ids::{FormId, ImageHash, PageId};
use crate::reading::PageReading;
use serde::{Deserialize, Serialize};

/// Intake (or a person who asks for a new reading) -> reader.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadPage {
    /// The page to read.
    pub page: PageId,
    /// Its picture in the page store.
    pub image: ImageHash,
    /// Counts readings of the same page from 1, so that a late answer to an older request is known.
    pub round: u32,
    /// A form assigned by a person; the reader then does not identify.
    pub form: Option<FormId>,
    /// Degrees clockwise by which the picture is turned first: 0, 90, 180 or 270.
    #[serde(default)]
    pub turn: u16,
}

/// Reader -> matcher.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageRead {
    /// The page that was read.
    pub page: PageId,
    /// The round of [`ReadPage`] that this answers.
    pub round: u32,
    /// What the reader saw.
    pub reading: PageReading,
    /// Which program and which model of digits read it; empty from readers that did not say it yet.
    #[serde(default)]
    pub reader: String,
    /// CPU milliseconds of the reading: decode, register, read.
    pub milliseconds: Milliseconds,
}

/// Time per stage, ms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Milliseconds {
    /// File bytes to grey pixels.
    pub decode: f64,
    /// Marks, form code, fit.
    pub register: f64,
    /// Fields.
    pub read: f64,
    /// All of it.
    pub total: f64,
}
