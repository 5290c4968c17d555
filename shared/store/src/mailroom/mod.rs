//! 受付の整理. How a person sorts what the scanner brought: envelopes closed, pages moved, cut, turned, assigned.

mod assigning;
mod closing;
mod cutting;
mod moving;

pub use closing::{Closing, EnvelopeEvent};
pub use cutting::NewPart;
pub use moving::{Moving, Target};
