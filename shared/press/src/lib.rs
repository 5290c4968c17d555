//! Owns: paper. Turns a form and the values of a person or a bundle into PDF pages, exact to 0.01 mm.
//! Never: reads a clock or a database, decides who gets a slip, or looks at a scan.
//! Start reading at: [`Printer`], then `sheet` (what is on every sheet) and `entries` (what differs by slip).

mod bars;
mod canvas;
mod codes;
mod entries;
mod error;
mod fit;
mod fonts;
mod furniture;
mod ledger;
pub mod notice;
mod number_words;
mod printer;
mod report;
mod sheet;
mod slip;
mod statement;
#[cfg(test)]
mod tests;

pub use codes::{dark_parts, qr_code};
pub use error::PressError;
pub use fonts::{FALLBACK_FONTS, Fonts, JAPANESE_FONTS};
pub use ledger::{Ledger, LedgerRow, ledger_csv, ledger_xlsx};
pub use number_words::number_words;
pub use printer::Printer;
pub use report::{Column, Letter, Picture, Report};
pub use slip::Slip;
