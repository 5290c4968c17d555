//! Messages between services: ids, hashes and readings; never pictures, never register data.

use crate::edition::Edition;
use crate::ids::{FormId, ImageHash, PageId};
use crate::reading::PageReading;
use jiff::Timestamp;
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
    /// What the hub wants it read with; a reader with anything else gives it back.
    #[serde(default)]
    pub edition: Edition,
}

impl ReadPage {
    /// A request for the picture as it lies, without an assigned form; the edition is set when it is sent.
    pub fn new(page: PageId, image: ImageHash, round: u32) -> Self {
        Self { page, image, round, form: None, turn: 0, edition: Edition::default() }
    }
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
    /// What it was read with.
    #[serde(default)]
    pub edition: Edition,
    /// CPU milliseconds of the reading: decode, register, read.
    pub milliseconds: Milliseconds,
}

/// 読取機の報告. Reader -> matcher, now and then: who reads, with what, and whether it can.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReaderReport {
    /// What the reader is called; unique among the readers of a hub.
    pub name: String,
    /// Which program and which model of digits.
    pub program: String,
    /// What it reads with.
    pub edition: Edition,
    /// Pages that it reads at the same time.
    pub threads: u32,
    /// Pages that it has read since it was started.
    pub pages: u64,
    /// Since when it gives pages back because the hub wants another edition; `None` while it reads.
    pub refusing_since: Option<Timestamp>,
    /// Whether it is stopping.
    pub stopping: bool,
    /// When it said so, by its own clock.
    pub at: Timestamp,
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
