//! Any bytes at the front door: sniffed, split, decoded.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::decode_whole(bytes));
