//! Owns: the nouns, states and rules of the office, and the messages between rooms as plain data.
//! Never: does I/O, reads a clock, draws a random number or names another room of ours.
//! Start reading at: [`form`] (what paper is), then [`reading`] (what ink said), then [`page`] (where a page stands).

pub mod access;
pub mod account;
pub mod actor;
pub mod agreement;
pub mod calendar;
pub mod check_digit;
pub mod claim;
pub mod clinic;
pub mod correction;
pub mod csv;
pub mod decision;
pub mod difference;
pub mod digest;
pub mod duty;
pub mod edition;
pub mod enquiry;
pub mod envelope;
pub mod fold;
pub mod form;
pub mod geometry;
pub mod ids;
pub mod inbox;
pub mod key;
pub mod keying;
pub mod likeness;
pub mod lot;
pub mod matching;
pub mod message;
pub mod month;
pub mod my_number;
pub mod page;
pub mod personal;
pub mod programme;
pub mod quality;
pub mod reading;
pub mod record;
pub mod resident;
pub mod resident_file;
pub mod review;
pub mod roles;
pub mod rules;
#[cfg(test)]
mod sample;
pub mod shape;
pub mod share;
pub mod slip;
pub mod table;
pub mod ticket;
pub mod wareki;
pub mod written;
pub mod yen;
pub mod zengin;
