//! Owns: the rows of one municipality, their migrations, and every line of SQL (but the queue engine's own).
//! Never: decides what a page means, reads a clock, or holds a transaction while somebody thinks.
//! Start reading at: `migrations/0001_first.sql` (what is kept), then [`Store`] (how it is reached).
//!
//! Reading is `store.read(|rows| rows.counts())`, writing `store.write(|rows| rows.take_file(&file, now))`:
//! every method of [`Rows`] and [`Writer`] runs in the transaction of its closure. Each file holds one topic.

mod access;
mod accounts;
mod arrivals;
mod backups;
mod bars;
mod claims;
mod clinics;
mod columns;
mod corrections;
mod database;
mod deep;
mod editions;
mod enquiries;
mod envelopes;
mod error;
mod events;
mod exports;
mod issuing;
mod keyings;
mod lots;
mod mailroom;
mod outbox;
mod pages;
mod readings;
mod records;
mod requests;
mod residents;
mod reviews;
mod runs;
mod samples;
pub mod screens;
mod search;
mod sessions;
mod status;
mod work;

pub use access::{Access, AccessAnswer, AccessQuestion, ArchivedPart, Proof};
pub use accounts::{Account, AccountData, Setup};
pub use arrivals::{FileState, NewFile, NewImage, NewPage, ScanFile, TakenFile};
pub use backups::Copied;
pub use bars::Foreseen;
pub use claims::{
    ClaimEntered, ClaimFile, ClaimRow, MonthRow, PageClaimed, Payment, Rulebook, StepRow, StepTaken,
};
pub use corrections::{
    Correction, CorrectionAsked, CorrectionEnd, CorrectionEnding, CorrectionId, CorrectionOutcome,
    NewCorrection,
};
pub use database::{Rows, Store, Writer};
pub use deep::{Fault, Picture};
pub use enquiries::{Enquiry, EnquiryStep, NewEnquiry, Opened};
pub use envelopes::{Envelope, Settled};
pub use error::Error;
pub use events::Event;
pub use exports::{BankFile, BankOrder, BankRefused, BankTransfer, Export, ExportKind, NewExport, Unpayable};
pub use issuing::{NewTicket, TicketRow};
pub use keyings::{KeyingTaken, NewKeying, PastKeying, Save, SaveId, SaveUndone};
pub use mailroom::{Closing, EnvelopeEvent, Moving, NewPart, Target};
pub use outbox::OutboxMessage;
pub use pages::{Disposal, Moved, Page};
pub use readings::ReadingTaken;
pub use records::{Committed, Record, RecordId};
pub use requests::Waiting;
pub use residents::{ImportMode, Imported};
pub use reviews::{FieldValue, Lease, ReviewItem};
pub use runs::{Group, RunItem, Token};
pub use samples::{Drawable, Sample};
pub use sealed::{Resealed, SealedWith, reseal, sealed_with};
pub use search::ResidentSearch;
pub use sessions::{NewSession, Session};
pub use status::{Counts, FileCounts};
pub use work::{FieldWork, WorkFilter};

#[cfg(test)]
mod tests;
