//! The screens over a small made-up office, asked as a browser asks.

mod access;
mod designing;
mod keying;
mod office;
mod quality;
mod reviewing;
mod running;
mod showing;
