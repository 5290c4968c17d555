//! PNG: the signature is given, so that no time is lost at the front door.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    fuzz::decode_whole(&[b"\x89PNG\r\n\x1a\n", bytes].concat());
});
