//! The screens over a small made-up office, asked as a browser asks.

mod access;
mod attacks;
mod claim_form;
mod claiming;
mod correcting;
mod describing;
mod designing;
mod door;
mod enquiries;
mod keying;
mod mailroom;
mod office;
mod operating;
mod paying;
mod quality;
mod reviewing;
mod running;
mod showing;
